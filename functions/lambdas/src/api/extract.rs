//! Requests parsed at the edge: JSON bodies, query parameters and pages, each refusal as a problem.

use std::error::Error;

use axum::body::Bytes;
use axum::extract::rejection::{BytesRejection, JsonRejection};
use axum::extract::{FromRequest, FromRequestParts, Json, Query, Request};
use http::header::CONTENT_ENCODING;
use http::request::Parts;
use http::{HeaderMap, StatusCode};
use serde::de::DeserializeOwned;

use super::MAX_BODY_BYTES;
use super::misfit::of_a_field;
use super::problem::{ApiError, Kind, Refusal};

/// How deep lists and objects of a body may lie in one another: a campaign's go ten deep, a flow's data a few more.
const DEEPEST: usize = 64;

/// The byte order mark that some programs write before JSON in UTF-8: no part of it (RFC 8259, section 8.1).
const MARK: &[u8] = b"\xef\xbb\xbf";

/// A JSON body. Unknown fields are ignored; what is packed, too large or too deep is refused, what has the wrong type
/// with its field, and what cannot be read with its place.
pub struct Body<T>(pub T);

impl<S: Send + Sync, T: DeserializeOwned> FromRequest<S> for Body<T> {
    type Rejection = ApiError;

    async fn from_request(request: Request, state: &S) -> Result<Self, ApiError> {
        let (parts, body) = request.into_parts();
        let whole = Request::from_parts(parts.clone(), body);
        let bytes = read(whole, state).await?;
        let request = Request::from_parts(parts, axum::body::Body::from(bytes));
        let Json(body) = Json::from_request(request, state).await.map_err(|rejection| unreadable(&rejection))?;
        Ok(Body(body))
    }
}

/// A JSON body that may be left out or null, which is the default. It is read whatever it is announced as; what else a
/// [`Body`] refuses is refused here too.
pub struct BodyIfAny<T>(pub T);

impl<S: Send + Sync, T: DeserializeOwned + Default> FromRequest<S> for BodyIfAny<T> {
    type Rejection = ApiError;

    async fn from_request(request: Request, state: &S) -> Result<Self, ApiError> {
        let bytes = read(request, state).await?;
        if bytes.trim_ascii().is_empty() {
            return Ok(BodyIfAny(T::default()));
        }
        let Json(body) = Json::<Option<T>>::from_bytes(&bytes).map_err(|rejection| unreadable(&rejection))?;
        Ok(BodyIfAny(body.unwrap_or_default()))
    }
}

/// The bytes of a body without a byte order mark, if they are neither packed nor too large nor too deep.
async fn read<S: Send + Sync>(request: Request, state: &S) -> Result<Bytes, Refusal> {
    check_unpacked(request.headers())?;
    let bytes = Bytes::from_request(request, state).await.map_err(|rejection| unread(&rejection))?;
    let bytes = if bytes.starts_with(MARK) { bytes.slice(MARK.len()..) } else { bytes };
    check_depth(&bytes)?;
    Ok(bytes)
}

fn check_depth(json: &[u8]) -> Result<(), Refusal> {
    if depth(json) <= DEEPEST {
        return Ok(());
    }
    let how = format!("lists and objects lie more than {DEEPEST} deep in one another");
    Err(Refusal::new(Kind::Malformed, how))
}

/// How deep lists and objects lie in one another; of what is no JSON, what could be taken for it.
fn depth(json: &[u8]) -> usize {
    let (mut depth, mut deepest) = (0_usize, 0_usize);
    let (mut in_text, mut is_escaped) = (false, false);
    for byte in json {
        match byte {
            _ if is_escaped => is_escaped = false,
            b'\\' if in_text => is_escaped = true,
            b'"' => in_text = !in_text,
            b'[' | b'{' if !in_text => {
                depth += 1;
                deepest = deepest.max(depth);
            }
            b']' | b'}' if !in_text => depth = depth.saturating_sub(1),
            _ => {}
        }
    }
    deepest
}

