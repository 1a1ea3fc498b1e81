//! The importer: makes an audience of an uploaded contacts file. Called by S3 when the file has arrived.
//!
//! Segments first, then the rejects file, the manifest, and the record at last: killed anywhere it leaves an audience
//! that nobody can use yet, and run again it writes the same bytes. Nothing is held whole: the file streams through
//! one blocking thread (`rows`), a workbook over the disk (`spool`), the segments go out one by one, the rejects wait on
//! disk.
//!
//! It also runs `errands`, which a queue keeps: audiences of lists and of files elsewhere, exports, and the people of a file into the contact
//! book.

pub mod errands;
mod export;
mod fetch;
mod file_consents;
mod gather;
mod into_contacts;
pub(crate) mod last_try;
mod list;
mod listed;
mod redact;
mod rows;
mod spool;
mod stream;

use std::fs::File;
use std::io::BufWriter;
use std::path::Path;
use std::time::Duration;

use anyhow::Context;
use aws_lambda_events::s3::{S3Event, S3EventRecord};
use aws_lambda_events::sqs::SqsEvent;
use aws_sdk_s3::primitives::ByteStream;
use campaigns::audience::{MAX_UPLOAD_BYTES, Manifest, SEGMENT_ROWS, too_large};
use campaigns::consent::written::ConsentPlaces;
use campaigns::file::{Charset, Delimiter, FileError, Options};
use campaigns::phone::Country;
use serde::Deserialize;
use tempfile::NamedTempFile;
use tokio::sync::mpsc;
use wire::{AudienceId, AudienceStatus, WorkspaceId};

use self::rows::{Imported, LeftOut, Outcome, Refusals, Segment, Sheets};
use crate::App;
use crate::storage::audiences::{self, AudienceRecord};
use crate::storage::files::{self, Opened};
use crate::storage::queues::{self, Errand};
use crate::storage::suppressions;
use crate::storage::table::Written;
use crate::workbook;

/// Blocks of the file read ahead of the parser: a few hundred kilobytes.
const BLOCKS_AHEAD: usize = 16;

/// Segments that wait for their upload while the next is filled.
const SEGMENTS_AHEAD: usize = 1;

/// What calls the importer.
#[derive(Debug, Clone, Deserialize)]
#[serde(untagged)]
pub enum Event {
    /// Files that arrived.
    Uploads(S3Event),
    /// Errands from the queue.
    Errands(SqsEvent),
}

/// Handles whatever it was called with.
pub async fn receive(app: &App, event: Event) -> anyhow::Result<()> {
    match event {
        Event::Uploads(event) => handle(app, event).await,
        Event::Errands(event) => errands::handle(app, event).await,
    }
}

/// Imports every upload that the event names; other files are none of its business.
pub async fn handle(app: &App, event: S3Event) -> anyhow::Result<()> {
    for record in &event.records {
        match key(record).and_then(files::audience_of_upload) {
            Some((workspace, id)) => import(app, workspace, &id).await?,
            None => tracing::info!(event = record.event_name, "a file that is no upload was left alone"),
        }
    }
    Ok(())
}

/// The key of the file. S3 encodes keys in events as in URLs; ours are digits, letters, `/` and `.`, which stay as
/// they are, so a key that would need decoding is not ours.
fn key(record: &S3EventRecord) -> Option<&str> {
    record.s3.object.url_decoded_key.as_deref().or(record.s3.object.key.as_deref())
}

/// What an import came to.
enum Import {
    /// The audience can be sent to.
    Ready(Imported),
    /// The file cannot be used; the sentence says why.
    Unusable(String),
    /// Somebody else finished it, or a later upload took its place: nothing more to do here.
    Superseded,
}

