//! Who works in a workspace and what they may do. A workspace always has an owner.

use std::sync::Arc;

use axum::Json;
use axum::extract::{Path, State};
use axum::response::{IntoResponse, Response};
use http::StatusCode;
use serde::Deserialize;
use wire::{
    ChangedField, CreateMember, EditMember, Member, MemberId, MemberList, Role, SignInLink, TheirTokens, WorkspaceEvent,
};

use super::actions::MOST_RACES;
use super::answers;
use super::caller::Caller;
use super::extract::{Body, Params};
use super::problem::{ApiError, Kind, Refusal};
use super::settings::{self, Shown, differing, set_to};
use super::tokens;
use crate::App;
use crate::clock::time_of_millis;
use crate::storage::access::{self, AccessRecord, Purpose, SIGN_IN_HOURS};
use crate::storage::members::{self as store, Change, MOST_MEMBERS, MemberRecord, Roll};
use crate::storage::table::Written;

/// Longest name, in characters.
const LONGEST_NAME: usize = 120;

/// Longest address, in characters (RFC 5321, 4.5.3.1.3).
const LONGEST_EMAIL: usize = 254;

/// `GET /v3/members`
#[utoipa::path(
    get,
    path = "/v3/members",
    tag = "Team",
    operation_id = "listMembers",
    summary = "Lists who works in the workspace.",
    responses(
        (status = 200, description = "Oldest first.", body = wire::MemberList),
        answers::Reads,
    ),
)]
pub async fn list(State(app): State<Arc<App>>, caller: Caller) -> Result<Json<MemberList>, ApiError> {
    let roll = store::roll(&app, caller.workspace_id).await?;
    Ok(Json(MemberList { items: roll.members.into_iter().map(view).collect() }))
}

/// `POST /v3/members`
#[utoipa::path(
    post,
    path = "/v3/members",
    tag = "Team",
    operation_id = "createMember",
    summary = "Lets somebody in.",
    request_body = wire::CreateMember,
    responses(
        (status = 201, description = "Let in.", body = wire::Member),
        answers::Changes, answers::ReadsBody, answers::Conflict,
    ),
)]
pub async fn create(
    State(app): State<Arc<App>>,
    caller: Caller,
    Body(request): Body<CreateMember>,
) -> Result<Response, ApiError> {
    let email = checked_email(&request.email)?;
    let name = checked_name(request.name.as_deref().unwrap_or(&email))?;
    for _ in 0..MOST_RACES {
        let roll = store::roll(&app, caller.workspace_id).await?;
        if roll.members.iter().any(|member| member.email == email) {
            return Err(Refusal::field("email", "works here already").into());
        }
        if roll.members.len() >= MOST_MEMBERS {
            return Err(Refusal::new(Kind::Conflict, format!("a workspace has at most {MOST_MEMBERS} members")).into());
        }
        let record = MemberRecord {
            id: MemberId(app.new_id()?),
            workspace_id: caller.workspace_id,
            workspace_name: caller.workspace_name.clone(),
            email: email.clone(),
            name: name.clone(),
            role: request.role,
            created_at: app.clock.now_millis(),
            signed_in_at: None,
            version: 1,
        };
        if store::change(&app, &roll, Change::Put(&record)).await? == Written::Done {
            let role = set_to("role", record.role.as_str());
            note(&app, &caller, &record, WorkspaceEvent::MemberAdded, role).await;
            return Ok((StatusCode::CREATED, Json(view(record))).into_response());
        }
    }
    Err(kept_changing())
}

