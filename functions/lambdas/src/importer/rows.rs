//! The rows of a contacts file: into segments of recipients, or into the rejects file. Runs on a blocking thread.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{Cursor, Read, Write};

use anyhow::Context;
use campaigns::audience::{MOST_RECIPIENTS, Recipient, SEGMENT_ROWS, too_many};
use campaigns::consent::exported::exported_places;
use campaigns::consent::written::{Answer, ConsentPlaces, answer};
use campaigns::file::{
    Contact, ContactsReader, Document, Duplicates, FORMAT_BYTES, FileError, Format, Options, RejectReason,
    RejectsWriter, Row,
};
use campaigns::phone::{Country, PhoneNumber, country_code_of};
use campaigns::quiet::clocks_of;
use wire::{ConsentColumn, Language, RejectReasonCount};

use super::spool;
use crate::storage::suppressions::Barred;

/// Largest segment in bytes, 4 KB a row on average: the importer holds three at once, the dispatcher and the API one.
const LARGEST_SEGMENT_BYTES: usize = 8 * 1024 * 1024;

/// A finished piece of the audience.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Segment {
    /// From 0.
    pub number: u64,
    /// One recipient in JSON per line.
    pub lines: Vec<u8>,
    /// Recipients of the file so far, with these.
    pub recipients: u64,
    /// Rows left out so far.
    pub rejected: u64,
}

/// Where the rows go that are left out.
pub(super) struct LeftOut<W> {
    /// The file.
    pub file: W,
    /// The language of its explanations.
    pub language: Language,
    /// Where the file may say what each person agreed to; nothing where nobody comes into the book.
    pub refusals: Option<Refusals<W>>,
}

/// Rows of people who stand in the file already, and say no in this one: it counts.
pub(super) struct Refusals<W> {
    /// Which columns say so, beside those of an export.
    pub asked: Option<ConsentColumn>,
    /// Where these rows go, one recipient in JSON per line.
    pub file: W,
}

/// What a file came to.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Outcome {
    /// All its rows were read.
    Read(Imported),
    /// It cannot be used; the sentence says why.
    Unusable(String),
    /// Nobody takes the segments any more.
    Stopped,
}

/// What is known once all rows were read.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Imported {
    pub recipients: u64,
    pub rejected: u64,
    /// Of them: people who stand in another row and say no in this one.
    pub refusals: u64,
    /// The sheets of the workbook, where it has several.
    pub sheets: Box<Sheets>,
    /// Most frequent first; of the same count by name.
    pub rejected_by_reason: Vec<RejectReasonCount>,
    pub columns: Vec<String>,
    pub phone_column: String,
    pub name_column: Option<String>,
    /// The recipients by country, two letters; `NO_COUNTRY` where a number tells none.
    pub countries: BTreeMap<String, u64>,
    /// The clocks they live by, as `quiet::clocks_of` names them.
    pub clocks: BTreeSet<String>,
}

/// The sheets of a workbook; nothing where there is no choice.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Sheets {
    /// All of them.
    pub names: Vec<String>,
    /// The one that is read.
    pub read: Option<String>,
    /// Those that have contacts too and are not read.
    pub others: Vec<String>,
}

/// Whether the person with this canonical phone gets nothing.
pub(super) type IsSuppressed<'a> = &'a dyn Fn(&str) -> anyhow::Result<Option<Barred>>;

/// Reads a file of any format to its end. `give` takes a segment and answers whether it wants more.
pub(super) fn read<S: Read, W: Write>(
    mut source: S,
    options: Options,
    is_suppressed: IsSuppressed<'_>,
    left_out: LeftOut<W>,
    give: impl FnMut(Segment) -> bool,
) -> anyhow::Result<Outcome> {
    let mut beginning = Vec::with_capacity(FORMAT_BYTES);
    source.by_ref().take(FORMAT_BYTES as u64).read_to_end(&mut beginning).context("reading the contacts file")?;
    let format = Format::of(&beginning);
    let source = Cursor::new(beginning).chain(source);
    let country = options.default_country;
    if format.is_stream() {
        return match ContactsReader::new(source, options) {
            Ok(contacts) => read_contacts(contacts, (Box::default(), country), is_suppressed, left_out, give),
            Err(error) => unusable(error),
        };
    }
    let Some(file) = spool::on_disk(source)? else {
        return Ok(Outcome::Unusable(super::too_large()));
    };
    let mut document = match Document::open(file) {
        Ok(document) => document,
        Err(error) => return unusable(error),
    };
    let sheets = Box::new(Sheets {
        names: document.sheet_names(),
        read: document.sheet_read(&options),
        others: document.other_sheets(&options),
    });
    match document.contacts(options) {
        Ok(contacts) => read_contacts(contacts, (sheets, country), is_suppressed, left_out, give),
        Err(error) => unusable(error),
    }
}

