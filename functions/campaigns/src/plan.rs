//! When each message is due: after the audience is fixed, before jobs are cut.
//!
//! A plan is a pure function of the pace, the hours, the days, the size of the audience, the number's rate and a seed. It
//! is asked for the same answer by the dispatcher (again and again, from a cursor), by the API (the finish) and by the
//! browser (to draw). The next due time follows from the one before and the index: `gaps` (what lies between two
//! messages), `parts` (which recipient waits for a new day), `walk` (those and the hours and the limit together).
//! Times are microseconds; `PLAN_VERSION` changes whenever the same input would give another answer.

mod gaps;
pub mod golden;
mod parts;
mod shape;
mod walk;

#[cfg(test)]
mod tests;

use wire::WaitReason;

use crate::hours::BusinessHours;
use crate::zone::Zone;
use parts::Parts;
use walk::Walk;

pub use gaps::LATE_DEPARTURE_MICROS;
pub use parts::MOST_DAYS;
pub use shape::Stretch;
pub use walk::{Foreseen, Step};

/// Stored with a campaign; an older campaign keeps the plan it was promised. Hours, days and limit came without a new
/// version: a plan without them is what it was.
pub const PLAN_VERSION: u32 = 2;

/// The share of a number's rate that plans ask for, in per mille.
pub const RATE_SHARE_PER_MILLE: u64 = 970;

/// The share that its permits give out: a little more, so that a campaign which missed slots regains them and is never
/// later and later. What is left absorbs jitter on the way to WhatsApp.
pub const SLOT_SHARE_PER_MILLE: u64 = 980;

/// Longest wait that can be asked for between two messages or two chunks: seven days.
pub const LONGEST_WAIT_MS: u64 = 7 * 24 * 60 * 60 * 1000;

/// Most recipients in a chunk.
pub const LARGEST_CHUNK: u32 = 1_000_000;

/// What a marketer asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Pace {
    /// Recipients in a chunk; at least 1.
    pub chunk_size: u32,
    /// Wait between the last message of a chunk and the first of the next, in milliseconds.
    pub between_chunks_ms: u64,
    /// Shortest wait between two messages of a chunk, in milliseconds.
    pub min_gap_ms: u64,
    /// Longest wait between two messages of a chunk, in milliseconds; not below the minimum.
    pub max_gap_ms: u64,
}

/// A place in the plan: the next recipient and when it is due.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Cursor {
    /// Index in the audience, from 0.
    pub index: u64,
    /// Microseconds since 1970 (or since the first message, in a plan without a start).
    pub due_at_micros: i64,
}

/// A run of recipients of one chunk that are due in the same second.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cut {
    /// The chunk, from 0.
    pub chunk: u64,
    /// Index and due time of each recipient, rising.
    pub due: Vec<Cursor>,
    /// Where to go on.
    pub next: Cursor,
    /// Why the next one is not due before.
    pub next_wait: WaitReason,
}

/// The plan of one campaign.
#[derive(Debug, Clone)]
pub struct Plan {
    pace: Pace,
    recipients: u64,
    interval_micros: u64,
    seed: u64,
    hours: Option<BusinessHours>,
    days: Option<Days>,
}

/// The audience spread over days.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Days {
    parts: Parts,
    /// Where the days of a plan without hours begin.
    zone: Zone,
}

/// Microseconds that plans leave between two messages of a number that may send `messages_per_second`.
pub fn interval_micros(messages_per_second: u32) -> u64 {
    at_share(messages_per_second, RATE_SHARE_PER_MILLE)
}

/// Microseconds between two slots of such a number.
pub fn slot_micros(messages_per_second: u32) -> u64 {
    at_share(messages_per_second, SLOT_SHARE_PER_MILLE)
}

fn at_share(messages_per_second: u32, per_mille: u64) -> u64 {
    (1_000_000 * 1_000u64).div_ceil(u64::from(messages_per_second.max(1)) * per_mille)
}

impl Plan {
    /// `recipients`: size of the audience. `messages_per_second`: what WhatsApp allows the number.
    /// `seed`: the campaign's own; the same seed gives the same plan for ever.
    pub fn new(pace: Pace, recipients: u64, messages_per_second: u32, seed: u64) -> Plan {
        let pace = Pace {
            chunk_size: pace.chunk_size.clamp(1, LARGEST_CHUNK),
            max_gap_ms: pace.max_gap_ms.max(pace.min_gap_ms),
            ..pace
        };
        let interval_micros = interval_micros(messages_per_second);
        Plan { pace, recipients, interval_micros, seed, hours: None, days: None }
    }

