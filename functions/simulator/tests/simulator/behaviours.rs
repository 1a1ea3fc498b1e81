//! Every row of the behaviour table, and everyone else.

use std::collections::BTreeSet;
use std::time::Duration;

use simulator::{Config, Outcome, TABLE};
use tokio::time::Instant;

use crate::harness::Stage;

/// Last four digits, the answers to sends one after the other, the statuses that the webhook gets.
const EXPECTED: [(&str, &str, &str); 19] = [
    ("0100", "200/accepted", "sent delivered read"),
    ("0180", "400/131026 400/131026", ""),
    ("0181", "200/accepted", "failed:131026"),
    ("0182", "200/accepted", "failed:131049"),
    ("0183", "200/accepted", "failed:131050"),
    ("0184", "400/131008 400/131008", ""),
    ("0185", "200/accepted", "failed:130472"),
    ("0186", "500/131000", ""),
    ("0187", "500/131000", "sent delivered read"),
    ("0188", "200/accepted", "sent delivered read"),
    ("0189", "400/130429 200/accepted", "sent delivered read"),
    ("0190", "200/accepted", "sent"),
    ("0191", "200/accepted", "sent delivered"),
    ("0192", "200/accepted", "sent read"),
    ("0193", "200/held_for_quality_assessment", "sent delivered"),
    ("0194", "200/held_for_quality_assessment", "failed:132015"),
    ("0195", "200/accepted", "sent failed:131026 delivered"),
    ("0196", "200/accepted", "read sent delivered sent read delivered delivered read sent"),
    ("0197", "400/131056 400/131056 200/accepted", "sent delivered read"),
];

#[tokio::test(start_paused = true)]
async fn every_row_answers_and_reports_as_the_table_says() {
    for (last_four, answers, statuses) in EXPECTED {
        let stage = Stage::new(Config::default());
        for expected in answers.split(' ') {
            assert_eq!(stage.offer(&format!("+1212555{last_four}")).await, expected, "{last_four}");
        }
        stage.simulator.idle().await;
        assert_eq!(stage.receiver.told(), statuses, "{last_four}");
        let accepted = stage.simulator.totals().accepted;
        assert_eq!(accepted, u64::from(!statuses.is_empty()), "{last_four}");
    }
}

#[test]
fn every_row_is_expected_above() {
    let rows: BTreeSet<&str> = TABLE.iter().map(|row| row.last_four).chain(["0100"]).collect();
    let expected: BTreeSet<&str> = EXPECTED.iter().map(|(last_four, ..)| *last_four).collect();
    assert_eq!(rows, expected);
}

#[tokio::test(start_paused = true)]
async fn a_silent_answer_takes_a_minute_and_holds_up_nobody_else() {
    let stage = Stage::new(Config::default());
    let started = Instant::now();
    let silent = async {
        stage.offer("+12125550188").await;
        started.elapsed()
    };
    let other = async {
        stage.offer("+12125550100").await;
        stage.simulator.idle().await;
        (started.elapsed(), stage.receiver.statuses().len())
    };
    let (silent, (other, statuses)) = tokio::join!(silent, other);
    assert!(silent >= Duration::from_secs(60) && other < Duration::from_secs(15), "{silent:?} {other:?}");
    assert_eq!(statuses, 6, "the silent send reports as well");
}

#[tokio::test(start_paused = true)]
async fn after_an_acceptance_the_refusals_start_again() {
    let stage = Stage::new(Config::default());
    let mut answers = Vec::new();
    for _ in 0..4 {
        answers.push(stage.offer("+447700900189").await);
    }
    assert_eq!(answers, ["400/130429", "200/accepted", "400/130429", "200/accepted"]);
    let outcomes = stage.simulator.arrivals().into_iter().filter(|arrival| arrival.outcome == Outcome::Accepted);
    assert_eq!(outcomes.count(), 2);
}

#[tokio::test(start_paused = true)]
async fn nobody_reads_when_the_share_of_readers_is_nothing() {
    let stage = Stage::new(Config { read_share: 0.0, ..Config::default() });
    stage.offer("+12125550100").await;
    stage.simulator.idle().await;
    assert_eq!(stage.receiver.told(), "sent delivered");
}
