//! How the account and its numbers stand, and what that does to sends and nodes.

use axum::http::StatusCode;
use serde_json::{Value, json};
use simulator::{Cause, Config, ErrorCode, Number, Outcome, Switch};

use crate::harness::{Stage, tick};

const NUMBER: &str = "/v26.0/106540352242922";
const ACCOUNT: &str = "/v26.0/102290129340398";

async fn happen(stage: &Stage, event: Value) {
    let (status, answer) = stage.control("/simulator/account", event).await;
    assert_eq!(status, StatusCode::OK, "{answer}");
    stage.simulator.idle().await;
}

async fn health(stage: &Stage, path: &str) -> Value {
    stage.get(&format!("{path}?fields=health_status")).await.1["health_status"].clone()
}

#[tokio::test(start_paused = true)]
async fn a_restriction_blocks_templates_until_it_ends() {
    let stage = Stage::new(Config::default());
    assert_eq!(health(&stage, NUMBER).await["can_send_message"], "AVAILABLE");
    happen(&stage, json!({ "event": "RESTRICTION", "seconds": 3_600 })).await;
    assert_eq!(stage.offer("+12125550100").await, "403/368");
    assert_eq!(stage.say("+12125550100", "Hi").await, 200);
    assert_eq!(
        stage.simulator.arrivals()[0].outcome,
        Outcome::Refused { code: ErrorCode::RESTRICTED, cause: Cause::Account }
    );
    let told = stage.receiver.values("account_update").remove(0);
    assert_eq!(told["event"], "ACCOUNT_RESTRICTION");
    assert_eq!(told["restriction_info"][0]["restriction_type"], "RESTRICTED_BIZ_INITIATED_MESSAGING");
    let blocked = health(&stage, ACCOUNT).await;
    assert_eq!(
        (&blocked["can_send_message"], &blocked["entities"][0]["errors"][0]["error_code"]),
        (&json!("BLOCKED"), &json!(368))
    );
    tick(3_600).await;
    assert_eq!(stage.offer("+12125550100").await, "200/accepted");
    assert_eq!(health(&stage, ACCOUNT).await["can_send_message"], "AVAILABLE");
}

#[tokio::test(start_paused = true)]
async fn a_ban_blocks_everything_until_the_account_is_reinstated() {
    let stage = Stage::new(Config { starts_at_micros: Some(1_744_900_000_000_000), ..Config::default() });
    happen(&stage, json!({ "event": "BAN", "state": "SCHEDULE_FOR_DISABLE" })).await;
    assert_eq!(health(&stage, NUMBER).await["can_send_message"], "LIMITED");
    happen(&stage, json!({ "event": "BAN", "state": "DISABLE" })).await;
    assert_eq!(
        (stage.offer("+12125550100").await.as_str(), stage.say("+12125550100", "Hi").await),
        ("403/131031", 131_031)
    );
    assert_eq!(health(&stage, NUMBER).await["can_send_message"], "BLOCKED");
    happen(&stage, json!({ "event": "BAN", "state": "REINSTATE" })).await;
    assert_eq!(stage.offer("+12125550100").await, "200/accepted");
    let told = stage.receiver.values("account_update");
    assert_eq!(told[1]["ban_info"], json!({ "waba_ban_state": "DISABLE", "waba_ban_date": "April 17, 2025" }));
}

#[tokio::test(start_paused = true)]
async fn a_throughput_upgrade_brings_a_minute_of_maintenance_and_a_higher_rate() {
    let stage = Stage::new(Config::default());
    happen(&stage, json!({ "event": "THROUGHPUT", "perSecond": 1_000, "maintenanceSeconds": 60 })).await;
    assert_eq!(stage.offer("+12125550100").await, "500/131057");
    tick(60).await;
    assert_eq!(stage.offer("+12125550100").await, "200/accepted");
    let told = stage.receiver.values("phone_number_quality_update").remove(0);
    assert_eq!((&told["event"], &told["phone_number_id"]), (&json!("THROUGHPUT_UPGRADE"), &Value::Null));
    assert_eq!(stage.get(NUMBER).await.1["throughput"]["level"], "HIGH");
}

#[tokio::test(start_paused = true)]
async fn the_limit_of_people_and_the_quality_can_change() {
    let stage = Stage::new(Config::default());
    happen(&stage, json!({ "event": "LIMIT", "messagingLimit": 1 })).await;
    happen(&stage, json!({ "event": "QUALITY", "quality": "RED" })).await;
    stage.offer("+12125550100").await;
    assert_eq!(stage.offer("+12125550101").await, "400/131048");
    let told = stage.receiver.values("business_capability_update").remove(0);
    assert_eq!(told["max_daily_conversations_per_business"], "TIER_250");
    let (_, node) = stage.get(NUMBER).await;
    assert_eq!(
        (&node["quality_rating"], &node["health_status"]["can_send_message"]),
        (&json!("RED"), &json!("LIMITED"))
    );
    assert_eq!(node["whatsapp_business_manager_messaging_limit"], "TIER_250");
}

