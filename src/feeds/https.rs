//! One HTTPS address: asked with what is known already, answered within bounds, and connected only to addresses that
//! were checked.

use super::address::{Refused, check};
use super::{Digest, Found, Look, Offer, digest};
use crate::domain::grouped;
use async_trait::async_trait;
use ipnet::IpNet;
use reqwest::header::{
    ACCEPT, CONTENT_ENCODING, CONTENT_TYPE, ETAG, HeaderValue, IF_MODIFIED_SINCE, IF_NONE_MATCH,
    LAST_MODIFIED,
};
use reqwest::{Certificate, Client, Response, StatusCode, Url, dns, redirect};
use std::fmt;
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

/// A checked address. Path and query may be a secret: neither `Debug` nor `Display` shows them.
#[derive(Clone)]
pub struct Address {
    url: Url,
    networks: Vec<IpNet>,
    ca_file: Option<PathBuf>,
}

/// Why an address is no feed. None of the texts repeats the address.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum AddressError {
    /// Not `https://host/...`.
    #[error("it is no address such as \"https://timetables.example.ac.uk/exams.ics\"")]
    NotHttps,
    /// `https://user:password@host/`.
    #[error("it carries a user or a password, which would end in logs; ask for an address without")]
    Credentials,
    /// It names a host by an address that no feed may reach.
    #[error(transparent)]
    Refused(#[from] Refused),
}

impl Address {
    /// Checks an address. `networks` are private networks that it may lead to all the same; `ca_file` has further
    /// certificate authorities, beside the system's, as PEM.
    ///
    /// # Errors
    /// [`AddressError`].
    pub fn new(
        url: &str,
        networks: Vec<IpNet>,
        ca_file: Option<PathBuf>,
    ) -> Result<Self, AddressError> {
        let url: Url = url.parse().map_err(|_| AddressError::NotHttps)?;
        if url.scheme() != "https" || url.host_str().is_none_or(str::is_empty) {
            return Err(AddressError::NotHttps);
        }
        if !url.username().is_empty() || url.password().is_some() {
            return Err(AddressError::Credentials);
        }
        let address = Self { url, networks, ca_file };
        // A name is checked when it is resolved; an address in its place never is.
        address.literal().map_or(Ok(()), |ip| check(ip, &address.networks))?;
        Ok(address)
    }

    /// The host, as it is looked up.
    pub fn host(&self) -> &str {
        self.url.host_str().unwrap_or_default()
    }

    /// The IP address that stands in place of a name.
    fn literal(&self) -> Option<IpAddr> {
        let host = self.host();
        host.trim_start_matches('[').trim_end_matches(']').parse().ok()
    }

    /// A watcher that finds hosts through `names`.
    pub fn watched(self, bytes: usize, names: Arc<dyn Names>, patience: Patience) -> impl Look {
        Watched { address: self, bytes, names, patience, offered: None, kept: None }
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "https://{}", self.host())?;
        self.url.port().map_or(Ok(()), |port| write!(f, ":{port}"))
    }
}

impl fmt::Debug for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Address({self}/...)")
    }
}

/// How long an answer may take.
#[derive(Debug, Clone, Copy)]
pub struct Patience {
    /// Until there is a connection.
    pub connect: Duration,
    /// For everything together.
    pub whole: Duration,
}

impl Patience {
    /// A server that needs longer is not one to wait for: the next look comes soon.
    pub const DEFAULT: Self =
        Self { connect: Duration::from_secs(10), whole: Duration::from_secs(30) };
}

/// Names to addresses.
#[async_trait]
pub trait Names: Send + Sync {
    /// Every address of a host.
    ///
    /// # Errors
    /// The system's, when the name is not known or nobody can be asked.
    async fn addresses(&self, host: &str) -> io::Result<Vec<IpAddr>>;
}

/// As this machine is set up.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemNames;

#[async_trait]
impl Names for SystemNames {
    async fn addresses(&self, host: &str) -> io::Result<Vec<IpAddr>> {
        Ok(tokio::net::lookup_host((host, 0)).await?.map(|address| address.ip()).collect())
    }
}

