//! Attempts that wait for longer than the send queue can hold them: found by the sparse index when they are due, and then
//! given jobs like everybody else, one gap after the other. However long they wait, they cost nothing meanwhile.

use std::collections::BTreeMap;

use campaigns::audience::{Recipient, segment_of};
use campaigns::job::Job;
use campaigns::message::{MessageRecord, waiting_for_later, waiting_with_job};
use campaigns::totals::Totals;
use futures::{StreamExt, TryStreamExt, stream};
use wire::WaitReason;

use super::cutting::{Segment, Wanted, job_recipient, packed};
use super::{HORIZON_MICROS, LEAD_MICROS, write};
use crate::App;
use crate::sender::pace;
use crate::storage::campaigns::CampaignRecord;
use crate::storage::messages;
use crate::storage::queues::{self, DelayedJob, Nudge};
use crate::storage::table::Written;

/// Attempts given jobs in one look; more are next.
pub(super) const MOST_IN_A_LOOK: i32 = 500;

/// Segments read at once.
const PARALLEL_READS: usize = 8;

/// Seconds whose attempts are given jobs at once.
const PARALLEL_SENDS: usize = 8;

/// Attempts of one second that are noted at once.
const PARALLEL_NOTES: usize = 8;

/// Whether a campaign's waiting attempts need a look.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Waits {
    /// When the first is to be looked at, in milliseconds, if all of them wait for later; nothing when none waits, or
    /// some are under way.
    pub only_later_from: Option<i64>,
}

/// What waits. Two small reads, and none when nothing waits.
pub(super) async fn look(app: &App, record: &CampaignRecord, counted: &Totals) -> anyhow::Result<Waits> {
    let is_under_way = counted.retry == 0 || counted.claimed > 0;
    if is_under_way || messages::earliest_waiting(app, &waiting_with_job(&record.id)).await?.is_some() {
        return Ok(Waits::default());
    }
    let now = app.clock.now_micros();
    let earliest = messages::earliest_waiting(app, &waiting_for_later(&record.id)).await?;
    let due_at = earliest.map(|at| record.opening(at.saturating_mul(1_000).max(now)));
    Ok(Waits { only_later_from: due_at.map(|at| (at - HORIZON_MICROS) / 1_000) })
}

/// Gives jobs to what is due within the horizon. Nothing when somebody else changed the campaign.
pub(super) async fn send_due(app: &App, record: CampaignRecord) -> anyhow::Result<Option<CampaignRecord>> {
    let horizon = app.clock.now_micros() + HORIZON_MICROS;
    if record.upkeep.laid_until.is_some_and(|at| at > horizon) {
        return Ok(Some(record));
    }
    let partition = waiting_for_later(&record.id);
    let waiting = messages::waiting(app, &record.id, &partition, horizon / 1_000, MOST_IN_A_LOOK).await?;
    lay(app, record, waiting).await
}

/// An attempt that waited, and when it leaves.
struct Due {
    message: MessageRecord,
    at_micros: i64,
}

/// Gives jobs to these attempts, one gap after the other from where those that were given one before end. What lies
/// beyond the horizon is next. Nothing when somebody else changed the campaign.
pub(super) async fn lay(
    app: &App,
    record: CampaignRecord,
    waiting: Vec<MessageRecord>,
) -> anyhow::Result<Option<CampaignRecord>> {
    if waiting.is_empty() {
        return Ok(Some(record));
    }
    let now = app.clock.now_micros();
    let (horizon, gap) = (now + HORIZON_MICROS, gap_micros(&record));
    let turn = pace::next_turn(app, &record).await?.unwrap_or(now);
    let laid = record.upkeep.laid_until.map_or(now, |at| at.saturating_add(gap));
    let is_full = i32::try_from(waiting.len()).is_ok_and(|found| found >= MOST_IN_A_LOOK);
    let mut free_at = now.max(turn).max(laid);
    let mut due = Vec::new();
    let mut is_beyond = false;
    for message in waiting {
        let wanted_at = free_at.max(message.not_before.unwrap_or_default().saturating_mul(1_000));
        let at_micros = record.opening(wanted_at);
        if at_micros > horizon {
            is_beyond = true;
            break;
        }
        free_at = at_micros.saturating_add(gap);
        due.push(Due { message, at_micros });
    }
    let Some(last) = due.last().map(|due| due.at_micros) else { return Ok(Some(record)) };
    let rows = rows_of(app, &record, &due).await?;
    // Whoever waits for a first attempt slept; the others follow him at their pace.
    let slept = due.first().is_some_and(|due| due.message.tried() == 0);
    let mut wait = slept.then_some(WaitReason::QuietHours);
    let seconds = due.chunk_by(|a, b| a.message.chunk == b.message.chunk && second_of(a) == second_of(b));
    let sends: Vec<_> = seconds.map(|second| send(app, &record, second, wait.take(), &rows)).collect();
    stream::iter(sends).buffer_unordered(PARALLEL_SENDS).try_collect::<()>().await?;
    let mut next = record.clone();
    next.upkeep.laid_until = Some(last);
    let nudge = Nudge { workspace_id: next.workspace_id, campaign_id: next.id.clone() };
    let written = write(app, record, next).await?;
    if written.is_some() && is_full && !is_beyond {
        queues::nudge(app, &nudge, 0).await?;
    }
    Ok(written)
}

