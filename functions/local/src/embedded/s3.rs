//! S3 in this process: objects are files of one folder. Handlers reach it
//! through the SDK's own connector; browsers reach it through the product's
//! port with presigned URLs, and a finished upload raises the event S3 would.
//!
//! Keys stay under about 120 bytes (their metadata's file name repeats them)
//! and no key is another one's folder; a conditional put is no lock here.

use std::path::Path;
use std::sync::Arc;
use std::task::{Context as TaskContext, Poll};

use anyhow::{Context, bail};
use aws_sdk_s3::config::{BehaviorVersion, Credentials, Region};
use aws_smithy_runtime_api::client::http::{HttpConnector, HttpConnectorFuture, SharedHttpClient};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_runtime_api::client::result::ConnectorError;
use aws_smithy_types::body::SdkBody;
use axum::body::Body;
use futures::future::BoxFuture;
use http::header::{ETAG, HOST, HeaderValue};
use http::{Method, Request, Response, StatusCode};
use http_body_util::BodyExt;
use s3s::auth::SimpleAuth;
use s3s::service::{S3Service, S3ServiceBuilder};
use tower::{Layer, Service};
use tower_http::cors::{Any, Cors, CorsLayer};

use super::connector::{client_over, failed};

/// The address the service uses towards itself; nothing listens there.
const INTERNAL_ENDPOINT: &str = "http://s3.localhost";

/// An object that has just been written through [`EmbeddedS3::service`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PutEvent {
    /// The bucket's name.
    pub bucket: String,
    /// The object's key, decoded.
    pub key: String,
    /// The object's size in bytes.
    pub size: u64,
}

/// What happens after an upload and before its answer. When it fails the
/// uploader gets a 500 and uploads again, so the event is not lost.
pub type OnPut = Arc<dyn Fn(PutEvent) -> BoxFuture<'static, anyhow::Result<()>> + Send + Sync>;

/// An S3 over one folder with one access key. Clones share it.
#[derive(Clone)]
pub struct EmbeddedS3 {
    service: S3Service,
    credentials: Credentials,
    calls: Calls,
}

/// How the SDK's calls are run.
#[derive(Debug, Clone, Copy)]
enum Calls {
    /// As part of the caller's task, files on the threads of its runtime.
    WithinTask,
    /// While the caller's whole thread waits.
    StandingStill,
}

impl EmbeddedS3 {
    /// Serves the objects under `folder`, which is made when missing, to
    /// whoever signs with this access key.
    pub fn open(folder: &Path, access_key: &str, secret_key: &str) -> anyhow::Result<Self> {
        std::fs::create_dir_all(folder).with_context(|| format!("making the folder {}", folder.display()))?;
        let files = match s3s_fs::FileSystem::new(folder) {
            Ok(files) => files,
            Err(error) => bail!("opening the folder {}: {error:?}", folder.display()),
        };
        let mut builder = S3ServiceBuilder::new(files);
        builder.set_auth(SimpleAuth::from_single(access_key, secret_key));
        Ok(Self {
            service: builder.build(),
            credentials: Credentials::new(access_key, secret_key, None, None, "embedded"),
            calls: Calls::WithinTask,
        })
    }

    /// The same, and its caller's thread stands still until a call is answered: under a paused clock, files that are
    /// read on other threads would let other tasks run in between, each time at another point.
    #[must_use]
    pub fn standing_still(self) -> Self {
        Self { calls: Calls::StandingStill, ..self }
    }

    /// Makes the bucket unless it is there.
    pub async fn create_bucket(&self, bucket: &str) -> anyhow::Result<()> {
        let client = self.client(INTERNAL_ENDPOINT);
        if client.head_bucket().bucket(bucket).send().await.is_ok() {
            return Ok(());
        }
        client.create_bucket().bucket(bucket).send().await.with_context(|| format!("creating the bucket {bucket}"))?;
        Ok(())
    }

    /// The HTTP client to build an SDK client with. Path style only.
    #[must_use]
    pub fn http_client(&self) -> SharedHttpClient {
        client_over(Connector(self.clone()))
    }

    /// An SDK client that signs for `endpoint`, the address presigned URLs carry.
    #[must_use]
    pub fn client(&self, endpoint: &str) -> aws_sdk_s3::Client {
        let config = aws_sdk_s3::Config::builder()
            .behavior_version(BehaviorVersion::latest())
            .region(Region::from_static(super::REGION))
            .credentials_provider(self.credentials.clone())
            .endpoint_url(endpoint)
            .force_path_style(true)
            .http_client(self.http_client())
            .build();
        aws_sdk_s3::Client::from_conf(config)
    }

    /// What the product's router serves browsers at `/{bucket}/{*key}`, any
    /// origin. Use `route_service`: `nest_service` cuts the path, and the
    /// signature covers it.
    pub fn service(&self, on_put: OnPut) -> Cors<Uploads> {
        let cors = CorsLayer::new()
            .allow_origin(Any)
            .allow_methods([Method::GET, Method::PUT, Method::HEAD])
            .allow_headers(Any)
            .expose_headers([ETAG]);
        cors.layer(Uploads { service: self.service.clone(), client: self.client(INTERNAL_ENDPOINT), on_put })
    }
}

/// The browser's door to the objects: presigned requests only.
#[derive(Clone)]
pub struct Uploads {
    service: S3Service,
    client: aws_sdk_s3::Client,
    on_put: OnPut,
}

