//! What every handler is given: clients, configuration, time and chance.

use std::sync::{Arc, Mutex, PoisonError};

use anyhow::Context;
use aws_smithy_http_client::tls::{self, rustls_provider::CryptoMode};
use rand::rngs::ChaCha8Rng;
use rand::{Rng, SeedableRng};
use ulid::Ulid;

use crate::api::Throttle;
use crate::clock::Clock;
use crate::cloud_api::CloudApi;
use crate::config::Config;
use crate::fetch::{Fetcher, Reach};
use crate::load::Load;
use crate::mail::Mail;
use crate::oidc::Oidc;
use crate::storage::known::Known;
use crate::storage::numbers::Numbers;

/// The running product: shared by all handlers, cheap to clone.
#[derive(Clone)]
pub struct App {
    /// DynamoDB.
    pub dynamodb: aws_sdk_dynamodb::Client,
    /// SQS.
    pub sqs: aws_sdk_sqs::Client,
    /// S3.
    pub s3: aws_sdk_s3::Client,
    /// Secrets Manager: access tokens that channels brought along.
    pub secrets: aws_sdk_secretsmanager::Client,
    /// WhatsApp.
    pub cloud_api: CloudApi,
    /// Files that lie elsewhere.
    pub fetcher: Fetcher,
    /// Mail to the people of workspaces.
    pub mail: Mail,
    /// The identity provider of the people who work with it, if there is one.
    pub oidc: Option<Arc<Oidc>>,
    /// How often callers may ask.
    pub throttle: Arc<Throttle>,
    /// Names and secrets.
    pub config: Arc<Config>,
    /// The time.
    pub clock: Clock,
    /// Chance.
    pub chance: Chance,
    /// How this process keeps up.
    pub load: Arc<Load>,
    /// Channels that were asked for lately.
    pub numbers: Arc<Numbers>,
    /// What was read of workspaces lately.
    pub known: Arc<Known>,
}

impl App {
    /// The app of a Lambda function: configuration from the environment, credentials from the role.
    pub async fn from_env() -> anyhow::Result<App> {
        let config = Config::from_env()?;
        let http =
            aws_smithy_http_client::Builder::new().tls_provider(tls::Provider::Rustls(CryptoMode::Ring)).build_https();
        let sdk = aws_config::defaults(aws_config::BehaviorVersion::latest()).http_client(http).load().await;
        Ok(App {
            dynamodb: aws_sdk_dynamodb::Client::new(&sdk),
            sqs: aws_sdk_sqs::Client::new(&sdk),
            s3: aws_sdk_s3::Client::new(&sdk),
            secrets: aws_sdk_secretsmanager::Client::new(&sdk),
            cloud_api: CloudApi::new()?,
            fetcher: Fetcher::new(Reach::Public)?,
            mail: mail(&config, &sdk),
            oidc: config.oidc.clone().map(|oidc| Oidc::new(oidc).map(Arc::new)).transpose()?,
            throttle: Arc::default(),
            config: Arc::new(config),
            clock: Clock::System,
            chance: Chance::Machine,
            load: Arc::default(),
            numbers: Arc::default(),
            known: Arc::default(),
        })
    }

    /// A new id, sortable by time.
    pub fn new_id(&self) -> anyhow::Result<String> {
        let millis = u64::try_from(self.clock.now_millis()).unwrap_or_default();
        Ok(Ulid::from_parts(millis, u128::from_le_bytes(self.chance.bytes()?)).to_string())
    }
}

/// Mail as the deployment is told.
fn mail(config: &Config, sdk: &aws_config::SdkConfig) -> Mail {
    match &config.mail_from {
        Some(from) => Mail::Ses { client: aws_sdk_sesv2::Client::new(sdk), from: from.clone() },
        None => Mail::Nowhere,
    }
}

/// Where chance comes from.
#[derive(Clone)]
pub enum Chance {
    /// The machine: bytes that nobody can guess.
    Machine,
    /// A seed, for runs that must come out the same again. Never where a secret is made for somebody.
    Seeded(Arc<Mutex<ChaCha8Rng>>),
}

impl Chance {
    /// Chance that comes out the same for the same seed and the same order of questions.
    pub fn seeded(seed: u64) -> Chance {
        Chance::Seeded(Arc::new(Mutex::new(ChaCha8Rng::seed_from_u64(seed))))
    }

    /// Some bytes.
    pub fn bytes<const N: usize>(&self) -> anyhow::Result<[u8; N]> {
        match self {
            Chance::Machine => random(),
            Chance::Seeded(seeded) => {
                let mut bytes = [0u8; N];
                seeded.lock().unwrap_or_else(PoisonError::into_inner).fill_bytes(&mut bytes);
                Ok(bytes)
            }
        }
    }
}

/// Bytes that nobody can guess.
pub fn random<const N: usize>() -> anyhow::Result<[u8; N]> {
    let mut bytes = [0u8; N];
    getrandom::fill(&mut bytes).ok().context("the machine gives no random bytes")?;
    Ok(bytes)
}
