//! Webhooks, one fixture per case: `tests/fixtures/webhooks/<case>.json` is what WhatsApp posts, byte for byte but for
//! `{campaign}`, and `<case>.expected.json` what it changes on the scene (`campanile_tests::scene`), and nothing else.
//!
//! In an expectation `scene` says what is special about the scene, `effects` what differs afterwards (`now` is a time
//! by our own clock), and `knownGap` why that is not yet what it should be. Every body is posted twice: the second time
//! changes nothing.

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use anyhow::{Context, ensure};
use axum::body::Body;
use axum::http::{Request, StatusCode};
use campanile_tests::campaign::{act, call, dispatched, later};
use campanile_tests::contacts;
use campanile_tests::running::repository;
use campanile_tests::scene::{FOREIGN, SENT_AT, Scene, difference};
use futures::{StreamExt, stream};
use lambdas::sender;
use lambdas::storage::kept;
use local::whatsapp::SIMULATOR_APP;
use serde::Deserialize;
use serde_json::{Value, json};
use tower::ServiceExt;
use wire::{Campaign, CampaignStatus, MessageList, Recount};

/// Cases played side by side.
const PARALLEL_CASES: usize = 4;

/// What WhatsApp posts at most (Meta, webhooks, December 2025), in bytes.
const LARGEST_OF_WHATSAPP: usize = 3_000_000;

/// Half of the time that the function has, 29 s on AWS: in time on a slow machine too.
const IN_TIME: Duration = Duration::from_secs(15);

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Expected {
    /// Fields of the campaign.
    #[serde(default)]
    scene: Value,
    /// What a person does with the campaign before the webhook.
    #[serde(default)]
    before: Vec<String>,
    /// Cases whose bodies are posted first, in their order.
    #[serde(default)]
    after: Vec<String>,
    /// What a person does between the two posts of the body.
    #[serde(default)]
    between: Vec<String>,
    status: u16,
    effects: Value,
    #[serde(default)]
    known_gap: Option<String>,
}

fn folder() -> PathBuf {
    repository().join("tests/fixtures/webhooks")
}

fn cases() -> anyhow::Result<Vec<String>> {
    let mut names = Vec::new();
    for entry in std::fs::read_dir(folder())? {
        let name = entry?.file_name().to_string_lossy().into_owned();
        if let Some(case) = name.strip_suffix(".json").filter(|case| !case.ends_with(".expected")) {
            names.push(case.to_owned());
        }
    }
    names.sort();
    Ok(names)
}

fn body(scene: &Scene, case: &str) -> anyhow::Result<Vec<u8>> {
    let bytes = std::fs::read(folder().join(format!("{case}.json"))).with_context(|| case.to_owned())?;
    // As bytes: a hostile body need not be text.
    let text = match String::from_utf8(bytes) {
        Ok(text) => text,
        Err(error) => return Ok(error.into_bytes()),
    };
    Ok(text.replace("{campaign}", scene.campaign.as_str()).replace("{foreign}", FOREIGN).into_bytes())
}

fn expected(path: &Path) -> anyhow::Result<Expected> {
    let text = std::fs::read_to_string(path).with_context(|| path.display().to_string())?;
    serde_json::from_str(&text).with_context(|| path.display().to_string())
}

/// Plays one case; what is wrong with it.
async fn play(case: &str) -> anyhow::Result<Option<String>> {
    let expected = expected(&folder().join(format!("{case}.expected.json")))?;
    let asked = if expected.scene.is_null() { json!({}) } else { expected.scene };
    let scene = Scene::set(&asked).await?;
    for action in &expected.before {
        scene.act(action).await?;
    }
    for earlier in &expected.after {
        scene.post(&body(&scene, earlier)?).await?;
    }
    let body = body(&scene, case)?;
    let before = scene.state().await?;
    let status = scene.post(&body).await?;
    let once = scene.state().await?;
    for action in &expected.between {
        scene.act(action).await?;
    }
    let resumed = if expected.between.is_empty() { once.clone() } else { scene.state().await? };
    let again = scene.post(&body).await?;
    let twice = scene.state().await?;
    let effects = comparable(difference(&before, &once));
    if (status, &effects) != (expected.status, &expected.effects) {
        return Ok(Some(format!(
            "{case}: {status} {effects:#}\n  instead of {} {:#}",
            expected.status, expected.effects
        )));
    }
    if (again, &twice) != (status, &resumed) {
        let more = difference(&resumed, &twice);
        return Ok(Some(format!("{case}: the second time it answers {again} and changes {more:#}")));
    }
    Ok(None)
}

