//! Fourth step: the files that a server hands out.
//!
//! `index.html` and `favicon.svg` keep their names. Everything under `assets/` carries a hash of its content in its
//! name, so a server may let browsers keep it for ever; a new build has new names.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, ensure};
use locales::{Locales, Other};
use wasm_bindgen_cli_support::Bindgen;

use crate::build::Modules;
use crate::split::{self, Cut};

/// When a browser fetches a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fetched {
    /// With the first page.
    AtOnce,
    /// With the first page, by those who speak that language.
    WithALanguage,
    /// When somebody goes to a page that needs it; ahead, where the connection is idle.
    WithAPage,
    /// Once a contacts file is chosen.
    WithAFile,
}

/// A file that was written.
#[derive(Debug)]
pub struct Written {
    /// Where.
    pub path: PathBuf,
    /// What is in it.
    pub bytes: Vec<u8>,
    /// When it is fetched.
    pub fetched: Fetched,
}

/// All that was written.
#[derive(Debug)]
pub struct Bundle {
    /// The files, the largest first.
    pub files: Vec<Written>,
    /// Which of the files each group of pages needs that comes later, by the group's name.
    pub later: BTreeMap<String, BTreeSet<PathBuf>>,
}

/// Writes the bundle made of the modules and the static files of `frontend` to `out`.
pub fn write(modules: &Modules, frontend: &Path, out: &Path) -> Result<Bundle> {
    let split = Split::of(split::cut(&modules.dashboard)?)?;
    let worker_part = Part::of("reader", Bindgen::new().input_path(&modules.reader))?;
    let assets = out.join("assets");
    clear(&assets)?;
    std::fs::create_dir_all(&assets).with_context(|| format!("cannot make {}", assets.display()))?;

    let style = Asset::new("style", "css", read(&frontend.join("style.css"))?);
    let languages = languages(&frontend.join("locales"))?;
    let page = String::from_utf8(read(&frontend.join("index.html"))?).context("index.html is not UTF-8")?;
    let mut places = vec![
        ("style", &style),
        ("start", &split.main.start),
        ("script", &split.main.script),
        ("loader", &split.loader),
        ("wasm", &split.main.wasm),
        ("reader", &worker_part.start),
    ];
    places.extend(languages.iter().map(|(tag, asset)| (*tag, asset)));
    let page = fill(&page, &places)?;
    let icon = read(&frontend.join("assets/favicon.svg"))?;

    let mut files = vec![
        store(out.join("index.html"), page.into_bytes(), Fetched::AtOnce)?,
        store(out.join("favicon.svg"), icon, Fetched::AtOnce)?,
        store(assets.join(&style.name), style.bytes, Fetched::AtOnce)?,
    ];
    for (_, asset) in languages {
        files.push(store(assets.join(&asset.name), asset.bytes, Fetched::WithALanguage)?);
    }
    let later = split.needs(&assets);
    let first = split.main.assets().chain([split.loader]).map(|asset| (asset, Fetched::AtOnce));
    let chunks = split.chunks.into_values().map(|asset| (asset, Fetched::WithAPage));
    let worker = worker_part.assets().map(|asset| (asset, Fetched::WithAFile));
    for (asset, fetched) in first.chain(chunks).chain(worker) {
        files.push(store(assets.join(&asset.name), asset.bytes, fetched)?);
    }
    copy_samples(&frontend.join("samples"), &out.join("samples"))?;
    files.sort_by_key(|file| std::cmp::Reverse(file.bytes.len()));
    Ok(Bundle { files, later })
}

/// The texts of each language but English, which the module has itself.
fn languages(folder: &Path) -> Result<Vec<(&'static str, Asset)>> {
    let locales = Locales::read(folder)?;
    locales::check(&locales)?;
    let asset = |other: &Other| {
        let name = format!("texts-{}", other.tag);
        Ok((other.tag, Asset::new(&name, "json", locales::table(other)?.into_bytes())))
    };
    locales.others.iter().map(asset).collect()
}

/// The dashboard in parts: the main module, and the chunks that its loader fetches.
struct Split {
    main: Part,
    loader: Asset,
    /// By the loader's first names for them.
    chunks: BTreeMap<String, Asset>,
    needs: BTreeMap<String, BTreeSet<String>>,
}

