//! What the people of a file agreed to: all of them the same, or each what his row says, in the columns that were named or
//! in those of an export. The line of a row is the same whenever it is written, so that an import that runs twice writes it
//! once.

use campaigns::audience::Recipient;
use campaigns::consent::exported::{exported_answer, exported_places};
use campaigns::consent::written::{Answer, ConsentPlaces, answer, moment};
use wire::{ConsentAct, ConsentCategory};

use crate::storage::audiences::{AudienceRecord, ConsentColumnRecord, FileConsentRecord, IntoContactsRecord};
use crate::storage::audit::ENGINE;
use crate::storage::consents::Line;

/// Longest text of a cell in the ledger, in characters.
const LONGEST_TEXT: usize = 200;

/// What a file says of one person.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Said {
    /// By his own row: a yes or a no to each kind of messages.
    pub by_one: Vec<Line>,
    /// As of everybody; nothing where his row speaks of the same messages.
    pub of_all: Option<Line>,
}

impl Said {
    /// Whether he says no to some messages.
    pub fn declines(&self) -> bool {
        self.by_one.iter().any(|line| line.act == ConsentAct::OptOut)
    }
}

/// What a file says of its people's consent.
pub(super) struct FileConsents<'a> {
    record: &'a AudienceRecord,
    asked: Asked<'a>,
    /// The columns of an export among those of the file, but for one that was named.
    exported: Vec<(ConsentCategory, ConsentPlaces)>,
    /// Who asked for the import.
    asked_by: &'a str,
}

/// What was said at the upload.
enum Asked<'a> {
    /// Nothing.
    Nothing,
    /// Of all the same.
    OfAll(Box<Line>),
    /// Of each what stands in his row.
    InColumns { column: &'a ConsentColumnRecord, places: ConsentPlaces, category: ConsentCategory },
}

impl<'a> FileConsents<'a> {
    /// What was said at the upload, and the columns of an export.
    pub fn of(record: &'a AudienceRecord, into: &'a IntoContactsRecord) -> FileConsents<'a> {
        let mut exported = exported_places(&record.columns);
        let find =
            |column: &'a ConsentColumnRecord| Some((column, ConsentPlaces::find(&record.columns, &column.asked).ok()?));
        let asked = match (into.consent_column.as_ref().and_then(find), &into.consent) {
            (Some((column, places)), _) => {
                // A column of an export is about the messages that it names, whatever was said.
                let of_export = exported.iter().find(|(_, own)| own.answer == places.answer).map(|(about, _)| *about);
                let category = of_export.or(column.asked.category).unwrap_or(ConsentCategory::Marketing);
                exported.retain(|(_, own)| own.answer != places.answer);
                Asked::InColumns { column, places, category }
            }
            (None, Some(said)) => Asked::OfAll(Box::new(of_all(record, said))),
            (None, None) => Asked::Nothing,
        };
        FileConsents { record, asked, exported, asked_by: into.asked_by.as_deref().unwrap_or(ENGINE) }
    }

    /// The lines for the ledger of this person; none where his row is not clear.
    pub fn of_row(&self, row: &Recipient) -> Said {
        let by_one = self.by_one(row);
        let of_all = match &self.asked {
            Asked::OfAll(line) if by_one.iter().all(|own| own.category != line.category) => Some(Line::clone(line)),
            Asked::OfAll(_) | Asked::Nothing | Asked::InColumns { .. } => None,
        };
        Said { by_one, of_all }
    }

    /// The lines of somebody who says no in this row, whatever he says in another, and so never before that one: as of the
    /// upload, and after what the other row says of the same time.
    pub fn refusals(&self, row: &Recipient) -> Vec<Line> {
        let refusals = self.by_one(row).into_iter().filter(|line| line.act == ConsentAct::OptOut);
        let at = self.record.created_at;
        refusals.map(|line| Line { id: format!("{}#no", line.id), at, ..line }).collect()
    }

    fn by_one(&self, row: &Recipient) -> Vec<Line> {
        let in_columns = match &self.asked {
            Asked::InColumns { column, places, category } => in_columns(self.record, column, (*places, *category), row),
            Asked::Nothing | Asked::OfAll(_) => None,
        };
        let exported = self.exported.iter().filter_map(|(category, places)| self.exported(*category, *places, row));
        in_columns.into_iter().chain(exported).collect()
    }

    /// What stands in the columns of an export, of which nothing was said at the upload: a yes without its time would be one
    /// of today, and count over a no that came between.
    fn exported(&self, category: ConsentCategory, places: ConsentPlaces, row: &Recipient) -> Option<Line> {
        let cells = Cells::of(self.record, places, row)?;
        let act = match (exported_answer(cells.said)?, cells.said_at) {
            (Answer::Yes, Some(_)) => ConsentAct::OptIn,
            (Answer::Yes, None) => return None,
            (Answer::No, _) => ConsentAct::OptOut,
        };
        let line = cells.line(self.record, row, category, act, self.asked_by);
        // Beside the line of a column that was named, if that says something of the same time.
        Some(Line { id: format!("{}#exported", line.id), ..line })
    }
}

