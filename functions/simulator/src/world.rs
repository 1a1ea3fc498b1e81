//! What the routes and the scheduler share: the configuration, the clock, the ledger behind its lock, and the bells.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use anyhow::anyhow;
use serde_json::Value;
use tokio::sync::Notify;

use crate::callback::Callback;
use crate::catalogue::Catalogue;
use crate::clock::Clock;
use crate::config::{Config, Number, Storm};
use crate::control::outcomes::Planned;
use crate::entries;
use crate::errors::{ErrorCode, GraphError};
use crate::ledger::Ledger;
use crate::log::Acknowledged;
use crate::manners::Manners;
use crate::shelf::Shelf;
use crate::standing::Standing;
use crate::templates::{Listing, Template};
use crate::terms::Draft;
use crate::usage::Usage;

/// One simulated account.
pub(crate) struct World {
    pub(crate) config: Config,
    pub(crate) clock: Clock,
    /// Rung when the scheduler has something new to look at.
    pub(crate) wake: Notify,
    /// Rung when no status is pending any more.
    pub(crate) drained: Notify,
    ledger: Mutex<Ledger>,
    catalogue: Mutex<Catalogue>,
    shelf: Mutex<Shelf>,
    standing: Mutex<Standing>,
    usage: Mutex<Usage>,
    storms: Mutex<Arc<[Storm]>>,
    outcomes: Mutex<Arc<[Planned]>>,
    manners: Mutex<Arc<Manners>>,
    callback: Mutex<Option<Callback>>,
}

impl World {
    pub(crate) fn new(
        config: Config,
        ledger: Ledger,
        catalogue: Catalogue,
        callback: Option<Callback>,
    ) -> anyhow::Result<Self> {
        Ok(Self {
            clock: Clock::start(config.starts_at_micros),
            manners: Mutex::new(Arc::new(config.profile.manners(&config.manners))),
            standing: Mutex::new(Standing::of(&config)),
            usage: Mutex::new(Usage::default()),
            storms: Mutex::new(config.storms.as_slice().into()),
            catalogue: Mutex::new(catalogue),
            shelf: Mutex::new(Shelf::beside(config.log_path.as_deref())?),
            config,
            outcomes: Mutex::new(Arc::default()),
            wake: Notify::new(),
            drained: Notify::new(),
            ledger: Mutex::new(ledger),
            callback: Mutex::new(callback),
        })
    }

    /// The ledger; a panic elsewhere leaves it usable, since each change is complete before the lock opens.
    pub(crate) fn ledger(&self) -> MutexGuard<'_, Ledger> {
        held(&self.ledger)
    }

    /// The templates of the account. Whoever needs the ledger as well takes that one second.
    pub(crate) fn catalogue(&self) -> MutexGuard<'_, Catalogue> {
        held(&self.catalogue)
    }

    /// The files. No other lock is taken while this one is held.
    pub(crate) fn shelf(&self) -> MutexGuard<'_, Shelf> {
        held(&self.shelf)
    }

    /// How the account stands. No other lock is taken while this one is held.
    pub(crate) fn standing(&self) -> MutexGuard<'_, Standing> {
        held(&self.standing)
    }

    /// The calls of this hour. No other lock is taken while this one is held.
    pub(crate) fn usage(&self) -> MutexGuard<'_, Usage> {
        held(&self.usage)
    }

    /// Why the number cannot send this now, how many messages it may send per second, and to how many people the
    /// portfolio may write.
    pub(crate) fn standing_of(&self, number: &Number, draft: &Draft) -> (Option<ErrorCode>, u32, Option<u32>) {
        let now = self.clock.now_micros();
        let standing = self.standing();
        let id = number.phone_number_id.as_str();
        let rate = standing.number(id).map_or(number.rate_per_second, |own| own.rate_per_second);
        (standing.refusal(id, draft, now), rate, standing.messaging_limit)
    }

    /// The storms of this run.
    pub(crate) fn storms(&self) -> Arc<[Storm]> {
        Arc::clone(&held(&self.storms))
    }

    /// Other storms from now on.
    pub(crate) fn set_storms(&self, storms: Arc<[Storm]>) {
        *held(&self.storms) = storms;
    }

    /// What was asked to become of sends to certain people.
    pub(crate) fn outcomes(&self) -> Arc<[Planned]> {
        Arc::clone(&held(&self.outcomes))
    }

    /// Other such wishes from now on.
    pub(crate) fn set_outcomes(&self, outcomes: Arc<[Planned]>) {
        *held(&self.outcomes) = outcomes;
    }

    /// Other manners from now on.
    pub(crate) fn set_manners(&self, manners: Manners) {
        *held(&self.manners) = Arc::new(manners);
    }

    /// Lets a webhook of the account follow now.
    pub(crate) fn tell(&self, field: &str, value: &Value) -> anyhow::Result<()> {
        let now = self.clock.now_micros();
        self.ledger().notify(now, None, entries::of_account(&self.config, now, field, value))?;
        self.wake.notify_one();
        Ok(())
    }

    /// Puts a changed template in its place, withdraws what was still to be told of it, and tells this: when, in which
    /// field, and the value.
    pub(crate) fn announce(&self, listing: Listing, told: Vec<(i64, &str, Value)>) -> anyhow::Result<()> {
        let template = Template::read(listing).map_err(|error| anyhow!("a template: {error}"))?;
        let id = template.listing.id.clone();
        let mut catalogue = self.catalogue();
        let mut ledger = self.ledger();
        ledger.template(&template)?;
        catalogue.put(template);
        ledger.withdraw(&id, self.clock.now_micros())?;
        for (at_micros, field, value) in told {
            let entry = entries::of_account(&self.config, at_micros, field, &value);
            ledger.notify(at_micros, Some(&id), entry)?;
        }
        drop((ledger, catalogue));
        self.wake.notify_one();
        Ok(())
    }

    /// Refuses an account that is not this one.
    pub(crate) fn check_account(&self, id: &str, method: &str) -> Result<(), GraphError> {
        if self.config.waba_id == id { Ok(()) } else { Err(GraphError::unknown_object(id, method)) }
    }

    /// The manners of this moment.
    pub(crate) fn manners(&self) -> Arc<Manners> {
        Arc::clone(&held(&self.manners))
    }

    pub(crate) fn callback(&self) -> Option<Callback> {
        held(&self.callback).clone()
    }

    pub(crate) fn set_callback(&self, callback: Option<Callback>) {
        *held(&self.callback) = callback;
        self.wake.notify_one();
    }

    pub(crate) fn number(&self, phone_number_id: &str) -> Option<&Number> {
        self.config.numbers.iter().find(|number| number.phone_number_id == phone_number_id)
    }

    pub(crate) fn acknowledge(&self, acknowledged: &Acknowledged) {
        let mut ledger = self.ledger();
        if let Err(error) = ledger.acknowledge(acknowledged) {
            tracing::error!(error = format!("{error:#}"), "what was acknowledged is not in the log");
        }
        if ledger.is_idle(self.clock.now_micros()) {
            self.drained.notify_waiters();
        }
    }
}

/// What is behind the lock; a panic elsewhere leaves it usable.
fn held<T>(lock: &Mutex<T>) -> MutexGuard<'_, T> {
    lock.lock().unwrap_or_else(PoisonError::into_inner)
}
