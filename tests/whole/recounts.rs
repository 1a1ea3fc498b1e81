//! Recounts: the totals beside the messages themselves, by the API, on the command line and before a campaign ends; and
//! claims that no outcome followed, found while the campaign goes on.

use std::ops::Range;

use anyhow::Context;
use campaigns::message::{MessageRecord, Outcome, Receipt, ReceiptStatus, Step};
use campaigns::totals::Totals;
use campanile_tests::campaign::{act, call, claimed, count, dispatched, indexes, later, messages};
use campanile_tests::contacts;
use campanile_tests::running::{Running, quick_simulator};
use campanile_tests::stepped::Stepped;
use lambdas::recount::chunks;
use lambdas::storage::campaigns::CampaignRecord;
use lambdas::storage::lapses::LAPSE_SHARD;
use lambdas::storage::table::Written;
use lambdas::storage::totals::{self, Scope, TotalsRecord, Watermark};
use lambdas::{App, dispatcher, recount, sender};
use local::Options;
use serde_json::json;
use wire::{CampaignId, CampaignStatus, MessageState, Recount};

const PEOPLE: usize = 7;

/// Three looks of [`A_LOOK`].
const MANY: usize = 120;

/// Recipients of one look here: those of the dispatcher's own are too many to make.
const A_LOOK: u64 = 50;

/// A recipient's message as a sender claims it now.
fn claimed_now(stepped: &Stepped, record: &CampaignRecord, index: u64) -> MessageRecord {
    claimed(record, index, stepped.app.clock.now_millis())
}

/// These recipients' messages, taken by WhatsApp.
async fn accepted(stepped: &Stepped, record: &CampaignRecord, indexes: Range<u64>) -> anyhow::Result<()> {
    for index in indexes {
        let outcome = Outcome::Accepted { wamid: format!("wamid.{index}"), held: false };
        let message = claimed_now(stepped, record, index);
        let message = message.with_outcome(1, &outcome, message.attempted_at).context("it changes nothing")?;
        lambdas::storage::messages::create(&stepped.app, &message).await?;
    }
    Ok(())
}

/// A campaign whose jobs are all out and in nobody's hand.
async fn cut(stepped: &Stepped) -> anyhow::Result<CampaignRecord> {
    cut_into(stepped, 1_000).await
}

/// The same in chunks of this size.
async fn cut_into(stepped: &Stepped, chunk_size: u64) -> anyhow::Result<CampaignRecord> {
    let (campaign, _) = dispatched(stepped, &contacts::csv(MANY), json!({ "chunkSize": chunk_size })).await?;
    let record = stepped.record(&campaign).await?;
    assert!(record.is_cut(), "{} of {} have jobs", record.cursor_index, record.recipients);
    Ok(record)
}

async fn totals_of(stepped: &Stepped, campaign: &CampaignId) -> anyhow::Result<TotalsRecord> {
    totals::get(&stepped.app, campaign, Scope::Campaign).await
}

/// One look of a recount, after which the dispatcher dies: `kept`, after it was written down. Returns how far it came.
async fn look(stepped: &Stepped, app: &App, campaign: &CampaignId, kept: bool) -> anyhow::Result<u64> {
    let (record, read) = (stepped.record(campaign).await?, totals_of(stepped, campaign).await?);
    let so_far = recount::go_on(app, &record, &read, (A_LOOK, record.recipients)).await?.so_far;
    let next_index = so_far.next_index;
    assert_eq!(so_far.totals.touched(), next_index, "everybody below it has a message, and is counted once");
    if kept {
        assert_eq!(recount::keep(app, &record, so_far).await?, Written::Done);
    }
    Ok(next_index)
}

async fn tick(stepped: &Stepped, seconds: i64) -> anyhow::Result<()> {
    dispatcher::handle(&later(&stepped.app, seconds), dispatcher::Event::Tick(json!({}))).await
}

async fn agree(stepped: &Stepped, campaign: &CampaignId) -> anyhow::Result<Recount> {
    let compared: Recount = call(&stepped.app, "POST", &format!("/v3/campaigns/{campaign}/recount"), json!({})).await?;
    assert_eq!(compared.agree, Some(true), "{compared:?}");
    Ok(compared)
}

