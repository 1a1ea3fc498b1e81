//! Which people of the book are shown. The choice lives in the URL, so that it can be shared and gone back to.

use std::collections::BTreeSet;

use wire::{LabelFilter, ListFilter};

use crate::t;

/// People on one page.
pub const PAGE_SIZE: usize = 25;

/// A search answers pages with fewer people than asked, even none; so many are asked for before showing what came.
pub const PAGES_FOLLOWED: usize = 8;

/// The address of the list.
pub const BASE: &str = "/contacts";

/// What is looked for and the place in the list.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ContactsQuery {
    /// Beginnings of a name or a number; empty for everybody.
    pub search: String,
    /// A label that they have; empty for any.
    pub label: String,
    /// The cursor of the page; nothing for the first.
    pub after: Option<String>,
}

impl ContactsQuery {
    /// As the URL has it.
    pub fn parse(search: Option<&str>, label: Option<&str>, after: Option<&str>) -> Self {
        Self {
            search: search.unwrap_or_default().trim().to_owned(),
            label: label.unwrap_or_default().to_owned(),
            after: after.filter(|cursor| !cursor.is_empty()).map(str::to_owned),
        }
    }

    /// The same people, at another place.
    pub fn at(&self, after: Option<String>) -> Self {
        Self { after, ..self.clone() }
    }

    /// The same with another search, from its beginning.
    pub fn searching(&self, search: &str) -> Self {
        Self { search: search.trim().to_owned(), after: None, ..self.clone() }
    }

    /// The same with another label, from its beginning.
    pub fn labelled(&self, label: &str) -> Self {
        Self { label: label.to_owned(), after: None, ..self.clone() }
    }

    /// The name and value of each part of the URL's query.
    pub fn parts(&self) -> Vec<(&'static str, String)> {
        let filled = |name, text: &String| Some((name, text.clone())).filter(|_| !text.is_empty());
        let after = self.after.clone().map(|after| ("after", after));
        [filled("search", &self.search), filled("label", &self.label), after].into_iter().flatten().collect()
    }

    /// What the label asks of the API.
    pub fn filter(&self) -> Option<ListFilter> {
        let any = BTreeSet::from([self.label.clone()]);
        let labels = LabelFilter { any, ..LabelFilter::default() };
        (!self.label.is_empty()).then(|| ListFilter { labels, ..ListFilter::default() })
    }

    /// What the search asks of the API.
    pub fn sought(&self) -> Option<String> {
        Some(self.search.clone()).filter(|search| !search.is_empty())
    }

    /// What the button says that writes them into a file.
    pub fn export_title(&self) -> String {
        match (self.search.is_empty(), self.label.is_empty()) {
            (true, true) => t::export_all().to_owned(),
            (true, false) => t::export_label(&self.label),
            (false, _) => t::export_these().to_owned(),
        }
    }

    /// Whether the whole book is looked at.
    pub fn is_everybody(&self) -> bool {
        self.search.is_empty() && self.label.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_url_and_the_query_are_one() {
        let query = ContactsQuery::parse(Some(" ana "), Some("vip"), Some("12025550100"));
        let parts = [("search", "ana"), ("label", "vip"), ("after", "12025550100")];
        assert_eq!(query.parts(), parts.map(|(name, value)| (name, value.to_owned())));
        assert_eq!(query.at(None).parts().len(), 2);
        assert!(ContactsQuery::parse(None, None, Some("")).parts().is_empty());
    }

    #[test]
    fn another_search_or_label_begins_anew() {
        let query = ContactsQuery::parse(Some("ana"), Some("vip"), Some("12025550100"));
        assert_eq!((query.searching("bia").after, query.labelled("may").after), (None, None));
        assert_eq!(query.labelled("may").search, "ana");
    }

    #[test]
    fn an_export_obeys_the_search_and_says_so() {
        let query = ContactsQuery::parse(Some("ana"), Some("vip"), None);
        assert_eq!((query.sought().as_deref(), query.export_title().as_str()), (Some("ana"), "Export these"));
        assert_eq!(query.searching("").export_title(), "Export \"vip\"");
        assert_eq!(
            (ContactsQuery::default().sought(), ContactsQuery::default().export_title()),
            (None, "Export all".into())
        );
    }

    #[test]
    fn only_a_label_is_a_filter() {
        assert_eq!(ContactsQuery::parse(Some("ana"), None, None).filter(), None);
        let filter = ContactsQuery::default().labelled("vip").filter().unwrap();
        assert_eq!(filter.labels.any, BTreeSet::from(["vip".to_owned()]));
        assert!(ContactsQuery::default().is_everybody());
    }
}
