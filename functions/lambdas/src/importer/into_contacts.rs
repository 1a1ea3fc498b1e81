//! The people of an imported file into the contact book, segment by segment; after them those who say no in one row of the
//! file and yes in another, whose no counts. What is done stands in the audience's record, so a run that died is gone on
//! with, and a contact that is put twice is the same contact.
//!
//! Who was erased is left out, and who said no before he came into the book comes into it with his no (`listed`).

use std::collections::{BTreeMap, BTreeSet};

use anyhow::Context;
use campaigns::audience::{Recipient, SEGMENT_ROWS};
use campaigns::contact::{self, FileColumns};
use campaigns::phone::canonical_digits;
use futures::{StreamExt, TryStreamExt, stream};
use tempfile::NamedTempFile;
use wire::{AudienceId, AudienceStatus, ConsentAct, Consents, Contact, FieldError, LeftOutRow, WorkspaceId};

use super::file_consents::{FileConsents, Said};
use super::listed::Listed;
use crate::App;
use crate::storage::audiences::{self, AudienceRecord, IntoContactsRecord};
use crate::storage::consents::{self, Line};
use crate::storage::contacts::{self, Changed};
use crate::storage::files;
use crate::storage::queues::{self, Errand};
use crate::storage::refusals;
use crate::storage::table::Written;
use crate::storage::user_ids::{self, Lead};

/// Contacts written side by side.
const PARALLEL_WRITES: usize = 32;

/// How long one run works, in milliseconds: the function has 900 s, a segment takes a second or two.
const WORKS_FOR_MS: i64 = 600_000;

/// Rows that are named with what does not fit into a contact: the record of the audience stays small, and whoever mends so
/// many finds the next.
const MOST_NAMED: usize = 100;

