//! The pace that was really kept, by the instants of the claims: each comes immediately before its own request.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use wire::WaitReason;

/// Latest seconds that are still counted: the stream tells claims in nearly their order.
const LATEST_SECONDS: usize = 8;

/// What is known of departures. Times are milliseconds since 1970.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Departures {
    /// How many.
    pub count: u64,
    /// The first.
    pub first_at: i64,
    /// The last.
    pub last_at: i64,
    /// The most in one second of the clock.
    pub largest_second: u32,
    /// Those that left later than the pace asks for, by reason.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub waited: BTreeMap<WaitReason, u64>,
    /// Those of the latest seconds.
    latest: BTreeMap<i64, u32>,
}

impl Departures {
    /// Whether nothing left.
    pub fn is_empty(&self) -> bool {
        self.count == 0
    }

    /// The mean wait between two departures, in milliseconds; nothing for fewer than two.
    pub fn mean_gap_ms(&self) -> Option<u64> {
        let gaps = self.count.checked_sub(1).filter(|gaps| *gaps > 0)?;
        Some(self.last_at.abs_diff(self.first_at) / gaps)
    }

    /// Changes the count of a wait's reason.
    pub(super) fn count_wait(&mut self, reason: Option<WaitReason>, by: impl Fn(u64) -> u64) {
        let Some(reason) = reason else { return };
        let count = self.waited.entry(reason).or_default();
        *count = by(*count);
        if *count == 0 {
            self.waited.remove(&reason);
        }
    }

    pub(super) fn note(&mut self, at: i64) {
        self.first_at = if self.count == 0 { at } else { self.first_at.min(at) };
        self.last_at = self.last_at.max(at);
        self.count += 1;
        let second = self.latest.entry(at.div_euclid(1_000)).or_default();
        *second += 1;
        self.largest_second = self.largest_second.max(*second);
        while self.latest.len() > LATEST_SECONDS {
            self.latest.pop_first();
        }
    }
}
