//! Watching a campaign: a bar that climbs, or a line of JSON for each change.

use std::time::Duration;

use indicatif::{ProgressBar, ProgressStyle};
use serde::de::DeserializeOwned;
use wire::{Campaign, CampaignId, CampaignStatus};

use super::client::Refused;
use super::{Client, Target, print};

/// How often the campaign is looked at; the dashboard does the same.
pub(super) const LOOK_EVERY: Duration = Duration::from_secs(2);

/// Looks in a row that may fail.
const MOST_FAILED_LOOKS: u32 = 5;

/// The first status that says that the fault is the other side's, which may pass.
const SERVER_FAULT: u16 = 500;

/// Asked too often: worth asking again.
const TOO_MANY_REQUESTS: u16 = 429;

/// Watches until the campaign ends or stands still; answers it as it is then.
pub(super) async fn watch(client: &Client, target: &Target, id: &CampaignId) -> anyhow::Result<Campaign> {
    let bar = if target.json { ProgressBar::hidden() } else { bar()? };
    let path = format!("/v3/campaigns/{id}");
    let mut campaign: Campaign = client.get(&path).await?;
    let mut shown = None;
    loop {
        bar.set_length(campaign.leads_count);
        bar.set_position(campaign.messages_processed);
        bar.set_message(print::counts(&campaign));
        if target.json && shown != Some((campaign.status, campaign.messages_processed)) {
            print::json(&campaign)?;
            shown = Some((campaign.status, campaign.messages_processed));
        }
        if has_ended(campaign.status) {
            bar.finish();
            return Ok(campaign);
        }
        tokio::time::sleep(LOOK_EVERY).await;
        campaign = look(client, &path, LOOK_EVERY).await?;
    }
}

/// Looks at what was begun and goes on whatever becomes of the line to it, again after `wait` when a look fails.
pub(super) async fn look<T: DeserializeOwned>(client: &Client, path: &str, wait: Duration) -> anyhow::Result<T> {
    let mut failed_looks = 0;
    loop {
        match client.get(path).await {
            Err(error) if failed_looks < MOST_FAILED_LOOKS && may_pass(&error) => failed_looks += 1,
            looked => return looked,
        }
        tokio::time::sleep(wait).await;
    }
}

/// Whether the next look may do better: no answer came, or one that says so.
fn may_pass(error: &anyhow::Error) -> bool {
    match error.downcast_ref::<Refused>() {
        Some(Refused(problem)) => problem.status >= SERVER_FAULT || problem.status == TOO_MANY_REQUESTS,
        None => true,
    }
}

/// A paused campaign waits for a person, who does not wait for this command.
fn has_ended(status: CampaignStatus) -> bool {
    match status {
        CampaignStatus::Scheduled | CampaignStatus::Processing => false,
        CampaignStatus::Draft
        | CampaignStatus::Paused
        | CampaignStatus::Completed
        | CampaignStatus::Cancelled
        | CampaignStatus::Failed => true,
    }
}

fn bar() -> anyhow::Result<ProgressBar> {
    let style = ProgressStyle::with_template("{bar:30} {pos}/{len} {per_sec} · {msg} · {eta} left")?;
    Ok(ProgressBar::new(0).with_style(style))
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::sync::atomic::{AtomicU32, Ordering};

    use axum::http::StatusCode;
    use axum::routing::get;
    use axum::{Json, Router};
    use serde_json::{Value, json};
    use tokio::net::TcpListener;

    use super::*;

    fn refused(status: u16) -> anyhow::Error {
        let problem = json!({ "type": "a", "title": "No.", "status": status, "detail": "no" });
        Refused(serde_json::from_value(problem).unwrap()).into()
    }

    #[test]
    fn a_line_that_breaks_may_come_back_and_a_refusal_stays() {
        assert!(may_pass(&anyhow::anyhow!("the answer broke off")));
        assert!([429, 500, 502].map(refused).iter().all(may_pass));
        assert!(![401, 403, 404].map(refused).iter().any(may_pass));
    }

    #[tokio::test]
    async fn what_was_begun_is_looked_at_again_when_a_look_fails_and_not_for_ever() {
        let asked = Arc::new(AtomicU32::new(0));
        let counted = Arc::clone(&asked);
        let answer = move || {
            let asked = counted.fetch_add(1, Ordering::Relaxed);
            async move { (asked >= 2).then(|| Json(json!({ "status": "ready" }))).ok_or(StatusCode::BAD_GATEWAY) }
        };
        let down = || async { StatusCode::BAD_GATEWAY };
        let router = Router::new().route("/import", get(answer)).route("/down", get(down));
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        tokio::spawn(async move { axum::serve(listener, router).await });
        let target = Target { url, token: Some("token".to_owned()), data: "data".into(), json: true };
        let client = Client::of(&target).unwrap();
        let looked: Value = look(&client, "/import", Duration::ZERO).await.unwrap();
        assert_eq!((&looked["status"], asked.load(Ordering::Relaxed)), (&json!("ready"), 3));
        assert!(look::<Value>(&client, "/down", Duration::ZERO).await.is_err());
    }
}
