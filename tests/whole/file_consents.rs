//! Consent out of a column of the contacts file: into the ledger of each, with file and row, and obeyed.

use anyhow::Context;
use campanile_tests::campaign::{call, refused};
use campanile_tests::stepped::Stepped;
use lambdas::importer;
use lambdas::storage::channels;
use lambdas::storage::files;
use local::embedded::s3::PutEvent;
use local::events::s3_event;
use local::whatsapp::WORKSPACE;
use serde_json::{Value, json};
use wire::{Audience, AudienceId, AudienceStatus, Campaign, CampaignEstimate, ConsentEvent, ConsentList, Upload};

const FILE: &str = include_str!("../fixtures/contacts/consents.csv");

async fn imported(stepped: &Stepped, consent_column: Value) -> anyhow::Result<AudienceId> {
    let announced = json!({
        "fileName": "clientes.csv", "sizeBytes": FILE.len(), "intoContacts": true, "consentColumn": consent_column,
    });
    let upload: Upload = call(&stepped.app, "POST", "/v3/uploads", announced).await?;
    let key = files::upload_key(WORKSPACE, &upload.audience_id);
    files::put(&stepped.app, &key, "text/csv", FILE.as_bytes().to_vec()).await?;
    let put = PutEvent { bucket: local::cloud::FILES_BUCKET.to_owned(), key, size: FILE.len() as u64 };
    importer::handle(&stepped.app, s3_event(&put)?).await?;
    let errand = stepped.take_now(&stepped.cloud.queues.errand).await?;
    for _ in 0..2 {
        importer::errands::handle(&stepped.app, errand.clone()).await?;
    }
    Ok(upload.audience_id)
}

async fn audience(stepped: &Stepped, id: &AudienceId) -> anyhow::Result<Audience> {
    call(&stepped.app, "GET", &format!("/v3/audiences/{id}"), Value::Null).await
}

/// The ledger of a person, each line in one.
async fn ledger(stepped: &Stepped, last_digit: u32, uploaded: &Audience) -> anyhow::Result<Vec<String>> {
    let path = format!("/v3/contacts/551198765000{last_digit}/consents");
    let list: ConsentList = call(&stepped.app, "GET", &path, Value::Null).await?;
    let shown = |line: &ConsentEvent| {
        let at = match line.at == uploaded.created_at {
            true => "upload".to_owned(),
            false => line.at.format("%Y-%m-%dT%H:%M").to_string(),
        };
        let ConsentEvent { category, act, source, evidence, .. } = line;
        format!("{category:?} {act:?} {at} | {source} | {}", evidence.as_deref().unwrap_or_default())
    };
    Ok(list.items.iter().map(shown).collect())
}

#[tokio::test]
async fn each_row_says_what_its_person_agreed_to_and_a_campaign_obeys() -> anyhow::Result<()> {
    let stepped = Stepped::open().await?;
    let columns =
        json!({ "column": "aceita receber?", "dateColumn": "Data", "sourceColumn": "Onde", "textVersion": "7" });
    let id = imported(&stepped, columns).await?;
    let uploaded = audience(&stepped, &id).await?;
    let into = uploaded.into_contacts.clone().context("not into the book")?;
    assert_eq!((into.done, into.agreed, into.refused), (8, 4, 2));
    let expected = [
        "Marketing OptIn 2026-03-04T00:00 | Loja Centro | clientes.csv, row 2: Sim, dated 04/03/2026",
        "Marketing OptOut 2026-03-05T00:00 | clientes.csv | clientes.csv, row 3: Não, dated 2026-03-05",
        "",
        "",
        "Marketing OptIn upload | Feria | clientes.csv, row 6: SÍ, dated 31/02/2026",
        "Marketing OptIn 2026-03-04T13:20 | Landing page | clientes.csv, row 7: yes, dated 2026-03-04T10:20:30-03:00",
        "Marketing OptIn upload | clientes.csv | clientes.csv, row 8: 1, dated 01/01/2999",
        "Marketing OptOut upload | clientes.csv | clientes.csv, row 9: opt-out",
    ];
    for (person, expected) in (1..).zip(expected) {
        assert_eq!(ledger(&stepped, person, &uploaded).await?.join("; "), expected, "person {person}");
    }

    // Four of the eight may be written to.
    call::<Value>(&stepped.app, "PATCH", "/v3/settings", json!({ "requireConsent": true })).await?;
    let channel = channels::list(&stepped.app, WORKSPACE).await?.remove(0).id;
    let body = json!({
        "name": "Offer", "channelId": channel, "audienceId": id,
        "template": { "name": "weekly_offer", "language": "en", "body": [{ "column": "Nome" }] },
    });
    let draft: Campaign = call(&stepped.app, "POST", "/v3/campaigns", body).await?;
    let path = |of: &str| format!("/v3/campaigns/{}/{of}", draft.id);
    let estimate: CampaignEstimate = call(&stepped.app, "GET", &path("estimate"), Value::Null).await?;
    assert_eq!((estimate.recipients, estimate.without_consent), (8, 4));
    let held = refused(&stepped.app, "POST", &path("start"), json!({})).await?;
    assert!(held["detail"].to_string().contains("4 of 8 people"), "{held}");
    Ok(())
}

