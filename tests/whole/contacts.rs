//! The contact book and its lists: who is in it, who is found, and that a list's campaign reaches exactly those people.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::Context;
use axum::body::Body;
use axum::http::{Request, StatusCode};
use campanile_tests::campaign::{call, call_with, refused, token, uploaded};
use campanile_tests::client::until;
use campanile_tests::contacts::{self as people, phone_ending};
use campanile_tests::people::answer;
use campanile_tests::running::Running;
use campanile_tests::stepped::Stepped;
use lambdas::importer;
use lambdas::storage::access::{self, AccessRecord, Purpose};
use lambdas::storage::channels::{self, ChannelRecord};
use lambdas::storage::files::{manifest_key, rejects_key, segment_key};
use lambdas::storage::suppressions::{self, Entry};
use lambdas::storage::{audiences, contacts, files};
use local::events::s3_event;
use local::whatsapp::WORKSPACE;
use serde_json::{Value, json};
use simulator::Outcome;
use tower::ServiceExt;
use wire::{
    Audience, AudienceId, AudienceStatus, ChannelId, Contact, ContactList, ContactValues, Export, ExportStatus,
    LabelsChanged, List, ListAudience, ListCount, ListsPage, SuppressionReason, ValueCount, WorkspaceId,
};

async fn ask<T: serde::de::DeserializeOwned>(
    stepped: &Stepped,
    method: &str,
    path: &str,
    body: Value,
) -> anyhow::Result<T> {
    call(&stepped.app, method, path, body).await
}

/// Runs what lies in the errand queue.
async fn run_errands(stepped: &Stepped) -> anyhow::Result<()> {
    loop {
        let event = stepped.take_now(&stepped.cloud.queues.errand).await?;
        if event.records.is_empty() {
            return Ok(());
        }
        importer::errands::handle(&stepped.app, event).await?;
    }
}

/// A book of so many people: every third is labelled `vip`, every second lives in Lisboa.
async fn book(stepped: &Stepped, count: usize) -> anyhow::Result<Vec<String>> {
    let phones: Vec<String> = people::phones().take(count).collect();
    let token = token(&stepped.app).await?;
    for (at, phone) in phones.iter().enumerate() {
        let labels = if at % 3 == 0 { vec!["vip"] } else { vec![] };
        let city = if at % 2 == 0 { "Lisboa" } else { "Porto" };
        let body = json!({ "phone": phone, "name": format!("Person {at}"), "labels": labels, "city": city, "fields": { "size": "M" } });
        call_with::<Contact>(&token, &stepped.app, "POST", "/v3/contacts", body).await?;
    }
    Ok(phones)
}

/// Everybody whom the API finds, page by page.
async fn all(stepped: &Stepped, query: &str) -> anyhow::Result<Vec<Contact>> {
    let (mut found, mut after) = (Vec::new(), String::new());
    loop {
        let page: ContactList = ask(stepped, "GET", &format!("/v3/contacts?{query}{after}"), Value::Null).await?;
        found.extend(page.items);
        match page.next {
            Some(next) => after = format!("&after={next}"),
            None => return Ok(found),
        }
    }
}

/// A filter as it stands in a URL.
fn encoded(filter: Value) -> String {
    filter.to_string().bytes().map(|byte| format!("%{byte:02X}")).collect()
}

