//! Contacts files that lie elsewhere: fetched over this machine's disk into our own storage, then read as an upload is.

use std::path::Path;
use std::time::Duration;

use anyhow::Context;
use campaigns::audience::MAX_UPLOAD_BYTES;
use tempfile::NamedTempFile;
use tokio::io::AsyncWriteExt;
use wire::{AudienceId, AudienceStatus, WorkspaceId};

use crate::App;
use crate::fetch::NotFetched;
use crate::storage::audiences::{self, AudienceRecord};
use crate::storage::files;
use crate::storage::table::Written;

/// Longest wait for a whole file: the importer has 15 minutes for this and the import.
const TIMEOUT: Duration = Duration::from_secs(300);

/// Makes the audience of the file at this address. Run again, it fetches again: what is ready or given up stays.
pub(super) async fn make_audience(
    app: &App,
    workspace: WorkspaceId,
    id: &AudienceId,
    address: &str,
) -> anyhow::Result<()> {
    let asked = audiences::get(app, workspace, id).await?.context("a file is to be fetched for no audience")?;
    match asked.status {
        AudienceStatus::AwaitingFile | AudienceStatus::Importing => {}
        AudienceStatus::Ready | AudienceStatus::Failed => return Ok(()),
    }
    let file = NamedTempFile::new().context("making a file for what is fetched")?;
    match download(app, address, file.path()).await? {
        Ok(()) => {
            files::put_from_disk(app, &files::upload_key(workspace, id), "application/octet-stream", file.path())
                .await?;
            super::import(app, workspace, id).await
        }
        Err(why) => give_up(app, asked, &why).await,
    }
}

async fn download(app: &App, address: &str, path: &Path) -> anyhow::Result<Result<(), NotFetched>> {
    let within = tokio::time::timeout(TIMEOUT, write(app, address, path)).await;
    within.unwrap_or_else(|_| Ok(Err(NotFetched::too_slow(address))))
}

async fn write(app: &App, address: &str, path: &Path) -> anyhow::Result<Result<(), NotFetched>> {
    let mut opened = match app.fetcher.open(address, MAX_UPLOAD_BYTES).await {
        Ok(opened) => opened,
        Err(why) => return Ok(Err(why)),
    };
    let mut file = tokio::fs::File::create(path).await.context("opening a file for what is fetched")?;
    loop {
        match opened.next().await {
            Ok(Some(piece)) => file.write_all(&piece).await.context("writing what is fetched")?,
            Ok(None) => break,
            Err(why) => return Ok(Err(why)),
        }
    }
    file.flush().await.context("writing what is fetched")?;
    Ok(Ok(()))
}

async fn give_up(app: &App, asked: AudienceRecord, why: &NotFetched) -> anyhow::Result<()> {
    let failed = AudienceRecord { status: AudienceStatus::Failed, problem: Some(why.to_string()), ..asked };
    match audiences::put_unless_ready(app, &failed).await? {
        Written::Done => tracing::info!(audience = %failed.id, "a contacts file could not be fetched"),
        Written::ConditionFailed => {}
    }
    Ok(())
}
