//! What each of WhatsApp's error codes does, seen from outside: a small campaign meets the code at the simulator, at
//! once or afterwards, and what the person, the campaign, the number and the suppression list get for it is looked at.
//!
//! What is expected stands here by Meta's error page (December 2025 and September 2026) and not by the engine's own
//! table; one test holds the two lists of codes together.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::ops::RangeInclusive;
use std::time::Duration;

use anyhow::{Context, bail, ensure};
use aws_lambda_events::sqs::SqsEvent;
use aws_sdk_dynamodb::types::AttributeValue;
use axum::body::Body;
use axum::http::{Request, header};
use campaigns::message::MessageRecord;
use campaigns::send_error::{
    ACCOUNT_DELETED, ACCOUNT_DISABLED, ACCOUNT_RESTRICTED, ACCOUNT_VIOLATION, BAD_PHONE, NO_REASON, TABLE,
};
use campanile_tests::campaign::{call, count, dispatched, indexes, later, messages};
use campanile_tests::contacts;
use campanile_tests::people::{now, tell};
use campanile_tests::stepped::Stepped;
use lambdas::storage::campaigns::CampaignRecord;
use lambdas::storage::channels::{self, ChannelRecord};
use lambdas::storage::totals::{self, Scope};
use lambdas::{dispatcher, sender};
use local::whatsapp::WORKSPACE;
use serde_json::{Value, json};
use simulator::{Arrival, Callback, Outcome};
use tower::ServiceExt;
use wire::{CampaignId, CampaignStatus, ChannelId, ChannelList, ConsentCategory, MessageState, SuppressionList};

/// What a code does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Effect {
    /// The message has failed for good; nobody else is concerned.
    Fails,
    /// The same, and the campaign leaves out who is left of the person's country.
    ClosesCountry,
    /// The same, and the person gets no marketing any more.
    StopsMarketing,
    /// The same, and the person gets nothing any more.
    StopsAll,
    /// HTTP 5xx that proves nothing: nobody knows whether it was sent, and it is not sent again by itself.
    Unclear,
    /// The person is tried again within seconds; nobody else waits.
    WaitsSeconds,
    /// The person is tried again a day later, where the campaign has rounds for it.
    WaitsADay,
    /// The number has half its rate, and the message is tried again within half a minute.
    SlowsNumber,
    /// Nothing leaves the number for a minute or more, and the message waits as long.
    RestsNumber {
        /// At most so many minutes.
        most_minutes: i64,
    },
    /// The campaign pauses; others on the number go on.
    PausesCampaign,
    /// The same, and it goes on by itself after so many minutes.
    PausesCampaignFor(i64),
    /// Nothing leaves the number until a person has seen to it.
    StopsNumber,
    /// Nothing leaves any number of the account.
    StopsAccount,
}

use Effect::{
    ClosesCountry, Fails, PausesCampaign, PausesCampaignFor, RestsNumber, SlowsNumber, StopsAccount, StopsAll,
    StopsMarketing, StopsNumber, Unclear, WaitsADay, WaitsSeconds,
};

/// Whom an effect concerns beyond the message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Reach {
    Person,
    Rate,
    Campaign,
    Number,
}

impl Effect {
    fn reach(self) -> Reach {
        match self {
            Fails | ClosesCountry | StopsMarketing | StopsAll | Unclear | WaitsSeconds | WaitsADay => Reach::Person,
            SlowsNumber | RestsNumber { .. } => Reach::Rate,
            PausesCampaign | PausesCampaignFor(_) => Reach::Campaign,
            StopsNumber | StopsAccount => Reach::Number,
        }
    }
}

