//! A contact as a row of a file, and a row of a file as a contact.

use chrono::{DateTime, SecondsFormat, Utc};
use wire::Contact;

use crate::consent::exported::is_consent_title;
use crate::file::own_columns;

use super::{LABEL_SEPARATORS, LONGEST_FIELD_NAME, MOST_FIELDS, folded, tidied, user_id};

/// Titles of an export before those of the custom fields. The first is the surest that says "phone", so that a custom
/// field with numbers in it is not taken for it when the file comes back.
pub const FILE_TITLES: [&str; 11] = [
    "whatsapp",
    "name",
    "labels",
    "portfolio",
    "city",
    "state",
    "waId",
    "userId",
    "createdAt",
    "lastContactAt",
    "lastReplyAt",
];

/// What a column says of a contact.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Part {
    Labels,
    Portfolio,
    City,
    State,
    WaId,
    UserId,
    /// Phone and name, which are read already, and times, which are our own to know; consents, which go into the ledger; what
    /// a rejects file says of its rows.
    Known,
    /// By its title a phone or a name, though another column is read as that: no contact has two.
    Another,
    Field,
    /// A field too many, or with too long a name: no contact has it.
    LeftOut,
}

/// Titles of parts in the languages of the dashboard, folded.
const TITLES: [(&str, Part); 26] = [
    ("labels", Part::Labels),
    ("label", Part::Labels),
    ("etiquetas", Part::Labels),
    ("etiqueta", Part::Labels),
    ("tags", Part::Labels),
    ("portfolio", Part::Portfolio),
    ("carteira", Part::Portfolio),
    ("cartera", Part::Portfolio),
    ("city", Part::City),
    ("cidade", Part::City),
    ("ciudad", Part::City),
    ("state", Part::State),
    ("estado", Part::State),
    ("uf", Part::State),
    ("waid", Part::WaId),
    ("userid", Part::UserId),
    ("createdat", Part::Known),
    ("updatedat", Part::Known),
    ("lastcontactat", Part::Known),
    ("lastreplyat", Part::Known),
    ("whatsapp", Part::Another),
    ("phone", Part::Another),
    ("telefone", Part::Another),
    ("name", Part::Another),
    ("nome", Part::Another),
    ("nombre", Part::Another),
];

fn part_of(title: &str) -> Part {
    let title = folded(title);
    if is_consent_title(&title) {
        return Part::Known;
    }
    TITLES.iter().find(|(known, _)| *known == title).map_or(Part::Field, |(_, part)| *part)
}

/// Whether a contact has it once, so that of two columns the first says it.
fn is_one_text(part: Part) -> bool {
    match part {
        Part::Portfolio | Part::City | Part::State | Part::WaId | Part::UserId => true,
        Part::Labels | Part::Known | Part::Another | Part::Field | Part::LeftOut => false,
    }
}

/// Whether a custom field cannot have this name, since a column of a file with it would be read as something else.
pub(super) fn is_reserved(name: &str) -> bool {
    part_of(name) != Part::Field
}

/// Which column of a file is which part of a contact.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FileColumns {
    parts: Vec<(Part, String)>,
}

impl FileColumns {
    /// Understands the titles of a file. Custom fields are taken from the left, as many as a contact may have. A rejects file
    /// that comes back has columns of ours first, which say nothing of a person.
    pub fn of(columns: &[String], phone_column: Option<&str>, name_column: Option<&str>) -> FileColumns {
        let (ours, mut fields) = (own_columns(columns), 0);
        let mut taken = Vec::new();
        let parts = columns.iter().enumerate().map(|(place, title)| {
            let is_read = place < ours || [phone_column, name_column].contains(&Some(title.as_str()));
            let part = match part_of(title) {
                _ if is_read => Part::Known,
                Part::Another => Part::LeftOut,
                part if is_one_text(part) && taken.contains(&part) => Part::LeftOut,
                Part::Field if fields == MOST_FIELDS || title.chars().count() > LONGEST_FIELD_NAME => Part::LeftOut,
                part => part,
            };
            fields += usize::from(part == Part::Field);
            taken.push(part);
            (part, title.clone())
        });
        FileColumns { parts: parts.collect() }
    }

    /// The titles of columns that no contact has: too many, too long, or a second phone, name or city.
    pub fn left_out(&self) -> Vec<String> {
        let left_out = self.parts.iter().filter(|(part, _)| *part == Part::LeftOut);
        left_out.map(|(_, title)| title.clone()).collect()
    }

    /// What a row says of a person, tidied, laid over `blank`: a contact with the row's phone and name.
    pub fn contact(&self, blank: Contact, cells: &[String]) -> Contact {
        let mut contact = blank;
        for ((part, title), cell) in self.parts.iter().zip(cells) {
            if cell.trim().is_empty() {
                continue;
            }
            match part {
                Part::Labels => contact.labels.extend(cell.split(LABEL_SEPARATORS).map(str::to_owned)),
                Part::Portfolio => contact.portfolio = Some(cell.clone()),
                Part::City => contact.city = Some(cell.clone()),
                Part::State => contact.state = Some(cell.clone()),
                Part::WaId => contact.wa_id = Some(cell.clone()),
                // A shop's own id of its user is none of WhatsApp's, and nobody is reached by it.
                Part::UserId => contact.user_id = user_id(cell).map(str::to_owned),
                Part::Known | Part::Another | Part::LeftOut => {}
                Part::Field => {
                    contact.fields.insert(title.clone(), cell.clone());
                }
            }
        }
        tidied(contact)
    }
}

