//! From a behaviour to dates: which statuses an accepted message will have, and when. Chance is drawn from the seed and
//! the message's sequence, so the same run gives the same plan.

use rand::rngs::ChaCha8Rng;
use rand::{Rng, SeedableRng};
use sha2::{Digest, Sha256};

use crate::arrival::{Planned, Wamid};
use crate::behaviour::{Behaviour, Route, Step};
use crate::config::{Config, Delay};

/// The order in which a scrambled message posts its three statuses: each three times, the last one first.
const SCRAMBLE: [usize; 9] = [2, 0, 1, 0, 2, 1, 1, 2, 0];
/// Between two posts of a scrambled message, so that they travel in different webhooks.
const SCRAMBLE_GAP_MICROS: i64 = 100_000;

/// The statuses of the message with this sequence, accepted at this time.
pub(crate) fn plan(config: &Config, behaviour: &Behaviour, sequence: u64, at_micros: i64) -> Box<[Planned]> {
    let mut dice = ChaCha8Rng::seed_from_u64(config.seed ^ sequence.wrapping_mul(0x9E37_79B9_7F4A_7C15));
    let mut happened = at_micros;
    let mut planned = Vec::with_capacity(behaviour.steps.len());
    for step in behaviour.steps {
        if *step == Step::PerhapsRead && share(&mut dice) >= config.read_share {
            continue;
        }
        happened = happened.saturating_add(wait_micros(delay_of(config, *step), &mut dice));
        let (status, code) = step.status();
        let due_micros = gathered(config, happened);
        planned.push(Planned { status, code, happened_micros: happened, due_micros, acknowledged_micros: None });
    }
    match behaviour.route {
        Route::InOrder => planned.into(),
        Route::Scrambled => scrambled(&planned, happened),
    }
}

/// A message id that no other message has, in this run or in another.
pub(crate) fn wamid(seed: u64, sequence: u64, at_micros: i64, to: &str) -> Wamid {
    let digest = Sha256::new()
        .chain_update(seed.to_be_bytes())
        .chain_update(sequence.to_be_bytes())
        .chain_update(at_micros.to_be_bytes())
        .chain_update(to)
        .finalize();
    Wamid(format!("wamid.HBgM{}A", hex::encode_upper(&digest[..20])).into())
}

fn delay_of(config: &Config, step: Step) -> Delay {
    match step {
        Step::Sent => config.sent_delay,
        Step::Delivered | Step::Failed(_) => config.delivered_delay,
        Step::Read | Step::PerhapsRead => config.read_delay,
    }
}

fn wait_micros(delay: Delay, dice: &mut ChaCha8Rng) -> i64 {
    let span = delay.max_ms.saturating_sub(delay.min_ms).saturating_add(1);
    let drawn = dice.next_u64() % span;
    i64::try_from(delay.min_ms.saturating_add(drawn).saturating_mul(1_000)).unwrap_or(i64::MAX)
}

/// A number in 0..1.
fn share(dice: &mut ChaCha8Rng) -> f64 {
    f64::from((dice.next_u64() >> 32) as u32) / (f64::from(u32::MAX) + 1.0)
}

/// Up to the next multiple of the gathering time.
fn gathered(config: &Config, micros: i64) -> i64 {
    let step = i64::try_from(config.webhook_gather_ms.saturating_mul(1_000)).unwrap_or(i64::MAX).max(1);
    let over = micros.rem_euclid(step);
    if over == 0 { micros } else { micros.saturating_add(step - over) }
}

fn scrambled(planned: &[Planned], all_happened_micros: i64) -> Box<[Planned]> {
    SCRAMBLE
        .iter()
        .filter_map(|which| planned.get(*which).copied())
        .scan(all_happened_micros, |due, status| {
            *due = due.saturating_add(SCRAMBLE_GAP_MICROS);
            Some(Planned { due_micros: *due, ..status })
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::arrival::Status;
    use crate::behaviour::{ORDINARY, behaviour_of};

    #[test]
    fn the_delays_stay_between_their_bounds_and_follow_each_other() {
        let config = Config::default();
        for sequence in 1..200 {
            let plan = plan(&config, &ORDINARY, sequence, 0);
            let times: Vec<i64> = plan.iter().map(|status| status.happened_micros / 1_000).collect();
            assert!((50..=300).contains(&times[0]));
            assert!((300..=2_000).contains(&(times[1] - times[0])));
            assert!((1_000..=8_000).contains(&(times[2] - times[1])));
            assert!(plan.iter().all(|status| status.due_micros % 20_000 == 0));
        }
    }

    #[test]
    fn the_share_of_readers_is_kept() {
        let config = Config { read_share: 0.25, ..Config::default() };
        let readers = (0..4_000).filter(|sequence| plan(&config, &ORDINARY, *sequence, 0).len() == 3).count();
        assert!((900..1_100).contains(&readers), "{readers} of 4,000 read");
    }

    #[test]
    fn a_scrambled_message_posts_each_status_three_times_with_one_timestamp() {
        let plan = plan(&Config::default(), behaviour_of("12125550196"), 1, 0);
        assert_eq!(plan.len(), 9);
        assert_eq!(plan[0].status, Status::Read);
        for wanted in [Status::Sent, Status::Delivered, Status::Read] {
            let mut times: Vec<i64> =
                plan.iter().filter(|one| one.status == wanted).map(|one| one.happened_micros).collect();
            assert_eq!(times.len(), 3);
            times.dedup();
            assert_eq!(times.len(), 1);
        }
    }

    #[test]
    fn message_ids_differ_by_sequence_and_by_time() {
        let first = wamid(1, 1, 0, "1");
        assert_ne!(first, wamid(1, 2, 0, "1"));
        assert_ne!(first, wamid(1, 1, 1, "1"));
    }
}
