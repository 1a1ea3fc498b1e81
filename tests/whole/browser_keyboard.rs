//! A campaign made, started, held and resumed in headless Chromium by keys alone: everything on the way is reached with
//! Tab and seen to be, and no step leaves the keyboard nowhere.

use anyhow::{Context, bail, ensure};
use campanile_tests::browser::Browser;
use campanile_tests::client::until;
use campanile_tests::contacts;
use campanile_tests::running::Running;
use serde_json::json;
use wire::{CampaignId, CampaignList, CampaignStatus, List};

/// People of the file: at the steady pace they take most of a minute, so that the campaign is found on its way.
const PEOPLE: usize = 40;

/// Stops and options at most between two things that are looked for.
const MOST_STOPS: usize = 120;

/// What CDP calls a held Shift.
const SHIFT: u32 = 8;

#[derive(Debug, Clone, Copy)]
enum Key {
    Tab,
    BackTab,
    Enter,
    Space,
    Down,
    Up,
    Home,
    Escape,
}

impl Key {
    /// Its name, its place on the keyboard, its number, and what it types.
    fn named(self) -> (&'static str, &'static str, u32, &'static str) {
        match self {
            Key::Tab | Key::BackTab => ("Tab", "Tab", 9, ""),
            Key::Enter => ("Enter", "Enter", 13, "\r"),
            Key::Space => (" ", "Space", 32, " "),
            Key::Down => ("ArrowDown", "ArrowDown", 40, ""),
            Key::Up => ("ArrowUp", "ArrowUp", 38, ""),
            Key::Home => ("Home", "Home", 36, ""),
            Key::Escape => ("Escape", "Escape", 27, ""),
        }
    }

    fn held(self) -> u32 {
        match self {
            Key::BackTab => SHIFT,
            Key::Tab | Key::Enter | Key::Space | Key::Down | Key::Up | Key::Home | Key::Escape => 0,
        }
    }
}

/// Presses a key and lets it go.
async fn press(browser: &Browser, key: Key) -> anyhow::Result<()> {
    let (name, code, number, text) = key.named();
    let stroke = |kind: &str| json!({ "type": kind, "key": name, "code": code, "windowsVirtualKeyCode": number, "modifiers": key.held() });
    let mut down = stroke(if text.is_empty() { "rawKeyDown" } else { "keyDown" });
    if !text.is_empty() {
        down["text"] = json!(text);
    }
    browser.driver.cdp().send_raw("Input.dispatchKeyEvent", down).await?;
    browser.driver.cdp().send_raw("Input.dispatchKeyEvent", stroke("keyUp")).await?;
    Ok(())
}

/// Types a text into the field that the keyboard is in.
async fn typed(browser: &Browser, text: &str) -> anyhow::Result<()> {
    browser.driver.cdp().send_raw("Input.insertText", json!({ "text": text })).await?;
    Ok(())
}

/// Where the keyboard is.
#[derive(Debug)]
struct Place {
    tag: String,
    id: String,
    test_id: String,
    /// Whether an outline shows it, around the element or what it stands in.
    is_seen: bool,
    in_dialog: bool,
}

impl Place {
    fn is_nowhere(&self) -> bool {
        ["BODY", "HTML", "MAIN"].contains(&self.tag.as_str())
    }
}

async fn here(browser: &Browser) -> anyhow::Result<Place> {
    let script = "const one = document.activeElement ?? document.body;
        const is_drawn = (element, pseudo) => {
            const style = getComputedStyle(element, pseudo);
            return style.outlineStyle !== 'none' && parseFloat(style.outlineWidth) > 0;
        };
        let is_seen = false;
        for (let at = one, up = 0; at && up < 4; at = at.parentElement, up += 1)
            is_seen = is_seen || is_drawn(at) || is_drawn(at, '::after');
        return [one.tagName, one.id, one.dataset.testid ?? '', is_seen, !!one.closest('dialog[open]')];";
    let answer = browser.driver.execute(script, vec![]).await?;
    let (tag, id, test_id, is_seen, in_dialog) = answer.convert()?;
    Ok(Place { tag, id, test_id, is_seen, in_dialog })
}

