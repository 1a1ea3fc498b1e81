//! Dead letters: jobs that failed again and again leave their queue for a place where they are seen and counted, and
//! tell which recipients are the cause.

use std::collections::BTreeMap;

use anyhow::Context;
use aws_sdk_sqs::types::Message;
use campaigns::job::{JOB_RECIPIENTS, Job};
use campaigns::lifecycle::is_active;

use crate::App;
use crate::sender::leave_out;
use crate::storage::campaigns::{self as store, CampaignRecord};
use crate::storage::dead_letters::{self, DeadLetterRecord, DeadRecipient};
use crate::storage::queues;

/// Requests of one tick, of ten letters each: a hundred a minute, and the queue keeps the rest for two weeks.
const MOST_BATCHES: u32 = 10;

/// Letters of a campaign that are looked at for the cause.
const MOST_LOOKED_AT: i32 = 200;

/// Letters of the same attempt that was waited for after which it is not made: each is five failures, so this is more than a bad hour.
const MOST_OF_AN_ATTEMPT: u32 = 5;

/// Letters of the same recipient's first attempt that make it the cause, where its place was lost again and again.
const CAUSE_OF_A_LOSS: u32 = 2;

/// Why a recipient gets nothing.
pub(super) const REASON: &str = "The job of this recipient failed again and again; see the campaign's dead letters";

/// Takes what lies in the dead-letter queue.
pub(super) async fn drain(app: &App) -> anyhow::Result<()> {
    for _ in 0..MOST_BATCHES {
        let letters = queues::dead_letters(app).await?;
        if letters.is_empty() {
            return Ok(());
        }
        for letter in &letters {
            take(app, letter).await?;
            queues::forget_dead_letter(app, letter).await?;
        }
    }
    Ok(())
}

async fn take(app: &App, message: &Message) -> anyhow::Result<()> {
    let now = app.clock.now_millis();
    let body = message.body.clone().unwrap_or_default();
    let job: Option<Job> = serde_json::from_str(&body).ok();
    let recipients = job.iter().flat_map(|job| &job.recipients);
    let recipients = recipients.map(|of| DeadRecipient { index: of.index, attempt: of.attempt });
    let letter = DeadLetterRecord {
        id: message.message_id.clone().context("a dead letter without an id")?,
        body,
        received_at: now,
        chunk: job.as_ref().map(|job| job.chunk).unwrap_or_default(),
        recipients: recipients.collect(),
        expires_at: dead_letters::expires_at(now),
    };
    let campaign = match &job {
        Some(job) => store::get(app, job.workspace_id, &job.campaign_id).await?,
        None => None,
    };
    let (Some(job), Some(campaign)) = (job, campaign) else {
        tracing::error!(message = letter.id, "a dead letter belongs to no campaign and is kept as nobody's");
        return dead_letters::keep_nobodys(app, &letter).await.map(|_| ());
    };
    let recipients = letter.recipients.len();
    tracing::error!(campaign = %campaign.id, message = letter.id, recipients, "a job failed again and again");
    dead_letters::keep(app, &campaign.id, &letter).await?;
    leave_out_waiting(app, &campaign, &job).await
}

/// An attempt that was waited for and whose job keeps failing is not made: it would come back for ever.
async fn leave_out_waiting(app: &App, campaign: &CampaignRecord, job: &Job) -> anyhow::Result<()> {
    if !is_active(campaign.status) || !job.recipients.iter().any(|recipient| recipient.waits) {
        return Ok(());
    }
    let times = times(&letters_of(app, campaign).await?);
    for recipient in job.recipients.iter().filter(|recipient| recipient.waits) {
        if times.get(&(recipient.index, recipient.attempt)).is_some_and(|times| *times >= MOST_OF_AN_ATTEMPT) {
            leave_out(app, job, recipient, REASON).await?;
        }
    }
    Ok(())
}

async fn letters_of(app: &App, campaign: &CampaignRecord) -> anyhow::Result<Vec<DeadLetterRecord>> {
    Ok(dead_letters::list(app, &campaign.id, MOST_LOOKED_AT, None).await?.0)
}

/// How often each attempt at a recipient was in a dead job.
fn times(letters: &[DeadLetterRecord]) -> BTreeMap<(u64, u32), u32> {
    let mut times = BTreeMap::new();
    for recipient in letters.iter().flat_map(|letter| &letter.recipients) {
        *times.entry((recipient.index, recipient.attempt)).or_default() += 1;
    }
    times
}

/// Leaves out those who lost their first job again and again from `index` on and whose jobs are among the dead: they are
/// the cause. Who was only lost is not. Returns how many.
pub(super) async fn leave_out_causes(app: &App, campaign: &CampaignRecord, index: u64) -> anyhow::Result<u64> {
    let letters = letters_of(app, campaign).await?;
    let times = times(&letters);
    let place = index..index.saturating_add(JOB_RECIPIENTS as u64);
    let mut causes = BTreeMap::new();
    for job in letters.iter().filter_map(|letter| serde_json::from_str::<Job>(&letter.body).ok()) {
        for recipient in job.recipients.iter().filter(|recipient| !recipient.waits) {
            let often = times.get(&(recipient.index, recipient.attempt)).is_some_and(|times| *times >= CAUSE_OF_A_LOSS);
            if often && place.contains(&recipient.index) {
                causes.insert(recipient.index, (job.clone(), recipient.clone()));
            }
        }
    }
    for (job, recipient) in causes.values() {
        leave_out(app, job, recipient, REASON).await?;
    }
    Ok(causes.len() as u64)
}
