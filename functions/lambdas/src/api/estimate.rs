//! Who of a campaign's audience would get nothing if it started now: those on the suppression list, those who got enough,
//! those who have not agreed. Of a large audience some segments, spread over all of it, stand for the rest.

use std::collections::BTreeSet;
use std::sync::Arc;

use axum::Json;
use axum::extract::{Path, State};
use campaigns::audience::{Recipient, SEGMENT_ROWS};
use campaigns::consent::Extent;
use campaigns::phone::canonical_digits;
use wire::{CampaignEstimate, CampaignId};

use super::answers;
use super::caller::Caller;
use super::campaigns::find;
use super::messages::told;
use super::problem::ApiError;
use crate::App;
use crate::spending;
use crate::storage::campaigns::CampaignRecord;
use crate::storage::consents::{self, Standings};
use crate::storage::{files, people, settings, suppressions, windows};

/// Segments that are looked at: 20,000 people, some seconds with a frequency cap and less without.
const MOST_SEGMENTS: u64 = 10;

/// `GET /v3/campaigns/{id}/estimate`
#[utoipa::path(
    get,
    path = "/v3/campaigns/{id}/estimate",
    tag = "Campaigns",
    operation_id = "estimateCampaign",
    summary = "Tells who of the audience would get nothing if it started now.",
    params(("id" = String, Path, description = "The campaign's id.")),
    responses(
        (status = 200, description = "The counts.", body = wire::CampaignEstimate),
        answers::Reads, answers::ReadsPath, answers::NotFound, answers::Gone,
    ),
)]
pub async fn show(
    State(app): State<Arc<App>>,
    caller: Caller,
    Path(id): Path<CampaignId>,
) -> Result<Json<CampaignEstimate>, ApiError> {
    let record = find(&app, &caller, &id).await?;
    let (_, price) = spending::estimate(&app, &record).await.map_err(told)?;
    Ok(Json(CampaignEstimate { price: Some(price), ..estimate(&app, &record).await? }))
}

/// What would come of the campaign's people.
pub(super) async fn estimate(app: &App, record: &CampaignRecord) -> Result<CampaignEstimate, ApiError> {
    let mut so_far = CampaignEstimate { recipients: record.recipients, ..CampaignEstimate::default() };
    for segment in sample(record.recipients.div_ceil(SEGMENT_ROWS)) {
        let rows = files::segment(app, record.workspace_id, &record.audience_id, segment).await.map_err(told)?;
        add(app, record, &rows, &mut so_far).await?;
        let indexed: Vec<(u64, &Recipient)> = (segment * SEGMENT_ROWS..).zip(&rows).collect();
        so_far.unfilled += indexed.iter().filter(|(index, row)| record.filled(*index, row).is_err()).count() as u64;
        so_far.window_closed += closed(app, record, &indexed).await?;
    }
    Ok(so_far)
}

/// The segments to look at: all, or some at even distances.
pub(super) fn sample(segments: u64) -> Vec<u64> {
    let looked_at = segments.min(MOST_SEGMENTS);
    (0..looked_at).map(|at| at * segments / looked_at).collect()
}

async fn add(
    app: &App,
    record: &CampaignRecord,
    rows: &[Recipient],
    so_far: &mut CampaignEstimate,
) -> anyhow::Result<()> {
    let workspace = record.workspace_id;
    let phones: BTreeSet<String> = rows.iter().map(|row| canonical_digits(&row.phone)).collect();
    let from = if record.is_marketing() { Extent::Marketing } else { Extent::All };
    let barred = suppressions::barred_from(app, workspace, Some(&record.channel_id), from, &phones).await?;
    let standings = match record.consent_category() {
        Some(category) => consents::standings(app, workspace, category, &phones).await?,
        None => Standings::default(),
    };
    let is_out = |phone: &str| barred.contains_key(phone) || standings.declined(phone);
    so_far.looked_at += rows.len() as u64;
    so_far.suppressed += phones.iter().filter(|phone| is_out(phone)).count() as u64;
    if record.is_marketing() {
        so_far.without_consent += phones.iter().filter(|phone| !standings.agreed(phone)).count() as u64;
    }
    if let Some(cap) = settings::read(app, workspace).await?.frequency_cap {
        let free = phones.iter().filter(|phone| !is_out(phone)).map(|phone| (phone.clone(), None));
        so_far.capped += people::capped(app, workspace, cap, free.collect()).await?.len() as u64;
    }
    Ok(())
}

/// How many of these would get free words and may not.
async fn closed(app: &App, record: &CampaignRecord, rows: &[(u64, &Recipient)]) -> anyhow::Result<u64> {
    let free = rows.iter().filter(|(index, _)| record.is_free(*index));
    let phones: BTreeSet<String> = free.map(|(_, row)| canonical_digits(&row.phone)).collect();
    if phones.is_empty() {
        return Ok(0);
    }
    let open = windows::open(app, record.workspace_id, &record.channel_id, &phones).await?;
    Ok(phones.len().saturating_sub(open.len()) as u64)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_large_audience_is_looked_at_at_even_distances() {
        assert_eq!(sample(3), [0, 1, 2]);
        assert_eq!(sample(500), [0, 50, 100, 150, 200, 250, 300, 350, 400, 450]);
        assert!(sample(0).is_empty());
    }
}
