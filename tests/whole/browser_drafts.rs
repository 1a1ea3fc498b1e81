//! A campaign that is left and come back to, in headless Chromium: what was typed stays in the browser until it is made, a
//! draft is changed in the same form, and several campaigns are stopped or taken away at once.

use anyhow::{Context, ensure};
use campanile_tests::browser::Browser;
use campanile_tests::client::until;
use campanile_tests::running::{Running, repository};
use serde_json::json;
use thirtyfour::prelude::*;
use wire::{Campaign, CampaignList, CampaignStatus};

async fn value(browser: &Browser, test_id: &str) -> anyhow::Result<String> {
    Ok(browser.find(test_id).await?.prop("value").await?.unwrap_or_default())
}

async fn has_value(browser: &Browser, test_id: &str, wanted: &str) -> anyhow::Result<()> {
    until(&format!("{wanted} in {test_id}"), async || {
        // The page may draw the field anew between finding and reading it.
        let Ok(value) = value(browser, test_id).await else { return Ok(None) };
        Ok((value == wanted).then_some(()))
    })
    .await
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_typed_is_here_again_and_a_draft_is_changed_in_the_same_form() -> anyhow::Result<()> {
    let running = Running::start().await?;
    let browser = Browser::open(1280, 1000).await?;
    browser.driver.goto(&running.process.sign_in_link().await?).await?;
    browser.click("new-campaign").await?;
    let sample = repository().join("tests/fixtures/contacts/sample.csv");
    browser.find("file-input").await?.send_keys(sample.to_str().context("the repository's path is not UTF-8")?).await?;
    browser.text_until("seen", |text| text.contains("people")).await?;
    browser.choose("channel-select", "Lucky Shrub").await?;
    browser.fill("name-input", "Half done").await?;
    browser.choose("template-select", "weekly_offer · en").await?;
    browser.choose("variable-body-1", "Column: name").await?;
    browser.fill("text-body-1", "neighbour").await?;
    browser.click("pace-gentle").await?;
    browser.click("upload").await?;
    let ready = browser.text_until("audience-ready", |text| text.contains("people")).await?;

    // Left, and come back to: people, message and pace are here again.
    browser.driver.goto(format!("{}/campaigns", running.process.address)).await?;
    browser.click("new-campaign").await?;
    browser.find("came-back").await?;
    has_value(&browser, "name-input", "Half done").await?;
    has_value(&browser, "text-body-1", "neighbour").await?;
    has_value(&browser, "variable-body-1", "column:name").await?;
    has_value(&browser, "min-seconds", "2").await?;
    assert_eq!(browser.text("audience-ready").await?, ready);
    browser.screenshot("drafts-1-came-back").await?;
    browser.click("save-draft").await?;
    browser.text_until("campaign-status", |text| text == "Draft").await?;
    let id = browser.driver.current_url().await?.path().rsplit('/').next().unwrap_or_default().to_owned();

    // What is made is kept no longer.
    browser.driver.goto(format!("{}/campaigns/new", running.process.address)).await?;
    has_value(&browser, "name-input", "").await?;
    ensure!(
        !browser.driver.query(By::Testid("came-back")).nowait().exists().await?,
        "a campaign that was made came back"
    );

    // The draft in the form: another name, other words, a time.
    browser.driver.goto(format!("{}/campaigns/{id}", running.process.address)).await?;
    browser.click("edit-draft").await?;
    browser.text_until("title", |text| text == "Change the campaign").await?;
    has_value(&browser, "name-input", "Half done").await?;
    has_value(&browser, "text-body-1", "neighbour").await?;
    browser.text_until("review-price", |text| text.contains("USD")).await?;
    browser.screenshot("drafts-2-change").await?;
    browser.fill("name-input", "Wholly done").await?;
    browser.fill("text-body-1", "friend").await?;
    browser.click("start-later").await?;
    browser.click("attest").await?;
    browser.click("schedule").await?;
    browser.text_until("campaign-status", |text| text == "Scheduled").await?;
    let read = || async { running.client.get::<Campaign>(&format!("/v3/campaigns/{id}")).await };
    let changed = read().await?;
    assert_eq!((changed.name.as_str(), changed.status), ("Wholly done", CampaignStatus::Scheduled));
    assert_eq!(changed.min_seconds_between_messages, 2.0);
    ensure!(changed.consent_attestation.is_some(), "nobody answers for the people");
    let body = serde_json::to_string(&changed.template.body)?;
    ensure!(body.contains("friend") && body.contains("\"name\""), "{body}");

    // It starts at once after all.
    browser.click("edit-draft").await?;
    has_value(&browser, "text-body-1", "friend").await?;
    browser.click("start-now").await?;
    browser.click("create-and-start").await?;
    until("the start", async || {
        let status = read().await?.status;
        Ok((status == CampaignStatus::Processing).then_some(()))
    })
    .await?;
    browser.close().await?;
    running.stop().await
}

#[tokio::test(flavor = "multi_thread")]
async fn several_campaigns_are_paused_cancelled_and_deleted_at_once() -> anyhow::Result<()> {
    let running = Running::start().await?;
    let audience = running.client.audience(campanile_tests::contacts::csv(500)).await?;
    let slow = json!({ "minSecondsBetweenMessages": 60, "maxSecondsBetweenMessages": 60 });
    for started in [true, true, false] {
        let made = running.client.draft(&audience.id, slow.clone()).await?;
        if started {
            running.client.ask(&made.id, "start").await?;
        }
    }
    let browser = Browser::open(1280, 1000).await?;
    browser.driver.goto(&running.process.sign_in_link().await?).await?;
    let choose_all = async || {
        until("three campaigns", async || {
            Ok((browser.driver.find_all(By::Testid("choose-campaign")).await?.len() == 3).then_some(()))
        })
        .await?;
        for choice in browser.driver.find_all(By::Testid("choose-campaign")).await? {
            choice.click().await?;
        }
        browser.text_until("chosen-count", |text| text == "3 campaigns chosen").await
    };
    choose_all().await?;
    browser.text_until("pause-chosen", |text| text == "Pause 2").await?;
    browser.text_until("cancel-chosen", |text| text == "Cancel 3 campaigns").await?;
    browser.screenshot("drafts-3-chosen").await?;
    browser.click("pause-chosen").await?;
    browser.text_until("said", |text| text == "2 campaigns were paused.").await?;
    let list = || async { running.client.get::<CampaignList>("/v3/campaigns").await };
    let paused = list().await?.items.iter().filter(|campaign| campaign.status == CampaignStatus::Paused).count();
    assert_eq!(paused, 2);
    choose_all().await?;
    browser.text_until("resume-chosen", |text| text == "Resume 2").await?;
    browser.click("cancel-chosen").await?;
    browser.text_until("confirm-title", |text| text == "Cancel 3 campaigns?").await?;
    browser.screenshot("drafts-4-cancel").await?;
    browser.click("confirm-yes").await?;
    browser.text_until("said", |text| text == "3 campaigns were cancelled.").await?;
    choose_all().await?;
    browser.click("delete-chosen").await?;
    browser.text_until("confirm-title", |text| text == "Delete 3 campaigns?").await?;
    browser.click("confirm-yes").await?;
    browser.text_until("said", |text| text == "3 campaigns were deleted.").await?;
    browser.find("first-campaign").await?;
    assert_eq!(list().await?.items.len(), 0);
    browser.close().await?;
    running.stop().await
}
