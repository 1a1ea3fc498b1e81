//! What is known of one message, and how a receipt changes it.
//!
//! A record is a set of facts with their times; its state is derived from them. Merging keeps the earliest time of each
//! fact, so receipts may come late, twice and in any order: the result is the same and the state never sinks.

use serde::{Deserialize, Serialize};
use wire::{CampaignId, ChannelId, MessageState, WaitReason, WorkspaceId};

use crate::consent::ERASED;
use crate::phone::country_of;
use crate::price::Price;
use crate::retry::{self, after_failed_status};
use crate::send_error::{NO_REASON, Reaction, reaction};

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

/// Who claims which recipient.
#[derive(Debug, Clone)]
pub struct Claim {
    /// The campaign.
    pub campaign_id: CampaignId,
    /// Whose campaign.
    pub workspace_id: WorkspaceId,
    /// The number that sends.
    pub channel_id: ChannelId,
    /// Place in the audience.
    pub index: u64,
    /// The chunk.
    pub chunk: u64,
    /// Digits of the canonical phone.
    pub canonical_phone: String,
    /// 1 for the first try.
    pub attempt: u32,
    /// Which wording; nothing where there is only one.
    pub variant: Option<u32>,
    /// Rounds of the campaign's retry schedule.
    pub rounds: u32,
    /// Names this claim; nobody else's is the same.
    pub claim_id: String,
    /// Milliseconds since 1970.
    pub at: i64,
}

impl From<Claim> for MessageRecord {
    /// The record of a recipient that is claimed for the first time: no fact but the claim.
    fn from(claim: Claim) -> MessageRecord {
        MessageRecord {
            shard: shard_key(&claim.campaign_id, claim.index),
            index: claim.index,
            person: format!("{}#{}", claim.workspace_id, claim.canonical_phone),
            country: country_of(&claim.canonical_phone).map(|country| country.as_str().to_owned()),
            workspace_id: claim.workspace_id,
            channel_id: claim.channel_id,
            chunk: claim.chunk,
            attempt: claim.attempt,
            variant: claim.variant,
            tries: 0,
            round: 0,
            rounds: claim.rounds,
            claim_id: claim.claim_id,
            state: MessageState::Claimed,
            claimed_at: claim.at,
            attempted_at: claim.at,
            waited_for: None,
            wamid: None,
            accepted_at: None,
            held_at: None,
            sent_at: None,
            delivered_at: None,
            read_at: None,
            failed_at: None,
            code: None,
            skipped_at: None,
            reason: None,
            unknown_at: None,
            price: None,
            replied_at: None,
            reply_id: None,
            reply_text: None,
            clicked_at: None,
            link_opens: 0,
            opted_out_at: None,
            retry_shard: None,
            not_before: None,
            changed_at: 0,
            version: 1,
        }
    }
}

/// The outcome of one attempt, as the sender saw it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// WhatsApp answered 200.
    Accepted {
        /// Meta's id of the message.
        wamid: String,
        /// Whether it is held back for a check of quality.
        held: bool,
    },
    /// WhatsApp said no, and trying again does not help.
    Failed {
        /// Meta's code.
        code: u32,
    },
    /// WhatsApp said no, or could not be reached, and the message was certainly not sent.
    Retry {
        /// Meta's code; nothing when the request never left.
        code: Option<u32>,
        /// Milliseconds since 1970.
        not_before: i64,
        /// What the wait uses up.
        step: Step,
    },
    /// Nobody knows: a timeout, a broken connection, a 5xx that does not say "not sent".
    Unknown,
}

/// What a wait for another attempt uses up.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step {
    /// Nothing: the request never left.
    Nothing,
    /// One of the tries in a row.
    Try,
    /// One of the campaign's rounds; the tries begin anew.
    Round,
}

/// One status of WhatsApp's webhook.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Receipt {
    /// The attempt it speaks of.
    pub attempt: u32,
    /// How far the message got.
    pub status: ReceiptStatus,
    /// Milliseconds since 1970, as WhatsApp dates it.
    pub at: i64,
    /// Meta's id of the message.
    pub wamid: String,
    /// What it is billed as, where the status says so.
    pub price: Option<Price>,
}

