//! What a campaign says, in headless Chromium: a picture in a template's header, free words, people who cannot be filled
//! in, previews and tries, and the templates themselves.

use anyhow::Context;
use campanile_tests::browser::{Browser, Scheme};
use campanile_tests::contacts::phones;
use campanile_tests::running::Running;
use simulator::{Config, Delay};
use thirtyfour::prelude::*;
use wire::{Campaign, TrackedLink};

/// A picture of one red pixel.
pub(crate) const PNG: [u8; 69] = [
    0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a, 0x00, 0x00, 0x00, 0x0d, 0x49, 0x48, 0x44, 0x52, 0x00, 0x00, 0x00,
    0x01, 0x00, 0x00, 0x00, 0x01, 0x08, 0x02, 0x00, 0x00, 0x00, 0x90, 0x77, 0x53, 0xde, 0x00, 0x00, 0x00, 0x0c, 0x49,
    0x44, 0x41, 0x54, 0x78, 0xda, 0x63, 0xf8, 0xcf, 0xc0, 0x00, 0x00, 0x03, 0x01, 0x01, 0x00, 0xf7, 0x03, 0x41, 0x43,
    0x00, 0x00, 0x00, 0x00, 0x49, 0x45, 0x4e, 0x44, 0xae, 0x42, 0x60, 0x82,
];

/// People of the campaign; the third has no name.
const PEOPLE: usize = 12;

fn simulator() -> Config {
    Config { answer_delay_ms: 20, read_delay: Delay::between(200, 1_000), ..Config::default() }
}

fn file() -> String {
    let row = |(at, phone): (usize, String)| {
        let name = if at == 2 { String::new() } else { format!("Person {at}") };
        format!("{phone},{name}\n")
    };
    std::iter::once("phone,name\n".to_owned()).chain(phones().take(PEOPLE).enumerate().map(row)).collect()
}

