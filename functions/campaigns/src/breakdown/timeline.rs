//! What happened when: at most sixty points, each of as many minutes as it takes.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// Points at most: what one line of a screen shows, and about two kilobytes.
const MOST_POINTS: usize = 60;

/// The shortest point, in milliseconds.
const MINUTE_MS: i64 = 60_000;

/// Lengths of a point, in minutes, shortest first; the last holds for campaigns of more than a year.
const MINUTES: [u32; 8] = [1, 2, 5, 10, 30, 60, 360, 1_440 * 7];

/// Messages that left, arrived, were read and failed within one point.
pub type Point = [u64; 4];

/// The points.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Timeline {
    /// Minutes of a point.
    pub minutes: u32,
    /// By the number of the point since 1970.
    pub points: BTreeMap<u32, Point>,
}

impl Default for Timeline {
    fn default() -> Timeline {
        Timeline { minutes: MINUTES[0], points: BTreeMap::new() }
    }
}

impl Timeline {
    /// Whether nothing happened.
    pub fn is_empty(&self) -> bool {
        self.points.is_empty()
    }

    /// When a point begins, in milliseconds since 1970.
    pub fn begins_at(&self, point: u32) -> i64 {
        i64::from(point) * i64::from(self.minutes) * MINUTE_MS
    }

    /// Changes the counts at these times (milliseconds; left, arrived, read, failed), where there are such.
    pub(super) fn change(&mut self, times: [Option<i64>; 4], by: &impl Fn(u64) -> u64) {
        for (kind, at) in times.into_iter().enumerate() {
            let Some(at) = at else { continue };
            let number = self.number_of(at);
            let point = self.points.entry(number).or_default();
            point[kind] = by(point[kind]);
            if *point == Point::default() {
                self.points.remove(&number);
            }
        }
        while self.points.len() > MOST_POINTS && self.widen() {}
    }

    fn number_of(&self, at: i64) -> u32 {
        u32::try_from(at.div_euclid(i64::from(self.minutes) * MINUTE_MS)).unwrap_or_default()
    }

    /// Takes longer points; false when there are none.
    fn widen(&mut self) -> bool {
        let Some(minutes) = MINUTES.into_iter().find(|minutes| *minutes > self.minutes) else { return false };
        let wider = Timeline { minutes, points: BTreeMap::new() };
        let mut points: BTreeMap<u32, Point> = BTreeMap::new();
        for (number, counts) in &self.points {
            let point = points.entry(wider.number_of(self.begins_at(*number))).or_default();
            for (sum, count) in point.iter_mut().zip(counts) {
                *sum += count;
            }
        }
        *self = Timeline { minutes, points };
        true
    }
}