type Expected = [(Effect, &'static [u32])];

/// What each code of Meta's page does when a send is refused with it, with the HTTP status that the page gives it.
#[rustfmt::skip]
const AT_ONCE: &Expected = &[
    (Fails, &[
        1, 100, 130_472, 131_008, 131_009, 131_021, 131_026, 131_047, 131_062, 132_000, 132_005, 132_008, 132_012,
        132_018, 135_000, 137_000,
        // Of groups, calls, what people wrote, and lists: of no send of ours, and a message that meets them has failed.
        131_020, 131_041, 131_044, 131_052, 131_059, 131_060,
        138_000, 138_001, 138_002, 138_003, 138_004, 138_005, 138_006, 138_007, 138_008, 138_009, 138_010, 138_011,
        138_012, 138_013, 138_014, 138_015, 138_016, 138_017, 138_018,
        // Of flows, blocked people, confirmations, figures, invitations, templates, moves, shared numbers: the same.
        139_000, 139_001, 139_002, 139_003, 139_004, 139_100, 139_101, 139_102, 139_103, 136_024, 136_025,
        200_005, 200_006, 200_007, 1_752_041,
        2_388_001, 2_388_012, 2_388_019, 2_388_024, 2_388_039, 2_388_040, 2_388_047, 2_388_072, 2_388_073, 2_388_091,
        2_388_093, 2_388_103, 2_388_293, 2_388_299, 2_593_079, 2_593_085, 2_593_107, 2_593_108,
    ]),
    (ClosesCountry, &[130_497]),
    (StopsMarketing, &[131_050]),
    (StopsAll, &[130_403]),
    (Unclear, &[2, 131_000, 131_016]),
    (WaitsSeconds, &[131_056]),
    (WaitsADay, &[131_049]),
    (SlowsNumber, &[130_429]),
    (RestsNumber { most_minutes: 60 }, &[4, 80_007]),
    (RestsNumber { most_minutes: 15 }, &[133_004]),
    (RestsNumber { most_minutes: 5 }, &[131_057, 2_494_100]),
    (PausesCampaign, &[
        131_014, 131_030, 131_051, 131_053, 131_055, 131_061, 131_063, 132_001, 132_007, 132_015, 132_016, 132_068,
        134_011, 134_100, 134_102, 141_002,
    ]),
    (PausesCampaignFor(10), &[134_101]),
    (PausesCampaignFor(60), &[132_069]),
    (StopsNumber, &[
        0, 3, 10, 33, 104, 190, 200, 131_005, 131_037, 131_045, 131_048, 133_010,
        // Of registering a number: whoever administers it must see to it.
        133_000, 133_005, 133_006, 133_008, 133_009, 133_015, 133_016,
    ]),
    (StopsAccount, &[368, 131_031, 131_042, 131_064]),
];

/// Codes that the page has no row for: permissions are a range, and what nobody knows has failed.
const BEYOND: &Expected = &[(StopsNumber, &[201, 272, 299]), (Fails, &[130_999, 131_200, 131_299, 139_999])];

/// What the codes do that WhatsApp fails messages with which it took. A `delivered` may still follow: none of them is
/// sent again by itself but the one that says to wait a day.
const AFTERWARDS: &Expected = &[
    (Fails, &[130_472, 131_000, 131_026, 131_047, 137_000]),
    (StopsMarketing, &[131_050]),
    (StopsAll, &[130_403]),
    (WaitsADay, &[131_049]),
    (PausesCampaign, &[131_014, 131_053, 132_015]),
    (StopsNumber, &[131_048]),
    (StopsAccount, &[131_042]),
];

/// Codes of a message's own fault that pause its campaign when the first twenty all meet them.
const PAUSE_WHEN_REPEATED: [u32; 9] = [1, 100, 131_008, 131_009, 132_000, 132_012, 132_018, 135_000, 139_999];

/// Codes of our own, for what WhatsApp says without one.
const OURS: [u32; 6] = [NO_REASON, ACCOUNT_RESTRICTED, ACCOUNT_DISABLED, ACCOUNT_DELETED, ACCOUNT_VIOLATION, BAD_PHONE];

const MINUTE_MS: i64 = 60_000;
const DAY_MS: i64 = 24 * 60 * MINUTE_MS;
/// What an answer takes on a slow machine.
const SLACK_MS: i64 = 5_000;

/// A number that is kept for fiction in a country of its own.
const BRITISH: &str = "+447700900123";

/// When a code comes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum When {
    AtOnce,
    Afterwards,
}

/// Somebody whose messages meet a code.
struct Person {
    phone: String,
    code: u32,
    effect: Effect,
}

fn with_reach(tables: &[&Expected], reach: Reach) -> Vec<(u32, Effect)> {
    let rows = tables.iter().flat_map(|table| table.iter()).filter(|(effect, _)| effect.reach() == reach);
    rows.flat_map(|(effect, codes)| codes.iter().map(move |code| (*code, *effect))).collect()
}

/// Somebody for each code.
fn cast(codes: Vec<(u32, Effect)>) -> Vec<Person> {
    let person = |(phone, (code, effect)): (String, (u32, Effect))| {
        let phone = if effect == ClosesCountry { BRITISH.to_owned() } else { phone };
        Person { phone, code, effect }
    };
    contacts::phones().zip(codes).map(person).collect()
}

/// A contacts file.
fn csv<'a>(phones: impl Iterator<Item = &'a str>) -> String {
    phones.fold("name,phone\n".to_owned(), |text, phone| format!("{text}Person,{phone}\n"))
}