/// Waits until the keyboard is in a place like this.
async fn comes_to(browser: &Browser, what: &str, is_there: impl Fn(&Place) -> bool) -> anyhow::Result<Place> {
    until(&format!("the keyboard at {what}"), async || Ok(Some(here(browser).await?).filter(&is_there))).await
}

async fn comes_to_id(browser: &Browser, test_id: &str) -> anyhow::Result<()> {
    comes_to(browser, test_id, |place| place.test_id == test_id).await.map(drop)
}

/// Presses this key until the keyboard is at the element with this test id; every stop before must show that it is one.
async fn go(browser: &Browser, key: Key, test_id: &str) -> anyhow::Result<()> {
    for _ in 0..MOST_STOPS {
        press(browser, key).await?;
        let place = here(browser).await?;
        ensure!(!place.is_nowhere(), "on the way to {test_id} the keyboard is nowhere: {place:?}");
        ensure!(place.is_seen, "nothing shows that the keyboard is here: {place:?}");
        if place.test_id == test_id {
            return Ok(());
        }
    }
    bail!("{key:?} does not lead to {test_id}")
}

/// Chooses the option that begins so in the list that the keyboard is in.
async fn pick(browser: &Browser, beginning: &str) -> anyhow::Result<()> {
    let offered = "return [...document.activeElement.options ?? []].some((one) => one.text.startsWith(arguments[0]))";
    until(&format!("the option {beginning}"), async || {
        let is_offered = browser.driver.execute(offered, vec![json!(beginning)]).await?;
        Ok(is_offered.convert::<bool>()?.then_some(()))
    })
    .await?;
    let chosen = "return document.activeElement.selectedOptions?.[0]?.text ?? ''";
    for step in 0..MOST_STOPS {
        let text: String = browser.driver.execute(chosen, vec![]).await?.convert()?;
        if text.starts_with(beginning) {
            return Ok(());
        }
        press(browser, if step == 0 { Key::Home } else { Key::Down }).await?;
    }
    bail!("no arrow key leads to the option {beginning}")
}

#[tokio::test(flavor = "multi_thread")]
async fn a_campaign_is_made_started_and_held_by_keys_alone() -> anyhow::Result<()> {
    let running = Running::start().await?;
    let folder = tempfile::tempdir()?;
    let path = folder.path().join("people.csv");
    std::fs::write(&path, contacts::csv(PEOPLE))?;
    let browser = Browser::open(1280, 1000).await?;
    browser.driver.cdp().send_raw("Emulation.setFocusEmulationEnabled", json!({ "enabled": true })).await?;
    browser.driver.goto(&running.process.sign_in_link().await?).await?;
    browser.find("new-campaign").await?;

    the_head_is_skipped(&browser).await?;
    press(&browser, Key::Enter).await?;
    browser.text_until("title", |text| text == "New campaign").await?;
    comes_to_id(&browser, "title").await?;
    the_people(&browser, path.to_str().context("the folder's path is not UTF-8")?).await?;
    the_message_and_the_pace(&browser).await?;
    the_start(&browser).await?;
    let campaigns = running.client.get::<CampaignList>("/v3/campaigns").await?.items;
    let made: Vec<_> = campaigns.iter().map(|one| (one.name.as_str(), one.status, one.leads_count)).collect();
    assert_eq!(made, [("By keys alone", CampaignStatus::Processing, PEOPLE as u64)]);
    a_question_is_answered_with_escape(&browser).await?;
    held_and_resumed(&browser).await?;
    let campaign = campaigns.first().context("no campaign was made")?;
    moved_on_by_others(&browser, &running, &campaign.id).await?;
    a_change_of_somebody_else_is_told(&browser, &running).await?;
    what_is_typed_is_not_left_behind_unasked(&browser, &running).await?;
    a_session_ends_in_a_form(&browser, &running).await?;
    neither_back_nor_signing_out_is_unasked(&browser).await?;
    browser.close().await?;
    running.stop().await
}

