//! `POST /simulator/account`: Meta does something to the account or a number. Its webhook follows, and sends behave so.
//!
//! Body: `event`, and what belongs to it:
//! `RESTRICTION` (`types`: Meta's words, default business-initiated messaging; `seconds`, default a day),
//! `VIOLATION` (`violation`), `BAN` (`state`: DISABLE, SCHEDULE_FOR_DISABLE, REINSTATE), `LIFTED` (no webhook),
//! `LIMIT` (`messagingLimit`, none: unlimited), `QUALITY` (`quality`), `THROUGHPUT` (`perSecond`; `maintenanceSeconds`),
//! `MAINTENANCE` (`seconds`), `STATUS` (`status`, Meta's word), `MARKETING` (`onCloudApi`: on or off; no webhook),
//! `ERROR` (`code`: told in `errors` beside messages, and nothing else).
//! Those about a number take `phoneNumberId`, default the first.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use serde::Deserialize;
use serde_json::{Value, json};

use super::{Refusal, number};
use crate::Simulator;
use crate::clock::MICROS_PER_SECOND;
use crate::config::{Number, RATE_LIMIT_PER_SECOND};
use crate::errors::ErrorCode;
use crate::health::tier;
use crate::manners::Switch;
use crate::standing::{Ban, NumberStanding, Restriction, Standing};
use crate::templates::Quality;
use crate::world::World;

const DAY_SECONDS: i64 = 24 * 3_600;
const ACCOUNT: &str = "account_update";

/// What happens.
#[derive(Debug, Deserialize)]
#[serde(tag = "event", rename_all = "UPPERCASE", rename_all_fields = "camelCase", deny_unknown_fields)]
pub(crate) enum AccountEvent {
    Restriction { types: Option<Vec<String>>, seconds: Option<i64> },
    Violation { violation: Option<String> },
    Ban { state: BanState },
    Lifted,
    Limit { messaging_limit: Option<u32> },
    Quality { phone_number_id: Option<String>, quality: Quality },
    Throughput { phone_number_id: Option<String>, per_second: u32, maintenance_seconds: Option<i64> },
    Maintenance { phone_number_id: Option<String>, seconds: i64 },
    Status { phone_number_id: Option<String>, status: String },
    Marketing { on_cloud_api: Switch },
    Error { phone_number_id: Option<String>, code: ErrorCode },
}

#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub(crate) enum BanState {
    Disable,
    ScheduleForDisable,
    Reinstate,
}

