//! A campaign of ten days: chunks that wait longer than any queue can delay, and a redeploy in the middle.

use std::collections::HashMap;
use std::time::Duration;

use anyhow::{Context, ensure};
use campaigns::job::CallbackData;
use campaigns::plan::Cursor;
use campanile_tests::campaign::draft;
use campanile_tests::contacts;
use campanile_tests::town::Town;
use campanile_tests::town::faults::Faults;
use campanile_tests::town::judge::{Case, judge};
use lambdas::storage::campaigns as campaign_store;
use local::whatsapp::WORKSPACE;
use serde_json::json;
use simulator::{Config, Number};

const PEOPLE: usize = 110;
const A_DAY_SECONDS: u64 = 24 * 60 * 60;
const PATIENCE: Duration = Duration::from_secs(12 * A_DAY_SECONDS);

/// A message may be this late, and none is early.
const LATEST_MICROS: i64 = 60_000_000;

/// Runs the campaign, redeployed at these times after its start; the arrivals' distances from their due times.
async fn lateness(pace: serde_json::Value, redeployed_after: &[Duration]) -> anyhow::Result<Vec<i64>> {
    let simulator = Config { numbers: vec![Number { rate_per_second: 20, ..Number::default() }], ..Config::default() };
    let mut town = Town::open(Faults::none(), simulator).await?;
    let campaign = draft(&town.app, &contacts::csv(PEOPLE), pace).await?.id;
    town.ask(&campaign, "start").await?;
    let record = campaign_store::get(&town.app, WORKSPACE, &campaign).await?.context("the campaign is gone")?;
    let began = tokio::time::Instant::now();
    town.live();
    for after in redeployed_after {
        tokio::time::sleep_until(began + *after).await;
        town.die();
        tokio::time::sleep(Duration::from_secs(20)).await;
        town.live();
    }
    town.live_in_peace(std::slice::from_ref(&campaign), PATIENCE).await?;
    let case = Case { people: PEOPLE as u64, rate: 20, most_unknown: 20, ..Case::default() };
    judge(&town, &campaign, &case).await?;

    let mut due = HashMap::new();
    let mut cursor = Cursor { index: 0, due_at_micros: record.anchor_at_micros };
    while let Some(cut) = record.plan().cut(cursor, 100) {
        due.extend(cut.due.iter().map(|at| (at.index, at.due_at_micros)));
        cursor = cut.next;
    }
    let mut lateness = Vec::new();
    for arrival in town.accepted() {
        let callback = arrival.callback_data.as_deref().and_then(CallbackData::parse).context("whose is it?")?;
        lateness.push(arrival.at_micros - due[&callback.index]);
    }
    Ok(lateness)
}

fn check(what: &str, lateness: &[i64]) -> anyhow::Result<()> {
    let (least, most) =
        (lateness.iter().min().copied().unwrap_or(-1), lateness.iter().max().copied().unwrap_or(i64::MAX));
    println!("{what}: {} arrived, {:.3} s to {:.3} s late", lateness.len(), least as f64 / 1e6, most as f64 / 1e6);
    ensure!(least >= 0, "a message was {least} µs early");
    ensure!(most <= LATEST_MICROS, "a message was {most} µs late");
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn chunks_that_wait_longer_than_a_queue_can_delay_are_neither_early_nor_late() -> anyhow::Result<()> {
    let redeployed = [Duration::from_secs(3_000), Duration::from_secs(4_001)];
    let pace = json!({ "chunkSize": 20, "secondsBetweenChunks": 2_000 });
    check("chunks of 2,000 s", &lateness(pace, &redeployed).await?)
}

#[tokio::test(start_paused = true)]
async fn a_campaign_of_ten_days_keeps_its_times_across_a_redeploy() -> anyhow::Result<()> {
    let middle = Duration::from_secs(5 * A_DAY_SECONDS);
    // While its jobs lie in the queue, and while it only waits.
    let redeployed = [middle - Duration::from_secs(100), middle + Duration::from_secs(3_600)];
    let pace = json!({ "chunkSize": 10, "secondsBetweenChunks": A_DAY_SECONDS });
    check("ten days", &lateness(pace, &redeployed).await?)
}
