//! What is known of one message, and how a receipt changes it.
//!
//! A record is a set of facts with their times; its state is derived from them. Merging keeps the earliest time of each
//! fact, so receipts may come late, twice and in any order: the result is the same and the state never sinks.

mod claim;
mod told;
mod waits;

#[cfg(test)]
mod tests;

use serde::{Deserialize, Serialize};
use wire::{CampaignId, ChannelId, MessageState, WaitReason, WorkspaceId};

use crate::price::Price;
use crate::retry::after_failed_status;
use crate::send_error::NO_REASON;

pub use self::claim::Claim;
pub use self::told::{Outcome, Receipt, ReceiptStatus, Step};

/// Recipients whose items share a partition key: a job is one or two queries, a campaign spreads over many partitions.
pub const SHARD_INDEXES: u64 = 100;

/// A wait that ends later than this many milliseconds from now has no job: the dispatcher cuts one when it is due.
/// Shorter ones wait in the send queue, which takes 900 s at most.
pub const LATER_FROM_MS: i64 = 5 * 60 * 1_000;

/// The item of one recipient that was claimed. Times are milliseconds since 1970, UTC.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct MessageRecord {
    /// Partition key: campaign and hundred.
    pub shard: String,
    /// Sort key: place in the audience.
    pub index: u64,
    /// Whose campaign.
    pub workspace_id: WorkspaceId,
    /// The number that sends: receipts of another number change nothing.
    pub channel_id: ChannelId,
    /// The chunk.
    pub chunk: u64,
    /// Workspace and canonical phone; with `claimed_at` the index of a person's messages.
    pub person: String,
    /// The country of the person's number, two letters: it stays when the person is erased. Absent where the number tells
    /// none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub country: Option<String>,
    /// The attempt in hand, or the next one while it waits.
    pub attempt: u32,
    /// Which wording the recipient gets, counted from 0; absent where there is only one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub variant: Option<u32>,
    /// Refused tries since the round began.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub tries: u32,
    /// Rounds of the campaign's retry schedule that are used up.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub round: u32,
    /// Rounds that the campaign allows.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub rounds: u32,
    /// Names the claim in hand, so that a sender whose write was repeated under way knows it as its own.
    #[serde(default)]
    pub claim_id: String,
    /// Derived from the facts below; stored for the stream and for conditions.
    pub state: MessageState,
    /// When the attempt was first claimed; never changed afterwards.
    pub claimed_at: i64,
    /// When the attempt in hand was claimed.
    pub attempted_at: i64,
    /// Why that attempt left longer after the campaign's one before than the pace asks for, where it did.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub waited_for: Option<WaitReason>,
    /// Meta's id of the message.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub wamid: Option<String>,
    /// WhatsApp took it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub accepted_at: Option<i64>,
    /// WhatsApp took it and holds it back.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub held_at: Option<i64>,
    /// Status `sent`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sent_at: Option<i64>,
    /// Status `delivered`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub delivered_at: Option<i64>,
    /// Status `read`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub read_at: Option<i64>,
    /// Refused, or status `failed`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub failed_at: Option<i64>,
    /// Meta's code of that failure, or of the refusal that a retry waits for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub code: Option<u32>,
    /// Left out on purpose.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub skipped_at: Option<i64>,
    /// Why.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// The outcome became unknowable.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unknown_at: Option<i64>,
    /// What WhatsApp bills it as.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub price: Option<Price>,
    /// The person answered for the first time.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub replied_at: Option<i64>,
    /// Meta's id of that reply.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reply_id: Option<String>,
    /// Its words, shortened; never logged, and not kept for long (`repliesDays` of the settings).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reply_text: Option<String>,
    /// The person tapped one of the message's buttons or tracked links for the first time.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub clicked_at: Option<i64>,
    /// How often its tracked links were opened.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub link_opens: u32,
    /// The person asked for no more messages, after this one and before another.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub opted_out_at: Option<i64>,
    /// Present while another attempt waits: the sparse index's partition key (`waiting_with_job`, `waiting_for_later`).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub retry_shard: Option<String>,
    /// When that attempt may be made.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub not_before: Option<i64>,
    /// When it was last written, by the clock of who wrote it.
    #[serde(default)]
    pub changed_at: i64,
    /// Rises with every write; writers that read first write only over what they read.
    pub version: u64,
}

