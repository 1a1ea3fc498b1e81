//! Channels: the WhatsApp numbers that send.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use crate::ChannelId;

/// A WhatsApp number that sends. Meta's names of its ids are kept.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Channel {
    /// Ours.
    pub id: ChannelId,
    /// What people call it.
    pub name: String,
    /// As WhatsApp shows it, for example `+1 555 078 3881`.
    pub display_phone_number: String,
    /// Meta's id of the number.
    pub phone_number_id: String,
    /// Meta's id of the WhatsApp Business Account.
    pub waba_id: String,
    /// Messages a second that WhatsApp allows the number.
    pub messages_per_second: u32,
    /// People that its portfolio may write to in 24 hours; absent where there is no limit.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub messaging_limit: Option<u32>,
    /// Why nothing leaves it until somebody starts or resumes a campaign; absent while it may send.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub blocked_because: Option<String>,
    /// What WhatsApp said of it and of its account lately, newest first; at most ten.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub notices: Vec<ChannelNotice>,
    /// Whether messages go to the simulator and reach nobody.
    pub simulated: bool,
}

/// Something that WhatsApp said of a channel.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ChannelNotice {
    /// When.
    pub at: DateTime<Utc>,
    /// For a marketer.
    pub text: String,
}

/// `GET /v3/channels`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ChannelList {
    /// All channels of the workspace.
    pub items: Vec<Channel>,
}
