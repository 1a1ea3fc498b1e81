//! What goes wrong in a town: chance of a seed, points at which everything dies, and how often what else goes wrong.

mod broken;
mod fired;
mod index;
mod storage;

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use aws_smithy_runtime_api::client::http::SharedHttpClient;
use rand::rngs::ChaCha8Rng;
use rand::{Rng, SeedableRng};
use tokio::sync::Notify;

pub use self::broken::Broken;
pub use self::fired::{FAULTS, Fault, Fired};

/// Where a sender may die.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Point {
    /// Before a claim is written.
    BeforeClaim,
    /// After it was, before anybody knows.
    AfterClaim,
    /// The request was handled on the other side, and no answer came back.
    RequestHandled,
    /// The answer came, and its outcome was not recorded.
    BeforeRecord,
    /// The outcome was recorded.
    AfterRecord,
}

/// All points, in the order in which a message passes them.
pub const POINTS: [Point; 5] =
    [Point::BeforeClaim, Point::AfterClaim, Point::RequestHandled, Point::BeforeRecord, Point::AfterRecord];

/// How often what goes wrong, in per mille, and by how much.
#[derive(Debug, Clone, Copy, Default)]
pub struct Rates {
    /// Batches of jobs that are sent two or three times.
    pub repeated_jobs: u32,
    /// By how many seconds a job comes early or late, at most.
    pub shifted_jobs_seconds: u32,
    /// Storage requests that are refused before they take effect.
    pub refused: u32,
    /// Requests of tables that are refused for lack of throughput.
    pub throttled: u32,
    /// Writes of campaigns that meet somebody's transaction.
    pub conflicts: u32,
    /// Storage requests that take effect and whose answer is lost.
    pub lost_answers: u32,
    /// How old the answer of an index is, at most.
    pub late_indexes_seconds: u32,
    /// How late a tick of the schedule is, at most.
    pub late_ticks_seconds: u32,
    /// Ticks that come twice at once.
    pub doubled_ticks: u32,
    /// Webhooks whose statuses stand in another order.
    pub mixed_receipts: u32,
    /// Webhooks that are some seconds on their way, and are overtaken.
    pub late_receipts: u32,
    /// Webhooks that come three times.
    pub tripled_receipts: u32,
    /// Webhooks that are not let in, and come again.
    pub lost_receipts: u32,
}

impl Rates {
    /// What stands for this kind: per mille, or the seconds by which it is off at most.
    fn of(&self, fault: Fault) -> u32 {
        match fault {
            Fault::RepeatedJobs => self.repeated_jobs,
            Fault::ShiftedJobs => self.shifted_jobs_seconds,
            Fault::Refused => self.refused,
            Fault::Throttled => self.throttled,
            Fault::Conflicts => self.conflicts,
            Fault::LostAnswers => self.lost_answers,
            Fault::LateIndexes => self.late_indexes_seconds,
            Fault::LateTicks => self.late_ticks_seconds,
            Fault::DoubledTicks => self.doubled_ticks,
            Fault::MixedReceipts => self.mixed_receipts,
            Fault::LateReceipts => self.late_receipts,
            Fault::TripledReceipts => self.tripled_receipts,
            Fault::LostReceipts => self.lost_receipts,
        }
    }
}

/// Batches of jobs that are repeated in one run: each copy of a job that is put back could be copied again, for ever.
const MOST_REPEATS: u32 = 40;

/// The faults of a town.
pub struct Faults {
    state: Mutex<Running>,
    crash: Notify,
    broken: Broken,
}

struct Running {
    chance: ChaCha8Rng,
    rates: Rates,
    deaths: Vec<(Point, u32)>,
    repeats_left: u32,
    fired: Fired,
}

impl Faults {
    /// `deaths`: at which point, after how many passes of it since the death before, everything dies; in this order.
    pub fn new(seed: u64, rates: Rates, deaths: Vec<(Point, u32)>, broken: Broken) -> Arc<Faults> {
        let chance = ChaCha8Rng::seed_from_u64(seed);
        let mut deaths = deaths;
        deaths.reverse();
        Arc::new(Faults {
            state: Mutex::new(Running { chance, rates, deaths, repeats_left: MOST_REPEATS, fired: Fired::default() }),
            crash: Notify::new(),
            broken,
        })
    }

    /// Nothing ever goes wrong.
    pub fn none() -> Arc<Faults> {
        Faults::new(0, Rates::default(), Vec::new(), Broken::Nothing)
    }

    /// Waits for the next crash.
    pub async fn crashed(&self) {
        self.crash.notified().await;
    }

    /// From now on nothing goes wrong.
    pub fn end(&self) {
        let mut state = self.state();
        state.rates = Rates::default();
        state.deaths.clear();
    }

    /// Passes a point: dies there when it is time, and then never returns.
    pub async fn pass(&self, point: Point) {
        if self.dies_at(point) {
            self.crash.notify_one();
            std::future::pending::<()>().await;
        }
    }

    fn dies_at(&self, point: Point) -> bool {
        let mut state = self.state();
        match state.deaths.last_mut() {
            Some((next, passes)) if *next == point && *passes > 0 => {
                *passes -= 1;
                false
            }
            Some((next, _)) if *next == point => {
                state.deaths.pop();
                state.fired.died_at(point);
                true
            }
            Some(_) | None => false,
        }
    }

    /// What fired so far.
    pub fn fired(&self) -> Fired {
        self.state().fired.clone()
    }

    /// By how many seconds this kind is off at most, at present.
    pub(super) fn seconds(&self, fault: Fault) -> u32 {
        self.state().rates.of(fault)
    }

    /// Notes that something went wrong that is not drawn by [`Faults::happens`].
    pub(super) fn note(&self, fault: Fault) {
        self.state().fired.note(fault);
    }

    /// A number below `n`, which is not 0.
    pub(super) fn below(&self, n: u32) -> u32 {
        self.state().chance.next_u32() % n
    }

    /// Whether this happens now; then it is noted.
    pub(super) fn happens(&self, fault: Fault) -> bool {
        let mut state = self.state();
        let drawn = state.chance.next_u32() % 1_000;
        let happens = drawn < state.rates.of(fault);
        if happens {
            state.fired.note(fault);
        }
        happens
    }

    /// How many times more than once a batch of jobs is sent.
    pub(super) fn repeats(&self) -> u32 {
        if !self.happens(Fault::RepeatedJobs) {
            return 0;
        }
        let times = 1 + self.below(2);
        let mut state = self.state();
        let left = state.repeats_left;
        state.repeats_left = left.saturating_sub(1);
        if left > 0 { times } else { 0 }
    }

    fn state(&self) -> MutexGuard<'_, Running> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The client with these faults in front of it, for callers without the broken part.
    pub(super) fn in_front_of(self: &Arc<Self>, inner: SharedHttpClient, broken: Broken) -> SharedHttpClient {
        storage::in_front_of(self, inner, broken)
    }

    /// What is taken out of the senders.
    pub(super) fn broken(&self) -> Broken {
        self.broken
    }
}
