//! Adding a number, naming it, asking how it is, and taking it away. Tokens and secrets of its app are configured with
//! the deployment: they stand in no table, answer or log.

use std::sync::Arc;

use axum::Json;
use axum::extract::{Path, State};
use axum::response::{IntoResponse, Response};
use campaigns::creation::LONGEST_NAME;
use campaigns::lifecycle::is_active;
use http::StatusCode;
use wire::{CampaignStatus, Channel, ChannelHealth, ChannelId, CreateChannel, EditChannel, FieldError};

use super::answers;
use super::caller::Caller;
use super::channels::view;
use super::extract::Body;
use super::problem::{ApiError, Kind, Refusal};
use crate::App;
use crate::cloud_api::NumberHealth;
use crate::config::WhatsAppApp;
use crate::sender::number;
use crate::storage::campaigns as campaign_store;
use crate::storage::channels::{self, ChannelRecord};
use crate::storage::heard::Heard;
use crate::storage::{numbers, wabas};

/// Meta's own address; an app that speaks to another is a simulator.
const META: &str = "https://graph.facebook.com";

/// Messages a second: of an ordinary number, of a large one, of one that is in the app too (Meta, throughput, 2026).
const STANDARD_RATE: u32 = 80;
const HIGH_RATE: u32 = 1_000;
const COEXISTENCE_RATE: u32 = 20;

/// Campaigns looked at before a number is taken away, a hundred at a time.
const MOST_PAGES: usize = 20;
const PAGE: i32 = 100;

/// Longest id of Meta's, in characters.
const LONGEST_ID: usize = 64;

/// `POST /v3/channels`: asked again for the same number, it answers the channel that stands.
#[utoipa::path(
    post,
    path = "/v3/channels",
    tag = "Channels",
    operation_id = "createChannel",
    summary = "Adds a number of a configured app; asked again, it answers the channel that stands.",
    request_body = wire::CreateChannel,
    responses(
        (status = 201, description = "Added.", body = wire::Channel),
        (status = 200, description = "It was here before.", body = wire::Channel),
        answers::Changes, answers::ReadsBody, answers::Upstream,
    ),
)]
pub async fn create(
    State(app): State<Arc<App>>,
    caller: Caller,
    Body(asked): Body<CreateChannel>,
) -> Result<Response, ApiError> {
    let whatsapp = check(&app, &asked).map_err(Refusal::fields)?;
    if let Some(standing) = numbers::channel_now(&app, &asked.phone_number_id).await? {
        if standing.workspace_id != caller.workspace_id {
            return Err(Refusal::field("phoneNumberId", "this number is in use elsewhere").into());
        }
        return Ok((StatusCode::OK, Json(view((*standing).clone(), None))).into_response());
    }
    let others = wabas::channels_of(&app, &whatsapp.app_id, &asked.waba_id).await?;
    if others.iter().any(|other| other.workspace_id != caller.workspace_id) {
        // Whoever has numbers of an account manages its templates.
        return Err(Refusal::field("wabaId", "this account is in use elsewhere").into());
    }
    let numbers = app.cloud_api.numbers_of(&whatsapp, &asked.waba_id).await.map_err(|error| upstream(&error))?;
    if !numbers.contains(&asked.phone_number_id) {
        let message = "WhatsApp shows no such number of this account to the app's token";
        return Err(Refusal::field("phoneNumberId", message).into());
    }
    let health = app.cloud_api.number_health(&whatsapp, &asked.phone_number_id).await;
    let record = record(&caller, &asked, &whatsapp, &health.map_err(|error| upstream(&error))?);
    channels::register(&app, record.clone()).await?;
    tracing::info!(workspace = %caller.workspace_id, channel = %record.id, "a number was added");
    Ok((StatusCode::CREATED, Json(view(record, None))).into_response())
}

