//! Signing in: with the code of a link, or with the organisation's identity provider; staying in, and going out.
//!
//! Both ways end in one session (`storage::sessions`), whose secrets are cookies that no script can read.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::response::{IntoResponse, Redirect, Response};
use http::header::{LOCATION, SET_COOKIE};
use http::{HeaderMap, HeaderValue, Method, StatusCode};
use serde::Deserialize;
use wire::{Session, SignIn, SignInWays, WorkspaceId};

use super::answers;
use super::caller::{Caller, REFRESH_COOKIE, SESSION_COOKIE, check_origin, cookie};
use super::extract::{Body, Params};
use super::problem::{ApiError, Kind, Refusal};
use crate::App;
use crate::oidc::{self, Begun};
use crate::storage::access;
use crate::storage::members::{self, MemberRecord};
use crate::storage::sessions::{self, ACCESS_SECONDS, IDLE_DAYS, Refreshed, Secrets};
use crate::storage::table::Written;

/// The cookie of a sign-in that went to the identity provider and is not back yet.
const BEGUN_COOKIE: &str = "campanile_sign_in";

/// How long somebody may take there, in seconds.
const BEGUN_SECONDS: i64 = 15 * 60;

/// What the owner whom the deployment names owns.
const FIRST_WORKSPACE: WorkspaceId = WorkspaceId(1);
const FIRST_WORKSPACE_NAME: &str = "Campanile";

/// Where the session's own cookies are sent to.
const SESSION_PATH: &str = "/v3/session";

/// `POST /v3/sign-in`: spends the code of a link and answers with a session.
#[utoipa::path(
    post,
    path = "/v3/sign-in",
    tag = "Sign-in",
    operation_id = "signIn",
    summary = "Exchanges the one-time code of a sign-in link for a session.",
    request_body = wire::SignIn,
    responses(
        (status = 200, description = "Signed in; the cookies come with this answer.", body = wire::Session),
        answers::ReadsBody, answers::Unauthorized, answers::Internal,
    ),
    security(()),
)]
pub async fn sign_in(
    State(app): State<Arc<App>>,
    headers: HeaderMap,
    Body(request): Body<SignIn>,
) -> Result<Response, ApiError> {
    let used =
        || Refusal::new(Kind::Unauthorized, "the sign-in link was used before or has expired: ask for a new one");
    let opened = access::spend_sign_in(&app, &request.code).await?.ok_or_else(used)?;
    let member = members::of_sign_in(&app, &opened).await?.ok_or_else(used)?;
    let secrets = open(&app, &member).await?.ok_or_else(used)?;
    Ok(with_cookies(Json(session_of(member)).into_response(), &secrets, Transport::of(&headers))?)
}

/// `GET /v3/sign-in/ways`
#[utoipa::path(
    get,
    path = "/v3/sign-in/ways",
    tag = "Sign-in",
    operation_id = "showSignInWays",
    summary = "Tells how people sign in here.",
    responses(
        (status = 200, description = "The ways there are.", body = wire::SignInWays),
        answers::Internal,
    ),
    security(()),
)]
pub async fn ways(State(app): State<Arc<App>>) -> Json<SignInWays> {
    let begin_url = app.oidc.as_ref().map(|oidc| format!("{}{SESSION_PATH}/begin", oidc.origin()));
    Json(SignInWays { begin_url })
}

/// `GET /v3/session/begin`: on to the identity provider.
#[utoipa::path(
    get,
    path = "/v3/session/begin",
    tag = "Sign-in",
    operation_id = "beginSignIn",
    summary = "Sends the browser on to the identity provider.",
    responses(
        (status = 303, description = "On to the provider."),
        answers::NotFound, answers::Internal,
    ),
    security(()),
)]
pub async fn begin(State(app): State<Arc<App>>, headers: HeaderMap) -> Result<Response, ApiError> {
    let Some(oidc) = &app.oidc else {
        return Err(Refusal::new(Kind::NotFound, "this installation has no identity provider").into());
    };
    let (begun, url) = oidc.begin().await?;
    let cookie = cookie_of(BEGUN_COOKIE, &begun.sealed(), SESSION_PATH, BEGUN_SECONDS, Transport::of(&headers));
    // Lax: the way back starts at the provider's site, and this cookie must come along.
    let cookie = cookie.replace("SameSite=Strict", "SameSite=Lax");
    Ok((StatusCode::SEE_OTHER, [(LOCATION, url), (SET_COOKIE, cookie)]).into_response())
}

/// What the identity provider sends back with the browser.
#[derive(Debug, Deserialize)]
pub struct Returned {
    code: Option<String>,
    state: Option<String>,
}