    /// The same plan with messages due in these hours only.
    pub fn within(self, hours: Option<BusinessHours>) -> Plan {
        Plan { hours, ..self }
    }

    /// The same plan spread evenly over so many days on which messages may leave; a day of a plan without hours begins
    /// at midnight in this zone.
    pub fn over_days(self, days: Option<u32>, zone: Zone) -> Plan {
        let parts = |days: u32| Parts { days, recipients: self.recipients };
        Plan { days: days.map(|days| Days { parts: parts(days), zone }), ..self }
    }

    /// Size of the audience.
    pub fn recipients(&self) -> u64 {
        self.recipients
    }

    /// Chunks in all.
    pub fn chunks(&self) -> u64 {
        self.recipients.div_ceil(u64::from(self.pace.chunk_size))
    }

    /// The chunk of a recipient.
    pub fn chunk_of(&self, index: u64) -> u64 {
        index / u64::from(self.pace.chunk_size)
    }

    /// Recipients of one chunk.
    pub fn recipients_of_chunk(&self, chunk: u64) -> u64 {
        let size = u64::from(self.pace.chunk_size);
        self.recipients.saturating_sub(chunk * size).min(size)
    }

    /// Microseconds from the first message to the last of a plan without hours and days, when nothing holds it up.
    pub fn duration_micros(&self) -> u64 {
        let last = self.finish_micros(Cursor { index: 0, due_at_micros: 0 }, None);
        last.unsigned_abs()
    }

    /// When the last message is due, if nothing but hours, days and the foreseen limit holds the campaign up; the cursor's
    /// own time where nobody is left.
    pub fn finish_micros(&self, from: Cursor, foreseen: Option<Foreseen>) -> i64 {
        if from.index >= self.recipients {
            return from.due_at_micros;
        }
        if self.calendar().is_none()
            && foreseen.is_none()
            && let Some(sum) = self.undrawn_sum(from.index)
        {
            return from.due_at_micros.saturating_add_unsigned(sum);
        }
        let mut walk = Walk::new(self, foreseen);
        let mut at = walk.place(from, WaitReason::Pace).at;
        while at.index + 1 < self.recipients {
            at = walk.after(at).at;
        }
        at.due_at_micros
    }

    /// The place itself, moved into the hours.
    pub fn place(&self, at: Cursor, wait: WaitReason) -> Step {
        Walk::new(self, None).place(at, wait)
    }

    /// Whether the recipient at `index` waits for a later day than the one before it.
    pub fn waits_for_day(&self, index: u64) -> bool {
        self.days.is_some_and(|days| days.parts.begins_at(index))
    }

    /// Microseconds that must lie between the message at `index` and any later one of the campaign, whatever the draws
    /// and delays: the minimum that was asked for. 0 where only the number's rate counts.
    pub fn least_gap_micros(&self, index: u64) -> u64 {
        let Pace { chunk_size, between_chunks_ms, min_gap_ms, .. } = self.pace;
        let ends_chunk = (index + 1).is_multiple_of(u64::from(chunk_size));
        1_000 * if ends_chunk { min_gap_ms.max(between_chunks_ms) } else { min_gap_ms }
    }

    /// The next recipients from `cursor` that share its chunk and its second, at most `most`; nothing at the end. A
    /// cursor outside the hours is moved into them first.
    pub fn cut(&self, cursor: Cursor, most: usize) -> Option<Cut> {
        if cursor.index >= self.recipients || most == 0 {
            return None;
        }
        let mut walk = Walk::new(self, None);
        let mut step = walk.place(cursor, WaitReason::Pace);
        let chunk = self.chunk_of(step.at.index);
        let second = step.at.due_at_micros.div_euclid(1_000_000);
        let mut due = Vec::with_capacity(most.min(128));
        while step.at.index < self.recipients
            && due.len() < most
            && self.chunk_of(step.at.index) == chunk
            && step.at.due_at_micros.div_euclid(1_000_000) == second
        {
            due.push(step.at);
            step = walk.after(step.at);
        }
        Some(Cut { chunk, due, next: step.at, next_wait: step.wait })
    }

    /// Its hours; whole days where it only knows days.
    fn calendar(&self) -> Option<BusinessHours> {
        self.hours.or_else(|| self.days.map(|days| BusinessHours::always(days.zone)))
    }
}
