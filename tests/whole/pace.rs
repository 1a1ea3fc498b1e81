//! The pace, judged at the simulator under a paused clock: no message a microsecond too early, whatever happens.

use std::time::Duration;

use anyhow::ensure;
use campanile_tests::campaign::{act, draft};
use campanile_tests::contacts;
use campanile_tests::town::faults::Faults;
use campanile_tests::town::{Town, number};
use serde_json::json;
use simulator::Arrival;

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

/// Three campaigns on one number of this rate: the most in any sliding second, and the mean.
async fn rate_of_three(rate: u32, people: usize) -> anyhow::Result<(usize, f64)> {
    let mut town = Town::open(Faults::none(), number(rate)).await?;
    let mut campaigns = Vec::new();
    for _ in 0..3 {
        campaigns.push(draft(&town.app, &contacts::csv(people), json!({ "chunkSize": 50 })).await?.id);
    }
    for campaign in &campaigns {
        act(&town.app, campaign, "start").await?;
    }
    town.live_in_peace(&campaigns, PATIENCE).await?;
    let at: Vec<i64> = town.simulator.arrivals().iter().map(|arrival| arrival.at_micros).collect();
    ensure!(at.len() == 3 * people, "{} of {} arrived", at.len(), 3 * people);
    let within = |first: usize| at[first..].partition_point(|later| *later < at[first] + 1_000_000);
    let most = (0..at.len()).map(within).max().unwrap_or_default();
    let span = at[at.len() - 1] - at[0];
    Ok((most, (at.len() - 1) as f64 * 1e6 / span as f64))
}

#[tokio::test(start_paused = true)]
async fn three_campaigns_use_the_rate_of_their_number_and_never_exceed_it() -> anyhow::Result<()> {
    for rate in [1, 5, 20, 80, 250] {
        let (most, mean) = rate_of_three(rate, (rate as usize * 4).clamp(10, 600)).await?;
        println!("rate {rate}: {most} in the largest second, {mean:.3} in the mean");
        assert!(most <= rate as usize, "{most} messages in a second of a number at {rate}");
        assert!(mean >= 0.95 * f64::from(rate), "{mean:.3} messages a second of a number at {rate}");
    }
    Ok(())
}