fn read_contacts<W: Write>(
    mut contacts: ContactsReader<'_>,
    (sheets, country): (Box<Sheets>, Option<Country>),
    is_suppressed: IsSuppressed<'_>,
    left_out: LeftOut<W>,
    give: impl FnMut(Segment) -> bool,
) -> anyhow::Result<Outcome> {
    let LeftOut { file, language, refusals } = left_out;
    let find = |Refusals { asked, file }: Refusals<W>| {
        let asked = asked.and_then(|asked| ConsentPlaces::find(contacts.columns(), &asked).ok());
        let exported = exported_places(contacts.columns()).into_iter().map(|(_, places)| places);
        let places: Vec<usize> = asked.into_iter().chain(exported).map(|places| places.answer).collect();
        (!places.is_empty()).then_some((places, file))
    };
    let refusals = refusals.and_then(find);
    let rejects = RejectsWriter::new(file, contacts.columns(), contacts.phone_place(), language);
    let rejects = rejects.context("writing the rejected rows")?;
    let mut audience = Audience {
        segment: Vec::new(),
        recipients: 0,
        rejected: 0,
        refused: 0,
        reasons: BTreeMap::new(),
        countries: BTreeMap::new(),
        clocks: BTreeSet::new(),
        seen: Duplicates::new(),
        country,
        is_suppressed,
        rejects,
        refusals,
        give,
    };
    for row in contacts.by_ref() {
        let row = match row {
            Ok(row) => row,
            Err(error) => return unusable(error),
        };
        match audience.add(row)? {
            Added::Going => {}
            Added::Unusable(problem) => return Ok(Outcome::Unusable(problem)),
            Added::Stopped => return Ok(Outcome::Stopped),
        }
    }
    let columns = contacts.columns().to_vec();
    let phone_column = contacts.phone_column().to_owned();
    let name_column = contacts.name_column().map(str::to_owned);
    let outcome = audience.finish(columns, phone_column, name_column)?;
    Ok(match outcome {
        Outcome::Read(imported) => Outcome::Read(Imported { sheets, ..imported }),
        Outcome::Unusable(_) | Outcome::Stopped => outcome,
    })
}

/// What is wrong with the file is an outcome; that it could not be read to its end is an error, and tried again.
fn unusable(error: FileError) -> anyhow::Result<Outcome> {
    match error {
        FileError::Read(error) => Err(error).context("reading the contacts file"),
        other => Ok(Outcome::Unusable(other.to_string())),
    }
}

/// The audience while it grows.
struct Audience<'a, W: Write, G> {
    segment: Vec<u8>,
    recipients: u64,
    rejected: u64,
    refused: u64,
    reasons: BTreeMap<&'static str, (&'static str, u64)>,
    countries: BTreeMap<&'static str, u64>,
    clocks: BTreeSet<&'static str>,
    seen: Duplicates,
    /// Of numbers written without one.
    country: Option<Country>,
    is_suppressed: IsSuppressed<'a>,
    rejects: RejectsWriter<W>,
    /// The places of the columns that say yes or no, and where the rows go that say no too late.
    refusals: Option<(Vec<usize>, W)>,
    give: G,
}

enum Added {
    Going,
    Unusable(String),
    Stopped,
}

