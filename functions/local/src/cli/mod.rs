//! The command line: starts everything on this machine, or drives a Campanile here or elsewhere through its API.
//!
//! Every command ends with an exit code that a pipeline can use: 0 done, 1 refused or failed, 2 asked wrongly.

mod client;
mod commands;
mod content;
mod export;
mod list;
mod print;
mod proxy;
mod report;
mod send;
mod start;
mod watch;

use std::path::PathBuf;
use std::process::ExitCode;

use campaigns::plan::{LARGEST_CHUNK, LONGEST_WAIT_MS};
use campaigns::rates::parse_amount;
use chrono::DateTime;
use clap::{Args, CommandFactory, Parser, Subcommand, ValueEnum};
use wire::{CampaignId, Language};

use crate::options::RunArgs;
pub use client::Client;
pub use commands::run;
pub use print::{is_coloured, say};

/// WhatsApp campaigns: on this machine without any account, or against a deployed installation.
///
/// Without a command it starts everything and prints one link.
#[derive(Debug, Parser)]
#[command(name = "campanile", version, args_conflicts_with_subcommands = true)]
pub struct Cli {
    /// How to run.
    #[command(flatten)]
    pub run: RunArgs,
    /// What to do instead.
    #[command(subcommand)]
    pub command: Option<Command>,
}

/// What can be asked for.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Import a contacts file, make a campaign of it, start it and watch it to its end
    Send(Box<SendArgs>),
    /// Import a contacts file and say what came of it
    Import(ImportArgs),
    /// List campaigns, newest first
    Campaigns {
        /// How many at most; whether there are more is said on standard error
        #[arg(long, default_value_t = 100, value_parser = clap::value_parser!(u16).range(1..=10_000))]
        limit: u16,
        /// Which Campanile.
        #[command(flatten)]
        target: Target,
    },
    /// Watch a campaign until it ends
    Watch(OneArgs),
    /// Start a draft
    Start {
        /// Which campaign.
        #[command(flatten)]
        one: OneArgs,
        /// The estimated price that you agree to, like 12.50: needed where the workspace's settings ask for it
        #[arg(long, value_name = "AMOUNT", value_parser = amount)]
        confirm_price: Option<String>,
    },
    /// Pause a campaign
    Pause(OneArgs),
    /// Resume a paused campaign
    Resume(OneArgs),
    /// Cancel a campaign for good
    Cancel(OneArgs),
    /// What came of a campaign
    Report(OneArgs),
    /// Write everybody of a campaign with what became of the message into a file
    Export {
        /// Which campaign.
        #[command(flatten)]
        one: OneArgs,
        /// The file, which ends in .csv or .xlsx; "-" is standard output, as CSV
        #[arg(long, short, default_value = "-")]
        output: PathBuf,
    },
    /// Compare a campaign's totals with its messages, in the data folder of this machine
    Recount {
        /// The campaign's id
        campaign: String,
        /// The folder that holds everything
        #[arg(long, env = "CAMPANILE_DATA", default_value = "data", value_name = "DIR")]
        data: PathBuf,
    },
    /// Only the simulated WhatsApp Cloud API, for other programs to send to
    Simulate {
        /// The address to listen on
        #[arg(long, default_value = "127.0.0.1:8090")]
        listen: std::net::SocketAddr,
        /// A JSON file that says how it behaves
        #[arg(long, env = "CAMPANILE_SIMULATOR", value_name = "FILE")]
        simulator: Option<PathBuf>,
    },
    /// Print what makes a shell complete these commands
    Completions {
        /// Which shell
        shell: clap_complete::Shell,
    },
}

/// Which Campanile, and how to speak of it.
#[derive(Debug, Clone, Args)]
pub struct Target {
    /// Where it is; by https and elsewhere, through the proxy that HTTPS_PROXY and NO_PROXY name
    #[arg(long, env = "CAMPANILE_URL", default_value = "http://127.0.0.1:8080")]
    pub url: String,
    /// An API token; absent: the one of this machine, in the data folder
    #[arg(long, env = "CAMPANILE_TOKEN", hide_env_values = true)]
    pub token: Option<String>,
    /// The folder in which this machine's token lies
    #[arg(long, env = "CAMPANILE_DATA", default_value = "data", value_name = "DIR")]
    pub data: PathBuf,
    /// Print JSON, one object a line, and no progress
    #[arg(long)]
    pub json: bool,
}

