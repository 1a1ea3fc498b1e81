//! What can be asked to happen: any code for anybody, errors beside messages, a number whose quality falls, lists that
//! change, and what messages are charged as.

use axum::body::Body;
use axum::http::{Request, StatusCode};
use serde_json::{Value, json};
use simulator::{Config, Profile};
use tower::ServiceExt;

use crate::harness::Stage;

const NUMBER: &str = "106540352242922";
/// After service messages were charged for the first time.
const NOVEMBER_2026: i64 = 1_795_424_400_000_000;

async fn wish(stage: &Stage, outcomes: Value) -> StatusCode {
    stage.control("/simulator/outcomes", json!({ "outcomes": outcomes })).await.0
}

#[tokio::test(start_paused = true)]
async fn every_code_can_be_met_at_once_and_afterwards_until_the_wish_ends() {
    let stage = Stage::new(Config::default());
    for (code, status) in [
        (131_048, 400),
        (131_042, 400),
        (131_031, 403),
        (131_053, 400),
        (131_014, 400),
        (104, 400),
        (132_008, 400),
        (133_004, 503),
        (134_011, 400),
        (2_494_100, 400),
    ] {
        wish(&stage, json!([{ "endsWith": "0100", "code": code }])).await;
        assert_eq!(stage.offer("+12125550100").await, format!("{status}/{code}"));
        assert_eq!(stage.offer("+12125550101").await, "200/accepted");
        stage.simulator.idle().await;
        let before = stage.receiver.statuses().len();
        wish(&stage, json!([{ "endsWith": "", "code": code, "when": "failed" }])).await;
        assert_eq!(stage.offer("+12125550100").await, "200/accepted");
        stage.simulator.idle().await;
        let statuses = stage.receiver.statuses();
        assert_eq!((statuses.len(), &statuses[before]["errors"][0]["code"]), (before + 1, &json!(code)));
        assert!(
            statuses[before]["errors"][0]["title"].as_str().is_some_and(|title| title != "Request failed"),
            "{code}"
        );
    }
    wish(&stage, json!([])).await;
    assert_eq!(stage.offer("+12125550100").await, "200/accepted");
    assert_eq!(wish(&stage, json!([{ "endsWith": "x", "code": 1 }])).await, StatusCode::BAD_REQUEST);
}

#[tokio::test(start_paused = true)]
async fn errors_come_beside_messages_and_a_low_quality_is_told() {
    let stage = Stage::new(Config::default());
    stage.control("/simulator/account", json!({ "event": "ERROR", "code": 131_042 })).await;
    stage.simulator.idle().await;
    let told = stage.receiver.values("messages");
    assert_eq!(
        (&told[0]["errors"][0]["code"], &told[0]["metadata"]["phone_number_id"]),
        (&json!(131_042), &json!(NUMBER))
    );
    for quality in ["RED", "RED", "YELLOW", "GREEN"] {
        stage.control("/simulator/account", json!({ "event": "QUALITY", "quality": quality })).await;
    }
    stage.simulator.idle().await;
    let events: Vec<Value> =
        stage.receiver.values("phone_number_quality_update").iter().map(|value| value["event"].clone()).collect();
    assert_eq!(events, [json!("FLAGGED"), json!("UNFLAGGED")]);
}

#[tokio::test(start_paused = true)]
async fn a_cursor_of_a_list_that_changed_is_stale_from_version_24_on() {
    let stage = Stage::new(Config::default());
    let account = "102290129340398";
    let page = |version: &str, after: &str| format!("/{version}/{account}/message_templates?limit=2&after={after}");
    let (_, first) = stage.get(&page("v26.0", "")).await;
    let after = first["paging"]["cursors"]["after"].as_str().unwrap().to_owned();
    assert_eq!(stage.get(&page("v26.0", &after)).await.0, StatusCode::OK);
    let made = json!({ "name": "more", "language": "en", "category": "UTILITY", "components": [{ "type": "BODY", "text": "Your parcel is here." }] });
    assert_eq!(stage.call("POST", &format!("/v26.0/{account}/message_templates"), made).await.0, StatusCode::OK);
    assert_eq!(stage.get(&page("v26.0", &after)).await.1["error"]["code"], 131_059);
    assert_eq!(stage.get(&page("v23.0", &after)).await.0, StatusCode::OK);
}

