//! What a campaign does when somebody answers: its words and bounds.

use std::collections::BTreeSet;

use wire::{FieldError, ReplyRules, WebhookId};

use super::Faults;
use crate::contact::label_faults;

/// Longest automatic answer, in characters: WhatsApp takes 4,096, and a campaign's item stays small.
const LONGEST_ANSWER: usize = 1_000;

/// The rules as they are kept; nothing where nothing is to be done. Whether the webhook is there is for the API to find out.
pub(super) fn parse(asked: Option<&ReplyRules>, faults: &mut Faults) -> Option<ReplyRules> {
    let asked = asked?;
    let given =
        |text: &Option<String>| text.as_deref().map(str::trim).filter(|text| !text.is_empty()).map(str::to_owned);
    let (label, answer) = (given(&asked.label), given(&asked.answer));
    if let Some(label) = &label {
        let wrong = label_faults("replies.label", &BTreeSet::from([label.clone()]));
        faults.0.extend(wrong.into_iter().map(|fault| FieldError { field: "replies.label".to_owned(), ..fault }));
    }
    if answer.as_ref().is_some_and(|answer| answer.chars().count() > LONGEST_ANSWER) {
        faults.add("replies.answer", format!("give at most {LONGEST_ANSWER} characters"));
    }
    let webhook_id = asked.webhook_id.clone().filter(|id| !id.as_str().trim().is_empty());
    let webhook_id = webhook_id.map(|id| WebhookId(id.as_str().trim().to_owned()));
    let rules = ReplyRules { label, answer, webhook_id };
    Some(rules).filter(|rules| *rules != ReplyRules::default())
}

/// What is done with replies, for people; an answer by its own words.
pub fn in_words(rules: &ReplyRules) -> String {
    let ReplyRules { label, answer, webhook_id } = rules;
    let parts = [
        label.as_ref().map(|label| format!("label {label}")),
        answer.as_ref().map(|answer| format!("answer \"{answer}\"")),
        webhook_id.as_ref().map(|id| format!("webhook {id}")),
    ];
    parts.into_iter().flatten().collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rules(label: &str, answer: &str) -> ReplyRules {
        ReplyRules { label: Some(label.to_owned()), answer: Some(answer.to_owned()), webhook_id: None }
    }

    #[test]
    fn what_is_empty_is_not_asked_for_and_what_is_wrong_is_named() {
        let parsed = |asked: &ReplyRules| {
            let mut faults = Faults::default();
            let parsed = parse(Some(asked), &mut faults);
            (parsed, faults.0.into_iter().map(|fault| fault.field).collect::<Vec<_>>())
        };
        assert_eq!(parsed(&rules(" ", "")), (None, vec![]));
        assert_eq!(parsed(&rules(" quente ", " Oi! ")), (Some(rules("quente", "Oi!")), vec![]));
        assert_eq!(parsed(&rules("a,b", &"x".repeat(1_001))).1, ["replies.label", "replies.answer"]);
    }
}
