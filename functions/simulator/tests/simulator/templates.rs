//! Templates made, edited and deleted by the account's own people.

use axum::http::StatusCode;
use serde_json::{Value, json};
use simulator::Config;

use crate::harness::{Stage, tick};

const LIST: &str = "/v26.0/102290129340398/message_templates";

fn draft(name: &str) -> Value {
    json!({
        "name": name, "language": "en", "category": "MARKETING", "components": [
            { "type": "BODY", "text": "Hello {{1}}, our doors open at noon today.", "example": { "body_text": [["Ana"]] } },
            { "type": "FOOTER", "text": "Reply STOP to unsubscribe" },
        ],
    })
}

fn message(name: &str) -> Value {
    json!({
        "messaging_product": "whatsapp", "to": "+12125550100", "type": "template",
        "template": { "name": name, "language": { "code": "en" }, "components": [
            { "type": "body", "parameters": [{ "type": "text", "text": "Ana" }] },
        ] },
    })
}

#[tokio::test(start_paused = true)]
async fn a_new_template_is_reviewed_and_then_sent() {
    let stage = Stage::new(Config::default());
    let (status, answer) = stage.call("POST", LIST, draft("doors_open")).await;
    assert_eq!(
        (status, &answer["status"], &answer["category"]),
        (StatusCode::OK, &json!("PENDING"), &json!("MARKETING"))
    );
    assert_eq!(stage.send(message("doors_open")).await.1["error"]["code"], 132_001);
    tick(6).await;
    assert_eq!(stage.send(message("doors_open")).await.0, StatusCode::OK);
    let told = stage.receiver.values("message_template_status_update").remove(0);
    assert_eq!((&told["event"], &told["reason"]), (&json!("APPROVED"), &json!("NONE")));
    assert_eq!(told["message_template_id"].to_string(), answer["id"].as_str().unwrap());
    let (_, node) = stage.get(&format!("/v26.0/{}", answer["id"].as_str().unwrap())).await;
    assert_eq!((&node["status"], &node["quality_score"]["score"]), (&json!("APPROVED"), &json!("UNKNOWN")));
}

#[tokio::test(start_paused = true)]
async fn what_is_written_in_lower_case_is_listed_in_upper_case() {
    let stage = Stage::new(Config::default());
    let body = json!({
        "name": "small", "language": "en", "category": "utility", "parameter_format": "named", "components": [
            { "type": "body", "text": "Hello {{name}}, your parcel is here.",
              "example": { "body_text_named_params": [{ "param_name": "name", "example": "Ana" }] } },
            { "type": "buttons", "buttons": [{ "type": "quick_reply", "text": "Thanks" }] },
        ],
    });
    let (_, answer) = stage.call("POST", LIST, body).await;
    let (_, node) = stage.get(&format!("/v26.0/{}", answer["id"].as_str().unwrap())).await;
    assert_eq!((&node["category"], &node["parameter_format"]), (&json!("UTILITY"), &json!("NAMED")));
    assert_eq!(node["components"][0]["type"], "BODY");
    assert_eq!(node["components"][1]["buttons"], json!([{ "type": "QUICK_REPLY", "text": "Thanks" }]));
}

#[tokio::test(start_paused = true)]
async fn a_name_with_reject_in_it_is_rejected() {
    let stage = Stage::new(Config::default());
    stage.call("POST", LIST, draft("please_reject_me")).await;
    stage.simulator.idle().await;
    let told = stage.receiver.values("message_template_status_update").remove(0);
    assert_eq!((&told["event"], &told["rejection_info"]["reason"]), (&json!("REJECTED"), &json!("INVALID_FORMAT")));
    let (_, page) = stage.get(&format!("{LIST}?status=REJECTED")).await;
    assert_eq!(page["data"][0]["rejected_reason"], "INVALID_FORMAT");
}

