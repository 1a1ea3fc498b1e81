//! Every screen in every language, wide and as a phone, light and dark: nothing beside the screen, no English where
//! another language is spoken, and nothing that axe-core finds serious. `make screenshots` keeps what they look like.

use std::collections::BTreeSet;

use anyhow::{Context, ensure};
use campanile_tests::browser::{Browser, Scheme};
use campanile_tests::client::until;
use campanile_tests::contacts;
use campanile_tests::receiver::Receiver;
use campanile_tests::running::{Running, repository};
use serde_json::{Value, json};
use wire::{AudienceId, Campaign, ChannelList, TemplateList};

/// Letters of a text that cannot be the same by chance in two languages.
const LONG_ENOUGH: usize = 8;

const LANGUAGES: [&str; 3] = ["en", "pt-BR", "es"];

/// What is looked at: addresses without anything that must be made first.
const SCREENS: [&str; 18] = [
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
    "settings",
    "settings/hours",
    "settings/prices",
    "nowhere",
    "templates/nowhere",
];

/// A window. In the language of the tests axe looks at both schemes; in the others at this one, as the colours are the
/// same there.
struct Size {
    name: &'static str,
    width: u32,
    height: u32,
    scheme: Scheme,
}

const SIZES: [Size; 2] = [
    Size { name: "wide", width: 1280, height: 900, scheme: Scheme::Light },
    Size { name: "phone", width: 390, height: 844, scheme: Scheme::Dark },
];

