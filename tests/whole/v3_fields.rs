//! Every field of the v3 API's campaigns, and what it does: none is merely echoed.

mod elsewhere;
mod odd_forms;
mod saved_hours;

use std::collections::BTreeSet;
use std::sync::Arc;

use axum::body::Body;
use axum::http::{Request, StatusCode, header};
use campanile_tests::campaign::{act, call, call_with, count, dispatched, draft, refused, uploaded};
use campanile_tests::contacts;
use campanile_tests::stepped::Stepped;
use chrono::{DateTime, Duration, SecondsFormat, Utc};
use lambdas::storage::{assets, files};
use lambdas::{App, importer, sender};
use local::events::s3_event;
use local::whatsapp::WORKSPACE;
use serde_json::{Value, json};
use tower::ServiceExt;
use wire::{AssetUpload, AuditList, Campaign, CampaignStatus, CreatedToken, Preview, SavedHours};

/// The fields of the answer to a creation, as the v3 API documents them.
const ANSWERED: [&str; 50] = [
    "id",
    "_id",
    "name",
    "channelId",
    "operatorId",
    "operatorName",
    "businessHoursId",
    "channelType",
    "leadType",
    "scheduledTo",
    "nextScheduledTo",
    "originalScheduledTo",
    "finishedAtPrediction",
    "leadsAssetUrl",
    "message",
    "textRaw",
    "assetsUrls",
    "active",
    "shouldCreateConversation",
    "status",
    "chunksCount",
    "leadsCount",
    "secondsBetweenMessages",
    "secondsBetweenChunks",
    "trackAllChannels",
    "trackMaxHours",
    "chunkSize",
    "template",
    "progress",
    "resultCounts",
    "messagesProcessed",
    "lastMessageProcessedAt",
    "healthCheckData",
    "workspaceId",
    "createdAt",
    "lastUpdateAt",
    "updatedAt",
    "resultCounts.sent",
    "resultCounts.received",
    "resultCounts.read",
    "resultCounts.answered",
    "resultCounts.chunksExecuted",
    "resultCounts.byChunkId",
    "healthCheckData.messagesProcessed",
    "healthCheckData.lastMessageProcessedAt",
    "healthCheckData.healthCheckExecutions",
    "healthCheckData.jobId",
    "healthCheckData.chunkId",
    "healthCheckData.nextHealthCheckAt",
    "healthCheckData.lastHealthCheckAt",
];

/// A field of the answer; its parts are divided by points.
fn of<'a>(answer: &'a Value, field: &str) -> Option<&'a Value> {
    answer.pointer(&format!("/{}", field.replace('.', "/")))
}

fn has(answer: &Value, field: &str) -> bool {
    of(answer, field).is_some()
}

/// Names of the fields that a refusal is about.
fn fields(problem: &Value) -> BTreeSet<String> {
    let errors = problem["errors"].as_array().into_iter().flatten();
    errors.filter_map(|error| error["field"].as_str().map(str::to_owned)).collect()
}

/// A request with every field of the v3 API, for people whose file lies here.
async fn whole(stepped: &Stepped, people: usize) -> anyhow::Result<Value> {
    let (audience, put) = uploaded(&stepped.app, &contacts::csv(people)).await?;
    importer::handle(&stepped.app, s3_event(&put)?).await?;
    let at = (Utc::now() + Duration::hours(2)).to_rfc3339();
    let hours = hours(stepped, "00:00", "24:00").await?;
    Ok(json!({
        "name": "Weekly offer", "channelId": stepped.channel_id().await?, "operatorName": "Ana",
        "businessHoursId": hours.id, "channelType": "1", "leadType": "lead", "scheduledTo": at,
        "originalScheduledTo": at, "finishedAtPrediction": "2020-01-01T00:00:00Z",
        "leadsAssetUrl": format!("s3://files/uploads/1/{audience}.csv"), "message": "", "textRaw": "", "assetsUrls": [],
        "chunksCount": 7, "secondsBetweenMessages": 2, "secondsBetweenChunks": 60, "chunkSize": 4,
        "template": { "name": "weekly_offer", "language": "en", "body": [{ "column": "name" }] },
    }))
}

