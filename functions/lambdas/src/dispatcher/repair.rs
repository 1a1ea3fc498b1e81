//! Repair: what was lost, dropped or cut short is found, because audience − messages says what is missing.

use campaigns::job::beyond_pace;
use campaigns::message::waiting_with_job;
use wire::{CampaignEvent, WaitReason};

use super::dead_letters::{Causes, REASON, SENDER_AT_FAULT, leave_out_causes};
use super::{HORIZON_MICROS, later, transition, write};
use crate::App;
use crate::sender::{number, pace};
use crate::storage::audit::AuditLine;
use crate::storage::campaigns::CampaignRecord;
use crate::storage::messages;
use crate::storage::pauses::pause_by_itself;
use crate::storage::queues::{self, Nudge};
use crate::storage::totals::TotalsRecord;
use crate::storage::upkeep::Loss;

/// A retry that is this much past its time has lost its job (a pause drops jobs, a crash may), in milliseconds: more
/// than the longest time for which a sender puts a job back.
const RETRY_OVERDUE_MS: i64 = 60_000;

/// How much longer that takes while the number is taken by others, or rests, in milliseconds: more than the longest time
/// for which a sender puts a job back then.
const BUSY_OVERDUE_MS: i64 = 16 * 60_000;

/// A campaign without an outcome for this long stands still, in milliseconds.
const STANDS_STILL_MS: i64 = 2 * 60_000;

/// The lowest recipient without an item stands still for this long only if its job was lost, in milliseconds: it was cut
/// a horizon ahead at most, and a job in a dead sender's hand stays hidden for twice 45 s at most.
const LOST_AFTER_MS: i64 = HORIZON_MICROS / 1_000 + 2 * 45_000;

/// Losses in a row at the same place after which their cause is looked for.
const LOSSES_OF_A_CAUSE: u32 = 3;

/// After a resume: sets the cursor back to the lowest recipient without an item, among those that may have had a job
/// which was dropped. Nothing when somebody else changed the campaign.
pub(super) async fn rewind(app: &App, record: CampaignRecord) -> anyhow::Result<Option<CampaignRecord>> {
    if !record.rewind {
        return Ok(Some(record));
    }
    let lowest = messages::lowest_untouched(app, &record.id, record.touched_below, record.cursor_index).await?;
    let mut next = record.clone();
    next.rewind = false;
    next.touched_below_since = app.clock.now_millis();
    lay_from(app, &mut next, lowest, record.cursor_wait.and_then(beyond_pace).unwrap_or(WaitReason::Pause)).await?;
    write(app, record, next).await
}

/// Notes how far everybody has an item, and sets the cursor back when the first who has none has lost its job.
/// Nothing when somebody else changed the campaign.
pub(super) async fn find_lost(
    app: &App,
    mut record: CampaignRecord,
    counted: &TotalsRecord,
) -> anyhow::Result<Option<CampaignRecord>> {
    let now = app.clock.now_millis();
    let lowest = messages::lowest_untouched(app, &record.id, record.touched_below, record.cursor_index).await?;
    // While the hours are closed senders hold their jobs back: nothing is lost.
    let nothing_under_way = lowest == record.cursor_index || record.open_since(now).is_none();
    if lowest > record.touched_below || nothing_under_way || record.touched_below_since == 0 {
        record.touched_below = lowest;
        record.touched_below_since = now;
        record.upkeep.cut_when_seen = record.cursor_index;
    }
    if now - record.touched_below_since > LOST_AFTER_MS && !waits_its_turn(app, &record, counted).await? {
        return rewind_to(app, record, lowest).await;
    }
    Ok(Some(record))
}

/// Whether recipients without an item may still have their jobs, however long it takes: their number rests, rested or is blocked,
/// or it is shared and not all that was cut with them has had its turn.
pub(super) async fn waits_its_turn(app: &App, record: &CampaignRecord, counted: &TotalsRecord) -> anyhow::Result<bool> {
    let moved_at = counted.last_outcome_at.unwrap_or_default();
    let moves = app.clock.now_millis() - moved_at <= STANDS_STILL_MS;
    if moves && counted.totals.touched() < record.upkeep.cut_when_seen {
        return Ok(true);
    }
    number::holds_jobs(app, record.workspace_id, &record.channel_id).await
}