#[tokio::test(start_paused = true)]
async fn answers_about_the_account_say_how_much_of_its_calls_is_used() {
    let stage = Stage::new(Config::default());
    let usage = async |method: &str, path: &str, body: Value| {
        let request = Request::builder()
            .method(method)
            .uri(path)
            .header("authorization", format!("Bearer {}", Config::default().access_token));
        let answer =
            stage.simulator.router().oneshot(request.body(Body::from(body.to_string())).unwrap()).await.unwrap();
        let value = answer.headers().get("x-business-use-case-usage")?.to_str().unwrap().to_owned();
        Some(serde_json::from_str::<Value>(&value).unwrap()["102290129340398"][0].clone())
    };
    let told = usage("GET", &format!("/v26.0/{NUMBER}"), Value::Null).await.unwrap();
    assert_eq!((&told["call_count"], &told["estimated_time_to_regain_access"]), (&json!(1), &json!(0)));
    let send = format!("/v26.0/{NUMBER}/messages");
    assert_eq!(usage("POST", &send, crate::harness::offer("+12125550100")).await, None);
    wish(&stage, json!([{ "endsWith": "", "code": 80_007 }])).await;
    let told = usage("POST", &send, crate::harness::offer("+12125550100")).await.unwrap();
    assert_eq!(told["estimated_time_to_regain_access"], 1);
}

#[tokio::test(start_paused = true)]
async fn everything_is_free_for_who_came_by_an_advertisement_and_service_costs_nothing_for_a_while() {
    let stage = Stage::new(Config { starts_at_micros: Some(NOVEMBER_2026), ..Config::default() });
    let kinds = async || {
        stage.simulator.idle().await;
        let statuses = stage.receiver.statuses();
        let last = statuses.iter().rfind(|status| status["status"] == "sent").unwrap();
        (last["pricing"]["type"].clone(), last["pricing"]["billable"].clone())
    };
    stage.offer("+12125550100").await;
    assert_eq!(kinds().await, (json!("regular"), json!(true)));
    stage.say("+12125550100", "Hello").await;
    assert_eq!(kinds().await, (json!("free_customer_service"), json!(false)));
    let ad = json!({ "from": "12125550101", "text": "Hi", "referral": { "source_type": "ad", "source_id": "7" } });
    stage.control("/simulator/inbound", ad).await;
    stage.offer("+12125550101").await;
    assert_eq!(kinds().await, (json!("free_entry_point"), json!(false)));
    let statuses = stage.receiver.statuses();
    let conversation_of = |kind: &str| {
        let sent = |status: &&Value| status["status"] == "sent" && status["pricing"]["type"] == kind;
        statuses.iter().find(sent).unwrap()["conversation"].clone()
    };
    assert_eq!(conversation_of("free_entry_point")["origin"]["type"], "referral_conversion");
    assert_eq!(conversation_of("regular"), Value::Null, "version 24 tells no other kind");
    assert_eq!(stage.receiver.messages()[0]["referral"]["source_id"], "7");
}

#[tokio::test(start_paused = true)]
async fn free_words_need_an_open_window_in_the_profiles_that_are_like_whatsapp() {
    for profile in [Profile::Realistic, Profile::Storm] {
        let stage = Stage::new(Config { profile, ..Config::default() });
        for _ in 0..40 {
            if stage.say("+12125550190", "Hello").await == 200 {
                break;
            }
        }
        stage.simulator.idle().await;
        assert!(
            stage.receiver.told().contains("failed:131047") || stage.receiver.told().is_empty(),
            "{}",
            stage.receiver.told()
        );
    }
}
