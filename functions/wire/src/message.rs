//! The people of a campaign and what became of each.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

/// How far a message got. Untouched: the recipient was not tried yet.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub enum MessageState {
    /// Not tried yet; never stored.
    Untouched,
    /// A sender has it in hand.
    Claimed,
    /// Waits for another attempt.
    Retry,
    /// Left out on purpose.
    Skipped,
    /// Nobody knows whether it was sent.
    Unknown,
    /// Taken by WhatsApp.
    Accepted,
    /// Held back by WhatsApp for a check of quality.
    Held,
    /// On its way.
    Sent,
    /// Refused or lost.
    Failed,
    /// On the phone.
    Delivered,
    /// Read.
    Read,
}

/// One recipient of a campaign.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct Message {
    /// Place in the audience, from 0.
    pub index: u64,
    /// E.164, with `+`; empty for somebody who was erased.
    pub phone: String,
    /// As in the file; empty when the file has none, or the person was erased.
    pub name: String,
    /// How far it got.
    pub state: MessageState,
    /// Attempts so far.
    pub attempt: u32,
    /// Meta's code of the failure.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub code: Option<u32>,
    /// Why it failed, was skipped or waits, for a marketer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// Why it was skipped, as a name that does not change: `windowClosed`, `suppressed`, `emptyValue`, …
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub skip_reason: Option<String>,
    /// Meta's id of the message.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub wamid: Option<String>,
    /// When a sender took it in hand.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub claimed_at: Option<DateTime<Utc>>,
    /// When WhatsApp said it left.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sent_at: Option<DateTime<Utc>>,
    /// When it reached the phone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub delivered_at: Option<DateTime<Utc>>,
    /// When it was read.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub read_at: Option<DateTime<Utc>>,
    /// When it failed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub failed_at: Option<DateTime<Utc>>,
    /// When the person first answered.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub replied_at: Option<DateTime<Utc>>,
    /// The words of that answer, or of the button, shortened; for thirty days, and not of somebody who was erased.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reply_text: Option<String>,
    /// When the person first tapped one of the message's buttons or tracked links.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub clicked_at: Option<DateTime<Utc>>,
    /// How often its tracked links were opened.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub link_opens: u32,
    /// What WhatsApp bills it as, once it says so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub billing: Option<Billing>,
}

fn is_zero(count: &u32) -> bool {
    *count == 0
}

/// What WhatsApp bills a message as, in Meta's words.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct Billing {
    /// For example `marketing`.
    pub category: String,
    /// `regular` is paid for, the others are free.
    #[serde(rename = "type")]
    pub kind: String,
    /// `PMP`: by the message.
    pub model: String,
}

/// `GET /v3/campaigns/{id}/messages?state=&after=&limit=`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct MessageList {
    /// One page, in the audience's order. With a filter a page may hold fewer than asked, even none, and still have a `next`.
    pub items: Vec<Message>,
    /// Give it as `after` for the next page; absent on the last.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next: Option<String>,
}
