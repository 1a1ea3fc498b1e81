//! What Meta says when it refuses: the codes, their titles, and the body of a refusal. The same titles serve the
//! synchronous answer and the `errors[]` of a failed status.

use axum::Json;
use axum::response::{IntoResponse, Response};
use http::{StatusCode, header};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

/// One of Meta's error codes, for example 130429.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct ErrorCode(pub u32);

impl ErrorCode {
    /// Invalid or missing parameter; with subcode 33, the object does not exist.
    pub const INVALID_PARAMETER: Self = Self(100);
    /// A temporary problem or overload; whether something was sent is not said.
    pub const OVERLOADED: Self = Self(2);
    /// The account's rate limit; nothing was sent.
    pub const ACCOUNT_RATE_LIMIT: Self = Self(80_007);
    /// The access token is missing or wrong.
    pub const BAD_TOKEN: Self = Self(190);
    /// The path is not one of the API's.
    pub const UNKNOWN_PATH: Self = Self(2500);
    /// The number's throughput is reached; nothing was sent.
    pub const RATE_LIMIT_HIT: Self = Self(130_429);
    /// The person is part of an experiment that gets no marketing messages.
    pub const EXPERIMENT: Self = Self(130_472);
    /// Something went wrong; nobody says what.
    pub const SOMETHING_WENT_WRONG: Self = Self(131_000);
    /// A required parameter is missing.
    pub const PARAMETER_MISSING: Self = Self(131_008);
    /// A parameter's value is invalid.
    pub const PARAMETER_INVALID: Self = Self(131_009);
    /// The message cannot be delivered to this person.
    pub const UNDELIVERABLE: Self = Self(131_026);
    /// The number or its portfolio is limited for now.
    pub const SPAM_RATE_LIMIT: Self = Self(131_048);
    /// Not delivered, to keep the ecosystem healthy.
    pub const ECOSYSTEM: Self = Self(131_049);
    /// The person stopped marketing messages of this business.
    pub const STOPPED_MARKETING: Self = Self(131_050);
    /// The message type is unknown.
    pub const UNSUPPORTED_TYPE: Self = Self(131_051);
    /// Too many messages from this number to this person.
    pub const PAIR_RATE_LIMIT: Self = Self(131_056);
    /// The number is in maintenance for a moment; nothing was sent.
    pub const MAINTENANCE: Self = Self(131_057);
    /// A paging cursor that is not ours.
    pub const BAD_CURSOR: Self = Self(131_059);
    /// The number of template parameters is wrong.
    pub const PARAMETER_COUNT: Self = Self(132_000);
    /// No such template in that language, or not approved.
    pub const NO_TEMPLATE: Self = Self(132_001);
    /// The template's text is too long once filled.
    pub const TEXT_TOO_LONG: Self = Self(132_005);
    /// A template parameter has the wrong format.
    pub const PARAMETER_FORMAT: Self = Self(132_012);
    /// The template is paused, or the held message was dropped.
    pub const TEMPLATE_PAUSED: Self = Self(132_015);
    /// The template is disabled for good.
    pub const TEMPLATE_DISABLED: Self = Self(132_016);

    /// HTTP status, title and usual details of this code. Status values as in Meta's error page of December 2025.
    pub(crate) fn entry(self) -> (StatusCode, &'static str, &'static str) {
        let bad = StatusCode::BAD_REQUEST;
        match self.0 {
            2 => {
                (StatusCode::SERVICE_UNAVAILABLE, "API Service", "Temporary issue due to downtime or being overloaded.")
            }
            100 => (bad, "Invalid parameter", ""),
            190 => (StatusCode::UNAUTHORIZED, "Invalid OAuth access token", ""),
            80_007 => (bad, "Rate limit issues", "The WhatsApp Business Account has reached its rate limit."),
            130_429 => (bad, "Rate limit hit", "Cloud API message throughput has been reached."),
            130_472 => (
                bad,
                "User's number is part of an experiment",
                "Failed to send message because this user's phone number is part of an experiment.",
            ),
            131_000 => (
                StatusCode::INTERNAL_SERVER_ERROR,
                "Something went wrong",
                "Message failed to send due to an unknown error.",
            ),
            131_008 => (bad, "Required parameter is missing", "A required parameter is missing."),
            131_009 => (bad, "Parameter value is not valid", "A parameter value is not valid."),
            131_026 => (bad, "Message undeliverable", "Message undeliverable."),
            131_048 => (
                bad,
                "Spam rate limit hit",
                "Message failed to send because there are restrictions on how many messages can be sent.",
            ),
            131_049 => (
                bad,
                "This message was not delivered to maintain healthy ecosystem engagement.",
                "In order to maintain a healthy ecosystem engagement, the message failed to be delivered.",
            ),
            131_050 => (
                bad,
                "User has stopped marketing messages",
                "The recipient chose to stop receiving marketing messages from this business.",
            ),
            131_051 => (bad, "Unsupported message type", "Message type is not supported."),
            131_056 => (
                bad,
                "(Business Account, Consumer Account) pair rate limit hit",
                "Too many messages sent from this phone number to the same phone number in a short period.",
            ),
            131_057 => (
                StatusCode::INTERNAL_SERVER_ERROR,
                "Account in maintenance mode",
                "Business Account is in maintenance mode.",
            ),
            131_059 => (bad, "Invalid cursor", "The paging cursor is invalid or expired."),
            132_000 => (bad, "Number of parameters does not match the expected number of params", ""),
            132_001 => (bad, "Template name does not exist in the translation", ""),
            132_005 => (bad, "Translated text too long", "The filled text is longer than 1024 characters."),
            132_012 => (bad, "Parameter format does not match format in the created template", ""),
            132_015 => (bad, "Template is paused", "Template is paused due to low quality so it cannot be sent."),
            132_016 => (bad, "Template is disabled", "Template was permanently disabled due to low quality."),
            _ => (bad, "Request failed", ""),
        }
    }

