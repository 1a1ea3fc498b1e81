//! A campaign's people or its report as a file: asked for here, written by the exporter, fetched from S3 by a link that
//! expires.

use std::sync::Arc;

use axum::Json;
use axum::extract::{Path, State};
use axum::response::{IntoResponse, Response};
use http::StatusCode;
use wire::{CampaignExport, CampaignExportStatus, CampaignId, CreateCampaignExport, ExportContent, ExportId};

use super::answers;
use super::caller::Caller;
use super::campaigns::{find, messages_are_kept};
use super::extract::Body;
use super::problem::{ApiError, Refusal};
use crate::App;
use crate::clock::time_of_millis;
use crate::storage::campaign_exports::{self as store, CampaignExportRecord};
use crate::storage::exports::KEPT_DAYS;
use crate::storage::files;
use crate::storage::queues::{self, ExportErrand};

/// A file that is still not written after so long is not written any more, in milliseconds: the queue gives its errand
/// five times, with a quarter of an hour for each (`ExportQueue` in infra/template.yaml), and a run takes as long.
const LONGEST_WRITING_MS: i64 = 2 * 60 * 60 * 1_000;

/// `POST /v3/campaigns/{id}/exports`
#[utoipa::path(
    post,
    path = "/v3/campaigns/{id}/exports",
    tag = "Money and reports",
    operation_id = "createCampaignExport",
    summary = "Has a campaign's people, with what became of the message, or its report written into a file.",
    params(("id" = String, Path, description = "The campaign's id.")),
    request_body = wire::CreateCampaignExport,
    responses(
        (status = 202, description = "It is being written: ask for it.", body = wire::CampaignExport),
        answers::Changes, answers::ReadsBody, answers::NotFound, answers::Gone,
    ),
)]
pub async fn create(
    State(app): State<Arc<App>>,
    caller: Caller,
    Path(id): Path<CampaignId>,
    Body(request): Body<CreateCampaignExport>,
) -> Result<Response, ApiError> {
    let campaign = find(&app, &caller, &id).await?;
    // Without its messages everybody would stand there as not tried yet.
    if request.content == ExportContent::People {
        messages_are_kept(&campaign)?;
    }
    let now = app.clock.now_millis();
    let record = CampaignExportRecord {
        id: ExportId(app.new_id()?),
        workspace_id: caller.workspace_id,
        campaign_id: campaign.id,
        format: request.format,
        content: request.content,
        status: CampaignExportStatus::Writing,
        people: 0,
        created_at: now,
        expires_at: now / 1_000 + KEPT_DAYS * 86_400,
    };
    store::put(&app, &record).await?;
    let errand = ExportErrand { workspace_id: record.workspace_id, export_id: record.id.clone() };
    queues::send_export(&app, &errand).await?;
    let (workspace, campaign, export) = (caller.workspace_id, &record.campaign_id, &record.id);
    tracing::info!(%workspace, %campaign, %export, content = ?record.content, "a campaign's file was asked for");
    Ok((StatusCode::ACCEPTED, Json(view(&app, record).await?)).into_response())
}

/// `GET /v3/campaigns/{id}/exports/{export}`
#[utoipa::path(
    get,
    path = "/v3/campaigns/{id}/exports/{export}",
    tag = "Money and reports",
    operation_id = "showCampaignExport",
    summary = "Shows how far a file of a campaign is, and its link.",
    params(("id" = String, Path, description = "The campaign's id."), ("export" = String, Path, description = "The file's id.")),
    responses(
        (status = 200, description = "How it stands.", body = wire::CampaignExport),
        answers::Reads, answers::ReadsPath, answers::NotFound,
    ),
)]
pub async fn show(
    State(app): State<Arc<App>>,
    caller: Caller,
    Path((id, export)): Path<(CampaignId, ExportId)>,
) -> Result<Json<CampaignExport>, ApiError> {
    let campaign = find(&app, &caller, &id).await?;
    let found = store::get(&app, caller.workspace_id, &export).await?;
    let now = app.clock.now_millis() / 1_000;
    let found = found.filter(|record| record.campaign_id == campaign.id && record.expires_at > now);
    Ok(Json(view(&app, found.ok_or_else(|| Refusal::not_found("export"))?).await?))
}

async fn view(app: &App, record: CampaignExportRecord) -> anyhow::Result<CampaignExport> {
    let status = standing(&record, app.clock.now_millis());
    let url = match status {
        CampaignExportStatus::Writing | CampaignExportStatus::Failed | CampaignExportStatus::GivenUp => None,
        CampaignExportStatus::Ready => {
            let of = match record.content {
                ExportContent::People => "",
                ExportContent::Report => "-report",
            };
            let name = format!("campaign-{}{of}.{}", record.campaign_id, record.ending());
            Some(files::download_url(app, &record.key(), &name).await?)
        }
    };
    Ok(CampaignExport {
        url,
        created_at: time_of_millis(record.created_at),
        expires_at: time_of_millis(record.expires_at * 1_000),
        id: record.id,
        campaign_id: record.campaign_id,
        format: record.format,
        content: record.content,
        status,
        people: record.people,
    })
}

/// How far it got; given up where nobody writes it any more.
fn standing(record: &CampaignExportRecord, now: i64) -> CampaignExportStatus {
    let is_silent = record.status == CampaignExportStatus::Writing && now - record.created_at > LONGEST_WRITING_MS;
    if is_silent { CampaignExportStatus::GivenUp } else { record.status }
}

#[cfg(test)]
mod tests {
    use wire::{ExportFormat, WorkspaceId};

    use super::*;

    #[test]
    fn a_file_that_nobody_writes_any_more_is_not_waited_for() {
        let record = |status| CampaignExportRecord {
            id: ExportId("e".to_owned()),
            workspace_id: WorkspaceId(1),
            campaign_id: CampaignId("c".to_owned()),
            format: ExportFormat::Csv,
            content: ExportContent::People,
            status,
            people: 0,
            created_at: 1_000,
            expires_at: 0,
        };
        let at = |status, after_ms: i64| standing(&record(status), 1_000 + after_ms);
        assert_eq!(at(CampaignExportStatus::Writing, LONGEST_WRITING_MS), CampaignExportStatus::Writing);
        assert_eq!(at(CampaignExportStatus::Writing, LONGEST_WRITING_MS + 1), CampaignExportStatus::GivenUp);
        assert_eq!(at(CampaignExportStatus::Ready, 10 * LONGEST_WRITING_MS), CampaignExportStatus::Ready);
    }
}