/// What is done on a page before it is looked at, to the element with this test id.
enum Step {
    /// Waits until it is there, and unfolds all that a phone folds.
    Unfold(&'static str),
    /// Waits until it has words.
    See(&'static str),
    /// Presses it.
    Press(&'static str),
}

/// A campaign's page with what happened, which a phone folds.
const WITH_HISTORY: &[Step] = &[Step::Unfold("fold-what-happened"), Step::See("audit-line")];

/// The same with the menu of its files.
const WITH_FILES: &[Step] =
    &[Step::Unfold("fold-what-happened"), Step::See("audit-line"), Step::Press("export-menu"), Step::See("export-csv")];

/// The team's page with what a webhook was told.
const WITH_DELIVERIES: &[Step] = &[Step::Press("deliveries"), Step::See("delivery")];

/// A campaign in the form, with the fields of its tracked link.
const WITH_LINKS: &[Step] =
    &[Step::See("bubble-body"), Step::Press("start-later"), Step::Press("in-hours"), Step::See("remove-link-0")];

async fn unfold(browser: &Browser) -> anyhow::Result<()> {
    let script = "document.querySelectorAll('details.fold').forEach((one) => { one.open = true; })";
    browser.driver.execute(script, vec![]).await?;
    Ok(())
}

/// An address, and how the page is to stand.
struct Screen {
    name: String,
    path: String,
    steps: &'static [Step],
}

impl Screen {
    fn at(path: &str) -> Screen {
        Screen::standing(&path.replace('/', "-"), path.to_owned(), &[])
    }

    fn standing(name: &str, path: String, steps: &'static [Step]) -> Screen {
        Screen { name: name.to_owned(), path, steps }
    }

    async fn open(&self, browser: &Browser, address: &str) -> anyhow::Result<()> {
        browser.driver.goto(format!("{address}/{}", self.path)).await?;
        browser.settled().await?;
        for step in self.steps {
            match step {
                Step::Unfold(test_id) => {
                    browser.find(test_id).await?;
                    unfold(browser).await?;
                }
                Step::See(test_id) => drop(browser.text_until(test_id, |text| !text.is_empty()).await?),
                Step::Press(test_id) => browser.click(test_id).await?,
            }
        }
        browser.settled().await?;
        // What came since, such as the report.
        unfold(browser).await
    }
}

/// Campaigns in the states in which their pages differ.
struct Campaigns {
    completed: Campaign,
    draft: Campaign,
    sending: Campaign,
    cancelled: Campaign,
}

/// What is asked for, with a tracked link in everybody's text.
fn tracked(mut asked: Value) -> Value {
    asked["links"] = json!([{ "name": "shop", "url": "https://shop.example/offer" }]);
    asked["template"] =
        json!({ "name": "weekly_offer", "language": "en", "body": [{ "text": "{{name}}: {{link:shop}}" }] });
    asked
}

async fn campaigns(running: &Running, audience: &AudienceId) -> anyhow::Result<Campaigns> {
    let client = &running.client;
    let quick = tracked(json!({ "name": "Weekly offer", "chunkSize": 20 }));
    let slow = |name: &str| json!({ "name": name, "chunkSize": 20, "minSecondsBetweenMessages": 60, "maxSecondsBetweenMessages": 60 });
    let completed = client.draft(audience, quick).await?;
    client.ask(&completed.id, "start").await?;
    client.completed(&completed.id).await?;
    let draft = client.draft(audience, tracked(slow("Next week"))).await?;
    let sending = client.draft(audience, slow("All day long")).await?;
    client.ask(&sending.id, "start").await?;
    client.campaign_until(&sending.id, "a first message", |standing| standing.totals.untouched < 60).await?;
    let cancelled = client.draft(audience, slow("Never mind")).await?;
    client.ask(&cancelled.id, "start").await?;
    client.ask(&cancelled.id, "cancel").await?;
    Ok(Campaigns { completed, draft, sending, cancelled })
}

async fn a_template(running: &Running) -> anyhow::Result<String> {
    let numbers: ChannelList = running.client.get("/v3/channels").await?;
    let number = numbers.items.first().context("there is no number")?;
    let path = format!("/v3/channels/{}/templates", number.id);
    let templates: TemplateList = running.client.get(&path).await?;
    let found = templates.items.into_iter().find(|template| template.name == "weekly_offer");
    Ok(found.context("there is no template weekly_offer")?.id)
}

async fn furnished() -> anyhow::Result<(Running, Vec<Screen>)> {
    let running = Running::reaching_here().await?;
    let receiver = Receiver::start().await?;
    receiver.wants(&running.process.app, &["campaign.cancelled"]).await?;
    let audience = running.client.audience(contacts::csv(60)).await?;
    let made = campaigns(&running, &audience.id).await?;
    until("what the webhook is told", async || Ok((!receiver.told().is_empty()).then_some(()))).await?;
    let template = a_template(&running).await?;
    let person = json!({ "phone": "+5511987654321", "name": "Ana", "labels": ["vip"], "city": "Recife" });
    let _: Value = running.client.post("/v3/contacts", &person).await?;
    let list = json!({ "name": "VIPs", "filter": { "labels": { "any": ["vip"] }, "cities": ["Recife"] } });
    let list: Value = running.client.post("/v3/lists", &list).await?;
    let list = list["id"].as_str().unwrap_or_default();
    let _: Value = running.client.post("/v3/suppressions", &json!({ "phones": ["+5511987654322"] })).await?;
    let mut screens: Vec<Screen> = SCREENS.iter().map(|path| Screen::at(path)).collect();
    let campaign = |of: &Campaign| format!("campaigns/{}", of.id);
    screens.extend([
        Screen::standing("campaign-completed", campaign(&made.completed), WITH_FILES),
        Screen::standing("campaign-draft", campaign(&made.draft), WITH_HISTORY),
        Screen::standing("campaign-sending", campaign(&made.sending), WITH_HISTORY),
        Screen::standing("campaign-cancelled", campaign(&made.cancelled), WITH_HISTORY),
        Screen::standing("question", campaign(&made.draft), &[Step::Press("delete"), Step::See("delete-text")]),
        Screen::standing("campaign-change", format!("campaigns/new?draft={}", made.draft.id), WITH_LINKS),
        Screen::standing("campaign-of-a-list", format!("campaigns/new?list={list}"), &[Step::Press("spoke-anywhere")]),
        Screen::standing("team", "team".to_owned(), WITH_DELIVERIES),
        Screen::standing("list", format!("lists/{list}"), &[]),
        Screen::standing("contact", "contacts/5511987654321".to_owned(), &[]),
        Screen::standing("template", format!("templates/{template}"), &[Step::See("bubble-body")]),
        Screen::standing(
            "template-change",
            format!("templates/{template}/edit"),
            &[Step::See("advice"), Step::Press("make-carousel"), Step::See("card-1")],
        ),
    ]);
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

/// Looks at all screens in one language; gives what is wrong with them.
async fn look(browser: &Browser, address: &str, screens: &[Screen], tag: &str) -> anyhow::Result<Vec<String>> {
    let english = if tag == "en" { BTreeSet::new() } else { english(tag)? };
    browser.speak(tag).await?;
    let mut wrong = Vec::new();
    for size in &SIZES {
        for screen in screens {
            browser.as_screen(size.width, size.height, Scheme::Light).await?;
            screen.open(browser, address).await?;
            let told = |what: String| format!("{tag} {} {}: {what}", size.name, screen.name);
            if !browser.fits_its_width().await? {
                wrong.push(told("is wider than the screen".to_owned()));
            }
            let spills = browser.spills().await?.into_iter();
            wrong.extend(spills.map(|what| told(format!("is too wide for its place: {what}"))));
            let foreign = browser.texts().await?.into_iter().filter(|text| english.contains(text));
            wrong.extend(foreign.map(|text| told(format!("says \"{text}\""))));
            for scheme in [Scheme::Light, Scheme::Dark] {
                browser.as_screen(size.width, size.height, scheme).await?;
                let name = format!("screen-{tag}-{}-{}-{}", size.name, scheme.name(), screen.name);
                browser.whole_page(&name).await?;
                if tag == "en" || scheme == size.scheme {
                    let found = browser.violations().await?.into_iter();
                    wrong.extend(found.map(|what| told(format!("{}: {what}", scheme.name()))));
                }
            }
        }
    }
    let spoken: String = browser.driver.execute("return document.documentElement.lang", vec![]).await?.convert()?;
    ensure!(spoken == tag, "the page says that it is {spoken}, not {tag}");
    Ok(wrong)
}

#[tokio::test(flavor = "multi_thread")]
async fn every_screen_speaks_every_language_fits_its_width_and_is_for_everybody() -> anyhow::Result<()> {
    let (running, screens) = furnished().await?;
    let address = running.process.address.clone();
    let browser = Browser::open(1280, 900).await?;
    browser.driver.goto(&running.process.sign_in_link().await?).await?;
    browser.find("new-campaign").await?;
    let mut wrong = Vec::new();
    for tag in LANGUAGES {
        wrong.extend(look(&browser, &address, &screens, tag).await?);
    }
    browser.as_screen(1280, 900, Scheme::Light).await?;
    // Away from the form that was looked at last, which would be asked about.
    browser.driver.goto(format!("{address}/campaigns")).await?;
    browser.click("sign-out").await?;
    browser.find("how-to-sign-in").await?;
    let signed_out = [Screen::standing("sign-in", "sign-in".to_owned(), &[Step::See("begin-sign-in")])];
    for tag in LANGUAGES {
        wrong.extend(look(&browser, &address, &signed_out, tag).await?);
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
