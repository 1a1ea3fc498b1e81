//! What a campaign says: an approved template, or free words and files to people who wrote lately; in one wording or more.

use serde::{Deserialize, Serialize};

use crate::{CampaignTotals, MediaSource, TemplateContent};

/// One wording of a campaign.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(untagged)]
pub enum Content {
    /// Free words, a file, or both.
    Free(FreeContent),
    /// An approved template.
    Template(Box<TemplateContent>),
}

impl Content {
    /// The template; that of free words is for those whom the words may not reach.
    pub fn template(&self) -> Option<&TemplateContent> {
        match self {
            Content::Template(content) => Some(content),
            Content::Free(content) => content.fallback.as_deref(),
        }
    }

    /// The free words; nothing for a template.
    pub fn free(&self) -> Option<&FreeContent> {
        match self {
            Content::Free(content) => Some(content),
            Content::Template(_) => None,
        }
    }
}

/// Free words and a file. WhatsApp lets them through only to people who wrote to this number within the last 24 hours.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct FreeContent {
    /// The words, or the caption of the file, in which `{{column}}` and `[COLUMN]` stand for the recipient's cells.
    pub text: String,
    /// The file.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub media: Option<MediaSource>,
    /// What the file is; found out when the campaign is created.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub media_kind: Option<MediaKind>,
    /// What those get instead who have not written within the last 24 hours; without it they get nothing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fallback: Option<Box<TemplateContent>>,
}

/// What a file is to WhatsApp.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub enum MediaKind {
    /// A picture: JPEG or PNG up to 5 MB.
    Image,
    /// A film: MP4 or 3GP up to 16 MB.
    Video,
    /// Sound up to 16 MB.
    Audio,
    /// PDF, text or Office up to 100 MB.
    Document,
    /// WebP up to 500 KB.
    Sticker,
}

/// One of several wordings, as it is asked for: a template, a message, or a message and the template for those whom it may
/// not reach.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase", default)]
pub struct CreateVariant {
    /// For people; a letter when absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// A template.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub template: Option<TemplateContent>,
    /// Free words.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub message: Option<String>,
    /// A file with the words, or for the template's header.
    #[serde(deserialize_with = "crate::campaign::list", skip_serializing_if = "Vec::is_empty")]
    #[cfg_attr(feature = "openapi", schema(value_type = Option<Vec<String>>))]
    pub assets_urls: Vec<String>,
}

/// One of several wordings, and what came of it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct Variant {
    /// For people.
    pub name: String,
    /// Its template; absent for free words.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub template: Option<TemplateContent>,
    /// The addresses of its file, as they can be asked for again.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub assets_urls: Vec<String>,
    /// Its free words; empty for a template.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub message: String,
    /// What came of it: of its own recipients, as far as they were tried.
    pub totals: CampaignTotals,
}
