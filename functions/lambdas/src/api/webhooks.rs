//! Webhooks out: where a workspace's events go. Their secrets are shown once.

use std::sync::Arc;

use axum::Json;
use axum::extract::{Path, State};
use axum::response::{IntoResponse, Response};
use http::StatusCode;
use wire::{
    ChangedField, CreateWebhook, CreatedWebhook, EditWebhook, FieldError, ReplyRules, Webhook, WebhookEventKind,
    WebhookId, WebhookList, WorkspaceEvent,
};

use super::answers;
use super::caller::Caller;
use super::extract::Body;
use super::problem::{ApiError, Kind, Refusal};
use super::settings::{self, Shown, differing, untold};
use crate::App;
use crate::app::random;
use crate::clock::time_of_millis;
use crate::hooks::sign;
use crate::storage::hooks::{self as store, Changed, HookRecord, HooksRecord, MOST_HOOKS, host};

/// Longest address, in characters.
const LONGEST_URL: usize = 2_000;

/// Longest description, in characters.
const LONGEST_DESCRIPTION: usize = 200;

/// How long a secret that was replaced still signs, in milliseconds: a day to put the new one where it is checked.
const OLD_SECRET_MS: i64 = 24 * 60 * 60 * 1_000;

/// Why an address with a name and a password is refused.
const NAMELESS: &str = "leave the name and the password out: they are not sent; each event is signed instead";

/// What a person said who switched it off.
const SWITCHED_OFF: &str = "Switched off by ";

/// `GET /v3/webhooks`
#[utoipa::path(
    get,
    path = "/v3/webhooks",
    tag = "Webhooks",
    operation_id = "listWebhooks",
    summary = "Lists the webhooks, without their secrets.",
    responses(
        (status = 200, description = "Oldest first.", body = wire::WebhookList),
        answers::Reads,
    ),
)]
pub async fn list(State(app): State<Arc<App>>, caller: Caller) -> Result<Json<WebhookList>, ApiError> {
    let now = app.clock.now_millis();
    let standing = store::read(&app, caller.workspace_id).await?;
    Ok(Json(WebhookList { items: standing.hooks.iter().map(|hook| view(hook, now)).collect() }))
}

/// `POST /v3/webhooks`
#[utoipa::path(
    post,
    path = "/v3/webhooks",
    tag = "Webhooks",
    operation_id = "createWebhook",
    summary = "Makes a webhook; events go there within ten seconds.",
    request_body(content = wire::CreateWebhook, example = json!({"url": "https://example.com/campanile", "events": ["campaign.completed", "reply.received"]})),
    responses(
        (status = 201, description = "The webhook with its secret, shown only now.", body = wire::CreatedWebhook),
        answers::Changes, answers::ReadsBody, answers::Conflict,
    ),
)]
pub async fn create(
    State(app): State<Arc<App>>,
    caller: Caller,
    Body(request): Body<CreateWebhook>,
) -> Result<Response, ApiError> {
    let asked = EditWebhook {
        url: Some(request.url),
        events: Some(request.events),
        description: Some(request.description),
        enabled: None,
    };
    let asked = checked(&app, asked)?;
    let now = app.clock.now_millis();
    let made = HookRecord {
        id: WebhookId(app.new_id()?),
        url: asked.url.unwrap_or_default(),
        description: asked.description.unwrap_or_default(),
        events: asked.events.unwrap_or_default(),
        secret: sign::secret_of(&random::<32>()?),
        old_secret: None,
        older_secrets: Vec::new(),
        disabled_because: None,
        failing_since: None,
        created_by: caller.name.clone(),
        created_at: now,
        updated_at: now,
    };
    let add = |record: &mut HooksRecord| {
        if record.hooks.len() >= MOST_HOOKS && record.find(&made.id).is_none() {
            return Err(Refusal::new(Kind::Conflict, format!("a workspace has at most {MOST_HOOKS} webhooks")));
        }
        if record.find(&made.id).is_none() {
            record.hooks.push(made.clone());
        }
        Ok(())
    };
    settled(store::change(&app, caller.workspace_id, add).await?)?;
    let who = caller.name.as_str();
    tracing::info!(workspace = %caller.workspace_id, webhook = %made.id, who, "a webhook was made");
    settings::note(&app, &caller, WorkspaceEvent::WebhookMade, made.called(), Vec::new()).await;
    let secret = made.secret.reveal().to_owned();
    Ok((StatusCode::CREATED, Json(CreatedWebhook { webhook: view(&made, now), secret })).into_response())
}

/// `GET /v3/webhooks/{id}`
#[utoipa::path(
    get,
    path = "/v3/webhooks/{id}",
    tag = "Webhooks",
    operation_id = "showWebhook",
    summary = "Shows a webhook, without its secret.",
    params(("id" = String, Path, description = "The webhook's id.")),
    responses(
        (status = 200, description = "The webhook.", body = wire::Webhook),
        answers::Reads, answers::ReadsPath, answers::NotFound,
    ),
)]
pub async fn show(
    State(app): State<Arc<App>>,
    caller: Caller,
    Path(id): Path<WebhookId>,
) -> Result<Json<Webhook>, ApiError> {
    Ok(Json(view(&find(&app, &caller, &id).await?, app.clock.now_millis())))
}

