//! Webhooks: their shape, their batches, their repetition.

use std::time::Duration;

use axum::http::StatusCode;
use serde_json::{Value, json};
use simulator::{Callback, Config, Delay, UserIds};
use tokio::time::Instant;

use crate::harness::{Stage, offer, tick};

fn at_once() -> Config {
    Config {
        sent_delay: Delay::NONE,
        delivered_delay: Delay::NONE,
        read_delay: Delay::NONE,
        answer_delay_ms: 0,
        ..Config::default()
    }
}

#[tokio::test(start_paused = true)]
async fn a_status_has_metas_shape() {
    let stage = Stage::new(Config::default());
    let mut message = offer("+12125550100");
    message["biz_opaque_callback_data"] = json!("campanha ação 🎉");
    let (_, answer) = stage.send(message).await;
    stage.simulator.idle().await;
    let body = stage.receiver.bodies().remove(0);
    assert!(body.is_ascii() && body.contains("a\\u00e7\\u00e3o \\ud83c\\udf89"));
    let body: Value = serde_json::from_str(&body).unwrap();
    assert_eq!(body["object"], "whatsapp_business_account");
    assert_eq!(body["entry"][0]["id"], "102290129340398");
    let change = &body["entry"][0]["changes"][0];
    assert_eq!((&change["field"], &change["value"]["messaging_product"]), (&json!("messages"), &json!("whatsapp")));
    let metadata = json!({ "display_phone_number": "15550783881", "phone_number_id": "106540352242922" });
    assert_eq!(change["value"]["metadata"], metadata);
    let sent = &change["value"]["statuses"][0];
    assert_eq!(sent["id"], answer["messages"][0]["id"]);
    assert_eq!((&sent["status"], &sent["recipient_id"]), (&json!("sent"), &json!("12125550100")));
    assert_eq!(sent["timestamp"].as_str().unwrap().len(), 10);
    let pricing = json!({ "billable": true, "pricing_model": "PMP", "type": "regular", "category": "marketing" });
    assert_eq!(sent["pricing"], pricing);
    let statuses = stage.receiver.statuses();
    assert!(statuses.iter().all(|status| status["biz_opaque_callback_data"] == "campanha ação 🎉"));
    assert!(statuses.iter().all(|status| status["recipient_user_id"] == statuses[0]["recipient_user_id"]));
    assert!(statuses[1]["pricing"].is_object() && statuses[2]["pricing"].is_null());
}

#[tokio::test(start_paused = true)]
async fn a_failed_status_names_its_error_and_no_user_id() {
    let stage = Stage::new(Config::default());
    stage.offer("+12125550182").await;
    stage.simulator.idle().await;
    let failed = stage.receiver.statuses().remove(0);
    assert_eq!((&failed["status"], &failed["errors"][0]["code"]), (&json!("failed"), &json!(131_049)));
    assert_eq!(failed["errors"][0]["title"], failed["errors"][0]["message"]);
    assert!(failed["errors"][0]["error_data"]["details"].is_string());
    assert!(failed["recipient_user_id"].is_null() && failed["pricing"].is_null());
}

#[tokio::test(start_paused = true)]
async fn user_ids_can_be_hidden() {
    let stage = Stage::new(Config { user_ids: UserIds::Hidden, ..Config::default() });
    stage.offer("+12125550100").await;
    stage.simulator.idle().await;
    assert!(stage.receiver.statuses().iter().all(|status| status["recipient_user_id"].is_null()));
}

#[tokio::test(start_paused = true)]
async fn statuses_that_are_due_together_travel_together_up_to_the_batch() {
    let stage = Stage::without_callback(Config { webhook_batch_max: 40, ..at_once() });
    for person in 0..40 {
        stage.offer(&format!("+121255500{person:02}")).await;
    }
    assert_eq!(stage.simulator.pending_statuses(), 120);
    tokio::time::advance(Duration::from_secs(1)).await;
    stage.simulator.set_callback(Some(Callback::in_process(stage.receiver.router(), "/webhooks/1").unwrap()));
    stage.simulator.idle().await;
    assert_eq!((stage.receiver.bodies().len(), stage.receiver.statuses().len()), (3, 120));
}

#[tokio::test(start_paused = true)]
async fn what_is_not_acknowledged_is_repeated_ever_more_slowly() {
    let stage = Stage::new(at_once());
    stage.receiver.answer([StatusCode::INTERNAL_SERVER_ERROR, StatusCode::ACCEPTED, StatusCode::FORBIDDEN]);
    let started = Instant::now();
    stage.offer("+12125550100").await;
    stage.simulator.idle().await;
    let bodies = stage.receiver.bodies();
    assert_eq!(bodies.len(), 4);
    assert!(bodies.iter().all(|body| *body == bodies[0]), "the whole batch repeats");
    let waited = started.elapsed();
    assert!((1_400..1_500).contains(&waited.as_millis()), "200 + 400 + 800 ms, and {waited:?}");
    assert_eq!(stage.simulator.arrivals()[0].statuses.len(), 3);
}

#[tokio::test(start_paused = true)]
async fn one_stubborn_webhook_does_not_hold_up_the_others() {
    let stage = Stage::new(Config { webhook_connections: 1, ..Config::default() });
    stage.receiver.refuse(Some("about +12125550190"));
    stage.offer("+12125550190").await;
    tick(60).await;
    stage.offer("+12125550191").await;
    tick(10).await;
    assert_eq!((stage.receiver.told().as_str(), stage.simulator.pending_statuses()), ("sent delivered", 1));
    stage.receiver.refuse(None);
    stage.simulator.idle().await;
    assert_eq!(stage.receiver.told(), "sent delivered sent");
}

#[tokio::test(start_paused = true)]
async fn a_callback_proves_itself_by_the_challenge() {
    let stage = Stage::new(Config::default());
    stage.simulator.verify_callback().await.unwrap();
    let stranger = Stage::new(Config { verify_token: "another".to_owned(), ..Config::default() });
    assert!(stranger.simulator.verify_callback().await.unwrap_err().to_string().contains("403"));
    stage.simulator.set_callback(None);
    assert!(stage.simulator.verify_callback().await.is_err());
}

#[tokio::test(start_paused = true)]
async fn only_http_addresses_can_be_called() {
    let stage = Stage::without_callback(Config::default());
    assert!(stage.simulator.set_callback_url("https://example.com/x").is_err());
    assert!(stage.simulator.set_callback_url("/x").is_err());
    assert!(stage.simulator.set_callback_url("http://127.0.0.1:9/x").is_ok());
}
