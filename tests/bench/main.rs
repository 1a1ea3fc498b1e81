//! `make bench`: how fast the whole pipeline is on this machine and what a message costs. Numbers, no thresholds: each
//! line says what was measured, what the goal is and whether it holds.
//!
//! Our process and the simulator are processes of their own, started from this very binary (`ours`, `theirs`), so that
//! memory and processor time are ours alone. In the runs that are billed a meter stands in front of the services and asks
//! what every call consumes; in the timed run it only counts calls.

mod answering;
mod cost;
mod cutting;
mod exporting;
mod importing;
mod lists;
mod meter;
mod ours;
mod pair;
mod people;
mod place;
mod report;
mod seeing;
mod sending;
mod starting;
mod store;
mod storm;
mod theirs;
mod usage;

use anyhow::Context;

use self::importing::Texts;
use self::meter::{Counts, Depth};
use self::pair::{Run, Setting};
use self::report::{Goal, bills, line, title};
use self::storm::Storm;

/// Messages of the timed run; `BENCH_MESSAGES` says otherwise.
const TIMED: usize = 20_000;

/// A number's highest rate, messages a second.
const FASTEST: u32 = 1_000;

/// The rate of an ordinary number.
const ORDINARY: u32 = 80;

/// Messages of the run at the ordinary rate: half a minute.
const AT_ORDINARY_RATE: usize = 2_000;

/// A rate that a machine keeps up with while the meter reads every body: costs are compared, not the machine's haste.
/// `BENCH_STEADY` says otherwise.
const STEADY: u32 = 160;

/// Sizes of the runs that show how costs grow; `BENCH_GROWTH` says otherwise, comma-separated.
const GROWTH: &str = "10000,100000";

/// Rows of the text that is imported; `BENCH_ROWS` says otherwise. A workbook has a tenth of them.
const ROWS: usize = 1_000_000;

/// Contacts of the book that becomes an audience; `BENCH_CONTACTS` says otherwise. Filling the store takes most of the time.
const CONTACTS: usize = 1_000_000;

/// The audience that is only cut into jobs; `BENCH_CUT` says otherwise.
const CUT: u64 = 1_000_000;

/// Shares of the whole storm of webhooks, in percent, that this machine is asked to bear one after another until it does
/// not keep up; the last that it bore is measured. `BENCH_STORM` names one instead.
const STORMS: [u32; 11] = [5, 10, 15, 20, 25, 30, 40, 50, 60, 80, 100];

/// Seconds of each of them.
const TRIAL_SECONDS: usize = 10;

/// Seconds of the storm that is measured; `BENCH_STORM_SECONDS` says otherwise.
const STORM_SECONDS: usize = 60;

/// Sends that the simulator alone is given; `BENCH_SENDS` says otherwise.
const SENDS: u64 = 100_000;

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    tracing_subscriber::fmt().with_max_level(tracing_subscriber::filter::LevelFilter::ERROR).init();
    let mut words = std::env::args().skip(1);
    match (words.next().as_deref(), words.next()) {
        (Some("ours"), Some(setting)) => ours::run(&setting).await,
        (Some("theirs"), Some(config)) => theirs::run(&config).await,
        (Some(part), _) => measure(part).await,
        (None, _) => measure("all").await,
    }
}

/// Everything, or the one part that was asked for: `speed`, `rate`, `growth`, `import`, `lists`, `cut`, `storm`,
/// `exporting`, `api`, `pages`, `functions` or `simulator`; or `overload`, which says where the writes of `speed` go.
async fn measure(part: &str) -> anyhow::Result<()> {
    let is_asked = |name: &str| part == "all" || part == name;
    if is_asked("speed") {
        speed(asked("BENCH_MESSAGES", TIMED)?).await?;
    }
    if part == "overload" {
        overload(asked("BENCH_MESSAGES", TIMED)?).await?;
    }
    if is_asked("rate") {
        ordinary_rate().await?;
    }
    if is_asked("growth") {
        growth().await?;
    }
    if is_asked("import") {
        import(asked("BENCH_ROWS", ROWS)?).await?;
    }
    if is_asked("lists") {
        list(asked("BENCH_CONTACTS", CONTACTS)?).await?;
    }
    if is_asked("exporting") {
        export(asked("BENCH_ROWS", ROWS)?).await?;
    }
    if is_asked("cut") {
        cut(asked("BENCH_CUT", CUT)?).await?;
    }
    if is_asked("storm") {
        let seconds = asked("BENCH_STORM_SECONDS", STORM_SECONDS)?;
        match asked("BENCH_STORM", 0)? {
            0 => largest_storm(seconds).await?,
            percent => print_storm(percent, seconds, &storm(percent, seconds).await?),
        }
    }
    if is_asked("api") {
        api().await?;
    }
    if is_asked("pages") {
        pages().await?;
    }
    if is_asked("functions") {
        functions().await?;
    }
    if is_asked("simulator") {
        simulator(asked("BENCH_SENDS", SENDS)?).await?;
    }
    Ok(())
}

