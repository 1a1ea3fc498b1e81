//! One person's rights: what is kept of him is told, and ends when he asks; and nobody can write to him by mistake.

use anyhow::Context;
use axum::body::Body;
use axum::http::{Request, StatusCode, header};
use campanile_tests::campaign::{call, count, dispatched, messages, refused, token, uploaded};
use campanile_tests::contacts;
use campanile_tests::people::{answer, now, tell, write};
use campanile_tests::stepped::Stepped;
use lambdas::storage::access::{self, AccessRecord, Purpose};
use lambdas::storage::consents::{self, Line, MOST_LINES};
use lambdas::storage::files;
use lambdas::storage::totals::{self, Scope};
use lambdas::{importer, sender};
use local::embedded::s3::PutEvent;
use local::events::s3_event;
use local::tables::{CONTACTS_TABLE, CONTROL_TABLE, MESSAGES_TABLE};
use local::whatsapp::WORKSPACE;
use serde_json::{Value, json};
use tower::ServiceExt;
use wire::{
    Audience, ConsentAct, ConsentCategory, Contact, Erasure, Message, MessageList, MessageState, PersonExport,
    Restoration, SuppressionList, Upload, WorkspaceId,
};

/// Every item of every table that has this text anywhere.
async fn traces(stepped: &Stepped, text: &str) -> anyhow::Result<Vec<String>> {
    let mut found = Vec::new();
    for table in [CONTROL_TABLE, MESSAGES_TABLE, CONTACTS_TABLE] {
        let items = stepped.app.dynamodb.scan().table_name(table).send().await?.items.unwrap_or_default();
        found.extend(items.iter().map(|item| format!("{table}: {item:?}")).filter(|item| item.contains(text)));
    }
    Ok(found)
}

/// He is named by an answer that is kept under its key, and by what WhatsApp posted and nothing was made of.
async fn mentioned(stepped: &Stepped, phone: &str) -> anyhow::Result<()> {
    let token = token(&stepped.app).await?;
    let evidence = format!("Form of Secreta, {phone}");
    let note = json!({ "category": "marketing", "source": "shop", "evidence": evidence });
    let path = format!("/v3/contacts/{}/consents", &phone[1..]);
    let request = Request::post(path).header(header::AUTHORIZATION, format!("Bearer {token}"));
    let request = request.header(header::CONTENT_TYPE, "application/json").header("idempotency-key", "ana-1");
    let answer = lambdas::api::router(stepped.app.clone()).oneshot(request.body(Body::from(note.to_string()))?).await?;
    anyhow::ensure!(answer.status().is_success(), "{}", answer.status());
    tell(stepped, "holograms", json!({ "from": &phone[1..], "who": "Secreta" })).await?;
    anyhow::ensure!(traces(stepped, "once#").await?.iter().any(|item| item.contains(&phone[1..])), "no kept answer");
    anyhow::ensure!(traces(stepped, "holograms").await?.len() == 1, "nothing kept of the webhook");
    Ok(())
}

/// A person with a contact, a consent, a message, a user id, and a word that he said.
async fn known(stepped: &Stepped) -> anyhow::Result<String> {
    let phone = contacts::phones().next().context("no phone")?;
    let ana = json!({ "phone": phone, "name": "Ana Secreta", "userId": "US.7" });
    call::<Contact>(&stepped.app, "POST", "/v3/contacts", ana).await?;
    let consents = format!("/v3/contacts/{}/consents", &phone[1..]);
    call::<Value>(&stepped.app, "POST", &consents, json!({ "category": "marketing", "source": "shop" })).await?;
    let (_, jobs) = dispatched(stepped, &contacts::csv(1), json!({})).await?;
    sender::handle(&stepped.app, jobs).await?;
    let contact = json!([{ "wa_id": &phone[1..], "user_id": "US.7" }]);
    tell(stepped, "messages", json!({ "contacts": contact })).await?;
    write(stepped, json!({ "from": &phone[1..] }), "Aqui é a Secreta", "wamid.answer", now()).await?;
    Ok(phone)
}

async fn export(stepped: &Stepped, phone: &str) -> anyhow::Result<PersonExport> {
    call(&stepped.app, "GET", &format!("/v3/people/export?phone={}", &phone[1..]), Value::Null).await
}

