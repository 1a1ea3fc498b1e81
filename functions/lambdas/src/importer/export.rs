//! An export: contacts as CSV that a spreadsheet opens safely and that can be imported again.

use std::io::{BufWriter, Write};

use anyhow::Context;
use campaigns::contact::file_row;
use campaigns::file::defused;
use campaigns::list::Sought;
use tempfile::NamedTempFile;
use wire::{ExportId, ExportStatus, WorkspaceId};

use super::gather::{Gathered, Gathering, Suppressed};
use crate::App;
use crate::storage::exports::{self, ExportRecord};
use crate::storage::files;

/// How often the progress is noted, in contacts.
const NOTED_EVERY: u64 = 20_000;

/// Writes the file that was asked for; one that is ready stays as it is.
pub(super) async fn write(app: &App, workspace: WorkspaceId, id: &ExportId) -> anyhow::Result<()> {
    let asked = exports::get(app, workspace, id).await?;
    let Some(record) = asked.filter(|record| record.status == ExportStatus::Writing) else { return Ok(()) };
    let sought = Sought::new(record.filter.clone(), record.search.as_deref());
    let mut gathering = Gathering::new(workspace, sought, Suppressed::NotAsked)?;
    while let Some(contacts) = gathering.read_on(app, NOTED_EVERY).await? {
        exports::put(app, &ExportRecord { contacts, ..record.clone() }).await?;
    }
    let gathered = gathering.finish()?;
    let file = NamedTempFile::new().context("making a file for an export")?;
    write_rows(&gathered, file.reopen().context("opening the file for an export")?)?;
    files::put_from_disk(app, &files::export_key(workspace, id), "text/csv; charset=utf-8", file.path()).await?;
    let contacts = gathered.contacts;
    exports::put(app, &ExportRecord { status: ExportStatus::Ready, contacts, ..record.clone() }).await?;
    tracing::info!(%workspace, export = %id, contacts, "contacts were exported");
    Ok(())
}

fn write_rows(gathered: &Gathered, file: impl Write) -> anyhow::Result<()> {
    let mut csv = csv::Writer::from_writer(BufWriter::new(file));
    let fields: Vec<String> = gathered.fields.iter().cloned().collect();
    let mut write = |cells: &[String]| {
        let cells = cells.iter().map(|cell| defused(cell));
        csv.write_record(cells.map(|cell| cell.into_owned())).context("writing an export")
    };
    write(&gathered.columns())?;
    for found in gathered.read()? {
        write(&file_row(&found?.contact, &fields))?;
    }
    csv.flush().context("writing an export")
}
