//! Promises that are not kept yet. Each is tested to be still open, every run prints it, and it goes red once it is kept:
//! then its test moves to where it belongs.

use std::io::Write;

use anyhow::{Context, ensure};
use axum::body::Body;
use axum::http::Request;
use campanile_tests::contacts;
use campanile_tests::running::Running;
use lambdas::storage::channels;
use local::whatsapp::{SIMULATOR_APP, WORKSPACE};
use serde_json::json;
use tower::ServiceExt;

/// Prints the gap while it is open. The line is written past the test runner, which keeps the output of good tests.
fn is_open(promise: &str, kept: anyhow::Result<()>) -> anyhow::Result<()> {
    match kept {
        Ok(()) => anyhow::bail!("kept now, so no gap any more: {promise}"),
        Err(why) => Ok(writeln!(std::io::stdout(), "\nknown gap: {promise} ({why:#})")?),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn p7_consent() -> anyhow::Result<()> {
    is_open("P7, who wrote STOP gets nothing more", stop_is_heard().await)
}

/// A person writes STOP, then a campaign that has him starts: nothing may arrive.
async fn stop_is_heard() -> anyhow::Result<()> {
    let running = Running::start().await?;
    let channel = channels::list(&running.process.app, WORKSPACE).await?.into_iter().next().context("no channel")?;
    let phone = contacts::phones().next().context("no phone")?;
    let value = json!({
        "messaging_product": "whatsapp",
        "metadata": { "display_phone_number": "1", "phone_number_id": channel.phone_number_id },
        "contacts": [{ "profile": { "name": "Ana" }, "wa_id": &phone[1..] }],
        "messages": [{ "from": &phone[1..], "id": "wamid.in", "timestamp": "1", "type": "text", "text": { "body": "STOP" } }],
    });
    let change = json!({ "field": "messages", "value": value });
    let body =
        json!({ "object": "whatsapp_business_account", "entry": [{ "id": "1", "changes": [change] }] }).to_string();
    let signed = simulator::signature(&running.process.simulator.config().app_secret, body.as_bytes())?;
    let request = Request::post(format!("/webhooks/{SIMULATOR_APP}")).header("x-hub-signature-256", signed);
    let heard = lambdas::webhook::router(running.process.app.clone()).oneshot(request.body(Body::from(body))?).await?;
    ensure!(heard.status().is_success(), "the webhook answered {}", heard.status());

    let audience = running.client.audience(contacts::csv(1)).await?;
    let draft = running.client.draft(&audience.id, json!({})).await?;
    running.client.ask(&draft.id, "start").await?;
    running.client.completed(&draft.id).await?;
    let arrived = running.process.simulator.totals().accepted;
    running.stop().await?;
    ensure!(arrived == 0, "{arrived} message arrived after STOP");
    Ok(())
}
