//! Webhooks out: where a workspace's events go, what they look like, and what became of each.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use crate::{CampaignId, CampaignStatus, ChannelId, DeliveryId, WebhookId};

/// What happened.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub enum WebhookEventKind {
    /// A campaign began to send.
    #[serde(rename = "campaign.started")]
    CampaignStarted,
    /// It stopped for a while, by a person or by itself.
    #[serde(rename = "campaign.paused")]
    CampaignPaused,
    /// It goes on.
    #[serde(rename = "campaign.resumed")]
    CampaignResumed,
    /// Every recipient has an outcome.
    #[serde(rename = "campaign.completed")]
    CampaignCompleted,
    /// It failed as a whole.
    #[serde(rename = "campaign.failed")]
    CampaignFailed,
    /// It was stopped for good.
    #[serde(rename = "campaign.cancelled")]
    CampaignCancelled,
    /// WhatsApp took a message.
    #[serde(rename = "message.accepted")]
    MessageAccepted,
    /// It is on the phone.
    #[serde(rename = "message.delivered")]
    MessageDelivered,
    /// It was read.
    #[serde(rename = "message.read")]
    MessageRead,
    /// It will not arrive.
    #[serde(rename = "message.failed")]
    MessageFailed,
    /// Somebody answered: wrote, or tapped a button.
    #[serde(rename = "reply.received")]
    ReplyReceived,
    /// Somebody wants no more messages.
    #[serde(rename = "contact.optedOut")]
    ContactOptedOut,
    /// WhatsApp said something of a number or of its account.
    #[serde(rename = "channel.alert")]
    ChannelAlert,
    /// WhatsApp said something of a template.
    #[serde(rename = "template.alert")]
    TemplateAlert,
    /// Somebody tries a webhook out; every webhook gets its own.
    #[serde(rename = "webhook.test")]
    WebhookTest,
}

impl WebhookEventKind {
    /// As it stands in JSON.
    pub fn as_str(self) -> &'static str {
        match self {
            WebhookEventKind::CampaignStarted => "campaign.started",
            WebhookEventKind::CampaignPaused => "campaign.paused",
            WebhookEventKind::CampaignResumed => "campaign.resumed",
            WebhookEventKind::CampaignCompleted => "campaign.completed",
            WebhookEventKind::CampaignFailed => "campaign.failed",
            WebhookEventKind::CampaignCancelled => "campaign.cancelled",
            WebhookEventKind::MessageAccepted => "message.accepted",
            WebhookEventKind::MessageDelivered => "message.delivered",
            WebhookEventKind::MessageRead => "message.read",
            WebhookEventKind::MessageFailed => "message.failed",
            WebhookEventKind::ReplyReceived => "reply.received",
            WebhookEventKind::ContactOptedOut => "contact.optedOut",
            WebhookEventKind::ChannelAlert => "channel.alert",
            WebhookEventKind::TemplateAlert => "template.alert",
            WebhookEventKind::WebhookTest => "webhook.test",
        }
    }
}

/// The body of a request to a webhook, as Standard Webhooks has it. The same event comes with the same `webhook-id` each
/// time that it comes; it may come more than once, and later than another that happened after it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct WebhookEvent {
    /// What happened.
    #[serde(rename = "type")]
    pub kind: WebhookEventKind,
    /// When.
    pub timestamp: DateTime<Utc>,
    /// To what.
    pub data: WebhookData,
}

/// What an event is about: the fields that its kind has.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase", default)]
pub struct WebhookData {
    /// The campaign.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub campaign_id: Option<CampaignId>,
    /// What people call it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub campaign_name: Option<String>,
    /// Where it stands since.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub status: Option<CampaignStatus>,
    /// Who did it; `campanile` for what happened by itself.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub who: Option<String>,
    /// Why, in words.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// The recipient's place in the audience.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub index: Option<u64>,
    /// The person's number, E.164.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub phone: Option<String>,
    /// WhatsApp's id of the campaign's message.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub message_id: Option<String>,
    /// Which try it was, from 1.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub attempt: Option<u32>,
    /// WhatsApp's code of a failure, a restriction or an opt-out.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub code: Option<u32>,
    /// WhatsApp's id of what the person wrote.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reply_id: Option<String>,
    /// Its words, or the tapped button's; in alerts what WhatsApp said.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub text: Option<String>,
    /// The number of ours that sends, or that was written to.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub channel_id: Option<ChannelId>,
    /// The template.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub template_name: Option<String>,
    /// Its language.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub template_language: Option<String>,
}

