//! What the dispatcher's looks cost along a long campaign. Nothing is sent: what was cut is written into the totals as
//! sent, a minute passes, and the dispatcher looks again. The services are files in a folder, as in the local process.

use std::sync::Arc;
use std::time::Instant;

use anyhow::ensure;
use campaigns::message::{Claim, MessageRecord};
use campanile_tests::campaign::{act, draft};
use campanile_tests::stepped::secrets;
use futures::{StreamExt, TryStreamExt, stream};
use lambdas::clock::Clock;
use lambdas::storage::campaigns::{self as campaign_store, CampaignRecord};
use lambdas::storage::messages;
use lambdas::storage::totals::{self, Scope, TotalsRecord};
use lambdas::{App, dispatcher};
use local::cloud::Cloud;
use local::whatsapp::{self, SIMULATOR_PATH, WORKSPACE};
use serde_json::json;
use simulator::{Number, Simulator};
use tokio::net::TcpListener;
use wire::CampaignId;

use crate::meter::{Depth, Meter, in_front_of};
use crate::people;

/// Seconds between two looks: the schedule's.
const TICK_SECONDS: i64 = 60;

/// Items written at once.
const PARALLEL: usize = 32;

/// Recipients of a chunk.
const CHUNK: u64 = 1_000;

/// One look of the dispatcher.
pub struct Look {
    recipients: u64,
    write_units: f64,
    read_units: f64,
    requests: f64,
    millis: f64,
}

/// The cost of a thousand recipients.
pub struct Mean {
    /// DynamoDB's write units.
    pub write_units: f64,
    /// DynamoDB's read units.
    pub read_units: f64,
    /// SQS requests.
    pub requests: f64,
    /// Milliseconds.
    pub millis: f64,
}

/// The mean of some looks.
pub fn mean(looks: &[Look]) -> Mean {
    let recipients: u64 = looks.iter().map(|look| look.recipients).sum();
    let each = |of: fn(&Look) -> f64| looks.iter().map(of).sum::<f64>() * 1_000.0 / recipients.max(1) as f64;
    Mean {
        write_units: each(|look| look.write_units),
        read_units: each(|look| look.read_units),
        requests: each(|look| look.requests),
        millis: each(|look| look.millis),
    }
}

/// Cuts a whole audience of so many people on a number of this rate; the looks, in order. The first one is left out: it
/// cuts three minutes at once.
pub async fn run(people: u64, rate: u32) -> anyhow::Result<Vec<Look>> {
    let folder = tempfile::tempdir()?;
    let meter = Arc::new(Meter::default());
    let app = open(folder.path(), rate, &meter).await?;
    let csv = people::csv(usize::try_from(people)?);
    let campaign = draft(&app, &csv, json!({ "chunkSize": CHUNK })).await?.id;
    drop(csv);
    act(&app, &campaign, "start").await?;
    let mut looks = Vec::new();
    let started_at = app.clock.now();
    for tick in 0.. {
        let clock = Clock::starting_at(started_at + chrono::Duration::seconds(tick * TICK_SECONDS));
        let app = App { clock, ..(*app).clone() };
        let before = record(&app, &campaign).await?;
        if before.is_cut() {
            break;
        }
        meter.reset();
        let start = Instant::now();
        dispatcher::handle(&app, dispatcher::Event::Tick(json!({}))).await?;
        let millis = start.elapsed().as_secs_f64() * 1_000.0;
        let (counts, after) = (meter.counts(), record(&app, &campaign).await?);
        ensure!(after.cursor_index > before.cursor_index, "a look cut nothing at {}", before.cursor_index);
        looks.push(Look {
            recipients: after.cursor_index - before.cursor_index,
            write_units: counts.write_units(),
            read_units: counts.read_units(),
            requests: counts.sum("SQS requests"),
            millis,
        });
        count_as_sent(&app, &before, &after).await?;
    }
    looks.remove(0);
    // The last one cuts what is left, however little that is.
    looks.pop();
    ensure!(!looks.is_empty(), "an audience of {people} is cut in too few looks");
    Ok(looks)
}

async fn open(folder: &std::path::Path, rate: u32, meter: &Arc<Meter>) -> anyhow::Result<Arc<App>> {
    let number = Number { rate_per_second: rate, ..Number::default() };
    let asked = simulator::Config { numbers: vec![number], ..simulator::Config::default() };
    let config = whatsapp::simulator_config(&asked, &secrets());
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let address = format!("http://{}", listener.local_addr()?);
    let simulator = Simulator::start(config.clone())?;
    let router = axum::Router::new().nest(SIMULATOR_PATH, simulator.router());
    tokio::spawn(async move { axum::serve(listener, router).await });
    let cloud = Cloud::open(folder, "bench").await?;
    let apps = whatsapp::apps(&config, &format!("{address}{SIMULATOR_PATH}"), None);
    let app = Arc::new(in_front_of(cloud.app(&address, apps, Clock::System)?, meter, Depth::Units));
    whatsapp::register(&app, &config, None).await?;
    Ok(app)
}

async fn record(app: &App, campaign: &CampaignId) -> anyhow::Result<CampaignRecord> {
    let record = campaign_store::get(app, WORKSPACE, campaign).await?;
    record.ok_or_else(|| anyhow::anyhow!("the campaign is gone"))
}

/// What was cut a minute ago has left by now: everybody has an item, so that nothing is taken for lost, and the totals say
/// so, as if TALLY had counted it, of the campaign and of every chunk.
async fn count_as_sent(app: &App, before: &CampaignRecord, after: &CampaignRecord) -> anyhow::Result<()> {
    let claims = (before.cursor_index..after.cursor_index).map(|index| claim(app, after, index));
    stream::iter(claims).buffer_unordered(PARALLEL).try_collect::<Vec<()>>().await?;
    count(app, after, Scope::Campaign, after.cursor_index).await?;
    for chunk in before.cursor_index / CHUNK..=after.cursor_index / CHUNK {
        let sent = (after.cursor_index - chunk * CHUNK).min(CHUNK);
        count(app, after, Scope::Chunk(chunk), sent).await?;
    }
    Ok(())
}

async fn claim(app: &App, record: &CampaignRecord, index: u64) -> anyhow::Result<()> {
    let claim = Claim {
        variant: None,
        campaign_id: record.id.clone(),
        workspace_id: record.workspace_id,
        channel_id: record.channel_id.clone(),
        index,
        chunk: index / CHUNK,
        canonical_phone: format!("1202{index:07}"),
        attempt: 1,
        rounds: 0,
        claim_id: format!("{index:016x}"),
        at: app.clock.now_millis(),
    };
    messages::create(app, &MessageRecord::from(claim)).await.map(|_| ())
}

async fn count(app: &App, record: &CampaignRecord, scope: Scope, sent: u64) -> anyhow::Result<()> {
    let read = totals::get(app, &record.id, scope).await?;
    let mut next = TotalsRecord { version: read.version + 1, ..read.clone() };
    next.totals.sent = sent;
    next.last_outcome_at = Some(app.clock.now_millis());
    totals::replace(app, &record.id, scope, read.version, &next).await?;
    Ok(())
}