#[tokio::test]
async fn a_person_in_another_spelling_is_there_already_and_is_edited_and_deleted_by_any() -> anyhow::Result<()> {
    let stepped = Stepped::open().await?;
    let token = token(&stepped.app).await?;
    let joao = json!({ "phone": "+5531987654321", "name": " João  da Silva ", "labels": ["vip"], "city": "Belém" });
    let (status, made) = answer(&stepped, &token, "POST", "/v3/contacts", joao.clone()).await?;
    assert_eq!((status, &made["name"], &made["version"]), (StatusCode::CREATED, &json!("João da Silva"), &json!(1)));
    let (status, again) = answer(&stepped, &token, "POST", "/v3/contacts", joao).await?;
    assert_eq!((status, &again), (StatusCode::OK, &made), "the same request again");

    let without_nine = json!({ "phone": "31 8765-4321", "defaultCountry": "BR", "name": "J." });
    let (status, problem) = answer(&stepped, &token, "POST", "/v3/contacts", without_nine).await?;
    assert_eq!((status, &problem["type"]), (StatusCode::CONFLICT, &json!("conflict")));
    let detail = problem["detail"].as_str().unwrap_or_default();
    assert!(detail.contains("+5531987654321") && detail.contains("João da Silva"), "{detail}");

    let edit = json!({ "name": "João S.", "city": "", "fields": { "size": "M" }, "version": 1 });
    let edited: Contact = ask(&stepped, "PATCH", "/v3/contacts/553187654321", edit.clone()).await?;
    assert_eq!((edited.name.as_str(), edited.city, edited.version), ("João S.", None, 2));
    assert_eq!((edited.labels, edited.fields["size"].as_str()), (BTreeSet::from(["vip".to_owned()]), "M"));
    let again: Contact = ask(&stepped, "PATCH", "/v3/contacts/553187654321", edit).await?;
    assert_eq!(again.version, 2, "the same edit again");
    let edit = json!({ "name": "J.", "version": 1 });
    let (status, _) = answer(&stepped, &token, "PATCH", "/v3/contacts/+5531987654321", edit).await?;
    assert_eq!(status, StatusCode::CONFLICT, "an edit of a version that stands no more");
    let (status, problem) =
        answer(&stepped, &token, "PATCH", "/v3/contacts/+5531987654321", json!({ "phone": "+5531987654322" })).await?;
    assert_eq!((status, &problem["errors"][0]["field"]), (StatusCode::UNPROCESSABLE_ENTITY, &json!("phone")));
    let (status, _) = answer(&stepped, &token, "PATCH", "/v3/contacts/+5531987654321", json!({ "nmae": "x" })).await?;
    assert_eq!(status, StatusCode::BAD_REQUEST, "a field that does not exist");

    for expected in [StatusCode::NO_CONTENT, StatusCode::NOT_FOUND] {
        assert_eq!(answer(&stepped, &token, "DELETE", "/v3/contacts/553187654321", Value::Null).await?.0, expected);
    }
    assert_eq!(
        answer(&stepped, &token, "GET", "/v3/contacts/553187654321", Value::Null).await?.0,
        StatusCode::NOT_FOUND
    );
    Ok(())
}

#[tokio::test]
async fn people_are_found_by_name_number_and_filter_and_pages_hold_each_once() -> anyhow::Result<()> {
    let stepped = Stepped::open().await?;
    let phones = book(&stepped, 60).await?;
    let everybody = all(&stepped, "limit=7").await?;
    let found: BTreeSet<&str> = everybody.iter().map(|contact| contact.phone.as_str()).collect();
    assert_eq!((everybody.len(), found), (60, phones.iter().map(String::as_str).collect()));
    assert_eq!(all(&stepped, "limit=60").await?, everybody, "in the same order, whatever the pages");

    assert_eq!(all(&stepped, "limit=2&search=person+42").await?.len(), 1);
    let by_number = all(&stepped, &format!("search={}", &phones[17][1..])).await?;
    assert_eq!(by_number.iter().map(|contact| &contact.phone).collect::<Vec<_>>(), [&phones[17]]);
    assert_eq!(all(&stepped, "limit=3&search=1200555").await?.len(), 60);
    assert_eq!(all(&stepped, "limit=3&search=44").await?.len(), 0);

    let vip_in_lisboa = encoded(json!({ "labels": { "any": ["vip"] }, "cities": ["LISBOA"] }));
    assert_eq!(all(&stepped, &format!("limit=3&filter={vip_in_lisboa}")).await?.len(), 10);
    let token = token(&stepped.app).await?;
    for wrong in ["filter=x", "after=x", "limit=0", &format!("filter={}", encoded(json!({ "lables": {} })))] {
        let (status, _) = answer(&stepped, &token, "GET", &format!("/v3/contacts?{wrong}"), Value::Null).await?;
        assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY, "{wrong}");
    }
    Ok(())
}

