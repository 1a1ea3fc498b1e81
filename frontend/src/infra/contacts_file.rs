//! Looking into a contacts file before it is uploaded, with the importer's own parser.

use campaigns::file::{
    FORMAT_BYTES, FileError, Format, Options, PREVIEW_BYTES, PREVIEW_DOCUMENT_BYTES, Preview, preview,
};
use campaigns::phone::Country;
use js_sys::Uint8Array;
use wasm_bindgen::JsValue;
use wasm_bindgen_futures::JsFuture;
use web_sys::File;

use crate::model::intake::{Reading, Sheet, rows_about};

/// Reads the file as it would be imported: of a text the beginning, of everything else all unless it is too large. The
/// error is for people.
pub async fn look(file: &File, reading: &Reading) -> Result<Sheet, String> {
    let size_bytes = file.size() as u64;
    let unreadable = |_| "The browser cannot read this file.".to_owned();
    let format = Format::of(&beginning(file, FORMAT_BYTES).await.map_err(unreadable)?);
    if !is_looked_into(format, size_bytes) {
        return Ok(Sheet::unseen());
    }
    let wanted = if format.is_stream() { PREVIEW_BYTES } else { PREVIEW_DOCUMENT_BYTES };
    let bytes = beginning(file, wanted).await.map_err(unreadable)?;
    match preview(&bytes, options(reading)) {
        Ok(preview) => Ok(sheet(preview, || rows_about(&bytes, size_bytes))),
        // Not the end: a person may know which column it is.
        Err(FileError::NoPhoneColumn { columns }) => Ok(Sheet { columns, ..Sheet::default() }),
        Err(error) => Err(error.to_string()),
    }
}

/// Not an `.xls`: its parser panics at some that are broken, and a panic here is the end of the page.
fn is_looked_into(format: Format, size_bytes: u64) -> bool {
    match format {
        Format::Text => true,
        Format::Xml | Format::WebPage | Format::Zip => size_bytes <= PREVIEW_DOCUMENT_BYTES as u64,
        Format::Compound => false,
    }
}

/// So many bytes of the file, or all there are.
async fn beginning(file: &File, bytes: usize) -> Result<Vec<u8>, JsValue> {
    let slice = file.slice_with_f64_and_f64(0.0, bytes as f64)?;
    let buffer = JsFuture::from(slice.array_buffer()).await?;
    Ok(Uint8Array::new(&buffer).to_vec())
}

fn options(reading: &Reading) -> Options {
    let chosen = |text: &String| Some(text.clone()).filter(|text| !text.is_empty());
    Options {
        phone_column: chosen(&reading.phone_column),
        name_column: chosen(&reading.name_column),
        default_country: Country::parse(&reading.country).ok(),
        ..Options::default()
    }
}

fn sheet(preview: Preview, guessed: impl FnOnce() -> u64) -> Sheet {
    Sheet {
        columns: preview.columns,
        phone_column: Some(preview.phone_column),
        name_column: preview.name_column,
        sample: preview.sample,
        good: preview.good as u64,
        bad: preview.bad as u64,
        rows_about: preview.rows.unwrap_or_else(guessed),
        ..Sheet::default()
    }
}
