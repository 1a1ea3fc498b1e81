//! One attempt at one recipient: claim, send, record. The claim comes immediately before its own request.

use std::sync::Arc;

use campaigns::job::{CallbackData, Job, JobRecipient, RecipientContent};
use campaigns::message::{Claim, MessageRecord, Outcome, Step, waiting_with_job};
use campaigns::phone;
use campaigns::retry::{LONGEST_RETRY_AFTER_MS, Next, Tried, after_refusal, after_unsent};
use campaigns::send_error::{Reaction, closes_country, may_be_unreachable, reaction};
use wire::{MessageState, WaitReason};

use super::flight::{CHECK_AHEAD_MICROS, SLOT_TOLERANCE_MICROS};
use super::pace::{Before, FARTHEST_TURN_MICROS, PACED_TOLERANCE_MICROS, Pace, Turn};
use super::permit::{self, Permit, Wish};
use super::settle::Accepted;
use super::signals::Signals;
use super::waits::EXCESS_MICROS;
use super::wanted_campaign;
use crate::App;
use crate::cloud_api::{OutgoingMessage, SendAnswer, Way};
use crate::config::WhatsAppApp;
use crate::storage::channels::ChannelRecord;
use crate::storage::messages::{self, Claimed};
use crate::storage::pauses;
use crate::storage::suppressions;
use crate::storage::table::Written;
use crate::storage::undelivered;

pub(super) struct Attempt {
    pub app: Arc<App>,
    pub channel: Arc<ChannelRecord>,
    pub credentials: Arc<WhatsAppApp>,
    pub job: Arc<Job>,
    /// What the answers of this flight say of the number.
    pub signals: Arc<Signals>,
    pub recipient: JobRecipient,
    /// The id that he is addressed by; nothing: by his number.
    pub user_id: Option<String>,
    /// Nothing where only the number's rate counts.
    pub pace: Option<Arc<Pace>>,
    /// When the request leaves, in microseconds since 1970.
    pub slot: i64,
    /// When the campaign's hours close: nothing leaves later.
    pub until: i64,
    /// Why it leaves later than the pace asks for.
    pub waited_for: Option<WaitReason>,
    /// Why it would: nobody may have left in the turns before.
    pub would_wait_for: WaitReason,
    /// Whom the campaign sent to before, where its turn was taken for this message.
    pub before: Option<Before>,
}

/// Slots taken for one claim that came too late for its own.
const MOST_SLOTS: u32 = 5;

/// A claim for which no slot was free waits this long as a retry, in milliseconds: nothing was sent.
const NO_SLOT_WAIT_MS: i64 = 1_000;

