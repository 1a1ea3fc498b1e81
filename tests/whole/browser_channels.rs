//! The numbers that send, in headless Chromium: how one is, changed, taken away, and added with a token of its own.

use anyhow::{Context, ensure};
use campanile_tests::browser::{Browser, Scheme};
use campanile_tests::client::until;
use campanile_tests::running::Running;
use local::whatsapp::SIMULATOR_APP;
use thirtyfour::prelude::*;
use wire::ChannelList;

#[tokio::test(flavor = "multi_thread")]
async fn a_number_is_looked_after_changed_taken_away_and_added_again() -> anyhow::Result<()> {
    let config = simulator::Config { messaging_limit: Some(250), ..campanile_tests::running::quick_simulator() };
    let running = Running::start_with(config).await?;
    let standing: ChannelList = running.client.get("/v3/channels").await?;
    let channel = standing.items.first().context("the local process has no number")?.clone();
    let app = running.process.app.config.app(SIMULATOR_APP).context("the simulator is no app")?;
    let token = app.access_token.clone();
    let browser = Browser::open(1280, 1000).await?;
    browser.driver.goto(&running.process.sign_in_link().await?).await?;
    browser.click("nav-channels").await?;
    browser.text_until("channel-state", |text| text == "Sends").await?;
    browser.text_until("channel-quality", |text| text == "High").await?;
    browser.screenshot("channels-1-list").await?;

    browser.click("edit-channel").await?;
    browser.fill("edit-channel-name", " ").await?;
    browser.click("save-channel").await?;
    browser.text_until("edit-name-error", |text| text.contains("name")).await?;
    browser.fill("edit-channel-name", "Shop").await?;
    browser.click("by-user-id").await?;
    browser.whole_page("channels-2-edit").await?;
    browser.click("save-channel").await?;
    browser.text_until("channel-said", |text| text == "Shop was changed.").await?;
    let changed: ChannelList = running.client.get("/v3/channels").await?;
    ensure!(changed.items[0].name == "Shop" && changed.items[0].by_user_id, "{changed:?}");

    browser.click("delete-channel").await?;
    let question = browser.text("confirm-text").await?;
    ensure!(question.contains("Shop"), "{question}");
    browser.click("confirm-yes").await?;
    browser.driver.query(By::Css("[data-testid=channel]")).not_exists().await?;
    browser.find("empty").await?;
    until("the keyboard at the heading", async || {
        let focused = browser.driver.execute("return document.activeElement.id", vec![]).await?;
        Ok((focused.convert::<String>()? == "page-title").then_some(()))
    })
    .await?;

    browser.click("add-channel").await?;
    browser.text_until("wabaId-error", |text| text.contains("digits")).await?;
    browser.fill("number-wabaId", &channel.waba_id).await?;
    browser.fill("number-phoneNumberId", &channel.phone_number_id).await?;
    browser.fill("number-accessToken", "of-nobody").await?;
    browser.click("add-channel").await?;
    browser.find("accessToken-error").await?;
    browser.fill("number-accessToken", &token).await?;
    browser.click("add-channel").await?;
    browser.text_until("channel-token", |text| text == "its own").await?;
    browser.text_until("channel-state", |text| text == "Sends").await?;
    let page = browser.driver.source().await?;
    ensure!(!page.contains(&token), "the page shows the token");
    browser.as_phone(390, 844, Scheme::Dark).await?;
    browser.whole_page("channels-3-phone-dark").await?;
    browser.close().await?;
    running.stop().await
}
