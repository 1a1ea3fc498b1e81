//! Fetching files that lie elsewhere, for campaigns that name them by address: `https` from public addresses only, so
//! that nobody reads our own network through us; bounded in size, time and hops. `post` tells webhooks under the same
//! rules.

mod post;

use std::future::Future;
use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use anyhow::Context as _;
use bytes::Bytes;
use http::header::{CONTENT_LENGTH, LOCATION};
use http::{Request, Uri};
use http_body_util::{BodyExt, Full};
use hyper_rustls::HttpsConnector;
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::client::legacy::connect::dns::Name;
use hyper_util::rt::TokioExecutor;
use tower::Service;

pub use self::post::Answered;

/// Longest wait for a whole file that an API request needs, which has half a minute, and for the beginning of any other.
const TIMEOUT: Duration = Duration::from_secs(20);

/// Redirections that are followed.
const MOST_HOPS: usize = 3;

/// From where files are fetched.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reach {
    /// `https`, and only addresses that everybody can reach.
    Public,
    /// Anywhere, and `http` too: for tests, whose files lie on this machine.
    Anywhere,
}

/// Fetches files; cheap to clone.
#[derive(Clone)]
pub struct Fetcher {
    http: Client<HttpsConnector<HttpConnector<Resolver>>, Full<Bytes>>,
    reach: Reach,
}

/// A file that was fetched.
#[derive(Debug)]
pub struct Fetched {
    /// The last part of its address.
    pub file_name: String,
    /// Its bytes.
    pub bytes: Vec<u8>,
}

/// Why a file was not fetched: a sentence for whoever gave its address.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct NotFetched(String);

impl NotFetched {
    /// That the file at this address took too long.
    pub fn too_slow(address: &str) -> NotFetched {
        not_fetched(address, TOO_LONG)
    }
}

impl Fetcher {
    /// Fetches from there.
    pub fn new(reach: Reach) -> anyhow::Result<Fetcher> {
        let mut connector = HttpConnector::new_with_resolver(Resolver { reach });
        connector.enforce_http(false);
        connector.set_connect_timeout(Some(Duration::from_secs(5)));
        let tls = hyper_rustls::HttpsConnectorBuilder::new()
            .with_provider_and_webpki_roots(rustls::crypto::ring::default_provider())
            .context("TLS cannot be set up")?
            .https_or_http()
            .enable_http1()
            .wrap_connector(connector);
        Ok(Fetcher { http: Client::builder(TokioExecutor::new()).build(tls), reach })
    }

    /// Fetches a file of at most `most` bytes.
    pub async fn fetch(&self, address: &str, most: u64) -> Result<Fetched, NotFetched> {
        let whole = async {
            let mut opened = self.open(address, most).await?;
            let mut bytes = Vec::new();
            while let Some(piece) = opened.next().await? {
                bytes.extend_from_slice(&piece);
            }
            Ok(Fetched { file_name: opened.file_name, bytes })
        };
        tokio::time::timeout(TIMEOUT, whole).await.map_err(|_| not_fetched(address, TOO_LONG))?
    }

    /// Opens a file of at most `most` bytes, which then comes piece by piece.
    pub async fn open(&self, address: &str, most: u64) -> Result<Opened, NotFetched> {
        let opened = tokio::time::timeout(TIMEOUT, self.follow(address, most)).await;
        opened.map_err(|_| not_fetched(address, TOO_LONG))?.map_err(|why| not_fetched(address, &why))
    }

    async fn follow(&self, address: &str, most: u64) -> Result<Opened, String> {
        let mut uri: Uri = address.parse().map_err(|_| "it is no address".to_owned())?;
        for _ in 0..=MOST_HOPS {
            check(&uri, self.reach)?;
            let request = Request::get(uri.clone()).header("user-agent", "campanile").body(Full::default());
            let request = request.map_err(|_| "it is no address".to_owned())?;
            let response = self.http.request(request).await.map_err(|error| reason(&error))?;
            let status = response.status();
            if status.is_redirection() {
                let next = response.headers().get(LOCATION).and_then(|next| next.to_str().ok());
                uri = absolute(&uri, next.ok_or("it leads nowhere")?).ok_or("it leads nowhere")?;
                continue;
            }
            if !status.is_success() {
                return Err(format!("its server answers {status}"));
            }
            let announced =
                response.headers().get(CONTENT_LENGTH).and_then(|length| length.to_str().ok()?.parse().ok());
            if announced.is_some_and(|length: u64| length > most) {
                return Err(too_large(most));
            }
            let (file_name, body, address) = (name_of(&uri), response.into_body(), address.to_owned());
            return Ok(Opened { file_name, address, body, so_far: 0, most });
        }
        Err("it leads on and on".to_owned())
    }
}

