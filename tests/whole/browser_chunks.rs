//! The dashboard's chunks in headless Chromium: they come ahead, and a page says so whose chunk is gone.

use std::fs;
use std::path::Path;

use anyhow::ensure;
use campanile_tests::browser::Browser;
use campanile_tests::client::until;
use campanile_tests::running::{Running, dashboard, quick_simulator};
use local::Options;

/// What chunks of a page's own are called.
const CHUNK: &str = "split-";

/// Moves the files between folders whose names begin like this.
fn move_files(from: &Path, to: &Path, beginning: &str) -> anyhow::Result<()> {
    for file in fs::read_dir(from)? {
        let file = file?;
        if file.file_name().to_string_lossy().starts_with(beginning) {
            fs::rename(file.path(), to.join(file.file_name()))?;
        }
    }
    Ok(())
}

fn copy_files(from: &Path, to: &Path) -> anyhow::Result<()> {
    fs::create_dir_all(to)?;
    for file in fs::read_dir(from)? {
        let file = file?;
        if file.file_type()?.is_file() {
            fs::copy(file.path(), to.join(file.file_name()))?;
        }
    }
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_page_whose_chunk_is_gone_says_so_and_is_there_when_it_is_loaded_again() -> anyhow::Result<()> {
    let folder = tempfile::tempdir()?;
    let (web, away) = (folder.path().join("web"), folder.path().join("away"));
    let assets = web.join("assets");
    copy_files(&dashboard(), &web)?;
    copy_files(&dashboard().join("assets"), &assets)?;
    fs::create_dir(&away)?;
    move_files(&assets, &away, CHUNK)?;
    let mut options = Options::at(folder.path().join("data"));
    options.listen.set_port(0);
    options.web = web;
    options.simulator = quick_simulator();
    let running = Running::over(options).await?;
    let browser = Browser::open(1280, 900).await?;
    browser.driver.goto(&running.process.sign_in_link().await?).await?;
    browser.find("new-campaign").await?;
    browser.click("nav-contacts").await?;
    browser.find("did-not-come").await?;
    browser.screenshot("did-not-come").await?;
    browser.click("nav-campaigns").await?;
    browser.find("new-campaign").await?;
    browser.click("nav-contacts").await?;
    browser.find("did-not-come").await?;
    move_files(&away, &assets, CHUNK)?;
    browser.click("reload").await?;
    browser.text_until("title", |text| text == "Contacts").await?;
    browser.find("new-contact").await?;
    browser.close().await?;
    running.stop().await
}

#[tokio::test(flavor = "multi_thread")]
async fn the_other_pages_come_ahead_once_the_first_stands() -> anyhow::Result<()> {
    let running = Running::start().await?;
    let browser = Browser::open(1280, 900).await?;
    browser.driver.goto(&running.process.sign_in_link().await?).await?;
    let script = "return performance.getEntriesByType('resource').filter((one) => one.name.includes('/split-')).length";
    let fetched = async || anyhow::Ok(browser.driver.execute(script, vec![]).await?.convert::<usize>()?);
    browser.find("new-campaign").await?;
    ensure!(fetched().await? == 0, "the first page waits for others");
    let all = fs::read_dir(dashboard().join("assets"))?
        .filter_map(Result::ok)
        .filter(|file| file.file_name().to_string_lossy().starts_with(CHUNK))
        .count();
    until("all pages", async || Ok((fetched().await? == all).then_some(()))).await?;
    browser.close().await?;
    running.stop().await
}
