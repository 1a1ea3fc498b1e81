//! Builds what cargo alone does not: `cargo run -p xtask -- web [--out DIR | --weigh]` makes the dashboard's static
//! files, `golden` checks that the plan comes out the same in WebAssembly.
//!
//! It reads top-down: `toolchain` finds a compiler for WASM, `build` runs it, `split` cuts off what the first page does
//! without, `bundle` writes the files that a server hands out, `weight` says what they weigh.

mod build;
mod bundle;
mod golden;
mod split;
mod toolchain;
mod weight;

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context, Result, bail};

const USAGE: &str = "usage: cargo run -p xtask -- web [--out DIR | --weigh] | golden\n\n  \
    web     builds the dashboard; DIR is frontend/dist unless given; --weigh fails if its first page is too large\n  \
    golden  computes the plan's golden vectors in WebAssembly";

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    match parse(&arguments).and_then(run) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("xtask: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run(task: Task) -> Result<()> {
    match task {
        Task::Web { out, too_large } => web(out, too_large),
        Task::Golden => golden::run(&workspace_root()?),
        Task::Help => {
            println!("{USAGE}");
            Ok(())
        }
    }
}

fn web(out: Option<PathBuf>, too_large: TooLarge) -> Result<()> {
    let root = workspace_root()?;
    let out = out.unwrap_or_else(|| root.join("frontend/dist"));
    let toolchain = toolchain::find()?;
    let modules = build::dashboard(&toolchain, &root)?;
    let bundle = bundle::write(&modules, &root.join("frontend"), &out)?;
    let weighed = weight::report(&bundle)?;
    print!("{}", weighed.text);
    println!("the dashboard is in {}", out.display());
    match (weighed.too_large, too_large) {
        (Some(told), TooLarge::Fails) => bail!(told),
        (Some(told), TooLarge::IsTold) => eprintln!("xtask: {told}"),
        (None, TooLarge::Fails | TooLarge::IsTold) => {}
    }
    Ok(())
}

/// The folder of the workspace: the parent of this package, as cargo says while it runs it. Where it was built says little:
/// clones may share a target folder.
fn workspace_root() -> Result<PathBuf> {
    let package = std::env::var_os("CARGO_MANIFEST_DIR").context("run it with `cargo run -p xtask`")?;
    Path::new(&package).parent().map(Path::to_owned).context("xtask lies outside a workspace")
}

/// What becomes of a dashboard whose first page is larger than it may be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum TooLarge {
    /// It works: another compiler than ours made it some percent larger.
    IsTold,
    /// It is not to become so by our doing.
    Fails,
}

/// What was asked for.
#[derive(Debug, PartialEq, Eq)]
enum Task {
    Web { out: Option<PathBuf>, too_large: TooLarge },
    Golden,
    Help,
}

fn parse(arguments: &[String]) -> Result<Task> {
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match words.as_slice() {
        ["web"] => Ok(Task::Web { out: None, too_large: TooLarge::IsTold }),
        ["web", "--weigh"] => Ok(Task::Web { out: None, too_large: TooLarge::Fails }),
        ["web", "--out", folder] => Ok(Task::Web { out: Some(PathBuf::from(folder)), too_large: TooLarge::IsTold }),
        ["golden"] => Ok(Task::Golden),
        [] | ["help" | "--help" | "-h"] => Ok(Task::Help),
        other => bail!("do not know `{}`\n{USAGE}", other.join(" ")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(text: &str) -> Vec<String> {
        text.split_whitespace().map(str::to_owned).collect()
    }

    #[test]
    fn web_goes_to_the_default_folder_unless_told_and_golden_to_none() {
        assert_eq!(parse(&words("web")).unwrap(), Task::Web { out: None, too_large: TooLarge::IsTold });
        assert_eq!(parse(&words("web --weigh")).unwrap(), Task::Web { out: None, too_large: TooLarge::Fails });
        assert_eq!(parse(&words("golden")).unwrap(), Task::Golden);
        let elsewhere = Task::Web { out: Some("x".into()), too_large: TooLarge::IsTold };
        assert_eq!(parse(&words("web --out x")).unwrap(), elsewhere);
    }

    #[test]
    fn unknown_words_are_refused_with_the_usage() {
        let error = parse(&words("web --fast")).unwrap_err().to_string();
        assert!(error.contains("--fast") && error.contains("usage:"));
    }
}
