//! The ledger of consents, and campaigns that need what stands in it.

use axum::http::StatusCode;
use campanile_tests::campaign::{act, call, dispatched, draft, messages, token, uploaded};
use campanile_tests::contacts;
use campanile_tests::people::{answer, now, write};
use campanile_tests::stepped::Stepped;
use lambdas::storage::files;
use lambdas::{importer, sender};
use local::embedded::s3::PutEvent;
use local::events::s3_event;
use local::whatsapp::WORKSPACE;
use serde_json::{Value, json};
use wire::{
    Audience, AudienceConsents, AudienceId, AuditList, Campaign, CampaignEstimate, CampaignStatus, ConsentAct,
    ConsentCategory, ConsentEvent, ConsentList, Contact, MessageState, Settings, Upload,
};

async fn book(stepped: &Stepped, count: usize) -> anyhow::Result<Vec<String>> {
    let phones: Vec<String> = contacts::phones().take(count).collect();
    for phone in &phones {
        call::<Contact>(&stepped.app, "POST", "/v3/contacts", json!({ "phone": phone })).await?;
    }
    Ok(phones)
}

async fn consents(stepped: &Stepped, phone: &str) -> anyhow::Result<Vec<ConsentEvent>> {
    let path = format!("/v3/contacts/{}/consents", &phone[1..]);
    Ok(call::<ConsentList>(&stepped.app, "GET", &path, Value::Null).await?.items)
}

async fn agree(stepped: &Stepped, phone: &str) -> anyhow::Result<ConsentEvent> {
    let line = json!({ "category": "marketing", "source": "shop", "textVersion": "2026-11", "evidence": "https://example.test/form/1" });
    call(&stepped.app, "POST", &format!("/v3/contacts/{}/consents", &phone[1..]), line).await
}

async fn require(stepped: &Stepped, is_required: bool) -> anyhow::Result<Settings> {
    call(&stepped.app, "PATCH", "/v3/settings", json!({ "requireConsent": is_required })).await
}

#[tokio::test]
async fn the_workspaces_country_reads_numbers_written_without_one() -> anyhow::Result<()> {
    let stepped = Stepped::open().await?;
    let import = async |stepped: &Stepped| {
        let (id, put) = uploaded(&stepped.app, b"name,phone\nAna,(11) 99876-5432\n").await?;
        importer::handle(&stepped.app, s3_event(&put)?).await?;
        call::<Audience>(&stepped.app, "GET", &format!("/v3/audiences/{id}"), Value::Null).await
    };
    assert_eq!(import(&stepped).await?.recipients, 0);
    let changed: Settings = call(&stepped.app, "PATCH", "/v3/settings", json!({ "defaultCountry": "br" })).await?;
    assert_eq!(changed.default_country.as_deref(), Some("BR"));
    assert_eq!(import(&stepped).await?.recipients, 1);
    let wrong = call::<Settings>(&stepped.app, "PATCH", "/v3/settings", json!({ "defaultCountry": "Brasil" })).await;
    assert!(wrong.is_err_and(|error| error.to_string().contains("defaultCountry")));
    Ok(())
}

#[tokio::test]
async fn what_a_person_agreed_to_and_took_back_stands_in_one_ledger() -> anyhow::Result<()> {
    let stepped = Stepped::open().await?;
    let phone = book(&stepped, 1).await?.remove(0);
    let recorded = agree(&stepped, &phone).await?;
    assert_eq!((recorded.act, recorded.recorded_by.as_str()), (ConsentAct::OptIn, "Test"));
    let said_at = now() + 1;
    for _ in 0..2 {
        write(&stepped, json!({ "from": &phone[1..] }), "SAIR", "wamid.in", said_at).await?;
    }
    let lines = consents(&stepped, &phone).await?;
    let acts: Vec<_> = lines.iter().map(|line| (line.category, line.act, line.source.as_str())).collect();
    let word = |category| (category, ConsentAct::OptOut, "word");
    assert_eq!(
        acts,
        [
            word(ConsentCategory::Utility),
            word(ConsentCategory::Marketing),
            (ConsentCategory::Marketing, ConsentAct::OptIn, "shop")
        ]
    );
    assert_eq!(lines[2].evidence.as_deref(), Some("https://example.test/form/1"));
    let contact: Contact = call(&stepped.app, "GET", &format!("/v3/contacts/{}", &phone[1..]), Value::Null).await?;
    assert_eq!(contact.consents.marketing.map(|said| said.act), Some(ConsentAct::OptOut));

    let token = token(&stepped.app).await?;
    let nobody = format!("/v3/contacts/{}/consents", &contacts::phone_ending("0170")[1..]);
    let line = json!({ "category": "marketing", "source": "shop" });
    assert_eq!(answer(&stepped, &token, "POST", &nobody, line).await?.0, StatusCode::NOT_FOUND);
    let path = format!("/v3/contacts/{}/consents", &phone[1..]);
    for wrong in [
        json!({ "category": "marketing", "source": "" }),
        json!({ "category": "marketing", "source": "x", "act": "lifted" }),
    ] {
        assert_eq!(answer(&stepped, &token, "POST", &path, wrong).await?.0, StatusCode::UNPROCESSABLE_ENTITY);
    }
    Ok(())
}

