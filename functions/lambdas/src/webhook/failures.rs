//! What a failed status asks for beyond its own message: a person who wants no more, a campaign or a number that cannot
//! go on.

use campaigns::message::MessageRecord;
use campaigns::phone;
use campaigns::send_error::{self, Reaction, closes_country, reaction};
use wire::{CampaignId, CampaignStatus, WebhookData, WebhookEventKind, WorkspaceId};

use crate::App;
use crate::hooks::{self, Happening};
use crate::sender::number;
use crate::storage::campaigns as campaign_store;
use crate::storage::channels::ChannelRecord;
use crate::storage::pauses;
use crate::storage::queues::{self, Nudge};
use crate::storage::suppressions;
use crate::storage::table::Written;
use crate::storage::undelivered;

/// How long after a late failure a campaign that has ended is looked at, in seconds.
const WAKE_SECONDS: i32 = 5;

/// Times that a pause is tried anew because the dispatcher moved the cursor in between.
const MOST_RACES: u32 = 20;

/// Acts on a failed status of this code and time (milliseconds). Doing it twice is doing it once.
pub(super) async fn take_consequences(
    app: &App,
    channel: &ChannelRecord,
    campaign: &CampaignId,
    message: &MessageRecord,
    code: u32,
    failed_at: i64,
) -> anyhow::Result<()> {
    match reaction(code) {
        Reaction::Suppress => {
            let (workspace, phone) = (channel.workspace_id, message.canonical_phone());
            match suppressions::add_by_code(app, workspace, phone, code, failed_at).await? {
                true => hooks::tell(app, workspace, &[opted_out(channel, phone, code, failed_at)]).await,
                false => Ok(()),
            }
        }
        Reaction::PauseCampaign => pause(app, campaign, message, code).await,
        Reaction::PauseNumber => {
            // The number first, and whatever its campaign does: all others on it would go on failing.
            number::block_by_failure(app, channel, code, message.attempted_at).await?;
            pause(app, campaign, message, code).await
        }
        Reaction::Fail if send_error::may_be_unreachable(code) => {
            let phone = message.canonical_phone();
            undelivered::note(app, channel.workspace_id, campaign, phone, failed_at).await
        }
        Reaction::Fail if closes_country(code) => {
            let country = phone::country_code_of(message.canonical_phone());
            pauses::close_country(app, channel.workspace_id, campaign, country).await
        }
        Reaction::Retry | Reaction::SlowNumber | Reaction::RestNumber | Reaction::Defer | Reaction::Fail => {
            wake(app, channel.workspace_id, campaign, code).await
        }
    }
}

/// A campaign that has ended is out of the dispatcher's sight: where this failure is tried again, or would be, it looks.
async fn wake(app: &App, workspace_id: WorkspaceId, campaign: &CampaignId, code: u32) -> anyhow::Result<()> {
    if !send_error::is_retryable_after_failing(code) {
        return Ok(());
    }
    let read = campaign_store::get(app, workspace_id, campaign).await?;
    if read.is_none_or(|read| !campaign_store::has_ended(read.status)) {
        return Ok(());
    }
    // Later than the stream is counted.
    queues::nudge(app, &Nudge { workspace_id, campaign_id: campaign.clone() }, WAKE_SECONDS).await
}

/// What webhooks are told of somebody whose messages WhatsApp fails because he wants none.
fn opted_out(channel: &ChannelRecord, phone: &str, code: u32, at: i64) -> Happening {
    Happening {
        kind: WebhookEventKind::ContactOptedOut,
        at,
        named: format!("{phone}#{code}"),
        person: Some(phone.to_owned()),
        data: WebhookData {
            phone: Some(format!("+{phone}")),
            reason: Some(send_error::title(code)),
            code: Some(code),
            channel_id: Some(channel.id.clone()),
            ..WebhookData::default()
        },
    }
}

/// Pauses the campaign, once: a message that was sent before somebody resumed it says nothing new.
async fn pause(app: &App, campaign: &CampaignId, message: &MessageRecord, code: u32) -> anyhow::Result<()> {
    for _ in 0..MOST_RACES {
        let Some(read) = campaign_store::get(app, message.workspace_id, campaign).await? else { return Ok(()) };
        let is_old = read.upkeep.went_on_at.is_some_and(|at| message.attempted_at < at);
        if read.status != CampaignStatus::Processing || is_old {
            return Ok(());
        }
        if pauses::pause_by_code(app, &read, code).await? == Written::Done {
            tracing::warn!(%campaign, code, "a campaign paused: WhatsApp failed a message for a reason that all share");
            return Ok(());
        }
    }
    anyhow::bail!("campaign {campaign} kept changing under {MOST_RACES} tries to pause it")
}
