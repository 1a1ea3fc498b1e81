//! The contact book's rules: what fits into a contact, which two writings are one person, and how new knowledge of a
//! person joins the old.
//!
//! `file_columns` says which column of a file is which part of a contact, both ways: a book that is exported and imported
//! again is the same book.

mod file_columns;

use std::cmp::Ordering;
use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, SubsecRound, Utc};
use wire::{ConsentAct, ConsentStanding, Consents, Contact, EditContact, FieldError};

use crate::phone::PhoneNumber;

pub use file_columns::{FILE_TITLES, FileColumns, file_row};

/// Longest name, in characters.
pub const LONGEST_NAME: usize = 120;

/// Longest label, in characters.
pub const LONGEST_LABEL: usize = 40;

/// Most labels of one contact.
pub const MOST_LABELS: usize = 20;

/// Longest portfolio, city or state, in characters.
pub const LONGEST_PLACE: usize = 60;

/// Most custom fields of one contact.
pub const MOST_FIELDS: usize = 20;

/// Longest name of a custom field, in characters.
pub const LONGEST_FIELD_NAME: usize = 40;

/// Longest value of a custom field, in characters.
pub const LONGEST_FIELD_VALUE: usize = 200;

/// Longest id that WhatsApp gives a person, in characters: today's have some thirty.
pub const LONGEST_ID: usize = 140;

/// Most channels that a contact remembers having written to: the first ones.
pub const MOST_CHANNELS: usize = 20;

/// Most bytes of a contact's texts together, so that its item stays under 4 KB with 20 channels and its numbers.
pub const MOST_TEXT_BYTES: usize = 2_600;

/// Parts of a workspace's book, read side by side.
pub const SHARDS: u8 = 16;

/// What parts labels in one cell of a file, so no label has any of them. An export has the first.
const LABEL_SEPARATORS: [char; 2] = [';', ','];

/// The part of the book that holds a person: FNV-1a of the canonical digits, mixed once more, since it spreads numbers
/// that differ in their last digits unevenly. Never to be changed: items lie where it says.
pub fn shard_of(canonical_phone: &str) -> u8 {
    let hash = canonical_phone
        .bytes()
        .fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3));
    let mixed = (hash ^ (hash >> 32)).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    (mixed >> 60) as u8
}

/// A text without case, accents, and blanks at its ends or doubled: how people compare.
pub fn folded(text: &str) -> String {
    let plainly = |word: &str| word.chars().filter(|c| !is_accent(*c)).map(plain).collect::<String>();
    text.split_whitespace().map(plainly).collect::<Vec<_>>().join(" ")
}

/// Whether it is an accent alone, beside its letter, as Apple's systems write them.
fn is_accent(c: char) -> bool {
    matches!(c, '\u{300}'..='\u{36f}')
}

/// A letter without case and accent; everything else as it is.
fn plain(c: char) -> char {
    let lower = c.to_lowercase().next().unwrap_or(c);
    match lower {
        'á' | 'à' | 'â' | 'ã' | 'ä' | 'å' => 'a',
        'é' | 'è' | 'ê' | 'ë' => 'e',
        'í' | 'ì' | 'î' | 'ï' => 'i',
        'ó' | 'ò' | 'ô' | 'õ' | 'ö' => 'o',
        'ú' | 'ù' | 'û' | 'ü' => 'u',
        'ç' => 'c',
        'ñ' => 'n',
        other => other,
    }
}

/// What somebody typed to find a person.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Search {
    /// The beginning of a number: digits, country code first.
    Phone(String),
    /// Beginnings of words of a name.
    Name(Vec<String>),
}

impl Search {
    /// Reads it; nothing when nothing was typed.
    pub fn parse(text: &str) -> Option<Search> {
        let text = text.trim();
        let is_number = text.chars().all(|c| c.is_ascii_digit() || "+-(). ".contains(c));
        let digits: String = text.chars().filter(char::is_ascii_digit).collect();
        match (is_number && !digits.is_empty(), PhoneNumber::parse(text, None)) {
            (true, Ok(phone)) => Some(Search::Phone(phone.canonical())),
            (true, Err(_)) => Some(Search::Phone(digits)),
            (false, _) if text.is_empty() => None,
            (false, _) => Some(Search::Name(folded(text).split(' ').map(str::to_owned).collect())),
        }
    }

