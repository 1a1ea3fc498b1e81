//! A marketer's way through the contact book, in headless Chromium: a file into the book, labels, a list with its live
//! count, and a campaign that reaches exactly the people of the list.

use std::collections::BTreeSet;
use std::io::Write;

use anyhow::Context;
use campanile_tests::browser::{Browser, Scheme};
use campanile_tests::contacts::phones;
use campanile_tests::running::{Running, repository};
use serde_json::json;
use simulator::{Config, Delay, Outcome};
use thirtyfour::prelude::*;
use wire::{Contact, List};

fn simulator() -> Config {
    Config { answer_delay_ms: 20, read_delay: Delay::between(200, 1_000), ..Config::default() }
}

/// Forty people, the first of them twice more, and one without a number.
fn file() -> String {
    let cities = ["Lisboa", "Porto", "São Paulo", "Belém"];
    let people = phones().take(40).enumerate();
    let rows = people.map(|(at, phone)| format!("Person {at};{phone};{};M\n", cities[at % cities.len()]));
    let wrong =
        format!("Twice;{0};Faro;S\nTwice;{0};Faro;S\nNobody;soon;Faro;S\n", phones().next().unwrap_or_default());
    std::iter::once("nome;telefone;cidade;tamanho\n".to_owned()).chain(rows).chain([wrong]).collect()
}

async fn row_names(browser: &Browser) -> anyhow::Result<Vec<String>> {
    let mut names = Vec::new();
    for link in browser.driver.find_all(By::Testid("contact-link")).await? {
        names.push(link.text().await?);
    }
    Ok(names)
}

