//! Money: the rate card, the price before the start, somebody's yes to it, and the cap; the simulator's log is the judge.

use std::collections::{BTreeMap, BTreeSet};

use campaigns::phone::country_of;
use campaigns::rates::parse_amount;
use campanile_tests::campaign::{act, call, call_with, count, draft, draft_on, refused, started, uploaded};
use campanile_tests::contacts;
use campanile_tests::people::now;
use campanile_tests::stepped::Stepped;
use campanile_tests::town::Town;
use campanile_tests::town::faults::Faults;
use chrono::DateTime;
use lambdas::storage::access::{self, AccessRecord, Purpose};
use lambdas::storage::channels::{self, ChannelRecord};
use lambdas::storage::files;
use lambdas::storage::table::Written;
use lambdas::{dispatcher, sender};
use local::whatsapp::WORKSPACE;
use serde_json::{Value, json};
use simulator::{Config, Number};
use wire::{
    AuditList, Campaign, CampaignEstimate, CampaignEvent, CampaignId, CampaignStatus, PriceEstimate, StandingRateCard,
    WorkspaceId,
};

/// A card of round prices for the countries of these tests.
fn card() -> Value {
    let rates = |marketing: &str, utility: &str| json!([{ "validFrom": "2020-01-01", "marketing": marketing, "utility": utility, "service": "0" }]);
    json!({
        "name": "Our contract", "currency": "BRL",
        "markets": [
            { "name": "Brazil", "countries": ["BR"], "rates": rates("0.10", "0.03") },
            { "name": "North America", "countries": ["US", "CA"], "rates": rates("0.05", "0.01") },
        ],
    })
}

async fn price(stepped: &Stepped, campaign: &CampaignId) -> anyhow::Result<PriceEstimate> {
    let path = format!("/v3/campaigns/{campaign}/estimate");
    let estimate: CampaignEstimate = call(&stepped.app, "GET", &path, Value::Null).await?;
    estimate.price.ok_or_else(|| anyhow::anyhow!("the estimate has no price"))
}

#[tokio::test]
async fn the_card_that_came_along_says_so_and_a_workspace_puts_its_own_in_its_place() -> anyhow::Result<()> {
    let stepped = Stepped::open().await?;
    let shipped: StandingRateCard = call(&stepped.app, "GET", "/v3/rate-card", Value::Null).await?;
    assert!(shipped.is_shipped && shipped.version == 0 && shipped.card.name.contains("Indicative"));
    let own: StandingRateCard = call(&stepped.app, "PUT", "/v3/rate-card", card()).await?;
    let again: StandingRateCard = call(&stepped.app, "PUT", "/v3/rate-card", card()).await?;
    assert_eq!((own.is_shipped, own.version, again.version), (false, 1, 1));
    let mut wrong = card();
    wrong["markets"][0]["rates"][0]["marketing"] = json!("0,10");
    wrong["markets"][1]["countries"] = json!(["BR", "Canada"]);
    let problem = refused(&stepped.app, "PUT", "/v3/rate-card", wrong).await?;
    let fields: Vec<&str> =
        problem["errors"].as_array().into_iter().flatten().filter_map(|e| e["field"].as_str()).collect();
    assert_eq!(fields, ["markets.0.rates.0.marketing", "markets.1.countries", "markets.1.countries"]);
    let other = AccessRecord::owner(WorkspaceId(2), "Other");
    let token = access::grant(&stepped.app, Purpose::Token, &other).await?;
    let theirs: StandingRateCard = call_with(&token, &stepped.app, "GET", "/v3/rate-card", Value::Null).await?;
    assert!(theirs.is_shipped, "another workspace's card is its own");
    let back: StandingRateCard = call(&stepped.app, "DELETE", "/v3/rate-card", Value::Null).await?;
    assert_eq!(back, shipped);
    Ok(())
}