fn asked<T: std::str::FromStr>(variable: &str, otherwise: T) -> anyhow::Result<T>
where
    T::Err: std::error::Error + Send + Sync + 'static,
{
    match std::env::var(variable) {
        Ok(text) => text.parse().with_context(|| format!("{variable} is not a number")),
        Err(_) => Ok(otherwise),
    }
}

/// How fast, in how much memory, at which part of what the store alone can do.
async fn speed(people: usize) -> anyhow::Result<()> {
    let run = pair::run(Setting { people, rate: FASTEST, depth: Depth::Calls, with_store: true, met: false }).await?;
    let writes = run.counts.sum("write calls") / people as f64;
    let calls = writes + run.counts.sum("read calls") / people as f64;
    let store = run.store.writes_a_second;
    let (through, counted) = (run.a_second(run.outcomes_seconds), run.a_second(run.receipts_seconds));
    title(&format!("speed: {people} messages, a number at {FASTEST}/s that answers after 20 ms, everybody reads"));
    line("messages/s until the last outcome was counted", through, 0, Goal::AtLeast(500.0));
    line("messages/s until the last receipt was counted", counted, 0, Goal::None);
    line("MB of memory at most, our process", run.peak_mb, 1, Goal::AtMost(100.0));
    line("single writes/s of the store alone, in the same process", store, 0, Goal::None);
    line("writes a message", writes, 2, Goal::None);
    line("% of what these writes allow", through * writes / store * 100.0, 0, Goal::AtLeast(80.0));
    line("µs of our processor time a message, without the store", run.own_micros(), 0, Goal::AtMost(150.0));
    line("calls to the store a message", calls, 2, Goal::None);
    line("µs of one call in the SDK, without the store", run.store.call_micros, 0, Goal::None);
    let rest = run.own_micros() - calls * run.store.call_micros;
    line("µs of our processor time a message, without the calls either", rest, 0, Goal::AtMost(150.0));
    line("µs of the store's threads a message", run.store_micros(), 0, Goal::None);
    line("messages in the largest second at the simulator", run.largest_second, 0, Goal::AtMost(f64::from(FASTEST)));
    Ok(())
}

/// Where the writes go when this machine cannot keep up with its number.
async fn overload(people: usize) -> anyhow::Result<()> {
    let run = pair::run(Setting { people, rate: FASTEST, depth: Depth::Units, with_store: false, met: false }).await?;
    title(&format!("overload: {people} messages, a number at {FASTEST}/s, every body metered"));
    line("messages/s until the last outcome was counted", run.a_second(run.outcomes_seconds), 0, Goal::None);
    print_costs(&run);
    Ok(())
}

/// The pace of an ordinary number in real time, and what its messages cost.
async fn ordinary_rate() -> anyhow::Result<()> {
    let (people, rate) = (AT_ORDINARY_RATE, ORDINARY);
    let run = pair::run(Setting { people, rate, depth: Depth::Units, with_store: false, met: true }).await?;
    title(&format!("pace: {people} messages to people who got one before, a number at {rate}/s, real time"));
    let rate = f64::from(ORDINARY);
    line("messages in the largest second at the simulator", run.largest_second, 0, Goal::AtMost(rate));
    line("messages/s in the mean", run.mean_rate, 2, Goal::AtLeast(0.95 * rate));
    let [half, most, worst] = run.jitter_ms;
    line("ms between a message and its slot, median", half, 2, Goal::None);
    line("ms between a message and its slot, 99 of 100", most, 2, Goal::None);
    line("ms between a message and its slot, at most", worst, 2, Goal::None);
    print_costs(&run);
    cost::print(&run)
}

