//! Sessions of browsers: short access, renewed by a refresh secret that changes with every use.
//!
//! A session is one item, and its secrets stand in it as hashes. A refresh secret that comes a second time was copied by
//! somebody, unless it comes within the moment in which tabs of one browser ask side by side: then the session ends. One
//! of long ago ends it too: all refresh secrets of a session have the same last part, which is known by its hash.

use anyhow::Context;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use wire::{MemberId, WorkspaceId};

use super::table::{self, Written, number, text};
use crate::App;
use crate::app::random;

/// How long an access secret works.
pub const ACCESS_SECONDS: i64 = 15 * 60;

/// How long a session lives without being used.
pub const IDLE_DAYS: i64 = 30;

/// How long it lives at most.
const LONGEST_DAYS: i64 = 90;

/// How long a spent refresh secret is taken for a neighbouring tab, or for an answer that was lost, not for a thief.
const SIDE_BY_SIDE_SECONDS: i64 = 60;

/// Secrets issued for one refresh at most: tabs of one browser that ask side by side.
const MOST_ISSUED: usize = 8;

const SECONDS_OF_DAY: i64 = 86_400;

/// The record. Times are seconds since 1970.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct SessionRecord {
    /// The workspace that it opens.
    pub workspace_id: WorkspaceId,
    /// Whose it is.
    pub member_id: MemberId,
    /// The secrets that work now: those issued for the latest refresh.
    issued: Vec<Issued>,
    /// The refresh secrets before them.
    spent: Vec<String>,
    /// The hash of the last part of all its refresh secrets; empty in a session that an earlier release opened.
    #[serde(default)]
    family: String,
    /// When those before were spent.
    spent_at: i64,
    opened_at: i64,
    /// Also the table's time to live.
    expires_at: i64,
    version: u64,
}

/// A pair of secrets, as hashes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Issued {
    access: String,
    refresh: String,
    access_until: i64,
}

/// A pair of secrets for the browser.
#[derive(Clone)]
pub struct Secrets {
    /// Opens the API for [`ACCESS_SECONDS`].
    pub access: String,
    /// Gets the next pair, once.
    pub refresh: String,
}

/// What came of a refresh.
pub enum Refreshed {
    /// A new pair.
    Renewed(Secrets),
    /// No such session, or it is over.
    Unknown,
    /// The secret was used before: somebody has a copy. The session was ended.
    Copied,
}

/// What a record answers to a refresh secret.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Standing {
    Current,
    Neighbour,
    Copied,
    Unknown,
}

/// Opens a session.
pub async fn open(app: &App, workspace_id: WorkspaceId, member_id: &MemberId) -> anyhow::Result<Secrets> {
    let (now, id, family) = (now(app), hex::encode(random::<16>()?), new_family()?);
    let (secrets, issued) = pair(&id, &family, now)?;
    let record = SessionRecord {
        workspace_id,
        member_id: member_id.clone(),
        issued: vec![issued],
        spent: Vec::new(),
        family: hash(&family),
        spent_at: now,
        opened_at: now,
        expires_at: now + IDLE_DAYS * SECONDS_OF_DAY,
        version: 1,
    };
    put(app, &id, &record).await?;
    Ok(secrets)
}

/// The session that an access secret opens now.
pub async fn find(app: &App, access: &str) -> anyhow::Result<Option<SessionRecord>> {
    let Some(id) = id_of(access) else { return Ok(None) };
    let Some(record) = get(app, id).await? else { return Ok(None) };
    let (hash, now) = (hash(access), now(app));
    let is_open = record.issued.iter().any(|issued| issued.access == hash && issued.access_until > now);
    Ok((is_open && record.expires_at > now).then_some(record))
}

