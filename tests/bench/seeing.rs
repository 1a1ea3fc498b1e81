//! How the dashboard feels: what Chromium itself notes while pages load and are pressed, the way Lighthouse asks it. On this
//! machine as it is, and as on a phone: Lighthouse's slow 4G (1.6 Mbit/s, 150 ms) and a processor of a quarter.

use std::time::Duration;

use anyhow::Context;
use campanile_tests::browser::Browser;
use campanile_tests::client::{PATIENCE, until};
use campanile_tests::contacts;
use campanile_tests::running::{Running, quick_simulator};
use serde::Deserialize;
use serde_json::json;
use wire::{Campaign, CampaignId};

use crate::FASTEST;

/// People of the campaign whose page is looked at.
const PEOPLE: usize = 10_000;

/// Campaigns in the list beside it.
const DRAFTS: usize = 49;

/// Times that each page is loaded: the median counts.
const LOADS: usize = 5;

/// Pages of people that are turned.
const TURNS: usize = 20;

/// Milliseconds on this machine, as in `Page::goals`: the first list can be used within a second.
const HERE: [f64; 4] = [1_000.0, 1_000.0, 1_000.0, 200.0];

/// The same on a slow phone: the bounds under which Lighthouse calls a page good (web.dev, 2025), the list as its largest.
const SLOW_PHONE: [f64; 4] = [1_800.0, 2_500.0, 2_500.0, 200.0];

/// Notes from the first moment of a page what `Seen` tells. A task counts as far as it takes longer than 50 ms.
const NOTES: &str = "window.seen = { first: 0, largest: 0, usable: 0, blocked: 0, shift: 0 };
    const watch = (type, note) => new PerformanceObserver((list) => list.getEntries().forEach(note))
        .observe({ type, buffered: true });
    watch('paint', (entry) => { if (entry.name === 'first-contentful-paint') seen.first = entry.startTime; });
    watch('largest-contentful-paint', (entry) => { seen.largest = entry.startTime; });
    watch('longtask', (entry) => { seen.blocked += entry.duration - 50; });
    watch('layout-shift', (entry) => { if (!entry.hadRecentInput) seen.shift += entry.value; });
    new MutationObserver(() => {
        if (!seen.usable && document.querySelector('[data-testid=campaign-row], [data-testid=people-row]'))
            requestAnimationFrame(() => { seen.usable = seen.usable || performance.now(); });
    }).observe(document, { childList: true, subtree: true });";

/// Reads the notes; what was transferred is asked of the browser's own list.
const READ: &str =
    "const all = performance.getEntriesByType('resource').concat(performance.getEntriesByType('navigation'));
    return { ...window.seen, kilobytes: all.reduce((sum, entry) => sum + entry.transferSize, 0) / 1000 };";

/// Presses the link to the next people and waits until others stand there and are painted.
const TURN: &str = "const done = arguments[arguments.length - 1];
    const first = () => document.querySelector('[data-testid=people-row] .place')?.textContent;
    const [before, start] = [first(), performance.now()];
    const look = () => {
        const now = first();
        if (now && now !== before) requestAnimationFrame(() => setTimeout(() => done(performance.now() - start)));
        else requestAnimationFrame(look);
    };
    document.querySelector('[data-testid=next-page]').click();
    look();";

/// What was seen of one load, in milliseconds from its beginning, thousands of bytes, and the share of the screen that moved.
#[derive(Debug, Clone, Copy, Default, Deserialize)]
pub struct Seen {
    /// Something was painted.
    pub first: f64,
    /// The largest thing was painted.
    pub largest: f64,
    /// The first row stood there.
    pub usable: f64,
    /// Pressing would not have been noticed, in all.
    pub blocked: f64,
    /// What moved without being asked to.
    pub shift: f64,
    /// What came over the wire.
    pub kilobytes: f64,
}

/// A page, and what was seen of it: the median of each number.
pub struct Page {
    /// Which one, and how.
    pub name: String,
    /// What the first four numbers should not exceed.
    pub goals: [f64; 4],
    /// What was seen.
    pub seen: Seen,
}

/// All pages.
pub struct Looked {
    /// Loads with nothing cached.
    pub pages: Vec<Page>,
    /// Milliseconds until other people stand on the page of the large campaign: median and most.
    pub turn_ms: [f64; 2],
}

