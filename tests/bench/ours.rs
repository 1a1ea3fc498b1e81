//! Our process: everything that `campanile` runs, with a meter in front of its services. What it is asked on its input it
//! answers on its output, a line each.

use std::io::Write;
use std::path::PathBuf;
use std::process::Stdio;
use std::sync::Arc;

use anyhow::{Context, bail};
use campanile_tests::client::Client;
use campanile_tests::running::dashboard;
use campanile_tests::spawned::free_port;
use local::options::RealNumber;
use local::whatsapp::REAL_APP;
use local::{Options, Process};
use serde::{Deserialize, Serialize};
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader, Lines};
use tokio::process::{Child, ChildStdin, ChildStdout, Command};

use crate::lists;
use crate::meter::{Counts, Depth, Meter, in_front_of};
use crate::store::{self, Alone};

/// How our process runs.
#[derive(Serialize, Deserialize)]
pub struct Ours {
    /// The folder that holds everything.
    pub data: PathBuf,
    /// Where it listens: the simulator posts its webhooks there.
    pub port: u16,
    /// The simulator's API.
    pub api_url: String,
    /// What the number may send, messages a second.
    pub rate: u32,
    /// How closely the meter looks.
    pub depth: Depth,
}

/// The number's id and secrets, on both sides. It is not the one of the simulator that every local process has.
pub const NUMBER: &str = "106540352242923";
pub const ACCOUNT: &str = "102290129340398";
pub const SECRET: &str = "bench";

/// What the word begins with that asks for a book of so many contacts.
const BOOK: &str = "book ";

impl Ours {
    /// Where the simulator posts its webhooks.
    pub fn callback_url(port: u16) -> String {
        format!("http://127.0.0.1:{port}/webhooks/{REAL_APP}")
    }

    fn options(&self) -> Options {
        let mut options = Options::at(self.data.clone());
        options.listen.set_port(self.port);
        options.web = dashboard();
        options.real_number = Some(RealNumber {
            messaging_limit: None,
            access_token: SECRET.to_owned(),
            phone_number_id: NUMBER.to_owned(),
            waba_id: ACCOUNT.to_owned(),
            app_secret: SECRET.to_owned(),
            verify_token: SECRET.to_owned(),
            messages_per_second: self.rate,
            api_url: self.api_url.clone(),
        });
        options
    }
}

/// The process.
pub async fn run(setting: &str) -> anyhow::Result<()> {
    let setting: Ours = serde_json::from_str(setting).context("the setting")?;
    let meter = Arc::new(Meter::default());
    let process = Process::start_with(setting.options(), |app| in_front_of(app, &meter, setting.depth)).await?;
    say(&process.api_token)?;
    while let Some(word) = tokio::task::spawn_blocking(|| std::io::stdin().lines().next()).await? {
        let word = word.context("reading what is asked")?;
        match word.as_str() {
            "reset" => {
                meter.reset();
                say("done")?;
            }
            "counts" => say(&serde_json::to_string(&meter.counts())?)?,
            "store" => say(&serde_json::to_string(&store::alone(&process.app).await?)?)?,
            word if word.starts_with(BOOK) => {
                let contacts = word.trim_start_matches(BOOK).parse().context("how many contacts")?;
                lists::fill(&process.app, contacts).await?;
                say("done")?;
            }
            other => bail!("nobody knows what {other} is"),
        }
    }
    Ok(())
}

fn say(line: &str) -> anyhow::Result<()> {
    let mut output = std::io::stdout();
    writeln!(output, "{line}")?;
    output.flush().context("answering")
}

/// The process as the benchmark holds it.
pub struct Running {
    /// A client of its API.
    pub client: Client,
    /// Its id.
    pub process: u32,
    asked: ChildStdin,
    answers: Lines<BufReader<ChildStdout>>,
    child: Child,
}

impl Running {
    /// Starts one.
    pub async fn start(setting: &Ours) -> anyhow::Result<Running> {
        let mut child = Command::new(std::env::current_exe()?)
            .arg("ours")
            .arg(serde_json::to_string(setting)?)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .context("starting our process")?;
        let process = child.id().context("our process ended early")?;
        let asked = child.stdin.take().context("our process has no input")?;
        let mut answers = BufReader::new(child.stdout.take().context("our process has no output")?).lines();
        let token = answers.next_line().await?.context("our process ended early")?;
        let client = Client::new(&format!("http://127.0.0.1:{}", setting.port), &token);
        Ok(Running { client, process, asked, answers, child })
    }

    /// Ends it; what it keeps lies in its folder.
    pub async fn stop(mut self) -> anyhow::Result<()> {
        self.child.kill().await.context("ending our process")
    }

    /// Forgets what was counted.
    pub async fn reset(&mut self) -> anyhow::Result<()> {
        self.ask("reset").await.map(|_| ())
    }

    /// What was counted.
    pub async fn counts(&mut self) -> anyhow::Result<Counts> {
        Ok(serde_json::from_str(&self.ask("counts").await?)?)
    }

    /// What the store alone can do in this process.
    pub async fn store(&mut self) -> anyhow::Result<Alone> {
        Ok(serde_json::from_str(&self.ask("store").await?)?)
    }

    /// Fills the contact book, which holds the first person already.
    pub async fn fill_book(&mut self, contacts: usize) -> anyhow::Result<()> {
        self.ask(&format!("{BOOK}{contacts}")).await.map(|_| ())
    }

    async fn ask(&mut self, word: &str) -> anyhow::Result<String> {
        self.asked.write_all(format!("{word}\n").as_bytes()).await?;
        self.answers.next_line().await?.context("our process ended early")
    }
}

/// A port that our process can have.
pub fn port() -> anyhow::Result<u16> {
    free_port()
}