fn digits(phone: &str) -> &str {
    phone.trim_start_matches('+')
}

/// From now on messages to these phones meet these codes; an empty phone is everybody's.
async fn meet(stepped: &Stepped, people: &[(&str, u32)], when: When) -> anyhow::Result<()> {
    let when = match when {
        When::AtOnce => "refused",
        When::Afterwards => "failed",
    };
    let outcome = |(phone, code): &(&str, u32)| json!({ "endsWith": digits(phone), "code": code, "when": when });
    let body = json!({ "outcomes": people.iter().map(outcome).collect::<Vec<Value>>() });
    let request = Request::post("/simulator/outcomes").header(header::CONTENT_TYPE, "application/json");
    let answer = stepped.simulator.router().oneshot(request.body(Body::from(body.to_string()))?).await?;
    ensure!(answer.status().is_success(), "{body} was answered {}", answer.status());
    Ok(())
}

/// The simulator tells the webhook from now on.
fn listen(stepped: &Stepped) -> anyhow::Result<()> {
    let webhook = lambdas::webhook::router(stepped.app.clone());
    stepped.simulator.set_callback(Some(Callback::in_process(webhook, &stepped.webhook_path())?));
    Ok(())
}

/// Waits until the webhook was told all.
async fn told(stepped: &Stepped) -> anyhow::Result<()> {
    let idle = tokio::time::timeout(Duration::from_secs(20), stepped.simulator.idle());
    idle.await.context("the simulator still has something to tell")
}

async fn send(stepped: &Stepped, jobs: SqsEvent) -> anyhow::Result<()> {
    let response = sender::handle(&stepped.app, jobs).await?;
    ensure!(response.batch_item_failures.is_empty(), "a job failed");
    Ok(())
}

/// Times that jobs are taken which a slow machine put back.
const MOST_TAKES: usize = 20;

/// The messages of a campaign once so many of its people were tried, with these jobs.
async fn tried(
    stepped: &Stepped,
    campaign: &CampaignId,
    mut jobs: SqsEvent,
    people: usize,
) -> anyhow::Result<Vec<MessageRecord>> {
    let record = stepped.record(campaign).await?;
    for _ in 0..MOST_TAKES {
        send(stepped, jobs).await?;
        let found = messages(stepped, &record).await?;
        if found.len() == people && !found.iter().any(missed_its_slot) {
            return Ok(found);
        }
        jobs = stepped.take(&stepped.app.config.send_queue_url).await?;
    }
    bail!("not all {people} people of a campaign were tried")
}

fn missed_its_slot(message: &MessageRecord) -> bool {
    message.state == MessageState::Claimed || (message.state == MessageState::Retry && message.code.is_none())
}

/// The jobs of an event, each by itself, by their first recipient.
fn one_by_one(jobs: &SqsEvent) -> anyhow::Result<Vec<SqsEvent>> {
    let mut all = Vec::new();
    for message in &jobs.records {
        let mut one = jobs.clone();
        one.records = vec![message.clone()];
        all.push((indexes(&one)?.first().copied(), one));
    }
    all.sort_by_key(|(first, _)| *first);
    Ok(all.into_iter().map(|(_, one)| one).collect())
}

/// How many requests came for this phone.
fn requests(arrivals: &[Arrival], phone: &str) -> usize {
    arrivals.iter().filter(|arrival| arrival.to == digits(phone)).count()
}

