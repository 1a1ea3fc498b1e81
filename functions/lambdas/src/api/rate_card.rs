//! What messages cost in this workspace. Prices change by the quarter, so a card holds them from a day on; the one that
//! comes with the product is indicative, and a workspace puts its own in its place.

use std::collections::BTreeSet;
use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use campaigns::rates::{Card, shipped};
use http::HeaderMap;
use wire::{ChangedField, RateCard, StandingRateCard, WorkspaceEvent, WorkspaceId};

use super::actions::MOST_RACES;
use super::answers;
use super::caller::Caller;
use super::extract::Body;
use super::problem::{ApiError, Kind, Refusal};
use super::settings::{self, differing, set_to};
use super::unchanged;
use crate::App;
use crate::storage::rate_cards as store;
use crate::storage::table::Written;

/// Markets that a line of the audit names at most.
const MOST_NAMED: usize = 20;

/// `GET /v3/rate-card`
#[utoipa::path(
    get,
    path = "/v3/rate-card",
    tag = "Money and reports",
    operation_id = "showRateCard",
    summary = "Shows what messages cost by country, category and day.",
    responses(
        (status = 200, description = "The card that holds.", body = wire::StandingRateCard, headers(("ETag" = String, description = "Of this state, for `If-Match`."))),
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
    params(("If-Match" = Option<String>, Header, description = "The `ETag` of the card as it was looked at: where somebody has changed it since, nothing is changed. Absent: the last change wins.")),
    request_body = wire::RateCard,
    responses(
        (status = 200, description = "The card that holds now.", body = wire::StandingRateCard, headers(("ETag" = String, description = "Of this state, for `If-Match`."))),
        answers::Changes, answers::ReadsBody, answers::Conflict, answers::Changed,
    ),
)]
pub async fn replace(
    State(app): State<Arc<App>>,
    caller: Caller,
    headers: HeaderMap,
    Body(card): Body<RateCard>,
) -> Result<Json<StandingRateCard>, ApiError> {
    Card::parse(&card).map_err(Refusal::fields)?;
    for _ in 0..MOST_RACES {
        let (read, version) = store::read_for_change(&app, caller.workspace_id).await?;
        if !read.is_shipped && read.card == card {
            return Ok(Json(read));
        }
        unchanged::check(&headers, &read)?;
        check_caps(&app, caller.workspace_id, &read.card, &card).await?;
        if store::put(&app, caller.workspace_id, Some(&card), version).await? == Written::Done {
            let markets = card.markets.len();
            tracing::info!(workspace = %caller.workspace_id, who = caller.name, markets, "the rate card was changed");
            let changed = changes(&read.card, &card);
            settings::note(&app, &caller, WorkspaceEvent::RateCardReplaced, &card.name, changed).await;
            return Ok(Json(StandingRateCard { card, is_shipped: false, version: version + 1 }));
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
    params(("If-Match" = Option<String>, Header, description = "The `ETag` of the card as it was looked at: where somebody has changed it since, it stays. Absent: it goes as it stands.")),
    responses(
        (status = 200, description = "The card that holds now.", body = wire::StandingRateCard, headers(("ETag" = String, description = "Of this state, for `If-Match`."))),
        answers::Changes, answers::Conflict, answers::Changed,
    ),
)]
pub async fn reset(
    State(app): State<Arc<App>>,
    caller: Caller,
    headers: HeaderMap,
) -> Result<Json<StandingRateCard>, ApiError> {
    for _ in 0..MOST_RACES {
        let (own, version) = store::read_for_change(&app, caller.workspace_id).await?;
        if own.is_shipped {
            return Ok(Json(own));
        }
        unchanged::check(&headers, &own)?;
        check_caps(&app, caller.workspace_id, &own.card, &shipped()).await?;
        if store::put(&app, caller.workspace_id, None, version).await? == Written::Done {
            tracing::info!(workspace = %caller.workspace_id, who = caller.name, "the rate card was taken away");
            settings::note(&app, &caller, WorkspaceEvent::RateCardReset, &own.card.name, Vec::new()).await;
            return Ok(Json(store::read(&app, caller.workspace_id).await?));
        }
    }
    Err(anyhow::anyhow!("the rate card kept changing under {MOST_RACES} tries to take it away").into())
}

/// Refuses prices in another currency while a campaign may still spend up to a cap in this one.
async fn check_caps(app: &App, workspace: WorkspaceId, before: &RateCard, after: &RateCard) -> Result<(), ApiError> {
    let (own, other) = (&before.currency, &after.currency);
    if own == other {
        return Ok(());
    }
    let Some(name) = store::capped_campaign(app, workspace).await? else { return Ok(()) };
    let detail = format!(
        "the spend cap of \"{name}\" is in {own}: take it away, or let the campaign end, before the prices \
         are in {other}"
    );
    Err(Refusal::new(Kind::Conflict, detail).into())
}

/// What another card changes, for the audit: of prices, the markets that have others.
fn changes(before: &RateCard, after: &RateCard) -> Vec<ChangedField> {
    let shown = |card: &RateCard| [("currency", Some(card.currency.clone()))];
    let mut changes = differing(shown(before), shown(after));
    let gone = before.markets.iter().filter(|market| !after.markets.contains(market));
    let new = after.markets.iter().filter(|market| !before.markets.contains(market));
    let names: BTreeSet<&str> = gone.chain(new).map(|market| market.name.as_str()).collect();
    if !names.is_empty() {
        let named: Vec<&str> = names.into_iter().take(MOST_NAMED).collect();
        changes.extend(set_to("markets", &named.join(", ")));
    }
    changes
}

#[cfg(test)]
mod tests {
    use wire::{Market, Rates};

    use super::*;

    #[test]
    fn of_another_card_the_markets_with_other_prices_are_told() {
        let market = |name: &str, price: &str| Market {
            name: name.to_owned(),
            rates: vec![Rates { marketing: Some(price.to_owned()), ..Rates::default() }],
            ..Market::default()
        };
        let card = |markets: Vec<Market>| RateCard { currency: "EUR".to_owned(), markets, ..RateCard::default() };
        let before = card(vec![market("Brazil", "0.1"), market("Spain", "0.2"), market("Chile", "0.3")]);
        let after = card(vec![market("Brazil", "0.1"), market("Spain", "0.25")]);
        assert_eq!(changes(&before, &after), set_to("markets", "Chile, Spain"));
        assert_eq!(changes(&before, &before), []);
        let dollars = RateCard { currency: "USD".to_owned(), ..before.clone() };
        let told = changes(&before, &dollars);
        assert_eq!((told.len(), told[0].field.as_str(), told[0].after.as_deref()), (1, "currency", Some("USD")));
    }
}
