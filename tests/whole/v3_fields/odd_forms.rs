//! Requests as other programs write them: null for what they leave out, texts for numbers, one thing named twice.

use std::collections::BTreeSet;
use std::sync::Arc;

use axum::body::Body;
use axum::http::{Request, StatusCode, header};
use campanile_tests::campaign::{call, refused, token};
use campanile_tests::stepped::Stepped;
use lambdas::App;
use serde_json::{Value, json};
use tower::ServiceExt;
use wire::{Campaign, CampaignList, CampaignStatus};

use super::{created, fields, whole, with};

#[tokio::test]
async fn null_is_what_is_left_out() -> anyhow::Result<()> {
    let stepped = Stepped::open().await?;
    let mut body = whole(&stepped, 2).await?;
    let left_out = [
        "operatorName",
        "businessHoursId",
        "channelType",
        "leadType",
        "scheduledTo",
        "originalScheduledTo",
        "finishedAtPrediction",
        "audienceId",
        "message",
        "textRaw",
        "assetsUrls",
        "variants",
        "links",
        "chunksCount",
        "secondsBetweenMessages",
        "secondsBetweenChunks",
        "chunkSize",
    ];
    for field in left_out {
        body[field] = Value::Null;
    }
    let campaign = created(&stepped, &body).await?;
    assert_eq!((campaign.status, campaign.leads_count), (CampaignStatus::Draft, 2));
    assert_eq!((campaign.chunk_size, campaign.seconds_between_messages), (500, 0.0));
    Ok(())
}

#[tokio::test]
async fn a_value_of_the_wrong_type_is_refused_at_its_field() -> anyhow::Result<()> {
    let stepped = Stepped::open().await?;
    let body = whole(&stepped, 1).await?;
    for (field, value, says) in [
        ("chunkSize", json!("100"), "must be a whole number, not \"100\""),
        ("secondsBetweenMessages", json!("30"), "must be a number, not \"30\""),
        ("channelType", json!(1), "must be a text, not 1"),
        ("assetsUrls", json!("https://example.com/a.png"), "must be a list, not \"https://example.com/a.png\""),
        ("template", json!("weekly_offer"), "must be an object, not \"weekly_offer\""),
    ] {
        let problem = refused(&stepped.app, "POST", "/v3/campaigns", with(&body, field, value)).await?;
        assert_eq!((&problem["status"], &problem["code"]), (&json!(400), &json!("malformed")), "{problem}");
        assert_eq!(problem["errors"], json!([{ "field": field, "message": says }]));
    }
    let list: CampaignList = call(&stepped.app, "GET", "/v3/campaigns", Value::Null).await?;
    assert!(list.items.is_empty());
    let problem = refused(&stepped.app, "GET", "/v3/campaigns?limit=many", Value::Null).await?;
    assert_eq!(fields(&problem), BTreeSet::from(["limit".to_owned()]), "{problem}");
    Ok(())
}

#[tokio::test]
async fn two_audiences_are_refused_and_the_same_one_twice_is_one() -> anyhow::Result<()> {
    let stepped = Stepped::open().await?;
    let body = whole(&stepped, 3).await?;
    let campaign = created(&stepped, &body).await?;
    let both = with(&body, "audienceId", json!(campaign.audience_id));
    assert_eq!(created(&stepped, &both).await?.audience_id, campaign.audience_id);
    let other = with(&both, "leadsAssetUrl", json!("https://example.com/others.csv"));
    let problem = refused(&stepped.app, "POST", "/v3/campaigns", other).await?;
    assert_eq!(fields(&problem), BTreeSet::from(["leadsAssetUrl".to_owned()]), "{problem}");
    Ok(())
}

#[tokio::test]
async fn a_null_time_takes_the_time_away() -> anyhow::Result<()> {
    let stepped = Stepped::open().await?;
    let campaign = created(&stepped, &whole(&stepped, 1).await?).await?;
    assert_eq!(campaign.status, CampaignStatus::Scheduled);
    let path = format!("/v3/campaigns/{}", campaign.id);
    let named: Campaign = call(&stepped.app, "PATCH", &path, json!({ "name": "Later" })).await?;
    assert_eq!((named.status, named.scheduled_to), (CampaignStatus::Scheduled, campaign.scheduled_to));
    let edited: Campaign = call(&stepped.app, "PATCH", &path, json!({ "scheduledTo": null })).await?;
    assert_eq!((edited.status, edited.scheduled_to), (CampaignStatus::Draft, None));
    Ok(())
}

/// The answer to a creation under a key: its status and its body.
async fn keyed(app: &Arc<App>, token: &str, body: &Value) -> anyhow::Result<(StatusCode, Value)> {
    let request = Request::post("/v3/campaigns")
        .header(header::AUTHORIZATION, format!("Bearer {token}"))
        .header(header::CONTENT_TYPE, "application/json; charset=utf-8")
        .header("Idempotency-Key", "one")
        .body(Body::from(body.to_string()))?;
    let response = lambdas::api::router(Arc::clone(app)).oneshot(request).await?;
    let status = response.status();
    let bytes = axum::body::to_bytes(response.into_body(), 1 << 20).await?;
    Ok((status, serde_json::from_slice(&bytes)?))
}

#[tokio::test]
async fn a_creation_that_was_refused_may_be_mended_under_its_key() -> anyhow::Result<()> {
    let stepped = Stepped::open().await?;
    let app = &stepped.app;
    let body = whole(&stepped, 1).await?;
    call::<Value>(app, "PATCH", "/v3/settings", json!({ "confirmPrice": true })).await?;
    let token = token(app).await?;
    let (status, problem) = keyed(app, &token, &body).await?;
    assert_eq!((status, &problem["code"]), (StatusCode::CONFLICT, &json!("priceNotConfirmed")), "{problem}");
    let agreed = with(&body, "confirmedPrice", problem["errors"][0]["message"].clone());
    let (status, made) = keyed(app, &token, &agreed).await?;
    assert_eq!(status, StatusCode::CREATED, "{made}");
    assert_eq!(keyed(app, &token, &agreed).await?.1["id"], made["id"]);
    let (status, problem) = keyed(app, &token, &body).await?;
    assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY, "{problem}");
    Ok(())
}
