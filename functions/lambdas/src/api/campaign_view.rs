//! A campaign as the API answers it: a pure function of its record and its totals.

use std::collections::BTreeMap;

use campaigns::creation::{CHANNEL_TYPE, LEAD_TYPE};
use campaigns::health::{Trouble, trouble};
use campaigns::lifecycle::is_active;
use campaigns::send_error;
use campaigns::totals::Totals;
use campaigns::tracking::TrackedChannels;
use chrono::{DateTime, Utc};
use wire::{
    Alert, AlertKind, BilledCount, Campaign, CampaignStatus, ChunkCounts, Content, Decision, DecisionKind,
    FailureCount, HealthCheckData, Variant,
};

use crate::clock::time_of_millis;
use crate::dispatcher::UNKNOWN_STANDS_MS;
use crate::storage::assets::media_url;
use crate::storage::campaigns::CampaignRecord;
use crate::storage::files::{asset_url, upload_key};
use crate::storage::totals::{StandingUnknowns, TotalsRecord};
use crate::storage::upkeep::{Drift, SweepKind};

/// The totals of a campaign's chunks, as far as they were read.
#[derive(Debug, Clone, Copy)]
pub enum Chunks<'a> {
    /// A list of campaigns does not read them.
    NotRead,
    /// The latest chunks that have totals, rising; all of them where the first is chunk 0 or nothing is missing.
    Latest(&'a [(u64, Totals)]),
}

/// The campaign for the wire at `now` (milliseconds). `bucket` is where its contacts file lies.
pub fn campaign(
    record: &CampaignRecord,
    counted: &TotalsRecord,
    chunks: Chunks<'_>,
    bucket: &str,
    now: i64,
) -> Campaign {
    let totals = &counted.totals;
    let settled = totals.settled();
    let last_outcome_at = counted.last_outcome_at.map(time_of_millis);
    Campaign {
        id: record.id.clone(),
        underscore_id: record.id.clone(),
        name: record.name.clone(),
        channel_id: record.channel_id.clone(),
        operator_id: operator_id(record),
        operator_name: record.operator_name.clone(),
        business_hours_id: record.business_hours_id.clone(),
        channel_type: CHANNEL_TYPE.to_owned(),
        lead_type: LEAD_TYPE.to_owned(),
        scheduled_to: record.scheduled_to.map(time_of_millis),
        next_scheduled_to: next_due(record),
        waiting_for: next_due(record).and(record.cursor_wait),
        original_scheduled_to: record.original_scheduled_to.map(time_of_millis),
        finished_at_prediction: record.finished_at_prediction.map(time_of_millis),
        leads_asset_url: asset_url(bucket, &upload_key(record.workspace_id, &record.audience_id)),
        audience_id: record.audience_id.clone(),
        message: free_text(&record.content),
        text_raw: free_text(&record.content),
        assets_urls: assets_urls(&record.content),
        variants: variants(record, counted),
        approval: record
            .approval
            .as_ref()
            .map(|yes| wire::Approval { who: yes.who.clone(), at: time_of_millis(yes.at) }),
        links: record.links.as_ref().map(|links| links.links.clone()).unwrap_or_default(),
        active: is_active(record.status),
        should_create_conversation: false,
        status: record.status,
        status_reason: record.status_reason.clone(),
        resumes_at: record.upkeep.resumes_at.map(time_of_millis),
        chunks_count: record.plan().chunks(),
        leads_count: record.recipients,
        seconds_between_messages: seconds(record.min_gap_ms + record.max_gap_ms) / 2.0,
        min_seconds_between_messages: seconds(record.min_gap_ms),
        max_seconds_between_messages: seconds(record.max_gap_ms),
        seconds_between_chunks: seconds(record.between_chunks_ms),
        track_all_channels: record.tracking.channels == TrackedChannels::All,
        track_max_hours: record.tracking.max_hours,
        replies: record.replies.clone(),
        chunk_size: u64::from(record.chunk_size),
        retry_rounds: record.retry_rounds,
        business_hours: record.timing.hours.map(Into::into),
        quiet_hours: record.timing.quiet.map(Into::into),
        duration_days: record.timing.duration_days,
        time_zone: record.timing.time_zone.map(Into::into),
        template: record.content.template().cloned().unwrap_or_default(),
        consent_attestation: record.attestation.clone().map(Into::into),
        messages_deleted_at: record.upkeep.lapse.messages_since.map(time_of_millis),
        progress: progress(settled, record.recipients),
        result_counts: totals.result_counts(by_chunk(record, chunks), chunks_executed(record, totals, chunks)),
        totals: totals.campaign_totals(record.recipients),
        failures: failures(totals),
        billed: billed(totals),
        spending: None,
        messages_processed: settled,
        last_message_processed_at: last_outcome_at,
        health_check_data: health(record, settled, last_outcome_at),
        alerts: alerts(record, counted, now),
        decisions: decisions(record, counted, now),
        dead_letters: counted.dead_letters,
        workspace_id: record.workspace_id,
        created_at: time_of_millis(record.created_at),
        last_update_at: time_of_millis(record.updated_at),
        updated_at: time_of_millis(record.updated_at),
    }
}