impl<W: Write, G: FnMut(Segment) -> bool> Audience<'_, W, G> {
    fn add(&mut self, row: Row) -> anyhow::Result<Added> {
        match row {
            Row::Rejected { row_number, cells, reason } => {
                let reason = if self.names_erased(&cells)? { RejectReason::Erased } else { reason };
                self.reject(row_number, reason, &cells)
            }
            Row::Contact(contact) => match (self.is_suppressed)(&contact.phone.canonical())? {
                Some(Barred::Suppressed) => self.reject(contact.row_number, RejectReason::Suppressed, &contact.fields),
                Some(Barred::Erased) => self.reject(contact.row_number, RejectReason::Erased, &contact.fields),
                None => self.add_contact(contact),
            },
        }
    }

    /// Whether a row that is no contact names somebody who was erased, so that its cells are not kept.
    fn names_erased(&self, cells: &[String]) -> anyhow::Result<bool> {
        for phone in cells.iter().flat_map(|cell| PhoneNumber::all_in(cell, self.country)) {
            if (self.is_suppressed)(&phone.canonical())? == Some(Barred::Erased) {
                return Ok(true);
            }
        }
        Ok(false)
    }

    fn add_contact(&mut self, contact: Contact) -> anyhow::Result<Added> {
        match self.seen.insert(&contact.phone, contact.row_number) {
            Some(first_row) => {
                self.note_refusal(&contact)?;
                self.reject(contact.row_number, RejectReason::Duplicate { first_row }, &contact.fields)
            }
            None => self.take(contact),
        }
    }

    /// Keeps the row of somebody who stands in the file already and says no here: the first row may say yes.
    fn note_refusal(&mut self, contact: &Contact) -> anyhow::Result<()> {
        let Some((places, file)) = &mut self.refusals else { return Ok(()) };
        let mut answers = places.iter().filter_map(|place| answer(contact.fields.get(*place)?));
        if !answers.any(|said| said == Answer::No) {
            return Ok(());
        }
        let recipient = Recipient {
            phone: contact.phone.e164().to_owned(),
            name: String::new(),
            row: u64::from(contact.row_number),
            fields: contact.fields.clone(),
        };
        serde_json::to_writer(&mut *file, &recipient).context("writing a refusal")?;
        file.write_all(b"\n").context("writing a refusal")?;
        self.refused += 1;
        Ok(())
    }

    fn reject(&mut self, row_number: u32, reason: RejectReason, cells: &[String]) -> anyhow::Result<Added> {
        self.rejects.write(row_number, &reason, cells).context("writing a rejected row")?;
        self.rejected += 1;
        self.reasons.entry(reason.name()).or_insert((reason.title(), 0)).1 += 1;
        Ok(Added::Going)
    }

    fn take(&mut self, contact: Contact) -> anyhow::Result<Added> {
        if self.recipients == MOST_RECIPIENTS {
            return Ok(Added::Unusable(too_many()));
        }
        let row_number = contact.row_number;
        *self.countries.entry(country_code_of(contact.phone.e164())).or_default() += 1;
        self.clocks.insert(clocks_of(contact.phone.e164()));
        let recipient = Recipient {
            phone: contact.phone.e164().to_owned(),
            name: contact.name,
            row: u64::from(row_number),
            fields: contact.fields,
        };
        serde_json::to_writer(&mut self.segment, &recipient).context("a recipient does not fit into JSON")?;
        self.segment.push(b'\n');
        self.recipients += 1;
        if self.segment.len() > LARGEST_SEGMENT_BYTES {
            return Ok(Added::Unusable(format!(
                "The rows before row {row_number} are too long: {} MB in {SEGMENT_ROWS} rows is the most. \
                 Remove columns that the campaign does not need.",
                LARGEST_SEGMENT_BYTES / (1024 * 1024)
            )));
        }
        let is_full = self.recipients.is_multiple_of(SEGMENT_ROWS);
        Ok(if !is_full || self.give_segment() { Added::Going } else { Added::Stopped })
    }

    /// Hands the segment over; answers whether more are wanted.
    fn give_segment(&mut self) -> bool {
        (self.give)(Segment {
            number: self.recipients.saturating_sub(1) / SEGMENT_ROWS,
            lines: std::mem::take(&mut self.segment),
            recipients: self.recipients,
            rejected: self.rejected,
        })
    }

    fn finish(
        mut self,
        columns: Vec<String>,
        phone_column: String,
        name_column: Option<String>,
    ) -> anyhow::Result<Outcome> {
        if !self.segment.is_empty() && !self.give_segment() {
            return Ok(Outcome::Stopped);
        }
        let mut rejects = self.rejects.finish().context("writing the rejected rows")?;
        rejects.flush().context("writing the rejected rows")?;
        if let Some((_, file)) = &mut self.refusals {
            file.flush().context("writing refusals")?;
        }
        Ok(Outcome::Read(Imported {
            recipients: self.recipients,
            rejected: self.rejected,
            refusals: self.refused,
            sheets: Box::default(),
            rejected_by_reason: most_frequent_first(self.reasons),
            columns,
            phone_column,
            name_column,
            countries: self.countries.into_iter().map(|(country, count)| (country.to_owned(), count)).collect(),
            clocks: self.clocks.into_iter().map(str::to_owned).collect(),
        }))
    }
}

