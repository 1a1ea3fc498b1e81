//! Templates in headless Chromium on a phone: one that stands is changed, a paused one let go, a carousel made.

use anyhow::Context;
use campanile_tests::browser::{Browser, Scheme};
use campanile_tests::client::until;
use campanile_tests::running::Running;
use simulator::Config;

use crate::browser_content::PNG;

/// Templates that every simulated account has: `weekly_offer` in English, and `novidades_pausadas`.
const APPROVED: &str = "1924084211297502";
const PAUSED: &str = "1924084211297507";

#[tokio::test(flavor = "multi_thread")]
async fn templates_are_changed_let_go_and_made_of_cards_on_a_phone() -> anyhow::Result<()> {
    let running = Running::start_with(Config { review_delay_ms: 1_500, ..Config::default() }).await?;
    let browser = Browser::open(500, 900).await?;
    browser.driver.goto(&running.process.sign_in_link().await?).await?;
    browser.find("first-campaign").await?;
    browser.as_phone(390, 844, Scheme::Light).await?;
    let address = running.process.address.clone();

    browser.driver.goto(format!("{address}/templates/{APPROVED}")).await?;
    change(&browser, "Hello {{1}}, this week everything in the shop is at half its price.").await?;
    browser.text_until("title", |text| text == "weekly_offer").await?;
    browser.text_until("bubble-body", |text| text.contains("half its price")).await?;
    browser.text_until("template-status-word", |text| ["Pending", "Approved"].contains(&text)).await?;
    until("the review", async || {
        browser.driver.refresh().await?;
        let Ok(status) = browser.text("template-status-word").await else { return Ok(None) };
        Ok((status == "Approved").then_some(()))
    })
    .await?;
    change(&browser, "Hello {{1}}, this week nothing in the shop is at half its price.").await?;
    browser.text_until("form-problems", |text| text.contains("24 h")).await?;

    browser.driver.goto(format!("{address}/templates/{PAUSED}")).await?;
    browser.text_until("advice", |text| text.contains("paused this template")).await?;
    browser.click("unpause-template").await?;
    browser.text_until("template-status-word", |text| text == "Approved").await?;

    browser.driver.goto(format!("{address}/templates/new")).await?;
    carousel(&browser).await?;
    browser.close().await?;
    running.stop().await
}

/// From a template's page: another text, sent to WhatsApp.
async fn change(browser: &Browser, body: &str) -> anyhow::Result<()> {
    browser.click("edit-template").await?;
    browser.text_until("advice", |text| text.contains("once in 24 hours")).await?;
    browser.fill("template-body", body).await?;
    browser.text_until("bubble-body", |text| text.starts_with("Hello 1, this week")).await?;
    assert!(browser.fits_its_width().await?, "the form is wider than a phone");
    browser.click("change-template").await
}

async fn carousel(browser: &Browser) -> anyhow::Result<()> {
    let folder = tempfile::tempdir()?;
    let picture = folder.path().join("card.png");
    std::fs::write(&picture, PNG)?;
    let picture = picture.to_str().context("the folder's path is not UTF-8")?;
    browser.fill("template-name", "two_cards").await?;
    browser.fill("template-language", "en").await?;
    browser.fill("template-body", "Two things that you may like.").await?;
    browser.click("make-carousel").await?;
    browser.click("create-template").await?;
    browser.text_until("cards.1.headerAssetId-error", |text| text.contains("sample")).await?;
    for card in 0..2 {
        browser.find(&format!("asset-card-{card}-input")).await?.send_keys(picture).await?;
        browser.text_until(&format!("asset-card-{card}-state"), |text| text == "Uploaded").await?;
        browser.fill(&format!("card-body-{card}"), &format!("The thing of number {card}.")).await?;
        browser.fill(&format!("button-text-card-{card}-0"), "This one").await?;
    }
    browser.click("no-carousel").await?;
    browser.find("add-button").await?;
    browser.click("make-carousel").await?;
    browser.text_until("asset-card-1-state", |text| text == "Uploaded").await?;
    assert!(browser.fits_its_width().await?, "the cards are wider than a phone");
    assert_eq!(browser.violations().await?, Vec::<String>::new());
    browser.click("create-template").await?;
    browser.text_until("template-row", |text| text.contains("two_cards")).await?;
    Ok(())
}
