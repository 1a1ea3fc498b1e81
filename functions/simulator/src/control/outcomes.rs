//! `POST /simulator/outcomes`: what becomes of sends to certain people from now on, beside the table of recipients, so that
//! every code of Meta's can be met, at once or afterwards. The list that is posted replaces the one before; an empty one
//! ends them all.
//!
//! Body: `{"outcomes": [{"endsWith": "0100", "code": 131048}, {"endsWith": "", "code": 131053, "when": "failed"}]}`: the
//! last digits of the recipient (none: everybody), the code, and whether the send is `refused` (the default) or accepted and
//! then `failed`. The first that fits counts.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use serde::Deserialize;
use serde_json::{Value, json};

use super::Refusal;
use crate::Simulator;
use crate::errors::ErrorCode;

/// Wishes at most: a table for people to read.
const MOST: usize = 200;

/// What was asked to become of sends to some people.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub(crate) struct Planned {
    ends_with: String,
    pub(crate) code: ErrorCode,
    #[serde(default)]
    pub(crate) when: When,
}

/// When it becomes known.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) enum When {
    /// The send is answered with it.
    #[default]
    Refused,
    /// The send is accepted, and its status says it.
    Failed,
}

/// All of them.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Outcomes {
    outcomes: Vec<Planned>,
}

/// Replaces what was asked for.
pub(crate) async fn set(
    State(simulator): State<Arc<Simulator>>,
    Json(asked): Json<Outcomes>,
) -> Result<Json<Value>, Refusal> {
    if asked.outcomes.len() > MOST {
        return Err(Refusal::of("outcomes: at most 200"));
    }
    let digits = |planned: &Planned| planned.ends_with.bytes().all(|byte| byte.is_ascii_digit());
    if !asked.outcomes.iter().all(digits) {
        return Err(Refusal::of("endsWith: digits"));
    }
    simulator.world.set_outcomes(asked.outcomes.into());
    Ok(Json(json!({ "success": true })))
}

/// What was asked to become of a send to this recipient.
pub(crate) fn of<'a>(outcomes: &'a [Planned], to: &str) -> Option<&'a Planned> {
    outcomes.iter().find(|planned| to.ends_with(&planned.ends_with))
}