/// What is kept of a number that slows, rests or blocks it.
async fn standing(stepped: &Stepped, channel: &ChannelId) -> anyhow::Result<HashMap<String, AttributeValue>> {
    let (pk, sk) = number_key(channel);
    let read = stepped.app.dynamodb.get_item().table_name(&stepped.app.config.control_table);
    let read = read.key("pk", pk).key("sk", sk).consistent_read(true).send().await?;
    let mut item = read.item.unwrap_or_default();
    item.retain(|name, _| ["share", "restUntil", "blockedBy"].contains(&name.as_str()));
    Ok(item)
}

/// Forgets it.
async fn forget(stepped: &Stepped, channel: &ChannelId) -> anyhow::Result<()> {
    let (pk, sk) = number_key(channel);
    let delete = stepped.app.dynamodb.delete_item().table_name(&stepped.app.config.control_table);
    delete.key("pk", pk).key("sk", sk).send().await?;
    Ok(())
}

fn number_key(channel: &ChannelId) -> (AttributeValue, AttributeValue) {
    (AttributeValue::S(format!("channel#{WORKSPACE}#{channel}")), AttributeValue::S("permit".to_owned()))
}

fn figure(item: &HashMap<String, AttributeValue>, name: &str) -> Option<i64> {
    item.get(name)?.as_n().ok()?.parse().ok()
}

/// Whether each channel is blocked, as people see it.
async fn blocked(stepped: &Stepped) -> anyhow::Result<Vec<bool>> {
    let list: ChannelList = call(&stepped.app, "GET", "/v3/channels", Value::Null).await?;
    Ok(list.items.into_iter().map(|channel| channel.blocked_because.is_some()).collect())
}

/// Who gets no more, with WhatsApp's code and the category.
type Suppressed = BTreeMap<String, Vec<(Option<u32>, Option<ConsentCategory>)>>;

async fn suppressed(stepped: &Stepped) -> anyhow::Result<Suppressed> {
    let mut all = Suppressed::new();
    let mut path = Some("/v3/suppressions".to_owned());
    while let Some(page) = path.take() {
        let list: SuppressionList = call(&stepped.app, "GET", &page, Value::Null).await?;
        for person in list.items {
            let entries = person.entries.into_iter().map(|entry| (entry.code, entry.category)).collect();
            all.insert(person.phone.unwrap_or_default(), entries);
        }
        path = list.next.map(|after| format!("/v3/suppressions?after={after}"));
    }
    Ok(all)
}

/// Those of the cast who are to be on the list.
fn to_be_suppressed(people: &[Person]) -> Suppressed {
    let entry = |person: &Person| {
        let category = match person.effect {
            StopsMarketing => Some(ConsentCategory::Marketing),
            StopsAll => None,
            Fails | ClosesCountry | Unclear | WaitsSeconds | WaitsADay => return None,
            SlowsNumber | RestsNumber { .. } => return None,
            PausesCampaign | PausesCampaignFor(_) | StopsNumber | StopsAccount => return None,
        };
        Some((person.phone.clone(), vec![(Some(person.code), category)]))
    };
    people.iter().filter_map(entry).collect()
}

/// The message of a person whose code concerns nobody else.
fn judge(message: &MessageRecord, Person { code, effect, .. }: &Person) {
    let found = (message.state, message.code, message.not_before.is_some());
    let wait_ms = message.not_before.unwrap_or_default() - message.failed_at.unwrap_or(message.attempted_at);
    let waits = |bounds: RangeInclusive<i64>| {
        assert_eq!(found, (MessageState::Retry, Some(*code), true), "{code}");
        assert!(bounds.contains(&wait_ms), "{code}: tried again after {wait_ms} ms");
    };
    match effect {
        Fails | ClosesCountry | StopsMarketing | StopsAll => {
            assert_eq!(found, (MessageState::Failed, Some(*code), false), "{code}");
        }
        Unclear => assert_eq!(found, (MessageState::Unknown, None, false), "{code}"),
        // 4^n seconds, n from 0 by one page and from 1 by another.
        WaitsSeconds => waits(1_000..=4_000 + SLACK_MS),
        WaitsADay => waits(DAY_MS..=DAY_MS + 60 * MINUTE_MS + SLACK_MS),
        SlowsNumber | RestsNumber { .. } | PausesCampaign | PausesCampaignFor(_) | StopsNumber | StopsAccount => {
            panic!("{code} concerns more than a person");
        }
    }
}

