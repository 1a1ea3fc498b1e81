//! How many sends the simulator takes on one core, so that it is known not to be what a campaign waits for. Template
//! sends, each with its three statuses into a receiver, measured twice: through its router on one thread of this process,
//! requests built and answers read by the same thread; and over HTTP on loopback, by the senders' own client in this
//! process, against a process of its own with one worker thread, whose processor time is counted.

use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Context, ensure};
use axum::Router;
use axum::body::Body;
use axum::http::{Request, StatusCode};
use axum::routing::post;
use campaigns::content::Address;
use campaigns::job::{JobContent, JobTemplate};
use campaigns::template::Parameters;
use futures::{StreamExt, TryStreamExt, stream};
use lambdas::cloud_api::{CloudApi, OutgoingMessage, SendAnswer, Way};
use lambdas::config::WhatsAppApp;
use serde_json::json;
use simulator::{Callback, Config, Delay, Number, RATE_LIMIT_PER_SECOND, Simulator};
use tokio::net::TcpListener;
use tower::ServiceExt;

use crate::ours::SECRET;
use crate::theirs::Theirs;
use crate::usage;

/// So many numbers that none reaches its own rate.
const NUMBERS: u64 = 64;

/// Sends after which the webhooks get their turn, where one thread does everything.
const BURST: u64 = 100;

/// Sends under way at once over HTTP.
const PARALLEL: usize = 64;

/// Sends a second.
pub struct Sends {
    /// Through the router, on one thread, until the last was answered.
    pub through_router: f64,
    /// The same until the last status was taken.
    pub with_statuses: f64,
    /// Milliseconds of the slowest answer through the router.
    pub slowest_ms: f64,
    /// Over HTTP, until the last was answered; the client is on the machine's other cores.
    pub over_http: f64,
    /// Over HTTP, for every second of the simulator's processor time, statuses and the kernel's work included.
    pub a_core_second: f64,
}

/// Measures both ways, with so many sends each.
pub async fn run(sends: u64) -> anyhow::Result<Sends> {
    let alone = tokio::task::spawn_blocking(move || {
        tokio::runtime::Builder::new_current_thread().enable_all().build()?.block_on(through_router(sends))
    });
    let [through_router, with_statuses, slowest_ms] = alone.await??;
    let [over_http, a_core_second] = over_http(sends).await?;
    Ok(Sends { through_router, with_statuses, slowest_ms, over_http, a_core_second })
}

/// Nothing waits: the statuses of a send are due as soon as it is accepted.
fn config() -> Config {
    let number = |index| Number {
        phone_number_id: number_id(index),
        display_phone_number: format!("1555078{index:04}"),
        rate_per_second: RATE_LIMIT_PER_SECOND,
        ..Number::default()
    };
    Config {
        access_token: SECRET.to_owned(),
        numbers: (0..NUMBERS).map(number).collect(),
        answer_delay_ms: 0,
        sent_delay: Delay::NONE,
        delivered_delay: Delay::NONE,
        read_delay: Delay::NONE,
        webhook_batch_max: 1_000,
        ..Config::default()
    }
}

fn number_id(index: u64) -> String {
    (100 + index % NUMBERS).to_string()
}

/// No recipient ends like a row of the behaviour table.
fn recipient(send: u64) -> String {
    format!("+55{send:09}01")
}

fn receiver() -> Router {
    Router::new().route("/webhooks", post(|| async { StatusCode::OK }))
}

async fn through_router(sends: u64) -> anyhow::Result<[f64; 3]> {
    let simulator = Simulator::start(config())?;
    simulator.set_callback(Some(Callback::in_process(receiver(), "/webhooks")?));
    let router = simulator.router();
    let (started, mut slowest) = (Instant::now(), Duration::ZERO);
    for send in 0..sends {
        let before = Instant::now();
        let response = router.clone().oneshot(request(send)?).await?;
        let status = response.status();
        let answer = axum::body::to_bytes(response.into_body(), usize::MAX).await?;
        ensure!(status == StatusCode::OK, "send {send} was answered {status}: {}", String::from_utf8_lossy(&answer));
        slowest = slowest.max(before.elapsed());
        if send.is_multiple_of(BURST) {
            tokio::task::yield_now().await;
        }
    }
    let answered = started.elapsed();
    simulator.idle().await;
    let a_second = |taken: Duration| sends as f64 / taken.as_secs_f64();
    Ok([a_second(answered), a_second(started.elapsed()), slowest.as_secs_f64() * 1_000.0])
}

fn request(send: u64) -> anyhow::Result<Request<Body>> {
    let body = campaigns::content::message_body(
        &content()?,
        &parameters(),
        Address::Phone(&recipient(send)),
        &callback_data(send),
    );
    Request::post(format!("/v25.0/{}/messages", number_id(send)))
        .header("authorization", format!("Bearer {SECRET}"))
        .header("content-type", "application/json")
        .body(Body::from(body.to_string()))
        .context("building a send")
}

/// One of the simulator's built-in templates: two variables and a button with a third.
fn content() -> anyhow::Result<JobContent> {
    let template = json!({
        "name": "carrinho_esperando", "language": "pt_BR", "parameterFormat": "POSITIONAL",
        "body": ["1", "2"], "buttons": [{ "index": 0, "kind": "URL" }],
    });
    Ok(JobContent::Template(Box::new(serde_json::from_value::<JobTemplate>(template)?)))
}

fn parameters() -> Parameters {
    let values = |values: &[&str]| values.iter().map(|&value| value.to_owned()).collect();
    Parameters { body: values(&["Ana", "2 itens"]), buttons: values(&["c-1"]), ..Parameters::default() }
}

fn callback_data(send: u64) -> String {
    format!("c=01J0000000000000000000000;i={send};a=1")
}

async fn over_http(sends: u64) -> anyhow::Result<[f64; 2]> {
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let callback_url = Some(format!("http://{}/webhooks", listener.local_addr()?));
    let receiving = tokio::spawn(async move { axum::serve(listener, receiver()).await });
    let theirs = Theirs::with_one_worker(&Config { callback_url, ..config() }).await?;
    let app = Arc::new(WhatsAppApp {
        app_id: "bench".to_owned(),
        app_secret: SECRET.to_owned(),
        verify_token: SECRET.to_owned(),
        access_token: SECRET.to_owned(),
        api_url: theirs.address.clone(),
        api_version: "v25.0".to_owned(),
    });
    let (client, content, parameters) = (CloudApi::new()?, content()?, parameters());
    let one = |send: u64| {
        let (client, app, content, parameters) = (&client, &app, &content, &parameters);
        async move {
            let message = OutgoingMessage {
                phone_number_id: &number_id(send),
                to: &recipient(send),
                user_id: None,
                callback_data: &callback_data(send),
                content,
                parameters,
                way: Way::Messages,
            };
            let answer = client.send(app, &message).await;
            ensure!(matches!(answer, SendAnswer::Accepted { .. }), "send {send} came to {answer:?}");
            Ok(())
        }
    };
    let (started, used) = (Instant::now(), usage::processor(theirs.process()?)?);
    stream::iter(0..sends).map(one).buffer_unordered(PARALLEL).try_collect::<()>().await?;
    let answered = started.elapsed();
    theirs.idle().await?;
    let processor_seconds = (usage::processor(theirs.process()?)?.all - used.all) / 1e6;
    receiving.abort();
    Ok([sends as f64 / answered.as_secs_f64(), sends as f64 / processor_seconds])
}
