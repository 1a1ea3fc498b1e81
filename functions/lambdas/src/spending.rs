//! What a campaign would cost, what it has cost, and how many more people its cap lets it write to.
//!
//! The dispatcher asks before it cuts jobs, the API before it starts or resumes and whenever it shows a campaign. The
//! rules are `campaigns::rates`.

use std::collections::{BTreeMap, BTreeSet};

use campaigns::audience::SEGMENT_ROWS;
use campaigns::content::Wording;
use campaigns::phone::{NO_COUNTRY, country_code_of};
use campaigns::rates::{self, Card, Spent, amount};
use chrono::NaiveDate;
use futures::{StreamExt, TryStreamExt, stream};
use wire::{PriceCategory, PriceEstimate, Spending};

use crate::App;
use crate::clock::time_of_millis;
use crate::storage::campaigns::CampaignRecord;
use crate::storage::table::Written;
use crate::storage::totals::TotalsRecord;
use crate::storage::{audiences, files, rate_cards};

/// Segments that are read side by side, where an audience was made before its countries were counted.
const PARALLEL_SEGMENTS: usize = 8;

/// What the whole campaign would cost: the sum in millionths, and in words.
pub(crate) async fn estimate(app: &App, record: &CampaignRecord) -> anyhow::Result<(u64, PriceEstimate)> {
    let standing = rate_cards::read(app, record.workspace_id).await?;
    let card = rate_cards::parsed(&standing)?;
    let wordings: Vec<PriceCategory> = record.wordings().iter().map(Wording::price_category).collect();
    let countries = countries(app, record).await?;
    let (total, shown) = rates::estimate(&card, &countries, &wordings, day(app, record));
    Ok((total, PriceEstimate { is_shipped_card: standing.is_shipped, ..shown }))
}

/// The campaign's people by country. Those of an audience that was made before they were counted at its import are
/// counted once, in its segments: a million take some seconds.
async fn countries(app: &App, record: &CampaignRecord) -> anyhow::Result<BTreeMap<String, u64>> {
    let (workspace, id) = (record.workspace_id, &record.audience_id);
    let audience = audiences::get(app, workspace, id).await?;
    if let Some(counted) = audience.and_then(|audience| audience.countries) {
        return Ok(counted);
    }
    let counted: Vec<BTreeMap<String, u64>> = stream::iter(0..record.recipients.div_ceil(SEGMENT_ROWS))
        .map(|segment| async move {
            let mut counted: BTreeMap<String, u64> = BTreeMap::new();
            for row in files::segment(app, workspace, id, segment).await? {
                let country = country_code_of(&row.phone);
                *counted.entry(country.to_owned()).or_default() += 1;
            }
            anyhow::Ok(counted)
        })
        .buffered(PARALLEL_SEGMENTS)
        .try_collect()
        .await?;
    let mut all: BTreeMap<String, u64> = BTreeMap::new();
    for (country, count) in counted.into_iter().flatten() {
        *all.entry(country).or_default() += count;
    }
    match audiences::note_countries(app, workspace, id, &all).await? {
        Written::Done | Written::ConditionFailed => Ok(all),
    }
}

/// Three letters: the currency of amounts that are set now, the rate card's.
pub(crate) async fn currency(app: &App, record: &CampaignRecord) -> anyhow::Result<String> {
    Ok(rate_cards::read(app, record.workspace_id).await?.card.currency)
}

/// The day whose rates hold: that of the start, or today.
pub(crate) fn day(app: &App, record: &CampaignRecord) -> NaiveDate {
    record.scheduled_to.map_or_else(|| app.clock.now(), time_of_millis).date_naive()
}

/// Where the campaign's money stands.
pub(crate) struct Purse {
    currency: String,
    spent: Spent,
    /// The dearest message that it may still send, in millionths.
    dearest_micros: u64,
    cap_micros: Option<u64>,
}

/// What the campaign's messages may be charged as.
fn categories(record: &CampaignRecord, counted: &TotalsRecord) -> BTreeSet<PriceCategory> {
    let own: BTreeSet<PriceCategory> = record.wordings().iter().map(Wording::price_category).collect();
    rates::categories(&own, &counted.breakdown)
}

/// Sums up what was counted of a campaign.
pub(crate) fn purse(card: &Card, record: &CampaignRecord, counted: &TotalsRecord, on: NaiveDate) -> Purse {
    let own = categories(record, counted);
    Purse {
        currency: card.currency.clone(),
        spent: rates::spent(card, &counted.breakdown, &own, on),
        dearest_micros: card.at_most(NO_COUNTRY, &own, on),
        cap_micros: record.spend_cap_micros,
    }
}

