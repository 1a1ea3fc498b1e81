//! The files of campaigns: announced, put into S3 directly, and looked at before they are used.

use std::sync::Arc;

use anyhow::Context;
use aws_sdk_s3::error::SdkError;
use aws_sdk_s3::operation::get_object::GetObjectError;
use axum::Json;
use axum::extract::{Path, State};
use axum::response::{IntoResponse, Response};
use campaigns::media::{self, HEAD_BYTES, LARGEST_FILE};
use chrono::Duration;
use http::StatusCode;
use wire::{Asset, AssetUpload, CreateAsset, FieldError, WorkspaceId};

use super::answers;
use super::audiences::LONGEST_FILE_NAME;
use super::caller::Caller;
use super::extract::Body;
use super::problem::{ApiError, Kind, Refusal};
use crate::App;
use crate::storage::assets::{self, AssetRecord};
use crate::storage::files::{self, UPLOAD_MINUTES};

/// `POST /v3/assets`: announces a file and answers where to put it.
#[utoipa::path(
    post,
    path = "/v3/assets",
    tag = "Assets",
    operation_id = "createAsset",
    summary = "Announces a picture, film or document and answers where to put it.",
    request_body(content = wire::CreateAsset, example = json!({"fileName": "offer.jpg", "sizeBytes": 204800})),
    responses(
        (status = 201, description = "Put the file there.", body = wire::AssetUpload),
        answers::Changes, answers::ReadsBody,
    ),
)]
pub async fn announce(
    State(app): State<Arc<App>>,
    caller: Caller,
    Body(request): Body<CreateAsset>,
) -> Result<Response, ApiError> {
    check(&request).map_err(Refusal::fields)?;
    let now = app.clock.now();
    let record = AssetRecord {
        id: app.new_id()?,
        workspace_id: caller.workspace_id,
        file_name: request.file_name.trim().to_owned(),
        kind: None,
        size_bytes: request.size_bytes,
        tag: None,
        created_at: now.timestamp_millis(),
    };
    assets::put(&app, &record).await?;
    let upload = AssetUpload {
        upload_url: files::upload_url(&app, &assets::key(caller.workspace_id, &record.id)).await?,
        asset_url: assets::url(&record.id),
        expires_at: now + Duration::minutes(i64::try_from(UPLOAD_MINUTES).unwrap_or_default()),
        asset_id: record.id,
    };
    Ok((StatusCode::CREATED, Json(upload)).into_response())
}

fn check(request: &CreateAsset) -> Result<(), Vec<FieldError>> {
    let mut faults = Vec::new();
    let mut add = |field: &str, message: String| faults.push(FieldError { field: field.to_owned(), message });
    let name = request.file_name.trim();
    if name.is_empty() || name.chars().count() > LONGEST_FILE_NAME {
        add("fileName", format!("give a name of 1 to {LONGEST_FILE_NAME} characters"));
    }
    if !(1..=LARGEST_FILE).contains(&request.size_bytes) {
        add("sizeBytes", format!("must be 1 to {LARGEST_FILE} bytes"));
    }
    if faults.is_empty() { Ok(()) } else { Err(faults) }
}

/// `GET /v3/assets/{id}`
#[utoipa::path(
    get,
    path = "/v3/assets/{id}",
    tag = "Assets",
    operation_id = "showAsset",
    summary = "Tells what a file is, and whether WhatsApp takes it.",
    params(("id" = String, Path, description = "The file's id.")),
    responses(
        (status = 200, description = "It has arrived.", body = wire::Asset),
        answers::Reads, answers::ReadsPath, answers::NotFound, answers::Conflict, answers::Invalid,
    ),
)]
pub async fn show(
    State(app): State<Arc<App>>,
    caller: Caller,
    Path(id): Path<String>,
) -> Result<Json<Asset>, ApiError> {
    let looked = look(&app, caller.workspace_id, &id).await?;
    let record = looked.map_err(|why| match why {
        Unusable::Missing => Refusal::not_found("asset"),
        Unusable::NotArrived => Refusal::new(Kind::Conflict, why.to_string()).retry_after(1),
        Unusable::Wrong(_) => Refusal::new(Kind::Invalid, why.to_string()),
    })?;
    let kind = record.kind.context("a file that was looked at has a kind")?;
    let view_url = files::download_url(&app, &assets::key(caller.workspace_id, &id), &record.file_name).await?;
    let asset_url = assets::url(&id);
    Ok(Json(Asset {
        id,
        file_name: record.file_name,
        kind: kind.kind,
        mime_type: kind.mime_type,
        size_bytes: record.size_bytes,
        asset_url,
        view_url,
    }))
}

/// Why a file cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(super) enum Unusable {
    /// This workspace has no such file.
    #[error("this workspace has no such file")]
    Missing,
    /// It was announced and not uploaded.
    #[error("the file has not arrived yet: upload it first")]
    NotArrived,
    /// WhatsApp would not take it.
    #[error("{0}")]
    Wrong(String),
}

/// The file, once it has arrived and is one that WhatsApp takes. What it is, is found out once.
pub(super) async fn look(app: &App, workspace: WorkspaceId, id: &str) -> anyhow::Result<Result<AssetRecord, Unusable>> {
    let Some(record) = assets::get(app, workspace, id).await? else { return Ok(Err(Unusable::Missing)) };
    if record.kind.is_some() {
        return Ok(Ok(record));
    }
    let key = assets::key(workspace, id);
    let mut opened = match files::open(app, &key).await {
        Ok(opened) => opened,
        Err(error) => {
            let cause = error.downcast_ref::<SdkError<GetObjectError>>().and_then(SdkError::as_service_error);
            let is_missing = cause.is_some_and(GetObjectError::is_no_such_key);
            return if is_missing { Ok(Err(Unusable::NotArrived)) } else { Err(error) };
        }
    };
    let mut head = Vec::with_capacity(HEAD_BYTES);
    while head.len() < HEAD_BYTES {
        let Some(piece) = opened.body.next().await else { break };
        head.extend_from_slice(&piece.with_context(|| format!("reading the beginning of {key}"))?);
    }
    head.truncate(HEAD_BYTES);
    let kind = match media::judge(&head, &record.file_name, opened.size_bytes) {
        Ok(kind) => kind,
        Err(problem) => return Ok(Err(Unusable::Wrong(problem.to_string()))),
    };
    let tag = Some(opened.tag).filter(|tag| !tag.is_empty());
    let known = AssetRecord { kind: Some(kind), size_bytes: opened.size_bytes, tag, ..record };
    assets::put(app, &known).await?;
    Ok(Ok(known))
}

/// Keeps a file that was fetched from elsewhere.
pub(super) async fn keep(
    app: &App,
    workspace: WorkspaceId,
    file_name: String,
    bytes: Vec<u8>,
) -> anyhow::Result<Result<AssetRecord, Unusable>> {
    let size_bytes = bytes.len() as u64;
    let kind = match media::judge(&bytes[..bytes.len().min(HEAD_BYTES)], &file_name, size_bytes) {
        Ok(kind) => kind,
        Err(problem) => return Ok(Err(Unusable::Wrong(problem.to_string()))),
    };
    let (id, created_at) = (app.new_id()?, app.clock.now_millis());
    files::put(app, &assets::key(workspace, &id), &kind.mime_type, bytes).await?;
    // Nobody was given an address to put others there.
    let (workspace_id, kind, tag) = (workspace, Some(kind), None);
    let record = AssetRecord { id, workspace_id, file_name, kind, size_bytes, tag, created_at };
    assets::put(app, &record).await?;
    Ok(Ok(record))
}
