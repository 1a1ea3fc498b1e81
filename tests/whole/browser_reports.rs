//! Reports in headless Chromium: a campaign's own, the sums of a period, and a price that somebody agrees to first.

use anyhow::{Context, ensure};
use campanile_tests::browser::{Browser, Scheme};
use campanile_tests::contacts;
use campanile_tests::running::Running;
use serde_json::{Value, json};
use thirtyfour::prelude::*;
use wire::{CampaignList, CampaignStatus};

/// People whose message fails or is refused, by the last four digits that the simulator knows.
const PEOPLE: &str = "name,phone\nAna,+5511987650001\nBia,+5511987650180\nCaio,+5511987650181\nDora,+351912345678\n";

fn number(text: &str) -> u64 {
    text.chars().filter(char::is_ascii_digit).collect::<String>().parse().unwrap_or_default()
}

#[tokio::test(flavor = "multi_thread")]
async fn what_came_of_a_campaign_stands_on_its_page_and_in_the_sums_of_its_days() -> anyhow::Result<()> {
    let running = Running::start().await?;
    let csv = format!("{PEOPLE}{}", contacts::csv(40).lines().skip(1).collect::<Vec<_>>().join("\n"));
    let audience = running.client.audience(csv).await?;
    let made = running.client.draft(&audience.id, json!({ "chunkSize": 20 })).await?;
    running.client.ask(&made.id, "start").await?;
    let done = running.client.completed(&made.id).await?;
    running.simulator_is_idle().await;
    let browser = Browser::open(1280, 1000).await?;
    browser.driver.goto(&running.process.sign_in_link().await?).await?;
    browser.find("new-campaign").await?;

    browser.driver.goto(format!("{}/campaigns/{}", running.process.address, made.id)).await?;
    browser.text_until("pace-attempts", |text| number(text) >= done.totals.audience).await?;
    browser.text_until("advice", |text| !text.is_empty()).await?;
    let chart = browser.find("pace-chart").await?;
    let spoken = chart.find(By::Css("svg")).await?.attr("aria-label").await?.unwrap_or_default();
    ensure!(spoken.starts_with("Messages that left, against the plan: "), "{spoken}");
    ensure!(!chart.find_all(By::Css("rect")).await?.is_empty(), "no bar is drawn");
    let countries = browser.driver.find_all(By::Testid("country-row")).await?;
    ensure!(countries.len() >= 2, "{} countries", countries.len());
    browser.find("report-billed").await?;
    browser.whole_page("reports-1-campaign").await?;

    browser.click("nav-reports").await?;
    browser.text_until("sum-campaigns", |text| text == "1").await?;
    browser.text_until("sum-audience", |text| number(text) == done.totals.audience).await?;
    browser.text_until("number-row", |text| text.contains("Lucky Shrub")).await?;
    browser.driver.find(By::Css("[data-testid=days-table] summary")).await?.click().await?;
    browser.find("day-row").await?;
    browser.whole_page("reports-2-period").await?;
    browser.click("last-7").await?;
    let address = browser.driver.current_url().await?;
    ensure!(address.query().is_some_and(|query| query.contains("from=")), "{address} has no period");
    browser.driver.goto(format!("{}/reports?from=2020-01-01&to=2020-01-31", running.process.address)).await?;
    browser.find("no-campaigns").await?;
    browser.driver.goto(format!("{}/reports?from=2026-02-01&to=2026-01-01", running.process.address)).await?;
    browser.text_until("from-error", |text| text.contains("period")).await?;
    browser.as_phone(390, 844, Scheme::Dark).await?;
    browser.driver.goto(format!("{}/reports", running.process.address)).await?;
    browser.find("days-chart").await?;
    browser.whole_page("reports-3-phone-dark").await?;
    browser.close().await?;
    running.stop().await
}

