//! The sender: takes a job, waits for the number's permit and each recipient's instant, claims, sends, records.
//!
//! "Not now" is not a fault: the rest of the job goes back into the queue as a new message and this one is done.
//! Only faults are answered as failures, and only faults reach the dead-letter queue.

mod asleep;
mod attempt;
mod auto_answers;
mod barred;
mod flight;
pub(crate) mod hours;
mod notices;
pub(crate) mod number;
pub(crate) mod pace;
mod permit;
mod settle;
mod signals;
mod waits;

pub(crate) use self::permit::slot_for_one;

use std::collections::BTreeMap;
use std::sync::Arc;

use anyhow::{Context, bail};
use aws_lambda_events::sqs::{SqsBatchResponse, SqsEvent};
use campaigns::consent::ERASED;
use campaigns::job::{Job, JobRecipient, RecipientContent};
use campaigns::message::MessageRecord;
use campaigns::phone;
use tokio::task::JoinSet;
use wire::{CampaignStatus, MessageState, WaitReason};

use self::flight::{Flight, LONGEST_SHIFT_MICROS, after_bounce, after_rest};
use self::hours::Hours;
use self::signals::Signals;
use crate::App;
use crate::storage::campaigns::CampaignRecord;
use crate::storage::channels::{self, ChannelRecord};
use crate::storage::queues::{self, AnswerErrand, DelayedJob, NoticeErrand};
use crate::storage::table::Written;
use crate::storage::{campaigns as campaign_store, messages, pauses, person_keys, user_ids};

/// A job that comes earlier than this before its first due time goes back with a delay.
const EARLY_MICROS: i64 = 6_000_000;

/// A claim without an outcome for this long has lost its sender, in milliseconds: the function's limit is 30 s.
pub const CLAIM_TIMEOUT_MS: i64 = 45_000;

/// How long a job waits whose access token cannot be read, in microseconds.
const NO_TOKEN_WAIT_MICROS: i64 = 60_000_000;

/// Why campaigns pause that nothing can be sent for.
const NO_CHANNEL: &str = "Paused by itself: its number is no longer registered. Register it again, then resume.";
const NO_APP: &str = "Paused by itself: the WhatsApp app of its number is not configured here. Add it, then resume.";

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
    if let Some(errand) = NoticeErrand::parse(body) {
        return notices::send(app, &errand?).await;
    }
    if let Some(errand) = AnswerErrand::parse(body) {
        return auto_answers::send(app, &errand?).await;
    }
    let mut job: Job = serde_json::from_str(body).context("a message in the send queue is not a job")?;
    let Some(campaign) = wanted_campaign(app, &job).await? else { return Ok(()) };
    let Some(channel) = channels::get(app, job.workspace_id, &job.channel_id).await? else {
        return pause(app, &job, &campaign, NO_CHANNEL).await;
    };
    // Before any claim: a deployment that cannot send must not use anybody's chance up.
    let credentials = match channel.credentials(app).await {
        Ok(Some(credentials)) => credentials,
        Ok(None) => return pause(app, &job, &campaign, NO_APP).await,
        Err(error) => {
            // It is no recipient's fault: the job waits, however long, and is never a dead letter.
            let (channel, error) = (&channel.id, format!("{error:#}"));
            tracing::error!(%channel, error, "the access token of a channel cannot be read");
            let visible_at = app.clock.now_micros() + NO_TOKEN_WAIT_MICROS;
            return queues::send_jobs(app, vec![DelayedJob::new(&job, visible_at, app.clock.now_micros())?]).await;
        }
    };
    let number = number::read(app, &channel).await?;
    let now = app.clock.now_micros();
    if let Some(until) = number.rests(&channel, &job.recipients, now) {
        job.wait.get_or_insert(WaitReason::Throttled);
        let visible_at = after_rest(&job.recipients, until);
        return queues::send_jobs(app, vec![DelayedJob::not_before(&job, visible_at, now)?]).await;
    }
    if number.is_taken(&channel, &job.recipients, now) {
        job.wait.get_or_insert(number.wait_at(now));
        let visible_at = after_bounce(&job.recipients, number.free_soon(&channel, now), now);
        return queues::send_jobs(app, vec![DelayedJob::new(&job, visible_at, now)?]).await;
    }
    drop_taken(app, &mut job).await?;
    barred::mark(app, &campaign, &mut job).await?;
    skip_unfillable(app, &mut job).await?;
    asleep::put_aside(app, &campaign, &mut job).await?;
    wait_for_hours(app, &campaign, &mut job);
    let Some(first) = job.recipients.first() else { return Ok(()) };
    let now = app.clock.now_micros();
    if first.due_at_micros > now + EARLY_MICROS {
        let visible_at = first.due_at_micros - EARLY_MICROS / 2;
        return queues::send_jobs(app, vec![DelayedJob::new(&job, visible_at, now)?]).await;
    }
    let user_ids = user_ids(app, &channel, &job).await?;
    let recipients = std::mem::take(&mut job.recipients);
    let signals = Signals::of(number);
    Flight::new(app, channel, credentials, job, signals, user_ids).send(&recipients, campaign).await
}

