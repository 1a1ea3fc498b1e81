//! What became of a template and no webhook told: before a campaign begins or goes on WhatsApp is asked itself. The
//! simulator has no callback here, so nothing that Meta does is heard.

use std::sync::Arc;

use axum::body::Body;
use axum::http::{Request, header};
use campanile_tests::campaign::{act, call, dispatched, draft, refused, with_credentials};
use campanile_tests::contacts;
use campanile_tests::stepped::Stepped;
use lambdas::{App, dispatcher};
use serde_json::{Value, json};
use tower::ServiceExt;
use wire::{AuditList, Campaign, CampaignEvent, CampaignId, CampaignStatus};

const PEOPLE: usize = 40;

/// Something that Meta does to a template.
async fn becomes(stepped: &Stepped, what: Value) -> anyhow::Result<()> {
    let request = Request::post("/simulator/templates").header(header::CONTENT_TYPE, "application/json");
    let answer = stepped.simulator.router().oneshot(request.body(Body::from(what.to_string()))?).await?;
    anyhow::ensure!(answer.status().is_success(), "{what} was answered {}", answer.status());
    Ok(())
}

/// A utility template of the simulated account, filled in.
fn reminder() -> Value {
    json!({ "template": {
        "name": "appointment_reminder", "language": "en", "header": [{ "text": "Monday" }],
        "body": [{ "column": "name" }, { "text": "10:00" }],
    } })
}

async fn reminder_becomes_marketing(stepped: &Stepped) -> anyhow::Result<()> {
    let name = "appointment_reminder";
    becomes(stepped, json!({ "name": name, "language": "en", "event": "CATEGORY", "category": "MARKETING" })).await
}

async fn offer_is_disabled(stepped: &Stepped) -> anyhow::Result<()> {
    becomes(stepped, json!({ "name": "weekly_offer", "language": "en", "event": "DISABLED" })).await
}

/// The latest that was done with a campaign, and why.
async fn latest(stepped: &Stepped, campaign: &CampaignId) -> anyhow::Result<(CampaignEvent, String)> {
    let path = format!("/v3/campaigns/{campaign}/audit");
    let audit: AuditList = call(&stepped.app, "GET", &path, Value::Null).await?;
    let line = audit.items.into_iter().next().ok_or_else(|| anyhow::anyhow!("nothing was done"))?;
    Ok((line.what, line.reason.unwrap_or_default()))
}

async fn category(stepped: &Stepped, campaign: &CampaignId) -> anyhow::Result<String> {
    Ok(stepped.record(campaign).await?.template.map(|template| template.category).unwrap_or_default())
}

async fn tick(app: &Arc<App>) -> anyhow::Result<()> {
    dispatcher::handle(app, dispatcher::Event::Tick(json!({}))).await
}

/// What a message of each category costs, in round prices.
async fn priced(stepped: &Stepped) -> anyhow::Result<()> {
    let rates = json!([{ "validFrom": "2020-01-01", "marketing": "0.05", "utility": "0.01", "service": "0" }]);
    let card = json!({
        "name": "Our contract", "currency": "BRL",
        "markets": [{ "name": "North America", "countries": ["US", "CA"], "rates": rates }],
    });
    call::<Value>(&stepped.app, "PUT", "/v3/rate-card", card).await.map(|_| ())
}

fn estimated(campaign: &Campaign) -> Option<&str> {
    campaign.spending.as_ref()?.estimated.as_deref()
}

#[tokio::test]
async fn a_category_that_changed_while_the_campaign_was_paused_holds_from_its_resume() -> anyhow::Result<()> {
    let stepped = Stepped::open().await?;
    priced(&stepped).await?;
    let (campaign, _) = dispatched(&stepped, &contacts::csv(PEOPLE), reminder()).await?;
    let paused = act(&stepped.app, &campaign, "pause").await?;
    assert_eq!((estimated(&paused), category(&stepped, &campaign).await?.as_str()), (Some("0.40"), "UTILITY"));
    reminder_becomes_marketing(&stepped).await?;
    call::<Value>(&stepped.app, "PATCH", "/v3/settings", json!({ "confirmPrice": true })).await?;

    let resume = format!("/v3/campaigns/{campaign}/resume");
    for body in [json!({}), json!({ "confirmedPrice": "0.40" })] {
        let problem = refused(&stepped.app, "POST", &resume, body).await?;
        assert_eq!(problem["type"], json!("priceNotConfirmed"), "{problem}");
        assert_eq!(problem["errors"][0], json!({ "field": "confirmedPrice", "message": "2.00" }));
    }
    assert_eq!(stepped.record(&campaign).await?.status, CampaignStatus::Paused);
    let resumed: Campaign = call(&stepped.app, "POST", &resume, json!({ "confirmedPrice": "2.00" })).await?;
    assert_eq!((resumed.status, estimated(&resumed)), (CampaignStatus::Processing, Some("2.00")));
    assert_eq!(category(&stepped, &campaign).await?, "MARKETING");
    let (what, why) = latest(&stepped, &campaign).await?;
    assert_eq!(what, CampaignEvent::Resumed);
    assert!(why.contains("appointment_reminder (en): WhatsApp made it a marketing template"), "{why}");

    act(&stepped.app, &campaign, "pause").await?;
    let again = act(&stepped.app, &campaign, "resume").await?;
    assert_eq!(again.status, CampaignStatus::Processing, "it is agreed to");
    assert_eq!(latest(&stepped, &campaign).await?.1, "", "and no news any more");
    Ok(())
}

