//! Contacts files as people have them: whatever the format, the importer writes the same audience, or says why not.

use campanile_tests::campaign::{call, uploaded};
use campanile_tests::running::repository;
use campanile_tests::stepped::Stepped;
use lambdas::importer;
use lambdas::storage::files;
use local::events::s3_event;
use local::whatsapp::WORKSPACE;
use serde_json::Value;
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
