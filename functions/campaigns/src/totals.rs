//! Totals of a campaign or a chunk: a fold of the changes of its messages.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use wire::{CampaignTotals, ChunkCounts, MessageState, ResultCounts};

use crate::message::MessageRecord;
use crate::price::Price;

/// Names of prices that are counted apart: more than Meta has. What is one too many is counted as [`OTHER_PRICE`].
const MOST_PRICES: usize = 40;

/// The name of all other prices.
const OTHER_PRICE: &str = "other/other";

/// What of a message is counted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Counted {
    /// Where it stands.
    pub state: MessageState,
    /// Meta's code, counted where the state is `failed`.
    pub code: Option<u32>,
    /// Whether the person answered.
    pub answer: Answer,
    /// Whether the person tapped a button or a tracked link.
    pub click: Answer,
    /// What it is billed as, counted once it is on the phone: that is when WhatsApp bills it.
    pub price: Option<Price>,
}

/// Whether a person answered, by words or by a tap.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Answer {
    /// Not yet.
    None,
    /// Once or more often.
    Given,
}

impl Counted {
    /// A message of this state and code, and nothing more.
    pub fn of(state: MessageState, code: Option<u32>) -> Counted {
        Counted { state, code, answer: Answer::None, click: Answer::None, price: None }
    }

    /// The same with what else is known of it.
    #[must_use]
    pub fn with(self, replied_at: Option<i64>, clicked_at: Option<i64>, price: Option<Price>) -> Counted {
        let given = |at: Option<i64>| at.map_or(Answer::None, |_| Answer::Given);
        Counted { answer: given(replied_at), click: given(clicked_at), price, ..self }
    }
}

impl From<&MessageRecord> for Counted {
    fn from(record: &MessageRecord) -> Counted {
        Counted::of(record.state, record.code).with(record.replied_at, record.clicked_at, record.price.clone())
    }
}

/// How many messages stand where.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Totals {
    /// In a sender's hand.
    pub claimed: u64,
    /// Waiting for another attempt.
    pub retry: u64,
    /// Left out on purpose.
    pub skipped: u64,
    /// Nobody knows.
    pub unknown: u64,
    /// Taken by WhatsApp.
    pub accepted: u64,
    /// Held back by WhatsApp.
    pub held: u64,
    /// On their way.
    pub sent: u64,
    /// Failed.
    pub failed: u64,
    /// On the phone.
    pub delivered: u64,
    /// Read.
    pub read: u64,
    /// The failed ones by Meta's code.
    pub failed_by_code: BTreeMap<u32, u64>,
    /// Answered, wherever they stand.
    pub replied: u64,
    /// Tapped a button or a tracked link, wherever they stand.
    #[serde(skip_serializing_if = "is_zero")]
    pub clicked: u64,
    /// Those on the phone by what WhatsApp bills them as: category and type.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub priced: BTreeMap<String, u64>,
}

fn is_zero(count: &u64) -> bool {
    *count == 0
}

impl Totals {
    /// Counts one message's change. `before` is nothing when the message is new.
    pub fn apply(&mut self, before: Option<&Counted>, after: &Counted) {
        if let Some(before) = before {
            self.change(before, |count| count.saturating_sub(1));
        }
        self.change(after, |count| count + 1);
    }

    fn change(&mut self, counted: &Counted, by: impl Fn(u64) -> u64) {
        if let Some(count) = self.count_of(counted.state) {
            *count = by(*count);
        }
        if counted.state == MessageState::Failed {
            let code = counted.code.unwrap_or_default();
            let count = self.failed_by_code.entry(code).or_default();
            *count = by(*count);
            if *count == 0 {
                self.failed_by_code.remove(&code);
            }
        }
        match counted.answer {
            Answer::None => {}
            Answer::Given => self.replied = by(self.replied),
        }
        match counted.click {
            Answer::None => {}
            Answer::Given => self.clicked = by(self.clicked),
        }
        if let (MessageState::Delivered | MessageState::Read, Some(price)) = (counted.state, &counted.price) {
            self.change_price(price.counted_as(), by);
        }
    }

    fn change_price(&mut self, name: String, by: impl Fn(u64) -> u64) {
        let is_one_too_many = !self.priced.contains_key(&name) && self.priced.len() >= MOST_PRICES;
        let name = if is_one_too_many { OTHER_PRICE.to_owned() } else { name };
        let count = self.priced.entry(name.clone()).or_default();
        *count = by(*count);
        if *count == 0 {
            self.priced.remove(&name);
        }
    }

    fn count_of(&mut self, state: MessageState) -> Option<&mut u64> {
        Some(match state {
            MessageState::Untouched => return None,
            MessageState::Claimed => &mut self.claimed,
            MessageState::Retry => &mut self.retry,
            MessageState::Skipped => &mut self.skipped,
            MessageState::Unknown => &mut self.unknown,
            MessageState::Accepted => &mut self.accepted,
            MessageState::Held => &mut self.held,
            MessageState::Sent => &mut self.sent,
            MessageState::Failed => &mut self.failed,
            MessageState::Delivered => &mut self.delivered,
            MessageState::Read => &mut self.read,
        })
    }

    /// Messages that were claimed or settled: every recipient that has an item.
    pub fn touched(&self) -> u64 {
        self.claimed + self.retry + self.settled()
    }

    /// Messages with an outcome: nothing more is done for them by itself.
    pub fn settled(&self) -> u64 {
        self.skipped + self.unknown + self.failed + self.taken()
    }

    /// Messages that WhatsApp took and did not fail.
    fn taken(&self) -> u64 {
        self.accepted + self.held + self.sent + self.delivered + self.read
    }

