//! Where webhooks go: an address reached over HTTP, or a router in the same process (no socket, so a paused clock works).

use std::time::Duration;

use anyhow::{Context, ensure};
use axum::Router;
use axum::body::Body;
use bytes::Bytes;
use http::{Request, StatusCode, Uri, header};
use http_body_util::{BodyExt, Full, Limited};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use tower::ServiceExt;

use crate::envelope::{SIGNATURE_HEADER, signature};

/// A receiver that takes longer has failed; Meta names no limit, partners say 5 to 20 seconds.
const WEBHOOK_TIMEOUT: Duration = Duration::from_secs(10);
/// Answers are read up to here, only to keep the connection.
const ANSWER_LIMIT_BYTES: usize = 64 * 1024;

/// The receiver of webhooks.
#[derive(Debug, Clone)]
pub enum Callback {
    /// `http://…`, over a socket with keep-alive.
    Address(Uri),
    /// A router of this process, called at this path (with its query, if any).
    InProcess {
        /// Receives the POST.
        router: Router,
        /// For example `/webhooks/634974688087057`.
        path: Uri,
    },
}

impl Callback {
    /// An address; only `http` with a host is possible.
    pub fn address(url: &str) -> anyhow::Result<Self> {
        let uri: Uri = url.parse().with_context(|| format!("the callback address {url}"))?;
        ensure!(
            uri.scheme_str() == Some("http") && uri.host().is_some(),
            "the callback address {url} must start with http:// and name a host"
        );
        Ok(Self::Address(uri))
    }

    /// A router of this process.
    pub fn in_process(router: Router, path: &str) -> anyhow::Result<Self> {
        let path = path.parse().with_context(|| format!("the callback path {path}"))?;
        Ok(Self::InProcess { router, path })
    }
}

/// What became of one POST.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Delivery {
    /// HTTP 200.
    Acknowledged,
    /// Anything else; it will be tried again.
    Failed,
}

/// Posts webhooks; cheap to clone, shares its connections.
#[derive(Clone)]
pub(crate) struct Sender {
    client: Client<HttpConnector, Full<Bytes>>,
    app_secret: String,
}

impl Sender {
    pub(crate) fn new(app_secret: &str) -> Self {
        let mut connector = HttpConnector::new();
        connector.set_nodelay(true);
        let client = Client::builder(TokioExecutor::new()).build(connector);
        Self { client, app_secret: app_secret.to_owned() }
    }

    /// Posts one signed body.
    pub(crate) async fn post(&self, callback: &Callback, body: String) -> Delivery {
        match tokio::time::timeout(WEBHOOK_TIMEOUT, self.try_post(callback, Bytes::from(body))).await {
            Ok(Ok(StatusCode::OK)) => Delivery::Acknowledged,
            Ok(Ok(status)) => {
                tracing::warn!(%status, "a webhook was not acknowledged");
                Delivery::Failed
            }
            Ok(Err(error)) => {
                tracing::warn!(error = format!("{error:#}"), "a webhook could not be posted");
                Delivery::Failed
            }
            Err(_elapsed) => {
                tracing::warn!("a webhook was not answered in time");
                Delivery::Failed
            }
        }
    }

    /// Asks the callback to prove itself, as Meta does before it accepts an address.
    pub(crate) async fn verify(&self, callback: &Callback, token: &str, challenge: &str) -> anyhow::Result<()> {
        let query = format!("hub.mode=subscribe&hub.verify_token={}&hub.challenge={challenge}", encoded(token));
        let uri = with_query(callback.uri(), &query)?;
        let request = Request::get(uri).body(Full::default()).context("building the verification")?;
        let asked = tokio::time::timeout(WEBHOOK_TIMEOUT, self.send(callback, request));
        let (status, answer) = asked.await.context("the callback did not answer its verification in time")??;
        ensure!(status == StatusCode::OK, "the callback answered its verification with {status}");
        ensure!(answer == challenge.as_bytes(), "the callback answered its verification with another body");
        Ok(())
    }

    async fn try_post(&self, callback: &Callback, body: Bytes) -> anyhow::Result<StatusCode> {
        let request = Request::post(callback.uri().clone())
            .header(header::CONTENT_TYPE, "application/json")
            .header(header::USER_AGENT, "facebookexternalua")
            .header(SIGNATURE_HEADER, signature(&self.app_secret, &body)?)
            .body(Full::new(body))
            .context("building a webhook")?;
        Ok(self.send(callback, request).await?.0)
    }

    async fn send(&self, callback: &Callback, request: Request<Full<Bytes>>) -> anyhow::Result<(StatusCode, Bytes)> {
        match callback {
            Callback::Address(_) => {
                let response = self.client.request(request).await.context("posting to the callback")?;
                let status = response.status();
                Ok((status, read(response.into_body()).await?))
            }
            Callback::InProcess { router, .. } => {
                let response = router.clone().oneshot(request.map(Body::new)).await?;
                let status = response.status();
                Ok((status, read(response.into_body()).await?))
            }
        }
    }
}

impl Callback {
    fn uri(&self) -> &Uri {
        match self {
            Self::Address(uri) | Self::InProcess { path: uri, .. } => uri,
        }
    }
}

async fn read<B>(body: B) -> anyhow::Result<Bytes>
where
    B: hyper::body::Body<Data = Bytes>,
    B::Error: Into<Box<dyn std::error::Error + Send + Sync>>,
{
    match Limited::new(body, ANSWER_LIMIT_BYTES).collect().await {
        Ok(answer) => Ok(answer.to_bytes()),
        Err(error) => Err(anyhow::anyhow!("reading the callback's answer: {error}")),
    }
}

fn with_query(uri: &Uri, query: &str) -> anyhow::Result<Uri> {
    let separator = if uri.query().is_some() { '&' } else { '?' };
    format!("{uri}{separator}{query}").parse().context("building the verification address")
}

/// Percent-encodes everything but unreserved characters.
fn encoded(value: &str) -> String {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~".contains(&byte);
    value.bytes().map(|byte| if plain(byte) { char::from(byte).to_string() } else { format!("%{byte:02X}") }).collect()
}