#[tokio::test]
async fn a_recount_in_several_looks_goes_on_where_it_was_written_down_and_ends_the_campaign() -> anyhow::Result<()> {
    let stepped = Stepped::open().await?;
    let record = cut(&stepped).await?;
    accepted(&stepped, &record, 0..MANY as u64).await?;
    count(&stepped).await?;
    let (app, campaign) = (&stepped.app, &record.id);
    for (kept, place) in [(false, 50), (true, 50), (false, 100), (true, 100), (false, 120)] {
        assert_eq!(look(&stepped, app, campaign, kept).await?, place);
    }
    // A receipt that is counted meanwhile takes nobody's outcome away.
    let mut delivered = messages(&stepped, &record).await?.swap_remove(3);
    let version = delivered.version;
    (delivered.delivered_at, delivered.state) = (Some(delivered.attempted_at), MessageState::Delivered);
    delivered.version += 1;
    lambdas::storage::messages::replace(app, version, &delivered).await?;
    count(&stepped).await?;
    assert_eq!(look(&stepped, app, campaign, false).await?, 120);
    let nudges = stepped.take(&app.config.nudge_queue_url).await?;
    assert!(!nudges.records.is_empty(), "each look that was written down asks for the next");
    for _ in 0..2 {
        dispatcher::handle(app, dispatcher::Event::Nudges(nudges.clone())).await?;
        let after = stepped.record(campaign).await?;
        assert_eq!((after.status, after.upkeep.recount), (CampaignStatus::Completed, None));
    }
    let compared = agree(&stepped, campaign).await?;
    assert_eq!((compared.totals.accepted, compared.totals.delivered), (119, 1));
    Ok(())
}

#[tokio::test]
async fn a_recount_of_an_earlier_epoch_begins_anew() -> anyhow::Result<()> {
    let stepped = Stepped::open().await?;
    let record = cut(&stepped).await?;
    accepted(&stepped, &record, 0..MANY as u64).await?;
    count(&stepped).await?;
    for place in [50, 100] {
        assert_eq!(look(&stepped, &stepped.app, &record.id, true).await?, place);
    }
    act(&stepped.app, &record.id, "pause").await?;
    assert_eq!(look(&stepped, &stepped.app, &record.id, true).await?, 50);
    // Nothing but a nudge brings a paused campaign back.
    let nudges = stepped.take(&stepped.app.config.nudge_queue_url).await?;
    dispatcher::handle(&stepped.app, dispatcher::Event::Nudges(nudges)).await?;
    assert_eq!(stepped.record(&record.id).await?.status, CampaignStatus::Completed);
    agree(&stepped, &record.id).await.map(|_| ())
}

#[tokio::test]
async fn claims_of_dead_senders_are_found_by_a_recount_in_several_looks_after_a_cancel() -> anyhow::Result<()> {
    let stepped = Stepped::open().await?;
    let record = cut(&stepped).await?;
    for index in [10, 110] {
        lambdas::storage::messages::create(&stepped.app, &claimed_now(&stepped, &record, index)).await?;
    }
    for indexes in [0..10, 11..110, 111..MANY as u64] {
        accepted(&stepped, &record, indexes).await?;
    }
    count(&stepped).await?;
    let campaign = &record.id;
    act(&stepped.app, campaign, "cancel").await?;
    for (kept, place) in [(true, 50), (false, 100), (true, 100)] {
        assert_eq!(look(&stepped, &stepped.app, campaign, kept).await?, place);
    }
    // It died before it gave up the first claim: the rest of this recount finds the second, the next one the first.
    for (seconds, states) in [
        (60, [MessageState::Claimed, MessageState::Unknown]),
        (120, [MessageState::Unknown, MessageState::Unknown]),
        (180, [MessageState::Unknown, MessageState::Unknown]),
    ] {
        tick(&stepped, seconds).await?;
        let found = messages(&stepped, &record).await?;
        assert_eq!([found[10].state, found[110].state], states, "after {seconds} s");
        assert_eq!(stepped.record(campaign).await?.upkeep.recount, None, "after {seconds} s");
        count(&stepped).await?;
    }
    let after = stepped.record(campaign).await?;
    assert_eq!((after.status, after.due_shard.as_deref()), (CampaignStatus::Cancelled, Some(LAPSE_SHARD)));
    let compared = agree(&stepped, campaign).await?;
    assert_eq!((compared.totals.accepted, compared.totals.unknown, compared.totals.claimed), (118, 2, 0));
    Ok(())
}

