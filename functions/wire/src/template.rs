//! Templates as the API shows them, and how a campaign fills them.

use serde::{Deserialize, Serialize};

/// A template of a channel's WhatsApp Business Account.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Template {
    /// Meta's id.
    pub id: String,
    /// Meta's name, lower case.
    pub name: String,
    /// Meta's locale code, for example `pt_BR`.
    pub language: String,
    /// `MARKETING`, `UTILITY`, `AUTHENTICATION`, or what Meta adds next.
    pub category: String,
    /// `APPROVED` is the only one that can be sent.
    pub status: String,
    /// How its variables are named.
    pub parameter_format: ParameterFormat,
    /// The text of the header, if it has a text header.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub header: Option<String>,
    /// The text of the body with its variables: `Hi {{1}}` or `Hi {{first_name}}`.
    pub body: String,
    /// The text of the footer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub footer: Option<String>,
    /// The labels of its buttons, in order.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub buttons: Vec<String>,
    /// Why it cannot be used in a campaign (not approved, a media header, …); absent when it can.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unusable_because: Option<String>,
}

/// `GET /v3/channels/{channelId}/templates`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct TemplateList {
    /// All templates, approved or not.
    pub items: Vec<Template>,
}

/// How the variables of a template are named.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum ParameterFormat {
    /// `{{1}}`, `{{2}}`, …
    Positional,
    /// `{{first_name}}`.
    Named,
}

/// The content of a campaign: a template and where the values of its variables come from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct TemplateContent {
    /// Meta's name.
    pub name: String,
    /// Meta's locale code; must match exactly.
    pub language: String,
    /// Values of the header's variables, in the order of their first appearance.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub header: Vec<ParameterSource>,
    /// Values of the body's variables, in the order of their first appearance.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub body: Vec<ParameterSource>,
}

/// Where the value of one variable comes from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", untagged)]
pub enum ParameterSource {
    /// A column of the contacts file.
    #[serde(rename_all = "camelCase")]
    Column {
        /// The column's header, as in the file.
        column: String,
        /// Used where the cell is empty. Without it such a recipient is skipped: WhatsApp refuses empty values.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        fallback: Option<String>,
    },
    /// The same text for everybody.
    #[serde(rename_all = "camelCase")]
    Text {
        /// The value.
        text: String,
    },
}