/// The member who made it, or the token that did.
fn operator_id(record: &CampaignRecord) -> String {
    let member = record.created_by.as_ref().map(ToString::to_string);
    member.or_else(|| record.created_by_token.as_ref().map(ToString::to_string)).unwrap_or_default()
}

fn free_text(content: &Content) -> String {
    content.free().map(|free| free.text.clone()).unwrap_or_default()
}

fn assets_urls(content: &Content) -> Vec<String> {
    let media = match content {
        Content::Free(free) => &free.media,
        Content::Template(template) => &template.header_media,
    };
    media.iter().filter_map(media_url).collect()
}

/// The wordings, where there are several, with what came of each.
fn variants(record: &CampaignRecord, counted: &TotalsRecord) -> Vec<Variant> {
    let Some(first) = &record.first_variant else { return Vec::new() };
    let others = record.variants.iter().map(|other| (other.name.as_str(), &other.content));
    let all = std::iter::once((first.as_str(), &record.content)).chain(others).enumerate();
    let variant = |(place, (name, content)): (usize, (&str, &Content))| Variant {
        name: name.to_owned(),
        template: content.template().cloned(),
        message: free_text(content),
        assets_urls: content.free().map(|_| assets_urls(content)).unwrap_or_default(),
        totals: counted.of_variant(place).campaign_totals(0),
    };
    all.map(variant).collect()
}

fn seconds(milliseconds: u64) -> f64 {
    milliseconds as f64 / 1_000.0
}

/// When the next recipient is due, while one is.
fn next_due(record: &CampaignRecord) -> Option<DateTime<Utc>> {
    let waits = is_active(record.status) && !record.is_cut();
    waits.then(|| time_of_millis(record.cursor_due_at_micros / 1_000))
}

fn progress(settled: u64, recipients: u64) -> f64 {
    if recipients == 0 {
        return 0.0;
    }
    (settled as f64 * 100.0 / recipients as f64).min(100.0)
}

fn by_chunk(record: &CampaignRecord, chunks: Chunks<'_>) -> BTreeMap<String, ChunkCounts> {
    let plan = record.plan();
    let counts =
        |(chunk, totals): &(u64, Totals)| (chunk.to_string(), totals.chunk_counts(plan.recipients_of_chunk(*chunk)));
    match chunks {
        Chunks::NotRead => BTreeMap::new(),
        Chunks::Latest(latest) => latest.iter().map(counts).collect(),
    }
}

/// Chunks whose recipients all have an outcome. Of chunks before those that were read it is known how many recipients
/// have none, and each can keep one chunk open at most: the number may lag, it is never too high.
fn chunks_executed(record: &CampaignRecord, totals: &Totals, chunks: Chunks<'_>) -> u64 {
    let plan = record.plan();
    let (latest, unread) = match chunks {
        Chunks::NotRead => (&[][..], plan.chunks()),
        Chunks::Latest(latest) => (latest, latest.first().map_or(0, |(chunk, _)| *chunk)),
    };
    let is_executed = |(chunk, totals): &&(u64, Totals)| totals.settled() == plan.recipients_of_chunk(*chunk);
    let executed = latest.iter().filter(is_executed).count() as u64;
    let settled_in_latest: u64 = latest.iter().map(|(_, totals)| totals.settled()).sum();
    let recipients_before = (unread * u64::from(record.chunk_size)).min(record.recipients);
    let open_before = recipients_before.saturating_sub(totals.settled().saturating_sub(settled_in_latest));
    executed + unread.saturating_sub(open_before)
}

