//! What a caller may ask twice, or late: a creation under a key, a resume before the time, contacts after theirs.

use axum::body::Body;
use axum::http::{Request, StatusCode, header};
use campanile_tests::campaign::{call, uploaded};
use campanile_tests::contacts;
use campanile_tests::stepped::Stepped;
use lambdas::storage::access::{self, AccessRecord, Purpose};
use lambdas::storage::campaign_lists::{self, Listed};
use lambdas::{dispatcher, importer};
use local::events::s3_event;
use local::whatsapp::WORKSPACE;
use serde_json::{Value, json};
use tower::ServiceExt;
use wire::{Campaign, CampaignStatus};

async fn create(stepped: &Stepped, token: &str, key: &str, body: &Value) -> anyhow::Result<(StatusCode, Value)> {
    let (status, _, answer) = keyed(stepped, token, "/v3/campaigns", key, body).await?;
    Ok((status, answer))
}

/// A POST under a key: its status, whether it says that its answer was given before, and the answer.
async fn keyed(
    stepped: &Stepped,
    token: &str,
    path: &str,
    key: &str,
    body: &Value,
) -> anyhow::Result<(StatusCode, bool, Value)> {
    let request = Request::builder()
        .method("POST")
        .uri(path)
        .header(header::AUTHORIZATION, format!("Bearer {token}"))
        .header(header::CONTENT_TYPE, "application/json")
        .header("Idempotency-Key", key)
        .body(Body::from(body.to_string()))?;
    let response = lambdas::api::router(stepped.app.clone()).oneshot(request).await?;
    let status = response.status();
    let is_replayed = response.headers().get("idempotent-replayed").is_some_and(|said| said == "true");
    let bytes = axum::body::to_bytes(response.into_body(), 1 << 20).await?;
    Ok((status, is_replayed, serde_json::from_slice(&bytes)?))
}

#[tokio::test]
async fn a_creation_under_one_key_makes_one_campaign() -> anyhow::Result<()> {
    let stepped = Stepped::open().await?;
    let (audience, put) = uploaded(&stepped.app, &contacts::csv(7)).await?;
    importer::handle(&stepped.app, s3_event(&put)?).await?;
    let access = AccessRecord::owner(WORKSPACE, "Test");
    let token = access::grant(&stepped.app, Purpose::Token, &access).await?;
    let body = json!({
        "name": "Once", "channelId": stepped.channel_id().await?, "audienceId": audience,
        "template": { "name": "weekly_offer", "language": "en", "body": [{ "column": "name" }] },
    });
    let both = (0..5).map(|_| create(&stepped, &token, "one", &body));
    let mut answers = futures::future::try_join_all(both).await?;
    answers.push(create(&stepped, &token, "one", &body).await?);
    assert!(answers.iter().all(|answer| *answer == answers[0]), "{answers:?}");
    assert_eq!(answers[0].0, StatusCode::CREATED);
    let (campaigns, _) = campaign_lists::list(&stepped.app, WORKSPACE, &Listed::default(), 10, None).await?;
    assert_eq!(campaigns.len(), 1);

    let mut other = body.clone();
    other["name"] = json!("Another");
    assert_eq!(create(&stepped, &token, "one", &other).await?.0, StatusCode::UNPROCESSABLE_ENTITY);
    assert_ne!(create(&stepped, &token, "two", &body).await?.1["id"], answers[0].1["id"]);
    assert_eq!(create(&stepped, &token, "a b", &body).await?.0, StatusCode::BAD_REQUEST);
    Ok(())
}