/// A file that is being fetched.
#[derive(Debug)]
pub struct Opened {
    /// The last part of its address.
    pub file_name: String,
    address: String,
    body: hyper::body::Incoming,
    so_far: u64,
    most: u64,
}

impl Opened {
    /// Its next bytes; nothing at its end.
    pub async fn next(&mut self) -> Result<Option<Bytes>, NotFetched> {
        while let Some(frame) = self.body.frame().await {
            let frame = frame.map_err(|error| not_fetched(&self.address, &format!("it broke off: {error}")))?;
            let Ok(piece) = frame.into_data() else { continue };
            self.so_far += piece.len() as u64;
            if self.so_far > self.most {
                return Err(not_fetched(&self.address, &too_large(self.most)));
            }
            return Ok(Some(piece));
        }
        Ok(None)
    }
}

const TOO_LONG: &str = "it took too long";

fn not_fetched(address: &str, why: &str) -> NotFetched {
    NotFetched(format!("{address} cannot be fetched: {why}"))
}

fn too_large(most: u64) -> String {
    format!("it has more than {} MB", most / 1_000_000)
}

fn reason(error: &hyper_util::client::legacy::Error) -> String {
    let mut cause: &dyn std::error::Error = error;
    while let Some(next) = cause.source() {
        cause = next;
    }
    cause.to_string()
}

fn name_of(uri: &Uri) -> String {
    uri.path().rsplit('/').next().filter(|name| !name.is_empty()).unwrap_or("file").to_owned()
}

/// Where a redirection leads.
fn absolute(from: &Uri, to: &str) -> Option<Uri> {
    let given: Uri = to.parse().ok()?;
    if given.scheme().is_some() {
        return Some(given);
    }
    let path = given.path_and_query()?.clone();
    path.as_str().starts_with('/').then_some(())?;
    Uri::builder().scheme(from.scheme()?.clone()).authority(from.authority()?.clone()).path_and_query(path).build().ok()
}

/// An address that is written as numbers is asked of no resolver, so it is looked at here.
fn check(uri: &Uri, reach: Reach) -> Result<(), String> {
    let host = uri.host().ok_or("it names no server")?;
    match (reach, uri.scheme_str()) {
        (Reach::Anywhere, _) => return Ok(()),
        (Reach::Public, Some("https")) => {}
        (Reach::Public, _) => return Err("it must begin with https://".to_owned()),
    }
    match host.trim_start_matches('[').trim_end_matches(']').parse::<IpAddr>() {
        Ok(ip) if !is_public(ip) => Err(PRIVATE.to_owned()),
        Ok(_) | Err(_) => Ok(()),
    }
}

const PRIVATE: &str = "its server is not on the public network";

/// Whether everybody can reach the address (IANA's special-purpose registries, November 2026).
fn is_public(ip: IpAddr) -> bool {
    match ip {
        IpAddr::V4(ip) => is_public_v4(ip),
        IpAddr::V6(ip) => match embedded_v4(ip) {
            Some(inner) => is_public_v4(inner),
            None => is_public_v6(ip),
        },
    }
}

fn is_public_v4(ip: Ipv4Addr) -> bool {
    let [a, b, c, _] = ip.octets();
    let is_local = matches!((a, b), (0 | 10 | 127 | 224.., _) | (169, 254) | (172, 16..=31) | (192, 168));
    let is_shared = matches!((a, b), (100, 64..=127) | (198, 18 | 19));
    let is_reserved = matches!((a, b, c), (192, 0, 0 | 2) | (192, 88, 99) | (198, 51, 100) | (203, 0, 113));
    !(is_local || is_shared || is_reserved)
}

