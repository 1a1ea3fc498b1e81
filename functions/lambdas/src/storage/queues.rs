//! SQS: jobs for senders and nudges for the dispatcher. Only work that can be lost lies here.

use anyhow::Context;
use aws_sdk_sqs::types::{Message, SendMessageBatchRequestEntry};
use campaigns::job::Job;
use serde::{Deserialize, Serialize};
use wire::{AudienceId, CampaignId, ChannelId, DeliveryId, ExportId, NoticeId, WebhookId, WorkspaceId};

use super::deliveries::DeliveryRecord;
use crate::App;

/// Messages in one SQS request.
pub const BATCH_MESSAGES: usize = 10;

/// Bytes in one SQS request: below the 1 MiB that SQS takes (since August 2025), with room for what SQS counts besides.
pub const BATCH_BYTES: usize = 900_000;

/// Longest delay that SQS knows, in seconds.
pub const LONGEST_DELAY_SECONDS: i64 = 900;

/// Asks the dispatcher to look at a campaign now.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Nudge {
    /// Whose.
    pub workspace_id: WorkspaceId,
    /// Which.
    pub campaign_id: CampaignId,
}

/// Work on the contact book that takes longer than a request: the importer does it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", rename_all_fields = "camelCase", tag = "kind")]
pub enum Errand {
    /// Makes an audience of a list.
    ListAudience {
        /// Whose.
        workspace_id: WorkspaceId,
        /// Which.
        audience_id: AudienceId,
    },
    /// Puts the people of a ready audience into the contact book.
    IntoContacts {
        /// Whose.
        workspace_id: WorkspaceId,
        /// Which.
        audience_id: AudienceId,
    },
    /// Takes who was erased out of rejects files.
    RedactRejects {
        /// Whose.
        workspace_id: WorkspaceId,
        /// The proof that says so then.
        erasure_id: String,
    },
    /// Fetches a contacts file that lies elsewhere, and makes an audience of it.
    FetchFile {
        /// Whose.
        workspace_id: WorkspaceId,
        /// Which.
        audience_id: AudienceId,
        /// Where the file lies.
        address: String,
    },
    /// Writes contacts into a file.
    Export {
        /// Whose.
        workspace_id: WorkspaceId,
        /// Which.
        export_id: ExportId,
    },
}

/// Asks the exporter for a campaign's people as a file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ExportErrand {
    /// Whose.
    pub workspace_id: WorkspaceId,
    /// Which file.
    pub export_id: ExportId,
}

/// Asks the exporter to tell a webhook what happened.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct DeliveryErrand {
    /// Whose.
    pub workspace_id: WorkspaceId,
    /// Which webhook.
    pub hook_id: WebhookId,
    /// Events that stand nowhere else yet.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub events: Vec<DeliveryRecord>,
    /// Events that stand in the table.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub again: Vec<DeliveryId>,
}

/// Asks the exporter to mail a notice.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct MailErrand {
    /// Whose.
    pub workspace_id: WorkspaceId,
    /// Which.
    pub notice_id: NoticeId,
}

/// Work for a sender that is no job: the confirmation of a person's wish. What is sent stands with the wish
/// (`suppressions`), which decides whether it still is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct NoticeErrand {
    /// Whose.
    pub workspace_id: WorkspaceId,
    /// The keyed hash of the person.
    pub person: String,
    /// Meta's id of the message that asked.
    pub id: String,
}

/// Work for a sender that is no job: the automatic answer to somebody who answered a campaign. Whether it is still to be
/// sent stands in the table (`auto_answers`).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct AnswerErrand {
    /// Whose.
    pub workspace_id: WorkspaceId,
    /// Which campaign answers.
    pub campaign_id: CampaignId,
    /// The channel that was written to, and answers.
    pub channel_id: ChannelId,
    /// The keyed hash of the person.
    pub person: String,
    /// Meta's id of the reply.
    pub reply_id: String,
    /// The person's number as WhatsApp spells it, with `+`.
    pub to: String,
}

/// How an automatic answer lies in the send queue.
#[derive(Serialize, Deserialize)]
struct AnswerBody {
    answer: AnswerErrand,
}

impl AnswerErrand {
    /// The errand in this body; nothing when it is something else.
    pub fn parse(body: &str) -> Option<anyhow::Result<AnswerErrand>> {
        let body = body.starts_with("{\"answer\"").then(|| serde_json::from_str::<AnswerBody>(body))?;
        Some(body.map(|body| body.answer).context("a message in the send queue is no automatic answer"))
    }
}

