//! How WhatsApp behaves beyond the table of recipients: what it enforces, how often it fails by chance, and how badly
//! its webhooks come. Everything is off by default; a profile turns a choice of it on, at the start or while it runs.

use anyhow::ensure;
use serde::{Deserialize, Serialize};

use crate::config::Delay;

/// The manners; shares are from 0 to 1 and hit only people whose number has no behaviour of its own.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "camelCase")]
pub struct Manners {
    /// Whether a message that is no template needs an open 24-hour window; without one it is accepted and fails with
    /// 131047. A window opens when the person writes through `POST /simulator/inbound`. What a test posts to the product
    /// by itself opens none, so the default is `ignored`: confirmations of such messages go through. The profiles
    /// `realistic` and `storm` enforce it, as Meta does.
    pub service_windows: Enforcement,
    /// Whether one number may write to one person only 45 times at once and then once in 6 seconds; more is refused
    /// with 131056.
    pub pair_limit: Enforcement,
    /// Whether marketing to numbers of the United States is accepted and fails with 131049.
    pub us_marketing_pause: Enforcement,
    /// Whether `wa_id` and `recipient_id` take the other form of Brazilian and Mexican numbers.
    pub rewrite_wa_ids: Switch,
    /// Sends refused at once with a code that says "later": 130429, 80007, 131016, 131000 or 2.
    pub refusal_share: f64,
    /// Accepted, then failed with 131026.
    pub undeliverable_share: f64,
    /// Marketing accepted, then failed with 131049.
    pub marketing_cap_share: f64,
    /// Marketing accepted, then failed with 130472.
    pub experiment_share: f64,
    /// Answered with `held_for_quality_assessment`, then delivered.
    pub held_share: f64,
    /// Delivered and never read.
    pub never_read_share: f64,
    /// Accepted, yet answered with HTTP 500.
    pub server_error_after_accept_share: f64,
    /// People with a username: their statuses carry no phone number.
    pub username_share: f64,
    /// Messages whose statuses come in another order.
    pub shuffle_share: f64,
    /// Statuses, and inbound messages, that come twice.
    pub duplicate_share: f64,
    /// Statuses that never come.
    pub drop_share: f64,
    /// From a status to its webhook, beside the gathering.
    pub webhook_delay: Delay,
    /// The unit of `timestamp`.
    pub timestamps: Timestamps,
    /// Whether statuses carry `conversation`, as they do before v24.0.
    pub conversation: Switch,
    /// Whether the people of `sent`, `delivered` and `read` stand beside them in `contacts`, as since 2026.
    pub status_contacts: Switch,
}

/// Whether a rule of Meta's is enforced.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Enforcement {
    /// As Meta does.
    Enforced,
    /// As if there were no such rule.
    Ignored,
}

/// Whether something is done.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Switch {
    /// It is.
    On,
    /// It is not.
    #[default]
    Off,
}

/// The unit of a status's timestamp.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Timestamps {
    /// As Meta documents.
    Seconds,
    /// As some have seen.
    Milliseconds,
}

/// A choice of manners with a name.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Profile {
    /// The manners of the configuration, by default none at all.
    #[default]
    Calm,
    /// What an account in good standing meets on an ordinary day.
    Realistic,
    /// Much of everything.
    Storm,
}