#[tokio::test]
async fn all_that_is_kept_of_a_person_is_told() -> anyhow::Result<()> {
    let stepped = Stepped::open().await?;
    let phone = known(&stepped).await?;
    write(&stepped, json!({ "from": &phone[1..] }), "stop", "wamid.stop", now()).await?;
    let told = export(&stepped, &phone).await?;
    assert_eq!((told.phone.as_str(), told.is_complete), (phone.as_str(), true));
    assert_eq!(told.contact.map(|contact| contact.name), Some("Ana Secreta".to_owned()));
    assert_eq!(told.messages[0].reply_text.as_deref(), Some("Aqui é a Secreta"));
    assert_eq!((told.consents.len(), told.messages.len(), told.user_ids), (3, 1, vec!["US.7".to_owned()]));
    assert!(told.suppression.is_some());
    Ok(())
}

#[tokio::test]
async fn a_ledger_that_an_answer_cannot_hold_is_not_said_to_be_all() -> anyhow::Result<()> {
    let stepped = Stepped::open().await?;
    let phone = contacts::phones().next().context("no phone")?;
    for at in 1..=MOST_LINES {
        let line = Line {
            id: at.to_string(),
            category: ConsentCategory::Marketing,
            act: ConsentAct::OptIn,
            source: "shop".to_owned(),
            text_version: None,
            evidence: None,
            recorded_by: "Test".to_owned(),
            at: i64::from(at),
        };
        consents::add(&stepped.app, WORKSPACE, &phone[1..], &line).await?;
        let is_nearly = at == MOST_LINES - 1;
        if is_nearly || at == MOST_LINES {
            let told = export(&stepped, &phone).await?;
            assert_eq!((told.consents.len(), told.is_complete), (usize::try_from(at)?, is_nearly));
        }
    }
    Ok(())
}

#[tokio::test]
async fn an_erased_person_is_in_no_table_and_gets_nothing_and_the_counts_stay() -> anyhow::Result<()> {
    let stepped = Stepped::open().await?;
    let phone = known(&stepped).await?;
    mentioned(&stepped, &phone).await?;
    let (campaign, jobs) = dispatched(&stepped, &contacts::csv(2), json!({})).await?;
    count(&stepped).await?;
    assert!(!traces(&stepped, &phone[1..]).await?.is_empty());

    let erased: Erasure = call(&stepped.app, "POST", "/v3/people/erase", json!({ "phone": phone })).await?;
    assert_eq!((erased.contacts, erased.consents, erased.messages, erased.user_ids), (1, 2, 1, 1));
    assert!(erased.is_complete && erased.backups_lapse_at > erased.at);
    for text in [&phone[1..], "Secreta", "US.7"] {
        assert_eq!(traces(&stepped, text).await?, Vec::<String>::new(), "{text}");
    }

    // The job that was cut before leaves him out, and the totals add up.
    sender::handle(&stepped.app, jobs).await?;
    count(&stepped).await?;
    let found = messages(&stepped, &stepped.record(&campaign).await?).await?;
    assert_eq!((found[0].state, found[0].reason.as_deref()), (MessageState::Skipped, Some(campaigns::consent::ERASED)));
    assert_ne!(found[1].state, MessageState::Skipped);
    let totals = totals::get(&stepped.app, &campaign, Scope::Campaign).await?.totals;
    assert_eq!((totals.skipped, totals.touched()), (1, 2));

    assert_eq!(traces(&stepped, &phone[1..]).await?, Vec::<String>::new());

    // Pages of people do not show him.
    let page: MessageList =
        call(&stepped.app, "GET", &format!("/v3/campaigns/{campaign}/messages"), Value::Null).await?;
    let names = |message: &Message| (message.phone.is_empty(), message.name.is_empty());
    assert_eq!(page.items.iter().map(names).collect::<Vec<_>>(), [(true, true), (false, false)]);

    // A file that names him again does not bring him back, nor does a webhook.
    let (id, put) = uploaded(&stepped.app, contacts::csv(2)).await?;
    importer::handle(&stepped.app, s3_event(&put)?).await?;
    let audience: Audience = call(&stepped.app, "GET", &format!("/v3/audiences/{id}"), Value::Null).await?;
    assert_eq!((audience.recipients, audience.rejected), (1, 1));
    tell(&stepped, "messages", json!({ "contacts": [{ "wa_id": &phone[1..], "user_id": "US.7" }] })).await?;
    let token = token(&stepped.app).await?;
    let (status, _) = answer(&stepped, &token, "POST", "/v3/contacts", json!({ "phone": phone })).await?;
    assert_eq!(status, StatusCode::CONFLICT);
    assert_eq!(traces(&stepped, &phone[1..]).await?, Vec::<String>::new());
    let list: SuppressionList = call(&stepped.app, "GET", "/v3/suppressions", Value::Null).await?;
    assert_eq!(list.items, []);
    let told = export(&stepped, &phone).await?;
    assert_eq!((told.contact, told.consents.len(), told.user_ids.len()), (None, 0, 0));
    Ok(())
}