    /// For the wire; `audience` is the number of recipients.
    pub fn campaign_totals(&self, audience: u64) -> CampaignTotals {
        CampaignTotals {
            audience,
            untouched: audience.saturating_sub(self.touched()),
            claimed: self.claimed,
            accepted: self.accepted,
            held: self.held,
            sent: self.sent,
            delivered: self.delivered,
            read: self.read,
            failed: self.failed,
            skipped: self.skipped,
            retry: self.retry,
            unknown: self.unknown,
            replied: self.replied,
        }
    }

    /// In the v3 API's words: each count includes those further on, held messages are not sent.
    pub fn result_counts(&self, chunks: BTreeMap<String, ChunkCounts>, chunks_executed: u64) -> ResultCounts {
        let counts = self.chunk_counts(0);
        ResultCounts {
            sent: counts.sent,
            received: counts.received,
            read: counts.read,
            answered: self.replied,
            chunks_executed,
            by_chunk_id: chunks,
        }
    }

    /// The same for one chunk of `leads` recipients.
    pub fn chunk_counts(&self, leads: u64) -> ChunkCounts {
        ChunkCounts {
            sent: self.taken() - self.held,
            received: self.delivered + self.read,
            read: self.read,
            answered: self.replied,
            failed: self.failed,
            leads,
        }
    }
}

/// The totals of two parts of an audience, together.
pub fn together(one: CampaignTotals, other: CampaignTotals) -> CampaignTotals {
    let sum = |of: fn(&CampaignTotals) -> u64| of(&one).saturating_add(of(&other));
    CampaignTotals {
        audience: sum(|part| part.audience),
        untouched: sum(|part| part.untouched),
        claimed: sum(|part| part.claimed),
        accepted: sum(|part| part.accepted),
        held: sum(|part| part.held),
        sent: sum(|part| part.sent),
        delivered: sum(|part| part.delivered),
        read: sum(|part| part.read),
        failed: sum(|part| part.failed),
        skipped: sum(|part| part.skipped),
        retry: sum(|part| part.retry),
        unknown: sum(|part| part.unknown),
        replied: sum(|part| part.replied),
    }
}

/// Orders stream sequence numbers: decimal strings of any length.
pub fn sequence_is_after(sequence: &str, watermark: &str) -> bool {
    let (a, b) = (sequence.trim_start_matches('0'), watermark.trim_start_matches('0'));
    (a.len(), a) > (b.len(), b)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const STATES: [MessageState; 10] = [
        MessageState::Claimed,
        MessageState::Retry,
        MessageState::Skipped,
        MessageState::Unknown,
        MessageState::Accepted,
        MessageState::Held,
        MessageState::Sent,
        MessageState::Failed,
        MessageState::Delivered,
        MessageState::Read,
    ];

    fn counted(step: usize) -> Counted {
        let state = STATES[step % STATES.len()];
        let code = (state == MessageState::Failed).then_some(131_000 + step as u32 % 3);
        let price = Price::of(["marketing", "utility"][step % 2], "regular", "PMP", None);
        let (answered, tapped) = ([None, None, Some(1)][step % 3], [None, Some(1)][step % 2]);
        Counted::of(state, code).with(answered, tapped, price.filter(|_| !step.is_multiple_of(5)))
    }

    #[test]
    fn sequence_numbers_compare_as_numbers() {
        assert!(sequence_is_after("10", "9"));
        assert!(sequence_is_after("000000000000000000010", "9"));
        assert!(!sequence_is_after("9", "000000000000000000010"));
        assert!(!sequence_is_after("12", "12"));
        assert!(sequence_is_after("4421584500000000017450439092", "4421584500000000017450439091"));
    }

    #[test]
    fn who_answered_is_counted_once_and_a_price_when_the_message_is_on_the_phone() {
        let price = Price::of("marketing", "regular", "PMP", None);
        let at = |state, replied_at| Counted::of(state, None).with(replied_at, None, price.clone());
        let mut totals = Totals::default();
        totals.apply(None, &at(MessageState::Sent, None));
        assert!(totals.priced.is_empty(), "sent is not billed");
        totals.apply(Some(&at(MessageState::Sent, None)), &at(MessageState::Read, Some(5)));
        totals.apply(Some(&at(MessageState::Read, Some(5))), &at(MessageState::Read, Some(4)));
        assert_eq!((totals.replied, totals.priced.get("marketing/regular")), (1, Some(&1)));
        assert_eq!(totals.chunk_counts(1).answered, 1);
    }

    #[test]
    fn prices_that_are_made_up_do_not_grow_without_a_bound() {
        let mut totals = Totals::default();
        for n in 0..100 {
            let price = Price::of(&format!("c{n}"), "regular", "PMP", None);
            totals.apply(None, &Counted::of(MessageState::Delivered, None).with(None, None, price));
        }
        assert_eq!(totals.priced.len(), MOST_PRICES + 1);
        assert_eq!(totals.priced[OTHER_PRICE], 60);
    }

    proptest! {
        #[test]
        fn totals_equal_a_recount(histories in proptest::collection::vec(proptest::collection::vec(0usize..30, 1..6), 1..40)) {
            let mut folded = Totals::default();
            let mut recounted = Totals::default();
            for history in &histories {
                let mut before = None;
                for step in history {
                    folded.apply(before.as_ref(), &counted(*step));
                    before = Some(counted(*step));
                }
                recounted.apply(None, &before.unwrap());
            }
            prop_assert_eq!(&folded, &recounted);
            prop_assert_eq!(folded.touched(), histories.len() as u64);
            let totals = folded.campaign_totals(histories.len() as u64 + 5);
            prop_assert_eq!(totals.untouched, 5);
        }
    }
}
