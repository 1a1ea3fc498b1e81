//! The suppression list: by phone in every spelling, by user id, of a workspace or of one channel; as people edit it.

use axum::http::StatusCode;
use campanile_tests::campaign::{self, call, dispatched, messages, token, uploaded};
use campanile_tests::contacts;
use campanile_tests::people::{answer, now, tell, write};
use campanile_tests::stepped::Stepped;
use lambdas::storage::access::{self, AccessRecord, Purpose};
use lambdas::storage::channels::{self, ChannelRecord};
use lambdas::storage::files;
use lambdas::{importer, sender};
use local::events::s3_event;
use local::whatsapp::WORKSPACE;
use serde_json::{Value, json};
use wire::{
    Audience, ChannelId, MessageState, Suppression, SuppressionList, SuppressionReason, SuppressionsAdded, Tried,
    WorkspaceId,
};

async fn listed(stepped: &Stepped, query: &str) -> anyhow::Result<Vec<Suppression>> {
    let (mut found, mut after) = (Vec::new(), String::new());
    loop {
        let path = format!("/v3/suppressions?{query}{after}");
        let page: SuppressionList = call(&stepped.app, "GET", &path, Value::Null).await?;
        found.extend(page.items);
        match page.next {
            Some(next) => after = format!("&after={next}"),
            None => return Ok(found),
        }
    }
}

async fn suppress(stepped: &Stepped, body: Value) -> anyhow::Result<SuppressionsAdded> {
    call(&stepped.app, "POST", "/v3/suppressions", body).await
}

/// Sends a campaign to the first person and tells where the message ended and why.
async fn reached(stepped: &Stepped) -> anyhow::Result<(MessageState, Option<String>)> {
    let (campaign, jobs) = dispatched(stepped, &contacts::csv(1), json!({})).await?;
    sender::handle(&stepped.app, jobs).await?;
    let message = messages(stepped, &stepped.record(&campaign).await?).await?.remove(0);
    Ok((message.state, message.reason))
}

fn refused() -> (MessageState, Option<String>) {
    (MessageState::Skipped, Some(campaigns::consent::SUPPRESSED.to_owned()))
}

#[tokio::test]
async fn a_message_is_tried_on_nobody_who_gets_nothing() -> anyhow::Result<()> {
    let stepped = Stepped::open().await?;
    suppress(&stepped, json!({ "phones": ["+5531987654321"] })).await?;
    let made = campaign::draft(&stepped.app, &contacts::csv(1), json!({})).await?;
    let asked = json!({ "to": ["+553187654321", "+5511987650001"] });
    let tried: Tried = call(&stepped.app, "POST", &format!("/v3/campaigns/{}/try", made.id), asked).await?;
    let accepted: Vec<bool> = tried.items.iter().map(|item| item.accepted).collect();
    assert_eq!(accepted, [false, true]);
    assert_eq!(tried.items[0].reason.as_deref(), Some(campaigns::consent::SUPPRESSED));
    Ok(())
}

#[tokio::test]
async fn people_are_put_on_the_list_found_in_every_spelling_and_taken_off() -> anyhow::Result<()> {
    let stepped = Stepped::open().await?;
    let added = suppress(&stepped, json!({ "phones": ["+5531987654321", "553187654321", "+12025550100"] })).await?;
    assert_eq!((added.added, added.standing), (2, 0));
    let again = suppress(&stepped, json!({ "phone": "+55 31 8765-4321", "reason": "manual" })).await?;
    assert_eq!((again.added, again.standing), (0, 1));
    for spelling in ["5531987654321", "553187654321"] {
        let found = listed(&stepped, &format!("phone={spelling}")).await?;
        assert_eq!((found.len(), found[0].phone.as_deref()), (1, Some("+5531987654321")), "{spelling}");
        let entry = &found[0].entries[0];
        assert_eq!((entry.reason, entry.added_by.as_deref()), (SuppressionReason::Manual, Some("Test")));
    }
    let token = token(&stepped.app).await?;
    for expected in [StatusCode::NO_CONTENT, StatusCode::NOT_FOUND] {
        let (status, _) = answer(&stepped, &token, "DELETE", "/v3/suppressions/553187654321", Value::Null).await?;
        assert_eq!(status, expected);
    }
    assert_eq!(listed(&stepped, "phone=5531987654321").await?, []);
    assert_eq!(listed(&stepped, "").await?.len(), 1);
    for wrong in [
        json!({}),
        json!({ "phone": "nobody" }),
        json!({ "phone": "+12025550100", "reason": "word" }),
        json!({ "phone": "+12025550100", "channelId": "none" }),
    ] {
        let (status, _) = answer(&stepped, &token, "POST", "/v3/suppressions", wrong.clone()).await?;
        assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY, "{wrong}");
    }
    Ok(())
}