/// Spends a refresh secret for the next pair.
pub async fn refresh(app: &App, refresh: &str) -> anyhow::Result<Refreshed> {
    let Some(id) = id_of(refresh) else { return Ok(Refreshed::Unknown) };
    let family = family_of(refresh).map_or_else(new_family, |family| Ok(family.to_owned()))?;
    let family_hash = hash(&family);
    // Every loss of the race shows somebody else's refresh, after which the record is judged anew.
    for _ in 0..MOST_ISSUED {
        let (now, Some(read)) = (now(app), get(app, id).await?) else { return Ok(Refreshed::Unknown) };
        let (secrets, issued) = pair(id, &family, now)?;
        let next = match read.standing(&hash(refresh), &family_hash, now) {
            Standing::Current => read.renewed(issued, now),
            Standing::Neighbour => read.shared(issued),
            Standing::Copied => {
                tracing::warn!(workspace = %read.workspace_id, member = %read.member_id, "a session's secret was copied");
                end_id(app, id).await?;
                return Ok(Refreshed::Copied);
            }
            Standing::Unknown => return Ok(Refreshed::Unknown),
        };
        // One that an earlier release opened has its family from now on.
        let next = SessionRecord { family: family_hash.clone(), ..next };
        if put(app, id, &next).await? == Written::Done {
            return Ok(Refreshed::Renewed(secrets));
        }
    }
    Ok(Refreshed::Unknown)
}

/// Ends the session of any of its secrets.
pub async fn end(app: &App, secret: &str) -> anyhow::Result<()> {
    match id_of(secret) {
        // Who knows only the id must not end it.
        Some(id) if get(app, id).await?.is_some_and(|record| record.knows(&hash(secret))) => end_id(app, id).await,
        Some(_) | None => Ok(()),
    }
}

impl SessionRecord {
    fn standing(&self, refresh: &str, family: &str, now: i64) -> Standing {
        let is_spent = self.spent.iter().any(|spent| spent == refresh);
        let is_near = now - self.spent_at < SIDE_BY_SIDE_SECONDS;
        match self.issued.iter().any(|issued| issued.refresh == refresh) {
            _ if self.expires_at <= now => Standing::Unknown,
            true => Standing::Current,
            // So many tabs: those that come too late take the cookies of the others.
            false if is_spent && is_near && self.issued.len() >= MOST_ISSUED => Standing::Unknown,
            false if is_spent && is_near => Standing::Neighbour,
            false if is_spent || self.family == family => Standing::Copied,
            false => Standing::Unknown,
        }
    }

    fn renewed(&self, issued: Issued, now: i64) -> SessionRecord {
        let last = self.opened_at + LONGEST_DAYS * SECONDS_OF_DAY;
        SessionRecord {
            spent: self.issued.iter().map(|issued| issued.refresh.clone()).collect(),
            issued: vec![issued],
            spent_at: now,
            expires_at: last.min(now + IDLE_DAYS * SECONDS_OF_DAY),
            version: self.version + 1,
            ..self.clone()
        }
    }

    fn shared(&self, issued: Issued) -> SessionRecord {
        let issued = self.issued.iter().cloned().chain([issued]).collect();
        SessionRecord { issued, version: self.version + 1, ..self.clone() }
    }

    fn knows(&self, hash: &str) -> bool {
        self.issued.iter().any(|issued| issued.access == hash || issued.refresh == hash)
    }
}

fn pair(id: &str, family: &str, now: i64) -> anyhow::Result<(Secrets, Issued)> {
    let secret = || anyhow::Ok(format!("{id}.{}", hex::encode(random::<32>()?)));
    let secrets = Secrets { access: secret()?, refresh: format!("{}.{family}", secret()?) };
    let access_until = now + ACCESS_SECONDS;
    let issued = Issued { access: hash(&secrets.access), refresh: hash(&secrets.refresh), access_until };
    Ok((secrets, issued))
}

fn now(app: &App) -> i64 {
    app.clock.now_millis() / 1_000
}

fn hash(secret: &str) -> String {
    hex::encode(Sha256::digest(secret.as_bytes()))
}

fn id_of(secret: &str) -> Option<&str> {
    secret.split_once('.').map(|(id, _)| id)
}

/// The last part of a refresh secret; nothing in one of an earlier release.
fn family_of(refresh: &str) -> Option<&str> {
    refresh.splitn(3, '.').nth(2).filter(|family| !family.is_empty())
}

fn new_family() -> anyhow::Result<String> {
    Ok(hex::encode(random::<16>()?))
}

fn keys(id: &str) -> (String, &'static str) {
    (format!("session#{}", hash(id)), "session")
}

