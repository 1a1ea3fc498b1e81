//! Signing in with the code of the printed link, and out again.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use http::header::SET_COOKIE;
use http::{HeaderMap, Method, StatusCode};
use wire::{Session, SignIn};

use super::caller::{Caller, SESSION_COOKIE, check_origin, session_cookie};
use super::extract::Body;
use super::problem::{ApiError, Kind, Refusal};
use crate::App;
use crate::storage::access::{self, AccessRecord, Purpose, SESSION_DAYS};

/// `POST /v3/sign-in`: spends the code and answers with a session cookie.
pub async fn sign_in(
    State(app): State<Arc<App>>,
    headers: HeaderMap,
    Body(request): Body<SignIn>,
) -> Result<Response, ApiError> {
    let Some(opened) = access::spend_sign_in(&app, &request.code).await? else {
        let how = "the sign-in link was used before or has expired: print a new one";
        return Err(Refusal::new(Kind::Unauthorized, how).into());
    };
    let expires_at = access::expires_in_days(app.clock.now_millis(), SESSION_DAYS);
    let record = AccessRecord { expires_at, ..opened };
    let token = access::grant(&app, Purpose::Token, &record).await?;
    let session = Session { workspace_id: record.workspace_id, workspace_name: record.workspace_name };
    let cookie = cookie(&token, SESSION_DAYS * 86_400, Transport::of(&headers));
    Ok(([(SET_COOKIE, cookie)], Json(session)).into_response())
}

/// `POST /v3/sign-out`: ends the browser's session; without one there is nothing to do.
pub async fn sign_out(State(app): State<Arc<App>>, headers: HeaderMap) -> Result<Response, ApiError> {
    if let Some(token) = session_cookie(&headers) {
        check_origin(&Method::POST, &headers)?;
        access::revoke_token(&app, token).await?;
    }
    let cleared = cookie("", 0, Transport::of(&headers));
    Ok((StatusCode::NO_CONTENT, [(SET_COOKIE, cleared)]).into_response())
}

/// `GET /v3/session`
pub async fn show(caller: Caller) -> Json<Session> {
    Json(Session { workspace_id: caller.workspace_id, workspace_name: caller.workspace_name })
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

fn cookie(token: &str, max_age_seconds: i64, transport: Transport) -> String {
    let secure = match transport {
        Transport::Plain => "",
        Transport::Encrypted => "; Secure",
    };
    format!("{SESSION_COOKIE}={token}; HttpOnly; SameSite=Strict; Path=/; Max-Age={max_age_seconds}{secure}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_cookie_is_secure_where_the_connection_is() {
        let mut headers = HeaderMap::new();
        assert!(!cookie("t", 60, Transport::of(&headers)).contains("Secure"));
        headers.insert("x-forwarded-proto", http::HeaderValue::from_static("https, http"));
        let expected = "campanile_session=t; HttpOnly; SameSite=Strict; Path=/; Max-Age=60; Secure";
        assert_eq!(cookie("t", 60, Transport::of(&headers)), expected);
    }
}