/// Looks at the list and at a campaign of many.
pub async fn run() -> anyhow::Result<Looked> {
    let mut config = quick_simulator();
    config.numbers.iter_mut().for_each(|number| number.rate_per_second = FASTEST);
    let running = Running::start_with(config).await?;
    let id = sent(&running).await?;
    let browser = Browser::open(1280, 900).await?;
    browser.driver.goto(&running.process.sign_in_link().await?).await?;
    browser.find("new-campaign").await?;
    let tools = browser.driver.cdp();
    tools.send_raw("Page.addScriptToEvaluateOnNewDocument", json!({ "source": NOTES })).await?;
    tools.send_raw("Network.enable", json!({})).await?;
    let list = format!("{}/campaigns", running.process.address);
    let campaign = format!("{list}/{id}");
    let mut pages = Vec::new();
    for (page, address) in [("list of 50", &list), ("campaign of 10,000", &campaign)] {
        let seen = median(&browser, address).await.with_context(|| page.to_owned())?;
        pages.push(Page { name: format!("{page}, this machine"), goals: HERE, seen });
    }
    let turn_ms = turned(&browser).await?;
    let slow = json!({ "offline": false, "latency": 150, "downloadThroughput": 204_800, "uploadThroughput": 84_000 });
    tools.send_raw("Network.emulateNetworkConditions", slow).await?;
    tools.send_raw("Emulation.setCPUThrottlingRate", json!({ "rate": 4 })).await?;
    for (page, address) in [("list of 50", &list), ("campaign of 10,000", &campaign)] {
        let seen = median(&browser, address).await.with_context(|| page.to_owned())?;
        pages.push(Page { name: format!("{page}, slow phone"), goals: SLOW_PHONE, seen });
    }
    browser.close().await?;
    running.stop().await?;
    Ok(Looked { pages, turn_ms })
}

/// A campaign that is being sent to many, and drafts beside it.
async fn sent(running: &Running) -> anyhow::Result<CampaignId> {
    let client = running.client.clone().patient(PATIENCE + Duration::from_secs(PEOPLE as u64 / 20));
    let audience = client.audience(contacts::csv(PEOPLE)).await?;
    for _ in 0..DRAFTS {
        let _: Campaign = client.draft(&audience.id, json!({})).await?;
    }
    let campaign = client.draft(&audience.id, json!({})).await?;
    client.ask(&campaign.id, "start").await?;
    client.completed(&campaign.id).await?;
    Ok(campaign.id)
}

async fn median(browser: &Browser, address: &str) -> anyhow::Result<Seen> {
    let mut all = Vec::new();
    for _ in 0..LOADS {
        browser.driver.goto("about:blank").await?;
        browser.driver.cdp().send_raw("Network.clearBrowserCache", json!({})).await?;
        browser.driver.goto(address).await?;
        browser.settled().await?;
        // The browser tells what it saw when it has time for it.
        let seen = until("the notes of a page", async || {
            let seen: Seen = browser.driver.execute(READ, vec![]).await?.convert()?;
            Ok((seen.usable > 0.0 && seen.largest > 0.0).then_some(seen))
        });
        all.push(seen.await?);
    }
    let of = |one: fn(&Seen) -> f64| {
        let mut numbers: Vec<f64> = all.iter().map(one).collect();
        numbers.sort_by(f64::total_cmp);
        numbers[LOADS / 2]
    };
    Ok(Seen {
        first: of(|seen| seen.first),
        largest: of(|seen| seen.largest),
        usable: of(|seen| seen.usable),
        blocked: of(|seen| seen.blocked),
        shift: of(|seen| seen.shift),
        kilobytes: of(|seen| seen.kilobytes),
    })
}

/// Turns pages of people on the page that is open.
async fn turned(browser: &Browser) -> anyhow::Result<[f64; 2]> {
    let mut all = Vec::new();
    for _ in 0..TURNS {
        browser.find("next-page").await?;
        all.push(browser.driver.execute_async(TURN, vec![]).await?.convert::<f64>()?);
    }
    all.sort_by(f64::total_cmp);
    Ok([all[TURNS / 2], all[TURNS - 1]])
}
