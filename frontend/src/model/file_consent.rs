//! Which columns of a contacts file say that its people agreed to get messages.

use campaigns::consent::written::{Answer, answer};
use reader::Sheet;
use wire::{ConsentCategory, ConsentColumn, IntoContactsProgress};

use crate::t;

/// What was chosen.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct FileConsent {
    /// The column with yes or no; empty for none.
    pub column: String,
    /// The column that says when; empty for none.
    pub date_column: String,
    /// Where they agreed; empty for the file's name.
    pub source: String,
}

impl FileConsent {
    /// What is asked of the API; nothing where no column was chosen.
    pub fn asked(&self) -> Option<ConsentColumn> {
        let filled = |text: &str| Some(text.trim().to_owned()).filter(|text| !text.is_empty());
        Some(ConsentColumn {
            column: filled(&self.column)?,
            category: Some(ConsentCategory::Marketing),
            date_column: filled(&self.date_column),
            source_column: None,
            source: filled(&self.source),
            text_version: None,
        })
    }
}

/// What the first rows say in this column.
pub fn first_rows(sheet: &Sheet, column: &str) -> Option<String> {
    let place = sheet.position(column)?;
    let rows: Vec<&str> = sheet.sample.iter().filter_map(|row| row.cells.get(place)).map(String::as_str).collect();
    let count = |wanted: Option<Answer>| rows.iter().filter(|cell| answer(cell) == wanted).count();
    let (yes, no, unclear) = (count(Some(Answer::Yes)), count(Some(Answer::No)), count(None));
    let counts = t::first_rows_say(&rows.len(), &yes, &no, &unclear);
    Some(if yes + no == 0 { format!("{counts} {}", t::not_like_yes_or_no()) } else { counts })
}

/// What came of it.
pub fn told(into: &IntoContactsProgress) -> Option<String> {
    let (agreed, refused) = (into.agreed, into.refused);
    (agreed + refused > 0).then(|| {
        let unclear = into.done.saturating_sub(agreed + refused);
        t::agreed_and_refused(&agreed, &refused, &unclear)
    })
}

#[cfg(test)]
mod tests {
    use reader::SampleRow;

    use super::*;

    #[test]
    fn without_a_column_nothing_is_asked() {
        assert_eq!(FileConsent::default().asked(), None);
        let chosen = FileConsent { column: "Aceita".into(), date_column: String::new(), source: " Loja ".into() };
        let asked = chosen.asked().unwrap();
        assert_eq!((asked.column.as_str(), asked.date_column, asked.source.as_deref()), ("Aceita", None, Some("Loja")));
    }

    #[test]
    fn the_first_rows_show_whether_the_column_is_the_right_one() {
        let row = |cell: &str| SampleRow { cells: vec![cell.to_owned()], ..SampleRow::default() };
        let sheet = |cells: [&str; 3]| Sheet {
            columns: vec!["Aceita".into()],
            sample: cells.map(row).to_vec(),
            ..Sheet::default()
        };
        let seen = first_rows(&sheet(["Sim", "não", ""]), "Aceita").unwrap();
        assert_eq!(seen, "Of the first 3 rows: 1 yes, 1 no, 1 not clear.");
        assert!(first_rows(&sheet(["a", "b", "c"]), "Aceita").unwrap().contains("does not look like"));
        assert_eq!(first_rows(&sheet(["a", "b", "c"]), "other"), None);
    }

    #[test]
    fn what_came_of_it_adds_up() {
        let into = IntoContactsProgress { done: 10, agreed: 6, refused: 1, ..IntoContactsProgress::default() };
        assert_eq!(told(&into).unwrap(), "6 agreed to messages, 1 did not, of 3 the file does not say.");
        assert_eq!(told(&IntoContactsProgress::default()), None);
    }
}