fn most_frequent_first(reasons: BTreeMap<&'static str, (&'static str, u64)>) -> Vec<RejectReasonCount> {
    let count = |(reason, (title, count)): (&str, (&str, u64))| RejectReasonCount {
        reason: reason.to_owned(),
        title: title.to_owned(),
        count,
    };
    let mut counts: Vec<RejectReasonCount> = reasons.into_iter().map(count).collect();
    counts.sort_by_key(|reason| std::cmp::Reverse(reason.count));
    counts
}

#[cfg(test)]
mod tests {
    use campaigns::phone::Country;

    use super::*;

    struct Made {
        outcome: Outcome,
        segments: Vec<Segment>,
        rejects: String,
    }

    fn import(file: &str) -> Made {
        import_bytes(file.as_bytes())
    }

    fn import_bytes(file: &[u8]) -> Made {
        let options = Options { default_country: Country::parse("BR").ok(), ..Options::default() };
        let (mut segments, mut rejects) = (Vec::new(), Vec::new());
        let outcome = read(file, options, &nobody, left_out(&mut rejects), |segment| {
            segments.push(segment);
            true
        });
        Made { outcome: outcome.unwrap(), segments, rejects: String::from_utf8(rejects).unwrap() }
    }

    fn left_out<W>(file: W) -> LeftOut<W> {
        LeftOut { file, language: Language::English, refusals: None }
    }

    fn nobody(_: &str) -> anyhow::Result<Option<Barred>> {
        Ok(None)
    }

    struct Broken;

    impl Read for Broken {
        fn read(&mut self, _: &mut [u8]) -> std::io::Result<usize> {
            Err(std::io::Error::other("broken"))
        }
    }

    fn imported(made: &Made) -> &Imported {
        match &made.outcome {
            Outcome::Read(imported) => imported,
            other => panic!("{other:?}"),
        }
    }

    fn file(rows: u64) -> String {
        let rows = (0..rows).map(|n| format!("Ana {n},+55119{:08}\n", 10_000_000 + n));
        std::iter::once("name,phone\n".to_owned()).chain(rows).collect()
    }

    #[test]
    fn rows_are_cut_into_segments_of_a_fixed_size() {
        let made = import(&file(SEGMENT_ROWS * 2 + 1));
        let sizes: Vec<(u64, usize, u64)> = made
            .segments
            .iter()
            .map(|s| (s.number, s.lines.iter().filter(|b| **b == b'\n').count(), s.recipients))
            .collect();
        assert_eq!(sizes, [(0, 2_000, 2_000), (1, 2_000, 4_000), (2, 1, 4_001)]);
        assert_eq!(imported(&made).recipients, 4_001);
        let last: Recipient = serde_json::from_slice(made.segments[2].lines.trim_ascii_end()).unwrap();
        assert_eq!((last.phone.as_str(), last.name.as_str()), ("+5511910004000", "Ana 4000"));
        assert_eq!(last.fields, ["Ana 4000", "+5511910004000"]);
    }

    #[test]
    fn a_full_last_segment_is_given_once() {
        assert_eq!(import(&file(SEGMENT_ROWS)).segments.len(), 1);
    }

