//! Completion: a campaign ends when every recipient has an outcome and a recount of the messages says so too. Receipts
//! go on coming, so the two need not agree on who has read by now.

use campaigns::breakdown::{Breakdown, Told};
use campaigns::message::{waiting_for_later, waiting_with_job};
use campaigns::totals::{Counted, Totals};
use wire::{CampaignEvent, CampaignStatus};

use super::{LOOK_AGAIN_MS, claims, repair, transition, write};
use crate::App;
use crate::sender::CLAIM_TIMEOUT_MS;
use crate::storage::audit::AuditLine;
use crate::storage::campaigns::CampaignRecord;
use crate::storage::messages;
use crate::storage::totals::{self, Scope, TotalsRecord};

/// Why somebody who waited for another attempt gets none.
const CANCELLED: &str = "The campaign was cancelled before another attempt";
const FAILED: &str = "The campaign failed before another attempt";

/// Why a campaign failed whose people are not known any more.
pub(super) const AUDIENCE_IS_GONE: &str = "The files of its people are not there any more, so that it cannot go on. \
                                           Clone it with the contacts file uploaded again.";

/// Why a campaign pauses whose people's files should be there.
pub(super) const AUDIENCE_IS_AWAY: &str =
    "Paused by itself: the files of its people are not where they should be. When they are back, resume.";

/// Waiting attempts settled in one look after a cancel.
const MOST_SWEPT: i32 = 500;

/// Recipients read at once in a recount.
const RECOUNT_PAGE: u64 = 5_000;

/// How long a recipient may lack an item after the last job went out before its job counts as lost, in milliseconds:
/// twice the send queue's visibility timeout, which is how long a job in a dead sender's hand stays hidden.
const LOST_AFTER_MS: i64 = 2 * 45_000;

/// The same where jobs were lost before, in milliseconds: long enough for a job to fail five times and be found among
/// the dead letters, so that what is lost by chance is told from what fails again and again.
const LOST_AGAIN_AFTER_MS: i64 = 5 * 60_000;

/// Totals that nothing was folded into for this long, although messages have outcomes, have lost a batch of the stream,
/// in milliseconds: the stream's function tries again for hours, and reads within seconds.
const DRIFT_AFTER_MS: i64 = 5 * 60_000;

/// Ends a campaign whose recipients all have an outcome. When its last job is past and some have none, finds out why.
pub(super) async fn complete(app: &App, record: CampaignRecord, read: &TotalsRecord) -> anyhow::Result<()> {
    if record.upkeep.sweep.is_some() {
        return Ok(());
    }
    let counted = &read.totals;
    let now = app.clock.now_millis();
    let progress_at = read.last_outcome_at.unwrap_or_default().max(record.cursor_due_at_micros / 1_000);
    let idle_ms = match record.open_since(now) {
        Some(opened_at) if record.is_cut() => now - progress_at.max(opened_at),
        Some(_) | None => 0,
    };
    let all_settled = counted.settled() == record.recipients;
    let claims_are_stale = counted.claimed > 0 && idle_ms > CLAIM_TIMEOUT_MS;
    let lost_again = record.upkeep.loss.is_some_and(|loss| loss.index >= record.touched_below);
    let lost_after_ms = if lost_again { LOST_AGAIN_AFTER_MS } else { LOST_AFTER_MS };
    let jobs_were_lost = counted.touched() < record.recipients && idle_ms > lost_after_ms;
    if !all_settled && !claims_are_stale && !jobs_were_lost {
        return Ok(());
    }
    let recount = recount(app, &record).await?;
    if let Some(index) = recount.lowest_missing {
        if jobs_were_lost && !repair::waits_its_turn(app, &record, read).await? {
            repair::rewind_to(app, record, index).await?;
        }
        return Ok(());
    }
    if recount.totals.settled() != record.recipients {
        return Ok(());
    }
    if !all_settled {
        return correct(app, &record, read, recount).await;
    }
    let mut next = record.clone();
    next.status = CampaignStatus::Completed;
    next.updated_at = app.clock.now_millis();
    next.look_at(None);
    let line = AuditLine::by_itself(CampaignEvent::Completed);
    if transition(app, record, next.clone(), line).await?.is_some() {
        tracing::info!(campaign = %next.id, recipients = next.recipients, "a campaign is complete");
    }
    Ok(())
}