    /// An element of `errors[]` in a failed status.
    pub(crate) fn in_status(self) -> Value {
        let (_, title, details) = self.entry();
        json!({
            "code": self.0,
            "title": title,
            "message": title,
            "error_data": { "details": details },
            "href": "https://developers.facebook.com/documentation/business-messaging/whatsapp/support/error-codes",
        })
    }
}

impl std::fmt::Display for ErrorCode {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.fmt(formatter)
    }
}

/// A refusal on its way to the caller, in Meta's shape.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct GraphError {
    pub(crate) code: ErrorCode,
    subcode: Option<u32>,
    message: String,
    details: Option<String>,
    retry_after_seconds: Option<u64>,
}

impl GraphError {
    /// The refusal with its usual title and details.
    pub(crate) fn of(code: ErrorCode) -> Self {
        let (_, title, details) = code.entry();
        Self {
            code,
            subcode: None,
            message: format!("(#{code}) {title}"),
            details: (!details.is_empty()).then(|| details.to_owned()),
            retry_after_seconds: None,
        }
    }

    /// The refusal with `Retry-After`, if that is given.
    pub(crate) fn with_retry_after(self, retry_after_seconds: Option<u64>) -> Self {
        Self { retry_after_seconds, ..self }
    }

    /// The refusal with details of this request.
    pub(crate) fn with_details(code: ErrorCode, details: impl Into<String>) -> Self {
        Self { details: Some(details.into()), ..Self::of(code) }
    }

    /// Code 100 about a field that is absent.
    pub(crate) fn required(field: &str) -> Self {
        Self {
            code: ErrorCode::INVALID_PARAMETER,
            subcode: None,
            message: format!("(#100) The parameter {field} is required."),
            details: None,
            retry_after_seconds: None,
        }
    }

    /// Code 190: no token, or not ours.
    pub(crate) fn bad_token() -> Self {
        Self {
            code: ErrorCode::BAD_TOKEN,
            subcode: None,
            message: "Invalid OAuth access token - Cannot parse access token".to_owned(),
            details: None,
            retry_after_seconds: None,
        }
    }

    /// Code 2500: a path the API does not have.
    pub(crate) fn unknown_path(path: &str) -> Self {
        Self {
            code: ErrorCode::UNKNOWN_PATH,
            subcode: None,
            message: format!("Unknown path components: {path}"),
            details: None,
            retry_after_seconds: None,
        }
    }

    /// Code 100, subcode 33: an id nobody has (Meta answers 400, not 404).
    pub(crate) fn unknown_object(id: &str, method: &str) -> Self {
        Self {
            code: ErrorCode::INVALID_PARAMETER,
            subcode: Some(33),
            message: format!(
                "Unsupported {method} request. Object with ID '{id}' does not exist, cannot be loaded due to missing \
                 permissions, or does not support this operation. Please read the Graph API documentation at \
                 https://developers.facebook.com/docs/graph-api"
            ),
            details: None,
            retry_after_seconds: None,
        }
    }
}

impl IntoResponse for GraphError {
    fn into_response(self) -> Response {
        let kind = if self.subcode == Some(33) { "GraphMethodException" } else { "OAuthException" };
        let mut error = json!({
            "message": self.message,
            "type": kind,
            "code": self.code,
            "fbtrace_id": format!("A{:016x}", rand::Rng::next_u64(&mut trace_dice(&self.message))),
        });
        if let Some(details) = self.details {
            error["error_data"] = json!({ "messaging_product": "whatsapp", "details": details });
        }
        if let Some(subcode) = self.subcode {
            error["error_subcode"] = json!(subcode);
        }
        if self.code == ErrorCode::SOMETHING_WENT_WRONG {
            error["is_transient"] = json!(false);
        }
        let mut response = (self.code.entry().0, Json(json!({ "error": error }))).into_response();
        if let Some(seconds) = self.retry_after_seconds {
            response.headers_mut().insert(header::RETRY_AFTER, seconds.into());
        }
        response
    }
}

/// A trace id needs to look like one, no more: the same refusal gets the same.
fn trace_dice(message: &str) -> rand::rngs::ChaCha8Rng {
    let seed = message.bytes().fold(0u64, |seed, byte| seed.wrapping_mul(31).wrapping_add(u64::from(byte)));
    rand::SeedableRng::seed_from_u64(seed)
}
