//! Adding a number, naming it, asking how it is, and taking it away. Secrets of its app are configured with the
//! deployment, and a token that it brings along is kept apart: neither stands in a table, answer or log.

use std::sync::Arc;

use axum::Json;
use axum::extract::{Path, State};
use axum::response::{IntoResponse, Response};
use campaigns::creation::LONGEST_NAME;
use campaigns::lifecycle::is_active;
use http::StatusCode;
use wire::{
    AccessToken, CampaignStatus, Channel, ChannelHealth, ChannelId, CreateChannel, EditChannel, FieldError,
    WorkspaceEvent,
};

use super::answers;
use super::caller::Caller;
use super::channels::{changes, shown};
use super::extract::Body;
use super::problem::{ApiError, Kind, Refusal};
use super::settings;
use crate::App;
use crate::cloud_api::{BAD_TOKEN, Managed, NumberHealth};
use crate::config::WhatsAppApp;
use crate::sender::number;
use crate::storage::campaign_lists::{self, Listed};
use crate::storage::channels::{self, ChannelRecord};
use crate::storage::heard::{Heard, STANDARD_RATE};
use crate::storage::table::Written;
use crate::storage::{numbers, tokens, wabas};

/// Meta's own address; an app that speaks to another is a simulator.
const META: &str = "https://graph.facebook.com";

/// Messages a second: of a large number, of one that is in the app too (Meta, throughput, 2026).
pub(super) const HIGH_RATE: u32 = 1_000;
pub(super) const COEXISTENCE_RATE: u32 = 20;

/// Campaigns looked at before a number is taken away, a hundred at a time.
const MOST_PAGES: usize = 20;
const PAGE: usize = 100;

/// Longest id of Meta's, in characters.
const LONGEST_ID: usize = 64;

/// Longest access token, in characters: Meta's have some two hundred.
const LONGEST_TOKEN: usize = 1_000;

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
    let mut whatsapp = check(&app, &asked).map_err(Refusal::fields)?;
    if let Some(standing) = numbers::channel_now(&app, &asked.phone_number_id).await? {
        return answer_standing(&app, &caller, &asked, &standing).await;
    }
    alone(&app, &caller, &whatsapp, &asked.waba_id).await?;
    if let Some(token) = &asked.access_token {
        token.reveal().clone_into(&mut whatsapp.access_token);
    }
    let source = if asked.access_token.is_some() { TokenSource::Given } else { TokenSource::App };
    look_up(&app, &whatsapp, &asked.waba_id, &asked.phone_number_id, source).await?;
    let health = app.cloud_api.number_health(&whatsapp, &asked.phone_number_id).await;
    let mut record = record(&caller, &asked, &whatsapp, &health.map_err(|error| upstream(&error))?);
    if let Managed::Refused { why, .. } =
        app.cloud_api.subscribe(&whatsapp, &asked.waba_id).await.map_err(|error| upstream(&error))?
    {
        let detail = format!("WhatsApp will not tell the app what happens in this account: {why}");
        return Err(Refusal::new(Kind::Conflict, detail).into());
    }
    if let Some(token) = &asked.access_token {
        record.token_name = Some(tokens::keep(&app, record.workspace_id, &record.id, token).await?);
    }
    if channels::create(&app, &record).await? == Written::ConditionFailed {
        // Somebody was faster.
        if let Some(name) = &record.token_name {
            tokens::forget(&app, name).await?;
        }
        let standing = numbers::channel_now(&app, &asked.phone_number_id).await?;
        let standing =
            standing.ok_or_else(|| Refusal::taken("phoneNumberId", "this number was just taken away: try again"))?;
        return answer_standing(&app, &caller, &asked, &standing).await;
    }
    if let Err(refused) = alone(&app, &caller, &whatsapp, &asked.waba_id).await {
        // Another workspace added another number of the account at the same moment, and may be refused as well.
        channels::delete(&app, &record).await?;
        return Err(refused);
    }
    tracing::info!(workspace = %caller.workspace_id, channel = %record.id, "a number was added");
    settings::note(&app, &caller, WorkspaceEvent::ChannelAdded, &record.name, Vec::new()).await;
    Ok((StatusCode::CREATED, Json(shown(&app, record).await?)).into_response())
}

/// Refuses an account whose numbers are another workspace's: whoever has numbers of an account manages its templates.
async fn alone(app: &App, caller: &Caller, whatsapp: &WhatsAppApp, waba_id: &str) -> Result<(), ApiError> {
    let others = wabas::channels_of(app, &whatsapp.app_id, waba_id).await?;
    if others.iter().any(|other| other.workspace_id != caller.workspace_id) {
        return Err(Refusal::taken("wabaId", "this account is in use elsewhere").into());
    }
    Ok(())
}

/// The number is a channel already: of somebody else, or just the one that was asked for.
async fn answer_standing(
    app: &App,
    caller: &Caller,
    asked: &CreateChannel,
    standing: &ChannelRecord,
) -> Result<Response, ApiError> {
    if standing.workspace_id != caller.workspace_id {
        return Err(Refusal::taken("phoneNumberId", "this number is in use elsewhere").into());
    }
    if let Some(token) = &asked.access_token {
        let known = match &standing.token_name {
            Some(name) => Some(tokens::read(app, name).await?),
            None => None,
        };
        if known.as_ref() != Some(token) {
            let message = "this number was added already, with another token: change the channel's instead";
            return Err(Refusal::taken("accessToken", message).into());
        }
    }
    Ok((StatusCode::OK, Json(shown(app, standing.clone()).await?)).into_response())
}

/// Whose token a number is looked up with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum TokenSource {
    /// The app's, which is configured with the deployment.
    App,
    /// The request's.
    Given,
}

