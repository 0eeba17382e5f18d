//! A server on loopback that answers as a test says, so that bodies go through the SDK as AWS sends them.

use super::fixture;
use std::collections::BTreeMap;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};

/// One request as it came.
#[derive(Debug, Clone)]
pub(super) struct Request {
    path: String,
    form: BTreeMap<String, String>,
}

/// One answer as it goes.
#[derive(Debug, Clone)]
pub(super) struct Answer {
    pub(super) status: u16,
    pub(super) body: Vec<u8>,
    pub(super) headers: Vec<(&'static str, String)>,
}

/// The server; it lives as long as the process.
pub(super) struct Fake {
    pub(super) url: String,
    requests: Arc<Mutex<Vec<Request>>>,
}

impl Request {
    /// Which operation it asks for: query services have it in the form, the others in the path.
    pub(super) fn action(&self) -> &str {
        let in_path = self.path.rsplit('/').next().unwrap_or_default();
        self.field("Action").unwrap_or(in_path)
    }

    pub(super) fn field(&self, key: &str) -> Option<&str> {
        self.form.get(key).map(String::as_str)
    }

    pub(super) fn fields(&self) -> impl Iterator<Item = (&str, &str)> {
        self.form.iter().map(|(key, value)| (key.as_str(), value.as_str()))
    }

    fn read(stream: &TcpStream) -> Option<Self> {
        let mut reader = BufReader::new(stream);
        let mut line = String::new();
        reader.read_line(&mut line).ok()?;
        let path = line.split(' ').nth(1)?.to_owned();
        let mut length = 0;
        loop {
            let mut header = String::new();
            reader.read_line(&mut header).ok()?;
            let header = header.trim().to_ascii_lowercase();
            if header.is_empty() {
                break;
            }
            if let Some(value) = header.strip_prefix("content-length:") {
                length = value.trim().parse().ok()?;
            }
        }
        let mut body = vec![0; length];
        reader.read_exact(&mut body).ok()?;
        let query = String::from_utf8_lossy(&body);
        let url = reqwest::Url::parse(&format!("http://form/?{query}")).ok()?;
        let form = url.query_pairs().map(|(key, value)| (key.into_owned(), value.into_owned()));
        Some(Self { path, form: form.collect() })
    }
}

impl Answer {
    /// What a query service answers, `inner` being the result.
    pub(super) fn xml(action: &str, inner: &str) -> Self {
        let body = format!(
            "<{action}Response><{action}Result>{inner}</{action}Result>\
             <ResponseMetadata><RequestId>r-1</RequestId></ResponseMetadata></{action}Response>"
        );
        Self { status: 200, body: body.into(), headers: vec![("content-type", "text/xml".into())] }
    }

    /// Nothing found, or done.
    pub(super) fn empty(request: &Request) -> Self {
        Self::xml(request.action(), "")
    }

    /// The fixture's account and group, all of whose writes succeed.
    pub(super) fn well(request: &Request) -> Self {
        match request.action() {
            "GetCallerIdentity" => caller(&fixture::site().account),
            "DescribeAutoScalingGroups" => fixture::groups(),
            _ => Self::empty(request),
        }
    }
}

/// A refusal of a query service.
pub(super) fn refusal(status: u16, code: &str, message: &str) -> Answer {
    let body = format!(
        "<ErrorResponse><Error><Type>Sender</Type><Code>{code}</Code><Message>{message}</Message></Error>\
         <RequestId>r-2</RequestId></ErrorResponse>"
    );
    Answer { status, body: body.into(), headers: vec![("content-type", "text/xml".into())] }
}

/// Whose credentials they are.
pub(super) fn caller(account: &str) -> Answer {
    let role = format!("arn:aws:sts::{account}:assumed-role/invigilator/i-1");
    Answer::xml("GetCallerIdentity", &format!("<Account>{account}</Account><Arn>{role}</Arn>"))
}

impl Fake {
    pub(super) fn start(answer: impl Fn(&Request) -> Answer + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let requests = Arc::new(Mutex::new(Vec::new()));
        let (answer, kept) = (Arc::new(answer), Arc::clone(&requests));
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let (answer, kept) = (Arc::clone(&answer), Arc::clone(&kept));
                std::thread::spawn(move || {
                    let Some(request) = Request::read(&stream) else { return };
                    kept.lock().unwrap().push(request.clone());
                    // Who has gone away needs no answer.
                    let _ = send(stream, &answer(&request));
                });
            }
        });
        Self { url, requests }
    }

    /// What came so far.
    pub(super) fn requests(&self) -> Vec<Request> {
        self.requests.lock().unwrap().clone()
    }

    /// The operations that were asked for so far.
    pub(super) fn actions(&self) -> Vec<String> {
        self.requests().iter().map(|request| request.action().to_owned()).collect()
    }
}

fn send(mut stream: TcpStream, answer: &Answer) -> std::io::Result<()> {
    let Answer { status, body, headers } = answer;
    let mut head =
        format!("HTTP/1.1 {status} X\r\nconnection: close\r\ncontent-length: {}\r\n", body.len());
    headers.iter().for_each(|(name, value)| head.push_str(&format!("{name}: {value}\r\n")));
    head.push_str("\r\n");
    stream.write_all(head.as_bytes())?;
    stream.write_all(body)
}
