//! What only a person decides: to try failed messages again, and what becomes of those whose outcome nobody knows.

use std::sync::Arc;

use axum::body::Body;
use axum::http::{Request, StatusCode, header};
use campaigns::message::MessageRecord;
use campanile_tests::campaign::{call, count, dispatched, later, messages, refused};
use campanile_tests::contacts;
use campanile_tests::stepped::Stepped;
use lambdas::storage::campaigns as store;
use lambdas::storage::totals::{self, Scope};
use lambdas::storage::upkeep::{Sweep, SweepKind};
use lambdas::{App, dispatcher, sender};
use serde_json::{Value, json};
use tower::ServiceExt;
use wire::{AuditList, Campaign, CampaignEvent, CampaignId, CampaignStatus, MessageState};

const PEOPLE: usize = 5;
const NONE: [u64; 0] = [];
const DAY: i64 = 24 * 60 * 60;
/// A code that may have passed, and one that will not.
const FOR_NOW: u32 = 130_429;
const FOR_GOOD: u32 = 131_026;

async fn tick(app: &App) -> anyhow::Result<()> {
    dispatcher::handle(app, dispatcher::Event::Tick(json!({}))).await
}

/// One status of an attempt at a recipient, as WhatsApp's webhook brings it.
async fn status(stepped: &Stepped, campaign: &CampaignId, index: u64, attempt: u32, of: Value) -> anyhow::Result<()> {
    let mut status = json!({
        "id": "wamid.test", "timestamp": "1790000000", "recipient_id": "12005550100",
        "biz_opaque_callback_data": format!("c={campaign};i={index};a={attempt}"),
    });
    for (field, value) in of.as_object().into_iter().flatten() {
        status[field] = value.clone();
    }
    let number = stepped.channel().await?.phone_number_id;
    let value = json!({
        "messaging_product": "whatsapp", "statuses": [status],
        "metadata": { "display_phone_number": "1", "phone_number_id": number },
    });
    let entry = json!([{ "id": "1", "changes": [{ "field": "messages", "value": value }] }]);
    let body = json!({ "object": "whatsapp_business_account", "entry": entry }).to_string();
    let request =
        Request::post(stepped.webhook_path()).header("x-hub-signature-256", stepped.signature(body.as_bytes())?);
    let response = lambdas::webhook::router(stepped.app.clone()).oneshot(request.body(Body::from(body))?).await?;
    anyhow::ensure!(response.status() == StatusCode::OK, "{}", response.status());
    Ok(())
}

fn failed(code: u32) -> Value {
    json!({ "status": "failed", "errors": [{ "code": code, "title": "no" }] })
}

/// A complete campaign of which the first two failed for now and the third for good.
async fn partly_failed(stepped: &Stepped) -> anyhow::Result<CampaignId> {
    let (campaign, jobs) = dispatched(stepped, &contacts::csv(PEOPLE), json!({})).await?;
    sender::handle(&stepped.app, jobs).await?;
    for (index, code) in [(0, FOR_NOW), (1, FOR_NOW), (2, FOR_GOOD)] {
        status(stepped, &campaign, index, 1, failed(code)).await?;
    }
    count(stepped).await?;
    tick(&later(&stepped.app, 60)).await?;
    assert_eq!(stepped.record(&campaign).await?.status, CampaignStatus::Completed);
    Ok(campaign)
}

async fn ask(app: &Arc<App>, campaign: &CampaignId, path: &str, body: Value) -> anyhow::Result<Campaign> {
    call(app, "POST", &format!("/v3/campaigns/{campaign}/{path}"), body).await
}

async fn events(stepped: &Stepped, campaign: &CampaignId, event: CampaignEvent) -> anyhow::Result<usize> {
    let path = format!("/v3/campaigns/{campaign}/audit");
    let audit: AuditList = call(&stepped.app, "GET", &path, json!({})).await?;
    Ok(audit.items.into_iter().filter(|line| line.what == event).count())
}

async fn standing(stepped: &Stepped, campaign: &CampaignId) -> anyhow::Result<Vec<MessageRecord>> {
    messages(stepped, &stepped.record(campaign).await?).await
}

/// Ticks at some seconds from now, and sends what was cut; the sender's clock is the last of them.
async fn work(stepped: &Stepped, seconds: &[i64]) -> anyhow::Result<()> {
    for after in seconds {
        let late = later(&stepped.app, *after);
        tick(&late).await?;
        loop {
            let jobs = stepped.take_now(&stepped.app.config.send_queue_url).await?;
            if jobs.records.is_empty() {
                break;
            }
            sender::handle(&late, jobs).await?;
        }
    }
    count(stepped).await
}

/// Something that Meta does to the template, which nobody hears.
async fn becomes(stepped: &Stepped, what: Value) -> anyhow::Result<()> {
    let request = Request::post("/simulator/templates").header(header::CONTENT_TYPE, "application/json");
    let answer = stepped.simulator.router().oneshot(request.body(Body::from(what.to_string()))?).await?;
    anyhow::ensure!(answer.status() == StatusCode::OK, "{what} was answered {}", answer.status());
    Ok(())
}