/// Asks WhatsApp whether the token shows this number in this account.
async fn look_up(
    app: &App,
    whatsapp: &WhatsAppApp,
    waba_id: &str,
    phone_number_id: &str,
    source: TokenSource,
) -> Result<(), ApiError> {
    let found = app.cloud_api.numbers_of(whatsapp, waba_id).await.map_err(|error| upstream(&error))?;
    match (found, source) {
        (Managed::Done(numbers), _) if numbers.iter().any(|number| number == phone_number_id) => Ok(()),
        (Managed::Done(_), _) => {
            let message = "WhatsApp shows no such number of this account to the token";
            Err(Refusal::field("phoneNumberId", message).into())
        }
        (Managed::Refused { why, .. }, TokenSource::App) => Err(Refusal::new(Kind::Upstream, why).into()),
        (Managed::Refused { code, why }, TokenSource::Given) if BAD_TOKEN.contains(&code) => {
            Err(Refusal::field("accessToken", why).into())
        }
        (Managed::Refused { why, .. }, TokenSource::Given) => {
            let message = format!("WhatsApp does not show this account to the token: {why}");
            Err(Refusal::field("accessToken", message).into())
        }
    }
}

/// Whether this could be a token at all.
fn check_token(token: &AccessToken) -> Result<(), FieldError> {
    let text = token.reveal();
    if (1..=LONGEST_TOKEN).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_graphic()) {
        return Ok(());
    }
    let message = format!("must be an access token of Meta's: 1 to {LONGEST_TOKEN} characters without blanks");
    Err(FieldError { field: "accessToken".to_owned(), message })
}

/// The app that is meant, or what is wrong with the request.
fn check(app: &App, asked: &CreateChannel) -> Result<WhatsAppApp, Vec<FieldError>> {
    let mut faults = Vec::new();
    faults.extend(asked.access_token.as_ref().and_then(|token| check_token(token).err()));
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
        token_name: None,
        by_user_id: false,
        version: 0,
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
    let standing = find(&app, &caller, &id).await?;
    check_edit(&asked).map_err(Refusal::fields)?;
    let token_name = match &asked.access_token {
        None => None,
        Some(token) if token.reveal().is_empty() => Some(None),
        Some(token) => Some(Some(kept(&app, &standing, token).await?)),
    };
    let change = |read: &ChannelRecord| {
        let mut next = read.clone();
        if let Some(name) = &asked.name {
            name.trim().clone_into(&mut next.name);
        }
        if let Some(version) = &asked.api_version {
            next.api_version = Some(version.clone()).filter(|version| !version.is_empty());
        }
        if let Some(token_name) = &token_name {
            next.token_name.clone_from(token_name);
        }
        next.marketing_messages = asked.marketing_messages.unwrap_or(read.marketing_messages);
        next.by_user_id = asked.by_user_id.unwrap_or(read.by_user_id);
        next
    };
    let edited = channels::edit(&app, caller.workspace_id, &id, change).await?;
    // Of a token that has lost its place, or found none, nothing is left.
    let of_no_use = match &edited {
        Some(edited) if edited.before.token_name != edited.after.token_name => edited.before.token_name.clone(),
        Some(_) => None,
        None => token_name.flatten(),
    };
    if let Some(name) = of_no_use {
        tokens::forget(&app, &name).await?;
    }
    let edited = edited.ok_or_else(|| Refusal::not_found("channel"))?;
    let changed = changes(&edited);
    if !changed.is_empty() {
        settings::note(&app, &caller, WorkspaceEvent::ChannelChanged, &edited.after.name, changed).await;
    }
    Ok(Json(shown(&app, edited.after).await?))
}

/// Tries another token of the channel and keeps it.
async fn kept(app: &App, channel: &ChannelRecord, token: &AccessToken) -> Result<String, ApiError> {
    let Some(whatsapp) = app.config.app(&channel.app_id) else {
        return Err(Refusal::new(Kind::Conflict, "the number's app is not configured").into());
    };
    let whatsapp = WhatsAppApp { access_token: token.reveal().to_owned(), ..whatsapp.clone() };
    look_up(app, &whatsapp, &channel.waba_id, &channel.phone_number_id, TokenSource::Given).await?;
    Ok(tokens::keep(app, channel.workspace_id, &channel.id, token).await?)
}

fn check_edit(asked: &EditChannel) -> Result<(), Vec<FieldError>> {
    let mut faults = Vec::new();
    let mut add = |field: &str, message: String| faults.push(FieldError { field: field.to_owned(), message });
    if asked.name.as_ref().is_some_and(|name| !(1..=LONGEST_NAME).contains(&name.trim().chars().count())) {
        add("name", format!("give a name of 1 to {LONGEST_NAME} characters"));
    }
    if asked.api_version.as_ref().is_some_and(|version| !version.is_empty() && !is_version(version)) {
        add("apiVersion", "must be like v25.0, or empty for the app's".to_owned());
    }
    let token = asked.access_token.as_ref().filter(|token| !token.reveal().is_empty());
    faults.extend(token.and_then(|token| check_token(token).err()));
    if faults.is_empty() { Ok(()) } else { Err(faults) }
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
    channels::complete(&app, &record).await?;
    let silent_because = number::why_silent(&app, record.workspace_id, &record.id).await?;
    let Some(credentials) = record.credentials(&app).await? else {
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
        let (campaigns, next) =
            campaign_lists::list(&app, caller.workspace_id, &Listed::default(), PAGE, after.as_ref()).await?;
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
    settings::note(&app, &caller, WorkspaceEvent::ChannelDeleted, &record.name, Vec::new()).await;
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