/// Most frequent first; of the same count the smaller code.
fn failures(totals: &Totals) -> Vec<FailureCount> {
    let count =
        |(code, count): (&u32, &u64)| FailureCount { code: *code, title: send_error::title(*code), count: *count };
    let mut failures: Vec<FailureCount> = totals.failed_by_code.iter().map(count).collect();
    failures.sort_by_key(|failure| (std::cmp::Reverse(failure.count), failure.code));
    failures
}

/// Most frequent first; of the same count by name.
fn billed(totals: &Totals) -> Vec<BilledCount> {
    let count = |(name, count): (&String, &u64)| {
        let (category, kind) = name.split_once('/').unwrap_or((name, ""));
        BilledCount { category: category.to_owned(), kind: kind.to_owned(), count: *count }
    };
    let mut billed: Vec<BilledCount> = totals.priced.iter().map(count).collect();
    billed.sort_by_key(|billed| std::cmp::Reverse(billed.count));
    billed
}

/// What is wrong now, by the same rule as the dispatcher's: it may be the dispatcher that is dead.
fn alerts(record: &CampaignRecord, counted: &TotalsRecord, now: i64) -> Vec<Alert> {
    let standing = record.standing(counted, now);
    let alert = |Trouble { kind, since }: Trouble| {
        let minutes = (now - since) / 60_000;
        let detail = match kind {
            AlertKind::Stalled => format!("Messages are due and none has had an outcome for {minutes} minutes."),
            AlertKind::NotDispatched => format!("Nothing has looked after this campaign for {minutes} minutes."),
            AlertKind::TemplateChanged => "WhatsApp changed the campaign's template.".to_owned(),
        };
        Alert { kind, since: time_of_millis(since), detail }
    };
    trouble(&standing, now).map(alert).into_iter().chain(template_alerts(record)).collect()
}

/// That it stands paused while WhatsApp stopped a template of it, or changed what that costs: each by itself.
fn template_alerts(record: &CampaignRecord) -> Vec<Alert> {
    let alert = |drift: &Drift| Alert {
        kind: AlertKind::TemplateChanged,
        since: time_of_millis(if drift.at > 0 { drift.at * 1_000 } else { record.updated_at }),
        detail: match drift.words.as_str() {
            "" => record.status_reason.clone().unwrap_or_default(),
            words => words.to_owned(),
        },
    };
    let stopped = record.upkeep.stopped().filter(|_| record.status == CampaignStatus::Paused);
    stopped.map(alert).collect()
}

/// What only a person can decide: unknown outcomes after a day without a receipt, once, unless it was decided or the
/// messages are no longer kept.
fn decisions(record: &CampaignRecord, counted: &TotalsRecord, now: i64) -> Vec<Decision> {
    let is_carried_out = record.upkeep.sweep.is_some_and(|sweep| sweep.kind == SweepKind::Unknown);
    let standing = counted.standing_unknowns(now - UNKNOWN_STANDS_MS, record.upkeep.unknowns_left_until);
    let decision = |standing: StandingUnknowns| Decision {
        kind: DecisionKind::Unknown,
        count: standing.count,
        since: time_of_millis(standing.since),
    };
    standing.filter(|_| !is_carried_out && !record.has_lapsed()).map(decision).into_iter().collect()
}

fn health(record: &CampaignRecord, settled: u64, last_outcome_at: Option<DateTime<Utc>>) -> HealthCheckData {
    let next = match record.status {
        CampaignStatus::Scheduled | CampaignStatus::Processing => record.due_at,
        CampaignStatus::Draft
        | CampaignStatus::Paused
        | CampaignStatus::Completed
        | CampaignStatus::Cancelled
        | CampaignStatus::Failed => None,
    };
    HealthCheckData {
        messages_processed: settled,
        last_message_processed_at: last_outcome_at,
        health_check_executions: record.dispatches,
        job_id: record.last_chunk.map(|_| format!("{}-{}", record.id, record.cursor_index)).unwrap_or_default(),
        chunk_id: record.last_chunk.map(|chunk| chunk.to_string()).unwrap_or_default(),
        next_health_check_at: next.map(time_of_millis),
        last_health_check_at: record.last_dispatch_at.map(time_of_millis),
    }
}

#[cfg(test)]
#[path = "campaign_view_tests.rs"]
pub(crate) mod tests;
