//! The people of an imported file into the contact book, segment by segment. What is done stands in the audience's
//! record, so a run that died is gone on with, and a contact that is put twice is the same contact.

use anyhow::Context;
use campaigns::audience::{Recipient, SEGMENT_ROWS};
use campaigns::contact::{self, FileColumns};
use futures::{StreamExt, TryStreamExt, stream};
use wire::{AudienceId, AudienceStatus, ConsentAct, Contact, WorkspaceId};

use super::file_consents::FileConsents;
use crate::App;
use crate::storage::audiences::{self, AudienceRecord, IntoContactsRecord};
use crate::storage::consents::{self, Line};
use crate::storage::contacts::{self, Changed};
use crate::storage::files;
use crate::storage::queues::{self, Errand};
use crate::storage::table::Written;

/// Contacts written side by side.
const PARALLEL_WRITES: usize = 32;

/// How long one run works, in milliseconds: the function has 900 s, a segment takes a second or two.
const WORKS_FOR_MS: i64 = 600_000;

/// Puts people until all are in the book or the time is up, and then asks for the rest.
pub(super) async fn put(app: &App, workspace: WorkspaceId, id: &AudienceId) -> anyhow::Result<()> {
    let until = app.clock.now_millis() + WORKS_FOR_MS;
    while let Some((record, into)) = what_is_left(app, workspace, id).await? {
        if app.clock.now_millis() >= until {
            let errand = Errand::IntoContacts { workspace_id: workspace, audience_id: id.clone() };
            return queues::send_errand(app, &errand).await;
        }
        let next = put_segment(app, &record, &into).await?;
        match audiences::note_into_contacts(app, &record, into.next_segment, &next).await? {
            // Also when another run was faster, which may have been this one with its answer lost: what is left is read again.
            Written::Done | Written::ConditionFailed => {}
        }
    }
    tracing::info!(%workspace, audience = %id, "the people of a file are in the contact book");
    Ok(())
}

/// The audience and where to go on; nothing when all are in the book, or when nobody asked for it.
async fn what_is_left(
    app: &App,
    workspace: WorkspaceId,
    id: &AudienceId,
) -> anyhow::Result<Option<(AudienceRecord, IntoContactsRecord)>> {
    let record = audiences::get(app, workspace, id).await?;
    let Some(record) = record.filter(|record| record.status == AudienceStatus::Ready) else { return Ok(None) };
    let segments = record.recipients.div_ceil(SEGMENT_ROWS);
    let into = record.into_contacts.clone().filter(|into| into.next_segment < segments);
    Ok(into.map(|into| (record, into)))
}

async fn put_segment(
    app: &App,
    record: &AudienceRecord,
    into: &IntoContactsRecord,
) -> anyhow::Result<IntoContactsRecord> {
    let (workspace, segment) = (record.workspace_id, into.next_segment);
    let columns = FileColumns::of(&record.columns, record.phone_column.as_deref(), record.name_column.as_deref());
    let rows = files::segment(app, workspace, &record.id, segment).await?;
    let consents = FileConsents::of(record, into);
    let mut puts = Vec::with_capacity(rows.len());
    let mut progress = into.progress.clone();
    for row in &rows {
        let line = consents.line(row);
        match (&into.consent_column, &line) {
            (Some(_), Some(Line { act: ConsentAct::OptIn, .. })) => progress.agreed += 1,
            (Some(_), Some(_)) => progress.refused += 1,
            (Some(_), None) | (None, _) => {}
        }
        puts.push(put_one(app, workspace, said(app, &columns, into, row), line));
    }
    let came_to: Vec<CameTo> = stream::iter(puts).buffer_unordered(PARALLEL_WRITES).try_collect().await?;
    let count = |what: CameTo| came_to.iter().filter(|came_to| **came_to == what).count() as u64;
    progress.done += rows.len() as u64;
    progress.written += count(CameTo::Written);
    progress.left_out += count(CameTo::LeftOut);
    Ok(IntoContactsRecord { next_segment: segment + 1, progress, ..into.clone() })
}

/// What a row and the import itself say of a person.
fn said(app: &App, columns: &FileColumns, into: &IntoContactsRecord, row: &Recipient) -> Contact {
    let blank = Contact { name: row.name.clone(), ..contact::blank(&row.phone, app.clock.now()) };
    let mut said = columns.contact(blank, &row.fields);
    said.labels.extend(into.labels.iter().cloned());
    said.portfolio = said.portfolio.or_else(|| into.portfolio.clone());
    said
}

/// What came of one row.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum CameTo {
    Written,
    Same,
    LeftOut,
}

async fn put_one(app: &App, workspace: WorkspaceId, said: Contact, consent: Option<Line>) -> anyhow::Result<CameTo> {
    let phone = contact::canonical(&said);
    let mut said = said;
    if let Some(line) = consent {
        consents::add(app, workspace, &phone, &line).await?;
        said.consents = line.standing();
    }
    // Twice: whoever was not there may be there by the time it is created.
    for _ in 0..2 {
        let changed = contacts::change(app, workspace, &phone, |standing| {
            let next = contact::joined(standing, &said);
            if contact::faults(&next).is_empty() { Ok(next) } else { Err(CameTo::LeftOut) }
        });
        match changed.await? {
            Changed::Done(_) => return Ok(CameTo::Written),
            Changed::Same(_) => return Ok(CameTo::Same),
            Changed::Refused(came_to) => return Ok(came_to),
            Changed::Missing if !contact::faults(&said).is_empty() => return Ok(CameTo::LeftOut),
            Changed::Missing => match contacts::create(app, workspace, &said).await? {
                Written::Done => return Ok(CameTo::Written),
                Written::ConditionFailed => {}
            },
        }
    }
    None.context("a contact came and went while it was put into the book")
}
