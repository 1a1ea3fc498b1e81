//! Completion: a campaign ends when every recipient has an outcome and a recount of the messages says so too. Receipts
//! go on coming, so the two need not agree on who has read by now. A recount of many takes several looks.

use campaigns::breakdown::Breakdown;
use campaigns::message::{MessageRecord, waiting_for_later, waiting_with_job};
use campaigns::totals::Totals;
use futures::{StreamExt, TryStreamExt, stream};
use wire::{CampaignEvent, CampaignStatus};

use super::{LOOK_AGAIN_MS, claims, repair, transition, write};
use crate::App;
use crate::recount::{self, Look, chunks};
use crate::sender::CLAIM_TIMEOUT_MS;
use crate::storage::audit::AuditLine;
use crate::storage::campaigns::CampaignRecord;
use crate::storage::messages;
use crate::storage::totals::{self, Scope, TotalsRecord};
use crate::storage::upkeep::Recounting;

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

/// Recipients recounted in one look: five hundred queries, some seconds of the function's minute.
const MOST_RECOUNTED: u64 = 50_000;

/// Writes under way at once.
const PARALLEL_WRITES: usize = 32;

/// How long a recipient may lack an item after the last job went out before its job counts as lost, in milliseconds:
/// twice the send queue's visibility timeout, which is how long a job in a dead sender's hand stays hidden.
const LOST_AFTER_MS: i64 = 2 * 45_000;

/// The same where jobs were lost before, in milliseconds: long enough for a job to fail five times and be found among
/// the dead letters, so that what is lost by chance is told from what fails again and again.
const LOST_AGAIN_AFTER_MS: i64 = 5 * 60_000;

/// How long after a campaign broke off the totals may not know of somebody in a sender's hand, in milliseconds: as long
/// as a sender may have him, and as long again for the stream.
const TOLD_AFTER_MS: i64 = 2 * CLAIM_TIMEOUT_MS;

/// How long after a recount totals are corrected by it, in milliseconds: what changed just before it was read has been
/// folded by then, which the totals' version tells, and would be counted twice.
const FOLDED_AFTER_MS: i64 = 30_000;

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
    let jobs_were_lost = counted.touched() < record.recipients
        && idle_ms > lost_after_ms
        && !repair::waits_its_turn(app, &record, read).await?;
    let are_wrong = !all_settled && idle_ms > recount::DRIFT_AFTER_MS && cannot_be_true(app, &record, counted).await?;
    if !all_settled && !claims_are_stale && !jobs_were_lost && !are_wrong {
        return Ok(());
    }
    let Look { so_far, in_hand } = recount::go_on(app, &record, read, (MOST_RECOUNTED, record.recipients)).await?;
    give_up_stale(app, in_hand).await?;
    if let Some(index) = so_far.lowest_missing.filter(|_| jobs_were_lost) {
        // Seen without an item at an earlier look, perhaps, and claimed since.
        if messages::get(app, &record.id, index).await?.is_some() {
            return hold(app, record, None).await;
        }
        let mut record = record;
        record.upkeep.recount = None;
        return repair::rewind_to(app, record, index).await.map(|_| ());
    }
    if !so_far.is_through(record.recipients) {
        return recount::keep(app, &record, so_far).await.map(|_| ());
    }
    match (all_settled, so_far.totals.settled() == record.recipients) {
        (true, true) => end(app, record).await,
        (false, true) => {
            let kept = correct(app, &record, read, so_far).await?;
            hold(app, record, kept).await
        }
        (true, false) => hold(app, record, None).await,
        (false, false) => hold(app, record, counted_for_nothing(so_far, now)).await,
    }
}

/// A recount that found people without an outcome and nobody in a sender's hand, although the totals have some there: it
/// stands for a while, or everybody would be counted again at each look for as long as those people wait.
fn counted_for_nothing(so_far: Recounting, now: i64) -> Option<Recounting> {
    if so_far.totals.claimed > 0 {
        return None;
    }
    match so_far.counted_at {
        None => Some(Recounting { counted_at: Some(now), ..so_far }),
        Some(counted_at) => (now - counted_at < recount::DRIFT_AFTER_MS).then_some(so_far),
    }
}

/// Whether the totals cannot be true: by them everybody has a message and nobody is in a sender's hand, and yet not
/// everybody has just one outcome, although no message waits for another attempt.
async fn cannot_be_true(app: &App, record: &CampaignRecord, counted: &Totals) -> anyhow::Result<bool> {
    if counted.claimed > 0 || counted.touched() < record.recipients {
        return Ok(false);
    }
    for partition in [waiting_with_job(&record.id), waiting_for_later(&record.id)] {
        if messages::earliest_waiting(app, &partition).await?.is_some() {
            return Ok(false);
        }
    }
    Ok(true)
}

