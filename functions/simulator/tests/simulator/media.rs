//! Files: uploaded, read, sent, received, deleted, and in pieces.

use axum::body::Body;
use axum::http::{Request, StatusCode};
use http_body_util::BodyExt;
use serde_json::{Value, json};
use simulator::{Config, Number};
use tower::ServiceExt;

use crate::harness::{Stage, tick};

fn token() -> String {
    format!("Bearer {}", Config::default().access_token)
}

async fn upload(stage: &Stage, number: &str, mime: &str, file: &[u8]) -> (StatusCode, Value) {
    let head = "--edge\r\ncontent-disposition: form-data; name=\"messaging_product\"\r\n\r\nwhatsapp\r\n";
    let kind = format!("--edge\r\ncontent-disposition: form-data; name=\"type\"\r\n\r\n{mime}\r\n");
    let part = "--edge\r\ncontent-disposition: form-data; name=\"file\"; filename=\"x\"\r\n\r\n";
    let body = [head.as_bytes(), kind.as_bytes(), part.as_bytes(), file, b"\r\n--edge--\r\n"].concat();
    let request = Request::post(format!("/v26.0/{number}/media"))
        .header("authorization", token())
        .header("content-type", "multipart/form-data; boundary=edge");
    stage.raw(request.body(Body::from(body)).unwrap()).await
}

async fn fetch(stage: &Stage, url: &str, token: &str) -> (StatusCode, Vec<u8>) {
    let path = url.strip_prefix("http://localhost").unwrap();
    let request = Request::get(path).header("authorization", token).body(Body::empty()).unwrap();
    let response = stage.simulator.router().oneshot(request).await.unwrap();
    (response.status(), response.into_body().collect().await.unwrap().to_bytes().to_vec())
}

fn picture(id: &Value) -> Value {
    json!({ "messaging_product": "whatsapp", "to": "+12125550100", "type": "image", "image": { "id": id, "caption": "Look" } })
}

#[tokio::test(start_paused = true)]
async fn an_upload_is_read_in_two_steps_and_sent_by_its_number() {
    let number = |id: &str| Number { phone_number_id: id.to_owned(), ..Number::default() };
    let stage = Stage::new(Config { numbers: vec![number("1"), number("2")], ..Config::default() });
    let (status, answer) = upload(&stage, "1", "image/jpeg", &vec![7; 300_000]).await;
    assert_eq!(status, StatusCode::OK, "longer than any other request may be");
    let id = &answer["id"];
    let (_, node) = stage.get(&format!("/v26.0/{}", id.as_str().unwrap())).await;
    assert_eq!((&node["mime_type"], &node["file_size"]), (&json!("image/jpeg"), &json!(300_000)));
    let url = node["url"].as_str().unwrap();
    assert_eq!(fetch(&stage, url, &token()).await, (StatusCode::OK, vec![7; 300_000]));
    assert_eq!(fetch(&stage, url, "Bearer wrong").await.0, StatusCode::UNAUTHORIZED);
    assert_eq!(fetch(&stage, &url.replace("hash=", "hash=0"), &token()).await.0, StatusCode::NOT_FOUND);
    let sent = stage.call("POST", "/v26.0/1/messages", picture(id)).await;
    assert_eq!((sent.0, stage.simulator.arrivals()[0].text.as_str()), (StatusCode::OK, "Look"));
    let foreign = stage.call("POST", "/v26.0/2/messages", picture(id)).await;
    assert_eq!(foreign.1["error"]["code"], 131_053);
    let (status, _) = stage.get(&format!("/v26.0/{}?phone_number_id=2", id.as_str().unwrap())).await;
    assert_eq!(status, StatusCode::BAD_REQUEST);
}

#[tokio::test(start_paused = true)]
async fn an_address_lives_for_five_minutes_and_an_id_for_thirty_days() {
    let stage = Stage::new(Config::default());
    let (_, answer) = upload(&stage, "106540352242922", "image/png", b"x").await;
    let path = format!("/v26.0/{}", answer["id"].as_str().unwrap());
    let (_, node) = stage.get(&path).await;
    tick(5 * 60).await;
    assert_eq!(fetch(&stage, node["url"].as_str().unwrap(), &token()).await.0, StatusCode::NOT_FOUND);
    assert_eq!(stage.get(&path).await.0, StatusCode::OK);
    tick(30 * 24 * 3_600).await;
    let (status, gone) = stage.get(&path).await;
    assert_eq!((status, &gone["error"]["error_subcode"]), (StatusCode::BAD_REQUEST, &json!(33)));
    assert_eq!(stage.send(picture(&answer["id"])).await.1["error"]["code"], 131_053);
}

#[tokio::test(start_paused = true)]
async fn addresses_know_what_the_simulator_is_nested_below() {
    let stage = Stage::new(Config::default());
    let (_, answer) = upload(&stage, "106540352242922", "image/png", b"x").await;
    let router = axum::Router::new().nest("/whatsapp", stage.simulator.router());
    let read = async |path: String| {
        let request = Request::get(path).header("authorization", token()).header("host", "127.0.0.1:3000");
        let response = router.clone().oneshot(request.body(Body::empty()).unwrap()).await.unwrap();
        response.into_body().collect().await.unwrap().to_bytes()
    };
    let node = read(format!("/whatsapp/v26.0/{}", answer["id"].as_str().unwrap())).await;
    let node: Value = serde_json::from_slice(&node).unwrap();
    let path = node["url"].as_str().unwrap().strip_prefix("http://127.0.0.1:3000").unwrap().to_owned();
    assert_eq!(read(path).await, "x");
    let page = read("/whatsapp/v26.0/102290129340398/message_templates?limit=1".to_owned()).await;
    let page: Value = serde_json::from_slice(&page).unwrap();
    assert!(page["paging"]["next"].as_str().unwrap().starts_with("http://127.0.0.1:3000/whatsapp/v26.0/"));
}

