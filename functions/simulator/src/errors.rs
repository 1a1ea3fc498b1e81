//! What Meta says when it refuses: the codes, their titles, and the body of a refusal. The same titles serve the
//! synchronous answer and the `errors[]` of a failed status.

use axum::Json;
use axum::response::{IntoResponse, Response};
use http::{StatusCode, header};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::codes;

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
    /// A service of Meta's is down for a moment.
    pub const UNAVAILABLE: Self = Self(131_016);
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
    /// The account is restricted for breaking a policy.
    pub const RESTRICTED: Self = Self(368);
    /// The sender and the recipient are the same number.
    pub const TO_ITSELF: Self = Self(131_021);
    /// The recipient is not on the test number's list.
    pub const NOT_ALLOW_LISTED: Self = Self(131_030);
    /// The account is locked.
    pub const LOCKED: Self = Self(131_031);
    /// More than 24 hours have passed since the person last wrote.
    pub const WINDOW_CLOSED: Self = Self(131_047);
    /// A file could not be taken or fetched.
    pub const MEDIA_UPLOAD: Self = Self(131_053);
    /// A one-time password cannot be sent to a user id.
    pub const USER_ID_UNSUPPORTED: Self = Self(131_062);
    /// Marketing messages of this account go to `/marketing_messages` only.
    pub const MARKETING_ELSEWHERE: Self = Self(131_063);
    /// The number is not registered.
    pub const NOT_REGISTERED: Self = Self(133_010);
    /// Too many registrations in a short time.
    pub const TOO_MANY_REGISTRATIONS: Self = Self(133_016);
    /// `/marketing_messages` takes marketing templates only.
    pub const NOT_MARKETING: Self = Self(134_100);
    /// The template has not reached `/marketing_messages` yet.
    pub const TEMPLATE_SYNCING: Self = Self(134_101);
    /// The account may not use `/marketing_messages`.
    pub const NOT_ONBOARDED: Self = Self(134_102);

    /// HTTP status, title and usual details of this code.
    pub(crate) fn entry(self) -> (StatusCode, &'static str, &'static str) {
        let known = codes::ENTRIES.iter().find(|(code, ..)| *code == self.0);
        known.map_or((StatusCode::BAD_REQUEST, "Request failed", ""), |(_, status, title, details)| {
            (StatusCode::from_u16(*status).unwrap_or(StatusCode::BAD_REQUEST), *title, *details)
        })
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
    /// Title and message for the person who wrote a template.
    user: Option<(&'static str, String)>,
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
            user: None,
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
            user: None,
            retry_after_seconds: None,
        }
    }

    /// Code 100 with details.
    pub(crate) fn invalid(details: impl Into<String>) -> Self {
        Self::with_details(ErrorCode::INVALID_PARAMETER, details)
    }

    /// Code 100 with the subcode and the words with which the template manager refuses.
    pub(crate) fn for_author(subcode: u32, title: &'static str, message: impl Into<String>) -> Self {
        let message = message.into();
        Self {
            subcode: Some(subcode),
            message: "Invalid parameter".to_owned(),
            user: Some((title, message)),
            ..Self::of(ErrorCode::INVALID_PARAMETER)
        }
    }

    /// Code 190: no token, or not ours.
    pub(crate) fn bad_token() -> Self {
        Self {
            code: ErrorCode::BAD_TOKEN,
            subcode: None,
            message: "Invalid OAuth access token - Cannot parse access token".to_owned(),
            details: None,
            user: None,
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
            user: None,
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
            user: None,
            retry_after_seconds: None,
        }
    }
}

/// The message and its details, for people.
impl std::fmt::Display for GraphError {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str(&self.message)?;
        let user = self.user.as_ref().map(|(_, message)| message);
        self.details.as_ref().or(user).map_or(Ok(()), |details| write!(formatter, ": {details}"))
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
        if let Some((title, message)) = self.user {
            error["error_user_title"] = json!(title);
            error["error_user_msg"] = json!(message);
            error["is_transient"] = json!(false);
        }
        if self.code == ErrorCode::SOMETHING_WENT_WRONG {
            error["is_transient"] = json!(false);
        }
        let mut response = (self.code.entry().0, Json(json!({ "error": error }))).into_response();
        response.extensions_mut().insert(self.code);
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