#[tokio::test]
async fn a_file_brings_the_consent_of_all_its_people_and_twice_is_once() -> anyhow::Result<()> {
    let stepped = Stepped::open().await?;
    let csv = contacts::csv(3);
    let announced = json!({
        "fileName": "contacts.csv", "sizeBytes": csv.len(), "intoContacts": true,
        "consent": { "category": "marketing", "source": "fair", "textVersion": "1", "evidence": "lists in folder 7" },
    });
    let upload: Upload = call(&stepped.app, "POST", "/v3/uploads", announced).await?;
    let key = files::upload_key(WORKSPACE, &upload.audience_id);
    files::put(&stepped.app, &key, "text/csv", csv.clone().into_bytes()).await?;
    let put = PutEvent { bucket: local::cloud::FILES_BUCKET.to_owned(), key, size: csv.len() as u64 };
    importer::handle(&stepped.app, s3_event(&put)?).await?;
    let errand = stepped.take(&stepped.cloud.queues.errand).await?;
    for _ in 0..2 {
        importer::errands::handle(&stepped.app, errand.clone()).await?;
    }
    for phone in contacts::phones().take(3) {
        let lines = consents(&stepped, &phone).await?;
        assert_eq!((lines.len(), lines[0].source.as_str(), lines[0].act), (1, "fair", ConsentAct::OptIn));
        let contact: Contact = call(&stepped.app, "GET", &format!("/v3/contacts/{}", &phone[1..]), Value::Null).await?;
        assert!(contact.consents.marketing.is_some());
    }
    let token = token(&stepped.app).await?;
    let without_book =
        json!({ "fileName": "a.csv", "sizeBytes": 1, "consent": { "category": "marketing", "source": "x" } });
    let (status, _) = answer(&stepped, &token, "POST", "/v3/uploads", without_book).await?;
    assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY);
    Ok(())
}

#[tokio::test]
async fn where_consent_is_required_a_campaign_needs_it_of_everybody_or_somebodys_word() -> anyhow::Result<()> {
    let stepped = Stepped::open().await?;
    let phones = book(&stepped, 3).await?;
    let token = token(&stepped.app).await?;
    let campaign = draft(&stepped.app, &contacts::csv(3), json!({})).await?;
    agree(&stepped, &phones[0]).await?;
    require(&stepped, true).await?;
    let path = format!("/v3/campaigns/{}/start", campaign.id);
    let (status, problem) = answer(&stepped, &token, "POST", &path, json!({})).await?;
    assert_eq!((status, &problem["type"]), (StatusCode::CONFLICT, &json!("consentMissing")));
    assert!(problem["detail"].as_str().unwrap_or_default().starts_with("2 of 3 people"), "{problem}");
    assert_eq!(stepped.record(&campaign.id).await?.status, CampaignStatus::Draft);

    let body = json!({ "consentAttestation": { "statement": "signed at the fair" } });
    let started: Campaign = call(&stepped.app, "POST", &path, body).await?;
    let attested = started.consent_attestation.unwrap_or_else(|| panic!("no attestation"));
    assert_eq!((attested.statement.as_deref(), attested.attested_by.as_str()), (Some("signed at the fair"), "Test"));
    let audit: AuditList =
        call(&stepped.app, "GET", &format!("/v3/campaigns/{}/audit", campaign.id), Value::Null).await?;
    assert!(audit.items[0].reason.as_deref().unwrap_or_default().contains("signed at the fair"), "{audit:?}");

    // With everybody's consent no word is needed; a scheduled campaign is asked when it is created.
    let scheduled = json!({ "scheduledTo": (chrono::Utc::now() + chrono::Duration::hours(1)).to_rfc3339() });
    assert!(draft(&stepped.app, &contacts::csv(3), scheduled.clone()).await.is_err());
    for phone in &phones[1..] {
        agree(&stepped, phone).await?;
    }
    draft(&stepped.app, &contacts::csv(3), scheduled).await?;
    let second = draft(&stepped.app, &contacts::csv(3), json!({})).await?;
    assert_eq!(act(&stepped.app, &second.id, "start").await?.status, CampaignStatus::Processing);
    Ok(())
}

