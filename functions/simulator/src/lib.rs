//! A WhatsApp Cloud API for those who have none: it takes sends as Meta would, misbehaves on request, and reports back by
//! signed webhooks. It is the other side, so it knows Meta's API and nothing of who calls it.
//!
//! A send travels top down: [`Simulator::router`] → `messages` → `drafts` (understand) → `filling` or `free_form` (check
//! the content) → `ledger` (rate, [`behaviour`], `fate`, `plan`, `log`) → the answer; later `webhooks` → `envelope` →
//! `callback`.
//!
//! People and Meta act by `/simulator/…` (`control`). The log keeps sends, statuses, other webhooks, templates, and what
//! people wrote and wished, and files lie in a folder beside it; standing, manners, storms, outcomes and pair limits end
//! with the process. Sends of long ago go when the log is long, out of arrivals and totals too.

mod accounts;
pub mod arrival;
mod asked;
pub mod behaviour;
mod built_in;
mod buttons;
mod callback;
mod catalogue;
mod charges;
mod clock;
mod codes;
pub mod config;
mod control;
mod dice;
mod drafts;
mod entries;
mod envelope;
pub mod environment;
mod errors;
mod fate;
mod files;
mod filling;
mod free_form;
mod graph;
mod health;
mod ledger;
mod log;
mod management;
pub mod manners;
mod media;
mod messages;
mod nodes;
mod notices;
mod pairs;
mod parts;
mod passwords;
mod people;
mod plan;
mod rules;
mod shelf;
mod standing;
mod storms;
mod templates;
mod terms;
mod totals;
mod united_states;
mod uploads;
mod usage;
mod user_ids;
mod wa_ids;
mod webhooks;
mod windows;
mod world;

use std::sync::Arc;

use anyhow::Context;
use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::middleware::from_fn_with_state;
use axum::routing::{any, get, post};
use http::Uri;
use tokio::runtime::Handle;
use tokio::task::AbortHandle;

pub use crate::arrival::{Answer, Arrival, ArrivalStatus, Cause, Outcome, Status, Wamid};
pub use crate::behaviour::{Behaviour, TABLE, behaviour_of};
pub use crate::callback::Callback;
pub use crate::config::{Config, Delay, Number, RATE_LIMIT_PER_SECOND, Storm, UserIds};
pub use crate::envelope::{SIGNATURE_HEADER, signature};
pub use crate::errors::ErrorCode;
pub use crate::manners::{Enforcement, Manners, Profile, Switch, Timestamps};
pub use crate::totals::{FinalStatuses, TWICE_LISTED_MAX, Totals};
pub use crate::windows::Preference;

use crate::catalogue::Catalogue;
use crate::errors::GraphError;
use crate::ledger::Ledger;
use crate::media::{ATTACHMENTS_PATH, UPLOAD_LIMIT_BYTES};
use crate::world::World;

/// A send is a few kilobytes; more is a mistake. Files have a limit of their own.
pub(crate) const REQUEST_LIMIT_BYTES: usize = 256 * 1024;

/// A running simulator; its webhooks stop when it is dropped.
pub struct Simulator {
    pub(crate) world: Arc<World>,
    scheduler: AbortHandle,
}

impl Simulator {
    /// Reads the log, if there is one, and starts posting webhooks. Needs a tokio runtime.
    pub fn start(config: Config) -> anyhow::Result<Arc<Self>> {
        config.check().context("the simulator's configuration")?;
        let runtime = Handle::try_current().context("the simulator needs a tokio runtime")?;
        let callback = config.callback_url.as_deref().map(Callback::address).transpose()?;
        let mut catalogue = Catalogue::built_in()?;
        let ledger = Ledger::open(&config, &mut catalogue)?;
        let world = Arc::new(World::new(config, ledger, catalogue, callback)?);
        let scheduler = runtime.spawn(webhooks::post_statuses(Arc::clone(&world))).abort_handle();
        Ok(Arc::new(Self { world, scheduler }))
    }

