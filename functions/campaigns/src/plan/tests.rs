//! The plan's tests: the golden vectors, and properties over seeds, paces, hours and days.

use proptest::prelude::*;
use wire::WaitReason;

use super::golden::GOLDEN;
use super::*;
use crate::limit::Usage;

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
        // Between bounds closer than a late departure there is no room for one: the wait is the least and that.
        let most = ((min + more) * 1_000).max(min * 1_000 + LATE_DEPARTURE_MICROS);
        prop_assert_eq!(due.len() as u64, people);
        for pair in due.windows(2) {
            let gap = (pair[1].1.due_at_micros - pair[0].1.due_at_micros) as u64;
            prop_assert!(gap >= min * 1_000);
            if pair[0].0 == pair[1].0 {
                prop_assert!(gap <= most);
            } else {
                prop_assert!(gap >= wait * 1_000 && gap <= most.max(wait * 1_000));
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
        prop_assert_eq!(plan.finish_micros(middle, None), last.due_at_micros);
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

#[test]
fn the_golden_vectors_do_not_move() {
    assert_eq!(PLAN_VERSION, 2);
    for golden in GOLDEN {
        assert_eq!(golden.computed().unwrap(), golden.due, "{}", golden.name);
    }
}

fn office(days: &[&str], from: &str, to: &str, zone: &str) -> BusinessHours {
    let days = days.iter().map(|day| (*day).to_owned()).collect();
    let asked = wire::BusinessHours { days, from: from.into(), to: to.into(), time_zone: zone.into() };
    BusinessHours::parse(&asked).unwrap()
}

fn from(due_at_micros: i64) -> Cursor {
    Cursor { index: 0, due_at_micros }
}

fn walked(plan: &Plan, start: i64, foreseen: Option<Foreseen>) -> Vec<Step> {
    let mut walk = Walk::new(plan, foreseen);
    let mut steps = vec![walk.place(from(start), WaitReason::Pace)];
    while steps[steps.len() - 1].at.index + 1 < plan.recipients() {
        steps.push(walk.after(steps[steps.len() - 1].at));
    }
    steps
}

/// Monday 2026-11-23, 12:00 UTC: 9:00 in São Paulo.
const MONDAY: i64 = 1_795_435_200_000_000;
const HOUR: i64 = 3_600_000_000;

#[test]
fn every_wait_has_its_reason() {
    let hours = office(&["mon", "tue"], "09:00", "10:00", "America/Sao_Paulo");
    let plan = Plan::new(pace(2, 60_000, 1_000, 1_000), 8, 80, 1).within(Some(hours));
    let plan = plan.over_days(Some(2), Zone::UTC);
    let steps = walked(&plan, MONDAY - HOUR, None);
    let waits: Vec<WaitReason> = steps.iter().map(|step| step.wait).collect();
    use WaitReason::{Chunk, Duration, Pace, Window};
    assert_eq!(waits, [Window, Pace, Chunk, Pace, Duration, Pace, Chunk, Pace]);
    assert_eq!(steps[4].at.due_at_micros, MONDAY + 24 * HOUR);
    let fast = walked(&Plan::new(pace(5, 0, 0, 0), 3, 80, 1), 0, None);
    assert!(fast[1..].iter().all(|step| step.wait == WaitReason::Rate));
}

#[test]
fn what_does_not_fit_into_its_hours_goes_on_when_they_open() {
    let hours = office(&["mon", "tue"], "09:00", "10:00", "America/Sao_Paulo");
    let plan = Plan::new(pace(100, 0, 1_200_000, 1_200_000), 5, 80, 1).within(Some(hours));
    let due: Vec<i64> =
        walked(&plan, MONDAY, None).iter().map(|step| (step.at.due_at_micros - MONDAY) / (HOUR / 60)).collect();
    assert_eq!(due, [0, 20, 40, 24 * 60, 24 * 60 + 20]);
}

#[test]
fn a_limit_spreads_a_campaign_over_days_and_says_so() {
    let mut usage = Usage::default();
    usage.count(MONDAY - HOUR, 50);
    let foreseen = Foreseen { limit: 250, usage };
    let plan = Plan::new(pace(1_000, 0, 0, 0), 700, 80, 1);
    let steps = walked(&plan, MONDAY, Some(foreseen.clone()));
    assert_eq!((steps[199].wait, steps[200].wait), (WaitReason::Rate, WaitReason::Limit));
    let days = (steps[699].at.due_at_micros - MONDAY) as f64 / (24 * HOUR) as f64;
    assert!((2.0..2.1).contains(&days), "{days}");
    assert_eq!(plan.finish_micros(from(MONDAY), Some(foreseen.clone())), steps[699].at.due_at_micros);
    let stretches = plan.shape(from(MONDAY), Some(foreseen), 100);
    let firsts: Vec<(u64, WaitReason)> = stretches.iter().map(|stretch| (stretch.first_index, stretch.wait)).collect();
    assert_eq!(
        firsts,
        [
            (0, WaitReason::Pace),
            (200, WaitReason::Limit),
            (250, WaitReason::Limit),
            (450, WaitReason::Limit),
            (500, WaitReason::Limit)
        ]
    );
}

#[test]
fn a_plan_that_may_never_send_has_no_end() {
    let plan = Plan::new(pace(10, 0, 0, 0), 5, 80, 1).within(Some(office(&["mon"], "09:00", "10:00", "UTC")));
    assert_eq!(plan.finish_micros(from(0), Some(Foreseen { limit: 0, usage: Usage::default() })), i64::MAX);
}

#[test]
fn a_shape_has_no_more_stretches_than_asked_for_and_leaves_nobody_out() {
    let hours = office(&["mon", "tue", "wed"], "09:00", "12:00", "Europe/Lisbon");
    let plan = Plan::new(pace(7, 90_000, 2_000, 9_000), 20_000, 80, 3).within(Some(hours));
    let stretches = plan.shape(from(MONDAY), None, 40);
    assert!(stretches.len() <= 40);
    let windows = stretches[1..].iter().filter(|stretch| stretch.wait == WaitReason::Window).count();
    let all = walked(&plan, MONDAY, None)[1..].iter().filter(|step| step.wait == WaitReason::Window).count();
    assert_eq!((windows, stretches.len()), (all, 40), "the longest waits stay");
    assert_eq!((stretches[0].first_index, stretches[stretches.len() - 1].last_index), (0, 19_999));
    assert!(stretches.windows(2).all(|pair| pair[0].last_index + 1 == pair[1].first_index));
    assert_eq!(stretches[stretches.len() - 1].to_micros, plan.finish_micros(from(MONDAY), None));
}

fn any_hours() -> impl Strategy<Value = BusinessHours> {
    let zones = vec!["Europe/Lisbon", "America/Sao_Paulo", "America/New_York", "Australia/Lord_Howe"];
    let days = proptest::sample::subsequence(vec!["mon", "tue", "wed", "thu", "fri", "sat", "sun"], 1..=7);
    (days, proptest::sample::select(zones), 0u16..1_380, 30u16..1_440).prop_map(|(days, zone, start, length)| {
        let time = |minutes: u16| crate::zone::TimeOfDay::of(minutes).to_string();
        office(&days, &time(start), &time((start + length).min(1_440)), zone)
    })
}

proptest! {
    #[test]
    fn nothing_is_due_outside_the_hours_and_no_day_has_more_than_its_part(
        hours in any_hours(), with_hours: bool, days in 1u32..12, people in 1u64..120, gap in 1u64..3_000, start in 0i64..40_000,
    ) {
        let start = 1_791_000_000_000_000 + start * 60_000_000 * 7;
        let zone = hours.zone();
        let plan = Plan::new(pace(20, 600_000, gap * 1_000, gap * 2_000), people, 80, 5);
        let plan = plan.within(with_hours.then_some(hours)).over_days(Some(days), zone);
        let steps = walked(&plan, start, None);
        let mut by_day = std::collections::BTreeMap::<_, u64>::new();
        for step in &steps {
            prop_assert!(!with_hours || hours.is_open(step.at.due_at_micros));
            *by_day.entry(zone.date_at(step.at.due_at_micros)).or_default() += 1;
        }
        prop_assert!(by_day.values().all(|sent| *sent <= people.div_ceil(u64::from(days))), "{by_day:?}");
        for pair in steps.windows(2) {
            prop_assert!(pair[1].at.due_at_micros - pair[0].at.due_at_micros >= (gap * 1_000_000) as i64);
        }
    }

    #[test]
    fn any_way_of_cutting_hours_and_days_gives_the_same_plan(
        hours in any_hours(), days in 1u32..5, people in 1u64..200, most in 1usize..40, start in 0i64..40_000, seed: u64,
    ) {
        let start = 1_791_000_000_000_000 + start * 60_000_000 * 7;
        let plan = Plan::new(pace(30, 700, 0, 900), people, 80, seed).within(Some(hours)).over_days(Some(days), Zone::UTC);
        let steps = walked(&plan, start, None);
        let mut cursor = from(start);
        let mut due = Vec::new();
        while let Some(cut) = plan.cut(cursor, most) {
            due.extend(cut.due);
            cursor = cut.next;
            if let Some(next) = steps.get(due.len()) {
                prop_assert_eq!((next.at, next.wait), (cut.next, cut.next_wait));
            }
        }
        prop_assert_eq!(&due, &steps.iter().map(|step| step.at).collect::<Vec<_>>());
        let middle = due[due.len() / 2];
        prop_assert_eq!(plan.finish_micros(middle, None), due[due.len() - 1].due_at_micros);
    }

    #[test]
    fn a_foreseen_limit_is_never_exceeded(limit in 1u32..30, people in 1u64..150, gap in 0u64..900, used in 0u32..40) {
        let mut usage = Usage::default();
        usage.count(MONDAY - HOUR, used.min(limit));
        let plan = Plan::new(pace(1_000, 0, gap * 1_000, gap * 1_000), people, 80, 5);
        let steps = walked(&plan, MONDAY, Some(Foreseen { limit, usage }));
        for (at, step) in steps.iter().enumerate() {
            let due = step.at.due_at_micros;
            let within = steps[at..].partition_point(|later| later.at.due_at_micros < due + 24 * HOUR);
            let before = if due < MONDAY + 23 * HOUR { used.min(limit) as usize } else { 0 };
            let since_start = steps[..at].len();
            let in_first_day = if before > 0 { since_start + before } else { 0 };
            prop_assert!(within <= limit as usize && in_first_day <= limit as usize);
        }
    }

    #[test]
    fn the_finish_without_draws_is_the_walks(size in 1u32..20, wait in 0u64..5_000, gap in 0u64..100, people in 1u64..200, index in 0u64..200) {
        let plan = Plan::new(pace(size, wait, gap, gap), people, 80, 5);
        let steps = walked(&plan, 0, None);
        if let Some(step) = steps.get(index as usize) {
            prop_assert_eq!(plan.finish_micros(step.at, None), steps[steps.len() - 1].at.due_at_micros);
        }
    }
}
