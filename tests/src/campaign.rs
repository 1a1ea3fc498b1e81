//! A campaign in a stepped Campanile: made through the API's router, its jobs and messages at hand.

use std::sync::Arc;

use anyhow::{Context, ensure};
use aws_lambda_events::sqs::SqsEvent;
use axum::body::Body;
use axum::http::{Request, StatusCode, header};
use campaigns::message::{Claim, MessageRecord};
use lambdas::clock::Clock;
use lambdas::config::{Config, WhatsAppApp};
use lambdas::storage::access::{self, AccessRecord, Purpose};
use lambdas::storage::campaigns::CampaignRecord;
use lambdas::storage::channels;
use lambdas::{App, dispatcher, importer, tally};
use local::embedded::s3::PutEvent;
use local::events::{s3_event, tally_event};
use local::whatsapp::WORKSPACE;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use tower::ServiceExt;
use wire::{AudienceId, Campaign, CampaignId, ChannelId, Upload};

use crate::stepped::Stepped;

/// The API's answer to one request, by the router that the function runs; an error when it is refused.
pub async fn call<T: DeserializeOwned>(app: &Arc<App>, method: &str, path: &str, body: Value) -> anyhow::Result<T> {
    call_with(&token(app).await?, app, method, path, body).await
}

/// A token of the workspace.
pub async fn token(app: &App) -> anyhow::Result<String> {
    let access = AccessRecord::owner(WORKSPACE, "Test");
    access::grant(app, Purpose::Token, &access).await
}

/// The same as [`call`], with a token that is there already.
pub async fn call_with<T: DeserializeOwned>(
    token: &str,
    app: &Arc<App>,
    method: &str,
    path: &str,
    body: Value,
) -> anyhow::Result<T> {
    let request = Request::builder()
        .method(method)
        .uri(path)
        .header(header::AUTHORIZATION, format!("Bearer {token}"))
        .header(header::CONTENT_TYPE, "application/json")
        .body(Body::from(body.to_string()))?;
    let response = lambdas::api::router(Arc::clone(app)).oneshot(request).await?;
    let status = response.status();
    let bytes = axum::body::to_bytes(response.into_body(), 1 << 20).await?;
    if !status.is_success() {
        let said = String::from_utf8_lossy(&bytes).into_owned();
        return Err(Refused { path: path.to_owned(), status, said }.into());
    }
    Ok(serde_json::from_slice(&bytes)?)
}

/// What a refusal says, as JSON; an error when the request is not refused.
pub async fn refused(app: &Arc<App>, method: &str, path: &str, body: Value) -> anyhow::Result<Value> {
    let error = match call::<Value>(app, method, path, body).await {
        Ok(answer) => anyhow::bail!("{path} was not refused: {answer}"),
        Err(error) => error,
    };
    match error.downcast_ref::<Refused>() {
        Some(refused) => Ok(serde_json::from_str(&refused.said)?),
        None => Err(error),
    }
}

/// An answer that is no success.
#[derive(Debug, thiserror::Error)]
#[error("{path}: {status} {said}")]
struct Refused {
    path: String,
    status: StatusCode,
    said: String,
}

/// Whether the API answered with an error of its own, so that asking again may help.
pub fn is_our_fault(error: &anyhow::Error) -> bool {
    error.downcast_ref::<Refused>().is_some_and(|refused| refused.status.is_server_error())
}

/// A contacts file that lies where the importer looks, and what the event says of it.
pub async fn uploaded(app: &Arc<App>, file: impl AsRef<[u8]>) -> anyhow::Result<(AudienceId, PutEvent)> {
    uploaded_as(app, file, json!({})).await
}

/// The same with what is said of how the file is read.
pub async fn uploaded_as(
    app: &Arc<App>,
    file: impl AsRef<[u8]>,
    said: Value,
) -> anyhow::Result<(AudienceId, PutEvent)> {
    let bytes = file.as_ref();
    let mut announced = json!({ "fileName": "contacts.csv", "sizeBytes": bytes.len() });
    for (field, value) in said.as_object().into_iter().flatten() {
        announced[field] = value.clone();
    }
    let upload: Upload = call(app, "POST", "/v3/uploads", announced).await?;
    let key = lambdas::storage::files::upload_key(WORKSPACE, &upload.audience_id);
    lambdas::storage::files::put(app, &key, "text/csv", bytes.to_vec()).await?;
    let put = PutEvent { bucket: local::cloud::FILES_BUCKET.to_owned(), key, size: bytes.len() as u64 };
    Ok((upload.audience_id, put))
}

