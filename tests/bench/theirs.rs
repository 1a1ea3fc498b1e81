//! The other side as a process of its own: the simulator, until it is killed.

use std::process::Stdio;

use anyhow::Context;
use campanile_tests::client::until;
use serde::Deserialize;
use simulator::{Arrival, Config, Simulator};
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::net::TcpListener;
use tokio::process::{Child, Command};

/// Arrivals read at once.
const PAGE: usize = 10_000;

/// The process: listens on a free port and prints its address.
pub async fn run(config: &str) -> anyhow::Result<()> {
    let config: Config = serde_json::from_str(config).context("the simulator's configuration")?;
    let simulator = Simulator::start(config)?;
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    println!("http://{}", listener.local_addr()?);
    axum::serve(listener, simulator.router()).await.context("serving")
}

/// The process as the benchmark holds it.
pub struct Theirs {
    /// Where its API is.
    pub address: String,
    http: reqwest::Client,
    child: Child,
}

#[derive(Deserialize)]
struct Totals {
    #[serde(rename = "pendingStatuses")]
    pending_statuses: usize,
}

#[derive(Deserialize)]
struct Page {
    arrivals: Vec<Arrival>,
}

impl Theirs {
    /// Starts one.
    pub async fn start(config: &Config) -> anyhow::Result<Theirs> {
        Theirs::from(Command::new(std::env::current_exe()?), config).await
    }

    /// Starts one that does its work on a single thread.
    pub async fn with_one_worker(config: &Config) -> anyhow::Result<Theirs> {
        let mut command = Command::new(std::env::current_exe()?);
        // Tokio's own variable.
        command.env("TOKIO_WORKER_THREADS", "1");
        Theirs::from(command, config).await
    }

    async fn from(mut command: Command, config: &Config) -> anyhow::Result<Theirs> {
        let mut child = command
            .arg("theirs")
            .arg(serde_json::to_string(config)?)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .context("starting the simulator")?;
        let output = child.stdout.take().context("the simulator has no output")?;
        let address = BufReader::new(output).lines().next_line().await?.context("the simulator ended early")?;
        Ok(Theirs { address, http: reqwest::Client::new(), child })
    }

    /// Its process id.
    pub fn process(&self) -> anyhow::Result<u32> {
        self.child.id().context("the simulator has ended")
    }

    /// Waits until every status was acknowledged.
    pub async fn idle(&self) -> anyhow::Result<()> {
        until("the last receipt", async || {
            let totals: Totals = self.read("/simulator/totals").await?;
            Ok((totals.pending_statuses == 0).then_some(()))
        })
        .await
    }

    /// When each message arrived, microseconds since 1970, rising.
    pub async fn arrivals(&self) -> anyhow::Result<Vec<i64>> {
        let mut at = Vec::new();
        loop {
            let page: Page = self.read(&format!("/simulator/arrivals?after={}&limit={PAGE}", at.len())).await?;
            if page.arrivals.is_empty() {
                at.sort_unstable();
                return Ok(at);
            }
            at.extend(page.arrivals.iter().map(|arrival| arrival.at_micros));
        }
    }

    async fn read<T: serde::de::DeserializeOwned>(&self, path: &str) -> anyhow::Result<T> {
        let text = self.http.get(format!("{}{path}", self.address)).send().await?.text().await?;
        serde_json::from_str(&text).with_context(|| format!("{path} was answered {text:.200}"))
    }
}
