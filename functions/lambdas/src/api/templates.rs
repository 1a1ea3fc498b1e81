//! Templates of a channel's account: listed as WhatsApp has them now, made, changed and deleted there.

use std::collections::BTreeMap;
use std::sync::Arc;

use anyhow::Context;
use axum::Json;
use axum::extract::{Path, Query, State};
use axum::response::{IntoResponse, Response};
use campaigns::content::fits_header;
use campaigns::send_error::NO_REASON;
use campaigns::template::definition::{check_definition, definition};
use campaigns::template::media_name;
use http::StatusCode;
use serde::Deserialize;
use serde_json::Value;
use wire::{ChannelId, CreateTemplate, FieldError, HeaderFormat, Template, TemplateCreated, TemplateList};

use super::answers;
use super::assets::look;
use super::caller::Caller;
use super::channels::templates_of;
use super::extract::Body;
use super::problem::{ApiError, Kind, Refusal};
use crate::App;
use crate::cloud_api::{Managed, MediaFile};
use crate::config::WhatsAppApp;
use crate::storage::assets;
use crate::storage::channels::{self, ChannelRecord};

/// What a header's sample may be (Meta, resumable uploads, 2025).
const SAMPLES: [&str; 4] = ["image/jpeg", "image/png", "video/mp4", "application/pdf"];

/// Which channel's account.
#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(rename_all = "camelCase")]
pub struct Of {
    /// A channel of the account.
    #[serde(default)]
    channel_id: String,
}

/// `GET /v3/templates?channelId=`
#[utoipa::path(
    get,
    path = "/v3/templates",
    tag = "Templates",
    operation_id = "listTemplates",
    summary = "Lists the templates of a channel's account, as WhatsApp has them now.",
    params(Of),
    responses(
        (status = 200, description = "Approved or not.", body = wire::TemplateList),
        answers::Reads, answers::ReadsQuery, answers::Upstream,
    ),
)]
pub async fn list(
    State(app): State<Arc<App>>,
    caller: Caller,
    Query(of): Query<Of>,
) -> Result<Json<TemplateList>, ApiError> {
    let (channel, _) = account(&app, &caller, &of.channel_id).await?;
    Ok(Json(TemplateList { items: templates_of(&app, &channel).await? }))
}

/// `POST /v3/templates`
#[utoipa::path(
    post,
    path = "/v3/templates",
    tag = "Templates",
    operation_id = "createTemplate",
    summary = "Makes a template, which WhatsApp then reviews.",
    request_body = wire::CreateTemplate,
    responses(
        (status = 201, description = "WhatsApp has it.", body = wire::TemplateCreated),
        answers::Changes, answers::ReadsBody, answers::Conflict, answers::Upstream,
    ),
)]
pub async fn create(
    State(app): State<Arc<App>>,
    caller: Caller,
    Body(asked): Body<CreateTemplate>,
) -> Result<Response, ApiError> {
    let (channel, credentials) = account(&app, &caller, &asked.channel_id).await?;
    let definition = in_metas_form(&app, &caller, &credentials, &asked).await?;
    let made = app.cloud_api.make_template(&credentials, &channel.waba_id, &definition).await;
    let made = taken(made)?;
    tracing::info!(workspace = %caller.workspace_id, channel = %channel.id, "a template was made");
    let created = TemplateCreated { id: made.id, status: made.status, category: made.category };
    Ok((StatusCode::CREATED, Json(created)).into_response())
}

/// `PUT /v3/templates/{id}`
#[utoipa::path(
    put,
    path = "/v3/templates/{id}",
    tag = "Templates",
    operation_id = "replaceTemplate",
    summary = "Changes a template, which WhatsApp then reviews again.",
    params(("id" = String, Path, description = "Meta's id of the template.")),
    request_body = wire::CreateTemplate,
    responses(
        (status = 200, description = "As WhatsApp has it now.", body = wire::Template),
        answers::Changes, answers::ReadsBody, answers::NotFound, answers::Conflict, answers::Upstream,
    ),
)]
pub async fn replace(
    State(app): State<Arc<App>>,
    caller: Caller,
    Path(id): Path<String>,
    Body(asked): Body<CreateTemplate>,
) -> Result<Json<Template>, ApiError> {
    let (channel, credentials) = account(&app, &caller, &asked.channel_id).await?;
    let standing = find(&app, &channel, &id).await?;
    for (field, standing, asked) in
        [("name", &standing.name, &asked.name), ("language", &standing.language, &asked.language)]
    {
        if standing != asked {
            let message = format!("is \"{standing}\" and cannot be changed: make another template");
            return Err(Refusal::field(field, message).into());
        }
    }
    let definition = in_metas_form(&app, &caller, &credentials, &asked).await?;
    taken(app.cloud_api.change_template(&credentials, &id, &definition).await)?;
    Ok(Json(find(&app, &channel, &id).await?))
}

/// `DELETE /v3/templates/{id}?channelId=`: what is gone already was deleted before.
#[utoipa::path(
    delete,
    path = "/v3/templates/{id}",
    tag = "Templates",
    operation_id = "deleteTemplate",
    summary = "Deletes a template in one language.",
    params(("id" = String, Path, description = "Meta's id of the template."), Of),
    responses(
        (status = 204, description = "It is gone, or was gone before."),
        answers::Changes, answers::ReadsQuery, answers::Conflict, answers::Upstream,
    ),
)]
pub async fn delete(
    State(app): State<Arc<App>>,
    caller: Caller,
    Path(id): Path<String>,
    Query(of): Query<Of>,
) -> Result<StatusCode, ApiError> {
    let (channel, credentials) = account(&app, &caller, &of.channel_id).await?;
    let templates = templates_of(&app, &channel).await?;
    if let Some(standing) = templates.into_iter().find(|template| template.id == id) {
        taken(app.cloud_api.delete_template(&credentials, &channel.waba_id, &standing.name, &id).await)?;
    }
    Ok(StatusCode::NO_CONTENT)
}

