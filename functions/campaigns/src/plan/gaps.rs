//! The wait between two messages: drawn, or the chunk's, or the number's own.
//!
//! Chance is ChaCha8, one stream per chunk, one `u64` draw per gap, so any gap can be drawn without those before it.

use rand::Rng;
use rand::SeedableRng;
use rand::rngs::ChaCha8Rng;
use wire::WaitReason;

use super::{Pace, Plan};

/// A message of a campaign with a least wait leaves at most this late, in microseconds; no wait is planned shorter than
/// the least and this, so that it holds on the wire and the finish that is promised is kept.
pub const LATE_DEPARTURE_MICROS: u64 = 5_000;

/// A wait and its reason.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Gap {
    pub micros: u64,
    pub reason: WaitReason,
}

/// Draws the gaps of a plan; keeps the stream of the chunk it is in.
pub(super) struct Gaps<'a> {
    plan: &'a Plan,
    stream: Option<(u64, u64, ChaCha8Rng)>,
}

impl<'a> Gaps<'a> {
    pub fn new(plan: &'a Plan) -> Self {
        Gaps { plan, stream: None }
    }

    /// The wait between the message at `index` and the next one.
    pub fn after(&mut self, index: u64) -> Gap {
        let Pace { min_gap_ms, max_gap_ms, .. } = self.plan.pace;
        let pace = if min_gap_ms == max_gap_ms {
            min_gap_ms * 1_000
        } else {
            within(min_gap_ms * 1_000, max_gap_ms * 1_000, self.draw(index))
        };
        self.plan.longest(pace, self.plan.ends_chunk(index))
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

impl Plan {
    /// The sum of the gaps from the message at `index` to the last, where none of them is drawn: without a walk.
    pub(super) fn undrawn_sum(&self, index: u64) -> Option<u64> {
        let Pace { chunk_size, min_gap_ms, max_gap_ms, .. } = self.pace;
        if min_gap_ms != max_gap_ms {
            return None;
        }
        let last = self.recipients.saturating_sub(1).max(index);
        let size = u64::from(chunk_size);
        let chunk_ends = last / size - index / size;
        let plain = self.longest(min_gap_ms * 1_000, false).micros;
        let at_end = self.longest(min_gap_ms * 1_000, true).micros;
        Some(plain.saturating_mul(last - index - chunk_ends).saturating_add(at_end.saturating_mul(chunk_ends)))
    }

    fn ends_chunk(&self, index: u64) -> bool {
        (index + 1).is_multiple_of(u64::from(self.pace.chunk_size))
    }

    /// The longest of the waits that hold between two messages.
    fn longest(&self, pace: u64, ends_chunk: bool) -> Gap {
        let chunk = if ends_chunk { self.pace.between_chunks_ms * 1_000 } else { 0 };
        // A message leaves a little after its instant, and the least wait counts from there.
        let least = self.pace.min_gap_ms * 1_000 + LATE_DEPARTURE_MICROS;
        let gap = if chunk > pace {
            Gap { micros: chunk, reason: WaitReason::Chunk }
        } else if self.pace.min_gap_ms > 0 {
            Gap { micros: pace.max(least), reason: WaitReason::Pace }
        } else {
            Gap { micros: pace, reason: WaitReason::Pace }
        };
        if gap.micros <= self.interval_micros {
            return Gap { micros: self.interval_micros, reason: WaitReason::Rate };
        }
        gap
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