/// One campaign of a Campanile.
#[derive(Debug, Args)]
pub struct OneArgs {
    /// The campaign's id
    #[arg(value_parser = campaign_id)]
    pub campaign: String,
    /// Which Campanile.
    #[command(flatten)]
    pub target: Target,
}

impl OneArgs {
    /// The campaign's id.
    pub fn id(&self) -> CampaignId {
        CampaignId(self.campaign.clone())
    }
}

/// A file to import.
#[derive(Debug, Args)]
pub struct ImportArgs {
    /// The contacts file: .csv, .txt, .xlsx, .xls, .ods or .xml
    pub file: PathBuf,
    /// The country of numbers written without one, like BR
    #[arg(long)]
    pub country: Option<String>,
    /// The sheet of a workbook; absent: the first with contacts
    #[arg(long, value_name = "NAME")]
    pub sheet: Option<String>,
    /// What stands between the cells of a text: comma, semicolon, tab, pipe, none or the character; absent: found out
    #[arg(long)]
    pub delimiter: Option<String>,
    /// The encoding of a text, like utf-8 or windows-1252; absent: found out
    #[arg(long)]
    pub encoding: Option<String>,
    /// The row with the columns' headers, as a spreadsheet counts; 0: there is none. Absent: found out
    #[arg(long, value_name = "ROW")]
    pub header_row: Option<u32>,
    /// The header of the column with phone numbers; absent: found by its name
    #[arg(long, value_name = "COLUMN")]
    pub phone_column: Option<String>,
    /// The header of the column with names; absent: found by its name
    #[arg(long, value_name = "COLUMN")]
    pub name_column: Option<String>,
    /// The language of the file of rejected rows; absent: this machine's, as LANG says
    #[arg(long, value_parser = language)]
    pub language: Option<Language>,
    /// Which Campanile.
    #[command(flatten)]
    pub target: Target,
}

/// A campaign to send.
#[derive(Debug, Args)]
pub struct SendArgs {
    /// What is imported, and where.
    #[command(flatten)]
    pub import: ImportArgs,
    /// The template, as name or name/language
    #[arg(long)]
    pub template: String,
    /// The number that sends: its id, name or phone number. Absent: the only one there is
    #[arg(long)]
    pub channel: Option<String>,
    /// What fills the body's variables, in their order: a column, COLUMN|WORDS with words for empty cells, or =TEXT;
    /// || is a bar in a column's name
    #[arg(long = "body", value_name = "COLUMN")]
    pub body: Vec<String>,
    /// What fills the header's variables, given like the body's
    #[arg(long = "header", value_name = "COLUMN")]
    pub header: Vec<String>,
    /// What fills one variable of body or header by its name, like first_name=name or discount==30%; give each once
    #[arg(long = "variable", value_name = "NAME=COLUMN", value_parser = named, conflicts_with = "body")]
    pub variables: Vec<(String, String)>,
    /// The picture, film or file of the header: a file of this machine, or an https address
    #[arg(long, value_name = "FILE")]
    pub media: Option<String>,
    /// What a button carries, by its place in the template from 0, like 0=code or 1==SAVE25
    #[arg(long = "button", value_name = "PLACE=COLUMN", value_parser = placed)]
    pub buttons: Vec<(u32, String)>,
    /// The campaign's name; absent: the file's
    #[arg(long)]
    pub name: Option<String>,
    /// Recipients in a chunk
    #[arg(long, default_value_t = 500, value_parser = clap::value_parser!(u64).range(1..=u64::from(LARGEST_CHUNK)))]
    pub chunk_size: u64,
    /// Seconds between chunks
    #[arg(long, default_value_t = 0.0, value_parser = seconds)]
    pub seconds_between_chunks: f64,
    /// Shortest wait between two messages, in seconds
    #[arg(long, default_value_t = 0.0, value_parser = seconds)]
    pub min_seconds: f64,
    /// Longest wait between two messages, in seconds; absent: the shortest
    #[arg(long, value_parser = seconds)]
    pub max_seconds: Option<f64>,
    /// Start at this time instead of now, like 2026-11-30T09:00:00-03:00
    #[arg(long, value_name = "TIME", value_parser = time)]
    pub at: Option<String>,
    /// Saved business hours in which to send: their name or id
    #[arg(long, value_name = "HOURS")]
    pub business_hours: Option<String>,
    /// Spread the people evenly over so many days
    #[arg(long, value_parser = clap::value_parser!(u32).range(1..))]
    pub days: Option<u32>,
    /// Rounds in which failed messages are tried again by themselves, at most 3
    #[arg(long, value_parser = clap::value_parser!(u32).range(0..=3))]
    pub retry_rounds: Option<u32>,
    /// Leave out whose message cannot be filled, instead of refusing the start
    #[arg(long)]
    pub skip_unfilled: bool,
    /// Answer for it that all these people agreed to receive these messages from you
    #[arg(long)]
    pub attest_consent: bool,
    /// The estimated price that you agree to, like 12.50: needed where the workspace's settings ask for it
    #[arg(long, value_name = "AMOUNT", value_parser = amount)]
    pub confirm_price: Option<String>,
    /// The most that the campaign may cost, in the currency of the rate card: before it would cost more it pauses
    #[arg(long, value_name = "AMOUNT", value_parser = amount)]
    pub spend_cap: Option<String>,
    /// What happens after the start
    #[arg(long, value_enum, default_value_t = Then::Watch)]
    pub then: Then,
}

