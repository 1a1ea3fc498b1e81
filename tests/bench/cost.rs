//! What AWS bills for a million messages, by line: what was measured, and what has to be assumed of webhooks and keeping,
//! times the prices of `prices.json`, which says where and when they held.

use anyhow::Context;
use serde::Deserialize;

use crate::pair::Run;
use crate::report::{Goal, line, title};

const PRICES: &str = include_str!("prices.json");

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Prices {
    region: String,
    as_of: String,
    currency: String,
    sources: Vec<Source>,
    gigabyte_second: f64,
    sender_megabytes: f64,
    measured: Vec<Measured>,
    assumed: Vec<Assumed>,
}

/// Where prices were seen, and when.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Source {
    what: String,
    from: String,
    on: String,
}

/// What the meter counts under a name.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Measured {
    what: String,
    counted: String,
    million: f64,
}

/// What nobody measures here: so much of it for each message.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Assumed {
    what: String,
    each: f64,
    million: f64,
}

/// Prints the lines and their sum for a million messages like those of the run.
pub fn print(run: &Run) -> anyhow::Result<()> {
    let prices: Prices = serde_json::from_str(PRICES).context("prices.json")?;
    let (region, currency, as_of) = (&prices.region, &prices.currency, &prices.as_of);
    title(&format!("cost: a million messages like these in {region}, {currency}, prices of {as_of}, no free tier"));
    let lines = lines(&prices, |kind| run.counts.sum(kind) / run.people as f64);
    for (what, cost) in &lines {
        line(what, *cost, 2, Goal::None);
    }
    line("altogether", lines.iter().map(|(_, cost)| cost).sum(), 2, Goal::None);
    for Source { what, from, on } in &prices.sources {
        println!("              prices of {what}: {from}, {on}");
    }
    Ok(())
}

/// Each line's cost for a million messages; `each`: how much of a kind one message takes.
fn lines(prices: &Prices, each: impl Fn(&str) -> f64) -> Vec<(String, f64)> {
    let measured = prices.measured.iter().map(|price| (price.what.clone(), each(&price.counted) * price.million));
    // A message's milliseconds are a million messages' thousands of seconds.
    let gigabyte_seconds = each("sender ms") * 1_000.0 * prices.sender_megabytes / 1_024.0;
    let time =
        (format!("Lambda, senders of {} MB", prices.sender_megabytes), gigabyte_seconds * prices.gigabyte_second);
    let assumed = prices.assumed.iter().map(|price| (format!("{} (assumed)", price.what), price.each * price.million));
    measured.chain([time]).chain(assumed).collect()
}
