//! What every route of the Graph API does first: look at the version in the path and at the bearer token.

use http::{HeaderMap, header};

use crate::errors::{ErrorCode, GraphError};
use crate::world::World;

/// Lets a request of any version with the right token pass.
pub(crate) fn enter(world: &World, version: &str, headers: &HeaderMap) -> Result<(), GraphError> {
    if !is_version(version) {
        return Err(GraphError::unknown_path(&format!("/{version}")));
    }
    check_token(world, headers)
}

/// Lets whoever has the token pass; uploads in pieces call it `OAuth`.
pub(crate) fn check_token(world: &World, headers: &HeaderMap) -> Result<(), GraphError> {
    let given = headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok());
    match given.and_then(|value| value.strip_prefix("Bearer ").or_else(|| value.strip_prefix("OAuth "))) {
        Some(token) if token.trim() == world.config.access_token => Ok(()),
        Some(_) | None => Err(GraphError::bad_token()),
    }
}

/// Turns a failure to write something down into Meta's "something went wrong".
pub(crate) fn recorded<T>(result: anyhow::Result<T>) -> Result<T, GraphError> {
    result.map_err(|error| {
        tracing::error!(error = format!("{error:#}"), "a change could not be recorded");
        GraphError::of(ErrorCode::SOMETHING_WENT_WRONG)
    })
}

/// `v26.0` and the like.
fn is_version(segment: &str) -> bool {
    let digits = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
    let parts = segment.strip_prefix('v').and_then(|rest| rest.split_once('.'));
    parts.is_some_and(|(major, minor)| digits(major) && digits(minor))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn any_version_is_a_version_and_nothing_else_is() {
        for version in ["v1.0", "v23.0", "v26.10"] {
            assert!(is_version(version));
        }
        for other in ["26.0", "v26", "v26.", "v.0", "vx.0", "simulator"] {
            assert!(!is_version(other));
        }
    }
}
