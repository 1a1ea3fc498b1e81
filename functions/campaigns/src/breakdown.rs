//! What the totals of a campaign are made of: by country, by reason of leaving people out, over time, and how fast.
//!
//! It rides in the campaign's totals, so it costs no write; it is small, a few kilobytes at most.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use wire::{MessageState, WaitReason};

use crate::message::MessageRecord;
use crate::phone::NO_COUNTRY;
use crate::price::Price;

mod pace;
mod timeline;

pub use self::pace::Departures;
pub use self::timeline::{Point, Timeline};

/// Reasons of leaving people out that are counted apart; more are counted as [`OTHER_REASON`].
const MOST_REASONS: usize = 20;

/// The name of all other reasons.
pub const OTHER_REASON: &str = "other reasons";

/// Names of prices in one country that are counted apart: more than Meta has.
const MOST_PRICES: usize = 20;

/// The name of all other prices.
const OTHER_PRICE: &str = "other/regular";

/// What is counted.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Breakdown {
    /// By country, two letters; `NO_COUNTRY` where a number tells none.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub countries: BTreeMap<String, CountryCounts>,
    /// People left out, by reason.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub skipped: BTreeMap<String, u64>,
    /// How often tracked links were opened.
    #[serde(skip_serializing_if = "is_zero")]
    pub link_opens: u64,
    /// People who asked for no more messages by an answer to this one.
    #[serde(skip_serializing_if = "is_zero")]
    pub opted_out: u64,
    /// Over time.
    #[serde(skip_serializing_if = "Timeline::is_empty")]
    pub timeline: Timeline,
    /// How fast.
    #[serde(skip_serializing_if = "Departures::is_empty")]
    pub departures: Departures,
}

/// Messages to one country; short names, as there may be two hundred of them in one item.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct CountryCounts {
    /// In a sender's hand, or waiting for another attempt.
    #[serde(rename = "w", skip_serializing_if = "is_zero")]
    pub under_way: u64,
    /// Taken by WhatsApp and not failed, wherever they are by now.
    #[serde(rename = "t", skip_serializing_if = "is_zero")]
    pub taken: u64,
    /// On the phone, read or not.
    #[serde(rename = "d", skip_serializing_if = "is_zero")]
    pub delivered: u64,
    /// Read.
    #[serde(rename = "r", skip_serializing_if = "is_zero")]
    pub read: u64,
    /// Answered.
    #[serde(rename = "a", skip_serializing_if = "is_zero")]
    pub replied: u64,
    /// Failed.
    #[serde(rename = "f", skip_serializing_if = "is_zero")]
    pub failed: u64,
    /// Left out on purpose.
    #[serde(rename = "s", skip_serializing_if = "is_zero")]
    pub skipped: u64,
    /// Nobody knows.
    #[serde(rename = "u", skip_serializing_if = "is_zero")]
    pub unknown: u64,
    /// Those on the phone by what WhatsApp bills them as: category and type.
    #[serde(rename = "p", skip_serializing_if = "BTreeMap::is_empty")]
    pub priced: BTreeMap<String, u64>,
}

fn is_zero(count: &u64) -> bool {
    *count == 0
}

/// What of a message is counted here. Times are milliseconds since 1970.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Told {
    /// Two letters; `NO_COUNTRY` where the number tells none.
    pub country: String,
    /// Where it stands.
    pub state: MessageState,
    /// Why it was left out.
    pub reason: Option<String>,
    /// What it is billed as.
    pub price: Option<Price>,
    /// When the attempt in hand was claimed.
    pub attempted_at: i64,
    /// Why it left later than the pace asks for.
    pub waited_for: Option<WaitReason>,
    /// When it reached the phone.
    pub delivered_at: Option<i64>,
    /// When it was read.
    pub read_at: Option<i64>,
    /// When it failed.
    pub failed_at: Option<i64>,
    /// When the person answered.
    pub replied_at: Option<i64>,
    /// How often its tracked links were opened.
    pub link_opens: u32,
    /// When the person asked for no more messages.
    pub opted_out_at: Option<i64>,
}

impl From<&MessageRecord> for Told {
    fn from(record: &MessageRecord) -> Told {
        Told {
            country: record.country.clone().unwrap_or_else(|| NO_COUNTRY.to_owned()),
            state: record.state,
            reason: record.reason.clone(),
            price: record.price.clone(),
            attempted_at: record.attempted_at,
            waited_for: record.waited_for,
            delivered_at: record.delivered_at,
            read_at: record.read_at,
            failed_at: record.failed_at,
            replied_at: record.replied_at,
            link_opens: record.link_opens,
            opted_out_at: record.opted_out_at,
        }
    }
}

