//! What the account's own people do with it and its numbers: `POST`, `GET` and `DELETE /{version}/{waba_id}/subscribed_apps`,
//! `POST /{version}/{phone_number_id}/register` and `…/deregister`, and the account's switches.

use std::sync::Arc;

use axum::Json;
use axum::extract::{Path, State};
use bytes::Bytes;
use http::{HeaderMap, Method};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::Simulator;
use crate::errors::{ErrorCode, GraphError};
use crate::graph::enter;
use crate::manners::Switch;
use crate::world::World;

/// Digits of the PIN of two-step verification.
const PIN_DIGITS: usize = 6;

type Answer = Result<Json<Value>, GraphError>;

#[derive(Debug, Deserialize)]
struct Switches {
    disable_marketing_messages_on_cloud_api: Option<bool>,
}

/// `/{version}/{waba_id}/subscribed_apps`: the app is subscribed from the start. Whether it is can be read; webhooks come
/// all the same, since the account has no other receiver.
pub(crate) async fn subscribed_apps(
    State(simulator): State<Arc<Simulator>>,
    Path((version, id)): Path<(String, String)>,
    method: Method,
    headers: HeaderMap,
) -> Answer {
    let world = &simulator.world;
    enter(world, &version, &headers)?;
    world.check_account(&id, &method.as_str().to_ascii_lowercase())?;
    match method {
        Method::POST => world.standing().subscribed = Switch::On,
        Method::DELETE => world.standing().subscribed = Switch::Off,
        _ if world.standing().subscribed == Switch::Off => return Ok(Json(json!({ "data": [] }))),
        _ => {
            let app = json!({ "id": world.config.app_id, "name": "Simulated app", "link": "https://example.com" });
            return Ok(Json(json!({ "data": [{ "whatsapp_business_api_data": app }] })));
        }
    }
    Ok(Json(json!({ "success": true })))
}

/// `POST /{version}/{phone_number_id}/register`.
pub(crate) async fn register(
    State(simulator): State<Arc<Simulator>>,
    Path((version, id)): Path<(String, String)>,
    headers: HeaderMap,
    body: Bytes,
) -> Answer {
    enter(&simulator.world, &version, &headers)?;
    let asked: Value = serde_json::from_slice(&body).map_err(|error| GraphError::invalid(error.to_string()))?;
    let pin = asked["pin"].as_str().unwrap_or_default();
    if pin.len() != PIN_DIGITS || !pin.bytes().all(|byte| byte.is_ascii_digit()) {
        let details = "pin must have 6 digits";
        return Err(GraphError::with_details(ErrorCode::PARAMETER_INVALID, details));
    }
    change_registration(&simulator.world, &id, "CONNECTED")
}

/// `POST /{version}/{phone_number_id}/deregister`: sends are refused with 133010 until it is registered again.
pub(crate) async fn deregister(
    State(simulator): State<Arc<Simulator>>,
    Path((version, id)): Path<(String, String)>,
    headers: HeaderMap,
) -> Answer {
    enter(&simulator.world, &version, &headers)?;
    change_registration(&simulator.world, &id, "DISCONNECTED")
}

/// `POST /{version}/{waba_id}`: the account's switches.
pub(crate) fn switch(world: &World, body: &[u8]) -> Answer {
    let asked: Switches = serde_json::from_slice(body).map_err(|error| GraphError::invalid(error.to_string()))?;
    if let Some(disabled) = asked.disable_marketing_messages_on_cloud_api {
        world.standing().marketing_elsewhere = if disabled { Switch::On } else { Switch::Off };
    }
    Ok(Json(json!({ "success": true })))
}

fn change_registration(world: &World, id: &str, status: &str) -> Answer {
    let now = world.clock.now_micros();
    let mut standing = world.standing();
    let number = standing.number_mut(id).ok_or_else(|| GraphError::unknown_object(id, "post"))?;
    number.register(status, now).map_err(GraphError::of)?;
    Ok(Json(json!({ "success": true })))
}
