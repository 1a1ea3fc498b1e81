//! The durable log: one JSON line per arrival, written before the answer, and one per acknowledged webhook. After a
//! SIGKILL the next start reads it and goes on. No fsync: it survives the process, not the machine. What goes when it is
//! long is for the ledger to say (`ledger/forgetting.rs`).

use std::fs::{File, OpenOptions};
use std::io::{BufRead, BufReader, BufWriter, Write};
use std::path::{Path, PathBuf};

use anyhow::Context;
use serde::{Deserialize, Serialize};

use crate::arrival::Record;
use crate::manners::Switch;
use crate::notices::Notice;
use crate::templates::Listing;
use crate::windows::Preference;

/// Names one planned status: the sequence of its message and its place in the plan.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub(crate) struct StatusKey(pub(crate) u64, pub(crate) u8);

/// A line that is read.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) enum Line {
    Arrival(Record),
    Acknowledged(Acknowledged),
    /// A template that was created here or changed; the last line of an id counts.
    Template(Box<Listing>),
    /// What a person did by themselves.
    Deed(Deed),
    Notice(Notice),
    /// Notices about this, due after this time, will not be posted after all.
    Withdrawn(String, i64),
}

/// What a person did by themselves.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Deed {
    pub(crate) phone_number_id: String,
    pub(crate) from: String,
    pub(crate) at_micros: i64,
    /// Nothing: the person wrote.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) preference: Option<Preference>,
    /// Whether the person came by an advertisement.
    #[serde(default)]
    pub(crate) by_ad: Switch,
}

/// What one webhook delivered: statuses, or a notice.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Acknowledged {
    pub(crate) at_micros: i64,
    pub(crate) statuses: Vec<StatusKey>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) notice: Option<u64>,
}

/// A line that is written.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) enum Entry<'a> {
    Arrival(&'a Record),
    Acknowledged(&'a Acknowledged),
    Template(&'a Listing),
    Deed(&'a Deed),
    Notice(&'a Notice),
    Withdrawn(&'a str, i64),
}

/// The open log.
#[derive(Debug)]
pub(crate) struct Log {
    file: File,
    path: PathBuf,
    length: u64,
}

impl Log {
    /// Hands every whole line to `each`, cuts a torn last one, and opens the file for more.
    pub(crate) fn open(path: &Path, mut each: impl FnMut(Line) -> anyhow::Result<()>) -> anyhow::Result<Self> {
        let name = path.display();
        let file = OpenOptions::new()
            .create(true)
            .read(true)
            .append(true)
            .open(path)
            .with_context(|| format!("opening the log {name}"))?;
        let mut reader = BufReader::new(&file);
        let (mut length, mut line, mut number) = (0_u64, Vec::new(), 0_u64);
        while reader.read_until(b'\n', &mut line).with_context(|| format!("reading the log {name}"))? > 0 {
            if line.last() != Some(&b'\n') {
                break;
            }
            number += 1;
            let parsed = serde_json::from_slice(&line).with_context(|| format!("line {number} of the log {name}"))?;
            each(parsed).with_context(|| format!("line {number} of the log {name}"))?;
            length += line.len() as u64;
            line.clear();
        }
        file.set_len(length).with_context(|| format!("cutting the torn end of the log {name}"))?;
        Ok(Self { file, path: path.to_owned(), length })
    }

    /// Its length, bytes.
    pub(crate) fn length(&self) -> u64 {
        self.length
    }

    /// Puts another in its place: this line, then those of before that are kept, in their order. One that fails leaves
    /// everything as it was.
    pub(crate) fn rewrite(
        &mut self,
        first: &Entry<'_>,
        mut is_kept: impl FnMut(&[u8]) -> anyhow::Result<bool>,
    ) -> anyhow::Result<()> {
        let beside = self.path.with_extension("part");
        let opened = OpenOptions::new().create(true).read(true).append(true).open(&beside);
        let file = opened.with_context(|| format!("opening {}", beside.display()))?;
        file.set_len(0).context("emptying what another rewriting left behind")?;
        let mut new = BufWriter::new(&file);
        let mut line = serde_json::to_vec(first).context("writing a log line as JSON")?;
        line.push(b'\n');
        new.write_all(&line).context("writing a shorter log")?;
        let mut length = line.len() as u64;
        line.clear();
        let mut old = BufReader::new(File::open(&self.path).context("opening the log to shorten it")?);
        while old.read_until(b'\n', &mut line).context("reading the log to shorten it")? > 0 {
            if is_kept(&line)? {
                new.write_all(&line).context("writing a shorter log")?;
                length += line.len() as u64;
            }
            line.clear();
        }
        new.flush().context("writing a shorter log")?;
        drop(new);
        std::fs::rename(&beside, &self.path).context("putting the shorter log in its place")?;
        (self.file, self.length) = (file, length);
        Ok(())
    }

    /// One write call; what a failed one left behind is cut, so that lines never run together.
    pub(crate) fn append(&mut self, entry: &Entry<'_>) -> anyhow::Result<()> {
        let mut line = serde_json::to_vec(entry).context("writing a log line as JSON")?;
        line.push(b'\n');
        if let Err(error) = self.file.write_all(&line) {
            self.file.set_len(self.length).context("cutting a half-written log line")?;
            return Err(error).context("appending to the log");
        }
        self.length += line.len() as u64;
        Ok(())
    }
}