/// When nothing was folded for ten minutes after a batch of the stream was lost, in seconds.
const LONG_AFTER: i64 = 600;

#[tokio::test]
async fn totals_that_lost_a_batch_are_corrected_by_a_recount_in_several_looks() -> anyhow::Result<()> {
    let stepped = Stepped::open().await?;
    let record = cut(&stepped).await?;
    accepted(&stepped, &record, 0..100).await?;
    count(&stepped).await?;
    accepted(&stepped, &record, 100..MANY as u64).await?;
    let (app, campaign) = (later(&stepped.app, LONG_AFTER), &record.id);
    for (kept, place) in [(true, 50), (false, 100), (true, 100)] {
        assert_eq!(look(&stepped, &app, campaign, kept).await?, place);
    }
    // What was folded while it counted may be in both: that recount corrects nothing.
    let folded = totals_of(&stepped, campaign).await?;
    let other = TotalsRecord { version: folded.version + 1, ..folded.clone() };
    totals::replace(&app, campaign, Scope::Campaign, folded.version, &other).await?;
    tick(&stepped, LONG_AFTER + 60).await?;
    let useless = stepped.record(campaign).await?.upkeep.recount.context("it would be counted anew each minute")?;
    assert_eq!((useless.next_index, useless.correction), (MANY as u64, None));
    // Forgotten when another may be taken, counted anew, held for a while, taken, and then the campaign is complete.
    for (seconds, counted, status) in [
        (360, 100, CampaignStatus::Processing),
        (420, 100, CampaignStatus::Processing),
        (480, 120, CampaignStatus::Processing),
        (540, 120, CampaignStatus::Completed),
    ] {
        tick(&stepped, LONG_AFTER + seconds).await?;
        let standing = (totals_of(&stepped, campaign).await?.totals.accepted, stepped.record(campaign).await?.status);
        assert_eq!(standing, (counted, status), "after {seconds} s");
    }
    let breakdown = totals_of(&stepped, campaign).await?.breakdown;
    assert_eq!(breakdown.countries.values().map(|country| country.taken).sum::<u64>(), 120);
    assert_eq!(stepped.record(campaign).await?.upkeep.recount, None);
    agree(&stepped, campaign).await?;
    // It was not lost but late: what it tells was counted by the recount, and what comes after it was not.
    count(&stepped).await?;
    agree(&stepped, campaign).await?;
    let before = messages(&stepped, &record).await?.swap_remove(110);
    let mut delivered = MessageRecord { delivered_at: Some(before.attempted_at), ..before.clone() };
    (delivered.state, delivered.version) = (MessageState::Delivered, before.version + 1);
    lambdas::storage::messages::replace(&later(&stepped.app, LONG_AFTER + 540), before.version, &delivered).await?;
    count(&stepped).await?;
    let compared = agree(&stepped, campaign).await?;
    assert_eq!((compared.totals.accepted, compared.totals.delivered), (119, 1));
    Ok(())
}

#[tokio::test]
async fn a_message_that_changed_just_before_a_recount_is_corrected_by_a_later_one() -> anyhow::Result<()> {
    let stepped = Stepped::open().await?;
    let record = cut(&stepped).await?;
    accepted(&stepped, &record, 0..100).await?;
    count(&stepped).await?;
    accepted(&stepped, &record, 100..MANY as u64 - 1).await?;
    let (app, campaign) = (later(&stepped.app, LONG_AFTER - 30), &record.id);
    let outcome = Outcome::Accepted { wamid: "wamid.last".into(), held: false };
    let last = claimed_now(&stepped, &record, MANY as u64 - 1).with_outcome(1, &outcome, app.clock.now_millis());
    lambdas::storage::messages::create(&app, &last.context("it changes nothing")?).await?;
    // Counted at once, and not again before it may be taken.
    for (seconds, counted, is_kept, status) in [
        (0, 100, true, CampaignStatus::Processing),
        (240, 100, true, CampaignStatus::Processing),
        (300, 100, false, CampaignStatus::Processing),
        (360, 100, true, CampaignStatus::Processing),
        (420, 120, true, CampaignStatus::Processing),
        (480, 120, false, CampaignStatus::Completed),
    ] {
        tick(&stepped, LONG_AFTER + seconds).await?;
        let standing = stepped.record(campaign).await?;
        let told = (totals_of(&stepped, campaign).await?.totals.accepted, standing.upkeep.recount.is_some());
        assert_eq!((told, standing.status), ((counted, is_kept), status), "after {seconds} s");
    }
    count(&stepped).await?;
    agree(&stepped, campaign).await.map(|_| ())
}

