//! `GET /v3/campaigns/{id}/audit`: what was done with a campaign, by whom and why, newest first.

use std::sync::Arc;

use axum::Json;
use axum::extract::{Path, State};
use serde::Deserialize;
use wire::{AuditLine, AuditList, CampaignId};

use super::answers;
use super::caller::Caller;
use super::campaigns::find;
use super::extract::{Params, page_limit};
use super::problem::{ApiError, Refusal};
use crate::App;
use crate::clock::time_of_millis;
use crate::storage::audit::{self, AuditRecord};

/// Lines on a page when nothing is asked for.
const DEFAULT_PAGE: u32 = 50;

/// Most lines on a page: some hundred kilobytes of JSON.
const LARGEST_PAGE: u32 = 500;

/// Longest place of a line, in characters: a time and a version.
const LONGEST_PLACE: usize = 40;

/// A page that is asked for.
#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
pub struct PageAsked {
    /// How many; 50 when absent.
    #[param(minimum = 1, maximum = 500)]
    limit: Option<u32>,
    /// The `next` of the page before.
    after: Option<String>,
}

/// `?after=&limit=`
#[utoipa::path(
    get,
    path = "/v3/campaigns/{id}/audit",
    tag = "Campaigns",
    operation_id = "listAudit",
    summary = "Tells who did what with a campaign, newest first.",
    params(("id" = String, Path, description = "The campaign's id."), PageAsked),
    responses(
        (status = 200, description = "One page.", body = wire::AuditList),
        answers::Reads, answers::ReadsQuery, answers::NotFound,
    ),
)]
pub async fn list(
    State(app): State<Arc<App>>,
    caller: Caller,
    Path(id): Path<CampaignId>,
    Params(asked): Params<PageAsked>,
) -> Result<Json<AuditList>, ApiError> {
    let limit = page_limit(asked.limit, DEFAULT_PAGE, LARGEST_PAGE)?;
    let after = asked.after.map(place).transpose()?;
    let record = find(&app, &caller, &id).await?;
    let limit = i32::try_from(limit).unwrap_or(i32::MAX);
    let (lines, next) = audit::list(&app, &record.id, limit, after).await?;
    Ok(Json(AuditList { items: lines.into_iter().map(view).collect(), next }))
}

/// A place that a page before gave.
pub(super) fn place(after: String) -> Result<String, Refusal> {
    let is_place =
        (1..=LONGEST_PLACE).contains(&after.len()) && after.bytes().all(|byte| byte.is_ascii_digit() || byte == b'#');
    is_place.then_some(after).ok_or_else(|| Refusal::field("after", "give the `next` of the page before"))
}

fn view(record: AuditRecord) -> AuditLine {
    let AuditRecord { at, who, what, from, to, reason, changed } = record;
    AuditLine { at: time_of_millis(at), who, what, from, to, reason, changed }
}
