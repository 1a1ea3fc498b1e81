//! The files of a content that is asked for: those that lie elsewhere are fetched and kept, so that no message depends on
//! a stranger's server, and each must be what its place shows.

use campaigns::content::{fits_header, kind_name};
use campaigns::media::{FileKind, LARGEST_FILE};
use wire::{Content, FieldError, FreeContent, HeaderFormat, MediaSource, Template, TemplateContent, WorkspaceId};

use super::assets::{self, Unusable};
use super::problem::ApiError;
use crate::App;
use crate::storage::assets as stored;

/// The largest film that stands in for a GIF, in bytes (Meta, Marketing Messages API, 2026).
const LARGEST_GIF_BYTES: u64 = 3_500_000;

/// The content with its files here, or what is wrong with them; fields are named from `template` or `assetsUrls` on.
pub(super) async fn settle(
    app: &App,
    workspace: WorkspaceId,
    content: Content,
    template: Option<&Template>,
) -> Result<Result<Content, Vec<FieldError>>, ApiError> {
    let mut faults = Vec::new();
    let settled = match content {
        Content::Free(free) => {
            let mut free = free_words(app, workspace, free, &mut faults).await?;
            if let Some(fallback) = &mut free.fallback {
                of_template(app, workspace, fallback, template, &mut faults).await?;
            }
            Content::Free(free)
        }
        Content::Template(mut content) => {
            of_template(app, workspace, &mut content, template, &mut faults).await?;
            Content::Template(content)
        }
    };
    Ok(if faults.is_empty() { Ok(settled) } else { Err(faults) })
}

async fn of_template(
    app: &App,
    workspace: WorkspaceId,
    content: &mut TemplateContent,
    template: Option<&Template>,
    faults: &mut Vec<FieldError>,
) -> Result<(), ApiError> {
    let format = template.and_then(|template| template.header_format);
    if let (Some(format), Some(media)) = (format, &mut content.header_media) {
        in_header(app, workspace, "template.headerMedia", format, media, faults).await?;
    }
    for (place, card) in content.cards.iter_mut().enumerate() {
        let format = template.and_then(|template| template.cards.get(place)?.header_format);
        if let (Some(format), Some(media)) = (format, &mut card.header_media) {
            in_header(app, workspace, &format!("template.cards.{place}.headerMedia"), format, media, faults).await?;
        }
    }
    Ok(())
}

async fn free_words(
    app: &App,
    workspace: WorkspaceId,
    free: FreeContent,
    faults: &mut Vec<FieldError>,
) -> Result<FreeContent, ApiError> {
    let Some(media) = &free.media else { return Ok(free) };
    match here(app, workspace, media).await? {
        Ok((media, kind)) => Ok(FreeContent { media: Some(media), media_kind: kind.map(|known| known.kind), ..free }),
        Err(why) => {
            faults.push(FieldError { field: "assetsUrls.0".to_owned(), message: why.to_string() });
            Ok(free)
        }
    }
}

async fn in_header(
    app: &App,
    workspace: WorkspaceId,
    field: &str,
    format: HeaderFormat,
    media: &mut MediaSource,
    faults: &mut Vec<FieldError>,
) -> Result<(), ApiError> {
    let mut add = |message: String| faults.push(FieldError { field: field.to_owned(), message });
    match here(app, workspace, media).await? {
        Err(why) => add(why.to_string()),
        Ok((_, Some(FileKind { kind, .. }))) if !fits_header(kind, format) => {
            let wanted = campaigns::template::media_name(format);
            add(format!(
                "the template's header is of the kind {wanted}, and this file is of the kind {}",
                kind_name(kind)
            ));
        }
        Ok((settled, kind)) => {
            let is_short = match &settled.asset_id {
                Some(id) if format == HeaderFormat::Gif => is_short_film(app, workspace, id, kind).await?,
                Some(_) | None => true,
            };
            match is_short {
                true => *media = settled,
                false => add("a film in the place of a GIF is an MP4 of up to 3.5 MB".to_owned()),
            }
        }
    }
    Ok(())
}

/// Whether WhatsApp plays it like a GIF.
async fn is_short_film(app: &App, workspace: WorkspaceId, id: &str, kind: Option<FileKind>) -> anyhow::Result<bool> {
    let record = stored::get(app, workspace, id).await?;
    let size_bytes = record.map_or(0, |record| record.size_bytes);
    Ok(size_bytes <= LARGEST_GIF_BYTES && kind.is_none_or(|kind| kind.mime_type == "video/mp4"))
}

/// The file as one of ours, and what it is; one that only WhatsApp has is what its place says.
async fn here(
    app: &App,
    workspace: WorkspaceId,
    media: &MediaSource,
) -> Result<Result<(MediaSource, Option<FileKind>), Unusable>, ApiError> {
    let looked = match (&media.asset_id, &media.link) {
        (Some(id), _) => assets::look(app, workspace, id).await?,
        (None, Some(link)) => match app.fetcher.fetch(link, LARGEST_FILE).await {
            Ok(fetched) => assets::keep(app, workspace, fetched.file_name, fetched.bytes).await?,
            Err(why) => Err(Unusable::Wrong(why.to_string())),
        },
        (None, None) => return Ok(Ok((media.clone(), None))),
    };
    Ok(looked.map(|record| {
        let filename = media.filename.clone().or(Some(record.file_name));
        let source = MediaSource { asset_id: Some(record.id), link: None, id: None, filename };
        (source, record.kind)
    }))
}
