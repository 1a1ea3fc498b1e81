//! Who gets nothing, in words, and the numbers that somebody typed to be put there.

use campaigns::contact::user_id;
use campaigns::phone::{PhoneError, PhoneNumber};
use wire::{Confirmation, ConsentCategory, Suppression, SuppressionEntry, SuppressionReason};

use super::actor;
use crate::t;

/// Numbers that one request takes.
pub const MOST_AT_ONCE: usize = 1_000;

/// What the numbers came to that were typed.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Typed {
    /// Those that can be used, as they were typed.
    pub phones: Vec<String>,
    /// Those that cannot.
    pub unusable: Vec<String>,
}

/// Reads numbers and WhatsApp's user ids, one a line or with commas between them.
pub fn typed(text: &str) -> Typed {
    let mut typed = Typed::default();
    for phone in text.split(['\n', ',', ';', '\t']).map(str::trim).filter(|phone| !phone.is_empty()) {
        if user_id(phone).is_some() {
            typed.phones.push(phone.to_owned());
            continue;
        }
        match PhoneNumber::parse(phone, None) {
            // A national number is of the workspace's country: the server knows that one, or says that there is none.
            Ok(_) | Err(PhoneError::NoCountry) => typed.phones.push(phone.to_owned()),
            Err(_) => typed.unusable.push(phone.to_owned()),
        }
    }
    typed
}

impl Typed {
    /// Why they cannot be sent as they are.
    pub fn fault(&self) -> Option<String> {
        match (self.phones.len(), self.unusable.as_slice()) {
            (0, []) => Some(t::give_at_least_one_number().to_owned()),
            (_, [first]) => Some(t::no_phone_number(first)),
            (_, [first, rest @ ..]) => Some(t::no_phone_numbers(first, &rest.len())),
            (count, []) if count > MOST_AT_ONCE => Some(t::at_most_at_once(&MOST_AT_ONCE, &count)),
            (_, []) => None,
        }
    }
}

/// What was done with them.
pub fn added(added: u64, standing: u64) -> String {
    let people = |count: u64| t::people_counted(count, &count);
    match (added, standing) {
        (0, standing) => t::on_the_list_already(standing, &standing),
        (added, 0) => t::were_put_on_the_list(added, &added),
        (added, standing) => t::put_and_already(&people(added), &people(standing)),
    }
}

/// What a person is called: the number, or the id where none is known.
pub fn called(person: &Suppression) -> String {
    let id = person.user_id.as_ref().map(|id| t::whatsapp_user(id));
    person.phone.clone().or(id).unwrap_or_else(|| t::somebody().to_owned())
}

/// What names the person to the API.
pub fn key(person: &Suppression) -> String {
    person.phone.clone().or_else(|| person.user_id.clone()).unwrap_or_default()
}

/// Why, in words.
pub fn reason(entry: &SuppressionEntry) -> String {
    match entry.category {
        Some(ConsentCategory::Marketing) => t::only_marketing(&why(entry)),
        Some(ConsentCategory::Utility) | None => why(entry),
    }
}

fn why(entry: &SuppressionEntry) -> String {
    match (entry.reason, &entry.added_by, entry.code) {
        (SuppressionReason::Manual, Some(who), _) => t::put_here_by(&actor::called(who)),
        (SuppressionReason::Manual, None, _) => t::put_here_by_hand().to_owned(),
        (SuppressionReason::Word, _, _) => t::wrote_that_they_want_no().to_owned(),
        (SuppressionReason::Button, _, _) => t::tapped_the_button_to_stop().to_owned(),
        (SuppressionReason::Preference, _, _) => t::switched_messages_off_in_whatsapp().to_owned(),
        (SuppressionReason::Code, _, Some(code)) => t::whatsapp_says_code(&code),
        (SuppressionReason::Code, _, None) => t::whatsapp_says_so().to_owned(),
        (SuppressionReason::Recorded, _, _) => t::said_no_before_leaving_the_book().to_owned(),
    }
}

/// What became of the confirmation, where that is worth a word.
pub fn confirmation(person: &Suppression) -> Option<&'static str> {
    match person.confirmation? {
        Confirmation::Accepted => Some(t::confirmed()),
        Confirmation::Wanted | Confirmation::Sending => Some(t::confirmation_on_its_way()),
        Confirmation::Refused => Some(t::confirmation_refused_by_whatsapp()),
        Confirmation::Unknown => Some(t::nobody_knows_whether_the_confirmation()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_read_however_they_are_parted() {
        let read = typed("+5511987654321\n553198765432,12\n\n+12025550100; nobody");
        assert_eq!(read.phones.len(), 3);
        assert_eq!(read.unusable, ["12", "nobody"]);
        assert!(read.fault().unwrap().contains("12 and 1 more"));
        assert!(typed(" \n ").fault().unwrap().contains("at least one"));
        assert_eq!(typed("+12025550100").fault(), None);
        let national = typed("31 98765-4321");
        assert_eq!((national.phones.as_slice(), national.fault()), (&["31 98765-4321".to_owned()][..], None));
        assert_eq!(typed("US.13491208655302741918, us.1").unusable, ["us.1"]);
        let many = vec!["+12025550100"; MOST_AT_ONCE + 1].join("\n");
        assert!(typed(&many).fault().unwrap().contains("At most"));
    }

    #[test]
    fn what_was_done_is_told() {
        assert_eq!(added(2, 0), "2 people put on the list.");
        assert_eq!(added(1, 3), "1 person put on the list, 3 people on it already.");
        assert_eq!(added(0, 1), "1 person on the list already.");
    }

    #[test]
    fn a_person_is_called_by_what_is_known() {
        let person: Suppression = serde_json::from_value(serde_json::json!({
            "userId": "US.1", "confirmation": "unknown",
            "entries": [{ "reason": "code", "code": 131050, "since": "2026-11-25T00:00:00Z" }],
        }))
        .unwrap();
        assert_eq!((called(&person).as_str(), key(&person).as_str()), ("WhatsApp user US.1", "US.1"));
        assert_eq!(reason(&person.entries[0]), "WhatsApp says so (code 131050)");
        let of_offers = SuppressionEntry { category: Some(ConsentCategory::Marketing), ..person.entries[0].clone() };
        assert_eq!(reason(&of_offers), "WhatsApp says so (code 131050) (marketing only)");
        let recorded = SuppressionEntry { reason: SuppressionReason::Recorded, code: None, ..of_offers };
        assert_eq!(reason(&recorded), "Said no before leaving the contact book (marketing only)");
        assert!(confirmation(&person).unwrap().contains("Nobody knows"));
    }
}
