//! Makes a function of every text of `locales/`, and fails where a language lacks one; has the linker keep what the build
//! cuts the module by.

use std::path::Path;

use anyhow::{Context, Result};
use locales::Locales;

fn main() -> Result<()> {
    println!("cargo:rerun-if-changed=locales");
    if std::env::var("CARGO_CFG_TARGET_FAMILY").is_ok_and(|family| family == "wasm") {
        println!("cargo:rustc-link-arg-bins=--emit-relocs");
    }
    let locales = Locales::read(Path::new("locales"))?;
    locales::check(&locales)?;
    let out = std::env::var_os("OUT_DIR").context("cargo says no place for what is made")?;
    std::fs::write(Path::new(&out).join("texts.rs"), locales::functions(&locales.english)?).context("texts.rs")
}
