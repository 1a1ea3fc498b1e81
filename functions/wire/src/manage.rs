//! Templates made and changed here, before WhatsApp looks at them.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::{ButtonKind, HeaderFormat, ParameterFormat, TemplateOffer};

/// `POST /v3/templates`: a template for the account of a channel; WhatsApp reviews it. `PUT /v3/templates/{id}` takes the
/// same and has WhatsApp review it again.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase", default)]
pub struct CreateTemplate {
    /// A channel of the account.
    #[cfg_attr(feature = "openapi", schema(required))]
    pub channel_id: String,
    /// Lower case letters, digits and `_`; 1 to 512.
    #[cfg_attr(feature = "openapi", schema(required))]
    pub name: String,
    /// Meta's locale code: `pt_BR`.
    #[cfg_attr(feature = "openapi", schema(required))]
    pub language: String,
    /// `MARKETING`, `UTILITY` or `AUTHENTICATION`.
    #[cfg_attr(feature = "openapi", schema(required))]
    pub category: String,
    /// How its variables are named.
    pub parameter_format: ParameterFormat,
    /// The text of its header: up to 60 characters and one variable.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub header: Option<String>,
    /// What its header is, if that is no text.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub header_format: Option<HeaderFormat>,
    /// A sample of the header's picture, film or file, uploaded with `POST /v3/assets`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub header_asset_id: Option<String>,
    /// The text: up to 1,024 characters; variables neither first nor last. Empty where the template carries a code: its
    /// words are WhatsApp's own.
    #[cfg_attr(feature = "openapi", schema(required))]
    pub body: String,
    /// Up to 60 characters, without variables.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub footer: Option<String>,
    /// Up to 10, the quick replies together.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub buttons: Vec<CreateButton>,
    /// 2 to 10 cards, all built alike.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub cards: Vec<CreateCard>,
    /// A limited-time offer.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub offer: Option<TemplateOffer>,
    /// An example of each variable of the body, by its name.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub examples: BTreeMap<String, String>,
    /// An example of the header's variable, by its name.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub header_examples: BTreeMap<String, String>,
    /// What a template of the category `AUTHENTICATION` carries: it has no other parts.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub code: Option<CreateCode>,
    /// For how many seconds WhatsApp tries to deliver: 30 to 900 for codes, 30 to 43,200 for `UTILITY`, 43,200 to
    /// 2,592,000 for `MARKETING`; -1 is 30 days, not for `MARKETING`. Without it: Meta's own time.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub message_send_ttl_seconds: Option<i64>,
    /// Whether Meta may put a new template into another category than was asked for; Meta's own way without it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub allow_category_change: Option<bool>,
}

/// A code that somebody confirms himself with, in a new template.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase", default)]
pub struct CreateCode {
    /// What a tap on its button does.
    pub otp_type: OtpType,
    /// Whether the text says that the code is to be kept secret.
    pub security_recommendation: bool,
    /// After how many minutes the code is said to expire: 1 to 90; nothing is said without it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub expires_after_minutes: Option<u32>,
    /// The label of the button, up to 25 characters; Meta's own without it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub button_text: Option<String>,
    /// The apps that get the code, up to 5: for `ONE_TAP` and `ZERO_TAP`.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub apps: Vec<CodeApp>,
    /// Whether WhatsApp's terms for codes that reach an app without a tap are accepted: for `ZERO_TAP`.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub zero_tap_terms_accepted: bool,
}

/// What a tap on the button of a code does.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum OtpType {
    /// It copies the code.
    #[default]
    CopyCode,
    /// It hands the code to an app.
    OneTap,
    /// The app gets the code without a tap.
    ZeroTap,
}

/// An app for Android that takes a code.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase", default)]
pub struct CodeApp {
    /// Its package: `com.example.app`.
    pub package_name: String,
    /// The hash of its signing key, eleven characters.
    pub signature_hash: String,
}

/// A button of a new template.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct CreateButton {
    /// What a tap does.
    #[serde(rename = "type")]
    pub kind: ButtonKind,
    /// Its label, up to 25 characters; a button that copies a code needs none.
    #[serde(default)]
    pub text: String,
    /// Where it leads: `https://…`, with `{{1}}` at its end at most.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub url: Option<String>,
    /// What the variable of the address or the coupon may be.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub example: Option<String>,
    /// The number that it calls.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub phone_number: Option<String>,
    /// The flow that it opens, by Meta's id; by one of id, name and JSON.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub flow_id: Option<String>,
    /// The flow that it opens, by its name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub flow_name: Option<String>,
    /// The flow that it opens, as the JSON of it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub flow_json: Option<String>,
    /// The flow's first screen.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub navigate_screen: Option<String>,
    /// How the flow begins; Meta's own way without it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub flow_action: Option<FlowAction>,
}

/// How a flow begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum FlowAction {
    /// It shows a screen.
    Navigate,
    /// It asks the flow's own endpoint what to show.
    DataExchange,
}

/// A card of a new carousel.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase", default)]
pub struct CreateCard {
    /// `IMAGE` or `VIDEO`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub header_format: Option<HeaderFormat>,
    /// A sample of it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub header_asset_id: Option<String>,
    /// Its text, up to 160 characters.
    pub body: String,
    /// An example of each variable of its text.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub examples: BTreeMap<String, String>,
    /// One or two.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub buttons: Vec<CreateButton>,
}

/// What WhatsApp answered.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct TemplateCreated {
    /// Meta's id.
    pub id: String,
    /// `PENDING` mostly.
    pub status: String,
    /// As Meta sees it, which may be another than was asked for.
    pub category: String,
}
