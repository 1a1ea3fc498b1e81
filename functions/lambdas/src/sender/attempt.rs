//! One attempt at one recipient: claim, send, record. The claim comes immediately before its own request.

use std::sync::Arc;

use campaigns::job::{CallbackData, Job, JobRecipient, RecipientContent};
use campaigns::message::{Claim, MessageRecord, Outcome};
use campaigns::phone::PhoneNumber;
use campaigns::send_error::{LONGEST_RETRY_AFTER_MS, MOST_ATTEMPTS, Reaction, backoff_ms, reaction};
use wire::MessageState;

use super::flight::SLOT_TOLERANCE_MICROS;
use super::pace::{FARTHEST_TURN_MICROS, PACED_TOLERANCE_MICROS, Pace, Turn};
use super::permit::{self, Permit};
use crate::App;
use crate::cloud_api::{OutgoingMessage, SendAnswer};
use crate::config::WhatsAppApp;
use crate::storage::channels::ChannelRecord;
use crate::storage::messages::{self, Claimed};
use crate::storage::table::Written;

pub(super) struct Attempt {
    pub app: Arc<App>,
    pub channel: Arc<ChannelRecord>,
    pub credentials: Arc<WhatsAppApp>,
    pub job: Arc<Job>,
    pub recipient: JobRecipient,
    /// Nothing where only the number's rate counts.
    pub pace: Option<Arc<Pace>>,
    /// When the request leaves, in microseconds since 1970.
    pub slot: i64,
}

/// Slots taken for one claim that came too late for its own.
const MOST_SLOTS: u32 = 5;

/// A claim for which no slot was free waits this long as a retry, in milliseconds: nothing was sent.
const NO_SLOT_WAIT_MS: i64 = 1_000;

/// What an attempt leaves to be done.
pub(super) enum Landed {
    /// Nothing.
    Done,
    /// WhatsApp refused the message for now: this attempt is the next one.
    Again(JobRecipient),
    /// WhatsApp could not be reached: neither can it be for the rest of the job.
    Unreachable(JobRecipient),
    /// Nothing can be sent with this code: the campaign pauses.
    Blocked {
        /// Meta's code.
        code: u32,
    },
}

impl Attempt {
    /// Claims, sends and records.
    pub async fn make(self) -> anyhow::Result<Landed> {
        let claim_id = hex::encode(self.app.chance.bytes::<8>()?);
        let Claimed::Ours(claimed) = self.claim(claim_id).await? else { return Ok(Landed::Done) };
        if !self.wait_for_slot().await? {
            let not_before = self.app.clock.now_millis() + NO_SLOT_WAIT_MS;
            let next = self.record(*claimed, Outcome::Retry { code: None, not_before }).await?;
            return Ok(next.map_or(Landed::Done, Landed::Again));
        }
        let answer = self.send().await?;
        let unreachable = matches!(answer, SendAnswer::NotSent(_));
        let blocked_by = match &answer {
            SendAnswer::Refused { code, .. } if reaction(*code) == Reaction::Pause => Some(*code),
            SendAnswer::Accepted { .. }
            | SendAnswer::Refused { .. }
            | SendAnswer::NotSent(_)
            | SendAnswer::Indefinite(_) => None,
        };
        let outcome = self.outcome(answer)?;
        let next = self.record(*claimed, outcome).await?;
        Ok(match (blocked_by, next) {
            (Some(code), _) => Landed::Blocked { code },
            (None, Some(next)) if unreachable => Landed::Unreachable(next),
            (None, Some(next)) => Landed::Again(next),
            (None, None) => Landed::Done,
        })
    }

    /// Creates the item, or moves a waiting retry of this attempt.
    async fn claim(&self, claim_id: String) -> anyhow::Result<Claimed> {
        let JobRecipient { index, attempt, .. } = self.recipient;
        if attempt == 1 {
            let record = new_record(&self.job, &self.recipient, claim_id, self.app.clock.now_millis());
            return messages::create(&self.app, &record).await;
        }
        messages::claim_retry(&self.app, &self.job.campaign_id, index, attempt, &claim_id).await
    }

    /// Holds the message until its slot; when the claim took too long for it, until another one. False when there is none.
    async fn wait_for_slot(&self) -> anyhow::Result<bool> {
        let tolerance = self.pace.as_ref().map_or(SLOT_TOLERANCE_MICROS, |_| PACED_TOLERANCE_MICROS);
        let mut slot = self.slot;
        for _ in 0..MOST_SLOTS {
            if self.app.clock.now_micros() <= slot + tolerance {
                self.app.clock.sleep_until(slot).await;
                return Ok(true);
            }
            let Permit::Granted { slot_micros } = permit::take(&self.app, &self.channel, 1).await? else {
                return Ok(false);
            };
            slot = slot_micros;
            let Some(pace) = &self.pace else { continue };
            match pace.take(&self.app, slot, slot, self.recipient.index).await? {
                Turn::Now => {}
                Turn::NotBefore(next) if next > self.app.clock.now_micros() + FARTHEST_TURN_MICROS => return Ok(false),
                Turn::NotBefore(next) => {
                    self.app.clock.sleep_until(next).await;
                    // That slot went to nobody: whatever the time is now, another one is taken.
                    slot = i64::MIN / 2;
                }
            }
        }
        Ok(false)
    }

    async fn send(&self) -> anyhow::Result<SendAnswer> {
        let RecipientContent::Send(parameters) = &self.recipient.content else {
            anyhow::bail!("a recipient without content was claimed");
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
        Ok(self.app.cloud_api.send(&self.credentials, &message).await)
    }

    /// What an answer means for the message.
    fn outcome(&self, answer: SendAnswer) -> anyhow::Result<Outcome> {
        let campaign = &self.job.campaign_id;
        let index = self.recipient.index;
        Ok(match answer {
            SendAnswer::Accepted { wamid, held } => Outcome::Accepted { wamid, held },
            SendAnswer::Refused { code, retry_after_seconds } => match reaction(code) {
                Reaction::Retry if self.recipient.attempt >= MOST_ATTEMPTS => Outcome::Failed { code },
                Reaction::Retry | Reaction::Pause => self.wait(Some(code), retry_after_seconds)?,
                Reaction::Fail => Outcome::Failed { code },
            },
            SendAnswer::NotSent(cause) => {
                tracing::warn!(%campaign, index, cause, "WhatsApp could not be reached; nothing was sent");
                self.wait(None, None)?
            }
            SendAnswer::Indefinite(cause) => {
                tracing::warn!(%campaign, index, cause, "nobody knows whether a message was sent");
                Outcome::Unknown
            }
        })
    }

    /// Another attempt after a wait.
    fn wait(&self, code: Option<u32>, retry_after_seconds: Option<u64>) -> anyhow::Result<Outcome> {
        let asked = i64::try_from(retry_after_seconds.unwrap_or(0)).unwrap_or(i64::MAX);
        let asked = asked.saturating_mul(1_000).min(LONGEST_RETRY_AFTER_MS);
        let wait = backoff_ms(self.recipient.attempt + 1, u64::from_le_bytes(self.app.chance.bytes()?)).max(asked);
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
pub(super) fn new_record(job: &Job, recipient: &JobRecipient, claim_id: String, now: i64) -> MessageRecord {
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
        claim_id,
        attempt: recipient.attempt,
        at: now,
    })
}
