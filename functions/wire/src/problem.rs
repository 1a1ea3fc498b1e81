//! Errors as clients see them: problem details (RFC 9457) with the fields that a form can mark.

use serde::{Deserialize, Serialize};

/// The body of every answer with a status of 400 or above. `Content-Type: application/problem+json`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct Problem {
    /// A stable name of the kind of problem, for programs: `invalid`, `notFound`, `conflict`, `unauthorized`, …
    #[serde(rename = "type")]
    pub kind: String,
    /// The same name as `type`.
    #[serde(default)]
    pub code: String,
    /// One short sentence, the same for every problem of this kind.
    pub title: String,
    /// The HTTP status.
    pub status: u16,
    /// What is wrong in this case and what to do about it.
    pub detail: String,
    /// Names this request in the log.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub request_id: Option<String>,
    /// What is wrong with which field of the request.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub errors: Vec<FieldError>,
}

/// One field that was refused.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct FieldError {
    /// The field's JSON name, with dots for depth: `template.body.1`.
    pub field: String,
    /// What is wrong and what is allowed.
    pub message: String,
}