    /// Whether it finds this person.
    pub fn finds(&self, contact: &Contact) -> bool {
        match self {
            Search::Phone(digits) => canonical(contact).starts_with(digits),
            Search::Name(beginnings) => {
                let name = folded(&contact.name);
                beginnings.iter().all(|beginning| name.split(' ').any(|word| word.starts_with(beginning)))
            }
        }
    }
}

/// The canonical digits of a contact: its key.
pub fn canonical(contact: &Contact) -> String {
    crate::phone::canonical_digits(&contact.phone)
}

/// A contact of whom nothing is known yet but the number. Times are kept in milliseconds.
pub fn blank(phone: &str, now: DateTime<Utc>) -> Contact {
    let now = now.trunc_subsecs(3);
    Contact {
        phone: phone.to_owned(),
        name: String::new(),
        labels: BTreeSet::new(),
        portfolio: None,
        city: None,
        state: None,
        fields: BTreeMap::new(),
        wa_id: None,
        user_id: None,
        replies: BTreeMap::new(),
        last_reply_at: None,
        last_contact_at: None,
        consents: Consents::default(),
        created_at: now,
        updated_at: now,
        version: 1,
    }
}

/// The contact as it is kept: blanks at the ends and doubled, line breaks and empty texts are gone.
#[must_use]
pub fn tidied(contact: Contact) -> Contact {
    let tidy = |text: &String| text.split_whitespace().collect::<Vec<_>>().join(" ");
    let some = |text: &Option<String>| text.as_ref().map(tidy).filter(|text| !text.is_empty());
    let labels = contact.labels.iter().map(tidy).filter(|label| !label.is_empty()).collect();
    let fields = contact.fields.iter().map(|(name, value)| (tidy(name), tidy(value)));
    Contact {
        name: tidy(&contact.name),
        labels,
        portfolio: some(&contact.portfolio),
        city: some(&contact.city),
        state: some(&contact.state),
        fields: fields.filter(|(name, value)| !name.is_empty() && !value.is_empty()).collect(),
        wa_id: some(&contact.wa_id),
        user_id: some(&contact.user_id),
        ..contact
    }
}

/// Every field that does not fit into a contact.
pub fn faults(contact: &Contact) -> Vec<FieldError> {
    let mut faults = label_faults("labels", &contact.labels);
    let mut fault = |field: &str, message: String| faults.push(FieldError { field: field.to_owned(), message });
    let texts = [
        ("name", Some(&contact.name), LONGEST_NAME),
        ("portfolio", contact.portfolio.as_ref(), LONGEST_PLACE),
        ("city", contact.city.as_ref(), LONGEST_PLACE),
        ("state", contact.state.as_ref(), LONGEST_PLACE),
        ("waId", contact.wa_id.as_ref(), LONGEST_ID),
        ("userId", contact.user_id.as_ref(), LONGEST_ID),
    ];
    for (field, text, most) in texts {
        if text.is_some_and(|text| text.chars().count() > most) {
            fault(field, format!("at most {most} characters"));
        }
    }
    if contact.labels.len() > MOST_LABELS {
        fault("labels", format!("at most {MOST_LABELS} labels"));
    }
    if contact.fields.len() > MOST_FIELDS {
        fault("fields", format!("at most {MOST_FIELDS} fields"));
    }
    for (name, value) in &contact.fields {
        let field = format!("fields.{name}");
        if name.chars().count() > LONGEST_FIELD_NAME {
            fault(&field, format!("a field's name has at most {LONGEST_FIELD_NAME} characters"));
        } else if file_columns::is_reserved(name) {
            fault(&field, "a contact has this by itself; choose another name".to_owned());
        }
        if value.chars().count() > LONGEST_FIELD_VALUE {
            fault(&field, format!("at most {LONGEST_FIELD_VALUE} characters"));
        }
    }
    if text_bytes(contact) > MOST_TEXT_BYTES {
        fault("fields", format!("all texts of a contact together have at most {MOST_TEXT_BYTES} bytes"));
    }
    faults
}

/// Labels that cannot be.
pub fn label_faults(field: &str, labels: &BTreeSet<String>) -> Vec<FieldError> {
    let is_label = |label: &&String| {
        let fits = (1..=LONGEST_LABEL).contains(&label.chars().count());
        fits && label.trim() == label.as_str()
            && !label.contains(|c: char| LABEL_SEPARATORS.contains(&c) || c.is_control())
    };
    let message = format!("a label has 1 to {LONGEST_LABEL} characters, none of them a comma or a semicolon");
    let wrong = labels.iter().filter(|label| !is_label(label));
    wrong.map(|_| FieldError { field: field.to_owned(), message: message.clone() }).take(1).collect()
}

