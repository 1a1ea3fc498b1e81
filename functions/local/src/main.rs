//! `campanile`: starts everything on this machine and prints one link.

use std::process::ExitCode;

use anyhow::Context;
use clap::Parser;
use local::cli::{self, Cli, is_coloured, say};
use local::{Options, Process};
use tokio::signal::unix::{Signal, SignalKind, signal};
use tracing_subscriber::EnvFilter;

/// What is logged unless `RUST_LOG` says otherwise: what a person wants to know, not every request.
const QUIET: &str = "warn,lambdas=info,lambdas::api::request_log=warn,s3s=error";

/// What shells expect of a process that ended by Ctrl-C: 128 and the signal's number.
const STOPPED_AT_ONCE: i32 = 130;

/// Stack of each worker, in bytes. Unoptimized code keeps whole futures in its frames, and the embedded S3 lies deep below
/// a handler: the usual 2 MB are nearly used up.
const STACK_BYTES: usize = 8 * 1024 * 1024;

fn main() -> anyhow::Result<ExitCode> {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().thread_stack_size(STACK_BYTES).build();
    // On a worker too: the main thread's stack is the system's.
    let runtime = runtime.context("the runtime cannot start")?;
    runtime.block_on(async { tokio::spawn(run()).await.context("campanile broke down")? })
}

async fn run() -> anyhow::Result<ExitCode> {
    let cli = Cli::parse();
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new(QUIET));
    tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr).with_ansi(is_coloured()).init();
    if let Some(command) = cli.command {
        return cli::run(command).await;
    }

    let options = Options::read(cli.run, |name| std::env::var(name).ok())?;
    let process = Process::start(options).await?;
    say(&process.welcome().await?);

    let mut signals = [signal(SignalKind::interrupt())?, signal(SignalKind::terminate())?];
    asked_to_stop(&mut signals).await;
    say("Stopping: what is under way lands first. Ctrl-C again stops at once.");
    tokio::select! {
        () = process.stop() => Ok(ExitCode::SUCCESS),
        // Not by returning, which would wait for blocking work. As after a kill, nothing is lost.
        () = asked_to_stop(&mut signals) => std::process::exit(STOPPED_AT_ONCE),
    }
}

/// Waits for the next Ctrl-C or SIGTERM.
async fn asked_to_stop([interrupt, terminate]: &mut [Signal; 2]) {
    tokio::select! {
        _ = interrupt.recv() => {}
        _ = terminate.recv() => {}
    }
}
