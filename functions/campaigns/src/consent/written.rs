//! What a contacts file says of its people's consent: a column with yes or no, perhaps one with the date and one with the
//! source. Only a clear answer counts: an empty cell, or a word that is none of these, says nothing.

use chrono::{DateTime, NaiveDate, NaiveDateTime, Utc};
use wire::ConsentColumn;

use super::exported::exported_places;
use crate::contact::folded;
use crate::file::as_written;

/// What a cell answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Answer {
    /// The person agreed.
    Yes,
    /// The person did not.
    No,
}

/// Whole cells that say yes, in English, Portuguese and Spanish, folded.
const YES: [&str; 30] = [
    "1",
    "accepted",
    "acepta",
    "acepto",
    "aceita",
    "aceitou",
    "aceito",
    "agreed",
    "ativo",
    "autoriza",
    "autorizado",
    "autorizo",
    "concordo",
    "on",
    "opt in",
    "opt-in",
    "opted in",
    "optin",
    "s",
    "si",
    "sim",
    "subscribed",
    "t",
    "true",
    "v",
    "verdadeiro",
    "verdadero",
    "x",
    "y",
    "yes",
];

/// Whole cells that say no.
const NO: [&str; 26] = [
    "0",
    "declined",
    "f",
    "false",
    "falso",
    "inativo",
    "n",
    "nao",
    "nao aceita",
    "nao aceito",
    "nao autoriza",
    "nao autorizado",
    "nao autorizo",
    "no",
    "no acepta",
    "no acepto",
    "no autorizado",
    "no autorizo",
    "off",
    "opt out",
    "opt-out",
    "opted out",
    "optout",
    "recusado",
    "recusou",
    "unsubscribed",
];

/// Ways of writing a day. Where day and month can be told apart by nothing, the day comes first, as in our people's
/// languages; where only the other reading is a date, that one.
const DAYS: [&str; 7] = ["%Y-%m-%d", "%Y/%m/%d", "%d/%m/%Y", "%d-%m-%Y", "%d.%m.%Y", "%m/%d/%Y", "%m-%d-%Y"];

/// The same with a year of two digits.
const SHORT_DAYS: [&str; 2] = ["%d/%m/%y", "%d.%m.%y"];

/// Ways of writing the time after it.
const TIMES: [&str; 2] = ["%H:%M:%S", "%H:%M"];

/// What a cell says; nothing where that is not clear.
pub fn answer(cell: &str) -> Option<Answer> {
    let said = folded(as_written(cell).trim().trim_end_matches(['.', '!']));
    if YES.contains(&said.as_str()) {
        return Some(Answer::Yes);
    }
    NO.contains(&said.as_str()).then_some(Answer::No)
}

/// The moment that a cell names, UTC where it has no zone; nothing where it names none.
pub fn moment(cell: &str) -> Option<DateTime<Utc>> {
    let text = as_written(cell);
    let text = text.trim();
    if let Ok(at) = DateTime::parse_from_rfc3339(text) {
        return Some(at.to_utc());
    }
    let (day, time) = text.split_once(['T', ' ']).map_or((text, ""), |(day, time)| (day, time.trim()));
    let time = time.split('.').next().unwrap_or_default();
    let has_full_year = day.split(['-', '/', '.']).any(|part| part.len() == 4);
    let formats = if has_full_year { &DAYS[..] } else { &SHORT_DAYS[..] };
    let day = formats.iter().find_map(|format| NaiveDate::parse_from_str(day, format).ok())?;
    if time.is_empty() {
        return Some(day.and_hms_opt(0, 0, 0)?.and_utc());
    }
    let at = TIMES
        .iter()
        .find_map(|format| NaiveDateTime::parse_from_str(&format!("{day} {time}"), &format!("%Y-%m-%d {format}")).ok());
    at.map(|at| at.and_utc())
}

/// Where in a row the consent stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ConsentPlaces {
    /// Yes or no.
    pub answer: usize,
    /// When.
    pub date: Option<usize>,
    /// Where it was said.
    pub source: Option<usize>,
    /// To which text.
    pub text_version: Option<usize>,
}