#[tokio::test(start_paused = true)]
async fn a_deleted_file_is_gone() {
    let stage = Stage::new(Config::default());
    let (_, answer) = upload(&stage, "106540352242922", "image/png", b"x").await;
    let path = format!("/v26.0/{}", answer["id"].as_str().unwrap());
    assert_eq!(stage.call("DELETE", &path, Value::Null).await, (StatusCode::OK, json!({ "success": true })));
    assert_eq!(stage.call("DELETE", &path, Value::Null).await.0, StatusCode::BAD_REQUEST);
    assert_eq!(stage.send(picture(&answer["id"])).await.1["error"]["code"], 131_053);
}

#[tokio::test(start_paused = true)]
async fn a_foreign_type_and_a_file_that_is_too_long_are_refused() {
    let stage = Stage::new(Config::default());
    let number = "106540352242922";
    assert_eq!(upload(&stage, number, "image/bmp", b"x").await.1["error"]["code"], 100);
    assert_eq!(upload(&stage, number, "image/png", &vec![0; 5 * 1024 * 1024 + 1]).await.1["error"]["code"], 131_053);
    assert_eq!(upload(&stage, number, "image/png", b"").await.1["error"]["code"], 100);
    assert_eq!(upload(&stage, "1", "image/png", b"x").await.1["error"]["error_subcode"], 33);
    let long = Request::post("/v26.0/106540352242922/messages").header("authorization", token());
    let response = stage.simulator.router().oneshot(long.body(Body::from(vec![b' '; 300_000])).unwrap()).await;
    assert_eq!(response.unwrap().status(), StatusCode::PAYLOAD_TOO_LARGE, "only files may be long");
}

#[tokio::test(start_paused = true)]
async fn a_file_in_pieces_ends_in_a_handle() {
    let stage = Stage::new(Config::default());
    let query = "file_name=a.png&file_length=6&file_type=image/png";
    let (_, opened) = stage.call("POST", &format!("/v26.0/634974688087057/uploads?{query}"), Value::Null).await;
    let path = format!("/v26.0/{}", opened["id"].as_str().unwrap());
    let piece = async |offset: &str, bytes: &'static str| {
        let token = format!("OAuth {}", Config::default().access_token);
        let request = Request::post(&path).header("authorization", token).header("file_offset", offset);
        stage.raw(request.body(Body::from(bytes)).unwrap()).await.1
    };
    assert_eq!(piece("0", "abc").await["file_offset"], 3);
    assert_eq!(stage.get(&path).await.1["file_offset"], 3);
    assert_eq!(piece("0", "abc").await["error"]["code"], 100, "those bytes are there");
    assert_eq!(piece("3", "defg").await["error"]["code"], 100, "more than was announced");
    assert!(piece("3", "def").await["h"].as_str().unwrap().starts_with("4::"));
    assert_eq!(stage.get(&path).await.0, StatusCode::BAD_REQUEST);
}

#[tokio::test(start_paused = true)]
async fn a_file_from_a_person_can_be_downloaded_for_a_week() {
    let stage = Stage::new(Config::default());
    let inbound =
        json!({ "from": "12125550100", "media": { "kind": "document", "filename": "a.pdf", "caption": "Here" } });
    stage.control("/simulator/inbound", inbound).await;
    stage.simulator.idle().await;
    let document = stage.receiver.messages().remove(0)["document"].clone();
    assert_eq!((&document["filename"], &document["caption"]), (&json!("a.pdf"), &json!("Here")));
    assert_eq!(document["sha256"].as_str().unwrap().len(), 44, "base64");
    let url = document["url"].as_str().unwrap();
    assert_eq!(fetch(&stage, url, &token()).await.0, StatusCode::OK);
    let path = format!("/v26.0/{}", document["id"].as_str().unwrap());
    assert_eq!(stage.get(&path).await.1["mime_type"], "application/pdf");
    tick(7 * 24 * 3_600).await;
    assert_eq!(stage.get(&path).await.0, StatusCode::BAD_REQUEST);
}

#[tokio::test(start_paused = true)]
async fn an_upload_outlives_the_process_and_a_voice_note_is_played() {
    let folder = tempfile::tempdir().unwrap();
    let config = Config { log_path: Some(folder.path().join("simulator.log")), ..Config::default() };
    let number = Number::default().phone_number_id;
    let first = Stage::new(config.clone());
    let (_, kept) = upload(&first, &number, "image/png", b"bytes").await;
    let (_, deleted) = upload(&first, &number, "image/png", b"others").await;
    first.call("DELETE", &format!("/v26.0/{}", deleted["id"].as_str().unwrap()), Value::Null).await;
    first.simulator.stop();

    let second = Stage::new(config);
    assert_eq!(second.send(picture(&kept["id"])).await.0, StatusCode::OK);
    assert_eq!(second.send(picture(&deleted["id"])).await.1["error"]["code"], 131_053);
    let (_, node) = second.get(&format!("/v26.0/{}", kept["id"].as_str().unwrap())).await;
    assert_eq!(fetch(&second, node["url"].as_str().unwrap(), &token()).await, (StatusCode::OK, b"bytes".to_vec()));
    let (_, new) = upload(&second, &number, "audio/ogg; codecs=opus", b"voice").await;
    assert_ne!(new["id"], kept["id"]);
    let voice = json!({ "messaging_product": "whatsapp", "to": "+12125550100", "type": "audio", "audio": { "id": new["id"], "voice": true } });
    assert_eq!(second.send(voice).await.0, StatusCode::OK);
    second.simulator.idle().await;
    assert!(second.receiver.told().ends_with("read played"), "{}", second.receiver.told());
}
