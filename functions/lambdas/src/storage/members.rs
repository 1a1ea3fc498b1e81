//! Who works in a workspace, in the control table: an item each, and a pointer from their address for signing in.
//!
//! Changes are written one after another: each raises the version of the workspace's roll, so that of two owners who
//! remove each other at the same moment one is left.

use anyhow::Context;
use aws_sdk_dynamodb::types::{Delete, Put, TransactWriteItem};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use wire::{MemberId, Role, WorkspaceId};

use super::access::{self, AccessRecord};
use super::table::{self, Item, Written, number, text};
use crate::App;

/// Most members of a workspace: they are read in one go.
pub const MOST_MEMBERS: usize = 500;

/// The id of the one who is there from the beginning.
pub const FIRST_OWNER: &str = "owner";

/// The record of a member. Times are milliseconds since 1970.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct MemberRecord {
    /// Its id.
    pub id: MemberId,
    /// Where they work.
    pub workspace_id: WorkspaceId,
    /// Its name.
    pub workspace_name: String,
    /// In lower case.
    pub email: String,
    /// For people.
    pub name: String,
    /// What they may do.
    pub role: Role,
    /// When they were invited.
    pub created_at: i64,
    /// When they last signed in.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub signed_in_at: Option<i64>,
    /// Rises with every change but a sign-in.
    pub version: u64,
}

/// All members of a workspace as they were read together.
#[derive(Debug, Clone)]
pub struct Roll {
    workspace_id: WorkspaceId,
    version: u64,
    /// Oldest first.
    pub members: Vec<MemberRecord>,
}

