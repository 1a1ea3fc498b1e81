//! A marketer's way through the dashboard, in headless Chromium: sign in, drop a file, create, watch it to the end.

use anyhow::Context;
use campanile_tests::browser::Browser;
use campanile_tests::client::until;
use campanile_tests::running::{Running, repository};
use serde_json::{Value, json};
use simulator::{Config, Delay};
use thirtyfour::prelude::*;
use wire::Campaign;

/// Receipts quick enough for a test and slow enough to be seen arriving.
fn simulator() -> Config {
    Config { answer_delay_ms: 20, read_delay: Delay::between(500, 3_000), ..Config::default() }
}

fn number(text: &str) -> u64 {
    text.chars().filter(char::is_ascii_digit).collect::<String>().parse().unwrap_or_default()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_marketer_drops_a_file_and_watches_the_campaign_to_its_end() -> anyhow::Result<()> {
    let running = Running::start_with(simulator()).await?;
    let browser = Browser::open(1280, 1000).await?;

    browser.driver.goto(&running.process.sign_in_link().await?).await?;
    browser.find("new-campaign").await?;
    browser.screenshot("1-empty-list").await?;
    browser.click("new-campaign").await?;

    let sample = repository().join("tests/fixtures/contacts/sample.csv");
    let sample = sample.to_str().context("the repository's path is not UTF-8")?;
    browser.find("file-input").await?.send_keys(sample).await?;
    browser.text_until("seen", |text| text.contains("people")).await?;
    browser.fill("name-input", "Spring collection: first look").await?;
    browser.choose("channel-select", "Lucky Shrub").await?;
    browser.choose("template-select", "weekly_offer · en").await?;
    browser.choose("variable-body-1", "Column: name").await?;
    browser.fill("text-body-1", "friend").await?;
    let bubble = browser.text_until("bubble-body", |text| !text.contains("{{1}}")).await?;
    assert!(bubble.contains("this week you have a discount"), "{bubble}");
    let price = browser.text_until("review-price", |text| text.contains("list prices")).await?;
    assert!(price.contains("USD"), "{price}");
    browser.fill("chunk-size", "500").await?;
    for field in ["seconds-between-chunks", "min-seconds", "max-seconds"] {
        browser.fill(field, "0").await?;
    }
    browser.click("create-and-start").await?;
    browser.text_until("form-problems", |text| text.contains("agreed to receive")).await?;
    browser.click("attest").await?;
    browser.screenshot("2-new-campaign").await?;
    browser.click("create-and-start").await?;

    browser.text_until("campaign-status", |text| text == "Sending").await?;
    browser.text_until("total-read", |text| number(text) > 0).await?;
    browser.screenshot("3-sending").await?;
    browser.text_until("campaign-status", |text| text == "Completed").await?;
    running.simulator_is_idle().await;

    let log = running.process.simulator.totals();
    let read = log.final_statuses.read;
    browser.text_until("total-read", |text| text.starts_with(&read.to_string())).await?;
    let delivered = read + log.final_statuses.delivered;
    browser.text_until("total-delivered", |text| text.starts_with(&delivered.to_string())).await?;
    assert_eq!(log.people_twice, 0);
    let rows = browser.driver.find_all(By::Testid("people-row")).await?;
    assert!(!rows.is_empty(), "the people of the campaign are not shown");
    assert!(!browser.driver.find_all(By::Testid("failure-row")).await?.is_empty(), "failures are not shown");
    browser.screenshot("4-completed").await?;

    browser.driver.goto(format!("{}/campaigns", running.process.address)).await?;
    browser.text_until("campaign-row", |text| text.contains("Spring collection: first look")).await?;
    browser.screenshot("5-list").await?;

    // Looked for by a part of its name, whatever the case, and by its state; what is looked for survives a reload.
    browser.fill("search", "LOOK").await?;
    browser.text_until("campaign-row", |text| text.contains("first look")).await?;
    browser.choose("status-filter", "Draft").await?;
    browser.text_until("nothing", |text| text.contains("No campaign is found")).await?;
    browser.driver.refresh().await?;
    browser.text_until("nothing", |text| text.contains("No campaign is found")).await?;
    browser.choose("status-filter", "Completed").await?;
    browser.text_until("campaign-row", |text| text.contains("first look")).await?;
    browser.screenshot("5-list-found").await?;
    browser.close().await?;
    running.stop().await
}

#[tokio::test(flavor = "multi_thread")]
async fn pause_resume_and_cancel_by_the_buttons() -> anyhow::Result<()> {
    let running = Running::start_with(simulator()).await?;
    let audience = running.client.audience(campanile_tests::contacts::csv(2_000)).await?;
    let draft = running.client.draft(&audience.id, serde_json::json!({})).await?;
    let browser = Browser::open(420, 900).await?;
    browser.driver.goto(&running.process.sign_in_link().await?).await?;
    browser.find("campaigns").await?;
    browser.driver.goto(format!("{}/campaigns/{}", running.process.address, draft.id)).await?;
    browser.text_until("attested", |text| text.contains("Nobody has said")).await?;
    browser.click("start").await?;
    browser.click("attest-yes").await?;
    browser.text_until("campaign-status", |text| text == "Sending").await?;
    browser.text_until("attested", |text| text.contains("agreed")).await?;
    browser.click("pause").await?;
    browser.text_until("campaign-status", |text| text == "Paused").await?;
    browser.screenshot("6-paused-on-a-phone").await?;
    browser.click("resume").await?;
    browser.text_until("campaign-status", |text| text == "Sending").await?;
    browser.click("cancel").await?;
    browser.click("confirm-yes").await?;
    browser.text_until("campaign-status", |text| text == "Cancelled").await?;
    browser.close().await?;
    running.stop().await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_spent_link_says_how_to_get_another() -> anyhow::Result<()> {
    let running = Running::start().await?;
    let browser = Browser::open(1280, 800).await?;
    let link = running.process.sign_in_link().await?;
    browser.driver.goto(&link).await?;
    browser.find("new-campaign").await?;
    browser.driver.delete_all_cookies().await?;
    browser.driver.goto(&link).await?;
    browser.find("how-to-sign-in").await?;
    browser.screenshot("7-sign-in").await?;
    browser.close().await?;
    running.stop().await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_campaign_in_business_hours_is_drawn_changed_copied_and_deleted() -> anyhow::Result<()> {
    let running = Running::start_with(simulator()).await?;
    let hours = json!({ "name": "Shop", "days": ["mon", "tue", "wed", "thu", "fri", "sat", "sun"], "from": "00:00", "to": "24:00", "timeZone": "Europe/Lisbon" });
    let _: Value = running.client.post("/v3/business-hours", &hours).await?;
    let browser = Browser::open(1280, 1000).await?;
    browser.driver.goto(&running.process.sign_in_link().await?).await?;
    browser.click("new-campaign").await?;
    let sample = repository().join("tests/fixtures/contacts/sample.csv");
    browser.find("file-input").await?.send_keys(sample.to_str().context("the repository's path is not UTF-8")?).await?;
    browser.text_until("seen", |text| text.contains("people")).await?;
    browser.fill("name-input", "In hours").await?;
    browser.choose("channel-select", "Lucky Shrub").await?;
    browser.choose("template-select", "weekly_offer · en").await?;
    browser.choose("variable-body-1", "Column: name").await?;
    browser.fill("text-body-1", "friend").await?;
    browser.click("pace-fast").await?;
    let at_once = browser.text_until("review-duration", |text| text.contains('s')).await?;

    // Days make it longer before anything is uploaded; what is wrong stands at its field.
    browser.fill("duration-days", "3").await?;
    browser.text_until("review-duration", |text| text != at_once && text.contains(" d")).await?;
    browser.find("plan-chart").await?;
    browser.click("in-hours").await?;
    for day in 0..5 {
        browser.click(&format!("weekday-{day}")).await?;
    }
    browser.click("save-draft").await?;
    browser.text_until("businessHours.days-error", |text| text.contains("day")).await?;
    browser.choose("saved-hours", "Shop").await?;
    browser.click("at-night").await?;
    browser.choose("retry-rounds", "Twice").await?;
    browser.screenshot("8-in-hours").await?;
    browser.find("review-price").await?.scroll_into_view().await?;
    browser.screenshot("8-plan").await?;
    browser.click("save-draft").await?;
    browser.text_until("campaign-status", |text| text == "Draft").await?;
    let id = browser.driver.current_url().await?.path().rsplit('/').next().unwrap_or_default().to_owned();
    let made: Campaign = running.client.get(&format!("/v3/campaigns/{id}")).await?;
    let asked = made.business_hours.as_ref().context("no business hours")?;
    assert_eq!((asked.days.len(), asked.to.as_str(), asked.time_zone.as_str()), (7, "24:00", "Europe/Lisbon"));
    assert_eq!((made.duration_days, made.retry_rounds, made.quiet_hours.is_some()), (Some(3), 2, true));

    // Another pace.
    browser.click("change-pace").await?;
    browser.fill("minSecondsBetweenMessages", "5").await?;
    browser.click("save-pace").await?;
    browser.find("maxSecondsBetweenMessages-error").await?;
    browser.fill("maxSecondsBetweenMessages", "7").await?;
    browser.screenshot("8-pace").await?;
    browser.click("save-pace").await?;
    until("the new pace", async || {
        let read: Campaign = running.client.get(&format!("/v3/campaigns/{id}")).await?;
        Ok((read.min_seconds_between_messages == 5.0 && read.max_seconds_between_messages == 7.0).then_some(()))
    })
    .await?;

    // A copy, which is deleted again.
    browser.click("clone").await?;
    browser.text_until("title", |text| text.contains("(copy)")).await?;
    browser.click("delete").await?;
    browser.text_until("delete-text", |text| text.contains("960 people")).await?;
    browser.screenshot("8-delete").await?;
    browser.click("delete-yes").await?;
    browser.text_until("campaign-row", |text| text.contains("In hours") && !text.contains("(copy)")).await?;
    assert_eq!(browser.driver.find_all(By::Testid("campaign-row")).await?.len(), 1);
    browser.close().await?;
    running.stop().await
}

#[tokio::test(flavor = "multi_thread")]
async fn who_failed_for_a_passing_reason_is_tried_again_by_a_button() -> anyhow::Result<()> {
    let running = Running::start_with(simulator()).await?;
    // One is fine, one has had enough marketing for today.
    let audience = running.client.audience("name,phone\nAna,+12025550100\nBia,+12025550182\n".to_owned()).await?;
    let draft = running.client.draft(&audience.id, json!({})).await?;
    running.client.ask(&draft.id, "start").await?;
    let until_failed = |campaign: &Campaign| campaign.failures.iter().map(|failure| failure.count).sum::<u64>() == 1;
    running.client.campaign_until(&draft.id, "a failure", until_failed).await?;
    let browser = Browser::open(1280, 1000).await?;
    browser.driver.goto(&running.process.sign_in_link().await?).await?;
    browser.find("new-campaign").await?;
    browser.driver.goto(format!("{}/campaigns/{}", running.process.address, draft.id)).await?;
    browser.text_until("retry-failed", |text| text.contains("Try 1 failed message again")).await?;
    browser.screenshot("8-retry").await?;
    browser.click("retry-failed").await?;
    // He is told to wait a day; nobody counts as failed meanwhile.
    running.client.campaign_until(&draft.id, "another attempt", |campaign| campaign.totals.retry == 1).await?;
    browser.text_until("total-retry", |text| number(text) == 1).await?;
    browser.close().await?;
    running.stop().await
}
