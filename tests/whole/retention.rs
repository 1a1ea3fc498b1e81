//! What is kept only for a time: before it, it is there; after it, it is gone, but for what something still needs.

use std::sync::Arc;

use anyhow::Context;
use aws_smithy_runtime_api::client::http::{
    HttpClient, HttpConnector, HttpConnectorFuture, SharedHttpConnector, http_client_fn,
};
use aws_smithy_runtime_api::client::orchestrator::HttpRequest;
use axum::http::StatusCode;
use campanile_tests::campaign::{
    act, call, count, dispatched, draft, indexes, later, messages, refused, started, token, uploaded,
};
use campanile_tests::contacts;
use campanile_tests::people::{answer, now, write};
use campanile_tests::stepped::Stepped;
use lambdas::storage::totals::{self, Scope};
use lambdas::storage::{audiences, files, lapses};
use lambdas::{App, dispatcher, importer, sender};
use local::events::s3_event;
use local::tables::MESSAGES_TABLE;
use local::whatsapp::WORKSPACE;
use serde_json::{Value, json};
use wire::{Audience, AudienceId, Campaign, CampaignId, CampaignStatus, Settings, SettingsAudit};

const DAY: i64 = 24 * 60 * 60;

/// The app so many days later, after as many ticks as a long step needs.
async fn ticked(stepped: &Stepped, days: i64) -> anyhow::Result<Arc<App>> {
    let late = later(&stepped.app, days * DAY + 60);
    for _ in 0..8 {
        dispatcher::handle(&late, dispatcher::Event::Tick(json!({}))).await?;
    }
    Ok(late)
}

/// A campaign to two people that is complete; the first answered.
async fn completed(stepped: &Stepped, csv: &str) -> anyhow::Result<CampaignId> {
    let (campaign, jobs) = dispatched(stepped, csv, json!({})).await?;
    sender::handle(&stepped.app, jobs).await?;
    let phone = contacts::phones().next().unwrap_or_default();
    write(stepped, json!({ "from": &phone[1..] }), "Quero sim", "wamid.answer", now()).await?;
    count(stepped).await?;
    dispatcher::handle(&later(&stepped.app, 120), dispatcher::Event::Tick(json!({}))).await?;
    assert_eq!(stepped.record(&campaign).await?.status, CampaignStatus::Completed);
    Ok(campaign)
}

async fn keep(stepped: &Stepped, days: Value) -> anyhow::Result<Settings> {
    call(&stepped.app, "PATCH", "/v3/settings", json!({ "retention": days })).await
}

async fn has_files(stepped: &Stepped, audience: &AudienceId) -> anyhow::Result<Vec<bool>> {
    let mut found = Vec::new();
    let segment = files::segment_key(WORKSPACE, audience, 0);
    for key in [files::upload_key(WORKSPACE, audience), segment, files::rejects_key(WORKSPACE, audience)] {
        found.push(files::get(&stepped.app, &key).await.is_ok());
    }
    Ok(found)
}

async fn shown(app: &Arc<App>, campaign: &CampaignId) -> anyhow::Result<Campaign> {
    call(app, "GET", &format!("/v3/campaigns/{campaign}"), Value::Null).await
}