/// How an errand lies in the send queue, so that it is told from a job by its first bytes.
#[derive(Serialize, Deserialize)]
struct NoticeBody {
    notice: NoticeErrand,
}

impl NoticeErrand {
    /// The errand in this body; nothing when it is a job.
    pub fn parse(body: &str) -> Option<anyhow::Result<NoticeErrand>> {
        let body = body.starts_with("{\"notice\"").then(|| serde_json::from_str::<NoticeBody>(body))?;
        Some(body.map(|body| body.notice).context("a message in the send queue is not an errand"))
    }
}

/// Seconds that last at least so many microseconds.
pub fn whole_seconds(micros: i64) -> i64 {
    micros.div_euclid(1_000_000) + i64::from(micros.rem_euclid(1_000_000) > 0)
}

/// A job as text, with the delay after which a sender may have it.
#[derive(Debug, Clone)]
pub struct DelayedJob {
    body: String,
    delay_seconds: i32,
}

impl DelayedJob {
    /// `visible_at_micros`: when a sender may have it; at once when that has passed, at most 900 s from `now_micros`.
    /// A queue delays by whole seconds: the job comes up to one of them early, and waits at its sender.
    pub fn new(job: &Job, visible_at_micros: i64, now_micros: i64) -> anyhow::Result<DelayedJob> {
        DelayedJob::after(job, (visible_at_micros - now_micros).div_euclid(1_000_000))
    }

    /// The same, up to a second late instead: for a job of which nothing can be done any earlier.
    pub fn not_before(job: &Job, visible_at_micros: i64, now_micros: i64) -> anyhow::Result<DelayedJob> {
        DelayedJob::after(job, whole_seconds(visible_at_micros - now_micros))
    }

    fn after(job: &Job, seconds: i64) -> anyhow::Result<DelayedJob> {
        let body = serde_json::to_string(job).context("a job does not fit into JSON")?;
        let delay_seconds = i32::try_from(seconds.clamp(0, LONGEST_DELAY_SECONDS)).unwrap_or_default();
        Ok(DelayedJob { body, delay_seconds })
    }

    /// Size in bytes.
    pub fn size_bytes(&self) -> usize {
        self.body.len()
    }
}

/// Sends jobs, in as few requests as their number and size allow. An error may leave some of them sent.
pub async fn send_jobs(app: &App, jobs: Vec<DelayedJob>) -> anyhow::Result<()> {
    let mut batch = Vec::new();
    let mut bytes = 0;
    for job in jobs {
        if batch.len() == BATCH_MESSAGES || (!batch.is_empty() && bytes + job.size_bytes() > BATCH_BYTES) {
            send_batch(app, std::mem::take(&mut batch)).await?;
            bytes = 0;
        }
        bytes += job.size_bytes();
        batch.push(job);
    }
    if !batch.is_empty() {
        send_batch(app, batch).await?;
    }
    Ok(())
}

async fn send_batch(app: &App, jobs: Vec<DelayedJob>) -> anyhow::Result<()> {
    let entries = jobs.into_iter().enumerate().map(|(at, job)| {
        SendMessageBatchRequestEntry::builder()
            .id(at.to_string())
            .message_body(job.body)
            .delay_seconds(job.delay_seconds)
            .build()
            .context("an SQS entry lacks a field")
    });
    let entries = entries.collect::<anyhow::Result<Vec<_>>>()?;
    let output = app
        .sqs
        .send_message_batch()
        .queue_url(&app.config.send_queue_url)
        .set_entries(Some(entries))
        .send()
        .await
        .context("sending jobs")?;
    match output.failed.first() {
        None => Ok(()),
        Some(failed) => anyhow::bail!("SQS refused {} jobs, the first with {}", output.failed.len(), failed.code),
    }
}

/// Asks a sender to confirm a person's wish, after `delay_seconds`.
pub async fn send_notice(app: &App, errand: &NoticeErrand, delay_seconds: i64) -> anyhow::Result<()> {
    let delay = i32::try_from(delay_seconds.clamp(0, LONGEST_DELAY_SECONDS)).unwrap_or_default();
    let request = app.sqs.send_message().queue_url(&app.config.send_queue_url).delay_seconds(delay);
    let request = request.message_body(serde_json::to_string(&NoticeBody { notice: errand.clone() })?);
    request.send().await.context("asking for the confirmation of a wish")?;
    Ok(())
}

