//! What goes wrong around a campaign: lost jobs, a number that cannot send, no network, a cancel with attempts waiting.

use campanile_tests::campaign::{act, count, dispatched, indexes, later, messages, with_credentials};
use campanile_tests::contacts;
use campanile_tests::stepped::Stepped;
use lambdas::storage::lapses::LAPSE_SHARD;
use lambdas::{dispatcher, sender};
use serde_json::json;
use wire::{CampaignStatus, MessageState};

const PEOPLE: usize = 5;

fn tick() -> dispatcher::Event {
    dispatcher::Event::Tick(json!({}))
}

#[tokio::test]
async fn jobs_that_are_lost_are_cut_again() -> anyhow::Result<()> {
    let stepped = Stepped::open().await?;
    let (campaign, lost) = dispatched(&stepped, &contacts::csv(PEOPLE), json!({})).await?;
    assert_eq!(indexes(&lost)?.len(), PEOPLE);
    dispatcher::handle(&later(&stepped.app, 120), tick()).await?;
    assert!(stepped.take(&stepped.app.config.send_queue_url).await?.records.is_empty(), "too early to call them lost");
    let late = later(&stepped.app, 600);
    dispatcher::handle(&late, tick()).await?;
    dispatcher::handle(&late, tick()).await?;
    let again = stepped.take(&stepped.app.config.send_queue_url).await?;
    assert_eq!(indexes(&again)?, (0..PEOPLE as u64).collect::<Vec<_>>());
    sender::handle(&late, lost).await?;
    assert_eq!(stepped.simulator.totals().accepted, 0, "a job of the epoch before is dropped");
    sender::handle(&late, again).await?;
    assert_eq!(stepped.simulator.totals().accepted, PEOPLE as u64);
    assert_eq!(stepped.record(&campaign).await?.status, CampaignStatus::Processing);
    Ok(())
}

#[tokio::test]
async fn cutting_again_takes_only_those_without_an_item() -> anyhow::Result<()> {
    let stepped = Stepped::open().await?;
    let (campaign, jobs) = dispatched(&stepped, &contacts::csv(PEOPLE), json!({ "chunkSize": 2 })).await?;
    let (mut some, mut lost) = (jobs.clone(), jobs);
    // The second job: of the second chunk, or of another second of the first.
    lost.records = vec![some.records.remove(1)];
    sender::handle(&stepped.app, some).await?;
    act(&stepped.app, &campaign, "pause").await?;
    act(&stepped.app, &campaign, "resume").await?;
    dispatcher::handle(&stepped.app, tick()).await?;
    let again = stepped.take(&stepped.app.config.send_queue_url).await?;
    assert_eq!(indexes(&again)?, indexes(&lost)?);
    sender::handle(&stepped.app, again).await?;
    let log = stepped.simulator.totals();
    assert_eq!((log.accepted, log.people_twice), (PEOPLE as u64, 0));
    Ok(())
}

#[tokio::test]
async fn a_channel_without_credentials_uses_nobodys_chance_up() -> anyhow::Result<()> {
    let stepped = Stepped::open().await?;
    let (campaign, jobs) = dispatched(&stepped, &contacts::csv(PEOPLE), json!({})).await?;
    assert!(!jobs.records.is_empty());
    let response = sender::handle(&with_credentials(&stepped.app, Vec::clear), jobs).await?;
    assert!(response.batch_item_failures.is_empty(), "a deployment's fault is no job's");
    let paused = stepped.record(&campaign).await?;
    assert_eq!(paused.status, CampaignStatus::Paused);
    assert!(messages(&stepped, &paused).await?.is_empty());
    Ok(())
}

