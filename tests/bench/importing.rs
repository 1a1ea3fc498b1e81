//! How fast a contacts file becomes an audience, and in how much memory: announced, put, read, and committed to segments,
//! through the API of our process. Beside it a reader of the same bytes that does nothing else.

use std::io::Write;
use std::time::{Duration, Instant};

use anyhow::Context;
use campanile_tests::client::PATIENCE;
use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, ZipWriter};

use crate::meter::Depth;
use crate::ours::{self, Ours, Running};
use crate::{people, usage};

/// Rows of a million are read at this many a second at least, or waiting is given up.
const SLOWEST: u64 = 10_000;

/// A contacts file.
pub struct File {
    /// Its name, which says its format.
    pub name: &'static str,
    /// What it holds.
    pub bytes: Vec<u8>,
    /// Rows below the header.
    pub rows: usize,
}

/// What came out.
pub struct Import {
    /// From the announcement until the audience could be sent to.
    pub seconds: f64,
    /// Our process's memory before, and at most.
    pub idle_mb: f64,
    pub peak_mb: f64,
}

/// A text of so many people: name, phone, city and a sentence, about 100 bytes a row.
pub fn csv(rows: usize) -> File {
    let mut bytes = Vec::with_capacity(rows * 100);
    for (row, line) in people::csv(rows).lines().enumerate() {
        let rest =
            if row == 0 { "city,note" } else { "São Paulo,\"asked for a call, in the morning, about the offer\"" };
        bytes.extend_from_slice(format!("{line},{rest}\n").as_bytes());
    }
    File { name: "contacts.csv", bytes, rows }
}

/// The same people as a workbook: one sheet, its texts in the cells.
pub fn workbook(rows: usize) -> anyhow::Result<File> {
    let mut zip = ZipWriter::new(std::io::Cursor::new(Vec::new()));
    let packed = SimpleFileOptions::default().compression_method(CompressionMethod::Deflated);
    for (name, text) in PARTS {
        zip.start_file(*name, packed)?;
        zip.write_all(text.as_bytes())?;
    }
    zip.start_file("xl/worksheets/sheet1.xml", packed)?;
    zip.write_all(SHEET_BEGINS.as_bytes())?;
    for (row, line) in people::csv(rows).lines().enumerate() {
        let (name, phone) = line.split_once(',').context("a row of two cells")?;
        let note = if row == 0 { "note" } else { "asked for a call" };
        write!(zip, "<row r=\"{}\">", row + 1)?;
        for (column, text) in [("A", name), ("B", phone), ("C", note)] {
            write!(zip, "<c r=\"{column}{}\" t=\"inlineStr\"><is><t>{text}</t></is></c>", row + 1)?;
        }
        zip.write_all(b"</row>")?;
    }
    zip.write_all(b"</sheetData></worksheet>")?;
    Ok(File { name: "contacts.xlsx", bytes: zip.finish()?.into_inner(), rows })
}

const SHEET_BEGINS: &str = r#"<?xml version="1.0" encoding="UTF-8"?><worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData>"#;

const PARTS: &[(&str, &str)] = &[
    (
        "[Content_Types].xml",
        r#"<?xml version="1.0" encoding="UTF-8"?><Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"><Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/><Default Extension="xml" ContentType="application/xml"/><Override PartName="/xl/workbook.xml" ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml"/><Override PartName="/xl/worksheets/sheet1.xml" ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.worksheet+xml"/></Types>"#,
    ),
    (
        "_rels/.rels",
        r#"<?xml version="1.0" encoding="UTF-8"?><Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="rId1" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/officeDocument" Target="xl/workbook.xml"/></Relationships>"#,
    ),
    (
        "xl/workbook.xml",
        r#"<?xml version="1.0" encoding="UTF-8"?><workbook xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main" xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships"><sheets><sheet name="Contacts" sheetId="1" r:id="rId1"/></sheets></workbook>"#,
    ),
    (
        "xl/_rels/workbook.xml.rels",
        r#"<?xml version="1.0" encoding="UTF-8"?><Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="rId1" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/worksheet" Target="worksheets/sheet1.xml"/></Relationships>"#,
    ),
];

/// Imports it in a process of its own.
pub async fn run(file: &File) -> anyhow::Result<Import> {
    let folder = tempfile::tempdir()?;
    let data = folder.path().join("data");
    let nowhere = "http://127.0.0.1:1".to_owned();
    let setting = Ours { data, port: ours::port()?, api_url: nowhere, rate: 80, depth: Depth::Calls };
    let running = Running::start(&setting).await?;
    let client = running.client.clone().patient(PATIENCE + Duration::from_secs(file.rows as u64 / SLOWEST));
    let idle_mb = usage::peak_mb(running.process)?;
    let start = Instant::now();
    let upload = client.upload_file(file.name, file.bytes.clone()).await?;
    let audience = client.imported(&upload.audience_id).await?;
    let seconds = start.elapsed().as_secs_f64();
    anyhow::ensure!(audience.recipients == file.rows as u64, "{} of {} rows", audience.recipients, file.rows);
    Ok(Import { seconds, idle_mb, peak_mb: usage::peak_mb(running.process)? })
}

/// Seconds that the csv crate needs to go through the same bytes.
pub fn plain(file: &File) -> anyhow::Result<f64> {
    let start = Instant::now();
    let mut reader = csv::ReaderBuilder::new().from_reader(file.bytes.as_slice());
    let (mut record, mut rows) = (csv::ByteRecord::new(), 0);
    while reader.read_byte_record(&mut record)? {
        rows += 1;
    }
    anyhow::ensure!(rows == file.rows, "{rows} of {} rows", file.rows);
    Ok(start.elapsed().as_secs_f64())
}
