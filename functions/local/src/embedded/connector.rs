//! The seam between an SDK client and an embedded service: the SDK's own HTTP
//! connector, answered in this process, without a socket.

use aws_smithy_runtime_api::client::http::{HttpConnector, SharedHttpClient, SharedHttpConnector, http_client_fn};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_runtime_api::client::result::ConnectorError;
use aws_smithy_runtime_api::http::{Headers, StatusCode};
use aws_smithy_types::body::SdkBody;

const CONTENT_TYPE: &str = "application/x-amz-json-1.0";

/// An HTTP client for the SDK that hands every request to `connector`.
pub(super) fn client_over(connector: impl HttpConnector + 'static) -> SharedHttpClient {
    let shared = SharedHttpConnector::new(connector);
    http_client_fn(move |_settings, _components| shared.clone())
}

/// The operation a request names in `x-amz-target`, without the service's prefix.
pub(super) fn operation_of(request: &HttpRequest) -> &str {
    let target = request.headers().get("x-amz-target").unwrap_or_default();
    target.rsplit('.').next().unwrap_or_default()
}

/// The body of a request of the JSON protocols, which the SDK always holds in memory.
pub(super) fn body_of(request: &HttpRequest) -> &[u8] {
    request.body().bytes().unwrap_or_default()
}

/// A response of the awsJson protocols.
pub(super) fn json_response(status: u16, body: Vec<u8>) -> Result<HttpResponse, ConnectorError> {
    let status = StatusCode::try_from(status).map_err(|error| failed(error.into()))?;
    let mut response = HttpResponse::new(status, SdkBody::from(body));
    let headers: &mut Headers = response.headers_mut();
    headers.insert("content-type", CONTENT_TYPE);
    Ok(response)
}

/// A fault of the embedded service itself, which the SDK does not retry.
pub(super) fn failed(error: Box<dyn std::error::Error + Send + Sync>) -> ConnectorError {
    ConnectorError::other(error, None)
}
