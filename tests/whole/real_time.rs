//! The pace in real time, on the machine as it is: how far messages arrive from their due times, and the most in a second.

use std::collections::HashMap;
use std::time::Duration;

use anyhow::{Context, ensure};
use campaigns::job::CallbackData;
use campaigns::plan::Cursor;
use campanile_tests::contacts;
use campanile_tests::running::{Running, quick_simulator};
use campanile_tests::town::judge::{largest_second, once};
use lambdas::storage::campaigns::{self as campaign_store, CampaignRecord};
use local::whatsapp::WORKSPACE;
use serde_json::json;
use simulator::{Number, Outcome};

const RATE: u32 = 80;

/// On a machine that does nothing else, messages arrive nearer to their due times than this.
const QUIET: Duration = Duration::from_millis(60);

/// Twenty seconds of the number.
const PEOPLE: usize = 1_550;

/// When each recipient was due, from the last time that the plan was laid.
fn due_times(record: &CampaignRecord) -> HashMap<u64, i64> {
    let plan = record.plan();
    let mut cursor = Cursor { index: record.anchor_index, due_at_micros: record.anchor_at_micros };
    let mut due = HashMap::new();
    while let Some(cut) = plan.cut(cursor, 1_000) {
        due.extend(cut.due.iter().map(|at| (at.index, at.due_at_micros)));
        cursor = cut.next;
    }
    due
}

fn millis(micros: i64) -> Duration {
    Duration::from_micros(micros.unsigned_abs())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_number_at_80_a_second_is_never_faster() -> anyhow::Result<()> {
    let simulator = simulator::Config {
        numbers: vec![Number { rate_per_second: RATE, ..Number::default() }],
        read_share: 0.0,
        ..quick_simulator()
    };
    let running = Running::start_with(simulator).await?;
    let audience = running.client.audience(contacts::csv(PEOPLE)).await?;
    let campaign = running.client.draft(&audience.id, json!({ "chunkSize": PEOPLE })).await?.id;
    running.client.ask(&campaign, "start").await?;
    running.client.completed(&campaign).await?;
    let record =
        campaign_store::get(&running.process.app, WORKSPACE, &campaign).await?.context("the campaign is gone")?;
    let arrivals = running.process.simulator.arrivals();
    running.stop().await?;

    once(&arrivals)?;
    let refused = arrivals.iter().filter(|arrival| !matches!(arrival.outcome, Outcome::Accepted)).count();
    ensure!(arrivals.len() - refused == PEOPLE, "{} of {PEOPLE} arrived", arrivals.len() - refused);
    let due = due_times(&record);
    let mut away = Vec::new();
    for arrival in &arrivals {
        let callback = arrival.callback_data.as_deref().and_then(CallbackData::parse).context("whose is it?")?;
        away.extend(due.get(&callback.index).map(|due| (arrival.at_micros - due).abs()));
    }
    away.sort_unstable();
    let at = |per_cent: usize| millis(away[(away.len() - 1) * per_cent / 100]);
    let most = largest_second(&arrivals);
    println!(
        "real time at {RATE}/s: {:?} from due in the median, {:?} at p99; largest second {most}, {refused} refused",
        at(50),
        at(99),
    );
    if at(99) > QUIET {
        println!("real time at {RATE}/s: the machine is too busy to judge the pace; the paused clock's tests do");
        return Ok(());
    }
    ensure!(most <= RATE as usize, "{most} in a second");
    Ok(())
}
