//! What a client is told when a request is not answered as it hoped: problem details (RFC 9457).
//!
//! Two kinds of error: what the caller can fix, told in full, and everything else, told as "internal error" and logged
//! with its causes. A problem travels as an extension of its response; `request_log` gives it the request's id and
//! writes it into the body.

use axum::response::{IntoResponse, Response};
use http::header::{RETRY_AFTER, WWW_AUTHENTICATE};
use http::{HeaderValue, StatusCode};
use wire::{FieldError, Problem};

/// Why a request is not answered.
#[derive(Debug)]
pub enum ApiError {
    /// The caller can fix it.
    Refused(Refusal),
    /// The caller cannot; the cause is for the log.
    Internal(anyhow::Error),
}

/// What the caller can fix.
#[derive(Debug, PartialEq, Eq)]
pub struct Refusal {
    kind: Kind,
    detail: String,
    errors: Vec<FieldError>,
    retry_after_seconds: Option<u32>,
}

/// The kinds of problem, each with its own status and sentence.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// The request cannot be read.
    Malformed,
    /// Nobody is signed in.
    Unauthorized,
    /// Signed in, but not like this.
    Forbidden,
    /// Not with the scopes of this token.
    ScopeMissing,
    /// No such thing in this workspace.
    NotFound,
    /// It was here and is kept no longer.
    Gone,
    /// The address exists, the method does not.
    MethodNotAllowed,
    /// Not in this state.
    Conflict,
    /// Not without the consent of its people.
    ConsentMissing,
    /// Not as it stands by now: it has changed since it was looked at.
    PreconditionFailed,
    /// Not without a second person's yes.
    ApprovalMissing,
    /// Not without somebody's yes to the price.
    PriceNotConfirmed,
    /// The body is larger than the API reads.
    TooLarge,
    /// The body is not JSON.
    UnsupportedMediaType,
    /// It was read, but fields are wrong.
    Invalid,
    /// Too often.
    TooManyRequests,
    /// Our fault.
    Internal,
    /// WhatsApp did not answer as it should.
    Upstream,
}

impl Kind {
    /// Its stable name, its status, and the sentence that all problems of this kind share.
    fn row(self) -> (&'static str, StatusCode, &'static str) {
        match self {
            Kind::Malformed => ("malformed", StatusCode::BAD_REQUEST, "The request cannot be read."),
            Kind::Unauthorized => ("unauthorized", StatusCode::UNAUTHORIZED, "Sign in first."),
            Kind::Forbidden => ("forbidden", StatusCode::FORBIDDEN, "The request is not allowed like this."),
            Kind::ScopeMissing => ("scopeMissing", StatusCode::FORBIDDEN, "The token is narrowed to something else."),
            Kind::NotFound => ("notFound", StatusCode::NOT_FOUND, "There is no such thing here."),
            Kind::Gone => ("gone", StatusCode::GONE, "This is not kept any more."),
            Kind::MethodNotAllowed => {
                ("methodNotAllowed", StatusCode::METHOD_NOT_ALLOWED, "This address does not know the method.")
            }
            Kind::Conflict => ("conflict", StatusCode::CONFLICT, "This cannot be done in the present state."),
            Kind::ConsentMissing => {
                ("consentMissing", StatusCode::CONFLICT, "Some people have not agreed to such messages.")
            }
            Kind::PreconditionFailed => {
                ("preconditionFailed", StatusCode::PRECONDITION_FAILED, "It has changed meanwhile.")
            }
            Kind::ApprovalMissing => {
                ("approvalMissing", StatusCode::CONFLICT, "A second person must approve it first.")
            }
            Kind::PriceNotConfirmed => {
                ("priceNotConfirmed", StatusCode::CONFLICT, "Somebody must agree to the price first.")
            }
            Kind::TooLarge => ("tooLarge", StatusCode::PAYLOAD_TOO_LARGE, "The request is too large."),
            Kind::UnsupportedMediaType => {
                ("unsupportedMediaType", StatusCode::UNSUPPORTED_MEDIA_TYPE, "The body must be JSON.")
            }
            Kind::Invalid => ("invalid", StatusCode::UNPROCESSABLE_ENTITY, "Some fields are not valid."),
            Kind::TooManyRequests => ("tooManyRequests", StatusCode::TOO_MANY_REQUESTS, "There are too many requests."),
            Kind::Internal => ("internal", StatusCode::INTERNAL_SERVER_ERROR, "Something went wrong here."),
            Kind::Upstream => ("upstream", StatusCode::BAD_GATEWAY, "WhatsApp did not answer as it should."),
        }
    }

