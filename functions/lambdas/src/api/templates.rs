//! Templates of a channel's account: listed as WhatsApp has them now, made, changed and deleted there.

use std::collections::BTreeMap;
use std::sync::Arc;

use anyhow::Context;
use axum::Json;
use axum::extract::{Path, Query, State};
use axum::response::{IntoResponse, Response};
use campaigns::content::fits_header;
use campaigns::send_error::NO_REASON;
use campaigns::template::definition::{asked_of, check_definition, definition};
use campaigns::template::media_name;
use http::StatusCode;
use serde::Deserialize;
use serde_json::Value;
use wire::{
    ChannelId, CreateTemplate, FieldError, HeaderFormat, ParameterFormat, Template, TemplateCreated, TemplateList,
};

use super::answers;
use super::assets::look;
use super::caller::Caller;
use super::channels::templates_of;
use super::extract::Body;
use super::problem::{ApiError, Kind, Refusal};
use super::template_limits;
use crate::App;
use crate::cloud_api::{Managed, MediaFile};
use crate::config::WhatsAppApp;
use crate::storage::assets;
use crate::storage::channels::{self, ChannelRecord};
use crate::storage::template_deeds::Deed;

/// What a header's sample may be (Meta, resumable uploads, 2025).
const SAMPLES: [&str; 4] = ["image/jpeg", "image/png", "video/mp4", "application/pdf"];

/// Templates of an account, each language counted; more where the business is verified and a number has an approved
/// name (Meta, templates, November 2025).
const MOST_TEMPLATES: usize = 250;
const MOST_OF_VERIFIED: usize = 6_000;

/// The status of a template that can be sent.
const APPROVED: &str = "APPROVED";

/// The statuses of templates that can be changed (Meta, template management, November 2025).
const CHANGEABLE: [&str; 3] = [APPROVED, "REJECTED", "PAUSED"];

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
    let standing = templates_of(&app, &channel).await?;
    let most = most_templates(&app, &channel, &credentials, standing.len()).await;
    refuse(no_room(&standing, &asked, most))?;
    template_limits::of_new(&app, &channel, &asked.name, &asked.language).await?;
    let definition = in_metas_form(&app, &caller, &credentials, &asked).await?;
    let made = app.cloud_api.make_template(&credentials, &channel.waba_id, &definition).await;
    let made = taken(made)?;
    template_limits::note(&app, &channel, Deed::Made).await;
    tracing::info!(workspace = %caller.workspace_id, channel = %channel.id, "a template was made");
    let created = TemplateCreated { id: made.id, status: made.status, category: made.category };
    Ok((StatusCode::CREATED, Json(created)).into_response())
}

