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
    Audience, AudienceConsents, AuditList, Campaign, CampaignEstimate, CampaignStatus, ConsentAct, ConsentCategory,
    ConsentEvent, ConsentList, Contact, MessageState, Settings, Upload,
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
    let announced = json!({
        "fileName": "contacts.csv", "sizeBytes": csv.len(), "intoContacts": true,
        "consent": { "category": "marketing", "source": "fair" },
    });
    let upload: Upload = call(&stepped.app, "POST", "/v3/uploads", announced).await?;
    let key = files::upload_key(WORKSPACE, &upload.audience_id);
    files::put(&stepped.app, &key, "text/csv", csv.clone().into_bytes()).await?;
    let put = PutEvent { bucket: local::cloud::FILES_BUCKET.to_owned(), key, size: csv.len() as u64 };
    importer::handle(&stepped.app, s3_event(&put)?).await?;
    importer::errands::handle(&stepped.app, stepped.take(&stepped.cloud.queues.errand).await?).await?;
    let mut stands = Vec::new();
    for phone in contacts::phones().take(3) {
        let contact: Contact = call(&stepped.app, "GET", &format!("/v3/contacts/{}", &phone[1..]), Value::Null).await?;
        stands.push((contact.consents.marketing.map(|said| said.act), consents(&stepped, &phone).await?.len()));
    }
    let (no, yes) = (Some(ConsentAct::OptOut), Some(ConsentAct::OptIn));
    assert_eq!(stands, [(no, 1), (None, 1), (yes, 1)], "of the second the ledger still says no");
    Ok(())
}