/// Somebody emptied the bucket: the campaign ends, says why, tells it, and what it sent stays counted.
#[tokio::test]
async fn a_campaign_whose_people_are_not_known_any_more_fails_and_says_so() -> anyhow::Result<()> {
    let stepped = Stepped::open().await?;
    let made = draft(&stepped.app, &contacts::csv(3), json!({ "secondsBetweenMessages": 600 })).await?;
    act(&stepped.app, &made.id, "start").await?;
    dispatcher::handle(&stepped.app, dispatcher::Event::Tick(json!({}))).await?;
    sender::handle(&stepped.app, stepped.take_now(&stepped.app.config.send_queue_url).await?).await?;
    count(&stepped).await?;
    lapses::delete_file(&stepped.app, &files::segment_key(WORKSPACE, &made.audience_id, 0)).await?;
    let late = later(&stepped.app, 601);
    let tick = async || dispatcher::handle(&late, dispatcher::Event::Tick(json!({}))).await;
    tick().await?;
    let paused = shown(&late, &made.id).await?;
    assert_eq!(paused.status, CampaignStatus::Paused, "they may come back");
    assert!(paused.status_reason.is_some_and(|why| why.contains("When they are back, resume")));
    let audience = audiences::get(&late, WORKSPACE, &made.audience_id).await?.context("no audience")?;
    lapses::close(&late, &audience, late.clock.now_millis()).await?;
    act(&late, &made.id, "resume").await?;
    for _ in 0..2 {
        tick().await?;
    }
    let failed = shown(&late, &made.id).await?;
    assert_eq!(failed.status, CampaignStatus::Failed);
    let why = failed.status_reason.unwrap_or_default();
    assert!(why.contains("files of its people are not there any more"), "{why}");
    let totals = totals::get(&late, &made.id, Scope::Campaign).await?.totals;
    assert_eq!((totals.touched(), totals.claimed, totals.retry), (1, 0, 0));
    let audit: Value = call(&late, "GET", &format!("/v3/campaigns/{}/audit", made.id), Value::Null).await?;
    let last = audit["items"].as_array().and_then(|lines| lines.iter().find(|line| line["to"] == "failed")).cloned();
    assert_eq!(last.map(|line| line["what"].clone()), Some(json!("failed")), "{audit}");
    let notices: Value = call(&late, "GET", "/v3/notices", Value::Null).await?;
    assert!(notices["items"].to_string().contains("campaignFailed"), "{notices}");
    // It can be done nothing with, but be looked at, cloned and deleted.
    let token = token(&late).await?;
    let resumed = answer(&stepped, &token, "POST", &format!("/v3/campaigns/{}/resume", made.id), Value::Null).await?;
    assert_eq!(resumed.0, StatusCode::CONFLICT);
    Ok(())
}

#[tokio::test]
async fn replies_go_before_messages_and_the_totals_stay() -> anyhow::Result<()> {
    let stepped = Stepped::open().await?;
    keep(&stepped, json!({ "repliesDays": 10, "messagesDays": 90, "filesDays": 365 })).await?;
    let campaign = completed(&stepped, &contacts::csv(2)).await?;
    let record = stepped.record(&campaign).await?;
    let path = |of: &str| format!("/v3/campaigns/{campaign}/{of}");

    ticked(&stepped, 9).await?;
    assert_eq!(messages(&stepped, &record).await?[0].reply_text.as_deref(), Some("Quero sim"));
    ticked(&stepped, 11).await?;
    let silent = messages(&stepped, &record).await?;
    assert_eq!((silent.len(), silent[0].reply_text.as_deref(), silent[0].replied_at.is_some()), (2, None, true));

    ticked(&stepped, 89).await?;
    assert_eq!(messages(&stepped, &record).await?.len(), 2);
    let before = totals::get(&stepped.app, &campaign, Scope::Campaign).await?.totals;
    let late = ticked(&stepped, 91).await?;
    let left = stepped.app.dynamodb.scan().table_name(MESSAGES_TABLE).send().await?;
    assert_eq!(left.items.unwrap_or_default(), []);
    // The stream tells of the deletions, and the totals do not fall.
    count(&stepped).await?;
    assert_eq!(totals::get(&stepped.app, &campaign, Scope::Campaign).await?.totals, before);
    let campaign_then = shown(&late, &campaign).await?;
    assert!(campaign_then.messages_deleted_at.is_some() && campaign_then.totals.accepted > 0);
    assert_eq!(stepped.record(&campaign).await?.due_shard, None, "there is nothing more to look at");
    for (method, of) in [("GET", "messages"), ("POST", "recount"), ("POST", "retry")] {
        let gone = refused(&late, method, &path(of), json!({})).await?;
        assert_eq!(gone["status"], 410, "{of}: {gone}");
    }
    // A file of its people would say that nobody was tried; its report tells what its totals do.
    let gone = refused(&late, "POST", &path("exports"), json!({ "format": "csv" })).await?;
    assert_eq!(gone["status"], 410, "{gone}");
    let report = json!({ "format": "csv", "content": "report" });
    call::<Value>(&late, "POST", &path("exports"), report).await?;
    // Nothing brings it back, and nobody is written to again.
    let sent = stepped.simulator.totals().accepted;
    ticked(&stepped, 400).await?;
    assert!(stepped.take_now(&stepped.app.config.send_queue_url).await?.records.is_empty());
    assert_eq!((stepped.simulator.totals().accepted, sent), (2, 2));
    Ok(())
}

