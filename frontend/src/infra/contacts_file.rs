//! Looking into a contacts file before it is uploaded, with the importer's own parser.

use campaigns::file::{FileError, Options, PREVIEW_BYTES, Preview, preview};
use campaigns::phone::Country;
use js_sys::Uint8Array;
use wasm_bindgen_futures::JsFuture;
use web_sys::File;

use crate::model::intake::{Reading, Sheet, rows_about};

/// Reads the beginning of the file as it would be imported. The error is for people.
pub async fn look(file: &File, reading: &Reading) -> Result<Sheet, String> {
    let size_bytes = file.size() as u64;
    let unreadable = |_| "The browser cannot read this file.".to_owned();
    let beginning = file.slice_with_f64_and_f64(0.0, PREVIEW_BYTES as f64).map_err(unreadable)?;
    let buffer = JsFuture::from(beginning.array_buffer()).await.map_err(unreadable)?;
    let bytes = Uint8Array::new(&buffer).to_vec();
    match preview(&bytes, options(reading)) {
        Ok(preview) => Ok(sheet(preview, rows_about(&bytes, size_bytes))),
        // Not the end: a person may know which column it is.
        Err(FileError::NoPhoneColumn { columns }) => Ok(Sheet { columns, ..Sheet::default() }),
        Err(error) => Err(error.to_string()),
    }
}

fn options(reading: &Reading) -> Options {
    let chosen = |text: &String| Some(text.clone()).filter(|text| !text.is_empty());
    Options {
        phone_column: chosen(&reading.phone_column),
        name_column: chosen(&reading.name_column),
        default_country: Country::parse(&reading.country).ok(),
    }
}

fn sheet(preview: Preview, rows_about: u64) -> Sheet {
    Sheet {
        columns: preview.columns,
        phone_column: Some(preview.phone_column),
        name_column: preview.name_column,
        sample: preview.sample,
        good: preview.good as u64,
        bad: preview.bad as u64,
        rows_about,
    }
}