async fn hours(stepped: &Stepped, from: &str, to: &str) -> anyhow::Result<SavedHours> {
    let days = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"];
    let asked = json!({ "name": "Shop", "days": days, "from": from, "to": to, "timeZone": "America/Sao_Paulo" });
    call(&stepped.app, "POST", "/v3/business-hours", asked).await
}

async fn created(stepped: &Stepped, body: &Value) -> anyhow::Result<Campaign> {
    call(&stepped.app, "POST", "/v3/campaigns", body.clone()).await
}

fn with(body: &Value, field: &str, value: Value) -> Value {
    let mut body = body.clone();
    body[field] = value;
    body
}

#[tokio::test]
async fn a_whole_v3_request_is_answered_with_every_field_filled_truly() -> anyhow::Result<()> {
    let stepped = Stepped::open().await?;
    let body = whole(&stepped, 10).await?;
    let answer: Value = call(&stepped.app, "POST", "/v3/campaigns", body.clone()).await?;
    let missing: Vec<&str> = ANSWERED.into_iter().filter(|field| !has(&answer, field)).collect();
    assert!(missing.is_empty(), "{missing:?} in {answer}");
    let campaign: Campaign = serde_json::from_value(answer.clone())?;
    let at: DateTime<Utc> = body["scheduledTo"].as_str().unwrap_or_default().parse()?;
    let near = |time: Option<DateTime<Utc>>| time.is_some_and(|time| (time - at).abs() < Duration::milliseconds(1));
    assert_eq!((campaign.status, campaign.active), (CampaignStatus::Scheduled, true));
    assert!(near(campaign.scheduled_to) && near(campaign.original_scheduled_to) && near(campaign.next_scheduled_to));
    // 10 people in chunks of 4: 7 waits of 2 s and 2 of a minute; not what the client believed.
    let predicted =
        campaign.finished_at_prediction.expect("a plan has an end") - campaign.scheduled_to.expect("a time");
    assert_eq!(predicted.num_seconds(), 7 * 2 + 2 * 60);
    // The size of a chunk says how many there are, whatever count came with it.
    assert_eq!((campaign.chunk_size, campaign.chunks_count, campaign.leads_count), (4, 3, 10));
    assert_eq!((campaign.channel_type.as_str(), campaign.lead_type.as_str()), ("1", "lead"));
    assert_eq!(answer["id"], answer["_id"]);
    assert_eq!((answer["shouldCreateConversation"].clone(), answer["progress"].clone()), (json!(false), json!(0)));
    Ok(())
}

/// A picture that lies here.
async fn picture(stepped: &Stepped) -> anyhow::Result<AssetUpload> {
    let png = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\0\x01\0\0\0\x01\x08\x06\0\0\0";
    let announced = json!({ "fileName": "picture.png", "sizeBytes": png.len() });
    let upload: AssetUpload = call(&stepped.app, "POST", "/v3/assets", announced).await?;
    let key = assets::key(WORKSPACE, &upload.asset_id);
    files::put(&stepped.app, &key, "application/octet-stream", png.to_vec()).await?;
    Ok(upload)
}

/// The answer to a creation as it comes: its status, where it says the campaign is, and its body.
async fn posted(token: &str, app: &Arc<App>, body: &Value) -> anyhow::Result<(StatusCode, Option<String>, Value)> {
    let request = Request::post("/v3/campaigns")
        .header(header::AUTHORIZATION, format!("Bearer {token}"))
        .header(header::CONTENT_TYPE, "application/json")
        .body(Body::from(body.to_string()))?;
    let response = lambdas::api::router(Arc::clone(app)).oneshot(request).await?;
    let status = response.status();
    let place = response.headers().get(header::LOCATION).and_then(|place| place.to_str().ok()).map(str::to_owned);
    let bytes = axum::body::to_bytes(response.into_body(), 1 << 20).await?;
    Ok((status, place, serde_json::from_slice(&bytes)?))
}

