//! JSON over HTTP with the server that gave us the page.

use std::hash::{DefaultHasher, Hash, Hasher};

use gloo_net::http::{Request, RequestBuilder, Response};
use gloo_timers::callback::Timeout;
use serde::Serialize;
use serde::de::DeserializeOwned;
use web_sys::AbortController;
use wire::Problem;

/// A request that takes longer has failed: the API answers in milliseconds, a cold start in a second or two.
const LONGEST_REQUEST_MS: u32 = 30_000;

/// Tells the server that a request of a cookie session comes from this page; other origins cannot set it.
pub const FROM_US: (&str, &str) = ("X-Requested-With", "campanile");

/// Why there is no answer.
#[derive(Debug, Clone, PartialEq)]
pub enum ApiError {
    /// The API refused, and said why.
    Refused(Problem),
    /// The server could not be reached, or did not answer in time.
    Unreachable,
    /// The answer was not the API's.
    Unreadable {
        /// Its HTTP status.
        status: u16,
    },
}

impl ApiError {
    /// What the API said, where it refused.
    pub fn problem(&self) -> Option<&Problem> {
        match self {
            ApiError::Refused(problem) => Some(problem),
            ApiError::Unreachable | ApiError::Unreadable { .. } => None,
        }
    }

    /// What cannot be done in the present state, in the API's words; nothing for other errors.
    pub fn conflict(&self) -> Option<String> {
        let problem = self.problem().filter(|problem| problem.status == 409 && problem.errors.is_empty());
        problem.map(|problem| problem.detail.clone())
    }

    /// Whether somebody else has changed meanwhile what was to be changed as it was seen.
    pub fn is_changed_meanwhile(&self) -> bool {
        self.status() == Some(412)
    }

    /// The HTTP status of the answer, where there was one.
    pub fn status(&self) -> Option<u16> {
        match self {
            ApiError::Refused(problem) => Some(problem.status),
            ApiError::Unreachable => None,
            ApiError::Unreadable { status } => Some(*status),
        }
    }
}

/// Where a session is renewed; what lies below it is never tried again.
const SESSION: &str = "/v3/session/refresh";

/// `GET path`.
pub async fn get<T: DeserializeOwned>(path: &str) -> Result<T, ApiError> {
    answer(|| Request::get(path), None::<&()>).await
}

/// `GET path`, and the `ETag` of the answer; that is empty where it has none.
pub async fn get_with_tag<T: DeserializeOwned>(path: &str) -> Result<(T, String), ApiError> {
    answer_with_tag(|| Request::get(path), None::<&()>).await
}

/// `POST path` with a JSON body.
pub async fn post<B: Serialize, T: DeserializeOwned>(path: &str, body: &B) -> Result<T, ApiError> {
    answer(|| ours(Request::post(path)), Some(body)).await
}

/// `PUT path` with a JSON body.
pub async fn put<B: Serialize, T: DeserializeOwned>(path: &str, body: &B) -> Result<T, ApiError> {
    answer(|| ours(Request::put(path)), Some(body)).await
}

/// `PATCH path` with a JSON body.
pub async fn patch<B: Serialize, T: DeserializeOwned>(path: &str, body: &B) -> Result<T, ApiError> {
    answer(|| ours(Request::patch(path)), Some(body)).await
}

/// `POST path` with a JSON body that must not take effect twice: the key is made of the body, so that asking again after
/// a lost answer is the same request.
pub async fn post_once<B: Serialize, T: DeserializeOwned>(path: &str, body: &B) -> Result<T, ApiError> {
    let key = key_of(body).ok_or(ApiError::Unreachable)?;
    answer(|| ours(Request::post(path)).header("Idempotency-Key", &key), Some(body)).await
}

fn key_of<B: Serialize>(body: &B) -> Option<String> {
    let mut hasher = DefaultHasher::new();
    serde_json::to_string(body).ok()?.hash(&mut hasher);
    Some(format!("dashboard-{:016x}", hasher.finish()))
}

/// `POST path` without a body, for its answer.
pub async fn ask<T: DeserializeOwned>(path: &str) -> Result<T, ApiError> {
    answer(|| ours(Request::post(path)), None::<&()>).await
}

/// The same of what had this `ETag` when it was seen: refused where it has changed since.
pub async fn ask_as_seen<T: DeserializeOwned>(path: &str, tag: &str) -> Result<T, ApiError> {
    answer(|| ours(Request::post(path)).header("If-Match", tag), None::<&()>).await
}

