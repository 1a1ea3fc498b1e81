//! Contacts files as people have them: whatever the format, the importer writes the same audience, or says why not, and
//! the browser says the same before the upload.

use campanile_tests::campaign::{call, uploaded, uploaded_as};
use campanile_tests::running::repository;
use campanile_tests::stepped::Stepped;
use lambdas::importer;
use lambdas::storage::files;
use local::events::s3_event;
use local::whatsapp::WORKSPACE;
use reader::{Extent, Reading, Sheet, Told, look};
use serde_json::{Value, json};
use wire::{Audience, AudienceStatus};

/// What an audience consists of: what the API says of it, and its files.
#[derive(Debug, PartialEq)]
struct Imported {
    recipients: u64,
    columns: Vec<String>,
    segment: Vec<u8>,
    rejects: Vec<u8>,
}

async fn import(stepped: &Stepped, file: &str) -> anyhow::Result<(Audience, Option<Imported>)> {
    let bytes = std::fs::read(repository().join("tests/fixtures/contacts").join(file))?;
    let (id, put) = uploaded(&stepped.app, &bytes).await?;
    importer::handle(&stepped.app, s3_event(&put)?).await?;
    let audience: Audience = call(&stepped.app, "GET", &format!("/v3/audiences/{id}"), Value::Null).await?;
    if audience.status != AudienceStatus::Ready {
        return Ok((audience, None));
    }
    let imported = Imported {
        recipients: audience.recipients,
        columns: audience.columns.clone(),
        segment: files::get(&stepped.app, &files::segment_key(WORKSPACE, &id, 0)).await?,
        rejects: files::get(&stepped.app, &files::rejects_key(WORKSPACE, &id)).await?,
    };
    Ok((audience, Some(imported)))
}

#[tokio::test]
async fn the_same_contacts_in_any_format_are_the_same_audience() -> anyhow::Result<()> {
    let stepped = Stepped::open().await?;
    let (_, expected) = import(&stepped, "sample.csv").await?;
    assert_eq!(expected.as_ref().map(|imported| imported.recipients), Some(960));
    for file in ["sample.xlsx", "sample.xls", "sample.ods", "sample.xlsx"] {
        assert_eq!(import(&stepped, file).await?.1, expected, "{file}");
    }
    let (_, xml) = import(&stepped, "sample.xml").await?;
    assert_eq!(xml.map(|imported| imported.recipients), Some(960));
    Ok(())
}

/// What a campaign would send out of the first row of a file's audience.
async fn first_row(stepped: &Stepped, file: &str) -> anyhow::Result<Vec<String>> {
    let (id, put) = uploaded(&stepped.app, file).await?;
    importer::handle(&stepped.app, s3_event(&put)?).await?;
    Ok(files::segment(&stepped.app, WORKSPACE, &id, 0).await?.remove(0).fields)
}

#[tokio::test]
async fn what_an_export_kept_from_computing_is_sent_as_it_was_written() -> anyhow::Result<()> {
    let stepped = Stepped::open().await?;
    let file = "phone,off,note\n+12025550100,'-10%,''=kept\n";
    assert_eq!(first_row(&stepped, file).await?, ["+12025550100", "-10%", "'=kept"]);
    let bytes = file.as_bytes().to_vec();
    let size = bytes.len() as u64;
    let mut shown = String::new();
    look(std::io::Cursor::new(bytes), size, &Reading::default(), |told| {
        if let Told::Sheet(sheet) = told {
            shown = format!("{sheet:?}");
        }
    });
    assert!(shown.contains("\"-10%\"") && !shown.contains("'-10%"), "{shown}");
    Ok(())
}