fn text_bytes(contact: &Contact) -> usize {
    let single = [&contact.portfolio, &contact.city, &contact.state, &contact.wa_id, &contact.user_id];
    let single: usize = single.into_iter().flatten().map(String::len).sum();
    let fields: usize = contact.fields.iter().map(|(name, value)| name.len() + value.len()).sum();
    contact.name.len() + single + fields + contact.labels.iter().map(String::len).sum::<usize>()
}

/// The contact with what an edit says; the phone, which is checked where it is parsed, is left to the caller.
#[must_use]
pub fn edited(contact: &Contact, edit: &EditContact) -> Contact {
    let text = |said: &Option<String>, standing: &Option<String>| said.clone().or_else(|| standing.clone());
    let mut fields = contact.fields.clone();
    fields.extend(edit.fields.clone());
    tidied(Contact {
        name: edit.name.clone().unwrap_or_else(|| contact.name.clone()),
        labels: edit.labels.clone().unwrap_or_else(|| contact.labels.clone()),
        portfolio: text(&edit.portfolio, &contact.portfolio),
        city: text(&edit.city, &contact.city),
        state: text(&edit.state, &contact.state),
        fields,
        wa_id: text(&edit.wa_id, &contact.wa_id),
        user_id: text(&edit.user_id, &contact.user_id),
        ..contact.clone()
    })
}

/// The contact as it stands, with what a file says of the same person. What the file leaves empty stays; labels are added.
#[must_use]
pub fn joined(standing: &Contact, said: &Contact) -> Contact {
    let text = |said: &Option<String>, standing: &Option<String>| said.clone().or_else(|| standing.clone());
    let mut fields = standing.fields.clone();
    fields.extend(said.fields.clone());
    Contact {
        name: if said.name.is_empty() { standing.name.clone() } else { said.name.clone() },
        labels: standing.labels.union(&said.labels).cloned().collect(),
        portfolio: text(&said.portfolio, &standing.portfolio),
        city: text(&said.city, &standing.city),
        state: text(&said.state, &standing.state),
        fields,
        wa_id: text(&said.wa_id, &standing.wa_id),
        user_id: text(&said.user_id, &standing.user_id),
        consents: later(&standing.consents, &said.consents),
        ..standing.clone()
    }
}

/// Of two standings, by kind of messages, what was said last; of the same time a no, or else what stands.
pub fn later(standing: &Consents, said: &Consents) -> Consents {
    let later = |standing: &Option<ConsentStanding>, said: &Option<ConsentStanding>| match (standing, said) {
        (Some(stands), Some(new)) if !replaces(stands, new) => Some(stands.clone()),
        (_, said) => said.clone().or_else(|| standing.clone()),
    };
    Consents {
        marketing: later(&standing.marketing, &said.marketing),
        utility: later(&standing.utility, &said.utility),
    }
}

fn replaces(standing: &ConsentStanding, said: &ConsentStanding) -> bool {
    match said.at.cmp(&standing.at) {
        Ordering::Less => false,
        Ordering::Equal => said.act == ConsentAct::OptOut && standing.act != ConsentAct::OptOut,
        Ordering::Greater => true,
    }
}

/// The same where what is said was not said by the person, but of everybody in a file: a person's own no stands.
pub fn later_of_all(standing: &Consents, said: &Consents) -> Consents {
    let is_no = |standing: Option<&ConsentStanding>| standing.is_some_and(|said| said.act == ConsentAct::OptOut);
    let said = Consents {
        marketing: said.marketing.clone().filter(|_| !is_no(standing.marketing.as_ref())),
        utility: said.utility.clone().filter(|_| !is_no(standing.utility.as_ref())),
    };
    later(standing, &said)
}

/// What comes of other labels.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Relabelled {
    /// The contact has them already.
    Same,
    /// It changed.
    Changed(Box<Contact>),
    /// It has no room for them.
    Full,
}

