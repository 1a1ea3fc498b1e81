//! `/marketing_messages`, and sends to user ids.

use axum::http::StatusCode;
use serde_json::{Value, json};
use simulator::Config;

use crate::harness::{Stage, offer, tick};

const PATH: &str = "/v26.0/106540352242922/marketing_messages";

#[tokio::test(start_paused = true)]
async fn marketing_is_priced_as_marketing_lite() {
    let stage = Stage::new(Config::default());
    let mut message = offer("+12125550100");
    message["product_policy"] = json!("STRICT");
    message["message_activity_sharing"] = json!(true);
    let (status, answer) = stage.call("POST", PATH, message).await;
    assert_eq!((status, &answer["messages"][0]["message_status"]), (StatusCode::OK, &json!("accepted")));
    stage.simulator.idle().await;
    assert_eq!(stage.receiver.statuses()[0]["pricing"]["category"], "marketing_lite");
    assert_eq!(stage.receiver.told(), "sent delivered read");
}

#[tokio::test(start_paused = true)]
async fn only_marketing_templates_and_known_policies_go_there() {
    let stage = Stage::new(Config::default());
    let code = async |message: Value| stage.call("POST", PATH, message).await.1["error"]["code"].clone();
    let text = json!({ "messaging_product": "whatsapp", "to": "+12125550100", "text": { "body": "Hi" } });
    assert_eq!(code(text).await, 100);
    let mut utility = offer("+12125550100");
    utility["template"]["name"] = json!("appointment_reminder");
    assert_eq!(code(utility).await, 134_100);
    let mut policy = offer("+12125550100");
    policy["product_policy"] = json!("LENIENT");
    assert_eq!(code(policy.clone()).await, 100);
    let (_, answer) = stage.send(policy).await;
    assert_eq!(answer["error"]["code"], 100, "it belongs to the other endpoint");
}

#[tokio::test(start_paused = true)]
async fn a_new_template_takes_its_time_to_get_there() {
    let stage = Stage::new(Config { marketing_sync_ms: 600_000, ..Config::default() });
    let draft = json!({ "name": "fresh", "language": "en", "category": "MARKETING",
        "components": [{ "type": "BODY", "text": "Our doors are open." }] });
    stage.call("POST", "/v26.0/102290129340398/message_templates", draft).await;
    let message = json!({ "messaging_product": "whatsapp", "to": "+12125550100", "type": "template",
        "template": { "name": "fresh", "language": { "code": "en" } } });
    tick(6).await;
    assert_eq!(stage.call("POST", PATH, message.clone()).await.1["error"]["code"], 134_101);
    assert_eq!(stage.send(message.clone()).await.0, StatusCode::OK);
    tick(600).await;
    assert_eq!(stage.call("POST", PATH, message).await.0, StatusCode::OK);
}

#[tokio::test(start_paused = true)]
async fn a_send_to_a_user_id_is_answered_and_reported_without_a_number() {
    let stage = Stage::new(Config::default());
    let mut message = offer("");
    message["to"] = Value::Null;
    message["recipient"] = json!("US.13491208655302741918");
    let (_, answer) = stage.send(message.clone()).await;
    let contact = json!({ "input": "US.13491208655302741918", "user_id": "US.13491208655302741918" });
    assert_eq!(answer["contacts"], json!([contact]));
    stage.simulator.idle().await;
    for status in stage.receiver.statuses() {
        assert_eq!((&status["recipient_id"], &status["recipient_user_id"]), (&Value::Null, &contact["user_id"]));
    }
    message["to"] = json!("+12125550100");
    let (_, answer) = stage.send(message.clone()).await;
    assert_eq!(answer["contacts"], json!([{ "input": "+12125550100", "wa_id": "12125550100" }]), "`to` wins");
    message["to"] = Value::Null;
    message["recipient"] = json!("12125550100");
    assert_eq!(stage.send(message).await.1["error"]["code"], 131_009);
}

#[tokio::test(start_paused = true)]
async fn a_one_time_password_needs_a_number() {
    let stage = Stage::new(Config::default());
    let code = json!({ "type": "text", "text": "123456" });
    let message = json!({
        "messaging_product": "whatsapp", "recipient": "BR.1", "type": "template",
        "template": { "name": "codigo_de_acesso", "language": { "code": "pt_BR" }, "components": [
            { "type": "body", "parameters": [code] },
            { "type": "button", "sub_type": "url", "index": "0", "parameters": [code] },
        ] },
    });
    assert_eq!(stage.send(message).await.1["error"]["code"], 131_062);
}