/// Nothing slows the number, and nobody but those of the cast is on the list.
async fn touches_nobody_else(stepped: &Stepped, people: &[Person]) -> anyhow::Result<()> {
    let kept = standing(stepped, &stepped.channel_id().await?).await?;
    assert!(kept.is_empty(), "{kept:?}");
    assert_eq!(blocked(stepped).await?, [false]);
    assert_eq!(suppressed(stepped).await?, to_be_suppressed(people));
    Ok(())
}

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

#[test]
fn every_code_of_the_table_has_an_expectation_and_every_expectation_a_code() {
    let expected: Vec<u32> = AT_ONCE.iter().flat_map(|(_, codes)| codes.iter().copied()).collect();
    let each_once: BTreeSet<u32> = expected.iter().copied().collect();
    assert_eq!(expected.len(), each_once.len(), "a code is expected twice");
    let known = TABLE.iter().map(|row| row.code).filter(|code| !OURS.contains(code));
    assert_eq!(known.collect::<BTreeSet<u32>>(), each_once);
    assert!(AFTERWARDS.iter().flat_map(|(_, codes)| codes.iter()).all(|code| each_once.contains(code)));
    assert!(BEYOND.iter().flat_map(|(_, codes)| codes.iter()).all(|code| !each_once.contains(code)));
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

/// A code that slows the number or lets it rest: what it does to the message, the number and another campaign on it,
/// and that the message leaves once, an hour later.
async fn judge_rate(code: u32, effect: Effect) -> anyhow::Result<()> {
    let stepped = Stepped::open().await?;
    let phones: Vec<String> = contacts::phones().take(2).collect();
    meet(&stepped, &[("", code)], When::AtOnce).await?;
    let (limited, first) = dispatched(&stepped, &csv(phones[..1].iter().map(String::as_str)), json!({})).await?;
    let (other, second) = dispatched(&stepped, &csv(phones[1..].iter().map(String::as_str)), json!({})).await?;
    let refused = tried(&stepped, &limited, first, 1).await?.remove(0);
    let item = standing(&stepped, &stepped.channel_id().await?).await?;
    send(&stepped, second).await?;

    assert_eq!((refused.state, refused.code), (MessageState::Retry, Some(code)));
    let wait_ms = refused.not_before.unwrap_or_default() - refused.attempted_at;
    let rest_ms = figure(&item, "restUntil").map(|until| until / 1_000 - refused.attempted_at);
    let untouched = messages(&stepped, &stepped.record(&other).await?).await?.is_empty();
    let asked = stepped.simulator.arrivals().len();
    match effect {
        SlowsNumber => {
            assert_eq!((figure(&item, "share"), rest_ms, untouched, asked), (Some(500), None, false, 2), "{code}");
            assert!((1_000..=30_000 + SLACK_MS).contains(&wait_ms), "{code}: tried again after {wait_ms} ms");
        }
        RestsNumber { most_minutes } => {
            let bounds = MINUTE_MS..=most_minutes * MINUTE_MS;
            assert!(rest_ms.is_some_and(|rest| bounds.contains(&rest)), "{code}: the number rests {rest_ms:?} ms");
            assert!(bounds.contains(&wait_ms), "{code}: tried again after {wait_ms} ms");
            assert_eq!((figure(&item, "share"), untouched, asked), (None, true, 1), "{code}");
        }
        Fails | ClosesCountry | StopsMarketing | StopsAll | Unclear | WaitsSeconds | WaitsADay | PausesCampaign
        | PausesCampaignFor(_) | StopsNumber | StopsAccount => bail!("{code} neither slows a number nor lets it rest"),
    }
    for campaign in [&limited, &other] {
        assert_eq!(stepped.record(campaign).await?.status, CampaignStatus::Processing, "{code}");
    }
    assert_eq!((blocked(&stepped).await?, suppressed(&stepped).await?), (vec![false], Suppressed::new()), "{code}");
    leaves_once_an_hour_later(&stepped, code, &phones[0]).await
}

async fn leaves_once_an_hour_later(stepped: &Stepped, code: u32, phone: &str) -> anyhow::Result<()> {
    meet(stepped, &[], When::AtOnce).await?;
    let late = later(&stepped.app, 60 * 60);
    dispatcher::handle(&late, dispatcher::Event::Tick(json!({}))).await?;
    loop {
        let jobs = stepped.take_now(&stepped.app.config.send_queue_url).await?;
        if jobs.records.is_empty() {
            break;
        }
        sender::handle(&late, jobs).await?;
    }
    let mut arrivals = stepped.simulator.arrivals();
    arrivals.retain(|arrival| matches!(arrival.outcome, Outcome::Accepted));
    assert_eq!(requests(&arrivals, phone), 1, "{code}");
    Ok(())
}

#[tokio::test]
async fn what_the_number_is_refused_for_slows_it_or_lets_it_rest_and_is_nobodys_failure() -> anyhow::Result<()> {
    for (code, effect) in with_reach(&[AT_ONCE], Reach::Rate) {
        judge_rate(code, effect).await.with_context(|| code.to_string())?;
    }
    Ok(())
}

/// Two numbers of one account; campaigns go out by the first.
struct Stage {
    stepped: Stepped,
    channels: [ChannelId; 2],
}

impl Stage {
    async fn set() -> anyhow::Result<Stage> {
        let stepped = Stepped::open().await?;
        let first = stepped.channel().await?;
        let second = ChannelRecord {
            id: ChannelId("z-second".to_owned()),
            phone_number_id: "106540352242923".to_owned(),
            display_phone_number: "+1 555-078-3882".to_owned(),
            ..first.clone()
        };
        channels::create(&stepped.app, &second).await?;
        Ok(Stage { stepped, channels: [first.id, second.id] })
    }

    /// The first of two people of a campaign meets the code; the second's job and another campaign's come after it.
    async fn judge(&self, code: u32, effect: Effect, when: When) -> anyhow::Result<()> {
        let stepped = &self.stepped;
        let phones: Vec<String> = contacts::phones().take(3).collect();
        meet(stepped, &[(phones[0].as_str(), code)], when).await?;
        let before = stepped.simulator.arrivals().len();
        let two = csv(phones[..2].iter().map(String::as_str));
        let (campaign, jobs) = dispatched(stepped, &two, json!({ "chunkSize": 1 })).await?;
        let third = csv(phones[2..].iter().map(String::as_str));
        let (other, of_other) = dispatched(stepped, &third, json!({})).await?;
        let mut jobs = one_by_one(&jobs)?;
        ensure!(jobs.len() == 2, "{code}: {} jobs for two chunks", jobs.len());
        tried(stepped, &campaign, jobs.remove(0), 1).await?;
        if when == When::Afterwards {
            told(stepped).await?;
        }
        send(stepped, jobs.remove(0)).await?;
        match effect.reach() {
            Reach::Campaign => tried(stepped, &other, of_other, 1).await.map(|_| ())?,
            Reach::Number => send(stepped, of_other).await?,
            Reach::Person | Reach::Rate => bail!("{code} stops neither a campaign nor a number"),
        }

        let record = stepped.record(&campaign).await?;
        judge_paused(&record, code, effect);
        let found = messages(stepped, &record).await?;
        assert_eq!(found.len(), 1, "{code}: the second person was claimed");
        judge_kept(&found[0], code, when);
        let arrivals = stepped.simulator.arrivals().split_off(before);
        let asked: Vec<usize> = phones.iter().map(|phone| requests(&arrivals, phone)).collect();
        let other = stepped.record(&other).await?;
        if effect.reach() == Reach::Campaign {
            assert_eq!((asked, other.status), (vec![1, 0, 1], CampaignStatus::Processing), "{code}");
        } else {
            assert_eq!((asked, other.status), (vec![1, 0, 0], CampaignStatus::Paused), "{code}");
            assert!(other.status_reason.is_some_and(|why| why.contains(&format!("({code})"))), "{code}");
        }
        self.judge_numbers(code, effect).await
    }

    /// Which of the numbers is stopped; nothing else is kept of them, and then nothing at all.
    async fn judge_numbers(&self, code: u32, effect: Effect) -> anyhow::Result<()> {
        let expected = [effect.reach() == Reach::Number, effect == StopsAccount];
        assert_eq!(blocked(&self.stepped).await?, expected, "{code}");
        for (channel, is_stopped) in self.channels.iter().zip(expected) {
            let blocked_by = is_stopped.then(|| ("blockedBy".to_owned(), AttributeValue::N(code.to_string())));
            let kept: HashMap<String, AttributeValue> = blocked_by.into_iter().collect();
            assert_eq!(standing(&self.stepped, channel).await?, kept, "{code}");
            forget(&self.stepped, channel).await?;
        }
        Ok(())
    }
}

fn judge_paused(record: &CampaignRecord, code: u32, effect: Effect) {
    assert_eq!(record.status, CampaignStatus::Paused, "{code}");
    let why = record.status_reason.as_deref().unwrap_or_default();
    assert!(why.starts_with("Paused by itself: ") && why.contains(&format!("({code})")), "{code}: {why}");
    let minutes = record.upkeep.resumes_at.map(|at| (at - record.updated_at) / MINUTE_MS);
    let expected = if let PausesCampaignFor(minutes) = effect { Some(minutes) } else { None };
    assert_eq!(minutes, expected, "{code}");
}

/// A message that was refused waits with its campaign and has used nothing up; one that failed afterwards has failed
/// until a person asks for another attempt.
fn judge_kept(message: &MessageRecord, code: u32, when: When) {
    let found = (message.state, message.code, message.not_before.is_some(), message.tries, message.round);
    let expected = match when {
        When::AtOnce => (MessageState::Retry, Some(code), true, 0, 0),
        When::Afterwards => (MessageState::Failed, Some(code), false, 0, 0),
    };
    assert_eq!(found, expected, "{code}");
}

async fn judge_stops(codes: Vec<(u32, Effect)>, when: When) -> anyhow::Result<()> {
    let stage = Stage::set().await?;
    if when == When::Afterwards {
        listen(&stage.stepped)?;
    }
    for (code, effect) in codes {
        stage.judge(code, effect, when).await.with_context(|| code.to_string())?;
    }
    assert_eq!(suppressed(&stage.stepped).await?, Suppressed::new());
    Ok(())
}

#[tokio::test]
async fn what_all_messages_of_a_campaign_are_refused_for_pauses_it_and_no_other() -> anyhow::Result<()> {
    judge_stops(with_reach(&[AT_ONCE, BEYOND], Reach::Campaign), When::AtOnce).await
}

#[tokio::test]
async fn what_a_number_cannot_send_for_stops_all_its_campaigns_and_an_accounts_trouble_all_its_numbers()
-> anyhow::Result<()> {
    judge_stops(with_reach(&[AT_ONCE, BEYOND], Reach::Number), When::AtOnce).await
}

#[tokio::test]
async fn a_message_that_fails_afterwards_stops_what_a_refusal_would() -> anyhow::Result<()> {
    let campaigns = with_reach(&[AFTERWARDS], Reach::Campaign);
    judge_stops([campaigns, with_reach(&[AFTERWARDS], Reach::Number)].concat(), When::Afterwards).await
}

#[tokio::test]
async fn a_fault_of_the_message_itself_pauses_the_campaign_whose_first_twenty_meet_it() -> anyhow::Result<()> {
    const FIRST: usize = 20;
    let stepped = Stepped::open().await?;
    let mut campaigns = Vec::new();
    for code in PAUSE_WHEN_REPEATED {
        meet(&stepped, &[("", code)], When::AtOnce).await?;
        let (campaign, jobs) = dispatched(&stepped, &contacts::csv(FIRST), json!({})).await?;
        tried(&stepped, &campaign, jobs, FIRST).await?;
        campaigns.push((code, campaign));
    }
    count(&stepped).await?;
    for (code, campaign) in campaigns {
        let record = stepped.record(&campaign).await?;
        let why = record.status_reason.unwrap_or_default();
        assert_eq!(record.status, CampaignStatus::Paused, "{code}");
        assert!(why.contains(&format!("{FIRST} of the latest {FIRST} messages")), "{code}: {why}");
        let counted = totals::get(&stepped.app, &campaign, Scope::Campaign).await?.totals;
        assert_eq!(counted.failed_by_code, BTreeMap::from([(code, FIRST as u64)]));
    }
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
