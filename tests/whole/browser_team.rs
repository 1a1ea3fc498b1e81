//! Team in headless Chromium: somebody is let in, signs in through this machine's provider, and may do what his role may;
//! a token is made and revoked; a campaign waits for a second person.

use anyhow::ensure;
use campanile_tests::browser::{Browser, Scheme};
use campanile_tests::contacts;
use campanile_tests::running::Running;
use serde_json::{Value, json};
use thirtyfour::prelude::*;

#[tokio::test(flavor = "multi_thread")]
async fn somebody_is_let_in_and_signs_in_with_what_the_owner_gave_him() -> anyhow::Result<()> {
    let running = Running::start().await?;
    let browser = Browser::open(1280, 1000).await?;
    browser.driver.goto(&running.process.sign_in_link().await?).await?;
    browser.click("nav-team").await?;
    browser.click("invite").await?;
    browser.text_until("member-email-error", |text| text.contains("address")).await?;
    browser.fill("member-email", "ana@example.com").await?;
    browser.fill("member-name", "Ana").await?;
    browser.choose("new-member-role", "Viewer").await?;
    browser.click("invite").await?;
    let link = browser.text_until("sign-in-link", |text| text.contains("/sign-in?code=")).await?;
    browser.text_until("members", |text| text.contains("ana@example.com")).await?;
    browser.screenshot("team-1-people").await?;
    token(&browser, &running).await?;
    webhook(&browser).await?;
    nothing_to_tell(&browser).await?;
    departure(&browser, &running).await?;

    browser.click("sign-out").await?;
    browser.find("how-to-sign-in").await?;
    browser.click("begin-sign-in").await?;
    let field = browser.driver.query(By::Id("code")).first().await?;
    browser.screenshot("team-3-provider").await?;
    field.send_keys(&link).await?;
    browser.driver.query(By::Css("button[type=submit]")).first().await?.click().await?;
    browser.text_until("workspace", |text| text.starts_with("Ana")).await?;
    let address = browser.driver.current_url().await?;
    ensure!(address.path() == "/campaigns" && address.query().is_none(), "{address} keeps something of the sign-in");

    // A viewer sees who works here and changes nothing.
    browser.click("nav-team").await?;
    browser.text_until("members", |text| text.contains("ana@example.com")).await?;
    ensure!(!browser.driver.query(By::Css("[data-testid=invite]")).nowait().exists().await?, "a viewer may invite");
    browser.as_phone(390, 844, Scheme::Dark).await?;
    browser.whole_page("team-4-viewer-phone").await?;
    browser.close().await?;
    running.stop().await
}

async fn token(browser: &Browser, running: &Running) -> anyhow::Result<()> {
    browser.fill("token-name", "CRM").await?;
    browser.choose("token-role", "Viewer").await?;
    browser.fill("token-days", "30").await?;
    browser.click("campaigns:read").await?;
    browser.click("make-token").await?;
    let token = browser.text_until("new-token", |text| text.starts_with("cmp_")).await?;
    let ask = async || {
        let request = reqwest::Client::new().get(format!("{}/v3/session", running.process.address));
        anyhow::Ok(request.bearer_auth(&token).send().await?.status().as_u16())
    };
    assert_eq!(ask().await?, 200);
    browser.text_until("token-scopes", |text| text == "Only Campaigns (see)").await?;
    browser.whole_page("team-2-token").await?;
    browser.click("revoke").await?;
    let question = browser.text("confirm-text").await?;
    ensure!(question.contains("CRM"), "{question}");
    browser.screenshot("team-2-revoke").await?;
    browser.click("confirm-yes").await?;
    browser.driver.query(By::Css("[data-testid=token]")).not_exists().await?;
    assert_eq!(ask().await?, 401);
    Ok(())
}

/// A webhook is added, switched off and deleted; what is missing is told at its field.
async fn webhook(browser: &Browser) -> anyhow::Result<()> {
    browser.fill("webhook-url", "http://example.com/hook").await?;
    browser.click("add-webhook").await?;
    browser.text_until("webhook-url-error", |text| text.contains("https")).await?;
    browser.text_until("events-error", |text| text.contains("at least one")).await?;
    browser.fill("webhook-url", "https://example.com/hook").await?;
    browser.click("campaign.completed").await?;
    browser.click("add-webhook").await?;
    browser.text_until("new-secret", |text| text.starts_with("whsec_")).await?;
    browser.text_until("webhook", |text| text.contains("example.com") && text.contains("Campaign completed")).await?;
    browser.whole_page("team-3-webhook").await?;
    browser.click("webhook-on").await?;
    browser.text_until("webhook-standing", |text| text.starts_with("Off")).await?;
    browser.click("delete-webhook").await?;
    let question = browser.text("confirm-text").await?;
    ensure!(question.contains("example.com"), "{question}");
    browser.click("confirm-yes").await?;
    browser.driver.query(By::Css("[data-testid=webhook]")).not_exists().await?;
    Ok(())
}