#[tokio::test]
async fn totals_in_which_somebody_waits_or_counts_twice_though_nobody_does_hold_no_campaign_up() -> anyhow::Result<()> {
    let everybody = MANY as u64;
    let lost_its_end = Totals { accepted: everybody - 1, retry: 1, ..Totals::default() };
    let lost_its_beginning = Totals { accepted: everybody + 1, ..Totals::default() };
    for wrong in [lost_its_end, lost_its_beginning] {
        let stepped = Stepped::open().await?;
        let record = cut(&stepped).await?;
        accepted(&stepped, &record, 0..everybody).await?;
        count(&stepped).await?;
        let read = totals_of(&stepped, &record.id).await?;
        let next = TotalsRecord { totals: wrong, version: read.version + 1, ..read.clone() };
        totals::replace(&stepped.app, &record.id, Scope::Campaign, read.version, &next).await?;
        for (seconds, status) in [
            (60, CampaignStatus::Processing),
            (LONG_AFTER, CampaignStatus::Processing),
            (LONG_AFTER + 60, CampaignStatus::Processing),
            (LONG_AFTER + 120, CampaignStatus::Completed),
        ] {
            tick(&stepped, seconds).await?;
            assert_eq!(stepped.record(&record.id).await?.status, status, "after {seconds} s");
        }
        assert_eq!(agree(&stepped, &record.id).await?.totals.accepted, everybody);
    }
    Ok(())
}

/// Messages that WhatsApp took by the totals of the first chunks.
async fn accepted_by_chunk(stepped: &Stepped, campaign: &CampaignId) -> anyhow::Result<[u64; 3]> {
    let mut accepted = [0; 3];
    for (chunk, count) in (0..).zip(&mut accepted) {
        *count = totals::get(&stepped.app, campaign, Scope::Chunk(chunk)).await?.totals.accepted;
    }
    Ok(accepted)
}

#[tokio::test]
async fn chunks_that_lost_a_batch_are_corrected_after_their_campaign() -> anyhow::Result<()> {
    let stepped = Stepped::open().await?;
    let record = cut_into(&stepped, 50).await?;
    let campaign = &record.id;
    accepted(&stepped, &record, 0..70).await?;
    count(&stepped).await?;
    accepted(&stepped, &record, 70..MANY as u64).await?;
    for (seconds, chunks, status) in [
        (0, [50, 20, 0], CampaignStatus::Processing),
        (60, [50, 20, 0], CampaignStatus::Processing),
        (120, [50, 50, 20], CampaignStatus::Completed),
    ] {
        tick(&stepped, LONG_AFTER + seconds).await?;
        let standing = (accepted_by_chunk(&stepped, campaign).await?, stepped.record(campaign).await?.status);
        assert_eq!(standing, (chunks, status), "after {seconds} s");
    }
    // It was not lost but late: the recount has it already, and what comes after that is counted.
    count(&stepped).await?;
    assert_eq!(accepted_by_chunk(&stepped, campaign).await?, [50, 50, 20]);
    let before = messages(&stepped, &record).await?.swap_remove(110);
    let mut delivered = MessageRecord { delivered_at: Some(before.attempted_at), ..before.clone() };
    (delivered.state, delivered.version) = (MessageState::Delivered, before.version + 1);
    lambdas::storage::messages::replace(&later(&stepped.app, LONG_AFTER + 120), before.version, &delivered).await?;
    count(&stepped).await?;
    assert_eq!(accepted_by_chunk(&stepped, campaign).await?, [50, 50, 19]);
    Ok(())
}

