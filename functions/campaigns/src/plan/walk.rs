//! From one message to the next: the gap, then the part of the day, then the hours, then the portfolio's limit.

use wire::WaitReason;

use super::gaps::Gaps;
use super::{Cursor, Plan};
use crate::hours::Open;
use crate::limit::{Usage, bucket_of};

/// Where hours and limit contradict each other, the limit's next room may lie outside the hours again and again; after
/// so many tries the later time stands.
const MOST_TRIES: u32 = 64;

/// The end of the hours that stays empty, in microseconds: what were due then might arrive after they closed.
const CLOSING_MICROS: i64 = 1_000_000;

/// A recipient's place, and why it is not due before.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Step {
    /// Who and when.
    pub at: Cursor,
    /// What holds it until then.
    pub wait: WaitReason,
}

/// The portfolio's limit as a plan foresees it.
#[derive(Debug, Clone)]
pub struct Foreseen {
    /// People in any 24 hours.
    pub limit: u32,
    /// Who counts already.
    pub usage: Usage,
}

/// Walks a plan.
pub(super) struct Walk<'a> {
    plan: &'a Plan,
    gaps: Gaps<'a>,
    /// The last stretch of open hours that was looked up.
    open: Option<Open>,
    room: Option<Room>,
}

impl<'a> Walk<'a> {
    pub fn new(plan: &'a Plan, foreseen: Option<Foreseen>) -> Self {
        Walk { plan, gaps: Gaps::new(plan), open: None, room: foreseen.map(Room::new) }
    }

    /// The place itself, as early as hours and limit let it be due.
    pub fn place(&mut self, at: Cursor, wait: WaitReason) -> Step {
        self.settle(at.index, at.due_at_micros, wait)
    }

    /// The next recipient after this one.
    pub fn after(&mut self, at: Cursor) -> Step {
        let gap = self.gaps.after(at.index);
        let index = at.index + 1;
        let paced = at.due_at_micros.saturating_add_unsigned(gap.micros);
        match self.plan.calendar() {
            Some(calendar) if self.plan.waits_for_day(index) => {
                let open = calendar.next_day(at.due_at_micros);
                let (due, wait) = later((paced, gap.reason), (open.from, WaitReason::Duration));
                self.settle(index, due, wait)
            }
            Some(_) | None => self.settle(index, paced, gap.reason),
        }
    }

    fn settle(&mut self, index: u64, due: i64, wait: WaitReason) -> Step {
        let mut held = (due, wait);
        for _ in 0..MOST_TRIES {
            held = later(held, (self.opening(held.0), WaitReason::Window));
            let Some(room) = &mut self.room else { break };
            let free = room.next(held.0);
            if free == held.0 {
                break;
            }
            held = (free, WaitReason::Limit);
        }
        if let Some(room) = &mut self.room {
            room.take(held.0);
        }
        Step { at: Cursor { index, due_at_micros: held.0 }, wait: held.1 }
    }

    fn opening(&mut self, due: i64) -> i64 {
        let Some(calendar) = self.plan.calendar() else { return due };
        let open = match self.open {
            Some(open) if (open.from..open.until).contains(&due) => open,
            Some(_) | None => *self.open.insert(calendar.open_at(due)),
        };
        if self.plan.hours.is_some() && due >= open.until.saturating_sub(CLOSING_MICROS) {
            return self.open.insert(calendar.open_at(open.until)).from;
        }
        due.max(open.from)
    }
}

/// The later of two times with its reason; of the same time the first.
fn later(one: (i64, WaitReason), other: (i64, WaitReason)) -> (i64, WaitReason) {
    if other.0 > one.0 { other } else { one }
}

/// What is left of the limit; the room of one bucket is computed once.
struct Room {
    foreseen: Foreseen,
    bucket: i64,
    left: u32,
    taken: u32,
}

impl Room {
    fn new(foreseen: Foreseen) -> Room {
        Room { foreseen, bucket: i64::MIN, left: 0, taken: 0 }
    }

    /// The first instant from this one on with room for one person.
    fn next(&mut self, micros: i64) -> i64 {
        self.turn_to(micros);
        if self.left > self.taken {
            return micros;
        }
        self.put_down(micros);
        self.foreseen.usage.next_room(self.foreseen.limit, micros)
    }

    fn take(&mut self, micros: i64) {
        self.turn_to(micros);
        self.taken += 1;
    }

    fn turn_to(&mut self, micros: i64) {
        if bucket_of(micros) != self.bucket {
            self.put_down(micros);
        }
    }

    /// Counts what was taken from the bucket and turns to the one of this instant.
    fn put_down(&mut self, micros: i64) {
        let Foreseen { limit, usage } = &mut self.foreseen;
        if self.taken > 0 {
            usage.count(self.bucket.saturating_mul(crate::limit::BUCKET_MICROS), self.taken);
        }
        usage.forget_before(micros);
        self.bucket = bucket_of(micros);
        self.left = usage.room_at(*limit, micros);
        self.taken = 0;
    }
}
