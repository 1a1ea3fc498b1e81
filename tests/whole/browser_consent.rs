//! Who gets nothing, what the workspace decides, and consent out of a file, in headless Chromium.

use anyhow::Context;
use campanile_tests::browser::{Browser, Scheme};
use campanile_tests::client::until;
use campanile_tests::contacts::phones;
use campanile_tests::running::{Running, repository};
use serde_json::json;
use thirtyfour::prelude::*;
use wire::{ConsentAct, ConsentList, Contact, ContactList, Settings, SuppressionList, SuppressionsAdded};

/// People in the book: two pages of it.
const PEOPLE: usize = 30;

async fn people_shown(browser: &Browser, test_id: &str, count: usize) -> anyhow::Result<()> {
    until(&format!("{count} of {test_id}"), async || {
        let found = browser.driver.find_all(By::Testid(test_id)).await?;
        Ok((found.len() == count).then_some(()))
    })
    .await
}

#[tokio::test(flavor = "multi_thread")]
async fn people_are_put_on_the_list_found_and_taken_off_and_settings_are_kept() -> anyhow::Result<()> {
    let running = Running::start().await?;
    let browser = Browser::open(1280, 1000).await?;
    browser.driver.goto(&running.process.sign_in_link().await?).await?;
    suppression(&running, &browser).await?;
    settings(&running, &browser).await?;
    browser.close().await?;
    running.stop().await
}

async fn suppression(running: &Running, browser: &Browser) -> anyhow::Result<()> {
    browser.click("nav-suppressions").await?;
    browser.text_until("nobody-suppressed", |text| text.starts_with("Nobody asked")).await?;
    browser.click("suppress").await?;
    let error = browser.text("phones-error").await?;
    assert!(error.contains("at least one"), "{error}");
    browser.fill("suppress-numbers", "+5531987654321\n12\n").await?;
    browser.click("suppress").await?;
    browser.text_until("phones-error", |text| text.starts_with("12 is no phone number")).await?;
    browser.fill("suppress-numbers", "+5531987654321\n+1 202 555 0170").await?;
    browser.click("suppress").await?;
    browser.text_until("suppression-said", |text| text == "2 people put on the list.").await?;
    people_shown(browser, "suppressed-person", 2).await?;
    browser.screenshot("consent-1-suppression").await?;

    // Any spelling finds the person, and only him.
    browser.fill("suppression-search", "55 31 8765-4321").await?;
    browser.click("suppression-find").await?;
    people_shown(browser, "suppressed-person", 1).await?;
    let row = browser.text("suppressed-person").await?;
    assert!(row.starts_with("+5531987654321") && row.contains("Put here by"), "{row}");
    browser.click("lift").await?;
    let asked = browser.text_until("confirm-text", |text| text.starts_with("+5531987654321 will get messages")).await?;
    assert!(!asked.contains("asked for it themselves"), "{asked}");
    browser.screenshot("consent-2-lift").await?;
    browser.click("confirm-no").await?;
    people_shown(browser, "suppressed-person", 1).await?;
    browser.click("lift").await?;
    browser.click("confirm-yes").await?;
    browser.text_until("suppression-said", |text| text == "+5531987654321 gets messages again.").await?;
    browser.text_until("nobody-suppressed", |text| text.starts_with("This number is not on the list")).await?;
    browser.fill("suppression-search", "nobody").await?;
    browser.click("suppression-find").await?;
    browser.find("suppression-phone-error").await?;
    let left: SuppressionList = running.client.get("/v3/suppressions").await?;
    assert_eq!(left.items.len(), 1);
    Ok(())
}