#[tokio::test]
async fn a_column_that_is_not_there_is_said_and_nobody_has_agreed() -> anyhow::Result<()> {
    let stepped = Stepped::open().await?;
    let told = audience(&stepped, &imported(&stepped, json!({ "column": "Opt-in" })).await?).await?;
    assert_eq!(told.status, AudienceStatus::Failed);
    let problem = told.problem.unwrap_or_default();
    assert!(problem.contains("\"Opt-in\"") && problem.contains("Aceita receber?"), "{problem}");
    let upload = |body: Value| {
        let mut asked = json!({ "fileName": "a.csv", "sizeBytes": 1 });
        asked
            .as_object_mut()
            .into_iter()
            .for_each(|fields| fields.extend(body.as_object().cloned().unwrap_or_default()));
        asked
    };
    let column = json!({ "column": "x" });
    for (field, body) in [
        ("consentColumn", json!({ "consentColumn": column })),
        ("consentColumn.column", json!({ "intoContacts": true, "consentColumn": { "column": " " } })),
        (
            "consentColumn",
            json!({
                "intoContacts": true, "consentColumn": column, "consent": { "category": "marketing", "source": "x" },
            }),
        ),
    ] {
        let told = refused(&stepped.app, "POST", "/v3/uploads", upload(body)).await?;
        assert_eq!(told["errors"][0]["field"], field, "{told}");
    }
    Ok(())
}

#[tokio::test]
async fn of_several_rows_of_a_person_the_one_that_says_no_counts() -> anyhow::Result<()> {
    let stepped = Stepped::open().await?;
    let file = "Nome,Celular,Aceita,Data\nAna,+5511987650001,Sim,01/03/2026\nBia,+5511987650002,Sim,\n\
                Ana,11987650001,Não,01/02/2026\nBia,+5511987650002,Sim,\nCid,+5511987650003,Não,\nCid,+5511987650003,Sim,\n";
    let announced = json!({
        "fileName": "clientes.csv", "sizeBytes": file.len(), "intoContacts": true, "defaultCountry": "BR",
        "consentColumn": { "column": "Aceita", "dateColumn": "Data" },
    });
    let upload: Upload = call(&stepped.app, "POST", "/v3/uploads", announced).await?;
    let key = files::upload_key(WORKSPACE, &upload.audience_id);
    files::put(&stepped.app, &key, "text/csv", file.as_bytes().to_vec()).await?;
    let put = PutEvent { bucket: local::cloud::FILES_BUCKET.to_owned(), key, size: file.len() as u64 };
    importer::handle(&stepped.app, s3_event(&put)?).await?;
    let errand = stepped.take_now(&stepped.cloud.queues.errand).await?;
    for _ in 0..2 {
        importer::errands::handle(&stepped.app, errand.clone()).await?;
    }
    let mut stands = Vec::new();
    for last_digit in 1..=3 {
        let path = format!("/v3/contacts/551198765000{last_digit}");
        let contact: wire::Contact = call(&stepped.app, "GET", &path, Value::Null).await?;
        stands.push(contact.consents.marketing.map(|said| said.act));
    }
    let (yes, no) = (Some(wire::ConsentAct::OptIn), Some(wire::ConsentAct::OptOut));
    assert_eq!(stands, [no, yes, no]);
    let uploaded = audience(&stepped, &upload.audience_id).await?;
    let of_ana = ledger(&stepped, 1, &uploaded).await?;
    assert_eq!(of_ana.len(), 2, "{of_ana:?}");
    assert!(of_ana[0].starts_with("Marketing OptOut upload") && of_ana[0].contains("row 4"), "{of_ana:?}");
    Ok(())
}
