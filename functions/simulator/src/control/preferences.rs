//! `POST /simulator/preferences`: a person stops marketing messages of a number, takes them again, or signs up. Body:
//! `from`, `value` (stop, resume, signup), `phoneNumberId`, `signupId`. After a stop, marketing fails with 131050.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use serde::Deserialize;
use serde_json::{Value, json};

use super::inbound::contact;
use super::{Refusal, number};
use crate::Simulator;
use crate::clock::MICROS_PER_SECOND;
use crate::drafts::digits;
use crate::entries;
use crate::log::Deed;
use crate::manners::Switch;
use crate::windows::Preference;

/// What a person wants.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub(crate) struct Preferred {
    from: String,
    phone_number_id: Option<String>,
    value: Preference,
    signup_id: Option<String>,
}

/// Notes what the person prefers and lets the webhook follow.
pub(crate) async fn preferences(
    State(simulator): State<Arc<Simulator>>,
    Json(asked): Json<Preferred>,
) -> Result<Json<Value>, Refusal> {
    let world = &simulator.world;
    let number = number(world, asked.phone_number_id.as_deref())?;
    let from = digits(&asked.from);
    let now = world.clock.now_micros();
    let known = contact(&world.config, &world.manners(), &from);
    let mut preference = known.clone();
    preference["detail"] = json!(format!("User requested to {:?} marketing messages", asked.value).to_lowercase());
    preference["category"] = json!("marketing_messages");
    preference["value"] = json!(asked.value);
    preference["timestamp"] = json!(now / MICROS_PER_SECOND);
    if let Some(signup_id) = asked.signup_id {
        preference["signup_id"] = json!(signup_id);
    }
    let mut shown = known;
    shown["profile"] = json!({ "name": "Simulated person" });
    let rest = json!({ "user_preferences": [preference] });
    let entry = entries::of_person(&world.config, number, "user_preferences", &shown, rest);
    let deed = Deed {
        phone_number_id: number.phone_number_id.clone(),
        from,
        at_micros: now,
        preference: Some(asked.value),
        by_ad: Switch::Off,
    };
    let mut ledger = world.ledger();
    ledger.did(&deed)?;
    ledger.notify(now, None, entry)?;
    drop(ledger);
    world.wake.notify_one();
    Ok(Json(json!({ "success": true })))
}
