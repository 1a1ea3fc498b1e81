//! A recount: the messages themselves, counted, beside the totals that TALLY keeps.

use campaigns::totals::{Counted, Totals};
use wire::CampaignId;

use crate::App;
use crate::storage::messages;

/// Recipients read at once.
const PAGE: u64 = 5_000;

/// Counts the messages of the recipients from `first` to before `end`.
pub async fn count(app: &App, campaign: &CampaignId, first: u64, end: u64) -> anyhow::Result<Totals> {
    let mut totals = Totals::default();
    let mut from = first;
    while from < end {
        let next = from.saturating_add(PAGE).min(end);
        for message in messages::range(app, campaign, from, next - 1).await? {
            totals.apply(None, &Counted::from(&message));
        }
        from = next;
    }
    Ok(totals)
}
