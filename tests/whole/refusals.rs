//! What WhatsApp refuses, slows, fails later or never answers: what the number, the campaign and the person get for it,
//! judged at the simulator under a paused clock.

use std::fmt::Write;
use std::time::Duration;

use anyhow::Context;
use campanile_tests::campaign::{act, call, draft};
use campanile_tests::contacts;
use campanile_tests::town::faults::Faults;
use campanile_tests::town::{Town, number};
use lambdas::storage::totals::{self, Scope};
use serde_json::json;
use simulator::{Arrival, Config, Delay, ErrorCode, Outcome, Storm};
use wire::{Campaign, CampaignId, CampaignStatus};

const PATIENCE: Duration = Duration::from_secs(4 * 60 * 60);
const DAY_MICROS: i64 = 86_400_000_000;

fn storm(code: u32, for_seconds: u64, retry_after_seconds: Option<u64>) -> Storm {
    Storm { after_ms: 0, for_ms: for_seconds * 1_000, per_mille: 200, code: ErrorCode(code), retry_after_seconds }
}

/// People whose numbers end in these digits, one in each of `count` area codes.
fn people_ending(digits: &str, count: usize) -> String {
    let areas = (2..=9).flat_map(|first| (0..100).map(move |rest| first * 100 + rest)).filter(|area| area % 100 != 11);
    areas.take(count).fold(String::new(), |mut text, area| {
        // Writing into a String cannot fail.
        writeln!(text, "Person {area},+1{area}555{digits}").unwrap_or_default();
        text
    })
}

/// Lives until the campaign pauses by itself; says why it did.
async fn until_it_pauses(town: &mut Town, campaign: &CampaignId) -> anyhow::Result<String> {
    town.live();
    for _ in 0..PATIENCE.as_secs() {
        tokio::time::sleep(Duration::from_secs(1)).await;
        let record = town.record(campaign).await?;
        if record.status == CampaignStatus::Paused {
            return record.status_reason.context("a pause without a reason");
        }
    }
    anyhow::bail!("it did not pause within {PATIENCE:?}")
}

/// How many of these came from one time to another (microseconds since 1970; without it).
fn within(arrivals: &[Arrival], from: i64, to: i64) -> usize {
    arrivals.iter().filter(|arrival| (from..to).contains(&arrival.at_micros)).count()
}

fn is_refused(arrival: &Arrival) -> bool {
    !matches!(arrival.outcome, Outcome::Accepted)
}

/// How long a fifth of the calls is refused, in seconds.
const STORMY_SECONDS: u64 = 600;

/// A campaign to so many people on a number of this rate while a fifth of its calls is refused with this code: all get
/// their message. What arrived, and when the refusals began (microseconds since 1970).
async fn through_ten_minutes(code: u32, rate: u32, people: usize) -> anyhow::Result<(Vec<Arrival>, i64)> {
    let stormy = Config { storms: vec![storm(code, STORMY_SECONDS, None)], ..number(rate) };
    let mut town = Town::open(Faults::none(), stormy).await?;
    let began = town.app.clock.now_micros();
    let campaign = draft(&town.app, &contacts::csv(people), json!({})).await?.id;
    act(&town.app, &campaign, "start").await?;
    town.live_in_peace(std::slice::from_ref(&campaign), PATIENCE).await?;
    let counted = totals::get(&town.app, &campaign, Scope::Campaign).await?.totals;
    let arrivals = town.simulator.arrivals();
    let refused = arrivals.iter().filter(|arrival| is_refused(arrival)).count();
    println!("{code}: {refused} refused of {}", arrivals.len());
    assert_eq!((counted.read + counted.delivered, counted.failed), (people as u64, 0), "{code}: {counted:?}");
    assert_eq!((arrivals.len() - refused, town.simulator.totals().people_twice), (people, 0), "{code}");
    assert!(refused > 0, "{code}: the storm hit nobody");
    Ok((arrivals, began))
}

