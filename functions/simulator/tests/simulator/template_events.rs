//! What Meta does to templates, from the webhook to the next send.

use axum::http::StatusCode;
use serde_json::{Value, json};
use simulator::Config;

use crate::harness::{Stage, tick};

const STATUS: &str = "message_template_status_update";

async fn happen(stage: &Stage, event: Value) {
    let mut event = event;
    event["name"] = json!("weekly_offer");
    event["language"] = json!("en");
    let (status, answer) = stage.control("/simulator/templates", event).await;
    assert_eq!((status, &answer["templates"]), (StatusCode::OK, &json!(["1924084211297502"])), "{answer}");
}

#[tokio::test(start_paused = true)]
async fn low_quality_pauses_for_three_hours_then_six_then_for_good() {
    let stage = Stage::new(Config::default());
    for (hours, title) in [(3, "FIRST_PAUSE"), (6, "SECOND_PAUSE")] {
        happen(&stage, json!({ "event": "PAUSED" })).await;
        assert_eq!(stage.offer("+12125550100").await, "400/132015");
        tick(hours * 3_600 - 1).await;
        assert_eq!(stage.offer("+12125550100").await, "400/132015");
        tick(2).await;
        assert_eq!(stage.offer("+12125550100").await, "200/accepted");
        let told = stage.receiver.values(STATUS);
        let [paused, lifted] = &told[told.len() - 2..] else { panic!("{told:?}") };
        assert_eq!((&paused["event"], &paused["other_info"]["title"]), (&json!("PAUSED"), &json!(title)));
        assert_eq!((&lifted["event"], &lifted["other_info"]["title"]), (&json!("APPROVED"), &json!("UNPAUSE")));
        assert!(paused["message_template_id"].is_u64());
    }
    happen(&stage, json!({ "event": "PAUSED" })).await;
    stage.simulator.idle().await;
    assert_eq!(stage.offer("+12125550100").await, "400/132016");
    assert_eq!(stage.receiver.values(STATUS).pop().unwrap()["event"], "DISABLED");
}

#[tokio::test(start_paused = true)]
async fn nobody_waits_for_the_end_of_a_pause_to_be_idle() {
    let stage = Stage::new(Config::default());
    happen(&stage, json!({ "event": "PAUSED" })).await;
    let before = tokio::time::Instant::now();
    stage.simulator.idle().await;
    assert!(before.elapsed().as_secs() < 60);
    assert_eq!(stage.receiver.values(STATUS).len(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_pause_by_pacing_lasts_until_somebody_lifts_it() {
    let stage = Stage::new(Config::default());
    happen(&stage, json!({ "event": "PAUSED", "pacing": true })).await;
    tick(24 * 3_600).await;
    assert_eq!(stage.offer("+12125550100").await, "400/132015");
    let (_, answer) = stage.call("POST", "/v26.0/1924084211297502/unpause", Value::Null).await;
    assert_eq!(answer["success"], true);
    assert_eq!(stage.offer("+12125550100").await, "200/accepted");
    let (_, again) = stage.call("POST", "/v26.0/1924084211297502/unpause", Value::Null).await;
    assert_eq!(again["success"], false);
}

#[tokio::test(start_paused = true)]
async fn an_end_that_was_announced_does_not_come_when_something_else_happens_before() {
    let stage = Stage::new(Config::default());
    happen(&stage, json!({ "event": "PAUSED" })).await;
    tick(60).await;
    happen(&stage, json!({ "event": "REJECTED", "reason": "SCAM" })).await;
    tick(4 * 3_600).await;
    let events: Vec<Value> = stage.receiver.values(STATUS).iter().map(|value| value["event"].clone()).collect();
    assert_eq!(events, ["PAUSED", "REJECTED"]);
    assert_eq!(stage.offer("+12125550100").await, "400/132001");
    let (_, node) = stage.get("/v26.0/1924084211297502").await;
    assert_eq!((&node["status"], &node["rejected_reason"]), (&json!("REJECTED"), &json!("SCAM")));
}

#[tokio::test(start_paused = true)]
async fn quality_and_category_change_in_the_list_and_in_their_webhooks() {
    let stage = Stage::new(Config::default());
    happen(&stage, json!({ "event": "QUALITY", "quality": "YELLOW" })).await;
    happen(&stage, json!({ "event": "CATEGORY", "category": "UTILITY", "ahead": true })).await;
    happen(&stage, json!({ "event": "CATEGORY", "category": "UTILITY" })).await;
    stage.offer("+12125550100").await;
    stage.simulator.idle().await;
    let quality = stage.receiver.values("message_template_quality_update").remove(0);
    assert_eq!(
        (&quality["previous_quality_score"], &quality["new_quality_score"]),
        (&json!("GREEN"), &json!("YELLOW"))
    );
    let changes = stage.receiver.values("template_category_update");
    assert_eq!(
        (&changes[0]["new_category"], &changes[0]["correct_category"]),
        (&json!("MARKETING"), &json!("UTILITY"))
    );
    assert!(changes[0]["category_update_timestamp"].is_i64());
    assert_eq!(
        (&changes[1]["previous_category"], &changes[1]["new_category"]),
        (&json!("MARKETING"), &json!("UTILITY"))
    );
    let (_, node) = stage.get("/v26.0/1924084211297502").await;
    assert_eq!((&node["category"], &node["quality_score"]["score"]), (&json!("UTILITY"), &json!("YELLOW")));
    assert_eq!(stage.receiver.statuses()[0]["pricing"]["category"], "utility");
}

#[tokio::test(start_paused = true)]
async fn a_template_that_is_not_there_cannot_change() {
    let stage = Stage::new(Config::default());
    let event = json!({ "name": "nobody", "event": "PAUSED" });
    assert_eq!(stage.control("/simulator/templates", event).await.0, StatusCode::BAD_REQUEST);
}
