//! Attempts that wait for longer than the send queue can hold them: found by the sparse index when they are due, and then
//! given jobs like everybody else. However long they wait, they cost nothing meanwhile.

use campaigns::message::{MessageRecord, waiting_for_later, waiting_with_job};
use campaigns::totals::Totals;

use super::cutting::{Segment, Wanted, job_recipient, packed};
use super::{HORIZON_MICROS, LEAD_MICROS};
use crate::App;
use crate::storage::campaigns::CampaignRecord;
use crate::storage::messages;
use crate::storage::queues::{self, DelayedJob};

/// Attempts given jobs in one look; more are next.
const MOST_IN_A_LOOK: i32 = 500;

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

/// An attempt that waited, and when it leaves.
pub(super) struct Due {
    pub message: MessageRecord,
    pub due_at_micros: i64,
}

/// Gives jobs to what is due within the horizon, one interval after the other.
pub(super) async fn send_due(app: &App, record: &CampaignRecord) -> anyhow::Result<()> {
    let now = app.clock.now_micros();
    let horizon = now + HORIZON_MICROS;
    let partition = waiting_for_later(&record.id);
    let waiting = messages::waiting(app, &record.id, &partition, horizon / 1_000, MOST_IN_A_LOOK).await?;
    let interval = i64::try_from(campaigns::plan::interval_micros(record.messages_per_second)).unwrap_or(i64::MAX);
    let gap = interval.max(i64::try_from(record.min_gap_ms).unwrap_or(i64::MAX).saturating_mul(1_000));
    let mut free_at = now;
    let mut due = Vec::new();
    for message in waiting {
        let wanted_at = free_at.max(message.not_before.unwrap_or_default().saturating_mul(1_000));
        let due_at_micros = record.opening(wanted_at);
        if due_at_micros > horizon {
            break;
        }
        free_at = due_at_micros.saturating_add(gap);
        due.push(Due { message, due_at_micros });
    }
    let mut segment = Segment::default();
    for second in due.chunk_by(|a, b| a.message.chunk == b.message.chunk && second_of(a) == second_of(b)) {
        let due_at = second[0].due_at_micros / 1_000;
        let second = second.iter().map(|due| Due { message: due.message.clone(), ..*due }).collect();
        send(app, record, second, due_at, &mut segment).await?;
    }
    Ok(())
}

fn second_of(due: &Due) -> i64 {
    due.due_at_micros.div_euclid(1_000_000)
}

/// Jobs for these attempts, and then the note that they have them: killed in between, they get them once more, and the
/// claim decides. `overdue_at`: from when on, in milliseconds, the jobs may be missed.
pub(super) async fn send(
    app: &App,
    record: &CampaignRecord,
    due: Vec<Due>,
    overdue_at: i64,
    segment: &mut Segment,
) -> anyhow::Result<()> {
    let now = app.clock.now_micros();
    let mut jobs = Vec::new();
    for of_chunk in due.chunk_by(|a, b| a.message.chunk == b.message.chunk) {
        let mut recipients = Vec::new();
        for Due { message, due_at_micros } in of_chunk {
            if let Some(row) = segment.row(app, record, message.index).await? {
                recipients.push(job_recipient(record, Wanted::waiting(message, *due_at_micros), row));
            }
        }
        for job in packed(record, of_chunk[0].message.chunk, recipients.into_iter())? {
            let due_at = job.recipients.first().map_or(now, |recipient| recipient.due_at_micros);
            jobs.push(DelayedJob::new(&job, due_at - LEAD_MICROS, now)?);
        }
    }
    queues::send_jobs(app, jobs).await?;
    for Due { message, .. } in &due {
        messages::note_job(app, &record.id, message, overdue_at).await?;
    }
    Ok(())
}
