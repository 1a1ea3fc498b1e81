//! Sends: who may, what is a message, how fast, and what is remembered.

use std::time::Duration;

use axum::body::Body;
use axum::http::{Request, StatusCode};
use serde_json::{Value, json};
use simulator::{Arrival, Cause, Config, ErrorCode, Number, Outcome, Storm, Totals};
use tower::ServiceExt;

use crate::harness::{Stage, offer, tick};

#[tokio::test(start_paused = true)]
async fn without_the_right_token_nothing_happens() {
    let stage = Stage::new(Config::default());
    for token in [None, Some("Bearer "), Some("Bearer wrong"), Some("simulator-access-token")] {
        let mut request = Request::post("/v26.0/106540352242922/messages");
        if let Some(token) = token {
            request = request.header("authorization", token);
        }
        let body = Body::from(offer("+12125550100").to_string());
        let (status, answer) = stage.raw(request.body(body).unwrap()).await;
        assert_eq!(status, StatusCode::UNAUTHORIZED, "{token:?}");
        assert_eq!((&answer["error"]["code"], &answer["error"]["type"]), (&json!(190), &json!("OAuthException")));
    }
    assert!(stage.simulator.arrivals().is_empty());
}

#[tokio::test(start_paused = true)]
async fn an_unknown_number_is_a_bad_request_with_subcode_33() {
    let stage = Stage::new(Config::default());
    let (status, answer) = stage.call("POST", "/v26.0/1/messages", offer("+12125550100")).await;
    assert_eq!(status, StatusCode::BAD_REQUEST);
    assert_eq!((&answer["error"]["code"], &answer["error"]["error_subcode"]), (&json!(100), &json!(33)));
}

#[tokio::test(start_paused = true)]
async fn an_accepted_template_is_answered_and_remembered() {
    let stage = Stage::new(Config::default());
    let (status, answer) = stage.send(offer("+1 (212) 555-0100")).await;
    assert_eq!(status, StatusCode::OK);
    assert_eq!(answer["contacts"], json!([{ "input": "+1 (212) 555-0100", "wa_id": "12125550100" }]));
    assert_eq!(answer["messages"][0]["message_status"], "accepted");
    let arrival = stage.simulator.arrivals().remove(0);
    assert_eq!(answer["messages"][0]["id"], arrival.wamid.as_ref().unwrap().as_str());
    assert!(arrival.wamid.unwrap().as_str().starts_with("wamid."));
    assert_eq!((arrival.sequence, arrival.to.as_str()), (1, "12125550100"));
    assert_eq!(arrival.text, "Hello Zoë, this week you have a discount on everything in the shop. Enjoy!");
    assert_eq!(arrival.template_name.as_deref(), Some("weekly_offer"));
    assert_eq!(arrival.callback_data.as_deref(), Some("about +1 (212) 555-0100"));
}

#[tokio::test(start_paused = true)]
async fn a_message_that_is_none_is_refused_and_remembered_as_refused() {
    let stage = Stage::new(Config::default());
    let with = |change: fn(&mut Value)| {
        let mut message = offer("+12125550100");
        change(&mut message);
        message
    };
    let cases = [
        (with(|message| message["messaging_product"] = json!("sms")), 100),
        (with(|message| message["to"] = Value::Null), 100),
        (with(|message| message["to"] = json!("+1 twelve")), 131_009),
        (with(|message| message["to"] = json!("+123")), 131_009),
        (with(|message| message["type"] = json!("text")), 100),
        (with(|message| message["biz_opaque_callback_data"] = json!("x".repeat(513))), 100),
        (with(|message| message["template"]["name"] = json!("nobody")), 132_001),
        (with(|message| message["template"]["components"] = json!([])), 132_000),
        (json!({ "messaging_product": "whatsapp", "to": "+12125550100", "text": { "body": "" } }), 100),
        (json!({ "messaging_product": "whatsapp", "to": "+12125550100", "type": "fax", "fax": {} }), 131_051),
    ];
    let count = cases.len() as u64;
    for (message, code) in cases {
        let (status, answer) = stage.send(message).await;
        assert_eq!((status, &answer["error"]["code"]), (StatusCode::BAD_REQUEST, &json!(code)), "{answer}");
        let arrival = stage.simulator.arrivals().pop().unwrap();
        assert_eq!(arrival.outcome, Outcome::Refused { code: ErrorCode(code), cause: Cause::Request });
    }
    assert_eq!(stage.simulator.totals().refused.values().sum::<u64>(), count);
    assert_eq!(stage.call("POST", "/v26.0/106540352242922/messages", json!([])).await.0, StatusCode::BAD_REQUEST);
}

#[tokio::test(start_paused = true)]
async fn text_is_accepted_and_marking_as_read_is_no_send() {
    let stage = Stage::new(Config::default());
    let text = json!({ "messaging_product": "whatsapp", "to": "+12125550100", "text": { "body": "Hi" } });
    assert_eq!(stage.send(text).await.0, StatusCode::OK);
    let read = json!({ "messaging_product": "whatsapp", "status": "read", "message_id": "wamid.x" });
    assert_eq!(stage.send(read).await, (StatusCode::OK, json!({ "success": true })));
    assert_eq!(stage.simulator.arrivals().len(), 1);
    assert_eq!(stage.simulator.arrivals()[0].text, "Hi");
}

