//! Tracked links: each recipient's own address leads where the campaign says and nowhere else, and taps are counted once
//! for the person and each time in all.

use std::sync::Arc;

use anyhow::Context;
use axum::body::Body;
use axum::http::{Request, StatusCode, header};
use campaigns::job::{Job, RecipientContent};
use campanile_tests::campaign::{act, call, count, dispatched, draft, refused};
use campanile_tests::client::until;
use campanile_tests::contacts;
use campanile_tests::stepped::Stepped;
use lambdas::{App, sender};
use serde_json::{Value, json};
use tower::ServiceExt;
use wire::{
    Campaign, CampaignId, CampaignReport, Message, MessageList, Settings, TemplateCreated, TemplateList, Tried,
};

const PHONE: &str = "Mozilla/5.0 (Linux; Android 14) Chrome/131.0 Mobile Safari/537.36";
const SHOP: &str = "https://shop.example/offer?from=whatsapp";

/// Everybody's text with the link in it.
fn with_link() -> Value {
    json!({
        "template": { "name": "weekly_offer", "language": "en", "body": [{ "text": "{{name}}: {{link:shop}}" }] },
        "links": [{ "name": "shop", "url": SHOP }],
    })
}

/// What answers to somebody who opens this path.
async fn open(app: &Arc<App>, method: &str, path: &str, agent: &str) -> anyhow::Result<(StatusCode, Option<String>)> {
    let request = Request::builder().method(method).uri(path).header(header::USER_AGENT, agent).body(Body::empty())?;
    let answer = lambdas::api::router(Arc::clone(app)).oneshot(request).await?;
    let to = answer.headers().get(header::LOCATION).and_then(|to| to.to_str().ok()).map(str::to_owned);
    Ok((answer.status(), to))
}

/// The paths that people got, in the order of arrival.
fn paths(stepped: &Stepped) -> anyhow::Result<Vec<String>> {
    let path = |text: &str| {
        let address = text.split_whitespace().find(|word| word.contains("/r/"))?;
        let token =
            address.split("/r/").nth(1)?.trim_end_matches(|c: char| !c.is_ascii_alphanumeric() && c != '-' && c != '_');
        Some(format!("/r/{token}"))
    };
    stepped.simulator.arrivals().iter().map(|one| path(&one.text).context("a text without its link")).collect()
}

async fn people(stepped: &Stepped, campaign: &CampaignId) -> anyhow::Result<Vec<Message>> {
    let path = format!("/v3/campaigns/{campaign}/messages");
    Ok(call::<MessageList>(&stepped.app, "GET", &path, Value::Null).await?.items)
}

#[tokio::test]
async fn a_tap_leads_to_the_shop_and_counts_once_for_the_person_and_each_time_in_all() -> anyhow::Result<()> {
    let stepped = Stepped::open().await?;
    let (campaign, jobs) = dispatched(&stepped, &contacts::csv(3), with_link()).await?;
    sender::handle(&stepped.app, jobs).await?;
    let paths = paths(&stepped)?;
    let mut different = paths.clone();
    different.sort();
    different.dedup();
    assert_eq!(different.len(), 3, "everybody has an address of his own");

    let there = (StatusCode::FOUND, Some(SHOP.to_owned()));
    for path in [&paths[0], &paths[0], &paths[1]] {
        assert_eq!(open(&stepped.app, "GET", path, PHONE).await?, there);
    }
    // Who only looks gets the same answer and is nobody.
    assert_eq!(open(&stepped.app, "HEAD", &paths[2], PHONE).await?, there);
    assert_eq!(open(&stepped.app, "GET", &paths[2], "WhatsApp/2.23.20.0").await?, there);
    count(&stepped).await?;

    let report: CampaignReport =
        call(&stepped.app, "GET", &format!("/v3/campaigns/{campaign}/report"), Value::Null).await?;
    assert_eq!((report.funnel.clicked, report.link_opens), (2, 3));
    let mut opens: Vec<(bool, u32)> =
        people(&stepped, &campaign).await?.iter().map(|one| (one.clicked_at.is_some(), one.link_opens)).collect();
    opens.sort_unstable();
    assert_eq!(opens, [(false, 0), (true, 1), (true, 2)]);
    let recount: Value = call(&stepped.app, "POST", &format!("/v3/campaigns/{campaign}/recount"), json!({})).await?;
    assert_eq!(recount["agree"], true, "{recount}");
    Ok(())
}

#[tokio::test]
async fn a_token_that_nobody_signed_leads_nowhere_and_counts_nothing() -> anyhow::Result<()> {
    let stepped = Stepped::open().await?;
    let (campaign, jobs) = dispatched(&stepped, &contacts::csv(1), with_link()).await?;
    sender::handle(&stepped.app, jobs).await?;
    let path = paths(&stepped)?.swap_remove(0);
    let mut forged = path.clone();
    let last = if forged.ends_with('A') { "Q" } else { "A" };
    forged.replace_range(forged.len() - 1.., last);
    for path in
        [forged.as_str(), "/r/x", "/r/%2e%2e", "/r/https://elsewhere.example", &format!("/r/{}", "A".repeat(5_000))]
    {
        let (status, to) = open(&stepped.app, "GET", path, PHONE).await?;
        assert_eq!((status, to), (StatusCode::NOT_FOUND, None), "{path}");
    }
    assert_eq!(people(&stepped, &campaign).await?[0].clicked_at, None);

    // A campaign that is deleted keeps its promise for as long as its record stands.
    act(&stepped.app, &campaign, "cancel").await?;
    assert_eq!(open(&stepped.app, "GET", &path, PHONE).await?.0, StatusCode::FOUND);
    Ok(())
}