/// A campaign was complete, and then WhatsApp failed messages that may be tried again: it goes on until they have an
/// outcome too.
pub(super) async fn reopen(app: &App, record: CampaignRecord) -> anyhow::Result<()> {
    if record.has_lapsed() || totals::get(app, &record.id, Scope::Campaign).await?.totals.retry == 0 {
        return Ok(());
    }
    let now = app.clock.now_millis();
    let mut next = record.clone();
    next.status = CampaignStatus::Processing;
    next.epoch += 1;
    next.updated_at = now;
    next.look_at(Some(now));
    let why = AuditLine::by_itself(CampaignEvent::Reopened);
    if transition(app, record, next.clone(), why).await?.is_some() {
        tracing::info!(campaign = %next.id, "a complete campaign goes on: some messages failed later and are tried again");
    }
    Ok(())
}

/// Ends a campaign that can never go on, for this reason; what is left of it is swept as after a cancel. Nothing when
/// somebody else changed it meanwhile: the next look finds it as it is.
pub(super) async fn fail(app: &App, record: CampaignRecord, reason: &str) -> anyhow::Result<()> {
    let now = app.clock.now_millis();
    let mut next = record.clone();
    next.status = CampaignStatus::Failed;
    next.status_reason = Some(reason.to_owned());
    next.epoch += 1;
    next.updated_at = now;
    next.finished_at_prediction = None;
    next.upkeep.resumes_at = None;
    next.look_at(Some(now));
    let line = AuditLine::by_itself(CampaignEvent::Failed).because(reason);
    if transition(app, record, next.clone(), line).await?.is_some() {
        tracing::error!(campaign = %next.id, reason, "a campaign failed");
    }
    Ok(())
}

/// After a cancel or a failure: what waited for another attempt never gets it, what was in hand is settled, then nothing
/// is left to do.
pub(super) async fn sweep_ended(app: &App, record: CampaignRecord) -> anyhow::Result<()> {
    let now = app.clock.now_millis();
    let why = if record.status == CampaignStatus::Failed { FAILED } else { CANCELLED };
    for partition in [waiting_with_job(&record.id), waiting_for_later(&record.id)] {
        for waiting in messages::waiting(app, &record.id, &partition, i64::MAX, MOST_SWEPT).await? {
            messages::change(app, waiting, |standing| standing.left_out(now, why)).await?;
        }
    }
    let counted = totals::get(app, &record.id, Scope::Campaign).await?.totals;
    if counted.claimed > 0 {
        recount(app, &record).await?;
    }
    let mut next = record.clone();
    let is_swept = counted.claimed == 0 && counted.retry == 0;
    next.look_at((!is_swept).then_some(now + LOOK_AGAIN_MS));
    write(app, record, next).await.map(|_| ())
}

/// Every message has an outcome and the totals do not say so: when they had their time, the recount takes their place.
async fn correct(app: &App, record: &CampaignRecord, read: &TotalsRecord, recounted: Recount) -> anyhow::Result<()> {
    let now = app.clock.now_millis();
    let folded_at = read.watermarks.values().map(|mark| mark.at).max().unwrap_or_default();
    if now - folded_at < DRIFT_AFTER_MS {
        return Ok(());
    }
    tracing::error!(campaign = %record.id, "totals differ from a recount and are corrected");
    let Recount { totals, breakdown, .. } = recounted;
    let breakdown = Breakdown { departures: read.breakdown.departures.clone(), ..breakdown };
    let next = TotalsRecord { totals, breakdown, version: read.version + 1, ..read.clone() };
    totals::replace(app, &record.id, Scope::Campaign, read.version, &next).await.map(|_| ())
}

struct Recount {
    totals: Totals,
    breakdown: Breakdown,
    lowest_missing: Option<u64>,
}

/// Counts the messages themselves. Claims without an outcome past their sender's time become `unknown` on the way.
async fn recount(app: &App, record: &CampaignRecord) -> anyhow::Result<Recount> {
    let mut recount = Recount { totals: Totals::default(), breakdown: Breakdown::default(), lowest_missing: None };
    let mut first = 0;
    while first < record.recipients {
        let last = (first + RECOUNT_PAGE).min(record.recipients) - 1;
        let mut expected = first;
        for message in messages::range(app, &record.id, first, last).await? {
            if message.index != expected && recount.lowest_missing.is_none() {
                recount.lowest_missing = Some(expected);
            }
            expected = message.index + 1;
            recount.totals.apply(None, &Counted::from(&message));
            recount.breakdown.apply(None, &Told::from(&message));
            claims::give_up_if_stale(app, message).await?;
        }
        if expected <= last && recount.lowest_missing.is_none() {
            recount.lowest_missing = Some(expected);
        }
        first = last + 1;
    }
    Ok(recount)
}
