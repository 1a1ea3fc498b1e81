//! Tokens of other systems, and the one-time codes that sessions begin with.
//!
//! Only hashes are stored: who reads the table can sign in as nobody.

use anyhow::Context;
use aws_sdk_dynamodb::types::{Delete, Put, TransactWriteItem};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use wire::{MemberId, Role, Scope, TokenId, WorkspaceId};

use super::table::{self, Item, Written, text};
use crate::App;
use crate::app::random;

/// How long a sign-in link works.
pub const SIGN_IN_HOURS: i64 = 12;

/// Most tokens of a workspace: they are read in one go.
pub const MOST_TOKENS: usize = 200;

/// What a secret opens.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct AccessRecord {
    /// The workspace that it opens.
    pub workspace_id: WorkspaceId,
    /// Its name.
    pub workspace_name: String,
    /// What its bearer may do. A secret from before there were roles may do everything, as it always could.
    #[serde(default = "everything")]
    pub role: Role,
    /// To what a token is narrowed beside its role; nothing: not at all.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub scopes: Option<Vec<Scope>>,
    /// Who uses it, for audits; absent: the workspace.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// Whom a sign-in code signs in; absent: the first owner.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub member_id: Option<MemberId>,
    /// The id under which a token is listed, absent for one that is not; of a sign-in code the token that made it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub token_id: Option<TokenId>,
    /// The member who made a token, or made the token that made it, or made a sign-in code; absent where not known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub created_by: Option<MemberId>,
    /// Seconds since 1970; also the table's time to live. Nothing: until it is taken away.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expires_at: Option<i64>,
}

/// What is kept of an API token beside its hash. Times are milliseconds since 1970.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct TokenRecord {
    /// Its id.
    pub id: TokenId,
    /// What people call it.
    pub name: String,
    /// What it may do.
    pub role: Role,
    /// To what it is narrowed beside its role; nothing: not at all.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub scopes: Option<Vec<Scope>>,
    /// Who made it, by name.
    pub created_by: String,
    /// The member who made it, or made the token that made it; absent where that is not known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub maker: Option<MemberId>,
    /// When.
    pub created_at: i64,
    /// Until when it works.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub works_until: Option<i64>,
    /// Where its secret's item is.
    hash: String,
}

/// What a secret is for; a code never works as a token.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Purpose {
    /// An API client's bearer token.
    Token,
    /// A sign-in link's code; works once.
    SignIn,
}

impl Purpose {
    fn sort_key(self) -> &'static str {
        match self {
            Purpose::Token => "token",
            Purpose::SignIn => "signIn",
        }
    }
}

impl AccessRecord {
    /// Everything of a workspace, for ever.
    pub fn owner(workspace_id: WorkspaceId, workspace_name: &str) -> AccessRecord {
        AccessRecord {
            workspace_id,
            workspace_name: workspace_name.to_owned(),
            role: Role::Owner,
            scopes: None,
            name: None,
            member_id: None,
            token_id: None,
            created_by: None,
            expires_at: None,
        }
    }

    /// The same until a time, in seconds since 1970.
    #[must_use]
    pub fn until(self, expires_at: i64) -> AccessRecord {
        AccessRecord { expires_at: Some(expires_at), ..self }
    }

    /// The same for a role.
    #[must_use]
    pub fn with(self, role: Role) -> AccessRecord {
        AccessRecord { role, ..self }
    }
}

fn everything() -> Role {
    Role::Owner
}

fn hash(secret: &str) -> String {
    hex::encode(Sha256::digest(secret.as_bytes()))
}

fn keys(purpose: Purpose, hash: &str) -> (String, &'static str) {
    (format!("access#{hash}"), purpose.sort_key())
}

fn token_keys(workspace: WorkspaceId, id: &TokenId) -> (String, String) {
    (format!("workspace#{workspace}"), format!("token#{id}"))
}