#[tokio::test(start_paused = true)]
async fn every_draft_of_the_fixture_is_answered_as_it_says() {
    let cases: Vec<Value> = serde_json::from_str(include_str!("../fixtures/template_drafts.json")).unwrap();
    let stage = Stage::new(Config::default());
    for (index, case) in cases.iter().enumerate() {
        let mut body = draft(&format!("draft_{index}"));
        for (key, value) in case["change"].as_object().unwrap() {
            body[key] = value.clone();
        }
        let (_, answer) = stage.call("POST", LIST, body).await;
        let (code, subcode) = (&answer["error"]["code"], &answer["error"]["error_subcode"]);
        assert_eq!((code, subcode), (&case["code"], &case["subcode"]), "{}: {answer}", case["case"]);
        if subcode.is_u64() {
            assert!(answer["error"]["error_user_title"].is_string() && answer["error"]["error_user_msg"].is_string());
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_one_time_password_is_worded_by_meta_and_sent_twice() {
    let stage = Stage::new(Config::default());
    let body = json!({
        "name": "login_code", "language": "es", "category": "AUTHENTICATION", "components": [
            { "type": "BODY", "add_security_recommendation": true },
            { "type": "FOOTER", "code_expiration_minutes": 5 },
            { "type": "BUTTONS", "buttons": [{ "type": "OTP", "otp_type": "COPY_CODE" }] },
        ],
    });
    let (_, answer) = stage.call("POST", LIST, body).await;
    stage.simulator.idle().await;
    let (_, node) = stage.get(&format!("/v26.0/{}", answer["id"].as_str().unwrap())).await;
    assert!(node["components"][0]["text"].as_str().unwrap().starts_with("{{1}} es tu código"));
    let button = &node["components"][2]["buttons"][0];
    assert_eq!((&button["type"], &button["text"]), (&json!("URL"), &json!("Copiar código")));
    let code = json!({ "type": "text", "text": "123456" });
    let message = json!({
        "messaging_product": "whatsapp", "to": "+12125550100", "type": "template",
        "template": { "name": "login_code", "language": { "code": "es" }, "components": [
            { "type": "body", "parameters": [code] },
            { "type": "button", "sub_type": "url", "index": "0", "parameters": [code] },
        ] },
    });
    assert_eq!(stage.send(message).await.0, StatusCode::OK);
    assert_eq!(
        stage.simulator.arrivals()[0].text,
        "123456 es tu código de verificación. Por tu seguridad, no lo compartas."
    );
}

#[tokio::test(start_paused = true)]
async fn a_name_is_taken_once_in_a_language_and_for_thirty_days_after_it_was_deleted() {
    let stage = Stage::new(Config::default());
    let subcode = async || stage.call("POST", LIST, draft("doors_open")).await.1["error"]["error_subcode"].clone();
    assert_eq!(subcode().await, Value::Null);
    assert_eq!(subcode().await, 2_388_024);
    let (status, answer) = stage.call("DELETE", &format!("{LIST}?name=doors_open"), Value::Null).await;
    assert_eq!((status, answer), (StatusCode::OK, json!({ "success": true })));
    assert_eq!(subcode().await, 2_388_023);
    stage.simulator.idle().await;
    let events: Vec<Value> =
        stage.receiver.values("message_template_status_update").iter().map(|value| value["event"].clone()).collect();
    assert_eq!(events, ["PENDING_DELETION"], "the review was called off");
    tick(31 * 24 * 3_600).await;
    assert_eq!(subcode().await, Value::Null);
    let (status, _) = stage.call("DELETE", &format!("{LIST}?name=nobody"), Value::Null).await;
    assert_eq!(status, StatusCode::BAD_REQUEST);
}

#[tokio::test(start_paused = true)]
async fn an_edit_goes_through_review_again_and_only_once_a_day() {
    let stage = Stage::new(Config::default());
    let edit = json!({ "components": [{ "type": "BODY", "text": "Hi {{1}}, we moved to a new place.", "example": { "body_text": [["Ana"]] } }] });
    let path = "/v26.0/1924084211297502";
    assert_eq!(stage.call("POST", path, edit.clone()).await.1, json!({ "success": true }));
    assert_eq!(stage.offer("+12125550100").await, "400/132001");
    assert_eq!(stage.call("POST", path, edit.clone()).await.0, StatusCode::BAD_REQUEST, "it is in review");
    stage.simulator.idle().await;
    assert_eq!(stage.offer("+12125550100").await, "200/accepted");
    assert_eq!(stage.simulator.arrivals().pop().unwrap().text, "Hi Zoë, we moved to a new place.");
    let told = stage.receiver.values("message_template_components_update").remove(0);
    assert_eq!(told["message_template_element"], "Hi {{1}}, we moved to a new place.");
    assert_eq!(stage.call("POST", path, edit.clone()).await.0, StatusCode::BAD_REQUEST);
    tick(24 * 3_600).await;
    assert_eq!(stage.call("POST", path, edit).await.0, StatusCode::OK);
}

#[tokio::test(start_paused = true)]
async fn in_an_hour_at_most_a_hundred_are_made() {
    let stage = Stage::without_callback(Config::default());
    for index in 0..100 {
        assert_eq!(stage.call("POST", LIST, draft(&format!("draft_{index}"))).await.0, StatusCode::OK);
    }
    assert_eq!(stage.call("POST", LIST, draft("one_more")).await.1["error"]["code"], 80_007);
    tick(3_601).await;
    assert_eq!(stage.call("POST", LIST, draft("one_more")).await.0, StatusCode::OK);
}

#[tokio::test(start_paused = true)]
async fn what_was_made_edited_and_deleted_is_in_the_log() {
    let folder = tempfile::tempdir().unwrap();
    let config = Config { log_path: Some(folder.path().join("simulator.log")), ..Config::default() };
    let first = Stage::new(config.clone());
    let (_, made) = first.call("POST", LIST, draft("doors_open")).await;
    first.call("DELETE", &format!("{LIST}?name=loyalty_points"), Value::Null).await;
    first.simulator.stop();

    let second = Stage::new(config);
    let (_, page) = second.get(&format!("{LIST}?name=doors_open")).await;
    assert_eq!(page["data"][0]["id"], made["id"]);
    let (_, page) = second.get(&format!("{LIST}?name=loyalty_points")).await;
    assert_eq!(page["data"], json!([]));
    let (_, other) = second.call("POST", LIST, draft("another")).await;
    assert_ne!(other["id"], made["id"]);
    second.simulator.idle().await;
    let events = second.receiver.values("message_template_status_update");
    assert_eq!(events.len(), 3, "two reviews and the deletion: {events:?}");
}
