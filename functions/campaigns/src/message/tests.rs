//! Receipts and outcomes in any order, late and twice.

use proptest::prelude::*;

use super::*;
use crate::consent::ERASED;

fn claimed(attempt: u32) -> MessageRecord {
    MessageRecord::from(Claim {
        variant: None,
        campaign_id: CampaignId("c".into()),
        workspace_id: WorkspaceId(1),
        channel_id: ChannelId("n".into()),
        index: 7,
        chunk: 0,
        canonical_phone: "12025550100".into(),
        claim_id: "once".into(),
        rounds: 0,
        attempt,
        at: 1_000,
    })
}

fn receipt(attempt: u32, status: ReceiptStatus, at: i64) -> Receipt {
    Receipt { attempt, status, at, wamid: "wamid.1".into(), price: None }
}

fn fold(record: MessageRecord, receipts: &[Receipt]) -> MessageRecord {
    let folded = receipts.iter().fold(record, |record, r| record.with_receipt(r).unwrap_or(record));
    MessageRecord { version: 0, ..folded }
}

#[test]
fn a_status_may_come_before_our_own_record_of_the_send() {
    let early = claimed(1).with_receipt(&receipt(1, ReceiptStatus::Delivered, 5_000)).unwrap();
    let outcome = Outcome::Accepted { wamid: "wamid.1".into(), held: false };
    let both = early.with_outcome(1, &outcome, 4_000).unwrap();
    assert_eq!(both.state, MessageState::Delivered);
    assert_eq!(both.accepted_at, Some(4_000));
}

#[test]
fn a_late_delivered_stops_the_next_attempt() {
    let waiting = claimed(1)
        .with_outcome(1, &Outcome::Retry { code: Some(131_056), not_before: 9_000, step: Step::Try }, 2_000)
        .unwrap();
    assert_eq!((waiting.state, waiting.attempt), (MessageState::Retry, 2));
    let arrived = waiting.with_receipt(&receipt(1, ReceiptStatus::Delivered, 3_000)).unwrap();
    assert_eq!((arrived.state, arrived.retry_shard), (MessageState::Delivered, None));
}

#[test]
fn what_arrived_or_was_given_up_waits_for_no_attempt() {
    let refused = Outcome::Retry { code: Some(131_056), not_before: 9_000, step: Step::Try };
    let arrived = claimed(1).with_receipt(&receipt(1, ReceiptStatus::Read, 3_000)).unwrap();
    assert_eq!(arrived.with_outcome(1, &refused, 4_000), None);
    let given_up = claimed(1).with_outcome(1, &Outcome::Unknown, 2_000).unwrap();
    let failed = given_up.with_outcome(1, &refused, 4_000).unwrap();
    assert_eq!((failed.state, failed.code, failed.retry_shard), (MessageState::Failed, Some(131_056), None));
    let waiting = claimed(1).with_outcome(1, &refused, 2_000).unwrap();
    assert_eq!(waiting.left_out(5_000, "cancelled").unwrap().state, MessageState::Skipped);
    assert_eq!(claimed(1).left_out(5_000, "cancelled"), None);
}

#[test]
fn a_failed_of_an_earlier_attempt_says_nothing_of_this_one() {
    assert_eq!(claimed(2).with_receipt(&receipt(1, ReceiptStatus::Failed { code: 131_026 }, 3_000)), None);
    assert_eq!(claimed(2).with_receipt(&receipt(1, ReceiptStatus::Sent, 3_000)), None);
}