/// The IPv4 address inside one of IPv6 that leads to it: mapped, translated (NAT64), 6to4.
fn embedded_v4(ip: Ipv6Addr) -> Option<Ipv4Addr> {
    let segments = ip.segments();
    let of = |high: u16, low: u16| Ipv4Addr::from((u32::from(high) << 16) | u32::from(low));
    match segments {
        [0, 0, 0, 0, 0, 0xFFFF | 0, high, low] if high != 0 || low > 1 => Some(of(high, low)),
        [0x64, 0xFF9B, 0, 0, 0, 0, high, low] => Some(of(high, low)),
        [0x2002, high, low, ..] => Some(of(high, low)),
        _ => None,
    }
}

fn is_public_v6(ip: Ipv6Addr) -> bool {
    let segments = ip.segments();
    // Only 2000::/3 is given out; within it some blocks are not for the public.
    let is_global = segments[0] & 0xE000 == 0x2000;
    let is_special = matches!(segments, [0x2001, 0..=0x01FF, ..] | [0x2001, 0x0DB8, ..] | [0x3FFF, 0..=0x0FFF, ..]);
    is_global && !is_special
}

/// Resolves names, and keeps only what may be reached: the connection goes to the address that was judged.
#[derive(Clone)]
struct Resolver {
    reach: Reach,
}

impl Service<Name> for Resolver {
    type Response = std::vec::IntoIter<SocketAddr>;
    type Error = io::Error;
    type Future = Pin<Box<dyn Future<Output = Result<Self::Response, io::Error>> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), io::Error>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, name: Name) -> Self::Future {
        let reach = self.reach;
        Box::pin(async move {
            let found = tokio::net::lookup_host((name.as_str(), 0)).await?;
            let allowed: Vec<SocketAddr> =
                found.filter(|address| reach == Reach::Anywhere || is_public(address.ip())).collect();
            if allowed.is_empty() { Err(io::Error::other(PRIVATE)) } else { Ok(allowed.into_iter()) }
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_everybody_can_reach_is_public() {
        for private in [
            "127.0.0.1",
            "10.1.2.3",
            "172.16.0.1",
            "172.31.255.255",
            "192.168.1.1",
            "169.254.169.254",
            "100.64.0.1",
            "0.0.0.0",
            "224.0.0.1",
            "255.255.255.255",
            "198.18.0.1",
            "192.0.2.1",
            "::1",
            "::",
            "fe80::1",
            "fd00::1",
            "ff02::1",
            "::ffff:127.0.0.1",
            "64:ff9b::7f00:1",
            "2002:7f00:1::",
            "2001:db8::1",
            "::127.0.0.1",
            "fec0::1",
        ] {
            assert!(!is_public(private.parse().unwrap()), "{private}");
        }
        for public in ["8.8.8.8", "172.32.0.1", "100.128.0.1", "2606:4700::1111", "::ffff:8.8.8.8", "2002:808:808::"] {
            assert!(is_public(public.parse().unwrap()), "{public}");
        }
    }

    #[tokio::test]
    async fn our_own_network_is_never_asked() {
        let fetcher = Fetcher::new(Reach::Public).unwrap();
        for address in [
            "http://example.com/a.png",
            "https://127.0.0.1/a.png",
            "https://169.254.169.254/latest/meta-data",
            "https://[::1]/a.png",
            "https://[::ffff:10.0.0.1]/a.png",
            "https://localhost/a.png",
            "https://2130706433/a.png",
            "https://0x7f.1/a.png",
            "file:///etc/passwd",
            "nonsense",
        ] {
            assert!(fetcher.fetch(address, 1_000).await.is_err(), "{address}");
        }
        let error = fetcher.fetch("https://localhost/a.png", 1_000).await.unwrap_err().to_string();
        assert_eq!(error, "https://localhost/a.png cannot be fetched: its server is not on the public network");
    }

    #[test]
    fn a_redirection_is_followed_from_where_it_stands() {
        let from: Uri = "https://example.com/a/b".parse().unwrap();
        assert_eq!(absolute(&from, "/c?d=1").unwrap(), "https://example.com/c?d=1");
        assert_eq!(absolute(&from, "http://10.0.0.1/x").unwrap(), "http://10.0.0.1/x");
        assert!(check(&absolute(&from, "https://10.0.0.1/x").unwrap(), Reach::Public).is_err());
        assert_eq!(absolute(&from, "c"), None);
    }
}