/// `GET /v3/templates/{id}?channelId=`
#[utoipa::path(
    get,
    path = "/v3/templates/{id}",
    tag = "Templates",
    operation_id = "showTemplate",
    summary = "Shows a template as a change of it takes it, without samples: WhatsApp wants them anew.",
    params(("id" = String, Path, description = "Meta's id of the template."), Of),
    responses(
        (status = 200, description = "The request that would make it.", body = wire::CreateTemplate),
        answers::Reads, answers::ReadsQuery, answers::NotFound, answers::Conflict, answers::Upstream,
    ),
)]
pub async fn show(
    State(app): State<Arc<App>>,
    caller: Caller,
    Path(id): Path<String>,
    Query(of): Query<Of>,
) -> Result<Json<CreateTemplate>, ApiError> {
    let (channel, credentials) = account(&app, &caller, &of.channel_id).await?;
    let node = app.cloud_api.template_node(&credentials, &channel.waba_id, &id).await;
    let node = node.map_err(|error| upstream(&error))?.ok_or_else(|| Refusal::not_found("template"))?;
    let asked = asked_of(&node).map_err(|why| Refusal::new(Kind::Conflict, why))?;
    Ok(Json(CreateTemplate { channel_id: channel.id.to_string(), ..asked }))
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
    refuse(unchangeable(&standing, &asked))?;
    if let Some(why) = closed(&standing) {
        return Err(Refusal::new(Kind::Conflict, why).into());
    }
    if standing.status == APPROVED {
        template_limits::of_change(&app, &channel, &standing).await?;
    }
    let mut definition = in_metas_form(&app, &caller, &credentials, &asked).await?;
    if let Some(parts) = definition.as_object_mut().filter(|_| standing.status == APPROVED) {
        // It cannot be changed any more, and is not named.
        parts.remove("category");
    }
    taken(app.cloud_api.change_template(&credentials, &id, &definition).await)?;
    if standing.status == APPROVED {
        template_limits::note(&app, &channel, Deed::Changed(&id)).await;
    }
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
        if standing.status == APPROVED {
            let deleted = Deed::Deleted { name: &standing.name, language: &standing.language };
            template_limits::note(&app, &channel, deleted).await;
        }
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

fn refuse(faults: Vec<FieldError>) -> Result<(), ApiError> {
    if faults.is_empty() { Ok(()) } else { Err(Refusal::fields(faults).into()) }
}

/// How many templates the account may have. Where Meta does not say whether its business is verified, Meta decides.
async fn most_templates(app: &App, channel: &ChannelRecord, credentials: &WhatsAppApp, standing: usize) -> usize {
    if standing < MOST_TEMPLATES {
        return MOST_TEMPLATES;
    }
    match app.cloud_api.is_verified(credentials, &channel.waba_id).await {
        Ok(Some(false)) => MOST_TEMPLATES,
        Ok(Some(true) | None) => MOST_OF_VERIFIED,
        Err(error) => {
            tracing::warn!(channel = %channel.id, error = format!("{error:#}"), "WhatsApp says nothing of an account");
            MOST_OF_VERIFIED
        }
    }
}

/// Why an account with these templates takes no such new one.
fn no_room(standing: &[Template], asked: &CreateTemplate, most: usize) -> Vec<FieldError> {
    let is_taken = |one: &Template| one.name == asked.name && one.language == asked.language;
    let message = if standing.iter().any(is_taken) {
        let language = &asked.language;
        format!("the account has this name in {language} already: choose another name, or change that template")
    } else if standing.len() >= most {
        format!("the account has {most} templates, as many as WhatsApp lets it have: delete one that is not used")
    } else {
        return Vec::new();
    };
    vec![FieldError { field: "name".to_owned(), message }]
}

/// What of a template stays as it is, and is asked to be otherwise: also what WhatsApp would pass over in silence.
fn unchangeable(standing: &Template, asked: &CreateTemplate) -> Vec<FieldError> {
    let mut faults = Vec::new();
    let mut add = |field: &str, message: String| faults.push(FieldError { field: field.to_owned(), message });
    for (field, standing, asked) in
        [("name", &standing.name, &asked.name), ("language", &standing.language, &asked.language)]
    {
        if standing != asked {
            add(field, format!("is \"{standing}\" and cannot be changed: make another template"));
        }
    }
    let category = &standing.category;
    if standing.status == APPROVED && !category.eq_ignore_ascii_case(&asked.category) {
        let once = "and cannot be changed once WhatsApp approved the template: make another template";
        add("category", format!("is \"{category}\" {once}"));
    }
    // Templates that carry a code have no variables of their own.
    let has_variables = !category.eq_ignore_ascii_case("AUTHENTICATION");
    if has_variables && standing.parameter_format != asked.parameter_format {
        let format = match standing.parameter_format {
            ParameterFormat::Positional => "POSITIONAL",
            ParameterFormat::Named => "NAMED",
        };
        add("parameterFormat", format!("is \"{format}\" and cannot be changed: make another template"));
    }
    faults
}

/// Why WhatsApp takes no change of the template as it stands.
fn closed(standing: &Template) -> Option<String> {
    let status = standing.status.to_lowercase();
    let why = format!("the template is {status}: WhatsApp takes changes of approved, rejected and paused ones only");
    (!CHANGEABLE.contains(&standing.status.as_str())).then_some(why)
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

#[cfg(test)]
mod tests {
    use super::*;

    fn standing(name: &str, language: &str) -> Template {
        let category = "MARKETING".to_owned();
        Template { name: name.to_owned(), language: language.to_owned(), category, ..Template::default() }
    }

    fn asked(name: &str, language: &str) -> CreateTemplate {
        let category = "MARKETING".to_owned();
        CreateTemplate { name: name.to_owned(), language: language.to_owned(), category, ..CreateTemplate::default() }
    }

    fn fields(faults: &[FieldError]) -> Vec<&str> {
        faults.iter().map(|fault| fault.field.as_str()).collect()
    }

    #[test]
    fn a_name_is_taken_in_its_language_only_and_an_account_has_an_end() {
        let two = [standing("promo", "pt_BR"), standing("news", "en")];
        let taken = no_room(&two, &asked("promo", "pt_BR"), 3);
        assert!(fields(&taken) == ["name"] && taken[0].message.contains("in pt_BR already"), "{taken:?}");
        assert_eq!(no_room(&two, &asked("promo", "en"), 3), []);
        let full = no_room(&two, &asked("promo", "en"), 2);
        assert!(fields(&full) == ["name"] && full[0].message.contains("has 2 templates"), "{full:?}");
    }

    #[test]
    fn what_is_under_review_or_gone_for_good_takes_no_change() {
        let of = |status: &str| closed(&Template { status: status.to_owned(), ..standing("promo", "en") });
        for status in CHANGEABLE {
            assert_eq!(of(status), None, "{status}");
        }
        for status in ["PENDING", "DISABLED", "IN_APPEAL", "ARCHIVED"] {
            assert!(of(status).is_some_and(|why| why.contains(&status.to_lowercase())), "{status}");
        }
    }

    #[test]
    fn what_cannot_be_changed_is_told_field_by_field() {
        let approved = Template { status: APPROVED.to_owned(), ..standing("promo", "en") };
        let same = asked("promo", "en");
        assert_eq!(unchangeable(&approved, &same), []);
        let other = CreateTemplate {
            category: "UTILITY".to_owned(),
            parameter_format: ParameterFormat::Named,
            ..asked("news", "es")
        };
        let faults = unchangeable(&approved, &other);
        assert_eq!(fields(&faults), ["name", "language", "category", "parameterFormat"]);
        let rejected = Template { status: "REJECTED".to_owned(), ..standing("promo", "en") };
        let utility = CreateTemplate { category: "UTILITY".to_owned(), ..same };
        assert_eq!(unchangeable(&rejected, &utility), [], "what is not approved may change its category");
    }
}
