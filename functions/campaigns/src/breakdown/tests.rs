//! A breakdown counted out of changes: in any order, within its bounds, small enough for its item.

use proptest::prelude::*;

use super::*;

const STATES: [MessageState; 6] = [
    MessageState::Claimed,
    MessageState::Skipped,
    MessageState::Unknown,
    MessageState::Failed,
    MessageState::Sent,
    MessageState::Read,
];

fn told(step: usize, minute: i64) -> Told {
    let at = minute * 60_000;
    let state = STATES[step % STATES.len()];
    Told {
        country: ["BR", "US", NO_COUNTRY][step % 3].to_owned(),
        state,
        reason: (state == MessageState::Skipped).then(|| format!("reason {}", step % 40)),
        price: Price::of(["marketing", "utility"][step % 2], "regular", "PMP", None),
        attempted_at: at,
        waited_for: None,
        delivered_at: Some(at + 5_000),
        read_at: (state == MessageState::Read).then_some(at + 90_000),
        failed_at: (state == MessageState::Failed).then_some(at + 1_000),
        replied_at: [None, Some(at)][step % 2],
        link_opens: u32::try_from(minute.rem_euclid(3)).unwrap(),
        opted_out_at: None,
    }
}

#[test]
fn a_long_campaign_has_longer_points_and_loses_nobody() {
    let mut counted = Breakdown::default();
    for minute in 0..600 {
        counted.apply(None, &told(4, minute));
    }
    let timeline = &counted.timeline;
    assert_eq!((timeline.minutes, timeline.points.len()), (10, 60));
    assert_eq!(timeline.points.values().map(|point| point[0]).sum::<u64>(), 600);
    assert_eq!(timeline.begins_at(*timeline.points.keys().next().unwrap()), 0);
}

#[test]
fn the_fullest_second_and_the_mean_wait_are_of_the_claims() {
    let mut counted = Breakdown::default();
    for at in [0, 100, 900, 1_000, 2_500, 4_000] {
        counted.apply(None, &Told { attempted_at: at, ..told(0, 0) });
    }
    // The same attempt further on is no other departure; one that was left out is none.
    let standing = Told { attempted_at: 4_000, ..told(0, 0) };
    counted.apply(Some(&standing), &Told { state: MessageState::Sent, ..standing.clone() });
    counted.apply(None, &told(1, 100));
    let departures = &counted.departures;
    assert_eq!((departures.count, departures.largest_second), (6, 3));
    assert_eq!(departures.mean_gap_ms(), Some(800));
    assert_eq!(Departures::default().mean_gap_ms(), None);
}

#[test]
fn a_reason_that_comes_late_counts_once_and_one_that_is_taken_back_no_more() {
    let mut counted = Breakdown::default();
    let plain = told(0, 0);
    let waited = Told { waited_for: Some(WaitReason::Rate), ..plain.clone() };
    counted.apply(None, &plain);
    counted.apply(Some(&plain), &waited);
    counted.apply(Some(&waited), &Told { state: MessageState::Sent, ..waited.clone() });
    assert_eq!(counted.departures.waited, [(WaitReason::Rate, 1)].into());
    counted.apply(Some(&waited), &plain);
    assert_eq!(counted.departures.waited, [].into());
}

#[test]
fn an_item_of_all_countries_stays_small() {
    let mut counted = Breakdown::default();
    for country in crate::phone::Country::all() {
        let of = Told { country: country.as_str().to_owned(), ..told(5, 0) };
        counted.apply(None, &of);
    }
    for minute in 0..60 {
        counted.apply(None, &told(5, minute));
    }
    let bytes = serde_json::to_vec(&counted).unwrap().len();
    assert!(counted.countries.len() > 200 && bytes < 25_000, "{bytes} bytes");
    let one = serde_json::to_vec(&Breakdown { countries: [("BR".into(), CountryCounts::default())].into(), ..counted });
    assert!(one.unwrap().len() < 3_000);
}

proptest! {
    #[test]
    fn changes_fold_to_what_a_count_of_the_ends_gives(
        steps in prop::collection::vec(prop::collection::vec((0_usize..12, 0_i64..50), 1..5), 0..40),
    ) {
        let (mut folded, mut ends) = (Breakdown::default(), Breakdown::default());
        for message in &steps {
            // A message keeps its country.
            let of = |(step, minute): &(usize, i64)| Told { country: "BR".to_owned(), ..told(*step, *minute) };
            let mut before: Option<Told> = None;
            for change in message {
                let after = of(change);
                folded.apply(before.as_ref(), &after);
                before = Some(after);
            }
            if let Some(end) = &before {
                ends.apply(None, end);
            }
        }
        prop_assert_eq!(&folded.countries, &ends.countries);
        prop_assert_eq!(folded.skipped.values().sum::<u64>(), ends.skipped.values().sum::<u64>());
        prop_assert_eq!(&folded.timeline, &ends.timeline);
    }
}