#[tokio::test]
async fn contacts_go_after_their_last_campaign_and_their_rejects_before() -> anyhow::Result<()> {
    let stepped = Stepped::open().await?;
    keep(&stepped, json!({ "rejectsDays": 5, "filesDays": 30 })).await?;
    let campaign = completed(&stepped, &format!("{}Nobody,12\n", contacts::csv(2))).await?;
    let audience = stepped.record(&campaign).await?.audience_id;
    ticked(&stepped, 4).await?;
    assert_eq!(has_files(&stepped, &audience).await?, [true, true, true]);
    ticked(&stepped, 6).await?;
    assert_eq!(has_files(&stepped, &audience).await?, [true, true, false]);
    ticked(&stepped, 29).await?;
    assert_eq!(has_files(&stepped, &audience).await?, [true, true, false]);
    let late = ticked(&stepped, 31).await?;
    assert_eq!(has_files(&stepped, &audience).await?, [false, false, false]);
    let told: Audience = call(&late, "GET", &format!("/v3/audiences/{audience}"), Value::Null).await?;
    assert!(told.deleted_at.is_some() && told.rejects_deleted_at.is_some());
    for (method, path) in [
        ("GET", format!("/v3/audiences/{audience}/rejects")),
        ("GET", format!("/v3/audiences/{audience}/consents")),
        ("GET", format!("/v3/campaigns/{campaign}/messages")),
        ("POST", format!("/v3/campaigns/{campaign}/retry")),
    ] {
        assert_eq!(refused(&late, method, &path, json!({})).await?["status"], 410, "{path}");
    }
    let of_contacts = refused(&late, "GET", &format!("/v3/audiences/{audience}/consents"), json!({})).await?;
    assert!(of_contacts["detail"].to_string().contains("upload the file again"), "{of_contacts}");
    let copy = refused(&late, "POST", &format!("/v3/campaigns/{campaign}/clone"), json!({})).await?;
    assert!(copy["detail"].to_string().contains("no longer kept"), "{copy}");
    Ok(())
}

#[tokio::test]
async fn what_a_campaign_still_needs_is_kept_however_old_it_is() -> anyhow::Result<()> {
    let stepped = Stepped::open().await?;
    keep(&stepped, json!({ "rejectsDays": 1, "filesDays": 30, "messagesDays": 90, "repliesDays": 1 })).await?;
    let waiting = draft(&stepped.app, &contacts::csv(2), json!({})).await?;
    let (paused, jobs) = dispatched(&stepped, &contacts::csv(2), json!({})).await?;
    act(&stepped.app, &paused, "pause").await?;
    // Its file was used before by a campaign that ended.
    let ended = draft(&stepped.app, &contacts::csv(2), json!({})).await?;
    let copy: Campaign = call(&stepped.app, "POST", &format!("/v3/campaigns/{}/clone", ended.id), json!({})).await?;
    act(&stepped.app, &ended.id, "cancel").await?;
    // And a file that nobody ever used.
    let (unused, put) = uploaded(&stepped.app, contacts::csv(1)).await?;
    importer::handle(&stepped.app, s3_event(&put)?).await?;
    drop(jobs);
    for days in [31, 200, 900] {
        ticked(&stepped, days).await?;
    }
    for needed in [&waiting.audience_id, &stepped.record(&paused).await?.audience_id, &copy.audience_id] {
        assert_eq!(has_files(&stepped, needed).await?[..2], [true, true]);
    }
    assert_eq!(has_files(&stepped, &unused).await?, [false, false, false]);
    // The draft goes on as if nothing had been.
    let late = later(&stepped.app, 901 * DAY);
    assert_eq!(act(&late, &waiting.id, "start").await?.status, CampaignStatus::Processing);
    Ok(())
}

