//! The sender: takes a job, waits for the number's permit and each recipient's instant, claims, sends, records.
//!
//! "Not now" is not a fault: the rest of the job goes back into the queue as a new message and this one is done.
//! Only faults are answered as failures, and only faults reach the dead-letter queue.

mod attempt;
mod permit;

use std::sync::Arc;

use anyhow::Context;
use aws_lambda_events::sqs::{SqsBatchResponse, SqsEvent};
use campaigns::job::{Job, JobRecipient, RecipientContent};
use tokio::task::JoinSet;
use wire::{CampaignStatus, MessageState};

use self::attempt::Attempt;
use self::permit::Permit;
use crate::App;
use crate::storage::channels::{self, ChannelRecord};
use crate::storage::queues::{self, DelayedJob};
use crate::storage::{campaigns as campaign_store, messages};

/// A slot or an instant that is missed by more is given up: sent late, messages would crowd into the slots of others.
const SLOT_TOLERANCE_MICROS: i64 = 20_000;

/// A job that comes earlier than this before its first due time goes back with a delay.
const EARLY_MICROS: i64 = 6_000_000;

/// A claim without an outcome for this long has lost its sender, in milliseconds: the function's limit is 30 s.
pub const CLAIM_TIMEOUT_MS: i64 = 45_000;

/// How long before a slot the campaign's state is read: the last look before messages leave.
const CHECK_AHEAD_MICROS: i64 = 30_000;

/// How long one invocation takes new permits: a slot may then be 2 s away and an answer 15 s, within the function's 30 s.
const LONGEST_SENDING_MICROS: i64 = 12_000_000;

/// Messages of one job in flight at once: a second of a number at 80/s with answers after a second.
const IN_FLIGHT: usize = 100;

/// Handles jobs; the ones that failed are named in the answer and come again.
pub async fn handle(app: &Arc<App>, event: SqsEvent) -> anyhow::Result<SqsBatchResponse> {
    let mut jobs = JoinSet::new();
    for message in event.records {
        let app = Arc::clone(app);
        jobs.spawn(async move {
            let done = handle_job(&app, message.body.as_deref().unwrap_or_default()).await;
            (message.message_id.unwrap_or_default(), done)
        });
    }
    let mut response = SqsBatchResponse::default();
    while let Some(joined) = jobs.join_next().await {
        let (message_id, done) = joined.context("a job's task ended early")?;
        if let Err(error) = done {
            tracing::error!(message_id, error = format!("{error:#}"), "a job failed and comes again");
            response.add_failure(message_id);
        }
    }
    Ok(response)
}

async fn handle_job(app: &Arc<App>, body: &str) -> anyhow::Result<()> {
    let mut job: Job = serde_json::from_str(body).context("a message in the send queue is not a job")?;
    if !is_wanted(app, &job).await? {
        return Ok(());
    }
    let channel = channels::get(app, job.workspace_id, &job.channel_id).await?.context("the job's channel is gone")?;
    drop_taken(app, &mut job).await?;
    skip_unfillable(app, &mut job).await?;
    let Some(first) = job.recipients.first() else { return Ok(()) };
    let now = app.clock.now_micros();
    if first.due_at_micros > now + EARLY_MICROS {
        let visible_at = first.due_at_micros - EARLY_MICROS / 2;
        return queues::send_jobs(app, vec![DelayedJob::new(&job, visible_at, now)?]).await;
    }
    send(app, Arc::new(channel), job).await
}

/// Whether the campaign still sends, and in the epoch of this job. Read consistently.
async fn is_wanted(app: &App, job: &Job) -> anyhow::Result<bool> {
    let campaign = campaign_store::get(app, job.workspace_id, &job.campaign_id).await?;
    Ok(campaign.is_some_and(|campaign| campaign.status == CampaignStatus::Processing && campaign.epoch == job.epoch))
}

/// Leaves out the recipients that have an item already, unless the item waits for just this attempt.
async fn drop_taken(app: &App, job: &mut Job) -> anyhow::Result<()> {
    let indexes = job.recipients.iter().map(|recipient| recipient.index);
    let (Some(first), Some(last)) = (indexes.clone().min(), indexes.max()) else { return Ok(()) };
    let records = messages::range(app, &job.campaign_id, first, last).await?;
    job.recipients.retain(|recipient| {
        let record = records.binary_search_by_key(&recipient.index, |record| record.index).ok().map(|at| &records[at]);
        match record {
            None => recipient.attempt == 1,
            Some(record) => record.state == MessageState::Retry && record.attempt == recipient.attempt,
        }
    });
    job.recipients.sort_by_key(|recipient| recipient.due_at_micros);
    Ok(())
}

