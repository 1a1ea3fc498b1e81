//! What a message costs: the rate card, as it is asked for and as it is looked up, and the sums of a campaign.
//!
//! All amounts are integers, millionths of the card's currency; text is read and written at the edge.

use std::collections::{BTreeMap, BTreeSet};

use chrono::NaiveDate;
use wire::{CategoryPrice, CountryPrice, FieldError, NotPriced, PriceCategory, PriceEstimate, RateCard, Rates};

use crate::phone::{Country, NO_COUNTRY};

mod amount;
mod spent;

pub use self::amount::{NoAmount, amount, parse_amount};
pub use self::spent::{Spent, billed_micros, categories, spent};

/// The card that comes with the product: indicative list prices in USD, from a table of Meta's official card files of 1
/// October 2026 made by others. Countries outside it have no rate. A workspace puts its own in its place.
const SHIPPED: &str = include_str!("rates/shipped.json");

/// Markets of a card at most: there are as many countries.
const MOST_MARKETS: usize = 300;

/// Days of rates over all markets at most: they stand in one item, of 400 KB at most.
const MOST_RATES: usize = 1_500;

/// Longest name of a card or a market, in characters.
const LONGEST_NAME: usize = 100;

/// A card that can be looked up.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Card {
    /// For people.
    pub name: String,
    /// Three letters.
    pub currency: String,
    market_of: BTreeMap<String, usize>,
    /// Rates of each market, rising by day.
    markets: Vec<Vec<Day>>,
}

/// A market's rates from a day on, in millionths.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Day {
    from: NaiveDate,
    rates: BTreeMap<PriceCategory, u64>,
}

/// The card that comes with the product.
pub fn shipped() -> RateCard {
    // A test reads it: a build whose card does not parse never leaves.
    serde_json::from_str(SHIPPED).unwrap_or_default()
}

impl Card {
    /// The card, or every field that is wrong.
    pub fn parse(asked: &RateCard) -> Result<Card, Vec<FieldError>> {
        let mut faults = Vec::new();
        let mut add = |field: String, message: String| faults.push(FieldError { field, message });
        if !is_name(&asked.name) {
            add("name".to_owned(), format!("give 1 to {LONGEST_NAME} characters: where the prices are from"));
        }
        if asked.currency.len() != 3 || !asked.currency.bytes().all(|letter| letter.is_ascii_uppercase()) {
            add("currency".to_owned(), "give three letters such as USD or BRL".to_owned());
        }
        if asked.markets.is_empty() || asked.markets.len() > MOST_MARKETS {
            add("markets".to_owned(), format!("give 1 to {MOST_MARKETS} markets"));
        }
        if asked.markets.iter().map(|market| market.rates.len()).sum::<usize>() > MOST_RATES {
            add("markets".to_owned(), format!("have more than {MOST_RATES} days of rates"));
        }
        let mut card = Card { name: asked.name.clone(), currency: asked.currency.clone(), ..Card::default() };
        for (place, market) in asked.markets.iter().take(MOST_MARKETS).enumerate() {
            let at = format!("markets.{place}");
            if !is_name(&market.name) {
                add(format!("{at}.name"), format!("give 1 to {LONGEST_NAME} characters"));
            }
            if market.rates.is_empty() {
                add(format!("{at}.rates"), "give rates from at least one day on".to_owned());
            }
            for code in &market.countries {
                match Country::parse(code) {
                    Err(unknown) => add(format!("{at}.countries"), format!("\"{code}\" {unknown}")),
                    Ok(country) if card.market_of.insert(country.as_str().to_owned(), place).is_some() => {
                        add(format!("{at}.countries"), format!("{country} stands in two places"));
                    }
                    Ok(_) => {}
                }
            }
            card.markets.push(days(&market.rates, &at, &mut add));
        }
        if faults.is_empty() { Ok(card) } else { Err(faults) }
    }

    /// What a message of this category to this country (two letters) costs on this day, in millionths.
    pub fn rate(&self, country: &str, category: PriceCategory, on: NaiveDate) -> Option<u64> {
        let days = self.markets.get(*self.market_of.get(country)?)?;
        of_day(days, category, on)
    }

    /// The dearest message of this category on this day, to whatever country, in millionths.
    pub fn dearest(&self, category: PriceCategory, on: NaiveDate) -> Option<u64> {
        self.markets.iter().filter_map(|days| of_day(days, category, on)).max()
    }

    /// The dearest that a message of one of these categories may be charged as in this country; where that has no rate,
    /// the dearest anywhere. In millionths.
    pub fn at_most(&self, country: &str, categories: &BTreeSet<PriceCategory>, on: NaiveDate) -> u64 {
        let most = |category: PriceCategory| self.rate(country, category, on).or_else(|| self.dearest(category, on));
        categories.iter().copied().flat_map(may_be_charged_as).filter_map(most).max().unwrap_or_default()
    }
}

/// What WhatsApp may charge a message of this category as: it alone says which codes are international.
fn may_be_charged_as(category: PriceCategory) -> impl Iterator<Item = PriceCategory> {
    let is_code = category == PriceCategory::Authentication;
    std::iter::once(category).chain(is_code.then_some(PriceCategory::AuthenticationInternational))
}

