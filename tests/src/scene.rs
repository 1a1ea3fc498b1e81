//! The scene on which every webhook fixture plays: two numbers of one account, a campaign under way to three people, a
//! message of another workspace and app; and all that a webhook may change of it, as one JSON value.

use std::sync::Arc;

use anyhow::Context;
use axum::body::Body;
use axum::http::Request;
use campaigns::message::{Claim, MessageRecord, Outcome};
use chrono::DateTime;
use lambdas::App;
use lambdas::clock::Clock;
use lambdas::storage::channels::{self, ChannelRecord};
use lambdas::storage::messages::{self, Claimed};
use local::tables::CONTACTS_TABLE;
use local::whatsapp::WORKSPACE;
use serde_json::{Map, Value, json};
use tower::ServiceExt;
use wire::{AuditList, Campaign, CampaignId, ChannelId, ChannelList, SuppressionList, WorkspaceId};

use crate::campaign::{act, call_with, count, draft, token};
use crate::stepped::Stepped;

/// When the messages were sent, seconds since 1970: 21 November 2025, noon.
pub const SENT_AT: i64 = 1_763_726_400;

/// The people: Brazil without the ninth digit and Mexico with its old one are how WhatsApp spells the first and the last.
const PEOPLE: &str = "name,phone\nAna,+5531987654321\nBen,+12025550100\nCid,+525512345678\n";
const PHONES: [&str; 3] = ["5531987654321", "12025550100", "525512345678"];

/// The second number of the account.
const SECOND: &str = "106540352242923";

/// A campaign of another workspace.
pub const FOREIGN: &str = "01JD8ZQ0000000000000000009";

/// The scene.
pub struct Scene {
    /// The services, at the time of the webhooks: an hour after the messages were sent.
    pub stepped: Stepped,
    /// The campaign.
    pub campaign: CampaignId,
    token: String,
}

impl Scene {
    /// Sets it. `asked` are fields of the campaign, as a creation has them; `scheduled` leaves it waiting for its time.
    pub async fn set(asked: &Value) -> anyhow::Result<Scene> {
        let mut stepped = Stepped::open().await?;
        stepped.app = at(&stepped.app, SENT_AT - 1_000)?;
        let first = stepped.channel().await?;
        let second = ChannelRecord {
            id: ChannelId("z-second".to_owned()),
            phone_number_id: SECOND.to_owned(),
            display_phone_number: "+1 555-078-3882".to_owned(),
            ..first.clone()
        };
        let foreign = ChannelRecord {
            id: ChannelId("foreign".to_owned()),
            workspace_id: WorkspaceId(2),
            phone_number_id: "999".to_owned(),
            waba_id: "900".to_owned(),
            app_id: "another".to_owned(),
            ..first.clone()
        };
        for channel in [&second, &foreign] {
            channels::create(&stepped.app, channel).await?;
        }
        let campaign = draft(&stepped.app, PEOPLE, asked.clone()).await?.id;
        if asked.get("scheduledTo").is_none() {
            act(&stepped.app, &campaign, "start").await?;
            // Nobody looks after it: the dispatcher is not part of the scene.
            stepped.take_now(&stepped.app.config.nudge_queue_url).await?;
        }
        let rounds = asked["retryRounds"].as_u64().unwrap_or_default() as u32;
        for index in 0..PHONES.len() as u64 {
            sent(&stepped.app, &campaign, &first, index, rounds).await?;
        }
        sent(&stepped.app, &CampaignId(FOREIGN.to_owned()), &foreign, 0, 0).await?;
        stepped.app = at(&stepped.app, SENT_AT + 3_600)?;
        let token = token(&stepped.app).await?;
        Ok(Scene { stepped, campaign, token })
    }

    /// Posts a signed body; answers the status.
    pub async fn post(&self, body: &[u8]) -> anyhow::Result<u16> {
        let signed = self.stepped.signature(body)?;
        let request = Request::post(self.stepped.webhook_path()).header("x-hub-signature-256", signed);
        let router = lambdas::webhook::router(self.stepped.app.clone());
        let answer = router.oneshot(request.body(Body::from(body.to_vec()))?).await?;
        count(&self.stepped).await?;
        Ok(answer.status().as_u16())
    }

    /// A person does something with the campaign.
    pub async fn act(&self, action: &str) -> anyhow::Result<()> {
        act(&self.stepped.app, &self.campaign, action).await.map(|_| ())
    }

    /// All that a webhook may change.
    pub async fn state(&self) -> anyhow::Result<Value> {
        let app = &self.stepped.app;
        let path = format!("/v3/campaigns/{}", self.campaign);
        let campaign: Campaign = call_with(&self.token, app, "GET", &path, Value::Null).await?;
        let audit: AuditList = call_with(&self.token, app, "GET", &format!("{path}/audit"), Value::Null).await?;
        let listed: SuppressionList = call_with(&self.token, app, "GET", "/v3/suppressions", Value::Null).await?;
        let mut suppressed: Vec<String> =
            listed.items.into_iter().filter_map(|person| person.phone.or(person.user_id)).collect();
        suppressed.sort();
        let lines: Vec<String> = audit
            .items
            .into_iter()
            .filter_map(|line| {
                let what = serde_json::to_value(line.what).ok()?;
                Some(format!("{}: {}", what.as_str()?, line.reason.unwrap_or_default()))
            })
            .collect();
        let alerts: Vec<Value> = campaign
            .alerts
            .iter()
            .map(|alert| json!(alert.kind))
            .filter(|kind| *kind != json!("notDispatched") && *kind != json!("stalled"))
            .collect();
        Ok(json!({
            "messages": self.messages().await?,
            "campaign": {
                "status": campaign.status,
                "reason": campaign.status_reason,
                "answered": campaign.result_counts.answered,
                "billed": campaign.billed.iter().map(|of| format!("{} {}/{}", of.count, of.category, of.kind)).collect::<Vec<_>>(),
                "audit": lines,
                "alerts": alerts,
            },
            "suppressed": suppressed,
            "channels": self.channels().await?,
            "beside": self.beside().await?,
        }))
    }

