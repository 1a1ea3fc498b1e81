//! Deleted campaigns stop and are out of sight; what was in flight still lands. Copies begin anew.

use std::sync::Arc;

use axum::body::Body;
use axum::http::{Request, StatusCode, header};
use campanile_tests::campaign::{act, call, count, dispatched, draft, indexes, later, messages};
use campanile_tests::contacts;
use campanile_tests::stepped::Stepped;
use lambdas::storage::access::{self, AccessRecord, Purpose};
use lambdas::storage::campaign_lists::{self, Listed};
use lambdas::storage::lapses::LAPSE_SHARD;
use lambdas::storage::totals::{self, Scope};
use lambdas::{App, dispatcher, sender};
use local::whatsapp::WORKSPACE;
use serde_json::{Value, json};
use tower::ServiceExt;
use wire::{AuditList, Campaign, CampaignEvent, CampaignId, CampaignList, CampaignStatus, MessageState};

async fn delete(app: &Arc<App>, campaign: &CampaignId) -> anyhow::Result<StatusCode> {
    let access = AccessRecord::owner(WORKSPACE, "Test");
    let token = access::grant(app, Purpose::Token, &access).await?;
    let request = Request::delete(format!("/v3/campaigns/{campaign}"))
        .header(header::AUTHORIZATION, format!("Bearer {token}"))
        .body(Body::empty())?;
    Ok(lambdas::api::router(Arc::clone(app)).oneshot(request).await?.status())
}

async fn is_gone(app: &Arc<App>, campaign: &CampaignId) -> bool {
    let found = call::<Value>(app, "GET", &format!("/v3/campaigns/{campaign}"), json!({})).await;
    found.err().is_some_and(|error| error.to_string().contains("404"))
}

#[tokio::test]
async fn a_deleted_campaign_sends_nothing_more_and_is_not_found() -> anyhow::Result<()> {
    let stepped = Stepped::open().await?;
    let app = &stepped.app;
    let (campaign, jobs) = dispatched(&stepped, &contacts::csv(5), json!({})).await?;
    let five = futures::future::try_join_all((0..5).map(|_| delete(app, &campaign))).await?;
    assert!(five.iter().all(|status| *status == StatusCode::NO_CONTENT), "{five:?}");
    assert_eq!(delete(app, &campaign).await?, StatusCode::NO_CONTENT);
    sender::handle(app, jobs).await?;
    assert_eq!(stepped.simulator.totals().accepted, 0);
    assert!(is_gone(app, &campaign).await);
    assert!(act(app, &campaign, "resume").await.is_err());
    let record = stepped.record(&campaign).await?;
    assert_eq!((record.status, record.deleted_at.is_some()), (CampaignStatus::Cancelled, true));
    assert!(record.expires_at > Some(app.clock.now_millis() / 1_000));
    let (lines, _) = lambdas::storage::audit::list(app, &campaign, 10, None).await?;
    assert_eq!(lines.iter().filter(|line| line.what == CampaignEvent::Deleted).count(), 1);
    Ok(())
}

#[tokio::test]
async fn what_waited_in_a_deleted_campaign_is_settled_and_late_receipts_change_their_own() -> anyhow::Result<()> {
    let stepped = Stepped::open().await?;
    let app = &stepped.app;
    let csv = format!("name,phone\nAna,{}\nBia,{}\n", contacts::phone_ending("0189"), contacts::phone_ending("0100"));
    let (campaign, jobs) = dispatched(&stepped, &csv, json!({})).await?;
    sender::handle(app, jobs).await?;
    let record = stepped.record(&campaign).await?;
    delete(app, &campaign).await?;
    let late = later(app, 120);
    dispatcher::handle(&late, dispatcher::Event::Tick(json!({}))).await?;
    let standing = messages(&stepped, &record).await?;
    assert_eq!(
        standing.iter().map(|message| message.state).collect::<Vec<_>>(),
        [MessageState::Skipped, MessageState::Accepted]
    );
    count(&stepped).await?;
    dispatcher::handle(&late, dispatcher::Event::Tick(json!({}))).await?;
    let kept = stepped.record(&campaign).await?.due_shard;
    assert_eq!(kept.as_deref(), Some(LAPSE_SHARD), "nothing is left to do but to keep it for its time");
    Ok(())
}

