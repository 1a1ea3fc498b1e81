//! `make bench`: what a message costs and how fast the whole pipeline is on this machine. Numbers, no thresholds.
//!
//! Both runs are the local process with everything in it: import, dispatch, permits, claims, sends over HTTP to the
//! simulator (answers after 20 ms), signed webhooks with all receipts, totals. The first run is timed; in the second a
//! meter stands in front of the services and counts what AWS would bill.

mod meter;

use std::sync::Arc;
use std::time::Instant;

use anyhow::Context;
use campanile_tests::client::Client;
use campanile_tests::contacts;
use campanile_tests::running::dashboard;
use local::{Options, Process};
use serde_json::json;
use simulator::{Delay, Number};

use self::meter::Meter;

/// Messages of the timed run; `BENCH_MESSAGES` says otherwise.
const TIMED: usize = 20_000;

/// Messages of the metered run.
const METERED: usize = 2_000;

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    tracing_subscriber::fmt().with_max_level(tracing_subscriber::filter::LevelFilter::ERROR).init();
    let timed = match std::env::var("BENCH_MESSAGES") {
        Ok(text) => text.parse().context("BENCH_MESSAGES is not a number")?,
        Err(_) => TIMED,
    };
    let run = campaign(timed, None).await?;
    println!("whole pipeline, {timed} messages, number at 1,000/s, simulator in the same process:");
    println!("  {:8.0} messages/s until the last outcome was counted", timed as f64 / run.outcomes_seconds);
    println!("  {:8.0} messages/s until the last receipt was counted", timed as f64 / run.receipts_seconds);
    println!("  {:8.0} messages in the largest second at the simulator", run.largest_second);
    println!("  {:8.1} MB of memory at most (simulator and dashboard included)", run.peak_mb);
    println!("  {:8.0} µs of processor time a message (the same)", run.cpu_micros_per_message);

    let meter = Arc::new(Meter::default());
    campaign(METERED, Some(Arc::clone(&meter))).await?;
    println!("what AWS would bill a message, fully tracked (sent, delivered, read), over {METERED} messages:");
    for (name, count) in meter.report() {
        println!("  {:8.3} {name}", count / METERED as f64);
    }
    Ok(())
}

struct Run {
    outcomes_seconds: f64,
    receipts_seconds: f64,
    largest_second: f64,
    peak_mb: f64,
    cpu_micros_per_message: f64,
}

/// One campaign of this many people from upload to the last receipt.
async fn campaign(people: usize, meter: Option<Arc<Meter>>) -> anyhow::Result<Run> {
    let folder = tempfile::tempdir()?;
    let mut options = Options::at(folder.path().join("data"));
    options.listen.set_port(0);
    options.web = dashboard();
    options.simulator = simulator::Config {
        numbers: vec![Number { rate_per_second: 1_000, ..Number::default() }],
        answer_delay_ms: 20,
        sent_delay: Delay::between(50, 300),
        delivered_delay: Delay::between(300, 2_000),
        read_delay: Delay::between(500, 4_000),
        ..simulator::Config::default()
    };
    let process = Process::start_with(options, |app| match &meter {
        Some(meter) => meter::in_front_of(app, meter),
        None => app,
    })
    .await?;
    let client = Client::new(&process.address, &process.api_token);
    let audience = client.audience(contacts::csv(people)).await?;
    let draft = client.draft(&audience.id, json!({ "chunkSize": 1_000 })).await?;
    if let Some(meter) = &meter {
        meter.reset();
    }
    let (start, cpu) = (Instant::now(), cpu_micros()?);
    client.ask(&draft.id, "start").await?;
    client.campaign_until(&draft.id, "all outcomes", |c| c.messages_processed == people as u64).await?;
    let outcomes_seconds = start.elapsed().as_secs_f64();
    process.simulator.idle().await;
    let read = process.simulator.totals().final_statuses.read;
    client.campaign_until(&draft.id, "all receipts", |c| c.totals.read == read).await?;
    let run = Run {
        outcomes_seconds,
        receipts_seconds: start.elapsed().as_secs_f64(),
        largest_second: largest_second(&process),
        peak_mb: peak_mb()?,
        cpu_micros_per_message: (cpu_micros()? - cpu) / people as f64,
    };
    process.stop().await;
    Ok(run)
}

/// The most messages that arrived in any sliding second.
fn largest_second(process: &Process) -> f64 {
    let at: Vec<i64> = process.simulator.arrivals().iter().map(|arrival| arrival.at_micros).collect();
    let within = |first: usize| at[first..].partition_point(|later| *later < at[first] + 1_000_000);
    (0..at.len()).map(within).max().unwrap_or_default() as f64
}

/// Highest memory of this process so far, in MB: `VmHWM` of Linux.
fn peak_mb() -> anyhow::Result<f64> {
    let status = std::fs::read_to_string("/proc/self/status").context("reading /proc/self/status")?;
    let line = status.lines().find(|line| line.starts_with("VmHWM")).context("no VmHWM")?;
    let kilobytes: f64 = line.split_whitespace().nth(1).context("no number")?.parse()?;
    Ok(kilobytes / 1_024.0)
}

/// Processor time of this process so far, in microseconds: fields 14 and 15 of `/proc/self/stat`, in hundredths of a second.
fn cpu_micros() -> anyhow::Result<f64> {
    let stat = std::fs::read_to_string("/proc/self/stat").context("reading /proc/self/stat")?;
    let after_name = stat.rsplit(')').next().context("no name")?;
    let ticks = after_name.split_whitespace().skip(11).take(2).map(str::parse::<f64>).sum::<Result<f64, _>>()?;
    Ok(ticks * 10_000.0)
}
