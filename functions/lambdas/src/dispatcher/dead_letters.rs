//! Dead letters: jobs that failed again and again leave their queue for a place where they are seen and counted, and
//! tell which recipients are the cause.

use std::collections::BTreeSet;

use anyhow::Context;
use aws_sdk_sqs::types::Message;
use campaigns::job::{JOB_RECIPIENTS, Job, JobRecipient};
use campaigns::lifecycle::is_active;

use crate::App;
use crate::sender::leave_out;
use crate::storage::campaigns::{self as store, CampaignRecord};
use crate::storage::dead_letters::{self, DeadAttempt, DeadLetterRecord, DeadRecipient};
use crate::storage::pauses::pause_by_itself;
use crate::storage::queues;
use crate::storage::table::Written;
use crate::storage::totals::{self, Scope};

/// Requests of one tick, of ten letters each: a hundred a minute, and the queue keeps the rest for two weeks.
const MOST_BATCHES: u32 = 10;

/// Letters of the same attempt that was waited for after which it is not made: each is five failures, so this is more than a bad hour.
const MOST_OF_AN_ATTEMPT: u32 = 5;

/// Letters of the same recipient's first attempt that make it the cause, where its place was lost again and again.
const CAUSE_OF_A_LOSS: u32 = 2;

/// Other jobs that died meanwhile and make it the sender's fault.
const OTHERS_OF_A_FAULT: usize = 3;

/// Why a campaign pauses whose jobs all fail: it is the sender's fault and no person's.
pub(super) const SENDER_AT_FAULT: &str =
    "Paused by itself: the sender fails for many people and nobody gets through. See the dead letters, then resume.";

/// Why a recipient gets nothing.
pub(crate) const REASON: &str = "The job of this recipient failed again and again; see the campaign's dead letters";

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
    if dead_letters::keep(app, &campaign.id, &letter).await? == Written::Done {
        dead_letters::note_attempts(app, &campaign, &letter).await?;
    }
    leave_out_waiting(app, &campaign, &job).await
}

/// What the dead letters say of recipients whose jobs fail.
pub(super) enum Causes {
    /// So many of them were the cause and get nothing.
    LeftOut(u64),
    /// Jobs of all kinds of recipients fail and nothing else comes through: the sender is at fault and nobody is left out.
    Sender,
}

/// An attempt that was waited for and whose job keeps failing is not made: it would come back for ever.
async fn leave_out_waiting(app: &App, campaign: &CampaignRecord, job: &Job) -> anyhow::Result<()> {
    let waiting: Vec<_> = job.recipients.iter().filter(|recipient| recipient.waits).collect();
    let (Some(first), Some(last)) =
        (waiting.iter().map(|recipient| recipient.index).min(), waiting.iter().map(|recipient| recipient.index).max())
    else {
        return Ok(());
    };
    if !is_active(campaign.status) {
        return Ok(());
    }
    let dead = dead_letters::attempts(app, campaign, first..=last).await?;
    let is_cause = |dead: &&DeadAttempt| {
        let waits = waiting.iter().any(|of| (of.index, of.attempt) == (dead.index, dead.attempt));
        waits && dead.times >= MOST_OF_AN_ATTEMPT
    };
    let causes: Vec<DeadAttempt> = dead.iter().filter(is_cause).cloned().collect();
    if is_the_senders(app, campaign, &causes).await? {
        tracing::error!(campaign = %campaign.id, "jobs of many recipients fail: the campaign pauses");
        return pause_by_itself(app, campaign, SENDER_AT_FAULT.to_owned()).await.map(|_| ());
    }
    for recipient in waiting {
        if causes.iter().any(|cause| (cause.index, cause.attempt) == (recipient.index, recipient.attempt)) {
            leave_out(app, job, recipient, REASON).await?;
        }
    }
    Ok(())
}

/// Leaves out those who lost their first job again and again from `index` on and whose jobs are among the dead: they are
/// the cause. Who was only lost is not.
pub(super) async fn leave_out_causes(app: &App, campaign: &CampaignRecord, index: u64) -> anyhow::Result<Causes> {
    let place = index..=index.saturating_add(JOB_RECIPIENTS as u64 - 1);
    let mut causes = dead_letters::attempts(app, campaign, place).await?;
    causes.retain(|dead| dead.times >= CAUSE_OF_A_LOSS);
    if is_the_senders(app, campaign, &causes).await? {
        return Ok(Causes::Sender);
    }
    let mut left_out = 0;
    for cause in causes {
        let Some(letter) = dead_letters::get(app, &campaign.id, &cause.letter).await? else { continue };
        let Ok(job) = serde_json::from_str::<Job>(&letter.body) else { continue };
        let is_cause = |of: &&JobRecipient| !of.waits && (of.index, of.attempt) == (cause.index, cause.attempt);
        if let Some(recipient) = job.recipients.iter().find(is_cause) {
            leave_out(app, &job, recipient, REASON).await?;
            left_out += 1;
        }
    }
    Ok(Causes::LeftOut(left_out))
}

/// Whether these attempts fail as all others do: several jobs without any of them died since the first of theirs, and
/// nothing got an outcome.
async fn is_the_senders(app: &App, campaign: &CampaignRecord, causes: &[DeadAttempt]) -> anyhow::Result<bool> {
    let Some(since) = causes.iter().map(|cause| cause.first_at).min() else { return Ok(false) };
    let counted = totals::get(app, &campaign.id, Scope::Campaign).await?;
    if counted.last_outcome_at.is_some_and(|at| at > since) {
        return Ok(false);
    }
    let all = dead_letters::attempts(app, campaign, 0..=u64::MAX).await?;
    let is_other =
        |dead: &&DeadAttempt| dead.last_at >= since && causes.iter().all(|cause| cause.letter != dead.letter);
    let others: BTreeSet<&str> = all.iter().filter(is_other).map(|dead| dead.letter.as_str()).collect();
    Ok(others.len() >= OTHERS_OF_A_FAULT)
}
