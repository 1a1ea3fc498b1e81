//! A storm of webhooks: signed posts at a fixed rate, each sent when it is due whether or not the ones before were
//! answered, so that a stall is seen by everybody who waits behind it. Latencies are from when a post was due.
//!
//! At the whole rate, 3,000 statuses and 300 inbound messages a second (the receipts of a number at 1,000 messages a
//! second); the scale says how much of it. A status post holds ten statuses; an inbound message comes alone, and one in
//! ten of them is an opt-out.

use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, ensure};
use axum::body::Body;
use axum::http::Request;
use campaigns::message::{Claim, MessageRecord, Outcome};
use campanile_tests::stepped::Stepped;
use futures::{StreamExt, TryStreamExt, stream};
use lambdas::storage::channels::ChannelRecord;
use lambdas::storage::messages;
use lambdas::storage::suppressions;
use local::whatsapp::WORKSPACE;
use serde_json::{Value, json};
use tokio::time::Instant;
use tower::ServiceExt;
use wire::{CampaignId, MessageState};

/// Statuses a second at the whole rate.
const STATUSES: f64 = 3_000.0;

/// Inbound messages a second at the whole rate.
const INBOUND: f64 = 300.0;

/// Statuses of one post.
const IN_A_POST: usize = 10;

/// One in so many inbound messages is an opt-out.
const OPT_OUT_EVERY: usize = 10;

/// Statuses of one message: sent, delivered, read.
const OF_A_MESSAGE: [&str; 3] = ["sent", "delivered", "read"];

/// Messages written at once before the storm.
const PARALLEL: usize = 32;

/// What came of a storm.
pub struct Storm {
    /// Statuses a second that were answered.
    pub statuses_a_second: f64,
    /// Milliseconds from due to answered: median, 99 of 100, and the worst, of status posts.
    pub statuses_ms: [f64; 3],
    /// The same of inbound messages that are no opt-outs.
    pub inbound_ms: [f64; 3],
    /// The same of opt-outs.
    pub opt_outs_ms: [f64; 3],
    /// Messages that are not read, replies that are not noted, and people who are not on the list, though the posts that
    /// said so were answered; and posts that were refused.
    pub lost: u64,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Statuses,
    Inbound,
    OptOut,
}

struct Post {
    kind: Kind,
    due: Duration,
    body: String,
}