    async fn messages(&self) -> anyhow::Result<Map<String, Value>> {
        let mut shown = Map::new();
        for record in messages::range(&self.stepped.app, &self.campaign, 0, PHONES.len() as u64 - 1).await? {
            shown.insert(record.index.to_string(), message(&record));
        }
        let foreign = messages::get(&self.stepped.app, &CampaignId(FOREIGN.to_owned()), 0).await?;
        shown.insert("foreign".to_owned(), message(&foreign.context("the foreign message is gone")?));
        Ok(shown)
    }

    async fn channels(&self) -> anyhow::Result<Map<String, Value>> {
        let list: ChannelList = call_with(&self.token, &self.stepped.app, "GET", "/v3/channels", Value::Null).await?;
        let view = |channel: wire::Channel| {
            let name = if channel.phone_number_id == SECOND { "second" } else { "first" };
            let notices: Vec<String> = channel.notices.into_iter().map(|notice| notice.text).collect();
            let shown = json!({
                "messagesPerSecond": channel.messages_per_second,
                "messagingLimit": channel.messaging_limit,
                "blocked": channel.blocked_because,
                "notices": notices,
            });
            (name.to_owned(), shown)
        };
        let mut shown: Map<String, Value> = list.items.into_iter().map(view).collect();
        let foreign = channels::get(&self.stepped.app, WorkspaceId(2), &ChannelId("foreign".to_owned())).await?;
        shown.insert("foreign".to_owned(), json!(foreign));
        Ok(shown)
    }

    /// Where user ids lead, and the lines of the ledger of consents: what lies beside the contact book.
    async fn beside(&self) -> anyhow::Result<Value> {
        let scan = self.stepped.app.dynamodb.scan().table_name(CONTACTS_TABLE).send().await?;
        let (mut ids, mut consents) = (Map::new(), Vec::new());
        for item in scan.items.unwrap_or_default() {
            let text = |name: &str| item.get(name).and_then(|value| value.as_s().ok()).cloned().unwrap_or_default();
            if let Some(id) = text("pk").strip_prefix(&format!("userId#{WORKSPACE}#")) {
                ids.insert(id.to_owned(), json!(text("phone")));
            }
            if !text("act").is_empty() {
                consents.push(format!("{} {} by {}", text("act"), text("category"), text("source")));
            }
        }
        consents.sort();
        Ok(json!({ "ids": ids, "consents": consents }))
    }
}

fn at(app: &Arc<App>, seconds: i64) -> anyhow::Result<Arc<App>> {
    let start = DateTime::from_timestamp(seconds, 0).context("a time of the scene")?;
    Ok(Arc::new(App { clock: Clock::starting_at(start), ..(**app).clone() }))
}

/// Writes the message that WhatsApp took.
async fn sent(
    app: &App,
    campaign: &CampaignId,
    channel: &ChannelRecord,
    index: u64,
    rounds: u32,
) -> anyhow::Result<()> {
    let claimed = MessageRecord::from(Claim {
        variant: None,
        campaign_id: campaign.clone(),
        workspace_id: channel.workspace_id,
        channel_id: channel.id.clone(),
        index,
        chunk: 0,
        canonical_phone: PHONES[index as usize].to_owned(),
        attempt: 1,
        rounds,
        claim_id: "scene".to_owned(),
        at: SENT_AT * 1_000,
    });
    let outcome = Outcome::Accepted { wamid: format!("wamid.sent.{index}"), held: false };
    let record = claimed.with_outcome(1, &outcome, SENT_AT * 1_000).context("an accepted message")?;
    match messages::create(app, &record).await? {
        Claimed::Ours(_) => Ok(()),
        Claimed::Taken => anyhow::bail!("message {index} of the scene is there already"),
    }
}

fn message(record: &MessageRecord) -> Value {
    let seconds = |millis: Option<i64>| millis.map(|millis| millis / 1_000);
    json!({
        "state": record.state,
        "attempt": record.attempt,
        "code": record.code,
        "sentAt": seconds(record.sent_at),
        "deliveredAt": seconds(record.delivered_at),
        "readAt": seconds(record.read_at),
        "failedAt": seconds(record.failed_at),
        "price": record.price,
        "repliedAt": seconds(record.replied_at),
        "replyText": record.reply_text,
        "clickedAt": seconds(record.clicked_at),
        "version": record.version,
    })
}

/// What differs: of objects the fields that do, of lists what was added, of everything else the later value.
pub fn difference(before: &Value, after: &Value) -> Value {
    if let (Value::Array(before), Value::Array(after)) = (before, after) {
        return after.iter().filter(|entry| !before.contains(entry)).cloned().collect();
    }
    let (Value::Object(before), Value::Object(after)) = (before, after) else { return after.clone() };
    let fields = before.keys().chain(after.keys());
    let mut differs = Map::new();
    for field in fields {
        let (was, is) = (before.get(field).unwrap_or(&Value::Null), after.get(field).unwrap_or(&Value::Null));
        if was != is {
            differs.insert(field.clone(), difference(was, is));
        }
    }
    Value::Object(differs)
}