/// `PUT path` with a JSON body, over what had this `ETag` when it was seen: refused where it has changed since. The
/// answer comes with its own tag.
pub async fn put_as_seen<B: Serialize, T: DeserializeOwned>(
    path: &str,
    tag: &str,
    body: &B,
) -> Result<(T, String), ApiError> {
    answer_with_tag(|| as_seen(ours(Request::put(path)), tag), Some(body)).await
}

/// `PATCH path` in the same way.
pub async fn patch_as_seen<B: Serialize, T: DeserializeOwned>(
    path: &str,
    tag: &str,
    body: &B,
) -> Result<(T, String), ApiError> {
    answer_with_tag(|| as_seen(ours(Request::patch(path)), tag), Some(body)).await
}

/// `DELETE path` of what had this `ETag` when it was seen: refused where it has changed since.
pub async fn delete_as_seen(path: &str, tag: &str) -> Result<(), ApiError> {
    done(|| as_seen(ours(Request::delete(path)), tag)).await
}

/// `DELETE path`.
pub async fn delete(path: &str) -> Result<(), ApiError> {
    done(|| ours(Request::delete(path))).await
}

/// Renews the session's cookies. Nobody to do it for is no fault: the next request says so.
pub async fn renew() -> bool {
    match send(ours(Request::post(SESSION)), None::<&()>).await {
        Ok((response, guard)) => {
            drop(guard);
            response.ok()
        }
        Err(_) => false,
    }
}

fn ours(request: RequestBuilder) -> RequestBuilder {
    request.header(FROM_US.0, FROM_US.1)
}

/// For what had this tag when it was seen; without one, for whatever stands.
fn as_seen(request: RequestBuilder, tag: &str) -> RequestBuilder {
    if tag.is_empty() { request } else { request.header("If-Match", tag) }
}

async fn answer<B: Serialize, T: DeserializeOwned>(
    request: impl Fn() -> RequestBuilder,
    body: Option<&B>,
) -> Result<T, ApiError> {
    let (response, guard) = send_signed_in(request, body).await?;
    let answer = read(&response).await;
    drop(guard);
    answer
}

async fn answer_with_tag<B: Serialize, T: DeserializeOwned>(
    request: impl Fn() -> RequestBuilder,
    body: Option<&B>,
) -> Result<(T, String), ApiError> {
    let (response, guard) = send_signed_in(request, body).await?;
    let tag = response.headers().get("ETag").unwrap_or_default();
    let answer = read(&response).await;
    drop(guard);
    Ok((answer?, tag))
}

async fn done(request: impl Fn() -> RequestBuilder) -> Result<(), ApiError> {
    let (response, guard) = send_signed_in(request, None::<&()>).await?;
    let answer = if response.ok() { Ok(()) } else { Err(refusal(&response).await) };
    drop(guard);
    answer
}

/// Sends the request, and once more with renewed cookies when the session's short part is over.
async fn send_signed_in<B: Serialize>(
    request: impl Fn() -> RequestBuilder,
    body: Option<&B>,
) -> Result<(Response, Timeout), ApiError> {
    let first = send(request(), body).await?;
    if first.0.status() != 401 || !renew().await {
        return Ok(first);
    }
    send(request(), body).await
}

/// Text as a part of a path or a query.
pub fn encoded(text: &str) -> String {
    js_sys::encode_uri_component(text).into()
}

/// The timeout holds until the body is read: it is dropped by the caller.
async fn send<B: Serialize>(request: RequestBuilder, body: Option<&B>) -> Result<(Response, Timeout), ApiError> {
    let controller = AbortController::new().map_err(|_| ApiError::Unreachable)?;
    let request = request.abort_signal(Some(&controller.signal()));
    let request = match body {
        Some(body) => request.json(body),
        None => request.build(),
    };
    let request = request.map_err(|_| ApiError::Unreachable)?;
    let timeout = Timeout::new(LONGEST_REQUEST_MS, move || controller.abort());
    let response = request.send().await.map_err(|_| ApiError::Unreachable)?;
    Ok((response, timeout))
}

async fn read<T: DeserializeOwned>(response: &Response) -> Result<T, ApiError> {
    if !response.ok() {
        return Err(refusal(response).await);
    }
    response.json().await.map_err(|_| ApiError::Unreadable { status: response.status() })
}

async fn refusal(response: &Response) -> ApiError {
    match response.json::<Problem>().await {
        Ok(problem) => ApiError::Refused(problem),
        Err(_) => ApiError::Unreadable { status: response.status() },
    }
}
