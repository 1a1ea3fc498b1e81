//! Watching a campaign: a bar that climbs, or a line of JSON for each change.

use std::time::Duration;

use indicatif::{ProgressBar, ProgressStyle};
use wire::{Campaign, CampaignId, CampaignStatus};

use super::client::Refused;
use super::{Client, Target, print};

/// How often the campaign is looked at; the dashboard does the same.
const LOOK_EVERY: Duration = Duration::from_secs(2);

/// Looks in a row that may fail once the campaign was seen: it goes on whatever becomes of the line to it.
const MOST_FAILED_LOOKS: u32 = 5;

/// The first status that says that the fault is the other side's, which may pass.
const SERVER_FAULT: u16 = 500;

/// Asked too often: worth asking again.
const TOO_MANY_REQUESTS: u16 = 429;

/// Watches until the campaign ends or stands still; answers it as it is then.
pub(super) async fn watch(client: &Client, target: &Target, id: &CampaignId) -> anyhow::Result<Campaign> {
    let bar = if target.json { ProgressBar::hidden() } else { bar()? };
    let (mut shown, mut was_seen, mut failed_looks) = (None, false, 0);
    loop {
        let campaign: Campaign = match client.get(&format!("/v3/campaigns/{id}")).await {
            Ok(campaign) => campaign,
            Err(error) if was_seen && failed_looks < MOST_FAILED_LOOKS && may_pass(&error) => {
                failed_looks += 1;
                tokio::time::sleep(LOOK_EVERY).await;
                continue;
            }
            Err(error) => return Err(error),
        };
        (was_seen, failed_looks) = (true, 0);
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
    use serde_json::json;

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
}
