//! Third step: the dashboard's module is cut where its code asks for it (`frontend/src/chunks.rs`), so that the first page
//! comes without the others.
//!
//! It happens before the module is bound to the browser, as only then the linker's own tables are still in it. What every
//! part needs stays in the main module; what several chunks share becomes a chunk of its own.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, anyhow, ensure};
use wasm_split_cli_support::{Options, transform};

/// The name by which the main module's script imports the one that fetches the chunks.
pub const LOADER: &str = "./__wasm_split.js";

/// The name by which that script imports the main module's.
pub const MAIN: &str = "./main.js";

/// How a WebAssembly module begins: its magic number and its version.
const HEAD: usize = 8;

/// What became of the module.
pub struct Cut {
    /// The part with which the dashboard starts, not bound to the browser yet.
    pub main: PathBuf,
    /// The script that fetches chunks.
    pub loader: String,
    /// The chunks by the names that the loader has for them, without `.wasm`.
    pub chunks: BTreeMap<String, Vec<u8>>,
    /// Which chunks each of the places needs that the code asks to cut at.
    pub needs: BTreeMap<String, BTreeSet<String>>,
}

/// Cuts the module; its parts lie in a folder beside it.
pub fn cut(module: &Path) -> Result<Cut> {
    let folder = module.with_extension("cut");
    let main = folder.join("main.wasm");
    std::fs::create_dir_all(&folder).with_context(|| format!("cannot make {}", folder.display()))?;
    let whole = std::fs::read(module).with_context(|| format!("cannot read {}", module.display()))?;
    let mut options = Options::new(&whole);
    options.output_dir = &folder;
    options.main_out_path = &main;
    options.link_name = LOADER;
    options.main_module = MAIN;
    let split = transform(options).map_err(|error| anyhow!("cannot cut {}: {error:#}", module.display()))?;
    let loader = std::fs::read_to_string(folder.join(LOADER)).context("the loader of chunks is not there")?;
    let chunks = split.split_modules.iter().map(|path| chunk(path)).collect::<Result<_>>()?;
    let needs = split.prefetch_map.into_iter().map(|(place, chunks)| (place, chunks.into_iter().collect())).collect();
    Ok(Cut { main, loader, chunks, needs })
}

fn chunk(path: &Path) -> Result<(String, Vec<u8>)> {
    let name = path.file_stem().and_then(|name| name.to_str()).context("a chunk without a name")?;
    let bytes = std::fs::read(path).with_context(|| format!("cannot read {}", path.display()))?;
    Ok((name.to_owned(), bare(&bytes)?))
}

/// The module without its custom sections: names of functions and of compilers, which no browser needs.
fn bare(module: &[u8]) -> Result<Vec<u8>> {
    let (head, mut rest) = module.split_at_checked(HEAD).context("a chunk is no module")?;
    let mut kept = head.to_vec();
    while let Some((&kind, after)) = rest.split_first() {
        let (length, size) = leb128(after).context("a section without a length")?;
        let end = 1 + size + length;
        ensure!(end <= rest.len(), "a section is longer than its chunk");
        let (section, next) = rest.split_at(end);
        if kind != 0 {
            kept.extend_from_slice(section);
        }
        rest = next;
    }
    Ok(kept)
}

/// A length as modules write it, seven bits in each byte, and how many bytes that took.
fn leb128(bytes: &[u8]) -> Option<(usize, usize)> {
    let size = 1 + bytes.iter().take(5).position(|byte| byte & 0x80 == 0)?;
    let length = bytes[..size].iter().rev().fold(0, |length, byte| length << 7 | usize::from(byte & 0x7f));
    Some((length, size))
}

#[cfg(test)]
mod tests {
    use super::*;

    const EMPTY: &[u8] = b"\0asm\x01\0\0\0";

    #[test]
    fn custom_sections_go_and_the_others_stay() {
        let mut module = EMPTY.to_vec();
        module.extend([0, 0x82, 0, 1, b'n']);
        module.extend([1, 1, 0]);
        let kept = bare(&module).unwrap();
        assert_eq!(kept, [EMPTY, &[1, 1, 0]].concat());
    }

    #[test]
    fn what_is_no_module_is_refused() {
        assert!(bare(b"\0asm").is_err());
        assert!(bare(&[EMPTY, &[1, 200]].concat()).is_err());
        assert!(bare(&[EMPTY, &[1, 2, 0]].concat()).is_err());
    }

    #[test]
    fn lengths_of_several_bytes_are_read() {
        assert_eq!(leb128(&[0x05]), Some((5, 1)));
        assert_eq!(leb128(&[0xe5, 0x8e, 0x26]), Some((624_485, 3)));
        assert_eq!(leb128(&[0x80]), None);
    }
}