/// The partition key of a recipient's item.
pub fn shard_key(campaign: &CampaignId, index: u64) -> String {
    format!("{campaign}#{:06}", index / SHARD_INDEXES)
}

/// The sparse index's partition of attempts that wait in the send queue: what is overdue here has lost its job.
pub fn waiting_with_job(campaign: &CampaignId) -> String {
    campaign.to_string()
}

/// The sparse index's partition of attempts that wait for longer: the dispatcher cuts their jobs when they are due.
pub fn waiting_for_later(campaign: &CampaignId) -> String {
    format!("{campaign}#later")
}

fn is_zero(count: &u32) -> bool {
    *count == 0
}

/// The campaign of an item, by its partition key.
pub fn campaign_of(shard: &str) -> Option<CampaignId> {
    shard.split_once('#').map(|(campaign, _)| CampaignId(campaign.to_owned()))
}

impl MessageRecord {
    /// The state that the facts amount to. `delivered` and `read` beat everything, a wait for another attempt beats the
    /// facts of the one before, `failed` beats `sent`.
    pub fn derive_state(&self) -> MessageState {
        let facts = [
            (self.read_at.is_some(), MessageState::Read),
            (self.delivered_at.is_some(), MessageState::Delivered),
            (self.retry_shard.is_some(), MessageState::Retry),
            (self.failed_at.is_some(), MessageState::Failed),
            (self.sent_at.is_some(), MessageState::Sent),
            (self.held_at.is_some(), MessageState::Held),
            (self.accepted_at.is_some(), MessageState::Accepted),
            (self.skipped_at.is_some(), MessageState::Skipped),
            (self.unknown_at.is_some(), MessageState::Unknown),
        ];
        facts.iter().find(|(holds, _)| *holds).map_or(MessageState::Claimed, |(_, state)| *state)
    }

    /// Digits of the person's canonical phone.
    pub fn canonical_phone(&self) -> &str {
        self.person.split_once('#').map_or(self.person.as_str(), |(_, phone)| phone)
    }

    fn is_waiting(&self) -> bool {
        self.retry_shard.is_some()
    }

    fn has_arrived(&self) -> bool {
        self.delivered_at.is_some() || self.read_at.is_some()
    }

    /// The attempt that the facts are of: while the next one waits, the one before it.
    pub fn tried(&self) -> u32 {
        if self.is_waiting() { self.attempt - 1 } else { self.attempt }
    }

    /// Whether the wait comes of a failed status: the failure stands beside it until the next attempt is claimed.
    fn waits_after_failing(&self) -> bool {
        self.is_waiting() && self.failed_at.is_some()
    }

    /// The record after a receipt; nothing when it says nothing new.
    ///
    /// A receipt of an earlier attempt counts only when the message arrived: then no further attempt is made.
    pub fn with_receipt(&self, receipt: &Receipt) -> Option<MessageRecord> {
        let arrived = matches!(receipt.status, ReceiptStatus::Delivered | ReceiptStatus::Read);
        let tried = self.tried();
        if receipt.attempt > tried || (receipt.attempt < tried && !arrived) {
            return None;
        }
        let mut next = self.clone();
        let at = receipt.at;
        match receipt.status {
            ReceiptStatus::Sent => next.sent_at = earliest(self.sent_at, at),
            ReceiptStatus::Delivered => next.delivered_at = earliest(self.delivered_at, at),
            ReceiptStatus::Read => next.read_at = earliest(self.read_at, at),
            // Refused or given back by a person before: another attempt waits, whatever is said of this one.
            ReceiptStatus::Failed { .. } if self.is_waiting() && !self.waits_after_failing() => {}
            ReceiptStatus::Failed { code } => next.set_failure(at, code),
        }
        if next.wamid.is_none() && receipt.attempt == tried {
            next.wamid = Some(receipt.wamid.clone());
        }
        if let Some(told) = &receipt.price {
            next.price = Some(Price::settled(self.price.as_ref(), told));
        }
        next.settle_wait(self);
        next.finish(self)
    }