impl Told {
    /// Whether WhatsApp took it and it did not fail.
    fn is_taken(&self) -> bool {
        match self.state {
            MessageState::Accepted
            | MessageState::Held
            | MessageState::Sent
            | MessageState::Delivered
            | MessageState::Read => true,
            MessageState::Untouched
            | MessageState::Claimed
            | MessageState::Retry
            | MessageState::Skipped
            | MessageState::Unknown
            | MessageState::Failed => false,
        }
    }

    fn is_on_phone(&self) -> bool {
        matches!(self.state, MessageState::Delivered | MessageState::Read)
    }
}

impl Breakdown {
    /// Counts one message's change. `before` is nothing when the message is new.
    pub fn apply(&mut self, before: Option<&Told>, after: &Told) {
        if let Some(before) = before {
            self.change(before, |count| count.saturating_sub(1));
        }
        self.change(after, |count| count + 1);
        let opens = after.link_opens.saturating_sub(before.map_or(0, |before| before.link_opens));
        self.link_opens += u64::from(opens);
        self.note_departure(before, after);
    }

    /// Counts what one message's change tells of the pace, and nothing else of it.
    pub fn note_departure(&mut self, before: Option<&Told>, after: &Told) {
        let is_new = match before {
            // One that waits before it was ever tried has not left.
            None => after.state != MessageState::Retry,
            Some(before) => before.attempted_at != after.attempted_at,
        };
        if is_new && after.state != MessageState::Skipped {
            self.departures.note(after.attempted_at);
        }
        // It may be known, or known to be wrong, only once the attempt is under way.
        let waited_before = before.filter(|_| !is_new).and_then(|before| before.waited_for);
        if waited_before != after.waited_for {
            self.departures.count_wait(waited_before, |count| count.saturating_sub(1));
            self.departures.count_wait(after.waited_for, |count| count + 1);
        }
    }

    fn change(&mut self, told: &Told, by: impl Fn(u64) -> u64) {
        if told.state == MessageState::Skipped {
            let reason = told.reason.as_deref().filter(|reason| !reason.is_empty()).unwrap_or(OTHER_REASON);
            bump(&mut self.skipped, reason, (MOST_REASONS, OTHER_REASON), &by);
        }
        if told.opted_out_at.is_some() {
            self.opted_out = by(self.opted_out);
        }
        let counts = self.countries.entry(told.country.clone()).or_default();
        counts.change(told, &by);
        if *counts == CountryCounts::default() {
            self.countries.remove(&told.country);
        }
        let times = [
            told.is_taken().then_some(told.attempted_at),
            told.delivered_at.or(told.read_at).filter(|_| told.is_on_phone()),
            told.read_at.filter(|_| told.state == MessageState::Read),
            told.failed_at.filter(|_| told.state == MessageState::Failed),
        ];
        self.timeline.change(times, &by);
    }
}

impl CountryCounts {
    fn change(&mut self, told: &Told, by: &impl Fn(u64) -> u64) {
        let add = |count: &mut u64, counts: bool| {
            if counts {
                *count = by(*count);
            }
        };
        let state = told.state;
        add(&mut self.under_way, matches!(state, MessageState::Claimed | MessageState::Retry));
        add(&mut self.taken, told.is_taken());
        add(&mut self.delivered, told.is_on_phone());
        add(&mut self.read, state == MessageState::Read);
        add(&mut self.replied, told.replied_at.is_some());
        add(&mut self.failed, state == MessageState::Failed);
        add(&mut self.skipped, state == MessageState::Skipped);
        add(&mut self.unknown, state == MessageState::Unknown);
        if let (true, Some(price)) = (told.is_on_phone(), &told.price) {
            bump(&mut self.priced, &price.counted_as(), (MOST_PRICES, OTHER_PRICE), by);
        }
    }
}

/// Changes the count of this name, or of all other names where there are too many.
fn bump(counts: &mut BTreeMap<String, u64>, name: &str, (most, other): (usize, &str), by: &impl Fn(u64) -> u64) {
    let is_one_too_many = !counts.contains_key(name) && counts.len() >= most;
    let name = if is_one_too_many { other } else { name };
    let count = counts.entry(name.to_owned()).or_default();
    *count = by(*count);
    if *count == 0 {
        counts.remove(name);
    }
}

#[cfg(test)]
mod tests;