/// Pauses a campaign that cannot be sent from here, with the reason. Nothing when another of its jobs did.
async fn pause(app: &App, job: &Job, campaign: &CampaignRecord, reason: &str) -> anyhow::Result<()> {
    if pauses::pause_by_itself(app, campaign, reason.to_owned()).await? == Written::Done {
        tracing::error!(campaign = %campaign.id, reason, "a campaign paused");
        return Ok(());
    }
    match wanted_campaign(app, job).await? {
        Some(_) => bail!("campaign {} changed while it was paused: {reason}", campaign.id),
        None => Ok(()),
    }
}

/// By which ids people are addressed, by canonical phone: nobody's unless the channel is set to.
async fn user_ids(app: &App, channel: &ChannelRecord, job: &Job) -> anyhow::Result<BTreeMap<String, String>> {
    if !channel.by_user_id {
        return Ok(BTreeMap::new());
    }
    let phones = job.recipients.iter().map(|recipient| phone::canonical_digits(&recipient.phone)).collect();
    user_ids::of_phones(app, job.workspace_id, channel.portfolio(), phones).await
}

/// The campaign, if it still sends, and in the epoch of this job. Read consistently.
async fn wanted_campaign(app: &App, job: &Job) -> anyhow::Result<Option<CampaignRecord>> {
    let campaign = campaign_store::get(app, job.workspace_id, &job.campaign_id).await?;
    Ok(campaign.filter(|campaign| campaign.status == CampaignStatus::Processing && campaign.epoch == job.epoch))
}

/// Leaves out the recipients that have an item already, unless the item waits for just this attempt.
async fn drop_taken(app: &App, job: &mut Job) -> anyhow::Result<()> {
    let indexes: Vec<u64> = job.recipients.iter().map(|recipient| recipient.index).collect();
    let records = messages::of(app, &job.campaign_id, &indexes).await?;
    job.recipients.retain(|recipient| {
        let record = records.binary_search_by_key(&recipient.index, |record| record.index).ok().map(|at| &records[at]);
        is_free(record, recipient)
    });
    job.recipients.sort_by_key(|recipient| recipient.due_at_micros);
    Ok(())
}

/// Whether nobody has taken the recipient, or his item waits for just this attempt.
fn is_free(record: Option<&MessageRecord>, recipient: &JobRecipient) -> bool {
    match record {
        None => !recipient.waits,
        Some(record) => record.state == MessageState::Retry && record.attempt == recipient.attempt,
    }
}

/// A job that comes while the hours are closed is due when they open.
fn wait_for_hours(app: &App, campaign: &CampaignRecord, job: &mut Job) {
    let Some(first) = job.recipients.first() else { return };
    let leaves_at = first.due_at_micros.max(app.clock.now_micros());
    match hours::of(campaign, leaves_at, leaves_at) {
        Hours::Open { .. } => {}
        Hours::Closed { opens_at } => {
            job.wait.get_or_insert(WaitReason::Window);
            job.recipients = hours::shifted(&job.recipients, opens_at, LONGEST_SHIFT_MICROS);
        }
    }
}

/// Records the recipients who get nothing as skipped, with the reason.
async fn skip_unfillable(app: &App, job: &mut Job) -> anyhow::Result<()> {
    let (skips, sends): (Vec<JobRecipient>, _) = std::mem::take(&mut job.recipients)
        .into_iter()
        .partition(|recipient| matches!(recipient.content, RecipientContent::Skip(_)));
    job.recipients = sends;
    for recipient in skips {
        let RecipientContent::Skip(reason) = &recipient.content else { continue };
        leave_out(app, job, &recipient, reason).await?;
    }
    Ok(())
}

/// Records that a recipient of a job gets nothing, or not the attempt that he waits for, for this reason; nothing when he
/// was claimed meanwhile.
pub(crate) async fn leave_out(app: &App, job: &Job, recipient: &JobRecipient, reason: &str) -> anyhow::Result<()> {
    let now = app.clock.now_millis();
    if recipient.waits {
        let Some(standing) = messages::get(app, &job.campaign_id, recipient.index).await? else { return Ok(()) };
        let is_this = |standing: &MessageRecord| standing.attempt == recipient.attempt;
        let change = |standing: &MessageRecord| standing.left_out(now, reason).filter(|_| is_this(standing));
        return messages::change(app, standing, change).await.map(|_| ());
    }
    let mut record = attempt::new_record(job, recipient, String::new(), now);
    record.skipped_at = Some(now);
    record.reason = Some(reason.to_owned());
    record.state = record.derive_state();
    if reason == ERASED {
        // Not even that he was left out stands under his number.
        let name = person_keys::of(app, job.workspace_id).await?.of_phone(record.canonical_phone())?;
        record = record.erased(&name, now).unwrap_or(record);
    }
    messages::create(app, &record).await.map(|_| ())
}
