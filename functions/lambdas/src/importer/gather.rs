//! Contacts out of the book onto disk: all that a filter finds, shard by shard and by phone, so that the same book gives
//! the same file. Written once, read once: which custom fields there are is known only at the end.

use std::collections::BTreeSet;
use std::fs::File;
use std::io::{BufRead, BufReader, BufWriter, Write};

use anyhow::Context;
use campaigns::consent::exported::CONSENT_TITLES;
use campaigns::contact::{self, FILE_TITLES};
use campaigns::file::MAX_COLUMNS;
use campaigns::list::Sought;
use serde::{Deserialize, Serialize};
use tempfile::NamedTempFile;
use wire::{Contact, WorkspaceId};

use crate::App;
use crate::storage::contacts::{self, Place};
use crate::storage::last_contacts;
use crate::storage::suppressions::Snapshot;

/// Contacts read at once: DynamoDB's 1 MB comes first.
const READ_AT_ONCE: i32 = 10_000;

/// Most custom fields that get a column: with those of every contact, and their consents in an export, no more than a file
/// may have.
const MOST_FIELD_COLUMNS: usize = MAX_COLUMNS - FILE_TITLES.len() - CONSENT_TITLES.len();

/// What is done about people who asked for no more messages.
pub(super) enum Suppressed {
    /// They are marked, as of when the gathering began.
    Marked(Snapshot),
    /// Nobody asks: the file is for the workspace itself.
    NotAsked,
}

/// Somebody whom the filter found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Found {
    pub contact: Contact,
    pub is_suppressed: bool,
}

/// Everybody whom a filter found, on disk.
pub(super) struct Gathered {
    file: NamedTempFile,
    /// How many they are, marked ones among them.
    pub contacts: u64,
    /// Custom fields that any of them has, by name.
    pub fields: BTreeSet<String>,
}

impl Gathered {
    /// The titles of all columns but those of consents.
    pub fn columns(&self) -> Vec<String> {
        FILE_TITLES.iter().map(|title| (*title).to_owned()).chain(self.fields.iter().cloned()).collect()
    }

    /// Everybody, in the book's order.
    pub fn read(&self) -> anyhow::Result<impl Iterator<Item = anyhow::Result<Found>> + use<>> {
        let file = self.file.reopen().context("opening the gathered contacts")?;
        Ok(BufReader::new(file).lines().map(|line| {
            let line = line.context("reading the gathered contacts")?;
            serde_json::from_str(&line).context("a gathered contact cannot be read")
        }))
    }
}

/// The book while it is read.
pub(super) struct Gathering {
    workspace: WorkspaceId,
    sought: Sought,
    suppressed: Suppressed,
    out: BufWriter<File>,
    place: Option<Place>,
    so_far: Gathered,
}

impl Gathering {
    /// Begins with nobody.
    pub fn new(workspace: WorkspaceId, sought: Sought, suppressed: Suppressed) -> anyhow::Result<Gathering> {
        let file = NamedTempFile::new().context("making a file for contacts")?;
        Ok(Gathering {
            workspace,
            sought,
            suppressed,
            out: BufWriter::new(file.reopen().context("opening the file for contacts")?),
            place: Some(Place::START),
            so_far: Gathered { file, contacts: 0, fields: BTreeSet::new() },
        })
    }

    /// Reads until another `many` were found, or to the end. Answers how many there are now; nothing at the end.
    pub async fn read_on(&mut self, app: &App, many: u64) -> anyhow::Result<Option<u64>> {
        let until = self.so_far.contacts + many;
        while let Some(at) = self.place.take() {
            let page = contacts::read(app, self.workspace, &at, "", READ_AT_ONCE).await?;
            let found = last_contacts::found(app, self.workspace, &self.sought, page.contacts, true).await?;
            for found in mark(found, &self.suppressed)? {
                self.take(found)?;
            }
            self.place = page.next.or_else(|| at.next_shard());
            if self.so_far.contacts >= until {
                return Ok(Some(self.so_far.contacts));
            }
        }
        Ok(None)
    }

    fn take(&mut self, found: Found) -> anyhow::Result<()> {
        serde_json::to_writer(&mut self.out, &found).context("writing a contact")?;
        self.out.write_all(b"\n").context("writing a contact")?;
        let so_far = &mut self.so_far;
        so_far.contacts += 1;
        so_far.fields.extend(found.contact.fields.into_keys());
        while so_far.fields.len() > MOST_FIELD_COLUMNS {
            so_far.fields.pop_last();
        }
        Ok(())
    }

    /// All that was found.
    pub fn finish(mut self) -> anyhow::Result<Gathered> {
        self.out.flush().context("writing contacts")?;
        Ok(self.so_far)
    }
}

fn mark(contacts: Vec<Contact>, suppressed: &Suppressed) -> anyhow::Result<Vec<Found>> {
    let mut found = Vec::with_capacity(contacts.len());
    for contact in contacts {
        let is_suppressed = match suppressed {
            Suppressed::Marked(snapshot) => snapshot.why(&contact::canonical(&contact))?.is_some(),
            Suppressed::NotAsked => false,
        };
        found.push(Found { contact, is_suppressed });
    }
    Ok(found)
}
