//! Whose turn it is, and what only looks like a loss: many attempts that wait at once, numbers that rest or are shared,
//! faults of the sender and not of people, failures that WhatsApp tells late, and opt-outs while a job is in hand.

use std::time::Duration;

use anyhow::Context;
use aws_lambda_events::sqs::SqsEvent;
use campanile_tests::campaign::{act, call, count, dispatched, draft, later, messages, with_credentials};
use campanile_tests::contacts;
use campanile_tests::people::{send_all, tell};
use campanile_tests::stepped::Stepped;
use campanile_tests::town::faults::Faults;
use campanile_tests::town::{Town, number};
use lambdas::storage::channels::{self, ChannelRecord};
use lambdas::{App, dispatcher, sender};
use serde_json::{Value, json};
use simulator::{Config, Delay, ErrorCode, Storm, Switch};
use wire::{CampaignId, CampaignStatus, MessageState};

const PATIENCE: Duration = Duration::from_secs(8 * 60 * 60);
const SECOND: i64 = 1_000_000;

async fn tick(app: &App) -> anyhow::Result<()> {
    dispatcher::handle(app, dispatcher::Event::Tick(json!({}))).await
}

/// A Monday, 10:00 UTC: night on the west coast of America until 16:00.
const WEST_COAST_SLEEPS: i64 = 1_795_428_000;

/// People of San Francisco.
fn west_coast(count: usize) -> String {
    (0..count).fold(String::from("name,phone\n"), |text, place| {
        let (exchange, line) = (200 + place / 8_000, 2_000 + place % 8_000);
        format!("{text}Person {place},+1415{exchange}{line}\n")
    })
}

