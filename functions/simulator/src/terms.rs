//! What goes into the decision on a send, and what comes out.

use crate::arrival::{Answer, Named, Pricing, Wamid};
use crate::config::{Config, Number};
use crate::control::outcomes::Planned;
use crate::errors::ErrorCode;
use crate::manners::{Manners, Switch};

/// A send whose request is understood.
#[derive(Debug, Clone, Default)]
pub(crate) struct Draft {
    pub(crate) to: String,
    pub(crate) text: String,
    pub(crate) template_name: Option<String>,
    pub(crate) callback_data: Option<String>,
    pub(crate) pricing: Option<Pricing>,
    /// Whether it is a voice note.
    pub(crate) voice: Switch,
}

/// What the caller of a send is to be told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Verdict {
    Accepted { wamid: Wamid, answer: Answer, named: Option<Named> },
    Refused(ErrorCode),
}

/// What holds for a send beside the draft.
#[derive(Clone, Copy)]
pub(crate) struct Terms<'a> {
    pub(crate) config: &'a Config,
    pub(crate) manners: &'a Manners,
    pub(crate) number: &'a Number,
    pub(crate) rate_per_second: u32,
    pub(crate) messaging_limit: Option<u32>,
    /// What was asked to become of sends to certain people.
    pub(crate) outcomes: &'a [Planned],
}

impl Draft {
    /// What it costs; what is no template is service.
    pub(crate) fn pricing(&self) -> Pricing {
        self.pricing.unwrap_or(Pricing::Service)
    }
}
