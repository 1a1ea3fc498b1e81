//! Taking messages out: hides them for their visibility timeout, drops the
//! expired and moves those received too often to the dead-letter queue.

use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::digest;
use super::fault::Fault;
use super::store::{Queue, Session, arn_of, random_id};

const MAX_MESSAGES: i64 = 10;
const MAX_VISIBILITY_SECONDS: i64 = 43_200;
const MAX_WAIT_SECONDS: i64 = 20;

#[derive(Clone, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct ReceiveMessage {
    pub(super) queue_url: String,
    max_number_of_messages: Option<i64>,
    visibility_timeout: Option<i64>,
    wait_time_seconds: Option<i64>,
    #[serde(default)]
    attribute_names: Vec<String>,
    #[serde(default)]
    message_system_attribute_names: Vec<String>,
    #[serde(default)]
    message_attribute_names: Vec<String>,
}

/// What one look into a queue found.
pub(super) enum Look {
    /// The answer with at least one message.
    Messages(Value),
    /// Nothing visible: how long this request may wait, and when the next
    /// message becomes visible, in Unix milliseconds.
    Empty { wait_ms: i64, next_visible_at: Option<i64> },
}

struct Stored {
    id: i64,
    message_id: String,
    body: String,
    attributes: Option<String>,
    sent_at: i64,
    expires_at: i64,
    receive_count: i64,
    first_received_at: Option<i64>,
    source: Option<String>,
}

pub(super) fn look(session: &mut Session<'_>, request: &ReceiveMessage) -> Result<Look, Fault> {
    request.check()?;
    let queue = session.queue(&request.queue_url)?;
    let visibility_ms = request.visibility_timeout.map_or(queue.settings.visibility_ms, |seconds| seconds * 1_000);
    let messages = take(session, &queue, request, visibility_ms)?;
    if !messages.is_empty() {
        return Ok(Look::Messages(json!({ "Messages": messages })));
    }
    let wait_ms = request.wait_time_seconds.map_or(queue.settings.wait_ms, |seconds| seconds * 1_000);
    let mut statement = session.tx.prepare_cached("SELECT MIN(visible_at) FROM messages WHERE queue_id = ?1")?;
    let next_visible_at = statement.query_row([queue.id], |row| row.get(0))?;
    Ok(Look::Empty { wait_ms, next_visible_at })
}

/// Hides and shows up to the wanted number of visible messages; what it drops
/// or moves on the way makes room for the next.
fn take(
    session: &mut Session<'_>,
    queue: &Queue,
    request: &ReceiveMessage,
    visibility_ms: i64,
) -> Result<Vec<Value>, Fault> {
    let wanted = usize::try_from(request.max_number_of_messages.unwrap_or(1)).unwrap_or(1);
    let mut messages = Vec::with_capacity(wanted);
    loop {
        let missing = wanted - messages.len();
        let candidates = visible(session, queue, missing)?;
        // With no time to hide, another look would find the same ones.
        let last = candidates.len() < missing || visibility_ms == 0;
        for stored in candidates {
            if stored.expires_at <= session.now {
                session.execute("DELETE FROM messages WHERE id = ?1", [stored.id])?;
            } else if !redriven(session, queue, &stored)? {
                let handle = hide(session, &stored, visibility_ms)?;
                messages.push(request.shown(session.now, stored, handle));
            }
        }
        if last || messages.len() == wanted {
            return Ok(messages);
        }
    }
}

impl ReceiveMessage {
    fn check(&self) -> Result<(), Fault> {
        let ranges = [
            ("MaxNumberOfMessages", self.max_number_of_messages, 1, MAX_MESSAGES),
            ("VisibilityTimeout", self.visibility_timeout, 0, MAX_VISIBILITY_SECONDS),
            ("WaitTimeSeconds", self.wait_time_seconds, 0, MAX_WAIT_SECONDS),
        ];
        for (name, value, least, most) in ranges {
            if let Some(value) = value.filter(|value| !(least..=most).contains(value)) {
                let reason = format!("Must be >= {least} and <= {most}, if provided");
                return Err(Fault::invalid(name, value, &reason));
            }
        }
        Ok(())
    }