async fn import(app: &App, workspace: WorkspaceId, id: &AudienceId) -> anyhow::Result<()> {
    let Some(asked) = audiences::get(app, workspace, id).await? else {
        tracing::warn!(%workspace, audience = %id, "a file arrived that was never announced");
        return Ok(());
    };
    if asked.deleted_at.is_some() {
        return Ok(());
    }
    if asked.status == AudienceStatus::Ready {
        // The run that made it ready may have died before it went on.
        return put_into_contacts(app, &asked).await;
    }
    let began = app.clock.now_millis();
    let file = files::open(app, &files::upload_key(workspace, id)).await?;
    // A run of its own name: of two runs over the same bytes the later goes on, since the suppression list may have
    // changed between them and the segments of one audience are of one run.
    let is_of_these = |import: &String| import.split('#').next() == Some(file.tag.as_str());
    let tries = if asked.import_of.as_ref().is_some_and(is_of_these) { asked.tries } else { 0 };
    let asked = AudienceRecord { tries, ..asked };
    let record = beginning(&asked, &format!("{}#{}", file.tag, app.new_id()?), began);
    if audiences::put_unless_ready(app, &record).await? == Written::ConditionFailed {
        return Ok(());
    }
    let came_to = transfer(app, &record, file).await;
    finish(app, record, came_to, began).await?;
    // Read again: that it is ready may have been written by a try whose answer was lost.
    let standing = audiences::get(app, workspace, id).await?;
    match standing.filter(|standing| standing.status == AudienceStatus::Ready) {
        Some(ready) => put_into_contacts(app, &ready).await,
        None => Ok(()),
    }
}

/// Writes down what an audience came to, if it is still this run's to say.
async fn finish(app: &App, record: AudienceRecord, came_to: anyhow::Result<Import>, began: i64) -> anyhow::Result<()> {
    let ended = match came_to {
        Err(error) => {
            note_failure(app, &record).await;
            return Err(error.context(format!("importing audience {}", record.id)));
        }
        Ok(Import::Superseded) => return Ok(()),
        Ok(Import::Unusable(problem)) => {
            AudienceRecord { status: AudienceStatus::Failed, problem: Some(problem), ..record }
        }
        Ok(Import::Ready(imported)) => ready(record, imported),
    };
    let (recipients, rejected, status) = (ended.recipients, ended.rejected, ended.status);
    if audiences::put_import(app, &ended).await? == Written::Done {
        let (workspace, id) = (ended.workspace_id, &ended.id);
        let took = Duration::from_millis(app.clock.now_millis().abs_diff(began));
        tracing::info!(%workspace, audience = %id, recipients, rejected, ?status, ?took, "contacts were read");
    }
    Ok(())
}

/// Sends its people on into the contact book, if that was asked for.
async fn put_into_contacts(app: &App, ready: &AudienceRecord) -> anyhow::Result<()> {
    if ready.into_contacts.is_none() {
        return Ok(());
    }
    let (workspace_id, audience_id) = (ready.workspace_id, ready.id.clone());
    queues::send_errand(app, &Errand::IntoContacts { workspace_id, audience_id }).await
}

/// The record while the file is read, from `now` on (milliseconds since 1970): of earlier tries only their number is
/// left.
fn beginning(asked: &AudienceRecord, tag: &str, now: i64) -> AudienceRecord {
    AudienceRecord {
        tries: asked.tries.saturating_add(1),
        run_began_at: Some(now),
        status: AudienceStatus::Importing,
        problem: None,
        recipients: 0,
        rejected: 0,
        rejected_by_reason: Vec::new(),
        columns: Vec::new(),
        countries: None,
        clocks: None,
        import_of: Some(tag.to_owned()),
        ..asked.clone()
    }
}

/// Shows people that the import failed; who begins again clears it. That it failed is told by the error itself.
async fn note_failure(app: &App, record: &AudienceRecord) {
    if let Err(error) = audiences::put_import(app, &last_try::after_failure(record)).await {
        tracing::warn!(audience = %record.id, error = format!("{error:#}"), "a failed import could not be noted");
    }
}

fn ready(record: AudienceRecord, imported: Imported) -> AudienceRecord {
    let Sheets { names, read, others } = *imported.sheets;
    AudienceRecord {
        status: AudienceStatus::Ready,
        recipients: imported.recipients,
        rejected: imported.rejected,
        refusals: imported.refusals,
        sheets: names,
        sheet: read,
        other_sheets: others,
        rejects_workbook: imported.rejected > 0,
        rejected_by_reason: imported.rejected_by_reason,
        columns: imported.columns,
        phone_column: Some(imported.phone_column),
        name_column: imported.name_column,
        countries: Some(imported.countries),
        clocks: Some(imported.clocks),
        tries: 0,
        run_began_at: None,
        ..record
    }
}

