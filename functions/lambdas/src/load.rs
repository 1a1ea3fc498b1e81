//! How this process keeps up: what a claim takes lately, and how far apart slots must lie for it to meet them.
//!
//! With time to spare nothing of it is felt. A process that is overloaded would take slots, miss them and take others,
//! each time with a write; instead it prepares earlier, and asks its numbers for slots further apart until it meets them.

use std::sync::atomic::{AtomicI64, Ordering};

/// A claim is begun at least this long before its slot, and at most the other, in microseconds.
const LEAST_AHEAD_MICROS: i64 = 25_000;
const MOST_AHEAD_MICROS: i64 = 300_000;

/// A claim is begun so many times before its slot as claims take lately; the permit itself comes this much earlier, for
/// the campaign is read in between.
const AHEAD_CLAIMS: i64 = 2;
const LEAD_CLAIMS: i64 = 4;

/// A new duration counts for an eighth of what is known.
const WEIGHT: i64 = 8;

/// Slots as the number allows them, in per mille.
const WHOLE: i64 = 1_000;

/// The most that slots are stretched: an overloaded process still sends a twentieth of what its number could.
const MOST_STRETCH: i64 = 20 * WHOLE;

/// What a missed slot adds, in per mille of the stretch.
const STRETCHED: i64 = 1_150;

/// What slots that are met take off again: much while claims are quick, little while they are slow, for then the process
/// is close to what it can do; and while they are very slow a little is added.
const RELAXED: i64 = 950;
const BARELY_RELAXED: i64 = 995;
const EASED: i64 = 1_050;

/// Without a missed slot no more than this is added: claims may be slow for reasons of their own.
const MOST_EASED: i64 = 2 * WHOLE;

/// Stretched slots lie no further apart than this, or than the number asks: a permit must not outlast its sender.
const LONGEST_STRETCHED_MICROS: i64 = 250_000;

/// Claims that take longer are slow, and very slow, in microseconds.
const SLOW_CLAIM_MICROS: i64 = 40_000;
const VERY_SLOW_CLAIM_MICROS: i64 = 100_000;

/// Between a change of the stretch and the next: what was decided must be felt before it is judged.
const BETWEEN_CHANGES_MICROS: i64 = 200_000;
const BEFORE_STRETCHING_MICROS: i64 = 400_000;

/// What a process knows of itself. Shared by all its flights.
#[derive(Debug)]
pub struct Load {
    claim_micros: AtomicI64,
    stretch: AtomicI64,
    changed_at: AtomicI64,
}

impl Default for Load {
    fn default() -> Load {
        Load { claim_micros: AtomicI64::new(0), stretch: AtomicI64::new(WHOLE), changed_at: AtomicI64::new(0) }
    }
}

impl Load {
    /// A claim took so long.
    pub(crate) fn note_claim(&self, micros: i64) {
        let known = self.claim_micros.load(Ordering::Relaxed);
        self.claim_micros.store(known + (micros.max(0) - known) / WEIGHT, Ordering::Relaxed);
    }

    /// How long before its slot a recipient is claimed, so that the request leaves at the slot.
    pub(crate) fn claim_ahead_micros(&self) -> i64 {
        self.claims(AHEAD_CLAIMS)
    }

    /// How long before its first slot a permit is taken.
    pub(crate) fn lead_micros(&self) -> i64 {
        self.claims(LEAD_CLAIMS)
    }

    fn claims(&self, times: i64) -> i64 {
        self.claim_micros.load(Ordering::Relaxed).saturating_mul(times).clamp(LEAST_AHEAD_MICROS, MOST_AHEAD_MICROS)
    }

    /// A slot was met, or missed, at `now` (microseconds).
    pub(crate) fn note_slot(&self, is_met: bool, now: i64) {
        let stretch = self.stretch.load(Ordering::Relaxed);
        let changed_at = self.changed_at.load(Ordering::Relaxed);
        let (wait, change) = match (is_met, self.claim_micros.load(Ordering::Relaxed)) {
            (false, _) => (BEFORE_STRETCHING_MICROS, STRETCHED),
            (true, VERY_SLOW_CLAIM_MICROS..) if stretch < MOST_EASED => (BEFORE_STRETCHING_MICROS, EASED),
            (true, SLOW_CLAIM_MICROS..) => (BETWEEN_CHANGES_MICROS, BARELY_RELAXED),
            (true, _) => (BETWEEN_CHANGES_MICROS, RELAXED),
        };
        if (change < WHOLE && stretch == WHOLE) || (now - changed_at).abs() < wait {
            return;
        }
        let next = stretch * change / WHOLE;
        self.changed_at.store(now, Ordering::Relaxed);
        self.stretch.store(next.clamp(WHOLE, MOST_STRETCH), Ordering::Relaxed);
    }

    /// A number's interval as this process can keep it.
    pub(crate) fn stretched(&self, interval: i64) -> i64 {
        let stretched = interval.saturating_mul(self.stretch.load(Ordering::Relaxed)) / WHOLE;
        stretched.min(interval.max(LONGEST_STRETCHED_MICROS))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_process_that_keeps_up_changes_nothing() {
        let load = Load::default();
        for now in 0..100 {
            load.note_claim(4_000);
            load.note_slot(true, now * 1_000_000);
        }
        assert_eq!(load.stretched(12_887), 12_887);
        assert_eq!((load.claim_ahead_micros(), load.lead_micros()), (LEAST_AHEAD_MICROS, LEAST_AHEAD_MICROS));
    }

    #[test]
    fn missed_slots_stretch_and_met_ones_relax_again() {
        let load = Load::default();
        load.note_slot(false, 1_000_000);
        load.note_slot(false, 1_000_001);
        assert_eq!(load.stretched(1_000), 1_150);
        for beat in 1..=3 {
            load.note_slot(true, 1_000_000 + beat * BETWEEN_CHANGES_MICROS);
        }
        assert_eq!(load.stretched(1_000), 1_000);
        for beat in 20..200 {
            load.note_slot(false, beat * 1_000_000);
        }
        assert_eq!(load.stretched(1_000), 20_000);
    }

    #[test]
    fn what_works_is_hardly_changed_while_claims_are_slow() {
        let load = Load::default();
        for _ in 0..100 {
            load.note_claim(60_000);
        }
        load.note_slot(false, 1_000_000);
        load.note_slot(true, 1_000_000 + BETWEEN_CHANGES_MICROS);
        assert_eq!(load.stretched(1_000), 1_144);
    }

    #[test]
    fn slow_claims_alone_halve_the_rate_at_most_and_no_permit_outlasts_its_sender() {
        let load = Load::default();
        for _ in 0..100 {
            load.note_claim(150_000);
        }
        for beat in 1..1_000 {
            load.note_slot(true, beat * 1_000_000);
        }
        let stretched = load.stretched(1_000);
        assert!((1_900..=2_100).contains(&stretched), "{stretched}");
        assert_eq!((load.stretched(200_000), load.stretched(1_030_000)), (250_000, 1_030_000));
    }

    #[test]
    fn slow_claims_are_begun_earlier() {
        let load = Load::default();
        for _ in 0..100 {
            load.note_claim(60_000);
        }
        let ahead = load.claim_ahead_micros();
        assert!((100_000..=120_000).contains(&ahead), "{ahead}");
        assert!(load.lead_micros() > ahead);
        for _ in 0..100 {
            load.note_claim(10_000_000);
        }
        assert_eq!(load.lead_micros(), MOST_AHEAD_MICROS);
    }
}