#[tokio::test]
async fn the_samples_that_the_dashboard_offers_are_taken_back_as_they_are() -> anyhow::Result<()> {
    let stepped = Stepped::open().await?;
    let mut names = Vec::new();
    for file in std::fs::read_dir(repository().join("frontend/samples"))? {
        let file = file?;
        let (id, put) = uploaded(&stepped.app, &std::fs::read(file.path())?).await?;
        importer::handle(&stepped.app, s3_event(&put)?).await?;
        let audience: Audience = call(&stepped.app, "GET", &format!("/v3/audiences/{id}"), Value::Null).await?;
        assert_eq!((audience.recipients, audience.rejected), (3, 0), "{:?}: {audience:?}", file.file_name());
        names.push(file.file_name());
    }
    names.sort();
    assert_eq!(names, ["contacts.csv", "contacts.ods", "contacts.txt", "contacts.xlsx", "contacts.xml"]);
    Ok(())
}

#[tokio::test]
async fn a_workbook_made_to_do_harm_fails_with_a_sentence_and_leaves_the_next_one_alone() -> anyhow::Result<()> {
    let stepped = Stepped::open().await?;
    for (file, said) in [
        ("hostile/packed-too-tightly.xlsx", "200 times its size"),
        ("hostile/entities.xml", "<!ENTITY"),
        ("hostile/cut-off.xlsx", "cut off"),
        ("with-password.xlsx", "password"),
    ] {
        let (audience, _) = import(&stepped, file).await?;
        assert_eq!(audience.status, AudienceStatus::Failed, "{file}");
        assert!(audience.problem.as_ref().is_some_and(|problem| problem.contains(said)), "{file}: {audience:?}");
    }
    assert_eq!(import(&stepped, "five-people.xlsx").await?.0.recipients, 4);
    Ok(())
}

/// All fixtures, the hostile ones too, by their path under the folder of contacts.
fn fixtures() -> anyhow::Result<Vec<String>> {
    let folder = repository().join("tests/fixtures/contacts");
    let mut files = Vec::new();
    for place in ["", "hostile/"] {
        for entry in std::fs::read_dir(folder.join(place))? {
            let entry = entry?;
            let is_script = entry.path().extension().is_some_and(|kind| kind == "py");
            // An empty file is refused where it is announced.
            if entry.file_type()?.is_file() && !is_script && entry.metadata()?.len() > 0 {
                files.push(format!("{place}{}", entry.file_name().to_string_lossy()));
            }
        }
    }
    files.sort();
    Ok(files)
}

/// What the dashboard's worker says at last; the error is its sentence.
fn seen(file: &str) -> anyhow::Result<Result<Sheet, String>> {
    let bytes = std::fs::read(repository().join("tests/fixtures/contacts").join(file))?;
    let size = bytes.len() as u64;
    let mut last = None;
    look(std::io::Cursor::new(bytes), size, &Reading::default(), |told| last = Some(told));
    match last {
        Some(Told::Sheet(sheet)) => Ok(Ok(sheet)),
        Some(Told::Unusable(why)) => Ok(Err(why)),
        Some(Told::Ready) | None => anyhow::bail!("nothing was said of {file}"),
    }
}

#[tokio::test]
async fn the_browser_and_the_importer_say_the_same_of_every_file() -> anyhow::Result<()> {
    let stepped = Stepped::open().await?;
    let files = fixtures()?;
    let (mut ready, mut failed) = (0, 0);
    for file in &files {
        let (audience, _) = import(&stepped, file).await?;
        match seen(file)? {
            Ok(sheet) if sheet.phone_column.is_some() => {
                ready += 1;
                let Sheet { extent, columns, phone_column, name_column, counts, .. } = sheet;
                assert_eq!((audience.status, extent), (AudienceStatus::Ready, Extent::All), "{file}");
                assert_eq!((audience.recipients, audience.rejected), (counts.good, counts.left_out()), "{file}");
                let twice = audience.rejected_by_reason.iter().find(|reason| reason.reason == "duplicate");
                assert_eq!(twice.map_or(0, |reason| reason.count), counts.duplicates, "{file}");
                let of_audience = (audience.columns, audience.phone_column, audience.name_column);
                assert_eq!(of_audience, (columns, phone_column, name_column), "{file}");
            }
            Ok(sheet) => {
                assert_eq!(audience.status, AudienceStatus::Failed, "{file}");
                let problem = audience.problem.unwrap_or_default();
                assert!(problem.contains(&sheet.columns.join(", ")), "{file}: {problem}");
            }
            Err(why) => {
                failed += 1;
                assert_eq!((audience.status, audience.problem), (AudienceStatus::Failed, Some(why)), "{file}");
            }
        }
    }
    assert!(ready >= 20 && failed >= 15, "{ready} of {} files are read, {failed} refused", files.len());
    Ok(())
}

