//! Somebody else's system: takes what webhooks are told, checks each signature itself, and answers as a test likes.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};

use anyhow::Context;
use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use lambdas::App;
use lambdas::fetch::{Fetcher, Reach};
use ring::hmac;
use serde_json::{Value, json};
use tokio::net::TcpListener;

use crate::campaign::call;

/// One request that was taken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Told {
    /// `webhook-id`
    pub id: String,
    /// `webhook-timestamp`
    pub timestamp: i64,
    /// `webhook-signature`
    pub signature: String,
    /// The body as it came.
    pub text: String,
}

impl Told {
    /// The body.
    pub fn body(&self) -> Value {
        serde_json::from_str(&self.text).unwrap_or_default()
    }

    /// What happened.
    pub fn kind(&self) -> String {
        self.body()["type"].as_str().unwrap_or_default().to_owned()
    }

    /// Whether one of its signatures is of this secret, by the specification and by nothing of ours.
    pub fn is_signed_with(&self, secret: &str) -> anyhow::Result<bool> {
        let key = STANDARD.decode(secret.strip_prefix("whsec_").context("a secret without its prefix")?)?;
        let said = format!("{}.{}.{}", self.id, self.timestamp, self.text);
        let signed = hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, &key), said.as_bytes());
        let expected = format!("v1,{}", STANDARD.encode(signed));
        Ok(self.signature.split(' ').any(|signature| signature == expected))
    }
}

#[derive(Default)]
struct Inner {
    told: Vec<Told>,
    answers: VecDeque<u16>,
}

/// The other system.
#[derive(Clone)]
pub struct Receiver {
    /// Where it listens.
    pub url: String,
    inner: Arc<Mutex<Inner>>,
}

impl Receiver {
    /// Starts one that takes everything.
    pub async fn start() -> anyhow::Result<Receiver> {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let receiver = Receiver { url: format!("http://{}/events", listener.local_addr()?), inner: Arc::default() };
        let router = Router::new().fallback(take).with_state(receiver.clone());
        tokio::spawn(async move { axum::serve(listener, router).await });
        Ok(receiver)
    }

    /// Answers the next requests so; after them it takes everything again.
    pub fn answers(&self, statuses: &[u16]) {
        self.with(|inner| inner.answers = statuses.iter().copied().collect());
    }

    /// What it was told so far.
    pub fn told(&self) -> Vec<Told> {
        self.with(|inner| inner.told.clone())
    }

    /// The kinds of it.
    pub fn kinds(&self) -> Vec<String> {
        self.told().iter().map(Told::kind).collect()
    }

    fn with<T>(&self, look: impl FnOnce(&mut Inner) -> T) -> T {
        look(&mut self.inner.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Makes a webhook that leads here: its id and its secret.
    pub async fn wants(&self, app: &Arc<App>, events: &[&str]) -> anyhow::Result<(String, String)> {
        let made: Value = call(app, "POST", "/v3/webhooks", json!({ "url": self.url, "events": events })).await?;
        let text = |name: &str| made[name].as_str().map(str::to_owned).context("a webhook lacks a field");
        Ok((text("id")?, text("secret")?))
    }
}

async fn take(State(receiver): State<Receiver>, headers: HeaderMap, body: Bytes) -> Response {
    let header = |name: &str| headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default().to_owned();
    let told = Told {
        id: header("webhook-id"),
        timestamp: header("webhook-timestamp").parse().unwrap_or_default(),
        signature: header("webhook-signature"),
        text: String::from_utf8_lossy(&body).into_owned(),
    };
    let status = receiver.with(|inner| {
        inner.told.push(told);
        inner.answers.pop_front().unwrap_or(200)
    });
    let status = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    // Whoever followed a redirection would come once more.
    (status, [(header::LOCATION, receiver.url.clone())], format!("answered {status}")).into_response()
}

/// The same app, which also reaches this machine.
pub fn reaching_here(app: &App) -> anyhow::Result<Arc<App>> {
    Ok(Arc::new(App { fetcher: Fetcher::new(Reach::Anywhere)?, ..app.clone() }))
}