/// Takes labels off and puts others on.
pub fn relabelled(contact: &Contact, add: &BTreeSet<String>, remove: &BTreeSet<String>) -> Relabelled {
    let kept = contact.labels.difference(remove);
    let next = Contact { labels: kept.chain(add).cloned().collect(), ..contact.clone() };
    match next.labels == contact.labels {
        true => Relabelled::Same,
        false if !faults(&next).is_empty() => Relabelled::Full,
        false => Relabelled::Changed(Box::new(next)),
    }
}

/// A user id as WhatsApp writes it: `CC.` and letters or digits, `CC.ENT.` for linked portfolios (Meta, May 2026).
pub fn user_id(text: &str) -> Option<&str> {
    let (country, rest) = text.trim().split_once('.')?;
    let id = rest.strip_prefix("ENT.").unwrap_or(rest);
    let is_country = country.len() == 2 && country.bytes().all(|byte| byte.is_ascii_uppercase());
    let is_id = (1..=128).contains(&id.len()) && id.bytes().all(|byte| byte.is_ascii_alphanumeric());
    (is_country && is_id).then(|| text.trim())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    pub(super) fn contact(phone: &str, name: &str) -> Contact {
        Contact { name: name.to_owned(), ..blank(phone, DateTime::UNIX_EPOCH) }
    }

    fn set(labels: &[&str]) -> BTreeSet<String> {
        labels.iter().map(|label| (*label).to_owned()).collect()
    }

    #[test]
    fn a_user_id_is_told_from_a_number() {
        for id in ["US.13491208655302741918", "BR.ENT.1a", " BR.1 "] {
            assert_eq!(user_id(id), Some(id.trim()), "{id}");
        }
        for text in ["+5511987654321", "11.98765", "br.1", "BR.", "BR.ENT.", "BR.1-2", ""] {
            assert_eq!(user_id(text), None, "{text}");
        }
    }

    #[test]
    fn people_are_spread_evenly_and_for_ever_over_the_shards() {
        let mut people = [0_u32; SHARDS as usize];
        for person in 0..160_000_u64 {
            people[usize::from(shard_of(&(5_511_900_000_000 + person).to_string()))] += 1;
        }
        assert!(people.iter().all(|count| (9_000..11_000).contains(count)), "{people:?}");
        assert_eq!([shard_of("5511987654321"), shard_of("12025550100"), shard_of("")], [6, 0, 8]);
    }

    #[test]
    fn a_search_finds_beginnings_of_names_and_numbers_in_any_spelling() {
        let joao = contact("+5531987654321", "João da Silva");
        for found in ["joão", "JOAO", "silva jo", "da", "5531", "+55 (31) 98765-4321", "+55 31 8765-4321", "553198"] {
            assert!(Search::parse(found).unwrap().finds(&joao), "{found}");
        }
        for other in ["oão", "silva maria", "5511", "31987"] {
            assert!(!Search::parse(other).unwrap().finds(&joao), "{other}");
        }
        let apart = contact("+5531987654321", "Joa\u{303}o");
        assert!(Search::parse("joão").unwrap().finds(&apart), "with the accent beside its letter");
        assert_eq!(Search::parse("  "), None);
    }

    #[test]
    fn what_does_not_fit_is_named_all_at_once() {
        let mut large = contact("+12025550100", &"x".repeat(LONGEST_NAME + 1));
        large.labels = set(&["a;b"]);
        large.fields = BTreeMap::from([("Cidade".into(), "x".into()), ("note".into(), "x".repeat(201))]);
        let fields: Vec<String> = faults(&large).into_iter().map(|fault| fault.field).collect();
        assert_eq!(fields, ["labels", "name", "fields.Cidade", "fields.note"]);
        assert_eq!(faults(&contact("+12025550100", "Ana")), []);
    }

    #[test]
    fn the_texts_of_a_contact_are_bounded_together() {
        let mut large = contact("+12025550100", "Ana");
        large.fields = (0..MOST_FIELDS).map(|n| (format!("field {n}"), "x".repeat(LONGEST_FIELD_VALUE))).collect();
        assert_eq!(faults(&large)[0].field, "fields");
    }

    #[test]
    fn an_empty_cell_takes_nothing_away() {
        let mut standing = contact("+12025550100", "Ana");
        standing.city = Some("Lisboa".into());
        standing.labels = set(&["vip"]);
        standing.fields = BTreeMap::from([("size".into(), "M".into())]);
        let mut said = contact("+12025550100", "");
        said.state = Some("LX".into());
        said.labels = set(&["may"]);
        let joined = joined(&standing, &said);
        assert_eq!(
            (joined.name.as_str(), joined.city.as_deref(), joined.state.as_deref()),
            ("Ana", Some("Lisboa"), Some("LX"))
        );
        assert_eq!((joined.labels, joined.fields), (set(&["may", "vip"]), standing.fields));
    }

    #[test]
    fn what_is_said_of_a_whole_file_does_not_beat_a_persons_own_no() {
        let said = |act, second| {
            let at = DateTime::from_timestamp(second, 0).unwrap();
            let said = ConsentStanding { act, at, source: None, text_version: None };
            Consents { marketing: Some(said), utility: None }
        };
        let (yes, no) = (ConsentAct::OptIn, ConsentAct::OptOut);
        assert_eq!(later_of_all(&said(no, 1), &said(yes, 9)), said(no, 1));
        assert_eq!(later(&said(no, 1), &said(yes, 9)), said(yes, 9), "he said so himself");
        for standing in [Consents::default(), said(yes, 1), said(ConsentAct::Lifted, 1)] {
            assert_eq!(later_of_all(&standing, &said(yes, 9)), said(yes, 9));
        }
        assert_eq!(later(&said(yes, 5), &said(no, 5)), said(no, 5), "a no of the same time");
        assert_eq!(later(&said(no, 5), &said(yes, 5)), said(no, 5));
        let told_where = |source: &str| {
            let of = |said: ConsentStanding| ConsentStanding { source: Some(source.to_owned()), ..said };
            Consents { marketing: said(no, 5).marketing.map(of), utility: None }
        };
        assert_eq!(later(&told_where("shop"), &told_where("file")), told_where("shop"), "the same no told again");
    }

    #[test]
    fn an_edit_changes_what_it_names_and_an_empty_text_takes_away() {
        let mut standing = contact("+12025550100", "Ana");
        standing.city = Some("Lisboa".into());
        standing.fields = BTreeMap::from([("size".into(), "M".into()), ("shoe".into(), "40".into())]);
        let fields = BTreeMap::from([("size".into(), String::new())]);
        let edit = EditContact { city: Some(" ".into()), fields, ..EditContact::default() };
        let edited = edited(&standing, &edit);
        assert_eq!((edited.name.as_str(), edited.city), ("Ana", None));
        assert_eq!(edited.fields, BTreeMap::from([("shoe".into(), "40".into())]));
    }

    #[test]
    fn labels_are_put_on_until_there_is_no_room() {
        let mut standing = contact("+12025550100", "Ana");
        standing.labels = (0..MOST_LABELS).map(|n| format!("label {n}")).collect();
        assert_eq!(relabelled(&standing, &set(&["label 1"]), &set(&["other"])), Relabelled::Same);
        assert_eq!(relabelled(&standing, &set(&["new"]), &set(&[])), Relabelled::Full);
        let Relabelled::Changed(changed) = relabelled(&standing, &set(&["new"]), &set(&["label 1"])) else { panic!() };
        assert_eq!(changed.labels.len(), MOST_LABELS);
    }

    proptest! {
        #[test]
        fn joining_the_same_twice_is_joining_it_once(name in "[a-z]{0,3}", city in proptest::option::of("[a-z]{1,3}"), labels in proptest::collection::btree_set("[a-c]", 0..3)) {
            let mut said = contact("+12025550100", &name);
            (said.city, said.labels) = (city, labels);
            let once = joined(&contact("+12025550100", "Ana"), &said);
            prop_assert_eq!(&joined(&once, &said), &once);
        }

        #[test]
        fn changing_labels_twice_is_changing_them_once(
            has in proptest::collection::btree_set("[a-e]", 0..4),
            add in proptest::collection::btree_set("[a-e]", 0..3),
            remove in proptest::collection::btree_set("[a-e]", 0..3),
        ) {
            let mut standing = contact("+12025550100", "Ana");
            standing.labels = has;
            if let Relabelled::Changed(once) = relabelled(&standing, &add, &remove) {
                prop_assert_eq!(relabelled(&once, &add, &remove), Relabelled::Same);
            }
        }

        #[test]
        fn no_search_makes_it_panic(text in ".{0,40}") {
            if let Some(search) = Search::parse(&text) {
                search.finds(&contact("+12025550100", "João"));
            }
        }
    }
}