/// Costs of a message in campaigns of several sizes.
async fn growth() -> anyhow::Result<()> {
    let sizes = std::env::var("BENCH_GROWTH").unwrap_or_else(|_| GROWTH.to_owned());
    let mut runs: Vec<Run> = Vec::new();
    let rate = asked("BENCH_STEADY", STEADY)?;
    for size in sizes.split(',') {
        let people = size.trim().parse().context("BENCH_GROWTH is not a list of numbers")?;
        let run = pair::run(Setting { people, rate, depth: Depth::Units, with_store: false, met: false }).await?;
        title(&format!("growth: {people} messages to people who never got one, a number at {rate}/s"));
        print_costs(&run);
        runs.push(run);
    }
    if let [first, .., last] = runs.as_slice() {
        title(&format!("growth: {} messages against {}, the cost of one message", last.people, first.people));
        let kinds = [("write units", Counts::write_units as fn(&Counts) -> f64), ("read units", Counts::read_units)];
        for (name, of) in kinds {
            let each = |run: &Run| of(&run.counts) / run.people as f64;
            line(&format!("% more {name}"), (each(last) / each(first) - 1.0) * 100.0, 1, Goal::AtMost(10.0));
        }
        let micros = |run: &Run| run.own_micros() + run.store_micros();
        line("% more processor time", (micros(last) / micros(first) - 1.0) * 100.0, 1, Goal::AtMost(10.0));
        let peak = |run: &Run| run.peak_mb;
        line("% more memory", (peak(last) / peak(first) - 1.0) * 100.0, 1, Goal::None);
    }
    Ok(())
}

/// Milliseconds within which half of a storm's webhooks are to be answered, and 99 of 100 of them.
const HALF_WITHIN_MS: f64 = 250.0;
const MOST_WITHIN_MS: f64 = 1_000.0;

/// Webhooks at a fixed rate, whatever the answers: how late they are answered, opt-outs apart, and what is lost.
async fn storm(percent: u32, seconds: usize) -> anyhow::Result<Storm> {
    storm::run(f64::from(percent) / 100.0, seconds).await
}

/// Looks for the largest storm that this machine keeps up with, and measures it for so many seconds.
async fn largest_storm(seconds: usize) -> anyhow::Result<()> {
    title(&format!("storm: how much of it this machine keeps up with, {TRIAL_SECONDS} s each"));
    let mut borne = STORMS[0];
    for percent in STORMS {
        let tried = storm(percent, TRIAL_SECONDS).await?;
        let worst = |place: usize| tried.kinds().map(|(_, ms)| ms[place]).into_iter().fold(0.0, f64::max);
        let holds = worst(0) <= HALF_WITHIN_MS && worst(1) <= MOST_WITHIN_MS && tried.lost == 0;
        line(&format!("ms, 99 of 100 of the slowest kind, at {percent} %"), worst(1), 1, Goal::AtMost(MOST_WITHIN_MS));
        if !holds {
            break;
        }
        borne = percent;
    }
    print_storm(borne, seconds, &storm(borne, seconds).await?);
    Ok(())
}

fn print_storm(percent: u32, seconds: usize, storm: &Storm) {
    let (statuses, inbound) = storm::at(f64::from(percent) / 100.0);
    title(&format!(
        "storm: {percent} % of 3,000 statuses/s and 300 inbound/s, that is {statuses:.0} and {inbound:.0}, for {seconds} s, \
         in one process"
    ));
    line("statuses/s that were answered", storm.statuses_a_second, 0, Goal::None);
    for (name, [half, most, worst]) in storm.kinds() {
        line(&format!("ms from due to answered, {name}, median"), half, 1, Goal::AtMost(HALF_WITHIN_MS));
        line(&format!("ms from due to answered, {name}, 99 of 100"), most, 1, Goal::AtMost(MOST_WITHIN_MS));
        line(&format!("ms from due to answered, {name}, at most"), worst, 1, Goal::None);
    }
    line("updates that were lost", storm.lost as f64, 0, Goal::AtMost(0.0));
}

