//! First step: a compiler that can make WASM.
//!
//! In order: the target of the rustc in use; Debian's own newer compiler, which builds `std` from its source
//! (installed by apt where that is possible); rustup. Nothing is downloaded where `RUSTUP_AUTO_INSTALL=0` forbids it.

use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result, bail, ensure};

pub const TARGET: &str = "wasm32-unknown-unknown";
const ADD_TARGET: &str = "rustup target add wasm32-unknown-unknown";
const DEBIAN_PACKAGES: [&str; 5] = ["rustc-web", "cargo-web", "rust-web-src", "rust-web-llvm", "lld-22"];
const DEBIAN_CARGO: &str = "/usr/bin/cargo";
const DEBIAN_RUSTC: &str = "/usr/bin/rustc";
const DEBIAN_STD: &str = "/usr/lib/rustlib/src/rust/library/std";

/// The compiler that makes the WASM.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Toolchain {
    /// The rustc in use, which has the target.
    InUse,
    /// Debian's `rustc-web`, which builds `std` itself.
    Debian,
}

/// Finds a toolchain, installing one only where the machine's owner has not forbidden it.
pub fn find() -> Result<Toolchain> {
    let mut machine = Machine::look()?;
    loop {
        match next_step(&machine) {
            Step::Use(toolchain) => return Ok(toolchain),
            Step::AptInstall => {
                apt_install()?;
                machine.debian_toolchain = debian_toolchain();
                ensure!(machine.debian_toolchain, "apt installed no usable rustc-web; type: {ADD_TARGET}");
            }
            Step::AddTarget => {
                add_target()?;
                machine.target_in_use = target_in_use()?;
                ensure!(machine.target_in_use, "rustc still lacks the target {TARGET}; type: {ADD_TARGET}");
            }
            Step::GiveUp => bail!("no compiler for {TARGET}; {}", advice(&machine)),
        }
    }
}

/// What the decision needs to know about this machine.
#[derive(Debug, Clone, Copy, Default)]
struct Machine {
    target_in_use: bool,
    debian_toolchain: bool,
    apt_as_root: bool,
    rustup: bool,
    downloads_forbidden: bool,
}

#[derive(Debug, PartialEq, Eq)]
enum Step {
    Use(Toolchain),
    AptInstall,
    AddTarget,
    GiveUp,
}

fn next_step(machine: &Machine) -> Step {
    if machine.target_in_use {
        Step::Use(Toolchain::InUse)
    } else if machine.debian_toolchain {
        Step::Use(Toolchain::Debian)
    } else if machine.apt_as_root {
        Step::AptInstall
    } else if machine.rustup && !machine.downloads_forbidden {
        Step::AddTarget
    } else {
        Step::GiveUp
    }
}

/// What a person may do who has none. A Rust that is not rustup's gets the target with a package, if there is one.
fn advice(machine: &Machine) -> String {
    if machine.rustup {
        return format!("type: {ADD_TARGET}");
    }
    format!(
        "this Rust is not rustup's. Install its package for {TARGET} (Fedora: rust-std-static-{TARGET}, \
         Arch and Alpine: rust-wasm), or Rust from https://rustup.rs"
    )
}

impl Machine {
    fn look() -> Result<Self> {
        let (target_in_use, debian_toolchain) = (target_in_use()?, debian_toolchain());
        let needs_apt = !target_in_use && !debian_toolchain;
        Ok(Self {
            target_in_use,
            debian_toolchain,
            apt_as_root: needs_apt && is_root() && apt_knows_the_packages(),
            rustup: succeeds(Command::new("rustup").arg("--version")),
            downloads_forbidden: std::env::var("RUSTUP_AUTO_INSTALL").is_ok_and(|value| value == "0"),
        })
    }
}

/// rustc names the folder of a target whether or not it is installed; the folder tells.
fn target_in_use() -> Result<bool> {
    let output = Command::new(std::env::var("RUSTC").unwrap_or_else(|_| "rustc".into()))
        .args(["--print", "target-libdir", "--target", TARGET])
        .output()
        .context("cannot run rustc")?;
    let folder = String::from_utf8_lossy(&output.stdout);
    Ok(output.status.success() && Path::new(folder.trim()).is_dir())
}

fn debian_toolchain() -> bool {
    [DEBIAN_CARGO, DEBIAN_RUSTC, DEBIAN_STD].iter().all(|path| Path::new(path).exists())
}

fn is_root() -> bool {
    let output = Command::new("id").arg("-u").output();
    output.is_ok_and(|output| String::from_utf8_lossy(&output.stdout).trim() == "0")
}

/// Asked of lists that are renewed first: old ones name an older compiler, without the packages that this one needs.
fn apt_knows_the_packages() -> bool {
    println!("renewing the lists of packages: apt-get update");
    if !succeeds(Command::new("apt-get").args(["update", "-qq"])) {
        println!("the lists of packages could not be renewed; going on with those that are here");
    }
    DEBIAN_PACKAGES.iter().all(|package| succeeds(Command::new("apt-cache").args(["show", package])))
}

fn apt_install() -> Result<()> {
    println!("installing Debian's WASM toolchain: apt-get install -y {}", DEBIAN_PACKAGES.join(" "));
    let status = Command::new("apt-get")
        .args(["install", "-y", "--no-install-recommends"])
        .args(DEBIAN_PACKAGES)
        .status()
        .context("cannot run apt-get")?;
    ensure!(status.success(), "apt-get install failed ({status})");
    Ok(())
}

fn add_target() -> Result<()> {
    println!("adding the WASM target: {ADD_TARGET}");
    let status = Command::new("rustup").args(["target", "add", TARGET]).status().context("cannot run rustup")?;
    ensure!(status.success(), "`{ADD_TARGET}` failed ({status})");
    Ok(())
}

fn succeeds(command: &mut Command) -> bool {
    command.output().is_ok_and(|output| output.status.success())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_target_of_the_rustc_in_use_wins() {
        let machine = Machine { target_in_use: true, debian_toolchain: true, ..Machine::default() };
        assert_eq!(next_step(&machine), Step::Use(Toolchain::InUse));
    }

    #[test]
    fn debian_is_used_before_anything_is_installed() {
        let machine = Machine { debian_toolchain: true, apt_as_root: true, rustup: true, ..Machine::default() };
        assert_eq!(next_step(&machine), Step::Use(Toolchain::Debian));
    }

    #[test]
    fn apt_installs_only_as_root_and_where_the_packages_exist() {
        let machine = Machine { apt_as_root: true, rustup: true, ..Machine::default() };
        assert_eq!(next_step(&machine), Step::AptInstall);
    }

    #[test]
    fn rustup_is_asked_unless_downloads_are_forbidden() {
        let machine = Machine { rustup: true, ..Machine::default() };
        assert_eq!(next_step(&machine), Step::AddTarget);
        assert_eq!(next_step(&Machine { downloads_forbidden: true, ..machine }), Step::GiveUp);
        assert_eq!(next_step(&Machine::default()), Step::GiveUp);
    }

    #[test]
    fn nobody_is_told_to_type_a_command_that_is_not_there() {
        assert!(advice(&Machine { rustup: true, ..Machine::default() }).contains(ADD_TARGET));
        let without = advice(&Machine::default());
        assert!(!without.contains(ADD_TARGET) && without.contains("https://rustup.rs"), "{without}");
    }
}
