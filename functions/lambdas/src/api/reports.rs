//! The campaigns of a period, summed up: by the day on which they started and by the channel that sent.

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use campaigns::rates::{Card, amount};
use chrono::{DateTime, Days, NaiveDate, NaiveTime, Utc};
use serde::Deserialize;
use wire::{CampaignId, ChannelId, ChannelSum, DaySum, Funnel, PeriodReport, PeriodSum, WorkspaceId};

use super::answers;
use super::caller::Caller;
use super::extract::Params;
use super::problem::{ApiError, Refusal};
use super::report::funnel;
use crate::App;
use crate::clock::time_of_millis;
use crate::exporter::period::{CampaignSum, MOST_CAMPAIGNS};
use crate::spending;
use crate::storage::campaign_lists;
use crate::storage::campaigns::CampaignRecord;
use crate::storage::lapses::DAY_MS;
use crate::storage::rate_cards;
use crate::storage::totals::{self, TotalsRecord};

/// Longest period, in days: a quarter and what a month is over.
const MOST_DAYS: i64 = 100;

/// Days of a period that nobody named, before its last.
const DAYS_BEFORE: Days = Days::new(29);

/// Pages at most, of a megabyte each: tens of thousands of campaigns, some seconds. They begin with the end of the
/// period, as what was created later cannot have begun in it, and go back to the oldest campaign: a draft may wait for
/// years before it starts, so no creation is too early. Of those that began at another time nothing else is read:
/// DynamoDB keeps them out of its answers, and their totals are not asked for.
const MOST_PAGES: u32 = 100;

/// Campaigns whose totals are read at once: DynamoDB's limit of a batch.
const TOTALS_AT_ONCE: usize = 100;

/// A period that is asked for.
#[derive(Debug, Deserialize)]
pub struct PeriodAsked {
    pub(super) from: Option<NaiveDate>,
    pub(super) to: Option<NaiveDate>,
}

/// `GET /v3/reports?from=&to=`: days, UTC, both included; the last thirty when nothing is asked for.
#[utoipa::path(
    get,
    path = "/v3/reports",
    tag = "Money and reports",
    operation_id = "showPeriodReport",
    summary = "Sums the campaigns of a period up.",
    params(("from" = Option<chrono::NaiveDate>, Query, description = "The first day, UTC; absent: thirty days ago."), ("to" = Option<chrono::NaiveDate>, Query, description = "The last day, UTC; absent: today.")),
    responses(
        (status = 200, description = "The sums.", body = wire::PeriodReport),
        answers::Reads, answers::ReadsQuery,
    ),
)]
pub async fn show(
    State(app): State<Arc<App>>,
    caller: Caller,
    Params(asked): Params<PeriodAsked>,
) -> Result<Json<PeriodReport>, ApiError> {
    let (report, _) = summed(&app, caller.workspace_id, &asked).await?;
    Ok(Json(report))
}

/// The sums of a period, and those of each of its campaigns, as many as have a line in a file.
pub(super) async fn summed(
    app: &App,
    workspace: WorkspaceId,
    asked: &PeriodAsked,
) -> Result<(PeriodReport, Vec<CampaignSum>), ApiError> {
    let (from, to) = period(asked, app.clock.now())?;
    let card = rate_cards::parsed(&rate_cards::read(app, workspace).await?)?;
    let mut sums = Sums::default();
    let times = millis_of(from)..=millis_of(to) + DAY_MS - 1;
    let (mut after, mut is_complete) = (None, false);
    for _ in 0..MOST_PAGES {
        let (records, next) = campaign_lists::begun(app, workspace, &times, after.as_ref()).await?;
        for records in records.chunks(TOTALS_AT_ONCE) {
            sums.add_all(app, &card, records).await?;
        }
        after = next;
        is_complete = after.is_none();
        if is_complete {
            break;
        }
    }
    let campaigns = std::mem::take(&mut sums.campaigns);
    Ok((sums.report(from, to, &card.currency, is_complete), campaigns))
}

fn period(asked: &PeriodAsked, now: DateTime<Utc>) -> Result<(NaiveDate, NaiveDate), Refusal> {
    let to = asked.to.unwrap_or_else(|| now.date_naive());
    let from = asked.from.or_else(|| to.checked_sub_days(DAYS_BEFORE)).unwrap_or(to);
    let days = (to - from).num_days() + 1;
    let how = format!("give a period of 1 to {MOST_DAYS} days, such as from=2026-11-01&to=2026-11-30");
    if (1..=MOST_DAYS).contains(&days) { Ok((from, to)) } else { Err(Refusal::field("from", how)) }
}

/// When a day begins, UTC, in milliseconds since 1970.
fn millis_of(day: NaiveDate) -> i64 {
    day.and_time(NaiveTime::MIN).and_utc().timestamp_millis()
}

