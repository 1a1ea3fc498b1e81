//! An audience of a list: whom the list finds, in segments, exactly as a file's import makes them.
//!
//! A run has a name of its own, which stands in the audience's record. A run that finds another's name there stops, so
//! that the segments of one audience are of one reading of the book. What it was just writing lands while the other run
//! still reads the book, before that writes a segment.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{BufWriter, Write};

use anyhow::Context;
use campaigns::audience::{MOST_RECIPIENTS, Recipient, SEGMENT_ROWS};
use campaigns::contact::file_row;
use campaigns::file::{RejectReason, RejectsWriter};
use campaigns::list::Sought;
use campaigns::phone::country_code_of;
use campaigns::quiet::clocks_of;
use tempfile::NamedTempFile;
use wire::{AudienceId, AudienceStatus, ListFilter, RejectReasonCount, WorkspaceId};

use super::gather::{Gathered, Gathering, Suppressed};
use super::rows::Imported;
use super::{Import, Spools, beginning, finish, write_down};
use crate::App;
use crate::storage::audiences::{self, AudienceRecord};
use crate::storage::files;
use crate::storage::suppressions;
use crate::storage::table::Written;

/// How often the progress of the reading is noted, in contacts that were found.
const NOTED_EVERY: u64 = 20_000;

/// Makes the audience that was asked for; a ready one stays as it is.
pub(super) async fn make_audience(app: &App, workspace: WorkspaceId, id: &AudienceId) -> anyhow::Result<()> {
    let asked = audiences::get(app, workspace, id).await?;
    let Some((asked, filter)) = asked.and_then(|asked| asked.list.clone().map(|list| (asked, list.filter))) else {
        tracing::warn!(%workspace, audience = %id, "an audience of a list was never asked for");
        return Ok(());
    };
    if asked.status == AudienceStatus::Ready {
        return Ok(());
    }
    let began = app.clock.now_millis();
    let record = beginning(&asked, &app.new_id()?, began);
    if audiences::put_unless_ready(app, &record).await? == Written::ConditionFailed {
        return Ok(());
    }
    let came_to = transfer(app, &record, &filter).await;
    finish(app, record, came_to, began).await
}

async fn transfer(app: &App, record: &AudienceRecord, filter: &ListFilter) -> anyhow::Result<Import> {
    let suppressed = Suppressed::Marked(suppressions::snapshot(app, record.workspace_id).await?);
    let mut gathering = Gathering::new(record.workspace_id, Sought::new(filter.clone(), None), suppressed)?;
    while let Some(recipients) = gathering.read_on(app, NOTED_EVERY).await? {
        let so_far = AudienceRecord { recipients, ..record.clone() };
        if audiences::put_import(app, &so_far).await? == Written::ConditionFailed {
            return Ok(Import::Superseded);
        }
    }
    let gathered = gathering.finish()?;
    if gathered.contacts > MOST_RECIPIENTS {
        let how = format!("The list finds more than {MOST_RECIPIENTS} people. Divide it, by label for example.");
        return Ok(Import::Unusable(how));
    }
    let left_out = Spools::new()?;
    match cut_segments(app, record, &gathered, &left_out.rejects).await? {
        None => Ok(Import::Superseded),
        Some(imported) => write_down(app, record, imported, &left_out).await,
    }
}

/// Writes the segments one after the other; nothing when another run took the audience over.
async fn cut_segments(
    app: &App,
    record: &AudienceRecord,
    gathered: &Gathered,
    rejects: &NamedTempFile,
) -> anyhow::Result<Option<Imported>> {
    let columns = gathered.columns();
    let fields: Vec<String> = gathered.fields.iter().cloned().collect();
    let file = rejects.reopen().context("opening the file for people who are left out")?;
    // The book's files begin with the phones.
    let language = record.said.language.unwrap_or_default();
    let left_out = RejectsWriter::new(BufWriter::new(file), &columns, 0, language);
    let mut left_out = left_out.context("writing who is left out")?;
    let (mut segment, mut recipients, mut rejected) = (Vec::new(), 0, 0);
    let mut countries: BTreeMap<String, u64> = BTreeMap::new();
    let mut clocks: BTreeSet<&'static str> = BTreeSet::new();
    let mut row_number = 1;
    for found in gathered.read()? {
        let found = found?;
        let cells = file_row(&found.contact, &fields);
        row_number += 1;
        if found.is_suppressed {
            left_out.write(row_number, &RejectReason::Suppressed, &cells).context("writing who is left out")?;
            rejected += 1;
            continue;
        }
        let recipient = Recipient { row: 0, phone: found.contact.phone, name: found.contact.name, fields: cells };
        serde_json::to_writer(&mut segment, &recipient).context("a recipient does not fit into JSON")?;
        segment.push(b'\n');
        let country = country_code_of(&recipient.phone);
        *countries.entry(country.to_owned()).or_default() += 1;
        clocks.insert(clocks_of(&recipient.phone));
        recipients += 1;
        if recipients % SEGMENT_ROWS == 0
            && !store(app, record, std::mem::take(&mut segment), recipients, rejected).await?
        {
            return Ok(None);
        }
    }
    if !segment.is_empty() && !store(app, record, segment, recipients, rejected).await? {
        return Ok(None);
    }
    left_out.finish().and_then(|mut file| file.flush()).context("writing who is left out")?;
    let clocks = clocks.into_iter().map(str::to_owned).collect();
    Ok(Some(Imported { countries, clocks, ..imported(columns, recipients, rejected) }))
}

/// Writes a segment, the last of so many recipients. Answers whether the audience is still this run's to write.
async fn store(
    app: &App,
    record: &AudienceRecord,
    lines: Vec<u8>,
    recipients: u64,
    rejected: u64,
) -> anyhow::Result<bool> {
    let so_far = AudienceRecord { recipients, rejected, ..record.clone() };
    if audiences::put_import(app, &so_far).await? == Written::ConditionFailed {
        return Ok(false);
    }
    let number = (recipients - 1) / SEGMENT_ROWS;
    let key = files::segment_key(record.workspace_id, &record.id, number);
    files::put(app, &key, "application/x-ndjson", lines).await?;
    Ok(true)
}

fn imported(columns: Vec<String>, recipients: u64, rejected: u64) -> Imported {
    let suppressed = RejectReasonCount {
        reason: RejectReason::Suppressed.name().to_owned(),
        title: RejectReason::Suppressed.title().to_owned(),
        count: rejected,
    };
    Imported {
        recipients,
        rejected,
        refusals: 0,
        sheets: Box::default(),
        rejected_by_reason: Some(suppressed).into_iter().filter(|reason| reason.count > 0).collect(),
        phone_column: columns[0].clone(),
        name_column: Some(columns[1].clone()),
        columns,
        countries: BTreeMap::new(),
        clocks: BTreeSet::new(),
    }
}
