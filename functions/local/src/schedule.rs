//! What EventBridge Scheduler does: calls the dispatcher every minute. And what DynamoDB does by itself: expiry.

use std::sync::Arc;
use std::time::Duration;

use lambdas::{App, dispatcher};
use tokio::sync::watch;

use crate::embedded::EmbeddedDynamoDb;

/// The schedule of `infra/template.yaml`.
const TICK: Duration = Duration::from_secs(60);

/// Ticks at once and then every minute, until told to stop.
pub async fn run(app: Arc<App>, dynamodb: EmbeddedDynamoDb, mut stop: watch::Receiver<bool>) {
    let mut ticks = tokio::time::interval(TICK);
    ticks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    loop {
        tokio::select! {
            biased;
            _ = stop.changed() => return,
            _ = ticks.tick() => {}
        }
        let event = dispatcher::Event::Tick(serde_json::json!({ "source": "schedule" }));
        if let Err(error) = dispatcher::handle(&app, event).await {
            tracing::error!(error = format!("{error:#}"), "a tick failed; the next one finds what is left");
        }
        if let Err(error) = dynamodb.sweep_ttl().await {
            tracing::error!(error = format!("{error:#}"), "expired items could not be removed");
        }
    }
}