/// A change of the roll.
pub enum Change<'a> {
    /// Somebody new, or somebody changed.
    Put(&'a MemberRecord),
    /// Somebody gone.
    Remove(&'a MemberRecord),
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct RollRecord {
    version: u64,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct AddressRecord {
    workspace_id: WorkspaceId,
    member_id: MemberId,
}

impl Roll {
    /// The member with this id.
    pub fn find(&self, id: &MemberId) -> Option<&MemberRecord> {
        self.members.iter().find(|member| member.id == *id)
    }

    /// Whether an owner would be left without this member.
    pub fn has_another_owner(&self, id: &MemberId) -> bool {
        self.members.iter().any(|member| member.role == Role::Owner && member.id != *id)
    }
}

fn keys(workspace: WorkspaceId, id: &MemberId) -> (String, String) {
    (format!("workspace#{workspace}"), format!("member#{id}"))
}

fn address_key(email: &str) -> String {
    format!("email#{}", hex::encode(Sha256::digest(email.as_bytes())))
}

/// The member with this id.
pub async fn get(app: &App, workspace: WorkspaceId, id: &MemberId) -> anyhow::Result<Option<MemberRecord>> {
    let (pk, sk) = keys(workspace, id);
    table::get(&app.dynamodb, &app.config.control_table, &pk, &sk).await
}

/// All members. The version is read first: a change in between makes the next write lose, not the roll lie.
pub async fn roll(app: &App, workspace: WorkspaceId) -> anyhow::Result<Roll> {
    let pk = format!("workspace#{workspace}");
    let record: Option<RollRecord> = table::get(&app.dynamodb, &app.config.control_table, &pk, "members").await?;
    let items = query(app, &pk, "member#").await?;
    let mut members = items.into_iter().map(table::from_item).collect::<anyhow::Result<Vec<MemberRecord>>>()?;
    members.sort_by(|a, b| (a.created_at, &a.id).cmp(&(b.created_at, &b.id)));
    Ok(Roll { workspace_id: workspace, version: record.map_or(0, |record| record.version), members })
}

/// The members that sign in with this address: one for each workspace that invited it.
pub async fn of_email(app: &App, email: &str) -> anyhow::Result<Vec<MemberRecord>> {
    let mut found = Vec::new();
    for item in query(app, &address_key(email), "").await? {
        let at: AddressRecord = table::from_item(item)?;
        found.extend(get(app, at.workspace_id, &at.member_id).await?);
    }
    Ok(found)
}

/// Changes the roll as it was read; nothing happens when it changed meanwhile.
pub async fn change(app: &App, read: &Roll, change: Change<'_>) -> anyhow::Result<Written> {
    let table = &app.config.control_table;
    let pk = format!("workspace#{}", read.workspace_id);
    let rolled = table::to_item(&RollRecord { version: read.version + 1 }, &pk, "members")?;
    let put = Put::builder().table_name(table).set_item(Some(rolled));
    let put = put.condition_expression("attribute_not_exists(pk) OR version = :read");
    let put = put.expression_attribute_values(":read", number(read.version)).build();
    let mut writes = vec![TransactWriteItem::builder().put(put.context("a roll lacks a field")?).build()];
    match change {
        Change::Put(member) => writes.extend(puts(table, member)?),
        Change::Remove(member) => writes.extend(deletes(table, member)?),
    }
    table::transact(app, writes, "changing who works in a workspace").await
}

fn puts(table: &str, member: &MemberRecord) -> anyhow::Result<[TransactWriteItem; 2]> {
    let (pk, sk) = keys(member.workspace_id, &member.id);
    let at = AddressRecord { workspace_id: member.workspace_id, member_id: member.id.clone() };
    let put = |item: Item| {
        let put = Put::builder().table_name(table).set_item(Some(item)).build();
        anyhow::Ok(TransactWriteItem::builder().put(put.context("a member lacks a field")?).build())
    };
    let address = table::to_item(&at, &address_key(&member.email), &member.workspace_id.to_string())?;
    Ok([put(table::to_item(member, &pk, &sk)?)?, put(address)?])
}

fn deletes(table: &str, member: &MemberRecord) -> anyhow::Result<[TransactWriteItem; 2]> {
    let (pk, sk) = keys(member.workspace_id, &member.id);
    let delete = |pk: String, sk: String| {
        let delete = Delete::builder().table_name(table).key("pk", text(pk)).key("sk", text(sk)).build();
        anyhow::Ok(TransactWriteItem::builder().delete(delete.context("a member lacks a key")?).build())
    };
    Ok([delete(pk, sk)?, delete(address_key(&member.email), member.workspace_id.to_string())?])
}

/// Notes that a member signed in. Nothing, when they are gone.
pub async fn note_sign_in(app: &App, member: &MemberRecord) -> anyhow::Result<Written> {
    let (pk, sk) = keys(member.workspace_id, &member.id);
    let update = app.dynamodb.update_item().table_name(&app.config.control_table);
    let update = update.key("pk", text(pk)).key("sk", text(sk)).update_expression("SET signedInAt = :now");
    let update = update.condition_expression("attribute_exists(pk)");
    let update = update.expression_attribute_values(":now", number(app.clock.now_millis()));
    table::written(update.send().await, "noting a sign-in")
}

/// Whom a sign-in code lets in: nobody once they are gone, or once whoever made it may make none any more.
pub async fn of_sign_in(app: &App, opened: &AccessRecord) -> anyhow::Result<Option<MemberRecord>> {
    let workspace = opened.workspace_id;
    let may_be_made = match (&opened.token_id, &opened.created_by) {
        (Some(token), _) => access::is_working(app, workspace, token).await?,
        (None, Some(maker)) => get(app, workspace, maker).await?.is_some_and(|maker| maker.role == Role::Owner),
        (None, None) => true,
    };
    match &opened.member_id {
        _ if !may_be_made => Ok(None),
        Some(id) => get(app, workspace, id).await,
        None => Ok(Some(first_owner(app, workspace, &opened.workspace_name).await?)),
    }
}

/// The one who is there from the beginning; made where a workspace has nobody yet.
pub async fn first_owner(app: &App, workspace: WorkspaceId, workspace_name: &str) -> anyhow::Result<MemberRecord> {
    owner_or_new(app, workspace, workspace_name, &format!("owner@workspace-{workspace}.invalid")).await
}

/// The same for the address that the deployment names; nothing where somebody else is the owner already.
pub async fn named_owner(
    app: &App,
    workspace: WorkspaceId,
    workspace_name: &str,
    email: &str,
) -> anyhow::Result<Option<MemberRecord>> {
    let owner = owner_or_new(app, workspace, workspace_name, email).await?;
    Ok(Some(owner).filter(|owner| owner.email == email))
}

/// An owner of the workspace; made with this address where it has none.
async fn owner_or_new(
    app: &App,
    workspace: WorkspaceId,
    workspace_name: &str,
    email: &str,
) -> anyhow::Result<MemberRecord> {
    let id = MemberId(FIRST_OWNER.to_owned());
    for _ in 0..table::MOST_CONFLICTS {
        let read = roll(app, workspace).await?;
        let standing = read.find(&id).or_else(|| read.members.iter().find(|member| member.role == Role::Owner));
        if let Some(owner) = standing {
            return Ok(owner.clone());
        }
        let owner = MemberRecord {
            id: id.clone(),
            workspace_id: workspace,
            workspace_name: workspace_name.to_owned(),
            email: email.to_owned(),
            name: "Owner".to_owned(),
            role: Role::Owner,
            created_at: app.clock.now_millis(),
            signed_in_at: None,
            version: 1,
        };
        if change(app, &read, Change::Put(&owner)).await? == Written::Done {
            return Ok(owner);
        }
    }
    anyhow::bail!("the first owner of workspace {workspace} could not be written")
}

async fn query(app: &App, pk: &str, sk: &str) -> anyhow::Result<Vec<Item>> {
    let mut items = Vec::new();
    let mut start = None;
    loop {
        let query = app.dynamodb.query().table_name(&app.config.control_table).consistent_read(true);
        let query = query.expression_attribute_values(":pk", text(pk)).set_exclusive_start_key(start);
        let query = match sk {
            "" => query.key_condition_expression("pk = :pk"),
            prefix => query
                .key_condition_expression("pk = :pk AND begins_with(sk, :sk)")
                .expression_attribute_values(":sk", text(prefix)),
        };
        let output = query.send().await.with_context(|| format!("listing {pk} {sk}"))?;
        items.extend(output.items.unwrap_or_default());
        start = output.last_evaluated_key;
        if start.is_none() || items.len() >= MOST_MEMBERS {
            return Ok(items);
        }
    }
}
