//! Rejects files without the people who were erased. Every file that is kept is read through; the rows that name one of
//! them, in any cell and any spelling, keep their place and lose their cells.
//!
//! Whoever is on the erased list is taken out, not only him whose erasure asked for it, and a list that grew meanwhile is
//! gone through again: so of two that write the same file at once neither brings back whom the other took out.

use std::io::{BufReader, BufWriter, Write};
use std::path::Path;

use anyhow::Context;
use campaigns::file::{as_written, defused, for_spreadsheets, without_person};
use campaigns::phone::{Country, PhoneNumber};
use tempfile::NamedTempFile;
use wire::{Language, WorkspaceId};

use crate::App;
use crate::storage::audiences::{self, AudienceRecord};
use crate::storage::suppressions::{self, Snapshot};
use crate::storage::{files, people, settings};

/// Digits of the shortest number that is looked at.
const FEWEST_DIGITS: usize = 7;

/// Our own columns before those of the contacts file.
const OWN_COLUMNS: usize = 5;

/// Times that all files are gone through because somebody else was erased meanwhile.
const MOST_ROUNDS: u32 = 5;

/// Goes through all rejects files of a workspace, and notes on the proof that it is done.
pub(super) async fn redact(app: &App, workspace: WorkspaceId, erasure: &str) -> anyhow::Result<()> {
    let Some(proof) = people::proof(app, workspace, erasure).await? else { return Ok(()) };
    if proof.rejects_redacted_at.is_some() {
        return Ok(());
    }
    let (mut files, mut snapshot) = (0, suppressions::snapshot(app, workspace).await?);
    for _ in 0..MOST_ROUNDS {
        files += one_round(app, workspace, &snapshot).await?;
        let erased = snapshot.erased();
        snapshot = suppressions::snapshot(app, workspace).await?;
        if snapshot.erased() <= erased {
            people::note_redacted(app, workspace, erasure, files, app.clock.now_millis()).await?;
            tracing::info!(%workspace, erasure, files, "rejects files were redacted");
            return Ok(());
        }
    }
    anyhow::bail!("people kept being erased in {MOST_ROUNDS} rounds over the rejects files")
}

async fn one_round(app: &App, workspace: WorkspaceId, erased: &Snapshot) -> anyhow::Result<u64> {
    let (mut files, mut after) = (0, None);
    let home = settings::read(app, workspace).await?.default_country;
    let home = home.as_deref().and_then(|code| Country::parse(code).ok());
    loop {
        let (page, next) = audiences::page(app, workspace, after).await?;
        for record in page.iter().filter(|record| has_rejects(record)) {
            files += u64::from(redact_file(app, record, home, erased).await?);
        }
        match next {
            Some(next) => after = Some(next),
            None => return Ok(files),
        }
    }
}

fn has_rejects(record: &AudienceRecord) -> bool {
    record.rejected > 0 && record.rejects_deleted_at.is_none() && record.deleted_at.is_none()
}

/// Answers whether rows were taken out.
async fn redact_file(
    app: &App,
    record: &AudienceRecord,
    home: Option<Country>,
    erased: &Snapshot,
) -> anyhow::Result<bool> {
    let key = files::rejects_key(record.workspace_id, &record.id);
    let Some(opened) = files::open_if_there(app, &key).await? else { return Ok(false) };
    let (read, written) = (spooled()?, spooled()?);
    files::to_disk(opened, read.path()).await?;
    let countries = countries_of(record, home);
    let language = record.said.language.unwrap_or_default();
    let names = |cell: &str| names_erased(cell, &countries, erased);
    if without_people(read.path(), written.path(), language, names)? == 0 {
        return Ok(false);
    }
    super::put_rejects(app, record, written.path()).await?;
    Ok(true)
}

fn spooled() -> anyhow::Result<NamedTempFile> {
    NamedTempFile::new().context("making a file for rejected rows")
}

/// How the numbers of a file are read: as they were, or, where no country was said and national ones were refused, as of
/// each country that they may be of: those of the other people of the file, and the workspace's own.
fn countries_of(record: &AudienceRecord, home: Option<Country>) -> Vec<Option<Country>> {
    let said = record.default_country.as_deref().and_then(|code| Country::parse(code).ok());
    if said.is_some() {
        return vec![said];
    }
    let of_others = record.countries.iter().flat_map(|people| people.keys());
    let of_others = of_others.filter_map(|code| Country::parse(code).ok());
    std::iter::once(None).chain(of_others.chain(home).map(Some)).collect()
}

/// Whether a cell names somebody who was erased by his number.
fn names_erased(cell: &str, countries: &[Option<Country>], erased: &Snapshot) -> anyhow::Result<bool> {
    let digits = cell.bytes().filter(u8::is_ascii_digit).count();
    if digits < FEWEST_DIGITS {
        return Ok(false);
    }
    let cell = as_written(cell);
    for phone in countries.iter().flat_map(|country| PhoneNumber::all_in(&cell, *country)) {
        if erased.was_erased(&phone.canonical())? {
            return Ok(true);
        }
    }
    Ok(false)
}

/// Copies a rejects file, its rows that name somebody without him. Answers how many these were.
fn without_people(
    from: &Path,
    to: &Path,
    language: Language,
    names: impl Fn(&str) -> anyhow::Result<bool>,
) -> anyhow::Result<u64> {
    let file = std::fs::File::open(from).context("opening rejected rows")?;
    let mut rows = csv::ReaderBuilder::new().has_headers(false).flexible(true).from_reader(BufReader::new(file));
    let file = std::fs::File::create(to).context("making a file for rejected rows")?;
    let mut kept = for_spreadsheets(BufWriter::new(file)).context("making a file for rejected rows")?;
    let (mut record, mut taken) = (csv::StringRecord::new(), 0);
    while rows.read_record(&mut record).context("reading rejected rows")? {
        let mut is_named = false;
        for (place, cell) in record.iter().enumerate() {
            let is_theirs = place == 2 || place >= OWN_COLUMNS;
            is_named = is_named || (is_theirs && names(cell)?);
        }
        if !is_named {
            kept.write_record(&record).context("writing rejected rows")?;
            continue;
        }
        taken += 1;
        let cells: Vec<String> = record.iter().map(|cell| as_written(cell).into_owned()).collect();
        let cells = without_person(&cells, language);
        kept.write_record(cells.iter().map(|cell| defused(cell).into_owned())).context("writing rejected rows")?;
    }
    kept.into_inner().map_err(|error| anyhow::anyhow!("writing rejected rows: {error}"))?.flush()?;
    Ok(taken)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_that_name_a_person_keep_their_place_and_lose_their_cells() {
        let (from, to) = (spooled().unwrap(), spooled().unwrap());
        let rows = "row,column,value,reason,explanation,nome,celular\n\
                    3,celular,11 98765-4321,duplicate,The same.,Ana Secreta,11 98765-4321\n\
                    5,celular,12,notANumber,No.,Bia,12\n";
        std::fs::write(from.path(), rows).unwrap();
        let names = |cell: &str| Ok(cell == "11 98765-4321");
        assert_eq!(without_people(from.path(), to.path(), Language::English, names).unwrap(), 1);
        let kept = std::fs::read_to_string(to.path()).unwrap();
        assert!(!kept.contains("Secreta") && !kept.contains("98765"), "{kept}");
        let (gone, stays) = ("\n\"3\",\"celular\",\"\",\"erased\",", "\"Bia\",\"12\"\n");
        assert!(kept.contains(gone) && kept.contains(stays), "{kept}");
        assert_eq!(kept.lines().count(), 3);
    }
}
