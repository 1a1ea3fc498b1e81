//! Channels: the WhatsApp numbers that send.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use crate::{AccessToken, ChannelId};

/// A WhatsApp number that sends. Meta's names of its ids are kept.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
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
    /// People of that limit who were written to within the last 24 hours, by all numbers of the portfolio; absent where
    /// there is no limit.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub people_today: Option<u32>,
    /// Why nothing leaves it until somebody starts or resumes a campaign; absent while it may send.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub blocked_because: Option<String>,
    /// What WhatsApp said of it and of its account lately, newest first; at most ten.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub notices: Vec<ChannelNotice>,
    /// Whether messages go to the simulator and reach nobody.
    pub simulated: bool,
    /// Whether offers go by WhatsApp's Marketing Messages API.
    #[serde(default)]
    pub marketing_messages: bool,
    /// The version of Meta's API to speak to it; absent: the app's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub api_version: Option<String>,
    /// Whether it has an access token of its own, which is never shown; else its app's is used.
    #[serde(default)]
    pub own_token: bool,
    /// Whether people are addressed by WhatsApp's user id where one is known of them, and else by their number.
    #[serde(default)]
    pub by_user_id: bool,
}

/// `POST /v3/channels`: adds a number of a configured app. WhatsApp is asked whether the account has it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase", default)]
pub struct CreateChannel {
    /// What people call it; the name that WhatsApp shows when absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// Meta's id of the app whose token sends; may be absent where one is configured.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub app_id: Option<String>,
    /// Meta's id of the WhatsApp Business Account.
    #[cfg_attr(feature = "openapi", schema(required))]
    pub waba_id: String,
    /// Meta's id of the number.
    #[cfg_attr(feature = "openapi", schema(required))]
    pub phone_number_id: String,
    /// Meta's id of the business portfolio, whose numbers share one limit of people.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub portfolio_id: Option<String>,
    /// The account's access token, where it is not the app's. It is tried before it is kept, and never shown again.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub access_token: Option<AccessToken>,
}

/// `PATCH /v3/channels/{id}`: what is absent stays as it is.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase", default)]
pub struct EditChannel {
    /// What people call it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// Whether offers go by the Marketing Messages API.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub marketing_messages: Option<bool>,
    /// `v25.0`; empty for the app's.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub api_version: Option<String>,
    /// Another access token; empty for the app's. It is tried before it takes the place of the one before.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub access_token: Option<AccessToken>,
    /// Whether people are addressed by WhatsApp's user id where one is known of them.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub by_user_id: Option<bool>,
}

/// `GET /v3/channels/{id}/health`: how the number is now, by WhatsApp and by us.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase", default)]
pub struct ChannelHealth {
    /// `AVAILABLE`, `LIMITED` or `BLOCKED`, in Meta's word.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub can_send: Option<String>,
    /// What Meta says is wrong, and what to do about it.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub troubles: Vec<String>,
    /// `CONNECTED` sends; Meta's word.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub status: Option<String>,
    /// `GREEN`, `YELLOW`, `RED`; Meta's word.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub quality: Option<String>,
    /// `STANDARD`, `HIGH`; Meta's word.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub throughput: Option<String>,
    /// `TIER_250` to `TIER_UNLIMITED`; Meta's word.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub messaging_limit: Option<String>,
    /// Whether the number is also in the WhatsApp Business app, which sends at 20 a second.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub coexists: Option<bool>,
    /// Why nothing leaves it now, as we see it: it rests, is blocked or is silent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub silent_because: Option<String>,
}

/// Something that WhatsApp said of a channel.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct ChannelNotice {
    /// When.
    pub at: DateTime<Utc>,
    /// For a marketer.
    pub text: String,
}

/// `GET /v3/channels`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct ChannelList {
    /// All channels of the workspace.
    pub items: Vec<Channel>,
}