#[tokio::test]
async fn a_walk_over_chunks_goes_on_where_it_was_written_down_and_holds_no_campaign_up() -> anyhow::Result<()> {
    let stepped = Stepped::open().await?;
    let record = cut_into(&stepped, 80).await?;
    let (app, campaign) = (later(&stepped.app, LONG_AFTER), &record.id);
    accepted(&stepped, &record, 0..70).await?;
    count(&stepped).await?;
    accepted(&stepped, &record, 70..MANY as u64).await?;
    let read = totals_of(&stepped, campaign).await?;
    let corrected = TotalsRecord {
        totals: Totals { accepted: MANY as u64, ..Totals::default() },
        corrected_through: Some(app.clock.now_millis() - recount::DRIFT_AFTER_MS),
        version: read.version + 1,
        ..read.clone()
    };
    totals::replace(&app, campaign, Scope::Campaign, read.version, &corrected).await?;
    let walked = async || {
        let walked = chunks::go_on(&app, stepped.record(campaign).await?, &corrected, A_LOOK).await?;
        let walk = walked.and_then(|record| record.upkeep.chunks).context("it was not written down")?;
        anyhow::Ok((walk.next_index, accepted_by_chunk(&stepped, campaign).await?))
    };
    assert_eq!(walked().await?, (Some(50), [70, 0, 0]), "half a chunk corrects nothing");
    assert_eq!(walked().await?, (Some(80), [80, 0, 0]));
    // Something is folded into the second: it is left alone until that is past.
    let mark = Watermark { sequence: "1".into(), at: app.clock.now_millis() };
    let watermarks = [("other".to_owned(), mark)].into();
    let folded = TotalsRecord { watermarks, version: 1, ..TotalsRecord::default() };
    totals::replace(&app, campaign, Scope::Chunk(1), 0, &folded).await?;
    for _ in 0..2 {
        assert_eq!(walked().await?, (Some(80), [80, 0, 0]));
    }
    tick(&stepped, LONG_AFTER + 60).await?;
    assert_eq!(stepped.record(campaign).await?.status, CampaignStatus::Completed, "it waits for no chunk");
    assert!(nudged(&stepped, LONG_AFTER + 360).await? > 0, "nothing else brings a complete one back");
    assert_eq!(accepted_by_chunk(&stepped, campaign).await?, [80, 40, 0]);
    let walk = stepped.record(campaign).await?.upkeep.chunks.context("it would begin anew")?;
    assert_eq!((walk.next_index, walk.part), (None, None));
    Ok(())
}

const DAY_MS: i64 = 24 * 60 * 60 * 1_000;

/// A campaign in which all were accepted but the first, who had too much marketing and is tried again in three days.
async fn with_one_who_waits(stepped: &Stepped) -> anyhow::Result<CampaignRecord> {
    let record = cut(stepped).await?;
    let now = stepped.app.clock.now_millis();
    let refused = Outcome::Retry { code: Some(131_049), not_before: now + 3 * DAY_MS, step: Step::Round };
    let waiting = claimed_now(stepped, &record, 0).with_outcome(1, &refused, now);
    lambdas::storage::messages::create(&stepped.app, &waiting.context("it changes nothing")?).await?;
    accepted(stepped, &record, 1..MANY as u64).await?;
    count(stepped).await?;
    Ok(record)
}

#[tokio::test]
async fn who_is_in_hand_only_by_the_totals_has_everybody_counted_now_and_then_and_no_more() -> anyhow::Result<()> {
    let stepped = Stepped::open().await?;
    let record = with_one_who_waits(&stepped).await?;
    let read = totals_of(&stepped, &record.id).await?;
    let totals = Totals { claimed: 1, ..read.totals.clone() };
    let wrong = TotalsRecord { totals, version: read.version + 1, ..read.clone() };
    totals::replace(&stepped.app, &record.id, Scope::Campaign, read.version, &wrong).await?;
    let mut counted_at = Vec::new();
    for seconds in [0, 60, 240, 300, 360] {
        tick(&stepped, LONG_AFTER + seconds).await?;
        let standing = stepped.record(&record.id).await?;
        assert_eq!(standing.status, CampaignStatus::Processing);
        counted_at.push(standing.upkeep.recount.and_then(|recount| recount.counted_at));
    }
    assert!(counted_at[0].is_some());
    assert_eq!(counted_at[1..3], [counted_at[0]; 2], "it stands");
    assert_eq!(counted_at[3], None);
    assert!(counted_at[4] > counted_at[0], "{counted_at:?}");
    Ok(())
}