/// `PATCH /v3/members/{id}`
#[utoipa::path(
    patch,
    path = "/v3/members/{id}",
    tag = "Team",
    operation_id = "editMember",
    summary = "Changes what a member is called or may do, from the next request on.",
    params(("id" = String, Path, description = "The member's id.")),
    request_body = wire::EditMember,
    responses(
        (status = 200, description = "As they stand now.", body = wire::Member),
        answers::Changes, answers::ReadsBody, answers::NotFound, answers::Conflict,
    ),
)]
pub async fn edit(
    State(app): State<Arc<App>>,
    caller: Caller,
    Path(id): Path<MemberId>,
    Body(request): Body<EditMember>,
) -> Result<Json<Member>, ApiError> {
    let name = request.name.as_deref().map(checked_name).transpose()?;
    for _ in 0..MOST_RACES {
        let roll = store::roll(&app, caller.workspace_id).await?;
        let read = found(&roll, &id)?;
        if request.role.is_some_and(|role| role != Role::Owner) {
            keep_an_owner(&roll, read)?;
        }
        let next = MemberRecord {
            name: name.clone().unwrap_or_else(|| read.name.clone()),
            role: request.role.unwrap_or(read.role),
            version: read.version + 1,
            ..read.clone()
        };
        if (&next.name, next.role) == (&read.name, read.role) {
            return Ok(Json(view(read.clone())));
        }
        if store::change(&app, &roll, Change::Put(&next)).await? == Written::Done {
            let changed = differing(shown(read), shown(&next));
            note(&app, &caller, &next, WorkspaceEvent::MemberChanged, changed).await;
            return Ok(Json(view(next)));
        }
    }
    Err(kept_changing())
}

/// What is said when somebody is let out.
#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
pub struct Removal {
    /// What becomes of the API tokens that the member made, or that such a token made, and that still work. `revoke`
    /// ends them; `keep` lets them go on working, and so it is when absent.
    #[param(inline)]
    tokens: Option<TheirTokens>,
}

/// `DELETE /v3/members/{id}?tokens=`: their sessions end with the next request, and their tokens if that is asked.
#[utoipa::path(
    delete,
    path = "/v3/members/{id}",
    tag = "Team",
    operation_id = "deleteMember",
    summary = "Lets a member out; their sessions end with the next request.",
    params(("id" = String, Path, description = "The member's id."), Removal),
    responses(
        (status = 204, description = "Gone."),
        answers::Changes, answers::ReadsPath, answers::NotFound, answers::Conflict,
    ),
)]
pub async fn delete(
    State(app): State<Arc<App>>,
    caller: Caller,
    Path(id): Path<MemberId>,
    Params(asked): Params<Removal>,
) -> Result<StatusCode, ApiError> {
    let (mut revoked, mut kept) = (0, 0);
    for _ in 0..MOST_RACES {
        let roll = store::roll(&app, caller.workspace_id).await?;
        let read = found(&roll, &id)?;
        keep_an_owner(&roll, read)?;
        // The tokens first: where this breaks off, the member is still there to be let out once more.
        match asked.tokens.unwrap_or_default() {
            TheirTokens::Keep => kept = access::working_tokens_of(&app, caller.workspace_id, &id).await?.len(),
            TheirTokens::Revoke => revoked += tokens::revoke_all_of(&app, &caller, &id).await?,
        }
        if store::change(&app, &roll, Change::Remove(read)).await? == Written::Done {
            let counts = of_tokens(revoked, kept);
            note(&app, &caller, read, WorkspaceEvent::MemberRemoved, counts).await;
            if asked.tokens == Some(TheirTokens::Revoke) {
                // One that was made between the two.
                tokens::revoke_all_of(&app, &caller, &id).await?;
            }
            return Ok(StatusCode::NO_CONTENT);
        }
    }
    Err(kept_changing())
}

/// `POST /v3/members/{id}/sign-in-link`: for whoever has no identity provider, or is locked out of it.
#[utoipa::path(
    post,
    path = "/v3/members/{id}/sign-in-link",
    tag = "Team",
    operation_id = "makeSignInLink",
    summary = "Makes a link that signs a member in once.",
    params(("id" = String, Path, description = "The member's id.")),
    responses(
        (status = 201, description = "The code of the link, shown only now.", body = wire::SignInLink),
        answers::Changes, answers::ReadsPath, answers::NotFound, answers::Conflict,
    ),
)]
pub async fn sign_in_link(
    State(app): State<Arc<App>>,
    caller: Caller,
    Path(id): Path<MemberId>,
) -> Result<Response, ApiError> {
    let member = store::get(&app, caller.workspace_id, &id).await?.ok_or_else(|| Refusal::not_found("member"))?;
    let expires_at = access::expires_in_hours(app.clock.now_millis(), SIGN_IN_HOURS);
    let record = AccessRecord::owner(member.workspace_id, &member.workspace_name).until(expires_at);
    let (created_by, token_id) = (caller.member_id.clone(), caller.token_id.clone());
    let record = AccessRecord { member_id: Some(member.id.clone()), created_by, token_id, ..record };
    let code = access::grant(&app, Purpose::SignIn, &record).await?;
    note(&app, &caller, &member, WorkspaceEvent::SignInLinkMade, Vec::new()).await;
    let link = SignInLink { code, expires_at: time_of_millis(expires_at * 1_000) };
    Ok((StatusCode::CREATED, Json(link)).into_response())
}

