//! Reads a file from its first row to its last, as the importer will, and tells what it finds on the way. What the importer
//! would refuse for its size, its people or its columns is refused here in the same words, before it is uploaded.

use std::cell::Cell;
use std::io::{self, Read, Seek, SeekFrom};
use std::rc::Rc;

use campaigns::audience::{MAX_UPLOAD_BYTES, MOST_RECIPIENTS, too_large, too_many};
use campaigns::file::{
    Charset, Delimiter, Document, Duplicates, FORMAT_BYTES, FileError, Format, Options, RejectReason, Row,
};
use campaigns::phone::{Country, country_code_of};
use wire::Language;

use crate::sheet::{Extent, Manner, Problem, Reading, SampleRow, Sheet, Told};

/// Rows that are shown, and read before anything is told.
const SHOWN_ROWS: usize = 50;

/// Rows that are left out and named: enough to see what is wrong.
const NAMED_PROBLEMS: usize = 8;

/// Rows between two tellings: some tenths of a second.
const TOLD_EVERY: u64 = 10_000;

/// Longest cell that is shown, in characters.
const LONGEST_SHOWN: usize = 120;

/// Looks into a file of so many bytes. Tells its beginning, how it goes on, and at last all of it or why it cannot be
/// used.
pub fn look<S: Read + Seek>(source: S, size_bytes: u64, reading: &Reading, tell: impl FnMut(Told)) {
    look_for(source, size_bytes, reading, MOST_RECIPIENTS, tell);
}

/// The same for at most so many people.
fn look_for<S: Read + Seek>(
    source: S,
    size_bytes: u64,
    reading: &Reading,
    most_people: u64,
    mut tell: impl FnMut(Told),
) {
    if size_bytes > MAX_UPLOAD_BYTES {
        return tell(Told::Unusable(too_large()));
    }
    let end = match read(source, size_bytes, reading, most_people, &mut tell) {
        Ok(sheet) if sheet.counts.good > most_people => Told::Unusable(too_many()),
        Ok(sheet) => Told::Sheet(sheet),
        Err(error) => Told::Unusable(error.to_string()),
    };
    tell(end);
}

fn read<S: Read + Seek>(
    mut source: S,
    size_bytes: u64,
    reading: &Reading,
    most_people: u64,
    tell: &mut impl FnMut(Told),
) -> Result<Sheet, FileError> {
    let is_stream = is_stream(&mut source)?;
    let furthest = Rc::new(Cell::new(0));
    let mut document = Document::open(Followed { source, at: 0, furthest: Rc::clone(&furthest) })?;
    let asked = options(reading);
    let (manner, other_sheets) = (manner(&mut document, &asked)?, document.other_sheets(&asked));
    let mut rows = match document.contacts(asked) {
        Ok(rows) => rows,
        // Not the end: a person may know which column it is.
        Err(FileError::NoPhoneColumn { columns }) => {
            return Ok(Sheet { columns, manner: Box::new(manner), ..Sheet::default() });
        }
        Err(error) => return Err(error),
    };
    let sheet = Sheet {
        manner: Box::new(Manner { header_row: Some(rows.header_row()), ..manner }),
        columns: rows.columns().to_vec(),
        phone_column: Some(rows.phone_column().to_owned()),
        name_column: rows.name_column().map(str::to_owned),
        other_sheets,
        ..Sheet::default()
    };
    let phone = sheet.position(rows.phone_column()).unwrap_or_default();
    let mut found = Found { sheet, phone, language: reading.language, seen: Duplicates::new() };
    for row in rows.by_ref() {
        found.take(row?);
        if found.sheet.counts.good > most_people {
            return Ok(found.sheet);
        }
        let so_far = found.sheet.counts.rows();
        if so_far == SHOWN_ROWS as u64 || so_far.is_multiple_of(TOLD_EVERY) {
            let percent = is_stream.then(|| percent(furthest.get(), size_bytes));
            tell(Told::Sheet(Sheet { extent: Extent::Part { percent }, ..found.sheet.clone() }));
        }
    }
    Ok(found.sheet)
}

