//! A campaign from its draft to its end: every operation on it.

use anyhow::Context;
use axum::http::header::{self, HeaderName};
use campanile_tests::campaign::{count, later, token};
use campanile_tests::contacts;
use campanile_tests::people::{now, tell};
use lambdas::storage::files;
use lambdas::{dispatcher, exporter, importer, sender};
use local::cloud::FILES_BUCKET;
use local::embedded::s3::PutEvent;
use local::events::s3_event;
use local::whatsapp::WORKSPACE;
use serde_json::{Value, json};
use wire::AudienceId;

use super::{Walk, id, text};

const DAY: i64 = 24 * 60 * 60;

/// A draft that somebody looks at, changes, tries and approves.
pub(super) async fn drafted(walk: &mut Walk, channel: &str, owner: &[(HeaderName, String)]) -> anyhow::Result<String> {
    let audience = uploaded(walk).await?;
    let body = json!([{ "text": "{{name}}: {{link:shop}}" }]);
    let asked = json!({
        "name": "Weekly", "channelId": channel, "audienceId": audience, "spendCap": "100",
        "template": { "name": "weekly_offer", "language": "en", "body": body },
        "links": [{ "name": "shop", "url": "https://shop.example/offer" }],
    });
    let campaign = id(&walk.ask("POST", "/v3/campaigns", &[], asked).await?)?;
    walk.ask("PATCH", "/v3/campaigns/{id}", &[&campaign], json!({ "name": "Weekly offer" })).await?;
    walk.ask("GET", "/v3/campaigns/{id}/estimate", &[&campaign], Value::Null).await?;
    walk.ask("GET", "/v3/campaigns/{id}/preview", &[&campaign], Value::Null).await?;
    walk.ask("POST", "/v3/campaigns/{id}/try", &[&campaign], json!({ "to": ["+5511987650001"] })).await?;
    walk.ask_as(owner, "POST", "/v3/campaigns/{id}/approve", &[&campaign], json!({})).await?;
    let copy = id(&walk.ask("POST", "/v3/campaigns/{id}/clone", &[&campaign], json!({})).await?)?;
    walk.ask("DELETE", "/v3/campaigns/{id}", &[&copy], Value::Null).await?;
    Ok(campaign)
}

/// Three whom WhatsApp takes, one of whom nobody knows anything, and a row that is nobody: the audience of their file.
async fn uploaded(walk: &mut Walk) -> anyhow::Result<String> {
    let file = format!("{}Bia,{}\nNobody,12\n", contacts::csv(3), contacts::phone_ending("0186"));
    let announced = json!({ "fileName": "contacts.csv", "sizeBytes": file.len() });
    let audience = text(&walk.ask("POST", "/v3/uploads", &[], announced).await?, "audienceId")?;
    let key = files::upload_key(WORKSPACE, &AudienceId(audience.clone()));
    let size = file.len() as u64;
    files::put(&walk.app(), &key, "text/csv", file.into_bytes()).await?;
    importer::handle(&walk.app(), s3_event(&PutEvent { bucket: FILES_BUCKET.to_owned(), key, size })?).await?;
    walk.ask("GET", "/v3/audiences/{id}/rejects", &[&audience], Value::Null).await?;
    walk.ask("GET", "/v3/audiences/{id}/consents", &[&audience], Value::Null).await?;
    Ok(audience)
}

