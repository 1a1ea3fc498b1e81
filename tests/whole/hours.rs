//! Hours, nights and days, judged at the simulator under a paused clock: nothing leaves outside its window, waits have
//! their reasons, and the finish was foretold.

use std::time::Duration;

use anyhow::Context;
use campaigns::hours::BusinessHours;
use campaigns::job::CallbackData;
use campaigns::zone::Zone;
use campanile_tests::campaign::{act, call, draft};
use campanile_tests::contacts;
use campanile_tests::town::faults::Faults;
use campanile_tests::town::{Town, number};
use chrono::{DateTime, Utc};
use lambdas::storage::{campaigns as campaign_store, messages};
use local::whatsapp::WORKSPACE;
use serde_json::{Value, json};
use simulator::Arrival;
use wire::{Campaign, CampaignId, WaitReason};

/// Longer than any campaign here.
const DAYS: i64 = 20;
const SECOND: i64 = 1_000_000;

fn seconds(text: &str) -> anyhow::Result<i64> {
    Ok(DateTime::parse_from_rfc3339(text)?.timestamp())
}

fn shown(micros: i64) -> String {
    DateTime::<Utc>::from_timestamp_micros(micros).unwrap_or_default().format("%m-%dT%H:%M:%S%.3f").to_string()
}

/// A campaign that was run to its end: what was foretold at its start, and when its messages arrived.
struct Run {
    foretold: i64,
    arrived: Vec<i64>,
    /// Why each left later than its pace asks for, as is written down with it.
    waited: Vec<Option<WaitReason>>,
    /// Its longer waits: how long, and why, as it said itself.
    waits: Vec<(i64, WaitReason)>,
}

async fn run(starts_at: &str, people: usize, asked: &Value) -> anyhow::Result<Run> {
    let mut town = Town::open_at(Faults::none(), number(80), seconds(starts_at)?).await?;
    let campaign = draft(&town.app, &contacts::csv(people), asked.clone()).await?.id;
    let started = act(&town.app, &campaign, "start").await?;
    let foretold = started.finished_at_prediction.context("no finish")?.timestamp_micros();
    let mut waits = Vec::new();
    let watch = async |town: &Town| {
        let now = town.app.clock.now_micros();
        let record = campaign_store::get(&town.app, WORKSPACE, &campaign).await?.context("the campaign is gone")?;
        let wait = record.cursor_due_at_micros - now;
        if wait > 3_600 * SECOND {
            let reason = get(town, &campaign).await?.waiting_for.context("it waits for nothing")?;
            waits.push((wait, reason));
        }
        Ok(())
    };
    town.live_for_days(&campaign, DAYS, watch).await?;
    let accepted = town.accepted();
    let arrived: Vec<i64> = accepted.iter().map(|arrival| arrival.at_micros).collect();
    assert_eq!(arrived.len(), people);
    let records = messages::range(&town.app, &campaign, 0, people as u64 - 1).await?;
    let waited_for = |arrival: &Arrival| {
        let callback = arrival.callback_data.as_deref().and_then(CallbackData::parse).context("no callback data")?;
        anyhow::Ok(records.get(callback.index as usize).context("no record")?.waited_for)
    };
    let waited = accepted.iter().map(waited_for).collect::<Result<_, _>>()?;
    Ok(Run { foretold, arrived, waited, waits })
}

async fn get(town: &Town, campaign: &CampaignId) -> anyhow::Result<Campaign> {
    call(&town.app, "GET", &format!("/v3/campaigns/{campaign}"), json!({})).await
}

fn hours(asked: &Value) -> anyhow::Result<BusinessHours> {
    Ok(serde_json::from_value(asked["businessHours"].clone())?)
}

/// Every arrival lies in the hours; no gap is under the minimum; one over the maximum is a chunk's or leads from one
/// stretch of open hours into the next, and begins at once there.
fn assert_paced(run: &Run, asked: &Value) -> anyhow::Result<()> {
    let hours = hours(asked)?;
    let wish = |field: &str| (asked[field].as_f64().unwrap_or(f64::NAN) * 1e6) as i64;
    let (min, max) = (wish("minSecondsBetweenMessages"), wish("maxSecondsBetweenMessages"));
    let (chunk, size) = (wish("secondsBetweenChunks"), asked["chunkSize"].as_u64().context("no chunk size")? as usize);
    for at in &run.arrived {
        assert!(hours.is_open(*at), "{} lies outside the hours", shown(*at));
    }
    for (place, pair) in run.arrived.windows(2).enumerate() {
        let (gap, open) = (pair[1] - pair[0], hours.open_at(pair[1]));
        assert!(gap >= min, "a gap of {gap} µs at {}", shown(pair[0]));
        let most = if (place + 1).is_multiple_of(size) { max.max(chunk) } else { max } + SECOND / 2;
        if gap > most {
            assert!(pair[0] < open.from, "a gap of {gap} µs at {}", shown(pair[0]));
            let reason = run.waited[place + 1];
            assert_eq!(reason, Some(WaitReason::Window), "a gap of {gap} µs at {}", shown(pair[0]));
            let asleep = open.from - SECOND..=open.from + most;
            assert!(asleep.contains(&pair[1]), "{} is long after {}", shown(pair[1]), shown(open.from));
        } else {
            assert_eq!(run.waited[place + 1], None, "a reason for a gap of {gap} µs at {}", shown(pair[0]));
        }
    }
    Ok(())
}