    /// The routes of the API and of `/simulator`; the caller serves them.
    pub fn router(self: &Arc<Self>) -> Router {
        Router::new()
            .route("/simulator/arrivals", get(control::arrivals))
            .route("/simulator/totals", get(control::totals))
            .route("/simulator/inbound", post(control::inbound::inbound))
            .route("/simulator/templates", post(control::template_events::template_event))
            .route("/simulator/account", post(control::account::account))
            .route("/simulator/webhooks", post(control::account::webhook))
            .route("/simulator/preferences", post(control::preferences::preferences))
            .route("/simulator/profile", get(control::manners::show).post(control::manners::set))
            .route("/simulator/storms", post(control::manners::set_storms))
            .route("/simulator/outcomes", post(control::outcomes::set))
            .route("/{version}/{id}", get(nodes::node).post(nodes::change).delete(media::delete))
            .route("/{version}/{id}/media", post(media::upload).layer(DefaultBodyLimit::max(UPLOAD_LIMIT_BYTES)))
            .route("/{version}/{id}/uploads", post(uploads::open))
            .route(ATTACHMENTS_PATH, get(media::download))
            .route("/{version}/{id}/messages", post(messages::send))
            .route("/{version}/{id}/marketing_messages", post(messages::send_marketing))
            .route(
                "/{version}/{id}/message_templates",
                get(nodes::message_templates).post(management::create).delete(management::delete),
            )
            .route("/{version}/{id}/unpause", post(management::unpause))
            .route("/{version}/{id}/subscribed_apps", any(accounts::subscribed_apps))
            .route("/{version}/{id}/register", post(accounts::register))
            .route("/{version}/{id}/deregister", post(accounts::deregister))
            .route("/{version}/{id}/phone_numbers", get(nodes::phone_numbers))
            .fallback(unknown_path)
            .layer(DefaultBodyLimit::max(REQUEST_LIMIT_BYTES))
            .layer(from_fn_with_state(Arc::clone(self), usage::tell))
            .with_state(Arc::clone(self))
    }

    /// The configuration it runs with.
    pub fn config(&self) -> &Config {
        &self.world.config
    }

    /// Every send that is remembered, accepted or refused, in order.
    pub fn arrivals(&self) -> Vec<Arrival> {
        self.arrivals_after(0, usize::MAX)
    }

    /// Up to `limit` sends whose sequence is above this one.
    pub fn arrivals_after(&self, sequence: u64, limit: usize) -> Vec<Arrival> {
        self.world.ledger().arrivals_after(sequence, limit)
    }

    /// How many sends were accepted so far.
    pub fn accepted(&self) -> u64 {
        self.world.ledger().accepted()
    }

    /// The counts over all sends.
    pub fn totals(&self) -> Totals {
        let ledger = self.world.ledger();
        totals::count(ledger.records(), ledger.pending())
    }

    /// Where webhooks go from now on; without a callback the statuses wait.
    pub fn set_callback(&self, callback: Option<Callback>) {
        self.world.set_callback(callback);
    }

    /// Sends webhooks to this `http://` address from now on.
    pub fn set_callback_url(&self, url: &str) -> anyhow::Result<()> {
        self.set_callback(Some(Callback::address(url)?));
        Ok(())
    }

    /// Other manners from now on.
    pub fn set_manners(&self, manners: Manners) -> anyhow::Result<()> {
        manners.check()?;
        self.world.set_manners(manners);
        Ok(())
    }

    /// Other storms from now on; their times count from now.
    pub fn set_storms(&self, storms: &[Storm]) {
        let now = self.world.clock.since_start_micros(self.world.clock.now_micros());
        let from_now = u64::try_from(now / 1_000).unwrap_or(0);
        let later = storms.iter().map(|storm| Storm { after_ms: storm.after_ms.saturating_add(from_now), ..*storm });
        self.world.set_storms(later.collect());
    }

    /// Asks the callback to prove itself with `hub.challenge`, as Meta does when an address is entered.
    pub async fn verify_callback(&self) -> anyhow::Result<()> {
        let callback = self.world.callback().context("there is no callback to verify")?;
        let challenge = self.world.clock.now_micros().to_string();
        let sender = callback::Sender::new(&self.world.config.app_secret);
        sender.verify(&callback, &self.world.config.verify_token, &challenge).await
    }

    /// How many statuses the webhook has not acknowledged yet, due or not.
    pub fn pending_statuses(&self) -> usize {
        self.world.ledger().pending()
    }

    /// Waits until no status is pending, and no other webhook of the next minute. With something pending and no callback, or once stopped, it waits for ever.
    pub async fn idle(&self) {
        loop {
            let drained = self.world.drained.notified();
            if self.world.ledger().is_idle(self.world.clock.now_micros()) {
                return;
            }
            drained.await;
        }
    }

    /// Stops posting webhooks at once, as a killed process would; what is not acknowledged stays in the log.
    pub fn stop(&self) {
        self.scheduler.abort();
    }
}

/// The configuration only: what people were sent stays out of logs.
impl std::fmt::Debug for Simulator {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("Simulator").field("config", self.config()).finish_non_exhaustive()
    }
}

impl Drop for Simulator {
    fn drop(&mut self) {
        self.stop();
    }
}

async fn unknown_path(uri: Uri) -> GraphError {
    GraphError::unknown_path(uri.path())
}
