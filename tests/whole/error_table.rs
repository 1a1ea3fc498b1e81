//! What each of WhatsApp's error codes does, seen from outside: a small campaign meets the code at the simulator, at
//! once or afterwards, and what the person, the campaign, the number and the suppression list get for it is looked at.
//!
//! What is expected stands here by Meta's error page (December 2025 and September 2026) and not by the engine's own
//! table; one test holds the two lists of codes together.

mod people;
mod rates;
mod stops;

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
use campanile_tests::campaign::{call, messages};
use campanile_tests::contacts;
use campanile_tests::stepped::Stepped;
use lambdas::sender;
use local::whatsapp::WORKSPACE;
use serde_json::{Value, json};
use simulator::{Arrival, Callback};
use tower::ServiceExt;
use wire::{CampaignId, ChannelId, ChannelList, ConsentCategory, MessageState, SuppressionList};

use Effect::{
    ClosesCountry, Fails, PausesCampaign, PausesCampaignFor, RestsNumber, SlowsNumber, StopsAccount, StopsAll,
    StopsMarketing, StopsNumber, Unclear, WaitsADay, WaitsSeconds,
};

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

fn number_key(channel: &ChannelId) -> (AttributeValue, AttributeValue) {
    (AttributeValue::S(format!("channel#{WORKSPACE}#{channel}")), AttributeValue::S("permit".to_owned()))
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