/// Puts people until all are in the book or the time is up, and then asks for the rest.
pub(super) async fn put(app: &App, workspace: WorkspaceId, id: &AudienceId) -> anyhow::Result<()> {
    let until = app.clock.now_millis() + WORKS_FOR_MS;
    while let Some((record, into)) = what_is_left(app, workspace, id).await? {
        if app.clock.now_millis() >= until {
            let errand = Errand::IntoContacts { workspace_id: workspace, audience_id: id.clone() };
            return queues::send_errand(app, &errand).await;
        }
        let next = match into.next_segment < record.recipients.div_ceil(SEGMENT_ROWS) {
            true => put_segment(app, &record, &into).await?,
            false => put_refusals(app, &record, &into).await?,
        };
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
    let steps = record.recipients.div_ceil(SEGMENT_ROWS) + u64::from(record.refusals > 0);
    let into = record.into_contacts.clone().filter(|into| into.next_segment < steps);
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
    let listed = Listed::among(app, workspace, &rows).await?;
    let mut puts = Vec::with_capacity(rows.len());
    let mut progress = into.progress.clone();
    progress.columns_left_out = columns.left_out();
    for row in rows.iter().filter(|row| !listed.was_erased(row)) {
        let consent = consents.of_row(row);
        progress.refused += u64::from(consent.declines());
        progress.agreed += u64::from(!consent.by_one.is_empty() && !consent.declines());
        puts.push(put_one(app, workspace, row.row, said(app, &columns, into, row), consent, listed.refused(row)));
    }
    let left_out = rows.len() - puts.len();
    let came_to: Vec<CameTo> = stream::iter(puts).buffered(PARALLEL_WRITES).try_collect().await?;
    progress.done += rows.len() as u64;
    progress.left_out += left_out as u64;
    let mut leads = BTreeSet::new();
    for came_to in came_to {
        match came_to {
            CameTo::Written(lead) => {
                progress.written += 1;
                leads.extend(lead);
            }
            CameTo::Same(lead) => leads.extend(lead),
            CameTo::LeftOut(row) => {
                progress.left_out += 1;
                progress.problems.extend(Some(row).filter(|_| progress.problems.len() < MOST_NAMED));
            }
        }
    }
    learn(app, workspace, leads).await?;
    listed.catch_up(app, workspace, &rows).await?;
    Ok(IntoContactsRecord { next_segment: segment + 1, progress, ..into.clone() })
}

/// Who opts out by his id opts out by his phone. Of an id that stands in several rows the last counts.
async fn learn(app: &App, workspace: WorkspaceId, leads: BTreeSet<Lead>) -> anyhow::Result<()> {
    let by_id: BTreeMap<String, Lead> = leads.into_iter().map(|lead| (lead.user_id.clone(), lead)).collect();
    let leads: Vec<Lead> = by_id.into_values().collect();
    for leads in leads.chunks(user_ids::AT_ONCE) {
        user_ids::learn(app, workspace, leads).await?;
    }
    Ok(())
}

/// What a row and the import itself say of a person.
fn said(app: &App, columns: &FileColumns, into: &IntoContactsRecord, row: &Recipient) -> Contact {
    let blank = Contact { name: row.name.clone(), ..contact::blank(&row.phone, app.clock.now()) };
    let mut said = columns.contact(blank, &row.fields);
    said.labels.extend(into.labels.iter().cloned());
    said.portfolio = said.portfolio.or_else(|| into.portfolio.clone());
    said
}

/// What came of one row, and which id it gives the person.
#[derive(Debug, Clone, PartialEq, Eq)]
enum CameTo {
    Written(Option<Lead>),
    Same(Option<Lead>),
    LeftOut(LeftOutRow),
}

/// What a file says of a person.
struct Told {
    /// Himself, with what he said no to before.
    contact: Contact,
    /// What was said of everybody, where it may be said of him.
    of_all: Consents,
    /// Where his ledger left him before, where it was asked.
    ledger: Option<Consents>,
}

impl Told {
    fn consents_over(&self, standing: &Consents) -> Consents {
        contact::later_of_all(&contact::later(standing, &self.contact.consents), &self.of_all)
    }

    fn over(&self, standing: &Contact) -> Contact {
        let consents = self.consents_over(&standing.consents);
        Contact { consents, ..contact::joined(standing, &self.contact) }
    }
}

async fn put_one(
    app: &App,
    workspace: WorkspaceId,
    row: u64,
    said: Contact,
    consent: Said,
    refused: Consents,
) -> anyhow::Result<CameTo> {
    let phone = contact::canonical(&said);
    let lead = said.user_id.as_deref().map(|id| Lead::of_book(id, &phone));
    let told = with_consents(app, workspace, &phone, said, consent, &refused).await?;
    // Twice: whoever was not there may be there by the time it is created.
    for _ in 0..2 {
        let changed = contacts::change(app, workspace, &phone, |standing| {
            let next = told.over(standing);
            match contact::faults(&next).into_iter().next() {
                None => Ok(next),
                Some(fault) => Err(fault),
            }
        });
        match (changed.await?, contact::faults(&told.contact).into_iter().next()) {
            (Changed::Done(_), _) => return Ok(CameTo::Written(lead)),
            (Changed::Same(_), _) => return Ok(CameTo::Same(lead)),
            (Changed::Refused(fault), _) | (Changed::Missing, Some(fault)) => {
                keep_consents(app, workspace, &phone, &told).await?;
                return Ok(left_out(row, fault));
            }
            (Changed::Missing, None) => {
                let newcomer = with_ledger(app, workspace, &phone, &told, &refused).await?;
                match contacts::create(app, workspace, &newcomer).await? {
                    Written::Done => return Ok(CameTo::Written(lead)),
                    Written::ConditionFailed => {}
                }
            }
        }
    }
    None.context("a contact came and went while it was put into the book")
}

fn left_out(row: u64, FieldError { field, message }: FieldError) -> CameTo {
    CameTo::LeftOut(LeftOutRow { row, field, message })
}

/// Has what the person of a row said count although the row does not fit into the book: on the contact that stands there,
/// or on the suppression list.
async fn keep_consents(app: &App, workspace: WorkspaceId, phone: &str, told: &Told) -> anyhow::Result<()> {
    let change = |standing: &Contact| {
        let consents = told.consents_over(&standing.consents);
        Ok::<_, std::convert::Infallible>(Contact { consents, ..standing.clone() })
    };
    match contacts::change(app, workspace, phone, change).await? {
        Changed::Done(_) | Changed::Same(_) => Ok(()),
        Changed::Missing => keep_refusals(app, workspace, phone).await,
        Changed::Refused(never) => match never {},
    }
}

/// Puts somebody who is not in the book on the suppression list for what his ledger says no to: a campaign asks the book
/// alone what people said.
async fn keep_refusals(app: &App, workspace: WorkspaceId, phone: &str) -> anyhow::Result<()> {
    let ledger = consents::standing(app, workspace, phone).await?;
    refusals::keep(app, workspace, phone, &ledger).await
}

/// Who comes into the book, or back into it, with all that his ledger says since before. The ledger lies by person and time,
/// so that no batch can ask for the last lines of many: it is read once for each who is new.
async fn with_ledger(
    app: &App,
    workspace: WorkspaceId,
    phone: &str,
    told: &Told,
    refused: &Consents,
) -> anyhow::Result<Contact> {
    let ledger = match &told.ledger {
        Some(ledger) => ledger.clone(),
        None => consents::standing(app, workspace, phone).await?,
    };
    let consents = refusals::over(&told.consents_over(&ledger), refused);
    Ok(Contact { consents, ..told.contact.clone() })
}

/// Writes down what the person agreed to. What was said of everybody is not said of somebody who said no himself, and what
/// the suppression list has of him stands, whatever a file says.
async fn with_consents(
    app: &App,
    workspace: WorkspaceId,
    phone: &str,
    said: Contact,
    consent: Said,
    refused: &Consents,
) -> anyhow::Result<Told> {
    let mut own = Consents::default();
    for line in &consent.by_one {
        consents::add(app, workspace, phone, line).await?;
        own = contact::later(&own, &line.standing());
    }
    let contact = Contact { consents: refusals::over(&own, refused), ..said };
    let mut told = Told { contact, of_all: Consents::default(), ledger: None };
    let not_listed = consent.of_all.filter(|line| refused.of(line.category).is_none());
    let Some(line) = not_listed else { return Ok(told) };
    let ledger = consents::standing(app, workspace, phone).await?;
    if ledger.of(line.category).is_none_or(|last| last.act != ConsentAct::OptOut) {
        consents::add(app, workspace, phone, &line).await?;
        told.of_all = line.standing();
    }
    told.ledger = Some(ledger);
    Ok(told)
}

/// Writes down the no of everybody who says so in a row that was left out since he stands in another. Small: whoever
/// stands twice and says no.
async fn put_refusals(
    app: &App,
    record: &AudienceRecord,
    into: &IntoContactsRecord,
) -> anyhow::Result<IntoContactsRecord> {
    let workspace = record.workspace_id;
    let consents = FileConsents::of(record, into);
    let spooled = NamedTempFile::new().context("making a file for refusals")?;
    let refusals = files::open(app, &files::refusals_key(workspace, &record.id)).await?;
    files::to_disk(refusals, spooled.path()).await?;
    let file = spooled.reopen().context("opening refusals")?;
    let mut rows = serde_json::Deserializer::from_reader(std::io::BufReader::new(file)).into_iter::<Recipient>();
    let mut progress = into.progress.clone();
    loop {
        let batch: Vec<Recipient> = rows.by_ref().take(SEGMENT_ROWS as usize).collect::<Result<_, _>>()?;
        if batch.is_empty() {
            break;
        }
        let listed = Listed::among(app, workspace, &batch).await?;
        let mut writes = Vec::with_capacity(batch.len());
        for row in batch.iter().filter(|row| !listed.was_erased(row)) {
            let lines = consents.refusals(row);
            if !lines.is_empty() {
                progress.refused += 1;
                writes.push(refuse(app, workspace, canonical_digits(&row.phone), lines));
            }
        }
        stream::iter(writes).buffer_unordered(PARALLEL_WRITES).try_collect::<Vec<()>>().await?;
        listed.catch_up(app, workspace, &batch).await?;
    }
    Ok(IntoContactsRecord { next_segment: into.next_segment + 1, progress, ..into.clone() })
}

async fn refuse(app: &App, workspace: WorkspaceId, phone: String, lines: Vec<Line>) -> anyhow::Result<()> {
    for line in &lines {
        consents::record(app, workspace, &phone, line).await?;
    }
    match contacts::get(app, workspace, &phone).await? {
        Some(_) => Ok(()),
        None => keep_refusals(app, workspace, &phone).await,
    }
}
