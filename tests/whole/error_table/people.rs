//! Codes that concern one person: nobody else gets anything of them.

use std::collections::BTreeMap;

use anyhow::Context;
use campaigns::send_error::{BAD_PHONE, NO_REASON};
use campanile_tests::campaign::{count, dispatched, messages};
use campanile_tests::contacts;
use campanile_tests::people::{now, tell};
use campanile_tests::stepped::Stepped;
use lambdas::storage::campaigns::CampaignRecord;
use lambdas::storage::totals::{self, Scope};
use serde_json::{Value, json};
use wire::{CampaignStatus, MessageState};

use super::Effect::{ClosesCountry, Fails, StopsAll, StopsMarketing, WaitsSeconds};
use super::{
    AFTERWARDS, AT_ONCE, BEYOND, Effect, Person, Reach, When, cast, csv, digits, judge, listen, meet, requests, told,
    touches_nobody_else, tried, with_reach,
};

/// A campaign to the cast and five others: each gets what his code does, and nobody else anything.
async fn campaign_to(stepped: &Stepped, people: &[Person], when: When) -> anyhow::Result<CampaignRecord> {
    let planned: Vec<(&str, u32)> = people.iter().map(|person| (person.phone.as_str(), person.code)).collect();
    meet(stepped, &planned, when).await?;
    let others: Vec<String> = contacts::phones().skip(people.len()).take(5).collect();
    let all = people.iter().map(|person| person.phone.as_str()).chain(others.iter().map(String::as_str));
    let never = json!({ "undeliverablePercent": 100, "parametersPercent": 100, "unexplainedPercent": 100 });
    let asked = json!({ "retryRounds": 1, "pauseAbove": never });
    let (campaign, jobs) = dispatched(stepped, &csv(all), asked).await?;
    tried(stepped, &campaign, jobs, people.len() + others.len()).await?;
    if when == When::Afterwards {
        told(stepped).await?;
    }
    let record = stepped.record(&campaign).await?;
    let found = messages(stepped, &record).await?;
    let arrivals = stepped.simulator.arrivals();
    let of = |phone: &str| found.iter().find(|message| message.canonical_phone() == digits(phone));
    for person in people {
        judge(of(&person.phone).with_context(|| format!("{} has no message", person.code))?, person);
        assert_eq!(requests(&arrivals, &person.phone), 1, "{}", person.code);
    }
    for phone in &others {
        let state = of(phone).map(|message| message.state);
        let arrived = [MessageState::Accepted, MessageState::Delivered, MessageState::Read];
        assert!(state.is_some_and(|state| arrived.contains(&state)), "{phone}: {state:?}");
    }
    assert_eq!((record.status, &record.status_reason), (CampaignStatus::Processing, &None));
    Ok(record)
}

#[tokio::test]
async fn a_refusal_for_one_person_touches_nobody_else() -> anyhow::Result<()> {
    let stepped = Stepped::open().await?;
    let mut personal = with_reach(&[AT_ONCE, BEYOND], Reach::Person);
    // Its next try would come while this test runs.
    personal.retain(|(_, effect)| *effect != WaitsSeconds);
    let people = cast(personal);
    let record = campaign_to(&stepped, &people, When::AtOnce).await?;
    assert_eq!(record.upkeep.closed_countries.iter().collect::<Vec<_>>(), ["GB"]);
    touches_nobody_else(&stepped, &people).await?;
    count(&stepped).await?;
    let counted = totals::get(&stepped.app, &record.id, Scope::Campaign).await?.totals;
    for Person { code, effect, .. } in &people {
        let has_failed = matches!(effect, Fails | ClosesCountry | StopsMarketing | StopsAll);
        assert_eq!(counted.failed_by_code.get(code).copied(), has_failed.then_some(1), "{code}");
    }
    assert_eq!((counted.unknown, counted.retry, counted.accepted), (3, 1, 5));
    assert_eq!(stepped.record(&record.id).await?.status, CampaignStatus::Processing);
    Ok(())
}

#[tokio::test]
async fn a_message_that_fails_afterwards_for_one_person_touches_nobody_else() -> anyhow::Result<()> {
    let stepped = Stepped::open().await?;
    listen(&stepped)?;
    // What has failed at once has failed afterwards too, and where it differs the second table says so.
    let mut codes: BTreeMap<u32, Effect> = with_reach(&[AT_ONCE, BEYOND], Reach::Person).into_iter().collect();
    codes.retain(|_, effect| *effect == Fails);
    codes.extend(with_reach(&[AFTERWARDS], Reach::Person));
    let people = cast(codes.into_iter().collect());
    campaign_to(&stepped, &people, When::Afterwards).await?;
    touches_nobody_else(&stepped, &people).await
}

#[tokio::test]
async fn the_limit_per_person_holds_up_nobody_else_and_a_day_is_waited_only_where_there_are_rounds()
-> anyhow::Result<()> {
    let stepped = Stepped::open().await?;
    let phones: Vec<String> = contacts::phones().take(3).collect();
    meet(&stepped, &[(phones[0].as_str(), 131_049), (phones[1].as_str(), 131_056)], When::AtOnce).await?;
    let (without, jobs) = dispatched(&stepped, &csv(phones[..1].iter().map(String::as_str)), json!({})).await?;
    let given_up = tried(&stepped, &without, jobs, 1).await?;
    judge(&given_up[0], &Person { phone: phones[0].clone(), code: 131_049, effect: Fails });
    let (pair, jobs) = dispatched(&stepped, &csv(phones[1..].iter().map(String::as_str)), json!({})).await?;
    let found = tried(&stepped, &pair, jobs, 2).await?;
    judge(&found[0], &Person { phone: phones[1].clone(), code: 131_056, effect: WaitsSeconds });
    assert_eq!(found[1].state, MessageState::Accepted);
    assert_eq!(stepped.record(&pair).await?.status, CampaignStatus::Processing);
    touches_nobody_else(&stepped, &[]).await
}

#[tokio::test]
async fn a_failure_without_a_code_has_failed_and_a_phone_that_is_none_is_told_apart_by_its_details()
-> anyhow::Result<()> {
    let stepped = Stepped::open().await?;
    let (campaign, jobs) = dispatched(&stepped, &contacts::csv(2), json!({})).await?;
    tried(&stepped, &campaign, jobs, 2).await?;
    let details = json!({ "details": "Recipient phone number is not valid." });
    let phone = json!([{ "code": 131_009, "title": "Parameter value is not valid", "error_data": details }]);
    for (index, errors) in [Value::Null, phone].into_iter().enumerate() {
        let status = json!({
            "id": "wamid.test", "status": "failed", "timestamp": now().to_string(), "errors": errors,
            "biz_opaque_callback_data": format!("c={campaign};i={index};a=1"),
        });
        tell(&stepped, "messages", json!({ "statuses": [status] })).await?;
    }
    let record = stepped.record(&campaign).await?;
    let found: Vec<(MessageState, Option<u32>)> =
        messages(&stepped, &record).await?.iter().map(|message| (message.state, message.code)).collect();
    assert_eq!(found, [(MessageState::Failed, Some(NO_REASON)), (MessageState::Failed, Some(BAD_PHONE))]);
    assert_eq!(record.status, CampaignStatus::Processing);
    touches_nobody_else(&stepped, &[]).await
}