#[tokio::test]
async fn everybody_is_priced_by_country_before_the_start_in_old_audiences_too() -> anyhow::Result<()> {
    let stepped = Stepped::open().await?;
    call::<Value>(&stepped.app, "PUT", "/v3/rate-card", card()).await?;
    // More than one segment, more than the sample that the estimate looks at for the rest. Some of these area codes are
    // of islands, which have no rate here.
    let mut csv = contacts::csv(22_000);
    let has_rate = |phone: &String| country_of(phone).is_some_and(|country| matches!(country.as_str(), "US" | "CA"));
    let priced = contacts::phones().take(22_000).filter(has_rate).count() as u64;
    for line in 0..3_000 {
        csv.push_str(&format!("Ana,+55119{line:08}\n"));
    }
    csv.push_str("Rui,+351912345678\n");
    let campaign = draft(&stepped.app, &csv, json!({})).await?;
    let found = price(&stepped, &campaign.id).await?;
    let expected = priced * 50_000 + 300_000_000;
    assert_eq!((found.recipients, parse_amount(&found.total)), (25_001, Ok(expected)));
    assert_eq!((found.currency.as_str(), found.rate_card.as_str()), ("BRL", "Our contract"));
    let by_country: BTreeMap<&str, u64> =
        found.by_country.iter().map(|line| (line.country.as_str(), parse_amount(&line.total).unwrap())).collect();
    assert_eq!(by_country["BR"], 300_000_000);
    assert_eq!(by_country.values().sum::<u64>(), expected);
    let missing: BTreeMap<_, _> =
        found.not_priced.iter().map(|line| (line.country.as_deref(), line.messages)).collect();
    assert_eq!(missing[&Some("PT")], 1);
    assert_eq!(missing.values().sum::<u64>(), 22_000 - priced + 1);
    // As an audience that was made before its countries were counted.
    let key = |value: String| aws_sdk_dynamodb::types::AttributeValue::S(value);
    let update = stepped.app.dynamodb.update_item().table_name(&stepped.app.config.control_table);
    let update = update.key("pk", key(format!("workspace#{WORKSPACE}")));
    let update = update.key("sk", key(format!("audience#{}", campaign.audience_id)));
    update.update_expression("REMOVE countries").send().await?;
    assert_eq!(price(&stepped, &campaign.id).await?, found);
    // They were noted: the segments are not read again.
    let gone = files::segment_key(WORKSPACE, &campaign.audience_id, 12);
    stepped.app.s3.delete_object().bucket(&stepped.app.config.files_bucket).key(gone).send().await?;
    assert_eq!(price(&stepped, &campaign.id).await?, found);
    Ok(())
}

#[tokio::test]
async fn where_the_price_must_be_agreed_to_nothing_starts_without() -> anyhow::Result<()> {
    let stepped = Stepped::open().await?;
    call::<Value>(&stepped.app, "PUT", "/v3/rate-card", card()).await?;
    call::<Value>(&stepped.app, "PATCH", "/v3/settings", json!({ "confirmPrice": true })).await?;
    let campaign = draft(&stepped.app, &contacts::csv(40), json!({})).await?;
    let path = format!("/v3/campaigns/{}", campaign.id);
    let start = format!("{path}/start");
    for body in [json!({}), json!({ "confirmedPrice": "1.99" })] {
        let problem = refused(&stepped.app, "POST", &start, body).await?;
        assert_eq!((&problem["type"], &problem["status"]), (&json!("priceNotConfirmed"), &json!(409)), "{problem}");
        assert_eq!(problem["code"], problem["type"]);
        assert_eq!(problem["errors"][0], json!({ "field": "confirmedPrice", "message": "2.00" }));
    }
    let in_an_hour = DateTime::from_timestamp_millis(now() * 1_000 + 3_600_000).unwrap().to_rfc3339();
    let problem = refused(&stepped.app, "PATCH", &path, json!({ "scheduledTo": in_an_hour })).await?;
    assert_eq!(problem["type"], json!("priceNotConfirmed"), "{problem}");
    let wrong = refused(&stepped.app, "POST", &start, json!({ "confirmedPrice": "much" })).await?;
    assert_eq!(wrong["errors"][0]["field"], json!("confirmedPrice"));
    let agreed = json!({ "scheduledTo": in_an_hour, "confirmedPrice": "2.00" });
    let scheduled: Campaign = call(&stepped.app, "PATCH", &path, agreed).await?;
    assert_eq!(scheduled.status, CampaignStatus::Scheduled);
    let started: Campaign = call(&stepped.app, "POST", &start, json!({ "confirmedPrice": "2.5" })).await?;
    assert_eq!(started.status, CampaignStatus::Processing);
    let spending = started.spending.unwrap();
    assert_eq!((spending.estimated.as_deref(), spending.billed.as_str()), (Some("2.00"), "0.00"));
    // Asked again, it is under way already.
    let again: Campaign = call(&stepped.app, "POST", &start, json!({})).await?;
    assert_eq!(again.status, CampaignStatus::Processing);
    Ok(())
}

