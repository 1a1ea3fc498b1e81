//! Lists of the book: saved, counted, and made the audience of a campaign, which reaches exactly their people.

use std::collections::BTreeSet;

use anyhow::Context;
use axum::http::StatusCode;
use campanile_tests::campaign::token;
use campanile_tests::client::until;
use campanile_tests::contacts::{self as people, phone_ending};
use campanile_tests::people::answer;
use campanile_tests::running::Running;
use campanile_tests::stepped::Stepped;
use lambdas::importer;
use lambdas::storage::channels::{self, ChannelRecord};
use lambdas::storage::files::{manifest_key, rejects_key, segment_key};
use lambdas::storage::suppressions::{self, Entry};
use lambdas::storage::{audiences, files};
use local::whatsapp::WORKSPACE;
use serde_json::{Value, json};
use simulator::Outcome;
use wire::{
    Audience, AudienceId, AudienceStatus, ChannelId, Contact, Export, ExportStatus, LabelsChanged, List, ListAudience,
    ListCount, ListsPage, SuppressionReason, WorkspaceId,
};

use super::{all, ask, audience_path, book, import_into_contacts, run_errands};

#[tokio::test]
async fn lists_are_saved_counted_changed_and_deleted() -> anyhow::Result<()> {
    let stepped = Stepped::open().await?;
    book(&stepped, 30).await?;
    let filter = json!({ "labels": { "none": ["vip"] }, "cities": ["Porto"] });
    let count: ListCount = ask(&stepped, "POST", "/v3/lists/count", json!({ "filter": filter })).await?;
    assert_eq!((count.contacts, count.at_least), (10, false));
    assert_eq!(count.countries.values().sum::<u64>(), 10, "{:?}", count.countries);
    let list: List = ask(&stepped, "POST", "/v3/lists", json!({ "name": " Porto ", "filter": filter })).await?;
    assert_eq!((list.name.as_str(), list.version), ("Porto", 1));
    let path = format!("/v3/lists/{}", list.id);
    let renamed: List = ask(&stepped, "PATCH", &path, json!({ "name": "North", "version": 1 })).await?;
    assert_eq!((renamed.name.as_str(), &renamed.filter, renamed.version), ("North", &list.filter, 2));
    let token = token(&stepped.app).await?;
    assert_eq!(
        answer(&stepped, &token, "PATCH", &path, json!({ "name": "x", "version": 1 })).await?.0,
        StatusCode::CONFLICT
    );
    let lists: ListsPage = ask(&stepped, "GET", "/v3/lists", Value::Null).await?;
    assert_eq!(lists.items, [renamed]);
    assert_eq!(
        answer(&stepped, &token, "POST", &format!("{path}/audience"), json!({})).await?.0,
        StatusCode::UNPROCESSABLE_ENTITY,
        "nobody confirmed that they opted in"
    );
    for expected in [StatusCode::NO_CONTENT, StatusCode::NOT_FOUND] {
        assert_eq!(answer(&stepped, &token, "DELETE", &path, Value::Null).await?.0, expected);
    }
    Ok(())
}

