//! The sums of a period as a file, answered at once: it is small, and nothing of it is kept.

use std::sync::Arc;

use anyhow::Context;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use chrono::NaiveDate;
use http::HeaderValue;
use http::header::{CONTENT_DISPOSITION, CONTENT_ENCODING, CONTENT_TYPE};
use serde::Deserialize;
use wire::ExportFormat;

use super::answers;
use super::caller::Caller;
use super::extract::Params;
use super::problem::ApiError;
use super::reports::{PeriodAsked, summed};
use crate::App;
use crate::exporter::{period, sheets};

/// A file that is asked for.
#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
pub struct FileAsked {
    /// The first day, UTC; absent: thirty days ago.
    from: Option<NaiveDate>,
    /// The last day, UTC; absent: today.
    to: Option<NaiveDate>,
    /// `csv` when absent; `xlsx`: a workbook, which opens right in every country's spreadsheet.
    format: Option<ExportFormat>,
}

/// `GET /v3/reports/export?from=&to=&format=`: the same period as `GET /v3/reports` has.
#[utoipa::path(
    get,
    path = "/v3/reports/export",
    tag = "Money and reports",
    operation_id = "exportPeriodReport",
    summary = "Gives the sums of a period as a file, with a line for each campaign, at most 5,000.",
    params(FileAsked),
    responses(
        (
            status = 200,
            description = "The file, as an attachment: text separated by commas, or a workbook.",
            content(
                (String = "text/csv"),
                (String = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"),
            ),
        ),
        answers::Reads, answers::ReadsQuery,
    ),
)]
pub async fn download(
    State(app): State<Arc<App>>,
    caller: Caller,
    Params(asked): Params<FileAsked>,
) -> Result<Response, ApiError> {
    let format = asked.format.unwrap_or(ExportFormat::Csv);
    let asked = PeriodAsked { from: asked.from, to: asked.to };
    let (report, campaigns) = summed(&app, caller.workspace_id, &asked).await?;
    let name = format!("campaigns-{}-{}.{}", report.from, report.to, format.as_str());
    let created_at = app.clock.now_millis();
    let writing = tokio::task::spawn_blocking(move || period::file(format, &report, &campaigns, created_at));
    let file = writing.await.context("the thread that writes a period's sums ended")??;
    let disposition = HeaderValue::from_str(&format!("attachment; filename=\"{name}\""));
    let headers = [
        // As bytes on Lambda too: its text would come without the mark by which a spreadsheet knows UTF-8.
        (CONTENT_ENCODING, HeaderValue::from_static("identity")),
        (CONTENT_TYPE, HeaderValue::from_static(sheets::content_type(format))),
        (CONTENT_DISPOSITION, disposition.context("a file's name is no header")?),
    ];
    let workspace = caller.workspace_id;
    tracing::info!(%workspace, ?format, "a period's sums were given as a file");
    Ok((headers, file).into_response())
}
