//! What receipts say of a message that goes its ordinary way: enough to write it down without reading the message first.
//!
//! Where it fits, it is the merge of `message`, in another form: the facts that are set and the state that follows from
//! them. Where it does not fit (another attempt waits, a status came before, one failed), the merge decides.

use wire::MessageState;

use crate::message::{MessageRecord, Receipt, ReceiptStatus};
use crate::price::Price;

/// Facts of one attempt that one webhook tells, at least one. Times are milliseconds since 1970, UTC.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Progress {
    /// The attempt.
    pub attempt: u32,
    /// Meta's id of the message, for one that has none yet.
    pub wamid: String,
    /// Status `sent`.
    pub sent_at: Option<i64>,
    /// Status `delivered`.
    pub delivered_at: Option<i64>,
    /// Status `read`.
    pub read_at: Option<i64>,
    /// What the message is billed as, where one of the statuses says so.
    pub price: Option<Price>,
}

impl Progress {
    /// The progress in the receipts of one message; nothing when there are none, one failed, or they speak of several
    /// attempts.
    pub fn of(receipts: &[Receipt]) -> Option<Progress> {
        let first = receipts.first()?;
        let wamid = first.wamid.clone();
        let mut progress =
            Progress { attempt: first.attempt, wamid, sent_at: None, delivered_at: None, read_at: None, price: None };
        for receipt in receipts {
            if let Some(told) = &receipt.price {
                progress.price = Some(Price::settled(progress.price.as_ref(), told));
            }
            let fact = match receipt.status {
                ReceiptStatus::Sent => &mut progress.sent_at,
                ReceiptStatus::Delivered => &mut progress.delivered_at,
                ReceiptStatus::Read => &mut progress.read_at,
                ReceiptStatus::Failed { .. } => return None,
            };
            *fact = Some(fact.map_or(receipt.at, |known| known.min(receipt.at)));
            if receipt.attempt != progress.attempt {
                return None;
            }
        }
        Some(progress)
    }

    /// How far the message is with it.
    pub fn state(&self) -> MessageState {
        match (self.read_at, self.delivered_at) {
            (Some(_), _) => MessageState::Read,
            (None, Some(_)) => MessageState::Delivered,
            (None, None) => MessageState::Sent,
        }
    }

    /// Whether it fits a message: its attempt is in hand, it is all news, and nothing that is known outweighs it.
    /// The condition of the write is the same in DynamoDB's words.
    pub fn fits(&self, standing: &MessageRecord) -> bool {
        let is_news = standing.read_at.is_none()
            && (standing.delivered_at.is_none() || (self.delivered_at.is_none() && self.read_at.is_some()))
            && (standing.sent_at.is_none() || self.sent_at.is_none());
        let is_outweighed = self.state() == MessageState::Sent && standing.failed_at.is_some();
        let is_priced_so = self.price.is_none() || standing.price.is_none() || self.price == standing.price;
        standing.attempt == self.attempt && standing.retry_shard.is_none() && is_news && !is_outweighed && is_priced_so
    }

    /// The message with it, where it fits.
    pub fn on(&self, standing: &MessageRecord) -> MessageRecord {
        let mut next = standing.clone();
        next.sent_at = self.sent_at.or(standing.sent_at);
        next.delivered_at = self.delivered_at.or(standing.delivered_at);
        next.read_at = self.read_at.or(standing.read_at);
        next.wamid.get_or_insert_with(|| self.wamid.clone());
        next.price = standing.price.clone().or_else(|| self.price.clone());
        next.state = self.state();
        next.version += 1;
        next
    }
}

#[cfg(test)]
mod tests {
    use proptest::collection::vec;
    use proptest::prelude::*;
    use wire::{CampaignId, ChannelId, WorkspaceId};

    use super::*;
    use crate::message::{Claim, Outcome, Step};

    fn claimed() -> MessageRecord {
        MessageRecord::from(Claim {
            variant: None,
            campaign_id: CampaignId("c".into()),
            workspace_id: WorkspaceId(1),
            channel_id: ChannelId("n".into()),
            index: 7,
            chunk: 0,
            canonical_phone: "12025550100".into(),
            attempt: 1,
            rounds: 2,
            claim_id: "a".into(),
            at: 0,
        })
    }

    fn receipt() -> impl Strategy<Value = Receipt> {
        let status = prop_oneof![
            Just(ReceiptStatus::Sent),
            Just(ReceiptStatus::Delivered),
            Just(ReceiptStatus::Read),
            Just(ReceiptStatus::Failed { code: 131_026 }),
            Just(ReceiptStatus::Failed { code: 131_049 }),
        ];
        let price = prop_oneof![
            Just(None),
            Just(Price::of("utility", "regular", "PMP", None)),
            Just(Price::of("utility", "free_customer_service", "PMP", None)),
        ];
        (status, 1..3u32, 1..9i64, price).prop_map(|(status, attempt, at, price)| Receipt {
            attempt,
            status,
            at,
            wamid: "w".into(),
            price,
        })
    }

    fn outcome() -> impl Strategy<Value = Outcome> {
        prop_oneof![
            Just(Outcome::Accepted { wamid: "w".into(), held: false }),
            Just(Outcome::Accepted { wamid: "w".into(), held: true }),
            Just(Outcome::Failed { code: 131_026 }),
            Just(Outcome::Retry { code: Some(130_429), not_before: 9, step: Step::Try }),
            Just(Outcome::Unknown),
        ]
    }

    fn merged(standing: MessageRecord, receipts: &[Receipt]) -> MessageRecord {
        receipts.iter().fold(standing, |record, receipt| record.with_receipt(receipt).unwrap_or(record))
    }

    proptest! {
        #[test]
        fn where_it_fits_it_is_the_merge(
            outcome in proptest::option::of(outcome()),
            before in vec(receipt(), 0..4),
            receipts in vec(receipt(), 0..4),
        ) {
            let outcome = outcome.and_then(|outcome| claimed().with_outcome(1, &outcome, 1));
            let standing = merged(outcome.unwrap_or_else(claimed), &before);
            if let Some(progress) = Progress::of(&receipts).filter(|progress| progress.fits(&standing)) {
                let merged = MessageRecord { version: standing.version + 1, ..merged(standing.clone(), &receipts) };
                prop_assert_eq!(progress.on(&standing), merged);
            }
        }
    }

    #[test]
    fn the_ordinary_way_fits_at_every_step() {
        let outcome = Outcome::Accepted { wamid: "w".into(), held: false };
        let mut standing = claimed().with_outcome(1, &outcome, 1).unwrap();
        for status in [ReceiptStatus::Sent, ReceiptStatus::Delivered, ReceiptStatus::Read] {
            let receipt = Receipt { attempt: 1, status, at: 2, wamid: "w".into(), price: None };
            let progress = Progress::of(&[receipt]).unwrap();
            assert!(progress.fits(&standing), "{status:?}");
            standing = progress.on(&standing);
            assert!(!progress.fits(&standing), "{status:?} twice");
        }
        assert_eq!(standing.state, MessageState::Read);
    }

    #[test]
    fn a_failure_or_two_attempts_are_for_the_merge() {
        let of = |attempt, status| Receipt { attempt, status, at: 2, wamid: "w".into(), price: None };
        assert_eq!(Progress::of(&[]), None);
        assert_eq!(Progress::of(&[of(1, ReceiptStatus::Failed { code: 1 })]), None);
        assert_eq!(Progress::of(&[of(1, ReceiptStatus::Sent), of(2, ReceiptStatus::Sent)]), None);
    }
}
