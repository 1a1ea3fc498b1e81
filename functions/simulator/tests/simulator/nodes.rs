//! Reading the account.

use std::collections::BTreeSet;

use axum::http::StatusCode;
use serde_json::json;
use simulator::{Config, Number};

use crate::harness::Stage;

#[tokio::test(start_paused = true)]
async fn a_number_shows_the_fields_that_are_asked_for() {
    let stage = Stage::new(Config::default());
    let (status, node) = stage.get("/v23.0/106540352242922?fields=display_phone_number,throughput").await;
    assert_eq!(status, StatusCode::OK);
    let expected = json!({
        "id": "106540352242922", "display_phone_number": "15550783881", "throughput": { "level": "STANDARD" },
    });
    assert_eq!(node, expected);
    let (_, node) = stage.get("/v23.0/106540352242922").await;
    assert_eq!((&node["status"], &node["quality_rating"]), (&json!("CONNECTED"), &json!("GREEN")));
    let (_, account) = stage.get("/v23.0/102290129340398").await;
    assert_eq!(account["id"], "102290129340398");
}

#[tokio::test(start_paused = true)]
async fn an_unknown_object_and_an_unknown_path_are_bad_requests() {
    let stage = Stage::new(Config::default());
    for path in ["/v26.0/1", "/v26.0/1/phone_numbers", "/v26.0/1/message_templates"] {
        let (status, answer) = stage.get(path).await;
        assert_eq!((status, &answer["error"]["error_subcode"]), (StatusCode::BAD_REQUEST, &json!(33)), "{path}");
    }
    for path in ["/v26.0/1/nothing", "/26.0/106540352242922", "/"] {
        let (status, answer) = stage.get(path).await;
        assert_eq!((status, &answer["error"]["code"]), (StatusCode::BAD_REQUEST, &json!(2500)), "{path}");
    }
}

#[tokio::test(start_paused = true)]
async fn all_numbers_of_the_account_are_listed() {
    let number = |id: &str| Number { phone_number_id: id.to_owned(), ..Number::default() };
    let stage = Stage::new(Config { numbers: vec![number("1"), number("2")], ..Config::default() });
    let (_, list) = stage.get("/v26.0/102290129340398/phone_numbers?fields=id").await;
    assert_eq!(list["data"], json!([{ "id": "1" }, { "id": "2" }]));
    assert!(list["paging"]["next"].is_null());
}

#[tokio::test(start_paused = true)]
async fn templates_are_listed_page_by_page_with_next_only_while_there_is_more() {
    let stage = Stage::new(Config::default());
    let mut path = "/v26.0/102290129340398/message_templates?fields=name,status&limit=3".to_owned();
    let (mut ids, mut pages) = (BTreeSet::new(), Vec::new());
    loop {
        let (status, page) = stage.get(&path).await;
        assert_eq!(status, StatusCode::OK);
        let data = page["data"].as_array().unwrap();
        ids.extend(data.iter().map(|node| node["id"].as_str().unwrap().to_owned()));
        pages.push(data.len());
        match page["paging"]["next"].as_str() {
            Some(next) => path = next.strip_prefix("http://localhost").unwrap().to_owned(),
            None => break,
        }
    }
    assert_eq!((pages, ids.len()), (vec![3, 3, 3, 3, 3, 3, 1], 19));
}

#[tokio::test(start_paused = true)]
async fn a_foreign_cursor_is_refused_and_filters_are_exact() {
    let stage = Stage::new(Config::default());
    let list = "/v26.0/102290129340398/message_templates";
    let (_, answer) = stage.get(&format!("{list}?after=MjQZD")).await;
    assert_eq!(answer["error"]["code"], 131_059);
    let (_, page) = stage.get(&format!("{list}?name=weekly_offer&language=es")).await;
    assert_eq!(page["data"].as_array().unwrap().len(), 1);
    let (_, page) = stage.get(&format!("{list}?name_or_content=catalog")).await;
    assert_eq!(page["data"][0]["name"], "spring_catalog");
    let (_, page) = stage.get(&format!("{list}?quality_score=RED")).await;
    assert_eq!(page["data"].as_array().unwrap().len(), 1);
    let (_, page) = stage.get(&format!("{list}?status=PAUSED")).await;
    assert_eq!(page["data"][0]["name"], "novidades_pausadas");
    let (_, page) = stage.get(&format!("{list}?name=weekly")).await;
    assert_eq!(page, json!({ "data": [] }));
}
