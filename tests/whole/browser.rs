//! A marketer's way through the dashboard, in headless Chromium: sign in, drop a file, create, pause, watch it to the
//! end, fetch what came of it.

use std::collections::BTreeSet;
use std::io::Cursor;

use anyhow::{Context, ensure};
use calamine::{Reader, Xlsx};
use campaigns::file::as_written;
use campanile_tests::browser::Browser;
use campanile_tests::client::until;
use campanile_tests::contacts::{phone_ending, phones};
use campanile_tests::running::{Running, repository};
use serde_json::{Value, json};
use simulator::{Config, Delay};
use thirtyfour::prelude::*;
use wire::{Campaign, CampaignId, CampaignStatus};

/// Rows of the marketer's file.
const ROWS: usize = 1_000;

/// Every so many rows one has no number.
const BAD_EVERY: usize = 50;

/// People that the file leaves to write to.
const PEOPLE: u64 = 980;

/// The last digits of those whose message is refused, or fails later.
const FAILING: [&str; 2] = ["0180", "0181"];

/// People who are shown as sent to when the campaign is paused. A chunk of a hundred takes a second, and a second
/// passes between two: most have still to come.
const SENT_BEFORE_PAUSE: u64 = 100;

/// Receipts quick enough for a test and slow enough to be seen arriving.
fn simulator() -> Config {
    Config { answer_delay_ms: 20, read_delay: Delay::between(500, 3_000), ..Config::default() }
}

fn number(text: &str) -> u64 {
    text.chars().filter(char::is_ascii_digit).collect::<String>().parse().unwrap_or_default()
}

/// Whom the file leaves to write to, in its order.
fn people() -> impl Iterator<Item = String> {
    phones().take(PEOPLE as usize - FAILING.len()).chain(FAILING.into_iter().map(phone_ending))
}

