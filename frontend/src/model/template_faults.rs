//! Where in the form of a template a fault stands: in words, and the element that the keyboard is led to.

use crate::t;

/// Where a fault stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    /// In words; the API's name of the field where the form has no such field.
    pub words: String,
    /// The id of the element; nothing where the form has no such field.
    pub element: Option<String>,
}

impl Place {
    fn at(words: impl Into<String>, element: impl Into<String>) -> Self {
        Self { words: words.into(), element: Some(element.into()) }
    }

    fn within(above: &str, own: &str, element: impl Into<String>) -> Self {
        Self::at(format!("{above} · {own}"), element)
    }
}

/// Whether a field is this list or lies below it, as `buttons.0.url` lies below `buttons`.
pub fn is_below(field: &str, list: &str) -> bool {
    field.strip_prefix(list).is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
}

/// Where the fault of a field stands, by the API's name of the field.
pub fn place(field: &str) -> Place {
    known(field).unwrap_or_else(|| Place { words: field.to_owned(), element: None })
}

fn known(field: &str) -> Option<Place> {
    match field.split('.').collect::<Vec<_>>().as_slice() {
        ["buttons"] => Some(Place::at(t::buttons(), field)),
        ["buttons", button, part] => {
            let (own, element) = part_of_button(part)?;
            let above = t::button_number(&number(button)?);
            Some(Place::within(&above, own, format!("buttons.{button}.{element}")))
        }
        ["cards"] => Some(Place::at(t::carousel(), field)),
        ["cards", card] => Some(Place::at(t::card_number(&number(card)?), field)),
        ["cards", card, "buttons"] => {
            Some(Place::within(&t::card_number(&number(card)?), t::buttons(), format!("cards.{card}")))
        }
        ["cards", card, "buttons", button, part] => {
            let (own, element) = part_of_button(part)?;
            let above = t::card_and_button(&number(card)?, &number(button)?);
            Some(Place::within(&above, own, format!("cards.{card}.buttons.{button}.{element}")))
        }
        ["cards", card, "headerFormat"] => Some(Place::at(t::card_number(&number(card)?), "cardHeader")),
        ["cards", card, "headerAssetId"] => {
            Some(Place::within(&t::card_number(&number(card)?), t::sample_of_a_file(), field))
        }
        ["cards", card, "body"] => Some(Place::within(&t::card_number(&number(card)?), t::text_word(), field)),
        ["cards", card, "examples", name @ ..] => {
            Some(Place::within(&t::card_number(&number(card)?), &t::example_of(&braced(name)), field))
        }
        ["examples", name @ ..] => Some(Place::at(t::example_of(&braced(name)), field)),
        ["headerExamples", name @ ..] => Some(Place::at(t::example_in_the_header(&braced(name)), field)),
        _ => of_the_message(field),
    }
}

/// The fields that a message has once.
fn of_the_message(field: &str) -> Option<Place> {
    let words = match field {
        "channelId" => t::number_of_the_account(),
        "name" => t::name(),
        "language" => t::language_word(),
        "category" => t::category(),
        "headerFormat" => t::above_the_text(),
        "header" => t::header(),
        "headerAssetId" => t::sample_of_a_file(),
        "body" => t::text_word(),
        "footer" => t::footer_optional(),
        "offer" | "offer.text" => return Some(Place::at(t::limited_time_offer_optional(), "offer.text")),
        "code.expiresAfterMinutes" => t::minutes_until_the_code_expires(),
        "code.buttonText" => t::label_of_the_copy_button(),
        _ => return None,
    };
    Some(Place::at(words, field))
}

/// What a part of a button is called, and the part at whose field it is typed.
fn part_of_button(part: &str) -> Option<(&'static str, &'static str)> {
    match part {
        "type" => Some((t::what_it_does(), "type")),
        "text" => Some((t::text_of_the_button(), "text")),
        "url" => Some((t::address(), "url")),
        "phoneNumber" => Some((t::number(), "phoneNumber")),
        "flowId" | "flowName" | "flowJson" => Some((t::flow_by_its_id(), "flowId")),
        "example" => Some((t::example(), "example")),
        _ => None,
    }
}

/// A place of the API, from 0, as people count.
fn number(place: &str) -> Option<usize> {
    place.parse::<usize>().ok()?.checked_add(1)
}

fn braced(name: &[&str]) -> String {
    format!("{{{{{}}}}}", name.join("."))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(field: &str) -> (String, String) {
        let Place { words, element } = place(field);
        (words, element.unwrap_or_default())
    }

    fn pair(words: &str, element: &str) -> (String, String) {
        (words.to_owned(), element.to_owned())
    }

    #[test]
    fn a_fault_is_placed_in_words_and_leads_to_its_field() {
        for (field, words) in [
            ("name", "Name"),
            ("buttons.1.url", "Button 2 · Address"),
            ("cards.0", "Card 1"),
            ("cards.1.body", "Card 2 · Text"),
            ("cards.0.buttons.1.text", "Card 1, button 2 · Text of the button"),
            ("cards.0.examples.1", "Card 1 · Example of {{1}}"),
            ("examples.a.b", "Example of {{a.b}}"),
            ("headerExamples.1", "Example of {{1}} in the header"),
        ] {
            assert_eq!(told(field), pair(words, field));
        }
    }

    #[test]
    fn what_has_no_field_of_its_own_leads_to_the_one_it_hangs_on() {
        assert_eq!(told("buttons.0.flowJson"), pair("Button 1 · Flow, by its id", "buttons.0.flowId"));
        assert_eq!(told("cards.0.buttons"), pair("Card 1 · Buttons", "cards.0"));
        assert_eq!(told("cards.1.headerFormat"), pair("Card 2", "cardHeader"));
        assert_eq!(told("offer").1, "offer.text");
        for unknown in ["code.apps", "messageSendTtlSeconds", "buttons.x.url", "cards.0.footer"] {
            assert_eq!(told(unknown), pair(unknown, ""));
        }
    }

    #[test]
    fn what_lies_below_a_list_is_known_by_its_name() {
        assert!(is_below("cards", "cards") && is_below("cards.0.body", "cards"));
        assert!(!is_below("cardHeader", "cards") && !is_below("buttons.0", "cards"));
    }
}