#[tokio::test]
async fn a_campaign_that_grows_while_it_is_started_does_not_start_at_the_price_of_before() -> anyhow::Result<()> {
    let stepped = Stepped::open().await?;
    call::<Value>(&stepped.app, "PUT", "/v3/rate-card", card()).await?;
    call::<Value>(&stepped.app, "PATCH", "/v3/settings", json!({ "confirmPrice": true })).await?;
    let (many, put) = uploaded(&stepped.app, &contacts::csv(40)).await?;
    lambdas::importer::handle(&stepped.app, local::events::s3_event(&put)?).await?;
    for _ in 0..10 {
        let few = draft(&stepped.app, &contacts::csv(2), json!({})).await?.id;
        let path = format!("/v3/campaigns/{few}");
        let start = format!("{path}/start");
        let (started, grown) = tokio::join!(
            call::<Campaign>(&stepped.app, "POST", &start, json!({ "confirmedPrice": "0.10" })),
            call::<Campaign>(&stepped.app, "PATCH", &path, json!({ "audienceId": many })),
        );
        let shown: Campaign = call(&stepped.app, "GET", &path, Value::Null).await?;
        assert_eq!((started.is_ok(), grown.is_ok()), (shown.leads_count == 2, shown.leads_count == 40));
        assert_eq!(shown.status == CampaignStatus::Processing, shown.leads_count == 2, "{started:?} {grown:?}");
    }
    Ok(())
}

#[tokio::test]
async fn a_paused_campaign_that_has_not_begun_grows_only_at_a_price_that_was_agreed_to() -> anyhow::Result<()> {
    let stepped = Stepped::open().await?;
    call::<Value>(&stepped.app, "PUT", "/v3/rate-card", card()).await?;
    call::<Value>(&stepped.app, "PATCH", "/v3/settings", json!({ "confirmPrice": true })).await?;
    let (many, put) = uploaded(&stepped.app, &contacts::csv(40)).await?;
    lambdas::importer::handle(&stepped.app, local::events::s3_event(&put)?).await?;
    let campaign = draft(&stepped.app, &contacts::csv(2), json!({})).await?.id;
    let path = format!("/v3/campaigns/{campaign}");
    let in_an_hour = DateTime::from_timestamp_millis(now() * 1_000 + 3_600_000).unwrap().to_rfc3339();
    let agreed = json!({ "scheduledTo": in_an_hour, "confirmedPrice": "0.10" });
    call::<Campaign>(&stepped.app, "PATCH", &path, agreed).await?;
    act(&stepped.app, &campaign, "pause").await?;
    let problem = refused(&stepped.app, "PATCH", &path, json!({ "audienceId": many })).await?;
    assert_eq!(problem["code"], json!("priceNotConfirmed"), "{problem}");
    let agreed = json!({ "audienceId": many, "confirmedPrice": "2.00" });
    let grown: Campaign = call(&stepped.app, "PATCH", &path, agreed).await?;
    assert_eq!((grown.status, grown.leads_count), (CampaignStatus::Paused, 40));
    Ok(())
}

#[tokio::test]
async fn prices_change_their_currency_only_while_no_campaign_has_a_cap_in_the_other() -> anyhow::Result<()> {
    let stepped = Stepped::open().await?;
    call::<Value>(&stepped.app, "PUT", "/v3/rate-card", card()).await?;
    let campaign = draft(&stepped.app, &contacts::csv(2), json!({ "spendCap": "5" })).await?.id;
    act(&stepped.app, &campaign, "start").await?;
    let mut dollars = card();
    dollars["currency"] = json!("USD");
    for (method, body) in [("PUT", dollars.clone()), ("DELETE", Value::Null)] {
        let problem = refused(&stepped.app, method, "/v3/rate-card", body).await?;
        assert_eq!(problem["status"], json!(409), "{method}: {problem}");
    }
    let mut dearer = card();
    dearer["markets"][0]["rates"][0]["marketing"] = json!("0.20");
    call::<Value>(&stepped.app, "PUT", "/v3/rate-card", dearer).await?;
    let path = format!("/v3/campaigns/{campaign}");
    call::<Campaign>(&stepped.app, "PATCH", &path, json!({ "spendCap": null })).await?;
    let other: StandingRateCard = call(&stepped.app, "PUT", "/v3/rate-card", dollars).await?;
    assert_eq!(other.card.currency, "USD");
    Ok(())
}

