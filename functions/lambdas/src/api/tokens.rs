//! Tokens for other systems: shown once, kept as hashes, each with a role and perhaps narrowed to some scopes, perhaps
//! with an end.

use std::collections::BTreeSet;
use std::sync::Arc;

use axum::Json;
use axum::extract::{Path, State};
use axum::response::{IntoResponse, Response};
use http::StatusCode;
use wire::{ApiToken, CreateToken, CreatedToken, MemberId, Scope, TokenId, TokenList, WorkspaceEvent};

use super::answers;
use super::caller::Caller;
use super::extract::Body;
use super::members::checked_name;
use super::problem::{ApiError, Kind, Refusal};
use super::settings::{self, set_to};
use crate::App;
use crate::clock::time_of_millis;
use crate::storage::access::{self, AccessRecord, MOST_TOKENS, TokenRecord};
use crate::storage::members::{self, Roll};

/// Most days for which a token may work.
const MOST_DAYS: u32 = 3_650;

const MS_OF_DAY: i64 = 86_400_000;

/// `GET /v3/tokens`
#[utoipa::path(
    get,
    path = "/v3/tokens",
    tag = "Team",
    operation_id = "listTokens",
    summary = "Lists the tokens of other systems, without the tokens themselves.",
    responses(
        (status = 200, description = "Oldest first.", body = wire::TokenList),
        answers::Reads,
    ),
)]
pub async fn list(State(app): State<Arc<App>>, caller: Caller) -> Result<Json<TokenList>, ApiError> {
    let kept = access::tokens(&app, caller.workspace_id).await?;
    let roll = members::roll(&app, caller.workspace_id).await?;
    Ok(Json(TokenList { items: kept.into_iter().map(|kept| view(kept, &roll)).collect() }))
}

/// `POST /v3/tokens`
#[utoipa::path(
    post,
    path = "/v3/tokens",
    tag = "Team",
    operation_id = "createToken",
    summary = "Makes a token for another system.",
    request_body = wire::CreateToken,
    responses(
        (status = 201, description = "The token, shown only now.", body = wire::CreatedToken),
        answers::Changes, answers::ReadsBody, answers::Conflict,
    ),
)]
pub async fn create(
    State(app): State<Arc<App>>,
    caller: Caller,
    Body(request): Body<CreateToken>,
) -> Result<Response, ApiError> {
    let name = checked_name(&request.name)?;
    let scopes = checked_scopes(&caller, request.scopes.as_deref())?;
    if request.days.is_some_and(|days| !(1..=MOST_DAYS).contains(&days)) {
        return Err(Refusal::field("days", format!("give 1 to {MOST_DAYS}, or nothing for no end")).into());
    }
    if access::tokens(&app, caller.workspace_id).await?.len() >= MOST_TOKENS {
        let how = format!("a workspace has at most {MOST_TOKENS} tokens: revoke one first");
        return Err(Refusal::new(Kind::Conflict, how).into());
    }
    let roll = members::roll(&app, caller.workspace_id).await?;
    let now = app.clock.now_millis();
    let works_until = request.days.map(|days| now + i64::from(days) * MS_OF_DAY);
    let kept = TokenRecord::new(TokenId(app.new_id()?), name, request.role, caller.name.clone(), now);
    let kept = kept.until(works_until).narrowed_to(scopes).made_by(caller.person().cloned());
    let opens = AccessRecord {
        role: kept.role,
        scopes: kept.scopes.clone(),
        name: Some(kept.name.clone()),
        token_id: Some(kept.id.clone()),
        created_by: kept.maker.clone(),
        expires_at: works_until.map(|at| at / 1_000),
        ..AccessRecord::owner(caller.workspace_id, &caller.workspace_name)
    };
    let (token, kept) = access::grant_token(&app, &opens, kept).await?;
    let (who, role) = (caller.name.as_str(), kept.role.as_str());
    tracing::info!(workspace = %caller.workspace_id, token = %kept.id, who, role, "an API token was made");
    let narrowed = kept.scopes.as_deref().map(in_words);
    let told = set_to("role", role).into_iter().chain(narrowed.iter().flat_map(|words| set_to("scopes", words)));
    settings::note(&app, &caller, WorkspaceEvent::TokenMade, &kept.name, told.collect()).await;
    Ok((StatusCode::CREATED, Json(CreatedToken { kept: view(kept, &roll), token })).into_response())
}

