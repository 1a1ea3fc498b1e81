//! What is asked about a contacts file and what is told of it, as it crosses from the page to the worker and back.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use wire::Language;

/// How a contacts file is to be read; what is empty is found out.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Reading {
    /// The column of phone numbers.
    pub phone_column: String,
    /// The column of names.
    pub name_column: String,
    /// The country of numbers written without one, two letters.
    pub country: String,
    /// What stands between the cells of a text, by its name.
    pub delimiter: String,
    /// The encoding of a text, by its name on the web.
    pub encoding: String,
    /// The row with the titles, as a spreadsheet counts; 0: there is none. Found out when absent.
    pub header_row: Option<u32>,
    /// The sheet of a workbook, by its name.
    pub sheet: String,
    /// The language that reasons are told in.
    pub language: Language,
}

/// How much of a contacts file was read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub enum Extent {
    /// All of it.
    #[default]
    All,
    /// Its beginning; the rest is being read.
    Part {
        /// Of its bytes, 0 to 99; nothing where a file is not read from its beginning to its end.
        percent: Option<u8>,
    },
    /// Nothing: only the importer reads it.
    Unseen,
}

/// How a contacts file was read: as was said, or as was found out.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Manner {
    /// What stands between the cells of a text, by its name; nothing for other formats.
    pub delimiter: Option<String>,
    /// The encoding of a text, by its name on the web.
    pub encoding: Option<String>,
    /// The row with the titles, as a spreadsheet counts; 0: there is none. Nothing where it was not found out.
    pub header_row: Option<u32>,
    /// The sheets of a workbook, where it has several.
    pub sheets: Vec<String>,
    /// The one of them that was read.
    pub sheet: Option<String>,
}

/// A contacts file as far as it was read.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Sheet {
    /// How much was read.
    pub extent: Extent,
    /// How it was read.
    pub manner: Box<Manner>,
    /// Headers, in order.
    pub columns: Vec<String>,
    /// The column of phone numbers; nothing where none looks like it.
    pub phone_column: Option<String>,
    /// The column of names.
    pub name_column: Option<String>,
    /// The first rows.
    pub sample: Vec<SampleRow>,
    /// How many rows of each kind.
    pub counts: Counts,
    /// People to write to by country, two letters each; `ZZ` where a number tells none.
    pub countries: BTreeMap<String, u64>,
    /// The first rows that cannot be sent to.
    pub problems: Vec<Problem>,
    /// Sheets of the workbook that have contacts too and are not read.
    pub other_sheets: Vec<String>,
}

/// One of the first rows.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct SampleRow {
    /// As a spreadsheet counts: the header is row 1.
    pub row_number: u32,
    /// Its cells, the longest of them shortened.
    pub cells: Vec<String>,
    /// Why it is left out, if it is.
    pub problem: Option<String>,
}

/// Rows by what becomes of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Counts {
    /// People to write to.
    pub good: u64,
    /// Rows without a usable number.
    pub bad: u64,
    /// Rows of people who stand in an earlier one.
    pub duplicates: u64,
}

impl Counts {
    /// All rows.
    pub fn rows(self) -> u64 {
        self.good + self.bad + self.duplicates
    }

    /// Rows that are left out.
    pub fn left_out(self) -> u64 {
        self.bad + self.duplicates
    }
}

/// A row that is left out.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Problem {
    /// As a spreadsheet counts: the header is row 1.
    pub row_number: u32,
    /// What stands in the column of phone numbers.
    pub value: String,
    /// Why, in a sentence.
    pub why: String,
}

impl Sheet {
    /// A file that only the importer reads.
    pub fn unseen() -> Sheet {
        Sheet { extent: Extent::Unseen, ..Sheet::default() }
    }

    /// Whether its columns are known.
    pub fn is_seen(&self) -> bool {
        match self.extent {
            Extent::All | Extent::Part { .. } => true,
            Extent::Unseen => false,
        }
    }

    /// The place of a column.
    pub fn position(&self, column: &str) -> Option<usize> {
        self.columns.iter().position(|name| name == column)
    }

    /// A cell of the first row that can be sent to.
    pub fn first_cell(&self, column: &str) -> Option<&str> {
        let row = self.sample.iter().find(|row| row.problem.is_none())?;
        row.cells.get(self.position(column)?).map(String::as_str)
    }
}

/// What the worker tells the page.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Told {
    /// It can be asked.
    Ready,
    /// What was found so far, or at the end.
    Sheet(Sheet),
    /// The file cannot be used; the sentence says why and what to do.
    Unusable(String),
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_cell_is_of_somebody_who_gets_the_message() {
        let row = |name: &str, problem: Option<&str>| SampleRow {
            cells: vec![name.to_owned()],
            problem: problem.map(str::to_owned),
            ..SampleRow::default()
        };
        let sheet = Sheet {
            columns: vec!["name".into()],
            sample: vec![row("Bad", Some("It is empty.")), row("Ana", None)],
            ..Sheet::default()
        };
        assert_eq!((sheet.first_cell("name"), sheet.first_cell("city")), (Some("Ana"), None));
    }

    #[test]
    fn what_is_told_comes_through_as_it_was() {
        let sheet = Sheet { extent: Extent::Part { percent: Some(7) }, ..Sheet::default() };
        for told in [Told::Ready, Told::Sheet(sheet), Told::Unusable("It is empty.".into())] {
            let text = serde_json::to_string(&told).unwrap();
            assert_eq!(serde_json::from_str::<Told>(&text).unwrap(), told);
        }
    }
}
