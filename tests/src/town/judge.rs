//! The judge: what the simulator's own log says of the promises.

use std::collections::BTreeMap;
use std::hash::{DefaultHasher, Hash, Hasher};

use anyhow::{Context, ensure};
use campaigns::job::CallbackData;
use campaigns::message::MessageRecord;
use campaigns::totals::{Counted, Totals};
use lambdas::storage::messages;
use lambdas::storage::totals::{self, Scope};
use simulator::{Answer, Arrival, ErrorCode, Outcome, Status};
use wire::{CampaignId, MessageState};

use super::Town;

/// What a campaign was asked for, and what happened to it.
#[derive(Debug, Default)]
pub struct Case {
    /// Size of its audience.
    pub people: u64,
    /// Messages a second of its number.
    pub rate: u32,
    /// No gap may be shorter, in milliseconds.
    pub least_gap_ms: i64,
    /// No gap may be longer without a reason that is written down, in milliseconds; nothing where only the rate counts.
    pub longest_gap_ms: Option<i64>,
    /// Most outcomes that nobody could know: what was in flight when everything died or an answer was lost.
    pub most_unknown: u64,
    /// The pauses that were answered, in their order.
    pub pauses: Vec<Pause>,
}

/// A pause, from its answer to the question that ended it; in microseconds since 1970.
#[derive(Debug, Clone, Copy)]
pub struct Pause {
    /// When the pause was answered.
    pub answered_at: i64,
    /// When the campaign was asked to go on.
    pub ended_at: i64,
    /// Recipients in a sender's hand when it was answered.
    pub in_flight: u64,
}

/// After the answer to a pause, work of one more second may leave.
const STOP_MICROS: i64 = 1_000_000;

/// Judges a campaign that is complete and whose receipts are through; an error names the promise that was broken.
pub async fn judge(town: &Town, campaign: &CampaignId, case: &Case) -> anyhow::Result<()> {
    let all = town.simulator.arrivals();
    once(&all)?;
    let most = largest_second(&all);
    ensure!(most <= case.rate as usize, "P3, pace: {most} in a second");
    let arrivals = of(campaign, all)?;
    let records = messages::range(&town.app, campaign, 0, case.people - 1).await?;
    let mut recount = Totals::default();
    for record in &records {
        recount.apply(None, &Counted::from(record));
    }
    let counted = totals::get(&town.app, campaign, Scope::Campaign).await?.totals;
    ensure!(counted == recount, "P5, true numbers: totals {counted:?}, recount {recount:?}");
    nobody_forgotten(&recount, &arrivals, case)?;
    truth(&records, &arrivals)?;
    pace(&arrivals, case)?;
    reasons(&arrivals, &records, case)?;
    stop(&arrivals, case)
}

fn accepted(arrivals: &[Arrival]) -> impl Iterator<Item = &Arrival> {
    arrivals.iter().filter(|arrival| matches!(arrival.outcome, Outcome::Accepted))
}

/// What arrived of this campaign. What is nobody's is an error.
fn of(campaign: &CampaignId, all: Vec<Arrival>) -> anyhow::Result<Vec<Arrival>> {
    let mut own = Vec::new();
    for arrival in all {
        let callback = arrival.callback_data.as_deref().and_then(CallbackData::parse);
        if callback.with_context(|| format!("an arrival that is not ours: {arrival:?}"))?.campaign_id == *campaign {
            own.push(arrival);
        }
    }
    Ok(own)
}

/// P1: nobody is sent to twice.
pub fn once(arrivals: &[Arrival]) -> anyhow::Result<()> {
    let mut times: BTreeMap<&str, u32> = BTreeMap::new();
    for arrival in accepted(arrivals) {
        *times.entry(arrival.to.as_str()).or_default() += 1;
    }
    times.retain(|_, count| *count > 1);
    ensure!(times.is_empty(), "P1, once: {times:?}");
    Ok(())
}

/// P2: everybody has an outcome, and few have one that nobody knows.
fn nobody_forgotten(recount: &Totals, arrivals: &[Arrival], case: &Case) -> anyhow::Result<()> {
    let has_outcome = recount.touched() == case.people && recount.settled() == case.people;
    ensure!(has_outcome, "P2, nobody forgotten: {recount:?}");
    let untold = arrivals.iter().filter(|arrival| says_nothing(arrival)).count() as u64;
    ensure!(recount.unknown <= case.most_unknown + untold, "P1, unknown is what was in flight: {recount:?}");
    let burst = [ErrorCode::RATE_LIMIT_HIT, ErrorCode::ACCOUNT_RATE_LIMIT, ErrorCode::MAINTENANCE];
    let blamed = burst.iter().find(|code| recount.failed_by_code.contains_key(&code.0));
    ensure!(blamed.is_none(), "P2, a limit of WhatsApp is nobody's failure: {recount:?}");
    Ok(())
}

/// Whether an answer left open if the message was sent.
fn says_nothing(arrival: &Arrival) -> bool {
    let code = match arrival.outcome {
        Outcome::Refused { code, .. } => Some(code),
        Outcome::Accepted => None,
    };
    let error_without_proof = [Some(ErrorCode::OVERLOADED), Some(ErrorCode::SOMETHING_WENT_WRONG)].contains(&code);
    error_without_proof || matches!(arrival.answer, Answer::ServerError | Answer::Silence)
}