/// `PATCH /v3/webhooks/{id}`
#[utoipa::path(
    patch,
    path = "/v3/webhooks/{id}",
    tag = "Webhooks",
    operation_id = "editWebhook",
    summary = "Changes what is named of a webhook; felt within ten seconds.",
    params(("id" = String, Path, description = "The webhook's id.")),
    request_body = wire::EditWebhook,
    responses(
        (status = 200, description = "As it stands now.", body = wire::Webhook),
        answers::Changes, answers::ReadsPath, answers::ReadsBody, answers::NotFound,
    ),
)]
pub async fn edit(
    State(app): State<Arc<App>>,
    caller: Caller,
    Path(id): Path<WebhookId>,
    Body(request): Body<EditWebhook>,
) -> Result<Json<Webhook>, ApiError> {
    let asked = checked(&app, request)?;
    let now = app.clock.now_millis();
    let before = find(&app, &caller, &id).await?;
    let change = |record: &mut HooksRecord| {
        let hook = record.find_mut(&id).ok_or_else(not_found)?;
        let before = hook.clone();
        hook.url = asked.url.clone().unwrap_or_else(|| before.url.clone());
        hook.events = asked.events.clone().unwrap_or_else(|| before.events.clone());
        hook.description = asked.description.clone().unwrap_or_else(|| before.description.clone());
        match asked.enabled {
            Some(true) => (hook.disabled_because, hook.failing_since) = (None, None),
            Some(false) if hook.disabled_because.is_none() => {
                hook.disabled_because = Some(format!("{SWITCHED_OFF}{}.", caller.name));
            }
            Some(false) | None => {}
        }
        if *hook != before {
            hook.updated_at = now;
        }
        Ok(())
    };
    let standing = settled(store::change(&app, caller.workspace_id, change).await?)?;
    let who = caller.name.as_str();
    tracing::info!(workspace = %caller.workspace_id, webhook = %id, who, "a webhook was changed");
    let hook = standing.find(&id).ok_or_else(not_found)?;
    let changed = changes(&before, hook);
    if !changed.is_empty() {
        settings::note(&app, &caller, WorkspaceEvent::WebhookChanged, hook.called(), changed).await;
    }
    Ok(Json(view(hook, now)))
}

/// `DELETE /v3/webhooks/{id}`
#[utoipa::path(
    delete,
    path = "/v3/webhooks/{id}",
    tag = "Webhooks",
    operation_id = "deleteWebhook",
    summary = "Deletes a webhook; what waits for it is told nobody.",
    params(("id" = String, Path, description = "The webhook's id.")),
    responses(
        (status = 204, description = "It is gone."),
        answers::Changes, answers::ReadsPath, answers::NotFound,
    ),
)]
pub async fn delete(
    State(app): State<Arc<App>>,
    caller: Caller,
    Path(id): Path<WebhookId>,
) -> Result<StatusCode, ApiError> {
    let hook = find(&app, &caller, &id).await?;
    let remove = |record: &mut HooksRecord| {
        record.hooks.retain(|hook| hook.id != id);
        Ok::<(), Refusal>(())
    };
    settled(store::change(&app, caller.workspace_id, remove).await?)?;
    let who = caller.name.as_str();
    tracing::info!(workspace = %caller.workspace_id, webhook = %id, who, "a webhook was deleted");
    settings::note(&app, &caller, WorkspaceEvent::WebhookDeleted, hook.called(), Vec::new()).await;
    Ok(StatusCode::NO_CONTENT)
}

/// `POST /v3/webhooks/{id}/rotate-secret`
#[utoipa::path(
    post,
    path = "/v3/webhooks/{id}/rotate-secret",
    tag = "Webhooks",
    operation_id = "rotateWebhookSecret",
    summary = "Gives a webhook a new secret; for a day those before sign too.",
    params(("id" = String, Path, description = "The webhook's id.")),
    responses(
        (status = 200, description = "The webhook with its new secret, shown only now.", body = wire::CreatedWebhook),
        answers::Changes, answers::ReadsPath, answers::NotFound, answers::Conflict,
    ),
)]
pub async fn rotate_secret(
    State(app): State<Arc<App>>,
    caller: Caller,
    Path(id): Path<WebhookId>,
) -> Result<Json<CreatedWebhook>, ApiError> {
    let (secret, now) = (sign::secret_of(&random::<32>()?), app.clock.now_millis());
    let rotate = |record: &mut HooksRecord| {
        let hook = record.find_mut(&id).ok_or_else(not_found)?;
        if hook.secret != secret {
            hook.replace_secret(secret.clone(), now, now + OLD_SECRET_MS);
            hook.updated_at = now;
        }
        Ok(())
    };
    let standing = settled(store::change(&app, caller.workspace_id, rotate).await?)?;
    let who = caller.name.as_str();
    tracing::info!(workspace = %caller.workspace_id, webhook = %id, who, "a webhook got a new secret");
    let hook = standing.find(&id).ok_or_else(not_found)?;
    settings::note(&app, &caller, WorkspaceEvent::WebhookSecretReplaced, hook.called(), Vec::new()).await;
    Ok(Json(CreatedWebhook { webhook: view(hook, now), secret: secret.reveal().to_owned() }))
}

