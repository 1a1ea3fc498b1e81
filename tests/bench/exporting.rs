//! How fast a campaign's people become a file, and in how much memory: asked for and fetched through the API of our
//! process, which is started anew after the import so that its memory is the export's alone.

use std::time::{Duration, Instant};

use anyhow::{Context, bail};
use campanile_tests::client::PATIENCE;
use serde_json::json;
use wire::{Campaign, CampaignExport, CampaignExportStatus};

use crate::meter::Depth;
use crate::ours::{self, Ours, Running};
use crate::{importing, usage};

/// How often it is looked whether the file is there.
const LOOK_EVERY: Duration = Duration::from_millis(100);

/// What came out.
pub struct Export {
    /// From the request until the file could be fetched.
    pub seconds: f64,
    /// The file.
    pub file_mb: f64,
    /// Our process's memory before, and at most.
    pub idle_mb: f64,
    pub peak_mb: f64,
}

/// Exports a draft to so many people.
pub async fn run(format: &str, rows: usize) -> anyhow::Result<Export> {
    let folder = tempfile::tempdir()?;
    let data = folder.path().join("data");
    let nowhere = "http://127.0.0.1:1".to_owned();
    let setting = Ours { data, port: ours::port()?, api_url: nowhere, rate: 80, depth: Depth::Calls };
    let importing = Running::start(&setting).await?;
    let client = importing.client.clone().patient(PATIENCE * 4);
    let upload = client.upload_file("contacts.csv", importing::csv(rows).bytes).await?;
    let audience = client.imported(&upload.audience_id).await?;
    let channels: wire::ChannelList = client.get("/v3/channels").await?;
    let channel = &channels.items.first().context("there is no channel")?.id;
    let body = json!({ "name": "Export", "channelId": channel, "audienceId": audience.id, "message": "Hello" });
    let campaign: Campaign = client.post("/v3/campaigns", &body).await?;
    importing.stop().await?;

    let running = Running::start(&setting).await?;
    let client = &running.client;
    let idle_mb = usage::peak_mb(running.process)?;
    let start = Instant::now();
    let path = format!("/v3/campaigns/{}/exports", campaign.id);
    let asked: CampaignExport = client.post(&path, &json!({ "format": format })).await?;
    let url = loop {
        let standing: CampaignExport = client.get(&format!("{path}/{}", asked.id)).await?;
        match (standing.status, standing.url) {
            (CampaignExportStatus::Ready, Some(url)) if standing.people == rows as u64 => break url,
            (CampaignExportStatus::Writing, _) => tokio::time::sleep(LOOK_EVERY).await,
            (status, _) => bail!("the export came to {status:?} with {} people", standing.people),
        }
    };
    let (seconds, peak_mb) = (start.elapsed().as_secs_f64(), usage::peak_mb(running.process)?);
    let file = client.fetch(&url).await?;
    Ok(Export { seconds, file_mb: file as f64 / 1e6, idle_mb, peak_mb })
}