#[tokio::test]
async fn an_erasure_may_be_asked_for_twice() -> anyhow::Result<()> {
    let stepped = Stepped::open().await?;
    let phone = known(&stepped).await?;
    let first: Erasure = call(&stepped.app, "POST", "/v3/people/erase", json!({ "phone": phone })).await?;
    let again: Erasure = call(&stepped.app, "POST", "/v3/people/erase", json!({ "phone": &phone[1..] })).await?;
    assert_ne!(first.id, again.id);
    assert_eq!((again.contacts, again.consents, again.messages, again.user_ids), (0, 0, 0, 0));
    Ok(())
}

#[tokio::test]
async fn another_workspace_learns_and_erases_nothing() -> anyhow::Result<()> {
    let stepped = Stepped::open().await?;
    let phone = known(&stepped).await?;
    let other = AccessRecord::owner(WorkspaceId(2), "Other");
    let other = access::grant(&stepped.app, Purpose::Token, &other).await?;
    let path = format!("/v3/people/export?phone={}", &phone[1..]);
    let (status, told) = answer(&stepped, &other, "GET", &path, Value::Null).await?;
    assert_eq!((status, &told["messages"], &told["contact"]), (StatusCode::OK, &json!([]), &Value::Null));
    let (status, proof) = answer(&stepped, &other, "POST", "/v3/people/erase", json!({ "phone": phone })).await?;
    assert_eq!((status, &proof["messages"], &proof["contacts"]), (StatusCode::OK, &json!(0), &json!(0)));
    let told = export(&stepped, &phone).await?;
    assert_eq!((told.messages.len(), told.contact.is_some(), told.user_ids.len()), (1, true, 1));
    let wrong =
        answer(&stepped, &token(&stepped.app).await?, "POST", "/v3/people/erase", json!({ "phone": "x" })).await?;
    assert_eq!(wrong.0, StatusCode::UNPROCESSABLE_ENTITY);
    Ok(())
}

fn restore(phone: &str) -> Value {
    json!({ "phone": phone, "source": "shop", "statement": "Signed the form again, folder 9", "name": "Ana" })
}