async fn settings(running: &Running, browser: &Browser) -> anyhow::Result<()> {
    browser.click("nav-settings").await?;
    browser.click("requireConsent").await?;
    browser.click("frequencyCap").await?;
    browser.fill("cap-messages", "3").await?;
    browser.click("approvalAbove").await?;
    browser.fill("approval-people", "2").await?;
    browser.fill("linkOrigin", "go.example.com").await?;
    browser.fill("retention.filesDays", "10").await?;
    browser.fill("retention.repliesDays", "7").await?;
    browser.click("save-settings").await?;
    let error = browser.text("retention.filesDays-error").await?;
    assert!(error.contains("30 to 365"), "{error}");
    let error = browser.text("linkOrigin-error").await?;
    assert!(error.contains("https://go.example.com"), "{error}");
    browser.fill("linkOrigin", "https://go.example.com").await?;
    browser.fill("retention.filesDays", "60").await?;
    browser.click("save-settings").await?;
    browser.text_until("saved", |text| text.starts_with("Saved.")).await?;
    let change = browser.text_until("settings-change", |text| text.contains("Marketing needs consent")).await?;
    assert!(change.contains("Contacts files and audiences: kept 60 days instead of 90"), "{change}");
    assert!(change.contains("At most 3 in 7 days to a person"), "{change}");
    browser.screenshot("consent-3-settings").await?;
    let kept: Settings = running.client.get("/v3/settings").await?;
    assert!(kept.require_consent);
    assert_eq!((kept.approval_above, kept.link_origin.as_deref()), (Some(2), Some("https://go.example.com")));
    assert!(change.contains("more than 2 people need a second person's yes"), "{change}");
    assert_eq!((kept.retention.files_days, kept.retention.replies_days, kept.retention.messages_days), (60, 7, 365));
    browser.driver.refresh().await?;
    let days = browser.find("retention.filesDays").await?.prop("value").await?;
    assert_eq!(days.as_deref(), Some("60"));
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_brings_its_consents_and_labels_reach_all_that_match() -> anyhow::Result<()> {
    let running = Running::start().await?;
    let browser = Browser::open(1280, 1000).await?;
    browser.driver.goto(&running.process.sign_in_link().await?).await?;
    browser.find("first-campaign").await?;
    browser.driver.goto(format!("{}/contacts/import", running.process.address)).await?;
    let file = repository().join("tests/fixtures/contacts/consents.csv");
    browser.find("file-input").await?.send_keys(file.to_str().context("the path is not UTF-8")?).await?;
    browser.text_until("seen", |text| text.starts_with("8 people")).await?;
    browser.choose("consent-column", "Celular").await?;
    browser.text_until("consentColumn-hint", |text| text.contains("does not look like")).await?;
    browser.choose("consent-column", "Aceita receber?").await?;
    browser.text_until("consentColumn-hint", |text| text.contains("5 yes, 2 no, 2 not clear")).await?;
    browser.choose("consent-date", "Data").await?;
    browser.fill("consent-source", "Feira de maio").await?;
    browser.screenshot("consent-4-import").await?;
    browser.click("import").await?;
    let told = browser.text_until("import-agreed", |text| !text.is_empty()).await?;
    assert_eq!(told, "4 agreed to messages, 2 did not, of 2 the file does not say.");
    let ana: ConsentList = running.client.get("/v3/contacts/5511987650001/consents").await?;
    assert_eq!((ana.items[0].act, ana.items[0].source.as_str()), (ConsentAct::OptIn, "Feira de maio"));

    for (at, phone) in phones().take(PEOPLE).enumerate() {
        let body = json!({ "phone": phone, "name": format!("Person {at}") });
        running.client.post::<Contact>("/v3/contacts", &body).await?;
    }
    browser.click("nav-contacts").await?;
    browser.fill("search", "person").await?;
    people_shown(&browser, "contact-row", 25).await?;
    until("the export's title", async || Ok((browser.text("export").await? == "Export these").then_some(()))).await?;
    browser.click("choose-all").await?;
    browser.text_until("chosen-count", |text| text == "25 people chosen").await?;
    browser.click("choose-everybody").await?;
    browser.text_until("chosen-count", |text| text == "All 30 that match").await?;
    browser.fill("bulk-label", "may").await?;
    browser.screenshot("consent-5-everybody").await?;
    browser.click("add-label").await?;
    browser.text_until("said", |text| text == "30 people got \"may\".").await?;
    let labelled: ContactList = running.client.get("/v3/contacts?limit=100").await?;
    assert_eq!(labelled.items.iter().filter(|contact| contact.labels.contains("may")).count(), PEOPLE);
    browser.click("export").await?;
    browser.text_until("export-ready", |text| text.contains("30 people")).await?;
    browser.close().await?;
    running.stop().await
}

#[tokio::test(flavor = "multi_thread")]
async fn suppression_and_settings_fit_a_phone_in_the_dark() -> anyhow::Result<()> {
    let running = Running::start().await?;
    let phones: Vec<String> = phones().take(4).collect();
    running.client.post::<SuppressionsAdded>("/v3/suppressions", &json!({ "phones": phones })).await?;
    let browser = Browser::open(500, 900).await?;
    browser.driver.goto(&running.process.sign_in_link().await?).await?;
    browser.find("first-campaign").await?;
    for (scheme, name) in [(Scheme::Dark, "dark"), (Scheme::Light, "light")] {
        browser.as_phone(390, 844, scheme).await?;
        for (page, there) in [("suppressions", "suppressed-person"), ("settings", "save-settings")] {
            browser.driver.goto(format!("{}/{page}", running.process.address)).await?;
            browser.find(there).await?;
            assert!(browser.fits_its_width().await?, "{page} is wider than a phone");
            browser.whole_page(&format!("phone-{name}-{page}")).await?;
        }
    }
    browser.close().await?;
    running.stop().await
}
