//! What the people of a file agreed to: all of them the same, or each what his row says. The line of a row is the same
//! whenever it is written, so that an import that runs twice writes it once.

use campaigns::audience::Recipient;
use campaigns::consent::written::{Answer, ConsentPlaces, answer, moment};
use wire::{ConsentAct, ConsentCategory};

use crate::storage::audiences::{AudienceRecord, ConsentColumnRecord, FileConsentRecord, IntoContactsRecord};
use crate::storage::consents::Line;

/// Longest text of a cell in the ledger, in characters.
const LONGEST_TEXT: usize = 200;

/// What a file says of one person.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Said {
    /// By his own row.
    ByOne(Line),
    /// As of everybody.
    OfAll(Line),
}

/// What a file says of its people's consent.
pub(super) enum FileConsents<'a> {
    /// Nothing.
    None,
    /// Of all the same.
    Of(Box<Line>),
    /// Of each what stands in his row.
    InColumns { record: &'a AudienceRecord, column: &'a ConsentColumnRecord, places: ConsentPlaces },
}

impl<'a> FileConsents<'a> {
    /// What was said at the upload.
    pub fn of(record: &'a AudienceRecord, into: &'a IntoContactsRecord) -> FileConsents<'a> {
        if let Some(column) = &into.consent_column
            && let Ok(places) = ConsentPlaces::find(&record.columns, &column.asked)
        {
            return FileConsents::InColumns { record, column, places };
        }
        match into.consent.clone() {
            None => FileConsents::None,
            Some(FileConsentRecord { consent, recorded_by }) => FileConsents::Of(Box::new(Line {
                id: record.id.0.clone(),
                category: consent.category,
                act: ConsentAct::OptIn,
                source: consent.source,
                text_version: consent.text_version,
                evidence: consent.evidence,
                recorded_by,
                at: record.created_at,
            })),
        }
    }

    /// The line for the ledger of this person; nothing where his row is not clear.
    pub fn of_row(&self, row: &Recipient) -> Option<Said> {
        match self {
            FileConsents::None => None,
            FileConsents::Of(line) => Some(Said::OfAll(Line::clone(line))),
            FileConsents::InColumns { record, column, places } => of_row(record, column, *places, row).map(Said::ByOne),
        }
    }

    /// The line of somebody who says no in this row, whatever he says in another, and so never before that one: as of the
    /// upload, and after what the other row says of the same time.
    pub fn refusal(&self, row: &Recipient) -> Option<Line> {
        match self {
            FileConsents::None | FileConsents::Of(_) => None,
            FileConsents::InColumns { record, column, places } => {
                let line = of_row(record, column, *places, row)?;
                let id = format!("{}#no", line.id);
                (line.act == ConsentAct::OptOut).then_some(Line { id, at: record.created_at, ..line })
            }
        }
    }
}

fn of_row(
    record: &AudienceRecord,
    column: &ConsentColumnRecord,
    places: ConsentPlaces,
    row: &Recipient,
) -> Option<Line> {
    let cell = |place: usize| row.fields.get(place).map(|cell| cell.trim()).filter(|cell| !cell.is_empty());
    let said = cell(places.answer)?;
    let act = match answer(said)? {
        Answer::Yes => ConsentAct::OptIn,
        Answer::No => ConsentAct::OptOut,
    };
    let date = places.date.and_then(cell);
    let told_at = date.and_then(moment).map(|at| at.timestamp_millis());
    // A time after the upload is a slip of the pen.
    let at = told_at.filter(|at| (0..=record.created_at).contains(at)).unwrap_or(record.created_at);
    let asked = &column.asked;
    let source = places.source.and_then(cell).map(shortened).or_else(|| asked.source.clone());
    let dated = date.map(|date| format!(", dated {}", shortened(date))).unwrap_or_default();
    Some(Line {
        id: record.id.0.clone(),
        category: asked.category.unwrap_or(ConsentCategory::Marketing),
        act,
        source: source.unwrap_or_else(|| record.file_name.clone()),
        text_version: asked.text_version.clone(),
        evidence: Some(format!("{}, row {}: {}{dated}", record.file_name, row.row, shortened(said))),
        recorded_by: column.recorded_by.clone(),
        at,
    })
}

fn shortened(cell: &str) -> String {
    cell.chars().take(LONGEST_TEXT).collect()
}
