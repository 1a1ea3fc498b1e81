//! Campanile within the test: the whole local process, on a free port and a folder of its own.

use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use anyhow::Context;
use aws_sdk_sqs::types::QueueAttributeName;
use lambdas::App;
use lambdas::fetch::{Fetcher, Reach};
use local::{Options, Process};
use simulator::Delay;
use tempfile::TempDir;

use crate::client::{Client, until};

/// A running process and its folder.
pub struct Running {
    /// The process.
    pub process: Process,
    /// A client with the process's token.
    pub client: Client,
    folder: TempDir,
}

impl Running {
    /// Starts one with a simulator that answers and reports quickly.
    pub async fn start() -> anyhow::Result<Running> {
        Running::start_with(quick_simulator()).await
    }

    /// Starts one with this simulator.
    pub async fn start_with(simulator: simulator::Config) -> anyhow::Result<Running> {
        Running::changed(simulator, |app| app).await
    }

    /// Starts one that reaches this machine too, where a test listens to what webhooks are told.
    pub async fn reaching_here() -> anyhow::Result<Running> {
        let fetcher = Fetcher::new(Reach::Anywhere)?;
        Running::changed(quick_simulator(), |app| App { fetcher, ..app }).await
    }

    async fn changed(simulator: simulator::Config, change: impl FnOnce(App) -> App) -> anyhow::Result<Running> {
        let folder = tempfile::tempdir()?;
        let mut options = Options::at(folder.path().join("data"));
        options.listen.set_port(0);
        options.simulator = simulator;
        options.web = dashboard();
        let process = Process::start_with(options, change).await?;
        let client = Client::new(&process.address, &process.api_token);
        Ok(Running { process, client, folder })
    }

    /// Starts one on a folder of the test's own, which the test removes.
    pub async fn over(options: Options) -> anyhow::Result<Running> {
        let process = Process::start(options).await?;
        let client = Client::new(&process.address, &process.api_token);
        Ok(Running { process, client, folder: tempfile::tempdir()? })
    }

    /// Stops in order and removes the folder.
    pub async fn stop(self) -> anyhow::Result<()> {
        self.process.stop().await;
        self.folder.close().context("removing the test's folder")
    }
}

/// The simulator with waits that are short and still apart.
pub fn quick_simulator() -> simulator::Config {
    simulator::Config {
        answer_delay_ms: 5,
        sent_delay: Delay::between(5, 50),
        delivered_delay: Delay::between(20, 200),
        read_delay: Delay::between(50, 500),
        ..simulator::Config::default()
    }
}

/// The repository: what cargo runs knows its package, what is run from the repository's folder finds itself there. Where
/// it was built says little: clones may share a target folder.
pub fn repository() -> &'static Path {
    static FOUND: OnceLock<PathBuf> = OnceLock::new();
    FOUND.get_or_init(|| {
        let here = || std::env::current_dir().ok().filter(|folder| folder.join("tests/fixtures").is_dir());
        let package = std::env::var_os("CARGO_MANIFEST_DIR").map(PathBuf::from);
        let around = |package: PathBuf| package.parent().map(Path::to_owned);
        let built = || around(env!("CARGO_MANIFEST_DIR").into()).unwrap_or_default();
        package.and_then(around).or_else(here).unwrap_or_else(built)
    })
}

/// The built dashboard.
pub fn dashboard() -> PathBuf {
    repository().join("frontend/dist")
}

impl Running {
    /// Waits until no job is queued, delayed or in a sender's hand.
    pub async fn jobs_are_through(&self) -> anyhow::Result<()> {
        let app = &self.process.app;
        until("the end of all jobs", async || {
            let request = app.sqs.get_queue_attributes().queue_url(&app.config.send_queue_url);
            let output = request.attribute_names(QueueAttributeName::All).send().await?;
            let counts = output.attributes.unwrap_or_default();
            let left: u64 = counts
                .iter()
                .filter(|(name, _)| name.as_str().starts_with("ApproximateNumberOfMessages"))
                .filter_map(|(_, count)| count.parse::<u64>().ok())
                .sum();
            Ok((left == 0).then_some(()))
        })
        .await
    }

    /// Waits until every status that the simulator has to send was taken.
    pub async fn simulator_is_idle(&self) {
        self.process.simulator.idle().await;
    }
}
