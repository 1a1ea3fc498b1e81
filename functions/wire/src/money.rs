//! What messages cost: the rate card of a workspace, what a campaign would cost, and what it has cost so far.
//!
//! Amounts are decimal text with up to six places, such as `"0.0625"`: no binary fraction comes near them.

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};

/// What a message is charged as.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub enum PriceCategory {
    /// Offers and news.
    Marketing,
    /// About something that the person ordered or asked for.
    Utility,
    /// Codes.
    Authentication,
    /// Codes to some countries, of businesses that are based elsewhere; absent from a card: as authentication.
    AuthenticationInternational,
    /// Free words.
    Service,
}

/// `PUT /v3/rate-card`: what a message costs, by country, category and day.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct RateCard {
    /// For people: where it is from and of when.
    pub name: String,
    /// Three letters (ISO 4217).
    pub currency: String,
    /// Countries with the same rates.
    pub markets: Vec<Market>,
}

/// Countries with the same rates.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Market {
    /// For people.
    pub name: String,
    /// Two letters each (ISO 3166); a country stands in one market.
    pub countries: Vec<String>,
    /// Their rates, each from a day on until the next.
    pub rates: Vec<Rates>,
}

/// Rates of a market from a day on. What is absent is not priced.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Rates {
    /// The first day, UTC. The rates of a market's earliest day count for the days before it, too.
    pub valid_from: NaiveDate,
    /// A marketing message.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub marketing: Option<String>,
    /// A utility message.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub utility: Option<String>,
    /// A code.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub authentication: Option<String>,
    /// A code of a business that is based elsewhere.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub authentication_international: Option<String>,
    /// Free words.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub service: Option<String>,
}

/// `GET /v3/rate-card`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct StandingRateCard {
    /// The card.
    #[serde(flatten)]
    pub card: RateCard,
    /// Whether it is the one that came with the product: indicative prices, which the workspace should replace by its own.
    pub is_shipped: bool,
    /// Rises with every change; 0: the shipped one.
    pub version: u64,
}

/// What a campaign would cost if everybody of its audience got one message.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct PriceEstimate {
    /// Three letters.
    pub currency: String,
    /// All together.
    pub total: String,
    /// The name of the rate card.
    pub rate_card: String,
    /// Whether that is the shipped one, whose prices are indicative.
    pub is_shipped_card: bool,
    /// Whose rates: those of this day, when the campaign starts.
    pub rates_of: NaiveDate,
    /// Recipients that were counted: everybody, not a sample.
    pub recipients: u64,
    /// Whether wordings of several categories were taken to be evenly spread; else every line is exact.
    pub is_evenly_spread: bool,
    /// By country and category, dearest first.
    pub by_country: Vec<CountryPrice>,
    /// By category.
    pub by_category: Vec<CategoryPrice>,
    /// Recipients whose country, or category there, has no rate: they are not in the total.
    pub not_priced: Vec<NotPriced>,
}

/// Messages of one category to one country.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct CountryPrice {
    /// Two letters.
    pub country: String,
    /// Charged as.
    pub category: PriceCategory,
    /// Messages.
    pub messages: u64,
    /// One of them.
    pub rate: String,
    /// All of them.
    pub total: String,
}

/// Messages of one category.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct CategoryPrice {
    /// Charged as.
    pub category: PriceCategory,
    /// Messages.
    pub messages: u64,
    /// All of them.
    pub total: String,
}

/// Messages without a rate.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct NotPriced {
    /// Two letters; absent where the number tells no country.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub country: Option<String>,
    /// Messages.
    pub messages: u64,
}

/// What a campaign has cost so far.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct Spending {
    /// Three letters: of what was billed and may be, as the rate card has it now.
    pub currency: String,
    /// What was estimated when it was created or started; absent where it was not.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub estimated: Option<String>,
    /// Three letters: of `estimated`, as the rate card had it then.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub estimated_currency: Option<String>,
    /// Messages that WhatsApp bills, by its own word of their category, at the card's rates.
    pub billed: String,
    /// Messages that left or are about to, and that WhatsApp may still bill.
    pub in_flight: String,
    /// The most that the campaign may cost.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cap: Option<String>,
    /// Three letters: of `cap`, as the rate card had it when it was set. Nothing starts while the card has another.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cap_currency: Option<String>,
    /// Billed messages by category.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub billed_by_category: Vec<CategoryPrice>,
    /// Billed messages without a rate.
    #[serde(default)]
    pub not_priced: u64,
}

impl Spending {
    /// What was estimated: its currency and how much.
    pub fn estimate(&self) -> Option<(&str, &str)> {
        let estimated = self.estimated.as_deref()?;
        Some((self.estimated_currency.as_deref().unwrap_or(&self.currency), estimated))
    }

    /// The most that the campaign may cost: its currency and how much.
    pub fn limit(&self) -> Option<(&str, &str)> {
        let cap = self.cap.as_deref()?;
        Some((self.cap_currency.as_deref().unwrap_or(&self.currency), cap))
    }

    /// Whether its cap is in another currency than prices are by now.
    pub fn has_foreign_cap(&self) -> bool {
        self.limit().is_some_and(|(currency, _)| currency != self.currency)
    }
}

/// How many messages WhatsApp bills as one thing.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct BilledCount {
    /// Meta's category, for example `marketing`.
    pub category: String,
    /// Meta's type: `regular` is paid for, the others are free.
    #[serde(rename = "type")]
    pub kind: String,
    /// Messages.
    pub count: u64,
}