#[tokio::test]
async fn pages_of_the_list_hold_each_person_once() -> anyhow::Result<()> {
    let stepped = Stepped::open().await?;
    let phones: Vec<String> = contacts::phones().take(60).collect();
    suppress(&stepped, json!({ "phones": phones })).await?;
    let mut found: Vec<String> =
        listed(&stepped, "limit=7").await?.into_iter().filter_map(|person| person.phone).collect();
    found.sort();
    assert_eq!(found, phones);
    Ok(())
}

#[tokio::test]
async fn a_file_leaves_out_who_is_on_the_list_and_its_rows_add_up() -> anyhow::Result<()> {
    let stepped = Stepped::open().await?;
    let phones: Vec<String> = contacts::phones().take(5).collect();
    suppress(&stepped, json!({ "phones": [phones[1], phones[3]] })).await?;
    let csv = format!("{}Again,{}\nNobody,12\n", contacts::csv(5), phones[0]);
    let (id, put) = uploaded(&stepped.app, &csv).await?;
    importer::handle(&stepped.app, s3_event(&put)?).await?;
    let audience: Audience = call(&stepped.app, "GET", &format!("/v3/audiences/{id}"), Value::Null).await?;
    assert_eq!((audience.recipients, audience.rejected), (3, 4));
    let reasons: Vec<(&str, u64)> =
        audience.rejected_by_reason.iter().map(|reason| (reason.reason.as_str(), reason.count)).collect();
    assert_eq!(reasons[0], ("suppressed", 2));
    let rejects = files::get(&stepped.app, &files::rejects_key(WORKSPACE, &id)).await?;
    assert!(String::from_utf8_lossy(&rejects).contains("asked for no more messages"));
    Ok(())
}

#[tokio::test]
async fn an_opt_out_bites_although_the_job_was_cut_before_it() -> anyhow::Result<()> {
    let stepped = Stepped::open().await?;
    let phones: Vec<String> = contacts::phones().take(2).collect();
    let (campaign, jobs) = dispatched(&stepped, &contacts::csv(2), json!({})).await?;
    write(&stepped, json!({ "from": &phones[0][1..] }), "SAIR", "wamid.in", now()).await?;
    sender::handle(&stepped.app, jobs).await?;
    let found = messages(&stepped, &stepped.record(&campaign).await?).await?;
    assert_eq!((found[0].state, found[0].reason.clone()), refused());
    assert_ne!(found[1].state, MessageState::Skipped);
    Ok(())
}

#[tokio::test]
async fn one_channel_sends_nothing_and_the_others_go_on() -> anyhow::Result<()> {
    let stepped = Stepped::open().await?;
    let here = stepped.channel().await?;
    // The first channel by its id is the one that campaigns here use.
    let elsewhere = ChannelId("zone".to_owned());
    let other = ChannelRecord { id: elsewhere.clone(), phone_number_id: "7".to_owned(), ..here.clone() };
    channels::create(&stepped.app, &other).await?;
    let phone = contacts::phones().next().unwrap_or_default();
    suppress(&stepped, json!({ "phone": phone, "channelId": elsewhere })).await?;
    assert_ne!(reached(&stepped).await?.0, MessageState::Skipped, "only the other channel is meant");
    suppress(&stepped, json!({ "phone": phone, "channelId": here.id })).await?;
    // An import serves all channels and leaves nobody out for one.
    assert_eq!(reached(&stepped).await?, refused());
    let found = listed(&stepped, &format!("phone={}", &phone[1..])).await?;
    assert_eq!(found[0].entries.len(), 2);
    let path = format!("/v3/suppressions/{}?channelId={}", &phone[1..], here.id);
    let (status, _) = answer(&stepped, &token(&stepped.app).await?, "DELETE", &path, Value::Null).await?;
    assert_eq!(status, StatusCode::NO_CONTENT);
    assert_ne!(reached(&stepped).await?.0, MessageState::Skipped);
    Ok(())
}

/// A status of a message to this phone that shows the person's user id.
fn status(phone: &str, user_id: &str) -> Value {
    json!({ "statuses": [{
        "id": "wamid.1", "status": "sent", "timestamp": now().to_string(), "recipient_id": &phone[1..],
        "recipient_user_id": user_id,
    }] })
}