/// Makes a secret and stores its hash.
pub async fn grant(app: &App, purpose: Purpose, record: &AccessRecord) -> anyhow::Result<String> {
    let secret = hex::encode(random::<32>()?);
    store(app, purpose, &secret, record).await?;
    Ok(secret)
}

/// Stores the hash of a secret that was made elsewhere.
pub async fn store(app: &App, purpose: Purpose, secret: &str, record: &AccessRecord) -> anyhow::Result<()> {
    let (pk, sk) = keys(purpose, &hash(secret));
    app.dynamodb
        .put_item()
        .table_name(&app.config.control_table)
        .set_item(Some(table::to_item(record, &pk, sk)?))
        .send()
        .await
        .context("storing an access secret")?;
    Ok(())
}

/// Makes an API token that is listed and can be revoked.
pub async fn grant_token(app: &App, access: &AccessRecord, kept: TokenRecord) -> anyhow::Result<(String, TokenRecord)> {
    let secret = format!("cmp_{}", hex::encode(random::<32>()?));
    let kept = TokenRecord { hash: hash(&secret), ..kept };
    let (pk, sk) = keys(Purpose::Token, &kept.hash);
    let (listed_pk, listed_sk) = token_keys(access.workspace_id, &kept.id);
    let put = |item: Item| {
        let put = Put::builder().table_name(&app.config.control_table).set_item(Some(item)).build();
        anyhow::Ok(TransactWriteItem::builder().put(put.context("a token lacks a field")?).build())
    };
    let writes = vec![put(table::to_item(access, &pk, sk)?)?, put(table::to_item(&kept, &listed_pk, &listed_sk)?)?];
    match table::transact(app, writes, "writing an API token").await? {
        Written::Done | Written::ConditionFailed => Ok((secret, kept)),
    }
}

/// The API tokens of a workspace, oldest first.
pub async fn tokens(app: &App, workspace: WorkspaceId) -> anyhow::Result<Vec<TokenRecord>> {
    let query = app.dynamodb.query().table_name(&app.config.control_table).consistent_read(true);
    let query = query.key_condition_expression("pk = :pk AND begins_with(sk, :sk)");
    let query = query.expression_attribute_values(":pk", text(format!("workspace#{workspace}")));
    let output = query.expression_attribute_values(":sk", text("token#")).send().await.context("listing tokens")?;
    let items = output.items.unwrap_or_default();
    let kept = items.into_iter().map(table::from_item).collect::<anyhow::Result<Vec<TokenRecord>>>()?;
    futures::future::try_join_all(kept.into_iter().map(|kept| with_maker(app, kept))).await
}

/// The same with its maker: of a token from before the list named makers, only what it opens does.
async fn with_maker(app: &App, kept: TokenRecord) -> anyhow::Result<TokenRecord> {
    if kept.maker.is_some() {
        return Ok(kept);
    }
    let (pk, sk) = keys(Purpose::Token, &kept.hash);
    let opens: Option<AccessRecord> = table::get(&app.dynamodb, &app.config.control_table, &pk, sk).await?;
    Ok(TokenRecord { maker: opens.and_then(|opens| opens.created_by), ..kept })
}

/// The API tokens that a member made, or that such a token made, and that still work; oldest first.
pub async fn working_tokens_of(
    app: &App,
    workspace: WorkspaceId,
    maker: &MemberId,
) -> anyhow::Result<Vec<TokenRecord>> {
    let now = app.clock.now_millis();
    let works = |token: &TokenRecord| token.works_until.is_none_or(|until| until > now);
    let theirs = |token: &TokenRecord| token.maker.as_ref() == Some(maker);
    Ok(tokens(app, workspace).await?.into_iter().filter(|token| theirs(token) && works(token)).collect())
}