fn unread(rejection: &BytesRejection) -> Refusal {
    match rejection.status() {
        StatusCode::PAYLOAD_TOO_LARGE => {
            Refusal::new(Kind::TooLarge, format!("the body has more than {MAX_BODY_BYTES} bytes"))
        }
        _ => Refusal::new(Kind::Malformed, "the body broke off"),
    }
}

/// Nothing unpacks a body here, and packed bytes would only be told to be no JSON.
fn check_unpacked(headers: &HeaderMap) -> Result<(), Refusal> {
    let is_as_it_is = |encoding: &[u8]| encoding.is_empty() || encoding.eq_ignore_ascii_case(b"identity");
    if headers.get_all(CONTENT_ENCODING).iter().all(|encoding| is_as_it_is(encoding.as_bytes().trim_ascii())) {
        return Ok(());
    }
    let how = "a body with a Content-Encoding is not read: send it as it is";
    Err(Refusal::new(Kind::UnsupportedMediaType, how))
}

/// A body of the wrong type (a text where a number belongs) is malformed too: 400, whatever axum calls it.
fn unreadable(rejection: &JsonRejection) -> Refusal {
    match rejection {
        JsonRejection::JsonDataError(misfit) => wrong(misfit, rejection.body_text()),
        other => Refusal::new(Kind::of_status(other.status()), other.body_text()),
    }
}

/// What does not fit, by the field that does not; in axum's words where it names none.
fn wrong(misfit: &dyn Error, otherwise: String) -> Refusal {
    let field = misfit.source().and_then(|cause| of_a_field(&cause.to_string()));
    field.unwrap_or_else(|| Refusal::new(Kind::Malformed, otherwise))
}

/// Query parameters.
pub struct Params<T>(pub T);

impl<S: Send + Sync, T: DeserializeOwned> FromRequestParts<S> for Params<T> {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, ApiError> {
        match Query::from_request_parts(parts, state).await {
            Ok(Query(params)) => Ok(Params(params)),
            Err(rejection) => Err(wrong(&rejection, rejection.body_text()).into()),
        }
    }
}

/// The number of items that a page may hold: what was asked for, within `1..=most`, or `default`.
pub fn page_limit(asked: Option<u32>, default: u32, most: u32) -> Result<u32, Refusal> {
    match asked {
        None => Ok(default),
        Some(limit) if (1..=most).contains(&limit) => Ok(limit),
        Some(_) => Err(Refusal::field("limit", format!("must be 1 to {most}"))),
    }
}

#[cfg(test)]
mod tests {
    use axum::response::IntoResponse;
    use wire::{CreateUpload, Problem, RecountFrom, StartCampaign};

    use super::*;

    async fn refused(content_type: &str, body: &'static str) -> Problem {
        let request = Request::post("/").header("content-type", content_type).body(body.into()).unwrap();
        let refused = Body::<CreateUpload>::from_request(request, &()).await.err().unwrap();
        refused.into_response().extensions().get::<Problem>().unwrap().clone()
    }

    #[tokio::test]
    async fn broken_json_is_refused_with_its_place() {
        let problem = refused("application/json", "{\"fileName\": \n oops}").await;
        assert_eq!(problem.status, StatusCode::BAD_REQUEST.as_u16());
        assert!(problem.detail.contains("line 2 column 2"), "{}", problem.detail);
    }

    #[tokio::test]
    async fn a_wrong_type_is_refused_with_its_field() {
        let problem = refused("application/json", r#"{"fileName": "a.csv", "sizeBytes": "big"}"#).await;
        assert_eq!(problem.status, StatusCode::BAD_REQUEST.as_u16());
        assert_eq!(problem.detail, "sizeBytes: must be a whole number, not \"big\"");
        assert_eq!(problem.errors.iter().map(|error| error.field.as_str()).collect::<Vec<_>>(), ["sizeBytes"]);
    }

    #[tokio::test]
    async fn a_packed_body_is_refused_as_such() {
        let posted = |encoding: &'static str| -> Request {
            let request = Request::post("/").header("content-type", "application/json; charset=utf-8");
            request.header("content-encoding", encoding).body("{}".into()).unwrap()
        };
        let refused = Body::<serde_json::Value>::from_request(posted("gzip"), &()).await.err().unwrap();
        assert_eq!(refused.into_response().status(), StatusCode::UNSUPPORTED_MEDIA_TYPE);
        assert!(Body::<serde_json::Value>::from_request(posted("identity"), &()).await.is_ok());
    }