/// Resolves once and checks every address; what it gives is all that is ever connected to. One that may not be
/// reached spoils the whole answer: a mixed one is how a name is turned against who trusts it.
struct Checked {
    names: Arc<dyn Names>,
    networks: Arc<[IpNet]>,
}

impl dns::Resolve for Checked {
    fn resolve(&self, name: dns::Name) -> dns::Resolving {
        let (names, networks) = (Arc::clone(&self.names), Arc::clone(&self.networks));
        Box::pin(async move {
            let addresses = names.addresses(name.as_str()).await?;
            addresses.iter().try_for_each(|address| check(*address, &networks))?;
            let addresses = addresses.into_iter().map(|address| SocketAddr::new(address, 0));
            Ok(Box::new(addresses) as dns::Addrs)
        })
    }
}

/// What tells one answer from another.
#[derive(Clone)]
struct Tag {
    digest: Digest,
    etag: Option<HeaderValue>,
    modified: Option<HeaderValue>,
}

struct Watched {
    address: Address,
    bytes: usize,
    names: Arc<dyn Names>,
    patience: Patience,
    offered: Option<Tag>,
    kept: Option<Tag>,
}

#[async_trait]
impl Look for Watched {
    async fn look(&mut self) -> Vec<Offer> {
        self.offered = None;
        let (found, media_type) = match self.fetch().await {
            Ok(found) => found,
            Err(why) => (Found::Failed(why), None),
        };
        vec![Offer { part: None, found, media_type }]
    }

    fn keep(&mut self, _: Option<&str>) {
        self.kept = self.offered.take().or(self.kept.take());
    }

    /// Without a tag the next request has no condition, so no server can answer 304 to it.
    fn forget(&mut self) {
        self.kept = None;
    }
}

impl Watched {
    async fn fetch(&mut self) -> Result<(Found, Option<String>), String> {
        let client = self.client()?;
        let mut request = client.get(self.address.url.clone()).header(ACCEPT, "text/calendar");
        if let Some(Tag { digest: _, etag, modified }) = &self.kept {
            let conditions = [(IF_NONE_MATCH, etag), (IF_MODIFIED_SINCE, modified)];
            for (name, value) in conditions {
                request = value.iter().fold(request, |request, value| request.header(&name, value));
            }
        }
        let mut response = request.send().await.map_err(told)?;
        match response.status() {
            StatusCode::OK => {}
            StatusCode::NOT_MODIFIED if self.kept.is_some() => return Ok((Found::Unchanged, None)),
            status if status.is_redirection() => {
                return Err(format!(
                    "the server sends elsewhere ({}); give the address that it sends to",
                    status.as_u16()
                ));
            }
            status => return Err(format!("the server answers {}", status.as_u16())),
        }
        let bytes = self.body(&mut response).await?;
        let header = |name| response.headers().get(name).cloned();
        let digest = digest(&bytes);
        self.offered = Some(Tag { digest, etag: header(ETAG), modified: header(LAST_MODIFIED) });
        let same = self.kept.as_ref().is_some_and(|kept| kept.digest == digest);
        let media_type =
            header(CONTENT_TYPE).and_then(|kind| kind.to_str().ok().map(str::to_owned));
        Ok((if same { Found::Unchanged } else { Found::Fresh(bytes) }, media_type))
    }

    /// A new client with each look, so that authorities that are renewed on disk count at once, and no connection
    /// outlives the check of its address.
    fn client(&self) -> Result<Client, String> {
        let names = Arc::clone(&self.names);
        let networks = self.address.networks.clone().into();
        Client::builder()
            .https_only(true)
            .no_proxy()
            .redirect(redirect::Policy::none())
            .referer(false)
            .user_agent(concat!("invigilator/", env!("CARGO_PKG_VERSION")))
            .connect_timeout(self.patience.connect)
            .timeout(self.patience.whole)
            .pool_max_idle_per_host(0)
            .dns_resolver(Checked { names, networks })
            .tls_certs_merge(self.authorities()?)
            .build()
            .map_err(told)
    }

