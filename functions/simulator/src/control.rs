//! `/simulator/…`: for people and tests, what no real Meta would tell, and what only people and Meta can do. No token:
//! the host listens on loopback.
//!
//! `GET arrivals`, `GET totals`: what was sent. `POST inbound`, `POST preferences`: what people do. `POST templates`,
//! `POST account`, `POST webhooks`: what Meta does. `GET` and `POST profile`, `POST storms`, `POST outcomes`: how WhatsApp
//! behaves from now on. Bodies are JSON and say so in `Content-Type`, which keeps web pages of others out.

pub(crate) mod account;
pub(crate) mod inbound;
pub(crate) mod manners;
pub(crate) mod outcomes;
pub(crate) mod preferences;
pub(crate) mod template_events;

use std::sync::Arc;

use axum::Json;
use axum::extract::{Query, State};
use axum::response::{IntoResponse, Response};
use http::StatusCode;
use serde::{Deserialize, Serialize};
use serde_json::json;

use crate::Simulator;
use crate::arrival::Arrival;
use crate::config::Number;
use crate::totals::Totals;
use crate::world::World;

/// Arrivals of one answer without a `limit`.
const PAGE_DEFAULT: usize = 100;
/// Most arrivals of one answer.
const PAGE_MAX: usize = 10_000;

/// `?after=SEQUENCE&limit=N`.
#[derive(Debug, Deserialize)]
pub(crate) struct ArrivalsQuery {
    after: Option<u64>,
    limit: Option<usize>,
}

/// One page of arrivals, in order; an empty one is the end.
#[derive(Debug, Serialize)]
pub(crate) struct Arrivals {
    arrivals: Vec<Arrival>,
}

/// `GET /simulator/arrivals`.
pub(crate) async fn arrivals(
    State(simulator): State<Arc<Simulator>>,
    Query(query): Query<ArrivalsQuery>,
) -> Json<Arrivals> {
    let limit = query.limit.unwrap_or(PAGE_DEFAULT).clamp(1, PAGE_MAX);
    Json(Arrivals { arrivals: simulator.arrivals_after(query.after.unwrap_or(0), limit) })
}

/// `GET /simulator/totals`.
pub(crate) async fn totals(State(simulator): State<Arc<Simulator>>) -> Json<Totals> {
    Json(simulator.totals())
}

/// Why something cannot be done.
#[derive(Debug)]
pub(crate) enum Refusal {
    /// The request makes no sense: 400.
    Senseless(String),
    /// It could not be written down: 500.
    Failed(anyhow::Error),
}

impl Refusal {
    /// The request makes no sense, because.
    pub(crate) fn of(because: &str) -> Self {
        Self::Senseless(because.to_owned())
    }
}

impl From<anyhow::Error> for Refusal {
    fn from(error: anyhow::Error) -> Self {
        Self::Failed(error)
    }
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        let (status, because) = match self {
            Self::Senseless(because) => (StatusCode::BAD_REQUEST, because),
            Self::Failed(error) => {
                tracing::error!(error = format!("{error:#}"), "the simulator could not do as it was told");
                (StatusCode::INTERNAL_SERVER_ERROR, "internal error".to_owned())
            }
        };
        (status, Json(json!({ "error": because }))).into_response()
    }
}

/// The number with this id; without one, the first.
pub(crate) fn number<'a>(world: &'a World, id: Option<&str>) -> Result<&'a Number, Refusal> {
    let number = match id {
        Some(id) => world.number(id),
        None => world.config.numbers.first(),
    };
    number.ok_or_else(|| Refusal::of("phoneNumberId: the account has no such number"))
}
