//! The yes of a second person: where the workspace asks for it, a campaign to many people starts, or gets its time, only
//! after somebody else than its author has looked at it. An edit of what was approved takes the yes back, and a yes may
//! name what it is said to: the `ETag` of the campaign as it was looked at.

use std::sync::Arc;

use anyhow::anyhow;
use axum::Json;
use axum::extract::{Path, State};
use http::HeaderMap;
use wire::{Campaign, CampaignEvent, CampaignId, CampaignStatus};

use super::actions::MOST_RACES;
use super::answers;
use super::caller::Caller;
use super::campaigns::{find, whole};
use super::problem::{ApiError, Kind, Refusal};
use super::unchanged;
use crate::App;
use crate::storage::audit::AuditLine;
use crate::storage::campaigns::{self as store, ApprovalRecord, CampaignRecord};
use crate::storage::settings;
use crate::storage::table::Written;

/// `POST /v3/campaigns/{id}/approve`
#[utoipa::path(
    post,
    path = "/v3/campaigns/{id}/approve",
    tag = "Campaigns",
    operation_id = "approveCampaign",
    summary = "Says yes to a campaign that somebody else made, where the workspace asks for it.",
    params(("id" = String, Path, description = "The campaign's id."), ("If-Match" = Option<String>, Header, description = "The `ETag` of the campaign as it was looked at: one that has changed since is not approved.")),
    responses(
        (status = 200, description = "As it stands now; the same when somebody had said so before.", body = wire::Campaign),
        answers::Changes, answers::ReadsPath, answers::NotFound, answers::Conflict, answers::Changed,
    ),
)]
pub async fn approve(
    State(app): State<Arc<App>>,
    caller: Caller,
    Path(id): Path<CampaignId>,
    headers: HeaderMap,
) -> Result<Json<Campaign>, ApiError> {
    let refused = |how: &str| Err(Refusal::new(Kind::Conflict, how).into());
    for _ in 0..MOST_RACES {
        let read = find(&app, &caller, &id).await?;
        let Some(member) = &caller.member_id else {
            return refused("only a person who is signed in can approve: a token may be anybody's");
        };
        if read.approval.is_some() {
            return Ok(Json(whole(&app, &read).await?));
        }
        if read.status != CampaignStatus::Draft {
            return refused("only a draft waits for an approval");
        }
        if read.author.as_ref() == Some(member) {
            return refused("you made it, or changed it last: somebody else must approve it");
        }
        if !unchanged::is_as_seen(&headers, &whole(&app, &read).await?)? {
            let how = "it has changed since you looked at it: look at it again, then approve it";
            return Err(Refusal::new(Kind::PreconditionFailed, how).into());
        }
        let now = app.clock.now_millis();
        let approval = ApprovalRecord { who: caller.name.clone(), at: now };
        let next = CampaignRecord { approval: Some(approval), updated_at: now, ..read.clone() };
        let line = AuditLine::of(&caller.name, CampaignEvent::Approved);
        if store::transition(&app, &read, &next, line).await? == Written::Done {
            return Ok(Json(whole(&app, &next).await?));
        }
    }
    Err(anyhow!("campaign {id} kept changing under {MOST_RACES} tries to approve it").into())
}

/// Refuses a campaign that still waits for its yes.
pub(super) async fn check(app: &App, record: &CampaignRecord) -> Result<(), ApiError> {
    if record.approval.is_some() {
        return Ok(());
    }
    let Some(above) = settings::read(app, record.workspace_id).await?.approval_above else { return Ok(()) };
    if record.recipients <= above {
        return Ok(());
    }
    let recipients = record.recipients;
    let detail = match record.status {
        CampaignStatus::Paused => format!(
            "it goes to {recipients} people, and above {above} a second person must approve another message or audience: \
             make a copy of it, and ask a manager or an owner"
        ),
        _ => format!(
            "it goes to {recipients} people, and above {above} a second person must approve it: keep it as a draft, and \
             ask a manager or an owner"
        ),
    };
    Err(Refusal::new(Kind::ApprovalMissing, detail).into())
}
