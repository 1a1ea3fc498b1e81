//! What is learnt from taps and done with answers, as it is typed: tracked links and reply rules.

use std::collections::BTreeSet;

use campaigns::links::{column, with_columns};
use reader::{SampleRow, Sheet};
use wire::{CreateCampaign, ReplyRules, TrackedLink, WebhookId};

use crate::t;

/// What was typed.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct FollowUp {
    /// Tracked links, in the order in which they stand; an empty one asks for nothing.
    pub links: Vec<TrackedLink>,
    /// The label for people who answer; empty for none.
    pub label: String,
    /// The automatic answer; empty for none.
    pub answer: String,
    /// The webhook that is told of answers; empty for none.
    pub webhook_id: String,
}

impl FollowUp {
    /// What a request asks for.
    pub fn asked(asked: &CreateCampaign) -> Self {
        let ReplyRules { label, answer, webhook_id } = asked.replies.clone().unwrap_or_default();
        Self {
            links: asked.links.clone(),
            label: label.unwrap_or_default(),
            answer: answer.unwrap_or_default(),
            webhook_id: webhook_id.map(|id| id.to_string()).unwrap_or_default(),
        }
    }

    /// The request with it.
    pub fn put(&self, request: CreateCampaign) -> CreateCampaign {
        CreateCampaign { links: self.given(), replies: self.rules(), ..request }
    }

    /// The links of which something was typed.
    pub fn given(&self) -> Vec<TrackedLink> {
        let trimmed =
            |link: &TrackedLink| TrackedLink { name: link.name.trim().to_owned(), url: link.url.trim().to_owned() };
        self.links.iter().filter(|link| is_given(link)).map(trimmed).collect()
    }

    /// The names that texts and buttons can call links by, each once.
    pub fn names(&self) -> Vec<String> {
        let names = self.given().into_iter().map(|link| link.name).filter(|name| !name.is_empty());
        names.collect::<BTreeSet<_>>().into_iter().collect()
    }

    /// What is done with answers; nothing where nothing is.
    pub fn rules(&self) -> Option<ReplyRules> {
        let given = |text: &str| Some(text.trim().to_owned()).filter(|text| !text.is_empty());
        let rules = ReplyRules {
            label: given(&self.label),
            answer: given(&self.answer),
            webhook_id: given(&self.webhook_id).map(WebhookId),
        };
        Some(rules).filter(|rules| *rules != ReplyRules::default())
    }

    /// The columns of the people with the links behind them; none before there are people.
    pub fn columns(&self, columns: &[String]) -> Vec<String> {
        if columns.is_empty() {
            return Vec::new();
        }
        with_columns(columns, &self.given()).into_owned()
    }

    /// The first of the people with what stands for his links; nothing where there are no links or no people.
    pub fn on(&self, sheet: Option<&Sheet>) -> Option<Sheet> {
        let links = self.given();
        let sheet = sheet.filter(|_| !links.is_empty())?;
        let row = sheet.sample.iter().find(|row| row.problem.is_none())?;
        let mut cells = row.cells.clone();
        cells.resize(sheet.columns.len(), String::new());
        cells.extend(links.iter().map(shown));
        let columns = with_columns(&sheet.columns, &links).into_owned();
        Some(Sheet { columns, sample: vec![SampleRow { cells, ..row.clone() }], ..Sheet::default() })
    }

    /// A field as the API names it, as the page does: the API counts the links that are given, the page all.
    pub fn at_element(&self, field: &str) -> String {
        let parts: Vec<&str> = field.split('.').collect();
        let ["links", place, part] = parts.as_slice() else { return field.to_owned() };
        let mut given = self.links.iter().enumerate().filter(|(_, link)| is_given(link));
        let typed = place.parse().ok().and_then(|place: usize| given.nth(place));
        typed.map_or_else(|| field.to_owned(), |(at, _)| format!("links.{at}.{part}"))
    }
}

fn is_given(link: &TrackedLink) -> bool {
    !(link.name.trim().is_empty() && link.url.trim().is_empty())
}

/// What stands for the address that each of the people gets.
fn shown(link: &TrackedLink) -> String {
    format!("https://…/r/{}", link.name)
}

/// What a text calls a link by; nothing before it has a name.
pub fn placeholder(link: &TrackedLink) -> Option<String> {
    let name = Some(link.name.trim()).filter(|name| !name.is_empty())?;
    Some(format!("{{{{{}}}}}", column(name)))
}