#[tokio::test(start_paused = true)]
async fn a_thousand_who_wake_at_once_wait_for_their_number_only() -> anyhow::Result<()> {
    let mut town = Town::open_at(Faults::none(), number(80), WEST_COAST_SLEEPS).await?;
    let asked = json!({ "quietHours": { "from": "21:00", "to": "08:00" } });
    let campaign = draft(&town.app, &west_coast(1_200), asked).await?.id;
    act(&town.app, &campaign, "start").await?;
    town.live_for_days(&campaign, 1, async |_: &Town| Ok(())).await?;
    let arrived: Vec<i64> = town.accepted().iter().map(|arrival| arrival.at_micros).collect();
    let took = (arrived[arrived.len() - 1] - arrived[0]) / SECOND;
    println!("{} people in {took} s", arrived.len());
    assert_eq!(arrived.len(), 1_200);
    assert!(took <= 25, "1,200 people who woke took {took} s at 80 a second");
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn who_waits_for_a_slow_campaigns_turn_is_given_his_job_once() -> anyhow::Result<()> {
    let mut town = Town::open_at(Faults::none(), number(80), WEST_COAST_SLEEPS).await?;
    let asked = json!({ "secondsBetweenMessages": 5, "quietHours": { "from": "21:00", "to": "08:00" } });
    let campaign = draft(&town.app, &west_coast(200), asked).await?.id;
    act(&town.app, &campaign, "start").await?;
    town.live_for_days(&campaign, 1, async |_: &Town| Ok(())).await?;
    let record = town.record(&campaign).await?;
    let records = lambdas::storage::messages::range(&town.app, &campaign, 0, record.recipients - 1).await?;
    // Put off, given a job, claimed, accepted, sent, delivered, read: every further job is one write more.
    let most = records.iter().map(|message| message.version).max().unwrap_or_default();
    println!("at most {most} writes of one message");
    assert!(most <= 8, "a message was written {most} times");
    let arrived: Vec<i64> = town.accepted().iter().map(|arrival| arrival.at_micros).collect();
    assert!(arrived.windows(2).all(|pair| pair[1] - pair[0] >= 5 * SECOND));
    let took = (arrived[arrived.len() - 1] - arrived[0]) / SECOND;
    assert!(took <= 5 * 200 * 21 / 20, "200 people took {took} s at 5 s each");
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn a_number_that_rests_for_long_has_lost_no_jobs() -> anyhow::Result<()> {
    let refused = Storm {
        after_ms: 2_000,
        for_ms: 25 * 60 * 1_000,
        per_mille: 1_000,
        code: ErrorCode(80_007),
        retry_after_seconds: Some(1_200),
    };
    let mut town = Town::open(Faults::none(), Config { storms: vec![refused], ..number(40) }).await?;
    let campaign = draft(&town.app, &contacts::csv(300), json!({})).await?.id;
    act(&town.app, &campaign, "start").await?;
    let epoch = town.record(&campaign).await?.epoch;
    town.live_in_peace(std::slice::from_ref(&campaign), PATIENCE).await?;
    assert_eq!(town.record(&campaign).await?.epoch, epoch, "jobs that waited for their number were taken for lost");
    assert_eq!(town.accepted().len(), 300);
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn campaigns_that_share_a_number_lose_nothing_to_each_other() -> anyhow::Result<()> {
    let mut town = Town::open(Faults::none(), number(2)).await?;
    let (mut campaigns, mut epochs) = (Vec::new(), Vec::new());
    for _ in 0..3 {
        let campaign = draft(&town.app, &contacts::csv(220), json!({})).await?.id;
        act(&town.app, &campaign, "start").await?;
        epochs.push(town.record(&campaign).await?.epoch);
        campaigns.push(campaign);
    }
    town.live_in_peace(&campaigns, PATIENCE).await?;
    for (campaign, epoch) in campaigns.iter().zip(epochs) {
        assert_eq!(town.record(campaign).await?.epoch, epoch, "jobs that waited their turn were taken for lost");
    }
    assert_eq!(town.accepted().len(), 660);
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn an_opt_out_bites_although_the_job_is_in_a_senders_hand() -> anyhow::Result<()> {
    let mut town = Town::open(Faults::none(), number(80)).await?;
    let asked = json!({ "secondsBetweenMessages": 2 });
    let campaign = draft(&town.app, &contacts::csv(30), asked).await?.id;
    act(&town.app, &campaign, "start").await?;
    town.live();
    while town.accepted().len() < 10 {
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    // The next one is due in two seconds; a sender takes its job three seconds before.
    let next = contacts::phones().nth(10).context("nobody")?;
    let told: Value = call(&town.app, "POST", "/v3/suppressions", json!({ "phone": next })).await?;
    assert!(told.is_object());
    town.live_in_peace(std::slice::from_ref(&campaign), PATIENCE).await?;
    let arrived = town.accepted();
    assert_eq!(arrived.len(), 29);
    assert!(arrived.iter().all(|arrival| format!("+{}", arrival.to.trim_start_matches('+')) != next), "{next} got one");
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn who_got_enough_is_left_alone_for_a_day_whoever_asks() -> anyhow::Result<()> {
    let mut town = Town::open(Faults::none(), number(80)).await?;
    let csv = format!("{}Ana,{}\n", contacts::csv(10), contacts::phone_ending("0182"));
    let campaign = draft(&town.app, &csv, json!({})).await?.id;
    act(&town.app, &campaign, "start").await?;
    town.live_in_peace(std::slice::from_ref(&campaign), PATIENCE).await?;
    act(&town.app, &campaign, "retry").await?;
    town.live_for_days(&campaign, 3, async |_: &Town| Ok(())).await?;
    let arrivals = town.simulator.arrivals();
    let mut tries: Vec<i64> =
        arrivals.iter().filter(|arrival| arrival.to.ends_with("0182")).map(|arrival| arrival.at_micros).collect();
    tries.sort_unstable();
    assert_eq!(tries.len(), 2, "{tries:?}");
    assert!(tries[1] - tries[0] >= 24 * 3_600 * SECOND, "asked again after {} s", (tries[1] - tries[0]) / SECOND);
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn a_late_failure_of_a_cancelled_campaign_leaves_nobody_waiting() -> anyhow::Result<()> {
    let config = Config { sent_delay: Delay::between(60_000, 90_000), ..number(80) };
    let mut town = Town::open(Faults::none(), config).await?;
    let csv = format!("{}Ana,{}\n", contacts::csv(10), contacts::phone_ending("0182"));
    let campaign = draft(&town.app, &csv, json!({ "retryRounds": 2 })).await?.id;
    act(&town.app, &campaign, "start").await?;
    town.live();
    while town.accepted().len() < 11 {
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
    tokio::time::sleep(Duration::from_secs(5)).await;
    // It may be complete by now: a cancel is refused then, and the failure opens it again.
    let cancelled = act(&town.app, &campaign, "cancel").await;
    tokio::time::sleep(Duration::from_secs(30 * 60)).await;
    let standing: wire::Campaign = call(&town.app, "GET", &format!("/v3/campaigns/{campaign}"), json!({})).await?;
    match cancelled {
        Ok(_) => assert_eq!((standing.totals.retry, standing.totals.failed), (0, 1), "{:?}", standing.totals),
        Err(_) => assert_eq!(standing.status, CampaignStatus::Processing, "{:?}", standing.totals),
    }
    Ok(())
}

/// Tells the webhook that WhatsApp failed the first attempt at this recipient.
async fn fails(stepped: &Stepped, campaign: &CampaignId, index: u64, code: u32) -> anyhow::Result<()> {
    let at = (stepped.app.clock.now_millis() / 1_000 + 1).to_string();
    let status = json!({
        "id": "wamid.test", "status": "failed", "timestamp": at,
        "biz_opaque_callback_data": format!("c={campaign};i={index};a=1"),
        "errors": [{ "code": code, "title": "refused" }],
    });
    tell(stepped, "messages", json!({ "statuses": [status] })).await
}

#[tokio::test]
async fn a_number_fails_for_all_whatever_its_first_campaign_does() -> anyhow::Result<()> {
    let stepped = Stepped::open().await?;
    let (first, _) = dispatched(&stepped, &contacts::csv(3), json!({})).await?;
    act(&stepped.app, &first, "pause").await?;
    act(&stepped.app, &first, "resume").await?;
    tick(&stepped.app).await?;
    send_all(&stepped).await?;
    assert_eq!(stepped.simulator.totals().accepted, 3);
    act(&stepped.app, &first, "pause").await?;
    while !stepped.take_now(&stepped.app.config.nudge_queue_url).await?.records.is_empty() {}
    let (second, jobs) = dispatched(&stepped, &contacts::csv(5), json!({})).await?;
    fails(&stepped, &first, 0, 131_048).await?;
    sender::handle(&stepped.app, jobs).await?;
    assert_eq!(stepped.simulator.totals().accepted, 3, "a number that may not send sent");
    let record = stepped.record(&second).await?;
    assert_eq!(record.status, CampaignStatus::Paused);
    assert!(record.status_reason.unwrap_or_default().contains("131048"));
    // Somebody saw to it: what WhatsApp says of older messages is no news.
    act(&stepped.app, &second, "resume").await?;
    fails(&stepped, &first, 1, 131_048).await?;
    tick(&stepped.app).await?;
    send_all(&stepped).await?;
    assert_eq!(stepped.simulator.totals().accepted, 8);
    Ok(())
}

#[tokio::test]
async fn a_late_failure_pauses_a_campaign_whose_plan_was_laid_anew_meanwhile() -> anyhow::Result<()> {
    let stepped = Stepped::open().await?;
    let (campaign, jobs) = dispatched(&stepped, &contacts::csv(5), json!({})).await?;
    sender::handle(&stepped.app, jobs).await?;
    let pace = json!({ "secondsBetweenMessages": 1 });
    let _: Value = call(&stepped.app, "PATCH", &format!("/v3/campaigns/{campaign}"), pace).await?;
    let before = stepped.record(&campaign).await?;
    assert!(before.anchor_at_micros / 1_000 > messages(&stepped, &before).await?[0].attempted_at);
    fails(&stepped, &campaign, 0, 132_015).await?;
    assert_eq!(stepped.record(&campaign).await?.status, CampaignStatus::Paused);
    Ok(())
}

#[tokio::test]
async fn a_deployment_that_cannot_send_costs_nobody_his_message() -> anyhow::Result<()> {
    let stepped = Stepped::open().await?;
    let (campaign, jobs) = dispatched(&stepped, &contacts::csv(5), json!({})).await?;
    let answer = sender::handle(&with_credentials(&stepped.app, Vec::clear), jobs).await?;
    assert!(answer.batch_item_failures.is_empty());
    let paused = stepped.record(&campaign).await?;
    assert_eq!(paused.status, CampaignStatus::Paused);
    assert!(paused.status_reason.unwrap_or_default().contains("not configured"));
    act(&stepped.app, &campaign, "resume").await?;
    tick(&stepped.app).await?;
    send_all(&stepped).await?;
    assert_eq!(stepped.simulator.totals().accepted, 5);
    Ok(())
}

/// All jobs that lie in the send queue now.
async fn jobs_now(stepped: &Stepped) -> anyhow::Result<SqsEvent> {
    let mut all = SqsEvent::default();
    loop {
        let jobs = stepped.take_now(&stepped.app.config.send_queue_url).await?;
        if jobs.records.is_empty() {
            return Ok(all);
        }
        all.records.extend(jobs.records);
    }
}

/// Looks at an empty queue, of five seconds each, after which nothing more comes.
const MOST_EMPTY: u32 = 8;

#[tokio::test]
async fn a_broken_sender_pauses_the_campaign_and_nobody_is_left_out() -> anyhow::Result<()> {
    const PEOPLE: usize = 450;
    let stepped = Stepped::open().await?;
    let (campaign, first) = dispatched(&stepped, &contacts::csv(PEOPLE), json!({})).await?;
    let mut dead = first;
    let mut minutes = 0;
    while stepped.record(&campaign).await?.status == CampaignStatus::Processing {
        minutes += 1;
        anyhow::ensure!(minutes <= 60, "still sending after an hour");
        for message in &dead.records {
            let send = stepped.app.sqs.send_message().queue_url(&stepped.app.config.send_dead_queue_url);
            send.message_body(message.body.clone().unwrap_or_default()).send().await?;
        }
        tick(&later(&stepped.app, minutes * 60)).await?;
        dead = jobs_now(&stepped).await?;
        count(&stepped).await?;
    }
    let paused = stepped.record(&campaign).await?;
    assert_eq!(paused.status, CampaignStatus::Paused, "after {minutes} minutes");
    assert!(paused.status_reason.clone().unwrap_or_default().contains("sender"), "{:?}", paused.status_reason);
    let taken = messages(&stepped, &paused).await?;
    assert!(taken.iter().all(|message| message.state != MessageState::Skipped), "people were left out");
    act(&stepped.app, &campaign, "resume").await?;
    tick(&stepped.app).await?;
    let late = later(&stepped.app, 600);
    let mut empty = 0;
    while stepped.simulator.totals().accepted < PEOPLE as u64 {
        // What found its number taken is back in the queue with a delay, of half a minute at most.
        let jobs = stepped.take(&stepped.app.config.send_queue_url).await?;
        empty = if jobs.records.is_empty() { empty + 1 } else { 0 };
        anyhow::ensure!(empty < MOST_EMPTY, "{} were sent", stepped.simulator.totals().accepted);
        sender::handle(&late, jobs).await?;
    }
    assert_eq!(stepped.simulator.totals().people_twice, 0);
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn an_offer_that_must_take_the_other_way_takes_it() -> anyhow::Result<()> {
    let simulator = Config { marketing_messages_onboarded: Switch::Off, ..number(20) };
    let mut town = Town::open(Faults::none(), simulator).await?;
    let offers = |read: &ChannelRecord| ChannelRecord { marketing_messages: true, ..read.clone() };
    let asked = json!({ "secondsBetweenMessages": 10 });
    let campaign = draft(&town.app, &contacts::csv(20), asked).await?.id;
    let record = town.record(&campaign).await?;
    channels::edit(&town.app, record.workspace_id, &record.channel_id, offers).await?;
    act(&town.app, &campaign, "start").await?;
    town.live_in_peace(std::slice::from_ref(&campaign), PATIENCE).await?;
    let arrivals = town.simulator.arrivals();
    assert_eq!((arrivals.len(), town.accepted().len()), (40, 20));
    Ok(())
}
