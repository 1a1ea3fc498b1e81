//! Chance from the seed: the same seed and sequence throw the same, and each use has dice of its own.

use rand::rngs::ChaCha8Rng;
use rand::{Rng, SeedableRng};

use crate::config::Delay;

/// Spreads sequences over the seeds.
const SPREAD: u64 = 0x9E37_79B9_7F4A_7C15;

/// The dice of one sequence and one use.
pub(crate) struct Dice(ChaCha8Rng);

impl Dice {
    /// `salt` keeps uses apart.
    pub(crate) fn new(seed: u64, salt: u64, sequence: u64) -> Self {
        Self(ChaCha8Rng::seed_from_u64(seed ^ salt ^ sequence.wrapping_mul(SPREAD)))
    }

    /// A number in 0..1.
    pub(crate) fn share(&mut self) -> f64 {
        f64::from((self.0.next_u64() >> 32) as u32) / (f64::from(u32::MAX) + 1.0)
    }

    /// A number below this bound, which is not zero.
    pub(crate) fn below(&mut self, bound: u64) -> u64 {
        self.0.next_u64() % bound.max(1)
    }

    /// A wait between the bounds, microseconds.
    pub(crate) fn wait_micros(&mut self, delay: Delay) -> i64 {
        let span = delay.max_ms.saturating_sub(delay.min_ms).saturating_add(1);
        let drawn = self.below(span);
        i64::try_from(delay.min_ms.saturating_add(drawn).saturating_mul(1_000)).unwrap_or(i64::MAX)
    }
}
