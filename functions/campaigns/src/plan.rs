//! When each message is due: after the audience is fixed, before jobs are cut.
//!
//! A plan is a pure function of the pace, the size of the audience, the number's rate and a seed. It is asked for the
//! same answer by the dispatcher (again and again, from a cursor), by the API (the finish) and by the browser (to draw).
//! Chance is ChaCha8, one stream per chunk, one `u64` draw per gap, so any gap can be drawn without those before it.
//! Times are microseconds; `PLAN_VERSION` changes whenever the same input would give another answer.

use rand::Rng;
use rand::SeedableRng;
use rand::rngs::ChaCha8Rng;

/// Stored with a campaign; an older campaign keeps the plan it was promised.
pub const PLAN_VERSION: u32 = 1;

/// The share of a number's rate that is used, in per mille: what is left absorbs jitter on the way to WhatsApp.
pub const RATE_SHARE_PER_MILLE: u64 = 970;

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
}

/// The plan of one campaign.
#[derive(Debug, Clone)]
pub struct Plan {
    pace: Pace,
    recipients: u64,
    interval_micros: u64,
    seed: u64,
}

/// Microseconds between two messages of a number that may send `messages_per_second`, with its reserve.
pub fn interval_micros(messages_per_second: u32) -> u64 {
    let rate = u64::from(messages_per_second.max(1)) * RATE_SHARE_PER_MILLE;
    (1_000_000 * 1_000u64).div_ceil(rate)
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
        Plan { pace, recipients, interval_micros: interval_micros(messages_per_second), seed }
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

    /// Microseconds from the first message to the last, when nothing holds the campaign up.
    pub fn duration_micros(&self) -> u64 {
        self.remaining_micros(0)
    }

    /// Microseconds from the message at `index` to the last.
    pub fn remaining_micros(&self, index: u64) -> u64 {
        let mut gaps = Gaps::new(self);
        (index..self.recipients.saturating_sub(1)).map(|i| gaps.after(i)).sum()
    }

    /// Microseconds that must lie between the message at `index` and any later one of the campaign, whatever the draws
    /// and delays: the minimum that was asked for. 0 where only the number's rate counts.
    pub fn least_gap_micros(&self, index: u64) -> u64 {
        let Pace { chunk_size, between_chunks_ms, min_gap_ms, .. } = self.pace;
        let ends_chunk = (index + 1).is_multiple_of(u64::from(chunk_size));
        1_000 * if ends_chunk { min_gap_ms.max(between_chunks_ms) } else { min_gap_ms }
    }

    /// The next recipients from `cursor` that share its chunk and its second, at most `most`; nothing at the end.
    pub fn cut(&self, cursor: Cursor, most: usize) -> Option<Cut> {
        if cursor.index >= self.recipients || most == 0 {
            return None;
        }
        let chunk = self.chunk_of(cursor.index);
        let second = cursor.due_at_micros.div_euclid(1_000_000);
        let mut gaps = Gaps::new(self);
        let mut due = Vec::with_capacity(most.min(128));
        let mut at = cursor;
        while at.index < self.recipients
            && due.len() < most
            && self.chunk_of(at.index) == chunk
            && at.due_at_micros.div_euclid(1_000_000) == second
        {
            due.push(at);
            at = Cursor { index: at.index + 1, due_at_micros: at.due_at_micros + gaps.after(at.index) as i64 };
        }
        Some(Cut { chunk, due, next: at })
    }
}

/// Draws the gaps of a plan; keeps the stream of the chunk it is in.
struct Gaps<'a> {
    plan: &'a Plan,
    stream: Option<(u64, u64, ChaCha8Rng)>,
}

impl<'a> Gaps<'a> {
    fn new(plan: &'a Plan) -> Self {
        Gaps { plan, stream: None }
    }

    /// Microseconds between the message at `index` and the next one.
    fn after(&mut self, index: u64) -> u64 {
        let Pace { chunk_size, between_chunks_ms, min_gap_ms, max_gap_ms } = self.plan.pace;
        let gap = if min_gap_ms == max_gap_ms {
            min_gap_ms * 1_000
        } else {
            within(min_gap_ms * 1_000, max_gap_ms * 1_000, self.draw(index))
        };
        let ends_chunk = (index + 1).is_multiple_of(u64::from(chunk_size));
        let gap = if ends_chunk { gap.max(between_chunks_ms * 1_000) } else { gap };
        gap.max(self.plan.interval_micros)
    }

    fn draw(&mut self, index: u64) -> u64 {
        let chunk = self.plan.chunk_of(index);
        let place = index % u64::from(self.plan.pace.chunk_size);
        match &mut self.stream {
            Some((of, next, rng)) if *of == chunk && *next == place => {
                *next += 1;
                rng.next_u64()
            }
            _ => {
                let mut rng = stream(self.plan.seed, chunk);
                rng.set_word_pos(u128::from(place) * 2);
                let drawn = rng.next_u64();
                self.stream = Some((chunk, place + 1, rng));
                drawn
            }
        }
    }
}

