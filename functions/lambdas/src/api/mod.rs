//! The HTTP API, first on a campaign's way: files are announced, campaigns created, started and watched.
//!
//! Handlers are thin: they parse, look up by the caller's workspace, ask `campaigns` for the rule and write once.
//! `caller` keeps the walls, `problem` words every refusal, `request_log` goes around all of it.

use std::sync::Arc;

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::middleware::from_fn_with_state;
use axum::routing::any;
use wire::Role::{Manager, Operator, Owner, Viewer};

use crate::App;
use routes::Needs::{Nothing, Role};
use routes::Routes;

mod actions;
mod answers;
mod approvals;
mod assets;
mod audience_consents;
mod audiences;
mod audit;
mod business_hours;
mod caller;
mod campaign_exports;
mod campaign_links;
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
mod deliveries;
mod docs_page;
mod edit_campaign;
mod estimate;
mod exports;
mod extract;
mod fetched;
mod idempotency;
mod launch_check;
mod links;
mod lists;
mod members;
pub(crate) mod message_view;
mod messages;
mod misfit;
mod notices;
mod once;
mod openapi;
mod people;
mod period_file;
mod phones;
mod preview;
mod price_check;
mod problem;
mod rate_card;
mod recount;
pub(crate) mod report;
mod reports;
mod request_log;
mod restore_person;
mod routes;
mod scopes;
mod sessions;
mod settings;
mod suppressions;
mod template_limits;
mod templates;
mod throttle;
mod tokens;
mod unchanged;
mod webhooks;

pub use routes::{Needs, Route};
pub use throttle::Throttle;

/// Largest request body, in bytes: a campaign is a few kilobytes, files go to S3.
pub const MAX_BODY_BYTES: usize = 1_000_000;

/// The routes under `/v3`, and recipients' links under `/r`; other paths are left to whoever serves the dashboard.
pub fn router(app: Arc<App>) -> Router {
    let (router, _) = routes(&app).into_parts();
    router
        .route("/v3", any(no_such_path))
        .route("/v3/", any(no_such_path))
        .route("/v3/{*rest}", any(no_such_path))
        .layer(DefaultBodyLimit::max(MAX_BODY_BYTES))
        .layer(from_fn_with_state(Arc::clone(&app), request_log::follow))
        .with_state(app)
}

/// Every route and who may use it.
pub fn table(app: &Arc<App>) -> Vec<Route> {
    routes(app).into_parts().1
}

fn routes(app: &Arc<App>) -> Routes {
    let routes = Routes::of(Arc::clone(app));
    let routes = content(people(access(routes)));
    campaigns_of(routes)
}

fn access(routes: Routes) -> Routes {
    routes
        .get("/v3/openapi.json", Nothing, openapi::json)
        .get("/v3/docs", Nothing, openapi::page)
        .post("/v3/sign-in", Nothing, sessions::sign_in)
        .get("/v3/sign-in/ways", Nothing, sessions::ways)
        .get("/v3/session", Role(Viewer), sessions::show)
        .delete("/v3/session", Nothing, sessions::sign_out)
        .post("/v3/session/refresh", Nothing, sessions::refresh)
        .get("/v3/session/begin", Nothing, sessions::begin)
        .get("/v3/session/callback", Nothing, sessions::callback)
        .get("/v3/members", Role(Viewer), members::list)
        .post("/v3/members", Role(Owner), members::create)
        .patch("/v3/members/{id}", Role(Owner), members::edit)
        .delete("/v3/members/{id}", Role(Owner), members::delete)
        .post("/v3/members/{id}/sign-in-link", Role(Owner), members::sign_in_link)
        .get("/v3/tokens", Role(Owner), tokens::list)
        .post("/v3/tokens", Role(Owner), tokens::create)
        .delete("/v3/tokens/{id}", Role(Owner), tokens::revoke)
        .get("/v3/webhooks", Role(Manager), webhooks::list)
        .post("/v3/webhooks", Role(Manager), webhooks::create)
        .get("/v3/webhooks/{id}", Role(Manager), webhooks::show)
        .patch("/v3/webhooks/{id}", Role(Manager), webhooks::edit)
        .delete("/v3/webhooks/{id}", Role(Manager), webhooks::delete)
        .post("/v3/webhooks/{id}/rotate-secret", Role(Manager), webhooks::rotate_secret)
        .post("/v3/webhooks/{id}/test", Role(Manager), deliveries::test)
        .get("/v3/webhooks/{id}/deliveries", Role(Manager), deliveries::list)
        .post("/v3/webhooks/{id}/deliveries/{delivery}/redeliver", Role(Manager), deliveries::redeliver)
        .get("/v3/notices", Role(Viewer), notices::list)
        .post("/v3/notices/read", Role(Viewer), notices::read)
        .get("/v3/settings", Role(Viewer), settings::show)
        .patch("/v3/settings", Role(Manager), settings::edit)
        .get("/v3/settings/audit", Role(Viewer), settings::audit)
        .get("/v3/business-hours", Role(Viewer), business_hours::all)
        .post("/v3/business-hours", Role(Manager), business_hours::create)
        .get("/v3/business-hours/{id}", Role(Viewer), business_hours::show)
        .patch("/v3/business-hours/{id}", Role(Manager), business_hours::edit)
        .delete("/v3/business-hours/{id}", Role(Manager), business_hours::delete)
        .get("/v3/rate-card", Role(Viewer), rate_card::show)
        .put("/v3/rate-card", Role(Manager), rate_card::replace)
        .delete("/v3/rate-card", Role(Manager), rate_card::reset)
}