/// Before everything else of a page there is a link past the head.
async fn the_head_is_skipped(browser: &Browser) -> anyhow::Result<()> {
    comes_to_id(browser, "title").await?;
    go(browser, Key::BackTab, "skip").await?;
    let script = "return document.activeElement.getBoundingClientRect().top >= 0";
    ensure!(browser.driver.execute(script, vec![]).await?.convert::<bool>()?, "the link past the head is not shown");
    press(browser, Key::Enter).await?;
    comes_to(browser, "the page", |place| place.tag == "MAIN").await?;
    press(browser, Key::Tab).await?;
    comes_to_id(browser, "new-campaign").await
}

/// The file comes from the system's own dialog, which a key opens; its button goes once it is pressed.
async fn the_people(browser: &Browser, path: &str) -> anyhow::Result<()> {
    go(browser, Key::Tab, "channel-select").await?;
    pick(browser, "Lucky Shrub").await?;
    go(browser, Key::Tab, "file-input").await?;
    browser.find("file-input").await?.send_keys(path).await?;
    browser.text_until("seen", |text| text == format!("{PEOPLE} people")).await?;
    comes_to_id(browser, "file-input").await?;
    go(browser, Key::Tab, "upload").await?;
    press(browser, Key::Enter).await?;
    browser.text_until("audience-ready", |text| text.contains("ready")).await?;
    comes_to(browser, "what became of the file", |place| place.id == "intake").await.map(drop)
}

async fn the_message_and_the_pace(browser: &Browser) -> anyhow::Result<()> {
    go(browser, Key::Tab, "name-input").await?;
    typed(browser, "By keys alone").await?;
    go(browser, Key::Tab, "template-select").await?;
    pick(browser, "weekly_offer · en").await?;
    go(browser, Key::Tab, "variable-body-1").await?;
    pick(browser, "Column: name").await?;
    go(browser, Key::Tab, "text-body-1").await?;
    typed(browser, "friend").await?;
    go(browser, Key::Tab, "pace-steady").await?;
    press(browser, Key::Down).await?;
    comes_to_id(browser, "pace-fast").await?;
    press(browser, Key::Up).await?;
    comes_to_id(browser, "pace-steady").await
}

/// What is missing leads to its field, and the page of the campaign begins at its title.
async fn the_start(browser: &Browser) -> anyhow::Result<()> {
    browser.text_until("consents-counted", |text| text.ends_with(&format!("without one: {PEOPLE}."))).await?;
    go(browser, Key::Tab, "create-and-start").await?;
    press(browser, Key::Enter).await?;
    browser.text_until("form-problems", |text| text.contains("agreed to receive")).await?;
    comes_to_id(browser, "create-and-start").await?;
    press(browser, Key::BackTab).await?;
    comes_to(browser, "what is missing", |place| place.tag == "A").await?;
    press(browser, Key::Enter).await?;
    comes_to_id(browser, "attest").await?;
    press(browser, Key::Space).await?;
    let script = "return document.activeElement.checked === true";
    ensure!(browser.driver.execute(script, vec![]).await?.convert::<bool>()?, "the box is not ticked");
    go(browser, Key::Tab, "create-and-start").await?;
    press(browser, Key::Enter).await?;
    browser.text_until("campaign-status", |text| text == "Sending").await?;
    comes_to_id(browser, "title").await
}

/// The keyboard goes into the question, stays there, and comes back to the button that asked.
async fn a_question_is_answered_with_escape(browser: &Browser) -> anyhow::Result<()> {
    go(browser, Key::Tab, "cancel").await?;
    press(browser, Key::Enter).await?;
    let mut stops = vec![comes_to(browser, "the question", |place| place.in_dialog).await?];
    for _ in 0..4 {
        press(browser, Key::Tab).await?;
        let place = here(browser).await?;
        // After the last button comes the browser's own bar.
        ensure!(place.in_dialog || place.tag == "BODY", "behind the question: {place:?}");
        ensure!(place.is_seen || place.tag == "BODY", "nothing shows that the keyboard is here: {place:?}");
        stops.push(place);
    }
    for test_id in ["confirm-no", "confirm-yes"] {
        ensure!(stops.iter().any(|place| place.test_id == test_id), "{test_id} is not reached: {stops:?}");
    }
    press(browser, Key::Escape).await?;
    comes_to_id(browser, "cancel").await
}