#[tokio::test]
async fn lists_leave_deleted_campaigns_out_and_still_fill_their_pages() -> anyhow::Result<()> {
    let stepped = Stepped::open().await?;
    let app = &stepped.app;
    let mut ids = Vec::new();
    for _ in 0..6 {
        ids.push(draft(app, &contacts::csv(1), json!({})).await?.id);
    }
    for id in &ids[2..5] {
        delete(app, id).await?;
    }
    let page: CampaignList = call(app, "GET", "/v3/campaigns?limit=2", json!({})).await?;
    let shown: Vec<&CampaignId> = page.items.iter().map(|campaign| &campaign.id).collect();
    let mut newest = [&ids[5], &ids[1], &ids[0]];
    newest.sort_by(|a, b| b.cmp(a));
    assert_eq!(shown, newest[..2]);
    let next = page.next.expect("a page after it");
    let rest: CampaignList = call(app, "GET", &format!("/v3/campaigns?limit=2&after={next}"), json!({})).await?;
    assert_eq!(rest.items.iter().map(|campaign| &campaign.id).collect::<Vec<_>>(), newest[2..]);
    assert_eq!(rest.next, None);
    Ok(())
}

#[tokio::test]
async fn a_copy_is_a_draft_for_the_same_people_whatever_became_of_the_first() -> anyhow::Result<()> {
    let stepped = Stepped::open().await?;
    let app = &stepped.app;
    let asked = json!({
        "secondsBetweenChunks": 9, "retryRounds": 2, "durationDays": 1, "timeZone": "Europe/Lisbon",
        "quietHours": { "from": "03:00", "to": "03:01" }, "pauseAbove": { "undeliverablePercent": 33 },
    });
    let (campaign, jobs) = dispatched(&stepped, &contacts::csv(3), asked).await?;
    sender::handle(app, jobs).await?;
    act(app, &campaign, "cancel").await?;
    let copy: Campaign = call(app, "POST", &format!("/v3/campaigns/{campaign}/clone"), json!({})).await?;
    assert_eq!((copy.status, copy.name.as_str()), (CampaignStatus::Draft, "Stepped (copy)"));
    assert_eq!((copy.leads_count, copy.totals.untouched, copy.seconds_between_chunks), (3, 3, 9.0));
    assert_ne!(copy.id, campaign);
    let original = stepped.record(&campaign).await?;
    let copied = stepped.record(&copy.id).await?;
    assert_eq!((copied.timing, copied.retry_rounds), (original.timing, 2));
    let limits = totals::get(app, &copy.id, Scope::Campaign).await?.limits;
    assert_eq!(limits, totals::get(app, &campaign, Scope::Campaign).await?.limits);
    let audit: AuditList = call(app, "GET", &format!("/v3/campaigns/{}/audit", copy.id), json!({})).await?;
    assert_eq!(audit.items[0].what, CampaignEvent::Cloned);
    stepped.take(&app.config.nudge_queue_url).await?;
    act(app, &copy.id, "start").await?;
    let nudge = stepped.take(&app.config.nudge_queue_url).await?;
    dispatcher::handle(app, dispatcher::Event::Nudges(nudge)).await?;
    assert_eq!(indexes(&stepped.take(&app.config.send_queue_url).await?)?, [0, 1, 2]);
    Ok(())
}

#[tokio::test]
async fn a_copy_under_one_key_is_one_copy() -> anyhow::Result<()> {
    let stepped = Stepped::open().await?;
    let app = &stepped.app;
    let campaign = draft(app, &contacts::csv(1), json!({})).await?.id;
    let access = AccessRecord::owner(WORKSPACE, "Test");
    let token = access::grant(app, Purpose::Token, &access).await?;
    let copy = || async {
        let request = Request::post(format!("/v3/campaigns/{campaign}/clone"))
            .header(header::AUTHORIZATION, format!("Bearer {token}"))
            .header("Idempotency-Key", "once")
            .body(Body::empty())?;
        let response = lambdas::api::router(Arc::clone(app)).oneshot(request).await?;
        anyhow::ensure!(response.status() == StatusCode::CREATED, "{}", response.status());
        let bytes = axum::body::to_bytes(response.into_body(), 1 << 20).await?;
        anyhow::Ok(serde_json::from_slice::<Campaign>(&bytes)?.id)
    };
    let copies = futures::future::try_join_all((0..5).map(|_| copy())).await?;
    assert!(copies.iter().all(|id| *id == copies[0]), "{copies:?}");
    let (campaigns, _) = campaign_lists::list(app, WORKSPACE, &Listed::default(), 10, None).await?;
    assert_eq!(campaigns.len(), 2);
    Ok(())
}