#[test]
fn an_erased_person_is_in_no_message_and_waits_for_none_and_the_outcome_stays() {
    let read = claimed(1).with_receipt(&receipt(1, ReceiptStatus::Read, 3_000)).unwrap();
    let erased = read.erased("ab", 4_000).unwrap();
    assert_eq!((erased.person.as_str(), erased.state, erased.version), ("1#ab", MessageState::Read, read.version + 1));
    assert_eq!(erased.erased("ab", 5_000), None);
    let refused = Outcome::Retry { code: Some(131_056), not_before: 9_000, step: Step::Try };
    let waiting = claimed(1).with_outcome(1, &refused, 2_000).unwrap();
    let erased = waiting.erased("ab", 4_000).unwrap();
    assert_eq!(
        (erased.state, erased.retry_shard, erased.reason.as_deref()),
        (MessageState::Skipped, None, Some(ERASED))
    );
    assert!(!serde_json::to_string(&erased.person).unwrap().contains("12025550100"));
}

#[test]
fn a_person_may_ask_for_another_attempt_and_a_late_delivered_makes_it_needless() {
    let failed = claimed(1).with_receipt(&receipt(1, ReceiptStatus::Failed { code: 130_429 }, 3_000)).unwrap();
    let waiting = failed.asked_again(9_000).unwrap();
    assert_eq!((waiting.state, waiting.attempt, waiting.not_before), (MessageState::Retry, 2, Some(9_000)));
    assert_eq!(waiting.asked_again(9_500), None, "it waits already");
    assert_eq!(waiting.with_receipt(&receipt(1, ReceiptStatus::Failed { code: 130_429 }, 3_000)), None);
    let arrived = waiting.with_receipt(&receipt(1, ReceiptStatus::Delivered, 9_100)).unwrap();
    assert_eq!((arrived.state, arrived.retry_shard.as_deref()), (MessageState::Delivered, None));
    assert_eq!(arrived.asked_again(9_500), None);
    assert_eq!(claimed(1).asked_again(9_500), None);
}

#[test]
fn an_unknown_outcome_is_resolved_by_a_receipt() {
    let unknown = claimed(1).with_outcome(1, &Outcome::Unknown, 2_000).unwrap();
    assert_eq!(unknown.state, MessageState::Unknown);
    assert_eq!(unknown.with_receipt(&receipt(1, ReceiptStatus::Sent, 3_000)).unwrap().state, MessageState::Sent);
}

#[test]
fn a_person_who_got_enough_waits_a_day_and_the_failure_stands_beside_the_wait() {
    let sent = MessageRecord { rounds: 1, ..claimed(1) }.with_receipt(&receipt(1, ReceiptStatus::Sent, 2_000)).unwrap();
    let failed = receipt(1, ReceiptStatus::Failed { code: 131_049 }, 3_000);
    let waiting = sent.with_receipt(&failed).unwrap();
    assert_eq!(
        (waiting.state, waiting.attempt, waiting.round, waiting.code),
        (MessageState::Retry, 2, 1, Some(131_049))
    );
    assert!(waiting.not_before.unwrap() >= 3_000 + 86_400_000);
    assert_eq!(waiting.retry_shard, Some(waiting_for_later(&CampaignId("c".into()))));
    assert_eq!(waiting.with_receipt(&failed), None);
    let arrived = waiting.with_receipt(&receipt(1, ReceiptStatus::Delivered, 4_000)).unwrap();
    assert_eq!((arrived.state, arrived.attempt, arrived.round), (MessageState::Delivered, 1, 0));
    let cancelled = waiting.left_out(5_000, "cancelled").unwrap();
    assert_eq!((cancelled.state, cancelled.with_receipt(&failed)), (MessageState::Failed, None));
}

#[test]
fn waits_of_minutes_have_a_job_and_longer_ones_are_cut_later() {
    let after = |not_before| {
        let refused = Outcome::Retry { code: Some(131_056), not_before, step: Step::Try };
        claimed(1).with_outcome(1, &refused, 1_000).unwrap().retry_shard.unwrap()
    };
    let campaign = CampaignId("c".into());
    assert_eq!(after(1_000 + LATER_FROM_MS), waiting_with_job(&campaign));
    assert_eq!(after(1_001 + LATER_FROM_MS), waiting_for_later(&campaign));
}

