//! The same campaign and the same report in headless Chromium in each language: numbers, amounts and times are written
//! as it writes them, and a time says by whose clock.

use anyhow::{Context, ensure};
use campanile_tests::browser::Browser;
use campanile_tests::campaign::call;
use campanile_tests::client::until;
use campanile_tests::contacts;
use campanile_tests::running::Running;
use chrono::{DateTime, Datelike, Duration, NaiveDate, Utc};
use serde_json::{Value, json};
use wire::{CampaignEstimate, CampaignId};

/// People of both campaigns.
const PEOPLE: usize = 12_345;

/// A zone of half an hour, without a summer time and without a short name in any of the languages.
const ZONE: &str = "Asia/Kolkata";

/// How a language writes what the pages show.
struct Language {
    tag: &'static str,
    people: &'static str,
    /// Of the people in a chunk.
    chunk: &'static str,
    /// Between thousands and hundreds, from this number on.
    group: &'static str,
    groups_from: u64,
    /// Before the hundredth parts.
    point: &'static str,
    /// Whether the currency stands before its amount.
    code_first: bool,
    /// Of the fifth of March, seven past six UTC.
    starts: &'static [&'static str],
}

const LANGUAGES: [Language; 3] = [
    Language {
        tag: "en",
        people: "12,345",
        chunk: "of up to 1,000 people",
        group: ",",
        groups_from: 1_000,
        point: ".",
        code_first: true,
        starts: &["Mar 5, ", "11:37 AM", "GMT+5:30"],
    },
    Language {
        tag: "pt-BR",
        people: "12.345",
        chunk: "de até 1.000 pessoas",
        group: ".",
        groups_from: 1_000,
        point: ",",
        code_first: true,
        starts: &["5 de mar. de ", "11:37", "GMT+5:30"],
    },
    // A number of four digits has no point in Spanish.
    Language {
        tag: "es",
        people: "12.345",
        chunk: "de hasta 1000 personas",
        group: ".",
        groups_from: 10_000,
        point: ",",
        code_first: false,
        starts: &["5 mar ", "11:37", "GMT+5:30"],
    },
];

impl Language {
    /// An amount of less than a million.
    fn amount(&self, hundredths: u64) -> String {
        let (whole, rest) = (hundredths / 100, hundredths % 100);
        let whole = match whole < self.groups_from {
            true => whole.to_string(),
            false => format!("{}{}{:03}", whole / 1_000, self.group, whole % 1_000),
        };
        let number = format!("{whole}{}{rest:02}", self.point);
        if self.code_first { format!("BRL {number}") } else { format!("{number} BRL") }
    }

    /// Whether this is an amount of less than one.
    fn is_small_amount(&self, text: &str) -> bool {
        let nothing = format!("0{}", self.point);
        let number = match self.code_first {
            true => text.strip_prefix("BRL "),
            false => text.strip_suffix(" BRL"),
        };
        number.is_some_and(|number| number.starts_with(&nothing) && number.len() == nothing.len() + 2)
    }
}

/// With one kind of space: which of them stands where is the browser's to know.
fn plain(text: &str) -> String {
    text.replace(['\u{a0}', '\u{202f}'], " ")
}

/// The next fifth of March, seven past six.
fn next_spring() -> anyhow::Result<DateTime<Utc>> {
    let now = Utc::now();
    let of = |year: i32| Some(NaiveDate::from_ymd_opt(year, 3, 5)?.and_hms_opt(6, 7, 0)?.and_utc());
    let this_year = of(now.year()).filter(|at| *at > now + Duration::hours(1));
    this_year.or_else(|| of(now.year() + 1)).context("there is no such day")
}

/// What is looked at.
struct Made {
    /// A campaign of next spring.
    scheduled: CampaignId,
    starts_at: DateTime<Utc>,
    /// What it is estimated to cost, in hundredth parts of a real.
    hundredths: u64,
}

/// Two campaigns to the same people, of which one has begun and takes days, at prices of the workspace's own.
async fn made(running: &Running) -> anyhow::Result<Made> {
    let rates = json!([{ "validFrom": "2020-01-01", "marketing": "0.10", "utility": "0.01", "service": "0" }]);
    let market = json!({ "name": "North America", "countries": ["US", "CA"], "rates": rates });
    let card = json!({ "name": "Our contract", "currency": "BRL", "markets": [market] });
    let _: Value = call(&running.process.app, "PUT", "/v3/rate-card", card).await?;
    let client = &running.client;
    let audience = client.audience(contacts::csv(PEOPLE)).await?;
    let slow = json!({ "chunkSize": 1_000, "minSecondsBetweenMessages": 60, "maxSecondsBetweenMessages": 60 });
    let begun = client.draft(&audience.id, slow).await?;
    client.ask(&begun.id, "start").await?;
    let starts_at = next_spring()?;
    let later = json!({ "chunkSize": 1_000, "scheduledTo": starts_at.to_rfc3339() });
    let scheduled = client.draft(&audience.id, later).await?.id;
    let estimate: CampaignEstimate = client.get(&format!("/v3/campaigns/{scheduled}/estimate")).await?;
    let price = estimate.price.context("the estimate has no price")?;
    let hundredths = (price.total.parse::<f64>()? * 100.0).round() as u64;
    ensure!(hundredths > 0, "nobody has a price");
    client.campaign_until(&begun.id, "a first message", |one| one.totals.untouched < one.totals.audience).await?;
    running.simulator_is_idle().await;
    Ok(Made { scheduled, starts_at, hundredths })
}

#[tokio::test(flavor = "multi_thread")]
async fn numbers_amounts_and_times_are_written_as_each_language_writes_them() -> anyhow::Result<()> {
    let running = Running::start().await?;
    let made = made(&running).await?;
    let address = &running.process.address;
    let browser = Browser::open(1280, 1000).await?;
    browser.driver.goto(&running.process.sign_in_link().await?).await?;
    browser.find("new-campaign").await?;
    browser.driver.cdp().send_raw("Emulation.setTimezoneOverride", json!({ "timezoneId": ZONE })).await?;
    for language in &LANGUAGES {
        browser.speak(language.tag).await?;
        browser.driver.goto(format!("{address}/campaigns/{}", made.scheduled)).await?;
        the_campaign(&browser, language, &made).await?;
        browser.driver.goto(format!("{address}/reports")).await?;
        browser.text_until("sum-audience", |text| text == language.people).await?;
        browser.text_until("sum-billed", |text| language.is_small_amount(&plain(text))).await?;
    }
    browser.close().await?;
    running.stop().await
}

async fn the_campaign(browser: &Browser, language: &Language, made: &Made) -> anyhow::Result<()> {
    browser.text_until("total-audience", |text| text == language.people).await?;
    let year = made.starts_at.year().to_string();
    let is_told = |text: &str| text.contains(&year) && language.starts.iter().all(|part| text.contains(*part));
    let when = plain(&browser.text_until("when", |text| is_told(&plain(text))).await?);
    ensure!(when.contains("AM") == (language.tag == "en"), "{when}");
    let price = language.amount(made.hundredths);
    browser.text_until("cost", |text| plain(text).contains(&price)).await?;
    let script = "return document.querySelector('[aria-labelledby=facts]')?.innerText ?? ''";
    until(language.chunk, async || {
        let facts: String = browser.driver.execute(script, vec![]).await?.convert()?;
        Ok(plain(&facts).contains(language.chunk).then_some(()))
    })
    .await
}