#[tokio::test]
async fn a_list_takes_only_channels_of_its_workspace_and_is_still_of_use_when_its_own_is_gone() -> anyhow::Result<()> {
    let stepped = Stepped::open().await?;
    let ours = stepped.channel().await?;
    let theirs = ChannelRecord {
        id: ChannelId("theirs".to_owned()),
        workspace_id: WorkspaceId(2),
        phone_number_id: "999".to_owned(),
        waba_id: "900".to_owned(),
        ..ours.clone()
    };
    channels::create(&stepped.app, &theirs).await?;
    let by = |channel: &ChannelId| json!({ "channel": { "id": channel, "spoke": "anywhere" } });
    let named = json!({ "name": "Ours", "filter": by(&ours.id) });
    let list: List = ask(&stepped, "POST", "/v3/lists", named).await?;
    let path = format!("/v3/lists/{}", list.id);
    let (audience, token) = (format!("{path}/audience"), token(&stepped.app).await?);
    for channel in [theirs.id, ChannelId("nobodys".to_owned())] {
        let filter = by(&channel);
        for (method, path, body, field) in [
            ("POST", "/v3/lists", json!({ "name": "x", "filter": filter }), "filter.channel"),
            ("PATCH", path.as_str(), json!({ "filter": filter }), "filter.channel"),
            ("POST", audience.as_str(), json!({ "channel": filter["channel"], "optInConfirmed": true }), "channel"),
        ] {
            let (status, told) = answer(&stepped, &token, method, path, body).await?;
            assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY, "{method} {path}: {told}");
            assert_eq!(told["errors"][0]["field"], field, "{method} {path}: {told}");
            assert_eq!(told["errors"][0]["message"], "this workspace has no such channel", "{method} {path}: {told}");
        }
    }
    let long = by(&ChannelId("x".repeat(121)));
    for (path, body) in [
        ("/v3/lists", json!({ "name": "x", "filter": long })),
        ("/v3/contacts/labels", json!({ "add": ["x"], "filter": long })),
        ("/v3/contacts/export", json!({ "filter": long })),
    ] {
        let (status, told) = answer(&stepped, &token, "POST", path, body).await?;
        assert_eq!((status, &told["errors"][0]["field"]), (StatusCode::UNPROCESSABLE_ENTITY, &json!("filter.channel")));
    }
    let lists: ListsPage = ask(&stepped, "GET", "/v3/lists", Value::Null).await?;
    assert_eq!(lists.items, [list], "nothing was saved");
    assert!(stepped.take_now(&stepped.cloud.queues.errand).await?.records.is_empty(), "nothing was begun");

    channels::delete(&stepped.app, &ours).await?;
    let edited = json!({ "name": "Still ours", "filter": by(&ours.id) });
    let edited: List = ask(&stepped, "PATCH", &path, edited).await?;
    assert_eq!((edited.name.as_str(), edited.version), ("Still ours", 2));
    let chosen = json!({ "channel": by(&ours.id)["channel"], "optInConfirmed": true });
    let (status, told) = answer(&stepped, &token, "POST", &audience, chosen).await?;
    assert_eq!((status, &told["errors"][0]["field"]), (StatusCode::UNPROCESSABLE_ENTITY, &json!("channel")), "{told}");

    let person = json!({ "phone": phone_ending("0170"), "name": "Ana" });
    let _: Contact = ask(&stepped, "POST", "/v3/contacts", person).await?;
    let made: ListAudience = ask(&stepped, "POST", &audience, json!({ "optInConfirmed": true })).await?;
    let export: Export = ask(&stepped, "POST", "/v3/contacts/export", json!({ "filter": edited.filter })).await?;
    run_errands(&stepped).await?;
    let made: Audience = ask(&stepped, "GET", &audience_path(&made.audience_id), Value::Null).await?;
    let export: Export = ask(&stepped, "GET", &format!("/v3/contacts/export/{}", export.id), Value::Null).await?;
    assert_eq!((made.recipients, export.contacts), (1, 1));
    let labels = json!({ "add": ["x"], "filter": edited.filter });
    let labelled: LabelsChanged = ask(&stepped, "POST", "/v3/contacts/labels", labels).await?;
    assert_eq!(labelled.changed, 1);
    Ok(())
}

#[tokio::test]
async fn a_list_becomes_the_same_audience_twice_without_those_who_asked_for_nothing_more() -> anyhow::Result<()> {
    let stepped = Stepped::open().await?;
    let phones = book(&stepped, 30).await?;
    let gone = Entry { reason: SuppressionReason::Word, code: None, added_by: None, since: 1 };
    suppressions::add(&stepped.app, WORKSPACE, &phones[3][1..], &gone).await?;
    let filter = json!({ "labels": { "any": ["vip"] } });
    let list: List = ask(&stepped, "POST", "/v3/lists", json!({ "name": "VIP", "filter": filter })).await?;
    let path = format!("/v3/lists/{}/audience", list.id);
    let made: ListAudience = ask(&stepped, "POST", &path, json!({ "optInConfirmed": true })).await?;
    let audience_url = audience_path(&made.audience_id);
    let shown = || ask::<Audience>(&stepped, "GET", &audience_url, Value::Null);
    assert_eq!(shown().await?.status, AudienceStatus::Importing);
    let event = stepped.take(&stepped.cloud.queues.errand).await?;
    importer::errands::handle(&stepped.app, event.clone()).await?;
    let audience = shown().await?;
    assert_eq!((audience.status, audience.recipients, audience.rejected), (AudienceStatus::Ready, 9, 1));
    assert_eq!(
        (audience.rejected_by_reason[0].reason.as_str(), audience.list_id.as_ref()),
        ("suppressed", Some(&list.id))
    );
    assert_eq!((audience.file_name.as_str(), audience.name_column.as_deref()), ("VIP", Some("name")));
    assert_eq!(
        (audience.confirmed_by.as_deref(), audience.confirmed_at),
        (Some("Test"), Some(audience.created_at)),
        "who answers for their consent"
    );
    let first = bytes_of(&stepped, &made.audience_id).await?;
    let people: BTreeSet<String> =
        files::segment(&stepped.app, WORKSPACE, &made.audience_id, 0).await?.into_iter().map(|row| row.phone).collect();
    assert_eq!(people, phones.iter().step_by(3).filter(|phone| **phone != phones[3]).cloned().collect());

    // It died after the files and before the record: the errand comes again.
    let mut died = audiences::get(&stepped.app, WORKSPACE, &made.audience_id).await?.context("the audience")?;
    died.status = AudienceStatus::Importing;
    audiences::put(&stepped.app, &died).await?;
    importer::errands::handle(&stepped.app, event.clone()).await?;
    assert_eq!(bytes_of(&stepped, &made.audience_id).await?, first, "the same bytes");
    assert_eq!(shown().await?, audience);

    // Ready, it stays as it is, whatever becomes of the book.
    ask::<LabelsChanged>(&stepped, "POST", "/v3/contacts/labels", json!({ "remove": ["vip"], "filter": {} })).await?;
    importer::errands::handle(&stepped.app, event).await?;
    assert_eq!(bytes_of(&stepped, &made.audience_id).await?, first);
    Ok(())
}

