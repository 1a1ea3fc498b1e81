//! Second step: cargo builds the dashboard and its worker, or another package of ours, as WASM.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, ensure};

use crate::toolchain::{TARGET, Toolchain};

/// Leptos' own switch, read by its macros.
const ERASED: &str = "--cfg erase_components";

/// The modules of the dashboard.
pub struct Modules {
    /// The page.
    pub dashboard: PathBuf,
    /// The worker that looks into contacts files.
    pub reader: PathBuf,
}

/// Builds both modules of the dashboard. What has not changed is not built again: cargo knows.
pub fn dashboard(toolchain: &Toolchain, root: &Path) -> Result<Modules> {
    let bins = ["--package", "dashboard", "--package", "reader", "--bin", "dashboard", "--bin", "reader-worker"];
    let dashboard = wasm(toolchain, root, &bins, "dashboard.wasm")?;
    let reader = dashboard.with_file_name("reader-worker.wasm");
    Ok(Modules { dashboard, reader })
}

/// Builds what cargo calls `what` as WASM, as small as the dashboard, and answers where `file` lies.
///
/// It gets its own target folder, `<target>/web`: the native build and this one never wait for each other's lock.
pub fn wasm(toolchain: &Toolchain, root: &Path, what: &[&str], file: &str) -> Result<PathBuf> {
    let target = std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| root.join("target"), PathBuf::from).join("web");
    let status = cargo(*toolchain)
        .arg("build")
        .args(what)
        .args(["--profile", "web", "--target", TARGET])
        .current_dir(root)
        .env("CARGO_TARGET_DIR", &target)
        .env("RUSTFLAGS", flags())
        .status()
        .context("cannot run cargo")?;
    ensure!(status.success(), "{file} does not build ({status})");
    Ok(target.join(TARGET).join("web").join(file))
}

/// What the caller asks of rustc, and that views are held behind one type each: without it every page is compiled anew for
/// every shape that it takes, which makes the module larger.
fn flags() -> String {
    let asked = std::env::var("RUSTFLAGS").unwrap_or_default();
    format!("{asked} {ERASED}").trim().to_owned()
}

fn cargo(toolchain: Toolchain) -> Command {
    let mut command = match toolchain {
        Toolchain::InUse => Command::new(std::env::var("CARGO").unwrap_or_else(|_| "cargo".into())),
        Toolchain::Debian => {
            let mut debian = Command::new("/usr/bin/cargo");
            // `-Z` on a stable compiler: its own `std` is the one it is built from, so this holds together.
            debian.env("RUSTC", "/usr/bin/rustc").env("RUSTC_BOOTSTRAP", "1").arg("-Zbuild-std=std,panic_abort");
            for name in ["RUSTUP_TOOLCHAIN", "RUSTUP_HOME", "CARGO", "RUSTC_WRAPPER", "RUSTDOC"] {
                debian.env_remove(name);
            }
            debian
        }
    };
    // What cargo tells this program about itself is not meant for the dashboard.
    for (name, _) in std::env::vars_os() {
        if name.to_str().is_some_and(|name| name.starts_with("CARGO_PKG_") || name == "CARGO_MANIFEST_DIR") {
            command.env_remove(name);
        }
    }
    command
}