/// How often an item was written is compared between the first and the second post, and told by nobody. The scene's
/// clock begins an hour after the messages were sent and runs on: what it dates is of now.
fn comparable(mut effects: Value) -> Value {
    let now = SENT_AT + 3_600..SENT_AT + 7_200;
    if let Some(messages) = effects.get_mut("messages").and_then(Value::as_object_mut) {
        for message in messages.values_mut().filter_map(Value::as_object_mut) {
            message.remove("version");
            for time in message.values_mut().filter(|value| value.as_i64().is_some_and(|at| now.contains(&at))) {
                *time = json!("now");
            }
        }
    }
    effects
}

#[tokio::test(flavor = "multi_thread")]
async fn every_fixture_changes_what_it_says_and_twice_is_once() -> anyhow::Result<()> {
    let only = std::env::var("WEBHOOK").ok();
    let cases: Vec<String> =
        cases()?.into_iter().filter(|case| only.as_ref().is_none_or(|only| case.contains(only))).collect();
    ensure!(!cases.is_empty(), "there are no fixtures");
    let played = stream::iter(&cases).map(|case| async move { play(case).await.with_context(|| case.clone()) });
    let mut wrong = Vec::new();
    let mut played = played.buffer_unordered(PARALLEL_CASES);
    while let Some(outcome) = played.next().await {
        match outcome {
            Ok(None) => {}
            Ok(Some(told)) => wrong.push(told),
            Err(error) => wrong.push(format!("{error:#}")),
        }
    }
    wrong.sort();
    ensure!(wrong.is_empty(), "{} of {} cases:\n{}", wrong.len(), cases.len(), wrong.join("\n"));
    Ok(())
}

#[test]
fn gaps_that_are_known_are_few_and_say_why() -> anyhow::Result<()> {
    for case in cases()? {
        let gap = expected(&folder().join(format!("{case}.expected.json")))?.known_gap;
        ensure!(gap.is_none_or(|gap| gap.len() > 20), "{case}: a gap without a reason");
    }
    Ok(())
}

#[tokio::test]
async fn an_answer_is_counted_and_can_be_read_on_the_persons_row_for_thirty_days() -> anyhow::Result<()> {
    let scene = Scene::set(&json!({ "trackMaxHours": 24, "trackAllChannels": true })).await?;
    let app = &scene.stepped.app;
    scene.post(&body(&scene, "reply-button")?).await?;
    scene.post(&body(&scene, "status-with-price-delivered-is-billed")?).await?;
    let path = format!("/v3/campaigns/{}", scene.campaign);
    let campaign: Campaign = call(app, "GET", &path, Value::Null).await?;
    assert_eq!((campaign.track_max_hours, campaign.track_all_channels), (24, true));
    let counts = campaign.result_counts;
    assert_eq!((counts.answered, counts.by_chunk_id["0"].answered, campaign.totals.replied), (1, 1, 1));
    let people: MessageList = call(app, "GET", &format!("{path}/messages"), Value::Null).await?;
    let ben = &people.items[1];
    assert_eq!(
        (ben.reply_text.as_deref(), ben.replied_at.is_some(), ben.clicked_at),
        (Some("Quero"), true, ben.replied_at)
    );
    assert_eq!(ben.billing.as_ref().map(|billing| billing.category.as_str()), Some("marketing"));
    let late = later(app, 0);
    let people: MessageList = call(&late, "GET", &format!("{path}/messages"), Value::Null).await?;
    assert_eq!(
        (people.items[1].reply_text.as_deref(), people.items[1].replied_at),
        (None, ben.replied_at),
        "a year later"
    );
    let recount: Recount = call(app, "POST", &format!("{path}/recount"), json!({})).await?;
    assert_eq!((recount.agree, recount.recount.replied), (Some(true), 1));

    let edited: Campaign = call(app, "PATCH", &path, json!({ "trackMaxHours": 0, "trackAllChannels": false })).await?;
    assert_eq!((edited.track_max_hours, edited.track_all_channels), (0, false));
    let copy: Campaign = call(app, "POST", &format!("{path}/clone"), json!({})).await?;
    assert_eq!((copy.track_max_hours, copy.track_all_channels), (0, false));
    assert!(call::<Campaign>(app, "PATCH", &path, json!({ "trackMaxHours": 721 })).await.is_err());
    Ok(())
}

