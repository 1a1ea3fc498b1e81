//! Receipts that are written without being read first: the table's condition lets through just what fits, and what is
//! written is what the merge would have written.

use anyhow::Context;
use campaigns::message::{Claim, MessageRecord, Outcome, Receipt, ReceiptStatus, Step};
use campaigns::price::Price;
use campaigns::progress::Progress;
use campanile_tests::campaign::later;
use campanile_tests::stepped::Stepped;
use lambdas::storage::channels::ChannelRecord;
use lambdas::storage::messages::{self, Replaced};
use lambdas::storage::progress::{self, Noted};
use wire::{CampaignId, ChannelId, WorkspaceId};

fn receipt(attempt: u32, status: ReceiptStatus, at: i64) -> Receipt {
    Receipt { attempt, status, at, wamid: format!("wamid.{attempt}"), price: None }
}

/// The same, billed as this type.
fn priced(status: ReceiptStatus, at: i64, kind: &str) -> Receipt {
    Receipt { price: Price::of("marketing", kind, "PMP", None), ..receipt(1, status, at) }
}

/// What may have happened to a message, in one step.
fn steps(record: &MessageRecord) -> Vec<MessageRecord> {
    let outcomes = [
        Outcome::Accepted { wamid: "wamid.1".to_owned(), held: false },
        Outcome::Failed { code: 131_026 },
        Outcome::Retry { code: Some(130_429), not_before: 9_000, step: Step::Try },
        Outcome::Unknown,
    ];
    let receipts = [
        ReceiptStatus::Sent,
        ReceiptStatus::Delivered,
        ReceiptStatus::Read,
        ReceiptStatus::Failed { code: 131_026 },
        ReceiptStatus::Failed { code: 131_049 },
    ];
    let outcomes = outcomes.iter().filter_map(|outcome| record.with_outcome(1, outcome, 2_000));
    let billed = record.with_receipt(&priced(ReceiptStatus::Sent, 3_000, "regular"));
    let receipts = receipts.iter().filter_map(|status| record.with_receipt(&receipt(1, *status, 3_000)));
    outcomes.chain(receipts).chain(billed).collect()
}

/// What one webhook may tell.
fn told() -> Vec<Vec<Receipt>> {
    use ReceiptStatus::{Delivered, Read, Sent};
    let one = |status| vec![receipt(1, status, 4_000)];
    let mut told = vec![one(Sent), one(Delivered), one(Read), vec![receipt(2, Delivered, 4_000)]];
    told.push(vec![receipt(1, Sent, 4_000), receipt(1, Delivered, 5_000)]);
    told.push(vec![receipt(1, Read, 4_000), receipt(1, Delivered, 5_000)]);
    told.push(vec![priced(Delivered, 4_000, "regular")]);
    told.push(vec![priced(Delivered, 4_000, "free_entry_point"), priced(Read, 5_000, "regular")]);
    told.push(vec![priced(Delivered, 4_000, "free_entry_point")]);
    told
}

#[tokio::test]
async fn what_fits_is_written_and_nothing_else() -> anyhow::Result<()> {
    let stepped = Stepped::open().await?;
    let (app, channel) = (&stepped.app, stepped.channel().await?);
    let (after, campaign) = (later(app, 60), CampaignId("progress".to_owned()));
    let mut written = 0;
    for (index, (standing, receipts)) in cases(&campaign, &channel).into_iter().enumerate() {
        let standing = MessageRecord {
            index: index as u64,
            shard: campaigns::message::shard_key(&campaign, index as u64),
            ..standing
        };
        messages::create(app, &standing).await?;
        let created = messages::get(app, &campaign, standing.index).await?.context("it is not there")?;
        assert!(created.changed_at > 0, "{created:?}");
        let news = Progress::of(&receipts).expect("no case has a failure");
        let expected = news.fits(&standing).then(|| news.on(&standing));
        match (progress::note(&after, &channel, &campaign, standing.index, &news).await?, &expected) {
            (Noted::Done, Some(_)) => written += 1,
            (Noted::Not(record), None) => assert_eq!(*record, created),
            _ => panic!("{news:?} on {standing:?} should have come to {expected:?}"),
        }
        let now = messages::get(app, &campaign, standing.index).await?.context("it is gone")?;
        let expected = match expected {
            Some(news) => {
                assert!(now.changed_at >= created.changed_at + 60_000, "a recount tells by it what it saw: {now:?}");
                MessageRecord { changed_at: now.changed_at, ..news }
            }
            None => created,
        };
        assert_eq!(now, expected);
    }
    assert!(written > 20, "only {written} cases were written");
    Ok(())
}

fn cases(campaign: &CampaignId, channel: &ChannelRecord) -> Vec<(MessageRecord, Vec<Receipt>)> {
    let claim = Claim {
        variant: None,
        campaign_id: campaign.clone(),
        workspace_id: channel.workspace_id,
        channel_id: channel.id.clone(),
        index: 0,
        chunk: 0,
        canonical_phone: "12025550100".to_owned(),
        attempt: 1,
        rounds: 2,
        claim_id: "claim".to_owned(),
        at: 1_000,
    };
    let claimed = MessageRecord::from(claim);
    let once = steps(&claimed);
    let twice = once.iter().flat_map(steps);
    let standing: Vec<_> = std::iter::once(claimed.clone()).chain(once.iter().cloned()).chain(twice).collect();
    standing.iter().flat_map(|record| told().into_iter().map(|receipts| (record.clone(), receipts))).collect()
}

#[tokio::test]
async fn another_channel_or_workspace_writes_nothing() -> anyhow::Result<()> {
    let stepped = Stepped::open().await?;
    let (app, channel) = (&stepped.app, stepped.channel().await?);
    let campaign = CampaignId("walls".to_owned());
    let (standing, receipts) = cases(&campaign, &channel).swap_remove(0);
    messages::create(app, &standing).await?;
    let news = Progress::of(&receipts).expect("it has no failure");
    let foreign = [
        ChannelRecord { id: ChannelId("another".to_owned()), ..channel.clone() },
        ChannelRecord { workspace_id: WorkspaceId(2), ..channel.clone() },
    ];
    for foreign in foreign {
        assert!(matches!(progress::note(app, &foreign, &campaign, 0, &news).await?, Noted::Not(_)));
    }
    assert!(matches!(progress::note(app, &channel, &campaign, 1, &news).await?, Noted::Gone));
    assert!(matches!(messages::replace(app, standing.version, &standing).await?, Replaced::Done), "it was written to");
    Ok(())
}
