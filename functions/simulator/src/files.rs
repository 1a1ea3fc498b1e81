//! A file in a send: an upload of the same number, or an address that Meta could fetch.

use crate::asked::File;
use crate::errors::{ErrorCode, GraphError};
use crate::parts::MediaKind;

/// Says whether an upload with this id exists, is of this kind, and belongs to the sending number.
pub(crate) type Known<'a> = &'a dyn Fn(&str, MediaKind) -> bool;

/// Refuses a file that nobody could load. An id wins over a link.
pub(crate) fn check(part: &str, file: &File, kind: MediaKind, known: Known) -> Result<(), GraphError> {
    let name = kind.name();
    match (file.id.as_deref(), file.link.as_deref()) {
        (Some(id), _) if known(id, kind) => Ok(()),
        (Some(id), _) => {
            let details = format!("{part}: {name}['id'] {id} is not an uploaded file of this number");
            Err(GraphError::with_details(ErrorCode::MEDIA_UPLOAD, details))
        }
        (None, Some(link)) if is_https(link) => Ok(()),
        (None, Some(_)) => {
            let details = format!("{part}: {name}['link'] must be an https:// address");
            Err(GraphError::with_details(ErrorCode::PARAMETER_INVALID, details))
        }
        (None, None) => {
            let details = format!("{part}: {name} needs an id or a link");
            Err(GraphError::with_details(ErrorCode::PARAMETER_MISSING, details))
        }
    }
}

fn is_https(link: &str) -> bool {
    let uri = link.parse::<http::Uri>();
    uri.is_ok_and(|uri| uri.scheme_str() == Some("https") && uri.host().is_some_and(|host| !host.is_empty()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_https_with_a_host() {
        assert!(is_https("https://example.com/a.jpg"));
        for other in ["http://example.com/a.jpg", "https://", "example.com/a.jpg", ""] {
            assert!(!is_https(other), "{other}");
        }
    }
}
