//! `ETag` and 304: who asks again for what did not change is told so in a few bytes. `If-Match`: who does something to
//! what did change since he saw it is told that.
//!
//! Only for what is asked for all the time. Answers about people, and links to files of them, are never kept by a
//! browser.

use anyhow::Context;
use axum::body::Body;
use axum::extract::{MatchedPath, Request};
use axum::middleware::Next;
use axum::response::Response;
use http::header::{CACHE_CONTROL, CONTENT_LENGTH, CONTENT_TYPE, ETAG, IF_MATCH, IF_NONE_MATCH};
use http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode};
use http_body_util::BodyExt;
use serde::Serialize;
use sha2::{Digest, Sha256};

use super::problem::{ApiError, Kind, Refusal};

/// Kept by the asking browser only, which asks each time whether it still holds.
pub(super) const KEPT: HeaderValue = HeaderValue::from_static("private, no-cache");

/// How far a file of a campaign's people is. Its answer ends in a link to them: it has a tag for whoever asks again and
/// again, and no browser keeps it.
const EXPORT: &str = "/v3/campaigns/{id}/exports/{export}";

/// The routes whose answers carry a tag.
const TOLD: [&str; 7] = [
    "/v3/campaigns",
    "/v3/campaigns/{id}",
    "/v3/campaigns/{id}/report",
    EXPORT,
    "/v3/audiences/{id}",
    "/v3/settings",
    "/v3/rate-card",
];

/// Those of them whose changes answer what a GET would then, and carry its tag.
const CHANGES_TOLD: [&str; 3] = ["/v3/campaigns/{id}", "/v3/settings", "/v3/rate-card"];

/// Whether answers of this route carry a tag.
pub(super) fn is_told(path: &str) -> bool {
    TOLD.contains(&path)
}

/// Adds the tag of an answer to a GET, or answers 304 when the asker has it already; to a change, where it answers as a
/// GET would.
pub(super) async fn tell(request: Request, next: Next) -> Response {
    // A HEAD is answered as a GET: the router takes the body off behind this.
    let is_get = [Method::GET, Method::HEAD].contains(request.method());
    let known = tags(request.headers(), IF_NONE_MATCH);
    let path = request.extensions().get::<MatchedPath>().cloned();
    let may_be_kept = path.as_ref().is_none_or(|path| path.as_str() != EXPORT);
    let is_told = is_get || path.as_ref().is_some_and(|path| CHANGES_TOLD.contains(&path.as_str()));
    let response = next.run(request).await;
    if !is_told || response.status() != StatusCode::OK {
        return response;
    }
    let (mut parts, body) = response.into_parts();
    let bytes = match body.collect().await {
        Ok(collected) => collected.to_bytes(),
        Err(error) => {
            tracing::error!(%error, "an answer broke off");
            let mut broken = Response::new(Body::empty());
            *broken.status_mut() = StatusCode::INTERNAL_SERVER_ERROR;
            return broken;
        }
    };
    let tag = tag_of(&bytes);
    if let Ok(value) = HeaderValue::from_str(&tag) {
        parts.headers.insert(ETAG, value);
    }
    if !is_get {
        return Response::from_parts(parts, Body::from(bytes));
    }
    if may_be_kept {
        parts.headers.insert(CACHE_CONTROL, KEPT);
    }
    if known.iter().any(|known| *known == tag || known == "*") {
        parts.status = StatusCode::NOT_MODIFIED;
        parts.headers.remove(CONTENT_TYPE);
        parts.headers.remove(CONTENT_LENGTH);
        return Response::from_parts(parts, Body::empty());
    }
    Response::from_parts(parts, Body::from(bytes))
}

/// Whether a request is for what a GET answers with `shown` now: its `If-Match` names the tag of that, or is absent.
pub(super) fn is_as_seen(headers: &HeaderMap, shown: &impl Serialize) -> anyhow::Result<bool> {
    if !headers.contains_key(IF_MATCH) {
        return Ok(true);
    }
    let tag = tag_of(&serde_json::to_vec(shown).context("an answer does not fit into JSON")?);
    Ok(tags(headers, IF_MATCH).iter().any(|seen| *seen == tag || seen == "*"))
}

/// Refuses a change of what somebody else has changed since its asker saw it; `shown` is what a GET answers with now.
pub(super) fn check(headers: &HeaderMap, shown: &impl Serialize) -> Result<(), ApiError> {
    if is_as_seen(headers, shown)? {
        return Ok(());
    }
    let how = "somebody has changed it since you looked at it: look at it again, then change it";
    Err(Refusal::new(Kind::PreconditionFailed, how).into())
}

/// The tag of an answer with these bytes.
fn tag_of(bytes: &[u8]) -> String {
    format!("\"{}\"", hex::encode(&Sha256::digest(bytes)[..12]))
}

/// The tags that the asker has, by this header; a weak one is as good (RFC 9110, 13.1.2), also where the strong one is
/// meant: what packs an answer on its way weakens its tag.
fn tags(headers: &HeaderMap, name: HeaderName) -> Vec<String> {
    let values = headers.get_all(name).iter().filter_map(|value| value.to_str().ok());
    let tags = values.flat_map(|value| value.split(','));
    tags.map(|tag| tag.trim().trim_start_matches("W/").to_owned()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_change_is_told_only_where_its_answer_is_that_of_a_get() {
        assert!(CHANGES_TOLD.iter().all(|path| is_told(path)));
        let mut headers = HeaderMap::new();
        assert!(check(&headers, &"new").is_ok());
        headers.append(IF_MATCH, HeaderValue::from_str(&tag_of(b"\"new\"")).unwrap());
        assert!(check(&headers, &"new").is_ok() && check(&headers, &"newer").is_err());
    }

    #[tokio::test]
    async fn who_asks_for_the_head_alone_is_told_the_tag_too() {
        use axum::Router;
        use axum::middleware::from_fn;
        use axum::routing::get;
        use tower::ServiceExt;

        let asked = |method: &str, known: &str| {
            let router = Router::new().route("/", get(|| async { "new" })).layer(from_fn(tell));
            let request = Request::builder().method(method).header(IF_NONE_MATCH, known).body(Body::empty()).unwrap();
            async move { router.oneshot(request).await.unwrap() }
        };
        let (whole, head) = (asked("GET", "\"\"").await, asked("HEAD", "\"\"").await);
        assert_eq!((head.status(), head.headers().get(ETAG)), (StatusCode::OK, whole.headers().get(ETAG)));
        assert!(head.headers().contains_key(ETAG));
        let tag = tag_of(b"new");
        assert_eq!(asked("HEAD", &tag).await.status(), StatusCode::NOT_MODIFIED);
    }

    #[test]
    fn tags_are_read_out_of_lists_weak_or_strong() {
        let mut headers = HeaderMap::new();
        headers.append(IF_NONE_MATCH, HeaderValue::from_static("W/\"a\", \"b\""));
        headers.append(IF_NONE_MATCH, HeaderValue::from_static("\"c\""));
        assert_eq!(tags(&headers, IF_NONE_MATCH), ["\"a\"", "\"b\"", "\"c\""]);
        assert!(tags(&HeaderMap::new(), IF_NONE_MATCH).is_empty());
    }
}
