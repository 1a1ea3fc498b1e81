//! The people that a portfolio wrote to in the last 24 hours, over all its numbers: what Meta limits.

use std::collections::{HashMap, VecDeque};

use crate::clock::MICROS_PER_SECOND;

const DAY_MICROS: i64 = 24 * 60 * 60 * MICROS_PER_SECOND;

/// Who was written to, and when last.
#[derive(Debug, Default)]
pub(crate) struct People {
    last: HashMap<Box<str>, i64>,
    order: VecDeque<(i64, Box<str>)>,
}

impl People {
    /// Whether one more message to this person stays within the limit.
    pub(crate) fn has_room(&mut self, limit: Option<u32>, to: &str, now_micros: i64) -> bool {
        self.forget(now_micros);
        limit.is_none_or(|limit| self.last.len() < limit as usize || self.last.contains_key(to))
    }

    /// Notes a message to this person.
    pub(crate) fn wrote(&mut self, to: &str, now_micros: i64) {
        self.forget(now_micros);
        self.last.insert(to.into(), now_micros);
        self.order.push_back((now_micros, to.into()));
    }

    fn forget(&mut self, now_micros: i64) {
        while let Some((at, to)) = self.order.front()
            && *at <= now_micros - DAY_MICROS
        {
            if self.last.get(to) == Some(at) {
                self.last.remove(to);
            }
            self.order.pop_front();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_person_counts_once_and_until_a_day_after_the_last_message() {
        let mut people = People::default();
        people.wrote("1", 0);
        people.wrote("2", 5);
        people.wrote("1", 10);
        assert!(people.has_room(Some(2), "1", 20) && !people.has_room(Some(2), "3", 20));
        assert!(people.has_room(None, "3", 20));
        assert!(!people.has_room(Some(2), "3", DAY_MICROS + 4));
        assert!(people.has_room(Some(2), "3", DAY_MICROS + 5));
        assert!(!people.has_room(Some(1), "3", DAY_MICROS + 9));
    }
}
