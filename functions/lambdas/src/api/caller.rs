//! Who asks: the walls. Every look-up behind this is by the caller's workspace, so another's ids do not exist.

use std::sync::Arc;

use axum::extract::FromRequestParts;
use http::header::{AUTHORIZATION, COOKIE};
use http::request::Parts;
use http::{HeaderMap, Method};
use wire::WorkspaceId;

use super::problem::{ApiError, Kind, Refusal};
use crate::App;
use crate::storage::access;

/// The cookie of a signed-in browser.
pub const SESSION_COOKIE: &str = "campanile_session";

/// A page of another origin cannot add this header without being asked by the browser first.
const CSRF_HEADER: &str = "x-requested-with";

/// What the header must say.
const CSRF_VALUE: &str = "campanile";

/// The workspace that a request reads and writes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Caller {
    /// Its id.
    pub workspace_id: WorkspaceId,
    /// Its name, for people.
    pub workspace_name: String,
}

impl FromRequestParts<Arc<App>> for Caller {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, app: &Arc<App>) -> Result<Caller, ApiError> {
        let token = match (bearer(&parts.headers), session_cookie(&parts.headers)) {
            (Some(token), _) => token,
            (None, Some(token)) => {
                check_origin(&parts.method, &parts.headers)?;
                token
            }
            (None, None) => {
                let how = "send an API token as \"Authorization: Bearer …\", or sign in with the printed link";
                return Err(Refusal::new(Kind::Unauthorized, how).into());
            }
        };
        match access::find_token(app, token).await? {
            Some(record) => Ok(Caller { workspace_id: record.workspace_id, workspace_name: record.workspace_name }),
            None => Err(Refusal::new(Kind::Unauthorized, "the token or session is unknown or has expired").into()),
        }
    }
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

/// The session of the request's cookies.
pub(super) fn session_cookie(headers: &HeaderMap) -> Option<&str> {
    headers
        .get_all(COOKIE)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|cookies| cookies.split(';'))
        .filter_map(|cookie| cookie.trim().split_once('='))
        .find(|(name, _)| *name == SESSION_COOKIE)
        .map(|(_, token)| token)
}

fn bearer(headers: &HeaderMap) -> Option<&str> {
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
        let one_header = headers(&[("cookie", "theme=dark; campanile_session=abc; x=1")]);
        assert_eq!(session_cookie(&one_header), Some("abc"));
        let two_headers = headers(&[("cookie", "theme=dark"), ("cookie", "campanile_session=abc")]);
        assert_eq!(session_cookie(&two_headers), Some("abc"));
        assert_eq!(session_cookie(&headers(&[("cookie", "not_campanile_session=abc")])), None);
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