#[tokio::test(start_paused = true)]
async fn in_every_sliding_second_at_most_the_rate_is_accepted() {
    let mut config = Config { answer_delay_ms: 0, ..Config::default() };
    config.numbers[0].rate_per_second = 5;
    let stage = Stage::new(config);
    for millisecond in 0..3_000_u64 {
        if millisecond % 50 == 0 {
            stage.offer(&format!("+1212555{:04}", millisecond / 50)).await;
        }
        tokio::time::advance(Duration::from_millis(1)).await;
    }
    let arrivals = stage.simulator.arrivals();
    let (accepted, refused): (Vec<&Arrival>, Vec<&Arrival>) =
        arrivals.iter().partition(|arrival| arrival.outcome == Outcome::Accepted);
    for window in accepted.windows(6) {
        assert!(window[5].at_micros - window[0].at_micros >= 1_000_000);
    }
    assert_eq!((accepted.len(), refused.len()), (15, 45));
    let rate = Outcome::Refused { code: ErrorCode::RATE_LIMIT_HIT, cause: Cause::Rate };
    assert!(refused.iter().all(|arrival| arrival.outcome == rate));
}

#[tokio::test(start_paused = true)]
async fn each_number_has_its_own_rate() {
    let number = |id: &str| Number { phone_number_id: id.to_owned(), rate_per_second: 1, ..Number::default() };
    let stage = Stage::new(Config { numbers: vec![number("1"), number("2")], ..Config::default() });
    for (id, expected) in [("1", 200), ("2", 200), ("1", 400)] {
        let (status, _) = stage.call("POST", &format!("/v26.0/{id}/messages"), offer("+12125550100")).await;
        assert_eq!(status.as_u16(), expected);
    }
}

#[tokio::test(start_paused = true)]
async fn the_totals_name_who_was_accepted_twice_and_how_far_everyone_got() {
    let stage = Stage::new(Config::default());
    for last_four in ["0100", "0100", "0181", "0190", "0195", "0180"] {
        stage.offer(&format!("+1212555{last_four}")).await;
    }
    let before = stage.simulator.totals();
    assert_eq!((before.accepted, before.people, before.final_statuses.none), (5, 4, 5));
    assert_eq!(before.pending_statuses, 3 + 3 + 1 + 1 + 3);
    stage.simulator.idle().await;
    let (_, shown) = stage.get("/simulator/totals").await;
    let after: Totals = serde_json::from_value(shown).unwrap();
    assert_eq!(after, stage.simulator.totals());
    assert_eq!(after.twice, ["12125550100"]);
    let ends = after.final_statuses;
    assert_eq!((ends.none, ends.sent, ends.delivered, ends.read), (0, 1, 1, 2));
    assert_eq!(ends.failed.get(&ErrorCode::UNDELIVERABLE), Some(&1));
    assert_eq!(after.refused.get(&ErrorCode::UNDELIVERABLE), Some(&1));
    assert_eq!(after.pending_statuses, 0);
}

#[tokio::test(start_paused = true)]
async fn arrivals_are_read_page_by_page() {
    let stage = Stage::new(Config::default());
    for person in 0..5 {
        stage.offer(&format!("+1212555010{person}")).await;
    }
    stage.simulator.idle().await;
    let (_, page) = stage.get("/simulator/arrivals?after=1&limit=2").await;
    let sequences: Vec<&Value> = page["arrivals"].as_array().unwrap().iter().map(|one| &one["sequence"]).collect();
    assert_eq!(sequences, [&json!(2), &json!(3)]);
    let first = &page["arrivals"][0];
    assert_eq!(first["outcome"], "accepted");
    assert_eq!(first["phoneNumberId"], "106540352242922");
    assert_eq!(first["statuses"][2]["status"], "read");
    assert!(first["at"].as_str().unwrap().ends_with('Z') && first["atMicros"].is_i64());
    let (_, end) = stage.get("/simulator/arrivals?after=5").await;
    assert_eq!(end, json!({ "arrivals": [] }));
}

#[tokio::test(start_paused = true)]
async fn in_a_storm_sends_are_refused_for_a_while_with_the_wait_that_is_asked_for() {
    let storm = Storm {
        after_ms: 5_000,
        for_ms: 2_000,
        per_mille: 1_000,
        code: ErrorCode::MAINTENANCE,
        retry_after_seconds: Some(7),
    };
    let stage = Stage::new(Config { storms: vec![storm], ..Config::default() });
    assert_eq!(stage.offer("+12125550100").await, "200/accepted");
    tick(5).await;
    let request = Request::post("/v26.0/106540352242922/messages")
        .header("authorization", format!("Bearer {}", Config::default().access_token))
        .body(Body::from(offer("+12125550101").to_string()));
    let response = stage.simulator.router().oneshot(request.unwrap()).await.unwrap();
    assert_eq!((response.status().as_u16(), response.headers()["retry-after"].to_str().unwrap()), (500, "7"));
    tick(2).await;
    assert_eq!(stage.offer("+12125550101").await, "200/accepted");
    let refused = stage.simulator.arrivals().remove(1).outcome;
    assert_eq!(refused, Outcome::Refused { code: ErrorCode::MAINTENANCE, cause: Cause::Storm });
}