    /// Whether another attempt waits, as the facts have it: none when the message arrived; one after a failed status
    /// that may be tried again, from its time on, however often and in whatever order the statuses come.
    fn settle_wait(&mut self, before: &MessageRecord) {
        if self.has_arrived() {
            return self.stop_waiting();
        }
        let is_same_failure = (self.failed_at, self.code) == (before.failed_at, before.code);
        if is_same_failure || self.skipped_at.is_some() || (self.is_waiting() && !before.waits_after_failing()) {
            return;
        }
        self.stop_waiting();
        let (Some(at), Some(code)) = (self.failed_at, self.code) else { return };
        if let Some(not_before) = after_failed_status(code, at, self.index, self.round, self.rounds) {
            self.attempt += 1;
            self.round += 1;
            self.wait_until(not_before, at);
        }
    }

    /// Back to the attempt before the one that waits.
    fn stop_waiting(&mut self) {
        if self.waits_after_failing() {
            self.round -= 1;
        }
        if self.is_waiting() {
            self.attempt -= 1;
        }
        self.retry_shard = None;
        self.not_before = None;
    }

    fn wait_until(&mut self, not_before: i64, now: i64) {
        let campaign = campaign_of(&self.shard).unwrap_or_else(|| CampaignId(self.shard.clone()));
        let is_later = not_before - now > LATER_FROM_MS;
        self.retry_shard = Some(if is_later { waiting_for_later(&campaign) } else { waiting_with_job(&campaign) });
        self.not_before = Some(not_before);
    }

    /// The record after the sender's own outcome of its attempt; nothing when it says nothing new.
    pub fn with_outcome(&self, attempt: u32, outcome: &Outcome, at: i64) -> Option<MessageRecord> {
        if attempt != self.attempt || self.is_waiting() {
            return None;
        }
        let mut next = self.clone();
        match outcome {
            Outcome::Accepted { wamid, held } => {
                next.wamid = Some(wamid.clone());
                if *held {
                    next.held_at = earliest(self.held_at, at);
                } else {
                    next.accepted_at = earliest(self.accepted_at, at);
                }
            }
            Outcome::Failed { code } => next.set_failure(at, *code),
            Outcome::Unknown => next.unknown_at = earliest(self.unknown_at, at),
            // Arrived all the same, or given up meanwhile: there is no next attempt.
            Outcome::Retry { .. } if self.has_arrived() => return None,
            Outcome::Retry { code, .. } if self.unknown_at.is_some() => {
                next.set_failure(at, code.unwrap_or(NO_REASON));
            }
            Outcome::Retry { code, not_before, step } => {
                next.attempt += 1;
                next.failed_at = None;
                next.code = *code;
                match step {
                    Step::Nothing => {}
                    Step::Try => next.tries += 1,
                    Step::Round => {
                        next.tries = 0;
                        next.round += 1;
                    }
                }
                next.wait_until(*not_before, at);
            }
        }
        next.finish(self)
    }

    /// Two failures of one attempt: the earlier stands, and of the same time the smaller code, whatever came first.
    fn set_failure(&mut self, at: i64, code: u32) {
        let known = self.failed_at.map(|known_at| (known_at, self.code.unwrap_or(u32::MAX)));
        if known.is_none_or(|known| (at, code) < known) {
            self.failed_at = Some(at);
            self.code = Some(code);
        }
    }

    pub(crate) fn finish(mut self, before: &MessageRecord) -> Option<MessageRecord> {
        self.state = self.derive_state();
        if self == *before {
            return None;
        }
        self.version += 1;
        Some(self)
    }
}

fn earliest(known: Option<i64>, at: i64) -> Option<i64> {
    Some(known.map_or(at, |known| known.min(at)))
}