/// Signs in, and has the workspace ask for somebody's yes to a price.
async fn asking_for_the_price(running: &Running) -> anyhow::Result<Browser> {
    let browser = Browser::open(1280, 1000).await?;
    browser.driver.goto(&running.process.sign_in_link().await?).await?;
    browser.click("nav-settings").await?;
    browser.click("confirmPrice").await?;
    browser.click("save-settings").await?;
    browser.text_until("settings-change", |text| text.contains("agreed to")).await?;
    Ok(browser)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_campaign_gets_its_time_once_somebody_has_agreed_to_its_price() -> anyhow::Result<()> {
    let running = Running::start().await?;
    let folder = tempfile::tempdir()?;
    let path = folder.path().join("people.csv");
    std::fs::write(&path, contacts::csv(30))?;
    let browser = asking_for_the_price(&running).await?;
    browser.click("nav-campaigns").await?;
    browser.click("new-campaign").await?;
    let path = path.to_str().context("the folder's path is not UTF-8")?;
    browser.find("file-input").await?.send_keys(path).await?;
    browser.text_until("seen", |text| text == "30 people").await?;
    browser.choose("channel-select", "Lucky Shrub").await?;
    browser.fill("name-input", "Agreed first").await?;
    browser.choose("template-select", "weekly_offer · en").await?;
    browser.choose("variable-body-1", "Column: name").await?;
    browser.fill("text-body-1", "friend").await?;
    browser.click("start-later").await?;
    browser.click("attest").await?;

    let standing = async || running.client.get::<CampaignList>("/v3/campaigns").await;
    browser.click("schedule").await?;
    let question = browser.text_until("price-text", |text| text.contains("estimated to cost")).await?;
    ensure!(question.contains("USD"), "{question} names no price");
    browser.screenshot("reports-5-price-of-the-scheduled").await?;
    browser.click("price-no").await?;
    ensure!(standing().await?.items.is_empty(), "a campaign was made without a yes");
    browser.click("schedule").await?;
    browser.text_until("price-text", |text| text.contains("estimated to cost")).await?;
    browser.click("price-yes").await?;
    browser.text_until("campaign-status", |text| text == "Scheduled").await?;
    let made = standing().await?.items;
    let made: Vec<_> = made.iter().map(|one| (one.name.as_str(), one.status, one.scheduled_to.is_some())).collect();
    assert_eq!(made, [("Agreed first", CampaignStatus::Scheduled, true)]);
    browser.close().await?;
    running.stop().await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_campaign_starts_once_somebody_has_agreed_to_its_price() -> anyhow::Result<()> {
    let running = Running::start().await?;
    let browser = asking_for_the_price(&running).await?;
    let audience = running.client.audience(contacts::csv(30)).await?;
    let made = running.client.draft(&audience.id, json!({})).await?;

    browser.driver.goto(format!("{}/campaigns/{}", running.process.address, made.id)).await?;
    browser.click("start").await?;
    browser.click("attest").await?;
    browser.click("attest-yes").await?;
    let question = browser.text_until("price-text", |text| text.contains("estimated to cost")).await?;
    ensure!(number(&question) > 0, "{question} names no price");
    browser.screenshot("reports-4-price").await?;
    let open = "return [...document.querySelectorAll('dialog')].filter((one) => one.open).length";
    browser.click("price-no").await?;
    ensure!(browser.driver.execute(open, vec![]).await?.convert::<u64>()? == 0, "the question stays");
    let standing: Value = running.client.get(&format!("/v3/campaigns/{}", made.id)).await?;
    ensure!(standing["status"] == "draft", "{}", standing["status"]);
    browser.click("start").await?;
    browser.click("attest").await?;
    browser.click("attest-yes").await?;
    browser.text_until("price-text", |text| text.contains("estimated to cost")).await?;
    browser.click("price-yes").await?;
    browser.text_until("campaign-status", |text| text == "Completed").await?;
    browser.close().await?;
    running.stop().await
}