/// Every recipient has an outcome, by the totals and by the messages.
async fn end(app: &App, record: CampaignRecord) -> anyhow::Result<()> {
    let mut next = record.clone();
    next.status = CampaignStatus::Completed;
    next.updated_at = app.clock.now_millis();
    next.upkeep.recount = None;
    next.look_at(None);
    let line = AuditLine::by_itself(CampaignEvent::Completed);
    if transition(app, record, next.clone(), line).await?.is_some() {
        tracing::info!(campaign = %next.id, recipients = next.recipients, "a campaign is complete");
    }
    Ok(())
}

/// Notes what of a recount that is through is still of use, if that is news.
async fn hold(app: &App, record: CampaignRecord, kept: Option<Recounting>) -> anyhow::Result<()> {
    let mut next = record.clone();
    next.upkeep.recount = kept.map(Box::new);
    if next.upkeep == record.upkeep {
        return Ok(());
    }
    write(app, record, next).await.map(|_| ())
}

/// A campaign was complete, and then WhatsApp failed messages that may be tried again: it goes on until they have an
/// outcome too.
pub(super) async fn reopen(app: &App, record: CampaignRecord, counted: &TotalsRecord) -> anyhow::Result<()> {
    if record.has_lapsed() || counted.totals.retry == 0 {
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
    let mut nobody_waited = true;
    for partition in [waiting_with_job(&record.id), waiting_for_later(&record.id)] {
        for waiting in messages::waiting(app, &record.id, &partition, i64::MAX, MOST_SWEPT).await? {
            nobody_waited = false;
            messages::change(app, waiting, |standing| standing.left_out(now, why)).await?;
        }
    }
    let read = totals::get(app, &record.id, Scope::Campaign).await?;
    let Some(record) = chunks::go_on(app, record, &read, chunks::MOST_IN_A_LOOK).await? else { return Ok(()) };
    let mut next = record.clone();
    next.upkeep.recount = None;
    let is_told = now - record.updated_at >= TOLD_AFTER_MS;
    let is_swept = is_told && read.totals.claimed == 0 && read.totals.retry == 0;
    next.look_at((!is_swept).then_some(now + LOOK_AGAIN_MS));
    // Where the totals have somebody wait and nobody does, they lost what became of him.
    if read.totals.claimed > 0 || (is_told && nobody_waited && read.totals.retry > 0) {
        // Nobody beyond ever had a job.
        let end = record.cursor_index.max(record.cut_below).min(record.recipients);
        let Look { so_far, in_hand } = recount::go_on(app, &record, &read, (MOST_RECOUNTED, end)).await?;
        give_up_stale(app, in_hand).await?;
        if !so_far.is_through(end) {
            return recount::keep(app, &record, so_far).await.map(|_| ());
        }
        if so_far.totals.claimed == 0 {
            next.upkeep.recount = correct(app, &record, &read, so_far).await?.map(Box::new);
        }
    }
    write(app, record, next).await.map(|_| ())
}

/// The messages have outcomes of which the totals do not know: when these had their time, the recount replaces them.
/// What of it is kept until then; nothing when everybody may be counted again.
async fn correct(
    app: &App,
    record: &CampaignRecord,
    read: &TotalsRecord,
    so_far: Recounting,
) -> anyhow::Result<Option<Recounting>> {
    let now = app.clock.now_millis();
    let Some(counted_at) = so_far.counted_at else {
        return Ok(Some(Recounting { counted_at: Some(now), ..so_far }));
    };
    let Some(correction) = so_far.correction.clone() else {
        // Counted for nothing: not again before another count may be taken.
        return Ok((now - counted_at < recount::DRIFT_AFTER_MS).then_some(so_far));
    };
    if now - counted_at < FOLDED_AFTER_MS {
        return Ok(Some(so_far));
    }
    tracing::error!(campaign = %record.id, "totals differ from a recount and are corrected");
    let breakdown = Breakdown { departures: read.breakdown.departures.clone(), ..correction.breakdown };
    let next = TotalsRecord {
        totals: so_far.totals.clone(),
        breakdown,
        variants: correction.variants,
        unknown_by_hour: correction.unknown_by_hour,
        corrected_through: Some(correction.through),
        version: read.version + 1,
        ..read.clone()
    };
    totals::replace(app, &record.id, Scope::Campaign, read.version, &next).await?;
    Ok(Some(so_far))
}

/// Claims among these without an outcome past their sender's time become unknown.
async fn give_up_stale(app: &App, in_hand: Vec<MessageRecord>) -> anyhow::Result<()> {
    let writes: Vec<_> = in_hand.into_iter().map(|message| claims::give_up_if_stale(app, message)).collect();
    stream::iter(writes).buffer_unordered(PARALLEL_WRITES).try_collect::<Vec<bool>>().await.map(|_| ())
}
