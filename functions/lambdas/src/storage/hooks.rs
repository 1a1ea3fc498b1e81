//! The webhooks of a workspace: all of them in one item of the control table, so that whoever has something to tell reads
//! one item, and remembers it for some seconds.

use std::sync::Arc;

use serde::{Deserialize, Serialize};
use wire::{WebhookEventKind, WebhookId, WorkspaceId};

use super::table::{self, Written, number};
use crate::App;

/// Most webhooks of a workspace: each event is told to every one that wants it.
pub const MOST_HOOKS: usize = 20;

/// Secrets beside the standing one and the one before it that sign at most: headers stay short.
const MOST_OLDER_SECRETS: usize = 2;

/// Times that a change is computed anew because somebody else wrote in between.
const MOST_RACES: u32 = 20;

/// What signs events. Never printed.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct HookSecret(String);

impl HookSecret {
    /// The secret as its webhook knows it: `whsec_` and base64.
    pub fn new(secret: String) -> HookSecret {
        HookSecret(secret)
    }

    /// The secret itself: for signing, and for who just made it.
    pub fn reveal(&self) -> &str {
        &self.0
    }
}

impl std::fmt::Debug for HookSecret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("HookSecret")
    }
}

/// A secret that was replaced.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct OldSecret {
    /// It.
    pub secret: HookSecret,
    /// Until when it signs too, in milliseconds since 1970.
    pub until: i64,
}

/// One webhook. Times are milliseconds since 1970.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct HookRecord {
    /// Its id.
    pub id: WebhookId,
    /// Where events go.
    pub url: String,
    /// For people.
    pub description: String,
    /// Which events.
    pub events: Vec<WebhookEventKind>,
    /// Signs.
    pub secret: HookSecret,
    /// Signed before.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub old_secret: Option<OldSecret>,
    /// Signed before that one, longest ago first: who replaces a secret twice in a day may have put the second nowhere.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub older_secrets: Vec<OldSecret>,
    /// Why nothing goes there; absent: events do.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub disabled_because: Option<String>,
    /// Since when nothing arrived.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub failing_since: Option<i64>,
    /// Who made it.
    pub created_by: String,
    /// When.
    pub created_at: i64,
    /// When a person last changed it.
    pub updated_at: i64,
}

impl HookRecord {
    /// Whether events of this kind go there.
    pub fn wants(&self, kind: WebhookEventKind) -> bool {
        self.disabled_because.is_none() && self.events.contains(&kind)
    }

    /// Puts a secret in the place of the standing one, which signs until `until` too, as do those before it whose time
    /// is not over. Times are milliseconds since 1970.
    pub fn replace_secret(&mut self, secret: HookSecret, now: i64, until: i64) {
        let before = std::mem::replace(&mut self.secret, secret);
        self.older_secrets.extend(self.old_secret.replace(OldSecret { secret: before, until }));
        self.older_secrets.retain(|old| old.until > now);
        let too_many = self.older_secrets.len().saturating_sub(MOST_OLDER_SECRETS);
        self.older_secrets.drain(..too_many);
    }

    /// The secrets that sign at `now` (milliseconds since 1970), the newest first.
    pub fn signing(&self, now: i64) -> impl Iterator<Item = &HookSecret> {
        let old = self.old_secret.iter().chain(self.older_secrets.iter().rev());
        std::iter::once(&self.secret).chain(old.filter(move |old| old.until > now).map(|old| &old.secret))
    }

    /// What it is called where its whole address must not stand: as people describe it, else by its host.
    pub fn called(&self) -> &str {
        match self.description.as_str() {
            "" => host(&self.url),
            description => description,
        }
    }
}

/// The host of an address: the rest of it may hold a secret.
pub fn host(url: &str) -> &str {
    let rest = url.split_once("://").map_or(url, |(_, rest)| rest);
    let authority = rest.split(['/', '\\', '?', '#']).next().unwrap_or_default();
    authority.rsplit('@').next().unwrap_or_default()
}