impl Profile {
    /// The manners of this profile; those of the configuration for `calm`.
    pub fn manners(self, calm: &Manners) -> Manners {
        match self {
            Self::Calm => calm.clone(),
            Self::Realistic => Manners {
                service_windows: Enforcement::Enforced,
                pair_limit: Enforcement::Enforced,
                us_marketing_pause: calm.us_marketing_pause,
                rewrite_wa_ids: Switch::On,
                undeliverable_share: 0.02,
                marketing_cap_share: 0.01,
                experiment_share: 0.002,
                never_read_share: 0.3,
                server_error_after_accept_share: 0.001,
                username_share: 0.02,
                shuffle_share: 0.01,
                duplicate_share: 0.01,
                drop_share: 0.001,
                webhook_delay: Delay::between(0, 1_500),
                status_contacts: Switch::On,
                ..Manners::default()
            },
            Self::Storm => Manners {
                service_windows: Enforcement::Enforced,
                pair_limit: Enforcement::Enforced,
                us_marketing_pause: calm.us_marketing_pause,
                rewrite_wa_ids: Switch::On,
                refusal_share: 0.1,
                undeliverable_share: 0.1,
                marketing_cap_share: 0.1,
                experiment_share: 0.02,
                held_share: 0.05,
                never_read_share: 0.5,
                server_error_after_accept_share: 0.02,
                username_share: 0.2,
                shuffle_share: 0.3,
                duplicate_share: 0.3,
                drop_share: 0.02,
                webhook_delay: Delay::between(0, 10_000),
                timestamps: Timestamps::Milliseconds,
                conversation: Switch::On,
                status_contacts: Switch::On,
            },
        }
    }
}

impl Manners {
    /// Says what is wrong with the values.
    pub fn check(&self) -> anyhow::Result<()> {
        let shares = [
            ("refusalShare", self.refusal_share),
            ("undeliverableShare", self.undeliverable_share),
            ("marketingCapShare", self.marketing_cap_share),
            ("experimentShare", self.experiment_share),
            ("heldShare", self.held_share),
            ("neverReadShare", self.never_read_share),
            ("serverErrorAfterAcceptShare", self.server_error_after_accept_share),
            ("usernameShare", self.username_share),
            ("shuffleShare", self.shuffle_share),
            ("duplicateShare", self.duplicate_share),
            ("dropShare", self.drop_share),
        ];
        for (name, share) in shares {
            ensure!((0.0..=1.0).contains(&share), "{name}: {share} is not 0 to 1");
        }
        ensure!(self.webhook_delay.min_ms <= self.webhook_delay.max_ms, "webhookDelay: minMs is above maxMs");
        Ok(())
    }

    /// Whether nothing here is left to chance.
    pub(crate) fn is_certain(&self) -> bool {
        *self
            == Self {
                service_windows: self.service_windows,
                pair_limit: self.pair_limit,
                us_marketing_pause: self.us_marketing_pause,
                rewrite_wa_ids: self.rewrite_wa_ids,
                timestamps: self.timestamps,
                conversation: self.conversation,
                status_contacts: self.status_contacts,
                ..Self::default()
            }
    }
}

impl Default for Manners {
    fn default() -> Self {
        Self {
            service_windows: Enforcement::Ignored,
            pair_limit: Enforcement::Ignored,
            us_marketing_pause: Enforcement::Ignored,
            rewrite_wa_ids: Switch::Off,
            refusal_share: 0.0,
            undeliverable_share: 0.0,
            marketing_cap_share: 0.0,
            experiment_share: 0.0,
            held_share: 0.0,
            never_read_share: 0.0,
            server_error_after_accept_share: 0.0,
            username_share: 0.0,
            shuffle_share: 0.0,
            duplicate_share: 0.0,
            drop_share: 0.0,
            webhook_delay: Delay::NONE,
            timestamps: Timestamps::Seconds,
            conversation: Switch::Off,
            status_contacts: Switch::Off,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_profile_passes_its_own_check_and_only_calm_is_certain() {
        let calm = Manners::default();
        for (profile, certain) in [(Profile::Calm, true), (Profile::Realistic, false), (Profile::Storm, false)] {
            let manners = profile.manners(&calm);
            manners.check().unwrap();
            assert_eq!(manners.is_certain(), certain, "{profile:?}");
        }
    }

    #[test]
    fn a_share_above_one_is_named() {
        let wrong = Manners { drop_share: 1.5, ..Manners::default() };
        assert!(wrong.check().unwrap_err().to_string().contains("dropShare"));
    }
}