#[tokio::test]
async fn consent_is_asked_again_at_the_claim() -> anyhow::Result<()> {
    let stepped = Stepped::open().await?;
    let phones = book(&stepped, 2).await?;
    agree(&stepped, &phones[0]).await?;
    let (campaign, jobs) = dispatched(&stepped, &contacts::csv(2), json!({})).await?;
    require(&stepped, true).await?;
    let estimate: CampaignEstimate =
        call(&stepped.app, "GET", &format!("/v3/campaigns/{campaign}/estimate"), Value::Null).await?;
    assert_eq!((estimate.looked_at, estimate.without_consent, estimate.suppressed), (2, 1, 0));
    let of_all = format!("/v3/audiences/{}/consents", stepped.record(&campaign).await?.audience_id);
    for is_required in [true, false] {
        require(&stepped, is_required).await?;
        let counted: AudienceConsents = call(&stepped.app, "GET", &of_all, Value::Null).await?;
        assert_eq!(counted, AudienceConsents { recipients: 2, looked_at: 2, agreed: 1 }, "{is_required}");
    }
    require(&stepped, true).await?;
    sender::handle(&stepped.app, jobs).await?;
    let found = messages(&stepped, &stepped.record(&campaign).await?).await?;
    assert_ne!(found[0].state, MessageState::Skipped);
    assert_eq!(
        (found[1].state, found[1].reason.as_deref()),
        (MessageState::Skipped, Some(campaigns::consent::NO_CONSENT))
    );
    Ok(())
}

#[tokio::test]
async fn a_workspace_that_never_asked_for_consent_sends_as_before_and_a_word_is_kept_all_the_same() -> anyhow::Result<()>
{
    let stepped = Stepped::open().await?;
    let settings: Settings = call(&stepped.app, "GET", "/v3/settings", Value::Null).await?;
    assert!(settings.confirm_opt_outs && !settings.require_consent && settings.frequency_cap.is_none());
    let campaign = draft(&stepped.app, &contacts::csv(1), json!({ "consentAttestation": {} })).await?;
    assert_eq!(campaign.consent_attestation.map(|said| said.attested_by), Some("Test".to_owned()));
    let audit: AuditList =
        call(&stepped.app, "GET", &format!("/v3/campaigns/{}/audit", campaign.id), Value::Null).await?;
    assert!(audit.items[0].reason.as_deref().unwrap_or_default().contains("attested"), "{audit:?}");
    let without = draft(&stepped.app, &contacts::csv(1), json!({})).await?;
    assert_eq!(act(&stepped.app, &without.id, "start").await?.status, CampaignStatus::Processing);
    Ok(())
}

#[tokio::test]
async fn who_answered_for_some_people_did_not_answer_for_others() -> anyhow::Result<()> {
    let stepped = Stepped::open().await?;
    let campaign = draft(&stepped.app, &contacts::csv(1), json!({ "consentAttestation": {} })).await?;
    let other = draft(&stepped.app, &contacts::csv(2), json!({})).await?;
    let path = format!("/v3/campaigns/{}", campaign.id);
    let renamed: Campaign = call(&stepped.app, "PATCH", &path, json!({ "name": "New" })).await?;
    assert!(renamed.consent_attestation.is_some());
    let edited: Campaign = call(&stepped.app, "PATCH", &path, json!({ "audienceId": other.audience_id })).await?;
    assert_eq!(edited.consent_attestation, None);

    // Somebody answers for the others as well, once; with it the campaign gets its time where consent is required.
    require(&stepped, true).await?;
    let time = (chrono::Utc::now() + chrono::Duration::hours(1)).to_rfc3339();
    assert!(call::<Campaign>(&stepped.app, "PATCH", &path, json!({ "scheduledTo": time })).await.is_err());
    let said = json!({ "scheduledTo": time, "consentAttestation": { "statement": "these too" } });
    for _ in 0..2 {
        let scheduled: Campaign = call(&stepped.app, "PATCH", &path, said.clone()).await?;
        let statement = scheduled.consent_attestation.and_then(|said| said.statement);
        assert_eq!((scheduled.status, statement.as_deref()), (CampaignStatus::Scheduled, Some("these too")));
    }
    let audit: AuditList = call(&stepped.app, "GET", &format!("{path}/audit"), Value::Null).await?;
    let words = audit.items.iter().filter(|line| line.reason.as_deref().unwrap_or_default().contains("these too"));
    assert_eq!(words.count(), 1, "{audit:?}");
    let copy: Campaign = call(&stepped.app, "POST", &format!("{path}/clone"), json!({})).await?;
    assert_eq!(copy.consent_attestation, None);
    Ok(())
}