/// P5: each message stands where the simulator's log says that it got to.
fn truth(records: &[MessageRecord], arrivals: &[Arrival]) -> anyhow::Result<()> {
    let mut reached: BTreeMap<u64, &Arrival> = BTreeMap::new();
    for arrival in arrivals {
        let callback = arrival.callback_data.as_deref().and_then(CallbackData::parse);
        let index = callback.with_context(|| format!("an arrival that is not ours: {arrival:?}"))?.index;
        let before = reached.get(&index).is_some_and(|before| matches!(before.outcome, Outcome::Accepted));
        if !before {
            reached.insert(index, arrival);
        }
    }
    for record in records {
        let arrival = reached.get(&record.index).copied();
        let (state, code) = (record.state, record.code.filter(|_| record.state == MessageState::Failed));
        let is_true = match arrival.map(|arrival| (arrival.outcome, furthest(arrival))) {
            None => matches!(state, MessageState::Unknown | MessageState::Skipped),
            Some((Outcome::Refused { code: said, .. }, _)) => {
                state == MessageState::Unknown || (state, code) == (MessageState::Failed, Some(said.0))
            }
            Some((Outcome::Accepted, None)) => {
                matches!(state, MessageState::Accepted | MessageState::Held | MessageState::Unknown)
            }
            Some((Outcome::Accepted, Some(told))) => (state, code) == told,
        };
        ensure!(is_true, "P5, true numbers: {record:?} against the log's {arrival:?}");
    }
    Ok(())
}

/// The furthest that a message's receipts say: delivered and read beat a failure, which beats sent.
fn furthest(arrival: &Arrival) -> Option<(MessageState, Option<u32>)> {
    let told = arrival.statuses.iter().map(|told| match told.status {
        Status::Sent => (0, MessageState::Sent, None),
        Status::Failed => (1, MessageState::Failed, told.code.map(|code| code.0)),
        Status::Delivered => (2, MessageState::Delivered, None),
        Status::Read => (3, MessageState::Read, None),
    });
    told.max_by_key(|(rank, _, _)| *rank).map(|(_, state, code)| (state, code))
}

/// P3: no gap of the campaign under its minimum.
fn pace(arrivals: &[Arrival], case: &Case) -> anyhow::Result<()> {
    let at: Vec<i64> = accepted(arrivals).map(|arrival| arrival.at_micros).collect();
    let shortest = at.windows(2).map(|pair| pair[1] - pair[0]).min().unwrap_or(i64::MAX);
    ensure!(shortest >= case.least_gap_ms * 1_000, "P3, no gap under the minimum: {shortest} µs");
    Ok(())
}

/// What senders, slots and the clock take of themselves, in milliseconds: no gap is judged by it.
const UNJUDGED_MS: i64 = 500;

/// P3: a gap of the campaign over its longest has its reason, with the message that ends it. Who was left out, or is
/// unknown because his sender died, took his turn without arriving; of an attempt before the last nothing is kept.
fn reasons(arrivals: &[Arrival], records: &[MessageRecord], case: &Case) -> anyhow::Result<()> {
    let Some(longest) = case.longest_gap_ms else { return Ok(()) };
    let took_a_turn = |record: &&MessageRecord| {
        record.waited_for.is_some() || matches!(record.state, MessageState::Skipped | MessageState::Unknown)
    };
    let turns: Vec<i64> = records.iter().filter(took_a_turn).map(|record| record.attempted_at).collect();
    for pair in arrivals.windows(2) {
        let (from, to) = (pair[0].at_micros / 1_000, pair[1].at_micros / 1_000);
        let callback = pair[1].callback_data.as_deref().and_then(CallbackData::parse);
        let callback = callback.with_context(|| format!("an arrival that is not ours: {:?}", pair[1]))?;
        let record = records.iter().find(|record| record.index == callback.index);
        let is_told = turns.iter().any(|turn| (from..=to).contains(turn))
            || record.is_some_and(|record| record.attempt > callback.attempt || record.waited_for.is_some());
        let gap = to - from;
        ensure!(gap <= longest + UNJUDGED_MS || is_told, "P3, a reason for every wait: {gap} ms until {record:?}");
    }
    Ok(())
}

/// The most that arrived in any sliding second, refused or not.
pub fn largest_second(arrivals: &[Arrival]) -> usize {
    let at: Vec<i64> = arrivals.iter().map(|arrival| arrival.at_micros).collect();
    (0..at.len()).map(|first| at[first..].partition_point(|later| *later < at[first] + 1_000_000)).max().unwrap_or(0)
}

/// P4: a second after a pause was answered, only what was in flight then may still arrive.
fn stop(arrivals: &[Arrival], case: &Case) -> anyhow::Result<()> {
    for pause in &case.pauses {
        let stopped = pause.answered_at + STOP_MICROS..pause.ended_at;
        let late = arrivals.iter().filter(|arrival| stopped.contains(&arrival.at_micros)).count() as u64;
        ensure!(late <= pause.in_flight, "P4, stop means stop: {late} arrived in {pause:?}");
    }
    Ok(())
}

/// Everything the simulator saw and told, to the microsecond: two runs that agree in this went the same way.
pub fn digest(arrivals: &[Arrival]) -> anyhow::Result<String> {
    let mut hasher = DefaultHasher::new();
    for arrival in arrivals {
        serde_json::to_string(arrival)?.hash(&mut hasher);
    }
    Ok(format!("{} arrivals, {:016x}", arrivals.len(), hasher.finish()))
}
