//! Who may call the API: sessions and bearer tokens, and the one-time codes that sessions begin with.
//!
//! Only hashes are stored: who reads the table can sign in as nobody.

use anyhow::Context;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use wire::WorkspaceId;

use super::table::{self, Item, text};
use crate::App;
use crate::app::random;

/// How long a browser stays signed in.
pub const SESSION_DAYS: i64 = 30;

/// How long a printed sign-in link works.
pub const SIGN_IN_HOURS: i64 = 12;

/// What a secret opens.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct AccessRecord {
    /// The workspace that it opens.
    pub workspace_id: WorkspaceId,
    /// Its name.
    pub workspace_name: String,
    /// Seconds since 1970; also the table's time to live. Nothing: until it is taken away.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expires_at: Option<i64>,
}

/// What a secret is for; a code never works as a token.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Purpose {
    /// A session's cookie or an API client's bearer token.
    Token,
    /// A sign-in link's code; works once.
    SignIn,
}

fn keys(purpose: Purpose, secret: &str) -> (String, &'static str) {
    let sort = match purpose {
        Purpose::Token => "token",
        Purpose::SignIn => "signIn",
    };
    (format!("access#{}", hex::encode(Sha256::digest(secret.as_bytes()))), sort)
}

/// Makes a secret and stores its hash.
pub async fn grant(app: &App, purpose: Purpose, record: &AccessRecord) -> anyhow::Result<String> {
    let secret = hex::encode(random::<32>()?);
    store(app, purpose, &secret, record).await?;
    Ok(secret)
}

/// Stores the hash of a secret that was made elsewhere.
pub async fn store(app: &App, purpose: Purpose, secret: &str, record: &AccessRecord) -> anyhow::Result<()> {
    let (pk, sk) = keys(purpose, secret);
    app.dynamodb
        .put_item()
        .table_name(&app.config.control_table)
        .set_item(Some(table::to_item(record, &pk, sk)?))
        .send()
        .await
        .context("storing an access secret")?;
    Ok(())
}

/// What a token opens now; nothing when it is unknown or has expired.
pub async fn find_token(app: &App, secret: &str) -> anyhow::Result<Option<AccessRecord>> {
    let (pk, sk) = keys(Purpose::Token, secret);
    let record: Option<AccessRecord> = table::get(&app.dynamodb, &app.config.control_table, &pk, sk).await?;
    let now = app.clock.now_millis() / 1_000;
    Ok(record.filter(|record| record.expires_at.is_none_or(|at| at > now)))
}

/// Takes a token away.
pub async fn revoke_token(app: &App, secret: &str) -> anyhow::Result<()> {
    take(app, Purpose::Token, secret).await.map(|_| ())
}

/// Uses a sign-in code up; nothing when it is unknown, spent or expired.
pub async fn spend_sign_in(app: &App, code: &str) -> anyhow::Result<Option<AccessRecord>> {
    let now = app.clock.now_millis() / 1_000;
    let Some(item) = take(app, Purpose::SignIn, code).await? else { return Ok(None) };
    let record: AccessRecord = table::from_item(item)?;
    Ok(Some(record).filter(|record| record.expires_at.is_none_or(|at| at > now)))
}

/// Deletes the secret's item and returns it: of many callers at once one gets it.
async fn take(app: &App, purpose: Purpose, secret: &str) -> anyhow::Result<Option<Item>> {
    let (pk, sk) = keys(purpose, secret);
    let output = app
        .dynamodb
        .delete_item()
        .table_name(&app.config.control_table)
        .key("pk", text(pk))
        .key("sk", text(sk))
        .return_values(aws_sdk_dynamodb::types::ReturnValue::AllOld)
        .send()
        .await
        .context("taking an access secret")?;
    Ok(output.attributes)
}

/// Milliseconds of a session from `now_millis`, as its record's expiry in seconds.
pub fn expires_in_days(now_millis: i64, days: i64) -> Option<i64> {
    Some(now_millis / 1_000 + days * 86_400)
}

/// The same in hours.
pub fn expires_in_hours(now_millis: i64, hours: i64) -> Option<i64> {
    Some(now_millis / 1_000 + hours * 3_600)
}
