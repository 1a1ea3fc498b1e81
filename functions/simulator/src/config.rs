//! What the simulated account looks like and how it behaves: the first thing a host of the simulator writes.

use std::fmt;
use std::path::PathBuf;

use anyhow::ensure;
use serde::{Deserialize, Serialize};

use crate::errors::ErrorCode;
use crate::manners::{Manners, Profile, Switch};

/// Meta puts at most this many updates into one webhook (facts of December 2025).
pub const WEBHOOK_BATCH_LIMIT: usize = 1_000;
/// The highest throughput Meta gives a number, messages per second.
pub const RATE_LIMIT_PER_SECOND: u32 = 1_000;

/// Everything that can be set; each field has a default that works on a laptop.
#[derive(Clone, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "camelCase")]
pub struct Config {
    /// The only bearer token that is accepted.
    pub access_token: String,
    /// The app whose webhooks these are.
    pub app_id: String,
    /// The key of `X-Hub-Signature-256`.
    pub app_secret: String,
    /// Sent as `hub.verify_token` when the callback is verified.
    pub verify_token: String,
    /// Where statuses are posted, `http://…`; without it they wait.
    pub callback_url: Option<String>,
    /// The WhatsApp Business Account.
    pub waba_id: String,
    /// The business portfolio that owns the account.
    pub portfolio_id: String,
    /// Most people that the portfolio's numbers may write to in any 24 hours; absent: no limit. More is refused with
    /// 131048 (Meta names no code of its own for it; this one is seen in practice).
    pub messaging_limit: Option<u32>,
    /// The numbers of the account, at least one.
    pub numbers: Vec<Number>,
    /// How long an answer to a send takes, milliseconds.
    pub answer_delay_ms: u64,
    /// From acceptance to `sent`.
    pub sent_delay: Delay,
    /// From `sent` to `delivered`; also from acceptance to `failed`.
    pub delivered_delay: Delay,
    /// From `delivered` to `read`.
    pub read_delay: Delay,
    /// The share of people who read, 0 to 1, among those whose number has no behaviour of its own.
    pub read_share: f64,
    /// Most statuses in one webhook, 1 to 1,000.
    pub webhook_batch_max: usize,
    /// Statuses become due at multiples of this many milliseconds, so that neighbours share a webhook.
    pub webhook_gather_ms: u64,
    /// Most webhooks on their way at the same time.
    pub webhook_connections: usize,
    /// Whether statuses carry the business-scoped user id.
    pub user_ids: UserIds,
    /// The durable log; without it everything is forgotten at the end. Above 64 MB its older half goes, as far as it is more
    /// than a day older than the newest send and all told.
    pub log_path: Option<PathBuf>,
    /// Decides every random delay, who reads, and the message ids.
    pub seed: u64,
    /// What its clock shows at the start, unix microseconds; without it, the machine's time. With the same seed and a
    /// paused clock, a run comes out the same again.
    pub starts_at_micros: Option<i64>,
    /// Times in which some sends are refused, whoever the recipient is.
    pub storms: Vec<Storm>,
    /// Whether marketing may only go to `/marketing_messages`; on `/messages` it is refused with 131063.
    pub disable_marketing_messages_on_cloud_api: Switch,
    /// Whether the account may use `/marketing_messages`; else each is refused with 134102.
    pub marketing_messages_onboarded: Switch,
    /// From a template's approval until `/marketing_messages` takes it, milliseconds; before, 134101. Meta says up to ten
    /// minutes. Only for templates that were created here.
    pub marketing_sync_ms: u64,
    /// From a template's creation or edit to the end of its review, milliseconds.
    pub review_delay_ms: u64,
    /// A choice of manners with a name; one that is not `calm` stands above `manners`.
    pub profile: Profile,
    /// What it enforces, how often it fails by chance, and how badly its webhooks come.
    pub manners: Manners,
}

/// A time in which some sends are refused with one code and reach nobody.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct Storm {
    /// When it begins, milliseconds after the simulator's start.
    pub after_ms: u64,
    /// How long it lasts, milliseconds.
    pub for_ms: u64,
    /// How many of a thousand sends are refused.
    pub per_mille: u32,
    /// With which code.
    pub code: ErrorCode,
    /// What `Retry-After` says, if it is there.
    #[serde(default)]
    pub retry_after_seconds: Option<u64>,
}

/// One business phone number.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "camelCase")]
pub struct Number {
    /// Meta's id, the one in the path.
    pub phone_number_id: String,
    /// The number as people see it, digits.
    pub display_phone_number: String,
    /// The name people see.
    pub verified_name: String,
    /// Messages accepted in any sliding second; more is refused with 130429.
    pub rate_per_second: u32,
    /// The people that a test number may write to, digits; others are refused with 131030. Absent: no test number.
    pub allow_list: Option<Vec<String>>,
}

/// A random wait between two bounds, both included, in milliseconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct Delay {
    /// The shortest wait.
    pub min_ms: u64,
    /// The longest wait.
    pub max_ms: u64,
}

