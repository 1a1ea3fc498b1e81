//! The book in files: what goes out and comes back, what an import brings, and what is left out of one.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::Context;
use axum::body::Body;
use axum::http::{Request, StatusCode};
use campanile_tests::campaign::{token, uploaded};
use campanile_tests::contacts::{self as people, phone_ending};
use campanile_tests::people::answer;
use campanile_tests::stepped::Stepped;
use lambdas::importer;
use lambdas::storage::{audiences, contacts, files};
use local::events::s3_event;
use local::whatsapp::WORKSPACE;
use serde_json::{Value, json};
use tower::ServiceExt;
use wire::{Audience, Contact, Export, ExportStatus};

use super::{all, ask, audience_path, book, import_into_contacts, run_errands};

#[tokio::test]
async fn an_export_that_is_imported_again_is_the_same_book() -> anyhow::Result<()> {
    let stepped = Stepped::open().await?;
    book(&stepped, 20).await?;
    let odd = json!({
        "phone": "+5531987654321", "name": "=1+1", "labels": ["a b", "vip"], "portfolio": "Norte", "city": "São Paulo",
        "state": "SP", "fields": { "telefone 2": "+5511987654321", "note": "@x \"y\"" }, "waId": "553187654321", "userId": "BR.1",
    });
    ask::<Contact>(&stepped, "POST", "/v3/contacts", odd).await?;
    let before = all(&stepped, "").await?;
    let export: Export = ask(&stepped, "POST", "/v3/contacts/export", json!({})).await?;
    assert_eq!((export.status, export.url), (ExportStatus::Writing, None));
    run_errands(&stepped).await?;
    let export: Export = ask(&stepped, "GET", &format!("/v3/contacts/export/{}", export.id), Value::Null).await?;
    assert_eq!((export.status, export.contacts, export.url.is_some()), (ExportStatus::Ready, 21, true));
    let csv = files::get(&stepped.app, &files::export_key(WORKSPACE, &export.id, "csv")).await?;
    assert!(String::from_utf8_lossy(&csv).contains("'=1+1"), "a formula is defused");

    // Over the book that it came from it changes nothing.
    let audience = import_into_contacts(&stepped, &csv, json!({})).await?;
    let into = audience.into_contacts.context("the import went into the book")?;
    assert_eq!((into.done, into.written, into.left_out), (21, 0, 0));
    assert_eq!(all(&stepped, "").await?, before);

    // Into an empty one it brings everybody back.
    for contact in &before {
        contacts::delete(&stepped.app, WORKSPACE, &campaigns::contact::canonical(contact)).await?;
    }
    import_into_contacts(&stepped, &csv, json!({})).await?;
    let known = |contact: &Contact| {
        let Contact { created_at, updated_at, .. } = before[0].clone();
        Contact { created_at, updated_at, ..contact.clone() }
    };
    let after: Vec<Contact> = all(&stepped, "").await?.iter().map(known).collect();
    assert_eq!(after, before.iter().map(known).collect::<Vec<_>>());
    Ok(())
}

#[tokio::test]
async fn a_book_is_exported_as_a_workbook_that_comes_back_as_the_same_book() -> anyhow::Result<()> {
    let stepped = Stepped::open().await?;
    book(&stepped, 5).await?;
    let odd = json!({ "phone": "+5531987654321", "name": "=1+1;-2", "fields": { "code": "00123456789012345678" } });
    ask::<Contact>(&stepped, "POST", "/v3/contacts", odd).await?;
    let before = all(&stepped, "").await?;
    let export: Export = ask(&stepped, "POST", "/v3/contacts/export", json!({ "format": "xlsx" })).await?;
    run_errands(&stepped).await?;
    let book = files::get(&stepped.app, &files::export_key(WORKSPACE, &export.id, "xlsx")).await?;
    assert!(book.starts_with(b"PK"));
    let audience = import_into_contacts(&stepped, &book, json!({})).await?;
    let into = audience.into_contacts.context("the import went into the book")?;
    assert_eq!((into.done, into.written, into.left_out), (6, 0, 0));
    assert_eq!(all(&stepped, "").await?, before);
    Ok(())
}

#[tokio::test]
async fn an_import_joins_what_is_known_and_goes_on_where_it_stopped() -> anyhow::Result<()> {
    let stepped = Stepped::open().await?;
    let phones = book(&stepped, 2).await?;
    let csv = format!("nome;telefone;cidade;tamanho\n;{};;G\nNova;{};Faro;\n", phones[0], phone_ending("0170"));
    let audience =
        import_into_contacts(&stepped, csv.as_bytes(), json!({ "labels": ["may"], "portfolio": "North" })).await?;
    assert_eq!(audience.into_contacts.as_ref().map(|into| (into.done, into.written, into.left_out)), Some((2, 2, 0)));
    let first: Contact = ask(&stepped, "GET", &format!("/v3/contacts/{}", phones[0]), Value::Null).await?;
    assert_eq!(
        (first.name.as_str(), first.city.as_deref(), first.portfolio.as_deref()),
        ("Person 0", Some("Lisboa"), Some("North"))
    );
    assert_eq!(first.labels, BTreeSet::from(["may".to_owned(), "vip".to_owned()]));
    assert_eq!(
        first.fields,
        BTreeMap::from([("size".to_owned(), "M".to_owned()), ("tamanho".to_owned(), "G".to_owned())])
    );

    // The upload's event comes again, and so does the errand: nothing changes.
    let before = all(&stepped, "").await?;
    let key = files::upload_key(WORKSPACE, &audience.id);
    let put = local::embedded::s3::PutEvent { bucket: local::cloud::FILES_BUCKET.to_owned(), key, size: 1 };
    importer::handle(&stepped.app, s3_event(&put)?).await?;
    run_errands(&stepped).await?;
    // It died after the contacts and before it noted so.
    let mut died = audiences::get(&stepped.app, WORKSPACE, &audience.id).await?.context("the audience")?;
    died.into_contacts.as_mut().context("the import goes into the book")?.next_segment = 0;
    audiences::put(&stepped.app, &died).await?;
    importer::handle(&stepped.app, s3_event(&put)?).await?;
    run_errands(&stepped).await?;
    assert_eq!(all(&stepped, "").await?, before);

    // Without the option nobody comes into the book.
    let (_, put) = uploaded(&stepped.app, people::csv(5)).await?;
    importer::handle(&stepped.app, s3_event(&put)?).await?;
    run_errands(&stepped).await?;
    assert_eq!(all(&stepped, "").await?, before);
    Ok(())
}