impl ConsentPlaces {
    /// Finds the columns that were named, without regard to case and accents. Beside a column of an export those that go with
    /// it are found by themselves, so that its people said it then and not at the upload. The error is the name that is
    /// missing.
    pub fn find(columns: &[String], asked: &ConsentColumn) -> Result<ConsentPlaces, String> {
        let place = |named: &String| {
            let exact = columns.iter().position(|column| column == named);
            let found = exact.or_else(|| columns.iter().position(|column| folded(column) == folded(named)));
            found.ok_or_else(|| named.clone())
        };
        let answer = place(&asked.column)?;
        let beside = exported_places(columns).into_iter().map(|(_, places)| places).find(|own| own.answer == answer);
        let date = asked.date_column.as_ref().map(place).transpose()?;
        let source = asked.source_column.as_ref().map(place).transpose()?;
        Ok(ConsentPlaces {
            answer,
            date: date.or_else(|| beside?.date),
            source: source.or_else(|| beside?.source),
            text_version: beside.and_then(|own| own.text_version),
        })
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn clear_answers_are_heard_in_three_languages_and_others_are_not_guessed() {
        for yes in ["Sim", "SÍ", "yes", " S ", "1", "TRUE", "Verdadeiro", "opt-in", "x", "Aceito."] {
            assert_eq!(answer(yes), Some(Answer::Yes), "{yes}");
        }
        for no in ["Não", "no", "N", "0", "FALSO", "false", "opt-out", "Não autorizo", "Na\u{303}o"] {
            assert_eq!(answer(no), Some(Answer::No), "{no}");
        }
        for unclear in ["", "  ", "talvez", "?", "sim e não", "2", "pendente"] {
            assert_eq!(answer(unclear), None, "{unclear}");
        }
    }

    #[test]
    fn dates_are_read_as_people_write_them() {
        let day = |cell: &str| moment(cell).map(|at| at.format("%Y-%m-%d %H:%M").to_string());
        for (cell, expected) in [
            ("2026-03-04", "2026-03-04 00:00"),
            ("2026-03-04T10:20:30-03:00", "2026-03-04 13:20"),
            ("04/03/2026", "2026-03-04 00:00"),
            ("04/03/26", "2026-03-04 00:00"),
            ("04.03.2026 18:05", "2026-03-04 18:05"),
            ("03/14/2026", "2026-03-14 00:00"),
            ("2026-03-04 10:20:30.123", "2026-03-04 10:20"),
        ] {
            assert_eq!(day(cell).as_deref(), Some(expected), "{cell}");
        }
        for none in ["", "ontem", "31/02/2026", "2026-13-45", "45000", "04/03/2026 25:00"] {
            assert_eq!(day(none), None, "{none}");
        }
    }

    #[test]
    fn columns_are_found_by_their_names_and_a_missing_one_is_named() {
        let columns = ["Telefone", "Aceite", "Data do aceite"].map(str::to_owned);
        let asked = |date: &str| ConsentColumn {
            column: "ACEITE".into(),
            date_column: Some(date.into()),
            ..ConsentColumn::default()
        };
        let found = ConsentPlaces { answer: 1, date: Some(2), source: None, text_version: None };
        assert_eq!(ConsentPlaces::find(&columns, &asked("data do aceite")), Ok(found));
        assert_eq!(ConsentPlaces::find(&columns, &asked("Quando")), Err("Quando".to_owned()));
        let exported = ["whatsapp", "utilityConsent", "marketingConsent", "marketingConsentAt"].map(str::to_owned);
        let column = ConsentColumn { column: "marketingConsent".into(), ..ConsentColumn::default() };
        let found = ConsentPlaces { answer: 2, date: Some(3), source: None, text_version: None };
        assert_eq!(ConsentPlaces::find(&exported, &column), Ok(found), "with the time that stands beside it");
    }

    proptest! {
        #[test]
        fn no_cell_makes_it_panic(cell in "\\PC{0,40}") {
            answer(&cell);
            moment(&cell);
        }
    }
}