/// The day on which a campaign began to send; nothing where it did not.
fn started(record: &CampaignRecord) -> Option<NaiveDate> {
    record.last_chunk?;
    Some(time_of_millis(record.scheduled_to?).date_naive())
}

/// Whether a message of it left, whatever became of it.
fn has_sent(counted: &TotalsRecord) -> bool {
    funnel(&counted.totals, 0).accepted + counted.totals.failed + counted.totals.unknown > 0
}

#[derive(Debug, Clone, Default)]
struct Sum {
    campaigns: u64,
    funnel: Funnel,
    failed: u64,
    opted_out: u64,
    billed_micros: u64,
}

#[derive(Default)]
struct Sums {
    all: Sum,
    channels: BTreeMap<ChannelId, Sum>,
    days: BTreeMap<NaiveDate, Sum>,
    /// The first that were found.
    campaigns: Vec<CampaignSum>,
}

impl Sums {
    /// Campaigns with what was counted of each, at most [`TOTALS_AT_ONCE`].
    async fn add_all(&mut self, app: &App, card: &Card, records: &[CampaignRecord]) -> anyhow::Result<()> {
        let ids: Vec<CampaignId> = records.iter().map(|record| record.id.clone()).collect();
        let counted = totals::get_many(app, &ids).await?;
        for (record, counted) in records.iter().zip(&counted) {
            // Of what was deleted before it sent anything there is nothing to tell.
            if let Some(day) = started(record)
                && (record.deleted_at.is_none() || has_sent(counted))
            {
                self.add(app, card, day, record, counted);
            }
        }
        Ok(())
    }

    fn add(&mut self, app: &App, card: &Card, day: NaiveDate, record: &CampaignRecord, counted: &TotalsRecord) {
        let one = Sum {
            campaigns: 1,
            funnel: funnel(&counted.totals, record.recipients),
            failed: counted.totals.failed,
            opted_out: counted.breakdown.opted_out,
            billed_micros: spending::money(app, card, record, counted).billed_micros,
        };
        self.all.add(&one);
        self.channels.entry(record.channel_id.clone()).or_default().add(&one);
        self.days.entry(day).or_default().add(&one);
        if self.campaigns.len() < MOST_CAMPAIGNS {
            self.campaigns.push(CampaignSum {
                id: record.id.clone(),
                name: record.name.clone(),
                channel_id: record.channel_id.clone(),
                day,
                sum: one.shown(&card.currency),
            });
        }
    }

    fn report(self, from: NaiveDate, to: NaiveDate, currency: &str, is_complete: bool) -> PeriodReport {
        PeriodReport {
            from,
            to,
            all: self.all.shown(currency),
            channels: self
                .channels
                .into_iter()
                .map(|(channel_id, sum)| ChannelSum { channel_id, sum: sum.shown(currency) })
                .collect(),
            days: self.days.into_iter().map(|(day, sum)| DaySum { day, sum: sum.shown(currency) }).collect(),
            is_complete,
        }
    }
}

impl Sum {
    fn add(&mut self, other: &Sum) {
        self.campaigns += other.campaigns;
        self.failed += other.failed;
        self.opted_out += other.opted_out;
        self.billed_micros = self.billed_micros.saturating_add(other.billed_micros);
        let (sum, one) = (&mut self.funnel, other.funnel);
        sum.audience += one.audience;
        sum.accepted += one.accepted;
        sum.delivered += one.delivered;
        sum.read += one.read;
        sum.replied += one.replied;
        sum.clicked += one.clicked;
    }

    fn shown(self, currency: &str) -> PeriodSum {
        PeriodSum {
            campaigns: self.campaigns,
            funnel: self.funnel,
            failed: self.failed,
            opted_out: self.opted_out,
            currency: currency.to_owned(),
            billed: amount(self.billed_micros),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_period_has_bounds_and_is_the_last_thirty_days_unless_asked_otherwise() {
        let now: DateTime<Utc> = "2026-11-26T10:00:00Z".parse().unwrap();
        let day = |text: &str| text.parse::<NaiveDate>().unwrap();
        let asked =
            |from: Option<&str>, to: Option<&str>| period(&PeriodAsked { from: from.map(day), to: to.map(day) }, now);
        assert_eq!(asked(None, None), Ok((day("2026-10-28"), day("2026-11-26"))));
        assert_eq!(asked(Some("2026-11-26"), Some("2026-11-26")), Ok((day("2026-11-26"), day("2026-11-26"))));
        assert!(asked(Some("2026-11-27"), None).is_err() && asked(Some("2026-01-01"), None).is_err());
        assert_eq!(millis_of(day("1970-01-02")), DAY_MS);
        for day in [NaiveDate::MIN, NaiveDate::MAX] {
            assert!(period(&PeriodAsked { from: None, to: Some(day) }, now).is_ok(), "{day}");
            assert_eq!(millis_of(day) > 0, day == NaiveDate::MAX);
        }
    }
}
