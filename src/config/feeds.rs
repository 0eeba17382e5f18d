//! The feeds of a fleet, checked: what is watched, and which addresses may be.

use super::problems::Problems;
use super::{Feed, raw};
use crate::domain::FleetName;
use crate::feeds::{Address, Place, is_narrow};
use chrono::TimeDelta;
use std::path::PathBuf;

/// The longest name before the name of a file: together with the dash between them they fit into a source's 64.
const DIRECTORY_NAME: usize = 23;

/// Checks every feed of one fleet.
pub(super) fn feeds(fleet: &raw::Fleet, hosts: &[String], problems: &mut Problems) -> Vec<Feed> {
    problems.part("feed");
    let feeds: Vec<_> = fleet.feed.iter().filter_map(|raw| feed(raw, hosts, problems)).collect();
    for (index, one) in feeds.iter().enumerate() {
        if let Some(other) = feeds[..index].iter().find(|other| meet(one, other)) {
            problems.add(
                "source",
                format!("{:?} and {:?} could feed the same source", other.source, one.source),
            );
        }
        let remote = matches!(one.place, Place::Https(_));
        if remote && matches!(fleet.account, raw::Account::Sandbox) {
            let key = format!("{:?} url", one.source);
            problems
                .add(&key, "the sandbox's clock would ask a real server all the time; use a file");
        }
    }
    feeds
}

/// Whether two feeds could speak for one source: the sources of a directory begin with its name.
fn meet(one: &Feed, other: &Feed) -> bool {
    let begins = |directory: &Feed, name: &str| {
        let rest = name.strip_prefix(&directory.source).unwrap_or_default();
        matches!(directory.place, Place::Directory(_)) && rest.starts_with('-')
    };
    one.source == other.source || begins(one, &other.source) || begins(other, &one.source)
}

fn feed(raw: &raw::Feed, hosts: &[String], problems: &mut Problems) -> Option<Feed> {
    let key = |name: &str| format!("{:?} {name}", raw.source);
    if let Err(why) = FleetName::new(&raw.source) {
        problems.add("source", why);
    }
    let minute = TimeDelta::minutes(1);
    let every = problems.time(&key("every"), &raw.every, minute..=TimeDelta::days(1));
    let bound = TimeDelta::hours(1)..=TimeDelta::days(30);
    let stale_after = problems.time(&key("stale_after"), &raw.stale_after, bound);
    if stale_after < every * 2 {
        problems.add(&key("stale_after"), "must be at least twice every, or it is stale at once");
    }
    let place = match (&raw.file, &raw.directory, &raw.url) {
        (Some(file), None, None) => Place::File(PathBuf::from(file)),
        (None, Some(directory), None) => Place::Directory(PathBuf::from(directory)),
        (None, None, Some(url)) => Place::Https(address(raw, url, hosts, problems)?),
        _ => {
            problems.add(&key("file"), "needs exactly one of file, directory and url");
            return None;
        }
    };
    if matches!(place, Place::Directory(_)) && DIRECTORY_NAME < raw.source.len() {
        let what =
            format!("has more than the {DIRECTORY_NAME} characters that fit before a file's name");
        problems.add(&key("source"), what);
    }
    let needless = !raw.networks.is_empty() || raw.ca_file.is_some();
    if raw.url.is_none() && needless {
        problems.add(&key("networks"), "networks and ca_file belong to a url");
    }
    Some(Feed { source: raw.source.clone(), place, every, stale_after })
}

fn address(
    raw: &raw::Feed,
    url: &str,
    hosts: &[String],
    problems: &mut Problems,
) -> Option<Address> {
    let key = |name: &str| format!("{:?} {name}", raw.source);
    let mut networks = Vec::new();
    for network in &raw.networks {
        match network.parse() {
            Ok(parsed) if is_narrow(&parsed) => networks.push(parsed),
            Ok(_) => problems.add(&key("networks"), format!("{network:?} is too wide to be meant")),
            Err(_) => {
                problems.add(
                    &key("networks"),
                    format!("{network:?} is no network such as \"10.20.0.0/16\""),
                );
            }
        }
    }
    let ca_file = raw.ca_file.as_ref().map(PathBuf::from);
    // Neither text repeats the address: it can be a secret.
    let address = match Address::new(url, networks, ca_file) {
        Ok(address) => address,
        Err(why) => {
            problems.add(&key("url"), why);
            return None;
        }
    };
    if !hosts.iter().any(|host| host.eq_ignore_ascii_case(address.host())) {
        problems.add(&key("url"), format!("its host {:?} is not in feed_hosts", address.host()));
    }
    Some(address)
}

#[cfg(test)]
mod tests {
    use super::super::{Config, Error, parse};
    use crate::domain::SourceKind;

    const EXAMPLE: &str = include_str!("../../config/production.example.toml");