#[tokio::test]
async fn labels_go_onto_many_at_once_and_twice_is_once() -> anyhow::Result<()> {
    let stepped = Stepped::open().await?;
    let phones = book(&stepped, 30).await?;
    let change = json!({ "add": ["may"], "remove": ["vip"], "filter": { "labels": { "any": ["vip"] } } });
    let changed: LabelsChanged = ask(&stepped, "POST", "/v3/contacts/labels", change.clone()).await?;
    assert_eq!((changed.matched, changed.changed, changed.next), (10, 10, None));
    let changed: LabelsChanged = ask(&stepped, "POST", "/v3/contacts/labels", change).await?;
    assert_eq!((changed.matched, changed.changed), (0, 0));

    let nobody = phone_ending("0179");
    let change = json!({ "add": ["june"], "phones": [phones[0], phones[1], phones[0], nobody] });
    let changed: LabelsChanged = ask(&stepped, "POST", "/v3/contacts/labels", change.clone()).await?;
    assert_eq!((changed.matched, changed.changed, changed.missing), (2, 2, vec![nobody]));
    let changed: LabelsChanged = ask(&stepped, "POST", "/v3/contacts/labels", change).await?;
    assert_eq!((changed.matched, changed.changed), (2, 0));
    let first: Contact = ask(&stepped, "GET", &format!("/v3/contacts/{}", phones[0]), Value::Null).await?;
    assert_eq!(first.labels, BTreeSet::from(["june".to_owned(), "may".to_owned()]));

    let token = token(&stepped.app).await?;
    for wrong in [json!({ "add": ["x"] }), json!({ "phones": [] }), json!({ "add": ["a;b"], "phones": [] })] {
        let (status, _) = answer(&stepped, &token, "POST", "/v3/contacts/labels", wrong).await?;
        assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY);
    }
    Ok(())
}

#[tokio::test]
async fn what_the_book_has_can_be_chosen_from_and_is_nobody_elses() -> anyhow::Result<()> {
    let stepped = Stepped::open().await?;
    let empty: ContactValues = ask(&stepped, "GET", "/v3/contacts/values", Value::Null).await?;
    assert_eq!(empty, ContactValues { complete: true, ..ContactValues::default() });
    book(&stepped, 9).await?;
    let values: ContactValues = ask(&stepped, "GET", "/v3/contacts/values", Value::Null).await?;
    let count = |value: &str, contacts| ValueCount { value: value.to_owned(), contacts };
    assert_eq!((values.labels, values.portfolios), (vec![count("vip", 3)], vec![]));
    assert_eq!(values.cities, [count("Lisboa", 5), count("Porto", 4)]);
    assert_eq!((values.fields, values.complete), (vec![count("size", 9)], true));
    let other = AccessRecord::owner(WorkspaceId(2), "Other");
    let other = access::grant(&stepped.app, Purpose::Token, &other).await?;
    let theirs = answer(&stepped, &other, "GET", "/v3/contacts/values", Value::Null).await?.1;
    assert_eq!(theirs["labels"], json!([]));
    Ok(())
}

#[tokio::test]
async fn two_who_change_one_contact_at_once_lose_nothing() -> anyhow::Result<()> {
    let stepped = Stepped::open().await?;
    let phones = book(&stepped, 1).await?;
    let changes = (0..8).map(|n| {
        let change = json!({ "add": [format!("label {n}")], "phones": phones });
        ask::<LabelsChanged>(&stepped, "POST", "/v3/contacts/labels", change)
    });
    futures::future::try_join_all(changes).await?;
    let contact: Contact = ask(&stepped, "GET", &format!("/v3/contacts/{}", phones[0]), Value::Null).await?;
    assert_eq!((contact.labels.len(), contact.version), (9, 9));
    Ok(())
}