/// `POST /v3/templates/{id}/unpause?channelId=`
#[utoipa::path(
    post,
    path = "/v3/templates/{id}/unpause",
    tag = "Templates",
    operation_id = "unpauseTemplate",
    summary = "Lets a template be sent again that WhatsApp paused while it was new; other pauses end by themselves.",
    params(("id" = String, Path, description = "Meta's id of the template."), Of),
    responses(
        (status = 200, description = "As WhatsApp has it now.", body = wire::Template),
        answers::Changes, answers::ReadsQuery, answers::NotFound, answers::Conflict, answers::Upstream,
    ),
)]
pub async fn unpause(
    State(app): State<Arc<App>>,
    caller: Caller,
    Path(id): Path<String>,
    Query(of): Query<Of>,
) -> Result<Json<Template>, ApiError> {
    let (channel, credentials) = account(&app, &caller, &of.channel_id).await?;
    find(&app, &channel, &id).await?;
    taken(app.cloud_api.unpause_template(&credentials, &id).await)?;
    tracing::info!(workspace = %caller.workspace_id, channel = %channel.id, template = id, "a template was unpaused");
    Ok(Json(find(&app, &channel, &id).await?))
}

async fn find(app: &App, channel: &ChannelRecord, id: &str) -> Result<Template, ApiError> {
    let found = templates_of(app, channel).await?.into_iter().find(|template| template.id == id);
    Ok(found.ok_or_else(|| Refusal::not_found("template"))?)
}

async fn account(app: &App, caller: &Caller, id: &str) -> Result<(ChannelRecord, WhatsAppApp), ApiError> {
    let channel = channels::get(app, caller.workspace_id, &ChannelId(id.to_owned())).await?;
    let channel = channel.ok_or_else(|| Refusal::field("channelId", "this workspace has no such channel"))?;
    let credentials = channel.credentials(app).await?;
    let credentials = credentials.with_context(|| format!("the app of channel {id} is not configured"))?;
    Ok((channel, credentials))
}

/// The template as Meta wants to be told of it, its samples uploaded.
async fn in_metas_form(
    app: &App,
    caller: &Caller,
    credentials: &WhatsAppApp,
    asked: &CreateTemplate,
) -> Result<Value, ApiError> {
    let mut faults = check_definition(asked);
    let mut handles: BTreeMap<String, String> = BTreeMap::new();
    if faults.is_empty() {
        let of_cards =
            asked.cards.iter().enumerate().map(|(place, card)| {
                (format!("cards.{place}.headerAssetId"), card.header_format, &card.header_asset_id)
            });
        let header = ("headerAssetId".to_owned(), asked.header_format, &asked.header_asset_id);
        for (field, format, asset) in std::iter::once(header).chain(of_cards) {
            let (Some(format), Some(asset)) = (format, asset) else { continue };
            match sample(app, caller, credentials, format, asset).await? {
                Ok(handle) => {
                    handles.insert(asset.clone(), handle);
                }
                Err(message) => faults.push(FieldError { field, message }),
            }
        }
    }
    if !faults.is_empty() {
        return Err(Refusal::fields(faults).into());
    }
    Ok(definition(asked, &|asset| handles.get(asset).cloned().unwrap_or_default()))
}

/// Meta's handle of a sample, or why it cannot be one.
async fn sample(
    app: &App,
    caller: &Caller,
    credentials: &WhatsAppApp,
    format: HeaderFormat,
    asset: &str,
) -> Result<Result<String, String>, ApiError> {
    let record = match look(app, caller.workspace_id, asset).await? {
        Ok(record) => record,
        Err(why) => return Ok(Err(why.to_string())),
    };
    let kind = record.kind.clone().context("a file that was looked at has a kind")?;
    if !fits_header(kind.kind, format) {
        return Ok(Err(format!("the header is of the kind {}, and this file is not", media_name(format))));
    }
    if !SAMPLES.contains(&kind.mime_type.as_str()) {
        return Ok(Err("WhatsApp reviews samples as JPEG, PNG, MP4 or PDF".to_owned()));
    }
    let Some(bytes) = assets::bytes(app, &record).await? else {
        return Ok(Err("the file was changed since it was looked at: upload it again".to_owned()));
    };
    let file = MediaFile { name: &record.file_name, mime_type: &kind.mime_type, bytes: &bytes };
    match app.cloud_api.upload_sample(credentials, &file).await {
        Ok(Managed::Done(handle)) => Ok(Ok(handle)),
        Ok(Managed::Refused { why, .. }) => Ok(Err(format!("WhatsApp does not take it: {why}"))),
        Err(error) => Err(upstream(&error)),
    }
}

fn taken<T>(managed: anyhow::Result<Managed<T>>) -> Result<T, ApiError> {
    match managed {
        Ok(Managed::Done(done)) => Ok(done),
        Ok(Managed::Refused { code: NO_REASON, why }) => {
            Err(Refusal::new(Kind::Conflict, format!("WhatsApp will not: {why}")).into())
        }
        Ok(Managed::Refused { code, why }) => {
            Err(Refusal::new(Kind::Conflict, format!("WhatsApp will not: {why} ({code})")).into())
        }
        Err(error) => Err(upstream(&error)),
    }
}

fn upstream(error: &anyhow::Error) -> ApiError {
    tracing::warn!(error = format!("{error:#}"), "WhatsApp did not do what it was asked about templates");
    Refusal::new(Kind::Upstream, "WhatsApp did not answer as it should: try again").into()
}
