//! The log: one JSON object per line on standard output, where CloudWatch and people's tools find fields.

use tracing_subscriber::EnvFilter;

/// What is logged when `RUST_LOG` says nothing: our own words and what goes wrong in libraries.
const DEFAULT_FILTER: &str = "info,aws_config=warn,hyper=warn";

/// Starts logging; a bin calls it first. Called again, it changes nothing.
pub fn init() {
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new(DEFAULT_FILTER));
    let started = tracing_subscriber::fmt()
        .json()
        .with_env_filter(filter)
        .with_current_span(true)
        .with_span_list(false)
        .try_init();
    if let Err(error) = started {
        tracing::debug!(%error, "logging was started before");
    }
}
