//! What people agreed to as columns of an export, and found again where the file comes back. Nobody is asked about them
//! then, so a yes counts in our own word alone; a no in any clear one.

use chrono::SecondsFormat;
use wire::{ConsentAct, ConsentCategory, ConsentStanding, Consents, Contact};

use super::written::{Answer, ConsentPlaces, answer};
use crate::contact::{FILE_TITLES, file_row};

/// Titles of an export between those of every file of contacts and those of the custom fields: by kind of messages what was
/// said last, when, where, and to which text.
pub const CONSENT_TITLES: [&str; 8] = [
    "marketingConsent",
    "marketingConsentAt",
    "marketingConsentSource",
    "marketingConsentTextVersion",
    "utilityConsent",
    "utilityConsentAt",
    "utilityConsentSource",
    "utilityConsentTextVersion",
];

/// Both kinds of messages, each with the place of its first title.
const CATEGORIES: [(ConsentCategory, usize); 2] = [(ConsentCategory::Marketing, 0), (ConsentCategory::Utility, 4)];

/// The word of a yes.
const OPT_IN: &str = "optIn";

/// Whether a column with this title says what people agreed to. The title is without blanks at its ends.
pub fn is_consent_title(title: &str) -> bool {
    CONSENT_TITLES.iter().any(|known| known.eq_ignore_ascii_case(title))
}

/// The titles of an export with these custom fields.
pub fn export_titles<'a>(fields: impl IntoIterator<Item = &'a String>) -> Vec<String> {
    let ours = FILE_TITLES.iter().chain(&CONSENT_TITLES).map(|title| (*title).to_owned());
    ours.chain(fields.into_iter().cloned()).collect()
}

/// A contact under [`export_titles`] with these custom fields.
pub fn export_row(contact: &Contact, fields: &[String]) -> Vec<String> {
    let mut cells = file_row(contact, fields);
    let own_fields = cells.split_off(FILE_TITLES.len());
    cells.extend(consent_cells(&contact.consents));
    cells.extend(own_fields);
    cells
}

fn consent_cells(consents: &Consents) -> Vec<String> {
    CATEGORIES.iter().flat_map(|(category, _)| cells_of(consents.of(*category))).collect()
}

fn cells_of(said: Option<&ConsentStanding>) -> [String; 4] {
    let Some(said) = said else { return Default::default() };
    let act = match said.act {
        ConsentAct::OptIn => OPT_IN,
        ConsentAct::OptOut => "optOut",
        ConsentAct::Lifted => "lifted",
    };
    // To the millisecond, as the ledger has it: a time cut short would come back as an earlier one.
    let at = said.at.to_rfc3339_opts(SecondsFormat::Millis, true);
    [act.to_owned(), at, said.source.clone().unwrap_or_default(), said.text_version.clone().unwrap_or_default()]
}

/// Where in a row of a file an export's consents stand, by kind of messages; nothing in a file of other columns.
pub fn exported_places(columns: &[String]) -> Vec<(ConsentCategory, ConsentPlaces)> {
    let place = |title: &str| columns.iter().position(|column| column.trim().eq_ignore_ascii_case(title));
    let of_category = |(category, first): (ConsentCategory, usize)| {
        let places = ConsentPlaces {
            answer: place(CONSENT_TITLES[first])?,
            date: place(CONSENT_TITLES[first + 1]),
            source: place(CONSENT_TITLES[first + 2]),
            text_version: place(CONSENT_TITLES[first + 3]),
        };
        Some((category, places))
    };
    CATEGORIES.into_iter().filter_map(of_category).collect()
}

/// What a cell of such a column answers that nobody said anything of.
pub fn exported_answer(cell: &str) -> Option<Answer> {
    match cell.trim().eq_ignore_ascii_case(OPT_IN) {
        true => Some(Answer::Yes),
        false => answer(cell).filter(|said| *said == Answer::No),
    }
}

#[cfg(test)]
mod tests {
    use chrono::DateTime;

    use super::*;
    use crate::consent::written::moment;
    use crate::contact::{FileColumns, blank};

    fn contact(marketing: Option<ConsentStanding>) -> Contact {
        let mut contact = blank("+5511987654321", DateTime::UNIX_EPOCH);
        contact.consents = Consents { marketing, utility: None };
        contact.fields = [("size".to_owned(), "M".to_owned())].into();
        contact
    }

    #[test]
    fn what_a_person_said_last_is_found_again_in_his_row_to_the_millisecond() {
        let at = DateTime::from_timestamp_millis(1_795_000_000_123).unwrap();
        let said = ConsentStanding {
            act: ConsentAct::OptIn,
            at,
            source: Some("shop".to_owned()),
            text_version: Some("7".to_owned()),
        };
        let fields = ["size".to_owned()];
        let (titles, row) = (export_titles(&fields), export_row(&contact(Some(said)), &fields));
        assert_eq!((titles.len(), row.last().map(String::as_str)), (row.len(), Some("M")));
        let [(marketing, places), (utility, of_utility)] = exported_places(&titles)[..] else { panic!("{titles:?}") };
        assert_eq!((marketing, utility), (ConsentCategory::Marketing, ConsentCategory::Utility));
        let cell = |place: Option<usize>| row[place.unwrap()].as_str();
        assert_eq!(exported_answer(&row[places.answer]), Some(Answer::Yes));
        assert_eq!(moment(cell(places.date)), Some(at));
        assert_eq!((cell(places.source), cell(places.text_version)), ("shop", "7"));
        assert_eq!(row[of_utility.answer], "", "of this he said nothing");
    }

    #[test]
    fn a_yes_that_nobody_asked_about_counts_in_our_word_alone_and_a_no_in_any() {
        assert_eq!(exported_answer(" OPTIN "), Some(Answer::Yes));
        for no in ["optOut", "no", "Não", "FALSE"] {
            assert_eq!(exported_answer(no), Some(Answer::No), "{no}");
        }
        for nothing in ["", "yes", "true", "1", "lifted", "opt-in?"] {
            assert_eq!(exported_answer(nothing), None, "{nothing}");
        }
    }

    #[test]
    fn consents_are_no_custom_fields_of_a_file_that_comes_back() {
        let fields = ["size".to_owned()];
        let columns = FileColumns::of(&export_titles(&fields), Some("whatsapp"), Some("name"));
        let said =
            ConsentStanding { act: ConsentAct::OptOut, at: DateTime::UNIX_EPOCH, source: None, text_version: None };
        let row = export_row(&contact(Some(said)), &fields);
        let read = columns.contact(blank("+5511987654321", DateTime::UNIX_EPOCH), &row);
        assert_eq!((read, columns.left_out()), (contact(None), vec![]));
    }
}
