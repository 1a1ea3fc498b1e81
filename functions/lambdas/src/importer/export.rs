//! An export: contacts as a workbook, or as text that a spreadsheet opens safely, with what each agreed to. Either can be
//! imported again.

use std::fs::File;
use std::io::BufWriter;

use anyhow::Context;
use campaigns::consent::exported::{export_row, export_titles};
use campaigns::file::{defused, for_spreadsheets};
use campaigns::list::Sought;
use tempfile::NamedTempFile;
use wire::{ExportFormat, ExportId, ExportStatus, WorkspaceId};

use super::gather::{Gathered, Gathering, Suppressed};
use crate::App;
use crate::storage::exports::{self, ExportRecord};
use crate::storage::files;
use crate::workbook;

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
    let contacts = gathered.contacts;
    let file = NamedTempFile::new().context("making a file for an export")?;
    let (out, format, created_at) =
        (file.reopen().context("opening the file for an export")?, record.format, record.created_at);
    let written = tokio::task::spawn_blocking(move || write_rows(&gathered, format, created_at, out));
    written.await.context("the thread that writes an export ended")??;
    let (ending, content_type) = match format {
        ExportFormat::Csv => ("csv", "text/csv; charset=utf-8"),
        ExportFormat::Xlsx => ("xlsx", workbook::CONTENT_TYPE),
    };
    files::put_from_disk(app, &files::export_key(workspace, id, ending), content_type, file.path()).await?;
    exports::put(app, &ExportRecord { status: ExportStatus::Ready, contacts, ..record.clone() }).await?;
    tracing::info!(%workspace, export = %id, contacts, "contacts were exported");
    Ok(())
}

fn write_rows(gathered: &Gathered, format: ExportFormat, created_at: i64, file: File) -> anyhow::Result<()> {
    let fields: Vec<String> = gathered.fields.iter().cloned().collect();
    let people = gathered.read()?.map(|found| anyhow::Ok(export_row(&found?.contact, &fields)));
    let rows = std::iter::once(Ok(export_titles(&fields))).chain(people);
    match format {
        ExportFormat::Xlsx => workbook::of_rows(rows, "Contacts", created_at, file),
        ExportFormat::Csv => {
            let mut csv = for_spreadsheets(BufWriter::new(file)).context("writing an export")?;
            for row in rows {
                let row = row?;
                csv.write_record(row.iter().map(|cell| defused(cell).into_owned())).context("writing an export")?;
            }
            csv.flush().context("writing an export")
        }
    }
}