/// `GET /v3/session/callback`: back from the identity provider, into a session or to the page that says why not.
#[utoipa::path(
    get,
    path = "/v3/session/callback",
    tag = "Sign-in",
    operation_id = "endSignIn",
    summary = "Takes the browser back from the identity provider, into a session or to the page that says why not.",
    params(("code" = Option<String>, Query, description = "What the provider gives for a person."), ("state" = Option<String>, Query, description = "To which beginning it belongs.")),
    responses(
        (status = 303, description = "On to the dashboard."),
        answers::ReadsQuery, answers::Internal,
    ),
    security(()),
)]
pub async fn callback(
    State(app): State<Arc<App>>,
    headers: HeaderMap,
    Params(returned): Params<Returned>,
) -> Result<Response, ApiError> {
    let transport = Transport::of(&headers);
    let begun = cookie(&headers, BEGUN_COOKIE).and_then(Begun::opened);
    let mut response = match signed_in(&app, begun, returned).await? {
        Ok(secrets) => with_cookies(Redirect::to("/campaigns").into_response(), &secrets, transport)?,
        Err(why) => {
            tracing::info!(why = why.as_str(), "a sign-in was refused");
            Redirect::to(&format!("/sign-in?refused={}", why.as_str())).into_response()
        }
    };
    add_cookie(&mut response, &cookie_of(BEGUN_COOKIE, "", SESSION_PATH, 0, transport))?;
    Ok(response)
}

/// Why somebody who came back is not let in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum NotIn {
    /// They gave up, or the provider refused them.
    Denied,
    /// It was begun too long ago, or in another browser.
    Stale,
    /// The provider's answer cannot be trusted.
    Untrusted,
    /// No workspace has invited this address.
    NotInvited,
}

impl NotIn {
    fn as_str(self) -> &'static str {
        match self {
            NotIn::Denied => "denied",
            NotIn::Stale => "stale",
            NotIn::Untrusted => "untrusted",
            NotIn::NotInvited => "notInvited",
        }
    }
}

async fn signed_in(app: &App, begun: Option<Begun>, returned: Returned) -> Result<Result<Secrets, NotIn>, ApiError> {
    let Some(oidc) = &app.oidc else { return Ok(Err(NotIn::Denied)) };
    let Some(code) = returned.code else { return Ok(Err(NotIn::Denied)) };
    let Some(begun) = begun.filter(|begun| returned.state.as_deref().is_some_and(|state| begun.is_of(state))) else {
        return Ok(Err(NotIn::Stale));
    };
    let person = match oidc.exchange(&code, &begun, app.clock.now_millis() / 1_000).await? {
        Ok(person) => person,
        Err(oidc::Untrusted(why)) => {
            tracing::warn!(why, "the identity provider's answer is not trusted");
            return Ok(Err(NotIn::Untrusted));
        }
    };
    // In several workspaces: the one that was entered last.
    let mut members = members::of_email(app, &person.email).await?;
    if members.is_empty() && app.config.owner_email.as_ref() == Some(&person.email) {
        members.extend(members::named_owner(app, FIRST_WORKSPACE, FIRST_WORKSPACE_NAME, &person.email).await?);
    }
    members.sort_by_key(|member| (member.signed_in_at, std::cmp::Reverse(member.created_at)));
    let Some(member) = members.pop() else { return Ok(Err(NotIn::NotInvited)) };
    Ok(open(app, &member).await?.ok_or(NotIn::NotInvited))
}

/// Opens a session for a member; nothing when they are gone.
async fn open(app: &App, member: &MemberRecord) -> anyhow::Result<Option<Secrets>> {
    if members::note_sign_in(app, member).await? == Written::ConditionFailed {
        return Ok(None);
    }
    tracing::info!(workspace = %member.workspace_id, member = %member.id, "a member signed in");
    Ok(Some(sessions::open(app, member.workspace_id, &member.id).await?))
}

/// `POST /v3/session/refresh`: the next pair of cookies for the present one.
#[utoipa::path(
    post,
    path = "/v3/session/refresh",
    tag = "Sign-in",
    operation_id = "refreshSession",
    summary = "Renews the cookies of a session.",
    responses(
        (status = 204, description = "Renewed; the cookies come with this answer."),
        answers::Unauthorized, answers::Forbidden, answers::Internal,
    ),
    security(()),
)]
pub async fn refresh(State(app): State<Arc<App>>, headers: HeaderMap) -> Result<Response, ApiError> {
    check_origin(&Method::POST, &headers)?;
    let transport = Transport::of(&headers);
    let over = |how: &str| -> Result<Response, ApiError> {
        without_cookies(Refusal::new(Kind::Unauthorized, how).into_response(), transport)
    };
    let Some(secret) = cookie(&headers, REFRESH_COOKIE) else { return over("nobody is signed in") };
    match sessions::refresh(&app, secret).await? {
        Refreshed::Renewed(secrets) => Ok(with_cookies(StatusCode::NO_CONTENT.into_response(), &secrets, transport)?),
        Refreshed::Unknown => over("the session is over: sign in again"),
        Refreshed::Copied => over("this session was used by somebody else too and was ended: sign in again"),
    }
}