/// The same where the campaign has a cap; its dearest message is then that of its own people. Rates may rise while it
/// goes on: the dearer of its first day's and today's count.
pub(crate) async fn capped_purse(
    app: &App,
    record: &CampaignRecord,
    counted: &TotalsRecord,
) -> anyhow::Result<Option<Purse>> {
    if record.spend_cap_micros.is_none() {
        return Ok(None);
    }
    let card = rate_cards::parsed(&rate_cards::read(app, record.workspace_id).await?)?;
    let own = categories(record, counted);
    let audience = audiences::get(app, record.workspace_id, &record.audience_id).await?;
    let countries = audience.and_then(|audience| audience.countries).unwrap_or_default();
    let purse_of = |on: NaiveDate| {
        let purse = purse(&card, record, counted, on);
        let at_most = countries.keys().map(|country| card.at_most(country, &own, on)).max();
        Purse { dearest_micros: at_most.unwrap_or(purse.dearest_micros), ..purse }
    };
    let (first, today) = (day(app, record), app.clock.now().date_naive());
    Ok(Some(purse_of(first).or_dearer(purse_of(today.max(first)))))
}

impl Purse {
    /// Of two views of the same money the one that leaves less, with the dearer of their messages.
    fn or_dearer(self, other: Purse) -> Purse {
        let dearest_micros = self.dearest_micros.max(other.dearest_micros);
        let is_dearer = other.spent.committed_micros() > self.spent.committed_micros();
        let purse = if is_dearer { other } else { self };
        Purse { dearest_micros, ..purse }
    }

    /// Whether not one more message may leave.
    pub(crate) fn is_empty(&self) -> bool {
        self.left_micros().is_some_and(|left| left < self.dearest_micros.max(1))
    }

    /// Whether more is committed than may be spent.
    pub(crate) fn is_overdrawn(&self) -> bool {
        self.cap_micros.is_some_and(|cap| self.spent.committed_micros() > cap)
    }

    /// How many more people may get jobs, when so many have one and were not counted yet; nothing: any number.
    pub(crate) fn room(&self, not_counted: u64) -> Option<u64> {
        let left = self.left_micros()?;
        let affordable = left.checked_div(self.dearest_micros)?;
        Some(affordable.saturating_sub(not_counted))
    }

    /// Why it pauses.
    pub(crate) fn reason(&self) -> String {
        let cap = amount(self.cap_micros.unwrap_or_default());
        let Purse { currency, spent, .. } = self;
        let (billed, in_flight) = (amount(spent.billed_micros), amount(spent.in_flight_micros));
        format!(
            "Paused by itself: another message would pass the spend cap of {currency} {cap} ({billed} billed, \
             {in_flight} may still be). Raise spendCap to go on."
        )
    }

    fn left_micros(&self) -> Option<u64> {
        Some(self.cap_micros?.saturating_sub(self.spent.committed_micros()))
    }
}

/// What the campaign has cost so far.
pub(crate) struct Money {
    /// For the wire.
    pub spending: Spending,
    /// In millionths.
    pub billed_micros: u64,
    /// The same by country.
    pub billed_by_country: BTreeMap<String, u64>,
}

/// Sums up what the campaign has cost so far.
pub(crate) fn money(app: &App, card: &Card, record: &CampaignRecord, counted: &TotalsRecord) -> Money {
    let Purse { currency, spent, .. } = purse(card, record, counted, day(app, record));
    // Amounts that an earlier release wrote down have the card's currency for want of another.
    let in_currency = |of: Option<u64>, own: &Option<String>| of.and(own.clone().or_else(|| Some(currency.clone())));
    let spending = Spending {
        estimated_currency: in_currency(record.estimated_micros, &record.estimated_currency),
        cap_currency: in_currency(record.spend_cap_micros, &record.spend_cap_currency),
        currency,
        estimated: record.estimated_micros.map(amount),
        billed: amount(spent.billed_micros),
        in_flight: amount(spent.in_flight_micros),
        cap: record.spend_cap_micros.map(amount),
        billed_by_category: spent.by_category,
        not_priced: spent.not_priced,
    };
    Money { spending, billed_micros: spent.billed_micros, billed_by_country: spent.by_country }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn purse(billed_micros: u64, dearest_micros: u64) -> Purse {
        let spent = Spent { billed_micros, ..Spent::default() };
        Purse { currency: "USD".to_owned(), spent, dearest_micros, cap_micros: Some(1_000_000) }
    }

    #[test]
    fn where_rates_change_on_the_way_the_dearer_ones_count_for_a_cap() {
        for (one, other) in [((600_000, 60_000), (500_000, 50_000)), ((600_000, 50_000), (500_000, 60_000))] {
            let (one, other) = (|| purse(one.0, one.1), || purse(other.0, other.1));
            for purse in [one().or_dearer(other()), other().or_dearer(one())] {
                assert_eq!((purse.spent.billed_micros, purse.dearest_micros), (600_000, 60_000));
                assert_eq!(purse.room(0), Some(6));
            }
        }
    }
}