/// Microseconds between two messages of a campaign: the number's, or its own.
pub(super) fn gap_micros(record: &CampaignRecord) -> i64 {
    let interval = i64::try_from(campaigns::plan::interval_micros(record.messages_per_second)).unwrap_or(i64::MAX);
    interval.max(i64::try_from(record.min_gap_ms).unwrap_or(i64::MAX).saturating_mul(1_000))
}

/// The rows of these recipients, by index. Who waits is from all over the audience, in any order: each segment is read
/// once, or one look would take minutes.
async fn rows_of(app: &App, record: &CampaignRecord, due: &[Due]) -> anyhow::Result<BTreeMap<u64, Recipient>> {
    let mut by_segment: BTreeMap<u64, Vec<u64>> = BTreeMap::new();
    for Due { message, .. } in due {
        by_segment.entry(segment_of(message.index)).or_default().push(message.index);
    }
    let reads: Vec<_> = by_segment.into_values().map(|indexes| rows_of_segment(app, record, indexes)).collect();
    let rows: Vec<Vec<(u64, Recipient)>> = stream::iter(reads).buffer_unordered(PARALLEL_READS).try_collect().await?;
    Ok(rows.into_iter().flatten().collect())
}

async fn rows_of_segment(
    app: &App,
    record: &CampaignRecord,
    indexes: Vec<u64>,
) -> anyhow::Result<Vec<(u64, Recipient)>> {
    let mut segment = Segment::default();
    let mut rows = Vec::with_capacity(indexes.len());
    for index in indexes {
        if let Some(row) = segment.row(app, record, index).await? {
            rows.push((index, row.clone()));
        }
    }
    Ok(rows)
}

fn second_of(due: &Due) -> i64 {
    due.at_micros.div_euclid(1_000_000)
}

/// Jobs for these attempts, and then the note that they have them: killed in between, they get them once more, and the
/// claim decides. `wait`: why the first leaves no earlier.
async fn send(
    app: &App,
    record: &CampaignRecord,
    due: &[Due],
    mut wait: Option<WaitReason>,
    rows: &BTreeMap<u64, Recipient>,
) -> anyhow::Result<()> {
    let (now, Some(first)) = (app.clock.now_micros(), due.first()) else { return Ok(()) };
    let recipients = due.iter().filter_map(|Due { message, at_micros }| {
        Some(job_recipient(record, Wanted::waiting(message, *at_micros), rows.get(&message.index)?))
    });
    let mut jobs = Vec::new();
    for job in packed(record, first.message.chunk, recipients)? {
        let job = Job { wait: wait.take(), ..job };
        let due_at = job.recipients.first().map_or(now, |recipient| recipient.due_at_micros);
        jobs.push(DelayedJob::new(&job, due_at - LEAD_MICROS, now)?);
    }
    queues::send_jobs(app, jobs).await?;
    let notes =
        due.iter().map(|Due { message, at_micros }| messages::note_job(app, &record.id, message, at_micros / 1_000));
    let notes: Vec<_> = notes.collect();
    // Who was claimed or changed meanwhile needs no note.
    stream::iter(notes).buffer_unordered(PARALLEL_NOTES).try_collect::<Vec<Written>>().await.map(|_| ())
}
