//! What people agreed to in files: out of the book with them and back into it, where no yes of before beats a no.

use anyhow::Context;
use campanile_tests::contacts as people;
use campanile_tests::stepped::Stepped;
use lambdas::storage::{consents, contacts, files};
use local::whatsapp::WORKSPACE;
use serde_json::{Value, json};
use wire::{ConsentAct, ConsentEvent, Consents, Contact, Export};

use super::{all, ask, book, import_into_contacts, run_errands};

async fn says(stepped: &Stepped, phone: &str, line: Value) -> anyhow::Result<()> {
    let path = format!("/v3/contacts/{}/consents", &phone[1..]);
    ask::<ConsentEvent>(stepped, "POST", &path, line).await?;
    Ok(())
}

async fn exported(stepped: &Stepped, format: &str) -> anyhow::Result<Vec<u8>> {
    let export: Export = ask(stepped, "POST", "/v3/contacts/export", json!({ "format": format })).await?;
    run_errands(stepped).await?;
    files::get(&stepped.app, &files::export_key(WORKSPACE, &export.id, format)).await
}

/// Takes these people out of the book, with all that their ledgers say.
async fn taken_out(stepped: &Stepped, people: &[Contact]) -> anyhow::Result<()> {
    for person in people {
        let phone = campaigns::contact::canonical(person);
        contacts::delete(&stepped.app, WORKSPACE, &phone).await?;
        consents::delete(&stepped.app, WORKSPACE, &phone).await?;
    }
    Ok(())
}

fn consents_of(people: &[Contact]) -> Vec<(&str, &Consents)> {
    people.iter().map(|person| (person.phone.as_str(), &person.consents)).collect()
}

async fn marketing(stepped: &Stepped, phone: &str) -> anyhow::Result<Option<ConsentAct>> {
    let contact: Contact = ask(stepped, "GET", &format!("/v3/contacts/{}", &phone[1..]), Value::Null).await?;
    Ok(contact.consents.marketing.map(|said| said.act))
}

#[tokio::test]
async fn an_export_brings_back_what_each_said_of_both_kinds_of_messages_when_and_where() -> anyhow::Result<()> {
    let stepped = Stepped::open().await?;
    let phones = book(&stepped, 4).await?;
    let agrees = json!({ "category": "marketing", "source": "=loja", "textVersion": "2026-11" });
    says(&stepped, &phones[0], agrees.clone()).await?;
    says(&stepped, &phones[0], json!({ "category": "utility", "source": "checkout", "act": "optOut" })).await?;
    says(&stepped, &phones[1], json!({ "category": "marketing", "source": "phone", "act": "optOut" })).await?;
    says(&stepped, &phones[2], agrees).await?;
    let before = all(&stepped, "").await?;
    let said = before.iter().filter_map(|person| person.consents.marketing.as_ref()?.source.as_deref());
    assert_eq!(said.filter(|source| *source == "=loja").count(), 2);
    for format in ["csv", "xlsx"] {
        let file = exported(&stepped, format).await?;
        let standing = all(&stepped, "").await?;
        let audience = import_into_contacts(&stepped, &file, json!({})).await?;
        let into = audience.into_contacts.context("the import went into the book")?;
        assert_eq!((into.written, into.agreed, into.refused), (0, 1, 2), "{format}");
        assert_eq!(into.columns_left_out, [] as [&str; 0], "{format}");
        assert_eq!(all(&stepped, "").await?, standing, "{format}: over the book that it came from it changes nothing");

        taken_out(&stepped, &standing).await?;
        import_into_contacts(&stepped, &file, json!({})).await?;
        assert_eq!(consents_of(&all(&stepped, "").await?), consents_of(&before), "{format}");
    }
    Ok(())
}

#[tokio::test]
async fn a_no_that_was_said_after_the_export_stands_however_the_file_is_imported() -> anyhow::Result<()> {
    let stepped = Stepped::open().await?;
    let phone = book(&stepped, 1).await?.remove(0);
    says(&stepped, &phone, json!({ "category": "marketing", "source": "shop" })).await?;
    let file = exported(&stepped, "csv").await?;
    says(&stepped, &phone, json!({ "category": "marketing", "source": "phone", "act": "optOut" })).await?;
    for options in [
        json!({}),
        json!({ "consentColumn": { "column": "marketingConsent" } }),
        json!({ "consent": { "category": "marketing", "source": "fair" } }),
    ] {
        import_into_contacts(&stepped, &file, options.clone()).await?;
        assert_eq!(marketing(&stepped, &phone).await?, Some(ConsentAct::OptOut), "{options}");
    }
    Ok(())
}

#[tokio::test]
async fn a_no_of_an_export_counts_over_what_is_said_of_all_and_over_another_row() -> anyhow::Result<()> {
    let stepped = Stepped::open().await?;
    let phone = book(&stepped, 1).await?.remove(0);
    says(&stepped, &phone, json!({ "category": "marketing", "source": "phone", "act": "optOut" })).await?;
    let file = exported(&stepped, "csv").await?;
    taken_out(&stepped, &all(&stepped, "").await?).await?;
    let of_all = json!({ "consent": { "category": "marketing", "source": "fair" } });
    import_into_contacts(&stepped, &file, of_all).await?;
    assert_eq!(marketing(&stepped, &phone).await?, Some(ConsentAct::OptOut));

    let strangers: Vec<String> = people::phones().skip(10).take(3).collect();
    let [twice, undated, plain] = &strangers[..] else { anyhow::bail!("three people are needed") };
    let csv = format!(
        "whatsapp,marketingConsent,marketingConsentAt\n{twice},optIn,2020-01-01T00:00:00.000Z\n{twice},optOut,\n\
         {undated},optIn,\n{plain},yes,2020-01-01\n"
    );
    let audience = import_into_contacts(&stepped, csv.as_bytes(), json!({})).await?;
    let into = audience.into_contacts.context("the import went into the book")?;
    assert_eq!((into.agreed, into.refused), (1, 1));
    assert_eq!(marketing(&stepped, twice).await?, Some(ConsentAct::OptOut));
    assert_eq!(marketing(&stepped, undated).await?, None, "a yes without its time may be older than a no");
    assert_eq!(marketing(&stepped, plain).await?, None, "nobody said that this column is about consent");
    Ok(())
}
