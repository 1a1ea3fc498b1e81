//! Watching a campaign: a bar that climbs, or a line of JSON for each change.

use std::time::Duration;

use indicatif::{ProgressBar, ProgressStyle};
use wire::{Campaign, CampaignId, CampaignStatus};

use super::{Client, Target, print};

/// How often the campaign is looked at; the dashboard does the same.
const LOOK_EVERY: Duration = Duration::from_secs(2);

/// Watches until the campaign ends or stands still; answers it as it is then.
pub(super) async fn watch(client: &Client, target: &Target, id: &CampaignId) -> anyhow::Result<Campaign> {
    let bar = if target.json { ProgressBar::hidden() } else { bar()? };
    let mut shown = None;
    loop {
        let campaign: Campaign = client.get(&format!("/v3/campaigns/{id}")).await?;
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
