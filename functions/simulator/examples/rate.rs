//! How many sends one core takes: template sends through the router in this process, on one thread, and their webhooks
//! into a receiver beside it. `cargo run --release -p simulator --example rate [sends] [log file]`.

use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Context, ensure};
use axum::Router;
use axum::body::Body;
use axum::routing::post;
use http::{Request, StatusCode};
use http_body_util::BodyExt;
use serde_json::json;
use simulator::{Callback, Config, Delay, Number, RATE_LIMIT_PER_SECOND, Simulator};
use tower::ServiceExt;

/// Sends without an argument.
const SENDS: u64 = 100_000;
/// So many numbers that none reaches its own rate.
const NUMBERS: u64 = 64;
/// Sends after which the webhooks get their turn.
const BURST: u64 = 100;

fn main() -> anyhow::Result<()> {
    let mut arguments = std::env::args().skip(1);
    let sends = arguments.next().map_or(Ok(SENDS), |count| count.parse()).context("the number of sends")?;
    let log_path = arguments.next().map(Into::into);
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(measure(sends, Config { log_path, ..config() }))
}

/// Nothing waits: the statuses of a send are due as soon as it is accepted.
fn config() -> Config {
    let number = |index| Number {
        phone_number_id: format!("{}", 100 + index),
        display_phone_number: format!("1555078{index:04}"),
        rate_per_second: RATE_LIMIT_PER_SECOND,
        ..Number::default()
    };
    Config {
        numbers: (0..NUMBERS).map(number).collect(),
        answer_delay_ms: 0,
        sent_delay: Delay::NONE,
        delivered_delay: Delay::NONE,
        read_delay: Delay::NONE,
        webhook_batch_max: 1_000,
        ..Config::default()
    }
}

async fn measure(sends: u64, config: Config) -> anyhow::Result<()> {
    let simulator = Simulator::start(config)?;
    let receiver = Router::new().route("/webhooks", post(|| async { StatusCode::OK }));
    simulator.set_callback(Some(Callback::in_process(receiver, "/webhooks")?));
    let router = simulator.router();
    let started = Instant::now();
    let mut slowest = Duration::ZERO;
    for send in 0..sends {
        let before = Instant::now();
        let response = router.clone().oneshot(request(&simulator, send)?).await?;
        let status = response.status();
        let answer = response.into_body().collect().await?.to_bytes();
        ensure!(status == StatusCode::OK, "send {send} was answered {status}: {}", String::from_utf8_lossy(&answer));
        slowest = slowest.max(before.elapsed());
        if send % BURST == 0 {
            tokio::task::yield_now().await;
        }
    }
    let taken = started.elapsed();
    simulator.idle().await;
    report("answered", sends, taken);
    report("answered and reported", sends, started.elapsed());
    println!("slowest answer {slowest:?}, {} statuses pending", simulator.pending_statuses());
    Ok(())
}

fn request(simulator: &Arc<Simulator>, send: u64) -> anyhow::Result<Request<Body>> {
    let message = json!({
        "messaging_product": "whatsapp",
        "recipient_type": "individual",
        // No recipient ends like a row of the behaviour table.
        "to": format!("+55{send:09}01"),
        "type": "template",
        "biz_opaque_callback_data": format!("c=01J0000000000000000000000;r={send}"),
        "template": {
            "name": "carrinho_esperando",
            "language": { "code": "pt_BR" },
            "components": [
                { "type": "body", "parameters": [{ "type": "text", "text": "Ana" }, { "type": "text", "text": "2 itens" }] },
                { "type": "button", "sub_type": "url", "index": "0", "parameters": [{ "type": "text", "text": "c-1" }] },
            ],
        },
    });
    Request::post(format!("/v26.0/{}/messages", 100 + send % NUMBERS))
        .header("authorization", format!("Bearer {}", simulator.config().access_token))
        .header("content-type", "application/json")
        .body(Body::from(message.to_string()))
        .context("building a send")
}

fn report(what: &str, sends: u64, taken: Duration) {
    let per_second = sends as f64 / taken.as_secs_f64();
    println!("{sends} sends {what} in {taken:.2?}: {per_second:.0} per second");
}
