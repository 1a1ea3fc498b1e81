//! Recounts: the totals beside the messages themselves, by the API and on the command line; and claims that no outcome
//! followed, found while the campaign goes on.

use campaigns::message::{Claim, MessageRecord};
use campanile_tests::campaign::{call, count, dispatched, indexes, later, messages};
use campanile_tests::contacts;
use campanile_tests::running::{Running, quick_simulator};
use campanile_tests::stepped::Stepped;
use lambdas::storage::totals::{self, Scope};
use lambdas::{dispatcher, sender};
use local::Options;
use serde_json::json;
use wire::{CampaignStatus, MessageState, Recount};

const PEOPLE: usize = 7;

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
    let claim = Claim {
        variant: None,
        campaign_id: campaign.clone(),
        workspace_id: record.workspace_id,
        channel_id: record.channel_id.clone(),
        index: 0,
        chunk: 0,
        canonical_phone: "12025550100".into(),
        attempt: 1,
        rounds: 0,
        claim_id: "of a sender that died".into(),
        at: stepped.app.clock.now_millis(),
    };
    lambdas::storage::messages::create(&stepped.app, &MessageRecord::from(claim)).await?;
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