/// Why the columns that were named for the people's consent cannot be used, if they cannot.
fn missing_consent_column(record: &AudienceRecord, imported: &Imported) -> Option<String> {
    let column = record.into_contacts.as_ref()?.consent_column.as_ref()?;
    let missing = ConsentPlaces::find(&imported.columns, &column.asked).err()?;
    Some(FileError::NoSuchColumn { column: missing, columns: imported.columns.clone() }.to_string())
}

/// From the uploaded file to all files of the audience.
async fn transfer(app: &App, record: &AudienceRecord, file: Opened) -> anyhow::Result<Import> {
    if file.size_bytes > MAX_UPLOAD_BYTES {
        return Ok(Import::Unusable(too_large()));
    }
    let left_out = Spools::new()?;
    let imported = match cut_segments(app, record, file.body, &left_out).await? {
        Import::Ready(imported) => imported,
        other => return Ok(other),
    };
    if let Some(problem) = missing_consent_column(record, &imported) {
        return Ok(Import::Unusable(problem));
    }
    write_down(app, record, imported, &left_out).await
}

/// Files on disk for rows that are left out, until they go to S3.
struct Spools {
    /// All of them.
    rejects: NamedTempFile,
    /// Those that say no of somebody who stands in another row.
    refusals: NamedTempFile,
}

impl Spools {
    fn new() -> anyhow::Result<Spools> {
        let spool = || NamedTempFile::new().context("making a file for the rejected rows");
        Ok(Spools { rejects: spool()?, refusals: spool()? })
    }

    /// Where the importer writes into them.
    fn open(&self, record: &AudienceRecord) -> anyhow::Result<LeftOut<BufWriter<File>>> {
        let open = |spool: &NamedTempFile| {
            anyhow::Ok(BufWriter::new(spool.reopen().context("opening a file for the rejected rows")?))
        };
        let refusals = record.into_contacts.as_ref().map(|into| {
            let asked = into.consent_column.as_ref().map(|column| column.asked.clone());
            anyhow::Ok(Refusals { asked, file: open(&self.refusals)? })
        });
        Ok(LeftOut {
            file: open(&self.rejects)?,
            language: record.said.language.unwrap_or_default(),
            refusals: refusals.transpose()?,
        })
    }
}

/// Writes what comes after the segments: the rows that were left out, and the manifest.
async fn write_down(
    app: &App,
    record: &AudienceRecord,
    imported: Imported,
    left_out: &Spools,
) -> anyhow::Result<Import> {
    let (workspace, id) = (record.workspace_id, &record.id);
    if imported.rejected > 0 {
        put_rejects(app, record, left_out.rejects.path()).await?;
    }
    if imported.refusals > 0 {
        let key = files::refusals_key(workspace, id);
        files::put_from_disk(app, &key, "application/x-ndjson", left_out.refusals.path()).await?;
    }
    let manifest = Manifest {
        recipients: imported.recipients,
        rejected: imported.rejected,
        segment_rows: SEGMENT_ROWS,
        columns: imported.columns.clone(),
    };
    let manifest = serde_json::to_vec(&manifest).context("a manifest does not fit into JSON")?;
    files::put(app, &files::manifest_key(workspace, id), "application/json", manifest).await?;
    Ok(Import::Ready(imported))
}

/// Writes the rows that were left out, as text and as a workbook: that opens right in every country's spreadsheet.
async fn put_rejects(app: &App, record: &AudienceRecord, csv: &Path) -> anyhow::Result<()> {
    let (workspace, id, created_at) = (record.workspace_id, &record.id, record.created_at);
    let book = NamedTempFile::new().context("making a workbook of rejected rows")?;
    let (from, to) = (csv.to_owned(), book.reopen().context("opening a workbook of rejected rows")?);
    let made = tokio::task::spawn_blocking(move || workbook::of_csv(&from, "Rejects", created_at, to));
    made.await.context("the thread that makes a workbook ended")??;
    files::put_from_disk(app, &files::rejects_workbook_key(workspace, id), workbook::CONTENT_TYPE, book.path()).await?;
    files::put_from_disk(app, &files::rejects_key(workspace, id), "text/csv; charset=utf-8", csv).await
}

