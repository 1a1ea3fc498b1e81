//! What the nodes of the account and its numbers show, `health_status` among it: the worst of what stands in the way.

use serde_json::{Value, json};

use crate::config::Number;
use crate::errors::ErrorCode;
use crate::standing::{Ban, Standing};
use crate::world::World;

/// The throughput of a number that is also in the WhatsApp Business app, messages per second.
const COEXISTENCE_RATE: u32 = 20;

/// The throughput of an ordinary number, messages per second; one that may send more is called high.
const STANDARD_RATE: u32 = 80;

/// The node of a number.
pub(crate) fn number_node(world: &World, number: &Number) -> Value {
    let standing = world.standing();
    let Some(own) = standing.number(&number.phone_number_id) else {
        return Value::Null;
    };
    let level = if own.rate_per_second > STANDARD_RATE { "HIGH" } else { "STANDARD" };
    let verified = if own.status == "CONNECTED" { "VERIFIED" } else { "EXPIRED" };
    json!({
        "id": number.phone_number_id,
        "display_phone_number": number.display_phone_number,
        "verified_name": number.verified_name,
        "status": own.status,
        "quality_rating": own.quality,
        "quality_score": { "score": own.quality },
        "name_status": "APPROVED",
        "new_name_status": "NONE",
        "code_verification_status": verified,
        "account_mode": if number.allow_list.is_some() { "SANDBOX" } else { "LIVE" },
        "platform_type": "CLOUD_API",
        "throughput": { "level": level },
        "whatsapp_business_manager_messaging_limit": tier(standing.messaging_limit),
        "is_on_biz_app": own.rate_per_second == COEXISTENCE_RATE,
        "webhook_configuration": { "application": world.config.callback_url },
        "last_onboarded_time": "2026-01-05T09:00:00+0000",
        "health_status": status(world, &standing, Some(number)),
    })
}

/// The node of the account.
pub(crate) fn account_node(world: &World) -> Value {
    let standing = world.standing();
    let onboarded = match world.config.marketing_messages_onboarded {
        crate::manners::Switch::On => "ONBOARDED",
        crate::manners::Switch::Off => "INELIGIBLE",
    };
    json!({
        "id": world.config.waba_id,
        "name": world.config.numbers.first().map(|number| &number.verified_name),
        "currency": "USD",
        "timezone_id": "1",
        "account_review_status": "APPROVED",
        "business_verification_status": "verified",
        "whatsapp_business_manager_messaging_limit": tier(standing.messaging_limit),
        "marketing_messages_onboarding_status": onboarded,
        "marketing_messages_lite_api_status": onboarded,
        "disable_marketing_messages_on_cloud_api": standing.marketing_elsewhere == crate::manners::Switch::On,
        "health_status": status(world, &standing, None),
    })
}

/// The portfolio's limit as Meta names it; the next step up where it has no name.
pub(crate) fn tier(limit: Option<u32>) -> &'static str {
    match limit {
        Some(0..=250) => "TIER_250",
        Some(251..=2_000) => "TIER_2K",
        Some(2_001..=10_000) => "TIER_10K",
        Some(10_001..=100_000) => "TIER_100K",
        Some(_) | None => "TIER_UNLIMITED",
    }
}

/// The number, the account, its portfolio and the app; the worst of them is the whole.
fn status(world: &World, standing: &Standing, number: Option<&Number>) -> Value {
    let mut entities = Vec::new();
    if let Some(number) = number {
        entities.push(number_health(world, standing, number));
    }
    entities.push(account_health(world, standing));
    entities.push(available("BUSINESS", &world.config.portfolio_id));
    entities.push(available("APP", &world.config.app_id));
    let worst =
        ["BLOCKED", "LIMITED"].into_iter().find(|word| entities.iter().any(|one| one["can_send_message"] == **word));
    json!({ "can_send_message": worst.unwrap_or("AVAILABLE"), "entities": entities })
}

fn number_health(world: &World, standing: &Standing, number: &Number) -> Value {
    let id = number.phone_number_id.as_str();
    let own = standing.number(id);
    let code = own.and_then(|own| own.refusal(world.clock.now_micros()));
    match (code, own) {
        (Some(code), _) => blocked("PHONE_NUMBER", id, code, "Bring the number back to CONNECTED."),
        (None, Some(own)) if own.quality == crate::templates::Quality::Red => {
            limited("PHONE_NUMBER", id, &["The quality rating of this number is low.".to_owned()])
        }
        (None, _) => available("PHONE_NUMBER", id),
    }
}

fn account_health(world: &World, standing: &Standing) -> Value {
    let id = world.config.waba_id.as_str();
    let restrictions: Vec<String> =
        standing.restrictions(world.clock.now_micros()).map(|one| one.kind.clone()).collect();
    let all = restrictions.iter().any(|kind| kind == "RESTRICTED_BIZ_INITIATED_MESSAGING");
    match standing.ban {
        Ban::Closed => blocked("WABA", id, ErrorCode::LOCKED, "Appeal in Business Support."),
        Ban::None | Ban::Scheduled if all => {
            blocked("WABA", id, ErrorCode::RESTRICTED, "Wait for the end of the restriction, or appeal.")
        }
        Ban::Scheduled => limited("WABA", id, &["The account is going to be disabled.".to_owned()]),
        Ban::None if !restrictions.is_empty() => limited("WABA", id, &restrictions),
        Ban::None => available("WABA", id),
    }
}

fn available(kind: &str, id: &str) -> Value {
    json!({ "entity_type": kind, "id": id, "can_send_message": "AVAILABLE" })
}

fn limited(kind: &str, id: &str, why: &[String]) -> Value {
    json!({ "entity_type": kind, "id": id, "can_send_message": "LIMITED", "additional_info": why })
}

fn blocked(kind: &str, id: &str, code: ErrorCode, solution: &str) -> Value {
    let (_, title, details) = code.entry();
    let description = if details.is_empty() { title } else { details };
    let error = json!({ "error_code": code, "error_description": description, "possible_solution": solution });
    json!({ "entity_type": kind, "id": id, "can_send_message": "BLOCKED", "errors": [error] })
}
