//! What a deployment is told: names of its tables, queues and bucket, and the WhatsApp apps it speaks for.

use std::path::{Path, PathBuf};

use anyhow::Context;
use serde::{Deserialize, Serialize};

use crate::oidc::OidcConfig;

/// The configuration of every function. Read once, at the start.
#[derive(Debug, Clone)]
pub struct Config {
    /// Campaigns, channels, audiences, sessions, totals. `CONTROL_TABLE`.
    pub control_table: String,
    /// One item per recipient that was claimed. `MESSAGES_TABLE`.
    pub messages_table: String,
    /// The contact book. `CONTACTS_TABLE`.
    pub contacts_table: String,
    /// Uploads, audiences, rejects. `FILES_BUCKET`.
    pub files_bucket: String,
    /// Jobs for senders. `SEND_QUEUE_URL`.
    pub send_queue_url: String,
    /// Jobs that failed again and again. `SEND_DEAD_QUEUE_URL`.
    pub send_dead_queue_url: String,
    /// Campaigns that the dispatcher should look at now. `NUDGE_QUEUE_URL`.
    pub nudge_queue_url: String,
    /// Work on the contact book that takes longer than a request. `ERRAND_QUEUE_URL`.
    pub errand_queue_url: String,
    /// What the names of channels' own access tokens begin with in Secrets Manager. `TOKEN_PREFIX`.
    pub token_prefix: String,
    /// Campaigns whose people are wanted as a file. `EXPORT_QUEUE_URL`.
    pub export_queue_url: String,
    /// Events on their way to webhooks. `HOOK_QUEUE_URL`.
    pub hook_queue_url: String,
    /// The sender of notices by mail, which SES has verified. `MAIL_FROM`; empty: no mail.
    pub mail_from: Option<String>,
    /// The WhatsApp apps. `WHATSAPP_APPS`: a JSON array.
    pub apps: Vec<WhatsAppApp>,
    /// Where recipients reach the API for tracked links, where a workspace does not say. `LINK_ORIGIN`, if any.
    pub link_origin: Option<String>,
    /// The identity provider. `OIDC_ISSUER`, `OIDC_CLIENT_ID` and `OIDC_REDIRECT_URL`: all or none.
    pub oidc: Option<OidcConfig>,
    /// Who becomes the first owner by signing in with the identity provider, in lower case. `OWNER_EMAIL`.
    pub owner_email: Option<String>,
}

/// Where the dashboard's built files are, for the function that serves them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DashboardConfig {
    /// Their folder. `DASHBOARD_FOLDER`, below the function's package.
    pub folder: PathBuf,
    /// `https://host` of the bucket that uploads are put into. `UPLOADS_ORIGIN`.
    pub uploads_origin: String,
}

impl DashboardConfig {
    /// From the environment of a Lambda function; nothing where none is served.
    pub fn from_env() -> anyhow::Result<Option<DashboardConfig>> {
        let Some(folder) = given("DASHBOARD_FOLDER") else { return Ok(None) };
        let package = variable("LAMBDA_TASK_ROOT")?;
        Ok(Some(DashboardConfig {
            folder: Path::new(&package).join(folder),
            uploads_origin: variable("UPLOADS_ORIGIN")?,
        }))
    }
}

/// One app at Meta: what calls carry and what webhooks are checked with.
#[derive(Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct WhatsAppApp {
    /// Meta's id of the app; the last part of the webhook's path.
    pub app_id: String,
    /// Signs webhooks.
    pub app_secret: String,
    /// Answers the webhook's handshake.
    pub verify_token: String,
    /// Bearer of every call.
    pub access_token: String,
    /// Where the Cloud API is, without the version.
    #[serde(default = "default_api_url")]
    pub api_url: String,
    /// Graph API version.
    #[serde(default = "default_api_version")]
    pub api_version: String,
}

impl std::fmt::Debug for WhatsAppApp {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("WhatsAppApp")
            .field("app_id", &self.app_id)
            .field("api_url", &self.api_url)
            .finish_non_exhaustive()
    }
}

fn default_api_url() -> String {
    "https://graph.facebook.com".to_owned()
}

/// v25.0 is usable until July 2028 (Meta's change log, October 2026).
fn default_api_version() -> String {
    "v25.0".to_owned()
}

impl Config {
    /// From the environment of a Lambda function.
    pub fn from_env() -> anyhow::Result<Config> {
        let apps = variable("WHATSAPP_APPS")?;
        Ok(Config {
            control_table: variable("CONTROL_TABLE")?,
            messages_table: variable("MESSAGES_TABLE")?,
            contacts_table: variable("CONTACTS_TABLE")?,
            files_bucket: variable("FILES_BUCKET")?,
            send_queue_url: variable("SEND_QUEUE_URL")?,
            send_dead_queue_url: variable("SEND_DEAD_QUEUE_URL")?,
            nudge_queue_url: variable("NUDGE_QUEUE_URL")?,
            errand_queue_url: variable("ERRAND_QUEUE_URL")?,
            token_prefix: variable("TOKEN_PREFIX")?,
            export_queue_url: variable("EXPORT_QUEUE_URL")?,
            hook_queue_url: variable("HOOK_QUEUE_URL")?,
            mail_from: Some(variable("MAIL_FROM")?).filter(|from| !from.is_empty()),
            apps: serde_json::from_str(&apps).context("WHATSAPP_APPS is not a JSON array of apps")?,
            link_origin: given("LINK_ORIGIN"),
            oidc: oidc()?,
            owner_email: given("OWNER_EMAIL").map(|email| email.trim().to_lowercase()),
        })
    }

    /// The app with this id.
    pub fn app(&self, app_id: &str) -> Option<&WhatsAppApp> {
        self.apps.iter().find(|app| app.app_id == app_id)
    }
}

fn oidc() -> anyhow::Result<Option<OidcConfig>> {
    if given("OIDC_ISSUER").is_none() {
        return Ok(None);
    }
    Ok(Some(OidcConfig {
        issuer: variable("OIDC_ISSUER")?,
        client_id: variable("OIDC_CLIENT_ID")?,
        redirect_url: variable("OIDC_REDIRECT_URL")?,
    }))
}

/// A variable that need not be there; nothing is the same as an empty one.
fn given(name: &str) -> Option<String> {
    std::env::var(name).ok().filter(|value| !value.is_empty())
}

fn variable(name: &str) -> anyhow::Result<String> {
    std::env::var(name).with_context(|| format!("the environment variable {name} is not set"))
}
