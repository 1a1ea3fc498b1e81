//! Seeded runs of the whole pipeline under a paused clock, with everything going wrong that the seed says; the
//! simulator's own log is the oracle. `SEEDS=n` runs more of them, `SEED=n` runs one.

use std::collections::HashMap;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::time::Duration;

use anyhow::{Context, ensure};
use campanile_tests::campaign::{act, draft};
use campanile_tests::contacts;
use campanile_tests::town::Town;
use campanile_tests::town::faults::{Broken, Faults, POINTS, Point, Rates};
use lambdas::storage::totals::{self, Scope};
use rand::rngs::ChaCha8Rng;
use rand::{Rng, SeedableRng};
use serde_json::{Value, json};
use simulator::{Arrival, Config, Delay, Number};

/// Seeds of one run of the tests.
const SEEDS: u64 = 40;

/// Seeds that are run three times and compared.
const REPLAYED: [u64; 4] = [1, 2, 7, 11];

/// A campaign of some minutes, with crashes and waits for what they hid, is complete within this.
const PATIENCE: Duration = Duration::from_secs(2 * 60 * 60);

/// What one seed asks for.
#[derive(Debug)]
struct Plan {
    people: u64,
    rate: u32,
    pace: Value,
    /// No gap may be shorter, in milliseconds.
    least_gap_ms: i64,
    rates: Rates,
    deaths: Vec<(Point, u32)>,
    /// Seconds after the start at which the campaign is paused and resumed at once.
    pauses: Vec<u32>,
}

impl Plan {
    fn of(seed: u64) -> Plan {
        let mut chance = ChaCha8Rng::seed_from_u64(seed ^ 0x5eed);
        let mut below = |n: u32| chance.next_u32() % n;
        let people = 20 + u64::from(below(130));
        let rate = [5, 20, 80, 250][below(4) as usize];
        let (pace, least_gap_ms) = match below(4) {
            0 => (json!({ "chunkSize": 10 + below(40), "secondsBetweenChunks": below(20) }), 0),
            1 => (json!({ "minSecondsBetweenMessages": 0.3, "maxSecondsBetweenMessages": 1.5, "chunkSize": 25 }), 300),
            _ => (json!({ "chunkSize": 50 }), 0),
        };
        let deaths = (0..below(4)).map(|_| (POINTS[below(5) as usize], below(20))).collect();
        let pauses = (0..below(3)).map(|_| 1 + below(30)).collect();
        let rates = Rates { doubled_jobs: below(3) * 150, refused: below(2) * 10, lost_answers: below(2) * 10 };
        Plan { people, rate, pace, least_gap_ms, rates, deaths, pauses }
    }
}

fn simulator(plan: &Plan, seed: u64) -> Config {
    Config {
        numbers: vec![Number { rate_per_second: plan.rate, ..Number::default() }],
        answer_delay_ms: 20,
        sent_delay: Delay::between(5, 300),
        delivered_delay: Delay::between(10, 2_000),
        read_delay: Delay::between(10, 4_000),
        seed,
        ..Config::default()
    }
}

/// Runs one seed and judges it; an error says what promise was broken. Returns the digest of the simulator's log.
async fn run(seed: u64, broken: Broken) -> anyhow::Result<String> {
    let plan = Plan::of(seed);
    let faults = Faults::new(seed, plan.rates, plan.deaths.clone(), broken);
    let mut town = Town::open(faults, simulator(&plan, seed)).await?;
    let people = usize::try_from(plan.people)?;
    let campaign = draft(&town.app, &contacts::csv(people), plan.pace.clone()).await?.id;
    act(&town.app, &campaign, "start").await?;
    let mut second = 0;
    let lived = town.live_until_complete(&campaign, PATIENCE, async |town: &Town| {
        second += 1;
        if plan.pauses.contains(&second) {
            // Refused once it is complete.
            if act(&town.app, &campaign, "pause").await.is_ok() {
                act(&town.app, &campaign, "resume").await?;
            }
        }
        Ok(())
    });
    lived.await.with_context(|| format!("{plan:?}"))?;
    judge(&town, &campaign, &plan).await.with_context(|| format!("{plan:?}"))?;
    digest(&town.simulator.arrivals())
}