/// The button that is pressed goes, and the keyboard stays with those that come.
async fn held_and_resumed(browser: &Browser) -> anyhow::Result<()> {
    for (button, status) in [("pause", "Paused"), ("resume", "Sending")] {
        let key = if button == "pause" { Key::BackTab } else { Key::Tab };
        go(browser, key, button).await?;
        press(browser, Key::Enter).await?;
        browser.text_until("campaign-status", |text| text == status).await?;
        comes_to(browser, "the buttons", |place| place.id == "actions" || !place.test_id.is_empty()).await?;
    }
    Ok(())
}

/// What stays keeps the keyboard while a campaign moves on by itself; what goes leaves it with the others.
async fn moved_on_by_others(browser: &Browser, running: &Running, id: &CampaignId) -> anyhow::Result<()> {
    go(browser, Key::Tab, "cancel").await?;
    running.client.ask(id, "pause").await?;
    browser.text_until("campaign-status", |text| text == "Paused").await?;
    comes_to_id(browser, "cancel").await?;
    running.client.ask(id, "cancel").await?;
    browser.text_until("campaign-status", |text| text == "Cancelled").await?;
    comes_to(browser, "where the buttons stood", |place| place.id == "actions").await.map(drop)
}

/// What the field with this test id holds.
async fn held_in(browser: &Browser, test_id: &str) -> anyhow::Result<String> {
    Ok(browser.find(test_id).await?.prop("value").await?.unwrap_or_default())
}

/// Two change a list: who comes second is told, keeps what was typed, and decides.
async fn a_change_of_somebody_else_is_told(browser: &Browser, running: &Running) -> anyhow::Result<()> {
    let asked = json!({ "name": "Regulars", "filter": { "labels": { "any": ["vip"] } } });
    let list: List = running.client.post("/v3/lists", &asked).await?;
    let path = format!("/v3/lists/{}", list.id);
    browser.driver.goto(format!("{}/lists/{}", running.process.address, list.id)).await?;
    browser.fill("list-name", "Regulars here").await?;
    let elsewhere = "return fetch(arguments[0], {
        method: 'PATCH',
        headers: { 'Content-Type': 'application/json', 'X-Requested-With': 'campanile' },
        body: JSON.stringify({ name: 'Regulars there' }),
    }).then((answer) => answer.status)";
    let status: u16 = browser.driver.execute(elsewhere, vec![json!(path)]).await?.convert()?;
    assert_eq!(status, 200);
    browser.click("save").await?;
    browser.text_until("notice", |text| text.contains("Somebody else changed this meanwhile")).await?;
    assert_eq!(held_in(browser, "list-name").await?, "Regulars here");
    assert_eq!(running.client.get::<List>(&path).await?.name, "Regulars there");
    browser.click("save").await?;
    browser.text_until("title", |text| text == "Lists").await?;
    assert_eq!(running.client.get::<List>(&path).await?.name, "Regulars here");
    Ok(())
}

/// Whether the browser would ask before the dashboard is left.
async fn browser_asks(browser: &Browser) -> anyhow::Result<bool> {
    let script = "return !window.dispatchEvent(new Event('beforeunload', { cancelable: true }))";
    Ok(browser.driver.execute(script, vec![]).await?.convert()?)
}

