//! What the routes and the scheduler share: the configuration, the clock, the ledger behind its lock, and the bells.

use std::sync::{Mutex, MutexGuard, PoisonError};

use tokio::sync::Notify;

use crate::callback::Callback;
use crate::clock::Clock;
use crate::config::{Config, Number};
use crate::ledger::Ledger;
use crate::log::StatusKey;
use crate::templates::{Template, built_in};

/// One simulated account.
pub(crate) struct World {
    pub(crate) config: Config,
    pub(crate) clock: Clock,
    pub(crate) templates: Vec<Template>,
    /// Rung when the scheduler has something new to look at.
    pub(crate) wake: Notify,
    /// Rung when no status is pending any more.
    pub(crate) drained: Notify,
    ledger: Mutex<Ledger>,
    callback: Mutex<Option<Callback>>,
}

impl World {
    pub(crate) fn new(config: Config, ledger: Ledger, callback: Option<Callback>) -> Self {
        Self {
            clock: Clock::start(config.starts_at_micros),
            config,
            templates: built_in(),
            wake: Notify::new(),
            drained: Notify::new(),
            ledger: Mutex::new(ledger),
            callback: Mutex::new(callback),
        }
    }

    /// The ledger; a panic elsewhere leaves it usable, since each change is complete before the lock opens.
    pub(crate) fn ledger(&self) -> MutexGuard<'_, Ledger> {
        self.ledger.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn callback(&self) -> Option<Callback> {
        self.callback.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    pub(crate) fn set_callback(&self, callback: Option<Callback>) {
        *self.callback.lock().unwrap_or_else(PoisonError::into_inner) = callback;
        self.wake.notify_one();
    }

    pub(crate) fn number(&self, phone_number_id: &str) -> Option<&Number> {
        self.config.numbers.iter().find(|number| number.phone_number_id == phone_number_id)
    }

    pub(crate) fn acknowledge(&self, statuses: Vec<StatusKey>) {
        let now = self.clock.now_micros();
        let mut ledger = self.ledger();
        if let Err(error) = ledger.acknowledge(statuses, now) {
            tracing::error!(error = format!("{error:#}"), "acknowledged statuses are not in the log");
        }
        if ledger.pending() == 0 {
            self.drained.notify_waiters();
        }
    }
}