fn is_name(text: &str) -> bool {
    !text.trim().is_empty() && text.chars().count() <= LONGEST_NAME
}

/// The latest rates that hold on this day; before a market's first day, those of its first: a card that is put in the
/// place of another leaves no campaign that began before it without prices.
fn of_day(days: &[Day], category: PriceCategory, on: NaiveDate) -> Option<u64> {
    let day = days.iter().rev().find(|day| day.from <= on).or_else(|| days.first())?;
    let standing = |category: PriceCategory| day.rates.get(&category).copied();
    standing(category).or_else(|| match category {
        PriceCategory::AuthenticationInternational => standing(PriceCategory::Authentication),
        PriceCategory::Marketing | PriceCategory::Utility | PriceCategory::Authentication | PriceCategory::Service => {
            None
        }
    })
}

fn days(asked: &[Rates], at: &str, add: &mut impl FnMut(String, String)) -> Vec<Day> {
    let mut days = Vec::new();
    for (place, rates) in asked.iter().enumerate() {
        let mut day = Day { from: rates.valid_from, rates: BTreeMap::new() };
        let given = [
            ("marketing", PriceCategory::Marketing, &rates.marketing),
            ("utility", PriceCategory::Utility, &rates.utility),
            ("authentication", PriceCategory::Authentication, &rates.authentication),
            (
                "authenticationInternational",
                PriceCategory::AuthenticationInternational,
                &rates.authentication_international,
            ),
            ("service", PriceCategory::Service, &rates.service),
        ];
        for (name, category, text) in given {
            let Some(text) = text else { continue };
            match parse_amount(text) {
                Ok(micros) => drop(day.rates.insert(category, micros)),
                Err(wrong) => add(format!("{at}.rates.{place}.{name}"), wrong.to_string()),
            }
        }
        days.push(day);
    }
    days.sort_by_key(|day| day.from);
    if days.windows(2).any(|pair| pair[0].from == pair[1].from) {
        add(format!("{at}.rates"), "has two of the same day".to_owned());
    }
    days
}

/// What a campaign would cost if everybody got one message: an audience by country (two letters; `NO_COUNTRY` where a number
/// tells none), the category of each wording, the day of the start.
pub fn estimate(
    card: &Card,
    audience: &BTreeMap<String, u64>,
    wordings: &[PriceCategory],
    on: NaiveDate,
) -> (u64, PriceEstimate) {
    let mut total = 0_u64;
    let mut lines: Vec<(u64, CountryPrice)> = Vec::new();
    let mut by_category: BTreeMap<PriceCategory, (u64, u64)> = BTreeMap::new();
    let mut not_priced: BTreeMap<&str, u64> = BTreeMap::new();
    for (country, recipients) in audience {
        for (category, messages) in spread(*recipients, wordings) {
            let Some(rate) = card.rate(country, category, on) else {
                *not_priced.entry(country).or_default() += messages;
                continue;
            };
            let micros = rate.saturating_mul(messages);
            total = total.saturating_add(micros);
            let sum = by_category.entry(category).or_default();
            *sum = (sum.0 + messages, sum.1.saturating_add(micros));
            let country = country.clone();
            lines.push((
                micros,
                CountryPrice { country, category, messages, rate: amount(rate), total: amount(micros) },
            ));
        }
    }
    lines.sort_by(|(a, x), (b, y)| b.cmp(a).then_with(|| x.country.cmp(&y.country)));
    let distinct: BTreeSet<&PriceCategory> = wordings.iter().collect();
    let shown = PriceEstimate {
        currency: card.currency.clone(),
        total: amount(total),
        rate_card: card.name.clone(),
        is_shipped_card: false,
        rates_of: on,
        recipients: audience.values().sum(),
        is_evenly_spread: distinct.len() > 1,
        by_country: lines.into_iter().map(|(_, line)| line).collect(),
        by_category: by_category_lines(by_category),
        not_priced: not_priced
            .into_iter()
            .map(|(country, messages)| NotPriced {
                country: Some(country.to_owned()).filter(|country| country != NO_COUNTRY),
                messages,
            })
            .collect(),
    };
    (total, shown)
}

fn by_category_lines(sums: BTreeMap<PriceCategory, (u64, u64)>) -> Vec<CategoryPrice> {
    let line = |(category, (messages, micros)): (PriceCategory, (u64, u64))| CategoryPrice {
        category,
        messages,
        total: amount(micros),
    };
    sums.into_iter().map(line).collect()
}

/// Recipients by the category of the wording that they get; of several categories each wording has its even share.
fn spread(recipients: u64, wordings: &[PriceCategory]) -> Vec<(PriceCategory, u64)> {
    let mut shares: BTreeMap<PriceCategory, u64> = BTreeMap::new();
    let count = wordings.len().max(1) as u64;
    for (place, category) in (0_u64..).zip(wordings) {
        // The first wordings take what is over, one each.
        let share = recipients / count + u64::from(place < recipients % count);
        *shares.entry(*category).or_default() += share;
    }
    shares.into_iter().filter(|(_, messages)| *messages > 0).collect()
}

#[cfg(test)]
mod tests;
