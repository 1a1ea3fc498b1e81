//! The HTTP API, first on a campaign's way: files are announced, campaigns created, started and watched.
//!
//! Handlers are thin: they parse, look up by the caller's workspace, ask `campaigns` for the rule and write once.
//! `caller` keeps the walls, `problem` words every refusal, `request_log` goes around all of it.

use std::sync::Arc;

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::middleware::from_fn_with_state;
use axum::routing::{MethodRouter, any, delete, get, patch, post, put};

use crate::App;

mod actions;
mod assets;
mod audiences;
mod audit;
mod caller;
mod campaign_exports;
pub(crate) mod campaign_view;
mod campaigns;
mod channel_edits;
mod channels;
mod clone_campaign;
mod consent_check;
mod consents;
mod contact_labels;
mod contact_values;
mod contacts;
mod content_media;
mod create_campaign;
mod dead_letters;
mod decisions;
mod delete_campaign;
mod edit_campaign;
mod estimate;
mod exports;
mod extract;
mod idempotency;
mod launch_check;
mod lists;
pub(crate) mod message_view;
mod messages;
mod people;
mod preview;
mod price_check;
mod problem;
mod rate_card;
mod recount;
mod report;
mod reports;
mod request_log;
mod sessions;
mod settings;
mod suppressions;
mod templates;

/// Largest request body, in bytes: a campaign is a few kilobytes, files go to S3.
pub const MAX_BODY_BYTES: usize = 1_000_000;

/// The routes under `/v3`; other paths are left to whoever serves the dashboard.
pub fn router(app: Arc<App>) -> Router {
    Router::new()
        .route("/v3/sign-in", post(sessions::sign_in))
        .route("/v3/sign-out", post(sessions::sign_out))
        .route("/v3/session", get(sessions::show))
        .route("/v3/channels", get(channels::list).post(channel_edits::create))
        .route("/v3/channels/{id}", patch(channel_edits::edit).delete(channel_edits::delete))
        .route("/v3/channels/{id}/health", get(channel_edits::health))
        .route("/v3/channels/{id}/templates", get(channels::templates))
        .route("/v3/templates", get(templates::list).post(templates::create))
        .route("/v3/templates/{id}", put(templates::replace).delete(templates::delete))
        .route("/v3/uploads", post(audiences::announce))
        .route("/v3/assets", post(assets::announce))
        .route("/v3/assets/{id}", get(assets::show))
        .route("/v3/audiences/{id}", get(audiences::show))
        .route("/v3/audiences/{id}/rejects", get(audiences::rejects))
        .route("/v3/contacts", get(contacts::list).post(contacts::create))
        .route("/v3/contacts/labels", post(contact_labels::change))
        .route("/v3/contacts/values", get(contact_values::list))
        .route("/v3/contacts/export", post(exports::create))
        .route("/v3/contacts/export/{id}", get(exports::show))
        .route("/v3/contacts/{phone}", one_contact())
        .route("/v3/contacts/{phone}/consents", get(consents::list).post(consents::create))
        .route("/v3/suppressions", get(suppressions::list).post(suppressions::create))
        .route("/v3/suppressions/{phone}", delete(suppressions::delete))
        .route("/v3/people/erase", post(people::erase))
        .route("/v3/people/export", get(people::export))
        .route("/v3/settings", get(settings::show).patch(settings::edit))
        .route("/v3/lists", get(lists::all).post(lists::create))
        .route("/v3/lists/count", post(lists::count))
        .route("/v3/lists/{id}", one_list())
        .route("/v3/lists/{id}/audience", post(lists::make_audience))
        .route("/v3/campaigns", get(campaigns::list).post(create_campaign::create))
        .route("/v3/campaigns/{id}", one_campaign())
        .route("/v3/campaigns/{id}/start", post(actions::start))
        .route("/v3/campaigns/{id}/pause", post(actions::pause))
        .route("/v3/campaigns/{id}/resume", post(actions::resume))
        .route("/v3/campaigns/{id}/cancel", post(actions::cancel))
        .route("/v3/campaigns/{id}/estimate", get(estimate::show))
        .route("/v3/campaigns/{id}/preview", get(preview::show))
        .route("/v3/campaigns/{id}/try", post(preview::send))
        .route("/v3/campaigns/{id}/messages", get(messages::list))
        .route("/v3/campaigns/{id}/clone", post(clone_campaign::clone))
        .route("/v3/campaigns/{id}/retry", post(decisions::retry))
        .route("/v3/campaigns/{id}/unknowns", post(decisions::unknowns))
        .route("/v3/campaigns/{id}/recount", post(recount::recount))
        .route("/v3/campaigns/{id}/dead-letters", get(dead_letters::list))
        .route("/v3/campaigns/{id}/dead-letters/redrive", post(dead_letters::redrive))
        .route("/v3/campaigns/{id}/audit", get(audit::list))
        .merge(reported())
        .route("/v3", any(no_such_path))
        .route("/v3/", any(no_such_path))
        .route("/v3/{*rest}", any(no_such_path))
        .layer(DefaultBodyLimit::max(MAX_BODY_BYTES))
        .layer(from_fn_with_state(Arc::clone(&app), request_log::follow))
        .with_state(app)
}

/// What came of campaigns, what they cost, and their people as files.
fn reported() -> Router<Arc<App>> {
    Router::new()
        .route("/v3/rate-card", get(rate_card::show).put(rate_card::replace).delete(rate_card::reset))
        .route("/v3/campaigns/{id}/exports", post(campaign_exports::create))
        .route("/v3/campaigns/{id}/exports/{export}", get(campaign_exports::show))
        .route("/v3/campaigns/{id}/report", get(report::show))
        .route("/v3/reports", get(reports::show))
}

fn one_campaign() -> MethodRouter<Arc<App>> {
    get(campaigns::show).patch(edit_campaign::edit).delete(delete_campaign::delete)
}

fn one_contact() -> MethodRouter<Arc<App>> {
    get(contacts::show).patch(contacts::edit).delete(contacts::delete)
}

fn one_list() -> MethodRouter<Arc<App>> {
    get(lists::show).patch(lists::edit).delete(lists::delete)
}

async fn no_such_path() -> problem::Refusal {
    problem::Refusal::new(problem::Kind::NotFound, "the API has no such path")
}