#[tokio::test]
async fn the_request_that_the_v3_api_documents_is_created_and_answered_field_by_field() -> anyhow::Result<()> {
    let stepped = Stepped::open().await?;
    let app = &stepped.app;
    let (audience, put) = uploaded(app, &contacts::csv(124)).await?;
    importer::handle(app, s3_event(&put)?).await?;
    let leads = files::asset_url(&app.config.files_bucket, &files::upload_key(WORKSPACE, &audience));
    let channel = stepped.channel_id().await?;
    let hours = hours(&stepped, "00:00", "24:00").await?;
    let picture = picture(&stepped).await?.asset_url;
    let asker: CreatedToken = call(app, "POST", "/v3/tokens", json!({ "name": "CRM", "role": "operator" })).await?;
    let in_whole_seconds = |at: DateTime<Utc>| at.to_rfc3339_opts(SecondsFormat::Secs, true);
    let at = in_whole_seconds(Utc::now() + Duration::hours(2));
    // As its page writes it: only ids, times and addresses are of things that are here.
    let body = json!({
        "name": "<string>",
        "channelId": channel,
        "operatorName": "<string>",
        "businessHoursId": hours.id,
        "channelType": "1",
        "leadType": "lead",
        "scheduledTo": at,
        "originalScheduledTo": at,
        "finishedAtPrediction": at,
        "leadsAssetUrl": leads,
        "message": "<string>",
        "textRaw": "<string>",
        "assetsUrls": [picture],
        "chunksCount": 123,
        "secondsBetweenMessages": 123,
        "secondsBetweenChunks": 123,
        "chunkSize": 123,
        "template": {}
    });
    let before = Utc::now() - Duration::milliseconds(1);
    let (status, place, answer) = posted(&asker.token, app, &body).await?;
    assert_eq!(status, StatusCode::CREATED, "{answer}");

    let id = answer["id"].clone();
    let path = format!("/v3/campaigns/{}", id.as_str().unwrap_or_default());
    assert_eq!(place.as_deref(), Some(path.as_str()));
    let made_at: DateTime<Utc> = serde_json::from_value(answer["createdAt"].clone())?;
    assert!((before..=Utc::now()).contains(&made_at), "{made_at}");
    // 124 people in chunks of 123: a wait before each but the first, all of the same length.
    let starts_at: DateTime<Utc> = at.parse()?;
    let ends_at: DateTime<Utc> = serde_json::from_value(answer["finishedAtPrediction"].clone())?;
    assert_eq!((ends_at - starts_at).num_seconds(), 123 * 123);

    let determined = [
        ("_id", id),
        ("name", json!("<string>")),
        ("channelId", json!(channel)),
        ("operatorId", json!(asker.kept.id)),
        ("operatorName", json!("<string>")),
        ("businessHoursId", json!(hours.id)),
        ("channelType", json!("1")),
        ("leadType", json!("lead")),
        ("scheduledTo", json!(at)),
        ("nextScheduledTo", json!(at)),
        ("originalScheduledTo", json!(at)),
        ("leadsAssetUrl", json!(leads)),
        ("message", json!("<string>")),
        ("textRaw", json!("<string>")),
        ("assetsUrls", json!([picture])),
        ("active", json!(true)),
        ("shouldCreateConversation", json!(false)),
        ("status", json!("scheduled")),
        ("chunksCount", json!(2)),
        ("leadsCount", json!(124)),
        ("secondsBetweenMessages", json!(123)),
        ("secondsBetweenChunks", json!(123)),
        ("trackAllChannels", json!(false)),
        ("trackMaxHours", json!(72)),
        ("chunkSize", json!(123)),
        ("template", json!({})),
        ("progress", json!(0)),
        ("resultCounts.sent", json!(0)),
        ("resultCounts.received", json!(0)),
        ("resultCounts.read", json!(0)),
        ("resultCounts.answered", json!(0)),
        ("resultCounts.chunksExecuted", json!(0)),
        ("resultCounts.byChunkId", json!({})),
        ("messagesProcessed", json!(0)),
        ("lastMessageProcessedAt", Value::Null),
        ("healthCheckData.messagesProcessed", json!(0)),
        ("healthCheckData.lastMessageProcessedAt", Value::Null),
        ("healthCheckData.healthCheckExecutions", json!(0)),
        ("healthCheckData.jobId", json!("")),
        ("healthCheckData.chunkId", json!("")),
        ("healthCheckData.nextHealthCheckAt", json!(at)),
        ("healthCheckData.lastHealthCheckAt", Value::Null),
        ("workspaceId", json!(WORKSPACE)),
        ("lastUpdateAt", answer["createdAt"].clone()),
        ("updatedAt", answer["createdAt"].clone()),
    ];
    for (field, value) in &determined {
        assert_eq!(of(&answer, field), Some(value), "{field} in {answer}");
    }
    // No field of the documented answer is left out above.
    let looked_at = |field: &str| {
        let of_it = |other: &str| other == field || other.starts_with(&format!("{field}."));
        ["id", "createdAt", "finishedAtPrediction"].contains(&field) || determined.iter().any(|(other, _)| of_it(other))
    };
    let unlooked: Vec<&str> = ANSWERED.into_iter().filter(|field| !looked_at(field)).collect();
    assert!(unlooked.is_empty(), "{unlooked:?}");
    let shown: Value = call_with(&asker.token, app, "GET", &path, Value::Null).await?;
    assert_eq!(shown, answer);
    Ok(())
}

