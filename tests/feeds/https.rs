//! The door to an HTTPS address, against a server that does everything a server can do.

use crate::server::{Answer, Fixed, HASTE, HOST, MOST, Server};
use crate::site::file;
use invigilator::feeds::{Address, Found, Look, Patience};
use std::net::IpAddr;
use std::sync::Arc;

async fn look(door: &mut dyn Look) -> Found {
    let offers = door.look().await;
    assert_eq!((offers.len(), &offers[0].part), (1, &None));
    offers.into_iter().next().unwrap().found
}

async fn failure(door: &mut dyn Look) -> String {
    match look(door).await {
        Found::Failed(why) => {
            for secret in ["7f3a", "token", "word"] {
                assert!(!why.contains(secret), "{why}");
            }
            why
        }
        other @ (Found::Unchanged | Found::Fresh(_) | Found::Settling) => panic!("{other:?}"),
    }
}

fn fresh(text: &str) -> Found {
    Found::Fresh(text.as_bytes().to_vec())
}

#[tokio::test]
async fn what_was_kept_is_asked_for_only_if_it_has_changed() {
    let server = Server::start().await;
    let mut door = server.watched(Patience::DEFAULT);
    let law = file(&[("law", 24)]);
    let tagged = "ETag: W/\"7\"\r\nLast-Modified: Mon, 30 Nov 2026 08:00:00 GMT\r\n";
    server.answers(Answer::of("200 OK", tagged, &law));
    assert_eq!(look(&mut door).await, fresh(&law));
    assert_eq!(look(&mut door).await, fresh(&law), "nobody kept it");
    door.keep(None);
    server.answers(Answer::not_modified());
    assert_eq!(look(&mut door).await, Found::Unchanged);
    door.keep(None);
    server.answers(Answer::ok(&law));
    assert_eq!(look(&mut door).await, Found::Unchanged, "the same bytes");
    door.keep(None);
    server.answers(Answer::ok(&file(&[])));
    assert_eq!(look(&mut door).await, fresh(&file(&[])));

    let requests = server.requests();
    let asks = |index: usize, header: &str| requests[index].contains(header);
    assert!(asks(0, "GET /private-7f3a/exams.ics?token=word HTTP/1.1\r\n"), "{requests:?}");
    assert!(asks(0, "accept: text/calendar\r\n") && asks(0, "user-agent: invigilator/"));
    assert!(!asks(0, "accept-encoding") && !asks(0, "cookie") && !asks(1, "if-none-match"));
    for index in [2, 3] {
        assert!(asks(index, "if-none-match: W/\"7\"\r\n"), "{index}");
        assert!(asks(index, "if-modified-since: Mon, 30 Nov 2026 08:00:00 GMT\r\n"), "{index}");
    }
    assert!(!asks(4, "if-none-match"), "that answer had no tag");
    assert_eq!(server.connections(), 5, "each look connects, and so checks, anew");
}

/// A whole answer, with a body in chunks.
fn chunked(body: &str, end: &str) -> Vec<u8> {
    let head = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n";
    format!("{head}{:x}\r\n{body}\r\n{end}", body.len()).into_bytes()
}

#[tokio::test]
async fn a_body_is_taken_whole_or_not_at_all() {
    let server = Server::start().await;
    let law = file(&[("law", 24)]);
    let mut door = server.watched(Patience::DEFAULT);
    server.answers(Answer::Bytes(chunked(&law, "0\r\n\r\n")));
    assert_eq!(look(&mut door).await, fresh(&law));
    let unframed = format!("HTTP/1.1 200 OK\r\n\r\n{law}").into_bytes();
    server.answers(Answer::Bytes(unframed.clone()));
    assert_eq!(look(&mut door).await, fresh(&law));

    let length = law.len() + 1;
    let short = format!("HTTP/1.1 200 OK\r\nContent-Length: {length}\r\n\r\n{law}").into_bytes();
    for (answer, wanted) in [
        (Answer::Bytes(short.clone()), "the answer broke off"),
        (Answer::CutAfter(short), "the answer broke off"),
        (Answer::Bytes(chunked(&law, "")), "the answer broke off"),
        (Answer::CutAfter(unframed), "the answer broke off"),
        (Answer::CutAfter(vec![]), "the answer broke off"),
        (Answer::ok(""), "the answer is empty"),
        (Answer::ok(&"x".repeat(MOST + 1)), "the answer has more than 20,000 bytes"),
        (
            Answer::Bytes(chunked(&"x".repeat(MOST + 1), "0\r\n\r\n")),
            "the answer has more than 20,000 bytes",
        ),
        (Answer::of("200 OK", "Content-Encoding: gzip\r\n", "x"), "the answer is compressed"),
        (Answer::Bytes(b"SSH-2.0-x\r\n\r\n".to_vec()), "the answer broke off"),
    ] {
        server.answers(answer.clone());
        let why = failure(&mut door).await;
        assert!(why.starts_with(wanted), "{wanted}: {why}, {answer:?}");
    }
}

#[tokio::test]
async fn only_200_and_a_304_that_was_asked_for_are_answers() {
    let server = Server::start().await;
    let mut door = server.watched(Patience::DEFAULT);
    let law = file(&[("law", 24)]);
    for (status, wanted) in [
        ("201 Created", "the server answers 201"),
        ("206 Partial Content", "the server answers 206"),
        ("401 Unauthorized", "the server answers 401"),
        ("403 Forbidden", "the server answers 403"),
        ("404 Not Found", "the server answers 404"),
        ("500 Internal Server Error", "the server answers 500"),
        ("503 Service Unavailable", "the server answers 503"),
    ] {
        server.answers(Answer::of(status, "", &law));
        assert_eq!(failure(&mut door).await, wanted);
    }
    server.answers(Answer::not_modified());
    assert!(failure(&mut door).await.contains("304"), "nothing was known to be unmodified");
}