pub(super) async fn find(app: &App, caller: &Caller, id: &WebhookId) -> Result<HookRecord, ApiError> {
    let standing = store::read(app, caller.workspace_id).await?;
    Ok(standing.find(id).cloned().ok_or_else(not_found)?)
}

/// Whether the webhook that a campaign's rules name is there.
pub(super) async fn check_named(app: &App, caller: &Caller, rules: Option<&ReplyRules>) -> Result<(), ApiError> {
    let Some(id) = rules.and_then(|rules| rules.webhook_id.as_ref()) else { return Ok(()) };
    match store::read(app, caller.workspace_id).await?.find(id) {
        Some(_) => Ok(()),
        None => Err(Refusal::field("replies.webhookId", "this workspace has no such webhook").into()),
    }
}

fn not_found() -> Refusal {
    Refusal::not_found("webhook")
}

fn settled(changed: Changed<Refusal>) -> Result<HooksRecord, Refusal> {
    match changed {
        Changed::To(standing) => Ok(standing),
        Changed::Refused(refusal) => Err(refusal),
    }
}

/// What is asked for as it is kept, or every field that is wrong.
fn checked(app: &App, asked: EditWebhook) -> Result<EditWebhook, Refusal> {
    let mut faults = Vec::new();
    let mut fault = |field: &str, message: String| faults.push(FieldError { field: field.to_owned(), message });
    let url = asked.url.map(|url| url.trim().to_owned());
    if let Some(url) = &url {
        match app.fetcher.may_ask(url) {
            Ok(()) if names_somebody(url) => fault("url", NAMELESS.to_owned()),
            Ok(()) if url.len() <= LONGEST_URL => {}
            Ok(()) => fault("url", format!("give at most {LONGEST_URL} characters")),
            Err(why) => fault("url", why),
        }
    }
    let description = asked.description.map(|description| description.trim().to_owned());
    if description.as_ref().is_some_and(|description| description.chars().count() > LONGEST_DESCRIPTION) {
        fault("description", format!("give at most {LONGEST_DESCRIPTION} characters"));
    }
    let events = asked.events.map(|mut events| {
        events.sort_unstable();
        events.dedup();
        events.retain(|kind| *kind != WebhookEventKind::WebhookTest);
        events
    });
    if events.as_ref().is_some_and(Vec::is_empty) {
        fault("events", "give at least one".to_owned());
    }
    match faults.is_empty() {
        true => Ok(EditWebhook { url, events, description, enabled: asked.enabled }),
        false => Err(Refusal::fields(faults)),
    }
}

/// Whether a name and a password stand before the address's server.
fn names_somebody(url: &str) -> bool {
    let behind_scheme = url.split_once("://").map_or(url, |(_, rest)| rest);
    behind_scheme.split(['/', '?', '#']).next().unwrap_or_default().contains('@')
}

fn changes(before: &HookRecord, after: &HookRecord) -> Vec<ChangedField> {
    let mut changes = differing(shown(before), shown(after));
    if before.url != after.url && host(&before.url) == host(&after.url) {
        changes.push(untold("url"));
    }
    changes
}

fn shown(hook: &HookRecord) -> [Shown; 4] {
    let events: Vec<&str> = hook.events.iter().map(|kind| kind.as_str()).collect();
    [
        ("url", Some(host(&hook.url).to_owned())),
        ("events", Some(events.join(", "))),
        ("description", Some(hook.description.clone()).filter(|description| !description.is_empty())),
        ("enabled", Some(hook.disabled_because.is_none().to_string())),
    ]
}

fn view(hook: &HookRecord, now: i64) -> Webhook {
    let old = hook.old_secret.as_ref().filter(|old| old.until > now);
    Webhook {
        id: hook.id.clone(),
        url: hook.url.clone(),
        description: hook.description.clone(),
        events: hook.events.clone(),
        enabled: hook.disabled_because.is_none(),
        disabled_because: hook.disabled_because.clone(),
        failing_since: hook.failing_since.map(time_of_millis),
        old_secret_until: old.map(|old| time_of_millis(old.until)),
        created_by: hook.created_by.clone(),
        created_at: time_of_millis(hook.created_at),
        updated_at: time_of_millis(hook.updated_at),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_and_a_password_are_told_from_the_rest_of_an_address() {
        for url in ["https://ana:s3cret@example.com/in", "https://key@example.com"] {
            assert!(names_somebody(url), "{url}");
        }
        for url in ["https://example.com/@ana", "https://example.com?to=ana@example.com", "https://example.com/#a@b"] {
            assert!(!names_somebody(url), "{url}");
        }
    }
}
