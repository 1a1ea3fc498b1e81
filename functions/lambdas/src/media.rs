//! The files of a campaign at WhatsApp: each is uploaded once to the number that sends, its id is used by all messages,
//! and renewed before WhatsApp forgets it. Done by whoever starts the campaign, and by the dispatcher after that.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::Context;
use wire::{Content, MediaSource, TemplateContent};

use crate::App;
use crate::cloud_api::{MediaFile, UploadAnswer};
use crate::storage::assets;
use crate::storage::campaigns::{CampaignRecord, HeldMedia};
use crate::storage::channels::ChannelRecord;

/// WhatsApp keeps an upload for 30 days (Meta, media, November 2025); jobs that name it live for minutes, retries for days.
const RENEW_AFTER_MS: i64 = 24 * 24 * 60 * 60 * 1_000;

/// An upload that cannot be renewed now is used on until it is so old.
const LAST_USE_MS: i64 = 29 * 24 * 60 * 60 * 1_000;

/// What became of a campaign's files.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Held {
    /// WhatsApp has all of them.
    AsBefore,
    /// It has them now, by these ids.
    Anew(BTreeMap<String, HeldMedia>),
    /// It will not have one, for this reason.
    Refused(String),
}

/// Sees to it that WhatsApp has the campaign's files. An error means: not now.
pub(crate) async fn hold(app: &App, channel: &ChannelRecord, record: &CampaignRecord) -> anyhow::Result<Held> {
    let now = app.clock.now_millis();
    let is_fresh = |asset: &String| record.media.get(asset).is_some_and(|held| now - held.since < RENEW_AFTER_MS);
    let wanted = assets_of(record);
    let missing: Vec<&String> = wanted.iter().filter(|asset| !is_fresh(asset)).collect();
    if missing.is_empty() {
        return Ok(Held::AsBefore);
    }
    let credentials = channel.credentials(app).await?.context("the channel's app is not configured")?;
    let mut media = record.media.clone();
    for asset in missing {
        let Some(known) = assets::get(app, record.workspace_id, asset).await? else {
            return Ok(Held::Refused("a file of the campaign is not there any more".to_owned()));
        };
        let kind = known.kind.clone().with_context(|| format!("the file {asset} was never looked at"))?;
        let Some(bytes) = assets::bytes(app, &known).await? else {
            return Ok(Held::Refused(format!(
                "\"{}\" was changed since it was looked at: upload it again",
                known.file_name
            )));
        };
        let file = MediaFile { name: &known.file_name, mime_type: &kind.mime_type, bytes: &bytes };
        match app.cloud_api.upload(&credentials, &channel.phone_number_id, &file).await {
            UploadAnswer::Held { id } => {
                let campaign = &record.id;
                tracing::info!(%campaign, asset, bytes = bytes.len(), "a file was uploaded to the number");
                media.insert(asset.clone(), HeldMedia { id, since: now });
            }
            UploadAnswer::Refused { code, why } => {
                return Ok(Held::Refused(format!("WhatsApp does not take \"{}\": {why} ({code})", known.file_name)));
            }
            UploadAnswer::Failed(cause)
                if record.media.get(asset).is_some_and(|held| now - held.since < LAST_USE_MS) =>
            {
                tracing::warn!(campaign = %record.id, asset, cause, "a file could not be renewed; the upload of before is used");
            }
            UploadAnswer::Failed(cause) => anyhow::bail!("uploading the file {asset}: {cause}"),
        }
    }
    Ok(Held::Anew(media))
}

/// Whether WhatsApp has all files of the campaign, and for long enough.
pub(crate) fn is_held(record: &CampaignRecord, now: i64) -> bool {
    let is_fresh = |asset: &String| record.media.get(asset).is_some_and(|held| now - held.since < RENEW_AFTER_MS);
    assets_of(record).iter().all(is_fresh)
}

/// Our files among all that the wordings show.
fn assets_of(record: &CampaignRecord) -> BTreeSet<String> {
    let contents = std::iter::once(&record.content).chain(record.variants.iter().map(|other| &other.content));
    contents.flat_map(sources).filter_map(|source| source.asset_id.clone()).collect()
}

/// The files that a content shows.
pub(crate) fn sources(content: &Content) -> Vec<&MediaSource> {
    match content {
        Content::Free(free) => free.media.iter().chain(free.fallback.iter().flat_map(|of| of_template(of))).collect(),
        Content::Template(template) => of_template(template).collect(),
    }
}

fn of_template(content: &TemplateContent) -> impl Iterator<Item = &MediaSource> {
    let TemplateContent { header_media, cards, .. } = content;
    header_media.iter().chain(cards.iter().filter_map(|card| card.header_media.as_ref()))
}
