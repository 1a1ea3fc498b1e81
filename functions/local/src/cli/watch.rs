//! Watching a campaign: a bar that climbs, or a line of JSON for each change.

use std::time::Duration;

use chrono::{DateTime, Utc};
use indicatif::{ProgressBar, ProgressStyle};
use serde::de::DeserializeOwned;
use wire::{Campaign, CampaignId, CampaignStatus, WaitReason};

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
        bar.set_message(standing(&campaign));
        if target.json && shown != Some((campaign.status, campaign.messages_processed)) {
            print::json(&campaign)?;
            shown = Some((campaign.status, campaign.messages_processed));
        }
        if has_ended(campaign.status, campaign.resumes_at) {
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

/// A paused campaign waits for a person, who does not wait for this command, unless it goes on by itself.
fn has_ended(status: CampaignStatus, resumes_at: Option<DateTime<Utc>>) -> bool {
    match status {
        CampaignStatus::Scheduled | CampaignStatus::Processing => false,
        CampaignStatus::Paused => resumes_at.is_none(),
        CampaignStatus::Draft | CampaignStatus::Completed | CampaignStatus::Cancelled | CampaignStatus::Failed => true,
    }
}

/// Where the messages are, and what the next one waits for where that is long.
fn standing(campaign: &Campaign) -> String {
    let counts = print::counts(campaign);
    let at = match campaign.status {
        CampaignStatus::Paused => campaign.resumes_at,
        CampaignStatus::Scheduled => campaign.scheduled_to,
        CampaignStatus::Draft
        | CampaignStatus::Processing
        | CampaignStatus::Completed
        | CampaignStatus::Cancelled
        | CampaignStatus::Failed => campaign.next_scheduled_to,
    };
    match awaited(campaign.status, campaign.waiting_for).zip(at) {
        Some((what, at)) => format!("{counts} · {what} at {}", print::time(at)),
        None => counts,
    }
}

/// What happens next, where a bar that stands still would not say it.
fn awaited(status: CampaignStatus, reason: Option<WaitReason>) -> Option<&'static str> {
    match status {
        CampaignStatus::Scheduled => Some("it starts"),
        CampaignStatus::Paused => Some("paused, it goes on"),
        CampaignStatus::Processing => match reason? {
            WaitReason::Window => Some("the business hours begin"),
            WaitReason::Duration => Some("the next day's part begins"),
            WaitReason::Limit => Some("the number may write to more people"),
            WaitReason::QuietHours => Some("the quiet hours end"),
            WaitReason::Throttled => Some("WhatsApp is asked again"),
            WaitReason::Rate
            | WaitReason::Pace
            | WaitReason::Chunk
            | WaitReason::Pause
            | WaitReason::Edit
            | WaitReason::Retry
            | WaitReason::Late => None,
        },
        CampaignStatus::Draft | CampaignStatus::Completed | CampaignStatus::Cancelled | CampaignStatus::Failed => None,
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

    #[test]
    fn a_pause_that_ends_by_itself_is_watched_and_one_that_waits_for_a_person_is_not() {
        assert!(!has_ended(CampaignStatus::Paused, Some(DateTime::<Utc>::UNIX_EPOCH)));
        assert!(has_ended(CampaignStatus::Paused, None));
        assert!(!has_ended(CampaignStatus::Processing, None) && !has_ended(CampaignStatus::Scheduled, None));
        assert!(has_ended(CampaignStatus::Completed, None) && has_ended(CampaignStatus::Draft, None));
    }

    #[test]
    fn a_bar_that_stands_still_says_what_is_waited_for() {
        let processing = |reason| awaited(CampaignStatus::Processing, Some(reason));
        assert_eq!(processing(WaitReason::Window), Some("the business hours begin"));
        assert_eq!((processing(WaitReason::Pace), awaited(CampaignStatus::Processing, None)), (None, None));
        assert_eq!(awaited(CampaignStatus::Scheduled, None), Some("it starts"));
        assert_eq!(awaited(CampaignStatus::Paused, None), Some("paused, it goes on"));
        assert_eq!(awaited(CampaignStatus::Completed, Some(WaitReason::Window)), None);
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