#[tokio::test(start_paused = true)]
async fn a_number_that_is_not_connected_cannot_send() {
    let stage = Stage::new(Config::default());
    for (status, expected) in [("RATE_LIMITED", "400/131048"), ("BANNED", "403/131031"), ("PENDING", "400/133010")] {
        happen(&stage, json!({ "event": "STATUS", "status": status })).await;
        assert_eq!(stage.offer("+12125550100").await, expected);
        assert_eq!(health(&stage, NUMBER).await["can_send_message"], "BLOCKED");
    }
    let pin = json!({ "messaging_product": "whatsapp", "pin": "123456" });
    let (status, _) = stage.call("POST", &format!("{NUMBER}/register"), json!({ "pin": "12" })).await;
    assert_eq!(status, StatusCode::BAD_REQUEST);
    assert_eq!(stage.call("POST", &format!("{NUMBER}/register"), pin.clone()).await.0, StatusCode::OK);
    assert_eq!(stage.offer("+12125550100").await, "200/accepted");
    for _ in 0..9 {
        stage.call("POST", &format!("{NUMBER}/deregister"), Value::Null).await;
    }
    assert_eq!(stage.offer("+12125550100").await, "400/133010");
    assert_eq!(stage.call("POST", &format!("{NUMBER}/register"), pin).await.1["error"]["code"], 133_016);
}

#[tokio::test(start_paused = true)]
async fn a_test_number_writes_to_its_list_only() {
    let allow_list = Some(vec!["+1 212 555 0100".to_owned()]);
    let stage = Stage::new(Config { numbers: vec![Number { allow_list, ..Number::default() }], ..Config::default() });
    assert_eq!(stage.offer("+12125550100").await, "200/accepted");
    assert_eq!(stage.offer("+12125550101").await, "400/131030");
    assert_eq!(stage.get(NUMBER).await.1["account_mode"], "SANDBOX");
}

#[tokio::test(start_paused = true)]
async fn marketing_can_be_kept_off_the_cloud_api() {
    let stage = Stage::new(Config { disable_marketing_messages_on_cloud_api: Switch::On, ..Config::default() });
    assert_eq!(stage.offer("+12125550100").await, "400/131063");
    let switch = json!({ "disable_marketing_messages_on_cloud_api": false });
    assert_eq!(stage.call("POST", ACCOUNT, switch).await.1, json!({ "success": true }));
    assert_eq!(stage.offer("+12125550100").await, "200/accepted");
    assert_eq!(stage.get(ACCOUNT).await.1["disable_marketing_messages_on_cloud_api"], false);
}

#[tokio::test(start_paused = true)]
async fn whoever_stopped_marketing_gets_none_until_they_resume() {
    let stage = Stage::new(Config::default());
    let prefer = async |value: &str| {
        let asked = json!({ "from": "12125550100", "value": value });
        assert_eq!(stage.control("/simulator/preferences", asked).await.0, StatusCode::OK);
    };
    prefer("stop").await;
    stage.offer("+12125550100").await;
    stage.simulator.idle().await;
    assert_eq!(stage.receiver.told(), "failed:131050");
    prefer("resume").await;
    stage.offer("+12125550100").await;
    stage.simulator.idle().await;
    assert_eq!(stage.receiver.told(), "failed:131050 sent delivered read");
    let told = stage.receiver.values("user_preferences");
    let first = &told[0]["user_preferences"][0];
    assert_eq!((&first["value"], &first["category"]), (&json!("stop"), &json!("marketing_messages")));
    assert!(first["timestamp"].is_i64() && first["wa_id"] == "12125550100");
    assert_eq!(told[1]["user_preferences"][0]["value"], "resume");
}

#[tokio::test(start_paused = true)]
async fn the_app_is_subscribed_and_any_webhook_can_be_sent() {
    let stage = Stage::new(Config::default());
    let path = format!("{ACCOUNT}/subscribed_apps");
    for (method, subscribed) in [("DELETE", 0), ("POST", 1)] {
        assert_eq!(stage.call(method, &path, Value::Null).await.1, json!({ "success": true }));
        assert_eq!(stage.get(&path).await.1["data"].as_array().map(Vec::len), Some(subscribed));
    }
    let (_, apps) = stage.get(&path).await;
    assert_eq!(apps["data"][0]["whatsapp_business_api_data"]["id"], "634974688087057");
    let alert = json!({ "field": "account_alerts", "value": { "entity_type": "BUSINESS" } });
    stage.control("/simulator/webhooks", alert).await;
    stage.simulator.idle().await;
    assert_eq!(stage.receiver.values("account_alerts"), [json!({ "entity_type": "BUSINESS" })]);
}

#[tokio::test(start_paused = true)]
async fn a_webhook_about_the_account_is_repeated_until_it_is_taken() {
    let stage = Stage::new(Config::default());
    stage.receiver.answer([StatusCode::INTERNAL_SERVER_ERROR, StatusCode::BAD_GATEWAY]);
    happen(&stage, json!({ "event": "VIOLATION", "violation": "SCAM" })).await;
    let bodies = stage.receiver.bodies();
    assert!(bodies.len() == 3 && bodies.iter().all(|body| *body == bodies[0]));
}