fn found<'a>(roll: &'a Roll, id: &MemberId) -> Result<&'a MemberRecord, Refusal> {
    roll.find(id).ok_or_else(|| Refusal::not_found("member"))
}

fn keep_an_owner(roll: &Roll, member: &MemberRecord) -> Result<(), Refusal> {
    if member.role != Role::Owner || roll.has_another_owner(&member.id) {
        return Ok(());
    }
    let how = format!("{} is the only owner: make somebody else an owner first", member.name);
    Err(Refusal::new(Kind::Conflict, how))
}

async fn note(app: &App, caller: &Caller, member: &MemberRecord, what: WorkspaceEvent, changed: Vec<ChangedField>) {
    let (who, role) = (caller.name.as_str(), member.role.as_str());
    tracing::info!(workspace = %caller.workspace_id, member = %member.id, who, role, ?what, "who works here changed");
    settings::note(app, caller, what, &member.name, changed).await;
}

/// What became of the tokens of somebody who was let out, for the audit: how many, where there were any.
fn of_tokens(revoked: usize, kept: usize) -> Vec<ChangedField> {
    let counts = [("tokensRevoked", revoked), ("tokensKept", kept)].into_iter().filter(|(_, count)| *count > 0);
    counts.flat_map(|(field, count)| set_to(field, &count.to_string())).collect()
}

fn shown(member: &MemberRecord) -> [Shown; 2] {
    [("name", Some(member.name.clone())), ("role", Some(member.role.as_str().to_owned()))]
}

fn kept_changing() -> ApiError {
    anyhow::anyhow!("the members kept changing under {MOST_RACES} tries to change them").into()
}

pub(super) fn checked_name(name: &str) -> Result<String, Refusal> {
    let name = name.trim();
    let is_name = (1..=LONGEST_NAME).contains(&name.chars().count()) && !name.chars().any(char::is_control);
    let how = || Refusal::field("name", format!("give 1 to {LONGEST_NAME} characters"));
    is_name.then(|| name.to_owned()).ok_or_else(how)
}

/// An address in lower case; whether it exists is the identity provider's to say.
fn checked_email(email: &str) -> Result<String, Refusal> {
    let email = email.trim().to_lowercase();
    let is_plain = email.chars().count() <= LONGEST_EMAIL && email.chars().all(|char| !char.is_whitespace());
    let parts: Vec<&str> = email.split('@').collect();
    let is_email = match parts.as_slice() {
        [local, domain] => {
            !local.is_empty() && domain.contains('.') && !domain.starts_with('.') && !domain.ends_with('.')
        }
        _ => false,
    };
    let no_control = !email.chars().any(char::is_control);
    let how = || Refusal::field("email", "give one e-mail address, like ana@example.com");
    (is_plain && is_email && no_control).then_some(email).ok_or_else(how)
}

fn view(record: MemberRecord) -> Member {
    Member {
        id: record.id,
        email: record.email,
        name: record.name,
        role: record.role,
        created_at: time_of_millis(record.created_at),
        signed_in_at: record.signed_in_at.map(time_of_millis),
        version: record.version,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_one_address_in_lower_case() {
        assert_eq!(checked_email(" Ana.Souza@Example.com "), Ok("ana.souza@example.com".to_owned()));
        let long = format!("{}@example.com", "a".repeat(LONGEST_EMAIL));
        for wrong in
            ["", "ana", "@example.com", "ana@", "ana@localhost", "a@b@c.d", "a b@example.com", "ana@.com", &long]
        {
            assert!(checked_email(wrong).is_err(), "{wrong}");
        }
    }
}