#[tokio::test]
async fn another_attempt_goes_with_the_template_as_it_is_now() -> anyhow::Result<()> {
    let stepped = Stepped::open().await?;
    let campaign = partly_failed(&stepped).await?;
    let of_offer = |event: Value| {
        let mut what = json!({ "name": "weekly_offer", "language": "en" });
        for (field, value) in event.as_object().into_iter().flatten() {
            what[field] = value.clone();
        }
        what
    };
    becomes(&stepped, of_offer(json!({ "event": "PAUSED" }))).await?;
    let retry = format!("/v3/campaigns/{campaign}/retry");
    let problem = refused(&stepped.app, "POST", &retry, json!({})).await?;
    assert_eq!((&problem["status"], &problem["errors"][0]["field"]), (&json!(422), &json!("template.name")));
    assert_eq!(stepped.record(&campaign).await?.status, CampaignStatus::Completed);

    becomes(&stepped, of_offer(json!({ "event": "UNPAUSED" }))).await?;
    becomes(&stepped, of_offer(json!({ "event": "CATEGORY", "category": "UTILITY" }))).await?;
    ask(&stepped.app, &campaign, "retry", json!({})).await?;
    let record = stepped.record(&campaign).await?;
    assert_eq!((record.status, record.is_marketing()), (CampaignStatus::Processing, false));
    Ok(())
}

#[tokio::test]
async fn those_who_failed_for_now_get_another_attempt_and_no_one_else() -> anyhow::Result<()> {
    let stepped = Stepped::open().await?;
    let campaign = partly_failed(&stepped).await?;
    let five = (0..5).map(|_| ask(&stepped.app, &campaign, "retry", json!({})));
    for asked in futures::future::try_join_all(five).await? {
        assert_eq!((asked.status, asked.totals.audience), (CampaignStatus::Processing, PEOPLE as u64));
    }
    ask(&stepped.app, &campaign, "retry", json!({})).await?;
    assert_eq!(events(&stepped, &campaign, CampaignEvent::Retried).await?, 1);

    work(&stepped, &[120, 240, 360]).await?;
    let attempts: Vec<(MessageState, u32)> =
        standing(&stepped, &campaign).await?.iter().map(|message| (message.state, message.attempt)).collect();
    let (accepted, failed) = (MessageState::Accepted, MessageState::Failed);
    assert_eq!(attempts, [(accepted, 2), (accepted, 2), (failed, 1), (accepted, 1), (accepted, 1)]);
    assert_eq!(stepped.simulator.totals().accepted, PEOPLE as u64 + 2, "the other side saw the new attempts");
    let totals = totals::get(&stepped.app, &campaign, Scope::Campaign).await?.totals;
    assert_eq!((totals.settled(), totals.failed, totals.accepted), (PEOPLE as u64, 1, 4));
    work(&stepped, &[480]).await?;
    let record = stepped.record(&campaign).await?;
    assert_eq!((record.status, record.upkeep.sweep), (CampaignStatus::Completed, None));
    let told = ask(&stepped.app, &campaign, "retry", json!({})).await.unwrap_err().to_string();
    assert!(told.contains("409"), "nobody is left to try again: {told}");
    Ok(())
}

#[tokio::test]
async fn a_sweep_that_died_and_runs_again_gives_no_second_attempt() -> anyhow::Result<()> {
    let stepped = Stepped::open().await?;
    let campaign = partly_failed(&stepped).await?;
    ask(&stepped.app, &campaign, "retry", json!({})).await?;
    let asked_at = stepped.record(&campaign).await?.upkeep.sweep.expect("a sweep").at;
    work(&stepped, &[120, 240, 360]).await?;
    for index in [0, 1] {
        status(&stepped, &campaign, index, 2, failed(FOR_NOW)).await?;
    }
    // It died after its page and before it noted the place.
    let read = stepped.record(&campaign).await?;
    let mut next = read.clone();
    next.status = CampaignStatus::Processing;
    next.upkeep.sweep = Some(Sweep { kind: SweepKind::Failed, at: asked_at, next_index: 0 });
    next.look_at(Some(asked_at));
    store::replace(&stepped.app, &read, &next).await?;
    work(&stepped, &[480, 600]).await?;
    let attempts: Vec<u32> = standing(&stepped, &campaign).await?.iter().map(|message| message.attempt).collect();
    assert_eq!(attempts, [2, 2, 1, 1, 1]);
    Ok(())
}