fn assert_foretold(run: &Run) {
    let (first, last) = (run.arrived[0], run.arrived[run.arrived.len() - 1]);
    let off = (run.foretold - last).abs() as f64 / (last - first) as f64;
    println!("foretold {}, ended {}: {:.3} % off", shown(run.foretold), shown(last), off * 100.0);
    assert!(off < 0.05, "foretold {}, ended {}", shown(run.foretold), shown(last));
}

#[tokio::test(start_paused = true)]
async fn office_hours_in_sao_paulo_hold_over_days_and_a_weekend() -> anyhow::Result<()> {
    let asked = json!({
        "chunkSize": 7, "secondsBetweenChunks": 1_800,
        "minSecondsBetweenMessages": 120, "maxSecondsBetweenMessages": 420,
        "businessHours": { "days": ["mon", "tue", "wed", "thu", "fri"], "from": "09:00", "to": "18:00", "timeZone": "America/Sao_Paulo" },
    });
    // A Friday, 15:00 in São Paulo.
    let run = run("2026-11-27T18:00:00Z", 160, &asked).await?;
    assert_paced(&run, &asked)?;
    assert_foretold(&run);
    let nights = run.arrived.windows(2).filter(|pair| pair[1] - pair[0] > 3 * 3_600 * SECOND).count();
    assert!(nights >= 2, "it takes a weekend and a night, {nights} waits");
    assert!(run.waits.len() >= 2, "{:?}", run.waits);
    assert!(run.waits.iter().all(|(_, reason)| *reason == WaitReason::Window), "{:?}", run.waits);
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn nights_on_which_clocks_change_in_lisbon_send_within_the_hours() -> anyhow::Result<()> {
    for (starts_at, from, to) in [
        // The clock is put back from 02:00 to 01:00 at 01:00 UTC.
        ("2026-10-24T22:00:00Z", "00:15", "01:30"),
        ("2026-10-24T22:00:00Z", "01:30", "03:00"),
        // It is put forward from 01:00 to 02:00 at 01:00 UTC.
        ("2027-03-27T22:00:00Z", "00:15", "01:30"),
        ("2027-03-27T22:00:00Z", "01:30", "03:00"),
    ] {
        let asked = json!({
            "chunkSize": 10, "secondsBetweenChunks": 300,
            "minSecondsBetweenMessages": 60, "maxSecondsBetweenMessages": 120,
            "businessHours": { "days": ["sat", "sun", "mon", "tue"], "from": from, "to": to, "timeZone": "Europe/Lisbon" },
        });
        let run = run(starts_at, 80, &asked).await?;
        assert_paced(&run, &asked)?;
        assert_foretold(&run);
    }
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn an_audience_over_days_sends_no_more_than_its_part_a_day() -> anyhow::Result<()> {
    let asked = json!({
        "chunkSize": 100, "secondsBetweenMessages": 30, "durationDays": 4,
        "businessHours": { "days": ["mon", "tue", "thu", "fri"], "from": "10:00", "to": "12:00", "timeZone": "Europe/Lisbon" },
    });
    let run = run("2026-11-23T11:00:00Z", 90, &asked).await?;
    let zone = Zone::parse("Europe/Lisbon")?;
    let mut by_day = std::collections::BTreeMap::<String, usize>::new();
    for at in &run.arrived {
        *by_day.entry(zone.date_at(*at).format("%a").to_string()).or_default() += 1;
    }
    assert_eq!(
        by_day,
        [("Mon", 22), ("Tue", 23), ("Thu", 22), ("Fri", 23)].map(|(day, sent)| (day.to_owned(), sent)).into()
    );
    assert_foretold(&run);
    assert!(run.waits.iter().any(|(_, reason)| *reason == WaitReason::Duration));
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn senders_that_come_too_late_leave_the_rest_for_the_morning() -> anyhow::Result<()> {
    let asked = json!({
        "chunkSize": 1_000, "secondsBetweenChunks": 0, "minSecondsBetweenMessages": 1, "maxSecondsBetweenMessages": 1,
        "businessHours": { "days": ["mon", "tue"], "from": "03:00", "to": "24:00", "timeZone": "America/Sao_Paulo" },
    });
    let mut town = Town::open_at(Faults::none(), number(80), seconds("2026-11-24T02:58:00Z")?).await?;
    let campaign = draft(&town.app, &contacts::csv(200), asked.clone()).await?.id;
    act(&town.app, &campaign, "start").await?;
    town.live();
    tokio::time::sleep(Duration::from_secs(60)).await;
    // Everything is down until just before the hours close, and again until they have closed.
    town.die();
    tokio::time::sleep(Duration::from_secs(50)).await;
    town.live();
    tokio::time::sleep(Duration::from_secs(6)).await;
    town.die();
    tokio::time::sleep(Duration::from_secs(30)).await;
    town.live_for_days(&campaign, DAYS, async |_: &Town| Ok(())).await?;
    let arrived: Vec<i64> = town.accepted().iter().map(|arrival| arrival.at_micros).collect();
    assert_eq!(arrived.len(), 200);
    let office = hours(&asked)?;
    for at in &arrived {
        assert!(office.is_open(*at), "{} lies outside the hours", shown(*at));
    }
    assert!(arrived.windows(2).all(|pair| pair[1] - pair[0] >= SECOND));
    let morning = seconds("2026-11-24T06:00:00Z")? * SECOND;
    let (evening, rest): (Vec<i64>, Vec<i64>) = arrived.into_iter().partition(|at| *at < morning);
    assert!(evening.len() > 50 && rest.len() > 50, "{} in the evening", evening.len());
    assert!(rest[0] < morning + 5 * SECOND, "the morning begins at {}", shown(rest[0]));
    assert!(rest[rest.len() - 1] - rest[0] < 10 * 60 * SECOND);
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn nobody_is_written_to_at_night() -> anyhow::Result<()> {
    let mut town = Town::open_at(Faults::none(), number(80), seconds("2026-11-23T20:00:00Z")?).await?;
    let csv = "name,phone\nAcre,+5568987654321\nSão Paulo,+5511987654321\nLisboa,+351912345678\nTokyo,+819012345678\n";
    let asked = json!({
        "secondsBetweenMessages": 1, "quietHours": { "from": "21:00", "to": "08:00" },
        "businessHours": { "days": ["mon", "tue", "wed"], "from": "09:00", "to": "18:00", "timeZone": "America/Sao_Paulo" },
    });
    let campaign = draft(&town.app, csv, asked).await?.id;
    act(&town.app, &campaign, "start").await?;
    town.live_for_days(&campaign, DAYS, async |_: &Town| Ok(())).await?;
    let arrived: Vec<(String, String)> =
        town.accepted().iter().map(|arrival| (arrival.to.clone(), shown(arrival.at_micros)[..11].to_owned())).collect();
    // Two are awake at 17:00 in São Paulo; in Lisbon it is 20:00. Tokyo sleeps during the whole of these hours.
    let expected =
        [("5568987654321", "11-23T20:00"), ("5511987654321", "11-23T20:00"), ("351912345678", "11-23T20:00")];
    assert_eq!(arrived, expected.map(|(to, at)| (to.to_owned(), at.to_owned())));
    let shown = get(&town, &campaign).await?;
    assert_eq!((shown.totals.skipped, shown.totals.untouched), (1, 0));
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn who_sleeps_gets_the_message_in_the_morning_of_their_own_clock() -> anyhow::Result<()> {
    let mut town = Town::open_at(Faults::none(), number(80), seconds("2026-11-24T08:00:00Z")?).await?;
    let csv = "name,phone\nSão Paulo,+5511987654321\nLisboa,+351912345678\nTokyo,+819012345678\n";
    let asked = json!({ "secondsBetweenMessages": 1, "quietHours": { "from": "21:00", "to": "08:00" } });
    let campaign = draft(&town.app, csv, asked).await?.id;
    act(&town.app, &campaign, "start").await?;
    let predicted = get(&town, &campaign).await?.finished_at_prediction.map(|at| at.timestamp());
    assert_eq!(predicted, Some(seconds("2026-11-24T11:00:00Z")?), "the last one's morning is foreseen");
    town.live_for_days(&campaign, DAYS, async |_: &Town| Ok(())).await?;
    let mut arrived: Vec<(i64, String)> =
        town.accepted().iter().map(|arrival| (arrival.at_micros, arrival.to.clone())).collect();
    arrived.sort();
    let mornings = [
        ("2026-11-24T08:00:00Z", "819012345678"),
        // It is 08:00 on the Azores then, whose numbers cannot be told from Lisbon's.
        ("2026-11-24T09:00:00Z", "351912345678"),
        ("2026-11-24T11:00:00Z", "5511987654321"),
    ];
    assert_eq!(arrived.len(), mornings.len());
    for ((at, to), (morning, phone)) in arrived.iter().zip(mornings) {
        let late = at - seconds(morning)? * SECOND;
        assert_eq!(to, phone);
        assert!((0..150 * SECOND).contains(&late), "{phone} at {}", shown(*at));
    }
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn the_finish_of_a_short_gap_is_foretold_as_exactly_as_that_of_a_long_one() -> anyhow::Result<()> {
    let asked = json!({ "secondsBetweenMessages": 0.05 });
    let run = run("2026-11-27T18:00:00Z", 600, &asked).await?;
    assert!(run.arrived.windows(2).all(|pair| pair[1] - pair[0] >= SECOND / 20), "a gap under the least");
    let (first, last) = (run.arrived[0], run.arrived[run.arrived.len() - 1]);
    let off = (run.foretold - last).abs() as f64 / (last - first) as f64;
    assert!(off < 0.02, "foretold {}, ended {}: {:.1} % off", shown(run.foretold), shown(last), off * 100.0);
    Ok(())
}