fn is_stream(source: &mut (impl Read + Seek)) -> Result<bool, FileError> {
    let mut beginning = Vec::with_capacity(FORMAT_BYTES);
    source.by_ref().take(FORMAT_BYTES as u64).read_to_end(&mut beginning).map_err(FileError::Read)?;
    source.rewind().map_err(FileError::Read)?;
    Ok(Format::of(&beginning).is_stream())
}

fn options(reading: &Reading) -> Options {
    let chosen = |text: &String| Some(text.clone()).filter(|text| !text.is_empty());
    Options {
        phone_column: chosen(&reading.phone_column),
        name_column: chosen(&reading.name_column),
        default_country: Country::parse(&reading.country).ok(),
        delimiter: Delimiter::parse(&reading.delimiter),
        charset: Charset::parse(&reading.encoding),
        header_row: reading.header_row,
        sheet: chosen(&reading.sheet),
    }
}

/// How the file is read, but for the row with its titles.
fn manner<S: Read + Seek>(document: &mut Document<S>, asked: &Options) -> Result<Manner, FileError> {
    let text = document.text_form(asked)?;
    Ok(Manner {
        delimiter: text.map(|form| form.delimiter.name().to_owned()),
        encoding: text.map(|form| form.encoding.to_owned()),
        header_row: None,
        sheets: document.sheet_names(),
        sheet: document.sheet_read(asked),
    })
}

/// Never 100: there is more to come.
fn percent(part: u64, whole: u64) -> u8 {
    let percent = part.saturating_mul(100) / whole.max(1);
    u8::try_from(percent.min(99)).unwrap_or(99)
}

/// What was found so far.
struct Found {
    sheet: Sheet,
    /// The place of the column of phone numbers.
    phone: usize,
    language: Language,
    seen: Duplicates,
}

impl Found {
    fn take(&mut self, row: Row) {
        let counts = &mut self.sheet.counts;
        let (row_number, cells, reason) = match row {
            Row::Rejected { row_number, cells, reason } => {
                counts.bad += 1;
                (row_number, cells, Some(reason))
            }
            Row::Contact(contact) => match self.seen.insert(&contact.phone, contact.row_number) {
                Some(first_row) => {
                    counts.duplicates += 1;
                    (contact.row_number, contact.fields, Some(RejectReason::Duplicate { first_row }))
                }
                None => {
                    counts.good += 1;
                    let country = country_code_of(contact.phone.e164());
                    match self.sheet.countries.get_mut(country) {
                        Some(people) => *people += 1,
                        None => drop(self.sheet.countries.insert(country.to_owned(), 1)),
                    }
                    (contact.row_number, contact.fields, None)
                }
            },
        };
        let is_named = reason.is_some() && self.sheet.problems.len() < NAMED_PROBLEMS;
        let is_shown = self.sheet.sample.len() < SHOWN_ROWS;
        if !is_named && !is_shown {
            return;
        }
        let problem = reason.map(|reason| reason.explanation(self.language));
        if let Some(why) = problem.clone().filter(|_| is_named) {
            let value = cells.get(self.phone).map(|cell| shortened(cell)).unwrap_or_default();
            self.sheet.problems.push(Problem { row_number, value, why });
        }
        if is_shown {
            let cells = cells.iter().map(|cell| shortened(cell)).collect();
            self.sheet.sample.push(SampleRow { row_number, cells, problem });
        }
    }
}

fn shortened(cell: &str) -> String {
    match cell.char_indices().nth(LONGEST_SHOWN) {
        Some((end, _)) => format!("{}…", &cell[..end]),
        None => cell.to_owned(),
    }
}

/// A source that notes how far it was read.
struct Followed<S> {
    source: S,
    at: u64,
    furthest: Rc<Cell<u64>>,
}

impl<S: Read> Read for Followed<S> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let length = self.source.read(buffer)?;
        self.at += length as u64;
        self.furthest.set(self.furthest.get().max(self.at));
        Ok(length)
    }
}

impl<S: Seek> Seek for Followed<S> {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        self.at = self.source.seek(to)?;
        Ok(self.at)
    }
}

