//! The simulator as its own process: variables in, one listener, until Ctrl-C.

use anyhow::Context;
use simulator::{Simulator, environment};
use tokio::net::TcpListener;
use tracing_subscriber::EnvFilter;

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    if std::env::args().len() > 1 {
        for (name, meaning) in environment::VARIABLES {
            println!("{name:<28}{meaning}");
        }
        return Ok(());
    }
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new("info"));
    tracing_subscriber::fmt().with_env_filter(filter).init();
    let variable = |name: &str| std::env::var(name).ok().filter(|value| !value.is_empty());
    let simulator = Simulator::start(environment::config(variable, getrandom::u64()?)?)?;
    let address = variable("SIMULATOR_LISTEN").unwrap_or_else(|| environment::DEFAULT_LISTEN.to_owned());
    let listener = TcpListener::bind(&address).await.with_context(|| format!("listening on {address}"))?;
    tracing::info!(address = %listener.local_addr()?, config = ?simulator.config(), "the simulator listens");
    tokio::select! {
        served = axum::serve(listener, simulator.router()) => served.context("serving"),
        stopped = tokio::signal::ctrl_c() => stopped.context("waiting for Ctrl-C"),
    }
}
