//! How the account and its numbers stand with Meta: restrictions, bans, limits, quality, maintenance. It begins as the
//! configuration says, changes by the control routes, and is forgotten at the end of the process.

use std::collections::HashMap;

use crate::arrival::Pricing;
use crate::clock::MICROS_PER_SECOND;
use crate::config::{Config, Number};
use crate::errors::ErrorCode;
use crate::manners::Switch;
use crate::templates::Quality;
use crate::terms::Draft;

/// Registrations and deregistrations of one number in 72 hours.
const REGISTRATIONS_LIMIT: usize = 10;
const REGISTRATIONS_MICROS: i64 = 72 * 3_600 * MICROS_PER_SECOND;

/// The account and its numbers.
#[derive(Debug)]
pub(crate) struct Standing {
    pub(crate) messaging_limit: Option<u32>,
    /// Whether marketing may only go to `/marketing_messages`.
    pub(crate) marketing_elsewhere: Switch,
    /// Whether the app is subscribed to the account.
    pub(crate) subscribed: Switch,
    pub(crate) ban: Ban,
    restrictions: Vec<Restriction>,
    numbers: HashMap<String, NumberStanding>,
}

/// Whether the account is closed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Ban {
    None,
    Scheduled,
    Closed,
}

/// Something the account may not do for a while; `kind` in Meta's words.
#[derive(Debug, Clone)]
pub(crate) struct Restriction {
    pub(crate) kind: String,
    pub(crate) ends_micros: i64,
}

/// One number.
#[derive(Debug, Clone)]
pub(crate) struct NumberStanding {
    /// `CONNECTED` and others, in Meta's words.
    pub(crate) status: String,
    pub(crate) quality: Quality,
    pub(crate) rate_per_second: u32,
    pub(crate) maintenance_ends_micros: i64,
    registrations_micros: Vec<i64>,
}

impl Standing {
    /// In good standing.
    pub(crate) fn of(config: &Config) -> Self {
        Self {
            messaging_limit: config.messaging_limit,
            marketing_elsewhere: config.disable_marketing_messages_on_cloud_api,
            subscribed: Switch::On,
            ban: Ban::None,
            restrictions: Vec::new(),
            numbers: config.numbers.iter().map(|one| (one.phone_number_id.clone(), NumberStanding::of(one))).collect(),
        }
    }

    /// The number with this id.
    pub(crate) fn number(&self, id: &str) -> Option<&NumberStanding> {
        self.numbers.get(id)
    }

    /// The number with this id, to change it.
    pub(crate) fn number_mut(&mut self, id: &str) -> Option<&mut NumberStanding> {
        self.numbers.get_mut(id)
    }

    /// Forbids something until a time.
    pub(crate) fn restrict(&mut self, restriction: Restriction) {
        self.restrictions.retain(|one| one.kind != restriction.kind);
        self.restrictions.push(restriction);
    }

    /// Lifts every restriction and every ban.
    pub(crate) fn lift(&mut self) {
        self.restrictions.clear();
        self.ban = Ban::None;
    }

    /// What is forbidden now.
    pub(crate) fn restrictions(&self, now_micros: i64) -> impl Iterator<Item = &Restriction> {
        self.restrictions.iter().filter(move |one| one.ends_micros > now_micros)
    }

    /// Why this number cannot send this now.
    pub(crate) fn refusal(&self, id: &str, draft: &Draft, now_micros: i64) -> Option<ErrorCode> {
        if self.ban == Ban::Closed {
            return Some(ErrorCode::LOCKED);
        }
        if self.restrictions(now_micros).any(|one| one.hits(draft)) {
            return Some(ErrorCode::RESTRICTED);
        }
        if self.marketing_elsewhere == Switch::On && draft.pricing == Some(Pricing::Marketing) {
            return Some(ErrorCode::MARKETING_ELSEWHERE);
        }
        self.number(id).and_then(|number| number.refusal(now_micros))
    }
}

impl Restriction {
    fn hits(&self, draft: &Draft) -> bool {
        let is_template = draft.template_name.is_some();
        match self.kind.as_str() {
            "RESTRICTED_BIZ_INITIATED_MESSAGING" => is_template,
            "RESTRICTED_CUSTOMER_INITIATED_MESSAGING" => !is_template,
            "RESTRICTED_UTILITY_TEMPLATES" => draft.pricing == Some(Pricing::Utility),
            _ => false,
        }
    }
}

impl NumberStanding {
    fn of(number: &Number) -> Self {
        Self {
            status: "CONNECTED".to_owned(),
            quality: Quality::Green,
            rate_per_second: number.rate_per_second,
            maintenance_ends_micros: i64::MIN,
            registrations_micros: Vec::new(),
        }
    }

    /// Why it cannot send now.
    pub(crate) fn refusal(&self, now_micros: i64) -> Option<ErrorCode> {
        if self.maintenance_ends_micros > now_micros {
            return Some(ErrorCode::MAINTENANCE);
        }
        match self.status.as_str() {
            "CONNECTED" => None,
            "RESTRICTED" | "RATE_LIMITED" | "FLAGGED" => Some(ErrorCode::SPAM_RATE_LIMIT),
            "BANNED" => Some(ErrorCode::LOCKED),
            _ => Some(ErrorCode::NOT_REGISTERED),
        }
    }

    /// Registers or deregisters it, so that it has this status.
    pub(crate) fn register(&mut self, status: &str, now_micros: i64) -> Result<(), ErrorCode> {
        self.registrations_micros.retain(|at| *at > now_micros - REGISTRATIONS_MICROS);
        if self.registrations_micros.len() >= REGISTRATIONS_LIMIT {
            return Err(ErrorCode::TOO_MANY_REGISTRATIONS);
        }
        self.registrations_micros.push(now_micros);
        status.clone_into(&mut self.status);
        Ok(())
    }
}