#[tokio::test]
async fn another_workspace_finds_and_changes_nobody() -> anyhow::Result<()> {
    let stepped = Stepped::open().await?;
    let phones = book(&stepped, 4).await?;
    let before = all(&stepped, "").await?;
    let list: List = ask(&stepped, "POST", "/v3/lists", json!({ "name": "All" })).await?;
    let export: Export = ask(&stepped, "POST", "/v3/contacts/export", json!({})).await?;
    let other = AccessRecord::owner(WorkspaceId(2), "Other");
    let other = access::grant(&stepped.app, Purpose::Token, &other).await?;
    for (method, path) in [
        ("GET", format!("/v3/contacts/{}", phones[0])),
        ("PATCH", format!("/v3/contacts/{}", phones[0])),
        ("DELETE", format!("/v3/contacts/{}", phones[0])),
        ("GET", format!("/v3/contacts/export/{}", export.id)),
        ("GET", format!("/v3/lists/{}", list.id)),
        ("PATCH", format!("/v3/lists/{}", list.id)),
        ("POST", format!("/v3/lists/{}/audience", list.id)),
        ("DELETE", format!("/v3/lists/{}", list.id)),
    ] {
        let (status, _) = answer(&stepped, &other, method, &path, json!({})).await?;
        assert_eq!(status, StatusCode::NOT_FOUND, "{method} {path}");
    }
    let labels = json!({ "add": ["x"], "filter": {} });
    assert_eq!(answer(&stepped, &other, "POST", "/v3/contacts/labels", labels).await?.1["matched"], 0);
    assert_eq!(answer(&stepped, &other, "POST", "/v3/lists/count", json!({})).await?.1["contacts"], 0);
    assert_eq!(answer(&stepped, &other, "GET", "/v3/contacts", Value::Null).await?.1["items"], json!([]));
    assert_eq!(answer(&stepped, &other, "GET", "/v3/lists", Value::Null).await?.1["items"], json!([]));
    // The same person may stand in both books.
    let mine = json!({ "phone": phones[0], "name": "Other's" });
    assert_eq!(answer(&stepped, &other, "POST", "/v3/contacts", mine).await?.0, StatusCode::CREATED);
    assert_eq!(all(&stepped, "").await?, before);
    Ok(())
}

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

#[tokio::test]
async fn a_search_narrows_exports_and_labels_of_all_that_match() -> anyhow::Result<()> {
    let stepped = Stepped::open().await?;
    book(&stepped, 12).await?;
    // "Person 1", "Person 10" and "Person 11"; of them one lives in Porto and has no label, one is labelled.
    let asked = json!({ "search": "person 1", "filter": { "cities": ["porto"] } });
    let export: Export = ask(&stepped, "POST", "/v3/contacts/export", asked.clone()).await?;
    run_errands(&stepped).await?;
    let export: Export = ask(&stepped, "GET", &format!("/v3/contacts/export/{}", export.id), Value::Null).await?;
    let csv = String::from_utf8(files::get(&stepped.app, &files::export_key(WORKSPACE, &export.id, "csv")).await?)?;
    assert_eq!((export.contacts, csv.lines().count()), (2, 3));
    assert!(csv.contains("\"Person 1\"") && csv.contains("\"Person 11\"") && !csv.contains("Person 3"), "{csv}");

    let count: ListCount = ask(&stepped, "POST", "/v3/lists/count", asked.clone()).await?;
    assert_eq!((count.contacts, count.at_least), (2, false));

    let mut body = asked;
    body["add"] = json!(["found"]);
    let changed: LabelsChanged = ask(&stepped, "POST", "/v3/contacts/labels", body).await?;
    assert_eq!((changed.matched, changed.changed, changed.next), (2, 2, None));
    let body = json!({ "add": ["all"], "search": "person", "filter": {} });
    let changed: LabelsChanged = ask(&stepped, "POST", "/v3/contacts/labels", body).await?;
    assert_eq!(changed.changed, 12);
    let labelled = all(&stepped, "search=person").await?;
    assert_eq!(labelled.iter().filter(|contact| contact.labels.contains("found")).count(), 2);
    let long = json!({ "search": "x".repeat(201) });
    let told = refused(&stepped.app, "POST", "/v3/contacts/export", long).await?;
    assert_eq!(told["errors"][0]["field"], "search");
    Ok(())
}

