//! What the functions weigh and how fast they start: from the process's start until it asks the runtime API for its first
//! event, in how much memory. A runtime API on this machine stands for Lambda's.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use anyhow::Context;
use tokio::net::TcpListener;
use tokio::process::Command;

use crate::usage;

/// The profile that the api is deployed in (functions/lambdas/Makefile); the others' is the one that this runs in.
const SMALL: &str = "api";

/// The functions, by their binaries.
const FUNCTIONS: [&str; 7] = ["api", "dispatcher", "sender", "tally", "webhook", "importer", "exporter"];

/// How often each is started: the first time its file is read from disk.
const STARTS: usize = 11;

/// How long a function may take before it is given up.
const PATIENCE: Duration = Duration::from_secs(30);

/// What every function is told. Nothing of it is asked for before the first event.
const ENVIRONMENT: [(&str, &str); 19] = [
    ("AWS_LAMBDA_FUNCTION_NAME", "bench"),
    ("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "256"),
    ("AWS_LAMBDA_FUNCTION_VERSION", "1"),
    ("AWS_REGION", "eu-central-1"),
    ("AWS_ACCESS_KEY_ID", "bench"),
    ("AWS_SECRET_ACCESS_KEY", "bench"),
    ("CONTROL_TABLE", "control"),
    ("MESSAGES_TABLE", "messages"),
    ("CONTACTS_TABLE", "contacts"),
    ("FILES_BUCKET", "files"),
    ("SEND_QUEUE_URL", "http://127.0.0.1:1/send"),
    ("SEND_DEAD_QUEUE_URL", "http://127.0.0.1:1/send-dead"),
    ("NUDGE_QUEUE_URL", "http://127.0.0.1:1/nudge"),
    ("ERRAND_QUEUE_URL", "http://127.0.0.1:1/errand"),
    ("EXPORT_QUEUE_URL", "http://127.0.0.1:1/export"),
    ("HOOK_QUEUE_URL", "http://127.0.0.1:1/hook"),
    ("TOKEN_PREFIX", "bench/"),
    ("MAIL_FROM", ""),
    ("WHATSAPP_APPS", "[]"),
];

/// One function.
pub struct Function {
    /// Its binary.
    pub name: &'static str,
    /// The profile that it was built in, by its folder.
    pub profile: String,
    /// Its size.
    pub megabytes: f64,
    /// Milliseconds from the process's start to its first question: median of the starts.
    pub start_ms: f64,
    /// Its memory at most until then.
    pub peak_mb: f64,
}

/// Starts all of them, one after another.
pub async fn run() -> anyhow::Result<Vec<Function>> {
    let folder = std::env::current_exe()?.parent().context("no folder")?.to_owned();
    let mut all = Vec::new();
    for name in FUNCTIONS {
        let binary = binary(&folder, name);
        let bytes = std::fs::metadata(&binary).with_context(|| format!("{} is not built", binary.display()))?.len();
        let mut starts = Vec::new();
        let mut peak_mb = 0.0_f64;
        for _ in 0..STARTS {
            let (ms, mb) = tokio::time::timeout(PATIENCE, start(&binary)).await.with_context(|| name.to_owned())??;
            starts.push(ms);
            peak_mb = peak_mb.max(mb);
        }
        starts.sort_by(f64::total_cmp);
        let profile = profile(&binary);
        all.push(Function { name, profile, megabytes: bytes as f64 / 1e6, start_ms: starts[STARTS / 2], peak_mb });
    }
    Ok(all)
}

/// The api as it is deployed, where that is built; else what lies beside this benchmark.
fn binary(folder: &Path, name: &str) -> PathBuf {
    let deployed = folder.with_file_name(SMALL).join(name);
    if name == SMALL && deployed.is_file() { deployed } else { folder.join(name) }
}

fn profile(binary: &Path) -> String {
    let folder = binary.parent().and_then(Path::file_name).unwrap_or_default();
    folder.to_string_lossy().into_owned()
}

/// Starts one, waits for its first question, and ends it.
async fn start(binary: &Path) -> anyhow::Result<(f64, f64)> {
    let lambda = TcpListener::bind(("127.0.0.1", 0)).await?;
    let mut environment = BTreeMap::from(ENVIRONMENT.map(|(name, value)| (name, value.to_owned())));
    environment.insert("AWS_LAMBDA_RUNTIME_API", lambda.local_addr()?.to_string());
    let begun = Instant::now();
    let mut child = Command::new(binary).env_clear().envs(environment).kill_on_drop(true).spawn()?;
    let process = child.id().context("it ended at once")?;
    let asked = async {
        let (connection, _) = lambda.accept().await?;
        connection.readable().await?;
        anyhow::Ok(connection)
    };
    let held = tokio::select! {
        asked = asked => asked?,
        ended = child.wait() => anyhow::bail!("it ended: {}", ended?),
    };
    let (ms, mb) = (begun.elapsed().as_secs_f64() * 1_000.0, usage::peak_mb(process)?);
    child.kill().await?;
    drop(held);
    Ok((ms, mb))
}