impl Uploads {
    async fn answer(self, request: Request<Body>) -> Response<Body> {
        let written = written_object(&request);
        let response = match self.service.call(request.map(s3s::Body::http_body_unsync)).await {
            Ok(response) => response.map(Body::new),
            Err(error) => return internal_error("answering an S3 request", &error),
        };
        let Some((bucket, key)) = written.filter(|_| response.status().is_success()) else {
            return response;
        };
        match self.announce(bucket, key).await {
            Ok(()) => response,
            Err(error) => internal_error("announcing an upload", &error),
        }
    }

    async fn announce(&self, bucket: String, key: String) -> anyhow::Result<()> {
        let head = self.client.head_object().bucket(&bucket).key(&key);
        let object = head.send().await.context("reading the size of an upload")?;
        let size = object.content_length().unwrap_or_default();
        (self.on_put)(PutEvent { bucket, key, size: u64::try_from(size)? }).await
    }
}

impl Service<Request<Body>> for Uploads {
    type Response = Response<Body>;
    type Error = std::convert::Infallible;
    type Future = BoxFuture<'static, Result<Self::Response, Self::Error>>;

    fn poll_ready(&mut self, _: &mut TaskContext<'_>) -> Poll<Result<(), Self::Error>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<Body>) -> Self::Future {
        let uploads = self.clone();
        Box::pin(async move { Ok(uploads.answer(request).await) })
    }
}

struct Connector(EmbeddedS3);

impl std::fmt::Debug for Connector {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("EmbeddedS3")
    }
}

impl HttpConnector for Connector {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let EmbeddedS3 { service, calls, .. } = self.0.clone();
        match calls {
            Calls::WithinTask => HttpConnectorFuture::new(async move { call_in_process(&service, request).await }),
            Calls::StandingStill => HttpConnectorFuture::ready(call_apart(&service, request)),
        }
    }
}

/// The whole answer, body included, while this thread waits.
fn call_apart(service: &S3Service, request: HttpRequest) -> Result<HttpResponse, ConnectorError> {
    let whole = async {
        let mut response = call_in_process(service, request).await?;
        let body = std::mem::replace(response.body_mut(), SdkBody::taken());
        let bytes = body.collect().await.map_err(failed)?.to_bytes();
        *response.body_mut() = SdkBody::from(bytes);
        Ok(response)
    };
    let run = || {
        let runtime = tokio::runtime::Builder::new_current_thread().build();
        runtime.map_err(|error| failed(error.into()))?.block_on(whole)
    };
    let done = std::thread::scope(|scope| scope.spawn(run).join());
    done.unwrap_or_else(|_| Err(failed("a call to the embedded S3 panicked".into())))
}

async fn call_in_process(service: &S3Service, request: HttpRequest) -> Result<HttpResponse, ConnectorError> {
    let mut request =
        request.try_into_http1x().map_err(|error| failed(error.into()))?.map(s3s::Body::http_body_unsync::<SdkBody>);
    // A socket's client would add the header the signature covers.
    if !request.headers().contains_key(HOST)
        && let Some(host) = request.uri().authority().map(ToString::to_string)
    {
        let host = HeaderValue::from_str(&host).map_err(|error| failed(error.into()))?;
        request.headers_mut().insert(HOST, host);
    }
    let head = request.method() == Method::HEAD;
    let response = service.call(request).await.map_err(|error| failed(error.into()))?.map(|body| match head {
        // A socket's server sends none; the SDK reads "not found" from that.
        true => SdkBody::empty(),
        false => SdkBody::from_body_1_x(body),
    });
    HttpResponse::try_from(response).map_err(|error| failed(error.into()))
}

/// The object a request writes when it succeeds; parts, tags and the like are none.
fn written_object(request: &Request<Body>) -> Option<(String, String)> {
    const NO_OBJECT: [&str; 4] = ["partNumber", "uploadId", "tagging", "acl"];
    let names_part = |pair: &str| NO_OBJECT.contains(&pair.split('=').next().unwrap_or(pair));
    if request.method() != Method::PUT || request.uri().query().is_some_and(|q| q.split('&').any(names_part)) {
        return None;
    }
    let path = percent_decoded(request.uri().path())?;
    let (bucket, key) = path.strip_prefix('/')?.split_once('/')?;
    (!key.is_empty()).then(|| (bucket.to_owned(), key.to_owned()))
}

fn percent_decoded(path: &str) -> Option<String> {
    let mut decoded = Vec::with_capacity(path.len());
    let mut rest = path.as_bytes();
    while let Some((&byte, tail)) = rest.split_first() {
        if byte == b'%' {
            let (digits, tail) = tail.split_at_checked(2)?;
            decoded.extend(hex::decode(digits).ok()?);
            rest = tail;
        } else {
            decoded.push(byte);
            rest = tail;
        }
    }
    String::from_utf8(decoded).ok()
}

fn internal_error(doing: &str, error: &dyn std::fmt::Debug) -> Response<Body> {
    tracing::error!(?error, "failed {doing}");
    let mut response = Response::new(Body::from("internal error"));
    *response.status_mut() = StatusCode::INTERNAL_SERVER_ERROR;
    response
}

#[cfg(test)]
#[path = "s3_tests.rs"]
mod tests;