#[tokio::test]
async fn a_late_delivered_of_the_first_attempt_stops_the_second() -> anyhow::Result<()> {
    let stepped = Stepped::open().await?;
    let campaign = partly_failed(&stepped).await?;
    ask(&stepped.app, &campaign, "retry", json!({})).await?;
    tick(&later(&stepped.app, 120)).await?;
    assert_eq!(standing(&stepped, &campaign).await?[0].state, MessageState::Retry);
    status(&stepped, &campaign, 0, 1, json!({ "status": "delivered" })).await?;
    work(&stepped, &[240, 360]).await?;
    let messages = standing(&stepped, &campaign).await?;
    assert_eq!((messages[0].state, messages[1].state), (MessageState::Delivered, MessageState::Accepted));
    assert_eq!(stepped.simulator.totals().accepted, PEOPLE as u64 + 1);
    Ok(())
}

/// A complete campaign whose two messages nobody knows anything of.
async fn unknown(stepped: &Stepped) -> anyhow::Result<CampaignId> {
    let csv = format!("name,phone\nAna,{}\nBia,{}\n", contacts::phone_ending("0186"), contacts::phone_ending("0187"));
    let (campaign, jobs) = dispatched(stepped, &csv, json!({})).await?;
    sender::handle(&stepped.app, jobs).await?;
    count(stepped).await?;
    tick(&later(&stepped.app, 60)).await?;
    assert_eq!(stepped.record(&campaign).await?.status, CampaignStatus::Completed);
    Ok(campaign)
}

async fn decisions(app: &Arc<App>, campaign: &CampaignId) -> anyhow::Result<Vec<u64>> {
    let shown: Campaign = call(app, "GET", &format!("/v3/campaigns/{campaign}"), json!({})).await?;
    Ok(shown.decisions.into_iter().map(|decision| decision.count).collect())
}

#[tokio::test]
async fn unknowns_are_offered_after_a_day_and_never_sent_again_by_themselves() -> anyhow::Result<()> {
    let stepped = Stepped::open().await?;
    let campaign = unknown(&stepped).await?;
    for early in [60, DAY - 60] {
        let then = later(&stepped.app, early);
        assert_eq!(decisions(&then, &campaign).await?, NONE);
        for decision in ["sendAgain", "leave"] {
            let told = ask(&then, &campaign, "unknowns", json!({ "decision": decision })).await.unwrap_err();
            assert!(told.to_string().contains("409"), "{told}");
        }
    }
    assert_eq!(decisions(&later(&stepped.app, DAY + 3_700), &campaign).await?, [2]);
    work(&stepped, &[DAY + 3_700, 30 * DAY]).await?;
    assert!(standing(&stepped, &campaign).await?.iter().all(|message| message.attempt == 1));
    // A receipt that comes very late takes its message out of the decision.
    status(&stepped, &campaign, 1, 1, json!({ "status": "delivered" })).await?;
    count(&stepped).await?;
    assert_eq!(decisions(&later(&stepped.app, 30 * DAY), &campaign).await?, [1]);
    Ok(())
}

#[tokio::test]
async fn unknowns_that_are_left_stay_and_are_not_offered_again() -> anyhow::Result<()> {
    let stepped = Stepped::open().await?;
    let campaign = unknown(&stepped).await?;
    let then = later(&stepped.app, DAY + 3_700);
    let five = (0..5).map(|_| ask(&then, &campaign, "unknowns", json!({ "decision": "leave" })));
    futures::future::try_join_all(five).await?;
    ask(&then, &campaign, "unknowns", json!({ "decision": "leave" })).await?;
    assert_eq!(decisions(&later(&stepped.app, 3 * DAY), &campaign).await?, NONE);
    assert_eq!(events(&stepped, &campaign, CampaignEvent::UnknownsLeft).await?, 1);
    assert_eq!(stepped.record(&campaign).await?.status, CampaignStatus::Completed);
    Ok(())
}

#[tokio::test]
async fn unknowns_that_are_sent_again_get_one_more_attempt() -> anyhow::Result<()> {
    let stepped = Stepped::open().await?;
    let campaign = unknown(&stepped).await?;
    let then = later(&stepped.app, DAY + 3_700);
    let five = (0..5).map(|_| ask(&then, &campaign, "unknowns", json!({ "decision": "sendAgain" })));
    for asked in futures::future::try_join_all(five).await? {
        assert_eq!((asked.status, asked.decisions), (CampaignStatus::Processing, vec![]));
    }
    assert_eq!(events(&stepped, &campaign, CampaignEvent::UnknownsSentAgain).await?, 1);
    work(&stepped, &[DAY + 3_800, DAY + 4_000, DAY + 4_200]).await?;
    let attempts: Vec<(MessageState, u32)> =
        standing(&stepped, &campaign).await?.iter().map(|message| (message.state, message.attempt)).collect();
    assert_eq!(attempts, [(MessageState::Unknown, 2), (MessageState::Unknown, 2)]);
    assert_eq!(decisions(&later(&stepped.app, DAY + 5_000), &campaign).await?, NONE);
    assert_eq!(decisions(&later(&stepped.app, 3 * DAY), &campaign).await?, [2], "they stand for another day");
    Ok(())
}