#[tokio::test]
async fn a_creation_or_a_copy_that_was_made_before_says_so() -> anyhow::Result<()> {
    let stepped = Stepped::open().await?;
    let (audience, put) = uploaded(&stepped.app, &contacts::csv(2)).await?;
    importer::handle(&stepped.app, s3_event(&put)?).await?;
    let token = access::grant(&stepped.app, Purpose::Token, &AccessRecord::owner(WORKSPACE, "Test")).await?;
    let body = json!({
        "name": "Once", "channelId": stepped.channel_id().await?, "audienceId": audience,
        "template": { "name": "weekly_offer", "language": "en", "body": [{ "column": "name" }] },
    });
    let (status, is_replayed, made) = keyed(&stepped, &token, "/v3/campaigns", "create", &body).await?;
    assert_eq!((status, is_replayed), (StatusCode::CREATED, false), "{made}");
    let (status, is_replayed, again) = keyed(&stepped, &token, "/v3/campaigns", "create", &body).await?;
    assert_eq!((status, is_replayed, &again["id"]), (StatusCode::CREATED, true, &made["id"]));

    let clone = format!("/v3/campaigns/{}/clone", made["id"].as_str().unwrap_or_default());
    let (status, is_replayed, copy) = keyed(&stepped, &token, &clone, "clone", &json!({})).await?;
    assert_eq!((status, is_replayed), (StatusCode::CREATED, false), "{copy}");
    let (status, is_replayed, again) = keyed(&stepped, &token, &clone, "clone", &json!({})).await?;
    assert_eq!((status, is_replayed, &again["id"]), (StatusCode::CREATED, true, &copy["id"]));
    Ok(())
}

#[tokio::test]
async fn pausing_and_resuming_before_the_time_waits_for_it() -> anyhow::Result<()> {
    let stepped = Stepped::open().await?;
    let (audience, put) = uploaded(&stepped.app, &contacts::csv(7)).await?;
    importer::handle(&stepped.app, s3_event(&put)?).await?;
    let at = stepped.app.clock.now() + chrono::Duration::hours(2);
    let body = json!({
        "name": "Later", "channelId": stepped.channel_id().await?, "audienceId": audience,
        "scheduledTo": at.to_rfc3339(),
        "template": { "name": "weekly_offer", "language": "en", "body": [{ "column": "name" }] },
    });
    let campaign: Campaign = call(&stepped.app, "POST", "/v3/campaigns", body).await?;
    for (action, status) in [
        ("pause", CampaignStatus::Paused),
        ("resume", CampaignStatus::Scheduled),
        ("resume", CampaignStatus::Scheduled),
    ] {
        let path = format!("/v3/campaigns/{}/{action}", campaign.id);
        let answered: Campaign = call(&stepped.app, "POST", &path, json!({})).await?;
        assert_eq!(answered.status, status, "{action}");
    }
    dispatcher::handle(&stepped.app, dispatcher::Event::Tick(json!({}))).await?;
    let record = stepped.record(&campaign.id).await?;
    assert_eq!((record.status, record.due_at), (CampaignStatus::Scheduled, Some(at.timestamp_millis())));
    assert!(stepped.take(&stepped.app.config.nudge_queue_url).await?.records.is_empty());
    Ok(())
}

#[tokio::test]
async fn contacts_that_are_gone_are_gone() -> anyhow::Result<()> {
    let stepped = Stepped::open().await?;
    let (audience, put) = uploaded(&stepped.app, &contacts::csv(7)).await?;
    importer::handle(&stepped.app, s3_event(&put)?).await?;
    let body = json!({
        "name": "Old", "channelId": stepped.channel_id().await?, "audienceId": audience,
        "template": { "name": "weekly_offer", "language": "en", "body": [{ "column": "name" }] },
    });
    let campaign: Campaign = call(&stepped.app, "POST", "/v3/campaigns", body).await?;
    let key = lambdas::storage::files::segment_key(WORKSPACE, &audience, 0);
    stepped.app.s3.delete_object().bucket(&stepped.app.config.files_bucket).key(key).send().await?;
    let path = format!("/v3/campaigns/{}/messages", campaign.id);
    let error = call::<Value>(&stepped.app, "GET", &path, json!({})).await.unwrap_err();
    assert!(error.to_string().contains("410"), "{error}");
    Ok(())
}
