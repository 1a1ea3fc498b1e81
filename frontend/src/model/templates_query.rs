//! Which templates are shown. The choice lives in the URL, so that it can be shared and gone back to.

use wire::Template;

use crate::t;

/// The address of the list.
pub const BASE: &str = "/templates";

/// The channel, what is looked for, and the status.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct TemplatesQuery {
    /// The channel whose account has them; empty for the first.
    pub channel: String,
    /// A part of the name or the text; empty for all.
    pub search: String,
    /// Meta's word; empty for all.
    pub status: String,
}

impl TemplatesQuery {
    /// As the URL has it.
    pub fn parse(channel: Option<&str>, search: Option<&str>, status: Option<&str>) -> Self {
        let text = |text: Option<&str>| text.unwrap_or_default().to_owned();
        Self { channel: text(channel), search: text(search), status: text(status) }
    }

    /// The name and value of each part of the URL's query.
    pub fn parts(&self) -> Vec<(&'static str, &str)> {
        let all = [("channel", &self.channel), ("search", &self.search), ("status", &self.status)];
        all.into_iter().filter(|(_, text)| !text.is_empty()).map(|(name, text)| (name, text.as_str())).collect()
    }

    /// Whether a template is shown.
    pub fn shows(&self, template: &Template) -> bool {
        let wanted = self.search.trim().to_lowercase();
        let found = [&template.name, &template.body].into_iter().any(|text| text.to_lowercase().contains(&wanted));
        found && (self.status.is_empty() || template.status == self.status)
    }
}

/// The statuses that these templates have, each once.
pub fn statuses(templates: &[Template]) -> Vec<String> {
    let mut all: Vec<String> = templates.iter().map(|template| template.status.clone()).collect();
    all.sort_unstable();
    all.dedup();
    all
}

/// How a status looks: the class of its badge.
pub fn tone(status: &str) -> &'static str {
    match status {
        "APPROVED" => "badge good",
        "PENDING" | "IN_APPEAL" => "badge waiting",
        "PAUSED" | "LIMIT_EXCEEDED" => "badge held",
        "REJECTED" | "DISABLED" | "PENDING_DELETION" | "DELETED" => "badge bad",
        _ => "badge",
    }
}

/// One of Meta's words, as a reader writes it: `Pending deletion`.
pub fn word(of_meta: &str) -> String {
    let known = match of_meta {
        "APPROVED" => t::meta_approved(),
        "PENDING" => t::meta_pending(),
        "REJECTED" => t::meta_rejected(),
        "PAUSED" => t::meta_paused(),
        "DISABLED" => t::meta_disabled(),
        "IN_APPEAL" => t::meta_in_appeal(),
        "PENDING_DELETION" => t::meta_pending_deletion(),
        "DELETED" => t::meta_deleted(),
        "LIMIT_EXCEEDED" => t::meta_limit_exceeded(),
        "MARKETING" => t::marketing(),
        "UTILITY" => t::utility(),
        "AUTHENTICATION" => t::authentication(),
        _ => return as_it_is(of_meta),
    };
    known.to_owned()
}

/// A word that Meta has and we do not know.
pub fn as_it_is(of_meta: &str) -> String {
    let lower = of_meta.to_lowercase().replace('_', " ");
    let mut letters = lower.chars();
    let first = letters.next().map(|first| first.to_uppercase().to_string()).unwrap_or_default();
    first + letters.as_str()
}

/// What Meta's colour of the quality means; nothing where Meta does not know.
pub fn quality(of_meta: Option<&str>) -> Option<&'static str> {
    match of_meta? {
        "GREEN" => Some(t::quality_high()),
        "YELLOW" => Some(t::quality_medium()),
        "RED" => Some(t::quality_low()),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn template(name: &str, status: &str) -> Template {
        Template { name: name.into(), status: status.into(), body: "Olá {{1}}".into(), ..Template::default() }
    }

    #[test]
    fn the_url_and_the_query_are_one() {
        let query = TemplatesQuery::parse(None, Some("sale"), Some("APPROVED"));
        assert_eq!(query.parts(), [("search", "sale"), ("status", "APPROVED")]);
        assert!(TemplatesQuery::default().parts().is_empty());
    }

    #[test]
    fn names_and_texts_are_searched() {
        let shows = |search: &str, status: &str| {
            TemplatesQuery::parse(None, Some(search), Some(status)).shows(&template("winter_sale", "PAUSED"))
        };
        assert!(shows("", "") && shows("SALE", "PAUSED") && shows("olá", ""));
        assert!(!shows("summer", "") && !shows("sale", "APPROVED"));
    }

    #[test]
    fn metas_words_become_ours() {
        assert_eq!(word("PENDING_DELETION"), "Pending deletion");
        assert_eq!((quality(Some("RED")), quality(Some("UNKNOWN")), quality(None)), (Some("Low"), None, None));
        let all = [template("a", "PAUSED"), template("b", "APPROVED"), template("c", "PAUSED")];
        assert_eq!(statuses(&all), ["APPROVED", "PAUSED"]);
    }
}