    /// The message as its receiver sees it, just received at `now`.
    fn shown(&self, now: i64, stored: Stored, handle: String) -> Value {
        let mut system = Map::new();
        for (name, value) in system_attributes(now, &stored) {
            if self.wants_system(name) {
                system.insert(name.to_owned(), value.into());
            }
        }
        let mut attributes: Map<String, Value> =
            stored.attributes.and_then(|json| serde_json::from_str(&json).ok()).unwrap_or_default();
        attributes.retain(|name, _| self.wants_attribute(name));
        let mut message = json!({
            "MessageId": stored.message_id,
            "ReceiptHandle": handle,
            "MD5OfBody": digest::of_body(&stored.body),
        });
        message["Body"] = stored.body.into();
        if !system.is_empty() {
            message["Attributes"] = system.into();
        }
        if let Some(md5) = digest::of_attributes(&attributes) {
            message["MD5OfMessageAttributes"] = md5.into();
            message["MessageAttributes"] = attributes.into();
        }
        message
    }

    fn wants_system(&self, name: &str) -> bool {
        let mut asked = self.attribute_names.iter().chain(&self.message_system_attribute_names);
        asked.any(|asked| asked == "All" || asked == name)
    }

    fn wants_attribute(&self, name: &str) -> bool {
        self.message_attribute_names.iter().any(|asked| {
            let prefix = asked.strip_suffix(".*").or_else(|| asked.strip_suffix('*'));
            asked == "All" || asked == name || prefix.is_some_and(|p| name.starts_with(p))
        })
    }
}

fn system_attributes(now: i64, stored: &Stored) -> Vec<(&'static str, String)> {
    let first_received_at = stored.first_received_at.unwrap_or(now);
    let mut attributes = vec![
        ("SenderId", "local".to_owned()),
        ("SentTimestamp", stored.sent_at.to_string()),
        ("ApproximateReceiveCount", (stored.receive_count + 1).to_string()),
        ("ApproximateFirstReceiveTimestamp", first_received_at.to_string()),
    ];
    if let Some(source) = &stored.source {
        attributes.push(("DeadLetterQueueSourceArn", arn_of(source)));
    }
    attributes
}

fn visible(session: &Session<'_>, queue: &Queue, limit: usize) -> Result<Vec<Stored>, Fault> {
    let mut statement = session.tx.prepare_cached(
        "SELECT id, message_id, body, attributes, sent_at, expires_at, receive_count, \
                first_received_at, source \
         FROM messages WHERE queue_id = ?1 AND visible_at <= ?2 \
         ORDER BY visible_at, id LIMIT ?3",
    )?;
    let rows = statement.query_map((queue.id, session.now, limit), |row| {
        Ok(Stored {
            id: row.get(0)?,
            message_id: row.get(1)?,
            body: row.get(2)?,
            attributes: row.get(3)?,
            sent_at: row.get(4)?,
            expires_at: row.get(5)?,
            receive_count: row.get(6)?,
            first_received_at: row.get(7)?,
            source: row.get(8)?,
        })
    })?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

/// Moves a message received too often to the dead-letter queue, where it keeps
/// its id and its age; tells whether it did.
fn redriven(session: &mut Session<'_>, queue: &Queue, stored: &Stored) -> Result<bool, Fault> {
    let Some(redrive) = &queue.settings.redrive else {
        return Ok(false);
    };
    if stored.receive_count < redrive.max_receive_count {
        return Ok(false);
    }
    let target = session.queue_named(&redrive.target)?;
    // A queue that is its own target would be looked through for ever.
    let Some(target) = target.filter(|target| target.id != queue.id) else {
        return Ok(false);
    };
    session.execute(
        "UPDATE messages SET queue_id = ?2, visible_at = ?3, expires_at = ?4, receipt = NULL, \
         source = ?5 WHERE id = ?1",
        (stored.id, target.id, session.now, stored.sent_at + target.settings.retention_ms, &queue.name),
    )?;
    session.wake(&target.name, session.now);
    Ok(true)
}

/// Hides the message and answers the receipt handle of this receive: the row
/// and a token that only the newest receive holds.
fn hide(session: &Session<'_>, stored: &Stored, visibility_ms: i64) -> Result<String, Fault> {
    let receipt = random_id()?;
    session.execute(
        "UPDATE messages SET visible_at = ?2, receipt = ?3, receive_count = receive_count + 1, \
         first_received_at = COALESCE(first_received_at, ?4) WHERE id = ?1",
        (stored.id, session.now + visibility_ms, &receipt, session.now),
    )?;
    Ok(format!("{}.{receipt}", stored.id))
}