async fn says_no(stepped: &Stepped, phone: &str, category: &str) -> anyhow::Result<ConsentEvent> {
    let line = json!({ "category": category, "source": "phone call", "act": "optOut" });
    call(&stepped.app, "POST", &format!("/v3/contacts/{}/consents", &phone[1..]), line).await
}

#[tokio::test]
async fn who_said_no_gets_nothing_whatever_is_set_or_attested() -> anyhow::Result<()> {
    let stepped = Stepped::open().await?;
    let phones = book(&stepped, 2).await?;
    says_no(&stepped, &phones[0], "marketing").await?;
    for is_required in [false, true] {
        require(&stepped, is_required).await?;
        let body = json!({ "consentAttestation": { "statement": "all signed" } });
        let (campaign, jobs) = dispatched(&stepped, &contacts::csv(3), body).await?;
        let estimate: CampaignEstimate =
            call(&stepped.app, "GET", &format!("/v3/campaigns/{campaign}/estimate"), Value::Null).await?;
        assert_eq!(estimate.suppressed, 1);
        sender::handle(&stepped.app, jobs).await?;
        let found = messages(&stepped, &stepped.record(&campaign).await?).await?;
        let declined = (MessageState::Skipped, Some(campaigns::consent::DECLINED));
        assert_eq!((found[0].state, found[0].reason.as_deref()), declined, "{is_required}");
        // Of the others nothing is known, and somebody answers for them.
        assert!(found[1..].iter().all(|message| message.state != MessageState::Skipped), "{is_required}");
    }
    // He gets what he ordered.
    let template = json!({ "name": "appointment_reminder", "language": "en", "header": [{ "text": "Monday" }], "body": [{ "column": "name" }, { "text": "x" }] });
    let (campaign, jobs) = dispatched(&stepped, &contacts::csv(1), json!({ "template": template })).await?;
    sender::handle(&stepped.app, jobs).await?;
    let found = messages(&stepped, &stepped.record(&campaign).await?).await?;
    assert_ne!(found[0].state, MessageState::Skipped);
    Ok(())
}

#[tokio::test]
async fn what_is_said_of_a_whole_file_changes_nobodys_own_no() -> anyhow::Result<()> {
    let stepped = Stepped::open().await?;
    let phones = book(&stepped, 2).await?;
    says_no(&stepped, &phones[0], "marketing").await?;
    // The second is not in the book any more, but his no stands in the ledger.
    says_no(&stepped, &phones[1], "marketing").await?;
    let (status, _) = answer(
        &stepped,
        &token(&stepped.app).await?,
        "DELETE",
        &format!("/v3/contacts/{}", &phones[1][1..]),
        Value::Null,
    )
    .await?;
    assert_eq!(status, StatusCode::NO_CONTENT);
    let csv = contacts::csv(3);
    into_book(&stepped, csv, json!({ "consent": { "category": "marketing", "source": "fair" } })).await?;
    let mut stands = Vec::new();
    for phone in contacts::phones().take(3) {
        let contact: Contact = call(&stepped.app, "GET", &format!("/v3/contacts/{}", &phone[1..]), Value::Null).await?;
        stands.push((contact.consents.marketing.map(|said| said.act), consents(&stepped, &phone).await?.len()));
    }
    let (no, yes) = (Some(ConsentAct::OptOut), Some(ConsentAct::OptIn));
    assert_eq!(stands, [(no, 1), (no, 1), (yes, 1)], "the second comes back with his no");
    Ok(())
}

/// Imports a file into the book, its errand twice.
async fn into_book(stepped: &Stepped, csv: impl Into<Vec<u8>>, options: Value) -> anyhow::Result<AudienceId> {
    let csv: Vec<u8> = csv.into();
    let size = csv.len() as u64;
    let mut announced = json!({ "fileName": "contacts.csv", "sizeBytes": size, "intoContacts": true });
    for (option, value) in options.as_object().into_iter().flatten() {
        announced[option] = value.clone();
    }
    let upload: Upload = call(&stepped.app, "POST", "/v3/uploads", announced).await?;
    let key = files::upload_key(WORKSPACE, &upload.audience_id);
    files::put(&stepped.app, &key, "text/csv", csv).await?;
    let put = PutEvent { bucket: local::cloud::FILES_BUCKET.to_owned(), key, size };
    importer::handle(&stepped.app, s3_event(&put)?).await?;
    let errand = stepped.take_now(&stepped.cloud.queues.errand).await?;
    for _ in 0..2 {
        importer::errands::handle(&stepped.app, errand.clone()).await?;
    }
    Ok(upload.audience_id)
}