/// What the API says of a file of which this was said, and what the dashboard's worker says.
async fn both_say(
    stepped: &Stepped,
    bytes: &[u8],
    said: Value,
    reading: &Reading,
) -> anyhow::Result<(Audience, Option<Told>)> {
    let (id, put) = uploaded_as(&stepped.app, bytes, said).await?;
    importer::handle(&stepped.app, s3_event(&put)?).await?;
    let audience: Audience = call(&stepped.app, "GET", &format!("/v3/audiences/{id}"), Value::Null).await?;
    let mut last = None;
    look(std::io::Cursor::new(bytes), bytes.len() as u64, reading, |told| last = Some(told));
    Ok((audience, last))
}

#[tokio::test]
async fn what_is_said_of_a_file_is_believed_alike_by_the_importer_and_the_browser() -> anyhow::Result<()> {
    let stepped = Stepped::open().await?;
    let workbook = std::fs::read(repository().join("tests/fixtures/contacts/typed-cells.xlsx"))?;
    let text = b"Concei\xE7\xE3o;x|+447700900011\nBia;y|+447700900012\n".to_vec();
    let of_text = Reading {
        delimiter: "pipe".into(),
        encoding: "windows-1252".into(),
        header_row: Some(0),
        ..Reading::default()
    };
    let of_sheet = Reading { sheet: "Old".into(), ..Reading::default() };
    let said_of_text = json!({ "delimiter": "pipe", "encoding": "windows-1252", "headerRow": 0 });
    for (bytes, said, reading, columns, people) in [
        (text, said_of_text, of_text, vec!["Column 1", "Column 2"], 2),
        (workbook.clone(), json!({ "sheet": "Old" }), of_sheet, vec!["phone"], 1),
    ] {
        let (audience, told) = both_say(&stepped, &bytes, said, &reading).await?;
        let Some(Told::Sheet(sheet)) = told else { anyhow::bail!("the worker says {told:?}") };
        assert_eq!((audience.status, audience.recipients, audience.rejected), (AudienceStatus::Ready, people, 0));
        assert_eq!((sheet.counts.good, sheet.counts.left_out()), (people, 0));
        assert_eq!(sheet.columns, columns);
        assert_eq!(audience.columns, sheet.columns);
        assert_eq!(audience.phone_column, sheet.phone_column);
        let manner = *sheet.manner;
        assert_eq!((audience.sheets, audience.sheet), (manner.sheets, manner.sheet));
    }
    let (found, _) = both_say(&stepped, &workbook, json!({}), &Reading::default()).await?;
    assert_eq!(found.sheets, ["Read me", "People", "Old"]);
    assert_eq!((found.sheet.as_deref(), found.other_sheets), (Some("People"), vec!["Old".to_owned()]));
    Ok(())
}

#[tokio::test]
async fn a_sheet_that_is_not_there_is_refused_with_the_names_of_those_that_are() -> anyhow::Result<()> {
    let stepped = Stepped::open().await?;
    let workbook = std::fs::read(repository().join("tests/fixtures/contacts/typed-cells.xlsx"))?;
    let reading = Reading { sheet: "Peuple".into(), ..Reading::default() };
    let (audience, told) = both_say(&stepped, &workbook, json!({ "sheet": "Peuple" }), &reading).await?;
    let problem = "There is no sheet \"Peuple\". The sheets are: Read me, People, Old.";
    assert_eq!((audience.status, audience.problem.as_deref()), (AudienceStatus::Failed, Some(problem)));
    assert_eq!(told, Some(Told::Unusable(problem.to_owned())));
    Ok(())
}
