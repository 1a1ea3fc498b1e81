//! Repair: what was lost, dropped or cut short is found, because audience − messages says what is missing.

use campaigns::message::MessageRecord;

use super::cutting::{Segment, job_recipient, packed};
use super::{HORIZON_MICROS, LOOK_AGAIN_MS, write};
use crate::App;
use crate::sender::pace;
use crate::storage::campaigns::CampaignRecord;
use crate::storage::messages;
use crate::storage::queues::{self, DelayedJob, Nudge};

/// A retry that is this much past its time has lost its job (a pause drops jobs, a crash may), in milliseconds: more
/// than the longest time for which a sender puts a job back.
const RETRY_OVERDUE_MS: i64 = 60_000;

/// Lost retries put back in one look.
const MOST_RETRIES: i32 = 500;

/// The lowest recipient without an item stands still for this long only if its job was lost, in milliseconds: it was cut
/// a horizon ahead at most, and a job in a dead sender's hand stays hidden for twice 45 s at most.
const LOST_AFTER_MS: i64 = HORIZON_MICROS / 1_000 + 2 * 45_000;

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
    let nothing_under_way = lowest == record.cursor_index;
    if lowest > record.touched_below || nothing_under_way || record.touched_below_since == 0 {
        record.touched_below = lowest;
        record.touched_below_since = now;
    }
    if now - record.touched_below_since > LOST_AFTER_MS {
        return rewind_to(app, record, lowest).await;
    }
    Ok(Some(record))
}

/// Sets the cursor back to a recipient that lost its job, under a new epoch. Nothing when somebody else changed the campaign.
pub(super) async fn rewind_to(app: &App, record: CampaignRecord, index: u64) -> anyhow::Result<Option<CampaignRecord>> {
    tracing::warn!(campaign = %record.id, index, "recipients without an item: their jobs were lost and are cut again");
    let now = app.clock.now_millis();
    let mut next = record.clone();
    next.epoch += 1;
    next.touched_below_since = now;
    next.look_at(Some(now));
    lay_from(app, &mut next, index).await?;
    let nudge = Nudge { workspace_id: next.workspace_id, campaign_id: next.id.clone() };
    let written = write(app, record, next).await?;
    queues::nudge(app, &nudge, 0).await?;
    Ok(written)
}

/// Lays the plan from this recipient on, as soon as the campaign's own pace allows.
async fn lay_from(app: &App, next: &mut CampaignRecord, index: u64) -> anyhow::Result<()> {
    let now = app.clock.now_micros();
    let turn = pace::next_turn(app, &next.id).await?.unwrap_or(now);
    next.lay_anchor(index, turn.max(now));
    Ok(())
}

/// Cuts new jobs for retries whose job is gone. A retry that still has its job is sent once all the same: the claim decides.
pub(super) async fn send_overdue_retries(app: &App, record: &CampaignRecord) -> anyhow::Result<()> {
    let now = app.clock.now_micros();
    let overdue = messages::overdue_retries(app, &record.id, now / 1_000 - RETRY_OVERDUE_MS, MOST_RETRIES).await?;
    let mut segment = Segment::default();
    let mut jobs = Vec::new();
    for waiting in overdue.chunk_by(|a, b| a.chunk == b.chunk) {
        let mut recipients = Vec::new();
        for message in waiting {
            if let Some(row) = segment.row(app, record, message.index).await? {
                recipients.push(job_recipient(record, message.index, message.attempt, now, row));
            }
        }
        for job in packed(record, waiting[0].chunk, recipients.into_iter()) {
            jobs.push(DelayedJob::new(&job, now, now)?);
        }
    }
    queues::send_jobs(app, jobs).await?;
    postpone(app, &overdue).await
}

/// Their new jobs have until then; only after that are they overdue again.
async fn postpone(app: &App, overdue: &[MessageRecord]) -> anyhow::Result<()> {
    for message in overdue {
        messages::postpone_retry(app, message, app.clock.now_millis() + LOOK_AGAIN_MS).await?;
    }
    Ok(())
}
