//! Cutting: from the cursor to the horizon, a segment's rows become jobs.

use anyhow::Context;
use campaigns::audience::{Recipient, SEGMENT_ROWS, segment_of};
use campaigns::content;
use campaigns::job::{JOB_BYTES, JOB_RECIPIENTS, Job, JobRecipient, RecipientContent, beyond_pace};
use campaigns::message::MessageRecord;
use campaigns::plan::{Cursor, Cut, Plan};
use campaigns::totals::Totals;
use wire::WaitReason;

use super::later::{self, Waits};
use super::{HORIZON_MICROS, LEAD_MICROS, LOOK_AGAIN_MS, portfolio, write};
use crate::App;
use crate::media::{self, Held};
use crate::sender::hours::{self, ALWAYS_NIGHT, Night};
use crate::storage::campaigns::CampaignRecord;
use crate::storage::channels;
use crate::storage::pauses::pause_by_itself;
use crate::storage::queues::{self, BATCH_MESSAGES, DelayedJob};
use crate::storage::table::Written;
use crate::storage::{files, messages};

/// Sends jobs for everything due before the horizon and moves the cursor after each batch of them. `counted`: the
/// campaign's totals; `affordable`: the index up to which its money goes. Nothing when somebody else changed the campaign.
pub(super) async fn cut(
    app: &App,
    record: CampaignRecord,
    counted: &Totals,
    affordable: u64,
) -> anyhow::Result<Option<CampaignRecord>> {
    let Some(mut record) = shift_if_late(app, record).await? else { return Ok(None) };
    let share = portfolio::share(app, &record, counted).await?;
    if let Some(share) = &share {
        match portfolio::wait_for_room(app, record, share).await? {
            Some(waiting) => record = waiting,
            None => return Ok(None),
        }
    }
    let plan = record.plan();
    let waits = later::look(app, &record, counted).await?;
    let first = record.cursor_index;
    let room = share.as_ref().map_or(u64::MAX, |share| share.end(app, &record)).min(room(&record, counted));
    let room = room.min(affordable);
    let mut segment = Segment::default();
    let horizon = app.clock.now_micros() + HORIZON_MICROS;
    while record.cursor_due_at_micros <= horizon && record.cursor_index < room && !record.is_cut() {
        let batch = cut_batch(app, &record, &plan, &mut segment, horizon, room).await?;
        queues::send_jobs(app, batch.jobs).await?;
        let mut next = record.clone();
        next.move_cursor(batch.next, batch.next_wait);
        next.last_chunk = Some(batch.chunk);
        note_look(app, &mut next, counted, &waits);
        match write(app, record, next).await? {
            Some(written) => record = written,
            None => return Ok(None),
        }
    }
    let mut next = record.clone();
    if let Some(share) = &share {
        share.predict(app, &mut next, record.cursor_index.saturating_sub(first));
    }
    next.dispatches += 1;
    note_look(app, &mut next, counted, &waits);
    write(app, record, next).await
}

/// Sees to it that WhatsApp has the campaign's files before jobs name them. Nothing when it will not have one: the
/// campaign pauses.
pub(super) async fn with_files(app: &App, record: CampaignRecord) -> anyhow::Result<Option<CampaignRecord>> {
    if media::is_held(&record, app.clock.now_millis()) {
        return Ok(Some(record));
    }
    let channel = channels::get(app, record.workspace_id, &record.channel_id).await?;
    let channel = channel.with_context(|| format!("the channel of campaign {} is gone", record.id))?;
    match media::hold(app, &channel, &record).await? {
        Held::AsBefore => Ok(Some(record)),
        Held::Anew(media) => {
            let next = CampaignRecord { media, ..record.clone() };
            write(app, record, next).await
        }
        Held::Refused(why) => {
            match pause_by_itself(app, &record, why).await? {
                Written::Done => tracing::warn!(campaign = %record.id, "a campaign paused: WhatsApp refuses its file"),
                Written::ConditionFailed => {}
            }
            Ok(None)
        }
    }
}

/// The plan shifts when its cursor lies in the past: what is late leaves at its pace from now on, never in a burst.
async fn shift_if_late(app: &App, record: CampaignRecord) -> anyhow::Result<Option<CampaignRecord>> {
    let now = app.clock.now_micros();
    if record.is_cut() || record.cursor_due_at_micros >= now {
        return Ok(Some(record));
    }
    let mut next = record.clone();
    let standing = record.cursor_wait.and_then(beyond_pace);
    let wait = standing.unwrap_or(if record.cursor_index == 0 { WaitReason::Pace } else { WaitReason::Late });
    next.lay_anchor(record.cursor_index, now, wait);
    write(app, record, next).await
}