#[tokio::test]
async fn a_setting_has_bounds_and_its_changes_are_told() -> anyhow::Result<()> {
    let stepped = Stepped::open().await?;
    let wrong = json!({ "retention": { "filesDays": 1, "repliesDays": 91 } });
    let told = refused(&stepped.app, "PATCH", "/v3/settings", wrong).await?;
    assert_eq!(told["errors"][0]["field"], "retention.filesDays");
    assert_eq!(told["errors"][1]["field"], "retention.repliesDays");
    let kept = keep(&stepped, json!({ "filesDays": 40 })).await?.retention;
    assert_eq!((kept.files_days, kept.messages_days, kept.replies_days), (40, 365, 30));
    keep(&stepped, json!({ "filesDays": 40 })).await?;
    keep(&stepped, json!({ "filesDays": 41, "repliesDays": 2 })).await?;
    let audit: SettingsAudit = call(&stepped.app, "GET", "/v3/settings/audit?limit=1", Value::Null).await?;
    assert_eq!((audit.items.len(), audit.items[0].changed.len(), audit.items[0].who.as_str()), (1, 2, "Test"));
    let path = format!("/v3/settings/audit?after={}", audit.next.unwrap_or_default().replace('#', "%23"));
    let rest: SettingsAudit = call(&stepped.app, "GET", &path, Value::Null).await?;
    let change = &rest.items[0].changed[0];
    assert_eq!((rest.items.len(), rest.next), (1, None));
    assert_eq!((change.before.as_deref(), change.after.as_deref()), (Some("90"), Some("40")));
    let (status, _) =
        answer(&stepped, &token(&stepped.app).await?, "GET", "/v3/settings/audit?after=x", Value::Null).await?;
    assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY);
    Ok(())
}

/// A table that never tells what has had its time.
#[derive(Debug, Clone)]
struct Silent {
    inner: SharedHttpConnector,
}

impl HttpConnector for Silent {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let body = request.body().bytes().and_then(|bytes| std::str::from_utf8(bytes).ok()).unwrap_or_default();
        let asks_what_lapsed = body.contains("IndexName") && body.contains(&format!("\"{}\"", lapses::LAPSE_SHARD));
        if asks_what_lapsed {
            return HttpConnectorFuture::new(std::future::pending());
        }
        self.inner.call(request)
    }
}

#[tokio::test]
async fn campaigns_do_not_wait_until_all_that_has_had_its_time_is_gone() -> anyhow::Result<()> {
    let stepped = Stepped::open().await?;
    started(&stepped, &contacts::csv(3), json!({})).await?;
    let inner = stepped.app.dynamodb.config().http_client().context("DynamoDB without an HTTP client")?;
    let http = http_client_fn(move |settings, components| {
        SharedHttpConnector::new(Silent { inner: inner.http_connector(settings, components) })
    });
    let config = stepped.app.dynamodb.config().to_builder().http_client(http).build();
    let app = App { dynamodb: aws_sdk_dynamodb::Client::from_conf(config), ..(*stepped.app).clone() };
    let jobs = tokio::select! {
        ticked = dispatcher::handle(&app, dispatcher::Event::Tick(json!({}))) => anyhow::bail!("it ended: {ticked:?}"),
        jobs = stepped.take(&app.config.send_queue_url) => jobs?,
    };
    assert_eq!(indexes(&jobs)?.first(), Some(&0));
    Ok(())
}
