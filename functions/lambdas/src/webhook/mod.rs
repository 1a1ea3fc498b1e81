//! The webhook: what WhatsApp tells of messages that were sent.
//!
//! Answers 200 only after everything is written: what is not acknowledged, WhatsApp sends again. Nothing without a valid
//! signature changes anything, and a receipt changes only messages of the number that it speaks of.

mod account_words;
mod accounts;
mod answers;
mod failures;
mod halves;
mod meetings;
mod moves;
mod notification;
mod opt_outs;
mod people;
mod receipts;
mod replies;
mod reply_rules;
mod signature;
pub(crate) mod templates;

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::Router;
use axum::body::Bytes;
use axum::extract::rejection::BytesRejection;
use axum::extract::{DefaultBodyLimit, Path, Query, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use serde::Deserialize;

use self::notification::{AccountChange, Notification};
use crate::App;
use crate::config::WhatsAppApp;
use crate::storage::kept::{self, MOST_AT_ONCE, Raw};

/// Largest body, in bytes: WhatsApp sends up to 3 MB.
const LARGEST_BODY: usize = 4 * 1024 * 1024;

/// The webhook's routes: `/webhooks/{appId}`.
pub fn router(app: Arc<App>) -> Router {
    Router::new()
        .route("/webhooks/{app_id}", get(handshake).post(receive))
        .layer(DefaultBodyLimit::max(LARGEST_BODY))
        .with_state(app)
}

#[derive(Deserialize)]
struct Handshake {
    #[serde(rename = "hub.mode", default)]
    mode: String,
    #[serde(rename = "hub.verify_token", default)]
    verify_token: String,
    #[serde(rename = "hub.challenge", default)]
    challenge: String,
}

/// WhatsApp checks that the address is ours: the challenge comes back if the token is right.
async fn handshake(
    State(app): State<Arc<App>>,
    Path(app_id): Path<String>,
    Query(query): Query<Handshake>,
) -> Result<String, StatusCode> {
    let known = app.config.app(&app_id).filter(|known| {
        query.mode == "subscribe" && signature::same(known.verify_token.as_bytes(), query.verify_token.as_bytes())
    });
    known.map(|_| query.challenge).ok_or(StatusCode::FORBIDDEN)
}

async fn receive(
    State(app): State<Arc<App>>,
    Path(app_id): Path<String>,
    headers: HeaderMap,
    body: Result<Bytes, BytesRejection>,
) -> Response {
    let Some(known) = app.config.app(&app_id) else { return StatusCode::NOT_FOUND.into_response() };
    match body {
        Ok(body) => take_in(&app, &app_id, known, &headers, &body).await.into_response(),
        Err(rejection) => {
            unread(&app_id, &rejection);
            rejection.into_response()
        }
    }
}

/// A body beyond the bound may be WhatsApp's, which then goes on to send it: that needs somebody. One that broke off
/// comes again by itself.
fn unread(app_id: &str, rejection: &BytesRejection) {
    let why = rejection.body_text();
    if rejection.status() == StatusCode::PAYLOAD_TOO_LARGE {
        tracing::error!(app_id, most = LARGEST_BODY, why, "a webhook's body is too large to be read");
    } else {
        tracing::warn!(app_id, why, "a webhook's body broke off");
    }
}

async fn take_in(app: &App, app_id: &str, known: &WhatsAppApp, headers: &HeaderMap, body: &[u8]) -> StatusCode {
    let signed = headers.get("x-hub-signature-256").and_then(|value| value.to_str().ok()).unwrap_or_default();
    if !signature::is_valid(known.app_secret.as_bytes(), body, signed) {
        tracing::warn!(app_id, "a webhook without a valid signature was refused");
        return StatusCode::UNAUTHORIZED;
    }
    let notification = match read(app_id, body) {
        Ok(notification) => notification,
        Err(error) => {
            tracing::error!(app_id, %error, bytes = body.len(), "a signed webhook cannot be read; it is acknowledged and dropped");
            return StatusCode::OK;
        }
    };
    match apply(app, app_id, notification).await {
        Ok(()) => StatusCode::OK,
        Err(error) => {
            tracing::error!(
                app_id,
                error = format!("{error:#}"),
                "a webhook could not be taken in; WhatsApp sends it again"
            );
            StatusCode::INTERNAL_SERVER_ERROR
        }
    }
}

/// What a body says; where a text in it was cut within a character, all the rest of it. A mark of the byte order before it
/// says nothing.
fn read(app_id: &str, body: &[u8]) -> serde_json::Result<Notification> {
    let body = body.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(body);
    serde_json::from_slice(body).or_else(|error| {
        let notification = serde_json::from_slice(&halves::mended(body)).map_err(|_| error)?;
        tracing::warn!(app_id, "a webhook has half of a character in it and is read without that");
        Ok(notification)
    })
}

/// The parts of a webhook, each in the order of its hurry: who wants no more messages; what stops or slows a campaign or a
/// number; how far messages got; who has which id; who wrote.
async fn apply(app: &App, app_id: &str, notification: Notification) -> anyhow::Result<()> {
    let (replies, meetings, moves) = (notification.replies(), notification.meetings(), notification.moves());
    let changes = notification.of_accounts();
    let now = app.clock.now_millis() / 1_000;
    let events = changes.iter().filter_map(|change| templates::event(change, now)).collect();
    let news = changes.iter().filter_map(|change| Some((accounts::news(change, now)?, change))).collect();
    count_unused(app_id, changes.iter().map(|change| change.field));
    let mut left = unused(&changes, now);
    opt_outs::apply(app, app_id, notification.wishes()).await?;
    left.extend(accounts::apply(app, app_id, news).await?);
    let foreign = templates::apply(app, app_id, events).await?;
    let is_foreign =
        |change: &&AccountChange<'_>| templates::is_of_templates(change.field) && foreign.contains(&change.waba_id);
    left.extend(changes.iter().filter(is_foreign).take(MOST_AT_ONCE).map(AccountChange::raw));
    left.extend(receipts::apply(app, app_id, notification).await?);
    meetings::apply(app, app_id, meetings).await?;
    moves::apply(app, app_id, moves).await?;
    replies::apply(app, app_id, replies).await?;
    keep(app, app_id, &left).await
}

/// Keeps what nothing was made of: last, and so many of it.
async fn keep(app: &App, app_id: &str, left: &[Raw]) -> anyhow::Result<()> {
    if left.len() > MOST_AT_ONCE {
        tracing::warn!(
            app_id,
            kept = MOST_AT_ONCE,
            of = left.len(),
            "a webhook has more that nothing is made of than is kept"
        );
    }
    for raw in left.iter().take(MOST_AT_ONCE) {
        kept::keep(app, app_id, raw).await?;
    }
    Ok(())
}

/// The changes that nothing is made of: by their field, or because what they say cannot be read. `now`: in seconds
/// since 1970.
fn unused(changes: &[AccountChange<'_>], now: i64) -> Vec<Raw> {
    let unused = changes.iter().filter(|change| !USED.contains(&change.field) || says_nothing(change, now));
    unused.take(MOST_AT_ONCE).map(AccountChange::raw).collect()
}

/// Whether nothing can be read in a change of a field that is used. Of messages the statuses are kept one by one.
fn says_nothing(change: &AccountChange<'_>, now: i64) -> bool {
    match change.field {
        "messages" => false,
        "user_preferences" => opt_outs::wishes(change.field, change.value).is_empty(),
        "user_id_update" => moves::moves(change).is_empty(),
        _ => accounts::news(change, now).is_none() && templates::event(change, now).is_none(),
    }
}

/// Fields that something is made of.
const USED: [&str; 14] = [
    "messages",
    "user_preferences",
    "user_id_update",
    "account_update",
    "account_alerts",
    "account_review_update",
    "business_capability_update",
    "phone_number_name_update",
    "phone_number_quality_update",
    "security",
    "template_category_update",
    "message_template_status_update",
    "message_template_quality_update",
    "message_template_components_update",
];

/// Fields that nothing is made of, and those that Meta adds, are acknowledged, kept for a while, and counted in the log
/// without what they say.
fn count_unused<'a>(app_id: &str, fields: impl Iterator<Item = &'a str>) {
    let mut unused: BTreeMap<&str, usize> = BTreeMap::new();
    for field in fields.filter(|field| !USED.contains(field)) {
        *unused.entry(field).or_default() += 1;
    }
    if !unused.is_empty() {
        tracing::info!(app_id, ?unused, "a webhook has changes that nothing is made of");
    }
}
