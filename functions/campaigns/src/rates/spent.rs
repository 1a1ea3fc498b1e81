//! What a campaign has cost so far, and what may still be billed of what is on its way.

use std::collections::{BTreeMap, BTreeSet};

use chrono::NaiveDate;
use wire::{CategoryPrice, PriceCategory};

use super::{Card, by_category_lines};
use crate::breakdown::{Breakdown, CountryCounts};
use crate::price::BILLED;

/// The sums, in millionths.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Spent {
    /// WhatsApp said that it bills them.
    pub billed_micros: u64,
    /// Left, or in a sender's hand, or waiting for another attempt, or unknown: each at the dearest it can cost.
    pub in_flight_micros: u64,
    /// Billed messages by category.
    pub by_category: Vec<CategoryPrice>,
    /// Billed money by country.
    pub by_country: BTreeMap<String, u64>,
    /// Billed messages without a rate.
    pub not_priced: u64,
}

impl Spent {
    /// All that may come of it.
    pub fn committed_micros(&self) -> u64 {
        self.billed_micros.saturating_add(self.in_flight_micros)
    }
}

/// What WhatsApp charges a message as.
enum Charged {
    Free,
    As(PriceCategory),
    Unknown,
}

/// Meta's words (webhooks, September 2026): with a hyphen there, with an underscore in its documents.
fn charged(name: &str) -> Charged {
    let (category, kind) = name.split_once('/').unwrap_or((name, BILLED));
    match (kind, category) {
        (kind, _) if kind != BILLED => Charged::Free,
        (_, "referral_conversion") => Charged::Free,
        (_, "marketing" | "marketing_lite") => Charged::As(PriceCategory::Marketing),
        (_, "utility") => Charged::As(PriceCategory::Utility),
        (_, "authentication") => Charged::As(PriceCategory::Authentication),
        (_, "authentication-international" | "authentication_international") => {
            Charged::As(PriceCategory::AuthenticationInternational)
        }
        (_, "service") => Charged::As(PriceCategory::Service),
        (_, _) => Charged::Unknown,
    }
}

/// What a message costs of which WhatsApp said this (category and type), in millionths; nothing where there is no rate.
pub fn billed_micros(card: &Card, country: &str, counted_as: &str, on: NaiveDate) -> Option<u64> {
    match charged(counted_as) {
        Charged::Free => Some(0),
        Charged::As(category) => card.rate(country, category, on),
        Charged::Unknown => None,
    }
}

/// What a campaign's messages may be charged as: by its own wordings, and as WhatsApp has charged some of them already.
/// It alone says what a message is, and may move a template to another category while the campaign goes on.
pub fn categories(own: &BTreeSet<PriceCategory>, counted: &Breakdown) -> BTreeSet<PriceCategory> {
    let names = counted.countries.values().flat_map(|counts| counts.priced.keys());
    let told = names.filter_map(|name| match charged(name) {
        Charged::As(category) => Some(category),
        Charged::Free | Charged::Unknown => None,
    });
    own.iter().copied().chain(told).collect()
}

/// Sums up what was counted. `own`: what the campaign's messages may be charged as; `on`: the day whose rates hold.
pub fn spent(card: &Card, counted: &Breakdown, own: &BTreeSet<PriceCategory>, on: NaiveDate) -> Spent {
    let mut spent = Spent::default();
    let mut by_category: BTreeMap<PriceCategory, (u64, u64)> = BTreeMap::new();
    for (country, counts) in &counted.countries {
        let dearest = card.at_most(country, own, on);
        spent.in_flight_micros = spent.in_flight_micros.saturating_add(dearest.saturating_mul(open(counts)));
        for (name, messages) in &counts.priced {
            let rate = match charged(name) {
                Charged::Free => continue,
                Charged::As(category) => card.rate(country, category, on).map(|rate| (category, rate)),
                Charged::Unknown => None,
            };
            let Some((category, rate)) = rate else {
                // No rate: at the dearest, so that a cap still holds, and told apart.
                spent.not_priced += messages;
                spent.in_flight_micros = spent.in_flight_micros.saturating_add(dearest.saturating_mul(*messages));
                continue;
            };
            let micros = rate.saturating_mul(*messages);
            spent.billed_micros = spent.billed_micros.saturating_add(micros);
            let of_country = spent.by_country.entry(country.clone()).or_default();
            *of_country = of_country.saturating_add(micros);
            let sum = by_category.entry(category).or_default();
            *sum = (sum.0 + messages, sum.1.saturating_add(micros));
        }
    }
    spent.by_category = by_category_lines(by_category);
    spent
}

/// Messages that may still be billed: all that left but those of which WhatsApp said what they cost, and all that may
/// leave.
fn open(counts: &CountryCounts) -> u64 {
    let said: u64 = counts.priced.values().sum();
    counts.under_way + counts.unknown + counts.taken.saturating_sub(said)
}
