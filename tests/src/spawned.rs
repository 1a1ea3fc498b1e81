//! Campanile as a process of its own, which can be killed.

use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::Stdio;

use anyhow::{Context, ensure};
use local::options::REAL_NUMBER;
use tokio::io::{AsyncBufReadExt, BufReader, Lines};
use tokio::process::{Child, ChildStdout, Command};

use crate::client::Client;

/// The process.
pub struct Spawned {
    child: Child,
    /// Kept open: a process whose output nobody reads is another case.
    _output: Lines<BufReader<ChildStdout>>,
    /// The printed link.
    pub link: String,
    /// A client with the process's token.
    pub client: Client,
}

impl Spawned {
    /// Starts the built binary on a data folder and a port, and waits for its link.
    pub async fn start(data: &Path, port: u16, simulator: &simulator::Config) -> anyhow::Result<Spawned> {
        Spawned::start_with(data, port, simulator, &[]).await
    }

    /// The same with these variables in its environment.
    pub async fn start_with(
        data: &Path,
        port: u16,
        simulator: &simulator::Config,
        environment: &[(&str, &str)],
    ) -> anyhow::Result<Spawned> {
        let simulator_file = data.with_extension("simulator.json");
        std::fs::write(&simulator_file, serde_json::to_vec(simulator)?)?;
        let mut command = Command::new(binary()?);
        for name in REAL_NUMBER {
            command.env_remove(name);
        }
        let mut child = command
            .arg("--data")
            .arg(data)
            .args(["--port", &port.to_string()])
            .env("CAMPANILE_SIMULATOR", &simulator_file)
            .envs(environment.iter().copied())
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .context("starting campanile")?;
        let stdout = child.stdout.take().context("campanile has no output")?;
        let mut lines = BufReader::new(stdout).lines();
        let link = loop {
            let line = lines.next_line().await?.context("campanile ended before it printed its link")?;
            if line.contains("/sign-in?code=") {
                break line.trim().to_owned();
            }
        };
        let token = std::fs::read_to_string(data.join("api-token")).context("reading the API token")?;
        let client = Client::new(&format!("http://127.0.0.1:{port}"), token.trim());
        Ok(Spawned { child, _output: lines, link, client })
    }

    /// Its highest memory so far, in MB, as Linux tells.
    pub fn peak_mb(&self) -> anyhow::Result<f64> {
        let process = self.child.id().context("campanile has ended")?;
        let status =
            std::fs::read_to_string(format!("/proc/{process}/status")).context("reading a process's status")?;
        let line = status.lines().find(|line| line.starts_with("VmHWM")).context("no VmHWM")?;
        let kilobytes: f64 = line.split_whitespace().nth(1).context("no number")?.parse()?;
        Ok(kilobytes / 1_024.0)
    }

    /// SIGKILL, and waits until the process is gone.
    pub async fn kill(mut self) -> anyhow::Result<()> {
        self.child.kill().await.context("killing campanile")
    }
}

/// A port that was free a moment ago.
pub fn free_port() -> anyhow::Result<u16> {
    Ok(TcpListener::bind("127.0.0.1:0")?.local_addr()?.port())
}

/// The binary beside the test's own, where cargo puts it.
pub fn binary() -> anyhow::Result<PathBuf> {
    let own = std::env::current_exe()?;
    let profile = own.parent().and_then(Path::parent).context("the test lies in no target folder")?;
    let binary = profile.join("campanile");
    ensure!(binary.exists(), "{} is missing: `make test` builds it first", binary.display());
    Ok(binary)
}
