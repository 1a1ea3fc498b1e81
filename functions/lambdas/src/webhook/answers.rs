//! Which message a reply answers: the one that it quotes, or else the last that a campaign sent to the person, if that
//! campaign takes it for an answer (`campaigns::tracking`). The person index finds them; a reply costs no write unless it
//! is a person's first, or the first tap.

use campaigns::message::{MessageRecord, campaign_of};
use campaigns::reply::Reply as Answer;
use campaigns::tracking::{MOST_HOURS, Tracking};

use super::people;
use super::replies::{Kind, Reply};
use crate::App;
use crate::storage::channels::ChannelRecord;
use crate::storage::{campaigns as campaign_store, messages};

/// Messages of a person that are looked at when a reply quotes none: the newest.
const MOST_LOOKED_AT: i32 = 10;

const HOUR_MS: i64 = 60 * 60 * 1_000;

/// Notes the reply of the person with this canonical phone on the message that it answers, if it answers one.
/// Returns the message.
pub(super) async fn note(
    app: &App,
    channel: &ChannelRecord,
    phone: &str,
    reply: &Reply,
) -> anyhow::Result<Option<MessageRecord>> {
    let kind = match reply.kind {
        Kind::Answer(kind) => kind,
        Kind::Sign => return Ok(None),
    };
    let Some(message) = answered(app, channel, phone, reply).await? else { return Ok(None) };
    let answer = Answer { id: reply.id.clone(), at: reply.at, kind, text: reply.text.clone(), asked: reply.asked };
    let change = |standing: &MessageRecord| {
        // Erased since: nothing more is kept of the person.
        (standing.canonical_phone() == phone).then(|| standing.with_reply(&answer)).flatten()
    };
    messages::change(app, message.clone(), change).await?;
    Ok(Some(message).filter(|message| message.canonical_phone() == phone))
}

async fn answered(
    app: &App,
    channel: &ChannelRecord,
    phone: &str,
    reply: &Reply,
) -> anyhow::Result<Option<MessageRecord>> {
    if !reply.quotes.is_empty()
        && let Some(quoted) = people::message_of(app, channel, phone, &reply.quotes).await?
    {
        return Ok(Some(quoted));
    }
    let since = reply.at - i64::from(MOST_HOURS) * HOUR_MS;
    for message in people::latest(app, channel, phone, since, MOST_LOOKED_AT).await? {
        if tracking(app, &message).await?.takes(&message, &channel.id, reply.at) {
            return Ok(Some(message));
        }
    }
    Ok(None)
}

/// What the message's campaign takes for an answer.
async fn tracking(app: &App, message: &MessageRecord) -> anyhow::Result<Tracking> {
    let Some(campaign) = campaign_of(&message.shard) else { return Ok(Tracking::default()) };
    let now = app.clock.now_millis();
    if let Some(tracking) = app.known.tracking(&campaign, now) {
        return Ok(tracking);
    }
    let record = campaign_store::get(app, message.workspace_id, &campaign).await?;
    let tracking = record.map(|record| record.tracking).unwrap_or_default();
    app.known.learn_tracking(&campaign, tracking, now);
    Ok(tracking)
}
