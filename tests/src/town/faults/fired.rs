//! What went wrong in a town, counted: a run in which a kind of fault never fires shows nothing of it.

use std::collections::BTreeMap;

use super::{POINTS, Point};

/// A kind of what goes wrong by chance; each has its rate.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Fault {
    /// A batch of jobs was sent again.
    RepeatedJobs,
    /// A job came early or late.
    ShiftedJobs,
    /// A storage request was refused before it took effect.
    Refused,
    /// A request of a table was refused for lack of throughput.
    Throttled,
    /// A write of a campaign met somebody's transaction.
    Conflicts,
    /// A storage request took effect and its answer was lost.
    LostAnswers,
    /// An index answered what was true some seconds ago.
    LateIndexes,
    /// A tick of the schedule was late.
    LateTicks,
    /// A tick came twice at once.
    DoubledTicks,
    /// The statuses of a webhook stood in another order.
    MixedReceipts,
    /// A webhook was some seconds on its way.
    LateReceipts,
    /// A webhook came three times.
    TripledReceipts,
    /// A webhook was not let in.
    LostReceipts,
}

/// All kinds.
pub const FAULTS: [Fault; 13] = [
    Fault::RepeatedJobs,
    Fault::ShiftedJobs,
    Fault::Refused,
    Fault::Throttled,
    Fault::Conflicts,
    Fault::LostAnswers,
    Fault::LateIndexes,
    Fault::LateTicks,
    Fault::DoubledTicks,
    Fault::MixedReceipts,
    Fault::LateReceipts,
    Fault::TripledReceipts,
    Fault::LostReceipts,
];

/// How often everything died at each point, and how often each kind of fault fired.
#[derive(Debug, Clone, Default)]
pub struct Fired {
    points: BTreeMap<Point, u64>,
    faults: BTreeMap<Fault, u64>,
}

impl Fired {
    pub(super) fn died_at(&mut self, point: Point) {
        *self.points.entry(point).or_default() += 1;
    }

    pub(super) fn note(&mut self, fault: Fault) {
        *self.faults.entry(fault).or_default() += 1;
    }

    /// Adds what fired in another town.
    pub fn add(&mut self, other: &Fired) {
        for (point, times) in &other.points {
            *self.points.entry(*point).or_default() += times;
        }
        for (fault, times) in &other.faults {
            *self.faults.entry(*fault).or_default() += times;
        }
    }

    /// The points and kinds that never fired, by name.
    pub fn missing(&self) -> Vec<String> {
        let points = POINTS.iter().filter(|point| !self.points.contains_key(*point));
        let faults = FAULTS.iter().filter(|fault| !self.faults.contains_key(*fault));
        let points = points.map(|point| format!("{point:?}"));
        points.chain(faults.map(|fault| format!("{fault:?}"))).collect()
    }
}
