//! What is known of one message, and how a receipt changes it.
//!
//! A record is a set of facts with their times; its state is derived from them. Merging keeps the earliest time of each
//! fact, so receipts may come late, twice and in any order: the result is the same and the state never sinks.

use serde::{Deserialize, Serialize};
use wire::{CampaignId, ChannelId, MessageState, WorkspaceId};

use crate::send_error::NO_REASON;

/// Recipients whose items share a partition key: a job is one or two queries, a campaign spreads over many partitions.
pub const SHARD_INDEXES: u64 = 100;

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
    /// The attempt in hand, or the next one while it waits.
    pub attempt: u32,
    /// Names the claim in hand, so that a sender whose write was repeated under way knows it as its own.
    #[serde(default)]
    pub claim_id: String,
    /// Derived from the facts below; stored for the stream and for conditions.
    pub state: MessageState,
    /// When the attempt was first claimed; never changed afterwards.
    pub claimed_at: i64,
    /// When the attempt in hand was claimed.
    pub attempted_at: i64,
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
    /// Present while another attempt waits: the sparse index's partition key.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub retry_shard: Option<String>,
    /// When that attempt may be made.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub not_before: Option<i64>,
    /// Rises with every write; writers that read first write only over what they read.
    pub version: u64,
}

/// The partition key of a recipient's item.
pub fn shard_key(campaign: &CampaignId, index: u64) -> String {
    format!("{campaign}#{:06}", index / SHARD_INDEXES)
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
            workspace_id: claim.workspace_id,
            channel_id: claim.channel_id,
            chunk: claim.chunk,
            attempt: claim.attempt,
            claim_id: claim.claim_id,
            state: MessageState::Claimed,
            claimed_at: claim.at,
            attempted_at: claim.at,
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
            retry_shard: None,
            not_before: None,
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
    },
    /// Nobody knows: a timeout, a broken connection, a 5xx that does not say "not sent".
    Unknown,
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
    /// The state that the facts amount to. `delivered` and `read` beat `failed`; `failed` beats `sent`.
    pub fn derive_state(&self) -> MessageState {
        let facts = [
            (self.read_at.is_some(), MessageState::Read),
            (self.delivered_at.is_some(), MessageState::Delivered),
            (self.failed_at.is_some(), MessageState::Failed),
            (self.sent_at.is_some(), MessageState::Sent),
            (self.held_at.is_some(), MessageState::Held),
            (self.accepted_at.is_some(), MessageState::Accepted),
            (self.skipped_at.is_some(), MessageState::Skipped),
            (self.retry_shard.is_some(), MessageState::Retry),
            (self.unknown_at.is_some(), MessageState::Unknown),
        ];
        facts.iter().find(|(holds, _)| *holds).map_or(MessageState::Claimed, |(_, state)| *state)
    }

    /// The record after a receipt; nothing when it says nothing new.
    ///
    /// A receipt of an earlier attempt counts only when the message arrived: then no further attempt is made.
    pub fn with_receipt(&self, receipt: &Receipt) -> Option<MessageRecord> {
        let arrived = matches!(receipt.status, ReceiptStatus::Delivered | ReceiptStatus::Read);
        if receipt.attempt > self.attempt || (receipt.attempt < self.attempt && !arrived) {
            return None;
        }
        let mut next = self.clone();
        let at = receipt.at;
        match receipt.status {
            ReceiptStatus::Sent => next.sent_at = earliest(self.sent_at, at),
            ReceiptStatus::Delivered => next.delivered_at = earliest(self.delivered_at, at),
            ReceiptStatus::Read => next.read_at = earliest(self.read_at, at),
            ReceiptStatus::Failed { code } => next.set_failure(at, code),
        }
        if next.wamid.is_none() && receipt.attempt == self.attempt {
            next.wamid = Some(receipt.wamid.clone());
        }
        if arrived {
            next.retry_shard = None;
            next.not_before = None;
        }
        next.finish(self)
    }

    /// The record after the sender's own outcome of its attempt; nothing when it says nothing new.
    pub fn with_outcome(&self, attempt: u32, outcome: &Outcome, at: i64, retry_shard: &str) -> Option<MessageRecord> {
        if attempt != self.attempt || self.retry_shard.is_some() {
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
            Outcome::Retry { .. } if self.delivered_at.is_some() || self.read_at.is_some() => return None,
            Outcome::Retry { code, .. } if self.unknown_at.is_some() => {
                next.set_failure(at, code.unwrap_or(NO_REASON));
            }
            Outcome::Retry { code, not_before } => {
                next.attempt += 1;
                next.code = *code;
                next.retry_shard = Some(retry_shard.to_owned());
                next.not_before = Some(*not_before);
            }
        }
        next.finish(self)
    }

    /// The record when its campaign was cancelled while it waited for another attempt; nothing when it did not wait.
    pub fn cancelled(&self, at: i64) -> Option<MessageRecord> {
        if self.state != MessageState::Retry {
            return None;
        }
        let mut next = self.clone();
        next.retry_shard = None;
        next.not_before = None;
        next.skipped_at = Some(at);
        next.reason = Some("The campaign was cancelled before another attempt".to_owned());
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

    fn finish(mut self, before: &MessageRecord) -> Option<MessageRecord> {
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
            campaign_id: CampaignId("c".into()),
            workspace_id: WorkspaceId(1),
            channel_id: ChannelId("n".into()),
            index: 7,
            chunk: 0,
            canonical_phone: "12025550100".into(),
            claim_id: "once".into(),
            attempt,
            at: 1_000,
        })
    }

    fn receipt(attempt: u32, status: ReceiptStatus, at: i64) -> Receipt {
        Receipt { attempt, status, at, wamid: "wamid.1".into() }
    }

    fn fold(record: MessageRecord, receipts: &[Receipt]) -> MessageRecord {
        let folded = receipts.iter().fold(record, |record, r| record.with_receipt(r).unwrap_or(record));
        MessageRecord { version: 0, ..folded }
    }

    #[test]
    fn a_status_may_come_before_our_own_record_of_the_send() {
        let early = claimed(1).with_receipt(&receipt(1, ReceiptStatus::Delivered, 5_000)).unwrap();
        let outcome = Outcome::Accepted { wamid: "wamid.1".into(), held: false };
        let both = early.with_outcome(1, &outcome, 4_000, "r").unwrap();
        assert_eq!(both.state, MessageState::Delivered);
        assert_eq!(both.accepted_at, Some(4_000));
    }

    #[test]
    fn a_late_delivered_stops_the_next_attempt() {
        let waiting =
            claimed(1).with_outcome(1, &Outcome::Retry { code: Some(131_056), not_before: 9_000 }, 2_000, "r").unwrap();
        assert_eq!((waiting.state, waiting.attempt), (MessageState::Retry, 2));
        let arrived = waiting.with_receipt(&receipt(1, ReceiptStatus::Delivered, 3_000)).unwrap();
        assert_eq!((arrived.state, arrived.retry_shard), (MessageState::Delivered, None));
    }

    #[test]
    fn what_arrived_or_was_given_up_waits_for_no_attempt() {
        let refused = Outcome::Retry { code: Some(131_056), not_before: 9_000 };
        let arrived = claimed(1).with_receipt(&receipt(1, ReceiptStatus::Read, 3_000)).unwrap();
        assert_eq!(arrived.with_outcome(1, &refused, 4_000, "r"), None);
        let given_up = claimed(1).with_outcome(1, &Outcome::Unknown, 2_000, "r").unwrap();
        let failed = given_up.with_outcome(1, &refused, 4_000, "r").unwrap();
        assert_eq!((failed.state, failed.code, failed.retry_shard), (MessageState::Failed, Some(131_056), None));
        let waiting = claimed(1).with_outcome(1, &refused, 2_000, "r").unwrap();
        assert_eq!(waiting.cancelled(5_000).unwrap().state, MessageState::Skipped);
        assert_eq!(claimed(1).cancelled(5_000), None);
    }

    #[test]
    fn a_failed_of_an_earlier_attempt_says_nothing_of_this_one() {
        assert_eq!(claimed(2).with_receipt(&receipt(1, ReceiptStatus::Failed { code: 131_026 }, 3_000)), None);
        assert_eq!(claimed(2).with_receipt(&receipt(1, ReceiptStatus::Sent, 3_000)), None);
    }

    #[test]
    fn an_unknown_outcome_is_resolved_by_a_receipt() {
        let unknown = claimed(1).with_outcome(1, &Outcome::Unknown, 2_000, "r").unwrap();
        assert_eq!(unknown.state, MessageState::Unknown);
        assert_eq!(unknown.with_receipt(&receipt(1, ReceiptStatus::Sent, 3_000)).unwrap().state, MessageState::Sent);
    }

    fn any_receipt() -> impl Strategy<Value = Receipt> {
        let status = prop_oneof![
            Just(ReceiptStatus::Sent),
            Just(ReceiptStatus::Delivered),
            Just(ReceiptStatus::Read),
            (131_000u32..131_060).prop_map(|code| ReceiptStatus::Failed { code }),
        ];
        (1u32..3, status, 1i64..50).prop_map(|(attempt, status, at)| receipt(attempt, status, at))
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
            prop_assert_eq!(fold(claimed(2), &receipts), fold(claimed(2), &shuffled));
        }

        #[test]
        fn twice_is_once(receipts in proptest::collection::vec(any_receipt(), 0..12)) {
            let once = fold(claimed(2), &receipts);
            prop_assert_eq!(&once, &fold(once.clone(), &receipts));
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
