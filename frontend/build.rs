//! Makes a function of every text of `locales/`, and fails where a language lacks one.

use std::path::Path;

use anyhow::{Context, Result};
use locales::Locales;

fn main() -> Result<()> {
    println!("cargo:rerun-if-changed=locales");
    let locales = Locales::read(Path::new("locales"))?;
    locales::check(&locales)?;
    let out = std::env::var_os("OUT_DIR").context("cargo says no place for what is made")?;
    std::fs::write(Path::new(&out).join("texts.rs"), locales::functions(&locales.english)?).context("texts.rs")
}