#[tokio::test]
async fn a_stop_by_a_user_id_alone_suppresses_the_phone_that_it_leads_to() -> anyhow::Result<()> {
    let stepped = Stepped::open().await?;
    let phone = contacts::phones().next().unwrap_or_default();
    tell(&stepped, "messages", status(&phone, "US.13491208655302741918")).await?;
    write(&stepped, json!({ "from_user_id": "US.13491208655302741918" }), "stop", "wamid.in", now()).await?;
    let found = listed(&stepped, "").await?;
    assert_eq!((found.len(), found[0].phone.as_deref()), (1, Some(phone.as_str())));
    assert_eq!(found[0].user_id.as_deref(), Some("US.13491208655302741918"));
    let (id, put) = uploaded(&stepped.app, contacts::csv(1)).await?;
    importer::handle(&stepped.app, s3_event(&put)?).await?;
    let audience: Audience = call(&stepped.app, "GET", &format!("/v3/audiences/{id}"), Value::Null).await?;
    assert_eq!((audience.recipients, audience.rejected), (0, 1));
    Ok(())
}

#[tokio::test]
async fn a_stop_by_a_user_id_that_nobody_knows_waits_until_somebody_shows_whose_it_is() -> anyhow::Result<()> {
    let stepped = Stepped::open().await?;
    let phone = contacts::phones().next().unwrap_or_default();
    let (campaign, jobs) = dispatched(&stepped, &contacts::csv(1), json!({})).await?;
    let preference = json!({ "user_preferences": [{ "user_id": "US.1", "value": "stop", "timestamp": now() }] });
    tell(&stepped, "user_preferences", preference).await?;
    let found = listed(&stepped, "").await?;
    assert_eq!((found.len(), &found[0].phone, found[0].user_id.as_deref()), (1, &None, Some("US.1")));
    // Twice: what is learnt twice is learnt once.
    for _ in 0..2 {
        tell(&stepped, "messages", status(&phone, "US.1")).await?;
    }
    let found = listed(&stepped, "").await?;
    assert_eq!((found.len(), found[0].phone.as_deref()), (1, Some(phone.as_str())));
    assert_eq!(found[0].entries[0].reason, SuppressionReason::Preference);
    sender::handle(&stepped.app, jobs).await?;
    let message = messages(&stepped, &stepped.record(&campaign).await?).await?.remove(0);
    assert_eq!((message.state, message.reason), refused());
    Ok(())
}

#[tokio::test]
async fn a_status_without_a_number_shows_by_its_message_whose_the_user_id_is() -> anyhow::Result<()> {
    let stepped = Stepped::open().await?;
    let phone = contacts::phones().next().unwrap_or_default();
    let (campaign, jobs) = dispatched(&stepped, &contacts::csv(1), json!({})).await?;
    sender::handle(&stepped.app, jobs).await?;
    let status = json!({
        "id": "wamid.1", "status": "delivered", "timestamp": now().to_string(), "recipient_user_id": "US.2",
        "biz_opaque_callback_data": format!("c={campaign};i=0;a=1"),
    });
    tell(&stepped, "messages", json!({ "statuses": [status] })).await?;
    write(&stepped, json!({ "from_user_id": "US.2" }), "PARAR", "wamid.in", now()).await?;
    assert_eq!(listed(&stepped, "").await?[0].phone.as_deref(), Some(phone.as_str()));
    Ok(())
}

#[tokio::test]
async fn another_workspace_sees_and_changes_nobodys_wish() -> anyhow::Result<()> {
    let stepped = Stepped::open().await?;
    let phone = contacts::phones().next().unwrap_or_default();
    suppress(&stepped, json!({ "phone": phone })).await?;
    let other = AccessRecord::owner(WorkspaceId(2), "Other");
    let other = access::grant(&stepped.app, Purpose::Token, &other).await?;
    for path in ["/v3/suppressions".to_owned(), format!("/v3/suppressions?phone={}", &phone[1..])] {
        let (status, body) = answer(&stepped, &other, "GET", &path, Value::Null).await?;
        assert_eq!((status, &body["items"]), (StatusCode::OK, &json!([])), "{path}");
    }
    let path = format!("/v3/suppressions/{}", &phone[1..]);
    assert_eq!(answer(&stepped, &other, "DELETE", &path, Value::Null).await?.0, StatusCode::NOT_FOUND);
    let here = json!({ "phone": phone, "channelId": stepped.channel_id().await? });
    let (status, _) = answer(&stepped, &other, "POST", "/v3/suppressions", here).await?;
    assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY, "the channel is another workspace's");
    assert_eq!(listed(&stepped, "").await?.len(), 1);
    let draft = campaign::draft(&stepped.app, &contacts::csv(2), json!({})).await?;
    assert_eq!(draft.leads_count, 1);
    Ok(())
}