#[test]
fn a_round_begins_the_tries_anew() {
    let outcome = |step| Outcome::Retry { code: Some(131_056), not_before: 9_000, step };
    let tried = claimed(1).with_outcome(1, &outcome(Step::Try), 2_000).unwrap();
    assert_eq!((tried.tries, tried.round), (1, 0));
    let claimed_again = MessageRecord { retry_shard: None, not_before: None, ..tried };
    let round = claimed_again.with_outcome(2, &outcome(Step::Round), 3_000).unwrap();
    assert_eq!((round.tries, round.round, round.attempt), (0, 1, 3));
}

#[test]
fn a_person_may_ask_again_for_what_failed_or_is_unknown_and_for_nothing_else() {
    let failed = claimed(1).with_outcome(1, &Outcome::Failed { code: 131_000 }, 2_000).unwrap();
    let again = failed.asked_again(5_000).unwrap();
    assert_eq!((again.state, again.attempt, again.failed_at), (MessageState::Retry, 2, None));
    assert_eq!(
        again.with_receipt(&receipt(1, ReceiptStatus::Failed { code: 131_000 }, 2_000)).map(|r| r.state),
        Some(MessageState::Retry)
    );
    assert_eq!(
        again.with_receipt(&receipt(1, ReceiptStatus::Delivered, 2_500)).unwrap().state,
        MessageState::Delivered
    );
    assert!(claimed(1).with_outcome(1, &Outcome::Unknown, 2_000).unwrap().asked_again(5_000).is_some());
    assert_eq!((again.asked_again(6_000), claimed(1).asked_again(6_000)), (None, None));
}

fn any_receipt() -> impl Strategy<Value = Receipt> {
    let status = prop_oneof![
        Just(ReceiptStatus::Sent),
        Just(ReceiptStatus::Delivered),
        Just(ReceiptStatus::Read),
        (131_000u32..131_060).prop_map(|code| ReceiptStatus::Failed { code }),
        Just(ReceiptStatus::Failed { code: 131_049 }),
        Just(ReceiptStatus::Failed { code: 131_053 }),
    ];
    let price = prop_oneof![
        Just(None),
        Just(Price::of("marketing", "regular", "PMP", None)),
        Just(Price::of("marketing", "free_entry_point", "PMP", None)),
    ];
    (1u32..3, status, 1i64..50, price)
        .prop_map(|(attempt, status, at, price)| Receipt { price, ..receipt(attempt, status, at) })
}

fn rank(state: MessageState) -> usize {
    use MessageState::*;
    let ladder = [Untouched, Claimed, Retry, Unknown, Skipped, Accepted, Held, Sent, Failed, Delivered, Read];
    ladder.iter().position(|step| *step == state).unwrap()
}

proptest! {
    #[test]
    fn any_order_gives_the_same_record(
        (receipts, shuffled) in proptest::collection::vec(any_receipt(), 0..12).prop_flat_map(|r| (Just(r.clone()), Just(r).prop_shuffle())),
    ) {
        for rounds in 0..3 {
            let claimed = MessageRecord { rounds, ..claimed(2) };
            prop_assert_eq!(fold(claimed.clone(), &receipts), fold(claimed, &shuffled));
        }
    }

    #[test]
    fn twice_is_once(receipts in proptest::collection::vec(any_receipt(), 0..12)) {
        for rounds in 0..3 {
            let once = fold(MessageRecord { rounds, ..claimed(2) }, &receipts);
            prop_assert_eq!(&once, &fold(once.clone(), &receipts));
        }
    }

    #[test]
    fn the_state_never_sinks(receipts in proptest::collection::vec(any_receipt(), 0..12)) {
        let mut record = claimed(2);
        for receipt in &receipts {
            if let Some(next) = record.with_receipt(receipt) {
                prop_assert!(rank(next.state) >= rank(record.state), "{:?} -> {:?}", record.state, next.state);
                prop_assert!(next.version > record.version);
                record = next;
            }
        }
    }
}
