//! Campaigns, field for field as the v3 API has them, and what this product adds.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Deserializer, Serialize};

use crate::{
    Alert, AttestConsent, AudienceId, BilledCount, BusinessHours, CampaignId, CampaignTotals, ChannelId,
    ConsentAttestation, CreateVariant, Decision, FailureCount, HealthCheckData, HoursId, PauseAbove, QuietHours,
    ReplyRules, ResultCounts, Spending, TemplateContent, Variant, WaitReason, WorkspaceId, seconds,
};

/// `POST /v3/campaigns`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase", default)]
pub struct CreateCampaign {
    /// For people; 1 to 200 characters.
    #[cfg_attr(feature = "openapi", schema(required, min_length = 1, max_length = 200))]
    pub name: String,
    /// The channel that sends.
    #[cfg_attr(feature = "openapi", schema(required))]
    pub channel_id: String,
    /// For whom it is created, for people.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(max_length = 200))]
    pub operator_name: Option<String>,
    /// Saved business hours, which are copied into the campaign. Or give `businessHours`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub business_hours_id: Option<String>,
    /// `"1"` (WhatsApp) or absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub channel_type: Option<String>,
    /// `"lead"` or absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub lead_type: Option<String>,
    /// Start at this time by itself (RFC 3339). Absent: a draft that waits for `POST /v3/campaigns/{id}/start`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub scheduled_to: Option<String>,
    /// Answered by us: the time that was first asked for. Given, it must be the same moment as `scheduledTo`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub original_scheduled_to: Option<String>,
    /// Answered by us, from the plan: ignored in requests, once it is a time.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub finished_at_prediction: Option<String>,
    /// The contacts file: `leadsAssetUrl` of an upload, or a public `https` address. Or give `audienceId`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub leads_asset_url: Option<String>,
    /// The audience to send to. Or give `leadsAssetUrl`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub audience_id: Option<AudienceId>,
    /// Free words, in which `{{column}}` and `[COLUMN]` stand for the recipient's cells: for people who wrote to the
    /// channel within the last 24 hours. With a `template` the others get that one, without it they get nothing.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub message: Option<String>,
    /// The same, when `message` is absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub text_raw: Option<String>,
    /// One file: with the message, or in the template's header. `assetUrl` of an upload, or a public `https` address.
    #[serde(deserialize_with = "list", skip_serializing_if = "Vec::is_empty")]
    #[cfg_attr(feature = "openapi", schema(value_type = Option<Vec<String>>))]
    pub assets_urls: Vec<String>,
    /// Several wordings, of which each recipient gets one by chance: 2 to 10, instead of `template` and `message`.
    #[serde(deserialize_with = "list", skip_serializing_if = "Vec::is_empty")]
    #[cfg_attr(feature = "openapi", schema(value_type = Option<Vec<CreateVariant>>))]
    pub variants: Vec<CreateVariant>,
    /// Tracked links, at most 20: `{{link:name}}` in a text, or the column `link:name` for a button's address, becomes a
    /// short address of each recipient's own, and who taps it is counted.
    #[serde(deserialize_with = "list", skip_serializing_if = "Vec::is_empty")]
    #[cfg_attr(feature = "openapi", schema(value_type = Option<Vec<TrackedLink>>))]
    pub links: Vec<TrackedLink>,
    /// What is done when some recipients cannot be filled in (an empty cell without a fallback): the start is refused
    /// with their rows (`false`, as usual), or they are skipped (`true`).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub skip_unfilled: Option<bool>,
    /// Into how many chunks to cut the audience; used when `chunkSize` is absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(minimum = 1))]
    pub chunks_count: Option<u64>,
    /// Sets both the minimum and the maximum.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(minimum = 0, maximum = 604_800))]
    pub seconds_between_messages: Option<f64>,
    /// The shortest wait between two messages, in seconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(minimum = 0, maximum = 604_800))]
    pub min_seconds_between_messages: Option<f64>,
    /// The longest wait between two messages, in seconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(minimum = 0, maximum = 604_800))]
    pub max_seconds_between_messages: Option<f64>,
    /// The wait between the last message of a chunk and the first of the next, in seconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(minimum = 0, maximum = 604_800))]
    pub seconds_between_chunks: Option<f64>,
    /// Recipients in a chunk.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(minimum = 1, maximum = 1_000_000))]
    pub chunk_size: Option<u64>,
    /// Rounds of the retry schedule, 0 to 3: ten minutes later, later the same day, the next day. Absent: 0.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(maximum = 3))]
    pub retry_rounds: Option<u32>,
    /// Hours after a message in which a reply counts as its answer, 0 to 720; absent: 72. 0: only one that quotes it.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(maximum = 720))]
    pub track_max_hours: Option<u32>,
    /// Whether replies on other channels of the workspace count too; absent: no.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub track_all_channels: Option<bool>,
    /// What is done when somebody answers.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub replies: Option<ReplyRules>,
    /// Above which shares of its latest 200 outcomes the campaign pauses by itself.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pause_above: Option<PauseAbove>,
    /// When messages may leave; absent: at any time.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub business_hours: Option<BusinessHours>,
    /// When nobody is written to, by the clock of each recipient; absent: nobody's sleep is looked at.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub quiet_hours: Option<QuietHours>,
    /// Spread the audience evenly over this many days on which messages may leave.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(minimum = 1))]
    pub duration_days: Option<u32>,
    /// The campaign's time zone, an IANA name: where its days begin, and the clock of recipients whose country is
    /// unknown. Absent: that of the business hours, or UTC.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub time_zone: Option<String>,
    /// `false` or absent: conversations live in other products.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub should_create_conversation: Option<bool>,
    /// The content.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub template: Option<TemplateContent>,
    /// That all people of the audience agreed to get such messages: recorded with who said so and when.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub consent_attestation: Option<AttestConsent>,
    /// The most that the campaign may cost, in the currency of the workspace's rate card, such as `"250.00"`: it pauses
    /// when what is billed and what is on its way would pass it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub spend_cap: Option<String>,
    /// The estimated price that somebody agreed to: needed with `scheduledTo` where the workspace's settings ask for it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub confirmed_price: Option<String>,
}