#[cfg(test)]
mod tests {
    use std::io::Cursor;

    use super::*;

    fn told(text: &str, reading: &Reading) -> Vec<Told> {
        let mut all = Vec::new();
        look(Cursor::new(text.as_bytes()), text.len() as u64, reading, |told| all.push(told));
        all
    }

    fn last(text: &str) -> Sheet {
        match told(text, &Reading::default()).pop() {
            Some(Told::Sheet(sheet)) => sheet,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn every_row_is_counted_and_the_first_bad_ones_are_named() {
        let sheet = last("name,phone\nAna,+447700900011\nBia,12\nCid,+44 7700 900011\n");
        assert_eq!((sheet.counts.good, sheet.counts.bad, sheet.counts.duplicates), (1, 1, 1));
        assert_eq!(sheet.countries, std::collections::BTreeMap::from([("GB".to_owned(), 1)]));
        let named: Vec<(u32, &str)> = sheet.problems.iter().map(|p| (p.row_number, p.value.as_str())).collect();
        assert_eq!(named, [(3, "12"), (4, "+44 7700 900011")]);
        assert!(sheet.problems[1].why.contains("row 2"), "{:?}", sheet.problems);
        assert_eq!(sheet.sample.iter().filter(|row| row.problem.is_some()).count(), 2);
        assert_eq!((sheet.extent, sheet.name_column.as_deref()), (Extent::All, Some("name")));
    }

    #[test]
    fn the_beginning_is_told_before_the_end() {
        let rows = (0..25_000).map(|n| format!("+55119{:08}\n", 10_000_000 + n));
        let text: String = std::iter::once("phone\n".to_owned()).chain(rows).collect();
        let told = told(&text, &Reading::default());
        let seen: Vec<(Extent, u64)> = told
            .iter()
            .map(|told| match told {
                Told::Sheet(sheet) => (sheet.extent, sheet.counts.good),
                other => panic!("{other:?}"),
            })
            .collect();
        assert_eq!(seen.iter().map(|(_, good)| *good).collect::<Vec<_>>(), [50, 10_000, 20_000, 25_000]);
        assert!(matches!(seen[1].0, Extent::Part { percent: Some(30..=60) }), "{seen:?}");
        assert_eq!(seen[3].0, Extent::All);
        assert!(matches!(&told[0], Told::Sheet(sheet) if sheet.sample.len() == SHOWN_ROWS));
    }

    #[test]
    fn a_file_without_phones_shows_its_columns_and_one_that_breaks_says_where() {
        let sheet = last("city,street\nLisboa,Rua\n");
        assert_eq!((sheet.columns.len(), sheet.is_seen(), sheet.phone_column), (2, true, None));
        let broken = told("name,phone\nAna,+447700900011\n\"Bia,+447700900012\n", &Reading::default());
        assert!(matches!(broken.last(), Some(Told::Unusable(why)) if why.contains("line 3")), "{broken:?}");
    }

    #[test]
    fn columns_are_called_as_the_importer_calls_them() {
        let text = "phone,Cidade,cidade, Cidade ,,Column 5\n+447700900011,Faro,Beja,Braga,x,y\n";
        let sheet = last(text);
        assert_eq!(sheet.columns, ["phone", "Cidade", "cidade", "Cidade (2)", "Column 5", "Column 5 (2)"]);
        let contacts = campaigns::file::ContactsReader::new(text.as_bytes(), Options::default()).unwrap();
        assert_eq!(contacts.columns(), sheet.columns);
        let cells: Vec<Option<&str>> = sheet.columns[1..].iter().map(|column| sheet.first_cell(column)).collect();
        assert_eq!(cells, ["Faro", "Beja", "Braga", "x", "y"].map(Some));
    }

    #[test]
    fn a_country_reads_numbers_without_one() {
        let reading = Reading { country: "BR".into(), ..Reading::default() };
        let told = told("nome;celular\nAna;11 98765-4321\n", &reading);
        assert!(matches!(told.last(), Some(Told::Sheet(sheet)) if sheet.counts.good == 1), "{told:?}");
    }

    #[test]
    fn how_a_file_is_read_is_told_and_what_was_said_of_it_is_believed() {
        let text = "a;b|c\n+447700900011;Ana|y\n+447700900012;Bia|z\n";
        let manner = |reading: &Reading| match told(text, reading).pop() {
            Some(Told::Sheet(sheet)) => (sheet.manner, sheet.columns),
            other => panic!("{other:?}"),
        };
        let (found, columns) = manner(&Reading::default());
        assert_eq!((found.delimiter.as_deref(), found.encoding.as_deref()), (Some("semicolon"), Some("UTF-8")));
        assert_eq!((found.header_row, columns), (Some(1), vec!["a".to_owned(), "b|c".to_owned()]));
        let said = Reading {
            delimiter: "pipe".into(),
            encoding: "windows-1252".into(),
            header_row: Some(0),
            ..Reading::default()
        };
        let (found, columns) = manner(&said);
        assert_eq!((found.delimiter.as_deref(), found.encoding.as_deref()), (Some("pipe"), Some("windows-1252")));
        // Read wrong, no column has phones: what was said is told all the same, so that it can be taken back.
        assert_eq!((found.header_row, columns), (None, vec!["Column 1".to_owned(), "Column 2".to_owned()]));
    }

    #[test]
    fn the_sheets_of_a_workbook_are_told_and_the_chosen_one_is_read() {
        let sheet = |name: &str| {
            let rows = "<Row><Cell><Data>phone</Data></Cell></Row><Row><Cell><Data>+447700900011</Data></Cell></Row>";
            format!("<Worksheet Name=\"{name}\"><Table>{rows}</Table></Worksheet>")
        };
        let text = format!("<Workbook>{}{}</Workbook>", sheet("May"), sheet("June"));
        let read = |asked: &str| {
            let reading = Reading { sheet: asked.into(), ..Reading::default() };
            told(&text, &reading).pop()
        };
        for (asked, name, others) in [("", "May", vec!["June".to_owned()]), ("June", "June", Vec::new())] {
            let Some(Told::Sheet(sheet)) = read(asked) else { panic!("{asked}") };
            assert_eq!(sheet.manner.sheets, ["May", "June"]);
            assert_eq!((sheet.manner.sheet.as_deref(), sheet.other_sheets), (Some(name), others));
        }
        let unknown = Told::Unusable("There is no sheet \"July\". The sheets are: May, June.".into());
        assert_eq!(read("July"), Some(unknown));
    }

    #[test]
    fn what_the_importer_refuses_is_refused_before_the_upload_in_its_words() {
        let mut all = Vec::new();
        look(Cursor::new(&b"phone\n"[..]), MAX_UPLOAD_BYTES + 1, &Reading::default(), |told| all.push(told));
        assert_eq!(all, [Told::Unusable("The file is larger than 200 MB. Split it.".into())]);
        let wide = format!("phone{}\n+447700900011\n", ",x".repeat(campaigns::file::MAX_COLUMNS));
        let told = told(&wide, &Reading::default());
        assert!(matches!(told.last(), Some(Told::Unusable(why)) if why.contains("columns")), "{told:?}");
    }

    #[test]
    fn more_people_than_an_audience_takes_are_refused_where_they_become_too_many() {
        const MOST: u64 = 20_000;
        let rows = (0..MOST + 20_000).map(|n| format!("+55119{:08}\n", 10_000_000 + n));
        let text: String = std::iter::once("phone\n".to_owned()).chain(rows).collect();
        let mut all = Vec::new();
        look_for(Cursor::new(text.as_bytes()), text.len() as u64, &Reading::default(), MOST, |told| all.push(told));
        assert_eq!(all.pop(), Some(Told::Unusable(too_many())));
        assert!(matches!(all.last(), Some(Told::Sheet(sheet)) if sheet.counts.good == MOST), "and no further is read");
    }

    #[test]
    fn long_cells_are_shortened_between_letters() {
        let sheet = last(&format!("phone,note\n+447700900011,{}\n", "ã".repeat(500)));
        assert_eq!(sheet.sample[0].cells[1].chars().count(), LONGEST_SHOWN + 1);
    }
}