/// A contact under [`FILE_TITLES`] and then these custom fields.
pub fn file_row(contact: &Contact, fields: &[String]) -> Vec<String> {
    let text = |text: &Option<String>| text.clone().unwrap_or_default();
    let time =
        |at: Option<DateTime<Utc>>| at.map_or_else(String::new, |at| at.to_rfc3339_opts(SecondsFormat::Secs, true));
    let labels = contact.labels.iter().map(String::as_str).collect::<Vec<_>>();
    let mut cells = vec![
        contact.phone.clone(),
        contact.name.clone(),
        labels.join(&LABEL_SEPARATORS[0].to_string()),
        text(&contact.portfolio),
        text(&contact.city),
        text(&contact.state),
        text(&contact.wa_id),
        text(&contact.user_id),
        time(Some(contact.created_at)),
        time(contact.last_contact_at),
        time(contact.last_reply_at),
    ];
    cells.extend(fields.iter().map(|field| contact.fields.get(field).cloned().unwrap_or_default()));
    cells
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::super::tests::contact;
    use super::*;

    fn titles(fields: &[String]) -> Vec<String> {
        FILE_TITLES.iter().map(|title| (*title).to_owned()).chain(fields.iter().cloned()).collect()
    }

    #[test]
    fn a_contact_comes_back_from_its_row_as_it_was() {
        let mut ana = contact("+5511987654321", "Ana");
        ana.labels = ["vip".to_owned(), "early may".to_owned()].into();
        (ana.portfolio, ana.city, ana.state) = (Some("North".into()), Some("São Paulo".into()), Some("SP".into()));
        ana.fields = BTreeMap::from([("Tamanho".into(), "M".into())]);
        let fields = vec!["Tamanho".to_owned(), "other".to_owned()];
        let columns = FileColumns::of(&titles(&fields), Some("whatsapp"), Some("name"));
        assert_eq!(columns.contact(contact("+5511987654321", "Ana"), &file_row(&ana, &fields)), ana);
    }

    #[test]
    fn the_columns_of_a_brazilian_file_are_understood() {
        let titles = ["Telefone", "Nome", "Etiquetas", "Carteira", "CIDADE", "UF", "Tamanho"].map(str::to_owned);
        let columns = FileColumns::of(&titles, Some("Telefone"), Some("Nome"));
        let cells = ["119", "Ana", "vip; maio", "Norte", " Belém ", "PA", "M"].map(str::to_owned);
        let read = columns.contact(contact("+5591987654321", "Ana"), &cells);
        assert_eq!(read.labels, ["maio".to_owned(), "vip".to_owned()].into());
        assert_eq!(
            (read.portfolio.as_deref(), read.city.as_deref(), read.state.as_deref()),
            (Some("Norte"), Some("Belém"), Some("PA"))
        );
        assert_eq!(read.fields, BTreeMap::from([("Tamanho".into(), "M".into())]));
    }

    #[test]
    fn a_column_that_was_read_as_the_phone_is_no_field_and_too_many_columns_are_left() {
        let titles: Vec<String> = (0..40).map(|n| format!("column {n}")).collect();
        let columns = FileColumns::of(&titles, Some("column 0"), None);
        let read = columns.contact(contact("+12025550100", ""), &titles);
        assert_eq!((read.fields.len(), read.fields.contains_key("column 0")), (MOST_FIELDS, false));
        assert_eq!(columns.left_out(), titles[MOST_FIELDS + 1..], "they are told");
        let long = ["phone".to_owned(), "x".repeat(LONGEST_FIELD_NAME + 1), "size".to_owned()];
        assert_eq!(FileColumns::of(&long, Some("phone"), None).left_out(), long[1..2]);
        let two = ["Celular", "Telefone", "createdAt"].map(str::to_owned);
        assert_eq!(FileColumns::of(&two, Some("Celular"), None).left_out(), two[1..2], "a contact has one phone");
    }

    #[test]
    fn of_two_columns_for_one_part_the_first_counts_and_the_other_is_told() {
        let titles = ["phone", "Estado", "UF", "tags", "Etiquetas"].map(str::to_owned);
        let columns = FileColumns::of(&titles, Some("phone"), None);
        let cells = ["+12025550100", "São Paulo", "SP", "vip", "maio"].map(str::to_owned);
        let read = columns.contact(contact("+12025550100", ""), &cells);
        assert_eq!((read.state.as_deref(), read.labels.len()), (Some("São Paulo"), 2));
        assert_eq!(columns.left_out(), ["UF"]);
    }

    #[test]
    fn a_user_id_of_a_shop_is_not_taken_for_one_of_whatsapp() {
        let titles = ["phone", "UserID"].map(str::to_owned);
        let columns = FileColumns::of(&titles, Some("phone"), None);
        let read =
            |id: &str| columns.contact(contact("+12025550100", ""), &["+12025550100", id].map(str::to_owned)).user_id;
        assert_eq!((read("48213"), read(" US.13491208655302741918 ")), (None, Some("US.13491208655302741918".into())));
    }

    #[test]
    fn a_rejects_file_that_comes_back_gives_nobody_our_own_columns() {
        let titles = ["row", "column", "value", "reason", "explanation", "phone", "name", "size"].map(str::to_owned);
        let columns = FileColumns::of(&titles, Some("phone"), Some("name"));
        let cells = ["7", "phone", "12", "tooShort", "It is too short.", "+12025550100", "Ana", "M"].map(str::to_owned);
        let read = columns.contact(contact("+12025550100", "Ana"), &cells);
        assert_eq!(read.fields, BTreeMap::from([("size".into(), "M".into())]));
        let own = ["row", "phone", "reason"].map(str::to_owned);
        let read = FileColumns::of(&own, Some("phone"), None).contact(contact("+12025550100", ""), &own);
        assert_eq!(read.fields.len(), 2, "a file of somebody's own may have such columns");
    }
}
