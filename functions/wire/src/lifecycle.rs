//! What is asked of a campaign after its creation, and the record of what was done with it.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Deserializer, Serialize};

use crate::{
    AttestConsent, AudienceId, BusinessHours, CampaignStatus, CampaignTotals, CreateVariant, QuietHours, ReplyRules,
    TemplateContent, TrackedLink,
};

/// Shares in percent, 0 to 100; 100 never pauses. Absent: as usual (10, 2 and 5).
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase", default)]
pub struct PauseAbove {
    /// People who cannot or should not be reached.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(maximum = 100))]
    pub undeliverable_percent: Option<u32>,
    /// Messages that do not fit their template.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(maximum = 100))]
    pub parameters_percent: Option<u32>,
    /// Failures that WhatsApp does not explain.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(maximum = 100))]
    pub unexplained_percent: Option<u32>,
}

/// `PATCH /v3/campaigns/{id}`: what is absent stays as it is. A field that is not here is refused, so that nobody takes
/// an edit for done that was not.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase", default, deny_unknown_fields)]
pub struct EditCampaign {
    /// At any time.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(min_length = 1, max_length = 200))]
    pub name: Option<String>,
    /// Of a draft or a scheduled campaign; empty or null: no time, a draft again.
    #[serde(deserialize_with = "emptied", skip_serializing_if = "Option::is_none")]
    pub scheduled_to: Option<String>,
    /// Sets both the minimum and the maximum, until the campaign has ended.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(minimum = 0, maximum = 604_800))]
    pub seconds_between_messages: Option<f64>,
    /// Until the campaign has ended.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(minimum = 0, maximum = 604_800))]
    pub min_seconds_between_messages: Option<f64>,
    /// Until the campaign has ended.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(minimum = 0, maximum = 604_800))]
    pub max_seconds_between_messages: Option<f64>,
    /// Until the campaign has ended.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(minimum = 0, maximum = 604_800))]
    pub seconds_between_chunks: Option<f64>,
    /// Until the campaign has ended.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(maximum = 3))]
    pub retry_rounds: Option<u32>,
    /// At any time.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(maximum = 720))]
    pub track_max_hours: Option<u32>,
    /// At any time.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub track_all_channels: Option<bool>,
    /// At any time: all of it anew; null: nothing is done any more.
    #[serde(deserialize_with = "given", skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(value_type = Option<ReplyRules>))]
    pub replies: Option<Option<ReplyRules>>,
    /// Until the campaign has ended; shares that are not given stay.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pause_above: Option<PauseAbove>,
    /// Until the campaign has ended; null takes them away.
    #[serde(deserialize_with = "given", skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(value_type = Option<BusinessHours>))]
    pub business_hours: Option<Option<BusinessHours>>,
    /// Saved business hours, which are copied into the campaign as they are now. Or give `businessHours`. Empty or null
    /// takes its hours away.
    #[serde(deserialize_with = "emptied", skip_serializing_if = "Option::is_none")]
    pub business_hours_id: Option<String>,
    /// Until the campaign has ended; null takes them away.
    #[serde(deserialize_with = "given", skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(value_type = Option<QuietHours>))]
    pub quiet_hours: Option<Option<QuietHours>>,
    /// Until the campaign has ended; null takes it away.
    #[serde(deserialize_with = "given", skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(value_type = Option<u32>))]
    pub duration_days: Option<Option<u32>>,
    /// Until the campaign has ended; null takes it away.
    #[serde(deserialize_with = "given", skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(value_type = Option<String>))]
    pub time_zone: Option<Option<String>>,
    /// Until the first message has left.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(minimum = 1, maximum = 1_000_000))]
    pub chunk_size: Option<u64>,
    /// Until the first message has left. Any of `template`, `message`, `assetsUrls` and `variants` replaces all of what
    /// the campaign says.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub template: Option<TemplateContent>,
    /// Until the first message has left.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub message: Option<String>,
    /// Until the first message has left.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub assets_urls: Option<Vec<String>>,
    /// Until the first message has left.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub variants: Option<Vec<CreateVariant>>,
    /// Until the first message has left.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub skip_unfilled: Option<bool>,
    /// As in [`CreateCampaign`]; until the first message.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub links: Option<Vec<TrackedLink>>,
    /// Until the first message has left.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub audience_id: Option<AudienceId>,
    /// The same as `audienceId`, as creations also name it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub leads_asset_url: Option<String>,
    /// Until the campaign has ended; null takes it away.
    #[serde(deserialize_with = "given", skip_serializing_if = "Option::is_none")]
    pub spend_cap: Option<Option<String>>,
    /// The estimated price that somebody agreed to, as with a creation: needed with `scheduledTo` where settings ask for it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub confirmed_price: Option<String>,
    /// That all people of the campaign agreed, where that was not said before; until the first message has left.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub consent_attestation: Option<AttestConsent>,
}

/// A field that is there, even as null.
fn given<'de, T: Deserialize<'de>, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Option<T>>, D::Error> {
    Option::deserialize(deserializer).map(Some)
}

/// A text that is there; null is the empty one.
fn emptied<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<String>, D::Error> {
    Option::<String>::deserialize(deserializer).map(|text| Some(text.unwrap_or_default()))
}