/// Whether a field is of tracked links or reply rules.
pub fn is_of_follow_up(field: &str) -> bool {
    field == "links" || field.starts_with("links.") || field.starts_with("replies.")
}

/// Links in a line; nothing where there are none.
pub fn links_in_words(links: &[TrackedLink]) -> Option<String> {
    let words = |link: &TrackedLink| format!("{} → {}", link.name, link.url);
    let all: Vec<String> = links.iter().map(words).collect();
    (!all.is_empty()).then(|| all.join(" · "))
}

/// Reply rules in a line.
pub fn rules_in_words(rules: &ReplyRules) -> String {
    let ReplyRules { label, answer, webhook_id } = rules;
    let parts = [
        label.as_ref().map(|label| t::rule_label(label)),
        answer.as_ref().map(|answer| t::rule_answer(answer)),
        webhook_id.as_ref().map(|_| t::rule_webhook().to_owned()),
    ];
    parts.into_iter().flatten().collect::<Vec<_>>().join(" · ")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn link(name: &str, url: &str) -> TrackedLink {
        TrackedLink { name: name.into(), url: url.into() }
    }

    fn typed() -> FollowUp {
        FollowUp {
            links: vec![link(" ", ""), link(" shop ", "https://shop.example "), link("menu", "")],
            label: " warm ".into(),
            answer: "Thank you!".into(),
            webhook_id: String::new(),
        }
    }

    #[test]
    fn what_is_typed_is_asked_for_and_comes_back() {
        assert_eq!(FollowUp::default().put(CreateCampaign::default()), CreateCampaign::default());
        let asked = typed().put(CreateCampaign::default());
        assert_eq!(asked.links, [link("shop", "https://shop.example"), link("menu", "")]);
        let rules = ReplyRules { label: Some("warm".into()), answer: Some("Thank you!".into()), webhook_id: None };
        assert_eq!(asked.replies, Some(rules));
        let back = FollowUp::asked(&asked);
        assert_eq!(back.put(CreateCampaign::default()), asked);
        let told = FollowUp { webhook_id: "01JD8ZQ0000000000000000000".into(), ..FollowUp::default() };
        assert_eq!(FollowUp::asked(&told.put(CreateCampaign::default())), told);
    }

    #[test]
    fn a_fault_stands_at_its_link_though_the_api_counts_only_what_is_given() {
        assert_eq!(typed().at_element("links.0.name"), "links.1.name");
        assert_eq!(typed().at_element("links.1.url"), "links.2.url");
        for same in ["links", "links.7.url", "replies.answer", "name"] {
            assert_eq!(typed().at_element(same), same);
        }
        assert!(is_of_follow_up("links.0.url") && is_of_follow_up("replies.webhookId") && !is_of_follow_up("message"));
    }

    #[test]
    fn links_stand_behind_the_columns_of_the_people() {
        assert_eq!(typed().columns(&[]), Vec::<String>::new());
        assert_eq!(typed().columns(&["Phone".into()]), ["Phone", "link:shop", "link:menu"]);
        assert_eq!(typed().names(), ["menu", "shop"]);
        assert_eq!(placeholder(&typed().links[1]).as_deref(), Some("{{link:shop}}"));
        assert_eq!(placeholder(&typed().links[0]), None);
    }

    #[test]
    fn the_first_person_is_shown_with_a_link_also_where_the_row_is_short() {
        let sheet = Sheet {
            columns: vec!["Phone".into(), "Name".into()],
            sample: vec![SampleRow { cells: vec!["+1".into()], ..SampleRow::default() }],
            ..Sheet::default()
        };
        let with_links = typed().on(Some(&sheet)).unwrap();
        assert_eq!(with_links.first_cell("link:shop"), Some("https://…/r/shop"));
        assert_eq!(with_links.first_cell("Phone"), Some("+1"));
        assert_eq!(FollowUp::default().on(Some(&sheet)), None);
        assert_eq!(typed().on(None), None);
    }

    #[test]
    fn both_are_told_in_a_line() {
        assert_eq!(links_in_words(&[]), None);
        let links = [link("shop", "https://shop.example"), link("menu", "https://menu.example")];
        let line = links_in_words(&links);
        assert_eq!(line.as_deref(), Some("shop → https://shop.example · menu → https://menu.example"));
        let rules = ReplyRules { webhook_id: Some(WebhookId("1".into())), ..typed().rules().unwrap() };
        assert_eq!(rules_in_words(&rules), "label “warm” · answer “Thank you!” · a webhook takes over");
    }
}