/// A link asks before it leaves a form; Escape stays there with the keyboard at the link, and the other answer goes on.
async fn what_is_typed_is_not_left_behind_unasked(browser: &Browser, running: &Running) -> anyhow::Result<()> {
    browser.driver.goto(format!("{}/lists/new", running.process.address)).await?;
    // Who looks is known: somebody who may save it.
    browser.find("nav-contacts").await?;
    ensure!(!browser_asks(browser).await?, "an empty form is not left unasked");
    browser.fill("list-name", "Half made").await?;
    ensure!(browser_asks(browser).await?, "what is typed is lost with the tab");
    go(browser, Key::BackTab, "nav-contacts").await?;
    press(browser, Key::Enter).await?;
    comes_to(browser, "the question", |place| place.in_dialog).await?;
    press(browser, Key::Escape).await?;
    comes_to_id(browser, "nav-contacts").await?;
    assert_eq!(held_in(browser, "list-name").await?, "Half made");
    press(browser, Key::Enter).await?;
    comes_to(browser, "the question", |place| place.in_dialog).await?;
    go(browser, Key::Tab, "unsaved-yes").await?;
    press(browser, Key::Enter).await?;
    browser.text_until("title", |text| text == "Contacts").await?;
    ensure!(!browser_asks(browser).await?, "what was given up is asked about");
    Ok(())
}

/// What is wrong has the keyboard, what is typed outlives the session, and who signs in again goes on where he was.
async fn a_session_ends_in_a_form(browser: &Browser, running: &Running) -> anyhow::Result<()> {
    browser.driver.goto(format!("{}/contacts/new", running.process.address)).await?;
    browser.fill("contact-name", "Marta").await?;
    browser.click("save").await?;
    comes_to_id(browser, "contact-phone").await?;
    typed(browser, "+12025550177").await?;
    browser.driver.cdp().send_raw("Network.clearBrowserCookies", json!({})).await?;
    browser.click("save").await?;
    browser.text_until("notice", |text| text.contains("no longer signed in")).await?;
    assert_eq!(held_in(browser, "contact-name").await?, "Marta");
    browser.driver.goto(format!("{}/contacts?search=marta", running.process.address)).await?;
    browser.find("how-to-sign-in").await?;
    browser.driver.goto(&running.process.sign_in_link().await?).await?;
    browser.text_until("title", |text| text == "Contacts").await?;
    assert_eq!(held_in(browser, "search").await?, "marta");
    Ok(())
}

/// By links alone, so that one step back leads to the lists.
async fn a_list_half_made(browser: &Browser) -> anyhow::Result<()> {
    browser.click("nav-lists").await?;
    browser.text_until("title", |text| text == "Lists").await?;
    browser.click("new-list").await?;
    browser.fill("list-name", "Half made").await
}

/// Back and Sign out ask as a link does: Escape keeps the page with its words and address, the other answer goes on.
async fn neither_back_nor_signing_out_is_unasked(browser: &Browser) -> anyhow::Result<()> {
    a_list_half_made(browser).await?;
    browser.driver.back().await?;
    comes_to(browser, "the question", |place| place.in_dialog).await?;
    press(browser, Key::Escape).await?;
    comes_to_id(browser, "list-name").await?;
    assert_eq!(held_in(browser, "list-name").await?, "Half made");
    assert_eq!(browser.driver.current_url().await?.path(), "/lists/new");
    browser.driver.back().await?;
    comes_to(browser, "the question", |place| place.in_dialog).await?;
    go(browser, Key::Tab, "unsaved-yes").await?;
    press(browser, Key::Enter).await?;
    browser.text_until("title", |text| text == "Lists").await?;
    assert_eq!(browser.driver.current_url().await?.path(), "/lists");
    ensure!(!browser_asks(browser).await?, "what was given up is asked about");

    a_list_half_made(browser).await?;
    browser.click("sign-out").await?;
    comes_to(browser, "the question", |place| place.in_dialog).await?;
    press(browser, Key::Escape).await?;
    comes_to_id(browser, "sign-out").await?;
    assert_eq!(held_in(browser, "list-name").await?, "Half made");
    press(browser, Key::Enter).await?;
    comes_to(browser, "the question", |place| place.in_dialog).await?;
    go(browser, Key::Tab, "unsaved-yes").await?;
    press(browser, Key::Enter).await?;
    browser.find("how-to-sign-in").await.map(drop)
}