/// It starts, its jobs die, it is paused and goes on, and the dead jobs are sent after all.
pub(super) async fn sent(walk: &mut Walk, campaign: &str) -> anyhow::Result<()> {
    let app = walk.app();
    walk.ask("POST", "/v3/campaigns/{id}/start", &[campaign], json!({})).await?;
    let nudges = walk.stepped.take(&app.config.nudge_queue_url).await?;
    dispatcher::handle(&app, dispatcher::Event::Nudges(nudges)).await?;
    for job in walk.stepped.take(&app.config.send_queue_url).await?.records {
        let dead = app.sqs.send_message().queue_url(&app.config.send_dead_queue_url);
        dead.message_body(job.body.unwrap_or_default()).send().await?;
    }
    walk.tick().await?;
    let dead = walk.ask("GET", "/v3/campaigns/{id}/dead-letters", &[campaign], Value::Null).await?;
    assert!(dead["items"].as_array().is_some_and(|letters| !letters.is_empty()), "{dead}");

    walk.ask("POST", "/v3/campaigns/{id}/pause", &[campaign], json!({})).await?;
    let notices = walk.ask("GET", "/v3/notices", &[], Value::Null).await?;
    let up_to = id(&notices["items"][0])?;
    walk.ask("POST", "/v3/notices/read", &[], json!({ "upTo": up_to })).await?;
    walk.ask("POST", "/v3/campaigns/{id}/resume", &[campaign], json!({})).await?;
    walk.ask("POST", "/v3/campaigns/{id}/dead-letters/redrive", &[campaign], json!({})).await?;
    loop {
        let jobs = walk.stepped.take_now(&app.config.send_queue_url).await?;
        if jobs.records.is_empty() {
            break;
        }
        sender::handle(&app, jobs).await?;
    }
    count(&walk.stepped).await
}

/// Somebody opens his link, somebody's message fails after all and is tried again, and what nobody knows stays unknown.
pub(super) async fn decided(walk: &mut Walk, campaign: &str) -> anyhow::Result<()> {
    let arrivals = walk.stepped.simulator.arrivals();
    let links = arrivals.iter().rev().filter_map(|one| one.text.split("/r/").nth(1));
    let link = links.filter_map(|rest| rest.split(|c: char| !c.is_ascii_alphanumeric() && c != '-' && c != '_').next());
    let link = link.map(str::to_owned).next().context("nobody got a link")?;
    walk.ask_as(&[], "GET", "/r/{token}", &[&link], Value::Null).await?;

    let status = json!({
        "id": "wamid.test", "status": "failed", "timestamp": now().to_string(), "recipient_id": "12005550100",
        "biz_opaque_callback_data": format!("c={campaign};i=0;a=1"), "errors": [{ "code": 130_429, "title": "no" }],
    });
    tell(&walk.stepped, "messages", json!({ "statuses": [status] })).await?;
    count(&walk.stepped).await?;
    walk.ask("POST", "/v3/campaigns/{id}/retry", &[campaign], json!({})).await?;
    let today = walk.app();
    walk.stepped.app = later(&today, DAY + 3_700);
    // A token of its own: of what was asked tomorrow, today's limit knows nothing.
    let bearer = (header::AUTHORIZATION, format!("Bearer {}", token(&today).await?));
    let leave = json!({ "decision": "leave" });
    walk.ask_as(&[bearer], "POST", "/v3/campaigns/{id}/unknowns", &[campaign], leave).await?;
    walk.stepped.app = today;
    Ok(())
}

/// What came of it, in every form, and its end.
pub(super) async fn summed_up(walk: &mut Walk, campaign: &str) -> anyhow::Result<()> {
    walk.ask("POST", "/v3/campaigns/{id}/recount", &[campaign], json!({})).await?;
    for part in ["", "/messages", "/report", "/audit"] {
        walk.ask("GET", &format!("/v3/campaigns/{{id}}{part}"), &[campaign], Value::Null).await?;
    }
    walk.ask("GET", "/v3/campaigns", &[], Value::Null).await?;
    walk.ask("GET", "/v3/reports", &[], Value::Null).await?;
    for kind in ["csv", "xlsx"] {
        walk.ask("GET", &format!("/v3/reports/export?format={kind}"), &[], Value::Null).await?;
    }
    let export = walk.ask("POST", "/v3/campaigns/{id}/exports", &[campaign], json!({ "format": "csv" })).await?;
    exporter::handle(&walk.app(), walk.stepped.take(&walk.stepped.cloud.queues.export).await?).await?;
    let written = "/v3/campaigns/{id}/exports/{export}";
    let ready = walk.ask("GET", written, &[campaign, &id(&export)?], Value::Null).await?;
    assert_eq!((&ready["status"], &ready["people"]), (&json!("ready"), &json!(4)));
    walk.ask("POST", "/v3/campaigns/{id}/cancel", &[campaign], json!({})).await?;
    Ok(())
}