/// A draft for these contacts, with the one-variable English template.
pub async fn draft(app: &Arc<App>, csv: &str, pace: Value) -> anyhow::Result<Campaign> {
    let channel = channels::list(app, WORKSPACE).await?.into_iter().next().context("there is no channel")?;
    draft_on(app, &channel.id, csv, pace).await
}

/// The same on this channel.
pub async fn draft_on(app: &Arc<App>, channel: &ChannelId, csv: &str, pace: Value) -> anyhow::Result<Campaign> {
    let (audience, put) = uploaded(app, csv).await?;
    importer::handle(app, s3_event(&put)?).await?;
    let mut body = json!({
        "name": "Stepped", "channelId": channel, "audienceId": audience,
        "template": { "name": "weekly_offer", "language": "en", "body": [{ "column": "name" }] },
    });
    for (field, value) in pace.as_object().into_iter().flatten() {
        body[field] = value.clone();
    }
    call(app, "POST", "/v3/campaigns", body).await
}

/// A campaign that was started, and the nudge that the start gave.
pub async fn started(stepped: &Stepped, csv: &str, pace: Value) -> anyhow::Result<(CampaignId, SqsEvent)> {
    let draft = draft(&stepped.app, csv, pace).await?;
    act(&stepped.app, &draft.id, "start").await?;
    let nudge = stepped.take(&stepped.app.config.nudge_queue_url).await?;
    ensure!(nudge.records.len() == 1, "a start nudges once, not {} times", nudge.records.len());
    Ok((draft.id, nudge))
}

/// The jobs of a campaign that was started.
pub async fn dispatched(stepped: &Stepped, csv: &str, pace: Value) -> anyhow::Result<(CampaignId, SqsEvent)> {
    let (campaign, nudge) = started(stepped, csv, pace).await?;
    dispatcher::handle(&stepped.app, dispatcher::Event::Nudges(nudge)).await?;
    Ok((campaign, stepped.take(&stepped.app.config.send_queue_url).await?))
}

/// Asks for `start`, `pause`, `resume` or `cancel`.
pub async fn act(app: &Arc<App>, campaign: &CampaignId, action: &str) -> anyhow::Result<Campaign> {
    call(app, "POST", &format!("/v3/campaigns/{campaign}/{action}"), json!({})).await
}

/// The items of a campaign's recipients.
pub async fn messages(stepped: &Stepped, record: &CampaignRecord) -> anyhow::Result<Vec<MessageRecord>> {
    lambdas::storage::messages::range(&stepped.app, &record.id, 0, record.recipients - 1).await
}

/// A recipient's message as a sender claimed it for the first time, in milliseconds since 1970.
pub fn claimed(record: &CampaignRecord, index: u64, at: i64) -> MessageRecord {
    MessageRecord::from(Claim {
        variant: None,
        campaign_id: record.id.clone(),
        workspace_id: record.workspace_id,
        channel_id: record.channel_id.clone(),
        index,
        chunk: record.plan().chunk_of(index),
        canonical_phone: "12025550100".into(),
        attempt: 1,
        rounds: 0,
        claim_id: "of a sender that died".into(),
        at,
    })
}

/// The recipients of a batch of jobs, rising.
pub fn indexes(jobs: &SqsEvent) -> anyhow::Result<Vec<u64>> {
    let mut indexes = Vec::new();
    for message in &jobs.records {
        let job: campaigns::job::Job = serde_json::from_str(message.body.as_deref().unwrap_or_default())?;
        indexes.extend(job.recipients.iter().map(|recipient| recipient.index));
    }
    indexes.sort_unstable();
    Ok(indexes)
}

/// Counts the whole stream.
pub async fn count(stepped: &Stepped) -> anyhow::Result<()> {
    tally::handle(&stepped.app, tally_event(stepped.stream().await?)?).await.map(|_| ())
}

/// The same app as it will be some seconds later.
pub fn later(app: &Arc<App>, seconds: i64) -> Arc<App> {
    let clock = Clock::starting_at(chrono::Utc::now() + chrono::Duration::seconds(seconds));
    Arc::new(App { clock, ..(**app).clone() })
}

/// The same app with other credentials.
pub fn with_credentials(app: &Arc<App>, change: impl FnOnce(&mut Vec<WhatsAppApp>)) -> Arc<App> {
    let mut apps = app.config.apps.clone();
    change(&mut apps);
    let config = Arc::new(Config { apps, ..(*app.config).clone() });
    Arc::new(App { config, ..(**app).clone() })
}
