//! Webhooks that report no status: what people wrote, and what Meta did to templates, numbers and the account. Each is one
//! entry of its own POST and waits for its time.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BinaryHeap};

use serde::{Deserialize, Serialize};
use serde_json::Value;

/// One entry of a webhook, due at a time.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Notice {
    pub(crate) id: u64,
    pub(crate) due_micros: i64,
    /// What it is about, so that it can be withdrawn.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) about: Option<String>,
    pub(crate) entry: Value,
}

/// The notices not acknowledged yet.
#[derive(Debug, Default)]
pub(crate) struct Notices {
    open: BTreeMap<u64, Notice>,
    waiting: BinaryHeap<Reverse<(i64, u64)>>,
    last_id: u64,
}

impl Notices {
    /// The id of the next notice.
    pub(crate) fn next_id(&self) -> u64 {
        self.last_id + 1
    }

    /// Lets a notice wait for its time.
    pub(crate) fn keep(&mut self, notice: Notice) {
        self.last_id = self.last_id.max(notice.id);
        self.waiting.push(Reverse((notice.due_micros, notice.id)));
        self.open.insert(notice.id, notice);
    }

    /// Takes the next notice whose time has come; it stays open until it is acknowledged.
    pub(crate) fn take_due(&mut self, now_micros: i64) -> Option<u64> {
        self.skip_closed();
        let Reverse((due, id)) = *self.waiting.peek()?;
        if due > now_micros {
            return None;
        }
        self.waiting.pop();
        Some(id)
    }

    /// When the next notice is due.
    pub(crate) fn next_due_micros(&mut self) -> Option<i64> {
        self.skip_closed();
        self.waiting.peek().map(|Reverse((due, _))| *due)
    }

    /// The notice, while it is open.
    pub(crate) fn get(&self, id: u64) -> Option<&Notice> {
        self.open.get(&id)
    }

    /// Closes a notice that was posted, and gives its id to no other, even where nothing else is known of it.
    pub(crate) fn acknowledge(&mut self, id: u64) {
        self.last_id = self.last_id.max(id);
        self.open.remove(&id);
    }

    /// Closes what is about this and due after this time.
    pub(crate) fn withdraw(&mut self, about: &str, after_micros: i64) {
        self.open.retain(|_, notice| notice.about.as_deref() != Some(about) || notice.due_micros <= after_micros);
    }

    /// Whether any is open that was due by this time.
    pub(crate) fn any_due_by(&self, micros: i64) -> bool {
        self.open.values().any(|notice| notice.due_micros <= micros)
    }

    fn skip_closed(&mut self) {
        while let Some(Reverse((_, id))) = self.waiting.peek()
            && !self.open.contains_key(id)
        {
            self.waiting.pop();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn notices_come_in_time_and_a_withdrawn_one_does_not() {
        let mut notices = Notices::default();
        for (id, due_micros, about) in [(1, 30, "a"), (2, 10, "b"), (3, 20, "a")] {
            notices.keep(Notice { id, due_micros, about: Some(about.to_owned()), entry: Value::Null });
        }
        assert_eq!((notices.next_id(), notices.take_due(9)), (4, None));
        assert_eq!(notices.take_due(20), Some(2));
        notices.withdraw("b", 20);
        assert!(notices.get(2).is_some(), "it is on its way");
        notices.acknowledge(2);
        notices.withdraw("a", 15);
        assert!(notices.next_due_micros().is_none() && !notices.any_due_by(i64::MAX));
    }
}
