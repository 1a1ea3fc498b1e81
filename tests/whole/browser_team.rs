//! Team in headless Chromium: somebody is let in, signs in through this machine's provider, and may do what his role may;
//! a token is made and revoked.

use anyhow::ensure;
use campanile_tests::browser::{Browser, Scheme};
use campanile_tests::running::Running;
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
    browser.click("make-token").await?;
    let token = browser.text_until("new-token", |text| text.starts_with("cmp_")).await?;
    let ask = async || {
        let request = reqwest::Client::new().get(format!("{}/v3/session", running.process.address));
        anyhow::Ok(request.bearer_auth(&token).send().await?.status().as_u16())
    };
    assert_eq!(ask().await?, 200);
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

async fn nothing_to_tell(browser: &Browser) -> anyhow::Result<()> {
    browser.click("nav-notices").await?;
    browser.text_until("no-notices", |text| text.contains("Nothing to tell")).await?;
    browser.click("nav-team").await?;
    browser.find("make-token").await.map(|_| ())
}
