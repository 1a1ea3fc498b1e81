//! From a behaviour to dates: which statuses an accepted message will have, and when. Chance is drawn from the seed and
//! the message's sequence, so the same run gives the same plan.

use sha2::{Digest, Sha256};

use crate::arrival::{Planned, Status, Wamid};
use crate::behaviour::{Behaviour, Route, Step};
use crate::config::{Config, Delay};
use crate::dice::Dice;
use crate::manners::{Manners, Switch};

/// The order in which a scrambled message posts its three statuses: each three times, the last one first.
const SCRAMBLE: [usize; 9] = [2, 0, 1, 0, 2, 1, 1, 2, 0];
/// Between two posts of a scrambled message, so that they travel in different webhooks.
const SCRAMBLE_GAP_MICROS: i64 = 100_000;
/// Keeps the dice of webhooks apart from those of the statuses.
const WEBHOOK_SALT: u64 = 0x00B1_AB1A;
/// A voice note is played so long after it was read.
const UNTIL_PLAYED_MICROS: i64 = 2_000_000;
/// A status that comes twice comes again within this time.
const AGAIN: Delay = Delay::between(500, 10_000);

/// The statuses of the message with this sequence, accepted at this time; `steps` may differ from the behaviour's.
pub(crate) fn plan(
    config: &Config,
    manners: &Manners,
    behaviour: &Behaviour,
    steps: &[Step],
    sequence: u64,
    at_micros: i64,
) -> Box<[Planned]> {
    let mut dice = Dice::new(config.seed, 0, sequence);
    let mut happened = at_micros;
    let mut planned = Vec::with_capacity(steps.len());
    for step in steps {
        if *step == Step::PerhapsRead && dice.share() >= config.read_share {
            continue;
        }
        happened = happened.saturating_add(dice.wait_micros(delay_of(config, *step)));
        let (status, code) = step.status();
        let due_micros = gathered(config, happened);
        planned.push(Planned {
            status,
            code,
            happened_micros: happened,
            due_micros,
            acknowledged_micros: None,
            played: Switch::Off,
        });
    }
    match behaviour.route {
        Route::InOrder if manners.is_certain() => planned.into(),
        Route::InOrder => mistreated(planned, manners, Dice::new(config.seed, WEBHOOK_SALT, sequence)),
        Route::Scrambled => scrambled(&planned, happened),
    }
}

/// The same for a voice note: whoever reads it plays it a moment later, which is told as well.
pub(crate) fn with_play(plan: Box<[Planned]>) -> Box<[Planned]> {
    let read = plan.iter().rev().find(|planned| planned.status == Status::Read).copied();
    let later = |micros: i64| micros.saturating_add(UNTIL_PLAYED_MICROS);
    let played = read.map(|read| Planned {
        happened_micros: later(read.happened_micros),
        due_micros: later(read.due_micros),
        played: Switch::On,
        ..read
    });
    plan.into_iter().chain(played).collect()
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

/// Up to the next multiple of the gathering time.
fn gathered(config: &Config, micros: i64) -> i64 {
    let step = i64::try_from(config.webhook_gather_ms.saturating_mul(1_000)).unwrap_or(i64::MAX).max(1);
    let over = micros.rem_euclid(step);
    if over == 0 { micros } else { micros.saturating_add(step - over) }
}

/// Late, lost, doubled and out of order, as the manners have it.
fn mistreated(mut planned: Vec<Planned>, manners: &Manners, mut dice: Dice) -> Box<[Planned]> {
    if dice.share() < manners.shuffle_share {
        for last in (1..planned.len()).rev() {
            planned.swap(last, usize::try_from(dice.below(last as u64 + 1)).unwrap_or(last));
        }
        let mut due = planned.iter().map(|status| status.due_micros).max().unwrap_or_default();
        for status in &mut planned {
            status.due_micros = due;
            due = due.saturating_add(SCRAMBLE_GAP_MICROS);
        }
    }
    let mut treated = Vec::with_capacity(planned.len());
    for mut status in planned {
        status.due_micros = status.due_micros.saturating_add(dice.wait_micros(manners.webhook_delay));
        let (lost, twice, again) = (dice.share(), dice.share(), dice.wait_micros(AGAIN));
        if lost < manners.drop_share {
            continue;
        }
        treated.push(status);
        if twice < manners.duplicate_share {
            treated.push(Planned { due_micros: status.due_micros.saturating_add(again), ..status });
        }
    }
    treated.into()
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
    use crate::behaviour::{ORDINARY, behaviour_of};

    #[test]
    fn the_delays_stay_between_their_bounds_and_follow_each_other() {
        let config = Config::default();
        for sequence in 1..200 {
            let plan = plan(&config, &Manners::default(), &ORDINARY, ORDINARY.steps, sequence, 0);
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
        let readers = (0..4_000)
            .filter(|sequence| plan(&config, &Manners::default(), &ORDINARY, ORDINARY.steps, *sequence, 0).len() == 3)
            .count();
        assert!((900..1_100).contains(&readers), "{readers} of 4,000 read");
    }

    #[test]
    fn a_scrambled_message_posts_each_status_three_times_with_one_timestamp() {
        let scrambled = behaviour_of("12125550196");
        let plan = plan(&Config::default(), &Manners::default(), scrambled, scrambled.steps, 1, 0);
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
    fn mistreated_statuses_come_late_twice_or_never_and_keep_their_timestamps() {
        let manners = Manners {
            shuffle_share: 0.5,
            duplicate_share: 0.2,
            drop_share: 0.1,
            webhook_delay: Delay::between(0, 1_000),
            ..Manners::default()
        };
        let plans: Vec<_> = (0..2_000)
            .map(|sequence| plan(&Config::default(), &manners, &ORDINARY, ORDINARY.steps, sequence, 0))
            .collect();
        let posted: usize = plans.iter().map(|plan| plan.len()).sum();
        assert!((6_000 * 107 / 100..6_000 * 109 / 100).contains(&posted), "{posted} of about 6,480");
        assert!(plans.iter().flatten().all(|status| status.due_micros >= status.happened_micros));
        let out_of_order = plans
            .iter()
            .filter(|plan| plan.windows(2).any(|pair| pair[0].happened_micros > pair[1].happened_micros))
            .count();
        assert!((600..1_000).contains(&out_of_order), "{out_of_order} of 2,000");
        let again = plan(&Config::default(), &manners, &ORDINARY, ORDINARY.steps, 7, 0);
        assert_eq!(again, plans[7], "the same seed mistreats the same");
    }

    #[test]
    fn message_ids_differ_by_sequence_and_by_time() {
        let first = wamid(1, 1, 0, "1");
        assert_ne!(first, wamid(1, 2, 0, "1"));
        assert_ne!(first, wamid(1, 1, 1, "1"));
    }
}