/// The stream of chance of one chunk of one campaign.
fn stream(seed: u64, chunk: u64) -> ChaCha8Rng {
    let mut key = [0u8; 32];
    key[..8].copy_from_slice(&seed.to_le_bytes());
    key[8..16].copy_from_slice(&chunk.to_le_bytes());
    ChaCha8Rng::from_seed(key)
}

/// Spreads a draw evenly over `low..=high`.
fn within(low: u64, high: u64, drawn: u64) -> u64 {
    let span = u128::from(high - low) + 1;
    low + ((u128::from(drawn) * span) >> 64) as u64
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn pace(chunk_size: u32, between_chunks_ms: u64, min_gap_ms: u64, max_gap_ms: u64) -> Pace {
        Pace { chunk_size, between_chunks_ms, min_gap_ms, max_gap_ms }
    }

    fn all(plan: &Plan, most: usize) -> Vec<(u64, Cursor)> {
        let mut cursor = Cursor { index: 0, due_at_micros: 0 };
        let mut out = Vec::new();
        while let Some(cut) = plan.cut(cursor, most) {
            out.extend(cut.due.iter().map(|due| (cut.chunk, *due)));
            cursor = cut.next;
        }
        out
    }

    #[test]
    fn the_golden_vector_of_version_1_does_not_move() {
        let plan = Plan::new(pace(4, 10_000, 1_000, 5_000), 10, 80, 42);
        let due: Vec<i64> = all(&plan, 100).iter().map(|(_, at)| at.due_at_micros).collect();
        assert_eq!(PLAN_VERSION, 1);
        assert_eq!(due, GOLDEN);
    }

    const GOLDEN: [i64; 10] =
        [0, 2_393_018, 4_535_812, 7_509_702, 17_509_702, 20_607_129, 22_211_771, 25_207_179, 35_207_179, 38_200_639];

    #[test]
    fn full_speed_leaves_the_reserve_of_the_rate() {
        let plan = Plan::new(pace(1_000, 0, 0, 0), 777, 80, 1);
        let seconds = plan.duration_micros() as f64 / 1e6;
        let rate = 776.0 / seconds;
        assert!((77.0..=77.6).contains(&rate), "{rate}");
    }

    #[test]
    fn a_chunk_waits_as_told_even_when_messages_do_not() {
        let plan = Plan::new(pace(2, 60_000, 0, 0), 5, 1_000, 1);
        let due = all(&plan, 100);
        assert_eq!(due.iter().map(|(chunk, _)| *chunk).collect::<Vec<_>>(), [0, 0, 1, 1, 2]);
        assert_eq!(due[2].1.due_at_micros - due[1].1.due_at_micros, 60_000_000);
        assert_eq!(plan.chunks(), 3);
        assert_eq!(plan.recipients_of_chunk(2), 1);
    }

    proptest! {
        #[test]
        fn gaps_stay_within_what_was_asked(
            seed: u64, size in 1u32..50, wait in 0u64..5_000, min in 20u64..3_000, more in 0u64..3_000, people in 1u64..300,
        ) {
            let plan = Plan::new(pace(size, wait, min, min + more), people, 80, seed);
            let due = all(&plan, 100);
            prop_assert_eq!(due.len() as u64, people);
            for pair in due.windows(2) {
                let gap = (pair[1].1.due_at_micros - pair[0].1.due_at_micros) as u64;
                prop_assert!(gap >= min * 1_000);
                if pair[0].0 == pair[1].0 {
                    prop_assert!(gap <= (min + more) * 1_000);
                } else {
                    prop_assert!(gap >= wait * 1_000 && gap <= (min + more).max(wait) * 1_000);
                }
            }
        }

        #[test]
        fn any_way_of_cutting_gives_the_same_plan(seed: u64, size in 1u32..40, people in 1u64..200, most in 1usize..100) {
            let plan = Plan::new(pace(size, 700, 0, 900), people, 80, seed);
            let due = all(&plan, most);
            prop_assert_eq!(&due, &all(&plan, 100));
            let last = due[due.len() - 1].1;
            prop_assert_eq!(last.due_at_micros as u64, plan.duration_micros());
            let middle = due[due.len() / 2].1;
            prop_assert_eq!(plan.remaining_micros(middle.index), (last.due_at_micros - middle.due_at_micros) as u64);
        }

        #[test]
        fn a_cut_never_crosses_a_chunk_or_a_second(seed: u64, size in 1u32..40, people in 1u64..200, start in 0i64..2_000_000) {
            let plan = Plan::new(pace(size, 0, 0, 500), people, 250, seed);
            let mut cursor = Cursor { index: 0, due_at_micros: start };
            while let Some(cut) = plan.cut(cursor, 30) {
                prop_assert!(cut.due.len() <= 30);
                for due in &cut.due {
                    prop_assert_eq!(plan.chunk_of(due.index), cut.chunk);
                    prop_assert_eq!(due.due_at_micros / 1_000_000, cut.due[0].due_at_micros / 1_000_000);
                }
                cursor = cut.next;
            }
            prop_assert_eq!(cursor.index, people);
        }
    }
}
