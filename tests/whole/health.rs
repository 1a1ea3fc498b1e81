//! Health: a campaign that does not move is noticed within five minutes and a tick, told once, and told when it moves.

use std::sync::Arc;
use std::time::Duration;

use campanile_tests::campaign::{act, call, draft};
use campanile_tests::contacts;
use campanile_tests::town::Town;
use campanile_tests::town::faults::Faults;
use lambdas::{App, dispatcher};
use serde_json::json;
use simulator::{ErrorCode, Storm};
use wire::{AlertKind, AuditList, Campaign, CampaignEvent, CampaignId, CampaignStatus};

const MINUTE: Duration = Duration::from_secs(60);

async fn tick(app: &App) -> anyhow::Result<()> {
    dispatcher::handle(app, dispatcher::Event::Tick(json!({}))).await
}

async fn alerts(app: &Arc<App>, campaign: &CampaignId) -> anyhow::Result<Vec<AlertKind>> {
    let shown: Campaign = call(app, "GET", &format!("/v3/campaigns/{campaign}"), json!({})).await?;
    Ok(shown.alerts.into_iter().map(|alert| alert.kind).collect())
}

async fn told(app: &Arc<App>, campaign: &CampaignId) -> anyhow::Result<Vec<CampaignEvent>> {
    let audit: AuditList = call(app, "GET", &format!("/v3/campaigns/{campaign}/audit"), json!({})).await?;
    let events = audit.items.into_iter().rev().map(|line| line.what);
    Ok(events.filter(|event| matches!(event, CampaignEvent::Stalled | CampaignEvent::Recovered)).collect())
}

#[tokio::test(start_paused = true)]
async fn a_town_whose_sender_is_dead_is_noticed_and_recovers_with_it() -> anyhow::Result<()> {
    let mut town = Town::open(Faults::none(), simulator::Config::default()).await?;
    let app = town.app.clone();
    let campaign = draft(&app, &contacts::csv(30), json!({})).await?.id;
    act(&app, &campaign, "start").await?;
    // Only the schedule lives.
    for minute in 0..=6u32 {
        tick(&app).await?;
        let alerts = alerts(&app, &campaign).await?;
        match minute {
            0..=4 => assert_eq!(alerts, [], "minute {minute}"),
            _ => assert_eq!(alerts, [AlertKind::Stalled], "minute {minute}"),
        }
        tokio::time::sleep(MINUTE).await;
    }
    assert_eq!(told(&app, &campaign).await?, [CampaignEvent::Stalled]);
    town.live_in_peace(std::slice::from_ref(&campaign), 60 * MINUTE).await?;
    assert_eq!(alerts(&app, &campaign).await?, []);
    assert_eq!(told(&app, &campaign).await?, [CampaignEvent::Stalled, CampaignEvent::Recovered]);
    assert_eq!((town.accepted().len(), town.simulator.totals().people_twice), (30, 0));
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn a_town_whose_dispatcher_is_dead_is_noticed_by_who_asks() -> anyhow::Result<()> {
    let town = Town::open(Faults::none(), simulator::Config::default()).await?;
    let app = town.app.clone();
    let campaign = draft(&app, &contacts::csv(30), json!({})).await?.id;
    act(&app, &campaign, "start").await?;
    tokio::time::sleep(5 * MINUTE - Duration::from_secs(1)).await;
    assert_eq!(alerts(&app, &campaign).await?, []);
    tokio::time::sleep(MINUTE).await;
    assert_eq!(alerts(&app, &campaign).await?, [AlertKind::NotDispatched]);
    act(&app, &campaign, "pause").await?;
    assert_eq!(alerts(&app, &campaign).await?, [], "a paused campaign stands on purpose");
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn an_alert_says_that_the_number_rests() -> anyhow::Result<()> {
    let code = ErrorCode(131_057);
    let storm = Storm { after_ms: 0, for_ms: 1_800_000, per_mille: 1_000, code, retry_after_seconds: Some(900) };
    let config = simulator::Config { storms: vec![storm], ..simulator::Config::default() };
    let mut town = Town::open(Faults::none(), config).await?;
    let app = town.app.clone();
    let campaign = draft(&app, &contacts::csv(300), json!({})).await?.id;
    act(&app, &campaign, "start").await?;
    let mut details = Vec::new();
    let mut second = 0;
    let lived = town.live_until_complete(&campaign, 240 * MINUTE, async |town: &Town| {
        second += 1;
        if second % 60 == 0 && second < 3_600 {
            let shown: Campaign = call(&town.app, "GET", &format!("/v3/campaigns/{campaign}"), json!({})).await?;
            details.extend(shown.alerts.into_iter().map(|alert| alert.detail));
        }
        Ok(())
    });
    lived.await?;
    assert!(details.iter().any(|detail| detail.contains("the number rests for another")), "{details:?}");
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn a_campaign_that_waits_for_its_pace_is_well() -> anyhow::Result<()> {
    let mut town = Town::open(Faults::none(), simulator::Config::default()).await?;
    let app = town.app.clone();
    let pace = json!({ "secondsBetweenMessages": 840, "chunkSize": 2, "secondsBetweenChunks": 1500 });
    let campaign = draft(&app, &contacts::csv(3), pace).await?.id;
    act(&app, &campaign, "start").await?;
    let mut troubles = Vec::new();
    let mut second = 0;
    let lived = town.live_until_complete(&campaign, 600 * MINUTE, async |town: &Town| {
        second += 1;
        if second % 60 == 0 {
            troubles.extend(alerts(&town.app, &campaign).await?);
        }
        Ok(())
    });
    lived.await?;
    assert_eq!((troubles, told(&app, &campaign).await?), (vec![], vec![]));
    let record = lambdas::storage::campaigns::get(&app, local::whatsapp::WORKSPACE, &campaign).await?;
    assert_eq!(record.map(|record| record.status), Some(CampaignStatus::Completed));
    Ok(())
}