/// The same message after WhatsApp took it and failed it: it waits for a day.
async fn failed_later(stepped: &Stepped, record: &CampaignRecord, index: usize) -> anyhow::Result<()> {
    let standing = messages(stepped, record).await?.swap_remove(index);
    let receipt = Receipt {
        attempt: 1,
        status: ReceiptStatus::Failed { code: 131_049 },
        at: stepped.app.clock.now_millis(),
        wamid: format!("wamid.{index}"),
        price: None,
    };
    let waiting = MessageRecord { rounds: 3, ..standing.clone() };
    let waiting = waiting.with_receipt(&receipt).context("it changes nothing")?;
    assert_eq!(waiting.state, MessageState::Retry);
    lambdas::storage::messages::replace(&stepped.app, standing.version, &waiting).await?;
    Ok(())
}

/// Whatever nudges there are, handled some seconds later; how many there were.
async fn nudged(stepped: &Stepped, seconds: i64) -> anyhow::Result<usize> {
    let nudges = stepped.take_now(&stepped.app.config.nudge_queue_url).await?;
    let found = nudges.records.len();
    dispatcher::handle(&later(&stepped.app, seconds), dispatcher::Event::Nudges(nudges)).await?;
    Ok(found)
}

#[tokio::test]
async fn nobody_waits_in_a_cancelled_campaign_whatever_is_told_late() -> anyhow::Result<()> {
    let stepped = Stepped::open().await?;
    let record = cut(&stepped).await?;
    accepted(&stepped, &record, 0..2).await?;
    count(&stepped).await?;
    act(&stepped.app, &record.id, "cancel").await?;
    nudged(&stepped, 0).await?;
    // The totals did not know of this one when the cancel was looked after.
    let not_before = stepped.app.clock.now_millis() + 1_000;
    let refused = Outcome::Retry { code: Some(130_429), not_before, step: Step::Try };
    let waiting = claimed_now(&stepped, &record, 2).with_outcome(1, &refused, not_before - 1_000);
    lambdas::storage::messages::create(&stepped.app, &waiting.context("it changes nothing")?).await?;
    for (seconds, kept) in [(60, false), (120, true)] {
        tick(&stepped, seconds).await?;
        assert_eq!(messages(&stepped, &record).await?[2].state, MessageState::Skipped, "after {seconds} s");
        count(&stepped).await?;
        let is_kept = stepped.record(&record.id).await?.due_shard.as_deref() == Some(LAPSE_SHARD);
        assert_eq!(is_kept, kept, "after {seconds} s");
    }
    // Nothing was to be done any more when WhatsApp failed a message.
    nudged(&stepped, 120).await?;
    failed_later(&stepped, &record, 0).await?;
    count(&stepped).await?;
    assert!(nudged(&stepped, 130).await? > 0, "nothing else brings it back");
    assert_eq!(messages(&stepped, &record).await?[0].state, MessageState::Failed);
    count(&stepped).await?;
    tick(&stepped, 190).await?;
    assert_eq!(stepped.record(&record.id).await?.due_shard.as_deref(), Some(LAPSE_SHARD));
    let compared = agree(&stepped, &record.id).await?;
    assert_eq!((compared.totals.failed, compared.totals.accepted), (1, 1), "{compared:?}");
    Ok(())
}