    fn with(feeds: &str) -> Result<Config, Vec<String>> {
        let text =
            EXAMPLE.replace("anonymous_read =", "feed_hosts = [\"a.example\"]\nanonymous_read =");
        match parse(&format!("{text}\n{feeds}"), "test.toml") {
            Ok(config) => Ok(config),
            Err(Error::Values { problems, .. }) => Err(problems),
            Err(other) => panic!("{other}"),
        }
    }

    #[test]
    fn a_file_a_directory_and_an_address_are_fed_every_quarter_of_an_hour() {
        let config = with(
            "[[fleet.feed]]\nsource = \"registry\"\nurl = \"https://A.example/x.ics?token=1\"\n\
             [[fleet.feed]]\nsource = \"law\"\nfile = \"/srv/law.ics\"\n\
             [[fleet.feed]]\nsource = \"arts\"\ndirectory = \"/srv/arts\"\nevery = \"1m\"\n",
        );
        let feeds = &config.unwrap().fleets[0].feeds;
        let told: Vec<_> = feeds
            .iter()
            .map(|feed| (feed.place.kind(), feed.place.to_string(), feed.every.num_minutes()))
            .collect();
        let wanted = [
            (SourceKind::Https, "https://a.example".to_owned(), 15),
            (SourceKind::File, "file /srv/law.ics".to_owned(), 15),
            (SourceKind::Directory, "directory /srv/arts".to_owned(), 1),
        ];
        assert_eq!(told, wanted);
        assert!(feeds.iter().all(|feed| feed.stale_after.num_hours() == 24));
    }

    #[test]
    fn what_is_no_feed_is_told_by_source_and_key() {
        let url = "url = \"https://a.example/secret-path\"";
        for (keys, wanted) in [
            ("", "\"x\" file: needs exactly one of"),
            ("file = \"/a\"\ndirectory = \"/b\"", "\"x\" file: needs exactly one of"),
            ("file = \"/a\"\nnetworks = [\"10.0.0.0/8\"]", "\"x\" networks: networks and ca_file"),
            ("file = \"/a\"\nevery = \"10s\"", "\"x\" every: \"10s\" lies outside 1m to 1day"),
            ("file = \"/a\"\nevery = \"1h\"\nstale_after = \"1h\"", "\"x\" stale_after: must be"),
            ("url = \"http://a.example/secret-path\"", "\"x\" url: it is no address"),
            ("url = \"https://me:secret@a.example/\"", "\"x\" url: it carries a user"),
            (
                "url = \"https://b.example/secret-path\"",
                "\"x\" url: its host \"b.example\" is not in",
            ),
            ("url = \"https://169.254.169.254/\"", "\"x\" url: 169.254.169.254 is a link-local"),
            (&format!("{url}\nnetworks = [\"0.0.0.0/0\"]"), "\"x\" networks: \"0.0.0.0/0\" is too"),
            (
                &format!("{url}\nnetworks = [\"campus\"]"),
                "\"x\" networks: \"campus\" is no network",
            ),
        ] {
            let problems = with(&format!("[[fleet.feed]]\nsource = \"x\"\n{keys}\n")).unwrap_err();
            assert_eq!(problems.len(), 1, "{keys}: {problems:?}");
            let told = &problems[0];
            assert!(told.starts_with(&format!("fleet \"moodle\" feed {wanted}")), "{told}");
            assert!(!told.contains("secret"), "{told}");
        }
    }

    #[test]
    fn two_feeds_never_speak_for_one_source() {
        let feed = |source: &str, what: &str| {
            format!("[[fleet.feed]]\nsource = {source:?}\n{what} = \"/srv/x\"\n")
        };
        let pair =
            |one: &str, kind: &str, other: &str| with(&(feed(one, kind) + &feed(other, "file")));
        assert!(pair("law", "file", "law").is_err());
        assert!(pair("law", "directory", "law-2026").is_err());
        assert!(pair("law", "directory", "laws").is_ok());
        assert!(pair("law", "file", "law-2026").is_ok());
        let long = "a".repeat(24);
        assert!(with(&feed(&long, "directory")).unwrap_err()[0].contains("more than the 23"));
        assert!(with(&feed("Law", "file")).unwrap_err()[0].contains("is not"));
    }

    #[test]
    fn a_sandbox_asks_no_real_server() {
        let feed = "[[fleet.feed]]\nsource = \"x\"\nurl = \"https://a.example/\"\n";
        let text = EXAMPLE
            .replace("account = \"none\"", "account = \"sandbox\"")
            .replace("anonymous_read =", "feed_hosts = [\"a.example\"]\nanonymous_read =");
        let told = parse(&format!("{text}\n{feed}"), "test.toml").unwrap_err().to_string();
        assert!(told.contains("would ask a real server"), "{told}");
    }
}