/// What an attempt leaves to be done.
pub(super) enum Landed {
    /// Nothing.
    Done,
    /// WhatsApp took it, which is still to be written down.
    Accepted(Accepted),
    /// WhatsApp refused the message for now: this attempt is the next one, within minutes.
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
        let began = self.app.clock.now_micros();
        let claimed = self.claim(claim_id).await?;
        self.app.load.note_claim(self.app.clock.now_micros() - began);
        let mut before = self.before;
        let Claimed::Ours(mut claimed) = claimed else { return Ok(Landed::Done) };
        let slot = self.wait_for_slot(&mut before).await.unwrap_or_else(|error| {
            // Nothing was sent: an attempt that ended here would count as unknown.
            tracing::error!(error = format!("{error:#}"), "no slot could be asked for");
            None
        });
        let Some(slot) = slot else {
            let not_before = self.app.clock.now_millis() + NO_SLOT_WAIT_MS;
            let next = self.record(*claimed, Outcome::Retry { code: None, not_before, step: Step::Nothing }).await?;
            return Ok(next.map_or(Landed::Done, Landed::Again));
        };
        let interval = self.signals.interval_micros(&self.app, &self.channel);
        let longest = before.map(|before| before.longest_gap.max(interval) + EXCESS_MICROS);
        let sending = self.signals.watch(&self.app, &self.channel, self.send());
        let (answer, left_before) = tokio::join!(sending, self.note_departure(slot));
        let answer = answer?;
        let unreachable = matches!(answer, SendAnswer::NotSent(_));
        if unreachable {
            self.take_departure_back(slot, left_before).await;
        }
        if !unreachable {
            self.note_wait(&mut claimed, slot, longest, left_before).await.unwrap_or_else(|error| {
                tracing::error!(error = format!("{error:#}"), "what a message waited for could not be noted");
            });
        }
        let blocked_by = match &answer {
            SendAnswer::Refused { code, .. } => Some(*code).filter(|code| pauses(*code)),
            SendAnswer::Accepted { .. } | SendAnswer::NotSent(_) | SendAnswer::Indefinite(_) => None,
        };
        let outcome = self.outcome(&claimed, answer).await?;
        if let Outcome::Accepted { wamid, held: false } = outcome {
            return Ok(Landed::Accepted(Accepted { claimed, wamid, at_micros: self.app.clock.now_micros() }));
        }
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
        let JobRecipient { index, attempt, waits, .. } = self.recipient;
        if !waits {
            let record = new_record(&self.job, &self.recipient, claim_id, self.app.clock.now_millis());
            let record = MessageRecord { waited_for: self.waited_for, ..record };
            return messages::create(&self.app, &record).await;
        }
        messages::claim_retry(&self.app, &self.job.campaign_id, index, attempt, &claim_id, self.waited_for).await
    }

    /// Notes that the message leaves; when the campaign's one before left. What cannot be noted makes the next wait look
    /// longer.
    async fn note_departure(&self, slot: i64) -> Option<i64> {
        let noted = self.pace.as_ref()?.note_departure(&self.app, slot).await;
        noted.unwrap_or_else(|error| {
            tracing::warn!(error = format!("{error:#}"), "that a message leaves could not be noted");
            None
        })
    }

    /// It did not leave: the next one follows the one before.
    async fn take_departure_back(&self, slot: i64, left_before: Option<i64>) {
        let (Some(pace), Some(left_before)) = (&self.pace, left_before) else { return };
        if let Err(error) = pace.take_departure_back(&self.app, slot, left_before).await {
            tracing::warn!(error = format!("{error:#}"), "that no message left could not be noted");
        }
    }

    /// Notes why the message left later than the pace asks for where its claim could not know that yet: it missed its slot,
    /// or nobody left in the turns before; and that it did not where somebody left since in a turn that the claim did not
    /// know. `longest`: what may lie between it and the one before, in microseconds.
    async fn note_wait(
        &self,
        claimed: &mut MessageRecord,
        slot: i64,
        longest: Option<i64>,
        left_before: Option<i64>,
    ) -> anyhow::Result<()> {
        let has_moved = slot > self.slot + EXCESS_MICROS;
        let reason = if has_moved { WaitReason::Late } else { self.would_wait_for };
        let is_told = claimed.waited_for.is_some();
        let is_late = match (&self.pace, longest.zip(left_before)) {
            (Some(pace), Some((longest, left_before))) if slot - left_before > longest => {
                // The one before may have been noted after this one.
                let noted = pace.left_before(&self.app, slot).await?.unwrap_or(left_before);
                slot - noted.max(left_before) > longest
            }
            (Some(_), Some(_)) => false,
            (Some(_), None) | (None, _) => is_told || has_moved,
        };
        if is_late != is_told {
            messages::note_wait(&self.app, claimed, Some(reason).filter(|_| is_late)).await?;
        }
        Ok(())
    }

    /// Holds the message until its slot; when the claim took too long for it, until another one. Nothing when there is
    /// none. `before`: whom the campaign sent to before, kept up to date with the turns that are taken.
    async fn wait_for_slot(&self, before: &mut Option<Before>) -> anyhow::Result<Option<i64>> {
        let mut slot = self.slot;
        let tolerance = self.pace.as_ref().map_or(SLOT_TOLERANCE_MICROS, |_| PACED_TOLERANCE_MICROS);
        for _ in 0..MOST_SLOTS {
            if slot > self.until {
                return Ok(None);
            }
            if slot != self.slot && !self.is_wanted_before(slot).await? {
                return Ok(None);
            }
            if self.app.clock.now_micros() <= slot + tolerance {
                self.app.clock.sleep_until(slot).await;
                return Ok(Some(slot));
            }
            self.app.load.note_slot(false, self.app.clock.now_micros());
            let interval_micros = self.signals.interval_micros(&self.app, &self.channel);
            let wish = Wish { messages: 1, interval_micros, due_micros: slot };
            let taken = permit::take(&self.app, &self.channel, wish, self.signals.free_at()).await?;
            let Permit::Granted(granted) = taken else { return Ok(None) };
            slot = granted.slot_micros;
            let Some(pace) = &self.pace else { continue };
            let index = self.recipient.index;
            match pace.take(&self.app, (slot, slot), (index, index)).await? {
                Turn::Now(taken_after) => *before = Before::after_unused(*before, taken_after),
                Turn::NotBefore(next) if next > self.app.clock.now_micros() + FARTHEST_TURN_MICROS => return Ok(None),
                Turn::NotBefore(next) => {
                    self.app.clock.sleep_until(next).await;
                    // That slot went to nobody: whatever the time is now, another one is taken.
                    slot = i64::MIN / 2;
                }
            }
        }
        Ok(None)
    }

    /// Whether the campaign still sends just before a slot that was taken after the flight's last look at it.
    async fn is_wanted_before(&self, slot: i64) -> anyhow::Result<bool> {
        self.app.clock.sleep_until(slot.saturating_sub(CHECK_AHEAD_MICROS)).await;
        Ok(wanted_campaign(&self.app, &self.job).await?.is_some())
    }

    async fn send(&self) -> anyhow::Result<SendAnswer> {
        let RecipientContent::Send(parameters) = &self.recipient.content else {
            anyhow::bail!("a recipient without content was claimed");
        };
        let JobRecipient { index, attempt, .. } = self.recipient;
        let callback = CallbackData { campaign_id: self.job.campaign_id.clone(), index, attempt }.encode();
        let content = self.job.content_of(&self.recipient);
        let way = Way::of(content, self.channel.marketing_messages);
        let message = OutgoingMessage {
            phone_number_id: &self.channel.phone_number_id,
            to: &self.recipient.phone,
            user_id: self.user_id.as_deref(),
            callback_data: &callback,
            content,
            parameters,
            way,
        };
        Ok(self.app.cloud_api.send(&self.credentials, &message).await)
    }

    /// What an answer means for the message.
    async fn outcome(&self, claimed: &MessageRecord, answer: SendAnswer) -> anyhow::Result<Outcome> {
        let campaign = &self.job.campaign_id;
        let index = self.recipient.index;
        Ok(match answer {
            SendAnswer::Accepted { wamid, held } => Outcome::Accepted { wamid, held },
            SendAnswer::Refused { code, retry_after_seconds } => {
                if reaction(code) == Reaction::Suppress {
                    self.suppress(claimed, code).await;
                }
                if closes_country(code) {
                    self.close_country().await;
                }
                if may_be_unreachable(code) {
                    self.note_undelivered(claimed).await;
                }
                self.refused(claimed, code, retry_after_seconds)?
            }
            SendAnswer::NotSent(cause) => {
                tracing::warn!(%campaign, index, cause, "WhatsApp could not be reached; nothing was sent");
                let not_before = self.app.clock.now_millis() + after_unsent(self.draw()?);
                Outcome::Retry { code: None, not_before, step: Step::Nothing }
            }
            SendAnswer::Indefinite(cause) => {
                tracing::warn!(%campaign, index, cause, "nobody knows whether a message was sent");
                Outcome::Unknown
            }
        })
    }

    /// What a definite refusal means for the message.
    fn refused(&self, claimed: &MessageRecord, code: u32, retry_after_seconds: Option<u64>) -> anyhow::Result<Outcome> {
        let tried = Tried { tries: claimed.tries + 1, round: claimed.round, rounds: claimed.rounds };
        let (step, wait_ms) = match after_refusal(code, tried, self.draw()?) {
            Next::GiveUp => return Ok(Outcome::Failed { code }),
            Next::Wait { wait_ms } => (Step::Nothing, wait_ms),
            Next::Try { wait_ms } => (Step::Try, wait_ms),
            Next::Round { wait_ms } => (Step::Round, wait_ms),
        };
        let wait_ms = wait_ms.max(retry_after_ms(retry_after_seconds));
        Ok(Outcome::Retry { code: Some(code), not_before: self.app.clock.now_millis() + wait_ms, step })
    }

    /// The person wants no more. A list that cannot be written does not hold the outcome up: it is said again next time.
    async fn suppress(&self, claimed: &MessageRecord, code: u32) {
        let (workspace, now) = (self.job.workspace_id, self.app.clock.now_millis());
        let phone = claimed.canonical_phone();
        if let Err(error) = suppressions::add_by_code(&self.app, workspace, phone, code, now).await {
            let (campaign, index) = (&self.job.campaign_id, self.recipient.index);
            tracing::error!(%campaign, index, error = format!("{error:#}"), "a person could not be suppressed");
        }
    }

    /// WhatsApp could not deliver to the person. What cannot be noted, the next campaign notes.
    async fn note_undelivered(&self, claimed: &MessageRecord) {
        let (workspace, campaign, phone) = (self.job.workspace_id, &self.job.campaign_id, claimed.canonical_phone());
        let at = self.app.clock.now_millis();
        if let Err(error) = undelivered::note(&self.app, workspace, campaign, phone, at).await {
            let index = self.recipient.index;
            tracing::error!(%campaign, index, error = format!("{error:#}"), "an undelivered message could not be noted");
        }
    }

    /// Nobody of the person's country is asked again. Where that cannot be noted, the next refusal says it again.
    async fn close_country(&self) {
        let country = phone::country_code_of(&self.recipient.phone);
        let (workspace, campaign) = (self.job.workspace_id, &self.job.campaign_id);
        if let Err(error) = pauses::close_country(&self.app, workspace, campaign, country).await {
            tracing::error!(%campaign, country, error = format!("{error:#}"), "a country could not be closed");
        }
    }

    fn draw(&self) -> anyhow::Result<u64> {
        Ok(u64::from_le_bytes(self.app.chance.bytes()?))
    }

    /// Merges the outcome into whatever the item says by now: a receipt may have been faster.
    async fn record(&self, claimed: MessageRecord, outcome: Outcome) -> anyhow::Result<Option<JobRecipient>> {
        let now = self.app.clock.now_millis();
        let attempt = self.recipient.attempt;
        let with_job = waiting_with_job(&self.job.campaign_id);
        let change = |standing: &MessageRecord| standing.with_outcome(attempt, &outcome, now);
        // What waits for longer gets its job from the dispatcher.
        let waiting = change(&claimed).filter(|next| next.state == MessageState::Retry);
        let waiting = waiting.filter(|next| next.retry_shard.as_deref() == Some(&with_job));
        let written = messages::change(&self.app, claimed, change).await?;
        let waiting = waiting.filter(|_| written == Written::Done);
        Ok(waiting.and_then(|waiting| {
            let due_at_micros = waiting.not_before? * 1_000;
            Some(JobRecipient { attempt: waiting.attempt, waits: true, due_at_micros, ..self.recipient.clone() })
        }))
    }
}

