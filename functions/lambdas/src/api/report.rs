//! A campaign's report: a pure function of its record, its totals and the rate card. Nothing is read for it that the
//! campaign's own page does not read too.

use std::cmp::Reverse;
use std::sync::Arc;

use axum::Json;
use axum::extract::{Path, State};
use campaigns::breakdown::{Breakdown, Departures, Point, Timeline};
use campaigns::phone::NO_COUNTRY;
use campaigns::rates::amount;
use campaigns::send_error;
use campaigns::totals::Totals;
use wire::{
    CampaignId, CampaignReport, ChunkReport, CountryReport, FailureReport, Funnel, FunnelRates, PaceReport,
    SkippedReport, TimelinePoint, TimelineReport, VariantReport, WaitCount, WaitReason,
};

use super::answers;
use super::caller::Caller;
use super::campaigns::find;
use super::problem::ApiError;
use crate::App;
use crate::clock::time_of_millis;
use crate::spending::{self, Money};
use crate::storage::campaigns::CampaignRecord;
use crate::storage::rate_cards;
use crate::storage::totals::{self, Scope, TotalsRecord};

/// `GET /v3/campaigns/{id}/report`
#[utoipa::path(
    get,
    path = "/v3/campaigns/{id}/report",
    tag = "Money and reports",
    operation_id = "showReport",
    summary = "Sums a campaign up: funnel, timeline, failures, pace and money.",
    params(("id" = String, Path, description = "The campaign's id.")),
    responses(
        (status = 200, description = "The report.", body = wire::CampaignReport),
        answers::Reads, answers::ReadsPath, answers::NotFound,
    ),
)]
pub async fn show(
    State(app): State<Arc<App>>,
    caller: Caller,
    Path(id): Path<CampaignId>,
) -> Result<Json<CampaignReport>, ApiError> {
    let record = find(&app, &caller, &id).await?;
    Ok(Json(of(&app, &record).await?))
}

/// The report of a campaign as it stands: the same for whoever reads it and for a file.
pub(crate) async fn of(app: &App, record: &CampaignRecord) -> anyhow::Result<CampaignReport> {
    let counted = totals::get(app, &record.id, Scope::Campaign);
    let chunks = totals::chunks(app, &record.id);
    let card = rate_cards::read(app, record.workspace_id);
    let (counted, chunks, card) = futures::future::try_join3(counted, chunks, card).await?;
    let money = spending::money(app, &rate_cards::parsed(&card)?, record, &counted);
    Ok(report(record, &counted, &chunks, money))
}

fn report(record: &CampaignRecord, counted: &TotalsRecord, chunks: &[(u64, Totals)], money: Money) -> CampaignReport {
    let (totals, breakdown) = (&counted.totals, &counted.breakdown);
    let funnel = funnel(totals, record.recipients);
    let plan = record.plan();
    CampaignReport {
        campaign_id: record.id.clone(),
        name: record.name.clone(),
        status: record.status,
        started_at: record.scheduled_to.map(time_of_millis),
        last_outcome_at: counted.last_outcome_at.map(time_of_millis),
        rates: rates(funnel, breakdown.opted_out, totals.failed),
        funnel,
        totals: totals.campaign_totals(record.recipients),
        opted_out: breakdown.opted_out,
        link_opens: breakdown.link_opens,
        timeline: timeline(&breakdown.timeline),
        failures: failures(totals),
        skipped: skipped(breakdown),
        variants: variants(record, counted),
        chunks: chunks
            .iter()
            .map(|(chunk, totals)| ChunkReport {
                chunk: *chunk,
                funnel: self::funnel(totals, plan.recipients_of_chunk(*chunk)),
                failed: totals.failed,
            })
            .collect(),
        countries: countries(breakdown, &money),
        pace: pace(breakdown),
        spending: money.spending,
    }
}

/// How far these came.
pub(super) fn funnel(totals: &Totals, audience: u64) -> Funnel {
    let delivered = totals.delivered + totals.read;
    Funnel {
        audience,
        accepted: totals.accepted + totals.held + totals.sent + delivered,
        delivered,
        read: totals.read,
        replied: totals.replied,
        clicked: totals.clicked,
    }
}

fn rates(funnel: Funnel, opted_out: u64, failed: u64) -> FunnelRates {
    FunnelRates {
        accepted_percent: percent(funnel.accepted, funnel.audience),
        delivered_percent: percent(funnel.delivered, funnel.accepted),
        read_percent: percent(funnel.read, funnel.delivered),
        replied_percent: percent(funnel.replied, funnel.delivered),
        clicked_percent: percent(funnel.clicked, funnel.delivered),
        opted_out_percent: percent(opted_out, funnel.delivered),
        failed_percent: percent(failed, failed + funnel.accepted),
    }
}