#[tokio::test]
async fn amounts_keep_their_currency_and_nothing_starts_with_a_cap_in_another() -> anyhow::Result<()> {
    let stepped = Stepped::open().await?;
    let app = &stepped.app;
    call::<Value>(app, "PUT", "/v3/rate-card", card()).await?;
    let begun = draft(app, &contacts::csv(2), json!({})).await?.id;
    act(app, &begun, "start").await?;
    let capped = draft(app, &contacts::csv(2), json!({ "spendCap": "5" })).await?.id;
    let mut dollars = card();
    dollars["currency"] = json!("USD");
    call::<Value>(app, "PUT", "/v3/rate-card", dollars).await?;

    let shown: Campaign = call(app, "GET", &format!("/v3/campaigns/{begun}"), Value::Null).await?;
    let spending = shown.spending.unwrap();
    assert_eq!((spending.currency.as_str(), spending.estimate()), ("USD", Some(("BRL", "0.10"))));
    let copy: Campaign = call(app, "POST", &format!("/v3/campaigns/{capped}/clone"), json!({})).await?;
    let in_an_hour = DateTime::from_timestamp_millis(now() * 1_000 + 3_600_000).unwrap().to_rfc3339();
    for (id, anew, limit) in [(&capped, json!("5"), Some(("USD", "5.00"))), (&copy.id, Value::Null, None)] {
        let path = format!("/v3/campaigns/{id}");
        let start = refused(app, "POST", &format!("{path}/start"), json!({})).await?;
        let schedule = refused(app, "PATCH", &path, json!({ "scheduledTo": in_an_hour })).await?;
        for problem in [start, schedule] {
            assert_eq!((&problem["status"], &problem["errors"][0]["field"]), (&json!(422), &json!("spendCap")), "{id}");
        }
        let edited: Campaign = call(app, "PATCH", &path, json!({ "spendCap": anew })).await?;
        assert_eq!(edited.spending.unwrap().limit(), limit, "{id}");
        assert_eq!(act(app, id, "start").await?.status, CampaignStatus::Processing);
    }
    Ok(())
}

#[tokio::test]
async fn prices_from_a_day_after_the_start_hold_a_cap_too() -> anyhow::Result<()> {
    let stepped = Stepped::open().await?;
    call::<Value>(&stepped.app, "PUT", "/v3/rate-card", card()).await?;
    let (campaign, nudge) = started(&stepped, &contacts::csv(50), json!({ "spendCap": "0.52" })).await?;
    let mut later = card();
    for market in 0..2 {
        later["markets"][market]["rates"][0]["validFrom"] = json!("2099-01-01");
    }
    call::<Value>(&stepped.app, "PUT", "/v3/rate-card", later).await?;
    dispatcher::handle(&stepped.app, dispatcher::Event::Nudges(nudge)).await?;
    let record = stepped.record(&campaign).await?;
    assert!((1..=10).contains(&record.cursor_index), "{} got jobs, and the cap pays for ten", record.cursor_index);
    Ok(())
}

