//! SIGKILL in the middle of a campaign, again and again: each start goes on where it was. The other side is a simulator
//! in the test's own process, which survives; its log is the oracle.

use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::ensure;
use campanile_tests::client::{Client, until};
use campanile_tests::contacts;
use campanile_tests::running::quick_simulator;
use campanile_tests::spawned::{Spawned, free_port};
use campanile_tests::town::judge;
use rand::rngs::ChaCha8Rng;
use rand::{Rng, SeedableRng};
use serde_json::json;
use simulator::{Number, Simulator};
use tokio::net::TcpListener;
use wire::{Campaign, CampaignId, MessageList};

const PEOPLE: usize = 10_000;

const KILLS: usize = 20;

/// Messages a second of the number: an ordinary one's, which a slow machine keeps up with beside other tests. Senders hold
/// jobs for three seconds, so a job that meets five kills is taken for poison and waits until it is missed: at this rate
/// a kill comes every three seconds, and a job meets one or two.
const RATE: u32 = 80;

/// What may be in flight at a kill: claimed a moment before their slot, and waiting for an answer; with what piles up on
/// a machine that does other things.
const IN_FLIGHT: u64 = 50;

/// How long all of it may take.
const PATIENCE: Duration = Duration::from_secs(15 * 60);

const NUMBER: &str = "200000000000001";
const TOKEN: &str = "token-of-the-kills";
const APP_SECRET: &str = "secret-of-the-kills";
const VERIFY_TOKEN: &str = "verify-of-the-kills";

/// Starts a simulator that tells this address of what became of messages. Returns it and its own address.
async fn other_side(port: u16) -> anyhow::Result<(Arc<Simulator>, String)> {
    let simulator = Simulator::start(simulator::Config {
        access_token: TOKEN.to_owned(),
        app_secret: APP_SECRET.to_owned(),
        verify_token: VERIFY_TOKEN.to_owned(),
        callback_url: Some(format!("http://127.0.0.1:{port}/webhooks/whatsapp")),
        numbers: vec![Number { phone_number_id: NUMBER.to_owned(), rate_per_second: RATE, ..Number::default() }],
        read_share: 0.0,
        ..quick_simulator()
    })?;
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let address = format!("http://{}", listener.local_addr()?);
    let router = simulator.router();
    tokio::spawn(async move { axum::serve(listener, router).await });
    Ok((simulator, address))
}

/// Messages between two kills: so few that the last kill still comes amid sending when every kill before it has lost all
/// that may be in flight.
const CROWD: u64 = (PEOPLE as u64 - KILLS as u64 * IN_FLIGHT) / (KILLS as u64 + 1);

/// Kills and starts until the last kill is done; each at another moment of a send.
async fn kill_again_and_again(
    simulator: &Simulator,
    mut process: Spawned,
    start: impl AsyncFn() -> anyhow::Result<Spawned>,
) -> anyhow::Result<Spawned> {
    let mut chance = ChaCha8Rng::seed_from_u64(20);
    for _ in 0..KILLS {
        let crowd = simulator.accepted() + CROWD;
        patiently("the next crowd", async || Ok((simulator.accepted() >= crowd).then_some(()))).await?;
        // A moment of a send and no other: the point of it is that nobody chose it.
        tokio::time::sleep(Duration::from_millis(u64::from(chance.next_u32() % 60))).await;
        process.kill().await?;
        process = start().await?;
    }
    Ok(process)
}

/// Every unknown message of the campaign, as a person would find them.
async fn listed_unknown(client: &Client, campaign: &CampaignId) -> anyhow::Result<u64> {
    let (mut count, mut after) = (0, String::new());
    loop {
        let path = format!("/v3/campaigns/{campaign}/messages?state=unknown&limit=500{after}");
        let page: MessageList = client.get(&path).await?;
        count += page.items.len() as u64;
        match page.next {
            Some(next) => after = format!("&after={next}"),
            None => return Ok(count),
        }
    }
}

async fn patiently<T>(what: &str, look: impl AsyncFn() -> anyhow::Result<Option<T>>) -> anyhow::Result<T> {
    let start = Instant::now();
    loop {
        match until(what, &look).await {
            Err(error) if start.elapsed() > PATIENCE => return Err(error),
            Err(_) => {}
            Ok(seen) => return Ok(seen),
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn twenty_kills_lose_nobody_and_nobody_gets_it_twice() -> anyhow::Result<()> {
    let began = Instant::now();
    let folder = tempfile::tempdir()?;
    let data = folder.path().join("data");
    let port = free_port()?;
    let (simulator, address) = other_side(port).await?;
    let start = async || {
        let rate = RATE.to_string();
        let environment = [
            ("WHATSAPP_TOKEN", TOKEN),
            ("WHATSAPP_PHONE_NUMBER_ID", NUMBER),
            ("WHATSAPP_WABA_ID", &simulator.config().waba_id),
            ("WHATSAPP_APP_SECRET", APP_SECRET),
            ("WHATSAPP_VERIFY_TOKEN", VERIFY_TOKEN),
            ("WHATSAPP_API_URL", &address),
            ("WHATSAPP_MESSAGES_PER_SECOND", &rate),
        ];
        Spawned::start_with(&data, port, &quick_simulator(), &environment).await
    };
    let process = start().await?;
    let audience = process.client.audience(contacts::csv(PEOPLE)).await?;
    let pace = json!({ "channelId": format!("whatsapp-{NUMBER}"), "chunkSize": 2_000 });
    let campaign = process.client.draft(&audience.id, pace).await?.id;
    process.client.ask(&campaign, "start").await?;

    let process = kill_again_and_again(&simulator, process, start).await?;
    let sent_after = began.elapsed();
    // Claims without an outcome are given up after 45 s: the campaign completes at the tick after that.
    patiently("completion", async || {
        let standing: Campaign = process.client.campaign(&campaign).await?;
        Ok((standing.status == wire::CampaignStatus::Completed).then_some(()))
    })
    .await?;
    simulator.idle().await;

    let arrivals = simulator.arrivals();
    judge::once(&arrivals)?;
    let people = PEOPLE as u64;
    let accepted = simulator.accepted();
    let standing =
        process.client.campaign_until(&campaign, "totals that equal the log", |c| c.totals.delivered == accepted);
    let totals = standing.await?.totals;
    println!(
        "{KILLS} kills, {people} people: {accepted} accepted, {} unknown, largest second {}, sent in {sent_after:?}, all in {:?}",
        totals.unknown,
        judge::largest_second(&arrivals),
        began.elapsed()
    );
    ensure!(totals.delivered + totals.unknown == people, "everybody has an outcome: {totals:?}");
    ensure!(totals.unknown <= KILLS as u64 * IN_FLIGHT, "more is unknown than was in flight: {totals:?}");
    ensure!(listed_unknown(&process.client, &campaign).await? == totals.unknown, "each unknown one is listed");
    process.kill().await
}
