//! How fast a contacts file becomes an audience, and in how much memory: announced, put, read, and committed to segments,
//! through the API of our process. Beside it a reader of the same bytes that does nothing else.

use std::io::Write;
use std::time::{Duration, Instant};

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

/// Where a workbook keeps its texts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Texts {
    /// In the cells, as programs that write row by row do.
    InCells,
    /// In a part of their own, each once, as Excel does: cells name them by their place.
    Shared,
}

/// Texts of the sheet that are no person's: the titles, and what is noted of everybody.
const COMMON: [&str; 4] = ["name", "phone", "note", "asked for a call"];

/// The same people as a workbook: one sheet.
pub fn workbook(rows: usize, texts: Texts) -> anyhow::Result<File> {
    let people = people::csv(rows);
    let people = || people.lines().skip(1).filter_map(|line| line.split_once(','));
    let mut zip = ZipWriter::new(std::io::Cursor::new(Vec::new()));
    let packed = SimpleFileOptions::default().compression_method(CompressionMethod::Deflated);
    for (name, text) in PARTS {
        zip.start_file(*name, packed)?;
        zip.write_all(with_texts(name, text, texts).as_bytes())?;
    }
    zip.start_file("xl/worksheets/sheet1.xml", packed)?;
    zip.write_all(SHEET_BEGINS.as_bytes())?;
    let [name, phone, note, asked] = COMMON;
    row(&mut zip, texts, 1, [(0, name), (1, phone), (2, note)])?;
    for (place, (name, phone)) in people().enumerate() {
        let own = COMMON.len() + 2 * place;
        row(&mut zip, texts, place + 2, [(own, name), (own + 1, phone), (3, asked)])?;
    }
    zip.write_all(b"</sheetData></worksheet>")?;
    let name = match texts {
        Texts::InCells => "texts-in-cells.xlsx",
        Texts::Shared => {
            zip.start_file("xl/sharedStrings.xml", packed)?;
            write!(zip, "{STRINGS_BEGIN} count=\"{}\" uniqueCount=\"{}\">", 3 * (rows + 1), COMMON.len() + 2 * rows)?;
            for text in COMMON.into_iter().chain(people().flat_map(|(name, phone)| [name, phone])) {
                write!(zip, "<si><t>{text}</t></si>")?;
            }
            zip.write_all(b"</sst>")?;
            "shared-texts.xlsx"
        }
    };
    Ok(File { name, bytes: zip.finish()?.into_inner(), rows })
}

/// A row of three cells: each text with its place among the shared ones.
fn row(zip: &mut impl Write, texts: Texts, number: usize, cells: [(usize, &str); 3]) -> std::io::Result<()> {
    write!(zip, "<row r=\"{number}\">")?;
    for (column, (place, text)) in ["A", "B", "C"].into_iter().zip(cells) {
        match texts {
            Texts::InCells => write!(zip, "<c r=\"{column}{number}\" t=\"inlineStr\"><is><t>{text}</t></is></c>")?,
            Texts::Shared => write!(zip, "<c r=\"{column}{number}\" t=\"s\"><v>{place}</v></c>")?,
        }
    }
    zip.write_all(b"</row>")
}

/// A part of the workbook, which names the shared texts where there are some.
fn with_texts(name: &str, text: &str, texts: Texts) -> String {
    let (end, more) = match (name, texts) {
        ("[Content_Types].xml", Texts::Shared) => ("</Types>", STRINGS_TYPE),
        ("xl/_rels/workbook.xml.rels", Texts::Shared) => ("</Relationships>", STRINGS_RELATION),
        (_, Texts::Shared | Texts::InCells) => return text.to_owned(),
    };
    text.replace(end, &format!("{more}{end}"))
}

const STRINGS_BEGIN: &str =
    r#"<?xml version="1.0" encoding="UTF-8"?><sst xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main""#;

const STRINGS_TYPE: &str = r#"<Override PartName="/xl/sharedStrings.xml" ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.sharedStrings+xml"/>"#;

const STRINGS_RELATION: &str = r#"<Relationship Id="rId2" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/sharedStrings" Target="sharedStrings.xml"/>"#;

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