/// The page with the contacts file taken in and every wait at nothing.
async fn with_people(browser: &Browser, path: &str) -> anyhow::Result<()> {
    browser.click("nav-campaigns").await?;
    browser.click("new-campaign").await?;
    browser.find("file-input").await?.send_keys(path).await?;
    browser.text_until("seen", |text| text.contains("people")).await?;
    browser.choose("channel-select", "Lucky Shrub").await?;
    for field in ["seconds-between-chunks", "min-seconds", "max-seconds"] {
        browser.fill(field, "0").await?;
    }
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_picture_goes_out_with_its_template_and_templates_are_looked_at() -> anyhow::Result<()> {
    let running = Running::start_with(simulator()).await?;
    let folder = tempfile::tempdir()?;
    let (contacts, picture) = (folder.path().join("people.csv"), folder.path().join("summer.png"));
    std::fs::write(&contacts, file())?;
    std::fs::write(&picture, PNG)?;
    let path = |path: &std::path::Path| path.to_str().map(str::to_owned).context("the folder's path is not UTF-8");
    let (contacts, picture) = (path(&contacts)?, path(&picture)?);
    let browser = Browser::open(1280, 1000).await?;
    browser.driver.goto(&running.process.sign_in_link().await?).await?;

    with_people(&browser, &contacts).await?;
    browser.fill("name-input", "Summer").await?;
    browser.choose("template-select", "colecao_de_verao · pt_BR").await?;
    browser.choose("variable-body-1", "Column: name").await?;
    browser.click("create-and-start").await?;
    let problems = browser.text("form-problems").await?;
    assert!(problems.contains("Drop a picture here"), "{problems}");
    browser.find("asset-header-input").await?.send_keys(&contacts).await?;
    browser.text_until("template.headerMedia-error", |text| text.contains("nothing that WhatsApp shows")).await?;
    browser.find("asset-header-input").await?.send_keys(&picture).await?;
    browser.text_until("asset-header-state", |text| text == "Uploaded").await?;
    browser.find("bubble-picture").await?;
    browser.text_until("bubble-body", |text| text.contains("Person 0")).await?;
    browser.click("attest").await?;
    browser.screenshot("content-1-picture").await?;
    browser.click("create-and-start").await?;

    leave_out_whom_it_does_not_fit(&browser).await?;
    browser.text_until("campaign-status", |text| text == "Completed").await?;
    preview_and_try(&browser).await?;
    running.simulator_is_idle().await;
    let sent = running.process.simulator.arrivals().into_iter();
    let pictures = sent.filter(|arrival| arrival.template_name.as_deref() == Some("colecao_de_verao")).count();
    assert!(pictures >= PEOPLE - 1, "{pictures} messages");

    two_wordings(&browser, &contacts).await?;
    links_and_replies(&browser, &running, &contacts).await?;
    templates(&browser).await?;
    browser.close().await?;
    running.stop().await
}

async fn leave_out_whom_it_does_not_fit(browser: &Browser) -> anyhow::Result<()> {
    let said = browser.text_until("unfilled", |text| text.contains("1 of 12 people")).await?;
    assert!(said.contains("row 4"), "{said}");
    browser.screenshot("content-2-unfilled").await?;
    browser.click("leave-out").await?;
    browser.click("try-again").await
}

async fn preview_and_try(browser: &Browser) -> anyhow::Result<()> {
    browser.text_until("bubble-body", |text| text.contains("Person 0")).await?;
    browser.find("bubble-picture").await?;
    browser.fill("preview-index", "5").await?;
    browser.text_until("bubble-body", |text| text.contains("Person 4")).await?;
    browser.fill("preview-index", "3").await?;
    browser.text_until("preview-problem", |text| text.contains("is empty")).await?;
    browser.fill("preview-index", "2").await?;
    browser.text_until("bubble-body", |text| text.contains("Person 1")).await?;
    browser.click("try").await?;
    browser.text_until("try-numbers-error", |text| text.contains("Give one to 5")).await?;
    browser.fill("try-numbers", "+1 202 555 0170, +1 202 555 0171").await?;
    browser.click("try").await?;
    browser.text_until("tried", |text| text.contains("+12025550170")).await?;
    browser.screenshot("content-3-preview").await?;
    Ok(())
}

async fn two_wordings(browser: &Browser, contacts: &str) -> anyhow::Result<()> {
    with_people(browser, contacts).await?;
    browser.fill("name-input", "Two ways").await?;
    browser.choose("template-select", "weekly_offer · en").await?;
    browser.choose("variable-body-1", "Column: name").await?;
    browser.fill("text-body-1", "friend").await?;
    browser.click("add-wording").await?;
    browser.fill("wording-name", "Short").await?;
    browser.click("says-free").await?;
    browser.find("window-warning").await?;
    browser.text_until("review-windows", |text| text.contains("Save a draft")).await?;
    browser.fill("message-input", "Hi *[FIRSTNAME]* from {{nowhere}}").await?;
    browser.click("wording-0").await?;
    browser.click("create-and-start").await?;
    let problems = browser.text("form-problems").await?;
    assert!(problems.contains("Short: ") && problems.contains("nowhere"), "{problems}");
    browser.click("wording-1").await?;
    browser.text_until("message-error", |text| text.contains("nowhere")).await?;
    browser.fill("message-input", "Hi *{{name|friend}}*").await?;
    browser.text_until("bubble-body", |text| text == "Hi Person 0").await?;
    browser.click("attest").await?;
    browser.screenshot("content-4-wordings").await?;
    browser.click("create-and-start").await?;
    browser.text_until("campaign-status", |text| text == "Completed").await?;
    let wordings = browser.driver.find_all(By::Testid("wording-row")).await?;
    assert_eq!(wordings.len(), 2);
    browser.screenshot("content-5-results").await?;
    Ok(())
}

/// A link that is tracked, what is done with answers, and a template for whom free words may not reach.
async fn links_and_replies(browser: &Browser, running: &Running, contacts: &str) -> anyhow::Result<()> {
    with_people(browser, contacts).await?;
    browser.fill("name-input", "With a link").await?;
    browser.click("says-free").await?;
    browser.fill("message-input", "Hi {{name|friend}}: {{link:shop}}").await?;
    browser.click("falls-back").await?;
    browser.choose("template-select", "weekly_offer · en").await?;
    browser.choose("variable-body-1", "Column: name").await?;
    browser.fill("text-body-1", "friend").await?;
    browser.click("follow-up").await?;
    browser.click("add-link").await?;
    browser.fill("link-name-0", "My shop").await?;
    browser.fill("link-url-0", "https://shop.example/offer").await?;
    browser.fill("replies-label", "warm").await?;
    browser.fill("replies-answer", "Thank you!").await?;
    browser.click("save-draft").await?;
    browser.text_until("links.0.name-error", |text| text.contains("small letters")).await?;
    browser.fill("link-name-0", "shop").await?;
    browser.text_until("bubble-body", |text| text == "Hi Person 0: https://…/r/shop").await?;
    browser.text_until("review-links", |text| text == "shop → https://shop.example/offer").await?;
    browser.text_until("review-replies", |text| text.contains("warm") && text.contains("Thank you!")).await?;
    assert_eq!(browser.text("review-others").await?, "weekly_offer");
    assert_eq!(browser.violations().await?, Vec::<String>::new());
    browser.screenshot("content-5-links").await?;
    browser.click("save-draft").await?;
    browser.text_until("campaign-status", |text| text == "Draft").await?;
    let facts = browser.driver.find(By::Css("section[aria-labelledby=facts]")).await?.text().await?;
    assert!(facts.contains("https://shop.example/offer") && facts.contains("Thank you!"), "{facts}");

    let url = browser.driver.current_url().await?;
    let id = url.path().rsplit('/').next().unwrap_or_default();
    let made: Campaign = running.client.get(&format!("/v3/campaigns/{id}")).await?;
    let shop = TrackedLink { name: "shop".to_owned(), url: "https://shop.example/offer".to_owned() };
    assert_eq!(made.links, [shop]);
    let rules = made.replies.unwrap_or_default();
    assert_eq!((rules.label.as_deref(), rules.answer.as_deref()), (Some("warm"), Some("Thank you!")));
    let said = (made.message.as_str(), made.template.name.as_str());
    assert_eq!(said, ("Hi {{name|friend}}: {{link:shop}}", "weekly_offer"));
    Ok(())
}

async fn templates(browser: &Browser) -> anyhow::Result<()> {
    browser.click("nav-templates").await?;
    browser.fill("template-search", "novidades").await?;
    browser.text_until("template-row", |text| text.contains("novidades_pausadas") && text.contains("Paused")).await?;
    browser.screenshot("content-6-templates").await?;
    browser.click("new-template").await?;
    browser.fill("template-name", "winter_sale").await?;
    browser.fill("template-language", "en").await?;
    browser.fill("template-body", "Hello {{1}}, everything is *cheaper* today.").await?;
    browser.click("create-template").await?;
    browser.text_until("examples.1-error", |text| text.contains("example")).await?;
    browser.fill("example-1", "Ana").await?;
    browser.text_until("bubble-body", |text| text == "Hello Ana, everything is cheaper today.").await?;
    browser.click("add-button").await?;
    browser.fill("button-text-0", "Stop").await?;
    browser.screenshot("content-7-new-template").await?;
    browser.click("create-template").await?;
    browser.text_until("template-row", |text| text.contains("winter_sale")).await?;
    browser.click("template-link").await?;
    browser.text_until("bubble-body", |text| text.starts_with("Hello {{1}}")).await?;
    browser.screenshot("content-8-template").await?;
    browser.click("delete-template").await?;
    browser.click("confirm-yes").await?;
    browser.text_until("title", |text| text == "Templates").await?;
    for_codes(browser).await
}

/// One whose words are WhatsApp's own.
async fn for_codes(browser: &Browser) -> anyhow::Result<()> {
    browser.click("new-template").await?;
    browser.fill("template-name", "sign_in_code").await?;
    browser.fill("template-language", "en").await?;
    browser.choose("template-category", "Authentication").await?;
    browser.click("code-warns").await?;
    browser.fill("code-minutes", "91").await?;
    browser.click("create-template").await?;
    browser.text_until("code.expiresAfterMinutes-error", |text| text.contains("90")).await?;
    browser.fill("code-minutes", "10").await?;
    browser.text_until("bubble-body", |text| text.contains("do not share")).await?;
    browser.click("create-template").await?;
    browser.text_until("template-row", |text| text.contains("sign_in_code")).await?;
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn an_amount_of_money_and_a_flow_with_data_are_filled_in_and_go_out() -> anyhow::Result<()> {
    let running = Running::start_with(simulator()).await?;
    let folder = tempfile::tempdir()?;
    let contacts = folder.path().join("people.csv");
    std::fs::write(&contacts, file())?;
    let browser = Browser::open(1280, 1000).await?;
    browser.driver.goto(&running.process.sign_in_link().await?).await?;
    with_people(&browser, contacts.to_str().context("the folder's path is not UTF-8")?).await?;
    browser.fill("name-input", "Survey").await?;
    browser.choose("template-select", "encuesta_de_compra · es").await?;

    browser.choose("variable-body-1", "The same text").await?;
    browser.fill("text-body-1", "12.50").await?;
    browser.click("more-body-1").await?;
    browser.choose("sent-as-body-1", "An amount of money").await?;
    browser.click("create-and-start").await?;
    browser.text_until("template.body.0.currency-error", |text| text.contains("three letters")).await?;
    browser.fill("currency-body-1", "brl").await?;
    browser.text_until("bubble-body", |text| text.contains("BRL 12.50")).await?;

    browser.click("carry-more").await?;
    browser.choose("variable-button-0", "The same text").await?;
    browser.fill("text-button-0", "token-1").await?;
    browser.click("add-datum-button-0").await?;
    browser.fill("datum-text-button-0-0", "{{nome}}").await?;
    browser.click("create-and-start").await?;
    browser.text_until("template.buttons.0.flowData.0-error", |text| text.contains("name")).await?;
    browser.fill("datum-name-button-0-0", "who").await?;
    browser.click("create-and-start").await?;
    browser.text_until("template.buttons.0.flowData-error", |text| text.contains("nome")).await?;
    browser.fill("datum-text-button-0-0", "{{name|friend}}").await?;
    browser.screenshot("content-9-amount-and-flow").await?;
    browser.click("attest").await?;
    browser.click("create-and-start").await?;
    browser.text_until("campaign-status", |text| text == "Completed").await?;
    running.simulator_is_idle().await;
    let arrivals = running.process.simulator.arrivals();
    let paid = arrivals.iter().filter(|arrival| arrival.text.starts_with("Hola, BRL 12.50:")).count();
    assert_eq!(paid, PEOPLE, "{arrivals:?}");
    browser.close().await?;
    running.stop().await
}

#[tokio::test(flavor = "multi_thread")]
async fn messages_and_templates_fit_a_phone_in_the_dark() -> anyhow::Result<()> {
    let running = Running::start_with(simulator()).await?;
    let browser = Browser::open(500, 900).await?;
    browser.driver.goto(&running.process.sign_in_link().await?).await?;
    browser.find("first-campaign").await?;
    for (scheme, name) in [(Scheme::Dark, "dark"), (Scheme::Light, "light")] {
        browser.as_phone(390, 844, scheme).await?;
        for (page, path, there) in [
            ("templates", "/templates", "template-row"),
            ("new-template", "/templates/new", "template-body"),
            ("new-campaign", "/campaigns/new", "template-select"),
        ] {
            browser.driver.goto(format!("{}{path}", running.process.address)).await?;
            browser.find(there).await?;
            if page == "new-campaign" {
                browser.choose("channel-select", "Lucky Shrub").await?;
                browser.choose("template-select", "dois_destaques").await?;
                browser.find("bubble-cards").await?;
            }
            assert!(browser.fits_its_width().await?, "{page} is wider than a phone");
            // A page that is too wide makes the phone's window wider too.
            let width: u32 = browser.driver.execute("return window.innerWidth", vec![]).await?.convert()?;
            assert_eq!(width, 390, "{page}");
            browser.whole_page(&format!("phone-{name}-{page}")).await?;
        }
    }
    browser.close().await?;
    running.stop().await
}
