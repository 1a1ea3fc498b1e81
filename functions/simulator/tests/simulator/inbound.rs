//! What people write, and the windows that it opens.

use axum::http::StatusCode;
use serde_json::{Value, json};
use simulator::{Config, Enforcement, Manners, Switch};

use crate::harness::{Stage, tick};

fn with(manners: Manners) -> Stage {
    Stage::new(Config { manners, ..Config::default() })
}

async fn written(stage: &Stage, inbound: Value) -> Value {
    let (status, answer) = stage.control("/simulator/inbound", inbound).await;
    assert_eq!(status, StatusCode::OK, "{answer}");
    stage.simulator.idle().await;
    stage.receiver.messages().pop().unwrap()
}

#[tokio::test(start_paused = true)]
async fn a_text_has_metas_shape_with_the_person_beside_it() {
    let stage = Stage::new(Config::default());
    let message = written(&stage, json!({ "from": "+55 11 91234-5678", "name": "Zoë", "text": "Olá" })).await;
    assert_eq!((&message["from"], &message["type"]), (&json!("5511912345678"), &json!("text")));
    assert_eq!(message["text"], json!({ "body": "Olá" }));
    assert!(message["id"].as_str().unwrap().starts_with("wamid.") && message["context"].is_null());
    let value = stage.receiver.values("messages").remove(0);
    assert_eq!(value["metadata"]["phone_number_id"], "106540352242922");
    let contact = &value["contacts"][0];
    assert_eq!((&contact["wa_id"], &contact["profile"]["name"]), (&json!("5511912345678"), &json!("Zoë")));
    assert_eq!(contact["user_id"], message["from_user_id"]);
    assert!(stage.receiver.bodies()[0].is_ascii());
}

#[tokio::test(start_paused = true)]
async fn a_tap_on_a_quick_reply_answers_the_last_message_to_the_person() {
    let stage = Stage::new(Config::default());
    stage.offer("+12125550100").await;
    stage.offer("+12125550101").await;
    let wamid = json!(stage.simulator.arrivals()[0].wamid);
    let tap = written(&stage, json!({ "from": "12125550100", "button": { "text": "Stop" } })).await;
    assert_eq!(tap["context"], json!({ "from": "15550783881", "id": wamid }));
    assert_eq!(tap["button"], json!({ "payload": "Stop", "text": "Stop" }));
    let tap = json!({ "from": "12125550100", "button": { "text": "Stop", "payload": "P" }, "context": "wamid.x" });
    let tap = written(&stage, tap).await;
    assert_eq!((&tap["context"]["id"], &tap["button"]["payload"]), (&json!("wamid.x"), &json!("P")));
}

#[tokio::test(start_paused = true)]
async fn choices_and_reactions_have_metas_shape() {
    let stage = Stage::new(Config::default());
    let choice = json!({ "from": "1212", "interactive": { "kind": "list_reply", "id": "1", "title": "One" } });
    let expected = json!({ "type": "list_reply", "list_reply": { "id": "1", "title": "One" } });
    assert_eq!(written(&stage, choice).await["interactive"], expected);
    let place = json!({ "type": "location", "location": { "latitude": 1.5, "longitude": 2.5 } });
    let message = written(&stage, json!({ "from": "1212", "other": place })).await;
    assert_eq!((&message["type"], &message["location"]), (&place["type"], &place["location"]));
    let reaction = json!({ "from": "1212", "reaction": { "messageId": "wamid.x", "emoji": "👍" } });
    assert_eq!(written(&stage, reaction).await["reaction"], json!({ "message_id": "wamid.x", "emoji": "👍" }));
}

