//! A message as its recipient sees it, and trying it on one's own phone.

use serde::{Deserialize, Serialize};

use crate::{ButtonKind, HeaderFormat, MediaKind, Place};

/// `GET /v3/campaigns/{id}/preview?index=`: what one recipient sees.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase", default)]
pub struct Preview {
    /// Place in the audience, from 0.
    pub index: u64,
    /// E.164.
    pub phone: String,
    /// The wording's name, where there are several.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub variant: Option<String>,
    /// The message; absent where this recipient cannot get it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub bubble: Option<Bubble>,
    /// Why he cannot get it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub problem: Option<String>,
}

/// A message as the phone draws it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase", default)]
pub struct Bubble {
    /// A text above the others.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub header: Option<String>,
    /// A picture, film, file or place above the text.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub media: Option<BubbleMedia>,
    /// A limited-time offer's heading.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub offer: Option<String>,
    /// The text, in pieces of one look each; line ends are in them.
    pub body: Vec<Span>,
    /// Small, below the text.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub footer: Option<String>,
    /// Below the bubble.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub buttons: Vec<BubbleButton>,
    /// The cards of a carousel, side by side.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub cards: Vec<BubbleCard>,
}

/// A picture, film, file or place.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase", default)]
pub struct BubbleMedia {
    /// In a template's header.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub format: Option<HeaderFormat>,
    /// With free words.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub kind: Option<MediaKind>,
    /// Our file.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub asset_id: Option<String>,
    /// A file elsewhere.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub link: Option<String>,
    /// The name that a document shows.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub filename: Option<String>,
    /// The place.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub place: Option<Place>,
}

/// A piece of a text.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase", default)]
pub struct Span {
    /// The characters.
    pub text: String,
    /// How they look, in any combination.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub looks: Vec<Look>,
}

/// How WhatsApp shows a piece of a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub enum Look {
    /// `*bold*`
    Bold,
    /// `_italic_`
    Italic,
    /// `~struck~`
    Strike,
    /// `` ```monospaced``` `` and `` `monospaced` ``
    Mono,
    /// A line that begins with `> `.
    Quote,
}

/// A button below the bubble.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct BubbleButton {
    /// What a tap does.
    #[serde(rename = "type")]
    pub kind: ButtonKind,
    /// Its label.
    pub text: String,
    /// What it carries: the whole address, the coupon, the payload.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub value: Option<String>,
}

/// A card of a carousel.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase", default)]
pub struct BubbleCard {
    /// Its picture or film.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub media: Option<BubbleMedia>,
    /// Its text.
    pub body: Vec<Span>,
    /// Its buttons.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub buttons: Vec<BubbleButton>,
}

/// `POST /v3/campaigns/{id}/try`: sends the message to one's own numbers; the campaign is not touched.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase", default)]
pub struct TryCampaign {
    /// 1 to 5 numbers, E.164.
    #[cfg_attr(feature = "openapi", schema(min_items = 1, max_items = 5, required))]
    pub to: Vec<String>,
    /// Whose values fill the message: the place in the audience, from 0.
    pub index: u64,
}

/// What became of a try.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct Tried {
    /// One line per number, in the order asked for.
    pub items: Vec<TriedNumber>,
}

/// What became of a try on one number.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct TriedNumber {
    /// E.164.
    pub to: String,
    /// Whether WhatsApp took it.
    pub accepted: bool,
    /// Meta's id of the message.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub wamid: Option<String>,
    /// Meta's code, when it was refused.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub code: Option<u32>,
    /// Why it was not taken, in words.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
}