/// Records the recipients whose template cannot be filled as skipped, with the reason.
async fn skip_unfillable(app: &App, job: &mut Job) -> anyhow::Result<()> {
    let (skips, sends) = std::mem::take(&mut job.recipients)
        .into_iter()
        .partition(|recipient| matches!(recipient.content, RecipientContent::Skip(_)));
    job.recipients = sends;
    let skips: Vec<JobRecipient> = skips;
    for recipient in skips {
        let RecipientContent::Skip(reason) = &recipient.content else { continue };
        let now = app.clock.now_millis();
        let mut record = attempt::new_record(job, &recipient, now);
        record.skipped_at = Some(now);
        record.reason = Some(reason.clone());
        record.state = record.derive_state();
        messages::create(app, &record).await?;
    }
    Ok(())
}

/// Sends the recipients of a job, each at its instant, within the permits of its number. What is under way always lands,
/// whatever else fails.
async fn send(app: &Arc<App>, channel: Arc<ChannelRecord>, mut job: Job) -> anyhow::Result<()> {
    let recipients = std::mem::take(&mut job.recipients);
    let mut flight = Flight { app, channel, job: Arc::new(job), tasks: JoinSet::new(), retries: Vec::new() };
    let sent = flight.send(&recipients).await;
    let landed = flight.land().await;
    sent.and(landed)
}

#[derive(Clone, Copy)]
struct Slots {
    first: i64,
    interval: i64,
}

/// The messages of one job that are under way.
struct Flight<'a> {
    app: &'a Arc<App>,
    channel: Arc<ChannelRecord>,
    job: Arc<Job>,
    tasks: JoinSet<anyhow::Result<Option<JobRecipient>>>,
    retries: Vec<JobRecipient>,
}

impl Flight<'_> {
    async fn send(&mut self, recipients: &[JobRecipient]) -> anyhow::Result<()> {
        let interval = permit::interval_micros(&self.channel);
        let mut rest = recipients;
        let until = self.app.clock.now_micros() + LONGEST_SENDING_MICROS;
        while let Some(first) = rest.first()
            && first.due_at_micros.max(self.app.clock.now_micros()) < until
        {
            self.app.clock.sleep_until(first.due_at_micros).await;
            let wanted = permit::contiguous(rest, interval);
            match permit::take(self.app, &self.channel, wanted).await? {
                Permit::NotNow { free_at_micros } => return self.put_back(rest, free_at_micros).await,
                Permit::Granted { slot_micros } => {
                    self.app.clock.sleep_until(slot_micros - CHECK_AHEAD_MICROS).await;
                    if !is_wanted(self.app, &self.job).await? {
                        return Ok(());
                    }
                    let slots = Slots { first: slot_micros, interval };
                    let sent = self.send_in_slots(&rest[..wanted], slots).await?;
                    rest = &rest[sent..];
                }
            }
        }
        self.put_back(rest, self.app.clock.now_micros()).await
    }

    /// Starts the messages whose slots can be met; returns how many. Those after a missed slot need a new permit.
    async fn send_in_slots(&mut self, recipients: &[JobRecipient], slots: Slots) -> anyhow::Result<usize> {
        let mut slot = slots.first;
        for (sent, recipient) in recipients.iter().enumerate() {
            let at = slot.max(recipient.due_at_micros);
            self.app.clock.sleep_until(at).await;
            if self.app.clock.now_micros() > at + SLOT_TOLERANCE_MICROS {
                return Ok(sent);
            }
            if self.tasks.len() >= IN_FLIGHT {
                self.land_one().await?;
            }
            let attempt = Attempt {
                app: Arc::clone(self.app),
                channel: Arc::clone(&self.channel),
                job: Arc::clone(&self.job),
                recipient: recipient.clone(),
            };
            self.tasks.spawn(attempt.make());
            slot += slots.interval;
        }
        Ok(recipients.len())
    }

    /// Puts recipients back into the queue until the number is free again.
    async fn put_back(&self, rest: &[JobRecipient], free_at_micros: i64) -> anyhow::Result<()> {
        if rest.is_empty() {
            return Ok(());
        }
        let job = Job { recipients: rest.to_vec(), ..(*self.job).clone() };
        let delayed = DelayedJob::new(&job, free_at_micros, self.app.clock.now_micros())?;
        queues::send_jobs(self.app, vec![delayed]).await
    }

    async fn land_one(&mut self) -> anyhow::Result<()> {
        if let Some(landed) = self.tasks.join_next().await {
            self.retries.extend(landed.context("a message's task ended early")??);
        }
        Ok(())
    }

    /// Waits for all messages and queues the next attempts of those that were refused for now.
    async fn land(mut self) -> anyhow::Result<()> {
        let mut failed = None;
        while !self.tasks.is_empty() {
            if let Err(error) = self.land_one().await {
                failed = Some(error);
            }
        }
        let now = self.app.clock.now_micros();
        let mut jobs = Vec::new();
        for recipient in std::mem::take(&mut self.retries) {
            let visible_at = recipient.due_at_micros;
            let job = Job { recipients: vec![recipient], ..(*self.job).clone() };
            jobs.push(DelayedJob::new(&job, visible_at, now)?);
        }
        queues::send_jobs(self.app, jobs).await?;
        failed.map_or(Ok(()), Err)
    }
}
