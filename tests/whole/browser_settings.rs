//! Business hours and prices in headless Chromium: saved, changed, taken away, wrong at their fields; what a webhook
//! did not take; and what a viewer is not shown.

use anyhow::ensure;
use campanile_tests::browser::{Browser, Scheme};
use campanile_tests::campaign::call;
use campanile_tests::client::until;
use campanile_tests::receiver::Receiver;
use campanile_tests::running::Running;
use serde_json::{Value, json};
use thirtyfour::prelude::*;
use wire::{SavedHoursList, StandingRateCard};

/// The row of the shipped card that is Brazil's.
const BRAZIL: &str = "price-0-marketing";

#[tokio::test(flavor = "multi_thread")]
async fn business_hours_and_prices_are_the_workspaces_own_and_a_failed_delivery_is_sent_again() -> anyhow::Result<()> {
    let running = Running::reaching_here().await?;
    let browser = Browser::open(1280, 1000).await?;
    browser.driver.goto(&running.process.sign_in_link().await?).await?;
    browser.click("nav-settings").await?;
    browser.click("tab-hours").await?;
    hours(&running, &browser).await?;
    browser.click("tab-prices").await?;
    prices(&running, &browser).await?;
    deliveries(&running, &browser).await?;
    browser.close().await?;
    running.stop().await
}

async fn hours(running: &Running, browser: &Browser) -> anyhow::Result<()> {
    browser.find("no-hours").await?;
    browser.click("save-hours").await?;
    browser.find("name-error").await?;
    browser.fill("hours-name", "Shop").await?;
    browser.fill("hours-zone", "Nowhere/Land").await?;
    browser.click("save-hours").await?;
    browser.find("timeZone-error").await?;
    browser.fill("hours-zone", "America/Recife").await?;
    browser.click("weekday-5").await?;
    browser.screenshot("settings-1-hours").await?;
    browser.click("save-hours").await?;
    browser.text_until("hours-said", |text| text.starts_with("Shop is saved")).await?;
    browser.text_until("hours-row", |text| text.contains("Sat") && text.contains("America/Recife")).await?;

    browser.click("edit-hours").await?;
    browser.fill("hours-name", "Shop on weekdays").await?;
    browser.click("weekday-5").await?;
    browser.click("save-hours").await?;
    browser.text_until("hours-row", |text| text.contains("weekdays") && !text.contains("Sat")).await?;
    let saved: SavedHoursList = running.client.get("/v3/business-hours").await?;
    assert_eq!(saved.items.iter().map(|hours| hours.hours.days.len()).collect::<Vec<_>>(), [5]);

    browser.click("delete-hours").await?;
    browser.text_until("confirm-title", |text| text == "Delete Shop on weekdays?").await?;
    browser.click("confirm-yes").await?;
    browser.find("no-hours").await?;
    until("the keyboard at the heading", async || {
        let focused = browser.driver.execute("return document.activeElement.id", vec![]).await?;
        Ok((focused.convert::<String>()? == "hours-head").then_some(()))
    })
    .await
}