fn of_all(record: &AudienceRecord, said: &FileConsentRecord) -> Line {
    let FileConsentRecord { consent, recorded_by } = said.clone();
    Line {
        id: record.id.0.clone(),
        category: consent.category,
        act: ConsentAct::OptIn,
        source: consent.source,
        text_version: consent.text_version,
        evidence: consent.evidence,
        recorded_by,
        at: record.created_at,
    }
}

fn in_columns(
    record: &AudienceRecord,
    column: &ConsentColumnRecord,
    (places, category): (ConsentPlaces, ConsentCategory),
    row: &Recipient,
) -> Option<Line> {
    let cells = Cells::of(record, places, row)?;
    let act = match answer(cells.said)? {
        Answer::Yes => ConsentAct::OptIn,
        Answer::No => ConsentAct::OptOut,
    };
    let asked = &column.asked;
    let cells = Cells {
        source: cells.source.or_else(|| asked.source.clone()),
        text_version: cells.text_version.or_else(|| asked.text_version.clone()),
        ..cells
    };
    Some(cells.line(record, row, category, act, &column.recorded_by))
}

/// What the cells of a row say of a consent.
struct Cells<'a> {
    /// The answer.
    said: &'a str,
    date: Option<&'a str>,
    /// The time of the date, where it is one and no slip of the pen: none after the upload.
    said_at: Option<i64>,
    source: Option<String>,
    text_version: Option<String>,
}

impl<'a> Cells<'a> {
    /// Nothing where there is no answer.
    fn of(record: &AudienceRecord, places: ConsentPlaces, row: &'a Recipient) -> Option<Cells<'a>> {
        let cell = |place: usize| row.fields.get(place).map(|cell| cell.trim()).filter(|cell| !cell.is_empty());
        let said = cell(places.answer)?;
        let date = places.date.and_then(cell);
        let told_at = date.and_then(moment).map(|at| at.timestamp_millis());
        Some(Cells {
            said,
            date,
            said_at: told_at.filter(|at| (0..=record.created_at).contains(at)),
            source: places.source.and_then(cell).map(shortened),
            text_version: places.text_version.and_then(cell).map(shortened),
        })
    }

    fn line(
        self,
        record: &AudienceRecord,
        row: &Recipient,
        category: ConsentCategory,
        act: ConsentAct,
        recorded_by: &str,
    ) -> Line {
        let dated = self.date.map(|date| format!(", dated {}", shortened(date))).unwrap_or_default();
        Line {
            id: record.id.0.clone(),
            category,
            act,
            source: self.source.unwrap_or_else(|| record.file_name.clone()),
            text_version: self.text_version,
            evidence: Some(format!("{}, row {}: {}{dated}", record.file_name, row.row, shortened(self.said))),
            recorded_by: recorded_by.to_owned(),
            at: self.said_at.unwrap_or(record.created_at),
        }
    }
}

fn shortened(cell: &str) -> String {
    cell.chars().take(LONGEST_TEXT).collect()
}