#[tokio::test(start_paused = true)]
async fn a_person_without_a_number_is_known_by_their_id_alone() {
    let stage = Stage::new(Config::default());
    let message = written(&stage, json!({ "from": "BR.123", "username": "ana", "text": "Oi" })).await;
    assert_eq!((&message["from"], &message["from_user_id"]), (&Value::Null, &json!("BR.123")));
    let contact = &stage.receiver.values("messages")[0]["contacts"][0];
    assert_eq!((&contact["wa_id"], &contact["profile"]["username"]), (&Value::Null, &json!("ana")));
}

#[tokio::test(start_paused = true)]
async fn nothing_or_two_things_at_once_cannot_be_written() {
    let stage = Stage::new(Config::default());
    for wrong in [
        json!({ "from": "1212" }),
        json!({ "from": "1212", "other": { "location": {} } }),
        json!({ "from": "1212", "text": "a", "button": { "text": "b" } }),
        json!({ "from": "", "text": "a" }),
        json!({ "from": "1212", "text": "a", "phoneNumberId": "9" }),
    ] {
        let (status, answer) = stage.control("/simulator/inbound", wrong).await;
        assert_eq!((status, answer["error"].is_string()), (StatusCode::BAD_REQUEST, true));
    }
}

#[tokio::test(start_paused = true)]
async fn free_words_need_a_window_where_windows_are_enforced_and_it_closes_after_a_day() {
    let stage = with(Manners { service_windows: Enforcement::Enforced, ..Manners::default() });
    assert_eq!(stage.say("+12125550100", "Hi").await, 200);
    stage.simulator.idle().await;
    assert_eq!(stage.receiver.told(), "failed:131047");
    written(&stage, json!({ "from": "12125550100", "text": "Hello" })).await;
    stage.say("+12125550100", "Hi").await;
    stage.simulator.idle().await;
    assert_eq!(stage.receiver.told(), "failed:131047 sent delivered read");
    tick(24 * 60 * 60).await;
    stage.say("+12125550100", "Hi").await;
    stage.offer("+12125550100").await;
    stage.simulator.idle().await;
    assert!(stage.receiver.told().starts_with("failed:131047 sent delivered read"));
    assert_eq!(stage.receiver.told().matches("failed:131047").count(), 2);
}

#[tokio::test(start_paused = true)]
async fn whoever_wrote_does_not_count_to_the_limit_of_people() {
    let stage = Stage::new(Config { messaging_limit: Some(1), ..Config::default() });
    stage.offer("+12125550100").await;
    assert_eq!(stage.offer("+12125550101").await, "400/131048");
    written(&stage, json!({ "from": "12125550101", "text": "Hello" })).await;
    assert_eq!(stage.offer("+12125550101").await, "200/accepted");
}

#[tokio::test(start_paused = true)]
async fn a_doubled_message_is_the_same_message() {
    let stage = with(Manners { duplicate_share: 1.0, ..Manners::default() });
    written(&stage, json!({ "from": "12125550101", "text": "Hello" })).await;
    let messages = stage.receiver.messages();
    assert_eq!((messages.len(), &messages[0]), (2, &messages[1]));
}

#[tokio::test(start_paused = true)]
async fn the_other_form_of_a_number_is_used_where_it_is_rewritten() {
    let manners = Manners { rewrite_wa_ids: Switch::On, service_windows: Enforcement::Enforced, ..Manners::default() };
    let stage = with(manners);
    let message = written(&stage, json!({ "from": "5531912345678", "text": "Oi" })).await;
    assert_eq!(message["from"], "553112345678");
    let text = json!({ "messaging_product": "whatsapp", "to": "+5531912345678", "text": { "body": "Oi" } });
    let (_, answer) = stage.send(text).await;
    assert_eq!(answer["contacts"], json!([{ "input": "+5531912345678", "wa_id": "553112345678" }]));
    stage.simulator.idle().await;
    assert_eq!(stage.receiver.told(), "sent delivered read", "the window is open in either form");
    assert!(stage.receiver.statuses().iter().all(|status| status["recipient_id"] == "553112345678"));
    assert_eq!(stage.simulator.arrivals()[0].to, "5531912345678");
}
