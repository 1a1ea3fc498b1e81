//! The one table of the part of the API that each route belongs to, for tokens that are narrowed to some of it.

use http::Method;
use wire::{Area, Scope};

/// First segments of paths under `/v3`.
const AREAS: [(&str, Area); 18] = [
    ("campaigns", Area::Campaigns),
    ("uploads", Area::Campaigns),
    ("audiences", Area::Campaigns),
    ("assets", Area::Campaigns),
    ("notices", Area::Campaigns),
    ("contacts", Area::Contacts),
    ("lists", Area::Contacts),
    ("suppressions", Area::Contacts),
    ("people", Area::Contacts),
    ("reports", Area::Reports),
    ("templates", Area::Templates),
    ("channels", Area::Channels),
    ("webhooks", Area::Webhooks),
    ("settings", Area::Settings),
    ("business-hours", Area::Settings),
    ("rate-card", Area::Settings),
    ("members", Area::Team),
    ("tokens", Area::Team),
];

/// Here a token learns who it is: any may.
const OF_ITSELF: &str = "session";

/// A POST that changes nothing.
const ONLY_COUNTS: &str = "/v3/lists/count";

/// The scope that a narrowed token needs for a route; nothing where any will do.
pub(super) fn of(method: &Method, path: &str) -> Option<Scope> {
    let first = path.split('/').nth(2).unwrap_or_default();
    if first == OF_ITSELF {
        return None;
    }
    let area = AREAS.iter().find(|(segment, _)| *segment == first).map(|(_, area)| *area);
    let scope = match area {
        Some(area) if method.is_safe() || path == ONLY_COUNTS => Some(area.read()),
        Some(area) => area.write(),
        None => None,
    };
    // What no line names is as closed as what lets people in.
    Some(scope.unwrap_or(Scope::TeamWrite))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_segment_names_the_area_and_the_method_whether_it_writes() {
        assert_eq!(of(&Method::GET, "/v3/campaigns/{id}/report"), Some(Scope::CampaignsRead));
        assert_eq!(of(&Method::POST, "/v3/campaigns/{id}/start"), Some(Scope::CampaignsWrite));
        assert_eq!(of(&Method::DELETE, "/v3/suppressions/{phone}"), Some(Scope::ContactsWrite));
        assert_eq!(of(&Method::POST, "/v3/lists"), Some(Scope::ContactsWrite));
        assert_eq!(of(&Method::POST, ONLY_COUNTS), Some(Scope::ContactsRead));
        assert_eq!(of(&Method::GET, "/v3/session"), None);
    }

    #[test]
    fn what_no_line_names_is_closed() {
        assert_eq!(of(&Method::GET, "/v3/something-new"), Some(Scope::TeamWrite));
        assert_eq!(of(&Method::POST, "/v3/reports"), Some(Scope::TeamWrite));
    }
}
