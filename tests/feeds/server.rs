//! A registry's web server on loopback: TLS with a certificate of its own, and an answer that the test writes out.

use async_trait::async_trait;
use invigilator::feeds::{Address, Look, Names, Patience};
use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair};
use std::io;
use std::net::{IpAddr, Ipv4Addr};
use std::path::PathBuf;
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tempfile::TempDir;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};
use tokio_util::task::TaskTracker;

/// The name that the server's certificate is for.
pub(crate) const HOST: &str = "registry.test";
/// More than any answer of these tests, but for the one that is too large.
pub(crate) const MOST: usize = 20_000;

/// What the server does with the next request.
#[derive(Debug, Clone)]
pub(crate) enum Answer {
    /// These bytes, then an orderly end.
    Bytes(Vec<u8>),
    /// These bytes, then the connection is gone.
    CutAfter(Vec<u8>),
    /// Nothing at all.
    Silence,
}

impl Answer {
    /// A status line and headers, each with its line end, and a body of the announced length.
    pub(crate) fn of(status: &str, headers: &str, body: &str) -> Self {
        let length = body.len();
        let text = format!("HTTP/1.1 {status}\r\n{headers}Content-Length: {length}\r\n\r\n{body}");
        Self::Bytes(text.into_bytes())
    }

    pub(crate) fn ok(body: &str) -> Self {
        Self::of("200 OK", "Content-Type: text/calendar\r\n", body)
    }

    pub(crate) fn not_modified() -> Self {
        Self::Bytes(b"HTTP/1.1 304 Not Modified\r\n\r\n".to_vec())
    }
}

/// Whatever is asked, these addresses.
pub(crate) struct Fixed(pub(crate) Vec<IpAddr>);

#[async_trait]
impl Names for Fixed {
    async fn addresses(&self, _: &str) -> io::Result<Vec<IpAddr>> {
        Ok(self.0.clone())
    }
}

pub(crate) struct Server {
    pub(crate) port: u16,
    folder: TempDir,
    answer: Arc<Mutex<Answer>>,
    requests: Arc<Mutex<Vec<String>>>,
    connections: Arc<Mutex<usize>>,
}

impl Server {
    pub(crate) async fn start() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let (config, authority) = certificates();
        std::fs::write(folder.path().join("ca.pem"), authority).unwrap();
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
        let server = Self {
            port: listener.local_addr().unwrap().port(),
            folder,
            answer: Arc::new(Mutex::new(Answer::Silence)),
            requests: Arc::default(),
            connections: Arc::default(),
        };
        let acceptor = TlsAcceptor::from(Arc::new(config));
        let (answer, requests) = (Arc::clone(&server.answer), Arc::clone(&server.requests));
        let connections = Arc::clone(&server.connections);
        // Ends with the test's runtime.
        let tracker = TaskTracker::new();
        let served = tracker.clone();
        tracker.spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                *connections.lock().unwrap() += 1;
                let serving =
                    serve(stream, acceptor.clone(), Arc::clone(&answer), Arc::clone(&requests));
                served.spawn(serving);
            }
        });
        server
    }

    pub(crate) fn answers(&self, answer: Answer) {
        *self.answer.lock().unwrap() = answer;
    }

    /// The heads of all requests so far.
    pub(crate) fn requests(&self) -> Vec<String> {
        self.requests.lock().unwrap().clone()
    }

    pub(crate) fn connections(&self) -> usize {
        *self.connections.lock().unwrap()
    }

    /// The file with the authority behind its certificate.
    pub(crate) fn authority(&self) -> PathBuf {
        self.folder.path().join("ca.pem")
    }

    /// An address of this server, under a name that its certificate may or may not be for.
    pub(crate) fn address(&self, host: &str, networks: &[&str]) -> Address {
        let url = format!("https://{host}:{}/private-7f3a/exams.ics?token=word", self.port);
        let networks = networks.iter().map(|network| network.parse().unwrap()).collect();
        Address::new(&url, networks, Some(self.authority())).unwrap()
    }

    /// A watcher of it, on a campus whose private network is this machine.
    pub(crate) fn watched(&self, patience: Patience) -> impl Look + use<> {
        let loopback = Arc::new(Fixed(vec![Ipv4Addr::LOCALHOST.into()]));
        self.address(HOST, &["127.0.0.0/8"]).watched(MOST, loopback, patience)
    }
}

/// So little patience that a server which says nothing is given up on within the test.
pub(crate) const HASTE: Patience =
    Patience { connect: Duration::from_millis(500), whole: Duration::from_millis(500) };

async fn serve(
    stream: TcpStream,
    acceptor: TlsAcceptor,
    answer: Arc<Mutex<Answer>>,
    requests: Arc<Mutex<Vec<String>>>,
) {
    let Ok(mut stream) = acceptor.accept(stream).await else { return };
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        match stream.read_u8().await {
            Ok(byte) => head.push(byte),
            Err(_) => return,
        }
    }
    requests.lock().unwrap().push(String::from_utf8(head).unwrap());
    let answer = answer.lock().unwrap().clone();
    // Who asked may have gone away meanwhile.
    match answer {
        Answer::Bytes(bytes) => {
            let _ = stream.write_all(&bytes).await;
            let _ = stream.shutdown().await;
        }
        Answer::CutAfter(bytes) => {
            let _ = stream.write_all(&bytes).await;
            let _ = stream.flush().await;
        }
        Answer::Silence => {
            let _ = stream.read_u8().await;
        }
    }
}

fn certificates() -> (ServerConfig, String) {
    let mut authority = CertificateParams::new(vec![]).unwrap();
    authority.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let authority = CertifiedIssuer::self_signed(authority, KeyPair::generate().unwrap()).unwrap();
    let key = KeyPair::generate().unwrap();
    let certificate = CertificateParams::new(vec![HOST.to_owned()]).unwrap();
    let certificate = certificate.signed_by(&key, &authority).unwrap();
    let secret = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(key.serialize_der()));
    let config = ServerConfig::builder()
        .with_no_client_auth()
        .with_single_cert(vec![certificate.der().clone()], secret)
        .unwrap();
    (config, authority.pem())
}
