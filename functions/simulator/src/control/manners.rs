//! How WhatsApp behaves from now on. `GET /simulator/profile` shows the manners; `POST` sets them: `{"profile": "calm" |
//! "realistic" | "storm"}` or `{"manners": {…}}`, whose missing fields are the defaults. `POST /simulator/storms` sets the
//! storms, `{"storms": [{afterMs, forMs, perMille, code, retryAfterSeconds?}]}`, counted from now; an empty list ends them.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use serde::Deserialize;
use serde_json::{Value, json};

use super::Refusal;
use crate::Simulator;
use crate::config::Storm;
use crate::manners::{Manners, Profile};

/// One of the two.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Asked {
    profile: Option<Profile>,
    manners: Option<Manners>,
}

/// The storms from now on.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Storms {
    storms: Vec<Storm>,
}

/// Shows the manners.
pub(crate) async fn show(State(simulator): State<Arc<Simulator>>) -> Json<Value> {
    Json(json!({ "manners": *simulator.world.manners() }))
}

/// Sets the manners.
pub(crate) async fn set(
    State(simulator): State<Arc<Simulator>>,
    Json(asked): Json<Asked>,
) -> Result<Json<Value>, Refusal> {
    let manners = match (asked.profile, asked.manners) {
        (Some(profile), None) => profile.manners(&simulator.config().manners),
        (None, Some(manners)) => manners,
        (Some(_), Some(_)) | (None, None) => return Err(Refusal::of("a profile or manners, one of them")),
    };
    simulator.set_manners(manners).map_err(|error| Refusal::of(&error.to_string()))?;
    Ok(show(State(simulator)).await)
}

/// Sets the storms.
pub(crate) async fn set_storms(State(simulator): State<Arc<Simulator>>, Json(asked): Json<Storms>) -> Json<Value> {
    simulator.set_storms(&asked.storms);
    Json(json!({ "success": true }))
}