impl Storm {
    /// Its latencies, by kind.
    pub fn kinds(&self) -> [(&'static str, [f64; 3]); 3] {
        [("statuses", self.statuses_ms), ("inbound", self.inbound_ms), ("opt-outs", self.opt_outs_ms)]
    }
}

/// Statuses and inbound messages a second at this share of the whole rate.
pub fn at(scale: f64) -> (f64, f64) {
    (STATUSES * scale, INBOUND * scale)
}

/// Lets it blow for so many seconds at this share of the whole rate.
pub async fn run(scale: f64, seconds: usize) -> anyhow::Result<Storm> {
    let stepped = Arc::new(Stepped::open().await?);
    let channel = stepped.channel().await?;
    let campaign = CampaignId(stepped.app.new_id()?);
    let (statuses_a_second, inbound_a_second) = at(scale);
    let group = IN_A_POST * OF_A_MESSAGE.len();
    let statuses = (statuses_a_second * seconds as f64) as usize / group * group;
    let inbound = (inbound_a_second * seconds as f64) as usize;
    let people = (statuses / OF_A_MESSAGE.len()).max(inbound);
    send(&stepped, &channel, &campaign, people).await?;
    let mut posts = status_posts(&stepped, &channel, &campaign, statuses, seconds);
    posts.extend(inbound_posts(&stepped, &channel, inbound, seconds));
    posts.sort_by_key(|post| post.due);
    let (answered, took) = blow(&stepped, posts).await?;
    let refused = answered.iter().filter(|(_, _, is_taken)| !is_taken).count() as u64;
    let lost = refused + lost(&stepped, &campaign, statuses / OF_A_MESSAGE.len(), inbound).await?;
    let of = |kind| spread(answered.iter().filter(|(of, ..)| *of == kind).map(|(_, ms, _)| *ms).collect());
    Ok(Storm {
        statuses_a_second: statuses as f64 / took,
        statuses_ms: of(Kind::Statuses),
        inbound_ms: of(Kind::Inbound),
        opt_outs_ms: of(Kind::OptOut),
        lost,
    })
}

fn phone(index: usize) -> String {
    format!("1202{index:07}")
}

/// Messages that WhatsApp took, one for each person.
async fn send(stepped: &Stepped, channel: &ChannelRecord, campaign: &CampaignId, people: usize) -> anyhow::Result<()> {
    let now = stepped.app.clock.now_millis();
    let one = |index: usize| async move {
        let claimed = MessageRecord::from(Claim {
            variant: None,
            campaign_id: campaign.clone(),
            workspace_id: channel.workspace_id,
            channel_id: channel.id.clone(),
            index: index as u64,
            chunk: 0,
            canonical_phone: phone(index),
            attempt: 1,
            rounds: 0,
            claim_id: "storm".to_owned(),
            at: now,
        });
        let outcome = Outcome::Accepted { wamid: format!("wamid.storm.{index}"), held: false };
        let record = claimed.with_outcome(1, &outcome, now).context("an accepted message")?;
        messages::create(&stepped.app, &record).await.map(|_| ())
    };
    stream::iter(0..people).map(one).buffer_unordered(PARALLEL).try_collect().await
}

fn body(channel: &ChannelRecord, part: &str, entries: Vec<Value>) -> String {
    let mut value = json!({ "metadata": { "phone_number_id": channel.phone_number_id } });
    value[part] = json!(entries);
    json!({ "entry": [{ "id": channel.waba_id, "changes": [{ "field": "messages", "value": value }] }] }).to_string()
}

/// Spread evenly; the statuses of one message come in different posts.
fn status_posts(
    stepped: &Stepped,
    channel: &ChannelRecord,
    campaign: &CampaignId,
    statuses: usize,
    seconds: usize,
) -> Vec<Post> {
    let now = stepped.app.clock.now_millis() / 1_000;
    let status = |at: usize| {
        // Ten messages make a group: first all their `sent`, then all their `delivered`, then all their `read`.
        let (group, place) = (at / (IN_A_POST * OF_A_MESSAGE.len()), at % (IN_A_POST * OF_A_MESSAGE.len()));
        let (index, kind) = (group * IN_A_POST + place % IN_A_POST, OF_A_MESSAGE[place / IN_A_POST]);
        json!({
            "id": format!("wamid.storm.{index}"), "status": kind, "timestamp": now.to_string(),
            "recipient_id": phone(index), "biz_opaque_callback_data": format!("c={campaign};i={index};a=1"),
            "pricing": { "category": "marketing", "type": "regular", "pricing_model": "PMP" },
        })
    };
    let posts = statuses / IN_A_POST;
    let post = |number: usize| Post {
        kind: Kind::Statuses,
        due: Duration::from_secs_f64(seconds as f64 * number as f64 / posts as f64),
        body: body(channel, "statuses", (number * IN_A_POST..(number + 1) * IN_A_POST).map(status).collect()),
    };
    (0..posts).map(post).collect()
}

fn inbound_posts(stepped: &Stepped, channel: &ChannelRecord, inbound: usize, seconds: usize) -> Vec<Post> {
    let now = stepped.app.clock.now_millis() / 1_000 + 1;
    let post = |index: usize| {
        let (kind, text) =
            if index.is_multiple_of(OPT_OUT_EVERY) { (Kind::OptOut, "PARAR") } else { (Kind::Inbound, "Oi") };
        let message = json!({
            "from": phone(index), "id": format!("wamid.in.{index}"), "timestamp": now.to_string(), "type": "text",
            "text": { "body": text },
        });
        let due = Duration::from_secs_f64(seconds as f64 * index as f64 / inbound as f64);
        Post { kind, due, body: body(channel, "messages", vec![message]) }
    };
    (0..inbound).map(post).collect()
}

/// Posts each when it is due. Answers the kind, the milliseconds and whether it was taken, for each; and the seconds that
/// all of it took.
async fn blow(stepped: &Arc<Stepped>, posts: Vec<Post>) -> anyhow::Result<(Vec<(Kind, f64, bool)>, f64)> {
    let start = Instant::now();
    let mut tasks = Vec::with_capacity(posts.len());
    for post in posts {
        tokio::time::sleep_until(start + post.due).await;
        let stepped = Arc::clone(stepped);
        tasks.push(tokio::spawn(async move {
            let signed = stepped.signature(post.body.as_bytes())?;
            let request = Request::post(stepped.webhook_path()).header("x-hub-signature-256", signed);
            let request = request.body(Body::from(post.body))?;
            let answer = lambdas::webhook::router(stepped.app.clone()).oneshot(request).await?;
            let late = start.elapsed().saturating_sub(post.due);
            anyhow::Ok((post.kind, late.as_secs_f64() * 1_000.0, answer.status().is_success()))
        }));
    }
    let mut answered = Vec::with_capacity(tasks.len());
    for task in tasks {
        answered.push(task.await??);
    }
    Ok((answered, start.elapsed().as_secs_f64()))
}

/// What was said and is nowhere.
async fn lost(stepped: &Stepped, campaign: &CampaignId, sent: usize, inbound: usize) -> anyhow::Result<u64> {
    let people = sent.max(inbound);
    let records = messages::range(&stepped.app, campaign, 0, people.saturating_sub(1) as u64).await?;
    ensure!(records.len() == people, "{} of {people} messages are there", records.len());
    let mut lost = 0;
    for (index, record) in records.iter().enumerate() {
        lost += u64::from(index < sent && record.state != MessageState::Read);
        lost += u64::from(index < inbound && record.replied_at.is_none());
    }
    let asked = (0..inbound).step_by(OPT_OUT_EVERY).map(phone).collect();
    let barred = suppressions::among(&stepped.app, WORKSPACE, None, &asked).await?;
    Ok(lost + (asked.len() - barred.len()) as u64)
}

/// The median, 99 of 100, and the worst.
fn spread(mut all: Vec<f64>) -> [f64; 3] {
    all.sort_by(f64::total_cmp);
    let at = |share: f64| all.get(((all.len() as f64 * share) as usize).min(all.len().saturating_sub(1))).copied();
    [at(0.5), at(0.99), at(1.0)].map(Option::unwrap_or_default)
}
