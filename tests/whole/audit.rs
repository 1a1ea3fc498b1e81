//! The audit: every transition leaves one line, however often it is asked for, and whoever asks at the same moment.

use campanile_tests::campaign::{act, call, count, dispatched, draft, later, started};
use campanile_tests::contacts;
use campanile_tests::stepped::Stepped;
use lambdas::{dispatcher, sender};
use serde_json::json;
use wire::{AuditLine, AuditList, CampaignEvent, CampaignId, CampaignStatus};

async fn audit(stepped: &Stepped, campaign: &CampaignId) -> anyhow::Result<Vec<AuditLine>> {
    let path = format!("/v3/campaigns/{campaign}/audit");
    Ok(call::<AuditList>(&stepped.app, "GET", &path, json!({})).await?.items)
}

async fn events(stepped: &Stepped, campaign: &CampaignId) -> anyhow::Result<Vec<CampaignEvent>> {
    let mut lines = audit(stepped, campaign).await?;
    lines.reverse();
    Ok(lines.into_iter().map(|line| line.what).collect())
}

#[tokio::test]
async fn five_starts_and_pauses_at_once_leave_one_line_each() -> anyhow::Result<()> {
    let stepped = Stepped::open().await?;
    let campaign = draft(&stepped.app, &contacts::csv(3), json!({ "operatorName": "Ana" })).await?.id;
    for action in ["start", "pause", "resume", "cancel"] {
        let five = (0..5).map(|_| act(&stepped.app, &campaign, action));
        futures::future::try_join_all(five).await?;
        act(&stepped.app, &campaign, action).await?;
    }
    use CampaignEvent::{Cancelled, Created, Paused, Resumed, Started};
    assert_eq!(events(&stepped, &campaign).await?, [Created, Started, Paused, Resumed, Cancelled]);
    let lines = audit(&stepped, &campaign).await?;
    assert_eq!((lines[4].who.as_str(), lines[4].from, lines[4].to), ("Ana", None, CampaignStatus::Draft));
    let last = (lines[0].who.as_str(), lines[0].from, lines[0].to);
    assert_eq!(last, ("Test", Some(CampaignStatus::Processing), CampaignStatus::Cancelled));
    Ok(())
}

#[tokio::test]
async fn pages_of_the_audit_follow_each_other() -> anyhow::Result<()> {
    let stepped = Stepped::open().await?;
    let (campaign, _) = started(&stepped, &contacts::csv(1), json!({})).await?;
    act(&stepped.app, &campaign, "pause").await?;
    let mut seen = Vec::new();
    let mut after = String::new();
    loop {
        let path = format!("/v3/campaigns/{campaign}/audit?limit=1{after}");
        let page: AuditList = call(&stepped.app, "GET", &path, json!({})).await?;
        seen.extend(page.items.into_iter().map(|line| line.what));
        let Some(next) = page.next else { break };
        after = format!("&after={}", next.replace('#', "%23"));
    }
    assert_eq!(seen, [CampaignEvent::Paused, CampaignEvent::Started, CampaignEvent::Created]);
    Ok(())
}

#[tokio::test]
async fn what_happens_by_itself_leaves_a_line_too() -> anyhow::Result<()> {
    let stepped = Stepped::open().await?;
    let (campaign, jobs) = dispatched(&stepped, &contacts::csv(2), json!({})).await?;
    sender::handle(&stepped.app, jobs).await?;
    count(&stepped).await?;
    let late = later(&stepped.app, 60);
    for _ in 0..2 {
        dispatcher::handle(&late, dispatcher::Event::Tick(json!({}))).await?;
    }
    let lines = audit(&stepped, &campaign).await?;
    assert_eq!((lines[0].what, lines[0].who.as_str()), (CampaignEvent::Completed, "campanile"));
    assert_eq!(lines.len(), 3, "{lines:?}");
    Ok(())
}