#[tokio::test]
async fn who_comes_back_is_written_to_again_only_when_somebody_says_so() -> anyhow::Result<()> {
    let stepped = Stepped::open().await?;
    let phone = known(&stepped).await?;
    call::<Erasure>(&stepped.app, "POST", "/v3/people/erase", json!({ "phone": phone })).await?;

    // A file with a fresh consent in it does not lift it; its rejects say why, and do not keep his row.
    let csv = format!("name,phone,agreed\nAna Secreta,{phone},yes\n");
    let announced = json!({
        "fileName": "again.csv", "sizeBytes": csv.len(), "intoContacts": true, "consentColumn": { "column": "agreed" },
    });
    let upload: Upload = call(&stepped.app, "POST", "/v3/uploads", announced).await?;
    let key = files::upload_key(WORKSPACE, &upload.audience_id);
    files::put(&stepped.app, &key, "text/csv", csv.clone().into_bytes()).await?;
    let put = PutEvent { bucket: local::cloud::FILES_BUCKET.to_owned(), key, size: csv.len() as u64 };
    importer::handle(&stepped.app, s3_event(&put)?).await?;
    let audience: Audience =
        call(&stepped.app, "GET", &format!("/v3/audiences/{}", upload.audience_id), Value::Null).await?;
    assert_eq!((audience.recipients, audience.rejected_by_reason[0].reason.as_str()), (0, "erased"));
    let rejects = files::get(&stepped.app, &files::rejects_key(WORKSPACE, &upload.audience_id)).await?;
    let rejects = String::from_utf8(rejects)?;
    assert!(rejects.contains("must be restored first") && !rejects.contains("Secreta"), "{rejects}");
    assert!(!rejects.contains(&phone[1..]), "{rejects}");

    // Nor does an act without what shows it, nor of somebody else.
    for field in ["source", "statement"] {
        let mut body = restore(&phone);
        body[field] = json!(" ");
        let told = refused(&stepped.app, "POST", "/v3/people/restore", body).await?;
        assert_eq!(told["errors"][0]["field"], field);
    }
    let nobody = refused(&stepped.app, "POST", "/v3/people/restore", restore("+12025550199")).await?;
    assert_eq!(nobody["status"], 409);
    let other = AccessRecord::owner(WorkspaceId(2), "Other");
    let other = access::grant(&stepped.app, Purpose::Token, &other).await?;
    let (status, _) = answer(&stepped, &other, "POST", "/v3/people/restore", restore(&phone)).await?;
    assert_eq!(status, StatusCode::CONFLICT, "of another workspace he was never erased");

    let restored: Restoration = call(&stepped.app, "POST", "/v3/people/restore", restore(&phone[1..])).await?;
    assert_eq!(
        (restored.restored_by.as_str(), restored.statement.as_str()),
        ("Test", "Signed the form again, folder 9")
    );
    let told = export(&stepped, &phone).await?;
    assert_eq!(
        (told.consents.len(), told.consents[0].act, told.consents[0].source.as_str()),
        (1, ConsentAct::OptIn, "shop")
    );
    assert!(told.contact.is_some_and(|contact| contact.consents.marketing.is_some()));
    let kept = traces(&stepped, "restoration#").await?;
    assert!(kept.len() == 1 && kept[0].contains("folder 9") && !kept[0].contains(&phone[1..]), "{kept:?}");
    let (_, jobs) = dispatched(&stepped, &contacts::csv(1), json!({})).await?;
    let before = stepped.simulator.totals().accepted;
    sender::handle(&stepped.app, jobs).await?;
    assert_eq!(stepped.simulator.totals().accepted, before + 1);
    let again = refused(&stepped.app, "POST", "/v3/people/restore", restore(&phone)).await?;
    assert_eq!(again["status"], 409);
    Ok(())
}

#[tokio::test]
async fn rejects_files_lose_who_is_erased_later_and_the_proof_says_so() -> anyhow::Result<()> {
    let stepped = Stepped::open().await?;
    let phone = contacts::phones().next().context("no phone")?;
    // The last of hers was refused for want of a country, and names her all the same.
    let csv = format!(
        "name,phone\nAna Secreta,{phone}\nAna Outra Vez Secreta,{}\nAna Nacional Secreta,{}\nBia,12\n",
        &phone[1..],
        &phone[2..]
    );
    let (id, put) = uploaded(&stepped.app, &csv).await?;
    importer::handle(&stepped.app, s3_event(&put)?).await?;
    let rejects =
        async || anyhow::Ok(String::from_utf8(files::get(&stepped.app, &files::rejects_key(WORKSPACE, &id)).await?)?);
    assert!(rejects().await?.contains("Secreta"));
    let erased: Erasure = call(&stepped.app, "POST", "/v3/people/erase", json!({ "phone": phone })).await?;
    assert_eq!((erased.rejects_files, erased.rejects_redacted_at), (0, None));
    assert_eq!(erased.audiences_lapse_at, Some(erased.at + chrono::TimeDelta::days(90)));
    call::<Value>(&stepped.app, "PATCH", "/v3/settings", json!({ "retention": { "filesDays": 30 } })).await?;
    let errand = stepped.take_now(&stepped.cloud.queues.errand).await?;
    for _ in 0..2 {
        importer::errands::handle(&stepped.app, errand.clone()).await?;
    }
    let left = rejects().await?;
    assert!(!left.contains("Secreta") && !left.contains(&phone[2..]), "{left}");
    assert!(left.contains("\"Bia\",\"12\"") && left.contains(",\"erased\",") && left.lines().count() == 4, "{left}");
    let path = format!("/v3/people/erasures/{}", erased.id);
    let proof: Erasure = call(&stepped.app, "GET", &path, Value::Null).await?;
    assert_eq!((proof.rejects_files, proof.rejects_redacted_at.is_some()), (1, true));
    assert_eq!(proof.audiences_lapse_at, Some(proof.at + chrono::TimeDelta::days(30)), "as the settings are since");
    let other = AccessRecord::owner(WorkspaceId(2), "Other");
    let other = access::grant(&stepped.app, Purpose::Token, &other).await?;
    assert_eq!(answer(&stepped, &other, "GET", &path, Value::Null).await?.0, StatusCode::NOT_FOUND);
    Ok(())
}