#[tokio::test]
async fn a_user_id_that_the_book_knows_stops_by_itself() -> anyhow::Result<()> {
    let stepped = Stepped::open().await?;
    let phones: Vec<String> = contacts::phones().take(3).collect();
    let _: Value =
        call(&stepped.app, "POST", "/v3/contacts", json!({ "phone": phones[0], "userId": "US.created" })).await?;
    let _: Value = call(&stepped.app, "POST", "/v3/contacts", json!({ "phone": phones[1] })).await?;
    let edited = format!("/v3/contacts/{}", &phones[1][1..]);
    let _: Value = call(&stepped.app, "PATCH", &edited, json!({ "userId": "US.edited" })).await?;
    let csv = format!("phone,name,userId\n{},Cid,US.imported\n", phones[2]);
    let announced = json!({ "fileName": "a.csv", "sizeBytes": csv.len(), "intoContacts": true });
    let upload: wire::Upload = call(&stepped.app, "POST", "/v3/uploads", announced).await?;
    let key = files::upload_key(WORKSPACE, &upload.audience_id);
    files::put(&stepped.app, &key, "text/csv", csv.clone().into_bytes()).await?;
    let put =
        local::embedded::s3::PutEvent { bucket: local::cloud::FILES_BUCKET.to_owned(), key, size: csv.len() as u64 };
    importer::handle(&stepped.app, s3_event(&put)?).await?;
    importer::errands::handle(&stepped.app, stepped.take_now(&stepped.cloud.queues.errand).await?).await?;
    for (id, phone) in ["US.created", "US.edited", "US.imported"].into_iter().zip(&phones) {
        write(&stepped, json!({ "from_user_id": id }), "stop", &format!("wamid.{id}"), now()).await?;
        let found = listed(&stepped, &format!("phone={}", &phone[1..])).await?;
        assert_eq!((found.len(), found[0].user_id.as_deref()), (1, Some(id)), "{phone}");
    }
    // What WhatsApp said of an id stands against what somebody typed.
    tell(&stepped, "messages", status(&phones[0], "US.9")).await?;
    let _: Value = call(&stepped.app, "PATCH", &edited, json!({ "userId": "US.9" })).await?;
    assert_eq!(
        lambdas::storage::user_ids::phone_of(&stepped.app, WORKSPACE, "US.9").await?,
        Some(phones[0][1..].into())
    );
    Ok(())
}

#[tokio::test]
async fn people_are_put_on_the_list_by_their_user_id_too() -> anyhow::Result<()> {
    let stepped = Stepped::open().await?;
    let phones: Vec<String> = contacts::phones().take(2).collect();
    tell(&stepped, "messages", status(&phones[0], "US.1")).await?;
    let added = suppress(&stepped, json!({ "phones": ["US.1", "US.2"] })).await?;
    assert_eq!((added.added, added.standing), (2, 0));
    let again = suppress(&stepped, json!({ "phone": "US.2" })).await?;
    assert_eq!((again.added, again.standing), (0, 1));
    assert_eq!(listed(&stepped, &format!("phone={}", &phones[0][1..])).await?.len(), 1);
    assert_eq!(listed(&stepped, "phone=US.2").await?[0].phone, None);
    // He wrote something since, and it shows whose the id is: what the workspace said stands all the same.
    write(&stepped, json!({ "from": &phones[1][1..] }), "sair", "wamid.1", now() - 5).await?;
    write(&stepped, json!({ "from": &phones[1][1..] }), "voltar", "wamid.2", now() - 4).await?;
    tell(&stepped, "messages", status(&phones[1], "US.2")).await?;
    let found = listed(&stepped, &format!("phone={}", &phones[1][1..])).await?;
    assert_eq!((found.len(), found[0].entries[0].reason), (1, SuppressionReason::Manual));
    Ok(())
}

