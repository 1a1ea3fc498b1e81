//! One campaign from upload to the last receipt: our process here, the simulator there, both measured from outside.

use std::time::{Duration, Instant};

use campanile_tests::client::PATIENCE;
use serde_json::json;
use simulator::{Config, Delay, Number};

use crate::meter::{Counts, Depth};
use crate::ours::{self, Ours, Running};
use crate::store::Alone;
use crate::theirs::Theirs;
use crate::{people, usage};

/// Messages a second of a machine on which waiting is given up, after the tests' patience.
const SLOWEST: u64 = 100;

/// What is run.
pub struct Setting {
    /// Recipients.
    pub people: usize,
    /// What the number may send, messages a second.
    pub rate: u32,
    /// How closely the meter looks.
    pub depth: Depth,
    /// Whether the store's own speed is measured as well, before and after.
    pub with_store: bool,
    /// Whether all people got another campaign before: whom WhatsApp has told of once is known.
    pub met: bool,
}

/// What came out.
pub struct Run {
    /// Recipients.
    pub people: usize,
    /// From the start until all outcomes were counted.
    pub outcomes_seconds: f64,
    /// From the start until all receipts were counted.
    pub receipts_seconds: f64,
    /// The most messages in any sliding second at the simulator.
    pub largest_second: f64,
    /// Messages a second at the simulator, from the first to the last.
    pub mean_rate: f64,
    /// Distances of messages from their slots, in milliseconds: median, 99 of 100, at most.
    pub jitter_ms: [f64; 3],
    /// Our process's memory at most.
    pub peak_mb: f64,
    /// What the meter counted.
    pub counts: Counts,
    /// What the store alone does; nothing where it was not measured.
    pub store: Alone,
    all_micros: f64,
    store_micros: f64,
}

impl Run {
    /// Messages a second, when all took so long.
    pub fn a_second(&self, seconds: f64) -> f64 {
        self.people as f64 / seconds
    }

    /// Our own processor time a message, in microseconds: without the embedded services' threads.
    pub fn own_micros(&self) -> f64 {
        (self.all_micros - self.store_micros) / self.people as f64
    }

    /// Processor time of the embedded services' threads a message, in microseconds.
    pub fn store_micros(&self) -> f64 {
        self.store_micros / self.people as f64
    }
}

/// The realistic profile: an answer after 20 ms, then `sent`, `delivered` and `read`, each in its own time.
fn config(port: u16, rate: u32) -> Config {
    Config {
        access_token: ours::SECRET.to_owned(),
        app_secret: ours::SECRET.to_owned(),
        verify_token: ours::SECRET.to_owned(),
        callback_url: Some(Ours::callback_url(port)),
        waba_id: ours::ACCOUNT.to_owned(),
        numbers: vec![Number { phone_number_id: ours::NUMBER.to_owned(), rate_per_second: rate, ..Number::default() }],
        answer_delay_ms: 20,
        sent_delay: Delay::between(50, 300),
        delivered_delay: Delay::between(300, 2_000),
        read_delay: Delay::between(500, 4_000),
        ..Config::default()
    }
}

/// Runs it.
pub async fn run(setting: Setting) -> anyhow::Result<Run> {
    let Setting { people, rate, depth, with_store, met } = setting;
    let folder = tempfile::tempdir()?;
    let port = ours::port()?;
    let theirs = Theirs::start(&config(port, rate)).await?;
    let data = folder.path().join("data");
    let mut running = Running::start(&Ours { data, port, api_url: theirs.address.clone(), rate, depth }).await?;
    let before = if with_store { running.store().await? } else { Alone::default() };
    let slowly = Duration::from_secs(people as u64 / u64::from(rate).min(SLOWEST));
    let client = running.client.clone().patient(PATIENCE + slowly);
    let audience = client.audience(people::csv(people)).await?;
    let asked = json!({ "chunkSize": 1_000, "channelId": format!("whatsapp-{}", ours::NUMBER) });
    let before_that = if met { people } else { 0 };
    if met {
        let first = client.draft(&audience.id, asked.clone()).await?;
        client.ask(&first.id, "start").await?;
        client.completed(&first.id).await?;
        theirs.idle().await?;
        client.campaign_until(&first.id, "all receipts", |c| c.totals.read == people as u64).await?;
    }
    let draft = client.draft(&audience.id, asked).await?;
    running.reset().await?;
    let (start, used) = (Instant::now(), usage::processor(running.process)?);
    client.ask(&draft.id, "start").await?;
    client.campaign_until(&draft.id, "all outcomes", |c| c.messages_processed == people as u64).await?;
    let outcomes_seconds = start.elapsed().as_secs_f64();
    theirs.idle().await?;
    client.campaign_until(&draft.id, "all receipts", |c| c.totals.read == people as u64).await?;
    let receipts_seconds = start.elapsed().as_secs_f64();
    client.completed(&draft.id).await?;
    let now = usage::processor(running.process)?;
    let (peak_mb, counts) = (usage::peak_mb(running.process)?, running.counts().await?);
    let after = if with_store { running.store().await? } else { Alone::default() };
    let at = theirs.arrivals().await?.split_off(before_that);
    Ok(Run {
        people,
        outcomes_seconds,
        receipts_seconds,
        largest_second: largest_second(&at),
        mean_rate: mean_rate(&at),
        jitter_ms: jitter_ms(&at, rate),
        peak_mb,
        counts,
        store: before.mean(after),
        all_micros: now.all - used.all,
        store_micros: now.store - used.store,
    })
}

/// The most messages that arrived in any sliding second.
fn largest_second(at: &[i64]) -> f64 {
    let within = |first: usize| at[first..].partition_point(|later| *later < at[first] + 1_000_000);
    (0..at.len()).map(within).max().unwrap_or_default() as f64
}

fn mean_rate(at: &[i64]) -> f64 {
    match at {
        [first, .., last] => (at.len() - 1) as f64 * 1e6 / (last - first) as f64,
        _ => 0.0,
    }
}

/// How far gaps are from the number's interval: median, 99 of 100, at most.
fn jitter_ms(at: &[i64], rate: u32) -> [f64; 3] {
    let interval = i64::try_from(campaigns::plan::interval_micros(rate)).unwrap_or(i64::MAX);
    let mut off: Vec<i64> = at.windows(2).map(|pair| (pair[1] - pair[0] - interval).abs()).collect();
    off.sort_unstable();
    let place = |per_mille: usize| off.get((off.len() * per_mille / 1_000).min(off.len().saturating_sub(1)));
    [500, 990, 1_000].map(|per_mille| place(per_mille).copied().unwrap_or_default() as f64 / 1_000.0)
}
