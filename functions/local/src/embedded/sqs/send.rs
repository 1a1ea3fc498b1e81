//! Putting messages into a queue, one or a batch, after the checks AWS makes.

use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::batch::{Batch, BatchEntry};
use super::digest;
use super::fault::{Fault, Refusal};
use super::queues::MAX_BYTES;
use super::store::{Queue, Session, random_id};

const MAX_DELAY_SECONDS: i64 = 900;
const MAX_ATTRIBUTES: usize = 10;

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct SendMessage {
    queue_url: String,
    #[serde(flatten)]
    message: Message,
}

/// What is sent, alone or as an entry of a batch.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Message {
    #[serde(default)]
    message_body: String,
    delay_seconds: Option<i64>,
    #[serde(default)]
    message_attributes: Map<String, Value>,
}

pub(super) fn one(session: &mut Session<'_>, request: SendMessage) -> Result<Value, Fault> {
    let queue = session.queue(&request.queue_url)?;
    store(session, &queue, &request.message)
}

pub(super) fn batch(session: &mut Session<'_>, request: Batch<BatchEntry<Message>>) -> Result<Value, Fault> {
    let queue = session.queue(request.queue_url())?;
    let entries = request.checked()?;
    let bytes: usize = entries.iter().map(|entry| entry.rest.bytes()).sum();
    if bytes > MAX_BYTES {
        return Err(Fault::new(
            Refusal::BatchRequestTooLong,
            format!("Batch requests cannot be longer than {MAX_BYTES} bytes. You have sent {bytes} bytes."),
        ));
    }
    super::batch::each(entries, |message| store(session, &queue, &message))
}

fn store(session: &mut Session<'_>, queue: &Queue, message: &Message) -> Result<Value, Fault> {
    message.check(queue)?;
    let message_id = random_id()?;
    let delay_ms = message.delay_seconds.map_or(queue.settings.delay_ms, |seconds| seconds * 1_000);
    let visible_at = session.now + delay_ms;
    let attributes = (!message.message_attributes.is_empty()).then(|| json!(message.message_attributes).to_string());
    session.execute(
        "INSERT INTO messages \
         (queue_id, message_id, body, attributes, sent_at, visible_at, expires_at) \
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
        (
            queue.id,
            &message_id,
            &message.message_body,
            attributes,
            session.now,
            visible_at,
            session.now + queue.settings.retention_ms,
        ),
    )?;
    session.wake(&queue.name, visible_at);
    let mut answer = json!({
        "MessageId": message_id,
        "MD5OfMessageBody": digest::of_body(&message.message_body),
    });
    if let Some(md5) = digest::of_attributes(&message.message_attributes) {
        answer["MD5OfMessageAttributes"] = md5.into();
    }
    Ok(answer)
}

impl Message {
    /// What AWS counts: the body and every attribute's name, type and value.
    fn bytes(&self) -> usize {
        let attribute = |(name, value): (&String, &Value)| {
            let part = |key: &str| value[key].as_str().map_or(0, str::len);
            let binary = part("BinaryValue") / 4 * 3;
            name.len() + part("DataType") + part("StringValue") + binary
        };
        let attributes: usize = self.message_attributes.iter().map(attribute).sum();
        self.message_body.len() + attributes
    }

    fn check(&self, queue: &Queue) -> Result<(), Fault> {
        if self.message_body.is_empty() {
            return Err(Fault::new(Refusal::MissingParameter, "The request must contain the parameter MessageBody."));
        }
        let delay = self.delay_seconds.unwrap_or_default();
        if !(0..=MAX_DELAY_SECONDS).contains(&delay) {
            let reason = format!("DelaySeconds must be >= 0 and <= {MAX_DELAY_SECONDS}");
            return Err(Fault::invalid("DelaySeconds", delay, &reason));
        }
        let most = queue.settings.max_bytes;
        if self.bytes() > most {
            return Err(Fault::new(
                Refusal::InvalidParameterValue,
                format!("One or more parameters are invalid. Reason: Message must be shorter than {most} bytes."),
            ));
        }
        if !self.message_body.chars().all(allowed) {
            return Err(Fault::new(
                Refusal::InvalidMessageContents,
                "Invalid characters found. Valid unicode characters are #x9 | #xA | #xD | \
                 #x20 to #xD7FF | #xE000 to #xFFFD | #x10000 to #x10FFFF",
            ));
        }
        self.check_attributes()
    }

    fn check_attributes(&self) -> Result<(), Fault> {
        let count = self.message_attributes.len();
        if count > MAX_ATTRIBUTES {
            return Err(Fault::new(
                Refusal::InvalidParameterValue,
                format!("Number of message attributes [{count}] exceeds the allowed maximum [{MAX_ATTRIBUTES}]."),
            ));
        }
        for (name, attribute) in &self.message_attributes {
            let data_type = attribute["DataType"].as_str().unwrap_or_default();
            let value = match data_type.split('.').next() {
                Some("String" | "Number") => "StringValue",
                Some("Binary") => "BinaryValue",
                Some(_) | None => {
                    return Err(Fault::new(
                        Refusal::InvalidParameterValue,
                        format!(
                            "The type of message (user) attribute '{name}' is invalid. You must use only the following supported type prefixes: Binary, Number, String."
                        ),
                    ));
                }
            };
            if attribute[value].as_str().is_none_or(str::is_empty) {
                return Err(Fault::new(
                    Refusal::InvalidParameterValue,
                    format!(
                        "The message (user) attribute '{name}' must contain a non-empty value of type '{data_type}'."
                    ),
                ));
            }
        }
        Ok(())
    }
}

fn allowed(c: char) -> bool {
    matches!(c, '\t' | '\n' | '\r' | ' '..='\u{FFFD}' | '\u{10000}'..)
}