async fn stands(stepped: &Stepped, phone: &str) -> anyhow::Result<[Option<ConsentAct>; 2]> {
    let contact: Contact = call(&stepped.app, "GET", &format!("/v3/contacts/{}", &phone[1..]), Value::Null).await?;
    Ok([contact.consents.marketing, contact.consents.utility].map(|said| said.map(|said| said.act)))
}

#[tokio::test]
async fn who_said_no_and_left_the_book_comes_back_with_his_no_whatever_a_file_says() -> anyhow::Result<()> {
    let stepped = Stepped::open().await?;
    let phones = book(&stepped, 2).await?;
    let token = token(&stepped.app).await?;
    for phone in &phones {
        says_no(&stepped, phone, "marketing").await?;
        let path = format!("/v3/contacts/{}", &phone[1..]);
        assert_eq!(answer(&stepped, &token, "DELETE", &path, Value::Null).await?.0, StatusCode::NO_CONTENT);
    }
    let silent = format!("name,phone\nAna,{}\n", phones[0]);
    let willing = format!("name,phone,agreed\nBia,{},yes\n", phones[1]);
    let column = json!({ "consentColumn": { "column": "agreed" } });
    for (csv, options) in [(silent, json!({})), (willing, column)] {
        let id = into_book(&stepped, csv, options).await?;
        let path = format!("/v3/audiences/{id}/consents");
        let counted: AudienceConsents = call(&stepped.app, "GET", &path, Value::Null).await?;
        assert_eq!((counted.looked_at, counted.agreed), (1, 0));
    }
    for phone in &phones {
        assert_eq!(stands(&stepped, phone).await?, [Some(ConsentAct::OptOut), None]);
    }
    // He asks for messages again: what he said himself is his to take back.
    write(&stepped, json!({ "from": &phones[1][1..] }), "start", "wamid.start", now() + 1).await?;
    assert_eq!(stands(&stepped, &phones[1]).await?, [Some(ConsentAct::OptIn); 2]);
    Ok(())
}

#[tokio::test]
async fn a_stop_by_a_user_id_alone_is_on_the_contact_and_in_the_ledger_once_it_is_known_whose_it_is()
-> anyhow::Result<()> {
    let stepped = Stepped::open().await?;
    let phone = book(&stepped, 1).await?.remove(0);
    write(&stepped, json!({ "from_user_id": "US.7" }), "stop", "wamid.in", now()).await?;
    assert_eq!(stands(&stepped, &phone).await?, [None, None]);
    let path = format!("/v3/contacts/{}", &phone[1..]);
    for _ in 0..2 {
        call::<Contact>(&stepped.app, "PATCH", &path, json!({ "userId": "US.7" })).await?;
    }
    assert_eq!(stands(&stepped, &phone).await?, [Some(ConsentAct::OptOut); 2]);
    let lines = consents(&stepped, &phone).await?;
    let said: Vec<(ConsentAct, &str)> = lines.iter().map(|line| (line.act, line.source.as_str())).collect();
    assert_eq!(said, [(ConsentAct::OptOut, "word"); 2]);
    Ok(())
}

#[tokio::test]
async fn a_no_counts_although_its_row_does_not_fit_into_the_book() -> anyhow::Result<()> {
    let stepped = Stepped::open().await?;
    // The first is in the book, the second is not.
    book(&stepped, 1).await?;
    let phones: Vec<String> = contacts::phones().take(2).collect();
    let long = "x".repeat(300);
    let csv = format!("name,phone,agreed,note\nAna,{},no,{long}\nBia,{},no,{long}\n", phones[0], phones[1]);
    into_book(&stepped, csv, json!({ "consentColumn": { "column": "agreed" } })).await?;
    assert_eq!(stands(&stepped, &phones[0]).await?, [Some(ConsentAct::OptOut), None]);
    let (campaign, jobs) = dispatched(&stepped, &contacts::csv(2), json!({})).await?;
    sender::handle(&stepped.app, jobs).await?;
    let found = messages(&stepped, &stepped.record(&campaign).await?).await?;
    let states: Vec<MessageState> = found.iter().map(|message| message.state).collect();
    assert_eq!(states, [MessageState::Skipped; 2]);
    Ok(())
}