#[tokio::test]
async fn a_restricted_account_stops_its_campaigns_before_anything_leaves() -> anyhow::Result<()> {
    let scene = Scene::set(&json!({ "trackMaxHours": 1 })).await?;
    let stepped = &scene.stepped;
    let (campaign, jobs) = dispatched(stepped, &contacts::csv(5), json!({})).await?;
    scene.post(&body(&scene, "account-restricted")?).await?;
    sender::handle(&stepped.app, jobs).await?;
    let record = stepped.record(&campaign).await?;
    assert_eq!(record.status, CampaignStatus::Paused);
    assert!(record.status_reason.as_deref().unwrap_or_default().contains("restricted the account"), "{record:?}");
    assert_eq!(stepped.simulator.totals().accepted, 0);
    // Somebody has seen to it; the same webhook once more blocks nothing.
    act(&stepped.app, &campaign, "resume").await?;
    scene.post(&body(&scene, "account-restricted")?).await?;
    assert_eq!(scene.state().await?["channels"]["first"]["blocked"], Value::Null);
    Ok(())
}

/// Chance of a test, the same each time.
fn shuffled(mut all: Vec<Value>, seed: u64) -> Vec<Value> {
    let mut chance = fastrand::Rng::with_seed(seed);
    chance.shuffle(&mut all);
    all
}

#[tokio::test]
async fn webhooks_shuffled_and_tripled_come_to_the_same_totals() -> anyhow::Result<()> {
    let mut ends = Vec::new();
    for seed in 0..4 {
        let scene = Scene::set(&json!({})).await?;
        let mut all = Vec::new();
        for (index, kind) in ["sent", "delivered", "read", "failed"].iter().cycle().take(24).enumerate() {
            let mut one =
                status(&scene, kind, &format!("wamid.sent.{}", index % 3), index as u64 % 3, SENT_AT + index as i64);
            let billed_as = ["regular", "free_entry_point"][index % 2];
            one["pricing"] = json!({ "category": "marketing", "type": billed_as });
            // Failures that ask for nothing else: which of two pauses stands is whichever came first.
            let code = [131_026, 131_047, 131_021][index % 3];
            one["errors"] = json!([{ "code": code }]);
            all.extend([one.clone(), one.clone(), one]);
        }
        let order = if seed == 0 { all } else { shuffled(all, seed) };
        for some in order.chunks(7) {
            assert_eq!(tell(&scene, some.to_vec()).await?, 200);
        }
        let mut state = scene.state().await?;
        for message in ["0", "1", "2"] {
            state["messages"][message]["version"] = Value::Null;
        }
        state["campaign"]["audit"] = Value::Null;
        ends.push(state);
    }
    for end in &ends[1..] {
        assert_eq!(difference(&ends[0], end), json!({}));
    }
    Ok(())
}

/// A status of the scene's campaign.
fn status(scene: &Scene, status: &str, id: &str, index: u64, at: i64) -> Value {
    json!({
        "id": id, "status": status, "timestamp": at.to_string(), "recipient_id": "12025550100",
        "biz_opaque_callback_data": format!("c={};i={index};a=1", scene.campaign),
    })
}

async fn tell(scene: &Scene, statuses: Vec<Value>) -> anyhow::Result<u16> {
    let number = scene.stepped.channel().await?.phone_number_id;
    let value = json!({ "metadata": { "phone_number_id": number }, "statuses": statuses });
    let body = json!({ "entry": [{ "id": "102290129340398", "changes": [{ "field": "messages", "value": value }] }] });
    scene.post(body.to_string().as_bytes()).await
}

#[tokio::test]
async fn several_statuses_of_one_message_in_one_post_are_one_write() -> anyhow::Result<()> {
    let scene = Scene::set(&json!({})).await?;
    let statuses = ["read", "sent", "delivered"];
    let statuses =
        statuses.iter().zip([30, 10, 20]).map(|(of, at)| status(&scene, of, "wamid.sent.1", 1, SENT_AT + at));
    let before = scene.state().await?;
    assert_eq!(tell(&scene, statuses.collect()).await?, 200);
    let after = scene.state().await?;
    let version = |state: &Value| state["messages"]["1"]["version"].as_u64();
    assert_eq!(version(&after), version(&before).map(|version| version + 1));
    assert_eq!(after["messages"]["1"]["state"], "read");
    Ok(())
}

#[tokio::test]
async fn a_thousand_updates_in_one_post_are_taken_in() -> anyhow::Result<()> {
    let scene = Scene::set(&json!({})).await?;
    let statuses = (0..1_000).map(|n| {
        let kind = ["sent", "delivered", "read"][n % 3];
        let mut status = status(&scene, kind, &format!("wamid.sent.{}", n % 3), n as u64 % 3, SENT_AT + n as i64);
        status["errors"] = json!([]);
        status
    });
    assert_eq!(tell(&scene, statuses.collect()).await?, 200);
    let state = scene.state().await?;
    let at =
        |index: &str| [&state["messages"][index]["sentAt"], &state["messages"][index]["readAt"]].map(Value::as_i64);
    // The first of each: of message 0 all are `sent`, of message 2 all are `read`.
    assert_eq!((at("0"), at("2")), ([Some(SENT_AT), None], [None, Some(SENT_AT + 2)]));
    Ok(())
}