#[tokio::test(start_paused = true)]
async fn ten_minutes_of_throttling_slow_the_number_to_what_it_can_keep_and_it_recovers() -> anyhow::Result<()> {
    const RATE: u32 = 5;
    const SECOND: i64 = 1_000_000;
    let (arrivals, began) = through_ten_minutes(130_429, RATE, 900).await?;
    let ended = began + STORMY_SECONDS as i64 * SECOND;
    // A cut takes half of the share s, a second gives a hundredth. With a fifth of the calls refused there are s cuts a
    // second: they take what it gives at s = 0.14, 0.7 messages a second. It never falls below a twentieth.
    let slowed = within(&arrivals, began + 60 * SECOND, ended);
    println!("{slowed} messages in the latter nine minutes of the storm");
    let nine_minutes = 540 * RATE as usize;
    assert!((nine_minutes / 20..nine_minutes / 4).contains(&slowed), "{slowed} messages of {nine_minutes}");
    // A hundredth more every second: the whole rate after 95 s at the latest.
    let recovered = within(&arrivals, ended + 110 * SECOND, ended + 130 * SECOND);
    println!("{recovered} messages in twenty seconds, 110 s after it");
    assert!(recovered >= 75, "{recovered} of 100 messages, 110 s after the storm");
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn ten_minutes_of_a_limit_or_of_maintenance_rest_the_number_and_nobody_fails() -> anyhow::Result<()> {
    for code in [80_007, 131_057] {
        let (arrivals, _) = through_ten_minutes(code, 5, 600).await?;
        let refused = arrivals.iter().find(|arrival| is_refused(arrival)).context("no refusal")?.at_micros;
        // The first rest is a minute; a permit that was granted before reaches over two seconds.
        let rested = within(&arrivals, refused + 2_500_000, refused + 59_000_000);
        assert_eq!(rested, 0, "{code}: {rested} messages left while the number was to rest");
    }
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn ten_minutes_of_limits_per_person_are_nobodys_failure_and_slow_nobody_else() -> anyhow::Result<()> {
    // At one a second the last leave when the storm ends.
    const PEOPLE: usize = 600;
    let (arrivals, began) = through_ten_minutes(131_056, 1, PEOPLE).await?;
    let during = within(&arrivals, began, began + STORMY_SECONDS as i64 * 1_000_000);
    assert!(during >= PEOPLE * 8 / 10, "{during} calls in {STORMY_SECONDS} s at one a second");
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn a_storm_that_refuses_everybody_costs_nobody_his_message() -> anyhow::Result<()> {
    for code in [131_056, 80_007, 131_057] {
        let total = Storm { after_ms: 2_000, per_mille: 1_000, ..storm(code, 20, None) };
        let mut town = Town::open(Faults::none(), Config { storms: vec![total], ..number(40) }).await?;
        let campaign = draft(&town.app, &contacts::csv(300), json!({})).await?.id;
        act(&town.app, &campaign, "start").await?;
        town.live_in_peace(std::slice::from_ref(&campaign), PATIENCE).await?;
        let counted = totals::get(&town.app, &campaign, Scope::Campaign).await?.totals;
        let refused = town.simulator.arrivals().len() - town.accepted().len();
        println!("{code}: {refused} refused");
        assert_eq!((counted.read + counted.delivered, counted.failed), (300, 0), "{code}: {counted:?}");
        assert_eq!((town.accepted().len(), town.simulator.totals().people_twice), (300, 0), "{code}");
        assert!(refused > 0, "{code}: the storm hit nobody");
    }
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn a_number_that_is_refused_everything_for_a_while_slows_down_and_recovers_wholly() -> anyhow::Result<()> {
    const PEOPLE: usize = 2_000;
    let total = Storm { after_ms: 5_000, per_mille: 1_000, ..storm(130_429, 20, None) };
    let mut town = Town::open(Faults::none(), Config { storms: vec![total], ..number(20) }).await?;
    let campaign = draft(&town.app, &contacts::csv(PEOPLE), json!({})).await?.id;
    act(&town.app, &campaign, "start").await?;
    town.live_in_peace(std::slice::from_ref(&campaign), PATIENCE).await?;
    let counted = totals::get(&town.app, &campaign, Scope::Campaign).await?.totals;
    assert_eq!((counted.read + counted.delivered, counted.failed), (PEOPLE as u64, 0), "{counted:?}");
    assert_eq!((town.accepted().len(), town.simulator.totals().people_twice), (PEOPLE, 0));
    let arrivals = town.simulator.arrivals();
    let refused = arrivals.iter().filter(|arrival| !matches!(arrival.outcome, Outcome::Accepted));
    let first = refused.map(|arrival| arrival.at_micros).min().context("no refusal")?;
    let within = |from: i64, to: i64| {
        let inside = |at: i64| (first + from * 1_000_000..first + to * 1_000_000).contains(&at);
        arrivals.iter().filter(|arrival| inside(arrival.at_micros)).count()
    };
    // A twentieth of its rate at the worst, then a hundredth more every second.
    let (slowed, recovered) = (within(10, 20), within(120, 140));
    println!("{slowed} messages in the last ten seconds of the storm, {recovered} in twenty 100 s after it");
    assert!(slowed <= 50, "{slowed} messages within ten seconds of a storm that takes none");
    assert!(recovered >= 300, "{recovered} messages within twenty seconds, 100 s after the storm");
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn a_throttled_number_has_half_its_rate_within_a_second_and_recovers() -> anyhow::Result<()> {
    let burst = Storm { after_ms: 5_000, for_ms: 1_000, per_mille: 1_000, ..storm(130_429, 0, None) };
    let mut town = Town::open(Faults::none(), Config { storms: vec![burst], ..number(20) }).await?;
    let campaign = draft(&town.app, &contacts::csv(1_400), json!({})).await?.id;
    act(&town.app, &campaign, "start").await?;
    town.live_in_peace(&[campaign], PATIENCE).await?;
    let arrivals = town.simulator.arrivals();
    let first = arrivals.iter().find(|arrival| !matches!(arrival.outcome, Outcome::Accepted)).context("no refusal")?;
    let within = |from: i64, to: i64| {
        let inside = |at: i64| (first.at_micros + from..first.at_micros + to).contains(&at);
        arrivals.iter().filter(|arrival| inside(arrival.at_micros)).count()
    };
    let (slowed, recovered) = (within(1_500_000, 2_500_000), within(60_000_000, 61_000_000));
    println!("{slowed} messages in a second after the refusals, {recovered} a minute later");
    // Half of 20 and one or two hundredths more, at 98 of 100 slots: ten, but for the second's ends and a permit's.
    assert!((8..=12).contains(&slowed), "{slowed} messages in the second after a second of refusals");
    assert!(recovered >= 18, "{recovered} messages in a second a minute later");
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn retry_after_is_waited_for_by_the_whole_number() -> anyhow::Result<()> {
    let once = Storm { after_ms: 0, for_ms: 300, per_mille: 1_000, ..storm(130_429, 0, Some(40)) };
    let mut town = Town::open(Faults::none(), Config { storms: vec![once], ..number(80) }).await?;
    let campaign = draft(&town.app, &contacts::csv(300), json!({})).await?.id;
    act(&town.app, &campaign, "start").await?;
    town.live_in_peace(&[campaign], PATIENCE).await?;
    let arrivals = town.simulator.arrivals();
    let refused =
        arrivals.iter().find(|arrival| !matches!(arrival.outcome, Outcome::Accepted)).context("no refusal")?;
    let early = |at: i64| (refused.at_micros + 2_500_000..refused.at_micros + 39_000_000).contains(&at);
    let came_early = arrivals.iter().filter(|arrival| early(arrival.at_micros)).count();
    assert_eq!(came_early, 0, "{came_early} messages left although WhatsApp asked for 40 s of rest");
    assert_eq!(town.accepted().len(), 300);
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn a_person_who_got_enough_is_tried_again_a_day_later_and_completed_hides_nothing() -> anyhow::Result<()> {
    let mut town = Town::open(Faults::none(), number(80)).await?;
    let csv = format!("{}{}", contacts::csv(10), people_ending("0182", 2));
    let campaign = draft(&town.app, &csv, json!({ "retryRounds": 2 })).await?.id;
    act(&town.app, &campaign, "start").await?;
    town.live();
    tokio::time::sleep(Duration::from_secs(4 * 24 * 60 * 60)).await;
    let arrivals = town.simulator.arrivals();
    let mut tries: Vec<i64> =
        arrivals.iter().filter(|arrival| arrival.to.ends_with("2005550182")).map(|arrival| arrival.at_micros).collect();
    tries.sort_unstable();
    assert_eq!(tries.len(), 3, "{tries:?}");
    assert!(tries[1] - tries[0] >= DAY_MICROS && tries[2] - tries[1] >= 2 * DAY_MICROS, "{tries:?}");
    assert!(tries[1] - tries[0] < DAY_MICROS + 2 * 3_600_000_000, "{tries:?}");
    let counted = totals::get(&town.app, &campaign, Scope::Campaign).await?.totals;
    assert_eq!((counted.read + counted.delivered, counted.failed, counted.retry), (10, 2, 0), "{counted:?}");
    assert_eq!(counted.failed_by_code.get(&131_049), Some(&2));
    let path = format!("/v3/campaigns/{campaign}/recount");
    let recount: serde_json::Value = call(&town.app, "POST", &path, json!({})).await?;
    assert_eq!(recount["agree"], true, "{recount}");
    assert_eq!(town.record(&campaign).await?.status, CampaignStatus::Completed);
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn who_stopped_marketing_gets_nothing_of_the_next_campaign() -> anyhow::Result<()> {
    let mut town = Town::open(Faults::none(), number(80)).await?;
    let csv = format!("{}{}", contacts::csv(3), people_ending("0183", 1));
    // Both lists are imported before he says so: later ones leave him out themselves.
    let campaigns = [draft(&town.app, &csv, json!({})).await?.id, draft(&town.app, &csv, json!({})).await?.id];
    for (campaign, expected) in campaigns.into_iter().zip([(4, 0), (3, 1)]) {
        let before = town.simulator.arrivals().len();
        act(&town.app, &campaign, "start").await?;
        town.live_in_peace(std::slice::from_ref(&campaign), PATIENCE).await?;
        let counted = totals::get(&town.app, &campaign, Scope::Campaign).await?.totals;
        let arrived = u64::try_from(town.simulator.arrivals().len() - before)?;
        assert_eq!((arrived, counted.skipped), expected, "{counted:?}");
    }
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn a_bad_list_pauses_its_campaign_once_with_the_numbers() -> anyhow::Result<()> {
    let mut town = Town::open(Faults::none(), number(80)).await?;
    let ordinary: Vec<String> = contacts::csv(280).lines().map(str::to_owned).collect();
    let (first, last) = ordinary.split_at(181);
    let csv = format!("{}\n{}{}\n", first.join("\n"), people_ending("0180", 25), last.join("\n"));
    let campaign = draft(&town.app, &csv, json!({})).await?.id;
    act(&town.app, &campaign, "start").await?;
    let reason = until_it_pauses(&mut town, &campaign).await?;
    assert!(reason.contains("of the latest 200 people could not be reached"), "{reason}");
    act(&town.app, &campaign, "resume").await?;
    town.live_in_peace(std::slice::from_ref(&campaign), PATIENCE).await?;
    let counted = totals::get(&town.app, &campaign, Scope::Campaign).await?.totals;
    assert_eq!((counted.failed, counted.settled()), (25, 305), "{counted:?}");
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn a_template_that_is_paused_under_held_messages_pauses_the_campaign_and_sends_nothing_again()
-> anyhow::Result<()> {
    let mut town = Town::open(Faults::none(), number(20)).await?;
    let ordinary = contacts::csv(400);
    let csv = format!("{}{}", people_ending("0194", 40), ordinary.trim_start_matches("name,phone\n"));
    let campaign = draft(&town.app, &format!("name,phone\n{csv}"), json!({})).await?.id;
    act(&town.app, &campaign, "start").await?;
    let reason = until_it_pauses(&mut town, &campaign).await?;
    assert!(reason.contains("132015"), "{reason}");
    tokio::time::sleep(Duration::from_secs(600)).await;
    assert_eq!(town.record(&campaign).await?.status, CampaignStatus::Paused);
    let arrivals = town.simulator.arrivals();
    let mut people: Vec<&str> = arrivals.iter().map(|arrival| arrival.to.as_str()).collect();
    people.sort_unstable();
    people.dedup();
    assert_eq!(people.len(), arrivals.len(), "somebody was sent to twice");
    assert!(arrivals.len() < 440, "all {} were sent in spite of the pause", arrivals.len());
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn held_messages_are_shown_as_held_and_never_counted_as_sent() -> anyhow::Result<()> {
    let much_later = Delay::between(600_000, 610_000);
    let simulator = Config { sent_delay: much_later, delivered_delay: much_later, ..number(20) };
    let mut town = Town::open(Faults::none(), simulator).await?;
    // All are held; two in five are dropped in the end.
    let csv = format!("name,phone\n{}{}", people_ending("0193", 60), people_ending("0194", 40));
    let campaign = draft(&town.app, &csv, json!({})).await?.id;
    act(&town.app, &campaign, "start").await?;
    town.live();
    let shown = async |town: &Town| -> anyhow::Result<Campaign> {
        call(&town.app, "GET", &format!("/v3/campaigns/{campaign}"), json!({})).await
    };
    tokio::time::sleep(Duration::from_secs(120)).await;
    let held = shown(&town).await?;
    assert_eq!(town.accepted().len(), 100, "all have left");
    assert_eq!((held.totals.held, held.totals.accepted, held.totals.sent), (100, 0, 0), "{:?}", held.totals);
    let of_chunks: u64 = held.result_counts.by_chunk_id.values().map(|chunk| chunk.sent).sum();
    assert_eq!((held.result_counts.sent, of_chunks), (0, 0), "{:?}", held.result_counts);
    tokio::time::sleep(Duration::from_secs(60 * 60)).await;
    let told = shown(&town).await?;
    assert_eq!((told.totals.held, told.totals.delivered, told.totals.failed), (0, 60, 40), "{:?}", told.totals);
    assert_eq!((told.result_counts.sent, told.result_counts.received), (60, 60), "{:?}", told.result_counts);
    let counted = totals::get(&town.app, &campaign, Scope::Campaign).await?.totals;
    assert_eq!(counted.failed_by_code.get(&132_015), Some(&40), "{counted:?}");
    assert_eq!(town.simulator.arrivals().len(), 100, "nobody is sent to again");
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn what_passes_by_itself_pauses_the_campaign_for_a_while_only() -> anyhow::Result<()> {
    const MINUTE_MICROS: i64 = 60_000_000;
    for (code, minutes) in [(134_101, 10), (132_069, 60)] {
        let not_yet = Storm { after_ms: 0, for_ms: 300_000, per_mille: 1_000, ..storm(code, 0, None) };
        let mut town = Town::open(Faults::none(), Config { storms: vec![not_yet], ..number(20) }).await?;
        let campaign = draft(&town.app, &contacts::csv(50), json!({})).await?.id;
        act(&town.app, &campaign, "start").await?;
        let reason = until_it_pauses(&mut town, &campaign).await?;
        assert!(reason.ends_with(&format!("by itself in {minutes} minutes.")), "{reason}");
        town.live_in_peace(std::slice::from_ref(&campaign), PATIENCE).await?;
        let arrivals = town.simulator.arrivals();
        let at = |arrivals: Vec<&Arrival>| arrivals.first().map(|arrival| arrival.at_micros);
        let (taken, refused): (Vec<_>, Vec<_>) =
            arrivals.iter().partition(|arrival| matches!(arrival.outcome, Outcome::Accepted));
        assert_eq!(taken.len(), 50, "{code}");
        let waited = at(taken).context("nothing was taken")? - at(refused).context("nothing was refused")?;
        let (least, most) = (minutes * MINUTE_MICROS, (minutes + 3) * MINUTE_MICROS);
        assert!((least..most).contains(&waited), "{code}: it went on after {} s", waited / 1_000_000);
        let record = town.record(&campaign).await?;
        assert_eq!((record.upkeep.resumes_at, record.upkeep.resumed_by_itself), (None, 1));
    }
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn a_person_who_is_faster_than_the_pause_is_obeyed() -> anyhow::Result<()> {
    let not_yet = Storm { after_ms: 0, for_ms: 30_000, per_mille: 1_000, ..storm(134_101, 0, None) };
    for action in ["resume", "cancel", "pause"] {
        let mut town = Town::open(Faults::none(), Config { storms: vec![not_yet], ..number(20) }).await?;
        let campaign = draft(&town.app, &contacts::csv(50), json!({})).await?.id;
        act(&town.app, &campaign, "start").await?;
        until_it_pauses(&mut town, &campaign).await?;
        tokio::time::sleep(Duration::from_secs(60)).await;
        act(&town.app, &campaign, action).await?;
        tokio::time::sleep(Duration::from_secs(20 * 60)).await;
        let record = town.record(&campaign).await?;
        let (status, sent) = match action {
            "resume" => (CampaignStatus::Completed, 50),
            "pause" => (CampaignStatus::Paused, 0),
            _ => (CampaignStatus::Cancelled, 0),
        };
        assert_eq!((record.status, town.accepted().len()), (status, sent), "{action}");
        assert_eq!((record.upkeep.resumes_at, record.upkeep.resumed_by_itself), (None, 0));
    }
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn a_country_that_the_account_may_not_write_to_is_asked_once_and_skipped() -> anyhow::Result<()> {
    // The first message meets the refusal; it goes to Brazil.
    let once = Storm { after_ms: 0, for_ms: 900, per_mille: 1_000, ..storm(130_497, 0, None) };
    let mut town = Town::open(Faults::none(), Config { storms: vec![once], ..number(80) }).await?;
    let brazil = (0..40).fold(String::new(), |mut text, person| {
        writeln!(text, "Person {person},+55119876543{person:02}").unwrap_or_default();
        text
    });
    let csv = format!("name,phone\n{brazil}{}", people_ending("0100", 20));
    let campaign = draft(&town.app, &csv, json!({ "secondsBetweenMessages": 10 })).await?.id;
    act(&town.app, &campaign, "start").await?;
    town.live_in_peace(std::slice::from_ref(&campaign), PATIENCE).await?;
    let counted = totals::get(&town.app, &campaign, Scope::Campaign).await?.totals;
    let refused = town.simulator.arrivals().len() - town.accepted().len();
    assert_eq!((refused, town.accepted().len(), counted.failed, counted.skipped), (1, 20, 1, 39), "{counted:?}");
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn a_number_that_cannot_send_stops_every_campaign_until_somebody_resumes() -> anyhow::Result<()> {
    let locked = Storm { after_ms: 0, for_ms: 30_000, per_mille: 1_000, ..storm(131_031, 0, None) };
    let mut town = Town::open(Faults::none(), Config { storms: vec![locked], ..number(20) }).await?;
    let mut campaigns = Vec::new();
    for _ in 0..2 {
        let campaign = draft(&town.app, &contacts::csv(50), json!({})).await?.id;
        act(&town.app, &campaign, "start").await?;
        campaigns.push(campaign);
    }
    for campaign in &campaigns {
        let reason = until_it_pauses(&mut town, campaign).await?;
        assert!(reason.contains("131031") && reason.contains("locked"), "{reason}");
    }
    let refused = town.simulator.arrivals().len();
    tokio::time::sleep(Duration::from_secs(60)).await;
    assert_eq!(town.simulator.arrivals().len(), refused, "messages left a number that cannot send");
    for campaign in &campaigns {
        act(&town.app, campaign, "resume").await?;
    }
    town.live_in_peace(&campaigns, PATIENCE).await?;
    assert_eq!(town.accepted().len(), 100);
    Ok(())
}

/// How long the breaker stays open before one message probes, in microseconds.
const OPEN_MICROS: i64 = 30_000_000;

/// A job that finds its number resting comes again when the rest is over, and later by this at most, in microseconds.
const LATEST_PROBE_MICROS: i64 = 5_000_000;

/// The breaker opens within this time after the first message without a clear answer, in microseconds.
const OPENING_MICROS: i64 = 20_000_000;

/// The gaps after the messages that left before the breaker was open, of which there may be `most`, in microseconds.
/// The first is from the last of them to the first probe.
fn gaps_once_open(unclear: &[Arrival], most: usize) -> anyhow::Result<Vec<i64>> {
    let began = unclear.first().context("every answer was clear")?.at_micros;
    let opening = within(unclear, began, began + OPENING_MICROS);
    println!("{opening} messages left before the breaker was open");
    assert!((5..=most).contains(&opening), "{opening} messages left before the breaker was open");
    Ok(unclear[opening - 1..].windows(2).map(|pair| pair[1].at_micros - pair[0].at_micros).collect())
}

#[tokio::test(start_paused = true)]
async fn five_unclear_answers_stop_the_number_and_one_message_probes_after_each_half_minute() -> anyhow::Result<()> {
    const PEOPLE: usize = 300;
    // As long as four slots: what did not wait for a probe's answer would be there before it.
    const ANSWER_MS: u64 = 200;
    // HTTP 503 without proof that nothing was sent.
    let unclear = Storm { after_ms: 5_000, per_mille: 1_000, ..storm(ErrorCode::OVERLOADED.0, 90, None) };
    let simulator = Config { storms: vec![unclear], answer_delay_ms: ANSWER_MS, ..number(20) };
    let mut town = Town::open(Faults::none(), simulator).await?;
    let campaign = draft(&town.app, &contacts::csv(PEOPLE), json!({})).await?.id;
    act(&town.app, &campaign, "start").await?;
    town.live_in_peace(std::slice::from_ref(&campaign), PATIENCE).await?;
    let arrivals = town.simulator.arrivals();
    let first = arrivals.iter().position(is_refused).context("the storm hit nobody")?;
    let answered = arrivals.iter().rposition(is_refused).context("the storm hit nobody")? + 1;
    // Up to the probe that is answered. Before the breaker opens five leave, four until the fifth is answered, and what
    // has a permit by then: two seconds of 20 at most.
    let gaps = gaps_once_open(arrivals.get(first..=answered).context("nobody was left")?, 49)?;
    println!("from probe to probe: {gaps:?} µs");
    assert!(gaps.len() >= 2, "90 s have room for a probe in vain: {gaps:?}");
    let probed = OPEN_MICROS..OPEN_MICROS + LATEST_PROBE_MICROS;
    assert!(gaps.iter().all(|gap| probed.contains(gap)), "one message a probe: {gaps:?}");
    let after = arrivals.get(answered + 1).context("nothing left after the storm")?;
    let waited = after.at_micros - arrivals[answered].at_micros;
    assert!(waited >= ANSWER_MS as i64 * 1_000, "a message left {waited} µs after the last probe, before its answer");
    let unknown = arrivals.iter().filter(|arrival| is_refused(arrival)).count();
    let counted = totals::get(&town.app, &campaign, Scope::Campaign).await?.totals;
    let outcomes = (counted.read + counted.delivered, counted.unknown, counted.failed);
    assert_eq!(outcomes, ((PEOPLE - unknown) as u64, unknown as u64, 0), "{counted:?}");
    assert_eq!((arrivals.len(), town.simulator.totals().people_twice), (PEOPLE, 0), "nobody of those is tried again");
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn without_any_answer_tens_leave_and_then_one_message_asks_after_each_half_minute() -> anyhow::Result<()> {
    let mut town = Town::open(Faults::none(), number(20)).await?;
    // Everybody is taken, and nobody gets an answer: the worst kind, as every message may have been sent.
    let csv = format!("name,phone\n{}", people_ending("0188", 400));
    let campaign = draft(&town.app, &csv, json!({})).await?.id;
    act(&town.app, &campaign, "start").await?;
    town.live();
    tokio::time::sleep(Duration::from_secs(360)).await;
    let arrivals = town.simulator.arrivals();
    println!("{} of 400 left within six minutes without a single answer, at 20 a second", arrivals.len());
    // Two seconds until the number is in doubt, and two for which there are permits by then.
    let gaps = gaps_once_open(&arrivals, 80)?;
    println!("from probe to probe: {gaps:?} µs");
    assert!(gaps.len() >= 3, "six minutes have room for more probes: {gaps:?}");
    assert!(gaps.iter().all(|gap| *gap >= OPEN_MICROS), "one message a probe: {gaps:?}");
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn who_could_not_be_reached_in_three_campaigns_gets_nothing_of_the_fourth() -> anyhow::Result<()> {
    let mut town = Town::open(Faults::none(), number(80)).await?;
    // One is refused at once, the other fails afterwards.
    let csv = format!("{}{}{}", contacts::csv(3), people_ending("0180", 1), people_ending("0181", 1));
    let mut campaigns = Vec::new();
    for _ in 0..4 {
        campaigns.push(draft(&town.app, &csv, json!({})).await?.id);
    }
    for (campaign, expected) in campaigns.into_iter().zip([(5, 0), (5, 0), (5, 0), (3, 2)]) {
        let before = town.simulator.arrivals().len();
        act(&town.app, &campaign, "start").await?;
        town.live_in_peace(std::slice::from_ref(&campaign), PATIENCE).await?;
        let counted = totals::get(&town.app, &campaign, Scope::Campaign).await?.totals;
        let arrived = u64::try_from(town.simulator.arrivals().len() - before)?;
        assert_eq!((arrived, counted.skipped), expected, "{counted:?}");
    }
    Ok(())
}
