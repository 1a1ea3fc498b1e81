//! What messages cost in this workspace. Prices change by the quarter, so a card holds them from a day on; the one that
//! comes with the product is indicative, and a workspace puts its own in its place.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use campaigns::rates::Card;
use wire::{RateCard, StandingRateCard};

use super::actions::MOST_RACES;
use super::answers;
use super::caller::Caller;
use super::extract::Body;
use super::problem::{ApiError, Refusal};
use crate::App;
use crate::storage::rate_cards as store;
use crate::storage::table::Written;

/// `GET /v3/rate-card`
#[utoipa::path(
    get,
    path = "/v3/rate-card",
    tag = "Money and reports",
    operation_id = "showRateCard",
    summary = "Shows what messages cost by country, category and day.",
    responses(
        (status = 200, description = "The card that holds.", body = wire::StandingRateCard),
        answers::Reads,
    ),
)]
pub async fn show(State(app): State<Arc<App>>, caller: Caller) -> Result<Json<StandingRateCard>, ApiError> {
    Ok(Json(store::read(&app, caller.workspace_id).await?))
}

/// `PUT /v3/rate-card`: the whole card. What campaigns cost is shown by it from then on, those of before too.
#[utoipa::path(
    put,
    path = "/v3/rate-card",
    tag = "Money and reports",
    operation_id = "replaceRateCard",
    summary = "Puts the workspace's own rate card in place.",
    request_body = wire::RateCard,
    responses(
        (status = 200, description = "The card that holds now.", body = wire::StandingRateCard),
        answers::Changes, answers::ReadsBody,
    ),
)]
pub async fn replace(
    State(app): State<Arc<App>>,
    caller: Caller,
    Body(card): Body<RateCard>,
) -> Result<Json<StandingRateCard>, ApiError> {
    Card::parse(&card).map_err(Refusal::fields)?;
    for _ in 0..MOST_RACES {
        let read = store::read(&app, caller.workspace_id).await?;
        if !read.is_shipped && read.card == card {
            return Ok(Json(read));
        }
        if store::put(&app, caller.workspace_id, &card, read.version).await? == Written::Done {
            let markets = card.markets.len();
            tracing::info!(workspace = %caller.workspace_id, who = caller.name, markets, "the rate card was changed");
            return Ok(Json(StandingRateCard { card, is_shipped: false, version: read.version + 1 }));
        }
    }
    Err(anyhow::anyhow!("the rate card kept changing under {MOST_RACES} tries to change it").into())
}

/// `DELETE /v3/rate-card`: the shipped one holds again.
#[utoipa::path(
    delete,
    path = "/v3/rate-card",
    tag = "Money and reports",
    operation_id = "resetRateCard",
    summary = "Takes the workspace's own rate card away; the shipped one holds again.",
    responses(
        (status = 200, description = "The card that holds now.", body = wire::StandingRateCard),
        answers::Changes,
    ),
)]
pub async fn reset(State(app): State<Arc<App>>, caller: Caller) -> Result<Json<StandingRateCard>, ApiError> {
    store::delete(&app, caller.workspace_id).await?;
    tracing::info!(workspace = %caller.workspace_id, who = caller.name, "the rate card was taken away");
    Ok(Json(store::read(&app, caller.workspace_id).await?))
}