/// With two places; nothing of nothing. Some are never rounded to none, nor less than all to all, and who answered
/// without a receipt of the message does not make more than all.
fn percent(part: u64, whole: u64) -> Option<f64> {
    let hundredths = match part {
        0 => 0.0,
        part if part >= whole => 10_000.0,
        part => (part as f64 * 10_000.0 / whole as f64).round().clamp(1.0, 9_999.0),
    };
    (whole > 0).then_some(hundredths / 100.0)
}

fn timeline(timeline: &Timeline) -> TimelineReport {
    let point = |(number, [accepted, delivered, read, failed]): (&u32, &Point)| TimelinePoint {
        at: time_of_millis(timeline.begins_at(*number)),
        accepted: *accepted,
        delivered: *delivered,
        read: *read,
        failed: *failed,
    };
    TimelineReport { minutes: timeline.minutes, points: timeline.points.iter().map(point).collect() }
}

fn failures(totals: &Totals) -> Vec<FailureReport> {
    let failure = |(code, count): (&u32, &u64)| FailureReport {
        code: *code,
        title: send_error::title(*code),
        advice: send_error::advice(*code).to_owned(),
        can_be_retried: send_error::is_retryable_by_hand(*code),
        count: *count,
    };
    let mut failures: Vec<FailureReport> = totals.failed_by_code.iter().map(failure).collect();
    failures.sort_by_key(|failure| (Reverse(failure.count), failure.code));
    failures
}

fn skipped(breakdown: &Breakdown) -> Vec<SkippedReport> {
    let line = |(reason, count): (&String, &u64)| SkippedReport { reason: reason.clone(), count: *count };
    let mut lines: Vec<SkippedReport> = breakdown.skipped.iter().map(line).collect();
    lines.sort_by_key(|line| Reverse(line.count));
    lines
}

fn variants(record: &CampaignRecord, counted: &TotalsRecord) -> Vec<VariantReport> {
    let Some(first) = &record.first_variant else { return Vec::new() };
    let names = std::iter::once(first).chain(record.variants.iter().map(|other| &other.name));
    let variant = |(place, name): (usize, &String)| {
        let totals = counted.of_variant(place);
        // How many were to get it is not counted; how many were tried is.
        VariantReport { name: name.clone(), funnel: funnel(&totals, totals.touched()), failed: totals.failed }
    };
    names.enumerate().map(variant).collect()
}

fn countries(breakdown: &Breakdown, money: &Money) -> Vec<CountryReport> {
    let mut countries: Vec<CountryReport> = breakdown
        .countries
        .iter()
        .map(|(country, counts)| CountryReport {
            country: Some(country.clone()).filter(|country| country != NO_COUNTRY),
            accepted: counts.taken,
            delivered: counts.delivered,
            read: counts.read,
            replied: counts.replied,
            failed: counts.failed,
            skipped: counts.skipped,
            billed: amount(money.billed_by_country.get(country).copied().unwrap_or_default()),
        })
        .collect();
    countries.sort_by_key(|country| Reverse(country.accepted));
    countries
}

fn pace(breakdown: &Breakdown) -> PaceReport {
    let departures = &breakdown.departures;
    let at = |millis: i64| (departures.count > 0).then(|| time_of_millis(millis));
    PaceReport {
        attempts: departures.count,
        largest_second: departures.largest_second,
        mean_gap_seconds: departures.mean_gap_ms().map(|gap| gap as f64 / 1_000.0),
        waited: waited(departures),
        first_at: at(departures.first_at),
        last_at: at(departures.last_at),
    }
}

fn waited(departures: &Departures) -> Vec<WaitCount> {
    let count = |(reason, messages): (&WaitReason, &u64)| WaitCount { reason: *reason, messages: *messages };
    let mut counts: Vec<WaitCount> = departures.waited.iter().map(count).collect();
    counts.sort_by_key(|count| Reverse(count.messages));
    counts
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_share_hides_neither_the_few_nor_the_missing_and_is_never_more_than_all() {
        let shares = [(1, 3), (2, 4), (7, 7), (0, 7)].map(|(part, whole)| percent(part, whole));
        assert_eq!(shares, [33.33, 50.0, 100.0, 0.0].map(Some));
        assert_eq!((percent(1, 1_000_000), percent(999_999, 1_000_000)), (Some(0.01), Some(99.99)));
        assert_eq!((percent(3, 2), percent(3, 0), percent(0, 0)), (Some(100.0), None, None));
    }
}