/// How long the command stays.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Then {
    /// Until the campaign has ended
    Watch,
    /// Not at all
    Leave,
    /// It is not even started: a draft
    Draft,
}

/// A language by its tag or a locale's name: `pt-BR`, `es_ES.UTF-8`.
fn language(tag: &str) -> Result<Language, String> {
    match tag.get(..2).map(str::to_ascii_lowercase).as_deref() {
        Some("en") => Ok(Language::English),
        Some("pt") => Ok(Language::Portuguese),
        Some("es") => Ok(Language::Spanish),
        Some(_) | None => Err("give en, pt or es".to_owned()),
    }
}

/// A variable's name and what fills it.
fn named(text: &str) -> Result<(String, String), String> {
    match text.split_once('=') {
        Some((name, value)) if !name.is_empty() && !value.is_empty() => Ok((name.to_owned(), value.to_owned())),
        Some(_) | None => Err("give NAME=COLUMN, or NAME==TEXT".to_owned()),
    }
}

/// A button's place and what it carries.
fn placed(text: &str) -> Result<(u32, String), String> {
    let how = || "give PLACE=COLUMN, or PLACE==TEXT, with a place from 0".to_owned();
    let (place, value) = named(text).map_err(|_| how())?;
    Ok((place.parse().map_err(|_| how())?, value))
}

/// A campaign's id, which stands in an address: letters and digits.
fn campaign_id(text: &str) -> Result<String, String> {
    let id = text.trim();
    let is_id = !id.is_empty() && id.bytes().all(|byte| byte.is_ascii_alphanumeric());
    is_id.then(|| id.to_owned()).ok_or_else(|| "give an id as `campanile campaigns` lists it".to_owned())
}

/// A wait in seconds that the API takes.
fn seconds(text: &str) -> Result<f64, String> {
    let most = LONGEST_WAIT_MS / 1_000;
    let seconds = text.trim().parse::<f64>().ok().filter(|seconds| (0.0..=most as f64).contains(seconds));
    seconds.ok_or_else(|| format!("give 0 to {most} seconds"))
}

/// A time that the API reads.
fn time(text: &str) -> Result<String, String> {
    let read = DateTime::parse_from_rfc3339(text.trim());
    read.map(|_| text.trim().to_owned()).map_err(|_| "write it like 2026-11-30T09:00:00-03:00".to_owned())
}

/// An amount of money as the API takes it.
fn amount(text: &str) -> Result<String, String> {
    parse_amount(text).map(|_| text.trim().to_owned()).map_err(|wrong| wrong.to_string())
}

impl SendArgs {
    /// What two flags say against each other; nothing when they agree.
    pub fn contradiction(&self) -> Option<&'static str> {
        if self.max_seconds.is_some_and(|most| most < self.min_seconds) {
            return Some("--max-seconds is below --min-seconds");
        }
        let is_timed_draft = self.then == Then::Draft && self.at.is_some();
        is_timed_draft.then_some("a campaign with a time starts by itself: leave --at or --then draft out")
    }
}

impl ImportArgs {
    /// The language that was given, or this machine's; nothing where that is another one.
    pub fn language(&self) -> Option<Language> {
        self.language.or_else(|| std::env::var("LANG").ok().and_then(|tag| language(&tag).ok()))
    }
}

/// Says what was asked wrongly, as for a flag that there is not.
fn asked_wrongly(message: &str) -> anyhow::Result<ExitCode> {
    Cli::command().error(clap::error::ErrorKind::ValueValidation, message).print()?;
    Ok(ExitCode::from(2))
}

