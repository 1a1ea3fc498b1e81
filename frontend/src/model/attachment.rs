//! A file that a message shows: where it stands, what it is, how far its upload got.

use campaigns::content::fits_header;
use campaigns::media::{self, FileKind};
use wire::{HeaderFormat, MediaKind, MediaSource};

use crate::t;

/// Where a file stands in a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Slot {
    /// In the template's header.
    Header,
    /// In the header of a carousel's card, by its place.
    Card(usize),
    /// With free words.
    Message,
}

impl Slot {
    /// The name of its field, and its id in the page.
    pub fn field(self) -> String {
        match self {
            Slot::Header => "template.headerMedia".to_owned(),
            Slot::Card(card) => format!("template.cards.{card}.headerMedia"),
            Slot::Message => "assetsUrls.0".to_owned(),
        }
    }

    /// The hook for tests.
    pub fn key(self) -> String {
        match self {
            Slot::Header => "header".to_owned(),
            Slot::Card(card) => format!("card-{card}"),
            Slot::Message => "message".to_owned(),
        }
    }
}

/// How far an upload got.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Upload {
    /// On its way.
    Sending {
        /// What is sent of it.
        percent: u8,
    },
    /// There.
    Here {
        /// Its id in the API.
        asset_id: String,
        /// Its address in the API.
        asset_url: String,
    },
    /// It did not arrive, and why.
    Failed(String),
}

/// A file that was chosen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Attachment {
    /// Which of the page's uploads it is: a later one takes its place.
    pub number: u32,
    /// Its name.
    pub file_name: String,
    /// Its size.
    pub size_bytes: u64,
    /// What it is to WhatsApp; nothing while nobody has looked.
    pub kind: Option<MediaKind>,
    /// A small picture of it, as a `data:` address.
    pub picture: Option<String>,
    /// How far it got.
    pub upload: Upload,
}

impl Attachment {
    /// What is wrong with it, if something is.
    pub fn fault(&self) -> Option<String> {
        match &self.upload {
            Upload::Sending { .. } => Some(t::the_file_is_still_on().to_owned()),
            Upload::Failed(why) => Some(why.clone()),
            Upload::Here { .. } => None,
        }
    }

    /// The file as the API takes it, once it is there.
    pub fn source(&self) -> Option<MediaSource> {
        let Upload::Here { asset_id, .. } = &self.upload else { return None };
        let filename = (self.kind == Some(MediaKind::Document)).then(|| self.file_name.clone());
        Some(MediaSource { asset_id: Some(asset_id.clone()), filename, ..MediaSource::default() })
    }

    /// The file as the page shows it.
    pub fn preview(&self) -> MediaSource {
        MediaSource { link: self.picture.clone(), filename: Some(self.file_name.clone()), ..MediaSource::default() }
    }

    /// What is sent of it; nothing once it is over.
    pub fn percent(&self) -> Option<u8> {
        match self.upload {
            Upload::Sending { percent } => Some(percent),
            Upload::Here { .. } | Upload::Failed(_) => None,
        }
    }
}

/// What a file is, or why it cannot stand in this header. `head`: its beginning.
pub fn judged(head: &[u8], name: &str, size: u64, header: Option<HeaderFormat>) -> Result<FileKind, String> {
    let file = media::judge(head, name, size).map_err(|problem| sentence(&problem.to_string()))?;
    match header {
        Some(format) if !fits_header(file.kind, format) => {
            Err(t::of_the_wrong_kind(&kind_word(file.kind), &invitation(Some(format))))
        }
        Some(_) | None => Ok(file),
    }
}

fn kind_word(kind: MediaKind) -> &'static str {
    match kind {
        MediaKind::Image => t::kind_image(),
        MediaKind::Video => t::kind_video(),
        MediaKind::Audio => t::kind_audio(),
        MediaKind::Document => t::kind_document(),
        MediaKind::Sticker => t::kind_sticker(),
    }
}

fn sentence(text: &str) -> String {
    let mut letters = text.chars();
    let first = letters.next().map(|first| first.to_uppercase().to_string()).unwrap_or_default();
    format!("{first}{}.", letters.as_str())
}

/// What to drop here.
pub fn invitation(header: Option<HeaderFormat>) -> &'static str {
    match header {
        Some(HeaderFormat::Image) => t::drop_a_picture_here(),
        Some(HeaderFormat::Video) => t::drop_a_film_here(),
        Some(HeaderFormat::Gif) => t::drop_a_short_film_here(),
        Some(HeaderFormat::Document) => t::drop_a_document_here(),
        Some(HeaderFormat::Location) | None => t::drop_a_file_here(),
    }
}

/// What WhatsApp takes there.
pub fn limits(header: Option<HeaderFormat>) -> &'static str {
    match header {
        Some(HeaderFormat::Image) => t::jpeg_or_png_up_to(),
        Some(HeaderFormat::Video | HeaderFormat::Gif) => t::mp4_or_3gp_up_to(),
        Some(HeaderFormat::Document) => t::pdf_word_excel_powerpoint_or(),
        Some(HeaderFormat::Location) | None => t::picture_5_mb_film_or(),
    }
}

/// What the dialog offers.
pub fn accepted(header: Option<HeaderFormat>) -> &'static str {
    match header {
        Some(HeaderFormat::Image) => "image/jpeg,image/png",
        Some(HeaderFormat::Video | HeaderFormat::Gif) => "video/mp4,video/3gpp",
        Some(HeaderFormat::Document) => ".pdf,.doc,.docx,.xls,.xlsx,.ppt,.pptx,.txt",
        Some(HeaderFormat::Location) | None => {
            "image/jpeg,image/png,image/webp,video/mp4,video/3gpp,audio/*,.pdf,.doc,.docx,.xls,.xlsx,.ppt,.pptx,.txt"
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PNG: [u8; 8] = [0x89, b'P', b'N', b'G', 0x0D, 0x0A, 0x1A, 0x0A];

    #[test]
    fn a_file_is_told_before_it_is_sent() {
        assert_eq!(judged(&PNG, "a.png", 8, Some(HeaderFormat::Image)).map(|file| file.kind), Ok(MediaKind::Image));
        let wrong = judged(&PNG, "a.png", 8, Some(HeaderFormat::Video)).unwrap_err();
        assert_eq!(wrong, "This is of the kind image. Drop a film here.");
        assert_eq!(judged(b"", "a.png", 0, None).unwrap_err(), "The file is empty.");
    }

    #[test]
    fn only_what_has_arrived_is_given() {
        let sending = Attachment {
            number: 1,
            file_name: "a.pdf".into(),
            size_bytes: 1,
            kind: Some(MediaKind::Document),
            picture: None,
            upload: Upload::Sending { percent: 40 },
        };
        assert_eq!((sending.source(), sending.percent()), (None, Some(40)));
        let here = Upload::Here { asset_id: "7".into(), asset_url: "s3://files/assets/7".into() };
        let source = Attachment { upload: here, ..sending }.source().unwrap();
        assert_eq!((source.asset_id.as_deref(), source.filename.as_deref()), (Some("7"), Some("a.pdf")));
    }
}