#[tokio::test]
async fn a_corrected_rejects_file_goes_into_the_book_without_our_columns_and_what_is_lost_is_told() -> anyhow::Result<()>
{
    let stepped = Stepped::open().await?;
    let phones: Vec<String> = people::phones().take(3).collect();
    let own = "row,column,value,reason,explanation";
    let long = "x".repeat(300);
    let title = "t".repeat(41);
    let csv = format!(
        "{own},phone,name,note,{title}\n2,phone,1,tooShort,Short.,{},Ana,ok,1\n3,phone,2,tooShort,Short.,{},Bia,{long},1\n",
        phones[0], phones[1]
    );
    let audience = import_into_contacts(&stepped, csv.as_bytes(), json!({})).await?;
    let into = audience.into_contacts.context("the import went into the book")?;
    assert_eq!((into.done, into.written, into.left_out), (2, 1, 1));
    let problem = &into.problems[0];
    assert_eq!((problem.row, problem.field.as_str()), (3, "fields.note"));
    assert_eq!(problem.message, "at most 200 characters");
    assert_eq!(into.columns_left_out, [title]);
    let ana: Contact = ask(&stepped, "GET", &format!("/v3/contacts/{}", phones[0]), Value::Null).await?;
    assert_eq!(ana.fields, BTreeMap::from([("note".to_owned(), "ok".to_owned())]));
    Ok(())
}

#[tokio::test]
async fn who_was_erased_after_the_import_does_not_come_into_the_book() -> anyhow::Result<()> {
    let stepped = Stepped::open().await?;
    let phones: Vec<String> = people::phones().take(2).collect();
    let csv = people::csv(2);
    let announced = json!({
        "fileName": "a.csv", "sizeBytes": csv.len(), "intoContacts": true,
        "consent": { "category": "marketing", "source": "fair" },
    });
    let upload: wire::Upload = ask(&stepped, "POST", "/v3/uploads", announced).await?;
    let key = files::upload_key(WORKSPACE, &upload.audience_id);
    files::put(&stepped.app, &key, "text/csv", csv.clone().into_bytes()).await?;
    let put =
        local::embedded::s3::PutEvent { bucket: local::cloud::FILES_BUCKET.to_owned(), key, size: csv.len() as u64 };
    importer::handle(&stepped.app, s3_event(&put)?).await?;
    ask::<Value>(&stepped, "POST", "/v3/people/erase", json!({ "phone": phones[0] })).await?;
    run_errands(&stepped).await?;
    let token = token(&stepped.app).await?;
    let path = format!("/v3/contacts/{}", phones[0]);
    assert_eq!(answer(&stepped, &token, "GET", &path, Value::Null).await?.0, StatusCode::NOT_FOUND);
    let lines: Value = ask(&stepped, "GET", &format!("{path}/consents"), Value::Null).await?;
    assert_eq!(lines["items"], json!([]));
    ask::<Contact>(&stepped, "GET", &format!("/v3/contacts/{}", phones[1]), Value::Null).await?;
    let audience: Audience = ask(&stepped, "GET", &audience_path(&upload.audience_id), Value::Null).await?;
    let into = audience.into_contacts.context("the import went into the book")?;
    assert_eq!((into.done, into.written, into.left_out), (2, 1, 1));
    Ok(())
}

#[tokio::test]
async fn rows_that_were_left_out_are_given_as_a_workbook_too() -> anyhow::Result<()> {
    let stepped = Stepped::open().await?;
    let (id, put) = uploaded(&stepped.app, format!("{}Nobody,12\n", people::csv(1))).await?;
    importer::handle(&stepped.app, s3_event(&put)?).await?;
    let token = token(&stepped.app).await?;
    for (query, ending) in [("", "csv"), ("?format=csv", "csv"), ("?format=xlsx", "xlsx")] {
        let request = Request::get(format!("/v3/audiences/{id}/rejects{query}"));
        let request = request.header("authorization", format!("Bearer {token}")).body(Body::empty())?;
        let response = lambdas::api::router(stepped.app.clone()).oneshot(request).await?;
        let to = response.headers()["location"].to_str()?;
        assert!(to.contains(&format!("rejects.{ending}")), "{query}: {to}");
    }
    let book = files::get(&stepped.app, &files::rejects_workbook_key(WORKSPACE, &id)).await?;
    assert!(book.starts_with(b"PK"));
    Ok(())
}