/// Writes the completions of a shell.
pub fn complete(shell: clap_complete::Shell, out: &mut impl std::io::Write) {
    clap_complete::generate(shell, &mut Cli::command(), "campanile", out);
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What `campanile send people.csv --template offer` asks for with these flags.
    pub(super) fn sent_with(flags: &[&str]) -> SendArgs {
        let send = [&["campanile", "send", "people.csv", "--template", "offer"][..], flags].concat();
        let Some(Command::Send(args)) = Cli::try_parse_from(send).unwrap().command else { panic!("it is a send") };
        *args
    }

    #[test]
    fn the_commands_are_well_formed_and_without_one_it_runs() {
        Cli::command().debug_assert();
        assert!(Cli::try_parse_from(["campanile", "--port", "0"]).unwrap().command.is_none());
        let send = ["campanile", "send", "a.csv", "--template", "offer/en", "--body", "name", "--json"];
        let Some(Command::Send(args)) = Cli::try_parse_from(send).unwrap().command else { panic!("it is a send") };
        assert_eq!((args.template.as_str(), args.body.as_slice()), ("offer/en", &["name".to_owned()][..]));
        assert!(args.import.target.json && !args.attest_consent);
        let send = ["campanile", "send", "a.csv", "--template", "x", "--attest-consent", "--language", "pt-BR"];
        let Some(Command::Send(args)) = Cli::try_parse_from(send).unwrap().command else { panic!("it is a send") };
        assert!(args.attest_consent && args.import.language() == Some(Language::Portuguese));
        let limited = |limit: &str| Cli::try_parse_from(["campanile", "campaigns", "--limit", limit]).map(|_| ());
        assert!(limited("10000").is_ok() && limited("0").is_err() && limited("10001").is_err());
        let start = ["campanile", "start", "A", "--confirm-price", "0.75"];
        let Some(Command::Start { confirm_price, .. }) = Cli::try_parse_from(start).unwrap().command else {
            panic!("it is a start")
        };
        assert_eq!(confirm_price.as_deref(), Some("0.75"));
        assert!(Cli::try_parse_from(["campanile", "start", "A", "--confirm-price", "0,75"]).is_err());
    }

    #[test]
    fn values_that_name_nothing_are_refused_before_anything_is_asked() {
        let send = |flags: &[&str]| {
            let send = [&["campanile", "send", "a.csv", "--template", "x"][..], flags].concat();
            Cli::try_parse_from(send).map(|_| ())
        };
        assert!(send(&["--variable", "who=name", "--button", "1==SAVE25", "--header", "city"]).is_ok());
        for wrong in [
            &["--variable", "who"][..],
            &["--variable", "=name"],
            &["--button", "first=code"],
            &["--variable", "who=name", "--body", "name"],
            &["--retry-rounds", "4"],
            &["--days", "0"],
            &["--chunk-size", "0"],
            &["--min-seconds", "nan"],
            &["--max-seconds=-1"],
            &["--seconds-between-chunks", "604801"],
            &["--at", "tomorrow"],
            &["--at", "2026-11-30T09:00:00"],
        ] {
            assert!(send(wrong).is_err(), "{wrong:?}");
        }
        let watch = |id: &str| Cli::try_parse_from(["campanile", "watch", id]).map(|_| ());
        assert!(watch(" 01JD8ZQ0000000000000000000 ").is_ok());
        assert!(["", "A/..", "A?limit=1", "a b"].into_iter().all(|id| watch(id).is_err()));
    }

    #[test]
    fn flags_that_say_the_opposite_of_each_other_are_found() {
        let at = "2026-11-30T09:00:00-03:00";
        let told = |flags: &[&str]| sent_with(flags).contradiction();
        assert_eq!(told(&["--min-seconds", "5", "--max-seconds", "9", "--at", at]), None);
        assert_eq!(told(&["--min-seconds", "5"]), None);
        assert!(told(&["--min-seconds", "5", "--max-seconds", "2"]).is_some_and(|why| why.contains("--max-seconds")));
        assert!(told(&["--then", "draft", "--at", at]).is_some_and(|why| why.contains("--at")));
    }

    #[test]
    fn every_shell_has_its_completions() {
        let mut out = Vec::new();
        complete(clap_complete::Shell::Bash, &mut out);
        let text = String::from_utf8(out).unwrap();
        assert!(text.contains("campanile") && text.contains("watch"));
    }
}
