//! Who works with the product: members of a workspace, what they may do, their sessions, and tokens for other systems.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use crate::{MemberId, Scope, TokenId, WorkspaceId};

/// What somebody may do; each role may also do what those before it may.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub enum Role {
    /// Looks.
    Viewer,
    /// Makes campaigns and lets them run; keeps contacts and lists.
    Operator,
    /// Decides: settings, templates, suppressions, files of personal data, what is deleted.
    Manager,
    /// Decides who may what, and which numbers send.
    Owner,
}

impl Role {
    /// All of them, the least first.
    pub const ALL: [Role; 4] = [Role::Viewer, Role::Operator, Role::Manager, Role::Owner];

    /// As it stands in JSON.
    pub fn as_str(self) -> &'static str {
        match self {
            Role::Viewer => "viewer",
            Role::Operator => "operator",
            Role::Manager => "manager",
            Role::Owner => "owner",
        }
    }
}

/// `POST /v3/sign-in`: the one-time code of a sign-in link, exchanged for a session.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct SignIn {
    /// The code; works once.
    pub code: String,
}

/// `GET /v3/session` and the answer to a sign-in.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct Session {
    /// The workspace that every request of this session reads and writes.
    pub workspace_id: WorkspaceId,
    /// Its name, for the header of the page.
    pub workspace_name: String,
    /// Who is signed in; absent for an API token.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub member_id: Option<MemberId>,
    /// Their name, or the token's.
    #[serde(default)]
    pub name: String,
    /// What they may do.
    pub role: Role,
}

/// `GET /v3/sign-in/ways`: how people sign in here.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct SignInWays {
    /// Where the browser goes to sign in with the organisation's identity provider; absent where there is none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub begin_url: Option<String>,
}

/// Somebody who works in a workspace.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct Member {
    /// Its id.
    pub id: MemberId,
    /// The address that the identity provider must confirm; lower case.
    pub email: String,
    /// For people.
    pub name: String,
    /// What they may do.
    pub role: Role,
    /// When they were invited.
    pub created_at: DateTime<Utc>,
    /// When they last signed in; absent: they never did.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub signed_in_at: Option<DateTime<Utc>>,
    /// Rises with every change.
    pub version: u64,
}

/// `GET /v3/members`
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct MemberList {
    /// All of them, oldest first.
    pub items: Vec<Member>,
}

/// `POST /v3/members`: lets somebody in.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct CreateMember {
    /// The address with which they sign in.
    pub email: String,
    /// For people; absent: the address.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// What they may do.
    pub role: Role,
}

/// `PATCH /v3/members/{id}`: what is absent stays.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase", default)]
pub struct EditMember {
    /// For people.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// What they may do.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub role: Option<Role>,
}

/// `POST /v3/members/{id}/sign-in-link`: a link that signs this member in once.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct SignInLink {
    /// The code of the link: `/sign-in?code=…` of the dashboard.
    pub code: String,
    /// Until when it works.
    pub expires_at: DateTime<Utc>,
}

/// `DELETE /v3/members/{id}?tokens=`: what becomes of the API tokens that whoever leaves has made.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub enum TheirTokens {
    /// They go on working.
    #[default]
    Keep,
    /// They end.
    Revoke,
}

impl TheirTokens {
    /// As it stands in the query.
    pub fn as_str(self) -> &'static str {
        match self {
            TheirTokens::Keep => "keep",
            TheirTokens::Revoke => "revoke",
        }
    }
}

/// A token for another system.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct ApiToken {
    /// Its id; not the token.
    pub id: TokenId,
    /// For people, and in audits.
    pub name: String,
    /// What it may do.
    pub role: Role,
    /// To what it is narrowed; absent: everything that its role allows.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub scopes: Option<Vec<Scope>>,
    /// Who made it, by name: a member, or a token.
    pub created_by: String,
    /// The member who made it, or made the token that made it; absent where that is not known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub maker_id: Option<MemberId>,
    /// Whether that member works here no longer.
    #[serde(default)]
    pub maker_removed: bool,
    /// When it was made.
    pub created_at: DateTime<Utc>,
    /// Until when it works; absent: until it is revoked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expires_at: Option<DateTime<Utc>>,
}

/// `GET /v3/tokens`
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct TokenList {
    /// All of them, oldest first.
    pub items: Vec<ApiToken>,
}

/// `POST /v3/tokens`
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct CreateToken {
    /// For people, and in audits; 1 to 120 characters.
    pub name: String,
    /// What it may do.
    pub role: Role,
    /// To what it is narrowed, at least one; absent: everything that its role allows. `…:write` also reads.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(min_items = 1))]
    pub scopes: Option<Vec<Scope>>,
    /// Days for which it works, 1 to 3,650; absent: until it is revoked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub days: Option<u32>,
}

/// The answer to `POST /v3/tokens`, the only time that the token is shown.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct CreatedToken {
    /// What is kept of it.
    #[serde(flatten)]
    pub kept: ApiToken,
    /// The token: send it as `Authorization: Bearer …`.
    pub token: String,
}