/// A webhook.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct Webhook {
    /// Its id.
    pub id: WebhookId,
    /// Where events go.
    pub url: String,
    /// For people.
    pub description: String,
    /// Which events.
    pub events: Vec<WebhookEventKind>,
    /// Whether events go there.
    pub enabled: bool,
    /// Why not.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub disabled_because: Option<String>,
    /// Since when no event arrived; absent while they do.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub failing_since: Option<DateTime<Utc>>,
    /// Until when the secret before this one signs too; absent when there is none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub old_secret_until: Option<DateTime<Utc>>,
    /// Who made it.
    pub created_by: String,
    /// When.
    pub created_at: DateTime<Utc>,
    /// When it last changed.
    pub updated_at: DateTime<Utc>,
}

/// `GET /v3/webhooks`
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct WebhookList {
    /// All of them, oldest first.
    pub items: Vec<Webhook>,
}

/// `POST /v3/webhooks`
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct CreateWebhook {
    /// Where events go: a public `https` address.
    #[cfg_attr(feature = "openapi", schema(min_length = 1, max_length = 2000))]
    pub url: String,
    /// Which events; at least one.
    #[cfg_attr(feature = "openapi", schema(min_items = 1))]
    pub events: Vec<WebhookEventKind>,
    /// For people.
    #[serde(default)]
    #[cfg_attr(feature = "openapi", schema(max_length = 200))]
    pub description: String,
}

/// `PATCH /v3/webhooks/{id}`: what is absent stays.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase", default, deny_unknown_fields)]
pub struct EditWebhook {
    /// Where events go: a public `https` address.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub url: Option<String>,
    /// Which events; at least one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub events: Option<Vec<WebhookEventKind>>,
    /// For people.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// Whether events go there; what happens while they do not is not made up for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub enabled: Option<bool>,
}

/// A webhook with its secret, which is shown only now.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct CreatedWebhook {
    /// The webhook.
    #[serde(flatten)]
    pub webhook: Webhook,
    /// Signs what goes there: `whsec_` and base64, as libraries of Standard Webhooks take it.
    pub secret: String,
}

/// How far an event got on its way to one webhook.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub enum DeliveryStatus {
    /// It is on its way, or waits for its next try.
    Waiting,
    /// It was answered with a 2xx.
    Delivered,
    /// It is not tried again by itself.
    Dead,
}

/// An event on its way to a webhook.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct Delivery {
    /// Its id: the header `webhook-id` of every try.
    pub id: DeliveryId,
    /// What happened.
    #[serde(rename = "type")]
    pub kind: WebhookEventKind,
    /// When.
    pub happened_at: DateTime<Utc>,
    /// How far it got.
    pub status: DeliveryStatus,
    /// Tries so far.
    pub attempts: u32,
    /// When it was last tried.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub attempted_at: Option<DateTime<Utc>>,
    /// The status of the last answer; absent where there was none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub answer_status: Option<u16>,
    /// The beginning of the last answer, or why there was none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub answer: Option<String>,
    /// When it is tried next.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next_attempt_at: Option<DateTime<Utc>>,
    /// Whether its body is still kept, so that it can be delivered again: what is about a person is not, once it arrived.
    pub is_kept: bool,
}

/// `GET /v3/webhooks/{id}/deliveries`
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct DeliveryList {
    /// One page, newest first.
    pub items: Vec<Delivery>,
    /// Where the next page begins; absent on the last.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next: Option<String>,
}