#[tokio::test]
async fn late_totals_make_a_capped_campaign_slower_and_never_dearer() -> anyhow::Result<()> {
    let stepped = Stepped::open().await?;
    call::<Value>(&stepped.app, "PUT", "/v3/rate-card", card()).await?;
    let (campaign, nudge) = started(&stepped, &contacts::csv(50), json!({ "spendCap": "0.52" })).await?;
    let mut jobs = BTreeSet::new();
    // What a slow machine puts back comes again.
    for _ in 0..20 {
        dispatcher::handle(&stepped.app, dispatcher::Event::Nudges(nudge.clone())).await?;
        let taken = stepped.take(&stepped.app.config.send_queue_url).await?;
        for message in &taken.records {
            let job: campaigns::job::Job = serde_json::from_str(message.body.as_deref().unwrap_or_default())?;
            jobs.extend(job.recipients.iter().map(|recipient| recipient.index));
        }
        sender::handle(&stepped.app, taken).await?;
        if stepped.simulator.arrivals().len() == 10 && jobs.len() >= 10 {
            dispatcher::handle(&stepped.app, dispatcher::Event::Nudges(nudge.clone())).await?;
            assert_eq!(stepped.take_now(&stepped.app.config.send_queue_url).await?.records.len(), 0);
            break;
        }
    }
    assert_eq!(jobs, (0..10).collect::<BTreeSet<u64>>(), "the cap pays for ten");
    assert_eq!(stepped.record(&campaign).await?.status, CampaignStatus::Processing, "ten are on their way");
    count(&stepped).await?;
    for _ in 0..2 {
        dispatcher::handle(&stepped.app, dispatcher::Event::Nudges(nudge.clone())).await?;
    }
    let shown: Campaign = call(&stepped.app, "GET", &format!("/v3/campaigns/{campaign}"), Value::Null).await?;
    assert_eq!(shown.status, CampaignStatus::Paused);
    assert!(shown.status_reason.unwrap_or_default().contains("spend cap of BRL 0.52"));
    let spending = shown.spending.unwrap();
    assert_eq!((spending.billed.as_str(), spending.in_flight.as_str()), ("0.00", "0.50"));
    assert_eq!(stepped.simulator.arrivals().len(), 10);
    Ok(())
}

/// Pauses in its audit.
async fn pauses(town: &Town, campaign: &CampaignId) -> anyhow::Result<usize> {
    let audit: AuditList = call(&town.app, "GET", &format!("/v3/campaigns/{campaign}/audit"), Value::Null).await?;
    Ok(audit.items.iter().filter(|line| line.what == CampaignEvent::Paused).count())
}

async fn until_paused(town: &mut Town, campaign: &CampaignId) -> anyhow::Result<Campaign> {
    town.live();
    for _ in 0..60 {
        tokio::time::sleep(std::time::Duration::from_secs(30)).await;
        let shown: Campaign = call(&town.app, "GET", &format!("/v3/campaigns/{campaign}"), Value::Null).await?;
        if shown.status == CampaignStatus::Paused {
            // What was in flight has landed, and its receipts have come.
            tokio::time::sleep(std::time::Duration::from_secs(120)).await;
            return call(&town.app, "GET", &format!("/v3/campaigns/{campaign}"), Value::Null).await;
        }
    }
    anyhow::bail!("the campaign did not pause")
}

#[tokio::test(start_paused = true)]
async fn a_cap_pauses_once_is_never_passed_and_lets_go_on_when_it_is_raised() -> anyhow::Result<()> {
    let mut town = Town::open(Faults::none(), Config::default()).await?;
    call::<Value>(&town.app, "PUT", "/v3/rate-card", card()).await?;
    // Some fail after they left, which gives their money back.
    let mut csv = contacts::csv(300);
    csv.insert_str(csv.find('\n').unwrap_or_default() + 1, &format!("Late,{}\n", contacts::phone_ending("0181")));
    let campaign = draft(&town.app, &csv, json!({ "spendCap": "4.02", "chunkSize": 50 })).await?.id;
    act(&town.app, &campaign, "start").await?;
    let micros = |text: &str| parse_amount(text).unwrap_or(u64::MAX);
    for (cap, raised) in [("4.02", Some("7")), ("7", None)] {
        let shown = until_paused(&mut town, &campaign).await?;
        let spending = shown.spending.clone().unwrap();
        let delivered = shown.totals.delivered + shown.totals.read;
        assert_eq!(
            micros(&spending.billed),
            delivered * 50_000,
            "billed is what the simulator delivered: {spending:?}"
        );
        assert_eq!(town.simulator.totals().accepted, delivered + shown.totals.failed, "{:?}", shown.totals);
        let committed = micros(&spending.billed) + micros(&spending.in_flight);
        assert!(committed <= micros(cap) && committed + 50_000 > micros(cap), "{committed} of {cap}");
        println!("cap {cap}: {} accepted, {} billed", town.simulator.totals().accepted, spending.billed);
        let refused = refused(&town.app, "POST", &format!("/v3/campaigns/{campaign}/resume"), json!({})).await?;
        assert_eq!(refused["type"], json!("conflict"), "{refused}");
        let path = format!("/v3/campaigns/{campaign}");
        call::<Campaign>(&town.app, "PATCH", &path, json!({ "spendCap": raised })).await?;
        act(&town.app, &campaign, "resume").await?;
    }
    assert_eq!(pauses(&town, &campaign).await?, 2, "once for each cap");
    town.live_in_peace(std::slice::from_ref(&campaign), std::time::Duration::from_secs(3_600)).await?;
    assert_eq!(town.simulator.totals().accepted, 301);
    Ok(())
}

