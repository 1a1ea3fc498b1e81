//! Campaigns that were paused for a while only: WhatsApp said that it passes by itself, so they go on without anybody.

use wire::{CampaignEvent, CampaignStatus};

use super::transition;
use crate::App;
use crate::moves::go_on;
use crate::storage::audit::AuditLine;
use crate::storage::campaigns::CampaignRecord;
use crate::storage::portfolios;

/// The paused campaign as it goes on, once its time has come. Nothing before that, for one that waits for a person, and
/// when somebody else changed it meanwhile.
pub(super) async fn when_due(app: &App, read: CampaignRecord) -> anyhow::Result<Option<CampaignRecord>> {
    let now_micros = app.clock.now_micros();
    let now = now_micros / 1_000;
    if read.upkeep.resumes_at.is_none_or(|at| at > now) {
        return Ok(None);
    }
    let mut next = CampaignRecord {
        status: CampaignStatus::Processing,
        status_reason: None,
        epoch: read.epoch + 1,
        updated_at: now,
        ..read.clone()
    };
    next.upkeep.resumes_at = None;
    next.upkeep.resumed_by_itself += 1;
    next.upkeep.stalled_since = None;
    go_on(&mut next, now_micros);
    portfolios::predict(app, &mut next).await?;
    let line = AuditLine::by_itself(CampaignEvent::Resumed).because("what WhatsApp asked to wait for should be over");
    transition(app, read, next, line).await
}