/// All webhooks of a workspace, oldest first.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct HooksRecord {
    /// They.
    pub hooks: Vec<HookRecord>,
    /// Rises with every change; 0: there never were any.
    pub version: u64,
}

impl HooksRecord {
    /// The webhook with this id.
    pub fn find(&self, id: &WebhookId) -> Option<&HookRecord> {
        self.hooks.iter().find(|hook| hook.id == *id)
    }

    /// The same, to change it.
    pub fn find_mut(&mut self, id: &WebhookId) -> Option<&mut HookRecord> {
        self.hooks.iter_mut().find(|hook| hook.id == *id)
    }

    /// Whether any webhook wants one of these.
    pub fn want_any(&self, kinds: &[WebhookEventKind]) -> bool {
        self.hooks.iter().any(|hook| kinds.iter().any(|kind| hook.wants(*kind)))
    }
}

fn key(workspace: WorkspaceId) -> (String, &'static str) {
    (format!("workspace#{workspace}"), "hooks")
}

/// The webhooks as they stand.
pub async fn read(app: &App, workspace: WorkspaceId) -> anyhow::Result<HooksRecord> {
    let (pk, sk) = key(workspace);
    Ok(table::get(&app.dynamodb, &app.config.control_table, &pk, sk).await?.unwrap_or_default())
}

/// The webhooks, for handlers that ask all the time; a change may take ten seconds to be felt.
pub async fn known(app: &App, workspace: WorkspaceId) -> anyhow::Result<Arc<HooksRecord>> {
    let now = app.clock.now_millis();
    if let Some(hooks) = app.known.hooks(workspace, now) {
        return Ok(hooks);
    }
    let hooks = Arc::new(read(app, workspace).await?);
    app.known.learn_hooks(workspace, &hooks, now);
    Ok(hooks)
}

/// What came of a change.
pub enum Changed<T> {
    /// It stands.
    To(HooksRecord),
    /// The change itself said no.
    Refused(T),
}

/// Changes the webhooks, over the version that was read; nothing is written when it changes nothing.
pub async fn change<T>(
    app: &App,
    workspace: WorkspaceId,
    change: impl Fn(&mut HooksRecord) -> Result<(), T>,
) -> anyhow::Result<Changed<T>> {
    for _ in 0..MOST_RACES {
        let standing = read(app, workspace).await?;
        let mut next = standing.clone();
        if let Err(refused) = change(&mut next) {
            return Ok(Changed::Refused(refused));
        }
        if next == standing {
            return Ok(Changed::To(standing));
        }
        next.version = standing.version + 1;
        if put(app, workspace, &next).await? == Written::Done {
            app.known.learn_hooks(workspace, &Arc::new(next.clone()), app.clock.now_millis());
            return Ok(Changed::To(next));
        }
    }
    anyhow::bail!("the webhooks of workspace {workspace} kept changing under {MOST_RACES} tries")
}

async fn put(app: &App, workspace: WorkspaceId, next: &HooksRecord) -> anyhow::Result<Written> {
    let (pk, sk) = key(workspace);
    let put = app.dynamodb.put_item().table_name(&app.config.control_table);
    let put = put.set_item(Some(table::to_item(next, &pk, sk)?));
    let put = match next.version {
        1 => put.condition_expression("attribute_not_exists(pk)"),
        version => {
            let put = put.condition_expression("version = :read");
            put.expression_attribute_values(":read", number(version - 1))
        }
    };
    table::written(put.send().await, "writing webhooks")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_an_address_only_the_host_is_told() {
        let addresses = ["https://example.com/in?key=s3cret", "https://ana:s3cret@example.com#s3cret", "example.com"];
        for address in addresses {
            assert_eq!(host(address), "example.com", "{address}");
        }
        assert_eq!(host("https://example.com:8443?s3cret"), "example.com:8443");
    }
}
