//! The way to a Campanile elsewhere: straight, or through the proxy that `HTTPS_PROXY`, `ALL_PROXY` and `NO_PROXY` name,
//! read as curl reads them. Only what is encrypted goes through it, in a tunnel; what is on this machine never does.

use std::net::IpAddr;
use std::sync::Arc;
use std::task::{Context, Poll};

use axum::http::Uri;
use axum::http::uri::Scheme;
use futures::future::BoxFuture;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::client::legacy::connect::proxy::Tunnel;
use hyper_util::client::proxy::matcher::{Intercept, Matcher};
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;
use tower::Service;

type Failure = Box<dyn std::error::Error + Send + Sync>;

/// Connects to an address, or to the proxy that leads there.
#[derive(Clone)]
pub(super) struct Way {
    direct: HttpConnector,
    proxies: Arc<Matcher>,
}

impl Way {
    /// By the environment.
    pub(super) fn of_environment() -> Self {
        Self::by(Matcher::from_env())
    }

    fn by(proxies: Matcher) -> Self {
        let mut direct = HttpConnector::new();
        // TLS is laid over it.
        direct.enforce_http(false);
        Self { direct, proxies: Arc::new(proxies) }
    }

    /// The proxy that leads there, if one does.
    fn proxy(&self, to: &Uri) -> Option<Intercept> {
        let is_encrypted = to.scheme() == Some(&Scheme::HTTPS);
        if !is_encrypted || to.host().is_none_or(is_this_machine) {
            return None;
        }
        self.proxies.intercept(to)
    }
}

impl Service<Uri> for Way {
    type Response = TokioIo<TcpStream>;
    type Error = Failure;
    type Future = BoxFuture<'static, Result<Self::Response, Self::Error>>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
        self.direct.poll_ready(context).map_err(Failure::from)
    }

    fn call(&mut self, to: Uri) -> Self::Future {
        let Some(proxy) = self.proxy(&to) else {
            let connecting = self.direct.call(to);
            return Box::pin(async move { connecting.await.map_err(Failure::from) });
        };
        if proxy.uri().scheme() != Some(&Scheme::HTTP) {
            let scheme = proxy.uri().scheme_str().unwrap_or_default().to_owned();
            let failure = Failure::from(format!("a proxy is spoken to by http, and not by {scheme}"));
            return Box::pin(async move { Err(failure) });
        }
        let mut tunnel = Tunnel::new(proxy.uri().clone(), self.direct.clone());
        if let Some(auth) = proxy.basic_auth() {
            tunnel = tunnel.with_auth(auth.clone());
        }
        let connecting = tunnel.call(to);
        Box::pin(async move { connecting.await.map_err(Failure::from) })
    }
}

fn is_this_machine(host: &str) -> bool {
    let bare = host.trim_start_matches('[').trim_end_matches(']');
    let is_loopback = bare.parse::<IpAddr>().is_ok_and(|address| address.is_loopback());
    is_loopback || bare.eq_ignore_ascii_case("localhost")
}

#[cfg(test)]
mod tests {
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    use tokio::net::TcpListener;

    use super::*;

    fn way(proxy: &str, without: &str) -> Way {
        Way::by(Matcher::builder().https(proxy).http(proxy).no(without).build())
    }

    #[test]
    fn only_what_is_encrypted_and_elsewhere_goes_through_the_proxy() {
        let way = way("http://proxy.example:3128", "internal.example");
        let through = |to: &'static str| way.proxy(&Uri::from_static(to)).map(|proxy| proxy.uri().to_string());
        for to in ["https://send.example.com", "https://bucket.s3.eu-central-1.amazonaws.com", "https://198.51.100.7"] {
            assert_eq!(through(to).as_deref(), Some("http://proxy.example:3128/"), "{to}");
        }
        let straight = [
            "http://127.0.0.1:8080",
            "https://127.0.0.1:8443",
            "https://[::1]:8443",
            "https://LocalHost",
            "http://192.168.1.2:8080",
            "https://campanile.internal.example",
        ];
        for to in straight {
            assert_eq!(through(to), None, "{to}");
        }
    }

    #[tokio::test]
    async fn the_proxy_is_asked_for_a_tunnel_with_its_password_and_its_refusal_is_told() {
        let proxy = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = proxy.local_addr().unwrap();
        let asked = tokio::spawn(async move {
            let (mut connection, _) = proxy.accept().await.unwrap();
            let mut asked = Vec::new();
            while !asked.ends_with(b"\r\n\r\n") {
                asked.push(connection.read_u8().await.unwrap());
            }
            connection.write_all(b"HTTP/1.1 403 Forbidden\r\n\r\n").await.unwrap();
            String::from_utf8(asked).unwrap()
        });
        let mut way = way(&format!("http://me:secret@{address}"), "");
        let error = way.call(Uri::from_static("https://send.example.com")).await.unwrap_err();
        assert!(error.to_string().contains("tunnel error"), "{error}");
        let asked = asked.await.unwrap();
        assert!(asked.starts_with("CONNECT send.example.com:443 HTTP/1.1\r\n"), "{asked}");
        assert!(asked.contains("Proxy-Authorization: Basic bWU6c2VjcmV0\r\n"), "{asked}");
    }

    #[tokio::test]
    async fn a_proxy_that_speaks_something_else_is_named_and_not_gone_around() {
        let mut way = way("socks5://127.0.0.1:1080", "");
        let error = way.call(Uri::from_static("https://send.example.com")).await.unwrap_err();
        assert!(error.to_string().contains("socks5"), "{error}");
    }
}