#[tokio::test]
async fn a_template_that_became_cheaper_is_estimated_so_and_asks_nobody() -> anyhow::Result<()> {
    let stepped = Stepped::open().await?;
    priced(&stepped).await?;
    let (campaign, _) = dispatched(&stepped, &contacts::csv(PEOPLE), json!({})).await?;
    act(&stepped.app, &campaign, "pause").await?;
    let cheaper = json!({ "name": "weekly_offer", "language": "en", "event": "CATEGORY", "category": "UTILITY" });
    becomes(&stepped, cheaper).await?;
    call::<Value>(&stepped.app, "PATCH", "/v3/settings", json!({ "confirmPrice": true })).await?;
    let resumed = act(&stepped.app, &campaign, "resume").await?;
    assert_eq!((resumed.status, estimated(&resumed)), (CampaignStatus::Processing, Some("0.40")));
    assert_eq!(category(&stepped, &campaign).await?, "UTILITY");
    Ok(())
}

#[tokio::test]
async fn a_template_that_was_disabled_lets_no_campaign_go_on() -> anyhow::Result<()> {
    let stepped = Stepped::open().await?;
    let (campaign, _) = dispatched(&stepped, &contacts::csv(2), json!({})).await?;
    act(&stepped.app, &campaign, "pause").await?;
    offer_is_disabled(&stepped).await?;
    let problem = refused(&stepped.app, "POST", &format!("/v3/campaigns/{campaign}/resume"), json!({})).await?;
    assert_eq!((&problem["status"], &problem["errors"][0]["field"]), (&json!(422), &json!("template.name")));
    assert!(problem["errors"][0]["message"].as_str().is_some_and(|why| why.contains("it is disabled")), "{problem}");
    assert_eq!(stepped.record(&campaign).await?.status, CampaignStatus::Paused);
    Ok(())
}

#[tokio::test]
async fn where_whatsapp_cannot_be_reached_a_campaign_goes_on_by_what_is_known_and_says_so() -> anyhow::Result<()> {
    let stepped = Stepped::open().await?;
    let (campaign, _) = dispatched(&stepped, &contacts::csv(2), json!({})).await?;
    act(&stepped.app, &campaign, "pause").await?;
    let offline = with_credentials(&stepped.app, |apps| apps[0].api_url = "http://127.0.0.1:9".into());
    let resumed = act(&offline, &campaign, "resume").await?;
    assert_eq!(resumed.status, CampaignStatus::Processing);
    assert_eq!(category(&stepped, &campaign).await?, "MARKETING");
    let (what, why) = latest(&stepped, &campaign).await?;
    assert_eq!(what, CampaignEvent::Resumed);
    assert!(why.starts_with("WhatsApp did not answer"), "{why}");
    Ok(())
}

/// A campaign whose time comes before the next tick but one.
async fn scheduled(stepped: &Stepped, mut content: Value) -> anyhow::Result<CampaignId> {
    content["scheduledTo"] = json!(chrono::Utc::now() + chrono::Duration::seconds(40));
    let made = draft(&stepped.app, &contacts::csv(2), content).await?;
    assert_eq!(made.status, CampaignStatus::Scheduled);
    Ok(made.id)
}

#[tokio::test]
async fn a_campaign_whose_time_has_come_pauses_for_what_became_of_its_template() -> anyhow::Result<()> {
    let stepped = Stepped::open().await?;
    let dearer = scheduled(&stepped, reminder()).await?;
    let lost = scheduled(&stepped, json!({})).await?;
    reminder_becomes_marketing(&stepped).await?;
    offer_is_disabled(&stepped).await?;
    tick(&stepped.app).await?;
    let told = [(&dearer, "WhatsApp made it a marketing template"), (&lost, "WhatsApp disabled it for good")];
    for (campaign, why) in told {
        let record = stepped.record(campaign).await?;
        assert_eq!(record.status, CampaignStatus::Paused);
        assert!(record.status_reason.as_deref().is_some_and(|reason| reason.contains(why)), "{record:?}");
    }
    let resumed = act(&stepped.app, &dearer, "resume").await?;
    assert_eq!(resumed.status, CampaignStatus::Scheduled);
    tick(&stepped.app).await?;
    let begun = stepped.record(&dearer).await?;
    assert_eq!((begun.status, begun.is_marketing()), (CampaignStatus::Processing, true), "it is no news any more");
    Ok(())
}

#[tokio::test]
async fn a_campaign_begins_at_its_time_by_what_is_known_where_whatsapp_cannot_be_reached() -> anyhow::Result<()> {
    let stepped = Stepped::open().await?;
    let campaign = scheduled(&stepped, json!({})).await?;
    let offline = with_credentials(&stepped.app, |apps| apps[0].api_url = "http://127.0.0.1:9".into());
    tick(&offline).await?;
    assert_eq!(stepped.record(&campaign).await?.status, CampaignStatus::Processing);
    let (what, why) = latest(&stepped, &campaign).await?;
    assert_eq!(what, CampaignEvent::Started);
    assert!(why.contains("WhatsApp did not say how its templates are"), "{why}");
    Ok(())
}