/// Sends a message about something that the first person ordered.
async fn reached_by_a_reminder(stepped: &Stepped) -> anyhow::Result<MessageState> {
    let template = json!({ "name": "appointment_reminder", "language": "en", "header": [{ "text": "Monday" }], "body": [{ "column": "name" }, { "text": "x" }] });
    let (campaign, jobs) = dispatched(stepped, &contacts::csv(1), json!({ "template": template })).await?;
    sender::handle(&stepped.app, jobs).await?;
    Ok(messages(stepped, &stepped.record(&campaign).await?).await?.remove(0).state)
}

#[tokio::test]
async fn who_stops_marketing_in_whatsapp_still_gets_what_he_ordered() -> anyhow::Result<()> {
    let stepped = Stepped::open().await?;
    let phone = contacts::phones().next().unwrap_or_default();
    let _: Value = call(&stepped.app, "POST", "/v3/contacts", json!({ "phone": phone })).await?;
    let prefers = async |value: &str, seconds: i64| {
        let preference = json!({ "wa_id": &phone[1..], "value": value, "timestamp": seconds });
        tell(&stepped, "user_preferences", json!({ "user_preferences": [preference] })).await
    };
    prefers("stop", now() - 20).await?;
    assert_eq!(reached(&stepped).await?, refused());
    assert_ne!(reached_by_a_reminder(&stepped).await?, MessageState::Skipped);
    let entry = listed(&stepped, "").await?[0].entries[0].clone();
    assert_eq!((entry.reason, entry.category), (SuppressionReason::Preference, Some(wire::ConsentCategory::Marketing)));
    prefers("resume", now() - 19).await?;
    assert_eq!(listed(&stepped, "").await?, []);

    let store = lambdas::storage::suppressions::add_by_code;
    for _ in 0..2 {
        assert!(store(&stepped.app, WORKSPACE, &phone[1..], 131_050, now() * 1_000).await?);
    }
    assert_eq!(reached(&stepped).await?, refused());
    assert_ne!(reached_by_a_reminder(&stepped).await?, MessageState::Skipped);
    let path = format!("/v3/contacts/{}/consents", &phone[1..]);
    let ledger: wire::ConsentList = call(&stepped.app, "GET", &path, Value::Null).await?;
    let first = &ledger.items[0];
    let evidence = first.evidence.as_deref();
    assert_eq!((first.act, first.source.as_str(), evidence), (wire::ConsentAct::OptOut, "code", Some("131050")));

    // A word is about everything.
    write(&stepped, json!({ "from": &phone[1..] }), "SAIR", "wamid.in", now() + 1).await?;
    assert!(reached_by_a_reminder(&stepped).await.is_err(), "the import leaves him out");
    Ok(())
}

#[tokio::test]
async fn a_recorded_no_outlives_the_contact_and_stands_when_he_is_in_the_book_again() -> anyhow::Result<()> {
    let stepped = Stepped::open().await?;
    let phone = contacts::phones().next().unwrap_or_default();
    let path = format!("/v3/contacts/{}", &phone[1..]);
    let _: Value = call(&stepped.app, "POST", "/v3/contacts", json!({ "phone": phone })).await?;
    let no = json!({ "category": "marketing", "act": "optOut", "source": "shop" });
    let _: Value = call(&stepped.app, "POST", &format!("{path}/consents"), no).await?;
    let token = token(&stepped.app).await?;
    for expected in [StatusCode::NO_CONTENT, StatusCode::NOT_FOUND] {
        assert_eq!(answer(&stepped, &token, "DELETE", &path, Value::Null).await?.0, expected);
    }
    let found = listed(&stepped, "").await?;
    assert_eq!((found.len(), found[0].entries.len()), (1, 1));
    let entry = &found[0].entries[0];
    assert_eq!((entry.reason, entry.category), (SuppressionReason::Recorded, Some(wire::ConsentCategory::Marketing)));
    assert_eq!(reached(&stepped).await?, refused());
    assert_ne!(reached_by_a_reminder(&stepped).await?, MessageState::Skipped);

    let back: wire::Contact = call(&stepped.app, "POST", "/v3/contacts", json!({ "phone": phone })).await?;
    assert_eq!(back.consents.marketing.map(|said| said.act), Some(wire::ConsentAct::OptOut));
    // He asks for messages again: what he said himself is his to take back.
    write(&stepped, json!({ "from": &phone[1..] }), "start", "wamid.start", now() + 1).await?;
    assert_eq!(listed(&stepped, "").await?, []);
    Ok(())
}