/// The dispatcher looks again when the next recipient is due, and every minute while anything is under way. What only
/// waits for a later attempt costs no look before that is due.
fn note_look(app: &App, next: &mut CampaignRecord, counted: &Totals, waits: &Waits) {
    let now = app.clock.now_millis();
    next.last_dispatch_at = Some(now);
    next.updated_at = now;
    let due = next.cursor_due_at_micros / 1_000;
    let rests = match waits.only_later_from {
        Some(_) => counted.touched() >= next.cursor_index,
        None => counted.settled() >= next.cursor_index,
    };
    let again = match (rests, waits.only_later_from) {
        (true, Some(later)) => later.max(now + LOOK_AGAIN_MS),
        (true, None) | (false, _) => now + LOOK_AGAIN_MS,
    };
    next.look_at(Some(match (next.is_cut(), rests && waits.only_later_from.is_none()) {
        (true, _) => again,
        (false, true) => due,
        (false, false) => due.min(again),
    }));
}

/// The index up to which jobs may be cut: no more than a horizon of messages ahead of what senders claimed, so that a
/// throttled number does not pile up jobs.
fn room(record: &CampaignRecord, counted: &Totals) -> u64 {
    let horizon_seconds = HORIZON_MICROS.unsigned_abs() / 1_000_000;
    counted.touched() + u64::from(record.messages_per_second) * horizon_seconds
}

struct Batch {
    jobs: Vec<DelayedJob>,
    chunk: u64,
    next: Cursor,
    next_wait: WaitReason,
}

async fn cut_batch(
    app: &App,
    record: &CampaignRecord,
    plan: &Plan,
    segment: &mut Segment,
    horizon: i64,
    room: u64,
) -> anyhow::Result<Batch> {
    let mut batch = Batch {
        jobs: Vec::new(),
        chunk: plan.chunk_of(record.cursor_index),
        next: record.cursor(),
        next_wait: record.cursor_wait.unwrap_or(WaitReason::Pace),
    };
    let now = app.clock.now_micros();
    while batch.jobs.len() < BATCH_MESSAGES && batch.next.due_at_micros <= horizon && batch.next.index < room {
        let mut most = JOB_RECIPIENTS as u64;
        if batch.next.index < record.cut_below {
            // Cut again: those who have an item take no time of the plan.
            let run = messages::untouched_run(app, &record.id, batch.next.index, record.cut_below).await?;
            batch.next.index = run.start;
            most = if run.is_empty() { most } else { most.min(run.end - run.start) };
        }
        // Where jobs were lost, each recipient gets its own: one that makes its job fail takes nobody with it.
        most = if record.is_suspect(batch.next.index) { 1 } else { most };
        let in_segment = SEGMENT_ROWS - batch.next.index % SEGMENT_ROWS;
        // Exactly the room that there is: a cap counts single people.
        let most = most.min(in_segment).min(room.saturating_sub(batch.next.index));
        let most = usize::try_from(most).unwrap_or(JOB_RECIPIENTS);
        let Some(cut) = plan.cut(batch.next, most) else { break };
        let rows = segment.rows(app, record, cut.due[0].index).await?;
        let mut wait = beyond_pace(batch.next_wait);
        for job in jobs_of(record, &cut, rows)? {
            let job = Job { wait: wait.take(), ..job };
            let due_at = job.recipients.first().map_or(now, |recipient| recipient.due_at_micros);
            batch.jobs.push(DelayedJob::new(&job, due_at - LEAD_MICROS, now)?);
        }
        batch.chunk = cut.chunk;
        batch.next = cut.next;
        batch.next_wait = cut.next_wait;
    }
    Ok(batch)
}

/// The jobs of one cut: one, or more where long texts would make it too large for the queue.
fn jobs_of(record: &CampaignRecord, cut: &Cut, rows: &[Recipient]) -> anyhow::Result<Vec<Job>> {
    let recipients = cut.due.iter().filter_map(|due| {
        let place = usize::try_from(due.index % SEGMENT_ROWS).unwrap_or_default();
        Some(job_recipient(record, Wanted::first(due.index, due.due_at_micros), rows.get(place)?))
    });
    packed(record, cut.chunk, recipients)
}