    fn authorities(&self) -> Result<Vec<Certificate>, String> {
        let Some(path) = &self.address.ca_file else { return Ok(Vec::new()) };
        let shown = path.display();
        let pem =
            std::fs::read(path).map_err(|error| format!("{shown} cannot be read: {error}"))?;
        match Certificate::from_pem_bundle(&pem) {
            Ok(found) if !found.is_empty() => Ok(found),
            Ok(_) | Err(_) => Err(format!("{shown} has no certificate in PEM form")),
        }
    }

    /// The whole body, never more of it than is allowed. A body that ends before its announced length, or without the
    /// end of its last chunk, is an error of the connection.
    async fn body(&self, response: &mut Response) -> Result<Vec<u8>, String> {
        if let Some(encoding) = response.headers().get(CONTENT_ENCODING)
            && encoding != "identity"
        {
            return Err("the answer is compressed although nobody asked for that".into());
        }
        let most = grouped(u64::try_from(self.bytes).unwrap_or(u64::MAX));
        let too_large = || format!("the answer has more than {most} bytes");
        let announced = response.content_length();
        if announced.is_some_and(|length| usize::try_from(length).is_ok_and(|l| self.bytes < l)) {
            return Err(too_large());
        }
        let mut bytes = Vec::new();
        while let Some(chunk) = response.chunk().await.map_err(told)? {
            if self.bytes - bytes.len() < chunk.len() {
                return Err(too_large());
            }
            bytes.extend_from_slice(&chunk);
        }
        if bytes.is_empty() { Err("the answer is empty".into()) } else { Ok(bytes) }
    }
}

/// What went wrong, in few words and without the address.
fn told(error: reqwest::Error) -> String {
    let error = error.without_url();
    let mut root: &(dyn std::error::Error + 'static) = &error;
    while let Some(source) = root.source() {
        if let Some(refused) = source.downcast_ref::<Refused>() {
            return format!("the host's address {refused}");
        }
        root = source;
    }
    if error.is_timeout() {
        "the server did not answer in time".into()
    } else if error.is_connect() {
        format!("there is no connection to the server: {root}")
    } else if error.is_builder() {
        format!("the request cannot be made: {root}")
    } else {
        format!("the answer broke off: {root}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refusal(url: &str, networks: &[&str]) -> Option<AddressError> {
        let networks = networks.iter().map(|network| network.parse().unwrap()).collect();
        Address::new(url, networks, None).err()
    }

    #[test]
    fn only_https_without_credentials_is_an_address() {
        for url in ["", "exams.ics", "http://a.example/", "ftp://a.example/", "https://", "https:"]
        {
            assert_eq!(refusal(url, &[]), Some(AddressError::NotHttps), "{url}");
        }
        for url in
            ["https://me@a.example/", "https://me:word@a.example/", "https://:word@a.example/"]
        {
            assert_eq!(refusal(url, &[]), Some(AddressError::Credentials), "{url}");
        }
        assert_eq!(refusal("https://a.example:8443/exams.ics?term=1", &[]), None);
    }

    #[test]
    fn an_address_in_place_of_a_name_is_checked_however_it_is_written() {
        for url in [
            "https://127.0.0.1/",
            "https://2130706433/",
            "https://0x7f.1/",
            "https://[::1]/",
            "https://[::ffff:10.0.0.1]/",
            "https://169.254.169.254/",
            "https://[fd00:ec2::254]/",
        ] {
            assert!(matches!(refusal(url, &[]), Some(AddressError::Refused(_))), "{url}");
        }
        assert_eq!(refusal("https://10.1.2.3/", &["10.1.0.0/16"]), None);
        let metadata = refusal("https://169.254.169.254/", &["169.254.0.0/16"]);
        assert!(metadata.is_some_and(|why| why.to_string().contains("metadata")));
    }

    #[test]
    fn neither_path_nor_query_is_ever_shown() {
        let url = "https://a.example:8443/private-7f3a/basic.ics?token=word";
        let address = Address::new(url, vec![], None).unwrap();
        assert_eq!(address.to_string(), "https://a.example:8443");
        let debug = format!("{address:?} {}", super::super::Place::Https(address.clone()));
        assert!(!debug.contains("7f3a") && !debug.contains("word"), "{debug}");
    }
}
