//! Last step: what the bundle weighs over the wire, as servers pack it.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::io::Write as _;
use std::iter::Sum;
use std::path::Path;

use anyhow::{Context, Result};
use flate2::Compression;
use flate2::write::GzEncoder;

use crate::bundle::{Bundle, Fetched, Written};

/// The best that each way of packing does.
const BROTLI_QUALITY: i32 = 11;
const BROTLI_WINDOW: i32 = 22;

/// Most bytes of WASM that the first page may fetch, packed with brotli: the goal of the product is 400 KB.
const MOST_WASM_AT_ONCE: usize = 400_000;

/// Bytes as they lie, and packed in the two ways that browsers take.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
struct Weight {
    plain: usize,
    gzip: usize,
    brotli: usize,
}

impl Sum for Weight {
    fn sum<I: Iterator<Item = Weight>>(weights: I) -> Weight {
        weights.fold(Weight::default(), |sum, weight| Weight {
            plain: sum.plain + weight.plain,
            gzip: sum.gzip + weight.gzip,
            brotli: sum.brotli + weight.brotli,
        })
    }
}

/// What a bundle weighs.
#[derive(Debug)]
pub struct Report {
    /// A line for each file, and what the first page, the other pages and a first contacts file cost.
    pub text: String,
    /// Said where the first page's WASM is larger than it may be.
    pub too_large: Option<String>,
}

/// Weighs each file and what is fetched together.
pub fn report(bundle: &Bundle) -> Result<Report> {
    report_within(bundle, MOST_WASM_AT_ONCE)
}

fn report_within(bundle: &Bundle, most_wasm: usize) -> Result<Report> {
    let mut text = format!("{:>9} {:>9} {:>9}\n", "bytes", "gzip", "brotli");
    let mut weights: BTreeMap<&Path, Weight> = BTreeMap::new();
    for file in &bundle.files {
        let weight = weigh(&file.bytes)?;
        writeln!(text, "{}  {}", line(weight), file.path.display())?;
        weights.insert(&file.path, weight);
    }
    let of = |path: &Path| weights.get(path).copied().unwrap_or_default();
    let all = |fetched| bundle.files.iter().filter(|file| file.fetched == fetched).map(|file| of(&file.path)).sum();
    writeln!(text, "{}  for the first page", line(all(Fetched::AtOnce)))?;
    writeln!(text, "{}  more for all languages but English; a reader has one", line(all(Fetched::WithALanguage)))?;
    writeln!(text, "{}  more for all other pages, fetched ahead once the first stands", line(all(Fetched::WithAPage)))?;
    for (group, paths) in &bundle.later {
        let weight = paths.iter().map(|path| of(path)).sum();
        writeln!(text, "{}  of them for those of `{group}`, in {} files", line(weight), paths.len())?;
    }
    writeln!(text, "{}  more when a contacts file is chosen", line(all(Fetched::WithAFile)))?;
    let is_wasm = |file: &&Written| file.path.extension().is_some_and(|extension| extension == "wasm");
    let at_once = bundle.files.iter().filter(|file| file.fetched == Fetched::AtOnce);
    let wasm: Weight = at_once.filter(is_wasm).map(|file| of(&file.path)).sum();
    let (is, most) = (wasm.brotli, most_wasm);
    let told = || format!("the first page fetches {is} bytes of WASM packed with brotli; {most} is the most");
    Ok(Report { text, too_large: (is > most).then(told) })
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
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn each_way_of_packing_is_weighed_and_the_first_page_apart() {
        let file = |name: &str, fetched| Written { path: name.into(), bytes: vec![b'a'; 1_000], fetched };
        let weight = weigh(&file("a", Fetched::AtOnce).bytes).unwrap();
        assert!(weight.plain == 1_000 && weight.gzip < 100 && weight.brotli < weight.gzip, "{weight:?}");
        let (a, b, c, d) = (Fetched::AtOnce, Fetched::AtOnce, Fetched::WithAFile, Fetched::WithAPage);
        let files = vec![file("a.js", a), file("b.js", b), file("c.js", c), file("d.wasm", d)];
        let later = BTreeMap::from([("people".to_owned(), BTreeSet::from(["d.wasm".into()]))]);
        let report = report(&Bundle { files, later }).unwrap().text;
        let line = |words: &str| report.lines().find(|line| line.ends_with(words)).unwrap().trim_start();
        assert!(line("for the first page").starts_with("2000 "), "{report}");
        assert!(line("for those of `people`, in 1 files").starts_with("1000 "), "{report}");
    }

    #[test]
    fn a_first_page_whose_wasm_is_too_large_is_told_with_its_number() {
        let file = |name: &str, fetched| Written { path: name.into(), bytes: vec![b'a'; 1_000], fetched };
        let (first, later) = (file("a.wasm", Fetched::AtOnce), file("b.wasm", Fetched::WithAPage));
        let script = file("c.js", Fetched::AtOnce);
        let is = weigh(&first.bytes).unwrap().brotli;
        let bundle = Bundle { files: vec![first, later, script], later: BTreeMap::new() };
        assert_eq!(report_within(&bundle, is).unwrap().too_large, None);
        let report = report_within(&bundle, is - 1).unwrap();
        assert!(report.too_large.unwrap().contains(&format!("{is} bytes of WASM")));
        assert!(report.text.contains("for the first page"), "{}", report.text);
    }
}
