//! How a campaign goes: its plan, its cursor, and what is under way.

use campaigns::health::Standing;
use campaigns::job::JOB_RECIPIENTS;
use campaigns::plan::{Cursor, Foreseen, Pace, Plan};
use wire::WaitReason;

use super::CampaignRecord;
use crate::storage::totals::TotalsRecord;

impl CampaignRecord {
    /// The pace that was asked for.
    pub fn pace(&self) -> Pace {
        Pace {
            chunk_size: self.chunk_size,
            between_chunks_ms: self.between_chunks_ms,
            min_gap_ms: self.min_gap_ms,
            max_gap_ms: self.max_gap_ms,
        }
    }

    /// The plan that it was promised.
    pub fn plan(&self) -> Plan {
        self.timing.of_plan(Plan::new(self.pace(), self.recipients, self.messages_per_second, self.seed))
    }

    /// The next recipient that has no job yet.
    pub fn cursor(&self) -> Cursor {
        Cursor { index: self.cursor_index, due_at_micros: self.cursor_due_at_micros }
    }

    /// Whether every recipient has had a job.
    pub fn is_cut(&self) -> bool {
        self.cursor_index >= self.recipients
    }

    /// Moves the cursor to a recipient that is not due before for this reason.
    pub fn move_cursor(&mut self, cursor: Cursor, wait: WaitReason) {
        self.cursor_index = cursor.index;
        self.cursor_due_at_micros = cursor.due_at_micros;
        self.cursor_wait = Some(wait);
        self.cut_below = self.cut_below.max(cursor.index);
    }

    /// Lays the plan anew from `index` at `at_micros`, or when its hours open: the rest shifts, nothing is made up for by
    /// a burst. Who waits for a new day goes on waiting for it; the others do for this reason.
    pub fn lay_anchor(&mut self, index: u64, at_micros: i64, wait: WaitReason) {
        let plan = self.plan();
        let waits_for_day = index == self.cursor_index && plan.waits_for_day(index);
        let (at_micros, wait) = match self.cursor_due_at_micros {
            due if waits_for_day && due > at_micros => (due, WaitReason::Duration),
            _ => (at_micros, wait),
        };
        let step = plan.place(Cursor { index, due_at_micros: at_micros }, wait);
        self.cursor_index = index;
        self.cursor_due_at_micros = step.at.due_at_micros;
        self.cursor_wait = Some(step.wait);
        self.anchor_index = index;
        self.anchor_at_micros = step.at.due_at_micros;
        self.predict(step.at, None);
    }

    /// Lets the next recipient wait until then, or until the hours open after it, for this reason.
    pub fn hold(&mut self, until_micros: i64, wait: WaitReason) {
        let step = self.plan().place(Cursor { index: self.cursor_index, due_at_micros: until_micros }, wait);
        self.cursor_due_at_micros = step.at.due_at_micros;
        self.cursor_wait = Some(step.wait);
        self.anchor_index = self.cursor_index;
        self.anchor_at_micros = step.at.due_at_micros;
    }

    /// Predicts the finish of a campaign that goes on from `from`; nothing where it has none.
    pub fn predict(&mut self, from: Cursor, foreseen: Option<Foreseen>) {
        let finish = self.plan().finish_micros(from, foreseen);
        let finish = self.timing.awake_micros(self.clocks.iter().map(String::as_str), finish);
        self.finished_at_prediction = (finish < i64::MAX).then_some(finish / 1_000);
    }

    /// Recipients with a job and without an outcome, who do not wait for another attempt either.
    pub fn in_hand(&self, counted: &TotalsRecord) -> u64 {
        self.cursor_index.saturating_sub(counted.totals.settled() + counted.totals.retry)
    }

    /// What of it tells whether it moves at `now` (milliseconds).
    pub fn standing(&self, counted: &TotalsRecord, now: i64) -> Standing {
        Standing {
            status: self.status,
            in_hand: self.in_hand(counted),
            waiting: counted.totals.retry,
            rewound: self.cursor_index < self.cut_below,
            next_due_at: (!self.is_cut()).then_some(self.cursor_due_at_micros / 1_000),
            under_way_since: self.upkeep.under_way_since,
            looked_at: self.last_dispatch_at,
            look_at: self.due_at,
            last_outcome_at: counted.last_outcome_at,
            open_since: self.open_since(now),
        }
    }

    /// Whether this recipient's job was lost, or may have been the one that was.
    pub fn is_suspect(&self, index: u64) -> bool {
        let suspects = |first: u64| first..first.saturating_add(JOB_RECIPIENTS as u64);
        self.upkeep.loss.is_some_and(|loss| suspects(loss.index).contains(&index))
    }

    /// When a message that is due at this instant may leave by the campaign's hours, both in microseconds.
    pub fn opening(&self, due_at_micros: i64) -> i64 {
        self.timing.hours.map_or(due_at_micros, |hours| hours.open_at(due_at_micros).from.max(due_at_micros))
    }

    /// Since when the campaign's hours are open at this instant, both in milliseconds; nothing when they are closed.
    pub fn open_since(&self, now: i64) -> Option<i64> {
        let Some(hours) = self.timing.hours else { return Some(i64::MIN) };
        let open = hours.open_at(now.saturating_mul(1_000));
        (open.from / 1_000 <= now).then_some(open.from / 1_000)
    }
}