    #[test]
    fn a_person_in_two_spellings_is_one_recipient() {
        let made = import("nome;celular\nAna;5511987654321\nBia;11 98765-4321\nCid;551187654321\nDan;x\n");
        let imported = imported(&made);
        assert_eq!((imported.recipients, imported.rejected), (1, 3));
        let reasons: Vec<(&str, u64)> =
            imported.rejected_by_reason.iter().map(|reason| (reason.reason.as_str(), reason.count)).collect();
        assert_eq!(reasons, [("duplicate", 2), ("notANumber", 1)]);
        assert_eq!((imported.phone_column.as_str(), imported.name_column.as_deref()), ("celular", Some("nome")));
        assert!(made.rejects.contains("\"3\",\"celular\",\"11 98765-4321\",\"duplicate\","), "{}", made.rejects);
        assert!(made.rejects.contains("The same person already stands in row 2."), "{}", made.rejects);
    }

    #[test]
    fn who_is_suppressed_is_rejected_in_every_spelling_and_all_rows_add_up() {
        let ana = |phone: &str| Ok((phone == "5511987654321").then_some(Barred::Suppressed));
        let file = "nome;celular\nAna;5511987654321\nBia;5511987654322\nAna;551187654321\nBia;551187654322\n";
        let (mut segments, mut rejects) = (Vec::new(), Vec::new());
        let outcome = read(file.as_bytes(), Options::default(), &ana, left_out(&mut rejects), |segment| {
            segments.push(segment);
            true
        });
        let made = Made { outcome: outcome.unwrap(), segments, rejects: String::from_utf8(rejects).unwrap() };
        let imported = imported(&made);
        assert_eq!((imported.recipients, imported.rejected), (1, 3));
        let reasons: Vec<(&str, u64)> =
            imported.rejected_by_reason.iter().map(|reason| (reason.reason.as_str(), reason.count)).collect();
        assert_eq!(reasons, [("suppressed", 2), ("duplicate", 1)]);
    }

    #[test]
    fn a_bad_row_that_names_somebody_who_was_erased_keeps_none_of_its_cells() {
        let erased = |phone: &str| Ok((phone == "5511987654321").then_some(Barred::Erased));
        let file = "nome;celular\nAna Secreta;+55 11 98765-4321 / 11 3333-4444\nSecreta;Ana;+5511987654321\n\
                    Ana Secreta (551187654321);x\nBia;12\n";
        let (mut rejects, mut rows) = (Vec::new(), Vec::new());
        let outcome = read(file.as_bytes(), Options::default(), &erased, left_out(&mut rejects), |segment| {
            rows.push(segment);
            true
        });
        let made = Made { outcome: outcome.unwrap(), segments: rows, rejects: String::from_utf8(rejects).unwrap() };
        let reasons = &imported(&made).rejected_by_reason;
        assert_eq!((reasons[0].reason.as_str(), reasons[0].count, imported(&made).rejected), ("erased", 3, 4));
        assert!(!made.rejects.contains("Secreta") && !made.rejects.contains("8765"), "{}", made.rejects);
        assert!(made.rejects.contains("\"Bia\",\"12\""), "{}", made.rejects);
    }

    #[test]
    fn whoever_says_no_in_a_second_row_is_kept_for_it() {
        let file = "nome;celular;aceita\nAna;5511987654321;Sim\nBia;5511987654322;Sim\nAna;551187654321;Não\n\
                    Bia;5511987654322;sim\nAna;5511987654321;n\n";
        let (mut rejects, mut refusals) = (Vec::new(), Vec::new());
        let asked = ConsentColumn { column: "Aceita".to_owned(), ..ConsentColumn::default() };
        let kept = Refusals { asked: Some(asked), file: &mut refusals };
        let left_out = LeftOut { file: &mut rejects, language: Language::English, refusals: Some(kept) };
        let outcome = read(file.as_bytes(), Options::default(), &nobody, left_out, |_| true).unwrap();
        assert!(
            matches!(outcome, Outcome::Read(Imported { recipients: 2, rejected: 3, refusals: 2, .. })),
            "{outcome:?}"
        );
        let rows: Vec<Recipient> =
            serde_json::Deserializer::from_slice(&refusals).into_iter().collect::<Result<_, _>>().unwrap();
        assert_eq!(rows.iter().map(|row| row.row).collect::<Vec<_>>(), [4, 6]);
    }