/// The app that is meant, or what is wrong with the request.
fn check(app: &App, asked: &CreateChannel) -> Result<WhatsAppApp, Vec<FieldError>> {
    let mut faults = Vec::new();
    let mut add = |field: &str, message: String| faults.push(FieldError { field: field.to_owned(), message });
    for (field, id) in [("wabaId", &asked.waba_id), ("phoneNumberId", &asked.phone_number_id)] {
        if !(1..=LONGEST_ID).contains(&id.len()) || !id.bytes().all(|byte| byte.is_ascii_digit()) {
            add(field, "must be Meta's id: digits".to_owned());
        }
    }
    if asked.name.as_ref().is_some_and(|name| name.chars().count() > LONGEST_NAME) {
        add("name", format!("must have at most {LONGEST_NAME} characters"));
    }
    let known: Vec<&str> = app.config.apps.iter().map(|one| one.app_id.as_str()).collect();
    let whatsapp = match &asked.app_id {
        Some(id) => app.config.app(id),
        None => Some(app.config.apps.as_slice()).filter(|apps| apps.len() == 1).and_then(|apps| apps.first()),
    };
    if whatsapp.is_none() {
        add("appId", format!("choose one of the configured apps: {}", known.join(", ")));
    }
    match whatsapp {
        Some(whatsapp) if faults.is_empty() => Ok(whatsapp.clone()),
        Some(_) | None => Err(faults),
    }
}

fn record(caller: &Caller, asked: &CreateChannel, whatsapp: &WhatsAppApp, health: &NumberHealth) -> ChannelRecord {
    let shown = health.verified_name.clone().unwrap_or_else(|| asked.phone_number_id.clone());
    let name = asked.name.as_deref().map(str::trim).filter(|name| !name.is_empty()).map(str::to_owned);
    ChannelRecord {
        id: ChannelId(format!("whatsapp-{}", asked.phone_number_id)),
        workspace_id: caller.workspace_id,
        name: name.unwrap_or(shown),
        phone_number_id: asked.phone_number_id.clone(),
        waba_id: asked.waba_id.clone(),
        app_id: whatsapp.app_id.clone(),
        display_phone_number: health.display_phone_number.clone().unwrap_or_else(|| asked.phone_number_id.clone()),
        portfolio_id: asked.portfolio_id.clone(),
        messaging_limit: people(health.whatsapp_business_manager_messaging_limit.as_deref()),
        messages_per_second: match (health.is_on_biz_app, health.throughput_level()) {
            (Some(true), _) => COEXISTENCE_RATE,
            (_, Some("HIGH")) => HIGH_RATE,
            (_, _) => STANDARD_RATE,
        },
        simulated: whatsapp.api_url != META,
        heard: Heard::default(),
        marketing_messages: false,
        api_version: None,
    }
}

/// How many people a tier of Meta's stands for; the least for one that Meta adds.
fn people(tier: Option<&str>) -> Option<u32> {
    match tier {
        None | Some("TIER_UNLIMITED") => None,
        Some("TIER_2K") => Some(2_000),
        Some("TIER_10K") => Some(10_000),
        Some("TIER_100K") => Some(100_000),
        Some(_) => Some(250),
    }
}

/// `PATCH /v3/channels/{id}`
#[utoipa::path(
    patch,
    path = "/v3/channels/{id}",
    tag = "Channels",
    operation_id = "editChannel",
    summary = "Renames a number, or changes how offers go out.",
    params(("id" = String, Path, description = "The channel's id.")),
    request_body = wire::EditChannel,
    responses(
        (status = 200, description = "As it stands now.", body = wire::Channel),
        answers::Changes, answers::ReadsBody, answers::NotFound,
    ),
)]
pub async fn edit(
    State(app): State<Arc<App>>,
    caller: Caller,
    Path(id): Path<ChannelId>,
    Body(asked): Body<EditChannel>,
) -> Result<Json<Channel>, ApiError> {
    let mut record = find(&app, &caller, &id).await?;
    if let Some(name) = asked.name {
        let name = name.trim();
        if name.is_empty() || name.chars().count() > LONGEST_NAME {
            return Err(Refusal::field("name", format!("give a name of 1 to {LONGEST_NAME} characters")).into());
        }
        name.clone_into(&mut record.name);
    }
    if let Some(version) = asked.api_version {
        record.api_version = match version.as_str() {
            "" => None,
            version if is_version(version) => Some(version.to_owned()),
            _ => return Err(Refusal::field("apiVersion", "must be like v25.0, or empty for the app's").into()),
        };
    }
    record.marketing_messages = asked.marketing_messages.unwrap_or(record.marketing_messages);
    channels::register(&app, record.clone()).await?;
    let blocked_because = number::why_blocked(&app, record.workspace_id, &record.id).await?;
    Ok(Json(view(record, blocked_because)))
}

fn is_version(text: &str) -> bool {
    let number = |part: &str| (1..=3).contains(&part.len()) && part.bytes().all(|byte| byte.is_ascii_digit());
    text.strip_prefix('v').and_then(|rest| rest.split_once('.')).is_some_and(|(one, two)| number(one) && number(two))
}

