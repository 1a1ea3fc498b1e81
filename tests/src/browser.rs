//! A headless Chromium, driven through chromedriver. Both come from the system's packages.

use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use anyhow::{Context, bail};
use serde_json::json;
use tempfile::TempDir;
use thirtyfour::prelude::*;
use tokio::process::{Child, Command};

use crate::client::until;
use crate::running::repository;
use crate::spawned::free_port;

/// How long an element may take to appear.
const ELEMENT_WAIT: Duration = Duration::from_secs(30);

/// How often it is looked for.
const ELEMENT_LOOK: Duration = Duration::from_millis(50);

/// Which colours the reader asked the system for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scheme {
    /// Dark on light.
    Light,
    /// Light on dark.
    Dark,
}

impl Scheme {
    /// Its name in CSS.
    pub fn name(self) -> &'static str {
        match self {
            Scheme::Light => "light",
            Scheme::Dark => "dark",
        }
    }
}

/// A browser and its driver; both end with it.
pub struct Browser {
    /// The session.
    pub driver: WebDriver,
    _chromedriver: Child,
    _profile: TempDir,
}

impl Browser {
    /// Starts a driver and a browser with an empty profile and a window of this size.
    pub async fn open(width: u32, height: u32) -> anyhow::Result<Browser> {
        let port = free_port()?;
        let name = std::env::var("CHROMEDRIVER").unwrap_or_else(|_| "chromedriver".to_owned());
        let chromedriver = Command::new(&name)
            .arg(format!("--port={port}"))
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .kill_on_drop(true)
            .spawn()
            .with_context(|| format!("starting {name}: `make test` installs it on Debian"))?;
        let profile = tempfile::tempdir()?;
        let mut wanted = DesiredCapabilities::chrome();
        for argument in [
            "--headless",
            "--no-sandbox",
            "--disable-gpu",
            "--disable-quic",
            "--no-first-run",
            "--disable-background-networking",
            "--disable-component-update",
            "--disable-sync",
            "--disable-dev-shm-usage",
        ] {
            wanted.add_arg(argument)?;
        }
        wanted.add_arg(&format!("--window-size={width},{height}"))?;
        wanted.add_arg(&format!("--user-data-dir={}", profile.path().display()))?;
        let address = format!("http://127.0.0.1:{port}");
        let driver = until("chromedriver", async || Ok(WebDriver::new(&address, wanted.clone()).await.ok())).await?;
        Ok(Browser { driver, _chromedriver: chromedriver, _profile: profile })
    }

    /// The element with this test id, once it is there.
    pub async fn find(&self, test_id: &str) -> anyhow::Result<WebElement> {
        let element = self.driver.query(By::Testid(test_id)).wait(ELEMENT_WAIT, ELEMENT_LOOK).first().await;
        element.with_context(|| format!("looking for {test_id}"))
    }

    /// Clicks the element with this test id.
    pub async fn click(&self, test_id: &str) -> anyhow::Result<()> {
        let element = self.find(test_id).await?;
        element.wait_until().wait(ELEMENT_WAIT, ELEMENT_LOOK).enabled().await?;
        element.scroll_into_view().await?;
        element.click().await.with_context(|| format!("clicking {test_id}"))
    }

    /// Puts a text into the field with this test id, in place of what is there.
    pub async fn fill(&self, test_id: &str, text: &str) -> anyhow::Result<()> {
        let field = self.find(test_id).await?;
        field.clear().await?;
        field.send_keys(text).await.with_context(|| format!("filling {test_id}"))
    }

    /// Chooses the option of a list whose text begins with this.
    pub async fn choose(&self, test_id: &str, beginning: &str) -> anyhow::Result<()> {
        let list = self.find(test_id).await?;
        until(&format!("the option {beginning} of {test_id}"), async || {
            for option in list.find_all(By::Tag("option")).await? {
                if option.text().await?.starts_with(beginning) {
                    option.click().await?;
                    return Ok(Some(()));
                }
            }
            Ok(None)
        })
        .await
    }

    /// The text of the element with this test id.
    pub async fn text(&self, test_id: &str) -> anyhow::Result<String> {
        Ok(self.find(test_id).await?.text().await?)
    }

    /// Waits until the element's text satisfies a condition, and returns it.
    pub async fn text_until(&self, test_id: &str, holds: impl Fn(&str) -> bool) -> anyhow::Result<String> {
        let last = Mutex::new(None);
        let wanted = format!("the text of {test_id}");
        let found = until(&wanted, async || {
            // The page may draw the element anew between finding and reading it.
            let Ok(text) = self.text(test_id).await else { return Ok(None) };
            *last.lock().unwrap_or_else(PoisonError::into_inner) = Some(text.clone());
            Ok(holds(&text).then_some(text))
        });
        let stood = || last.lock().unwrap_or_else(PoisonError::into_inner).clone();
        found.await.with_context(|| format!("what stood there last: {:?}", stood()))
    }

    /// Saves what the browser shows under `target/screenshots`.
    pub async fn screenshot(&self, name: &str) -> anyhow::Result<PathBuf> {
        let folder = screenshots();
        std::fs::create_dir_all(&folder)?;
        let path = folder.join(format!("{name}.png"));
        self.driver.screenshot(&path).await?;
        if std::fs::metadata(&path)?.len() < 1_000 {
            bail!("the screenshot {name} is empty");
        }
        Ok(path)
    }