async fn bytes_of(stepped: &Stepped, id: &AudienceId) -> anyhow::Result<Vec<Vec<u8>>> {
    let mut all = Vec::new();
    for key in [segment_key(WORKSPACE, id, 0), rejects_key(WORKSPACE, id), manifest_key(WORKSPACE, id)] {
        all.push(files::get(&stepped.app, &key).await?);
    }
    Ok(all)
}

#[tokio::test]
async fn a_book_of_several_segments_becomes_an_audience_in_the_books_order() -> anyhow::Result<()> {
    const PEOPLE: usize = 4_500;
    let stepped = Stepped::open().await?;
    let audience = import_into_contacts(&stepped, people::csv(PEOPLE).as_bytes(), json!({})).await?;
    let into = audience.into_contacts.context("the import went into the book")?;
    assert_eq!((into.done, into.written), (PEOPLE as u64, PEOPLE as u64));
    let count: ListCount = ask(&stepped, "POST", "/v3/lists/count", json!({})).await?;
    assert_eq!((count.contacts, count.at_least), (PEOPLE as u64, false));

    let list: List = ask(&stepped, "POST", "/v3/lists", json!({ "name": "All" })).await?;
    let path = format!("/v3/lists/{}/audience", list.id);
    let made: ListAudience = ask(&stepped, "POST", &path, json!({ "optInConfirmed": true })).await?;
    run_errands(&stepped).await?;
    let mut people = Vec::new();
    for segment in 0..3 {
        people.extend(files::segment(&stepped.app, WORKSPACE, &made.audience_id, segment).await?);
    }
    let of_the_book: Vec<String> = all(&stepped, "limit=500").await?.into_iter().map(|contact| contact.phone).collect();
    assert_eq!(people.into_iter().map(|person| person.phone).collect::<Vec<_>>(), of_the_book);
    assert_eq!(of_the_book.iter().collect::<BTreeSet<_>>().len(), PEOPLE);
    let manifest = files::manifest(&stepped.app, WORKSPACE, &made.audience_id).await?;
    assert_eq!(
        (manifest.recipients, manifest.rejected, &manifest.columns[..2]),
        (PEOPLE as u64, 0, &["whatsapp".to_owned(), "name".to_owned()][..])
    );
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lists_campaign_reaches_exactly_the_people_of_the_list() -> anyhow::Result<()> {
    let running = Running::start().await?;
    let client = &running.client;
    let phones: Vec<String> = people::phones().take(40).collect();
    for (at, phone) in phones.iter().enumerate() {
        let labels = if at % 4 == 0 { vec!["vip"] } else { vec![] };
        let body = json!({ "phone": phone, "name": format!("Person {at}"), "labels": labels });
        client.post::<Contact>("/v3/contacts", &body).await?;
    }
    let filter = json!({ "labels": { "any": ["vip"] } });
    let list: List = client.post("/v3/lists", &json!({ "name": "VIP", "filter": filter })).await?;
    let path = format!("/v3/lists/{}/audience", list.id);
    let made: ListAudience = client.post(&path, &json!({ "optInConfirmed": true })).await?;
    let audience = client.imported(&made.audience_id).await?;
    assert_eq!(audience.recipients, 10);
    let draft = client.draft(&audience.id, json!({})).await?;
    client.ask(&draft.id, "start").await?;
    let done = client.completed(&draft.id).await?;
    assert_eq!(done.totals.failed + done.totals.skipped + done.totals.unknown, 0);
    let arrivals = running.process.simulator.arrivals();
    let reached: BTreeSet<String> = arrivals
        .iter()
        .filter(|arrival| matches!(arrival.outcome, Outcome::Accepted))
        .map(|arrival| format!("+{}", arrival.to.trim_start_matches('+')))
        .collect();
    assert_eq!(reached, phones.iter().step_by(4).cloned().collect());
    assert_eq!(arrivals.len(), 10);

    let export: Export = client.post("/v3/contacts/export", &json!({})).await?;
    let ready = until("the export", async || {
        let export: Export = client.get(&format!("/v3/contacts/export/{}", export.id)).await?;
        Ok(Some(export).filter(|export| export.status == ExportStatus::Ready))
    });
    let url = ready.await?.url.context("a ready export has an address")?;
    let csv = reqwest::get(url).await?.text().await?;
    assert_eq!(csv.lines().count(), 41);
    running.stop().await
}