#[tokio::test]
async fn who_asked_stands_in_the_audit_and_answers_for_the_people_whatever_name_a_client_gives() -> anyhow::Result<()> {
    let stepped = Stepped::open().await?;
    let body = with(&whole(&stepped, 1).await?, "consentAttestation", json!({ "statement": "They signed." }));
    let campaign = created(&stepped, &body).await?;
    let audit: AuditList =
        call(&stepped.app, "GET", &format!("/v3/campaigns/{}/audit", campaign.id), Value::Null).await?;
    let line = &audit.items[0];
    assert_eq!((campaign.operator_name.as_str(), line.who.as_str()), ("Ana", "Test"));
    assert!(line.reason.as_deref().is_some_and(|reason| reason.starts_with("made for Ana; attested")), "{line:?}");
    assert_eq!(campaign.consent_attestation.map(|said| said.attested_by).as_deref(), Some("Test"));
    Ok(())
}

#[tokio::test]
async fn what_this_product_does_not_do_is_refused_by_name() -> anyhow::Result<()> {
    let stepped = Stepped::open().await?;
    let body = whole(&stepped, 1).await?;
    for (field, value) in [
        ("channelType", json!("2")),
        ("leadType", json!("deal")),
        ("shouldCreateConversation", json!(true)),
        ("originalScheduledTo", json!("2030-01-01T00:00:00Z")),
        ("finishedAtPrediction", json!("soon")),
        ("businessHoursId", json!("01JD8ZQ0000000000000000000")),
        ("leadsAssetUrl", json!("contacts.csv")),
        ("chunkSize", json!(0)),
        ("secondsBetweenChunks", json!(-1)),
        ("secondsBetweenMessages", json!(-1)),
    ] {
        let problem = refused(&stepped.app, "POST", "/v3/campaigns", with(&body, field, value)).await?;
        assert_eq!(fields(&problem), BTreeSet::from([field.to_owned()]), "{problem}");
    }
    let hours = json!({ "days": ["mon"], "from": "09:00", "to": "10:00", "timeZone": "UTC" });
    let both = refused(&stepped.app, "POST", "/v3/campaigns", with(&body, "businessHours", hours)).await?;
    assert_eq!(fields(&both), BTreeSet::from(["businessHoursId".to_owned()]));
    created(&stepped, &with(&body, "shouldCreateConversation", json!(false))).await?;
    Ok(())
}