/// A message that somebody wrote to the scene's first number a minute after its campaign.
fn written(from: &str, id: &str, text: &str) -> Value {
    let at = (SENT_AT + 60).to_string();
    json!({ "from": from, "id": id, "timestamp": at, "type": "text", "text": { "body": text } })
}

#[tokio::test]
async fn a_thousand_updates_in_just_under_three_megabytes_are_taken_in_in_time_and_each_once() -> anyhow::Result<()> {
    let scene = Scene::set(&json!({})).await?;
    let strangers = (0..20).map(|n| (format!("120255501{}", 10 + n), "STOP"));
    let people = ["5531987654321", "12025550100", "525512345678"].map(|phone| (phone.to_owned(), "Quero"));
    let messages: Vec<Value> = strangers
        .chain(people)
        .enumerate()
        .map(|(n, (phone, text))| written(&phone, &format!("wamid.in.{n}"), text))
        .collect();
    let kinds = ["sent", "delivered", "read"];
    let statuses: Vec<Value> = (0..1_000 - messages.len())
        .map(|n| status(&scene, kinds[n % 3], &format!("wamid.sent.{}", n % 3), n as u64 % 3, SENT_AT + n as i64))
        .collect();
    let number = scene.stepped.channel().await?.phone_number_id;
    let body = |filling: usize| {
        let filled = statuses.iter().map(|one| {
            let mut one = one.clone();
            one["conversation"] = json!({ "id": "x".repeat(filling) });
            one
        });
        let value = json!({
            "metadata": { "phone_number_id": number }, "messages": messages, "statuses": filled.collect::<Vec<Value>>(),
        });
        let changes = json!([{ "field": "messages", "value": value }]);
        json!({ "entry": [{ "id": "102290129340398", "changes": changes }] }).to_string()
    };
    let body = body((LARGEST_OF_WHATSAPP - body(0).len()) / statuses.len());
    assert!((LARGEST_OF_WHATSAPP - 1_000..=LARGEST_OF_WHATSAPP).contains(&body.len()), "{} bytes", body.len());

    let before = scene.state().await?;
    let began = Instant::now();
    assert_eq!(scene.post(body.as_bytes()).await?, 200);
    let took = began.elapsed();
    assert!(took < IN_TIME, "{took:?}");
    let once = scene.state().await?;
    let effects = difference(&before, &once);
    assert_eq!(effects["suppressed"].as_array().map(Vec::len), Some(20), "{effects:#}");
    let consents = effects["beside"]["consents"].as_array().map(Vec::len);
    assert_eq!(consents, Some(2 * 20), "of marketing and of utility: {effects:#}");
    assert_eq!(effects["campaign"], json!({ "answered": 3 }));
    let times = ["sentAt", "deliveredAt", "readAt", "repliedAt"];
    let message = |index: &str| times.map(|time| effects["messages"][index][time].as_i64());
    let answered = Some(SENT_AT + 60);
    assert_eq!(message("0"), [Some(SENT_AT), None, None, answered]);
    assert_eq!(message("1"), [None, Some(SENT_AT + 1), None, answered]);
    assert_eq!(message("2"), [None, None, Some(SENT_AT + 2), answered]);

    assert_eq!(scene.post(body.as_bytes()).await?, 200);
    assert_eq!(difference(&once, &scene.state().await?), json!({}), "the second time");
    Ok(())
}

#[tokio::test]
async fn a_body_above_the_limit_is_refused_and_changes_nothing() -> anyhow::Result<()> {
    let scene = Scene::set(&json!({})).await?;
    let before = scene.state().await?;
    let mut read = status(&scene, "read", "wamid.sent.1", 1, SENT_AT + 10);
    read["conversation"] = json!({ "id": "x".repeat(4 * 1_024 * 1_024) });
    assert_eq!(tell(&scene, vec![read.clone()]).await?, 413);
    assert_eq!(difference(&before, &scene.state().await?), json!({}));
    assert!(kept::list(&scene.stepped.app, SIMULATOR_APP).await?.is_empty());
    let router = lambdas::webhook::router(scene.stepped.app.clone());
    let unknown = Request::post("/webhooks/nobodys").body(Body::from(vec![0_u8; 5 * 1_024 * 1_024]))?;
    assert_eq!(router.oneshot(unknown).await?.status(), StatusCode::NOT_FOUND, "of an app that is none");
    read["conversation"] = json!({});
    assert_eq!(tell(&scene, vec![read]).await?, 200);
    assert_eq!(scene.state().await?["messages"]["1"]["state"], "read", "it was its size alone");
    Ok(())
}