/// What the simulator alone takes.
async fn simulator(sends: u64) -> anyhow::Result<()> {
    let ran = sending::run(sends).await?;
    title(&format!("simulator: {sends} template sends with three statuses each, nothing waits"));
    let goal = Goal::AtLeast(5_000.0);
    line("sends/s through its router, one thread that also builds, reads and receives", ran.through_router, 0, goal);
    line("sends/s of the same until the last status was taken", ran.with_statuses, 0, Goal::None);
    line("ms of the slowest answer", ran.slowest_ms, 1, Goal::None);
    line("sends/s over HTTP, a process with one worker, the senders' client beside it", ran.over_http, 0, Goal::None);
    line("sends over HTTP a second of its processor, statuses included", ran.a_core_second, 0, goal);
    Ok(())
}

/// How long the API takes to answer clients that ask as fast as they are answered.
async fn api() -> anyhow::Result<()> {
    title("api: milliseconds until an answer is there, clients that ask as fast as they are answered");
    for answers in answering::run().await? {
        let ([half, most, worst], clients) = (answers.ms, answers.clients);
        let of = format!("{}, {clients} at once", answers.kind.name());
        line(&format!("{of}, median"), half, 2, Goal::None);
        line(&format!("{of}, 99 of 100"), most, 2, Goal::None);
        line(&format!("{of}, at most"), worst, 2, Goal::None);
        line(&format!("{of}, answers/s"), answers.a_second, 0, Goal::None);
    }
    Ok(())
}

/// The dashboard in a browser. Goals of the slow phone are what Lighthouse calls good.
async fn pages() -> anyhow::Result<()> {
    title("pages: the dashboard in headless Chromium, nothing cached, the median of some loads");
    let looked = seeing::run().await?;
    for page in looked.pages {
        let (name, seen) = (page.name, page.seen);
        let [first, largest, usable, blocked] = page.goals.map(Goal::AtMost);
        line(&format!("{name}: ms until something is painted"), seen.first, 0, first);
        line(&format!("{name}: ms until the largest thing is painted"), seen.largest, 0, largest);
        line(&format!("{name}: ms until the first row can be used"), seen.usable, 0, usable);
        line(&format!("{name}: ms that a press would have had to wait"), seen.blocked, 0, blocked);
        line(&format!("{name}: share of the screen that moved by itself"), seen.shift, 3, Goal::AtMost(0.1));
        line(&format!("{name}: KB that came"), seen.kilobytes, 0, Goal::None);
    }
    let [half, most] = looked.turn_ms;
    line("ms until the next of 10,000 people are painted, median", half, 1, Goal::AtMost(100.0));
    line("ms until the next of 10,000 people are painted, at most", most, 1, Goal::None);
    Ok(())
}

/// What the functions weigh, and their cold starts.
async fn functions() -> anyhow::Result<()> {
    title("functions: binaries as they are built here, and from a process's start until it asks for its first event");
    for function in starting::run().await? {
        let name = format!("{} (profile {})", function.name, function.profile);
        line(&format!("{name}: MB of its binary"), function.megabytes, 1, Goal::AtMost(10.0));
        line(&format!("{name}: ms until its first question, median"), function.start_ms, 1, Goal::AtMost(50.0));
        line(&format!("{name}: MB of memory at most until then"), function.peak_mb, 1, Goal::AtMost(40.0));
    }
    Ok(())
}

/// Files into audiences.
async fn import(rows: usize) -> anyhow::Result<()> {
    let workbook = |texts| importing::workbook(rows / 10, texts);
    for file in [importing::csv(rows), workbook(Texts::InCells)?, workbook(Texts::Shared)?] {
        let run = importing::run(&file).await?;
        let (name, rows, megabytes) = (file.name, file.rows, file.bytes.len() as f64 / 1e6);
        title(&format!("import: {name}, {rows} rows, {megabytes:.0} MB, from the upload to committed segments"));
        let is_text = name.ends_with(".csv");
        line("seconds", run.seconds, 2, if is_text { Goal::AtMost(8.0) } else { Goal::None });
        line("rows/s", rows as f64 / run.seconds, 0, Goal::None);
        line("MB of memory at most, our whole process", run.peak_mb, 1, Goal::AtMost(128.0));
        line("MB of them before the import", run.idle_mb, 1, Goal::None);
        if is_text {
            let times = run.seconds / importing::plain(&file)?;
            line("times what the csv crate takes for the same bytes", times, 1, Goal::AtMost(4.0));
        }
    }
    Ok(())
}

