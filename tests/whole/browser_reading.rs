//! How a file is read, said by hand in headless Chromium: it is read anew at once, and the importer reads it the same
//! way.

use anyhow::{Context, ensure};
use campanile_tests::browser::Browser;
use campanile_tests::contacts::phones;
use campanile_tests::running::Running;
use simulator::Config;

#[tokio::test(flavor = "multi_thread")]
async fn what_a_marketer_says_of_a_file_is_read_at_once_and_sent_with_it() -> anyhow::Result<()> {
    let running = Running::start_with(Config::default()).await?;
    let folder = tempfile::tempdir()?;
    let path = folder.path().join("people.csv");
    let rows: String = phones().take(3).map(|phone| format!("Ana|Lima;{phone}\n")).collect();
    std::fs::write(&path, rows)?;
    let browser = Browser::open(1280, 1000).await?;
    browser.driver.goto(&running.process.sign_in_link().await?).await?;
    browser.click("new-campaign").await?;
    let path = path.to_str().context("the folder's path is not UTF-8")?;
    browser.find("file-input").await?.send_keys(path).await?;
    browser.text_until("seen", |text| text == "3 people").await?;

    browser.click("how-read").await?;
    let found = browser.text_until("read-as", |text| text.contains("Semicolon")).await?;
    ensure!(found.contains("UTF-8") && found.contains("No row has titles"), "{found}");
    browser.choose("delimiter", "Vertical bar").await?;
    browser.text_until("seen", |text| text.contains("No column")).await?;
    browser.choose("delimiter", "Semicolon").await?;
    browser.text_until("seen", |text| text == "3 people").await?;
    browser.choose("header-row", "Titles in row 1").await?;
    browser.text_until("seen", |text| text == "2 people").await?;
    browser.text_until("read-as", |text| text.contains("Titles in row 1")).await?;
    browser.screenshot("how-a-file-is-read").await?;

    browser.choose("channel-select", "Lucky Shrub").await?;
    browser.click("upload").await?;
    let ready = browser.text_until("audience-ready", |text| text.contains("ready")).await?;
    ensure!(ready.starts_with("2 people ready"), "{ready}");
    browser.close().await?;
    running.stop().await
}
