//! Channels: the WhatsApp numbers that send.

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
    /// Whether messages go to the simulator and reach nobody.
    pub simulated: bool,
}

/// `GET /v3/channels`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ChannelList {
    /// All channels of the workspace.
    pub items: Vec<Channel>,
}