#[tokio::test]
async fn a_wait_that_ends_before_the_one_that_is_waited_for_is_looked_at_in_time() -> anyhow::Result<()> {
    let stepped = Stepped::open().await?;
    let now = stepped.app.clock.now_millis();
    let record = with_one_who_waits(&stepped).await?;
    tick(&stepped, 60).await?;
    let looks_at = async || Ok::<_, anyhow::Error>(stepped.record(&record.id).await?.due_at.unwrap_or_default());
    assert!(looks_at().await? > now + 2 * DAY_MS, "until then there is nothing to do");
    nudged(&stepped, 60).await?;
    failed_later(&stepped, &record, 1).await?;
    count(&stepped).await?;
    nudged(&stepped, 120).await?;
    let until = looks_at().await?;
    assert!(until < now + 2 * DAY_MS, "who waits for a day would wait for three: {until}");
    Ok(())
}

#[tokio::test]
async fn totals_agree_with_a_recount_once_the_stream_is_read() -> anyhow::Result<()> {
    let stepped = Stepped::open().await?;
    let (campaign, jobs) = dispatched(&stepped, &contacts::csv(PEOPLE), json!({})).await?;
    sender::handle(&stepped.app, jobs).await?;
    let path = format!("/v3/campaigns/{campaign}/recount");
    let before: Recount = call(&stepped.app, "POST", &path, json!({})).await?;
    assert_eq!((before.agree, before.recount.accepted, before.totals.untouched), (Some(false), 7, 7));
    count(&stepped).await?;
    for _ in 0..2 {
        let after: Recount = call(&stepped.app, "POST", &path, json!({})).await?;
        assert_eq!((after.agree, after.next, after.totals), (Some(true), None, after.recount));
    }
    // The rest of a campaign of which the first three were counted before.
    let counted = json!({ "next": 3, "recount": { "audience": 3, "accepted": 3 } });
    let rest: Recount = call(&stepped.app, "POST", &path, counted).await?;
    assert_eq!((rest.agree, rest.recount.audience), (Some(true), 7));
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn the_command_tells_whether_they_differ_while_the_process_runs() -> anyhow::Result<()> {
    let folder = tempfile::tempdir()?;
    let mut options = Options::at(folder.path().join("data"));
    options.listen.set_port(0);
    options.simulator = quick_simulator();
    let running = Running::over(options.clone()).await?;
    let audience = running.client.audience(contacts::csv(PEOPLE)).await?;
    let draft = running.client.draft(&audience.id, json!({})).await?;
    running.client.ask(&draft.id, "start").await?;
    running.client.completed(&draft.id).await?;
    running.simulator_is_idle().await;
    running.client.campaign_until(&draft.id, "everybody has read", |standing| standing.totals.read == 7).await?;
    let same = local::recount::recount(&options, &draft.id).await?;
    assert!(same.agree(), "{same}");
    assert!(same.to_string().ends_with("They agree."), "{same}");

    let app = &running.process.app;
    let read = totals::get(app, &draft.id, Scope::Campaign).await?;
    let mut wrong = read.clone();
    wrong.totals.read -= 1;
    wrong.version += 1;
    totals::replace(app, &draft.id, Scope::Campaign, read.version, &wrong).await?;
    let other = local::recount::recount(&options, &draft.id).await?;
    assert!(!other.agree() && other.to_string().contains("\"read\":6"), "{other}");
    running.stop().await
}

#[tokio::test]
async fn a_claim_without_an_outcome_is_unknown_while_the_campaign_goes_on() -> anyhow::Result<()> {
    let stepped = Stepped::open().await?;
    let pace = json!({ "secondsBetweenMessages": 600 });
    let (campaign, jobs) = dispatched(&stepped, &contacts::csv(PEOPLE), pace).await?;
    assert_eq!(indexes(&jobs)?, [0]);
    let record = stepped.record(&campaign).await?;
    lambdas::storage::messages::create(&stepped.app, &claimed_now(&stepped, &record, 0)).await?;
    count(&stepped).await?;
    for (seconds, state) in [(30, MessageState::Claimed), (60, MessageState::Unknown), (90, MessageState::Unknown)] {
        dispatcher::handle(&later(&stepped.app, seconds), dispatcher::Event::Tick(json!({}))).await?;
        assert_eq!(messages(&stepped, &record).await?[0].state, state, "after {seconds} s");
    }
    let after = stepped.record(&campaign).await?;
    assert_eq!((after.status, after.upkeep.settled_below), (CampaignStatus::Processing, 1));
    assert!(after.cursor_index < after.recipients);
    Ok(())
}