#[tokio::test]
async fn a_number_without_its_country_is_of_the_workspaces_wherever_people_are_named() -> anyhow::Result<()> {
    let stepped = Stepped::open().await?;
    let joao = json!({ "phone": "(31) 98765-4321", "name": "João" });
    let told = refused(&stepped.app, "POST", "/v3/contacts", joao.clone()).await?;
    assert_eq!(told["errors"][0]["field"], "phone");
    ask::<Value>(&stepped, "PATCH", "/v3/settings", json!({ "defaultCountry": "BR" })).await?;
    let made: Contact = ask(&stepped, "POST", "/v3/contacts", joao).await?;
    assert_eq!(made.phone, "+5531987654321");
    for search in ["31+98765-4321", "31987654321", "5531987", "%2B5531987"] {
        let found = all(&stepped, &format!("search={search}")).await?;
        assert_eq!(found.iter().map(|contact| &contact.phone).collect::<Vec<_>>(), [&made.phone], "{search}");
    }
    let count: ListCount = ask(&stepped, "POST", "/v3/lists/count", json!({ "search": "31 98765-4321" })).await?;
    assert_eq!(count.contacts, 1);
    for (label, whom) in [
        ("by number", json!({ "phones": ["31 98765-4321"] })),
        ("by search", json!({ "search": "31987654321", "filter": {} })),
    ] {
        let mut change = whom;
        change["add"] = json!([label]);
        let changed: LabelsChanged = ask(&stepped, "POST", "/v3/contacts/labels", change).await?;
        assert_eq!((changed.matched, changed.changed), (1, 1), "{label}");
    }
    let asked = json!({ "search": "31 98765-4321" });
    let export: Export = ask(&stepped, "POST", "/v3/contacts/export", asked).await?;
    run_errands(&stepped).await?;
    let export: Export = ask(&stepped, "GET", &format!("/v3/contacts/export/{}", export.id), Value::Null).await?;
    assert_eq!(export.contacts, 1);
    Ok(())
}

fn audience_path(id: &AudienceId) -> String {
    format!("/v3/audiences/{id}")
}

async fn bytes_of(stepped: &Stepped, id: &AudienceId) -> anyhow::Result<Vec<Vec<u8>>> {
    let mut all = Vec::new();
    for key in [segment_key(WORKSPACE, id, 0), rejects_key(WORKSPACE, id), manifest_key(WORKSPACE, id)] {
        all.push(files::get(&stepped.app, &key).await?);
    }
    Ok(all)
}

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