/// Waits until the table has so many rows.
async fn rows(browser: &Browser, count: usize) -> anyhow::Result<()> {
    campanile_tests::client::until(&format!("{count} rows"), async || {
        let rows = browser.driver.find_all(By::Testid("contact-row")).await?;
        Ok((rows.len() == count).then_some(()))
    })
    .await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_becomes_contacts_a_label_a_list_and_a_campaign_to_exactly_them() -> anyhow::Result<()> {
    let running = Running::start_with(simulator()).await?;
    let folder = tempfile::tempdir()?;
    let path = folder.path().join("people.csv");
    std::fs::write(&path, file())?;
    let browser = Browser::open(1280, 1000).await?;
    browser.driver.goto(&running.process.sign_in_link().await?).await?;

    browser.click("nav-contacts").await?;
    browser.find("empty").await?;
    browser.screenshot("book-1-empty").await?;
    import(&browser, path.to_str().context("the folder's path is not UTF-8")?).await?;
    add_by_hand(&browser).await?;
    label_two(&browser).await?;
    list_with_a_live_count(&browser).await?;
    campaign_from_the_list(&browser).await?;
    running.simulator_is_idle().await;

    let reached = running.process.simulator.arrivals().into_iter();
    let reached = reached.filter(|arrival| matches!(arrival.outcome, Outcome::Accepted));
    let reached: BTreeSet<String> = reached.map(|arrival| format!("+{}", arrival.to.trim_start_matches('+'))).collect();
    let of_the_list: Vec<Contact> = {
        let filter = "%7B%22labels%22%3A%7B%22any%22%3A%5B%22vip%22%5D%7D%7D";
        let page: wire::ContactList = running.client.get(&format!("/v3/contacts?filter={filter}")).await?;
        page.items
    };
    assert_eq!(reached, of_the_list.into_iter().map(|contact| contact.phone).collect());
    assert_eq!(reached.len(), 3);
    export_and_delete(&browser).await?;
    browser.close().await?;
    running.stop().await
}

async fn import(browser: &Browser, path: &str) -> anyhow::Result<()> {
    browser.click("import-contacts").await?;
    browser.find("file-input").await?.send_keys(path).await?;
    let seen = browser.text_until("seen", |text| text.contains("people")).await?;
    assert_eq!(seen, "40 people; 1 row without a usable number; 2 rows of people who are in it already");
    browser.find("import-labels").await?.send_keys("spring, file of may" + Key::Enter).await?;
    browser.click("file-problems").await?;
    browser.screenshot("book-2-import").await?;
    browser.click("import").await?;
    let done = browser.text_until("import-done", |text| text.contains("in the book")).await?;
    assert!(done.starts_with("40 people are in the book"), "{done}");
    browser.screenshot("book-3-imported").await?;
    browser.click("to-contacts").await?;
    rows(browser, 25).await
}

async fn add_by_hand(browser: &Browser) -> anyhow::Result<()> {
    browser.click("new-contact").await?;
    browser.click("save").await?;
    let error = browser.text("phone-error").await?;
    assert_eq!(error, "Give the number.");
    browser.fill("contact-phone", "+1 202 555 0170").await?;
    browser.fill("contact-name", "Marta by hand").await?;
    browser.find("contact-labels").await?.send_keys("vip" + Key::Enter).await?;
    browser.fill("contact-city", "Lisboa").await?;
    browser.click("add-field").await?;
    browser.fill("field-name", "tamanho").await?;
    browser.fill("field-value", "L").await?;
    browser.screenshot("book-4-new-contact").await?;
    browser.click("save").await?;
    browser.fill("search", "marta").await?;
    rows(browser, 1).await?;

    browser.click("contact-link").await?;
    browser.text_until("title", |text| text == "Marta by hand").await?;
    browser.fill("contact-name", "Marta Reis").await?;
    browser.screenshot("book-5-contact").await?;
    browser.click("save").await?;
    rows(browser, 25).await?;

    // The same person again is refused at the field, with a way to whom it is.
    browser.click("new-contact").await?;
    browser.fill("contact-phone", "12025550170").await?;
    browser.click("save").await?;
    browser.text_until("phone-error", |text| text.contains("already")).await?;
    leave_after_all(browser).await?;
    rows(browser, 1).await?;
    assert_eq!(row_names(browser).await?, ["Marta Reis"]);

    // Who cancels has answered already.
    browser.click("new-contact").await?;
    browser.fill("contact-name", "Nobody").await?;
    browser.click("cancel-contact").await?;
    rows(browser, 25).await
}

/// What is typed is not lost by a click: whoever stays finds it, and whoever leaves goes where the link leads.
async fn leave_after_all(browser: &Browser) -> anyhow::Result<()> {
    for answer in ["unsaved-no", "unsaved-yes"] {
        browser.click("taken").await?;
        browser.text_until("unsaved-title", |text| text == "Leave without saving?").await?;
        let typed = browser.find("contact-phone").await?.prop("value").await?;
        assert_eq!(typed.as_deref(), Some("12025550170"));
        browser.click(answer).await?;
    }
    Ok(())
}

async fn label_two(browser: &Browser) -> anyhow::Result<()> {
    browser.click("nav-contacts").await?;
    rows(browser, 25).await?;
    browser.fill("search", "person 1").await?;
    rows(browser, 11).await?;
    assert!(browser.driver.current_url().await?.query().is_some_and(|query| query.contains("search=person")));
    let boxes = browser.driver.find_all(By::Testid("choose")).await?;
    for chosen in &boxes[..2] {
        chosen.click().await?;
    }
    browser.fill("bulk-label", "vip").await?;
    browser.screenshot("book-6-chosen").await?;
    browser.click("add-label").await?;
    browser.text_until("said", |text| text == "2 people got \"vip\".").await?;
    browser.driver.refresh().await?;
    rows(browser, 11).await?;
    browser.choose("label-filter", "vip").await?;
    rows(browser, 2).await?;
    browser.driver.back().await?;
    Ok(())
}

async fn list_with_a_live_count(browser: &Browser) -> anyhow::Result<()> {
    browser.click("nav-lists").await?;
    browser.screenshot("book-7-no-lists").await?;
    browser.click("first-list").await?;
    browser.text_until("live-count", |text| text == "41 people").await?;
    browser.fill("list-name", "Our best").await?;
    browser.find("list-labels.any").await?.send_keys("vip" + Key::Enter).await?;
    browser.text_until("live-count", |text| text == "3 people").await?;
    browser.find("list-cities").await?.send_keys("lisboa" + Key::Enter).await?;
    browser.text_until("live-count", |text| text.starts_with(['1', '2'])).await?;
    browser.find("list-cities").await?.send_keys(Key::Backspace + "").await?;
    browser.text_until("live-count", |text| text == "3 people").await?;
    browser.screenshot("book-8-list").await?;
    browser.click("save").await?;
    browser.text_until("list-row", |text| text.contains("Our best") && text.contains("Label vip")).await?;
    browser.screenshot("book-9-lists").await?;
    browser.click("use-list").await
}

async fn campaign_from_the_list(browser: &Browser) -> anyhow::Result<()> {
    browser.text_until("title", |text| text == "New campaign").await?;
    browser.click("create-and-start").await?;
    let problems = browser.text("form-problems").await?;
    assert!(problems.contains("Choose which of them."), "{problems}");
    browser.click("spoke-anywhere").await?;
    browser.fill("name-input", "To our best").await?;
    browser.choose("template-select", "weekly_offer · en").await?;
    browser.choose("variable-body-1", "Column: name").await?;
    browser.click("upload").await?;
    let error = browser.text("optInConfirmed-error").await?;
    assert!(error.contains("Confirm"), "{error}");
    browser.click("opt-in-confirmed").await?;
    browser.click("upload").await?;
    browser.text_until("audience-ready", |text| text.starts_with("3 people ready")).await?;
    for field in ["seconds-between-chunks", "min-seconds", "max-seconds"] {
        browser.fill(field, "0").await?;
    }
    browser.click("attest").await?;
    browser.screenshot("book-10-campaign-from-list").await?;
    browser.click("create-and-start").await?;
    browser.text_until("campaign-status", |text| text == "Completed").await?;
    browser.screenshot("book-11-sent").await?;
    Ok(())
}

async fn export_and_delete(browser: &Browser) -> anyhow::Result<()> {
    browser.click("nav-contacts").await?;
    rows(browser, 25).await?;
    browser.click("export").await?;
    browser.text_until("export-ready", |text| text.contains("41 people")).await?;
    browser.fill("search", "marta").await?;
    rows(browser, 1).await?;
    browser.click("choose-all").await?;
    browser.click("delete-chosen").await?;
    browser.text_until("confirm-text", |text| text.starts_with("Marta Reis will be taken out")).await?;
    browser.screenshot("book-12-delete").await?;
    browser.click("confirm-yes").await?;
    browser.find("nobody").await?;
    browser.text_until("said", |text| text == "1 deleted.").await?;
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn the_book_fits_a_phone_in_the_dark() -> anyhow::Result<()> {
    let running = Running::start_with(simulator()).await?;
    let client = &running.client;
    for (at, phone) in phones().take(6).enumerate() {
        let labels = if at % 2 == 0 { vec!["vip", "spring offer"] } else { vec![] };
        let body = json!({ "phone": phone, "name": format!("Person {at}"), "labels": labels, "city": "Lisboa", "portfolio": "North", "fields": { "size": "M" } });
        client.post::<Contact>("/v3/contacts", &body).await?;
    }
    let filter = json!({ "labels": { "any": ["vip"] }, "cities": ["Lisboa"] });
    let list: List = client.post("/v3/lists", &json!({ "name": "Our best", "filter": filter })).await?;
    let browser = Browser::open(500, 900).await?;
    browser.driver.goto(&running.process.sign_in_link().await?).await?;
    browser.find("first-campaign").await?;
    let sample = repository().join("tests/fixtures/contacts/sample.xlsx");
    let sample = sample.to_str().context("the repository's path is not UTF-8")?;
    for (scheme, name) in [(Scheme::Dark, "dark"), (Scheme::Light, "light")] {
        browser.as_phone(390, 844, scheme).await?;
        let pages = [
            ("contacts", "/contacts".to_owned(), "contact-row"),
            ("contact", "/contacts/12005550100".to_owned(), "contact-name"),
            ("lists", "/lists".to_owned(), "list-row"),
            ("list", format!("/lists/{}", list.id), "list-name"),
            ("campaign-from-list", format!("/campaigns/new?list={}", list.id), "spoke-here"),
            ("import", "/contacts/import".to_owned(), "file-input"),
        ];
        for (page, path, there) in pages {
            browser.driver.goto(format!("{}{path}", running.process.address)).await?;
            browser.find(there).await?;
            if page == "contacts" {
                browser.click("choose").await?;
            }
            if page == "import" {
                browser.find("file-input").await?.send_keys(sample).await?;
                browser.text_until("seen", |text| text.starts_with("960 people")).await?;
            }
            assert!(browser.fits_its_width().await?, "{page} is wider than a phone");
            browser.whole_page(&format!("phone-{name}-{page}")).await?;
        }
    }
    browser.close().await?;
    running.stop().await
}

/// People in the large file, 32 MB of them.
const MANY: u64 = 1_000_000;

/// A page that reads the file itself beats not once meanwhile; one that does not beats every 20 ms, on a busy machine less.
const LEAST_BEATS: u32 = 20;

#[tokio::test(flavor = "multi_thread")]
async fn a_large_file_is_read_while_the_page_goes_on() -> anyhow::Result<()> {
    let running = Running::start().await?;
    let folder = tempfile::tempdir()?;
    let path = folder.path().join("many.csv");
    let mut file = std::io::BufWriter::new(std::fs::File::create(&path)?);
    writeln!(file, "phone,name")?;
    for person in 0..MANY {
        writeln!(file, "+5511{:09},Somebody {:06}", 910_000_000 + person, person % 1_000_000)?;
    }
    file.flush()?;
    let browser = Browser::open(1280, 900).await?;
    browser.driver.goto(&running.process.sign_in_link().await?).await?;
    browser.click("new-campaign").await?;
    let input = browser.find("file-input").await?;
    let loaded = "return performance.getEntriesByType('resource').map(entry => entry.name).filter(name => name.includes('reader-')).length";
    assert_eq!(browser.driver.execute(loaded, vec![]).await?.convert::<u32>()?, 0, "the parser waits for a file");
    let watch = "window.beats = 0; setInterval(() => { window.beats += 1; }, 20);";
    browser.driver.execute(watch, vec![]).await?;
    input.send_keys(path.to_str().context("the folder's path is not UTF-8")?).await?;
    browser.text_until("seen", |text| text.contains("read so far")).await?;
    // It can be used meanwhile.
    browser.fill("name-input", "While it reads").await?;
    let seen = browser.text_until("seen", |text| !text.contains("read so far")).await?;
    assert_eq!(seen, "1,000,000 people");
    let beats: u32 = browser.driver.execute("return window.beats", vec![]).await?.convert()?;
    assert!(beats >= LEAST_BEATS, "the page stood still: {beats} beats");
    browser.close().await?;
    running.stop().await
}
