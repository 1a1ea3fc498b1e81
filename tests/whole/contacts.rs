//! The contact book: who is in it, who is found, what many are given at once, and what shows that they were written to.

mod consents_in_files;
mod in_files;
mod lists;

use std::collections::BTreeSet;

use axum::body::Body;
use axum::http::{Request, StatusCode};
use campanile_tests::campaign::{call, call_with, refused, token};
use campanile_tests::contacts::{self as people, phone_ending};
use campanile_tests::people::answer;
use campanile_tests::stepped::Stepped;
use lambdas::importer;
use lambdas::storage::access::{self, AccessRecord, Purpose};
use lambdas::storage::files;
use local::events::s3_event;
use local::whatsapp::WORKSPACE;
use serde_json::{Value, json};
use tower::ServiceExt;
use wire::{
    Audience, AudienceId, Contact, ContactList, ContactValues, Export, LabelsChanged, List, ListCount, ValueCount,
    WorkspaceId,
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
