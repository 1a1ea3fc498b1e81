//! `DELETE /v3/campaigns/{id}`: stops the campaign like a cancel and takes it out of sight, in one write.
//!
//! The record stays for a time, so that jobs and attempts in flight see that they are not wanted any more; receipts of
//! its messages go on changing those messages only.

use std::sync::Arc;

use anyhow::anyhow;
use axum::extract::{Path, State};
use http::StatusCode;
use wire::{CampaignEvent, CampaignId, CampaignStatus};

use super::actions::{MOST_RACES, nudge_if_near};
use super::answers;
use super::caller::Caller;
use super::problem::{ApiError, Refusal};
use crate::App;
use crate::moves::stop;
use crate::storage::audit::AuditLine;
use crate::storage::campaigns::{self as store, CampaignRecord};
use crate::storage::table::Written;

/// How long the record of a deleted campaign stays: long after the last receipt and the last dead job, and until its
/// messages are gone (`dispatcher::retention`), in days.
const KEPT_DAYS: i64 = 180;

/// Deletes it; again, nothing more happens.
#[utoipa::path(
    delete,
    path = "/v3/campaigns/{id}",
    tag = "Campaigns",
    operation_id = "deleteCampaign",
    summary = "Stops a campaign and takes it away.",
    params(("id" = String, Path, description = "The campaign's id.")),
    responses(
        (status = 204, description = "It is gone."),
        answers::Changes, answers::ReadsPath, answers::NotFound,
    ),
)]
pub async fn delete(
    State(app): State<Arc<App>>,
    caller: Caller,
    Path(id): Path<CampaignId>,
) -> Result<StatusCode, ApiError> {
    for _ in 0..MOST_RACES {
        let read = store::get(&app, caller.workspace_id, &id).await?;
        let read = read.ok_or_else(|| Refusal::not_found("campaign"))?;
        if read.deleted_at.is_some() {
            return Ok(StatusCode::NO_CONTENT);
        }
        let next = deleted(&read, app.clock.now_millis());
        let line = AuditLine::of(&caller.name, CampaignEvent::Deleted).by(caller.member_id.clone());
        if store::transition(&app, &read, &next, line).await? == Written::Done {
            let (workspace, epoch) = (caller.workspace_id, next.epoch);
            tracing::info!(%workspace, campaign = %id, epoch, "a campaign was deleted");
            nudge_if_near(&app, &next).await;
            return Ok(StatusCode::NO_CONTENT);
        }
    }
    Err(anyhow!("campaign {id} kept changing under {MOST_RACES} tries to delete it").into())
}

/// Whatever it was, it is cancelled: nothing brings a deleted campaign back.
fn deleted(read: &CampaignRecord, now: i64) -> CampaignRecord {
    let mut next = CampaignRecord {
        status: CampaignStatus::Cancelled,
        status_reason: None,
        epoch: read.epoch + 1,
        deleted_at: Some(now),
        expires_at: Some(now / 1_000 + KEPT_DAYS * 86_400),
        updated_at: now,
        ..read.clone()
    };
    match read.status {
        CampaignStatus::Draft | CampaignStatus::Scheduled | CampaignStatus::Processing | CampaignStatus::Paused => {
            stop(&mut next, now);
        }
        CampaignStatus::Completed | CampaignStatus::Cancelled | CampaignStatus::Failed => {}
    }
    next
}