/// Whether an API token that is listed works now.
pub async fn is_working(app: &App, workspace: WorkspaceId, id: &TokenId) -> anyhow::Result<bool> {
    let (pk, sk) = token_keys(workspace, id);
    let found: Option<TokenRecord> = table::get(&app.dynamodb, &app.config.control_table, &pk, &sk).await?;
    let now = app.clock.now_millis();
    Ok(found.is_some_and(|token| token.works_until.is_none_or(|until| until > now)))
}

/// Takes an API token away, for every request from now on. Answers what it was.
pub async fn revoke(app: &App, workspace: WorkspaceId, id: &TokenId) -> anyhow::Result<Option<TokenRecord>> {
    let (listed_pk, listed_sk) = token_keys(workspace, id);
    let found: Option<TokenRecord> =
        table::get(&app.dynamodb, &app.config.control_table, &listed_pk, &listed_sk).await?;
    let Some(kept) = found else { return Ok(None) };
    let (pk, sk) = keys(Purpose::Token, &kept.hash);
    let delete = |pk: String, sk: String| {
        let delete = Delete::builder().table_name(&app.config.control_table).key("pk", text(pk)).key("sk", text(sk));
        anyhow::Ok(TransactWriteItem::builder().delete(delete.build().context("a token lacks a key")?).build())
    };
    let writes = vec![delete(pk, sk.to_owned())?, delete(listed_pk, listed_sk)?];
    table::transact(app, writes, "revoking an API token").await?;
    Ok(Some(kept))
}

/// What a token opens now; nothing when it is unknown or has expired.
pub async fn find_token(app: &App, secret: &str) -> anyhow::Result<Option<AccessRecord>> {
    let (pk, sk) = keys(Purpose::Token, &hash(secret));
    let record: Option<AccessRecord> = table::get(&app.dynamodb, &app.config.control_table, &pk, sk).await?;
    let now = app.clock.now_millis() / 1_000;
    Ok(record.filter(|record| record.expires_at.is_none_or(|at| at > now)))
}

/// Uses a sign-in code up; nothing when it is unknown, spent or expired. Of many callers at once one gets it.
pub async fn spend_sign_in(app: &App, code: &str) -> anyhow::Result<Option<AccessRecord>> {
    let now = app.clock.now_millis() / 1_000;
    let (pk, sk) = keys(Purpose::SignIn, &hash(code));
    let delete = app.dynamodb.delete_item().table_name(&app.config.control_table);
    let delete = delete.key("pk", text(pk)).key("sk", text(sk));
    let delete = delete.return_values(aws_sdk_dynamodb::types::ReturnValue::AllOld);
    let output = delete.send().await.context("taking a sign-in code")?;
    let Some(item) = output.attributes else { return Ok(None) };
    let record: AccessRecord = table::from_item(item)?;
    Ok(Some(record).filter(|record| record.expires_at.is_none_or(|at| at > now)))
}

/// Some hours from `now_millis`, as a record's expiry in seconds.
pub fn expires_in_hours(now_millis: i64, hours: i64) -> i64 {
    now_millis / 1_000 + hours * 3_600
}

impl TokenRecord {
    /// A token that is about to be made.
    pub fn new(id: TokenId, name: String, role: Role, created_by: String, created_at: i64) -> TokenRecord {
        let (scopes, maker, works_until, hash) = (None, None, None, String::new());
        TokenRecord { id, name, role, scopes, created_by, maker, created_at, works_until, hash }
    }

    /// The same that this member made, where that is known.
    #[must_use]
    pub fn made_by(self, maker: Option<MemberId>) -> TokenRecord {
        TokenRecord { maker, ..self }
    }

    /// The same that works until a time, in milliseconds since 1970.
    #[must_use]
    pub fn until(self, works_until: Option<i64>) -> TokenRecord {
        TokenRecord { works_until, ..self }
    }

    /// The same that is narrowed to these scopes, if there are any.
    #[must_use]
    pub fn narrowed_to(self, scopes: Option<Vec<Scope>>) -> TokenRecord {
        TokenRecord { scopes, ..self }
    }
}
