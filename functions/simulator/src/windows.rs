//! What people did by themselves: when they last wrote to a number, which opens its 24-hour window, and who stopped
//! marketing.

use std::collections::{HashMap, HashSet};

use crate::clock::MICROS_PER_SECOND;

const DAY_MICROS: i64 = 24 * 60 * 60 * MICROS_PER_SECOND;

/// The wishes and words of people, by number.
#[derive(Debug, Default)]
pub(crate) struct Windows {
    last_heard: HashMap<(Box<str>, Box<str>), i64>,
    stopped: HashSet<(Box<str>, Box<str>)>,
}

impl Windows {
    /// A person wrote to this number.
    pub(crate) fn heard(&mut self, number: &str, from: &str, at_micros: i64) {
        self.last_heard.insert((number.into(), from.into()), at_micros);
    }

    /// Whether the window of this person on this number is open.
    pub(crate) fn is_open(&self, number: &str, to: &str, now_micros: i64) -> bool {
        let heard = self.last_heard.get(&(number.into(), to.into()));
        heard.is_some_and(|at| now_micros < at.saturating_add(DAY_MICROS))
    }

    /// A person stopped marketing of this number, or takes it again.
    pub(crate) fn prefers(&mut self, number: &str, from: &str, preference: Preference) {
        let pair = (number.into(), from.into());
        match preference {
            Preference::Stop => self.stopped.insert(pair),
            Preference::Resume | Preference::Signup => self.stopped.remove(&pair),
        };
    }

    /// Whether this person stopped marketing of this number.
    pub(crate) fn has_stopped(&self, number: &str, to: &str) -> bool {
        !self.stopped.is_empty() && self.stopped.contains(&(number.into(), to.into()))
    }
}

/// What a person wants of marketing, in Meta's words.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Preference {
    /// No more of it.
    Stop,
    /// Again.
    Resume,
    /// Asked for by a signup link.
    Signup,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_window_is_open_for_a_day_on_that_number_only() {
        let mut windows = Windows::default();
        windows.heard("1", "2", 5);
        assert!(windows.is_open("1", "2", DAY_MICROS + 4));
        assert!(!windows.is_open("1", "2", DAY_MICROS + 5));
        assert!(!windows.is_open("3", "2", 6) && !windows.is_open("1", "3", 6));
    }

    #[test]
    fn a_stop_lasts_until_the_person_resumes() {
        let mut windows = Windows::default();
        windows.prefers("1", "2", Preference::Stop);
        assert!(windows.has_stopped("1", "2") && !windows.has_stopped("3", "2"));
        windows.prefers("1", "2", Preference::Resume);
        assert!(!windows.has_stopped("1", "2"));
    }
}