/// Three at once: the file comes in, a blocking thread reads its rows, the segments go out. Whoever ends early closes
/// its channel, and the others end too.
async fn cut_segments(
    app: &App,
    record: &AudienceRecord,
    body: ByteStream,
    left_out: &Spools,
) -> anyhow::Result<Import> {
    let options = options(record)?;
    let suppressed = suppressions::snapshot(app, record.workspace_id).await?;
    let left_out = left_out.open(record)?;
    let (blocks_in, blocks) = mpsc::channel(BLOCKS_AHEAD);
    let (segments_in, segments) = mpsc::channel(SEGMENTS_AHEAD);
    let reading = tokio::task::spawn_blocking(move || {
        let is_suppressed = |phone: &str| suppressed.why(phone);
        let give = |segment| segments_in.blocking_send(segment).is_ok();
        rows::read(stream::Blocks::new(blocks), options, &is_suppressed, left_out, give)
    });
    let (fed, stored, read) = tokio::join!(stream::feed(body, blocks_in), store(app, record, segments), reading);
    fed?;
    match (stored?, read.context("the thread that reads rows ended")??) {
        (Stored::Superseded, _) | (Stored::All, Outcome::Stopped) => Ok(Import::Superseded),
        (Stored::All, Outcome::Unusable(problem)) => Ok(Import::Unusable(problem)),
        (Stored::All, Outcome::Read(imported)) => Ok(Import::Ready(imported)),
    }
}

fn options(record: &AudienceRecord) -> anyhow::Result<Options> {
    let country = record.default_country.as_deref().map(Country::parse).transpose();
    Ok(Options {
        phone_column: record.phone_column.clone(),
        name_column: record.name_column.clone(),
        default_country: country.with_context(|| format!("the country of audience {}", record.id))?,
        delimiter: record.said.delimiter.as_deref().and_then(Delimiter::parse),
        charset: record.said.encoding.as_deref().and_then(Charset::parse),
        header_row: record.said.header_row,
        sheet: record.said.sheet.clone(),
    })
}

/// What came of the segments.
enum Stored {
    All,
    Superseded,
}

/// Writes segments as they come. Before each it notes the progress, which fails when the import is not ours any more:
/// so an older run never writes over the segments of a later one.
async fn store(app: &App, record: &AudienceRecord, mut segments: mpsc::Receiver<Segment>) -> anyhow::Result<Stored> {
    while let Some(segment) = segments.recv().await {
        let so_far = AudienceRecord { recipients: segment.recipients, rejected: segment.rejected, ..record.clone() };
        if audiences::put_import(app, &so_far).await? == Written::ConditionFailed {
            return Ok(Stored::Superseded);
        }
        let key = files::segment_key(record.workspace_id, &record.id, segment.number);
        files::put(app, &key, "application/x-ndjson", segment.lines).await?;
    }
    Ok(Stored::All)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn files_and_errands_are_told_apart() {
        let entity = json!({
            "s3SchemaVersion": "1.0", "configurationId": "x",
            "bucket": { "name": "files", "ownerIdentity": { "principalId": "x" }, "arn": "arn:aws:s3:::files" },
            "object": { "key": "uploads/1/x.csv", "size": 1, "eTag": "x", "sequencer": "0" },
        });
        let record = json!({
            "eventVersion": "2.1", "eventSource": "aws:s3", "awsRegion": "us-east-1", "eventTime": "2026-11-25T00:00:00.000Z",
            "eventName": "ObjectCreated:Put", "userIdentity": { "principalId": "x" },
            "requestParameters": { "sourceIPAddress": "127.0.0.1" }, "responseElements": {}, "s3": entity,
        });
        let event: Event = serde_json::from_value(json!({ "Records": [record] })).unwrap();
        assert!(matches!(event, Event::Uploads(event) if event.records.len() == 1));
        let record = json!({
            "messageId": "1", "receiptHandle": "1", "body": "{}", "md5OfBody": "x", "attributes": {},
            "messageAttributes": {}, "eventSource": "aws:sqs", "eventSourceARN": "arn", "awsRegion": "us-east-1",
        });
        let event: Event = serde_json::from_value(json!({ "Records": [record] })).unwrap();
        assert!(matches!(event, Event::Errands(event) if event.records.len() == 1));
    }
}