async fn prices(running: &Running, browser: &Browser) -> anyhow::Result<()> {
    browser.text_until("market", |text| text.contains("Brazil") && text.contains("USD 0.0625")).await?;
    browser.whole_page("settings-2-list-prices").await?;
    prices_fit_a_phone(browser).await?;
    browser.click("change-prices").await?;
    browser.fill(BRAZIL, "cheap").await?;
    browser.click("save-prices").await?;
    browser.text_until("price-0-marketing-error", |text| text.contains("amount")).await?;
    browser.whole_page("settings-3-prices").await?;
    browser.fill(BRAZIL, "0,0512").await?;
    browser.click("add-market").await?;
    let rows = browser.driver.find_all(By::Testid("price-row")).await?.len();
    let added = rows - 1;
    browser.click("save-prices").await?;
    browser.find(&format!("market-{added}-countries-error")).await?;
    browser.fill(&format!("market-{added}-name"), "Angola").await?;
    browser.fill(&format!("market-{added}-countries"), "ao").await?;
    browser.fill(&format!("price-{added}-utility"), "0.01").await?;
    let rates = json!([{ "validFrom": "2020-01-01", "marketing": "0.10" }]);
    let market = json!({ "name": "Brazil", "countries": ["BR"], "rates": rates });
    let theirs = json!({ "name": "Theirs", "currency": "BRL", "markets": [market] });
    let _: Value = call(&running.process.app, "PUT", "/v3/rate-card", theirs.clone()).await?;
    browser.click("save-prices").await?;
    browser.text_until("notice", |text| text.contains("Somebody else changed this meanwhile")).await?;
    browser.click("save-prices").await?;
    browser.text_until("prices-said", |text| text.starts_with("Saved.")).await?;
    browser.text_until("market", |text| text.contains("USD 0.0512")).await?;
    browser.text_until("prices-name", |text| text == "Our prices, USD").await?;
    let card: StandingRateCard = running.client.get("/v3/rate-card").await?;
    let brazil = &card.card.markets[0];
    ensure!(!card.is_shipped && brazil.rates.len() == 2, "the days before have lost their price: {brazil:?}");
    assert_eq!(brazil.rates[1].marketing.as_deref(), Some("0.0512"));
    let last = card.card.markets.last().map(|market| market.countries.join(" "));
    assert_eq!(last.as_deref(), Some("AO"));
    prices_left_as_others_changed_them(running, browser, theirs).await?;

    browser.click("reset-prices").await?;
    browser.click("confirm-yes").await?;
    browser.text_until("prices-said", |text| text.starts_with("The list prices hold")).await?;
    until("the list prices", async || {
        let card: StandingRateCard = running.client.get("/v3/rate-card").await?;
        Ok(card.is_shipped.then_some(()))
    })
    .await
}

/// Who changes nothing after all is told no longer that somebody else did, and sees what they changed.
async fn prices_left_as_others_changed_them(running: &Running, browser: &Browser, theirs: Value) -> anyhow::Result<()> {
    browser.click("change-prices").await?;
    browser.fill(BRAZIL, "0.07").await?;
    let _: Value = call(&running.process.app, "PUT", "/v3/rate-card", theirs).await?;
    browser.click("save-prices").await?;
    browser.text_until("notice", |text| text.contains("Somebody else changed this meanwhile")).await?;
    browser.click("leave-prices").await?;
    browser.text_until("prices-name", |text| text == "Theirs, BRL").await?;
    let is_said = browser.driver.query(By::Testid("notice")).nowait().exists().await?;
    ensure!(!is_said, "what was given up is still spoken of");
    Ok(())
}

/// The prices, as they stand and as they are changed, lie one below the other on a narrow screen.
async fn prices_fit_a_phone(browser: &Browser) -> anyhow::Result<()> {
    browser.as_phone(360, 780, Scheme::Light).await?;
    let script = "return [...document.querySelectorAll('.scroll')].every((box) => box.scrollWidth <= box.clientWidth)";
    for (name, next) in [("standing", "change-prices"), ("changed", "leave-prices")] {
        browser.find(next).await?;
        ensure!(browser.driver.execute(script, vec![]).await?.convert::<bool>()?, "the {name} prices scroll sideways");
        let spilt = browser.spills().await?;
        ensure!(browser.fits_its_width().await? && spilt.is_empty(), "the {name} prices: {}", spilt.join("\n"));
        browser.whole_page(&format!("settings-6-prices-phone-{name}")).await?;
        browser.click(next).await?;
    }
    browser.as_screen(1280, 1000, Scheme::Light).await
}

