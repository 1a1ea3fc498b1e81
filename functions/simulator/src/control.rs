//! `/simulator/…`: for people and tests, what no real Meta would tell. No token: the host listens on loopback.

use std::sync::Arc;

use axum::Json;
use axum::extract::{Query, State};
use serde::{Deserialize, Serialize};

use crate::Simulator;
use crate::arrival::Arrival;
use crate::totals::Totals;

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