impl Split {
    fn of(Cut { main, mut loader, chunks, needs }: Cut) -> Result<Split> {
        // The loader hands the chunks the main module's memory and table: they have to stay exported.
        let mut bound = Bound::of("dashboard", Bindgen::new().input_path(&main).keep_lld_exports(true))?;
        let chunks: BTreeMap<String, Asset> = chunks
            .into_iter()
            .map(|(name, bytes)| {
                let asset = Asset::new(&name.replace('_', "-"), "wasm", bytes);
                (name, asset)
            })
            .collect();
        for (name, asset) in &chunks {
            rename(&mut loader, "new URL(", &format!("./{name}.wasm"), &asset.name)?;
        }
        // Script and loader import each other, so one hash of both is in both names.
        let both = fingerprint(format!("{}{loader}", bound.script).as_bytes());
        let (script_name, loader_name) = (named("dashboard", both, "js"), named("chunks", both, "js"));
        rename(&mut bound.script, "from ", split::LOADER, &loader_name)?;
        rename(&mut loader, "from ", split::MAIN, &script_name)?;
        let script = Asset { name: script_name, bytes: bound.script.into_bytes() };
        let main = Part::new("dashboard", bound.wasm, script, bound.snippets);
        Ok(Split { main, loader: Asset { name: loader_name, bytes: loader.into_bytes() }, chunks, needs })
    }

    /// Where the files lie that each group of pages needs.
    fn needs(&self, assets: &Path) -> BTreeMap<String, BTreeSet<PathBuf>> {
        let place = |name: &String| self.chunks.get(name).map(|asset| assets.join(&asset.name));
        self.needs.iter().map(|(group, names)| (group.clone(), names.iter().filter_map(place).collect())).collect()
    }
}

/// What a script fetches or imports by `words` and `path` it has from the asset of this name.
fn rename(script: &mut String, words: &str, path: &str, name: &str) -> Result<()> {
    let first = format!("{words}\"{path}\"");
    ensure!(script.contains(&first), "a script that should say {first} does not");
    *script = script.replace(&first, &format!("{words}\"./{name}\""));
    Ok(())
}

/// A module and its script as they come out of the binding.
struct Bound {
    wasm: Asset,
    script: String,
    snippets: Vec<Asset>,
}

impl Bound {
    fn of(name: &str, module: &mut Bindgen) -> Result<Bound> {
        let mut output = module
            .out_name(name)
            .web(true)?
            .typescript(false)
            .omit_default_module_path(true)
            .remove_name_section(true)
            .remove_producers_section(true)
            .generate_output()
            .with_context(|| format!("cannot bind the {name}"))?;
        let inline = output.snippets().iter().flat_map(|(package, texts)| {
            texts.iter().enumerate().map(move |(place, text)| (format!("{package}/inline{place}.js"), text.as_str()))
        });
        let local = output.local_modules().iter().map(|(path, text)| (path.clone(), text.as_str()));
        let (script, snippets) = rename_snippets(output.js(), inline.chain(local));
        let wasm = Asset::new(name, "wasm", output.wasm_mut().emit_wasm());
        Ok(Bound { wasm, script, snippets })
    }
}

/// A module, the script that binds it to the browser, and the script that starts it.
struct Part {
    wasm: Asset,
    script: Asset,
    start: Asset,
    snippets: Vec<Asset>,
}

impl Part {
    fn of(name: &str, module: &mut Bindgen) -> Result<Part> {
        let Bound { wasm, script, snippets } = Bound::of(name, module)?;
        Ok(Part::new(name, wasm, Asset::new(name, "js", script.into_bytes()), snippets))
    }

    fn new(name: &str, wasm: Asset, script: Asset, snippets: Vec<Asset>) -> Part {
        let start = Asset::new(&format!("start-{name}"), "js", start_script(&script, &wasm).into_bytes());
        Part { wasm, script, start, snippets }
    }

    fn assets(self) -> impl Iterator<Item = Asset> {
        [self.wasm, self.script, self.start].into_iter().chain(self.snippets)
    }
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
        Self { name: named(stem, fingerprint(&bytes), extension), bytes }
    }
}

fn named(stem: &str, hash: u64, extension: &str) -> String {
    format!("{stem}-{hash:016x}.{extension}")
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

/// Contacts files that people download to fill in: they keep their names, and weigh on no page.
fn copy_samples(from: &Path, to: &Path) -> Result<()> {
    std::fs::create_dir_all(to).with_context(|| format!("cannot make {}", to.display()))?;
    for file in std::fs::read_dir(from).with_context(|| format!("cannot list {}", from.display()))? {
        let file = file?;
        let path = to.join(file.file_name());
        std::fs::copy(file.path(), &path).with_context(|| format!("cannot write {}", path.display()))?;
    }
    Ok(())
}

fn store(path: PathBuf, bytes: Vec<u8>, fetched: Fetched) -> Result<Written> {
    std::fs::write(&path, &bytes).with_context(|| format!("cannot write {}", path.display()))?;
    Ok(Written { path, bytes, fetched })
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
