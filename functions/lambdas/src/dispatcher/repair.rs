//! Repair: what was lost, dropped or cut short is found, because audience − messages says what is missing.

use campaigns::job::JOB_RECIPIENTS;

use super::cutting::{Segment, empty_job, job_recipient};
use super::{HORIZON_MICROS, write};
use crate::App;
use crate::storage::campaigns::CampaignRecord;
use crate::storage::messages;
use crate::storage::queues::{self, DelayedJob};

/// A retry that is this much past its time has lost its job (a pause drops jobs, a crash may), in milliseconds.
const RETRY_OVERDUE_MS: i64 = 10_000;

/// Lost retries put back in one look.
const MOST_RETRIES: i32 = 500;

/// After a resume: sets the cursor back to the lowest recipient without an item, among those that may have had a job
/// which was dropped. Nothing when somebody else changed the campaign.
pub(super) async fn rewind(app: &App, record: CampaignRecord) -> anyhow::Result<Option<CampaignRecord>> {
    if !record.rewind {
        return Ok(Some(record));
    }
    let horizon_seconds = HORIZON_MICROS.unsigned_abs() / 1_000_000;
    let window = 2 * horizon_seconds * u64::from(record.messages_per_second);
    let first = record.cursor_index.saturating_sub(window);
    let lowest = messages::lowest_untouched(app, &record.id, first, record.cursor_index).await?;
    let mut next = record.clone();
    next.rewind = false;
    next.lay_anchor(lowest, app.clock.now_micros());
    write(app, record, next).await
}

/// Sets the cursor back to a recipient that lost its job, under a new epoch. Nothing when somebody else changed the campaign.
pub(super) async fn rewind_to(app: &App, record: CampaignRecord, index: u64) -> anyhow::Result<Option<CampaignRecord>> {
    tracing::warn!(campaign = %record.id, index, "recipients without an item: their jobs were lost and are cut again");
    let mut next = record.clone();
    next.epoch += 1;
    next.lay_anchor(index, app.clock.now_micros());
    next.look_at(Some(app.clock.now_millis()));
    write(app, record, next).await
}

/// Cuts new jobs for retries whose job is gone. A retry that still has its job is sent once all the same: the claim decides.
pub(super) async fn send_overdue_retries(app: &App, record: &CampaignRecord) -> anyhow::Result<()> {
    let now = app.clock.now_micros();
    let overdue = messages::overdue_retries(app, &record.id, now / 1_000 - RETRY_OVERDUE_MS, MOST_RETRIES).await?;
    let mut segment = Segment::default();
    let mut jobs = Vec::new();
    for waiting in overdue.chunk_by(|a, b| a.chunk == b.chunk).flat_map(|same| same.chunks(JOB_RECIPIENTS)) {
        let mut job = empty_job(record, waiting[0].chunk);
        for message in waiting {
            if let Some(row) = segment.row(app, record, message.index).await? {
                job.recipients.push(job_recipient(record, message.index, message.attempt, now, row));
            }
        }
        jobs.push(DelayedJob::new(&job, now, now)?);
    }
    queues::send_jobs(app, jobs).await
}