/// Recipients of one chunk in as many jobs as their number and their texts need.
pub(super) fn packed(
    record: &CampaignRecord,
    chunk: u64,
    recipients: impl Iterator<Item = JobRecipient>,
) -> anyhow::Result<Vec<Job>> {
    let mut jobs: Vec<Job> = Vec::new();
    let mut bytes = 0;
    for recipient in recipients {
        let size = size_bytes(&recipient);
        let is_full = jobs.last().is_none_or(|job| bytes + size > JOB_BYTES || job.recipients.len() == JOB_RECIPIENTS);
        if is_full {
            jobs.push(empty_job(record, chunk)?);
            bytes = 0;
        }
        bytes += size;
        if let Some(job) = jobs.last_mut() {
            job.recipients.push(recipient);
        }
    }
    Ok(jobs)
}

/// A job of this campaign for recipients of one chunk.
fn empty_job(record: &CampaignRecord, chunk: u64) -> anyhow::Result<Job> {
    let mut wordings = record.wordings().into_iter().map(|wording| content::of_job(wording, &record.known_media()));
    let template = wordings.next().with_context(|| format!("campaign {} says nothing", record.id))?;
    Ok(Job {
        workspace_id: record.workspace_id,
        campaign_id: record.id.clone(),
        channel_id: record.channel_id.clone(),
        epoch: record.epoch,
        chunk,
        rounds: record.retry_rounds,
        template,
        variants: wordings.collect(),
        wait: None,
        recipients: Vec::new(),
    })
}

/// Which attempt at whom is wanted when.
pub(super) struct Wanted {
    pub index: u64,
    pub attempt: u32,
    pub waits: bool,
    pub due_at_micros: i64,
}

impl Wanted {
    fn first(index: u64, due_at_micros: i64) -> Wanted {
        Wanted { index, attempt: 1, waits: false, due_at_micros }
    }

    /// The attempt that an item waits for.
    pub(super) fn waiting(message: &MessageRecord, due_at_micros: i64) -> Wanted {
        Wanted { index: message.index, attempt: message.attempt, waits: true, due_at_micros }
    }
}

/// One recipient with what his wording is filled with, or why it cannot be.
pub(super) fn job_recipient(record: &CampaignRecord, wanted: Wanted, row: &Recipient) -> JobRecipient {
    let Wanted { index, attempt, waits, due_at_micros } = wanted;
    let content = match hours::night(record, &row.phone, due_at_micros) {
        Night::Always => RecipientContent::Skip(ALWAYS_NIGHT.to_owned()),
        Night::Awake | Night::Until(_) => match record.filled(index, row) {
            Ok(parameters) => RecipientContent::Send(parameters),
            Err(problem) => RecipientContent::Skip(problem.to_string()),
        },
    };
    let variant = record.variant_of(index);
    JobRecipient { index, attempt, waits, due_at_micros, phone: row.phone.clone(), variant, falls_back: false, content }
}

/// An upper bound of the recipient's share of the job, in bytes: texts may double when JSON escapes them.
fn size_bytes(recipient: &JobRecipient) -> usize {
    const ENVELOPE: usize = 160;
    let texts = match &recipient.content {
        RecipientContent::Send(parameters) => parameters.texts().map(|text| text.len() + 3).sum(),
        RecipientContent::Skip(reason) => reason.len(),
    };
    ENVELOPE + recipient.phone.len() + 2 * texts
}

/// A campaign can never go on: nobody knows whom it goes to.
#[derive(Debug, thiserror::Error)]
#[error("the files of the campaign's people are not there any more")]
pub(super) struct AudienceGone;

/// The segment that is being cut; read once, kept until the cursor leaves it.
#[derive(Default)]
pub(super) struct Segment {
    held: Option<(u64, Vec<Recipient>)>,
}

impl Segment {
    /// The rows of the segment that holds `index`.
    pub(super) async fn rows(
        &mut self,
        app: &App,
        record: &CampaignRecord,
        index: u64,
    ) -> anyhow::Result<&[Recipient]> {
        let wanted = segment_of(index);
        let rows = match self.held.take() {
            Some((segment, rows)) if segment == wanted => rows,
            Some(_) | None => match files::segment(app, record.workspace_id, &record.audience_id, wanted).await {
                Err(error) if files::is_missing(&error) => return Err(error.context(AudienceGone)),
                read => read?,
            },
        };
        Ok(&self.held.insert((wanted, rows)).1)
    }

    /// The row of one recipient.
    pub(super) async fn row(
        &mut self,
        app: &App,
        record: &CampaignRecord,
        index: u64,
    ) -> anyhow::Result<Option<&Recipient>> {
        let place = usize::try_from(index % SEGMENT_ROWS).unwrap_or_default();
        Ok(self.rows(app, record, index).await?.get(place))
    }
}