/// `DELETE /v3/tokens/{id}`: it opens nothing from now on.
#[utoipa::path(
    delete,
    path = "/v3/tokens/{id}",
    tag = "Team",
    operation_id = "revokeToken",
    summary = "Ends a token.",
    params(("id" = String, Path, description = "The token's id.")),
    responses(
        (status = 204, description = "It opens nothing any more."),
        answers::Changes, answers::ReadsPath, answers::NotFound,
    ),
)]
pub async fn revoke(
    State(app): State<Arc<App>>,
    caller: Caller,
    Path(id): Path<TokenId>,
) -> Result<StatusCode, ApiError> {
    let revoked = access::revoke(&app, caller.workspace_id, &id).await?;
    let revoked = revoked.ok_or_else(|| Refusal::not_found("token"))?;
    note_end(&app, &caller, &revoked).await;
    Ok(StatusCode::NO_CONTENT)
}

/// Ends the tokens that a member made, or that such a token made, and that still work; gives how many. Each has its
/// line in the audit. Where it breaks off, the rest ends when it is asked for again.
pub(super) async fn revoke_all_of(app: &App, caller: &Caller, maker: &MemberId) -> anyhow::Result<usize> {
    let mut ended = 0;
    for token in access::working_tokens_of(app, caller.workspace_id, maker).await? {
        // Nothing where somebody else was faster.
        if let Some(revoked) = access::revoke(app, caller.workspace_id, &token.id).await? {
            note_end(app, caller, &revoked).await;
            ended += 1;
        }
    }
    Ok(ended)
}

async fn note_end(app: &App, caller: &Caller, revoked: &TokenRecord) {
    let who = caller.name.as_str();
    tracing::info!(workspace = %caller.workspace_id, token = %revoked.id, who, "an API token was revoked");
    settings::note(app, caller, WorkspaceEvent::TokenRevoked, &revoked.name, Vec::new()).await;
}

/// The scopes of a new token, each once. A token that is narrowed makes none that may do more.
fn checked_scopes(caller: &Caller, asked: Option<&[Scope]>) -> Result<Option<Vec<Scope>>, Refusal> {
    let Some(asked) = asked else {
        let how = "name some: the token with which you ask is narrowed itself";
        return if caller.scopes.is_none() { Ok(None) } else { Err(Refusal::field("scopes", how)) };
    };
    let scopes: BTreeSet<Scope> = asked.iter().copied().collect();
    if scopes.is_empty() {
        return Err(Refusal::field(
            "scopes",
            "name one at least, or leave them out: then it may all that its role may",
        ));
    }
    let beyond = scopes.iter().copied().find(|scope| !caller.covers(*scope));
    match beyond {
        None => Ok(Some(scopes.into_iter().collect())),
        Some(beyond) => {
            let how = format!("the token with which you ask does not have {} itself", beyond.as_str());
            Err(Refusal::field("scopes", how))
        }
    }
}

fn in_words(scopes: &[Scope]) -> String {
    scopes.iter().map(|scope| scope.as_str()).collect::<Vec<_>>().join(", ")
}

fn view(kept: TokenRecord, roll: &Roll) -> ApiToken {
    ApiToken {
        maker_removed: kept.maker.as_ref().is_some_and(|maker| roll.find(maker).is_none()),
        maker_id: kept.maker,
        id: kept.id,
        name: kept.name,
        role: kept.role,
        scopes: kept.scopes,
        created_by: kept.created_by,
        created_at: time_of_millis(kept.created_at),
        expires_at: kept.works_until.map(time_of_millis),
    }
}