/// Imports a file into the contact book too.
async fn import_into_contacts(stepped: &Stepped, csv: &[u8], options: Value) -> anyhow::Result<Audience> {
    let mut announced = json!({ "fileName": "contacts.csv", "sizeBytes": csv.len(), "intoContacts": true });
    for (option, value) in options.as_object().into_iter().flatten() {
        announced[option] = value.clone();
    }
    let upload: wire::Upload = ask(stepped, "POST", "/v3/uploads", announced).await?;
    let key = files::upload_key(WORKSPACE, &upload.audience_id);
    files::put(&stepped.app, &key, "text/csv", csv.to_vec()).await?;
    let put =
        local::embedded::s3::PutEvent { bucket: local::cloud::FILES_BUCKET.to_owned(), key, size: csv.len() as u64 };
    importer::handle(&stepped.app, s3_event(&put)?).await?;
    run_errands(stepped).await?;
    ask(stepped, "GET", &audience_path(&upload.audience_id), Value::Null).await
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
async fn who_writes_is_noted_with_the_channel_and_strangers_are_not() -> anyhow::Result<()> {
    let stepped = Stepped::open().await?;
    let phones = book(&stepped, 2).await?;
    let channel = stepped.channel().await?;
    let wrote = async |phone: &str, seconds: i64| {
        let message = json!({ "from": &phone[1..], "id": "wamid.in", "timestamp": seconds.to_string(), "type": "text", "text": { "body": "oi" } });
        let value = json!({ "metadata": { "phone_number_id": channel.phone_number_id }, "messages": [message] });
        let body = json!({ "entry": [{ "changes": [{ "field": "messages", "value": value }] }] }).to_string();
        let request =
            Request::post(stepped.webhook_path()).header("x-hub-signature-256", stepped.signature(body.as_bytes())?);
        let answer = lambdas::webhook::router(stepped.app.clone()).oneshot(request.body(Body::from(body))?).await?;
        anyhow::ensure!(answer.status() == StatusCode::OK, "{}", answer.status());
        ask::<ContactList>(&stepped, "GET", &format!("/v3/contacts?search={}", &phone[1..]), Value::Null).await
    };
    let noted = wrote(&phones[0], 1_790_000_000).await?.items.remove(0);
    assert_eq!(noted.last_reply_at.map(|at| at.timestamp()), Some(1_790_000_000));
    assert_eq!((noted.replies.keys().collect::<Vec<_>>(), noted.version), (vec![&channel.id], 2));
    assert_eq!(noted.wa_id.as_deref(), Some(&phones[0][1..]));
    for earlier in [1_790_000_000, 1_780_000_000] {
        assert_eq!(wrote(&phones[0], earlier).await?.items, std::slice::from_ref(&noted), "older, or the same again");
    }
    assert!(wrote(&phone_ending("0150"), 1_790_000_000).await?.items.is_empty(), "no new contact");

    let spoke = |spoke: &str| json!({ "filter": { "channel": { "id": channel.id, "spoke": spoke } } });
    for (who, count) in [("here", 1), ("onlyElsewhere", 0), ("anywhere", 2)] {
        let counted: ListCount = ask(&stepped, "POST", "/v3/lists/count", spoke(who)).await?;
        assert_eq!(counted.contacts, count, "{who}");
    }
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
async fn whoever_was_written_to_shows_it_and_is_found_by_it() -> anyhow::Result<()> {
    let stepped = Stepped::open().await?;
    let phones = book(&stepped, 3).await?;
    let began = chrono::Utc::now();
    let (_, jobs) = campanile_tests::campaign::dispatched(&stepped, &people::csv(2), json!({})).await?;
    lambdas::sender::handle(&stepped.app, jobs).await?;
    let written = all(&stepped, "").await?;
    let last = |phone: &String| written.iter().find(|contact| contact.phone == *phone).and_then(|c| c.last_contact_at);
    assert!(last(&phones[0]).is_some_and(|at| at >= began - chrono::Duration::seconds(1)), "{written:?}");
    assert_eq!(last(&phones[2]), None);
    let one: Contact = ask(&stepped, "GET", &format!("/v3/contacts/{}", phones[1]), Value::Null).await?;
    assert_eq!(one.last_contact_at, last(&phones[1]));
    let lately = json!({ "lastContact": { "from": began - chrono::Duration::seconds(1) } });
    assert_eq!(all(&stepped, &format!("filter={}", encoded(lately.clone()))).await?.len(), 2);
    let count: ListCount = ask(&stepped, "POST", "/v3/lists/count", json!({ "filter": lately.clone() })).await?;
    assert_eq!(count.contacts, 2);
    let body = json!({ "add": ["written"], "filter": lately });
    let changed: LabelsChanged = ask(&stepped, "POST", "/v3/contacts/labels", body).await?;
    assert_eq!(changed.changed, 2);
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