/// Whether a refusal with this code stops more than its own message.
fn pauses(code: u32) -> bool {
    matches!(reaction(code), Reaction::PauseCampaign | Reaction::PauseNumber)
}

/// `Retry-After` in milliseconds, as far as it is believed.
pub(super) fn retry_after_ms(seconds: Option<u64>) -> i64 {
    let asked = i64::try_from(seconds.unwrap_or(0)).unwrap_or(i64::MAX);
    asked.saturating_mul(1_000).min(LONGEST_RETRY_AFTER_MS)
}

/// The item of a recipient that is claimed for the first time.
pub(super) fn new_record(job: &Job, recipient: &JobRecipient, claim_id: String, now: i64) -> MessageRecord {
    MessageRecord::from(claim_of(job, recipient, claim_id, now))
}

/// Who claims whom.
pub(super) fn claim_of(job: &Job, recipient: &JobRecipient, claim_id: String, now: i64) -> Claim {
    Claim {
        campaign_id: job.campaign_id.clone(),
        workspace_id: job.workspace_id,
        channel_id: job.channel_id.clone(),
        index: recipient.index,
        chunk: job.chunk,
        canonical_phone: phone::canonical_digits(&recipient.phone),
        rounds: job.rounds,
        claim_id,
        attempt: recipient.attempt,
        variant: recipient.variant,
        at: now,
    }
}