#[tokio::test]
async fn a_number_of_chunks_becomes_a_size_when_none_is_given() -> anyhow::Result<()> {
    let stepped = Stepped::open().await?;
    let mut body = whole(&stepped, 10).await?;
    body.as_object_mut().expect("a request").remove("chunkSize");
    let campaign = created(&stepped, &with(&body, "chunksCount", json!(4))).await?;
    assert_eq!((campaign.chunk_size, campaign.chunks_count), (3, 4));
    Ok(())
}

#[tokio::test]
async fn the_first_time_that_was_asked_for_stays_when_another_is_given() -> anyhow::Result<()> {
    let stepped = Stepped::open().await?;
    let campaign = created(&stepped, &whole(&stepped, 1).await?).await?;
    let other = (Utc::now() + Duration::hours(5)).to_rfc3339();
    let path = format!("/v3/campaigns/{}", campaign.id);
    let edited: Campaign = call(&stepped.app, "PATCH", &path, json!({ "scheduledTo": other })).await?;
    assert_eq!(edited.original_scheduled_to, campaign.original_scheduled_to);
    assert_eq!(edited.scheduled_to, edited.next_scheduled_to);
    assert_ne!(edited.scheduled_to, campaign.scheduled_to);
    Ok(())
}

#[tokio::test]
async fn the_next_time_moves_with_the_campaign_and_is_gone_at_its_end() -> anyhow::Result<()> {
    let stepped = Stepped::open().await?;
    let pace = json!({ "secondsBetweenMessages": 3_600, "chunkSize": 500 });
    let (id, _) = dispatched(&stepped, &contacts::csv(3), pace).await?;
    let path = format!("/v3/campaigns/{id}");
    let running: Campaign = call(&stepped.app, "GET", &path, Value::Null).await?;
    let next = running.next_scheduled_to.expect("two people wait") - running.scheduled_to.expect("it was started");
    assert!((3_600..3_610).contains(&next.num_seconds()), "{next}");
    assert_eq!(running.health_check_data.chunk_id, "0");
    assert_eq!(running.health_check_data.job_id, format!("{id}-{}", stepped.record(&id).await?.cursor_index));
    assert!(running.health_check_data.health_check_executions > 0);
    let paused = act(&stepped.app, &id, "cancel").await?;
    assert_eq!((paused.next_scheduled_to, paused.active), (None, false));
    Ok(())
}

#[tokio::test]
async fn either_name_of_the_words_fills_the_message_and_both_are_answered() -> anyhow::Result<()> {
    let stepped = Stepped::open().await?;
    for (field, other) in [("message", "textRaw"), ("textRaw", "message")] {
        let body = json!({ "template": {}, field: "Hi {{name}}" });
        let campaign = draft(&stepped.app, "phone,name\n+5511987654321,Ana\n", body).await?;
        let answer = serde_json::to_value(&campaign)?;
        assert_eq!((answer[field].clone(), answer[other].clone()), (json!("Hi {{name}}"), json!("Hi {{name}}")));
        let path = format!("/v3/campaigns/{}/preview", campaign.id);
        let preview: Preview = call(&stepped.app, "GET", &path, Value::Null).await?;
        let words: String = preview.bubble.expect("a message").body.into_iter().map(|span| span.text).collect();
        assert_eq!(words, "Hi Ana");
    }
    Ok(())
}

#[tokio::test]
async fn counts_are_filled_as_messages_go_out() -> anyhow::Result<()> {
    let stepped = Stepped::open().await?;
    let (id, jobs) = dispatched(&stepped, &contacts::csv(4), json!({ "chunkSize": 2 })).await?;
    sender::handle(&stepped.app, jobs).await?;
    count(&stepped).await?;
    let campaign: Campaign = call(&stepped.app, "GET", &format!("/v3/campaigns/{id}"), Value::Null).await?;
    let counts = &campaign.result_counts;
    assert_eq!((counts.sent, counts.chunks_executed, counts.by_chunk_id.len()), (4, 2, 2));
    assert_eq!((campaign.messages_processed, campaign.progress), (4, 100.0));
    assert!(campaign.last_message_processed_at.is_some());
    Ok(())
}