/// `GET /v3/channels/{id}/health`
#[utoipa::path(
    get,
    path = "/v3/channels/{id}/health",
    tag = "Channels",
    operation_id = "showChannelHealth",
    summary = "Asks WhatsApp how a number is now.",
    params(("id" = String, Path, description = "The channel's id.")),
    responses(
        (status = 200, description = "By WhatsApp and by us.", body = wire::ChannelHealth),
        answers::Reads, answers::ReadsPath, answers::NotFound, answers::Conflict, answers::Upstream,
    ),
)]
pub async fn health(
    State(app): State<Arc<App>>,
    caller: Caller,
    Path(id): Path<ChannelId>,
) -> Result<Json<ChannelHealth>, ApiError> {
    let record = find(&app, &caller, &id).await?;
    let silent_because = number::why_silent(&app, record.workspace_id, &record.id).await?;
    let Some(credentials) = record.credentials(&app.config) else {
        return Err(Refusal::new(Kind::Conflict, "the number's app is not configured").into());
    };
    let told = app.cloud_api.number_health(&credentials, &record.phone_number_id).await;
    let told = told.map_err(|error| upstream(&error))?;
    Ok(Json(ChannelHealth {
        can_send: told.can_send().map(str::to_owned),
        troubles: told.troubles(),
        throughput: told.throughput_level().map(str::to_owned),
        status: told.status,
        quality: told.quality_rating,
        messaging_limit: told.whatsapp_business_manager_messaging_limit,
        coexists: told.is_on_biz_app,
        silent_because,
    }))
}

/// `DELETE /v3/channels/{id}`: not while a campaign could still send from it; what is gone already was deleted before.
#[utoipa::path(
    delete,
    path = "/v3/channels/{id}",
    tag = "Channels",
    operation_id = "deleteChannel",
    summary = "Takes a number away, unless a campaign may still send from it.",
    params(("id" = String, Path, description = "The channel's id.")),
    responses(
        (status = 204, description = "It is gone, or was gone before."),
        answers::Changes, answers::ReadsPath, answers::Conflict,
    ),
)]
pub async fn delete(
    State(app): State<Arc<App>>,
    caller: Caller,
    Path(id): Path<ChannelId>,
) -> Result<StatusCode, ApiError> {
    let Some(record) = channels::get(&app, caller.workspace_id, &id).await? else { return Ok(StatusCode::NO_CONTENT) };
    let mut after = None;
    for _ in 0..MOST_PAGES {
        let (campaigns, next) = campaign_store::list(&app, caller.workspace_id, PAGE, after.as_ref()).await?;
        let in_use = campaigns.iter().find(|campaign| {
            campaign.channel_id == id && (is_active(campaign.status) || campaign.status == CampaignStatus::Paused)
        });
        if let Some(campaign) = in_use {
            let detail = format!("the campaign \"{}\" still sends from this number: cancel it first", campaign.name);
            return Err(Refusal::new(Kind::Conflict, detail).into());
        }
        after = next;
        if after.is_none() {
            break;
        }
    }
    channels::delete(&app, &record).await?;
    tracing::info!(workspace = %caller.workspace_id, channel = %id, "a number was taken away");
    Ok(StatusCode::NO_CONTENT)
}

async fn find(app: &App, caller: &Caller, id: &ChannelId) -> Result<ChannelRecord, ApiError> {
    let channel = channels::get(app, caller.workspace_id, id).await?;
    Ok(channel.ok_or_else(|| Refusal::not_found("channel"))?)
}

fn upstream(error: &anyhow::Error) -> ApiError {
    tracing::warn!(error = format!("{error:#}"), "WhatsApp did not say how a number is");
    Refusal::new(Kind::Upstream, error.to_string()).into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_version_is_a_number_with_a_point() {
        for good in ["v25.0", "v9.1"] {
            assert!(is_version(good), "{good}");
        }
        for bad in ["25.0", "v25", "v25.", "v.0", "v25.0/x", "v1234.0", "v2 5.0"] {
            assert!(!is_version(bad), "{bad}");
        }
    }

    #[test]
    fn tiers_are_people() {
        assert_eq!(people(Some("TIER_2K")), Some(2_000));
        assert_eq!(people(Some("TIER_UNLIMITED")), None);
        assert_eq!(people(Some("TIER_NEW")), Some(250));
    }
}
