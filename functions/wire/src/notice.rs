//! Notices: what the people of a workspace should know, though they did not do it.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use crate::{CampaignId, ChannelId, NoticeId, WebhookId};

/// What a notice is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub enum NoticeKind {
    /// A campaign paused: by itself, or somebody paused it.
    CampaignPaused,
    /// A campaign has an outcome for everybody.
    CampaignCompleted,
    /// A campaign could not go on.
    CampaignFailed,
    /// Somebody cancelled a campaign.
    CampaignCancelled,
    /// WhatsApp said something of a number or of its account.
    ChannelChanged,
    /// A webhook was switched off because it took nothing.
    WebhookDisabled,
}

/// One notice.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct Notice {
    /// Its id.
    pub id: NoticeId,
    /// What it is about.
    pub kind: NoticeKind,
    /// When it happened.
    pub at: DateTime<Utc>,
    /// A sentence or two.
    pub text: String,
    /// The campaign, where it is about one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub campaign_id: Option<CampaignId>,
    /// The number, where it is about one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub channel_id: Option<ChannelId>,
    /// The webhook, where it is about one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub webhook_id: Option<WebhookId>,
    /// Whether whoever asks has read it.
    pub is_read: bool,
}

/// `GET /v3/notices`
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct NoticeList {
    /// One page, newest first.
    pub items: Vec<Notice>,
    /// How many whoever asks has not read, at most 100.
    pub unread: u32,
    /// Where the next page begins; absent on the last.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next: Option<String>,
}

/// `POST /v3/notices/read`
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ReadNotices {
    /// The newest that was read: so were all before it.
    pub up_to: NoticeId,
}

/// What is left to read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct NoticesRead {
    /// How many whoever asks has not read, at most 100.
    pub unread: u32,
}
