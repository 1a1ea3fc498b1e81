//! The pace, judged at the simulator under a paused clock: no message a microsecond too early, whatever happens.

use std::time::Duration;

use anyhow::ensure;
use campanile_tests::campaign::{act, draft};
use campanile_tests::contacts;
use campanile_tests::town::faults::{Broken, Faults, Rates};
use campanile_tests::town::judge::largest_second;
use campanile_tests::town::{Town, number};
use serde_json::json;
use simulator::Arrival;
use tokio::time::Instant;

const PATIENCE: Duration = Duration::from_secs(2 * 60 * 60);

fn gaps(arrivals: &[Arrival]) -> Vec<i64> {
    arrivals.windows(2).map(|pair| pair[1].at_micros - pair[0].at_micros).collect()
}

#[tokio::test(start_paused = true)]
async fn no_gap_is_under_the_minimum_and_chunks_wait_as_told() -> anyhow::Result<()> {
    let mut town = Town::open(Faults::none(), number(80)).await?;
    let pace = json!({
        "chunkSize": 4, "secondsBetweenChunks": 20,
        "minSecondsBetweenMessages": 0.2, "maxSecondsBetweenMessages": 0.4,
    });
    let campaign = draft(&town.app, &contacts::csv(40), pace).await?.id;
    act(&town.app, &campaign, "start").await?;
    town.live_in_peace(&[campaign], PATIENCE).await?;
    let arrivals = town.accepted();
    assert_eq!(arrivals.len(), 40);
    for (at, gap) in gaps(&arrivals).into_iter().enumerate() {
        let (least, most) = if (at + 1) % 4 == 0 { (20_000_000, 20_500_000) } else { (200_000, 450_000) };
        assert!((least..=most).contains(&gap), "gap {at} was {gap} µs");
    }
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn a_minimum_gap_survives_pauses() -> anyhow::Result<()> {
    let mut town = Town::open(Faults::none(), number(80)).await?;
    let campaign = draft(&town.app, &contacts::csv(6), json!({ "secondsBetweenMessages": 60 })).await?.id;
    act(&town.app, &campaign, "start").await?;
    let impatient = async |town: &Town| {
        if act(&town.app, &campaign, "pause").await.is_ok() {
            act(&town.app, &campaign, "resume").await?;
        }
        Ok(())
    };
    town.live_until_complete(&campaign, PATIENCE, impatient).await?;
    let arrivals = town.accepted();
    assert_eq!(arrivals.len(), 6);
    assert!(gaps(&arrivals).iter().all(|gap| *gap >= 60_000_000), "{:?}", gaps(&arrivals));
    Ok(())
}

/// What arrived of three campaigns on one number of this rate, to so many people each. Jobs come up to so many seconds
/// early or late.
async fn three_on_one(rate: u32, people: usize, shifted_jobs_seconds: u32) -> anyhow::Result<Vec<Arrival>> {
    let rates = Rates { shifted_jobs_seconds, ..Rates::default() };
    let faults = Faults::new(rate.into(), rates, Vec::new(), Broken::Nothing);
    let mut town = Town::open(faults, number(rate)).await?;
    let mut campaigns = Vec::new();
    for _ in 0..3 {
        campaigns.push(draft(&town.app, &contacts::csv(people), json!({ "chunkSize": 50 })).await?.id);
    }
    for campaign in &campaigns {
        act(&town.app, campaign, "start").await?;
    }
    town.live();
    let all = 3 * people as u64;
    let until = Instant::now() + PATIENCE;
    // A town's faults end with the first campaign that is complete: that must be after the last message.
    while town.simulator.accepted() < all {
        ensure!(Instant::now() < until, "{} of {all} arrived", town.simulator.accepted());
        tokio::time::sleep(Duration::from_secs(1)).await;
    }
    town.live_in_peace(&campaigns, PATIENCE).await?;
    let arrivals = town.simulator.arrivals();
    ensure!(arrivals.len() as u64 == all, "{} arrived for {all}: some were refused", arrivals.len());
    Ok(arrivals)
}

/// Messages a second from the first of these to the last.
fn mean(arrivals: &[Arrival]) -> f64 {
    let span = arrivals[arrivals.len() - 1].at_micros - arrivals[0].at_micros;
    (arrivals.len() - 1) as f64 * 1e6 / span as f64
}

#[tokio::test(start_paused = true)]
async fn three_campaigns_use_the_rate_of_their_number_and_never_exceed_it() -> anyhow::Result<()> {
    for rate in [1, 5, 20, 80, 250] {
        let arrivals = three_on_one(rate, (rate as usize * 4).clamp(10, 600), 0).await?;
        let (most, mean) = (largest_second(&arrivals), mean(&arrivals));
        println!("rate {rate}: {most} in the largest second, {mean:.3} in the mean");
        assert!(most <= rate as usize, "{most} messages in a second of a number at {rate}");
        assert!(mean >= 0.95 * f64::from(rate), "{mean:.3} messages a second of a number at {rate}");
    }
    Ok(())
}

/// By how many seconds a job comes early or late at most, where jobs do.
const SHIFT_SECONDS: u32 = 5;

/// Judges a number whose jobs come early and late, in every second; its mean once the first jobs are there for certain
/// and while a third is left: after that a number may be free whose next job is not there yet.
async fn keeps_its_rate_whenever_jobs_come(rate: u32, people: usize) -> anyhow::Result<()> {
    let arrivals = three_on_one(rate, people, SHIFT_SECONDS).await?;
    let steady_at = arrivals[0].at_micros + i64::from(SHIFT_SECONDS) * 1_000_000;
    let steady = arrivals.partition_point(|arrival| arrival.at_micros < steady_at)..arrivals.len() * 2 / 3;
    ensure!(steady.len() >= 100, "only {} messages of a number at {rate} are judged", steady.len());
    let (most, mean) = (largest_second(&arrivals), mean(&arrivals[steady]));
    println!("rate {rate}, jobs {SHIFT_SECONDS} s off: {most} in the largest second, {mean:.3} in the mean");
    ensure!(most <= rate as usize, "{most} messages in a second of a number at {rate}");
    ensure!(mean >= 0.95 * f64::from(rate), "{mean:.3} messages a second of a number at {rate}");
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn jobs_that_come_early_or_late_cost_a_slow_number_nothing_of_its_rate() -> anyhow::Result<()> {
    for (rate, people) in [(1, 60), (5, 100), (20, 250)] {
        keeps_its_rate_whenever_jobs_come(rate, people).await?;
    }
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn jobs_that_come_early_or_late_cost_a_number_at_80_nothing_of_its_rate() -> anyhow::Result<()> {
    keeps_its_rate_whenever_jobs_come(80, 700).await
}

#[tokio::test(start_paused = true)]
async fn jobs_that_come_early_or_late_cost_a_number_at_250_nothing_of_its_rate() -> anyhow::Result<()> {
    keeps_its_rate_whenever_jobs_come(250, 1_200).await
}