/// A webhook: its field and value.
type Told = Option<(&'static str, Value)>;

/// Changes how the account stands and lets the webhook follow.
pub(crate) async fn account(
    State(simulator): State<Arc<Simulator>>,
    Json(event): Json<AccountEvent>,
) -> Result<Json<Value>, Refusal> {
    let world = &simulator.world;
    let told = happen(world, event)?;
    if let Some((field, value)) = told {
        world.tell(field, &value)?;
    }
    Ok(Json(json!({ "success": true })))
}

fn happen(world: &World, event: AccountEvent) -> Result<Told, Refusal> {
    let now = world.clock.now_micros();
    let mut standing = world.standing();
    Ok(match event {
        AccountEvent::Restriction { types, seconds } => {
            let types = types.unwrap_or_else(|| vec!["RESTRICTED_BIZ_INITIATED_MESSAGING".to_owned()]);
            Some(restrict(&mut standing, types, seconds.unwrap_or(DAY_SECONDS), now))
        }
        AccountEvent::Violation { violation } => {
            let info = json!({ "violation_type": violation.as_deref().unwrap_or("SPAM") });
            Some((ACCOUNT, json!({ "event": "ACCOUNT_VIOLATION", "violation_info": info })))
        }
        AccountEvent::Ban { state } => Some(ban(&mut standing, state, now)),
        AccountEvent::Lifted => {
            standing.lift();
            None
        }
        AccountEvent::Limit { messaging_limit } => {
            standing.messaging_limit = messaging_limit;
            let value = json!({
                "max_daily_conversations_per_business": tier(messaging_limit),
                "max_phone_numbers_per_business": 20,
                "max_phone_numbers_per_waba": 20,
            });
            Some(("business_capability_update", value))
        }
        AccountEvent::Quality { phone_number_id, quality } => {
            let number = number(world, phone_number_id.as_deref())?;
            let before = std::mem::replace(&mut own(&mut standing, number)?.quality, quality);
            let event = match (before, quality) {
                (before, Quality::Red) if before != Quality::Red => Some("FLAGGED"),
                (Quality::Red, after) if after != Quality::Red => Some("UNFLAGGED"),
                _ => None,
            };
            let limit = tier(standing.messaging_limit);
            event.map(|event| ("phone_number_quality_update", number_event(number, event, limit)))
        }
        AccountEvent::Error { phone_number_id, code } => {
            let number = number(world, phone_number_id.as_deref())?;
            let metadata = json!({
                "display_phone_number": number.display_phone_number,
                "phone_number_id": number.phone_number_id,
            });
            let value = json!({ "messaging_product": "whatsapp", "metadata": metadata, "errors": [code.in_status()] });
            Some(("messages", value))
        }
        AccountEvent::Throughput { phone_number_id, per_second, maintenance_seconds } => {
            let limit = tier(standing.messaging_limit);
            let (number, ends) =
                (number(world, phone_number_id.as_deref())?, after(now, maintenance_seconds.unwrap_or(0)));
            let own = own(&mut standing, number)?;
            own.maintenance_ends_micros = ends;
            set_rate(own, per_second)?
                .then(|| ("phone_number_quality_update", number_event(number, "THROUGHPUT_UPGRADE", limit)))
        }
        AccountEvent::Maintenance { phone_number_id, seconds } => {
            let number = number(world, phone_number_id.as_deref())?;
            own(&mut standing, number)?.maintenance_ends_micros = after(now, seconds);
            None
        }
        AccountEvent::Status { phone_number_id, status } => {
            own(&mut standing, number(world, phone_number_id.as_deref())?)?.status = status;
            None
        }
        AccountEvent::Marketing { on_cloud_api } => {
            standing.marketing_elsewhere = match on_cloud_api {
                Switch::On => Switch::Off,
                Switch::Off => Switch::On,
            };
            None
        }
    })
}

fn restrict(standing: &mut Standing, types: Vec<String>, seconds: i64, now: i64) -> (&'static str, Value) {
    let ends_micros = after(now, seconds);
    let expiration = ends_micros / MICROS_PER_SECOND;
    let info: Vec<Value> =
        types.iter().map(|kind| json!({ "restriction_type": kind, "expiration": expiration })).collect();
    types.into_iter().for_each(|kind| standing.restrict(Restriction { kind, ends_micros }));
    (ACCOUNT, json!({ "event": "ACCOUNT_RESTRICTION", "restriction_info": info }))
}

fn ban(standing: &mut Standing, state: BanState, now: i64) -> (&'static str, Value) {
    let (ban, word) = match state {
        BanState::Disable => (Ban::Closed, "DISABLE"),
        BanState::ScheduleForDisable => (Ban::Scheduled, "SCHEDULE_FOR_DISABLE"),
        BanState::Reinstate => (Ban::None, "REINSTATE"),
    };
    standing.ban = ban;
    let date = chrono::DateTime::from_timestamp_micros(now).map(|at| at.format("%B %-d, %Y").to_string());
    let info = json!({ "waba_ban_state": word, "waba_ban_date": date });
    (ACCOUNT, json!({ "event": "DISABLED_UPDATE", "ban_info": info }))
}

/// Says whether the rate went up.
fn set_rate(own: &mut NumberStanding, per_second: u32) -> Result<bool, Refusal> {
    if !(1..=RATE_LIMIT_PER_SECOND).contains(&per_second) {
        return Err(Refusal::of("perSecond: 1 to 1000"));
    }
    let before = std::mem::replace(&mut own.rate_per_second, per_second);
    Ok(per_second > before)
}

/// It carries no id of the number, as Meta's does not.
fn number_event(number: &Number, event: &str, limit: &str) -> Value {
    json!({
        "display_phone_number": number.display_phone_number,
        "event": event,
        "max_daily_conversations_per_business": limit,
    })
}

fn own<'a>(standing: &'a mut Standing, number: &Number) -> Result<&'a mut NumberStanding, Refusal> {
    standing.number_mut(&number.phone_number_id).ok_or_else(|| Refusal::of("phoneNumberId: no such number"))
}

fn after(now_micros: i64, seconds: i64) -> i64 {
    now_micros.saturating_add(seconds.saturating_mul(MICROS_PER_SECOND))
}

/// `POST /simulator/webhooks`: any other webhook of the account, `{field, value}`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct AnyWebhook {
    field: String,
    value: Value,
}

/// Lets a webhook follow that has no route of its own.
pub(crate) async fn webhook(
    State(simulator): State<Arc<Simulator>>,
    Json(any): Json<AnyWebhook>,
) -> Result<Json<Value>, Refusal> {
    simulator.world.tell(&any.field, &any.value)?;
    Ok(Json(json!({ "success": true })))
}
