//! How many of an audience's people have agreed to marketing, as the contact book says: what somebody sees before he
//! answers for the others. Of a large audience some segments, spread over all of it, stand for the rest.

use std::collections::BTreeSet;
use std::sync::Arc;

use axum::Json;
use axum::extract::{Path, State};
use campaigns::audience::SEGMENT_ROWS;
use campaigns::phone::canonical_digits;
use wire::{AudienceConsents, AudienceId, AudienceStatus, ConsentCategory};

use super::answers;
use super::audiences::find;
use super::caller::Caller;
use super::estimate::sample;
use super::messages::is_gone;
use super::problem::{ApiError, Kind, Refusal};
use crate::App;
use crate::importer::last_try;
use crate::storage::audiences::AudienceRecord;
use crate::storage::{consents, files};

/// What is said of contacts that were deleted after their time.
const GONE: &str = "these contacts are no longer kept: upload the file again";

/// `GET /v3/audiences/{id}/consents`
#[utoipa::path(
    get,
    path = "/v3/audiences/{id}/consents",
    tag = "Audiences",
    operation_id = "countAudienceConsents",
    summary = "Tells how many of an audience's people have agreed to marketing messages, as the contact book says.",
    params(("id" = String, Path, description = "The audience's id.")),
    responses(
        (status = 200, description = "The counts.", body = wire::AudienceConsents),
        answers::Reads, answers::ReadsPath, answers::NotFound, answers::Conflict, answers::Gone,
    ),
)]
pub async fn show(
    State(app): State<Arc<App>>,
    caller: Caller,
    Path(id): Path<AudienceId>,
) -> Result<Json<AudienceConsents>, ApiError> {
    let record = last_try::heard(&app, find(&app, &caller, &id).await?).await?;
    countable(&record)?;
    let workspace = caller.workspace_id;
    let mut so_far = AudienceConsents { recipients: record.recipients, ..AudienceConsents::default() };
    for segment in sample(record.recipients.div_ceil(SEGMENT_ROWS)) {
        let rows = files::segment(&app, workspace, &id, segment).await.map_err(unread)?;
        let phones: BTreeSet<String> = rows.iter().map(|row| canonical_digits(&row.phone)).collect();
        let standings = consents::standings(&app, workspace, ConsentCategory::Marketing, &phones).await?;
        so_far.looked_at += rows.len() as u64;
        so_far.agreed += rows.iter().filter(|row| standings.agreed(&canonical_digits(&row.phone))).count() as u64;
    }
    Ok(Json(so_far))
}

/// Refuses an audience whose people cannot be counted, now or ever.
fn countable(record: &AudienceRecord) -> Result<(), Refusal> {
    if record.deleted_at.is_some() {
        return Err(Refusal::new(Kind::Gone, GONE));
    }
    match record.status {
        AudienceStatus::Ready => Ok(()),
        AudienceStatus::Failed => {
            let why = record.problem.as_deref().unwrap_or("the contacts file cannot be used");
            Err(Refusal::new(Kind::Conflict, why))
        }
        AudienceStatus::AwaitingFile | AudienceStatus::Importing => {
            let detail = "its people can be counted once the contacts file has been read";
            Err(Refusal::new(Kind::Conflict, detail))
        }
    }
}

/// A file that went while its people were counted was deleted after its time.
fn unread(error: anyhow::Error) -> ApiError {
    if is_gone(&error) { Refusal::new(Kind::Gone, GONE).into() } else { error.into() }
}
