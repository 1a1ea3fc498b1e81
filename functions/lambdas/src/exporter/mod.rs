//! The exporter: what leaves the product. It writes a campaign's people and what became of each into a file, or the
//! campaign's report (`report`), and tells webhooks and people what happened (`hooks::deliver`, `notices`). Called by a
//! queue for files and one for the rest, so that neither waits for the other.
//!
//! Nothing is held whole: the audience is read segment by segment with the messages of its people, rows go to a thread
//! that writes them over the disk, and the file goes to S3 in one piece, so that it is there whole or not at all. Run
//! again it writes the same object.

mod file;
pub(crate) mod period;
mod report;
mod row;
pub(crate) mod sheets;

use anyhow::Context;
use aws_lambda_events::sqs::SqsEvent;
use campaigns::audience::SEGMENT_ROWS;
use campaigns::phone::canonical_digits;
use serde::Deserialize;
use tempfile::NamedTempFile;
use tokio::sync::mpsc;
use wire::{CampaignExportStatus, ExportContent};

use self::row::{Row, Rows};
use crate::App;
use crate::hooks::deliver;
use crate::notices;
use crate::spending;
use crate::storage::campaign_exports::{self as store, CampaignExportRecord};
use crate::storage::campaigns::{self as campaign_store, CampaignRecord};
use crate::storage::lapses::DAY_MS;
use crate::storage::queues::{DeliveryErrand, ExportErrand, MailErrand};
use crate::storage::suppressions::{self, Barred};
use crate::storage::{files, messages, rate_cards, settings};

/// Segments of rows that wait to be written while the next are read: some megabytes.
const BATCHES_AHEAD: usize = 2;

/// How often the progress is noted, in segments.
const NOTED_EVERY: u64 = 10;

/// What it is asked for.
#[derive(Deserialize)]
#[serde(untagged)]
enum Asked {
    Telling(DeliveryErrand),
    Mail(MailErrand),
    File(ExportErrand),
}

/// Does every errand of the event. One that cannot be read is logged and dropped: it would come back for ever.
pub async fn handle(app: &App, event: SqsEvent) -> anyhow::Result<()> {
    for message in &event.records {
        match serde_json::from_str(message.body.as_deref().unwrap_or_default()) {
            Ok(Asked::Telling(errand)) => deliver::handle(app, errand).await?,
            Ok(Asked::Mail(errand)) => notices::mail(app, &errand).await?,
            Ok(Asked::File(errand)) => write(app, &errand).await?,
            Err(error) => tracing::error!(%error, "an errand of the exporter cannot be read"),
        }
    }
    Ok(())
}

/// Writes the file that was asked for; one that is ready stays as it is.
async fn write(app: &App, errand: &ExportErrand) -> anyhow::Result<()> {
    let asked = store::get(app, errand.workspace_id, &errand.export_id).await?;
    let Some(record) = asked.filter(|record| record.status == CampaignExportStatus::Writing) else { return Ok(()) };
    let Some(campaign) = campaign_store::get(app, record.workspace_id, &record.campaign_id).await? else {
        return Ok(());
    };
    let file = NamedTempFile::new().context("making a file for a campaign")?;
    let filled = match record.content {
        // They had their time after the file was asked for.
        ExportContent::People if campaign.has_lapsed() => {
            let (status, people) = (CampaignExportStatus::Failed, 0);
            return store::put(app, &CampaignExportRecord { status, people, ..record.clone() }).await;
        }
        ExportContent::People => fill(app, &record, &campaign, &file).await,
        ExportContent::Report => report::fill(app, &record, &campaign, &file).await.map(|()| 0),
    };
    let (status, people) = match filled {
        Ok(people) => {
            files::put_from_disk(app, &record.key(), sheets::content_type(record.format), file.path()).await?;
            (CampaignExportStatus::Ready, people)
        }
        // Contacts are deleted after their time, and stay so.
        Err(error) if files::is_missing(&error) => (CampaignExportStatus::Failed, 0),
        Err(error) => return Err(error.context(format!("exporting campaign {}", campaign.id))),
    };
    store::put(app, &CampaignExportRecord { status, people, ..record.clone() }).await?;
    let (workspace, export) = (record.workspace_id, &record.id);
    let (content, campaign) = (record.content, &campaign.id);
    tracing::info!(%workspace, %campaign, %export, ?content, people, ?status, "a campaign's file was written");
    Ok(())
}

/// Reads here, writes in a thread of its own; how many people were written.
async fn fill(
    app: &App,
    record: &CampaignExportRecord,
    campaign: &CampaignRecord,
    file: &NamedTempFile,
) -> anyhow::Result<u64> {
    let (batches_in, batches) = mpsc::channel(BATCHES_AHEAD);
    let (format, created_at) = (record.format, record.created_at);
    let target = file.reopen().context("opening the file for a campaign's people")?;
    let writing = tokio::task::spawn_blocking(move || file::write(format, created_at, target, batches));
    let read = read(app, record, campaign, batches_in).await;
    let written = writing.await.context("the thread that writes a file ended")?;
    // Who could not write has hung up on who reads: his is the reason.
    written?;
    read
}

/// Reads the campaign's people in the order of the audience, without those who were erased.
async fn read(
    app: &App,
    record: &CampaignExportRecord,
    campaign: &CampaignRecord,
    batches: mpsc::Sender<Vec<Row>>,
) -> anyhow::Result<u64> {
    let card = rate_cards::parsed(&rate_cards::read(app, campaign.workspace_id).await?)?;
    let kept_days = settings::read(app, campaign.workspace_id).await?.retention.replies_days;
    let rows = Rows {
        campaign,
        card: &card,
        on: spending::day(app, campaign),
        now: app.clock.now_millis(),
        replies_kept_ms: i64::from(kept_days) * DAY_MS,
    };
    let mut people = 0;
    for segment in 0..campaign.recipients.div_ceil(SEGMENT_ROWS) {
        let batch = batch(app, &rows, segment).await?;
        people += batch.len() as u64;
        if batches.send(batch).await.is_err() {
            anyhow::bail!("the file cannot be written");
        }
        if segment % NOTED_EVERY == NOTED_EVERY - 1 {
            store::put(app, &CampaignExportRecord { people, ..record.clone() }).await?;
        }
    }
    Ok(people)
}

/// The rows of one segment.
async fn batch(app: &App, rows: &Rows<'_>, segment: u64) -> anyhow::Result<Vec<Row>> {
    let campaign = rows.campaign;
    let first = segment * SEGMENT_ROWS;
    let last = (first + SEGMENT_ROWS).min(campaign.recipients) - 1;
    let people = files::segment(app, campaign.workspace_id, &campaign.audience_id, segment);
    let found = messages::range(app, &campaign.id, first, last);
    let (people, found) = futures::future::try_join(people, found).await?;
    let phones = people.iter().map(|person| canonical_digits(&person.phone)).collect();
    let barred = suppressions::among(app, campaign.workspace_id, None, &phones).await?;
    let mut found = found.into_iter().peekable();
    let mut batch = Vec::with_capacity(people.len());
    for (index, person) in (first..=last).zip(&people) {
        let message = found.next_if(|message| message.index == index);
        if barred.get(&canonical_digits(&person.phone)) != Some(&Barred::Erased) {
            batch.push(rows.row(index, person, message.as_ref()));
        }
    }
    Ok(batch)
}