    /// The kind of an answer that was made elsewhere and says only its status.
    pub(super) fn of_status(status: StatusCode) -> Kind {
        let kinds = [
            Kind::Unauthorized,
            Kind::Forbidden,
            Kind::NotFound,
            Kind::Gone,
            Kind::MethodNotAllowed,
            Kind::Conflict,
            Kind::TooLarge,
            Kind::UnsupportedMediaType,
            Kind::Invalid,
            Kind::TooManyRequests,
        ];
        let other = if status.is_server_error() { Kind::Internal } else { Kind::Malformed };
        kinds.into_iter().find(|kind| kind.row().1 == status).unwrap_or(other)
    }

    /// A problem of this kind, still without the request's id.
    pub(super) fn problem(self, detail: String, errors: Vec<FieldError>) -> Problem {
        let (kind, status, title) = self.row();
        Problem {
            kind: kind.to_owned(),
            code: kind.to_owned(),
            title: title.to_owned(),
            status: status.as_u16(),
            detail,
            request_id: None,
            errors,
        }
    }
}

impl Refusal {
    /// A refusal of this kind; `detail` says what is wrong and what to do about it.
    pub fn new(kind: Kind, detail: impl Into<String>) -> Refusal {
        Refusal { kind, detail: detail.into(), errors: Vec::new(), retry_after_seconds: None }
    }

    /// Fields that were refused.
    pub fn fields(errors: Vec<FieldError>) -> Refusal {
        let detail = match errors.as_slice() {
            [only] => format!("{}: {}", only.field, only.message),
            several => format!("{} fields are not valid; see errors", several.len()),
        };
        Refusal { kind: Kind::Invalid, detail, errors, retry_after_seconds: None }
    }

    /// One field that was refused.
    pub fn field(field: &str, message: impl Into<String>) -> Refusal {
        Refusal::fields(vec![FieldError { field: field.to_owned(), message: message.into() }])
    }

    /// The same of this kind.
    #[must_use]
    pub fn of(self, kind: Kind) -> Refusal {
        Refusal { kind, ..self }
    }

    /// One field whose value is another one's already.
    pub fn taken(field: &str, message: impl Into<String>) -> Refusal {
        Refusal { kind: Kind::Conflict, ..Refusal::field(field, message) }
    }

    /// Nothing with this id in the caller's workspace.
    pub fn not_found(what: &str) -> Refusal {
        Refusal::new(Kind::NotFound, format!("this workspace has no {what} with this id"))
    }

    /// The same, in these words.
    #[must_use]
    pub fn because(self, detail: String) -> Refusal {
        Refusal { detail, ..self }
    }

    /// The same, worth another try after some seconds.
    #[must_use]
    pub fn retry_after(self, seconds: u32) -> Refusal {
        Refusal { retry_after_seconds: Some(seconds), ..self }
    }
}

impl From<anyhow::Error> for ApiError {
    fn from(error: anyhow::Error) -> ApiError {
        ApiError::Internal(error)
    }
}

impl From<Refusal> for ApiError {
    fn from(refusal: Refusal) -> ApiError {
        ApiError::Refused(refusal)
    }
}

impl IntoResponse for ApiError {
    fn into_response(self) -> Response {
        match self {
            ApiError::Refused(refusal) => refusal.into_response(),
            ApiError::Internal(error) => {
                tracing::error!(error = format!("{error:#}"), "the request failed");
                carrying(Kind::Internal.problem("internal error".to_owned(), Vec::new()))
            }
        }
    }
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        let mut response = carrying(self.kind.problem(self.detail, self.errors));
        if self.kind == Kind::Unauthorized {
            response.headers_mut().insert(WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
        }
        if let Some(seconds) = self.retry_after_seconds {
            response.headers_mut().insert(RETRY_AFTER, HeaderValue::from(seconds));
        }
        response
    }
}

fn carrying(problem: Problem) -> Response {
    let status = StatusCode::from_u16(problem.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let mut response = status.into_response();
    response.extensions_mut().insert(problem);
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_wrong_field_is_named_in_the_detail() {
        let refusal = Refusal::field("limit", "must be 1 to 100");
        assert_eq!(refusal.detail, "limit: must be 1 to 100");
        assert_eq!(refusal.into_response().status(), StatusCode::UNPROCESSABLE_ENTITY);
    }

    #[test]
    fn a_cause_stays_in_the_log() {
        let response = ApiError::Internal(anyhow::anyhow!("the table is gone")).into_response();
        let problem = response.extensions().get::<Problem>().unwrap();
        assert_eq!((problem.status, problem.detail.as_str()), (500, "internal error"));
        assert_eq!((problem.kind.as_str(), problem.code.as_str()), ("internal", "internal"));
    }

    #[test]
    fn a_status_from_elsewhere_finds_its_kind() {
        assert_eq!(Kind::of_status(StatusCode::PAYLOAD_TOO_LARGE), Kind::TooLarge);
        assert_eq!(Kind::of_status(StatusCode::IM_A_TEAPOT), Kind::Malformed);
        assert_eq!(Kind::of_status(StatusCode::SERVICE_UNAVAILABLE), Kind::Internal);
    }
}
