//! Repair: what was lost, dropped or cut short is found, because audience − messages says what is missing.

use campaigns::message::waiting_with_job;
use wire::CampaignEvent;

use super::cutting::Segment;
use super::dead_letters::{REASON, leave_out_causes};
use super::later::{self, Due};
use super::{HORIZON_MICROS, LOOK_AGAIN_MS, transition, write};
use crate::App;
use crate::sender::pace;
use crate::storage::audit::AuditLine;
use crate::storage::campaigns::CampaignRecord;
use crate::storage::messages;
use crate::storage::queues::{self, Nudge};
use crate::storage::upkeep::Loss;

/// A retry that is this much past its time has lost its job (a pause drops jobs, a crash may), in milliseconds: more
/// than the longest time for which a sender puts a job back.
const RETRY_OVERDUE_MS: i64 = 60_000;

/// Lost retries put back in one look.
const MOST_RETRIES: i32 = 500;

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
    lay_from(app, &mut next, lowest).await?;
    write(app, record, next).await
}

/// Notes how far everybody has an item, and sets the cursor back when the first who has none has lost its job.
/// Nothing when somebody else changed the campaign.
pub(super) async fn find_lost(app: &App, mut record: CampaignRecord) -> anyhow::Result<Option<CampaignRecord>> {
    let now = app.clock.now_millis();
    let lowest = messages::lowest_untouched(app, &record.id, record.touched_below, record.cursor_index).await?;
    // While the hours are closed senders hold their jobs back: nothing is lost.
    let nothing_under_way = lowest == record.cursor_index || record.open_since(now).is_none();
    if lowest > record.touched_below || nothing_under_way || record.touched_below_since == 0 {
        record.touched_below = lowest;
        record.touched_below_since = now;
    }
    if now - record.touched_below_since > LOST_AFTER_MS {
        return rewind_to(app, record, lowest).await;
    }
    Ok(Some(record))
}

/// Sets the cursor back to a recipient that lost its job, under a new epoch. Who lost it again and again and is found
/// among the dead letters is left out: it would be cut for ever. Nothing when somebody else changed the campaign.
pub(super) async fn rewind_to(app: &App, record: CampaignRecord, index: u64) -> anyhow::Result<Option<CampaignRecord>> {
    let before = record.upkeep.loss.filter(|loss| loss.index == index);
    let times = before.map_or(0, |loss| loss.times).saturating_add(1);
    let left_out = if times >= LOSSES_OF_A_CAUSE { leave_out_causes(app, &record, index).await? } else { 0 };
    tracing::warn!(campaign = %record.id, index, times, left_out, "recipients without an item: their jobs were lost");
    let now = app.clock.now_millis();
    let mut next = record.clone();
    next.epoch += 1;
    next.touched_below_since = now;
    next.upkeep.loss = (left_out == 0).then_some(Loss { index, times });
    next.look_at(Some(now));
    let end = record.cursor_index.max(record.cut_below);
    let lowest = if left_out == 0 { index } else { messages::lowest_untouched(app, &record.id, index, end).await? };
    lay_from(app, &mut next, lowest).await?;
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

/// Lays the plan from this recipient on, as soon as the campaign's own pace allows.
async fn lay_from(app: &App, next: &mut CampaignRecord, index: u64) -> anyhow::Result<()> {
    let now = app.clock.now_micros();
    let turn = pace::next_turn(app, next).await?.unwrap_or(now);
    next.lay_anchor(index, turn.max(now));
    Ok(())
}

/// Cuts new jobs for retries whose job is gone; only a minute later are they overdue again. A retry that still has its
/// job is sent once all the same: the claim decides.
pub(super) async fn send_overdue_retries(app: &App, record: &CampaignRecord) -> anyhow::Result<()> {
    let now = app.clock.now_micros();
    if record.open_since(now / 1_000).is_none() {
        return Ok(());
    }
    let partition = waiting_with_job(&record.id);
    let until = now / 1_000 - RETRY_OVERDUE_MS;
    let overdue = messages::waiting(app, &record.id, &partition, until, MOST_RETRIES).await?;
    let due = |message| Due { message, due_at_micros: now };
    later::send(
        app,
        record,
        overdue.into_iter().map(due).collect(),
        now / 1_000 + LOOK_AGAIN_MS,
        &mut Segment::default(),
    )
    .await
}