/// Sets the cursor back to a recipient that lost its job, under a new epoch. Who lost it again and again and is found
/// among the dead letters is left out: it would be cut for ever. Nothing when somebody else changed the campaign.
pub(super) async fn rewind_to(app: &App, record: CampaignRecord, index: u64) -> anyhow::Result<Option<CampaignRecord>> {
    let before = record.upkeep.loss.filter(|loss| loss.index == index);
    let times = before.map_or(0, |loss| loss.times).saturating_add(1);
    let causes = match times {
        LOSSES_OF_A_CAUSE.. => leave_out_causes(app, &record, index).await?,
        _ => Causes::LeftOut(0),
    };
    let left_out = match causes {
        Causes::LeftOut(count) => count,
        Causes::Sender => {
            tracing::error!(campaign = %record.id, "jobs of many recipients fail: the campaign pauses");
            pause_by_itself(app, &record, SENDER_AT_FAULT.to_owned()).await?;
            return Ok(None);
        }
    };
    tracing::warn!(campaign = %record.id, index, times, left_out, "recipients without an item: their jobs were lost");
    let now = app.clock.now_millis();
    let mut next = record.clone();
    next.epoch += 1;
    next.touched_below_since = now;
    next.upkeep.loss = (left_out == 0).then_some(Loss { index, times });
    next.look_at(Some(now));
    let end = record.cursor_index.max(record.cut_below);
    let lowest = if left_out == 0 { index } else { messages::lowest_untouched(app, &record.id, index, end).await? };
    lay_from(app, &mut next, lowest, WaitReason::Late).await?;
    let nudge = Nudge { workspace_id: next.workspace_id, campaign_id: next.id.clone() };
    let written = match left_out {
        0 => write(app, record, next).await?,
        count => {
            let line = AuditLine::by_itself(CampaignEvent::GaveUp);
            transition(app, record, next, line.because(format!("{count} left out: {REASON}"))).await?
        }
    };
    queues::nudge(app, &nudge, 0).await?;
    Ok(written)
}

/// Lays the plan from this recipient on, as soon as the campaign's own pace allows. `why`: what he waited for.
async fn lay_from(app: &App, next: &mut CampaignRecord, index: u64, why: WaitReason) -> anyhow::Result<()> {
    let now = app.clock.now_micros();
    let turn = pace::next_turn(app, next).await?.unwrap_or(now);
    next.lay_anchor(index, turn.max(now), why);
    Ok(())
}

/// Cuts new jobs for retries whose job is gone; only a while later are they overdue again. A retry that still has its
/// job is sent once all the same: the claim decides. Nothing when somebody else changed the campaign.
pub(super) async fn send_overdue_retries(
    app: &App,
    record: CampaignRecord,
    counted: &TotalsRecord,
) -> anyhow::Result<Option<CampaignRecord>> {
    let now = app.clock.now_millis();
    if record.open_since(now).is_none() {
        return Ok(Some(record));
    }
    let partition = waiting_with_job(&record.id);
    let until = now - RETRY_OVERDUE_MS;
    if messages::earliest_waiting(app, &partition).await?.is_none_or(|at| at > until) {
        return Ok(Some(record));
    }
    let busy = match number::is_taken_now(app, record.workspace_id, &record.channel_id).await? {
        true => BUSY_OVERDUE_MS,
        false => 0,
    };
    // They leave one gap after the other, beside first attempts: the last of them waits twice as long as all others take,
    // and no more than a horizon of them is on the way.
    let waiting = i64::try_from(counted.totals.retry).unwrap_or(i64::MAX);
    let in_line = waiting.saturating_mul(later::gap_micros(&record)).min(HORIZON_MICROS) / 1_000;
    let until = until - busy - 2 * in_line;
    let overdue = messages::waiting(app, &record.id, &partition, until, later::MOST_IN_A_LOOK).await?;
    later::lay(app, record, overdue).await
}
