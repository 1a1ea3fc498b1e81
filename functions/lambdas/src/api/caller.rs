//! Who asks: the walls. Every look-up behind this is by the caller's workspace, so another's ids do not exist.
//!
//! `admit` stands before every route that needs a role; behind it the handlers take their [`Caller`] from the request.

use std::sync::Arc;

use axum::extract::{FromRequestParts, Request, State};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use http::header::{AUTHORIZATION, COOKIE};
use http::request::Parts;
use http::{HeaderMap, Method};
use wire::{MemberId, Role, Scope, TokenId, WorkspaceId};

use super::problem::{ApiError, Kind, Refusal};
use super::throttle;
use crate::App;
use crate::storage::{access, members, sessions};

/// The cookie of a signed-in browser.
pub const SESSION_COOKIE: &str = "campanile_session";

/// The cookie that renews it; sent to the session's own path only.
pub const REFRESH_COOKIE: &str = "campanile_refresh";

/// A page of another origin cannot add this header without being asked by the browser first.
const CSRF_HEADER: &str = "x-requested-with";

/// What the header must say.
const CSRF_VALUE: &str = "campanile";

/// The workspace that a request reads and writes, and who asks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Caller {
    /// The workspace's id.
    pub workspace_id: WorkspaceId,
    /// Its name, for people.
    pub workspace_name: String,
    /// What the caller may do.
    pub role: Role,
    /// To what a token is narrowed beside its role; nothing: not at all.
    pub scopes: Option<Vec<Scope>>,
    /// Who is signed in; nobody behind an API token.
    pub member_id: Option<MemberId>,
    /// The API token that asks, where it has an id.
    pub token_id: Option<TokenId>,
    /// Who made that token, where it is known.
    pub on_behalf_of: Option<MemberId>,
    /// Who did it, in audits: the member or the token.
    pub name: String,
}

impl Caller {
    /// The person behind the request: who is signed in, or who made the token.
    pub(super) fn person(&self) -> Option<&MemberId> {
        self.member_id.as_ref().or(self.on_behalf_of.as_ref())
    }

    /// Whether no scope stands in the way of this one.
    pub(super) fn covers(&self, needed: Scope) -> bool {
        self.scopes.as_ref().is_none_or(|scopes| scopes.iter().any(|scope| scope.covers(needed)))
    }
}

impl<S: Send + Sync> FromRequestParts<S> for Caller {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Caller, ApiError> {
        let admitted = parts.extensions.get::<Caller>().cloned();
        admitted.ok_or_else(|| anyhow::anyhow!("a route asks for its caller and admits anybody").into())
    }
}

/// Lets the request on to its handler when whoever asks may do what the route does.
pub(super) async fn admit(
    State((app, needed, scope)): State<(Arc<App>, Role, Option<Scope>)>,
    mut request: Request,
    next: Next,
) -> Result<Response, ApiError> {
    let caller = identify(&app, request.method(), request.headers()).await?;
    if caller.role < needed {
        let (needed, has) = (needed.as_str(), caller.role.as_str());
        let how = format!("this needs the role {needed}, and {} is {has}: ask an owner of the workspace", caller.name);
        return Err(Refusal::new(Kind::Forbidden, how).into());
    }
    if let Some(scope) = scope.filter(|scope| !caller.covers(*scope)) {
        let (scope, name) = (scope.as_str(), &caller.name);
        let how = format!("this needs the scope {scope}, which the token {name} does not have: use one that has it");
        return Err(Refusal::new(Kind::ScopeMissing, how).into());
    }
    if let Err(seconds) = throttle::take(&app, request.headers()).await {
        let how = "too many requests with this token or session: wait a moment";
        return Ok(Refusal::new(Kind::TooManyRequests, how).retry_after(seconds).into_response());
    }
    request.extensions_mut().insert(caller);
    Ok(next.run(request).await)
}

async fn identify(app: &App, method: &Method, headers: &HeaderMap) -> Result<Caller, ApiError> {
    match (bearer(headers), cookie(headers, SESSION_COOKIE)) {
        (Some(token), _) => of_token(app, token).await,
        (None, Some(access)) => {
            check_origin(method, headers)?;
            of_session(app, access).await
        }
        (None, None) => {
            let how = "send an API token as \"Authorization: Bearer …\", or sign in";
            Err(Refusal::new(Kind::Unauthorized, how).into())
        }
    }
}