#[tokio::test]
async fn what_is_tried_on_ones_own_phone_is_nobodys_tap() -> anyhow::Result<()> {
    let stepped = Stepped::open().await?;
    let made = draft(&stepped.app, &contacts::csv(2), with_link()).await?;
    assert_eq!(made.links[0].url, SHOP);
    let path = format!("/v3/campaigns/{}/try", made.id);
    let tried: Tried = call(&stepped.app, "POST", &path, json!({ "to": ["+5511987650001"] })).await?;
    assert!(tried.items[0].accepted);
    let path = paths(&stepped)?.swap_remove(0);
    assert_eq!(open(&stepped.app, "GET", &path, PHONE).await?, (StatusCode::FOUND, Some(SHOP.to_owned())));
    assert!(people(&stepped, &made.id).await?.iter().all(|one| one.clicked_at.is_none()));
    Ok(())
}

#[tokio::test]
async fn a_button_whose_template_begins_with_our_address_carries_the_rest() -> anyhow::Result<()> {
    let stepped = Stepped::open().await?;
    let settings: Settings =
        call(&stepped.app, "PATCH", "/v3/settings", json!({ "linkOrigin": "https://go.example" })).await?;
    assert_eq!(settings.link_origin.as_deref(), Some("https://go.example"));
    let asked = json!({
        "channelId": stepped.channel_id().await?, "name": "tracked_offer", "language": "en", "category": "MARKETING",
        "body": "Hello {{1}}, have a look.", "examples": { "1": "Ana" },
        "buttons": [{ "type": "URL", "text": "Open", "url": "https://go.example/r/{{1}}", "example": "https://go.example/r/abc" }],
    });
    let _made: TemplateCreated = call(&stepped.app, "POST", "/v3/templates", asked).await?;
    let path = format!("/v3/templates?channelId={}", stepped.channel_id().await?);
    until("the review", async || {
        let all: TemplateList = call(&stepped.app, "GET", &path, Value::Null).await?;
        Ok(all.items.into_iter().find(|one| one.name == "tracked_offer" && one.status == "APPROVED"))
    })
    .await?;
    let content = |name: &str| {
        json!({
            "template": {
                "name": name, "language": if name == "tracked_offer" { "en" } else { "pt_BR" },
                "body": if name == "tracked_offer" { json!([{ "column": "name" }]) } else { json!([{ "column": "name" }, { "text": "um livro" }]) },
                "buttons": [{ "index": 0, "column": "link:shop" }],
            },
            "links": [{ "name": "shop", "url": SHOP }],
        })
    };
    let (_, jobs) = dispatched(&stepped, &contacts::csv(1), content("tracked_offer")).await?;
    let job: Job = serde_json::from_str(jobs.records[0].body.as_deref().unwrap_or_default())?;
    let RecipientContent::Send(values) = &job.recipients[0].content else { anyhow::bail!("nothing is sent") };
    let token = &values.buttons[0];
    assert!(!token.contains('/'), "{token}");
    sender::handle(&stepped.app, jobs).await?;
    assert_eq!(open(&stepped.app, "GET", &format!("/r/{token}"), PHONE).await?.1.as_deref(), Some(SHOP));

    // WhatsApp would put the whole address behind the shop's.
    let Err(error) = draft(&stepped.app, &contacts::csv(1), content("carrinho_esperando")).await else {
        anyhow::bail!("a button that leads elsewhere took a tracked link")
    };
    assert!(error.to_string().contains("template.buttons.0.value"), "{error}");
    Ok(())
}

#[tokio::test]
async fn links_are_checked_copied_and_changed_with_the_content() -> anyhow::Result<()> {
    let stepped = Stepped::open().await?;
    let made = draft(&stepped.app, &contacts::csv(1), with_link()).await?;
    let copy: Campaign = call(&stepped.app, "POST", &format!("/v3/campaigns/{}/clone", made.id), json!({})).await?;
    assert_eq!(copy.links, made.links);
    let path = format!("/v3/campaigns/{}", made.id);
    let elsewhere = json!([{ "name": "shop", "url": "https://other.example/" }]);
    let edited: Campaign = call(&stepped.app, "PATCH", &path, json!({ "links": elsewhere })).await?;
    assert_eq!(edited.links[0].url, "https://other.example/");
    // Another text with the same links leaves them, and what was tried, as they are.
    let content =
        json!({ "template": { "name": "weekly_offer", "language": "en", "body": [{ "text": "{{link:shop}}" }] } });
    let before = stepped.record(&made.id).await?.links;
    let _: Campaign = call(&stepped.app, "PATCH", &path, content).await?;
    assert_eq!(stepped.record(&made.id).await?.links, before);
    // The text still names it.
    let problem = refused(&stepped.app, "PATCH", &path, json!({ "links": [] })).await?;
    assert!(problem.to_string().contains("link:shop"), "{problem}");
    for (wrong, field) in [("http://shop.example/", "links.0.url"), ("https://localhost/", "links.0.url")] {
        let asked = json!({ "links": [{ "name": "shop", "url": wrong }] });
        assert_eq!(refused(&stepped.app, "PATCH", &path, asked).await?["errors"][0]["field"], field);
    }
    let wrong = json!({ "linkOrigin": "https://go.example/path" });
    assert_eq!(refused(&stepped.app, "PATCH", "/v3/settings", wrong).await?["errors"][0]["field"], "linkOrigin");
    Ok(())
}
