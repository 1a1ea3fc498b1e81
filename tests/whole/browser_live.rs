//! What the dashboard shows of a campaign that sends, in headless Chromium: it is never more than two seconds behind,
//! asks for nothing while nobody can see it, and is there again at once when somebody does.

use std::time::{Duration, Instant};

use anyhow::ensure;
use campanile_tests::browser::Browser;
use campanile_tests::client::until;
use campanile_tests::contacts;
use campanile_tests::running::Running;
use serde_json::{Value, json};
use wire::CampaignId;

/// How far behind the page may be.
const LATE: Duration = Duration::from_secs(2);

/// How often the number on the page must have changed until it is judged.
const CHANGES: usize = 4;

/// How long that may take.
const LONGEST: Duration = Duration::from_secs(60);

/// The wait between two looks.
const LOOK_EVERY: Duration = Duration::from_millis(40);

/// How long it is counted what a hidden page asks for.
const HIDDEN_FOR: Duration = Duration::from_secs(3);

/// How long what was asked for before may still draw requests after it, in milliseconds.
const WINDS_DOWN_MS: f64 = 1_000.0;

/// How soon a page that is seen again asks, in milliseconds: less than the wait between two looks of one that is seen.
const AT_ONCE_MS: f64 = 1_000.0;

/// A number, and between which moments it was right.
#[derive(Debug, Clone, Copy)]
struct Seen {
    asked: Instant,
    answered: Instant,
    sent: u64,
}

fn slowest(all: &[Seen]) -> Duration {
    all.iter().map(|one| one.answered - one.asked).max().unwrap_or_default()
}

fn changes(looks: &[Seen]) -> usize {
    looks.windows(2).filter(|pair| pair[0].sent != pair[1].sent).count()
}

/// What the API has as sent, by the funnel's own rule: whoever was delivered to or has read is among them.
async fn truth(running: &Running, id: &CampaignId) -> anyhow::Result<Seen> {
    let asked = Instant::now();
    let totals = running.client.campaign(id).await?.totals;
    let sent = totals.accepted + totals.sent + totals.delivered + totals.read;
    Ok(Seen { asked, answered: Instant::now(), sent })
}

/// What the page has.
async fn look(browser: &Browser) -> anyhow::Result<Seen> {
    let script = "return Number(document.querySelector('[data-testid=total-sent]').textContent)";
    let asked = Instant::now();
    let sent = browser.driver.execute(script, vec![]).await?.convert()?;
    Ok(Seen { asked, answered: Instant::now(), sent })
}

/// A campaign on its way: twenty people in every second and a quarter, for half a minute.
async fn on_its_way(running: &Running) -> anyhow::Result<CampaignId> {
    let audience = running.client.audience(contacts::csv(500)).await?;
    let pace = json!({ "chunkSize": 20, "secondsBetweenChunks": 1 });
    let made = running.client.draft(&audience.id, pace).await?;
    running.client.ask(&made.id, "start").await?;
    Ok(made.id)
}

/// When the page asked for something since it was last forgotten, by its own clock: for the campaign, and for anything.
async fn requests(browser: &Browser, id: &CampaignId) -> anyhow::Result<(Vec<f64>, Vec<f64>)> {
    let script = "const at = (fits) => performance.getEntriesByType('resource')
            .filter((one) => fits(new URL(one.name).pathname)).map((one) => one.startTime);
        return [at((path) => path === '/v3/campaigns/' + arguments[0]), at((path) => path.startsWith('/v3/'))];";
    Ok(browser.driver.execute(script, vec![json!(id)]).await?.convert()?)
}

/// The page's clock, in milliseconds.
async fn page_clock(browser: &Browser) -> anyhow::Result<f64> {
    Ok(browser.driver.execute("return performance.now()", vec![]).await?.convert()?)
}

#[tokio::test(flavor = "multi_thread")]
async fn the_page_is_two_seconds_behind_at_most_and_rests_while_nobody_looks() -> anyhow::Result<()> {
    let running = Running::start().await?;
    let browser = Browser::open(1280, 1000).await?;
    browser.driver.goto(&running.process.sign_in_link().await?).await?;
    browser.find("new-campaign").await?;
    let id = on_its_way(&running).await?;
    browser.driver.goto(format!("{}/campaigns/{id}", running.process.address)).await?;
    browser.text_until("total-sent", |text| text != "0" && !text.is_empty()).await?;
    let forget = "performance.setResourceTimingBufferSize(5000); performance.clearResourceTimings();";
    browser.driver.execute(forget, vec![]).await?;

    it_keeps_up(&running, &browser, &id).await?;
    let (asked, _) = requests(&browser, &id).await?;
    ensure!(asked.len() >= CHANGES, "a number changed {CHANGES} times with {} requests", asked.len());
    it_rests_and_comes_back(&running, &browser, &id).await?;
    browser.close().await?;
    running.stop().await
}

