//! Storms: for a while some sends are refused, whoever the recipient is. Which ones, the seed and the send's sequence say.

use rand::rngs::ChaCha8Rng;
use rand::{Rng, SeedableRng};

use crate::config::Storm;

/// Keeps the dice of storms apart from those of the statuses.
const SALT: u64 = 0x0057_024D;

/// The storm that refuses the send with this sequence, so long after the start.
pub(crate) fn hits(storms: &[Storm], seed: u64, sequence: u64, since_start_micros: i64) -> Option<Storm> {
    let since_start_ms = u64::try_from(since_start_micros / 1_000).unwrap_or(0);
    let rages = |storm: &Storm| (storm.after_ms..storm.after_ms.saturating_add(storm.for_ms)).contains(&since_start_ms);
    let storm = storms.iter().copied().find(rages)?;
    let seed = seed ^ SALT ^ sequence.wrapping_mul(0x9E37_79B9_7F4A_7C15);
    let drawn = ChaCha8Rng::seed_from_u64(seed).next_u32() % 1_000;
    (drawn < storm.per_mille).then_some(storm)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::errors::ErrorCode;

    #[test]
    fn a_storm_hits_its_share_in_its_time_and_nobody_else() {
        let storm = Storm {
            after_ms: 1_000,
            for_ms: 2_000,
            per_mille: 200,
            code: ErrorCode::RATE_LIMIT_HIT,
            retry_after_seconds: None,
        };
        let hit = |at: i64| (1..5_000).filter(|sequence| hits(&[storm], 1, *sequence, at).is_some()).count();
        assert_eq!((hit(999_999), hit(3_000_000)), (0, 0));
        assert!((850..1_150).contains(&hit(1_000_000)), "{} of 5,000", hit(1_000_000));
    }
}