async fn of_token(app: &App, token: &str) -> Result<Caller, ApiError> {
    let Some(record) = access::find_token(app, token).await? else {
        return Err(Refusal::new(Kind::Unauthorized, "the token is unknown, has expired or was revoked").into());
    };
    let name = record.name.unwrap_or_else(|| record.workspace_name.clone());
    Ok(Caller {
        workspace_id: record.workspace_id,
        workspace_name: record.workspace_name,
        role: record.role,
        scopes: record.scopes,
        member_id: None,
        token_id: record.token_id,
        on_behalf_of: record.created_by,
        name,
    })
}

/// The member is read with every request: a role that is taken away is gone at once.
async fn of_session(app: &App, access: &str) -> Result<Caller, ApiError> {
    let over = || Refusal::new(Kind::Unauthorized, "the session is over or unknown");
    let session = sessions::find(app, access).await?.ok_or_else(over)?;
    let member = members::get(app, session.workspace_id, &session.member_id).await?.ok_or_else(over)?;
    Ok(Caller {
        workspace_id: member.workspace_id,
        workspace_name: member.workspace_name,
        role: member.role,
        scopes: None,
        member_id: Some(member.id),
        token_id: None,
        on_behalf_of: None,
        name: member.name,
    })
}

/// A browser adds the cookie by itself, so a request that changes something must show that our page made it.
pub(super) fn check_origin(method: &Method, headers: &HeaderMap) -> Result<(), Refusal> {
    let says = headers.get(CSRF_HEADER).is_some_and(|value| value.as_bytes() == CSRF_VALUE.as_bytes());
    if says || method.is_safe() {
        return Ok(());
    }
    let how = format!("with the session cookie this needs the header \"X-Requested-With: {CSRF_VALUE}\"");
    Err(Refusal::new(Kind::Forbidden, how))
}

/// What the request's cookie of this name says.
pub(super) fn cookie<'a>(headers: &'a HeaderMap, wanted: &str) -> Option<&'a str> {
    headers
        .get_all(COOKIE)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|cookies| cookies.split(';'))
        .filter_map(|cookie| cookie.trim().split_once('='))
        .find(|(name, _)| *name == wanted)
        .map(|(_, value)| value)
}

/// The request's bearer token.
pub(super) fn bearer(headers: &HeaderMap) -> Option<&str> {
    let (scheme, token) = headers.get(AUTHORIZATION)?.to_str().ok()?.trim().split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| token.trim())
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;

    use super::*;

    fn headers(pairs: &[(&'static str, &'static str)]) -> HeaderMap {
        let mut headers = HeaderMap::new();
        for (name, value) in pairs {
            headers.append(*name, HeaderValue::from_static(value));
        }
        headers
    }

    #[test]
    fn the_session_is_found_among_other_cookies() {
        let found = |pairs: &[(&'static str, &'static str)]| cookie(&headers(pairs), SESSION_COOKIE).map(str::to_owned);
        assert_eq!(found(&[("cookie", "theme=dark; campanile_session=abc; x=1")]).as_deref(), Some("abc"));
        assert_eq!(found(&[("cookie", "theme=dark"), ("cookie", "campanile_session=abc")]).as_deref(), Some("abc"));
        assert_eq!(found(&[("cookie", "not_campanile_session=abc")]), None);
    }

    #[test]
    fn only_the_bearer_scheme_is_a_token() {
        assert_eq!(bearer(&headers(&[("authorization", "Bearer abc")])), Some("abc"));
        assert_eq!(bearer(&headers(&[("authorization", "bearer  abc ")])), Some("abc"));
        assert_eq!(bearer(&headers(&[("authorization", "Basic abc")])), None);
    }

    #[test]
    fn a_foreign_page_cannot_use_the_cookie_to_change_anything() {
        let ours = headers(&[("x-requested-with", "campanile")]);
        let foreign = headers(&[]);
        assert_eq!(check_origin(&Method::POST, &ours), Ok(()));
        assert_eq!(check_origin(&Method::GET, &foreign), Ok(()));
        assert!(check_origin(&Method::POST, &foreign).is_err());
        assert!(check_origin(&Method::DELETE, &foreign).is_err());
    }
}
