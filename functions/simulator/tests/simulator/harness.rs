//! A simulator with a receiver beside it, both in this process: no sockets, so that the paused clock can run ahead.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::extract::State;
use axum::http::{HeaderMap, Request, StatusCode};
use axum::routing::post;
use bytes::Bytes;
use http_body_util::BodyExt;
use serde_json::{Value, json};
use simulator::{Callback, Config, SIGNATURE_HEADER, Simulator, signature};
use tower::ServiceExt;

/// Receives webhooks, checks their signature, and answers 200 unless told otherwise.
#[derive(Clone, Default)]
pub struct Receiver {
    bodies: Arc<Mutex<Vec<String>>>,
    answers: Arc<Mutex<VecDeque<StatusCode>>>,
    refused: Arc<Mutex<Option<String>>>,
}

impl Receiver {
    pub fn router(&self) -> Router {
        Router::new().route("/webhooks/1", post(receive).get(verify)).with_state(self.clone())
    }

    /// The next POSTs are answered with these, the later ones with 200.
    pub fn answer(&self, answers: impl IntoIterator<Item = StatusCode>) {
        self.answers.lock().unwrap().extend(answers);
    }

    /// POSTs that contain this text are answered with 500 from now on.
    pub fn refuse(&self, text: Option<&str>) {
        *self.refused.lock().unwrap() = text.map(str::to_owned);
    }

    pub fn bodies(&self) -> Vec<String> {
        self.bodies.lock().unwrap().clone()
    }

    /// Every value received in this field, in order.
    pub fn values(&self, field: &str) -> Vec<Value> {
        let changes = self.bodies().into_iter().flat_map(|body| {
            let body: Value = serde_json::from_str(&body).unwrap();
            body["entry"][0]["changes"].as_array().unwrap().clone()
        });
        changes.filter(|change| change["field"] == field).map(|change| change["value"].clone()).collect()
    }

    /// Every status object received, in order.
    pub fn statuses(&self) -> Vec<Value> {
        self.listed("statuses")
    }

    /// Every message that a person wrote, in order.
    pub fn messages(&self) -> Vec<Value> {
        self.listed("messages")
    }

    fn listed(&self, key: &str) -> Vec<Value> {
        let values = self.values("messages").into_iter();
        values.flat_map(|value| value[key].as_array().cloned().unwrap_or_default()).collect()
    }

    /// `sent delivered failed:131026 …`
    pub fn told(&self) -> String {
        let word = |status: &Value| match status["errors"][0]["code"].as_u64() {
            Some(code) => format!("{}:{code}", status["status"].as_str().unwrap()),
            None => status["status"].as_str().unwrap().to_owned(),
        };
        self.statuses().iter().map(word).collect::<Vec<_>>().join(" ")
    }
}

async fn receive(State(receiver): State<Receiver>, headers: HeaderMap, body: Bytes) -> StatusCode {
    let expected = signature(&Config::default().app_secret, &body).unwrap();
    assert_eq!(headers[SIGNATURE_HEADER], expected.as_str());
    let body = String::from_utf8(body.to_vec()).unwrap();
    if receiver.refused.lock().unwrap().as_ref().is_some_and(|text| body.contains(text)) {
        return StatusCode::INTERNAL_SERVER_ERROR;
    }
    receiver.bodies.lock().unwrap().push(body);
    receiver.answers.lock().unwrap().pop_front().unwrap_or(StatusCode::OK)
}

async fn verify(request: Request<Body>) -> Result<String, StatusCode> {
    let query = request.uri().query().unwrap_or_default();
    let value = |name: &str| query.split('&').find_map(|pair| pair.strip_prefix(name)).unwrap_or_default().to_owned();
    let known = value("hub.mode=") == "subscribe" && value("hub.verify_token=") == Config::default().verify_token;
    if known { Ok(value("hub.challenge=")) } else { Err(StatusCode::FORBIDDEN) }
}

/// A simulator and its receiver.
pub struct Stage {
    pub simulator: Arc<Simulator>,
    pub receiver: Receiver,
}

impl Stage {
    pub fn new(config: Config) -> Self {
        let stage = Self::without_callback(config);
        let callback = Callback::in_process(stage.receiver.router(), "/webhooks/1").unwrap();
        stage.simulator.set_callback(Some(callback));
        stage
    }

    pub fn without_callback(config: Config) -> Self {
        Self { simulator: Simulator::start(config).unwrap(), receiver: Receiver::default() }
    }

    /// Any request with the right token.
    pub async fn call(&self, method: &str, path: &str, body: Value) -> (StatusCode, Value) {
        let token = format!("Bearer {}", Config::default().access_token);
        let request = Request::builder().method(method).uri(path).header("authorization", token);
        self.raw(request.body(Body::from(body.to_string())).unwrap()).await
    }

    pub async fn get(&self, path: &str) -> (StatusCode, Value) {
        self.call("GET", path, Value::Null).await
    }

    pub async fn raw(&self, request: Request<Body>) -> (StatusCode, Value) {
        let response = self.simulator.router().oneshot(request).await.unwrap();
        let status = response.status();
        let body = response.into_body().collect().await.unwrap().to_bytes();
        (status, serde_json::from_slice(&body).unwrap())
    }

    /// Sends this message from the default number.
    pub async fn send(&self, message: Value) -> (StatusCode, Value) {
        self.call("POST", "/v26.0/106540352242922/messages", message).await
    }

    /// POSTs JSON, as the control routes want it: `{"error": …}` comes with 400.
    pub async fn control(&self, path: &str, body: Value) -> (StatusCode, Value) {
        let request = Request::post(path).header("content-type", "application/json");
        self.raw(request.body(Body::from(body.to_string())).unwrap()).await
    }

    /// Sends this text; `200`, or the code of the refusal.
    pub async fn say(&self, to: &str, text: &str) -> u64 {
        let message = json!({ "messaging_product": "whatsapp", "to": to, "type": "text", "text": { "body": text } });
        let (status, answer) = self.send(message).await;
        answer["error"]["code"].as_u64().unwrap_or_else(|| u64::from(status.as_u16()))
    }

    /// Sends the weekly offer to this person; `200/accepted`, `400/131026` …
    pub async fn offer(&self, to: &str) -> String {
        let (status, body) = self.send(offer(to)).await;
        match body["messages"][0]["message_status"].as_str() {
            Some(word) => format!("{}/{word}", status.as_u16()),
            None => format!("{}/{}", status.as_u16(), body["error"]["code"]),
        }
    }
}

/// A well-made template message.
pub fn offer(to: &str) -> Value {
    json!({
        "messaging_product": "whatsapp",
        "recipient_type": "individual",
        "to": to,
        "type": "template",
        "biz_opaque_callback_data": format!("about {to}"),
        "template": {
            "name": "weekly_offer",
            "language": { "code": "en" },
            "components": [{ "type": "body", "parameters": [{ "type": "text", "text": "Zoë" }] }],
        },
    })
}

/// Lets the paused clock run; nothing really waits.
pub async fn tick(seconds: u64) {
    tokio::time::sleep(Duration::from_secs(seconds)).await;
}
