//! `POST /v3/campaigns/{id}/recount`: the totals beside a count of the messages themselves, which changes nothing.
//!
//! A large campaign is counted in pages: the answer says where to go on, and the caller brings back what was counted.

use std::sync::Arc;

use axum::Json;
use axum::extract::{Path, State};
use campaigns::totals::together;
use wire::{CampaignId, Recount, RecountFrom};

use super::answers;
use super::caller::Caller;
use super::campaigns::{find, messages_are_kept};
use super::extract::BodyIfAny;
use super::problem::ApiError;
use crate::App;
use crate::recount;
use crate::storage::totals::{self, Scope};

/// Recipients counted for one answer: five hundred queries, some seconds.
const MOST_COUNTED: u64 = 50_000;

/// Counts from the beginning, as without a body, or from where the answer before ended.
#[utoipa::path(
    post,
    path = "/v3/campaigns/{id}/recount",
    tag = "Recipients",
    operation_id = "recountCampaign",
    summary = "Counts the messages themselves and compares that with the totals.",
    params(("id" = String, Path, description = "The campaign's id.")),
    request_body = Option<wire::RecountFrom>,
    responses(
        (status = 200, description = "Both.", body = wire::Recount),
        answers::Changes, answers::ReadsPath, answers::NotFound, answers::TooLarge, answers::Packed, answers::Gone,
    ),
)]
pub async fn recount(
    State(app): State<Arc<App>>,
    caller: Caller,
    Path(id): Path<CampaignId>,
    BodyIfAny(from): BodyIfAny<RecountFrom>,
) -> Result<Json<Recount>, ApiError> {
    let record = find(&app, &caller, &id).await?;
    messages_are_kept(&record)?;
    let end = from.next.saturating_add(MOST_COUNTED).min(record.recipients);
    let counted = recount::count(&app, &id, from.next, end).await?;
    let recount = together(from.recount, counted.campaign_totals(end.saturating_sub(from.next)));
    let totals = totals::get(&app, &id, Scope::Campaign).await?.totals.campaign_totals(record.recipients);
    let next = (end < record.recipients).then_some(end);
    let agree = next.is_none().then(|| recount == totals);
    Ok(Json(Recount { totals, recount, agree, next }))
}
