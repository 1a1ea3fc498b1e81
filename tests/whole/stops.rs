//! Pauses, as impatient people give them: fifty within as many seconds, each ended within a second.

use std::time::Duration;

use anyhow::ensure;
use campanile_tests::campaign::draft;
use campanile_tests::contacts;
use campanile_tests::town::Town;
use campanile_tests::town::faults::Faults;
use campanile_tests::town::judge::{Case, Pause, judge};
use rand::rngs::ChaCha8Rng;
use rand::{Rng, SeedableRng};
use serde_json::json;
use simulator::{Config, Delay, Number};

const RATE: u32 = 80;
const PEOPLE: usize = 700;
/// As many as are not through before the last pause.
const MANY: usize = 2_000;
const PAUSES: usize = 50;
const PATIENCE: Duration = Duration::from_secs(60 * 60);

#[tokio::test(start_paused = true)]
async fn fifty_pauses_of_less_than_a_second_stop_and_lose_nobody() -> anyhow::Result<()> {
    let simulator = Config {
        numbers: vec![Number { rate_per_second: RATE, ..Number::default() }],
        sent_delay: Delay::between(5, 300),
        delivered_delay: Delay::between(10, 500),
        read_delay: Delay::between(10, 500),
        ..Config::default()
    };
    let mut town = Town::open(Faults::none(), simulator).await?;
    let campaign = draft(&town.app, &contacts::csv(MANY), json!({ "chunkSize": 200 })).await?.id;
    town.ask(&campaign, "start").await?;
    let mut chance = ChaCha8Rng::seed_from_u64(50);
    let mut pauses = Vec::new();
    let lived = town.live_until_complete(&campaign, PATIENCE, async |town: &Town| {
        if pauses.len() == PAUSES {
            return Ok(());
        }
        town.ask(&campaign, "pause").await?;
        let answered_at = town.app.clock.now_micros();
        let in_flight = town.in_flight(&campaign, MANY as u64).await?;
        tokio::time::sleep(Duration::from_millis(u64::from(chance.next_u32() % 1_000))).await;
        pauses.push(Pause { answered_at, ended_at: town.app.clock.now_micros(), in_flight });
        town.ask(&campaign, "resume").await.map(|_| ())
    });
    lived.await?;
    ensure!(pauses.len() == PAUSES, "the campaign was complete after {} pauses", pauses.len());
    let case = Case { people: MANY as u64, rate: RATE, pauses, ..Case::default() };
    judge(&town, &campaign, &case).await
}

#[tokio::test(start_paused = true)]
async fn a_pause_at_full_speed_stops_within_a_second() -> anyhow::Result<()> {
    let simulator =
        Config { numbers: vec![Number { rate_per_second: RATE, ..Number::default() }], ..Config::default() };
    let mut town = Town::open(Faults::none(), simulator).await?;
    let campaign = draft(&town.app, &contacts::csv(PEOPLE), json!({ "chunkSize": 700 })).await?.id;
    town.ask(&campaign, "start").await?;
    town.live();
    tokio::time::sleep(Duration::from_secs(6)).await;
    town.ask(&campaign, "pause").await?;
    let answered_at = town.app.clock.now_micros();
    let in_flight = town.in_flight(&campaign, PEOPLE as u64).await?;
    let before = town.accepted().len();
    ensure!(before > 2 * RATE as usize, "it was not at full speed: {before}");
    tokio::time::sleep(Duration::from_secs(600)).await;
    let after = town.accepted().len() - before;
    println!("after a pause at {RATE}/s: {after} more arrived, {in_flight} were in flight");
    let pause = Pause { answered_at, ended_at: town.app.clock.now_micros(), in_flight };
    town.ask(&campaign, "resume").await?;
    town.live_in_peace(std::slice::from_ref(&campaign), PATIENCE).await?;
    let case = Case { people: PEOPLE as u64, rate: RATE, pauses: vec![pause], ..Case::default() };
    judge(&town, &campaign, &case).await
}