#[tokio::test]
async fn who_said_nothing_or_yes_leaves_the_book_without_a_trace_on_the_list() -> anyhow::Result<()> {
    let stepped = Stepped::open().await?;
    let token = token(&stepped.app).await?;
    for (phone, act) in contacts::phones().zip([None, Some("optIn")]) {
        let path = format!("/v3/contacts/{}", &phone[1..]);
        let _: Value = call(&stepped.app, "POST", "/v3/contacts", json!({ "phone": phone })).await?;
        if let Some(act) = act {
            let said = json!({ "category": "marketing", "act": act, "source": "shop" });
            let _: Value = call(&stepped.app, "POST", &format!("{path}/consents"), said).await?;
        }
        assert_eq!(answer(&stepped, &token, "DELETE", &path, Value::Null).await?.0, StatusCode::NO_CONTENT);
    }
    assert_eq!(listed(&stepped, "").await?, []);
    Ok(())
}

#[tokio::test]
async fn a_number_without_its_country_is_of_the_workspaces_and_never_a_strangers() -> anyhow::Result<()> {
    let stepped = Stepped::open().await?;
    let token = token(&stepped.app).await?;
    let restore = json!({ "phone": "31987654321", "source": "shop", "statement": "Signed" });
    for (method, path, body) in [
        ("POST", "/v3/suppressions", json!({ "phones": ["31 98765-4321"] })),
        ("POST", "/v3/people/erase", json!({ "phone": "31987654321" })),
        ("POST", "/v3/people/restore", restore),
        ("GET", "/v3/people/export?phone=31987654321", Value::Null),
        ("GET", "/v3/suppressions?phone=31987654321", Value::Null),
    ] {
        let (status, told) = answer(&stepped, &token, method, path, body).await?;
        let message = told["errors"][0]["message"].as_str().unwrap_or_default();
        assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY, "{path}: {told}");
        assert!(message.contains("has no country code"), "{path}: {told}");
    }
    let _: Value = call(&stepped.app, "PATCH", "/v3/settings", json!({ "defaultCountry": "BR" })).await?;
    // Of Belo Horizonte with brackets or a 0; without, it may as well be a Dutch one.
    assert_eq!(suppress(&stepped, json!({ "phones": ["(31) 98765-4321"] })).await?.added, 1);
    let unsure = answer(&stepped, &token, "POST", "/v3/people/erase", json!({ "phone": "31987654321" })).await?;
    assert_eq!(unsure.0, StatusCode::UNPROCESSABLE_ENTITY, "{}", unsure.1);
    let found = listed(&stepped, "phone=031987654321").await?;
    assert_eq!((found.len(), found[0].phone.as_deref()), (1, Some("+5531987654321")));
    // The same digits after a plus, even one that was not escaped, are a Dutch number.
    for query in ["phone=%2B31987654321", "phone=+31987654321"] {
        assert_eq!(listed(&stepped, query).await?, [], "{query}");
    }
    let erased: Value = call(&stepped.app, "POST", "/v3/people/erase", json!({ "phone": "(31) 98765-4321" })).await?;
    assert!(erased["id"].is_string(), "{erased}");
    assert_eq!(listed(&stepped, "phone=5531987654321").await?, []);
    Ok(())
}

#[tokio::test]
async fn a_word_that_resumes_lifts_nothing_that_the_workspace_said() -> anyhow::Result<()> {
    let stepped = Stepped::open().await?;
    let phones: Vec<String> = contacts::phones().take(2).collect();
    write(&stepped, json!({ "from": &phones[0][1..] }), "stop", "wamid.1", now() - 9).await?;
    let added = suppress(&stepped, json!({ "phone": phones[0] })).await?;
    assert_eq!((added.added, added.standing), (0, 1));
    let blocked = lambdas::storage::suppressions::add_by_code;
    assert!(blocked(&stepped.app, WORKSPACE, &phones[1][1..], 130_403, now() * 1_000 - 9_000).await?);
    for (at, phone) in phones.iter().enumerate() {
        write(&stepped, json!({ "from": &phone[1..] }), "start", &format!("wamid.start.{at}"), now()).await?;
    }
    let mut reasons: Vec<_> = listed(&stepped, "").await?.iter().map(|person| person.entries[0].reason).collect();
    reasons.sort_by_key(|reason| format!("{reason:?}"));
    assert_eq!(reasons, [SuppressionReason::Code, SuppressionReason::Manual]);
    let path = format!("/v3/suppressions/{}", &phones[0][1..]);
    let (status, _) = answer(&stepped, &token(&stepped.app).await?, "DELETE", &path, Value::Null).await?;
    assert_eq!(status, StatusCode::NO_CONTENT);
    Ok(())
}