/// The other workspace: its own number and its own contacts.
async fn other_workspace(town: &Town) -> anyhow::Result<(String, ChannelRecord)> {
    let channel = channels::list(&town.app, WORKSPACE).await?.remove(1);
    // A number belongs to one workspace: it leaves this one first.
    channels::delete(&town.app, &channel).await?;
    let theirs = ChannelRecord { workspace_id: WorkspaceId(2), version: 1, ..channel };
    assert_eq!(channels::create(&town.app, &theirs).await?, Written::Done);
    let access = AccessRecord::owner(WorkspaceId(2), "Other");
    Ok((access::grant(&town.app, Purpose::Token, &access).await?, theirs))
}

#[tokio::test(start_paused = true)]
async fn ten_messages_of_one_workspace_do_not_wait_for_the_million_of_another() -> anyhow::Result<()> {
    let number = |id: &str| Number { phone_number_id: id.to_owned(), rate_per_second: 20, ..Number::default() };
    let numbers = Config { numbers: ["1001", "1002"].map(number).to_vec(), ..Config::default() };
    let mut town = Town::open(Faults::none(), numbers).await?;
    let (token, theirs) = other_workspace(&town).await?;
    let ours = channels::list(&town.app, WORKSPACE).await?.remove(0);
    // More than the dispatcher cuts ahead: the queue holds what it would hold of a million.
    let large = draft_on(&town.app, &ours.id, &contacts::csv(5_000), json!({ "chunkSize": 100_000 })).await?.id;
    act(&town.app, &large, "start").await?;
    town.live();
    tokio::time::sleep(std::time::Duration::from_secs(20)).await;
    let record = lambdas::storage::campaigns::get(&town.app, WORKSPACE, &large).await?;
    let cut = record.map_or(0, |record| record.cursor_index);
    assert!(cut >= 3_400, "the queue is as full as it gets: {cut}");

    let mut lines = String::from("name,phone\n");
    for line in 0..10 {
        lines.push_str(&format!("Ana,+55119{line:08}\n"));
    }
    let upload: wire::Upload =
        call_with(&token, &town.app, "POST", "/v3/uploads", json!({ "fileName": "ten.csv", "sizeBytes": lines.len() }))
            .await?;
    let key = files::upload_key(WorkspaceId(2), &upload.audience_id);
    files::put(&town.app, &key, "text/csv", lines.into_bytes()).await?;
    let put = local::embedded::s3::PutEvent { bucket: local::cloud::FILES_BUCKET.to_owned(), key, size: 1 };
    lambdas::importer::handle(&town.app, local::events::s3_event(&put)?).await?;
    let body = json!({
        "name": "Ten", "channelId": theirs.id, "audienceId": upload.audience_id,
        "template": { "name": "weekly_offer", "language": "en", "body": [{ "column": "name" }] },
    });
    let small: Campaign = call_with(&token, &town.app, "POST", "/v3/campaigns", body).await?;
    let began = town.app.clock.now_micros();
    let path = format!("/v3/campaigns/{}/start", small.id);
    call_with::<Campaign>(&token, &town.app, "POST", &path, json!({})).await?;
    tokio::time::sleep(std::time::Duration::from_secs(60)).await;
    let mine = town.accepted().into_iter().filter(|arrival| arrival.to.trim_start_matches('+').starts_with("55119"));
    let waits: Vec<i64> = mine.map(|arrival| (arrival.at_micros - began) / 1_000).collect();
    println!("ten messages beside {cut} in the queue left {:?} ms after their start", waits.iter().max());
    assert_eq!(waits.len(), 10);
    town.die();
    Ok(())
}
