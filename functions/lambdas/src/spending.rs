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

/// Sums up what was counted of a campaign.
pub(crate) fn purse(card: &Card, record: &CampaignRecord, counted: &TotalsRecord, on: NaiveDate) -> Purse {
    let own: BTreeSet<PriceCategory> = record.wordings().iter().map(Wording::price_category).collect();
    Purse {
        currency: card.currency.clone(),
        spent: rates::spent(card, &counted.breakdown, &own, on),
        dearest_micros: card.at_most(NO_COUNTRY, &own, on),
        cap_micros: record.spend_cap_micros,
    }
}

/// The same where the campaign has a cap; its dearest message is then that of its own people.
pub(crate) async fn capped_purse(
    app: &App,
    record: &CampaignRecord,
    counted: &TotalsRecord,
) -> anyhow::Result<Option<Purse>> {
    if record.spend_cap_micros.is_none() {
        return Ok(None);
    }
    let card = rate_cards::parsed(&rate_cards::read(app, record.workspace_id).await?)?;
    let on = day(app, record);
    let own: BTreeSet<PriceCategory> = record.wordings().iter().map(Wording::price_category).collect();
    let audience = audiences::get(app, record.workspace_id, &record.audience_id).await?;
    let mut purse = purse(&card, record, counted, on);
    if let Some(countries) = audience.and_then(|audience| audience.countries) {
        let at_most = countries.keys().map(|country| card.at_most(country, &own, on)).max();
        purse.dearest_micros = at_most.unwrap_or(purse.dearest_micros);
    }
    Ok(Some(purse))
}

impl Purse {
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
