//! Consent: who asked for no more messages gets none, of no campaign of the workspace.

use anyhow::{Context, ensure};
use axum::body::Body;
use axum::http::Request;
use campanile_tests::contacts;
use campanile_tests::running::Running;
use lambdas::storage::channels;
use local::whatsapp::{SIMULATOR_APP, WORKSPACE};
use serde_json::json;
use tower::ServiceExt;

#[tokio::test(flavor = "multi_thread")]
async fn who_wrote_stop_gets_nothing_more() -> anyhow::Result<()> {
    assert_eq!(arrived_after("STOP").await?, (0, 1));
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn who_wrote_a_sentence_with_the_word_in_it_goes_on_getting_messages() -> anyhow::Result<()> {
    assert_eq!(arrived_after("stop, o Zé não vem").await?, (1, 0));
    Ok(())
}

/// A person writes something, then a campaign that has him starts: how many messages arrive, how many are skipped.
async fn arrived_after(text: &str) -> anyhow::Result<(u64, u64)> {
    let running = Running::start().await?;
    let channel = channels::list(&running.process.app, WORKSPACE).await?.into_iter().next().context("no channel")?;
    // Before the word: an import would leave him out.
    let audience = running.client.audience(contacts::csv(1)).await?;
    let phone = contacts::phones().next().context("no phone")?;
    let value = json!({
        "messaging_product": "whatsapp",
        "metadata": { "display_phone_number": "1", "phone_number_id": channel.phone_number_id },
        "contacts": [{ "profile": { "name": "Ana" }, "wa_id": &phone[1..] }],
        "messages": [{ "from": &phone[1..], "id": "wamid.in", "timestamp": "1", "type": "text", "text": { "body": text } }],
    });
    let change = json!({ "field": "messages", "value": value });
    let body =
        json!({ "object": "whatsapp_business_account", "entry": [{ "id": "1", "changes": [change] }] }).to_string();
    let signed = simulator::signature(&running.process.simulator.config().app_secret, body.as_bytes())?;
    let request = Request::post(format!("/webhooks/{SIMULATOR_APP}")).header("x-hub-signature-256", signed);
    let heard = lambdas::webhook::router(running.process.app.clone()).oneshot(request.body(Body::from(body))?).await?;
    ensure!(heard.status().is_success(), "the webhook answered {}", heard.status());

    let draft = running.client.draft(&audience.id, json!({})).await?;
    running.client.ask(&draft.id, "start").await?;
    let done = running.client.completed(&draft.id).await?;
    let arrived = running.process.simulator.totals().accepted;
    running.stop().await?;
    Ok((arrived, done.totals.skipped))
}