/// `DELETE /v3/session`: signs the browser out; without a session there is nothing to do.
#[utoipa::path(
    delete,
    path = "/v3/session",
    tag = "Sign-in",
    operation_id = "signOut",
    summary = "Ends the session of the cookie; without one there is nothing to do.",
    responses(
        (status = 204, description = "Signed out."),
        answers::Forbidden, answers::Internal,
    ),
    security(()),
)]
pub async fn sign_out(State(app): State<Arc<App>>, headers: HeaderMap) -> Result<Response, ApiError> {
    for name in [REFRESH_COOKIE, SESSION_COOKIE] {
        if let Some(secret) = cookie(&headers, name) {
            check_origin(&Method::DELETE, &headers)?;
            sessions::end(&app, secret).await?;
        }
    }
    without_cookies(StatusCode::NO_CONTENT.into_response(), Transport::of(&headers))
}

/// `GET /v3/session`
#[utoipa::path(
    get,
    path = "/v3/session",
    tag = "Sign-in",
    operation_id = "showSession",
    summary = "Tells who asks, and what they may do.",
    responses(
        (status = 200, description = "Who it is.", body = wire::Session),
        answers::Reads,
    ),
)]
pub async fn show(caller: Caller) -> Json<Session> {
    Json(Session {
        workspace_id: caller.workspace_id,
        workspace_name: caller.workspace_name,
        member_id: caller.member_id,
        name: caller.name,
        role: caller.role,
    })
}

fn session_of(member: MemberRecord) -> Session {
    Session {
        workspace_id: member.workspace_id,
        workspace_name: member.workspace_name,
        member_id: Some(member.id),
        name: member.name,
        role: member.role,
    }
}

/// How the request came to us, or to the proxy before us.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Transport {
    Plain,
    Encrypted,
}

impl Transport {
    fn of(headers: &HeaderMap) -> Transport {
        let forwarded = headers.get("x-forwarded-proto").and_then(|value| value.to_str().ok()).unwrap_or_default();
        let first = forwarded.split(',').next().unwrap_or_default();
        if first.trim().eq_ignore_ascii_case("https") { Transport::Encrypted } else { Transport::Plain }
    }
}

fn with_cookies(mut response: Response, secrets: &Secrets, transport: Transport) -> anyhow::Result<Response> {
    let access = cookie_of(SESSION_COOKIE, &secrets.access, "/", ACCESS_SECONDS, transport);
    let refresh = cookie_of(REFRESH_COOKIE, &secrets.refresh, SESSION_PATH, IDLE_DAYS * 86_400, transport);
    add_cookie(&mut response, &access)?;
    add_cookie(&mut response, &refresh)?;
    Ok(response)
}

fn without_cookies(mut response: Response, transport: Transport) -> Result<Response, ApiError> {
    add_cookie(&mut response, &cookie_of(SESSION_COOKIE, "", "/", 0, transport))?;
    add_cookie(&mut response, &cookie_of(REFRESH_COOKIE, "", SESSION_PATH, 0, transport))?;
    Ok(response)
}

fn add_cookie(response: &mut Response, cookie: &str) -> anyhow::Result<()> {
    response.headers_mut().append(SET_COOKIE, HeaderValue::from_str(cookie)?);
    Ok(())
}

fn cookie_of(name: &str, value: &str, path: &str, max_age_seconds: i64, transport: Transport) -> String {
    let secure = match transport {
        Transport::Plain => "",
        Transport::Encrypted => "; Secure",
    };
    format!("{name}={value}; HttpOnly; SameSite=Strict; Path={path}; Max-Age={max_age_seconds}{secure}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_cookie_is_secure_where_the_connection_is() {
        let mut headers = HeaderMap::new();
        assert!(!cookie_of("s", "t", "/", 60, Transport::of(&headers)).contains("Secure"));
        headers.insert("x-forwarded-proto", HeaderValue::from_static("https, http"));
        let expected = "s=t; HttpOnly; SameSite=Strict; Path=/; Max-Age=60; Secure";
        assert_eq!(cookie_of("s", "t", "/", 60, Transport::of(&headers)), expected);
    }
}
