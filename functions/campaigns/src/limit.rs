//! The portfolio's limit: how many people all numbers of one portfolio may write to in any 24 hours.
//!
//! People are counted in buckets of ten minutes, at the moment their message gets its slot. Counting somebody twice is
//! allowed, counting too few never: a stretch of 24 hours touches at most 145 buckets, and one more is held back because
//! a message may leave some minutes after it was counted.
//! Source: Meta's page on messaging limits (September 2026): 250, 2,000, 10,000, 100,000 or unlimited unique users
//! outside a service window in a moving 24 hours, shared by the numbers of a portfolio since October 2025.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// Length of a bucket, in microseconds.
pub const BUCKET_MICROS: i64 = 10 * 60 * 1_000_000;

/// Buckets whose people stay within the limit together.
pub const WINDOW_BUCKETS: i64 = 24 * 6 + 1 + 1;

/// The people written to, by bucket.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Usage {
    buckets: BTreeMap<i64, u32>,
}

/// The bucket of an instant.
pub fn bucket_of(micros: i64) -> i64 {
    micros.div_euclid(BUCKET_MICROS)
}

impl Usage {
    /// How many more people may be counted at this instant.
    pub fn room_at(&self, limit: u32, micros: i64) -> u32 {
        let bucket = bucket_of(micros);
        let ahead = self.buckets.range(bucket + 1..bucket + WINDOW_BUCKETS).map(|(later, _)| *later);
        let fullest = std::iter::once(bucket).chain(ahead).map(|last| self.in_window(last)).max().unwrap_or_default();
        u32::try_from(u64::from(limit).saturating_sub(fullest)).unwrap_or_default()
    }

    /// The first instant, not before `micros`, at which one more person may be counted; the end of time where nobody may.
    pub fn next_room(&self, limit: u32, micros: i64) -> i64 {
        let leaves =
            self.buckets.keys().map(|bucket| bucket.saturating_add(WINDOW_BUCKETS).saturating_mul(BUCKET_MICROS));
        let candidates = std::iter::once(micros).chain(leaves.filter(|at| *at > micros));
        let has_room = |at: &i64| self.room_at(limit, *at) > 0;
        candidates.into_iter().find(has_room).unwrap_or(i64::MAX)
    }

    /// Counts people at an instant.
    pub fn count(&mut self, micros: i64, people: u32) {
        if people > 0 {
            let counted = self.buckets.entry(bucket_of(micros)).or_default();
            *counted = counted.saturating_add(people);
        }
    }

    /// Forgets what no longer matters at this instant, with a window to spare for clocks that differ.
    pub fn forget_before(&mut self, micros: i64) {
        self.buckets = self.buckets.split_off(&(bucket_of(micros) - 2 * WINDOW_BUCKETS));
    }

    /// People counted in the window that ends with this bucket.
    fn in_window(&self, last: i64) -> u64 {
        self.buckets.range(last - WINDOW_BUCKETS + 1..=last).map(|(_, people)| u64::from(*people)).sum()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const DAY_MICROS: i64 = 24 * 60 * 60 * 1_000_000;
    const MINUTE: i64 = 60 * 1_000_000;

    /// The most people in any 24 hours, by looking at each stretch that begins with a message.
    fn most_in_a_day(sent: &[i64]) -> usize {
        let within = |from: i64| sent.iter().filter(|at| (from..from + DAY_MICROS).contains(*at)).count();
        sent.iter().map(|from| within(*from)).max().unwrap_or_default()
    }

    #[test]
    fn a_full_day_frees_when_its_bucket_can_touch_no_stretch_any_more() {
        let mut usage = Usage::default();
        usage.count(5 * MINUTE, 250);
        assert_eq!((usage.room_at(250, 0), usage.room_at(250, DAY_MICROS + 9 * MINUTE)), (0, 0));
        let free = usage.next_room(250, 7 * MINUTE);
        assert_eq!(free, WINDOW_BUCKETS * BUCKET_MICROS);
        assert_eq!((usage.room_at(250, free - 1), usage.room_at(250, free)), (0, 250));
    }

    #[test]
    fn where_nobody_may_be_written_to_there_is_never_room() {
        assert_eq!(Usage::default().next_room(0, 7), i64::MAX);
        assert_eq!(Usage::default().next_room(1, 7), 7);
    }

    #[test]
    fn what_is_forgotten_changes_nothing() {
        let mut usage = Usage::default();
        usage.count(0, 10);
        usage.count(3 * DAY_MICROS, 10);
        let before = usage.room_at(100, 3 * DAY_MICROS);
        usage.forget_before(3 * DAY_MICROS);
        assert_eq!((usage.room_at(100, 3 * DAY_MICROS), usage.buckets.len()), (before, 1));
    }

    proptest! {
        #[test]
        fn no_day_ever_holds_more_than_the_limit(
            limit in 1u32..40,
            asked in proptest::collection::vec((0i64..4 * 24 * 60, 1u32..30, 0i64..10), 1..60),
        ) {
            // Senders ask at any time and in any order, and a message may leave up to ten minutes after it was counted.
            let (mut usage, mut sent) = (Usage::default(), Vec::new());
            for (minute, people, delay) in asked {
                let granted = people.min(usage.room_at(limit, minute * MINUTE));
                usage.count(minute * MINUTE, granted);
                sent.extend((0..granted).map(|_| (minute + delay) * MINUTE));
            }
            prop_assert!(most_in_a_day(&sent) <= limit as usize);
        }

        #[test]
        fn the_next_room_is_the_first(limit in 1u32..20, counted in proptest::collection::vec((0i64..3 * 144, 1u32..20), 0..20), from in 0i64..3 * 144) {
            let mut usage = Usage::default();
            for (bucket, people) in counted {
                usage.count(bucket * BUCKET_MICROS, people);
            }
            let micros = from * BUCKET_MICROS + MINUTE;
            let next = usage.next_room(limit, micros);
            prop_assert!(next >= micros && usage.room_at(limit, next) > 0);
            let mut at = micros;
            while at < next {
                prop_assert_eq!(usage.room_at(limit, at), 0);
                at = (bucket_of(at) + 1) * BUCKET_MICROS;
            }
        }

        #[test]
        fn who_waits_for_room_gets_all_of_it(limit in 1u32..10, people in 1u32..60) {
            let (mut usage, mut at, mut sent) = (Usage::default(), 0, Vec::new());
            for _ in 0..people {
                at = usage.next_room(limit, at);
                usage.count(at, 1);
                sent.push(at);
            }
            let days = i64::from((people - 1) / limit);
            prop_assert_eq!(at, days * WINDOW_BUCKETS * BUCKET_MICROS);
            prop_assert!(most_in_a_day(&sent) <= limit as usize);
        }
    }
}
