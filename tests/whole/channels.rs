//! The numbers that send: added, named, asked how they are, and taken away.

use std::sync::Arc;

use axum::body::Body;
use axum::http::{Request, header};
use campanile_tests::campaign::{act, call, call_with, draft_on, refused};
use campanile_tests::contacts;
use campanile_tests::stepped::Stepped;
use lambdas::App;
use lambdas::storage::access::{self, AccessRecord, Purpose};
use local::whatsapp::SIMULATOR_APP;
use serde_json::{Value, json};
use tower::ServiceExt;
use wire::{CampaignStatus, Channel, ChannelHealth, ChannelId, ChannelList, WorkspaceId};

async fn gone(app: &Arc<App>, id: &ChannelId) -> anyhow::Result<()> {
    // An answer without a body is no JSON.
    let answer = call::<Value>(app, "DELETE", &format!("/v3/channels/{id}"), Value::Null).await;
    let error = answer.err().map(|error| error.to_string()).unwrap_or_default();
    anyhow::ensure!(error.starts_with("EOF"), "{error}");
    Ok(())
}

/// Whether WhatsApp tells the app of the account.
async fn subscribed(stepped: &Stepped, method: &str) -> anyhow::Result<Value> {
    let path = format!("/v25.0/{}/subscribed_apps", stepped.simulator.config().waba_id);
    let bearer = format!("Bearer {}", stepped.secrets.simulator_token);
    let request = Request::builder().method(method).uri(path).header(header::AUTHORIZATION, bearer);
    let answer = stepped.simulator.router().oneshot(request.body(Body::empty())?).await?;
    Ok(serde_json::from_slice(&axum::body::to_bytes(answer.into_body(), usize::MAX).await?)?)
}

#[tokio::test]
async fn a_number_is_added_sends_and_is_taken_away_when_nothing_needs_it() -> anyhow::Result<()> {
    let stepped = Stepped::open().await?;
    let app = &stepped.app;
    let standing = stepped.channel().await?;
    gone(app, &standing.id).await?;
    gone(app, &standing.id).await?;
    let none: ChannelList = call(app, "GET", "/v3/channels", Value::Null).await?;
    assert_eq!(none.items, []);

    let asked =
        json!({ "appId": SIMULATOR_APP, "wabaId": standing.waba_id, "phoneNumberId": standing.phone_number_id });
    assert_eq!(subscribed(&stepped, "DELETE").await?["success"], true);
    assert_eq!(subscribed(&stepped, "GET").await?["data"], json!([]));
    let added: Channel = call(app, "POST", "/v3/channels", asked.clone()).await?;
    assert_eq!(subscribed(&stepped, "GET").await?["data"].as_array().map(Vec::len), Some(1));
    assert_eq!((added.name.as_str(), added.messages_per_second, added.simulated), ("Lucky Shrub", 80, true));
    let again: Channel = call(app, "POST", "/v3/channels", asked).await?;
    assert_eq!(again.id, added.id);

    let edit = json!({ "name": " Shop ", "marketingMessages": true, "apiVersion": "v26.0" });
    let path = format!("/v3/channels/{}", added.id);
    let edited: Channel = call(app, "PATCH", &path, edit).await?;
    assert_eq!((edited.name.as_str(), edited.marketing_messages), ("Shop", true));
    assert_eq!(edited.api_version.as_deref(), Some("v26.0"));
    for (edit, field) in [(json!({ "name": " " }), "name"), (json!({ "apiVersion": "25" }), "apiVersion")] {
        assert_eq!(refused(app, "PATCH", &path, edit).await?["errors"][0]["field"], field);
    }

    let made = draft_on(app, &added.id, &contacts::csv(2), json!({})).await?;
    assert_eq!(act(app, &made.id, "start").await?.status, CampaignStatus::Processing);
    let problem = refused(app, "DELETE", &path, Value::Null).await?;
    assert!(problem["detail"].as_str().is_some_and(|why| why.contains("still sends from this number")), "{problem}");
    act(app, &made.id, "cancel").await?;
    gone(app, &added.id).await
}

#[tokio::test]
async fn a_number_that_is_not_ours_is_not_added() -> anyhow::Result<()> {
    let stepped = Stepped::open().await?;
    let app = &stepped.app;
    let standing = stepped.channel().await?;
    let asked = |phone_number_id: &str| json!({ "appId": SIMULATOR_APP, "wabaId": standing.waba_id, "phoneNumberId": phone_number_id });
    let problem = refused(app, "POST", "/v3/channels", asked("999")).await?;
    assert_eq!(problem["errors"][0]["field"], "phoneNumberId");
    let wrong = json!({ "appId": "nobody", "wabaId": "x", "phoneNumberId": "" });
    let problem = refused(app, "POST", "/v3/channels", wrong).await?;
    let fields: Vec<&str> =
        problem["errors"].as_array().into_iter().flatten().filter_map(|one| one["field"].as_str()).collect();
    assert_eq!(fields, ["wabaId", "phoneNumberId", "appId"]);

    let access = AccessRecord::owner(WorkspaceId(2), "Other");
    let token = access::grant(app, Purpose::Token, &access).await?;
    let taken = call_with::<Value>(&token, app, "POST", "/v3/channels", asked(&standing.phone_number_id)).await;
    assert!(taken.is_err_and(|error| error.to_string().contains("in use elsewhere")));
    let path = format!("/v3/channels/{}", standing.id);
    for (method, path) in [("PATCH", path.clone()), ("GET", format!("{path}/health"))] {
        let answer = call_with::<Value>(&token, app, method, &path, json!({})).await;
        assert!(answer.is_err_and(|error| error.to_string().contains("404")), "{method} {path}");
    }
    call_with::<Value>(&token, app, "DELETE", &path, Value::Null).await.err();
    assert!(lambdas::storage::channels::get(app, standing.workspace_id, &standing.id).await?.is_some());
    Ok(())
}

#[tokio::test]
async fn a_number_says_how_it_is() -> anyhow::Result<()> {
    let stepped = Stepped::open().await?;
    let path = format!("/v3/channels/{}/health", stepped.channel_id().await?);
    let health: ChannelHealth = call(&stepped.app, "GET", &path, Value::Null).await?;
    assert_eq!((health.can_send.as_deref(), health.status.as_deref()), (Some("AVAILABLE"), Some("CONNECTED")));
    assert_eq!((health.quality.as_deref(), health.silent_because), (Some("GREEN"), None));
    let body = json!({ "event": "RESTRICTION", "types": ["RESTRICTED_BIZ_INITIATED_MESSAGING"], "seconds": 3_600 });
    let request = Request::post("/simulator/account").header(header::CONTENT_TYPE, "application/json");
    stepped.simulator.router().oneshot(request.body(Body::from(body.to_string()))?).await?;
    let health: ChannelHealth = call(&stepped.app, "GET", &path, Value::Null).await?;
    assert_eq!(health.can_send.as_deref(), Some("BLOCKED"));
    assert!(!health.troubles.is_empty());
    Ok(())
}