    /// Shows pages as a phone of this size does, in these colours.
    pub async fn as_phone(&self, width: u32, height: u32, scheme: Scheme) -> anyhow::Result<()> {
        self.as_screen(width, height, scheme).await
    }

    /// Shows pages as a screen of this size does, in these colours, without movement: what is looked at has arrived.
    pub async fn as_screen(&self, width: u32, height: u32, scheme: Scheme) -> anyhow::Result<()> {
        self.sized(width, height).await?;
        let features = [("prefers-color-scheme", scheme.name()), ("prefers-reduced-motion", "reduce")];
        let features = features.map(|(name, value)| json!({ "name": name, "value": value }));
        let colours = json!({ "features": features });
        self.driver.cdp().send_raw("Emulation.setEmulatedMedia", colours).await?;
        Ok(())
    }

    async fn sized(&self, width: u32, height: u32) -> anyhow::Result<()> {
        let size = json!({ "width": width, "height": height, "deviceScaleFactor": 1, "mobile": true });
        self.driver.cdp().send_raw("Emulation.setDeviceMetricsOverride", size).await?;
        Ok(())
    }

    /// Whether nothing of the page lies beside the screen.
    pub async fn fits_its_width(&self) -> anyhow::Result<bool> {
        let script = "return document.documentElement.scrollWidth <= window.innerWidth";
        Ok(self.driver.execute(script, vec![]).await?.convert()?)
    }

    /// What is wider than its own box and lies over what stands beside it, a line each. What scrolls may be.
    pub async fn spills(&self) -> anyhow::Result<Vec<String>> {
        let script = "return [...document.querySelectorAll('main *')]
            .filter((one) => one.clientWidth > 1 && one.scrollWidth > one.clientWidth + 1 && getComputedStyle(one).overflowX === 'visible')
            .filter((one) => !one.closest('svg, select') && !(one.closest('thead')?.offsetWidth <= 1) && ![...one.querySelectorAll('*')].some((inner) => getComputedStyle(inner).position === 'absolute'))
            .map((one) => one.outerHTML.slice(0, 160));";
        Ok(self.driver.execute(script, vec![]).await?.convert()?)
    }

    /// Saves the page from its beginning to its end, on a screen as long as that.
    pub async fn whole_page(&self, name: &str) -> anyhow::Result<PathBuf> {
        let script = "return [window.innerWidth, window.innerHeight, document.documentElement.scrollHeight]";
        let [width, height, whole]: [u32; 3] = self.driver.execute(script, vec![]).await?.convert()?;
        self.sized(width, whole.max(height)).await?;
        let path = self.screenshot(name).await?;
        self.sized(width, height).await?;
        Ok(path)
    }

    /// Speaks this language from the next page on.
    pub async fn speak(&self, tag: &str) -> anyhow::Result<()> {
        self.driver.execute("localStorage.setItem('language', arguments[0])", vec![json!(tag)]).await?;
        Ok(())
    }

    /// Waits until the page has its title and nothing is on its way any more.
    pub async fn settled(&self) -> anyhow::Result<()> {
        let script = "return !!document.querySelector('main :is(h1, h2)') && !document.querySelector('.loading')";
        until("a page that has loaded", async || {
            Ok(self.driver.execute(script, vec![]).await?.convert::<bool>()?.then_some(()))
        })
        .await
    }

    /// Every text of the page and every name that screen readers get, a line each.
    pub async fn texts(&self) -> anyhow::Result<Vec<String>> {
        let script = "const all = [];
            const walk = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
            while (walk.nextNode()) all.push(walk.currentNode.data);
            for (const name of ['aria-label', 'placeholder', 'title', 'alt'])
                for (const element of document.querySelectorAll('[' + name + ']')) all.push(element.getAttribute(name));
            return all.map((text) => text.trim()).filter((text) => text);";
        Ok(self.driver.execute(script, vec![]).await?.convert()?)
    }

    /// What axe-core finds serious or critical on the page, a line each.
    pub async fn violations(&self) -> anyhow::Result<Vec<String>> {
        let is_there = "return typeof axe !== 'undefined'";
        if !self.driver.execute(is_there, vec![]).await?.convert::<bool>()? {
            let path = target().join("axe.min.js");
            let axe = std::fs::read_to_string(&path)
                .with_context(|| format!("{} is missing: `sh infra/setup.sh test` fetches it", path.display()))?;
            self.driver.execute(axe, vec![]).await?;
        }
        let script = "const done = arguments[arguments.length - 1];
            axe.run({ resultTypes: ['violations'] }).then((found) => done(found.violations
                .filter((one) => one.impact === 'serious' || one.impact === 'critical')
                .flatMap((one) => one.nodes.map((node) => one.id + ': ' + node.html.slice(0, 200) + ' ' + (node.any[0] || {}).message))),
                (error) => done(['axe itself: ' + error]));";
        Ok(self.driver.execute_async(script, vec![]).await?.convert()?)
    }

    /// Ends the session.
    pub async fn close(self) -> anyhow::Result<()> {
        Ok(self.driver.quit().await?)
    }
}

fn screenshots() -> PathBuf {
    target().join("screenshots")
}

/// Where cargo builds, and what the set-up fetched lies.
fn target() -> PathBuf {
    std::env::var_os("CARGO_TARGET_DIR")
        .map_or_else(|| repository().join("target"), |target| Path::new(&target).to_owned())
}
