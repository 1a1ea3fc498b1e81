//! Who is signed in.

use serde::{Deserialize, Serialize};

use crate::WorkspaceId;

/// `POST /v3/sign-in`: the one-time code of the printed link, exchanged for a session cookie.
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
}
