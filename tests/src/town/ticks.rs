//! The schedule of a town: every minute the dispatcher is called, sometimes late, sometimes twice at once.

use std::sync::Arc;
use std::time::Duration;

use lambdas::{App, dispatcher};
use serde_json::json;

use super::faults::{Fault, Faults};

/// The schedule of `infra/template.yaml`.
const TICK: Duration = Duration::from_secs(60);

/// Ticks until its task is dropped.
pub(super) async fn run(app: Arc<App>, faults: Arc<Faults>) {
    let mut ticks = tokio::time::interval(TICK);
    loop {
        ticks.tick().await;
        let late = faults.below(faults.seconds(Fault::LateTicks) * 1_000 + 1);
        if late > 0 {
            faults.note(Fault::LateTicks);
        }
        tokio::time::sleep(Duration::from_millis(late.into())).await;
        let tick = || dispatcher::handle(&app, dispatcher::Event::Tick(json!({ "source": "schedule" })));
        let results = match faults.happens(Fault::DoubledTicks) {
            true => tokio::join!(tick(), tick()).into(),
            false => [tick().await, Ok(())],
        };
        for error in results.into_iter().filter_map(Result::err) {
            tracing::info!(error = format!("{error:#}"), "a tick failed; the next one finds what is left");
        }
    }
}