/// Every number of the page was the truth at some moment of the last two seconds, and of as long as this machine takes
/// for an answer of the API and for a look at the page.
async fn it_keeps_up(running: &Running, browser: &Browser, id: &CampaignId) -> anyhow::Result<()> {
    let (mut truths, mut looks): (Vec<Seen>, Vec<Seen>) = (Vec::new(), Vec::new());
    let start = Instant::now();
    while changes(&looks) < CHANGES {
        ensure!(start.elapsed() < LONGEST, "the number on the page stands still: {looks:?}");
        truths.push(truth(running, id).await?);
        looks.push(look(browser).await?);
        tokio::time::sleep(LOOK_EVERY).await;
    }
    truths.push(truth(running, id).await?);
    let may_be_late = LATE + slowest(&truths) + slowest(&looks);
    let mut judged = 0;
    for look in &looks {
        let known = truths.iter().rfind(|truth| truth.answered + may_be_late <= look.asked);
        let now = truths.iter().find(|truth| truth.asked >= look.answered);
        if let Some(known) = known {
            judged += 1;
            ensure!(look.sent >= known.sent, "{} is older than {may_be_late:?}: {} was true", look.sent, known.sent);
        }
        if let Some(now) = now {
            ensure!(look.sent <= now.sent, "{} stood there before {} was true", look.sent, now.sent);
        }
    }
    let moved = truths.last().map_or(0, |last| last.sent) - truths.first().map_or(0, |first| first.sent);
    ensure!(judged > 0 && moved > 0, "nothing to judge: {judged} looks while {moved} were sent");
    Ok(())
}

/// Nothing is asked of a page that is hidden; what was missed is there once it is seen.
async fn it_rests_and_comes_back(running: &Running, browser: &Browser, id: &CampaignId) -> anyhow::Result<()> {
    let way = hide(browser).await?;
    let hidden_at = page_clock(browser).await?;
    tokio::time::sleep(HIDDEN_FOR).await;
    let (_, all) = requests(browser, id).await?;
    let asked: Vec<f64> = all.into_iter().filter(|at| *at > hidden_at + WINDS_DOWN_MS).collect();
    ensure!(asked.is_empty(), "a hidden page asked at {asked:?}, hidden at {hidden_at}");
    let (missed, stands) = (truth(running, id).await?.sent, look(browser).await?.sent);
    ensure!(missed > stands, "nothing was missed: {stands} of {missed}");

    let shown_at = page_clock(browser).await?;
    show(browser, way).await?;
    let asked_at = until("a request of the page that is seen again", async || {
        let (asked, _) = requests(browser, id).await?;
        Ok(asked.into_iter().find(|at| *at > shown_at))
    })
    .await?;
    ensure!(asked_at - shown_at < AT_ONCE_MS, "seen at {shown_at}, it asked at {asked_at}");
    browser.text_until("total-sent", |text| text.parse().is_ok_and(|sent: u64| sent >= missed)).await?;
    Ok(())
}

/// How a page was hidden.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Way {
    /// Another tab stands before it.
    BehindATab,
    /// It was told so: this browser has no tabs that hide each other.
    Told,
}

async fn hide(browser: &Browser) -> anyhow::Result<Way> {
    let tab = browser.driver.cdp().send_raw("Target.createTarget", json!({ "url": "about:blank" })).await;
    if tab.is_ok() && is_hidden_soon(browser).await? {
        return Ok(Way::BehindATab);
    }
    tell(browser, true).await?;
    ensure!(is_hidden_soon(browser).await?, "the page cannot be hidden");
    Ok(Way::Told)
}

async fn show(browser: &Browser, way: Way) -> anyhow::Result<()> {
    match way {
        Way::BehindATab => browser.driver.cdp().send_raw("Page.bringToFront", json!({})).await.map(drop)?,
        Way::Told => tell(browser, false).await?,
    }
    Ok(())
}

async fn tell(browser: &Browser, is_hidden: bool) -> anyhow::Result<()> {
    let script = "Object.defineProperty(document, 'hidden', { configurable: true, get: () => arguments[0] });
        const state = arguments[0] ? 'hidden' : 'visible';
        Object.defineProperty(document, 'visibilityState', { configurable: true, get: () => state });
        document.dispatchEvent(new Event('visibilitychange'));";
    browser.driver.execute(script, vec![Value::Bool(is_hidden)]).await?;
    Ok(())
}

/// Whether the page becomes hidden within a second.
async fn is_hidden_soon(browser: &Browser) -> anyhow::Result<bool> {
    let start = Instant::now();
    while start.elapsed() < Duration::from_secs(1) {
        if browser.driver.execute("return document.hidden", vec![]).await?.convert()? {
            return Ok(true);
        }
        tokio::time::sleep(LOOK_EVERY).await;
    }
    Ok(false)
}