fn people(routes: Routes) -> Routes {
    routes
        .get("/v3/contacts", Role(Viewer), contacts::list)
        .post("/v3/contacts", Role(Operator), contacts::create)
        .post("/v3/contacts/labels", Role(Operator), contact_labels::change)
        .get("/v3/contacts/values", Role(Viewer), contact_values::list)
        .post("/v3/contacts/export", Role(Manager), exports::create)
        .get("/v3/contacts/export/{id}", Role(Manager), exports::show)
        .get("/v3/contacts/{phone}", Role(Viewer), contacts::show)
        .patch("/v3/contacts/{phone}", Role(Operator), contacts::edit)
        .delete("/v3/contacts/{phone}", Role(Operator), contacts::delete)
        .get("/v3/contacts/{phone}/consents", Role(Viewer), consents::list)
        .post("/v3/contacts/{phone}/consents", Role(Operator), consents::create)
        .get("/v3/suppressions", Role(Viewer), suppressions::list)
        .post("/v3/suppressions", Role(Operator), suppressions::create)
        .delete("/v3/suppressions/{phone}", Role(Manager), suppressions::delete)
        .post("/v3/people/erase", Role(Manager), self::people::erase)
        .get("/v3/people/erasures/{id}", Role(Manager), self::people::proof)
        .get("/v3/people/export", Role(Manager), self::people::export)
        .post("/v3/people/restore", Role(Manager), restore_person::restore)
        .get("/v3/lists", Role(Viewer), lists::all)
        .post("/v3/lists", Role(Operator), lists::create)
        .post("/v3/lists/count", Role(Viewer), lists::count)
        .get("/v3/lists/{id}", Role(Viewer), lists::show)
        .patch("/v3/lists/{id}", Role(Operator), lists::edit)
        .delete("/v3/lists/{id}", Role(Operator), lists::delete)
        .post("/v3/lists/{id}/audience", Role(Operator), lists::make_audience)
}

fn content(routes: Routes) -> Routes {
    routes
        .get("/v3/channels", Role(Viewer), channels::list)
        .post("/v3/channels", Role(Owner), channel_edits::create)
        .patch("/v3/channels/{id}", Role(Owner), channel_edits::edit)
        .delete("/v3/channels/{id}", Role(Owner), channel_edits::delete)
        .get("/v3/channels/{id}/health", Role(Viewer), channel_edits::health)
        .get("/v3/channels/{id}/templates", Role(Viewer), channels::templates)
        .get("/v3/templates", Role(Viewer), templates::list)
        .post("/v3/templates", Role(Manager), templates::create)
        .get("/v3/templates/{id}", Role(Viewer), templates::show)
        .put("/v3/templates/{id}", Role(Manager), templates::replace)
        .delete("/v3/templates/{id}", Role(Manager), templates::delete)
        .post("/v3/templates/{id}/unpause", Role(Manager), templates::unpause)
        .post("/v3/uploads", Role(Operator), audiences::announce)
        .post("/v3/assets", Role(Operator), assets::announce)
        .get("/v3/assets/{id}", Role(Viewer), assets::show)
        .get("/v3/audiences/{id}", Role(Viewer), audiences::show)
        .get("/v3/audiences/{id}/rejects", Role(Operator), audiences::rejects)
        .get("/v3/audiences/{id}/consents", Role(Viewer), audience_consents::show)
}

fn campaigns_of(routes: Routes) -> Routes {
    routes
        .get("/v3/campaigns", Role(Viewer), campaigns::list)
        .post("/v3/campaigns", Role(Operator), create_campaign::create)
        .get("/v3/campaigns/{id}", Role(Viewer), campaigns::show)
        .patch("/v3/campaigns/{id}", Role(Operator), edit_campaign::edit)
        .delete("/v3/campaigns/{id}", Role(Manager), delete_campaign::delete)
        .post("/v3/campaigns/{id}/start", Role(Operator), actions::start)
        .post("/v3/campaigns/{id}/pause", Role(Operator), actions::pause)
        .post("/v3/campaigns/{id}/resume", Role(Operator), actions::resume)
        .post("/v3/campaigns/{id}/approve", Role(Manager), approvals::approve)
        .post("/v3/campaigns/{id}/cancel", Role(Operator), actions::cancel)
        .get("/v3/campaigns/{id}/estimate", Role(Viewer), estimate::show)
        .post("/v3/campaigns/{id}/exports", Role(Manager), campaign_exports::create)
        .get("/v3/campaigns/{id}/exports/{export}", Role(Manager), campaign_exports::show)
        .get("/v3/campaigns/{id}/report", Role(Viewer), report::show)
        .get("/v3/reports", Role(Viewer), reports::show)
        .get("/v3/reports/export", Role(Viewer), period_file::download)
        .get("/v3/campaigns/{id}/preview", Role(Viewer), preview::show)
        .post("/v3/campaigns/{id}/try", Role(Operator), preview::send)
        .get("/v3/campaigns/{id}/messages", Role(Viewer), messages::list)
        .post("/v3/campaigns/{id}/clone", Role(Operator), clone_campaign::clone)
        .post("/v3/campaigns/{id}/retry", Role(Operator), decisions::retry)
        .post("/v3/campaigns/{id}/unknowns", Role(Manager), decisions::unknowns)
        .post("/v3/campaigns/{id}/recount", Role(Operator), recount::recount)
        .get("/v3/campaigns/{id}/dead-letters", Role(Viewer), dead_letters::list)
        .post("/v3/campaigns/{id}/dead-letters/redrive", Role(Manager), dead_letters::redrive)
        .get("/v3/campaigns/{id}/audit", Role(Viewer), audit::list)
        .get("/r/{token}", Nothing, links::follow)
}

async fn no_such_path() -> problem::Refusal {
    problem::Refusal::new(problem::Kind::NotFound, "the API has no such path")
}