/// The file: beside each customer's number the WhatsApp of one of ten shops, which looks more like the right column.
fn file() -> String {
    let shops: Vec<String> = phones().skip(2_000).take(10).collect();
    let cities = ["Lisboa", "Porto", "Recife"];
    let mut customers = people();
    let row = |at: usize| {
        let is_bad = at % BAD_EVERY == BAD_EVERY - 1;
        let phone = if is_bad { "ask again".to_owned() } else { customers.next().unwrap_or_default() };
        format!("Customer {at},{},{phone},{}\n", shops[at % shops.len()], cities[at % cities.len()])
    };
    std::iter::once("name,shop whatsapp,phone,city\n".to_owned()).chain((0..ROWS).map(row)).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_marketer_drops_a_file_and_watches_the_campaign_to_its_end() -> anyhow::Result<()> {
    let running = Running::start_with(simulator()).await?;
    let folder = tempfile::tempdir()?;
    let path = folder.path().join("customers.csv");
    std::fs::write(&path, file())?;
    let browser = Browser::open(1280, 1000).await?;

    browser.driver.goto(&running.process.sign_in_link().await?).await?;
    browser.find("new-campaign").await?;
    browser.screenshot("1-empty-list").await?;
    browser.click("new-campaign").await?;
    the_people(&browser, path.to_str().context("the folder's path is not UTF-8")?).await?;
    the_message_and_the_pace(&browser).await?;
    browser.click("create-and-start").await?;
    browser.text_until("form-problems", |text| text.contains("agreed to receive")).await?;
    browser.click("attest").await?;
    browser.text_until("consents-counted", |text| text.ends_with("without one: 980.")).await?;
    browser.fill("attest-statement", "They asked for it in the shop").await?;
    browser.screenshot("2-new-campaign").await?;
    browser.click("create-and-start").await?;

    browser.text_until("campaign-status", |text| text == "Sending").await?;
    paused_in_the_middle(&running, &browser).await?;
    browser.text_until("campaign-status", |text| text == "Completed").await?;
    running.simulator_is_idle().await;
    it_says_what_became_of_everybody(&running, &browser).await?;
    somebody_answers(&running, &browser).await?;
    it_can_be_fetched(&browser).await?;
    a_persons_history(&browser).await?;
    it_is_found_in_the_list(&running, &browser).await?;
    browser.close().await?;
    running.stop().await
}

/// The column of numbers that was found out is the shops': the customers' is chosen by hand.
async fn the_people(browser: &Browser, path: &str) -> anyhow::Result<()> {
    browser.find("file-input").await?.send_keys(path).await?;
    let guessed = "10 people; 990 rows of people who are in it already";
    browser.text_until("seen", |text| text == guessed).await?;
    browser.choose("phone-column", "phone").await?;
    let chosen = "980 people; 20 rows without a usable number";
    browser.text_until("seen", |text| text == chosen).await?;
    browser.find("file-problems").await?;
    browser.choose("channel-select", "Lucky Shrub").await?;
    browser.click("upload").await?;
    let ready = browser.text_until("audience-ready", |text| text.contains("ready")).await?;
    ensure!(ready.starts_with("980 people ready") && ready.contains("20 rows left out"), "{ready}");
    Ok(())
}

/// The variable is filled from one column, and then from another.
async fn the_message_and_the_pace(browser: &Browser) -> anyhow::Result<()> {
    browser.fill("name-input", "Spring collection: first look").await?;
    browser.choose("template-select", "weekly_offer · en").await?;
    browser.choose("variable-body-1", "Column: city").await?;
    browser.text_until("bubble-body", |text| text.contains("Lisboa")).await?;
    browser.choose("variable-body-1", "Column: name").await?;
    browser.fill("text-body-1", "friend").await?;
    let bubble = browser.text_until("bubble-body", |text| text.contains("Customer 0")).await?;
    ensure!(bubble.contains("this week you have a discount") && !bubble.contains("Lisboa"), "{bubble}");
    let price = browser.text_until("review-price", |text| text.contains("list prices")).await?;
    ensure!(price.contains("USD"), "{price}");
    browser.click("pace-fast").await?;
    browser.fill("chunk-size", "100").await?;
    browser.fill("seconds-between-chunks", "1").await
}

async fn paused_in_the_middle(running: &Running, browser: &Browser) -> anyhow::Result<()> {
    browser.text_until("total-sent", |text| number(text) >= SENT_BEFORE_PAUSE).await?;
    browser.screenshot("3-sending").await?;
    browser.click("pause").await?;
    browser.text_until("campaign-status", |text| text == "Paused").await?;
    let id = browser.driver.current_url().await?.path().rsplit('/').next().unwrap_or_default().to_owned();
    let held = running.client.campaign(&CampaignId(id)).await?;
    assert_eq!((held.status, held.totals.audience), (CampaignStatus::Paused, PEOPLE));
    ensure!((1..PEOPLE).contains(&held.totals.untouched), "it was not in the middle: {:?}", held.totals);
    let shown = number(&browser.text("total-sent").await?);
    ensure!((1..PEOPLE).contains(&shown), "it shows {shown} as sent");
    let map = browser.find("chunk-map").await?.attr("aria-label").await?.unwrap_or_default();
    ensure!(map.starts_with("10 chunks: "), "{map}");
    happened(browser, &["Created", "Started", "Paused"]).await?;
    browser.click("resume").await?;
    browser.text_until("campaign-status", |text| text == "Sending").await?;
    browser.text_until("total-read", |text| number(text) > 0).await.map(|_| ())
}

/// Waits until the page says that each of these was done.
async fn happened(browser: &Browser, all: &[&str]) -> anyhow::Result<()> {
    let script = "return [...document.querySelectorAll('[data-testid=audit-line]')].map((line) => line.textContent)";
    until(&format!("lines of {all:?}"), async || {
        let lines: Vec<String> = browser.driver.execute(script, vec![]).await?.convert()?;
        let is_told = |what: &&str| lines.iter().any(|line| line.starts_with(*what));
        Ok(all.iter().all(is_told).then_some(()))
    })
    .await
}

async fn it_says_what_became_of_everybody(running: &Running, browser: &Browser) -> anyhow::Result<()> {
    let log = running.process.simulator.totals();
    let failed = FAILING.len() as u64;
    let read = log.final_statuses.read;
    let delivered = read + log.final_statuses.delivered;
    for (test_id, count) in [
        ("total-audience", PEOPLE),
        ("total-sent", PEOPLE - failed),
        ("total-delivered", delivered),
        ("total-read", read),
        ("total-failed", failed),
    ] {
        browser.text_until(test_id, |text| text == count.to_string()).await?;
    }
    assert_eq!(log.people_twice, 0);
    happened(browser, &["Resumed", "Completed"]).await?;
    let rows = browser.driver.find_all(By::Testid("people-row")).await?;
    ensure!(!rows.is_empty(), "the people of the campaign are not shown");
    ensure!(!browser.driver.find_all(By::Testid("failure-row")).await?.is_empty(), "failures are not shown");
    browser.screenshot("4-completed").await?;
    a_failure_leads_to_its_people(browser).await
}

async fn a_failure_leads_to_its_people(browser: &Browser) -> anyhow::Result<()> {
    browser.click("failure-people").await?;
    let chip = browser.text_until("people-code", |text| text.starts_with("Only code ")).await?;
    let code: String = chip.chars().filter(char::is_ascii_digit).collect();
    browser.text_until("people-row", |text| text.contains(&format!("({code})"))).await?;
    let focused = browser.driver.execute("return document.activeElement.id", vec![]).await?;
    assert_eq!(focused.convert::<String>()?, "people");
    browser.click("people-code-off").await?;
    until("people with any code", async || {
        let chips = browser.driver.find_all(By::Testid("people-code")).await?;
        Ok(chips.is_empty().then_some(()))
    })
    .await?;
    browser.choose("people-filter", "Everybody").await
}

/// The first of the people writes back.
async fn somebody_answers(running: &Running, browser: &Browser) -> anyhow::Result<()> {
    browser.text_until("total-replied", |text| text == "0").await?;
    let from = people().next().unwrap_or_default();
    let words = json!({ "from": from.trim_start_matches('+'), "text": "Yes, please" });
    let answer = running.client.post_raw("/whatsapp/simulator/inbound", &words).await?;
    ensure!(answer.status().is_success(), "{}", answer.text().await?);
    browser.text_until("total-replied", |text| text == "1").await.map(|_| ())
}

/// Both kinds of files hold everybody of the campaign.
async fn it_can_be_fetched(browser: &Browser) -> anyhow::Result<()> {
    browser.click("export-menu").await?;
    let table = exported(browser, "export-csv", ".csv").await?;
    // The mark by which spreadsheets know UTF-8 is no part of the first title.
    let table = table.strip_prefix("\u{feff}".as_bytes()).unwrap_or(&table);
    let mut rows = csv::Reader::from_reader(table);
    assert_eq!(&rows.headers()?[0], "phone");
    let rows: Vec<csv::StringRecord> = rows.records().collect::<Result<_, _>>()?;
    let reached: BTreeSet<String> = rows.iter().map(|row| as_written(&row[0]).into_owned()).collect();
    assert_eq!((rows.len() as u64, reached), (PEOPLE, people().collect()));

    let book = exported(browser, "export-xlsx", ".xlsx").await?;
    let mut book: Xlsx<_> = Xlsx::new(Cursor::new(book))?;
    let rows = book.worksheet_range("People")?.rows().count();
    assert_eq!(rows as u64, PEOPLE + 1, "a header and everybody");
    Ok(())
}

/// The file that this button has written, by the link that the page shows then.
async fn exported(browser: &Browser, button: &str, ending: &str) -> anyhow::Result<Vec<u8>> {
    browser.click(button).await?;
    let script = "return document.querySelector('[data-testid=export-ready]')?.href ?? ''";
    let url = until(&format!("the link of {button}"), async || {
        // The page may be busy with the download, and the link of another file may still be there.
        let Ok(link) = browser.driver.execute(script, vec![]).await else { return Ok(None) };
        let url: String = link.convert()?;
        Ok(url.contains(ending).then_some(url))
    })
    .await?;
    browser.text_until("export-ready", |text| text.contains("980 people")).await?;
    let answer = reqwest::get(&url).await?.error_for_status()?;
    Ok(answer.bytes().await?.to_vec())
}

/// What happened to the first person is unfolded under his row.
async fn a_persons_history(browser: &Browser) -> anyhow::Result<()> {
    browser.find("unfold").await?;
    // The row may be drawn anew between finding and pressing it.
    browser.driver.execute("document.querySelector('[data-testid=unfold]').click()", vec![]).await?;
    let told =
        browser.text_until("people-past", |text| text.contains("Delivered") && text.contains("Yes, please")).await?;
    // Hours, minutes and seconds.
    let has_seconds = told.split_whitespace().any(|word| word.matches(':').count() == 2);
    ensure!(has_seconds, "{told} tells no seconds");
    browser.screenshot("4-history").await.map(|_| ())
}

async fn it_is_found_in_the_list(running: &Running, browser: &Browser) -> anyhow::Result<()> {
    browser.driver.goto(format!("{}/campaigns", running.process.address)).await?;
    browser.text_until("campaign-row", |text| text.contains("Spring collection: first look")).await?;
    browser.screenshot("5-list").await?;

    // Looked for by a part of its name, whatever the case, and by its state; what is looked for survives a reload.
    browser.fill("search", "LOOK").await?;
    browser.text_until("campaign-row", |text| text.contains("first look")).await?;
    browser.choose("status-filter", "Draft").await?;
    browser.text_until("nothing", |text| text.contains("No campaign was found")).await?;
    browser.driver.refresh().await?;
    browser.text_until("nothing", |text| text.contains("No campaign was found")).await?;
    browser.choose("status-filter", "Completed").await?;
    browser.text_until("campaign-row", |text| text.contains("first look")).await?;
    browser.screenshot("5-list-found").await.map(|_| ())
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
    // The history is folded on a phone. It names the token of this machine, which made the campaign, not the workspace.
    let is_open = "return document.querySelector('[data-testid=fold-what-happened]').parentElement.open";
    ensure!(!browser.driver.execute(is_open, vec![]).await?.convert::<bool>()?, "the history is unfolded on a phone");
    browser.click("fold-what-happened").await?;
    browser.text_until("audit-line", |text| text.starts_with("Created") && text.contains("API token, ")).await?;
    browser.click("start").await?;
    browser.text_until("consents-counted", |text| text.contains("without one: 2,000")).await?;
    browser.click("attest-yes").await?;
    browser.text_until("consentAttestation-error", |text| text.contains("agreed to receive")).await?;
    // By the keyboard: the box has the focus, and its words come next.
    let keys = async |keys: TypingData| browser.driver.active_element().await?.send_keys(keys).await;
    keys(" ".into()).await?;
    keys(Key::Tab + "").await?;
    keys("At the till".into()).await?;
    keys(Key::Tab + "").await?;
    keys(Key::Tab + "").await?;
    keys(Key::Enter + "").await?;
    browser.text_until("campaign-status", |text| text == "Sending").await?;
    browser.text_until("attested", |text| text.contains("agreed")).await?;
    let started: Campaign = running.client.get(&format!("/v3/campaigns/{}", draft.id)).await?;
    let said = started.consent_attestation.and_then(|said| said.statement);
    assert_eq!(said.as_deref(), Some("At the till"));
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
    the_page_gone_to_stands_however_late_the_first_is(&browser, &running).await?;
    browser.driver.delete_all_cookies().await?;
    browser.driver.goto(&link).await?;
    browser.find("how-to-sign-in").await?;
    browser.screenshot("7-sign-in").await?;
    browser.close().await?;
    running.stop().await
}

/// The code of the page that was asked for first comes after that of the page which somebody went to meanwhile.
async fn the_page_gone_to_stands_however_late_the_first_is(browser: &Browser, running: &Running) -> anyhow::Result<()> {
    let held_back = "const fetched = window.fetch;
        const office = Promise.withResolvers();
        window.fetch = async (asked, ...others) => {
            const address = String(asked.url ?? asked);
            if (address.includes('split-people')) await office.promise;
            const answer = await fetched(asked, ...others);
            if (address.includes('split-office')) setTimeout(office.resolve, 500);
            return answer;
        };
        new MutationObserver((_, seen) => {
            const link = document.querySelector('[data-testid=nav-templates]');
            if (link && location.pathname === '/contacts') { seen.disconnect(); link.click(); }
        }).observe(document, { childList: true, subtree: true });";
    let cdp = browser.driver.cdp();
    cdp.send_raw("Page.enable", json!({})).await?;
    let script = cdp.send_raw("Page.addScriptToEvaluateOnNewDocument", json!({ "source": held_back })).await?;
    browser.driver.goto(format!("{}/contacts", running.process.address)).await?;
    browser.text_until("title", |text| text == "Templates").await?;
    browser.find("new-template").await?;
    assert_eq!(browser.driver.current_url().await?.path(), "/templates");
    cdp.send_raw("Page.removeScriptToEvaluateOnNewDocument", script).await?;
    Ok(())
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
    // A number typed slowly, with a decimal comma.
    browser.fill("minSecondsBetweenMessages", "0").await?;
    for (typed, shown) in [(",", "0,"), ("5", "0,5")] {
        browser.find("minSecondsBetweenMessages").await?.send_keys(typed).await?;
        let value = browser.find("minSecondsBetweenMessages").await?.prop("value").await?;
        assert_eq!(value.as_deref(), Some(shown));
    }
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
    browser.text_until("delete-text", |text| text.contains("nobody got anything")).await?;
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
