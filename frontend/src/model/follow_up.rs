//! What is learnt from taps and done with answers, as it is typed: tracked links and reply rules.

use std::collections::BTreeSet;

use campaigns::links::{column, is_name, with_columns};
use reader::{SampleRow, Sheet};
use wire::{CreateCampaign, ReplyRules, TrackedLink, Webhook, WebhookId};

use crate::t;

/// Characters of an automatic answer that stand in a line: enough to know it by.
const ANSWER_SHOWN: usize = 80;

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

/// How a link gets into the message; nothing before it has a name that it can be called by. `is_typed`: whether there
/// are texts in which it can be named.
pub fn way_in(link: &TrackedLink, is_typed: bool) -> Option<String> {
    let name = Some(link.name.trim()).filter(|name| is_name(name))?;
    Some(match is_typed {
        true => t::in_the_message_write(&format!("{{{{{}}}}}", column(name))),
        false => t::choose_it_for_a_variable().to_owned(),
    })
}

/// The webhooks that can be chosen, each by its id with what it is called, and behind them the chosen one that is not
/// among them, so that it is seen and can be taken off. `webhooks`: nothing as long as they have not come.
pub fn webhook_choices(webhooks: Option<&[Webhook]>, chosen: &str) -> Vec<(String, String)> {
    let named = |webhook: &Webhook| (webhook.id.to_string(), called(webhook));
    let mut all: Vec<(String, String)> = webhooks.unwrap_or_default().iter().map(named).collect();
    if !chosen.is_empty() && all.iter().all(|(id, _)| id != chosen) {
        let name = if webhooks.is_some() { t::webhook_from_before_is_gone() } else { t::webhook_from_before() };
        all.push((chosen.to_owned(), name.to_owned()));
    }
    all
}

fn called(webhook: &Webhook) -> String {
    let name = Some(webhook.description.trim()).filter(|name| !name.is_empty()).unwrap_or(&webhook.url);
    if webhook.enabled { name.to_owned() } else { t::webhook_switched_off(&name) }
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

/// Reply rules in a line, of a long answer its beginning.
pub fn rules_in_words(rules: &ReplyRules) -> String {
    let ReplyRules { label, answer, webhook_id } = rules;
    let parts = [
        label.as_ref().map(|label| t::rule_label(label)),
        answer.as_ref().map(|answer| t::rule_answer(&beginning(answer))),
        webhook_id.as_ref().map(|_| t::rule_webhook().to_owned()),
    ];
    parts.into_iter().flatten().collect::<Vec<_>>().join(" · ")
}

fn beginning(text: &str) -> String {
    match text.char_indices().nth(ANSWER_SHOWN) {
        Some((end, _)) => format!("{}…", text[..end].trim_end()),
        None => text.to_owned(),
    }
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
    }

    #[test]
    fn a_link_is_told_how_it_gets_into_the_message_once_its_name_is_one() {
        assert_eq!(way_in(&typed().links[1], true).as_deref(), Some("In the message: {{link:shop}}"));
        assert_eq!(way_in(&typed().links[1], false).as_deref(), Some("Choose it for a variable or a button."));
        for wrong in ["", "Shop", "my shop", "promoção"] {
            assert_eq!(way_in(&link(wrong, ""), true), None, "{wrong}");
        }
    }

    fn webhook(id: &str, description: &str, enabled: bool) -> Webhook {
        let at = "2026-11-27T10:00:00Z";
        serde_json::from_value(serde_json::json!({
            "id": id, "url": "https://desk.example/in", "description": description, "events": [], "enabled": enabled,
            "createdBy": "Ana", "createdAt": at, "updatedAt": at,
        }))
        .unwrap()
    }

    #[test]
    fn a_webhook_that_is_gone_or_off_is_seen_and_can_be_taken_off() {
        let names = |webhooks: Option<&[Webhook]>, chosen: &str| -> Vec<String> {
            webhook_choices(webhooks, chosen).into_iter().map(|(id, name)| format!("{id}: {name}")).collect()
        };
        let all = [webhook("a", " Desk ", true), webhook("b", "", false)];
        let standing = ["a: Desk", "b: https://desk.example/in (switched off)"];
        assert_eq!(names(Some(&all), ""), standing);
        assert_eq!(names(Some(&all), "b"), standing);
        let gone = names(Some(&all), "c");
        assert_eq!(gone.last().map(String::as_str), Some("c: The webhook from before (deleted)"));
        assert_eq!(gone.len(), 3);
        assert_eq!(names(None, "c"), ["c: The webhook from before"]);
        assert_eq!(names(None, ""), Vec::<String>::new());
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
        let long = ReplyRules { answer: Some("é".repeat(81)), ..ReplyRules::default() };
        assert_eq!(rules_in_words(&long), format!("answer “{}…”", "é".repeat(80)));
        let whole = ReplyRules { answer: Some("é".repeat(80)), ..ReplyRules::default() };
        assert_eq!(rules_in_words(&whole), format!("answer “{}”", "é".repeat(80)));
    }
}