/// What a webhook did not take is shown with its reason, on a phone too, and is sent again.
async fn deliveries(running: &Running, browser: &Browser) -> anyhow::Result<()> {
    let receiver = Receiver::start().await?;
    receiver.wants(&running.process.app, &["campaign.cancelled"]).await?;
    browser.click("nav-team").await?;
    browser.click("deliveries").await?;
    browser.find("no-deliveries").await?;
    receiver.answers(&[500]);
    browser.click("test-webhook").await?;
    let told = ["Given up", "A test", "It answered 500", "It said: answered 500", "1 try"];
    browser.text_until("delivery", |text| told.iter().all(|part| text.contains(*part))).await?;
    browser.as_phone(390, 844, Scheme::Dark).await?;
    browser.whole_page("settings-5-deliveries-phone").await?;
    ensure!(browser.fits_its_width().await?, "the deliveries are wider than a phone");
    let wrong = [browser.spills().await?, browser.violations().await?].concat();
    ensure!(wrong.is_empty(), "{}", wrong.join("\n"));

    browser.click("send-again").await?;
    let taken = |text: &str| text.contains("Delivered") && text.contains("It answered with 200");
    browser.text_until("delivery", taken).await?;
    let once_more = browser.driver.query(By::Testid("send-again")).nowait().exists().await?;
    ensure!(!once_more, "what arrived is offered to be sent again");
    let ids: Vec<String> = receiver.told().into_iter().map(|told| told.id).collect();
    ensure!(ids.len() == 2 && ids[0] == ids[1], "the same event came under {ids:?}");
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_viewer_is_shown_no_button_that_would_refuse_him() -> anyhow::Result<()> {
    let running = Running::start().await?;
    let audience = running.client.audience("name,phone\nAna,+12025550100\n".to_owned()).await?;
    let draft = running.client.draft(&audience.id, json!({})).await?;
    let hours = json!({ "name": "Shop", "days": ["mon"], "from": "09:00", "to": "18:00", "timeZone": "UTC" });
    let _: Value = running.client.post("/v3/business-hours", &hours).await?;
    let member = json!({ "email": "vera@example.com", "name": "Vera", "role": "viewer" });
    let member: Value = running.client.post("/v3/members", &member).await?;
    let id = member["id"].as_str().unwrap_or_default();
    let link: Value = running.client.post(&format!("/v3/members/{id}/sign-in-link"), &json!({})).await?;
    let browser = Browser::open(1280, 1000).await?;
    let code = link["code"].as_str().unwrap_or_default();
    browser.driver.goto(format!("{}/sign-in?code={code}", running.process.address)).await?;
    browser.text_until("campaign-row", |text| text.contains('1')).await?;
    let campaign = format!("campaigns/{}", draft.id);
    let refused: [(&str, &[&str]); 8] = [
        ("campaigns", &["new-campaign", "choose-campaign"]),
        (&campaign, &["start", "cancel", "clone", "delete", "edit-draft", "change-pace"]),
        ("contacts", &["new-contact", "import-contacts", "export"]),
        ("lists", &["new-list", "first-list"]),
        ("templates", &["new-template"]),
        ("suppressions", &["suppress"]),
        ("settings/hours", &["save-hours", "edit-hours", "delete-hours"]),
        ("settings/prices", &["change-prices"]),
    ];
    for (screen, buttons) in refused {
        browser.driver.goto(format!("{}/{screen}", running.process.address)).await?;
        browser.settled().await?;
        for button in buttons {
            let there = browser.driver.query(By::Testid(*button)).nowait().exists().await?;
            ensure!(!there, "a viewer is offered {button} on /{screen}");
        }
    }
    browser.driver.goto(format!("{}/settings", running.process.address)).await?;
    browser.find("managers-only").await?;
    let field = browser.find("retention.filesDays").await?;
    ensure!(!field.is_enabled().await?, "a viewer may type into the settings");
    browser.screenshot("settings-4-viewer").await?;
    browser.close().await?;
    running.stop().await
}
