//! Which campaigns are shown. The choice lives in the URL, so that it can be shared and gone back to.

use campaigns::lifecycle::{STATUSES, status_name};

/// The address of the list.
pub const BASE: &str = "/campaigns";

/// What is looked for and the place in the list.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct CampaignsQuery {
    /// A part of the name; empty for all.
    pub search: String,
    /// The state, as the API names it; empty for any.
    pub status: String,
    /// The cursor of the page; nothing for the first.
    pub after: Option<String>,
}

impl CampaignsQuery {
    /// As the URL has it. A state that there is not is none.
    pub fn parse(search: Option<&str>, status: Option<&str>, after: Option<&str>) -> Self {
        let status = status.filter(|status| STATUSES.iter().any(|known| status_name(*known) == *status));
        Self {
            search: search.unwrap_or_default().trim().to_owned(),
            status: status.unwrap_or_default().to_owned(),
            after: after.filter(|cursor| !cursor.is_empty()).map(str::to_owned),
        }
    }

    /// The same campaigns, at another place.
    pub fn at(&self, after: Option<String>) -> Self {
        Self { after, ..self.clone() }
    }

    /// The same with another search, from its beginning.
    pub fn searching(&self, search: &str) -> Self {
        Self { search: search.trim().to_owned(), after: None, ..self.clone() }
    }

    /// The same with another state, from its beginning.
    pub fn in_state(&self, status: &str) -> Self {
        Self { status: status.to_owned(), after: None, ..self.clone() }
    }

    /// The name and value of each part of the URL's query, and of the API's.
    pub fn parts(&self) -> Vec<(&'static str, String)> {
        let filled = |name, text: &String| Some((name, text.clone())).filter(|_| !text.is_empty());
        let after = self.after.clone().map(|after| ("after", after));
        [filled("search", &self.search), filled("status", &self.status), after].into_iter().flatten().collect()
    }

    /// Whether all campaigns are looked at from the first one on.
    pub fn is_everything(&self) -> bool {
        *self == Self::default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_url_and_the_query_are_one() {
        let query = CampaignsQuery::parse(Some(" natal "), Some("draft"), Some("01J"));
        let parts = [("search", "natal"), ("status", "draft"), ("after", "01J")];
        assert_eq!(query.parts(), parts.map(|(name, value)| (name, value.to_owned())));
        assert!(CampaignsQuery::parse(None, Some("gone"), Some("")).is_everything());
    }

    #[test]
    fn another_search_or_state_begins_anew() {
        let query = CampaignsQuery::parse(Some("natal"), Some("draft"), Some("01J"));
        assert_eq!((query.searching("offer").after, query.in_state("paused").after), (None, None));
        assert_eq!(query.in_state("").parts(), [("search", "natal".to_owned())]);
    }

    #[test]
    fn states_are_named_as_the_api_does() {
        for status in STATUSES {
            assert_eq!(serde_json::to_string(&status).unwrap(), format!("\"{}\"", status_name(status)));
        }
    }
}