/// Another owner, who made two tokens, is removed: the question names them, and they end with her.
async fn departure(browser: &Browser, running: &Running) -> anyhow::Result<()> {
    let asked = json!({ "email": "bia@example.com", "name": "Bia", "role": "owner" });
    let bia: Value = running.client.post("/v3/members", &asked).await?;
    let path = format!("/v3/members/{}/sign-in-link", bia["id"].as_str().unwrap_or_default());
    let link: Value = running.client.post(&path, &json!({})).await?;
    let (http, address) = (reqwest::Client::new(), &running.process.address);
    let signed_in = http.post(format!("{address}/v3/sign-in")).json(&json!({ "code": link["code"] })).send().await?;
    let cookies = signed_in.headers().get_all("set-cookie").iter().filter_map(|cookie| cookie.to_str().ok());
    let pairs: Vec<&str> = cookies.filter_map(|cookie| cookie.split(';').next()).collect();
    let cookies = pairs.join("; ");
    for name in ["CRM", "ERP"] {
        let post = http.post(format!("{address}/v3/tokens")).header("cookie", &cookies);
        let post = post.header("x-requested-with", "campanile").json(&json!({ "name": name, "role": "viewer" }));
        post.send().await?.error_for_status()?;
    }
    browser.click("nav-notices").await?;
    browser.find("no-notices").await?;
    browser.click("nav-team").await?;
    browser.text_until("members", |text| text.contains("bia@example.com")).await?;
    let last = "[data-testid=member]:last-child [data-testid=remove-member]";
    let remove = browser.driver.query(By::Css(last)).first().await?;
    remove.scroll_into_view().await?;
    remove.click().await?;
    let names = |text: &str| ["CRM", "ERP"].iter().all(|name| text.contains(name));
    let named = |text: &str| text.starts_with("2 API tokens of Bia still work") && names(text);
    browser.text_until("their-tokens", named).await?;
    ensure!(browser.find("revoke-tokens").await?.is_selected().await?, "the tokens would go on working");
    browser.screenshot("team-3-departure").await?;
    browser.click("confirm-yes").await?;
    browser.driver.query(By::Css("[data-testid=token]")).not_exists().await?;
    let gone = |text: &str| text.contains("ana@example.com") && !text.contains("bia@example.com");
    browser.text_until("members", gone).await?;
    Ok(())
}

async fn nothing_to_tell(browser: &Browser) -> anyhow::Result<()> {
    browser.click("nav-notices").await?;
    browser.text_until("no-notices", |text| text.contains("Nothing to tell")).await?;
    browser.click("nav-team").await?;
    browser.find("make-token").await.map(|_| ())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_campaign_to_many_people_starts_once_a_second_person_has_approved_it() -> anyhow::Result<()> {
    let running = Running::start().await?;
    let audience = running.client.audience(contacts::csv(30)).await?;
    let made = running.client.draft(&audience.id, json!({})).await?;
    let browser = Browser::open(1280, 1000).await?;
    browser.driver.goto(&running.process.sign_in_link().await?).await?;
    browser.click("nav-settings").await?;
    browser.click("approvalAbove").await?;
    browser.fill("approval-people", "20").await?;
    browser.click("save-settings").await?;
    let needed = "more than 20 people need a second person's yes";
    browser.text_until("settings-change", |text| text.contains(needed)).await?;

    // Who copies a campaign is the author of the copy, and no second person to it.
    browser.driver.goto(format!("{}/campaigns/{}", running.process.address, made.id)).await?;
    browser.click("clone").await?;
    browser.text_until("title", |text| text.contains("(copy)")).await?;
    browser.text_until("waits-for-approval", |text| text.contains("above 20 people")).await?;
    let page = browser.driver.current_url().await?.to_string();
    browser.click("start").await?;
    browser.click("attest").await?;
    browser.click("attest-yes").await?;
    browser.text_until("notice", |text| text.contains("a second person must approve it")).await?;
    browser.click("approve").await?;
    browser.text_until("notice", |text| text.contains("somebody else must approve it")).await?;
    browser.screenshot("team-5-waits").await?;
    browser.click("sign-out").await?;
    browser.find("how-to-sign-in").await?;

    browser.driver.goto(manager(&running).await?).await?;
    browser.text_until("workspace", |text| text.starts_with("Bia")).await?;
    browser.click("nav-settings").await?;
    browser.text_until("owners-only", |text| text == "Only owners change this.").await?;
    assert!(!browser.find("approvalAbove").await?.is_enabled().await?);
    browser.driver.goto(&page).await?;
    browser.click("approve").await?;
    browser.text_until("approved-by", |text| text.starts_with("Approved by Bia")).await?;
    let said = |text: &str| text.starts_with("A second person approved it") && text.contains("Bia");
    browser.text_until("audit-line", said).await?;
    browser.screenshot("team-6-approved").await?;
    browser.click("start").await?;
    browser.click("attest").await?;
    browser.click("attest-yes").await?;
    browser.text_until("campaign-status", |text| text == "Completed").await?;
    browser.close().await?;
    running.stop().await
}

/// Lets a manager called Bia in; gives the link by which she signs in.
async fn manager(running: &Running) -> anyhow::Result<String> {
    let asked = json!({ "email": "bia@example.com", "name": "Bia", "role": "manager" });
    let member: Value = running.client.post("/v3/members", &asked).await?;
    let path = format!("/v3/members/{}/sign-in-link", member["id"].as_str().unwrap_or_default());
    let link: Value = running.client.post(&path, &json!({})).await?;
    Ok(format!("{}/sign-in?code={}", running.process.address, link["code"].as_str().unwrap_or_default()))
}