/// What was done with a campaign.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub enum CampaignEvent {
    /// Made, as a draft or with a time.
    Created,
    /// Made as a copy of another.
    Cloned,
    /// A second person said yes to it.
    Approved,
    /// Given a time, or another one.
    Scheduled,
    /// Its time was taken away: a draft again.
    Unscheduled,
    /// Began to send.
    Started,
    /// Stopped for a while, by a person or by itself.
    Paused,
    /// Goes on.
    Resumed,
    /// Stopped for good.
    Cancelled,
    /// Ended by itself: it could not go on.
    Failed,
    /// Fields were changed.
    Edited,
    /// Taken away.
    Deleted,
    /// The failed ones are tried again.
    Retried,
    /// Every recipient has an outcome.
    Completed,
    /// It was complete, then WhatsApp failed messages that are tried again.
    Reopened,
    /// Those of unknown outcome are sent again, as a person decided.
    UnknownsSentAgain,
    /// Those of unknown outcome stay so, as a person decided.
    UnknownsLeft,
    /// Nothing moved for too long.
    Stalled,
    /// It moves again.
    Recovered,
    /// Recipients whose job failed again and again were left out.
    GaveUp,
    /// Jobs that had failed went back to the senders.
    DeadLettersRedriven,
    /// WhatsApp said something new of its template.
    TemplateChanged,
}

/// One line of a campaign's audit.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct AuditLine {
    /// When.
    pub at: DateTime<Utc>,
    /// Who did it; `campanile` when it happened by itself.
    pub who: String,
    /// What was done.
    pub what: CampaignEvent,
    /// Where the campaign stood; absent for its creation.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from: Option<CampaignStatus>,
    /// Where it stands since.
    pub to: CampaignStatus,
    /// Why, where that is not plain.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// Fields that changed, by their names on the wire.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub changed: Vec<ChangedField>,
}

/// A field before and after.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct ChangedField {
    /// Its name on the wire.
    pub field: String,
    /// What it was, where that is short.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub before: Option<String>,
    /// What it is, where that is short.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub after: Option<String>,
}

/// `GET /v3/campaigns/{id}/audit?after=&limit=`: newest first.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct AuditList {
    /// One page.
    pub items: Vec<AuditLine>,
    /// Give it as `after` for the next page; absent on the last.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next: Option<String>,
}

/// What only a person can decide.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub enum DecisionKind {
    /// Messages of which nobody knows whether they were sent, and no receipt came for a day.
    Unknown,
}

/// A decision that waits for a person.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct Decision {
    /// About what.
    pub kind: DecisionKind,
    /// Recipients that it is about.
    pub count: u64,
    /// Since when the first of them waits, to the hour.
    pub since: DateTime<Utc>,
}

/// `POST /v3/campaigns/{id}/unknowns`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct DecideUnknowns {
    /// What becomes of them.
    pub decision: UnknownsDecision,
}

/// What becomes of messages of unknown outcome.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub enum UnknownsDecision {
    /// They are sent again; who has it already gets it twice.
    SendAgain,
    /// They stay as they are.
    Leave,
}

/// What is wrong with a campaign now.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub enum AlertKind {
    /// Messages are due and none gets an outcome.
    Stalled,
    /// The dispatcher did not look when it should have.
    NotDispatched,
    /// It is paused because WhatsApp stopped its template or changed what it costs.
    TemplateChanged,
}

/// Something that is wrong with a campaign now; gone when it is no more.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct Alert {
    /// What.
    pub kind: AlertKind,
    /// Since when.
    pub since: DateTime<Utc>,
    /// For a marketer.
    pub detail: String,
}

/// A job that failed again and again.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct DeadLetter {
    /// Its id.
    pub id: String,
    /// When it was taken out of the dead-letter queue.
    pub received_at: DateTime<Utc>,
    /// The chunk of its recipients.
    pub chunk: u64,
    /// Its recipients: their places in the audience.
    pub indexes: Vec<u64>,
}

/// `GET /v3/campaigns/{id}/dead-letters?after=&limit=`
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct DeadLetterList {
    /// One page.
    pub items: Vec<DeadLetter>,
    /// Give it as `after` for the next page; absent on the last.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next: Option<String>,
}

/// The answer of `POST /v3/campaigns/{id}/dead-letters/redrive`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct Redriven {
    /// Jobs that went back to the senders.
    pub redriven: u64,
    /// Jobs that are still dead: ask again.
    pub left: u64,
}

/// `POST /v3/campaigns/{id}/recount`: empty the first time; for the rest of a large campaign the `next` and the
/// `recount` of the answer before.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase", default)]
pub struct RecountFrom {
    /// The first recipient that was not counted.
    pub next: u64,
    /// What was counted so far.
    pub recount: CampaignTotals,
}

/// The totals beside a count of the messages themselves.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct Recount {
    /// As they are kept.
    pub totals: CampaignTotals,
    /// As the messages say, so far.
    pub recount: CampaignTotals,
    /// Whether the two agree; absent while `next` is there. Between a message and its count lie some seconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub agree: Option<bool>,
    /// The first recipient that was not counted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next: Option<u64>,
}
