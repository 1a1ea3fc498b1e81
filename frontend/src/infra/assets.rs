//! A file from the reader's disk to the API: looked at, announced, put.

use campaigns::media::HEAD_BYTES;
use js_sys::Uint8Array;
use wasm_bindgen_futures::JsFuture;
use web_sys::File;
use wire::{CreateAsset, HeaderFormat, MediaKind};

use super::http::ApiError;
use super::shell::Shell;
use super::{content, pictures, upload};
use crate::model::attachment::{Attachment, Upload, judged};
use crate::t;

/// A file that was chosen just now, nothing of it sent.
pub fn chosen(file: &File, number: u32) -> Attachment {
    Attachment {
        number,
        file_name: file.name(),
        size_bytes: file.size() as u64,
        kind: None,
        picture: None,
        upload: Upload::Sending { percent: 0 },
    }
}

/// Sees a file to the API; `tell` hears how far it is, and at last what came of it.
pub async fn send(
    file: File,
    mut attachment: Attachment,
    header: Option<HeaderFormat>,
    shell: Shell,
    tell: impl Fn(Attachment) + Clone + 'static,
) {
    let head = head(&file).await;
    match judged(&head, &attachment.file_name, attachment.size_bytes, header) {
        Ok(known) => attachment.kind = Some(known.kind),
        Err(why) => {
            attachment.upload = Upload::Failed(why);
            tell(attachment);
            return;
        }
    }
    if matches!(attachment.kind, Some(MediaKind::Image | MediaKind::Sticker)) {
        attachment.picture = pictures::small(&file).await;
    }
    tell(attachment.clone());
    let told = tell.clone();
    let under_way = attachment.clone();
    let progress = move |percent| told(Attachment { upload: Upload::Sending { percent }, ..under_way.clone() });
    let upload = match put(&file, &attachment, shell, progress).await {
        Ok(here) => here,
        Err(why) => Upload::Failed(why),
    };
    tell(Attachment { upload, ..attachment });
}

async fn put(
    file: &File,
    attachment: &Attachment,
    shell: Shell,
    progress: impl Fn(u8) + 'static,
) -> Result<Upload, String> {
    let asked = CreateAsset { file_name: attachment.file_name.clone(), size_bytes: attachment.size_bytes };
    let target = content::announce(&asked).await.map_err(|error| in_words(error, shell))?;
    upload::put(&target.upload_url, file, progress).await?;
    Ok(Upload::Here { asset_id: target.asset_id, asset_url: target.asset_url })
}

fn in_words(error: ApiError, shell: Shell) -> String {
    let fields = shell.settle(error);
    let said: Vec<String> = fields.into_iter().map(|field| field.message).collect();
    if said.is_empty() { t::the_file_could_not_be().to_owned() } else { said.join(" ") }
}

/// Its beginning; nothing of a file that cannot be read, which is then told as unknown.
async fn head(file: &File) -> Vec<u8> {
    let Ok(beginning) = file.slice_with_f64_and_f64(0.0, HEAD_BYTES as f64) else { return Vec::new() };
    let read = JsFuture::from(beginning.array_buffer()).await;
    read.map(|buffer| Uint8Array::new(&buffer).to_vec()).unwrap_or_default()
}
