//! The set-up as a newcomer meets it: on a machine that lacks something, it says what to type there.

use std::path::PathBuf;
use std::process::{Command, Output};

use anyhow::Context;
use campanile_tests::running::repository;

/// What every machine has that the script runs on.
const BASIC: [&str; 3] = ["head", "sed", "sort"];

const NEW_RUST: [(&str, &str); 2] = [("cargo", "echo cargo 1.99.0"), ("rustc", "echo rustc 1.99.0")];
const OLD_RUST: [(&str, &str); 2] = [("cargo", "echo cargo 1.75.0"), ("rustc", "echo rustc 1.75.0")];
const NOBODY_SPECIAL: (&str, &str) = ("id", "echo 1000");
const LINUX: (&str, &str) = ("uname", "echo Linux");

/// Makes each program of two arguments, its name and what it does, then runs the script with nothing else in its path.
/// The shell writes them: a file that this process had open for writing could not be run for a moment.
const MACHINE: &str = r#"
script=$1; shift
while [ $# -gt 0 ]; do
    printf '#!/bin/sh\n%s\n' "$2" >"$1"
    chmod +x "$1"
    shift 2
done
PATH=$PWD
exec /bin/sh "$script" run
"#;

/// The script's end on a machine with these programs and nothing else but the basic ones.
fn set_up(programs: &[(&str, &str)]) -> anyhow::Result<Output> {
    let folder = tempfile::tempdir()?;
    for name in BASIC {
        std::os::unix::fs::symlink(found(name)?, folder.path().join(name))?;
    }
    let mut command = Command::new("/bin/sh");
    command.current_dir(folder.path()).args(["-c", MACHINE, "machine"]).arg(repository().join("infra/setup.sh"));
    for (name, does) in programs {
        command.args([name, does]);
    }
    Ok(command.output()?)
}

fn found(name: &str) -> anyhow::Result<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let found = std::env::split_paths(&path).map(|folder| folder.join(name)).find(|program| program.is_file());
    found.with_context(|| format!("{name} is not in the path"))
}

fn told(output: &Output) -> (Option<i32>, String) {
    (output.status.code(), String::from_utf8_lossy(&output.stderr).trim().to_owned())
}

#[test]
fn a_machine_with_all_it_needs_is_told_nothing() -> anyhow::Result<()> {
    let done = set_up(&[&NEW_RUST[..], &[NOBODY_SPECIAL, LINUX, ("cc", "exit 0")]].concat())?;
    assert_eq!((told(&done), done.stdout.len()), ((Some(0), String::new()), 0));
    Ok(())
}

#[test]
fn who_has_no_rust_or_an_old_one_is_sent_to_rustup_and_not_to_packages_that_are_not_there() -> anyhow::Result<()> {
    let apt = ("apt-get", "exit 0");
    let none = told(&set_up(&[NOBODY_SPECIAL, LINUX, apt])?);
    let rustup = "Install it from https://rustup.rs";
    assert_eq!(none, (Some(1), format!("set-up: Rust 1.95 or newer is missing. {rustup}")));
    for system in [&[NOBODY_SPECIAL, LINUX][..], &[NOBODY_SPECIAL, LINUX, apt]] {
        let old = told(&set_up(&[&OLD_RUST[..], system].concat())?);
        assert_eq!(old, (Some(1), format!("set-up: Rust 1.95 or newer is needed, this is 1.75.0. {rustup}")));
    }
    Ok(())
}

#[test]
fn what_rustup_says_while_it_fetches_the_toolchain_is_seen() -> anyhow::Result<()> {
    let cargo = ("cargo", "echo info: downloading >&2; exit 1");
    let (code, told) = told(&set_up(&[NOBODY_SPECIAL, LINUX, ("rustup", "exit 0"), cargo])?);
    assert_eq!(code, Some(1));
    assert!(told.starts_with("info: downloading") && told.ends_with("Type: rustup update stable"), "{told}");
    Ok(())
}

#[test]
fn a_compiler_that_compiles_nothing_is_missing() -> anyhow::Result<()> {
    let on = |system: (&str, &str)| set_up(&[&NEW_RUST[..], &[NOBODY_SPECIAL, system, ("cc", "exit 1")]].concat());
    let mac = told(&on(("uname", "echo Darwin"))?);
    assert_eq!(mac.0, Some(1));
    assert!(mac.1.ends_with("Type: xcode-select --install"), "{}", mac.1);
    let linux = told(&on(LINUX)?);
    assert_eq!(linux.0, Some(1));
    assert!(linux.1.contains("with your system's package manager (on Debian: gcc libc6-dev)"), "{}", linux.1);
    Ok(())
}

#[test]
fn make_run_leaves_the_folder_to_the_environment_unless_it_is_given_one() -> anyhow::Result<()> {
    let would_run = |given: &[&str]| -> anyhow::Result<String> {
        let mut make = Command::new("make");
        make.args(["--dry-run", "run"]).args(given).current_dir(repository());
        for name in ["DATA", "MAKEFLAGS", "MAKELEVEL", "MFLAGS"] {
            make.env_remove(name);
        }
        Ok(String::from_utf8(make.output()?.stdout)?)
    };
    let plain = would_run(&[])?;
    assert!(plain.contains("/debug/campanile") && !plain.contains("--data"), "{plain}");
    assert!(would_run(&["DATA=elsewhere"])?.contains("/debug/campanile --data elsewhere"));
    Ok(())
}