/// Whether statuses carry `recipient_user_id` (Meta's webhooks do since April 2026).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum UserIds {
    /// In every status except `failed`, as Meta does.
    Shown,
    /// In none, as before April 2026.
    Hidden,
}

impl Config {
    /// Says what is wrong with the values, before anything starts.
    pub fn check(&self) -> anyhow::Result<()> {
        ensure!(!self.numbers.is_empty(), "numbers: at least one is needed");
        for (index, number) in self.numbers.iter().enumerate() {
            let rate = number.rate_per_second;
            ensure!(
                (1..=RATE_LIMIT_PER_SECOND).contains(&rate),
                "ratePerSecond of {}: {rate} is not 1 to {RATE_LIMIT_PER_SECOND}",
                number.phone_number_id
            );
            let again = self.numbers[..index].iter().any(|other| other.phone_number_id == number.phone_number_id);
            ensure!(!again, "phoneNumberId {} appears twice", number.phone_number_id);
        }
        ensure!((0.0..=1.0).contains(&self.read_share), "readShare: {} is not 0 to 1", self.read_share);
        ensure!(
            (1..=WEBHOOK_BATCH_LIMIT).contains(&self.webhook_batch_max),
            "webhookBatchMax: {} is not 1 to {WEBHOOK_BATCH_LIMIT}",
            self.webhook_batch_max
        );
        ensure!(self.webhook_connections >= 1, "webhookConnections: at least one is needed");
        for (name, delay) in
            [("sentDelay", self.sent_delay), ("deliveredDelay", self.delivered_delay), ("readDelay", self.read_delay)]
        {
            ensure!(delay.min_ms <= delay.max_ms, "{name}: minMs is above maxMs");
        }
        self.manners.check()
    }
}

impl Default for Config {
    /// One number with the ids of Meta's own samples.
    fn default() -> Self {
        Self {
            access_token: "simulator-access-token".to_owned(),
            app_id: "634974688087057".to_owned(),
            app_secret: "simulator-app-secret".to_owned(),
            verify_token: "simulator-verify-token".to_owned(),
            callback_url: None,
            waba_id: "102290129340398".to_owned(),
            portfolio_id: "506914307656634".to_owned(),
            messaging_limit: None,
            numbers: vec![Number::default()],
            answer_delay_ms: 20,
            sent_delay: Delay::between(50, 300),
            delivered_delay: Delay::between(300, 2_000),
            read_delay: Delay::between(1_000, 8_000),
            read_share: 1.0,
            webhook_batch_max: 100,
            webhook_gather_ms: 20,
            webhook_connections: 8,
            user_ids: UserIds::Shown,
            log_path: None,
            seed: 1,
            starts_at_micros: None,
            storms: Vec::new(),
            disable_marketing_messages_on_cloud_api: Switch::Off,
            marketing_messages_onboarded: Switch::On,
            marketing_sync_ms: 0,
            review_delay_ms: 5_000,
            profile: Profile::Calm,
            manners: Manners::default(),
        }
    }
}

impl Default for Number {
    fn default() -> Self {
        Self {
            phone_number_id: "106540352242922".to_owned(),
            display_phone_number: "15550783881".to_owned(),
            verified_name: "Lucky Shrub".to_owned(),
            rate_per_second: 80,
            allow_list: None,
        }
    }
}

impl Delay {
    /// A wait from `min_ms` to `max_ms`.
    pub const fn between(min_ms: u64, max_ms: u64) -> Self {
        Self { min_ms, max_ms }
    }

    /// No wait at all.
    pub const NONE: Self = Self::between(0, 0);
}

/// Secrets stay out of logs.
impl fmt::Debug for Config {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Config")
            .field("waba_id", &self.waba_id)
            .field("numbers", &self.numbers)
            .field("callback_url", &self.callback_url)
            .field("log_path", &self.log_path)
            .field("seed", &self.seed)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_default_passes_its_own_check_and_survives_json() {
        let config = Config::default();
        config.check().unwrap();
        let json = serde_json::to_string(&config).unwrap();
        let back: Config = serde_json::from_str(&json).unwrap();
        assert_eq!(back.numbers, config.numbers);
        assert_eq!(back.sent_delay, config.sent_delay);
    }

    #[test]
    fn values_out_of_bounds_are_named() {
        let wrong = |change: fn(&mut Config)| {
            let mut config = Config::default();
            change(&mut config);
            config.check().unwrap_err().to_string()
        };
        assert!(wrong(|config| config.webhook_batch_max = 1_001).contains("webhookBatchMax"));
        assert!(wrong(|config| config.read_share = 1.5).contains("readShare"));
        assert!(wrong(|config| config.numbers.push(Number::default())).contains("twice"));
        assert!(wrong(|config| config.numbers.clear()).contains("numbers"));
        assert!(wrong(|config| config.read_delay = Delay::between(2, 1)).contains("readDelay"));
        assert!(wrong(|config| config.numbers[0].rate_per_second = 0).contains("ratePerSecond"));
    }

    #[test]
    fn secrets_are_not_printed() {
        assert!(!format!("{:?}", Config::default()).contains("secret"));
    }
}