/// Asks the exporter to mail a notice.
pub async fn send_mail(app: &App, errand: &MailErrand) -> anyhow::Result<()> {
    let request = app.sqs.send_message().queue_url(&app.config.hook_queue_url);
    let request = request.message_body(serde_json::to_string(errand)?);
    request.send().await.with_context(|| format!("mailing notice {}", errand.notice_id))?;
    Ok(())
}

/// Asks a sender for an automatic answer, after `delay_seconds`.
pub async fn send_answer(app: &App, errand: &AnswerErrand, delay_seconds: i64) -> anyhow::Result<()> {
    let delay = i32::try_from(delay_seconds.clamp(0, LONGEST_DELAY_SECONDS)).unwrap_or_default();
    let request = app.sqs.send_message().queue_url(&app.config.send_queue_url).delay_seconds(delay);
    let request = request.message_body(serde_json::to_string(&AnswerBody { answer: errand.clone() })?);
    request.send().await.context("asking for an automatic answer")?;
    Ok(())
}

/// Some of the jobs that failed again and again; none when there are none. Each is hidden until it is forgotten.
pub async fn dead_letters(app: &App) -> anyhow::Result<Vec<Message>> {
    let request = app.sqs.receive_message().queue_url(&app.config.send_dead_queue_url);
    let output = request.max_number_of_messages(BATCH_MESSAGES as i32).wait_time_seconds(0).send().await;
    Ok(output.context("receiving dead letters")?.messages.unwrap_or_default())
}

/// Takes a job that failed again and again out of its queue.
pub async fn forget_dead_letter(app: &App, letter: &Message) -> anyhow::Result<()> {
    let request = app.sqs.delete_message().queue_url(&app.config.send_dead_queue_url);
    request.set_receipt_handle(letter.receipt_handle.clone()).send().await.context("deleting a dead letter")?;
    Ok(())
}

/// Nudges the dispatcher, after `delay_seconds`.
pub async fn nudge(app: &App, nudge: &Nudge, delay_seconds: i32) -> anyhow::Result<()> {
    app.sqs
        .send_message()
        .queue_url(&app.config.nudge_queue_url)
        .message_body(serde_json::to_string(nudge)?)
        .delay_seconds(delay_seconds)
        .send()
        .await
        .with_context(|| format!("nudging campaign {}", nudge.campaign_id))?;
    Ok(())
}

/// Sends the importer on an errand.
pub async fn send_errand(app: &App, errand: &Errand) -> anyhow::Result<()> {
    let request = app.sqs.send_message().queue_url(&app.config.errand_queue_url);
    let request = request.message_body(serde_json::to_string(errand)?);
    request.send().await.with_context(|| format!("sending {errand:?}"))?;
    Ok(())
}

/// Sends the exporter on an errand.
pub async fn send_export(app: &App, errand: &ExportErrand) -> anyhow::Result<()> {
    let request = app.sqs.send_message().queue_url(&app.config.export_queue_url);
    let request = request.message_body(serde_json::to_string(errand)?);
    request.send().await.with_context(|| format!("asking for export {}", errand.export_id))?;
    Ok(())
}

/// Asks the exporter to tell a webhook, after `delay_seconds`.
pub async fn send_deliveries(app: &App, errand: &DeliveryErrand, delay_seconds: i64) -> anyhow::Result<()> {
    let delay = i32::try_from(delay_seconds.clamp(0, LONGEST_DELAY_SECONDS)).unwrap_or_default();
    let request = app.sqs.send_message().queue_url(&app.config.hook_queue_url).delay_seconds(delay);
    let request = request.message_body(serde_json::to_string(errand)?);
    request.send().await.with_context(|| format!("telling webhook {}", errand.hook_id))?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_errand_is_told_from_a_job_by_its_first_bytes() {
        let errand = NoticeErrand { workspace_id: WorkspaceId(1), person: "ab".into(), id: "wamid.1".into() };
        let body = serde_json::to_string(&NoticeBody { notice: errand.clone() }).unwrap();
        assert_eq!(NoticeErrand::parse(&body).unwrap().unwrap(), errand);
        assert!(NoticeErrand::parse("{\"workspaceId\":1}").is_none());
        assert!(NoticeErrand::parse("{\"notice\":1}").unwrap().is_err());
    }
}