    #[test]
    fn the_same_file_gives_the_same_bytes() {
        let text = format!("{}x,y\nBia,+5511910000001\n", file(2_500));
        let (first, second) = (import(&text), import(&text));
        assert_eq!((first.segments, first.rejects, first.outcome), (second.segments, second.rejects, second.outcome));
    }

    #[test]
    fn a_workbook_gives_the_segments_and_rejects_of_its_csv_and_the_same_again() {
        let fixture = |name: &str| std::fs::read(format!("../../tests/fixtures/contacts/{name}")).unwrap();
        let expected = import_bytes(&fixture("sample.csv"));
        for name in ["sample.xlsx", "sample.xls", "sample.ods", "sample.xlsx"] {
            let made = import_bytes(&fixture(name));
            assert_eq!((&made.segments, &made.outcome), (&expected.segments, &expected.outcome), "{name}");
            assert_eq!(made.rejects, expected.rejects, "{name}");
        }
    }

    #[test]
    fn the_sheet_that_was_asked_for_gives_the_same_again_and_an_unknown_one_is_named() {
        let file = std::fs::read("../../tests/fixtures/contacts/typed-cells.xlsx").unwrap();
        let of_sheet = |sheet: &str| {
            let options = Options { sheet: Some(sheet.to_owned()), ..Options::default() };
            let mut segments = Vec::new();
            let outcome = read(&file[..], options, &nobody, left_out(Vec::new()), |segment| {
                segments.push(segment);
                true
            });
            (outcome.unwrap(), segments)
        };
        let (first, again) = (of_sheet("Old"), of_sheet("Old"));
        assert_eq!(first, again);
        let Outcome::Read(Imported { recipients: 1, sheets, .. }) = first.0 else { panic!("it is not read") };
        assert_eq!((sheets.names.len(), sheets.read.as_deref(), sheets.others.len()), (3, Some("Old"), 0));
        assert!(matches!(of_sheet("x").0, Outcome::Unusable(why) if why.contains("Read me, People, Old")));
    }

    #[test]
    fn a_broken_workbook_is_unusable_and_says_what_to_do() {
        let made = import_bytes(b"PK\x03\x04 and then the line was cut");
        assert!(matches!(&made.outcome, Outcome::Unusable(why) if why.contains("save it again")), "{:?}", made.outcome);
        assert!(made.segments.is_empty());
    }

    #[test]
    fn a_workbook_that_breaks_off_on_its_way_is_tried_again() {
        let outcome = read(b"PK\x03\x04".chain(Broken), Options::default(), &nobody, left_out(Vec::new()), |_| true);
        assert!(outcome.is_err());
    }

    #[test]
    fn a_file_without_phones_is_unusable_and_says_why() {
        let made = import("city,street\nLisboa,Rua\n");
        assert!(matches!(&made.outcome, Outcome::Unusable(why) if why.contains("city, street")), "{:?}", made.outcome);
    }

    #[test]
    fn segments_of_very_long_rows_are_refused() {
        let long = "x".repeat(60_000);
        let rows = (0..200).map(|n| format!("+55119{:08},{long}\n", 10_000_000 + n));
        let text: String = std::iter::once("phone,notes\n".to_owned()).chain(rows).collect();
        assert!(matches!(import(&text).outcome, Outcome::Unusable(why) if why.contains("too long")));
    }

    #[test]
    fn reading_stops_when_nobody_takes_the_segments() {
        let outcome =
            read(file(SEGMENT_ROWS * 3).as_bytes(), Options::default(), &nobody, left_out(Vec::new()), |_| false);
        assert_eq!(outcome.unwrap(), Outcome::Stopped);
    }

    #[test]
    fn a_file_that_breaks_off_is_an_error_and_no_short_audience() {
        let text = file(10_000);
        let outcome = read(text.as_bytes().chain(Broken), Options::default(), &nobody, left_out(Vec::new()), |_| true);
        assert!(outcome.is_err());
    }
}