async fn get(app: &App, id: &str) -> anyhow::Result<Option<SessionRecord>> {
    let (pk, sk) = keys(id);
    table::get(&app.dynamodb, &app.config.control_table, &pk, sk).await
}

async fn put(app: &App, id: &str, record: &SessionRecord) -> anyhow::Result<Written> {
    let (pk, sk) = keys(id);
    let put = app.dynamodb.put_item().table_name(&app.config.control_table);
    let put = put.set_item(Some(table::to_item(record, &pk, sk)?));
    let put = match record.version {
        1 => put.condition_expression("attribute_not_exists(pk)"),
        version => {
            let put = put.condition_expression("version = :read");
            put.expression_attribute_values(":read", number(version - 1))
        }
    };
    table::written(put.send().await, "writing a session")
}

async fn end_id(app: &App, id: &str) -> anyhow::Result<()> {
    let (pk, sk) = keys(id);
    let delete = app.dynamodb.delete_item().table_name(&app.config.control_table);
    delete.key("pk", text(pk)).key("sk", text(sk)).send().await.context("ending a session")?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn issued(name: &str) -> Issued {
        Issued { access: format!("a{name}"), refresh: format!("r{name}"), access_until: 900 }
    }

    fn record() -> SessionRecord {
        SessionRecord {
            workspace_id: WorkspaceId(1),
            member_id: MemberId("m".into()),
            issued: vec![issued("1")],
            spent: Vec::new(),
            family: "f".into(),
            spent_at: 0,
            opened_at: 0,
            expires_at: 1_000_000,
            version: 1,
        }
    }

    #[test]
    fn a_refresh_secret_works_once_and_shows_a_copy_the_second_time() {
        let first = record();
        assert_eq!(first.standing("r1", "f", 10), Standing::Current);
        let second = first.renewed(issued("2"), 100);
        assert_eq!(second.standing("r2", "f", 110), Standing::Current);
        assert_eq!(second.standing("r1", "f", 100 + SIDE_BY_SIDE_SECONDS), Standing::Copied);
        let third = second.renewed(issued("3"), 900);
        assert_eq!(third.standing("r2", "f", 2_000), Standing::Copied);
        // Two generations old: known by its last part alone. Without that it is a guess, which ends nothing.
        assert_eq!(third.standing("r1", "f", 2_000), Standing::Copied);
        assert_eq!(third.standing("r1", "g", 2_000), Standing::Unknown);
    }

    #[test]
    fn refresh_secrets_end_with_their_family_and_those_of_an_earlier_release_have_none() {
        let (secrets, _) = pair("id", "f", 0).unwrap();
        assert_eq!((id_of(&secrets.refresh), family_of(&secrets.refresh)), (Some("id"), Some("f")));
        for without in [secrets.access.as_str(), "id.secret", "id.secret.", "id"] {
            assert_eq!(family_of(without), None, "{without}");
        }
        let earlier = SessionRecord { family: String::new(), ..record() };
        assert_eq!(earlier.standing("r1", "f", 10), Standing::Current);
        assert_eq!(earlier.standing("r0", "f", 10), Standing::Unknown);
    }

    #[test]
    fn tabs_that_ask_side_by_side_each_get_a_pair_and_any_of_these_goes_on() {
        let second = record().renewed(issued("2"), 100);
        assert_eq!(second.standing("r1", "f", 130), Standing::Neighbour);
        let shared = second.shared(issued("3"));
        assert_eq!(shared.standing("r2", "f", 200), Standing::Current);
        assert_eq!(shared.standing("r3", "f", 200), Standing::Current);
        let next = shared.renewed(issued("4"), 1_000);
        assert_eq!(next.standing("r2", "f", 1_010), Standing::Neighbour);
        assert_eq!(next.standing("r3", "f", 2_000), Standing::Copied);
    }

    #[test]
    fn a_session_ends_some_day_however_often_it_is_used() {
        let late = LONGEST_DAYS * SECONDS_OF_DAY - 10;
        let near_its_end = SessionRecord { expires_at: late + 10, ..record() };
        assert_eq!(near_its_end.renewed(issued("2"), late).expires_at, LONGEST_DAYS * SECONDS_OF_DAY);
        assert_eq!(near_its_end.standing("r1", "f", late + 10), Standing::Unknown);
    }
}