/// A list, of which null is the empty one: so many programs write what they leave out.
pub(crate) fn list<'de, T: Deserialize<'de>, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<T>, D::Error> {
    Option::<Vec<T>>::deserialize(deserializer).map(Option::unwrap_or_default)
}

/// The yes of a second person.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct Approval {
    /// Who.
    pub who: String,
    /// When.
    pub at: DateTime<Utc>,
}

/// Where a link leads whose taps are counted.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct TrackedLink {
    /// 1 to 40 small letters, digits, `-` and `_`; no two are the same.
    pub name: String,
    /// A public `https` address, the same for everybody.
    pub url: String,
}

/// Where a campaign stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub enum CampaignStatus {
    /// Made, waits for its start.
    Draft,
    /// Starts by itself at `scheduledTo`.
    Scheduled,
    /// Sending.
    Processing,
    /// Stopped by a person or a breaker; can be resumed.
    Paused,
    /// Every recipient has an outcome.
    Completed,
    /// Stopped for good.
    Cancelled,
    /// Could not go on; `statusReason` says why.
    Failed,
}

/// A campaign as the API answers it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct Campaign {
    /// Its id.
    pub id: CampaignId,
    /// The same, under the name that v3 clients also read.
    #[serde(rename = "_id")]
    pub underscore_id: CampaignId,
    /// For people.
    pub name: String,
    /// The channel that sends.
    pub channel_id: ChannelId,
    /// Who created it: the id of a member or of a token; empty for a token without one.
    pub operator_id: String,
    /// For whom it was created, for people.
    pub operator_name: String,
    /// The saved business hours that it was created with, as long as it keeps them; `businessHours` is the copy.
    #[cfg_attr(feature = "openapi", schema(required))]
    pub business_hours_id: Option<HoursId>,
    /// `"1"`: WhatsApp.
    pub channel_type: String,
    /// `"lead"`.
    pub lead_type: String,
    /// When it starts or started.
    #[cfg_attr(feature = "openapi", schema(required))]
    pub scheduled_to: Option<DateTime<Utc>>,
    /// When the next message is due; absent when nothing is.
    #[cfg_attr(feature = "openapi", schema(required))]
    pub next_scheduled_to: Option<DateTime<Utc>>,
    /// Why the next message is not due before; absent when nothing is due.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub waiting_for: Option<WaitReason>,
    /// The time that was first asked for.
    #[cfg_attr(feature = "openapi", schema(required))]
    pub original_scheduled_to: Option<DateTime<Utc>>,
    /// When the last message is due by the plan; of a draft, if it had been started when it was created.
    #[cfg_attr(feature = "openapi", schema(required))]
    pub finished_at_prediction: Option<DateTime<Utc>>,
    /// The contacts file.
    pub leads_asset_url: String,
    /// The audience made from it.
    pub audience_id: AudienceId,
    /// Free words; empty for template campaigns.
    pub message: String,
    /// The same.
    pub text_raw: String,
    /// The file with them, or in the template's header.
    pub assets_urls: Vec<String>,
    /// Its wordings, where there are several; `template` and `message` are then the first one's.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub variants: Vec<Variant>,
    /// Who said yes to it, where a second person must.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub approval: Option<Approval>,
    /// Its tracked links.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub links: Vec<TrackedLink>,
    /// Whether it may still send: scheduled or processing.
    pub active: bool,
    /// Always false: conversations live in other products.
    pub should_create_conversation: bool,
    /// Where it stands.
    pub status: CampaignStatus,
    /// Why it stands there, where that is not plain.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub status_reason: Option<String>,
    /// When a paused campaign goes on by itself, where what stopped it passes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub resumes_at: Option<DateTime<Utc>>,
    /// Chunks in all.
    pub chunks_count: u64,
    /// Recipients in all.
    pub leads_count: u64,
    /// The mean wait between two messages, in seconds.
    #[serde(serialize_with = "seconds::serialize")]
    pub seconds_between_messages: f64,
    /// The shortest wait between two messages, in seconds.
    #[serde(serialize_with = "seconds::serialize")]
    pub min_seconds_between_messages: f64,
    /// The longest wait between two messages, in seconds.
    #[serde(serialize_with = "seconds::serialize")]
    pub max_seconds_between_messages: f64,
    /// The wait between chunks, in seconds.
    #[serde(serialize_with = "seconds::serialize")]
    pub seconds_between_chunks: f64,
    /// Whether replies on other channels of the workspace count as answers too.
    pub track_all_channels: bool,
    /// Hours after a message in which a reply counts as its answer; 0: only one that quotes it.
    pub track_max_hours: u32,
    /// What is done when somebody answers; absent: nothing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub replies: Option<ReplyRules>,
    /// Recipients in a chunk.
    pub chunk_size: u64,
    /// Rounds of the retry schedule.
    pub retry_rounds: u32,
    /// When messages may leave; absent: at any time.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub business_hours: Option<BusinessHours>,
    /// When nobody is written to, by the clock of each recipient.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub quiet_hours: Option<QuietHours>,
    /// Over how many days the audience is spread.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub duration_days: Option<u32>,
    /// The campaign's time zone, an IANA name, where one was given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub time_zone: Option<String>,
    /// The template and what fills it; `{}` for free words.
    #[serde(default)]
    pub template: TemplateContent,
    /// Who said that its people agreed to get such messages; absent: nobody did.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub consent_attestation: Option<ConsentAttestation>,
    /// Since when what became of each recipient is kept no longer; the totals stay.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub messages_deleted_at: Option<DateTime<Utc>>,
    /// Share of the recipients that have an outcome, 0 to 100.
    #[serde(serialize_with = "seconds::serialize")]
    pub progress: f64,
    /// What came of it, in the v3 API's words.
    pub result_counts: ResultCounts,
    /// What came of it, exactly: these add up to `leadsCount`.
    pub totals: CampaignTotals,
    /// Why messages failed, most frequent first.
    pub failures: Vec<FailureCount>,
    /// What WhatsApp bills those on the phone as, most frequent first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub billed: Vec<BilledCount>,
    /// What it has cost so far.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub spending: Option<Spending>,
    /// Recipients with an outcome.
    pub messages_processed: u64,
    /// When the last outcome was counted.
    #[cfg_attr(feature = "openapi", schema(required))]
    pub last_message_processed_at: Option<DateTime<Utc>>,
    /// Whether it is alive.
    pub health_check_data: HealthCheckData,
    /// What is wrong with it now.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub alerts: Vec<Alert>,
    /// What only a person can decide.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub decisions: Vec<Decision>,
    /// Jobs that failed again and again.
    #[serde(default)]
    pub dead_letters: u64,
    /// Whose it is.
    pub workspace_id: WorkspaceId,
    /// When it was created.
    pub created_at: DateTime<Utc>,
    /// When it last changed.
    pub last_update_at: DateTime<Utc>,
    /// The same, under the name that v3 clients also read.
    pub updated_at: DateTime<Utc>,
}

/// `GET /v3/campaigns`: newest first.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct CampaignList {
    /// One page.
    pub items: Vec<Campaign>,
    /// Give it as `after` for the next page; absent on the last.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next: Option<String>,
}
