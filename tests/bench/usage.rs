//! What a process has used so far, as Linux tells: memory at most, and processor time by thread.

use anyhow::Context;

/// Microseconds of a tick of `/proc`: a hundredth of a second.
const TICK_MICROS: f64 = 10_000.0;

/// Names of the embedded services' threads begin with these.
const STORE_THREADS: [&str; 2] = ["dynamodb-", "sqs-"];

/// Processor time, in microseconds.
#[derive(Debug, Clone, Copy)]
pub struct Processor {
    /// All threads.
    pub all: f64,
    /// Those of the embedded services.
    pub store: f64,
}

/// Processor time of a process so far, user and system.
pub fn processor(process: u32) -> anyhow::Result<Processor> {
    let (_, all) = ticks(&format!("/proc/{process}/stat"))?;
    let mut store = 0.0;
    let tasks = format!("/proc/{process}/task");
    for task in std::fs::read_dir(&tasks).with_context(|| format!("reading {tasks}"))? {
        // A thread may end while they are counted.
        let Ok((name, ticks)) = ticks(&format!("{}/stat", task?.path().display())) else { continue };
        if STORE_THREADS.iter().any(|prefix| name.starts_with(prefix)) {
            store += ticks;
        }
    }
    Ok(Processor { all: all * TICK_MICROS, store: store * TICK_MICROS })
}

/// The name in a `stat` file, and its fields 14 and 15.
fn ticks(path: &str) -> anyhow::Result<(String, f64)> {
    let stat = std::fs::read_to_string(path).with_context(|| format!("reading {path}"))?;
    let (before, after) = stat.rsplit_once(')').context("a process without a name")?;
    let name = before.split_once('(').map_or(before, |(_, name)| name).to_owned();
    let ticks = after.split_whitespace().skip(11).take(2).map(str::parse::<f64>).sum::<Result<f64, _>>()?;
    Ok((name, ticks))
}

/// Highest memory of a process so far, in MB.
pub fn peak_mb(process: u32) -> anyhow::Result<f64> {
    let status = std::fs::read_to_string(format!("/proc/{process}/status")).context("reading a process's status")?;
    let line = status.lines().find(|line| line.starts_with("VmHWM")).context("no VmHWM")?;
    let kilobytes: f64 = line.split_whitespace().nth(1).context("no number")?.parse()?;
    Ok(kilobytes / 1_024.0)
}