/// How far WhatsApp says that a message got.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ReceiptStatus {
    /// It left.
    Sent,
    /// It is on the phone.
    Delivered,
    /// It was read (or, for voice, played).
    Read,
    /// It will not arrive.
    Failed {
        /// Meta's code.
        code: u32,
    },
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

    /// The record of a recipient whose first attempt must wait until `not_before`, for this reason.
    pub fn put_off(claim: Claim, not_before: i64, reason: &str) -> MessageRecord {
        let now = claim.at;
        let campaign = claim.campaign_id.clone();
        let mut record = MessageRecord::from(claim);
        record.wait_until(not_before, now);
        record.retry_shard = Some(waiting_for_later(&campaign));
        record.reason = Some(reason.to_owned());
        record.state = record.derive_state();
        record
    }

    /// The record when the attempt that it waits for must wait until `not_before`, for this reason; nothing when it waits
    /// for none.
    pub fn put_off_again(&self, not_before: i64, reason: &str) -> Option<MessageRecord> {
        if !self.is_waiting() {
            return None;
        }
        let mut next = self.clone();
        next.not_before = Some(not_before);
        next.retry_shard = campaign_of(&self.shard).map(|campaign| waiting_for_later(&campaign));
        next.reason = Some(reason.to_owned());
        next.finish(self)
    }

    /// The record when a person asks for another attempt at `at`; nothing when it has one, arrived, or is under way. Who
    /// got enough marketing waits until WhatsApp would take more, whoever asks.
    pub fn asked_again(&self, at: i64) -> Option<MessageRecord> {
        if !matches!(self.state, MessageState::Failed | MessageState::Unknown | MessageState::Skipped) {
            return None;
        }
        let rested_at = self.failed_at.unwrap_or(self.attempted_at) + retry::LEAST_REST_MS;
        let rests = self.code.is_some_and(|code| reaction(code) == Reaction::Defer);
        let at = if rests { at.max(rested_at) } else { at };
        let mut next = self.clone();
        next.attempt += 1;
        next.tries = 0;
        next.failed_at = None;
        next.skipped_at = None;
        next.reason = None;
        next.code = None;
        next.wait_until(at, at);
        next.retry_shard = campaign_of(&self.shard).map(|campaign| waiting_for_later(&campaign));
        next.finish(self)
    }

    /// The record when the attempt that it waits for is not made, for this reason; nothing when it does not wait. What
    /// had failed before has failed for good.
    pub fn left_out(&self, at: i64, reason: &str) -> Option<MessageRecord> {
        if self.state != MessageState::Retry {
            return None;
        }
        let mut next = self.clone();
        next.retry_shard = None;
        next.not_before = None;
        next.skipped_at = Some(at);
        next.reason = Some(reason.to_owned());
        next.finish(self)
    }

    /// The record without its person, who was erased: under a name that tells nobody who it was. An attempt that waits is
    /// not made. Nothing when it is so already.
    pub fn erased(&self, name: &str, at: i64) -> Option<MessageRecord> {
        let person = format!("{}#{name}", self.workspace_id);
        if self.person == person {
            return None;
        }
        let mut next = self.left_out(at, ERASED).unwrap_or_else(|| self.clone());
        next.person = person;
        next.reply_id = None;
        next.reply_text = None;
        next.version = self.version + 1;
        Some(next)
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

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn claimed(attempt: u32) -> MessageRecord {
        MessageRecord::from(Claim {
            variant: None,
            campaign_id: CampaignId("c".into()),
            workspace_id: WorkspaceId(1),
            channel_id: ChannelId("n".into()),
            index: 7,
            chunk: 0,
            canonical_phone: "12025550100".into(),
            claim_id: "once".into(),
            rounds: 0,
            attempt,
            at: 1_000,
        })
    }

    fn receipt(attempt: u32, status: ReceiptStatus, at: i64) -> Receipt {
        Receipt { attempt, status, at, wamid: "wamid.1".into(), price: None }
    }

    fn fold(record: MessageRecord, receipts: &[Receipt]) -> MessageRecord {
        let folded = receipts.iter().fold(record, |record, r| record.with_receipt(r).unwrap_or(record));
        MessageRecord { version: 0, ..folded }
    }

    #[test]
    fn a_status_may_come_before_our_own_record_of_the_send() {
        let early = claimed(1).with_receipt(&receipt(1, ReceiptStatus::Delivered, 5_000)).unwrap();
        let outcome = Outcome::Accepted { wamid: "wamid.1".into(), held: false };
        let both = early.with_outcome(1, &outcome, 4_000).unwrap();
        assert_eq!(both.state, MessageState::Delivered);
        assert_eq!(both.accepted_at, Some(4_000));
    }

    #[test]
    fn a_late_delivered_stops_the_next_attempt() {
        let waiting = claimed(1)
            .with_outcome(1, &Outcome::Retry { code: Some(131_056), not_before: 9_000, step: Step::Try }, 2_000)
            .unwrap();
        assert_eq!((waiting.state, waiting.attempt), (MessageState::Retry, 2));
        let arrived = waiting.with_receipt(&receipt(1, ReceiptStatus::Delivered, 3_000)).unwrap();
        assert_eq!((arrived.state, arrived.retry_shard), (MessageState::Delivered, None));
    }

    #[test]
    fn what_arrived_or_was_given_up_waits_for_no_attempt() {
        let refused = Outcome::Retry { code: Some(131_056), not_before: 9_000, step: Step::Try };
        let arrived = claimed(1).with_receipt(&receipt(1, ReceiptStatus::Read, 3_000)).unwrap();
        assert_eq!(arrived.with_outcome(1, &refused, 4_000), None);
        let given_up = claimed(1).with_outcome(1, &Outcome::Unknown, 2_000).unwrap();
        let failed = given_up.with_outcome(1, &refused, 4_000).unwrap();
        assert_eq!((failed.state, failed.code, failed.retry_shard), (MessageState::Failed, Some(131_056), None));
        let waiting = claimed(1).with_outcome(1, &refused, 2_000).unwrap();
        assert_eq!(waiting.left_out(5_000, "cancelled").unwrap().state, MessageState::Skipped);
        assert_eq!(claimed(1).left_out(5_000, "cancelled"), None);
    }

    #[test]
    fn a_failed_of_an_earlier_attempt_says_nothing_of_this_one() {
        assert_eq!(claimed(2).with_receipt(&receipt(1, ReceiptStatus::Failed { code: 131_026 }, 3_000)), None);
        assert_eq!(claimed(2).with_receipt(&receipt(1, ReceiptStatus::Sent, 3_000)), None);
    }

    #[test]
    fn an_erased_person_is_in_no_message_and_waits_for_none_and_the_outcome_stays() {
        let read = claimed(1).with_receipt(&receipt(1, ReceiptStatus::Read, 3_000)).unwrap();
        let erased = read.erased("ab", 4_000).unwrap();
        assert_eq!(
            (erased.person.as_str(), erased.state, erased.version),
            ("1#ab", MessageState::Read, read.version + 1)
        );
        assert_eq!(erased.erased("ab", 5_000), None);
        let refused = Outcome::Retry { code: Some(131_056), not_before: 9_000, step: Step::Try };
        let waiting = claimed(1).with_outcome(1, &refused, 2_000).unwrap();
        let erased = waiting.erased("ab", 4_000).unwrap();
        assert_eq!(
            (erased.state, erased.retry_shard, erased.reason.as_deref()),
            (MessageState::Skipped, None, Some(ERASED))
        );
        assert!(!serde_json::to_string(&erased.person).unwrap().contains("12025550100"));
    }

    #[test]
    fn a_person_may_ask_for_another_attempt_and_a_late_delivered_makes_it_needless() {
        let failed = claimed(1).with_receipt(&receipt(1, ReceiptStatus::Failed { code: 130_429 }, 3_000)).unwrap();
        let waiting = failed.asked_again(9_000).unwrap();
        assert_eq!((waiting.state, waiting.attempt, waiting.not_before), (MessageState::Retry, 2, Some(9_000)));
        assert_eq!(waiting.asked_again(9_500), None, "it waits already");
        assert_eq!(waiting.with_receipt(&receipt(1, ReceiptStatus::Failed { code: 130_429 }, 3_000)), None);
        let arrived = waiting.with_receipt(&receipt(1, ReceiptStatus::Delivered, 9_100)).unwrap();
        assert_eq!((arrived.state, arrived.retry_shard.as_deref()), (MessageState::Delivered, None));
        assert_eq!(arrived.asked_again(9_500), None);
        assert_eq!(claimed(1).asked_again(9_500), None);
    }

    #[test]
    fn an_unknown_outcome_is_resolved_by_a_receipt() {
        let unknown = claimed(1).with_outcome(1, &Outcome::Unknown, 2_000).unwrap();
        assert_eq!(unknown.state, MessageState::Unknown);
        assert_eq!(unknown.with_receipt(&receipt(1, ReceiptStatus::Sent, 3_000)).unwrap().state, MessageState::Sent);
    }

    #[test]
    fn a_person_who_got_enough_waits_a_day_and_the_failure_stands_beside_the_wait() {
        let sent =
            MessageRecord { rounds: 1, ..claimed(1) }.with_receipt(&receipt(1, ReceiptStatus::Sent, 2_000)).unwrap();
        let failed = receipt(1, ReceiptStatus::Failed { code: 131_049 }, 3_000);
        let waiting = sent.with_receipt(&failed).unwrap();
        assert_eq!(
            (waiting.state, waiting.attempt, waiting.round, waiting.code),
            (MessageState::Retry, 2, 1, Some(131_049))
        );
        assert!(waiting.not_before.unwrap() >= 3_000 + 86_400_000);
        assert_eq!(waiting.retry_shard, Some(waiting_for_later(&CampaignId("c".into()))));
        assert_eq!(waiting.with_receipt(&failed), None);
        let arrived = waiting.with_receipt(&receipt(1, ReceiptStatus::Delivered, 4_000)).unwrap();
        assert_eq!((arrived.state, arrived.attempt, arrived.round), (MessageState::Delivered, 1, 0));
        let cancelled = waiting.left_out(5_000, "cancelled").unwrap();
        assert_eq!((cancelled.state, cancelled.with_receipt(&failed)), (MessageState::Failed, None));
    }

    #[test]
    fn waits_of_minutes_have_a_job_and_longer_ones_are_cut_later() {
        let after = |not_before| {
            let refused = Outcome::Retry { code: Some(131_056), not_before, step: Step::Try };
            claimed(1).with_outcome(1, &refused, 1_000).unwrap().retry_shard.unwrap()
        };
        let campaign = CampaignId("c".into());
        assert_eq!(after(1_000 + LATER_FROM_MS), waiting_with_job(&campaign));
        assert_eq!(after(1_001 + LATER_FROM_MS), waiting_for_later(&campaign));
    }

    #[test]
    fn a_round_begins_the_tries_anew() {
        let outcome = |step| Outcome::Retry { code: Some(131_056), not_before: 9_000, step };
        let tried = claimed(1).with_outcome(1, &outcome(Step::Try), 2_000).unwrap();
        assert_eq!((tried.tries, tried.round), (1, 0));
        let claimed_again = MessageRecord { retry_shard: None, not_before: None, ..tried };
        let round = claimed_again.with_outcome(2, &outcome(Step::Round), 3_000).unwrap();
        assert_eq!((round.tries, round.round, round.attempt), (0, 1, 3));
    }

    #[test]
    fn a_person_may_ask_again_for_what_failed_or_is_unknown_and_for_nothing_else() {
        let failed = claimed(1).with_outcome(1, &Outcome::Failed { code: 131_000 }, 2_000).unwrap();
        let again = failed.asked_again(5_000).unwrap();
        assert_eq!((again.state, again.attempt, again.failed_at), (MessageState::Retry, 2, None));
        assert_eq!(
            again.with_receipt(&receipt(1, ReceiptStatus::Failed { code: 131_000 }, 2_000)).map(|r| r.state),
            Some(MessageState::Retry)
        );
        assert_eq!(
            again.with_receipt(&receipt(1, ReceiptStatus::Delivered, 2_500)).unwrap().state,
            MessageState::Delivered
        );
        assert!(claimed(1).with_outcome(1, &Outcome::Unknown, 2_000).unwrap().asked_again(5_000).is_some());
        assert_eq!((again.asked_again(6_000), claimed(1).asked_again(6_000)), (None, None));
    }

    fn any_receipt() -> impl Strategy<Value = Receipt> {
        let status = prop_oneof![
            Just(ReceiptStatus::Sent),
            Just(ReceiptStatus::Delivered),
            Just(ReceiptStatus::Read),
            (131_000u32..131_060).prop_map(|code| ReceiptStatus::Failed { code }),
            Just(ReceiptStatus::Failed { code: 131_049 }),
            Just(ReceiptStatus::Failed { code: 131_053 }),
        ];
        let price = prop_oneof![
            Just(None),
            Just(Price::of("marketing", "regular", "PMP", None)),
            Just(Price::of("marketing", "free_entry_point", "PMP", None)),
        ];
        (1u32..3, status, 1i64..50, price)
            .prop_map(|(attempt, status, at, price)| Receipt { price, ..receipt(attempt, status, at) })
    }

    fn rank(state: MessageState) -> usize {
        use MessageState::*;
        let ladder = [Untouched, Claimed, Retry, Unknown, Skipped, Accepted, Held, Sent, Failed, Delivered, Read];
        ladder.iter().position(|step| *step == state).unwrap()
    }

    proptest! {
        #[test]
        fn any_order_gives_the_same_record(
            (receipts, shuffled) in proptest::collection::vec(any_receipt(), 0..12).prop_flat_map(|r| (Just(r.clone()), Just(r).prop_shuffle())),
        ) {
            for rounds in 0..3 {
                let claimed = MessageRecord { rounds, ..claimed(2) };
                prop_assert_eq!(fold(claimed.clone(), &receipts), fold(claimed, &shuffled));
            }
        }

        #[test]
        fn twice_is_once(receipts in proptest::collection::vec(any_receipt(), 0..12)) {
            for rounds in 0..3 {
                let once = fold(MessageRecord { rounds, ..claimed(2) }, &receipts);
                prop_assert_eq!(&once, &fold(once.clone(), &receipts));
            }
        }

        #[test]
        fn the_state_never_sinks(receipts in proptest::collection::vec(any_receipt(), 0..12)) {
            let mut record = claimed(2);
            for receipt in &receipts {
                if let Some(next) = record.with_receipt(receipt) {
                    prop_assert!(rank(next.state) >= rank(record.state), "{:?} -> {:?}", record.state, next.state);
                    prop_assert!(next.version > record.version);
                    record = next;
                }
            }
        }
    }
}
