//! Requests parsed at the edge: JSON bodies, query parameters and pages, each refusal as a problem.

use axum::extract::rejection::JsonRejection;
use axum::extract::{FromRequest, FromRequestParts, Json, Query, Request};
use http::request::Parts;
use serde::de::DeserializeOwned;

use super::problem::{ApiError, Kind, Refusal};

/// A JSON body. Unknown fields are ignored; what cannot be read is refused with its place.
pub struct Body<T>(pub T);

impl<S: Send + Sync, T: DeserializeOwned> FromRequest<S> for Body<T> {
    type Rejection = ApiError;

    async fn from_request(request: Request, state: &S) -> Result<Self, ApiError> {
        let Json(body) = Json::from_request(request, state).await.map_err(|rejection| unreadable(&rejection))?;
        Ok(Body(body))
    }
}

fn unreadable(rejection: &JsonRejection) -> Refusal {
    Refusal::new(Kind::of_status(readable_status(rejection)), rejection.body_text())
}

/// A body of the wrong type (a text where a number belongs) is malformed too: 400, whatever axum calls it.
fn readable_status(rejection: &JsonRejection) -> http::StatusCode {
    match rejection {
        JsonRejection::JsonDataError(_) | JsonRejection::JsonSyntaxError(_) => http::StatusCode::BAD_REQUEST,
        other => other.status(),
    }
}

/// Query parameters.
pub struct Params<T>(pub T);

impl<S: Send + Sync, T: DeserializeOwned> FromRequestParts<S> for Params<T> {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, ApiError> {
        match Query::from_request_parts(parts, state).await {
            Ok(Query(params)) => Ok(Params(params)),
            Err(rejection) => Err(Refusal::new(Kind::Malformed, rejection.body_text()).into()),
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
    use http::StatusCode;
    use wire::{CreateUpload, Problem};

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
        assert!(problem.detail.contains("sizeBytes"), "{}", problem.detail);
    }

    #[tokio::test]
    async fn only_json_is_read() {
        assert_eq!(refused("text/plain", "{}").await.kind, "unsupportedMediaType");
    }

    #[test]
    fn a_page_has_bounds() {
        assert_eq!(page_limit(None, 20, 100), Ok(20));
        assert_eq!(page_limit(Some(100), 20, 100), Ok(100));
        assert!(page_limit(Some(0), 20, 100).is_err());
        assert!(page_limit(Some(101), 20, 100).is_err());
    }
}
