//! Templates as the API shows them, and how a campaign fills them.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// A template of a channel's WhatsApp Business Account.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
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
    /// What its header is, if that is no text.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub header_format: Option<HeaderFormat>,
    /// The text of the footer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub footer: Option<String>,
    /// Its buttons, in order.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub buttons: Vec<TemplateButton>,
    /// The cards of its carousel, in order.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub cards: Vec<TemplateCard>,
    /// Its limited-time offer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub offer: Option<TemplateOffer>,
    /// `GREEN`, `YELLOW`, `RED`, `UNKNOWN`, or what Meta adds next.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub quality: Option<String>,
    /// Why Meta refused it, in Meta's word.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rejected_reason: Option<String>,
    /// Why it cannot be used in a campaign (not approved, …); absent when it can.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unusable_because: Option<String>,
}

/// What a header without text is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum HeaderFormat {
    /// A picture.
    Image,
    /// A film.
    Video,
    /// A file.
    Document,
    /// A short film without sound: on `/marketing_messages` only.
    Gif,
    /// A place on the map.
    Location,
}

/// A button of a template.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase", from = "ButtonOrLabel")]
pub struct TemplateButton {
    /// What a tap does.
    #[serde(rename = "type")]
    pub kind: ButtonKind,
    /// Its label.
    pub text: String,
    /// Where a tap leads, with a variable at the end if it has one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub url: Option<String>,
}

/// Until November 2026 buttons were kept by their labels alone.
#[derive(Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(untagged)]
enum ButtonOrLabel {
    Label(String),
    Button {
        #[serde(rename = "type")]
        kind: ButtonKind,
        text: String,
        #[serde(default)]
        url: Option<String>,
    },
}

impl From<ButtonOrLabel> for TemplateButton {
    fn from(either: ButtonOrLabel) -> TemplateButton {
        match either {
            ButtonOrLabel::Label(text) => TemplateButton { kind: ButtonKind::QuickReply, text, url: None },
            ButtonOrLabel::Button { kind, text, url } => TemplateButton { kind, text, url },
        }
    }
}

/// What a tap on a button does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum ButtonKind {
    /// Answers with its text.
    QuickReply,
    /// Opens an address.
    Url,
    /// Calls a number.
    PhoneNumber,
    /// Copies a coupon code.
    CopyCode,
    /// Copies or hands over a one-time code.
    Otp,
    /// Opens a flow.
    Flow,
    /// Opens the catalog.
    Catalog,
    /// What Meta adds next.
    #[serde(other)]
    Other,
}

/// A card of a carousel.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct TemplateCard {
    /// What stands above its text: a picture or a film.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub header_format: Option<HeaderFormat>,
    /// Its text; empty where it has none.
    #[serde(default)]
    pub body: String,
    /// Its buttons, in order.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub buttons: Vec<TemplateButton>,
}

/// A limited-time offer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct TemplateOffer {
    /// Its heading.
    pub text: String,
    /// Whether it shows when it ends.
    #[serde(default)]
    pub has_expiration: bool,
}

/// `GET /v3/channels/{channelId}/templates`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct TemplateList {
    /// All templates, approved or not.
    pub items: Vec<Template>,
}

/// How the variables of a template are named.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum ParameterFormat {
    /// `{{1}}`, `{{2}}`, …
    #[default]
    Positional,
    /// `{{first_name}}`.
    Named,
}

/// The content of a campaign: a template and where the values of its variables come from.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase", default)]
pub struct TemplateContent {
    /// Meta's name.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub name: String,
    /// Meta's locale code; must match exactly.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub language: String,
    /// Values of the header's variables, in the order of their first appearance.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub header: Vec<ParameterSource>,
    /// The header's picture, film or file.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub header_media: Option<MediaSource>,
    /// The header's place.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub header_location: Option<Place>,
    /// Values of the body's variables, in the order of their first appearance.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub body: Vec<ParameterSource>,
    /// What buttons carry, by their place in the template; those that carry nothing need no entry.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub buttons: Vec<ButtonContent>,
    /// When the limited-time offer ends.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub offer_expires_at: Option<DateTime<Utc>>,
    /// The cards of the carousel, as many as the template has.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub cards: Vec<CardContent>,
}

/// A picture, film or file: exactly one of `assetId`, `link` and `id`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase", default)]
pub struct MediaSource {
    /// A file uploaded here with `POST /v3/assets`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub asset_id: Option<String>,
    /// A public `https` address, fetched once when the campaign is created.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub link: Option<String>,
    /// Meta's id of a file uploaded to the sending number elsewhere.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
    /// The name that a document is shown with.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub filename: Option<String>,
}

/// A place on the map.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase", default)]
pub struct Place {
    /// Degrees, `-90` to `90`, as text: `-23.5505`.
    pub latitude: String,
    /// Degrees, `-180` to `180`, as text.
    pub longitude: String,
    /// What it is called.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub name: String,
    /// Where it is, in words.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub address: String,
}

/// What one button carries: the end of its address, a coupon, a payload, a flow's token, a product of the catalog.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct ButtonContent {
    /// The button's place in the template, from 0.
    pub index: u32,
    /// The value.
    #[serde(flatten)]
    pub value: ParameterSource,
    /// The data that a flow's first screen gets: any JSON, in whose texts `{{column}}` and `[COLUMN]` stand for the
    /// recipient's cells.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub flow_data: BTreeMap<String, Value>,
}

/// What one card of a carousel shows.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase", default)]
pub struct CardContent {
    /// Its picture or film.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub header_media: Option<MediaSource>,
    /// Values of its text's variables, in the order of their first appearance.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub body: Vec<ParameterSource>,
    /// What its buttons carry.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub buttons: Vec<ButtonContent>,
}

/// Where the value of one variable comes from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
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
    /// A text for everybody, in which `{{column}}` and `[COLUMN]` stand for the recipient's cells.
    #[serde(rename_all = "camelCase")]
    Text {
        /// The value.
        text: String,
    },
    /// An amount of money that WhatsApp writes as the recipient's phone does.
    #[serde(rename_all = "camelCase")]
    Currency {
        /// ISO 4217: `BRL`.
        currency: String,
        /// The amount, a number such as `1234.56` or `1.234,56`.
        #[cfg_attr(feature = "openapi", schema(no_recursion))]
        amount: Box<ParameterSource>,
    },
    /// A point in time.
    #[serde(rename_all = "camelCase")]
    DateTime {
        /// As it is to be read.
        #[cfg_attr(feature = "openapi", schema(no_recursion))]
        date_time: Box<ParameterSource>,
    },
}