#[tokio::test]
async fn a_redirect_is_told_and_not_followed() {
    let server = Server::start().await;
    let mut door = server.watched(Patience::DEFAULT);
    for status in ["301 Moved Permanently", "302 Found", "307 Temporary Redirect"] {
        let elsewhere = format!("Location: https://{HOST}:{}/other\r\n", server.port);
        server.answers(Answer::of(status, &elsewhere, ""));
        let why = failure(&mut door).await;
        assert!(
            why.starts_with(&format!("the server sends elsewhere ({})", &status[..3])),
            "{why}"
        );
    }
    assert_eq!(server.requests().len(), 3);
}

#[tokio::test]
async fn a_server_that_says_nothing_is_given_up_on() {
    let server = Server::start().await;
    server.answers(Answer::Silence);
    let why = failure(&mut server.watched(HASTE)).await;
    assert_eq!(why, "the server did not answer in time");
    assert_eq!(server.requests().len(), 1);
}

#[tokio::test]
async fn a_name_is_only_followed_to_addresses_that_may_be_reached() {
    let server = Server::start().await;
    server.answers(Answer::ok(&file(&[("law", 24)])));
    for (addresses, networks, wanted) in [
        (&["127.0.0.1"][..], &[][..], "the host's address 127.0.0.1 is a loopback address"),
        (&["::1"], &["127.0.0.0/8"], "the host's address ::1 is a loopback address"),
        (&["10.9.9.9"], &["127.0.0.0/8"], "the host's address 10.9.9.9 is a private address"),
        (&["169.254.169.254"], &["127.0.0.0/8"], "is a link-local or metadata address"),
        (&["fd00:ec2::254"], &["fd00::/16"], "is a metadata address"),
        (&["::ffff:127.0.0.1"], &["127.0.0.0/8"], "is an IPv4 address in disguise"),
        (&["64:ff9b::7f00:1"], &["127.0.0.0/8"], "is an IPv4 address in disguise"),
        // The public one would be reached first; the answer as a whole is not believed.
        (&["8.8.8.8", "127.0.0.1"], &[], "the host's address 127.0.0.1 is a loopback address"),
        (&["127.0.0.1", "169.254.169.254"], &["127.0.0.0/8"], "169.254.169.254"),
    ] {
        let names: Vec<IpAddr> = addresses.iter().map(|one| one.parse().unwrap()).collect();
        let address = server.address(HOST, networks);
        let mut door = address.watched(MOST, Arc::new(Fixed(names)), HASTE);
        let why = failure(&mut door).await;
        assert!(why.contains(wanted), "{addresses:?}: {why}");
    }
    assert_eq!(server.connections(), 0, "nobody was connected to");
}

#[tokio::test]
async fn a_host_that_has_no_address_or_does_not_listen_is_told() {
    let server = Server::start().await;
    let loopback = "127.0.0.0/8";
    let mut nowhere =
        server.address(HOST, &[loopback]).watched(MOST, Arc::new(Fixed(vec![])), HASTE);
    let why = failure(&mut nowhere).await;
    assert!(why.starts_with("there is no connection to the server"), "{why}");
    let deaf = Arc::new(Fixed(vec!["127.9.9.9".parse().unwrap()]));
    let mut deaf = server.address(HOST, &[loopback]).watched(MOST, deaf, HASTE);
    let why = failure(&mut deaf).await;
    assert!(why.starts_with("there is no connection to the server"), "{why}");
}

#[tokio::test]
async fn a_server_is_believed_only_with_a_certificate_for_its_name_from_a_known_authority() {
    let server = Server::start().await;
    server.answers(Answer::ok(&file(&[("law", 24)])));
    let names = || Arc::new(Fixed(vec!["127.0.0.1".parse().unwrap()]));
    let other = server.address("other.test", &["127.0.0.0/8"]);
    let why = failure(&mut other.watched(MOST, names(), Patience::DEFAULT)).await;
    assert!(why.contains("certificate"), "{why}");
    let stranger = Server::start().await;
    stranger.answers(Answer::ok(&file(&[("law", 24)])));
    let url = format!("https://{HOST}:{}/", stranger.port);
    let folder = tempfile::tempdir().unwrap();
    let written = |name: &str, pem: &str| {
        let path = folder.path().join(name);
        std::fs::write(&path, pem).unwrap();
        path
    };
    let nonsense = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n";
    for (authority, wanted) in [
        (server.authority(), "certificate"),
        (written("empty.pem", ""), "has no certificate in PEM form"),
        (written("nonsense.pem", nonsense), "the request cannot be made"),
        (folder.path().join("none.pem"), "cannot be read"),
    ] {
        let networks = vec!["127.0.0.0/8".parse().unwrap()];
        let address = Address::new(&url, networks, Some(authority.clone())).unwrap();
        let why = failure(&mut address.watched(MOST, names(), Patience::DEFAULT)).await;
        assert!(why.contains(wanted), "{authority:?}: {why}");
    }
    assert_eq!((server.requests().len(), stranger.requests().len()), (0, 0));
}
