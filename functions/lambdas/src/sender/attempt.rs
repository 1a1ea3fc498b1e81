//! One attempt at one recipient: claim, send, record. The claim comes immediately before its own request.

use std::sync::Arc;

use campaigns::job::{CallbackData, Job, JobRecipient, RecipientContent};
use campaigns::message::{Claim, MessageRecord, Outcome};
use campaigns::phone::PhoneNumber;
use campaigns::send_error::{MOST_ATTEMPTS, backoff_ms, is_retryable};
use wire::MessageState;

use crate::App;
use crate::app::random;
use crate::cloud_api::{OutgoingMessage, SendAnswer};
use crate::storage::channels::ChannelRecord;
use crate::storage::messages::{self, Reclaimed};
use crate::storage::table::Written;

pub(super) struct Attempt {
    pub app: Arc<App>,
    pub channel: Arc<ChannelRecord>,
    pub job: Arc<Job>,
    pub recipient: JobRecipient,
}

impl Attempt {
    /// Makes the attempt. Returns the next one when it was refused for now.
    pub async fn make(self) -> anyhow::Result<Option<JobRecipient>> {
        let Some(claimed) = self.claim().await? else { return Ok(None) };
        let outcome = self.send().await?;
        self.record(claimed, outcome).await
    }

    /// Creates the item, or moves a waiting retry of this attempt. Nothing when somebody else was faster.
    async fn claim(&self) -> anyhow::Result<Option<MessageRecord>> {
        let now = self.app.clock.now_millis();
        let JobRecipient { index, attempt, .. } = self.recipient;
        if attempt == 1 {
            let record = new_record(&self.job, &self.recipient, now);
            let written = messages::create(&self.app, &record).await?;
            return Ok((written == Written::Done).then_some(record));
        }
        match messages::claim_retry(&self.app, &self.job.campaign_id, index, attempt, now).await? {
            Reclaimed::Ours(record) => Ok(Some(*record)),
            Reclaimed::NotOurs => Ok(None),
        }
    }

    async fn send(&self) -> anyhow::Result<Outcome> {
        let RecipientContent::Send(parameters) = &self.recipient.content else {
            anyhow::bail!("a recipient without content was claimed");
        };
        let Some(credentials) = self.app.config.app(&self.channel.app_id) else {
            anyhow::bail!("the app of channel {} is not configured", self.channel.id);
        };
        let JobRecipient { index, attempt, .. } = self.recipient;
        let callback = CallbackData { campaign_id: self.job.campaign_id.clone(), index, attempt }.encode();
        let message = OutgoingMessage {
            phone_number_id: &self.channel.phone_number_id,
            to: &self.recipient.phone,
            callback_data: &callback,
            template: &self.job.template,
            parameters,
        };
        let answer = self.app.cloud_api.send(credentials, &message).await;
        self.outcome(answer)
    }

    /// What an answer means for the message.
    fn outcome(&self, answer: SendAnswer) -> anyhow::Result<Outcome> {
        let campaign = &self.job.campaign_id;
        let index = self.recipient.index;
        Ok(match answer {
            SendAnswer::Accepted { wamid, held } => Outcome::Accepted { wamid, held },
            SendAnswer::Refused { code, retry_after_seconds } if is_retryable(code) => {
                self.try_again(Some(code), retry_after_seconds)?
            }
            SendAnswer::Refused { code, .. } => Outcome::Failed { code },
            SendAnswer::NotSent(cause) => {
                tracing::warn!(%campaign, index, cause, "WhatsApp could not be reached; nothing was sent");
                self.try_again(None, None)?
            }
            SendAnswer::Indefinite(cause) => {
                tracing::warn!(%campaign, index, cause, "nobody knows whether a message was sent");
                Outcome::Unknown
            }
        })
    }

    /// Another attempt after a wait, or the end of the attempts.
    fn try_again(&self, code: Option<u32>, retry_after_seconds: Option<u64>) -> anyhow::Result<Outcome> {
        let next_attempt = self.recipient.attempt + 1;
        if next_attempt > MOST_ATTEMPTS {
            return Ok(Outcome::Failed { code: code.unwrap_or(campaigns::send_error::UNREACHABLE) });
        }
        let asked = i64::try_from(retry_after_seconds.unwrap_or(0)).unwrap_or(0).saturating_mul(1_000);
        let wait = backoff_ms(next_attempt, u64::from_le_bytes(random()?)).max(asked);
        Ok(Outcome::Retry { code, not_before: self.app.clock.now_millis() + wait })
    }

    /// Merges the outcome into whatever the item says by now: a receipt may have been faster.
    async fn record(&self, claimed: MessageRecord, outcome: Outcome) -> anyhow::Result<Option<JobRecipient>> {
        let now = self.app.clock.now_millis();
        let attempt = self.recipient.attempt;
        let retry_shard = self.job.campaign_id.as_str();
        let change = |standing: &MessageRecord| standing.with_outcome(attempt, &outcome, now, retry_shard);
        let waiting = change(&claimed).filter(|next| next.state == MessageState::Retry);
        let written = messages::change(&self.app, claimed, change).await?;
        let waiting = waiting.filter(|_| written == Written::Done);
        Ok(waiting.and_then(|waiting| {
            let due_at_micros = waiting.not_before? * 1_000;
            Some(JobRecipient { attempt: waiting.attempt, due_at_micros, ..self.recipient.clone() })
        }))
    }
}

/// The item of a recipient that is claimed for the first time.
pub(super) fn new_record(job: &Job, recipient: &JobRecipient, now: i64) -> MessageRecord {
    let canonical = match PhoneNumber::parse(&recipient.phone, None) {
        Ok(phone) => phone.canonical(),
        Err(_) => recipient.phone.trim_start_matches('+').to_owned(),
    };
    MessageRecord::from(Claim {
        campaign_id: job.campaign_id.clone(),
        workspace_id: job.workspace_id,
        channel_id: job.channel_id.clone(),
        index: recipient.index,
        chunk: job.chunk,
        canonical_phone: canonical,
        attempt: recipient.attempt,
        at: now,
    })
}
