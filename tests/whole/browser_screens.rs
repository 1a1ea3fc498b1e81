//! Every screen in every language, wide and as a phone, light and dark: nothing beside the screen, no English where
//! another language is spoken, and nothing that axe-core finds serious.

use std::collections::BTreeSet;

use anyhow::ensure;
use campanile_tests::browser::{Browser, Scheme};
use campanile_tests::contacts;
use campanile_tests::running::{Running, repository};
use serde_json::{Value, json};

/// Letters of a text that cannot be the same by chance in two languages.
const LONG_ENOUGH: usize = 8;

/// What is looked at: addresses without anything that must be made first.
const SCREENS: [&str; 19] = [
    "campaigns",
    "campaigns/new",
    "contacts",
    "contacts/new",
    "contacts/import",
    "lists",
    "lists/new",
    "templates",
    "templates/new",
    "channels",
    "notices",
    "reports",
    "suppressions",
    "team",
    "settings",
    "settings/hours",
    "settings/prices",
    "nowhere",
    "templates/nowhere",
];

async fn furnished() -> anyhow::Result<(Running, Vec<String>)> {
    let running = Running::start().await?;
    let audience = running.client.audience(contacts::csv(60)).await?;
    let made = running.client.draft(&audience.id, json!({ "chunkSize": 20 })).await?;
    running.client.ask(&made.id, "start").await?;
    running.client.completed(&made.id).await?;
    let person = json!({ "phone": "+5511987654321", "name": "Ana", "labels": ["vip"], "city": "Recife" });
    let _: Value = running.client.post("/v3/contacts", &person).await?;
    let list = json!({ "name": "VIPs", "filter": { "labels": { "any": ["vip"] }, "cities": ["Recife"] } });
    let list: Value = running.client.post("/v3/lists", &list).await?;
    let _: Value = running.client.post("/v3/suppressions", &json!({ "phones": ["+5511987654322"] })).await?;
    let mut screens: Vec<String> = SCREENS.iter().map(|screen| (*screen).to_owned()).collect();
    screens.push(format!("campaigns/{}", made.id));
    screens.push(format!("lists/{}", list["id"].as_str().unwrap_or_default()));
    screens.push("contacts/5511987654321".to_owned());
    Ok((running, screens))
}

/// English texts that are others in this language.
fn english(tag: &str) -> anyhow::Result<BTreeSet<String>> {
    let read = |name: &str| -> anyhow::Result<Value> {
        let path = repository().join(format!("frontend/locales/{name}.json"));
        Ok(serde_json::from_str(&std::fs::read_to_string(path)?)?)
    };
    let (english, here) = (read("en")?, read(tag)?);
    let texts = english.as_object().into_iter().flatten();
    let differ = texts.filter(|(name, text)| here[name.as_str()] != **text).filter_map(|(_, text)| text.as_str());
    Ok(differ.filter(|text| text.len() >= LONG_ENOUGH).map(str::to_owned).collect())
}

fn named(screen: &str) -> String {
    screen.split('/').take(2).map(|part| if part.len() > 20 { "one" } else { part }).collect::<Vec<_>>().join("-")
}

/// Looks at all screens; gives what is wrong with them.
async fn look(
    browser: &Browser,
    running: &Running,
    screens: &[String],
    tag: &str,
    how: &str,
) -> anyhow::Result<Vec<String>> {
    let english = if tag == "en" { BTreeSet::new() } else { english(tag)? };
    let mut wrong = Vec::new();
    for screen in screens {
        browser.driver.goto(format!("{}/{screen}", running.process.address)).await?;
        browser.settled().await?;
        let told = |what: String| format!("{tag} {how} /{screen}: {what}");
        if !browser.fits_its_width().await? {
            wrong.push(told("is wider than the screen".to_owned()));
        }
        wrong
            .extend(browser.spills().await?.into_iter().map(|what| told(format!("is too wide for its place: {what}"))));
        let foreign = browser.texts().await?.into_iter().filter(|text| english.contains(text));
        wrong.extend(foreign.map(|text| told(format!("says \"{text}\""))));
        wrong.extend(browser.violations().await?.into_iter().map(told));
        browser.whole_page(&format!("screen-{tag}-{how}-{}", named(screen))).await?;
    }
    Ok(wrong)
}

#[tokio::test(flavor = "multi_thread")]
async fn every_screen_speaks_every_language_fits_its_width_and_is_for_everybody() -> anyhow::Result<()> {
    let (running, screens) = furnished().await?;
    let browser = Browser::open(1280, 900).await?;
    browser.driver.goto(&running.process.sign_in_link().await?).await?;
    browser.find("new-campaign").await?;
    let mut wrong = Vec::new();
    for tag in ["en", "pt-BR", "es"] {
        browser.speak(tag).await?;
        browser.as_screen(1280, 900, Scheme::Light).await?;
        wrong.extend(look(&browser, &running, &screens, tag, "wide").await?);
        browser.as_phone(390, 844, Scheme::Dark).await?;
        wrong.extend(look(&browser, &running, &screens, tag, "phone").await?);
        let spoken: String = browser.driver.execute("return document.documentElement.lang", vec![]).await?.convert()?;
        ensure!(spoken == tag, "the page says that it is {spoken}, not {tag}");
    }
    browser.close().await?;
    running.stop().await?;
    ensure!(wrong.is_empty(), "{}", wrong.join("\n"));
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_language_is_chosen_at_the_foot_of_the_page_and_stays() -> anyhow::Result<()> {
    let running = Running::start().await?;
    let browser = Browser::open(1280, 900).await?;
    browser.driver.goto(&running.process.sign_in_link().await?).await?;
    browser.text_until("nav-campaigns", |text| text == "Campaigns").await?;
    browser.choose("language", "Português").await?;
    browser.text_until("nav-campaigns", |text| text == "Campanhas").await?;
    browser.text_until("title", |text| text == "Campanhas").await?;
    browser.click("nav-contacts").await?;
    browser.text_until("title", |text| text == "Contatos").await?;
    browser.driver.refresh().await?;
    browser.text_until("title", |text| text == "Contatos").await?;
    browser.click("new-contact").await?;
    browser.click("save").await?;
    browser.text_until("phone-error", |text| text == "Informe o número.").await?;
    browser.close().await?;
    running.stop().await
}