    #[tokio::test]
    async fn a_byte_order_mark_before_json_is_no_part_of_it() {
        let posted = |body: &'static str| -> Request {
            Request::post("/").header("content-type", "application/json").body(body.into()).unwrap()
        };
        let Body(read) = Body::<serde_json::Value>::from_request(posted("\u{feff}{\"a\": 1}"), &()).await.ok().unwrap();
        assert_eq!(read["a"], 1);
        let BodyIfAny(read) = BodyIfAny::<RecountFrom>::from_request(posted("\u{feff}"), &()).await.ok().unwrap();
        assert_eq!(read, RecountFrom::default());
        for twice in ["\u{feff}\u{feff}{}", "{}\u{feff}"] {
            assert!(Body::<serde_json::Value>::from_request(posted(twice), &()).await.is_err(), "{twice:?}");
        }
    }

    #[tokio::test]
    async fn a_body_that_may_be_left_out_is_checked_where_it_is_there() {
        let posted = |encoding: &'static str, body: &'static str| -> Request {
            Request::post("/").header("content-encoding", encoding).body(body.into()).unwrap()
        };
        for nothing in ["", " \n", "null", "{}"] {
            let request = posted("", nothing);
            let BodyIfAny(read) = BodyIfAny::<StartCampaign>::from_request(request, &()).await.ok().unwrap();
            assert_eq!(read, StartCampaign::default(), "{nothing:?}");
        }
        let priced = posted("identity", r#"{"confirmedPrice": "2.50"}"#);
        let BodyIfAny(read) = BodyIfAny::<StartCampaign>::from_request(priced, &()).await.ok().unwrap();
        assert_eq!(read.confirmed_price.as_deref(), Some("2.50"));
        for (encoding, body, status, told) in [
            ("", r#"{"confirmedPrice": 2.5}"#, 400, "confirmedPrice: must be a text, not 2.5"),
            ("gzip", "{}", 415, "a body with a Content-Encoding is not read: send it as it is"),
        ] {
            let refused = BodyIfAny::<StartCampaign>::from_request(posted(encoding, body), &()).await.err().unwrap();
            let problem = refused.into_response().extensions().get::<Problem>().unwrap().clone();
            assert_eq!((problem.status, problem.detail.as_str()), (status, told));
        }
        let broken = BodyIfAny::<StartCampaign>::from_request(posted("", "{"), &()).await.err().unwrap();
        assert_eq!(broken.into_response().status(), StatusCode::BAD_REQUEST);
    }

    #[tokio::test]
    async fn only_json_is_read() {
        assert_eq!(refused("text/plain", "{}").await.kind, "unsupportedMediaType");
    }

    #[test]
    fn depth_is_counted_where_lists_and_objects_are_and_not_in_texts() {
        assert_eq!(depth(br#"{"a": [1, {"b": []}], "c": [[]]}"#), 4);
        assert_eq!(depth(br#"{"a": "[[[[\"[[[[\\"}"#), 1, "brackets in a text");
        assert_eq!(depth(b"]]]]"), 0);
        assert_eq!(depth(&[b'['; 100_000]), 100_000);
        assert!(check_depth(&[b'['; DEEPEST]).is_ok() && check_depth(&[b'['; DEEPEST + 1]).is_err());
    }

    #[test]
    fn a_page_has_bounds() {
        assert_eq!(page_limit(None, 20, 100), Ok(20));
        assert_eq!(page_limit(Some(100), 20, 100), Ok(100));
        assert!(page_limit(Some(0), 20, 100).is_err());
        assert!(page_limit(Some(101), 20, 100).is_err());
    }
}