#[tokio::test]
async fn a_number_that_cannot_send_pauses_its_campaign_and_everybody_is_sent_to_later() -> anyhow::Result<()> {
    let stepped = Stepped::open().await?;
    let (campaign, jobs) = dispatched(&stepped, &contacts::csv(PEOPLE), json!({})).await?;
    let expired = with_credentials(&stepped.app, |apps| apps[0].access_token = "expired".into());
    sender::handle(&expired, jobs).await?;
    let paused = stepped.record(&campaign).await?;
    assert_eq!(paused.status, CampaignStatus::Paused);
    assert!(paused.status_reason.as_deref().unwrap_or_default().contains("expired"), "{:?}", paused.status_reason);
    for message in messages(&stepped, &paused).await? {
        assert_eq!((message.state, message.code), (MessageState::Retry, Some(190)));
    }

    let resumed = act(&stepped.app, &campaign, "resume").await?;
    assert_eq!((resumed.status, resumed.status_reason), (CampaignStatus::Processing, None));
    let late = later(&stepped.app, 600);
    dispatcher::handle(&late, tick()).await?;
    loop {
        let jobs = stepped.take(&stepped.app.config.send_queue_url).await?;
        if jobs.records.is_empty() {
            break;
        }
        sender::handle(&late, jobs).await?;
    }
    let log = stepped.simulator.totals();
    assert_eq!((log.accepted, log.people_twice), (PEOPLE as u64, 0));
    Ok(())
}

#[tokio::test]
async fn without_a_network_nobody_is_lost() -> anyhow::Result<()> {
    let stepped = Stepped::open().await?;
    let (campaign, jobs) =
        dispatched(&stepped, &contacts::csv(PEOPLE), json!({ "secondsBetweenMessages": 0.5 })).await?;
    let offline = with_credentials(&stepped.app, |apps| apps[0].api_url = "http://127.0.0.1:9".into());
    assert!(sender::handle(&offline, jobs).await?.batch_item_failures.is_empty());
    let record = stepped.record(&campaign).await?;
    let tried = messages(&stepped, &record).await?;
    assert!(!tried.is_empty() && tried.len() < PEOPLE, "the rest of the job waits: {} were tried", tried.len());
    assert!(tried.iter().all(|message| message.state == MessageState::Retry), "{tried:?}");
    assert_eq!(record.status, CampaignStatus::Processing);
    Ok(())
}

#[tokio::test]
async fn a_cancel_settles_what_waits_for_another_attempt() -> anyhow::Result<()> {
    let stepped = Stepped::open().await?;
    let csv = format!("name,phone\nAna,{}\n", contacts::phone_ending("0189"));
    let (campaign, jobs) = dispatched(&stepped, &csv, json!({})).await?;
    sender::handle(&stepped.app, jobs).await?;
    let record = stepped.record(&campaign).await?;
    assert_eq!(messages(&stepped, &record).await?[0].state, MessageState::Retry);
    act(&stepped.app, &campaign, "cancel").await?;
    let late = later(&stepped.app, 120);
    dispatcher::handle(&late, tick()).await?;
    assert_eq!(messages(&stepped, &record).await?[0].state, MessageState::Skipped);
    count(&stepped).await?;
    dispatcher::handle(&late, tick()).await?;
    let swept = stepped.record(&campaign).await?;
    assert_eq!(swept.status, CampaignStatus::Cancelled);
    assert_eq!(swept.due_shard.as_deref(), Some(LAPSE_SHARD), "nothing is left to do but to keep it for its time");
    Ok(())
}

#[tokio::test]
async fn a_scheduled_campaign_that_was_paused_keeps_its_time() -> anyhow::Result<()> {
    let stepped = Stepped::open().await?;
    let (audience, put) = campanile_tests::campaign::uploaded(&stepped.app, &contacts::csv(1)).await?;
    lambdas::importer::handle(&stepped.app, local::events::s3_event(&put)?).await?;
    let at = chrono::Utc::now() + chrono::Duration::days(3);
    let body = json!({
        "name": "Friday", "channelId": stepped.channel_id().await?, "audienceId": audience, "scheduledTo": at.to_rfc3339(),
        "template": { "name": "weekly_offer", "language": "en", "body": [{ "text": "you" }] },
    });
    let friday: wire::Campaign = campanile_tests::campaign::call(&stepped.app, "POST", "/v3/campaigns", body).await?;
    act(&stepped.app, &friday.id, "pause").await?;
    let resumed = act(&stepped.app, &friday.id, "resume").await?;
    assert_eq!(resumed.status, CampaignStatus::Scheduled);
    assert_eq!(resumed.scheduled_to.map(|at| at.timestamp_millis()), Some(at.timestamp_millis()));
    dispatcher::handle(&stepped.app, tick()).await?;
    assert_eq!(stepped.record(&friday.id).await?.status, CampaignStatus::Scheduled);
    Ok(())
}
