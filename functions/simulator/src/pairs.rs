//! One number to one person: 45 messages at once, and one in six seconds in the long run (Meta's throughput page, 2025).

use std::collections::HashMap;

use crate::clock::MICROS_PER_SECOND;

/// One message is paid back in this time.
const GAP_MICROS: i64 = 6 * MICROS_PER_SECOND;
/// Messages that may be borrowed.
const BURST: i64 = 45;
/// Pairs are looked through for settled ones when there are twice as many as after the last look, and more than this.
const SWEEP_FLOOR: usize = 10_000;

/// Until when each pair has borrowed.
#[derive(Debug, Default)]
pub(crate) struct Pairs {
    settled_at: HashMap<(Box<str>, Box<str>), i64>,
    sweep_above: usize,
}

impl Pairs {
    /// Whether one more message of this number to this person is possible.
    pub(crate) fn has_room(&self, number: &str, to: &str, now_micros: i64) -> bool {
        let settled = self.settled_at.get(&(number.into(), to.into())).copied().unwrap_or(now_micros);
        settled.max(now_micros) + GAP_MICROS <= now_micros + BURST * GAP_MICROS
    }

    /// Notes a message.
    pub(crate) fn wrote(&mut self, number: &str, to: &str, now_micros: i64) {
        let settled = self.settled_at.entry((number.into(), to.into())).or_insert(now_micros);
        *settled = (*settled).max(now_micros) + GAP_MICROS;
        if self.settled_at.len() > self.sweep_above.max(SWEEP_FLOOR) {
            self.settled_at.retain(|_, settled| *settled > now_micros);
            self.sweep_above = self.settled_at.len() * 2;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_burst_is_paid_back_one_by_one_and_pairs_are_apart() {
        let mut pairs = Pairs::default();
        for _ in 0..45 {
            assert!(pairs.has_room("1", "2", 0));
            pairs.wrote("1", "2", 0);
        }
        assert!(!pairs.has_room("1", "2", 0) && !pairs.has_room("1", "2", GAP_MICROS - 1));
        assert!(pairs.has_room("1", "3", 0) && pairs.has_room("2", "2", 0));
        assert!(pairs.has_room("1", "2", GAP_MICROS));
        pairs.wrote("1", "2", GAP_MICROS);
        assert!(!pairs.has_room("1", "2", GAP_MICROS));
    }
}
