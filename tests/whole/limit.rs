//! The portfolio's limit, judged by the simulator under a paused clock: it refuses who comes too much, and nobody does.

use anyhow::Context;
use campanile_tests::campaign::{act, call, draft_on};
use campanile_tests::contacts;
use campanile_tests::town::Town;
use campanile_tests::town::faults::Faults;
use lambdas::storage::channels;
use local::whatsapp::WORKSPACE;
use serde_json::json;
use simulator::{Config, Delay, Number};
use wire::{Campaign, ChannelList, WaitReason};

const DAY: i64 = 24 * 60 * 60 * 1_000_000;

/// Three numbers of this rate, whose portfolio may write to so many people in 24 hours.
fn numbers(rate: u32, limit: u32) -> Config {
    let number = |id: &str| Number { phone_number_id: id.to_owned(), rate_per_second: rate, ..Number::default() };
    Config {
        numbers: ["1001", "1002", "1003"].map(number).to_vec(),
        messaging_limit: Some(limit),
        sent_delay: Delay::between(5, 300),
        delivered_delay: Delay::between(10, 500),
        read_delay: Delay::between(10, 500),
        ..Config::default()
    }
}

/// Judges a campaign on each of three numbers, which have more people together than their portfolio may write to.
async fn share_their_limit(simulator: Config, limit: u32, people: usize) -> anyhow::Result<()> {
    let mut town = Town::open(Faults::none(), simulator).await?;
    let rows: Vec<String> = contacts::csv(people).lines().skip(1).map(str::to_owned).collect();
    let mut campaigns = Vec::new();
    for (channel, part) in channels::list(&town.app, WORKSPACE).await?.iter().zip(rows.chunks(people.div_ceil(3))) {
        let csv = format!("name,phone\n{}\n", part.join("\n"));
        let campaign: Campaign = draft_on(&town.app, &channel.id, &csv, json!({ "chunkSize": 1_000 })).await?;
        campaigns.push(campaign.id);
    }
    for campaign in &campaigns {
        act(&town.app, campaign, "start").await?;
    }
    let mut limited = 0;
    for campaign in &campaigns {
        let watch = async |town: &Town| {
            let shown: Campaign = call(&town.app, "GET", &format!("/v3/campaigns/{campaign}"), json!({})).await?;
            limited += u32::from(shown.waiting_for == Some(WaitReason::Limit));
            Ok(())
        };
        town.live_for_days(campaign, 6, watch).await?;
    }
    let all = town.simulator.arrivals();
    let at: Vec<i64> = town.accepted().iter().map(|arrival| arrival.at_micros).collect();
    assert_eq!((at.len(), all.len()), (people, people), "nobody is refused, nobody gets two");
    let within = |first: usize| at[first..].partition_point(|later| *later < at[first] + DAY);
    let most = (0..at.len()).map(within).max().unwrap_or_default();
    let days = (at[people - 1] - at[0]) as f64 / DAY as f64;
    println!("{people} people by three numbers at {limit} a day: at most {most} in 24 hours, over {days:.2} days");
    assert!(most <= limit as usize, "{most} people in 24 hours");
    let full_days = ((people - 1) / limit as usize) as f64;
    assert!((full_days..full_days + 0.5).contains(&days), "{days:.2} days");
    assert!(limited >= 3, "a campaign says that it waits for the limit, {limited} times");
    let numbers: ChannelList = call(&town.app, "GET", "/v3/channels", json!({})).await?;
    let today: Vec<u32> = numbers.items.iter().filter_map(|channel| channel.people_today).collect();
    assert!(today.len() == 3 && today.iter().all(|people| *people == today[0]), "one portfolio, {today:?}");
    assert!((1..=limit).contains(&today[0]), "{} people today", today[0]);
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn three_numbers_share_their_portfolios_limit_and_campaigns_go_on_by_themselves() -> anyhow::Result<()> {
    share_their_limit(numbers(80, 250), 250, 700).await
}

#[tokio::test(start_paused = true)]
async fn fast_numbers_share_a_limit_of_2_000_that_they_reach_within_seconds() -> anyhow::Result<()> {
    share_their_limit(numbers(250, 2_000), 2_000, 2_400).await
}

#[tokio::test(start_paused = true)]
async fn the_days_that_a_limit_costs_are_foretold_before_the_start() -> anyhow::Result<()> {
    let mut town = Town::open(Faults::none(), numbers(80, 250)).await?;
    let channel = channels::list(&town.app, WORKSPACE).await?.remove(0).id;
    let draft = draft_on(&town.app, &channel, &contacts::csv(700), json!({ "chunkSize": 1_000 })).await?;
    let now = town.app.clock.now();
    let finish = draft.finished_at_prediction.context("no finish")?;
    let days = (finish - now).num_minutes() as f64 / (24.0 * 60.0);
    assert!((2.0..2.1).contains(&days), "{days} days");
    let started = act(&town.app, &draft.id, "start").await?;
    let foretold = started.finished_at_prediction.context("no finish")?.timestamp_micros();
    town.live_for_days(&draft.id, 6, async |_: &Town| Ok(())).await?;
    let arrived: Vec<i64> = town.accepted().iter().map(|arrival| arrival.at_micros).collect();
    let (first, last) = (arrived[0], arrived[arrived.len() - 1]);
    let off = (foretold - last).abs() as f64 / (last - first) as f64;
    println!("a limited campaign ended {:.3} % off its prediction", off * 100.0);
    assert!(arrived.len() == 700 && off < 0.05, "{off}");
    Ok(())
}
