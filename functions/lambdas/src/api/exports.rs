//! The contact book as a file: asked for here, written by the importer, fetched from S3.

use std::sync::Arc;

use axum::Json;
use axum::extract::{Path, State};
use axum::response::{IntoResponse, Response};
use http::StatusCode;
use wire::{CreateExport, Export, ExportFormat, ExportId, ExportStatus};

use super::answers;
use super::caller::Caller;
use super::extract::Body;
use super::lists::checked;
use super::phones;
use super::problem::{ApiError, Refusal};
use crate::App;
use crate::clock::time_of_millis;
use crate::storage::exports::{self, ExportRecord, KEPT_DAYS};
use crate::storage::files;
use crate::storage::queues::{self, Errand};

/// `POST /v3/contacts/export`
#[utoipa::path(
    post,
    path = "/v3/contacts/export",
    tag = "Contacts",
    operation_id = "createExport",
    summary = "Asks for contacts as a file: CSV, or a workbook, with what each agreed to.",
    request_body = wire::CreateExport,
    responses(
        (status = 202, description = "It is being written.", body = wire::Export),
        answers::Changes, answers::ReadsBody,
    ),
)]
pub async fn create(
    State(app): State<Arc<App>>,
    caller: Caller,
    Body(request): Body<CreateExport>,
) -> Result<Response, ApiError> {
    let now = app.clock.now_millis();
    let home = phones::home(&app, caller.workspace_id).await?;
    let filter = checked(request.filter.unwrap_or_default())?;
    let record = ExportRecord {
        id: ExportId(app.new_id()?),
        workspace_id: caller.workspace_id,
        filter,
        search: request.search.map(|search| phones::checked_search(search, home)).transpose()?,
        format: request.format.unwrap_or(ExportFormat::Csv),
        status: ExportStatus::Writing,
        contacts: 0,
        created_at: now,
        expires_at: now / 1_000 + KEPT_DAYS * 86_400,
    };
    exports::put(&app, &record).await?;
    let errand = Errand::Export { workspace_id: record.workspace_id, export_id: record.id.clone() };
    queues::send_errand(&app, &errand).await?;
    tracing::info!(workspace = %caller.workspace_id, export = %record.id, "an export of contacts was asked for");
    Ok((StatusCode::ACCEPTED, Json(view(&app, record).await?)).into_response())
}

/// `GET /v3/contacts/export/{id}`
#[utoipa::path(
    get,
    path = "/v3/contacts/export/{id}",
    tag = "Contacts",
    operation_id = "showExport",
    summary = "Tells how far an export is and where to fetch it.",
    params(("id" = String, Path, description = "The export's id.")),
    responses(
        (status = 200, description = "As it is now.", body = wire::Export),
        answers::Reads, answers::ReadsPath, answers::NotFound,
    ),
)]
pub async fn show(
    State(app): State<Arc<App>>,
    caller: Caller,
    Path(id): Path<ExportId>,
) -> Result<Json<Export>, ApiError> {
    let found = exports::get(&app, caller.workspace_id, &id).await?;
    let found = found.filter(|record| record.expires_at > app.clock.now_millis() / 1_000);
    Ok(Json(view(&app, found.ok_or_else(|| Refusal::not_found("export"))?).await?))
}

async fn view(app: &App, record: ExportRecord) -> anyhow::Result<Export> {
    let url = match record.status {
        ExportStatus::Writing => None,
        ExportStatus::Ready => {
            let ending = match record.format {
                ExportFormat::Csv => "csv",
                ExportFormat::Xlsx => "xlsx",
            };
            let key = files::export_key(record.workspace_id, &record.id, ending);
            Some(files::download_url(app, &key, &format!("contacts-{}.{ending}", record.id)).await?)
        }
    };
    let created_at = time_of_millis(record.created_at);
    Ok(Export { id: record.id, status: record.status, contacts: record.contacts, url, created_at })
}