#[tokio::test]
async fn what_is_said_in_no_way_that_anybody_reads_is_kept_as_it_came() -> anyhow::Result<()> {
    let scene = Scene::set(&json!({})).await?;
    let unread = [
        ("status-of-a-kind-that-meta-adds", "statuses", "teleported"),
        ("capability-not-set", "business_capability_update", "TIER_NOT_SET"),
        ("user-id-update-odd", "user_id_update", "106540352242922"),
        ("preference-that-meta-adds", "user_preferences", "snooze"),
        ("template-event-without-a-name", "message_template_status_update", ""),
        ("account-alert-of-a-number-that-is-not-ours", "account_alerts", "PROFILE_PICTURE_LOST"),
    ];
    for (case, field, says) in unread {
        for _ in 0..2 {
            assert_eq!(scene.post(&body(&scene, case)?).await?, 200, "{case}");
        }
        let known = kept::list(&scene.stepped.app, SIMULATOR_APP).await?;
        let of_field: Vec<&String> = known.iter().filter(|(of, _)| of == field).map(|(_, raw)| raw).collect();
        assert!(of_field.len() == 1 && of_field[0].contains(says), "{case}: {known:?}");
    }
    // A status that was taken in is not kept beside one that was not.
    let teleported = status(&scene, "teleported", "wamid.sent.2", 2, SENT_AT);
    let read = status(&scene, "read", "wamid.sent.2", 2, SENT_AT + 10);
    assert_eq!(tell(&scene, vec![read, teleported]).await?, 200);
    assert_eq!(scene.state().await?["messages"]["2"]["state"], "read");
    let known = kept::list(&scene.stepped.app, SIMULATOR_APP).await?;
    let statuses: Vec<&String> = known.iter().filter(|(field, _)| field == "statuses").map(|(_, raw)| raw).collect();
    assert!(statuses.len() == 2 && statuses.iter().all(|raw| raw.contains("teleported")), "{known:?}");
    Ok(())
}

#[tokio::test]
async fn what_nothing_is_made_of_is_kept_once_and_within_bounds() -> anyhow::Result<()> {
    let scene = Scene::set(&json!({})).await?;
    let app = &scene.stepped.app;
    let of_nobody = ["account-restricted-of-nobody", "template-paused-of-an-account-that-nobody-has"];
    for case in ["field-holograms", "status-of-a-campaign-that-is-none", "status-sent"].into_iter().chain(of_nobody) {
        for _ in 0..2 {
            assert_eq!(scene.post(&body(&scene, case)?).await?, 200, "{case}");
        }
    }
    let known = kept::list(app, SIMULATOR_APP).await?;
    let mut fields: Vec<&str> = known.iter().map(|(field, _)| field.as_str()).collect();
    fields.sort_unstable();
    assert_eq!(fields, ["account_update", "holograms", "message_template_status_update", "statuses"], "{known:?}");
    let raw =
        |wanted: &str| known.iter().find(|(field, _)| field == wanted).map(|(_, raw)| raw.clone()).unwrap_or_default();
    let status: Value = serde_json::from_str(&raw("statuses"))?;
    assert_eq!(status["id"], "wamid.sent.1", "as it came: {status}");
    // A status that names nobody and has no callback data leads nowhere: it is kept as well.
    let nameless = json!({ "id": "wamid.sent.1", "status": "delivered", "timestamp": SENT_AT.to_string() });
    assert_eq!(tell(&scene, vec![nameless]).await?, 200);
    // Many at once leave so many, and a large one its beginning.
    let many = (0..200).map(|n| json!({ "id": format!("wamid.{n}"), "status": "sent", "timestamp": "1" }));
    assert_eq!(tell(&scene, many.collect()).await?, 200);
    let change = json!({ "field": "large", "value": { "text": "x".repeat(300_000) } });
    let large = json!({ "entry": [{ "id": "102290129340398", "changes": [change] }] });
    assert_eq!(scene.post(large.to_string().as_bytes()).await?, 200);
    let known = kept::list(app, SIMULATOR_APP).await?;
    assert!((20..=4 + 1 + kept::MOST_AT_ONCE + 1).contains(&known.len()), "{}", known.len());
    assert!(known.iter().any(|(field, raw)| field == "large" && raw.len() == 32 * 1_024));
    Ok(())
}
