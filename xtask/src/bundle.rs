//! Third step: the files that a server hands out.
//!
//! `index.html` and `favicon.svg` keep their names. Everything under `assets/` carries a hash of its content in its
//! name, so a server may let browsers keep it for ever; a new build has new names.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result, ensure};
use wasm_bindgen_cli_support::Bindgen;

/// A file that was written.
#[derive(Debug)]
pub struct Written {
    /// Where.
    pub path: PathBuf,
    /// How large.
    pub size_bytes: usize,
}

/// Writes the bundle made of the module and the static files of `frontend` to `out`; the largest file comes first.
pub fn write(wasm: &Path, frontend: &Path, out: &Path) -> Result<Vec<Written>> {
    let glue = bind(wasm)?;
    let assets = out.join("assets");
    clear(&assets)?;
    std::fs::create_dir_all(&assets).with_context(|| format!("cannot make {}", assets.display()))?;

    let wasm = Asset::new("dashboard", "wasm", glue.wasm);
    let script = Asset::new("dashboard", "js", glue.script.into_bytes());
    let start = Asset::new("start", "js", start_script(&script, &wasm).into_bytes());
    let style = Asset::new("style", "css", read(&frontend.join("style.css"))?);
    let page = String::from_utf8(read(&frontend.join("index.html"))?).context("index.html is not UTF-8")?;
    let page = fill(&page, &[("style", &style), ("start", &start), ("script", &script), ("wasm", &wasm)])?;

    let mut files = vec![
        store(out.join("index.html"), page.as_bytes())?,
        store(out.join("favicon.svg"), &read(&frontend.join("assets/favicon.svg"))?)?,
    ];
    for asset in [&wasm, &script, &start, &style].into_iter().chain(&glue.snippets) {
        files.push(store(assets.join(&asset.name), &asset.bytes)?);
    }
    files.sort_by_key(|file| std::cmp::Reverse(file.size_bytes));
    Ok(files)
}

struct Glue {
    script: String,
    wasm: Vec<u8>,
    snippets: Vec<Asset>,
}

fn bind(wasm: &Path) -> Result<Glue> {
    let mut output = Bindgen::new()
        .input_path(wasm)
        .out_name("dashboard")
        .web(true)?
        .typescript(false)
        .omit_default_module_path(true)
        .remove_name_section(true)
        .remove_producers_section(true)
        .generate_output()
        .with_context(|| format!("cannot bind {}", wasm.display()))?;
    let inline = output.snippets().iter().flat_map(|(package, texts)| {
        texts.iter().enumerate().map(move |(place, text)| (format!("{package}/inline{place}.js"), text.as_str()))
    });
    let local = output.local_modules().iter().map(|(path, text)| (path.clone(), text.as_str()));
    let (script, snippets) = rename_snippets(output.js(), inline.chain(local));
    Ok(Glue { script, wasm: output.wasm_mut().emit_wasm(), snippets })
}

/// JavaScript that packages bring along is imported by the script as `./snippets/…`; it becomes assets like the others.
fn rename_snippets<'a>(script: &str, snippets: impl Iterator<Item = (String, &'a str)>) -> (String, Vec<Asset>) {
    let mut script = script.to_owned();
    let mut assets = Vec::new();
    for (path, text) in snippets {
        let asset = Asset::new("snippet", "js", text.as_bytes().to_vec());
        script = script.replace(&format!("./snippets/{path}"), &format!("./{}", asset.name));
        assets.push(asset);
    }
    (script, assets)
}

/// A script of its own, since a strict content security policy forbids scripts inside the page.
fn start_script(script: &Asset, wasm: &Asset) -> String {
    format!("import init from './{}';\ninit({{ module_or_path: '/assets/{}' }});\n", script.name, wasm.name)
}

/// A file under `assets/`.
struct Asset {
    name: String,
    bytes: Vec<u8>,
}

impl Asset {
    fn new(stem: &str, extension: &str, bytes: Vec<u8>) -> Self {
        Self { name: format!("{stem}-{:016x}.{extension}", fingerprint(&bytes)), bytes }
    }
}

/// FNV-1a: the same on every machine, and enough to tell one build from the next.
fn fingerprint(bytes: &[u8]) -> u64 {
    bytes.iter().fold(0xcbf2_9ce4_8422_2325, |hash, byte| (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3))
}

/// Puts the assets' names where the page says `{style}`, `{start}`, …
fn fill(page: &str, assets: &[(&str, &Asset)]) -> Result<String> {
    let mut page = page.to_owned();
    for (mark, asset) in assets {
        let mark = format!("{{{mark}}}");
        ensure!(page.contains(&mark), "index.html has no place for {mark}");
        page = page.replace(&mark, &format!("/assets/{}", asset.name));
    }
    Ok(page)
}

/// Old builds go; only `assets/` is ours to clear.
fn clear(assets: &Path) -> Result<()> {
    match std::fs::remove_dir_all(assets) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
            Err(error).with_context(|| format!("cannot clear {}", assets.display()))
        }
        Ok(()) | Err(_) => Ok(()),
    }
}

fn read(path: &Path) -> Result<Vec<u8>> {
    std::fs::read(path).with_context(|| format!("cannot read {}", path.display()))
}

fn store(path: PathBuf, bytes: &[u8]) -> Result<Written> {
    std::fs::write(&path, bytes).with_context(|| format!("cannot write {}", path.display()))?;
    Ok(Written { path, size_bytes: bytes.len() })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_changes_with_the_content_and_only_then() {
        let name = |bytes: &[u8]| Asset::new("style", "css", bytes.to_vec()).name;
        assert_eq!(name(b"a{}"), name(b"a{}"));
        assert_ne!(name(b"a{}"), name(b"b{}"));
        assert_eq!(name(b""), "style-cbf29ce484222325.css");
    }

    #[test]
    fn the_page_names_the_assets() {
        let style = Asset::new("style", "css", Vec::new());
        let page = fill("<link href=\"{style}\">", &[("style", &style)]).unwrap();
        assert_eq!(page, "<link href=\"/assets/style-cbf29ce484222325.css\">");
        assert!(fill("<p>", &[("style", &style)]).is_err());
    }

    #[test]
    fn snippets_are_imported_by_their_new_names() {
        let snippets = [("leptos-1/inline0.js".to_owned(), "")];
        let (script, assets) =
            rename_snippets("import {x} from './snippets/leptos-1/inline0.js';", snippets.into_iter());
        assert_eq!(script, "import {x} from './snippet-cbf29ce484222325.js';");
        assert_eq!(assets.len(), 1);
    }

    #[test]
    fn clearing_what_is_not_there_is_fine() {
        let folder = tempfile::tempdir().unwrap();
        clear(&folder.path().join("assets")).unwrap();
        std::fs::create_dir(folder.path().join("assets")).unwrap();
        std::fs::write(folder.path().join("assets/old.js"), "x").unwrap();
        clear(&folder.path().join("assets")).unwrap();
        assert!(!folder.path().join("assets").exists());
    }
}
