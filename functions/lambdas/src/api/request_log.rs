//! Around every request: its id, its line in the log, and the body of its problem if it ends in one.

use std::sync::Arc;

use axum::body::Body;
use axum::extract::{MatchedPath, Request, State};
use axum::middleware::Next;
use axum::response::Response;
use http::HeaderValue;
use http::header::{CACHE_CONTROL, CONTENT_LENGTH, CONTENT_TYPE, HeaderName, X_CONTENT_TYPE_OPTIONS};
use tracing::Instrument;
use wire::Problem;

use super::problem::Kind;
use crate::App;
use crate::app::random;

/// Names the request, in the answer and in the log.
pub const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// The route in the log of a request that found none.
const NO_ROUTE: &str = "none";

/// Marks an answer that a person reads and no program: it stays as it is.
#[derive(Debug, Clone, Copy)]
pub(super) struct ForPeople;

/// Runs the request inside a span with its id, logs one line, completes the answer.
pub async fn follow(State(app): State<Arc<App>>, request: Request, next: Next) -> Response {
    let began = app.clock.now_micros();
    let request_id = new_id();
    let method = request.method().clone();
    let route = request.extensions().get::<MatchedPath>().map_or(NO_ROUTE, MatchedPath::as_str).to_owned();
    let span = tracing::info_span!("request", request_id, %method, route);
    let response = next.run(request).instrument(span.clone()).await;
    let ms = (app.clock.now_micros() - began) / 1_000;
    let status = response.status().as_u16();
    span.in_scope(|| tracing::info!(status, ms, "answered"));
    complete(response, &request_id)
}

fn new_id() -> String {
    random::<8>().map(hex::encode).unwrap_or_else(|error| {
        tracing::error!(error = format!("{error:#}"), "a request goes without an id");
        "none".to_owned()
    })
}

/// Adds the id, and the problem as the body of an answer that says no.
fn complete(mut response: Response, request_id: &str) -> Response {
    if let Some(mut problem) = problem_of(&mut response) {
        problem.request_id = Some(request_id.to_owned());
        match serde_json::to_vec(&problem) {
            Ok(body) => *response.body_mut() = Body::from(body),
            Err(error) => tracing::error!(%error, "a problem does not fit into JSON"),
        }
        response.headers_mut().remove(CONTENT_LENGTH);
        response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
    }
    if let Ok(id) = HeaderValue::from_str(request_id) {
        response.headers_mut().insert(REQUEST_ID, id);
    }
    response.headers_mut().entry(CACHE_CONTROL).or_insert(HeaderValue::from_static("no-store"));
    // What people typed stands in answers too: no browser is to guess that one is a page.
    response.headers_mut().insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    response
}

/// The problem that the answer carries; one by its status when it was made outside our handlers.
fn problem_of(response: &mut Response) -> Option<Problem> {
    let status = response.status();
    if response.extensions_mut().remove::<ForPeople>().is_some() {
        return None;
    }
    if let Some(problem) = response.extensions_mut().remove::<Problem>() {
        return Some(problem);
    }
    let failed = status.is_client_error() || status.is_server_error();
    failed.then(|| {
        let reason = status.canonical_reason().unwrap_or("refused").to_lowercase();
        Problem { status: status.as_u16(), ..Kind::of_status(status).problem(reason, Vec::new()) }
    })
}

#[cfg(test)]
mod tests {
    use axum::response::IntoResponse;
    use http::StatusCode;
    use http_body_util::BodyExt;

    use super::super::problem::Refusal;
    use super::*;

    async fn body(response: Response) -> Problem {
        let bytes = response.into_body().collect().await.unwrap().to_bytes();
        serde_json::from_slice(&bytes).unwrap()
    }

    #[tokio::test]
    async fn a_problem_is_written_with_the_request_id() {
        let response = complete(Refusal::not_found("campaign").into_response(), "a1");
        assert_eq!(response.headers()[REQUEST_ID], "a1");
        assert_eq!(response.headers()[X_CONTENT_TYPE_OPTIONS], "nosniff");
        assert_eq!(response.headers()[CONTENT_TYPE], "application/problem+json");
        let problem = body(response).await;
        assert_eq!((problem.kind.as_str(), problem.request_id.as_deref()), ("notFound", Some("a1")));
    }

    #[tokio::test]
    async fn what_a_person_reads_stays_as_it_is() {
        let mut response = (StatusCode::NOT_FOUND, "This link is not valid any more.").into_response();
        response.extensions_mut().insert(ForPeople);
        let response = complete(response, "a1");
        assert_eq!((response.headers()[REQUEST_ID].as_bytes(), response.status()), (&b"a1"[..], StatusCode::NOT_FOUND));
        let bytes = response.into_body().collect().await.unwrap().to_bytes();
        assert_eq!(&bytes[..], b"This link is not valid any more.");
    }

    #[tokio::test]
    async fn a_bare_status_becomes_a_problem_too() {
        let problem = body(complete(StatusCode::METHOD_NOT_ALLOWED.into_response(), "a1")).await;
        assert_eq!((problem.kind.as_str(), problem.status), ("methodNotAllowed", 405));
    }
}
