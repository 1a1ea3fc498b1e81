//! What came of a campaign, and of all campaigns of a period: for managers, where `Campaign` is for whoever watches it.

use chrono::{DateTime, NaiveDate, Utc};
use serde::{Deserialize, Serialize};

use crate::{CampaignId, CampaignStatus, CampaignTotals, ChannelId, Spending, WaitReason};

/// `GET /v3/campaigns/{id}/report`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct CampaignReport {
    /// The campaign.
    pub campaign_id: CampaignId,
    /// For people.
    pub name: String,
    /// Where it stands.
    pub status: CampaignStatus,
    /// When it started or will.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub started_at: Option<DateTime<Utc>>,
    /// When the last outcome was counted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_outcome_at: Option<DateTime<Utc>>,
    /// How many came how far.
    pub funnel: Funnel,
    /// The same in percent.
    pub rates: FunnelRates,
    /// Where its people are; these add up to the audience.
    pub totals: CampaignTotals,
    /// People who asked for no more messages by an answer to this one.
    pub opted_out: u64,
    /// How often tracked links were opened, by anybody as often as he likes.
    pub link_opens: u64,
    /// What happened when.
    pub timeline: TimelineReport,
    /// Why messages failed, most frequent first.
    pub failures: Vec<FailureReport>,
    /// Why people were left out, most frequent first.
    pub skipped: Vec<SkippedReport>,
    /// By wording, where there are several.
    pub variants: Vec<VariantReport>,
    /// By chunk: the 1,000 latest.
    pub chunks: Vec<ChunkReport>,
    /// By country, most messages first.
    pub countries: Vec<CountryReport>,
    /// The pace that was really kept.
    pub pace: PaceReport,
    /// What was estimated and what was billed.
    pub spending: Spending,
}

/// How many came how far; each includes those further on.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct Funnel {
    /// Recipients in all.
    pub audience: u64,
    /// Taken by WhatsApp and not failed.
    pub accepted: u64,
    /// On the phone.
    pub delivered: u64,
    /// Read.
    pub read: u64,
    /// Answered.
    pub replied: u64,
    /// Tapped a button or a link.
    pub clicked: u64,
}

/// Shares in percent, with two places; absent where nothing can be divided by.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct FunnelRates {
    /// Of the audience: accepted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub accepted_percent: Option<f64>,
    /// Of the accepted: delivered.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub delivered_percent: Option<f64>,
    /// Of the delivered: read.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub read_percent: Option<f64>,
    /// Of the delivered: answered.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub replied_percent: Option<f64>,
    /// Of the delivered: tapped.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub clicked_percent: Option<f64>,
    /// Of the delivered: asked for no more.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub opted_out_percent: Option<f64>,
    /// Of those who were tried: failed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub failed_percent: Option<f64>,
}

/// At most about sixty points, longer ones the longer the campaign lasts.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct TimelineReport {
    /// Minutes of a point.
    pub minutes: u32,
    /// Those in which something happened.
    pub points: Vec<TimelinePoint>,
}

/// What happened within a point: by the time at which it did, not at which it was heard of.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct TimelinePoint {
    /// When it begins.
    pub at: DateTime<Utc>,
    /// Messages that left and that WhatsApp took.
    pub accepted: u64,
    /// Messages that reached the phone.
    pub delivered: u64,
    /// Messages that were read.
    pub read: u64,
    /// Messages that failed.
    pub failed: u64,
}

/// Messages that failed with one code.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct FailureReport {
    /// Meta's code.
    pub code: u32,
    /// What it means.
    pub title: String,
    /// What to do about it.
    pub advice: String,
    /// Whether `POST /v3/campaigns/{id}/retry` gives them another attempt.
    pub can_be_retried: bool,
    /// Messages.
    pub count: u64,
}

/// People left out for one reason.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct SkippedReport {
    /// Why, in words.
    pub reason: String,
    /// People.
    pub count: u64,
}

/// What came of one wording.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct VariantReport {
    /// For people.
    pub name: String,
    /// How many came how far.
    pub funnel: Funnel,
    /// Failed.
    pub failed: u64,
}

/// What came of one chunk.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct ChunkReport {
    /// From 0.
    pub chunk: u64,
    /// How many came how far.
    pub funnel: Funnel,
    /// Failed.
    pub failed: u64,
}

/// What came of one country.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct CountryReport {
    /// Two letters; absent where a number tells none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub country: Option<String>,
    /// Taken by WhatsApp and not failed.
    pub accepted: u64,
    /// On the phone.
    pub delivered: u64,
    /// Read.
    pub read: u64,
    /// Answered.
    pub replied: u64,
    /// Failed.
    pub failed: u64,
    /// Left out.
    pub skipped: u64,
    /// What was billed, where there is a rate.
    pub billed: String,
}

/// The pace that was really kept, by the instants at which messages were taken in hand: each left right after.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct PaceReport {
    /// Attempts.
    pub attempts: u64,
    /// The most in one second of the clock.
    pub largest_second: u32,
    /// The mean wait between two.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mean_gap_seconds: Option<f64>,
    /// Those that left longer after the one before than was asked for, by reason, the most first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub waited: Vec<WaitCount>,
    /// The first.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub first_at: Option<DateTime<Utc>>,
    /// The last.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_at: Option<DateTime<Utc>>,
}

/// How many messages waited for something.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct WaitCount {
    /// What they waited for.
    pub reason: WaitReason,
    /// How many.
    pub messages: u64,
}

/// `GET /v3/reports?from=&to=`: all campaigns that started within a period. One that was deleted after it had sent is
/// among them for as long as its record stays: 180 days.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct PeriodReport {
    /// The first day, UTC.
    pub from: NaiveDate,
    /// The last day, UTC.
    pub to: NaiveDate,
    /// All of them.
    pub all: PeriodSum,
    /// By the channel that sent.
    pub channels: Vec<ChannelSum>,
    /// By the day of the start.
    pub days: Vec<DaySum>,
    /// Whether every campaign that could have started within the period was looked at. One may wait as a draft for years:
    /// of tens of thousands that were created before the end of the period, only the latest may be looked at.
    pub is_complete: bool,
}

/// Sums over campaigns.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct PeriodSum {
    /// Campaigns.
    pub campaigns: u64,
    /// How many people came how far.
    pub funnel: Funnel,
    /// Failed.
    pub failed: u64,
    /// Asked for no more messages.
    pub opted_out: u64,
    /// The rate card's currency.
    pub currency: String,
    /// What was billed.
    pub billed: String,
}

/// The sums of one channel.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct ChannelSum {
    /// The channel.
    pub channel_id: ChannelId,
    /// Its sums.
    #[serde(flatten)]
    pub sum: PeriodSum,
}

/// The sums of one day.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct DaySum {
    /// The day, UTC.
    pub day: NaiveDate,
    /// Its sums.
    #[serde(flatten)]
    pub sum: PeriodSum,
}