async fn judge(town: &Town, campaign: &wire::CampaignId, plan: &Plan) -> anyhow::Result<()> {
    let accepted = town.accepted();
    let mut times: HashMap<&str, u32> = HashMap::new();
    for arrival in &accepted {
        *times.entry(arrival.to.as_str()).or_default() += 1;
    }
    let twice: Vec<_> = times.iter().filter(|(_, count)| **count > 1).collect();
    ensure!(twice.is_empty(), "P1, once: {twice:?}");

    let recount = town.recount(campaign, plan.people).await?;
    let counted = totals::get(&town.app, campaign, Scope::Campaign).await?.totals;
    ensure!(counted == recount, "P5, true numbers: totals {counted:?}, recount {recount:?}");
    ensure!(recount.touched() == plan.people && recount.settled() == plan.people, "P2, nobody forgotten: {recount:?}");
    ensure!(recount.read == accepted.len() as u64, "P2, everybody accepted is read: {recount:?}, {}", accepted.len());
    let in_flight = plan.deaths.len() as u64 * u64::from(plan.rate.max(4)) + 20;
    ensure!(recount.unknown <= in_flight, "P1, unknown is what was in flight: {recount:?}");

    let arrivals = town.simulator.arrivals();
    ensure!(largest_second(&arrivals) <= plan.rate as usize, "P3, pace: {} in a second", largest_second(&arrivals));
    let shortest = accepted.windows(2).map(|pair| pair[1].at_micros - pair[0].at_micros).min().unwrap_or(i64::MAX);
    ensure!(shortest >= plan.least_gap_ms * 1_000, "P3, no gap under the minimum: {shortest} µs");
    Ok(())
}

/// Everything the simulator saw and told, to the microsecond: two runs of a seed that agree in this went the same way.
fn digest(arrivals: &[Arrival]) -> anyhow::Result<String> {
    let mut hasher = DefaultHasher::new();
    for arrival in arrivals {
        serde_json::to_string(arrival)?.hash(&mut hasher);
    }
    Ok(format!("{} arrivals, {:016x}", arrivals.len(), hasher.finish()))
}

/// The most that arrived in any sliding second.
fn largest_second(arrivals: &[Arrival]) -> usize {
    let at: Vec<i64> = arrivals.iter().map(|arrival| arrival.at_micros).collect();
    (0..at.len()).map(|first| at[first..].partition_point(|later| *later < at[first] + 1_000_000)).max().unwrap_or(0)
}

fn asked(name: &str) -> Option<u64> {
    std::env::var(name).ok()?.parse().ok()
}

/// One seed on a runtime of its own, whose clock is paused.
fn on_a_paused_clock(seed: u64, broken: Broken) -> anyhow::Result<String> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().start_paused(true).build()?;
    runtime.block_on(run(seed, broken)).with_context(|| format!("seed {seed}; SEED={seed} runs it alone"))
}

#[test]
fn whatever_goes_wrong_the_promises_hold() -> anyhow::Result<()> {
    let seeds = match asked("SEED") {
        Some(one) => one..one + 1,
        None => 0..asked("SEEDS").unwrap_or(SEEDS),
    };
    for seed in seeds {
        let log = on_a_paused_clock(seed, Broken::Nothing)?;
        if asked("SEED").is_some() {
            println!("{LOG}{log}");
        }
    }
    Ok(())
}

/// What a run of one seed prints before its log's digest.
const LOG: &str = "the log: ";

/// The digest of a seed's log, from a run in a process of its own.
fn in_another_process(seed: u64) -> anyhow::Result<String> {
    let mut command = std::process::Command::new(std::env::current_exe()?);
    command.args(["--exact", "seeds::whatever_goes_wrong_the_promises_hold", "--nocapture"]);
    let output = command.env("SEED", seed.to_string()).output()?;
    let printed = String::from_utf8_lossy(&output.stdout);
    let log = printed.lines().find_map(|line| line.split_once(LOG));
    Ok(log.with_context(|| format!("no log in {printed}"))?.1.to_owned())
}

#[test]
fn a_seed_comes_out_the_same_again_to_the_microsecond() -> anyhow::Result<()> {
    for seed in REPLAYED {
        let first = on_a_paused_clock(seed, Broken::Nothing)?;
        ensure!(first == on_a_paused_clock(seed, Broken::Nothing)?, "seed {seed} went another way in this process");
        ensure!(first == in_another_process(seed)?, "seed {seed} went another way in another process");
    }
    Ok(())
}

/// The first of some seeds that catches the broken part; what it said.
fn caught(broken: Broken, promise: &str) -> anyhow::Result<()> {
    for seed in 0..SEEDS {
        if let Err(error) = on_a_paused_clock(seed, broken)
            && format!("{error:#}").contains(promise)
        {
            return Ok(());
        }
    }
    anyhow::bail!("an engine without its {broken:?} kept {promise} in {SEEDS} seeds: the town sees nothing")
}

#[test]
fn an_engine_without_claims_is_caught() -> anyhow::Result<()> {
    caught(Broken::Claim, "P1, once")
}

#[test]
fn an_engine_without_permits_is_caught() -> anyhow::Result<()> {
    caught(Broken::Permit, "P3, pace")
}