/// A list over the whole contact book into an audience.
async fn list(contacts: usize) -> anyhow::Result<()> {
    let run = lists::run(contacts).await?;
    title(&format!("lists: a list that finds {contacts} contacts, from the request to committed segments"));
    line("seconds", run.seconds, 2, Goal::None);
    line("contacts/s", contacts as f64 / run.seconds, 0, Goal::None);
    line("MB of memory at most, our whole process", run.peak_mb, 1, Goal::AtMost(128.0));
    line("MB of them before it was asked for", run.idle_mb, 1, Goal::None);
    line("seconds until it was counted, as far as its time goes", run.count_seconds, 2, Goal::None);
    line("seconds that the store took to be filled, in batches", run.fill_seconds, 1, Goal::None);
    Ok(())
}

/// A campaign's people as files: nobody was written to yet, so each row is of the audience alone.
async fn export(rows: usize) -> anyhow::Result<()> {
    for (format, rows) in [("csv", rows), ("xlsx", rows / 10)] {
        let run = exporting::run(format, rows).await?;
        title(&format!("export: {rows} people of a draft as .{format}, from the request until it can be fetched"));
        line("seconds", run.seconds, 2, Goal::None);
        line("rows/s", rows as f64 / run.seconds, 0, Goal::None);
        line("MB of the file", run.file_mb, 1, Goal::None);
        line("MB of memory at most, our whole process", run.peak_mb, 1, Goal::AtMost(128.0));
        line("MB of them before the export", run.idle_mb, 1, Goal::None);
    }
    Ok(())
}

fn print_costs(run: &Run) {
    let each = |count: f64| count / run.people as f64;
    line("DynamoDB write units a message, fully tracked", each(run.counts.write_units()), 3, Goal::AtMost(6.0));
    bills(run, "write units");
    line("DynamoDB read units a message", each(run.counts.read_units()), 3, Goal::None);
    bills(run, "read units");
    line("SQS requests a message", each(run.counts.sum("SQS requests")), 3, Goal::None);
    line("ms of sender a message", each(run.counts.sum("sender ms")), 1, Goal::None);
    line("senders' jobs a thousand messages", each(run.counts.sum("sender jobs")) * 1_000.0, 1, Goal::None);
}

/// What the dispatcher's looks cost at the beginning and at the end of a long campaign; nothing is sent.
async fn cut(people: u64) -> anyhow::Result<()> {
    let looks = cutting::run(people, FASTEST).await?;
    title(&format!("cutting: an audience of {people}, jobs cut and counted as sent without sending, a look a minute"));
    let third = (looks.len() / 3).max(1);
    let (first, last) = (cutting::mean(&looks[..third]), cutting::mean(&looks[looks.len() - third..]));
    for (name, part) in [("first", &first), ("last", &last)] {
        line(&format!("write units a thousand recipients, {name} third"), part.write_units, 2, Goal::None);
        line(&format!("read units a thousand recipients, {name} third"), part.read_units, 2, Goal::None);
        line(&format!("SQS requests a thousand recipients, {name} third"), part.requests, 2, Goal::None);
        line(&format!("ms a thousand recipients, {name} third"), part.millis, 2, Goal::None);
    }
    let grown = |of: fn(&cutting::Mean) -> f64| (of(&last) / of(&first) - 1.0) * 100.0;
    line("% more write units", grown(|mean| mean.write_units), 1, Goal::AtMost(10.0));
    line("% more read units", grown(|mean| mean.read_units), 1, Goal::AtMost(10.0));
    line("% more time", grown(|mean| mean.millis), 1, Goal::AtMost(10.0));
    Ok(())
}
