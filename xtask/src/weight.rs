//! Last step: what the bundle weighs over the wire, as servers pack it.

use std::fmt::Write as _;
use std::io::Write as _;

use anyhow::{Context, Result};
use flate2::Compression;
use flate2::write::GzEncoder;

use crate::bundle::{Fetched, Written};

/// The best that each way of packing does.
const BROTLI_QUALITY: i32 = 11;
const BROTLI_WINDOW: i32 = 22;

/// Bytes as they lie, and packed in the two ways that browsers take.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
struct Weight {
    plain: usize,
    gzip: usize,
    brotli: usize,
}

/// A line for each file, and what the first page and a first contacts file cost.
pub fn report(files: &[Written]) -> Result<String> {
    let mut text = format!("{:>9} {:>9} {:>9}\n", "bytes", "gzip", "brotli");
    let (mut first, mut language, mut later) = (Weight::default(), Weight::default(), Weight::default());
    for file in files {
        let weight = weigh(&file.bytes)?;
        writeln!(text, "{}  {}", line(weight), file.path.display())?;
        let sum = match file.fetched {
            Fetched::AtOnce => &mut first,
            Fetched::WithALanguage => &mut language,
            Fetched::WithAFile => &mut later,
        };
        *sum = Weight {
            plain: sum.plain + weight.plain,
            gzip: sum.gzip + weight.gzip,
            brotli: sum.brotli + weight.brotli,
        };
    }
    writeln!(text, "{}  for the first page", line(first))?;
    writeln!(text, "{}  more for all languages but English; a reader has one", line(language))?;
    writeln!(text, "{}  more when a contacts file is chosen", line(later))?;
    Ok(text)
}

fn line(weight: Weight) -> String {
    format!("{:>9} {:>9} {:>9}", weight.plain, weight.gzip, weight.brotli)
}

fn weigh(bytes: &[u8]) -> Result<Weight> {
    let mut gzip = GzEncoder::new(Vec::new(), Compression::best());
    gzip.write_all(bytes).context("packing with gzip")?;
    let parameters =
        brotli::enc::BrotliEncoderParams { quality: BROTLI_QUALITY, lgwin: BROTLI_WINDOW, ..Default::default() };
    let mut brotli = Vec::new();
    brotli::BrotliCompress(&mut &*bytes, &mut brotli, &parameters).context("packing with brotli")?;
    let gzip = gzip.finish().context("packing with gzip")?;
    Ok(Weight { plain: bytes.len(), gzip: gzip.len(), brotli: brotli.len() })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_way_of_packing_is_weighed_and_the_first_page_apart() {
        let file = |name: &str, fetched| Written { path: name.into(), bytes: vec![b'a'; 1_000], fetched };
        let weight = weigh(&file("a", Fetched::AtOnce).bytes).unwrap();
        assert!(weight.plain == 1_000 && weight.gzip < 100 && weight.brotli < weight.gzip, "{weight:?}");
        let files = [file("a.js", Fetched::AtOnce), file("b.js", Fetched::AtOnce), file("c.js", Fetched::WithAFile)];
        let report = report(&files).unwrap();
        assert!(report.contains("     2000") && report.contains("for the first page"), "{report}");
    }
}
