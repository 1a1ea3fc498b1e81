//! The operations on queues themselves: creating, finding, configuring,
//! counting and emptying them.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::{Value, json};

use super::fault::{Fault, Refusal};
use super::store::{Queue, Redrive, Session, Settings, arn_of, name_of};

const SECOND_MS: i64 = 1_000;
/// AWS's limit since 2025-08, <https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/quotas-messages.html>, read 2026-11.
pub(super) const MAX_BYTES: usize = 1_048_576;

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct CreateQueue {
    queue_name: String,
    #[serde(default)]
    attributes: BTreeMap<String, String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct QueueNamed {
    queue_name: String,
}

/// A request that names a queue and nothing else.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct OfQueue {
    queue_url: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct SetQueueAttributes {
    queue_url: String,
    #[serde(default)]
    attributes: BTreeMap<String, String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct GetQueueAttributes {
    queue_url: String,
    #[serde(default)]
    attribute_names: Vec<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct ListQueues {
    #[serde(default)]
    queue_name_prefix: String,
}

pub(super) fn create(session: &mut Session<'_>, request: CreateQueue) -> Result<Value, Fault> {
    check_name(&request.queue_name)?;
    let mut settings = Settings::aws_defaults();
    apply(session, &mut settings, &request.attributes)?;
    if let Some(existing) = session.queue_named(&request.queue_name)? {
        if existing.settings != settings {
            return Err(Fault::new(
                Refusal::QueueNameExists,
                "A queue already exists with the same name and a different value for an attribute.",
            ));
        }
        return Ok(json!({ "QueueUrl": existing.url() }));
    }
    session.execute(
        "INSERT INTO queues (name, settings, created_at, modified_at) VALUES (?1, ?2, ?3, ?3)",
        (&request.queue_name, stored(&settings), session.now),
    )?;
    let queue = session.queue(&request.queue_name)?;
    Ok(json!({ "QueueUrl": queue.url() }))
}

pub(super) fn set_attributes(session: &mut Session<'_>, request: SetQueueAttributes) -> Result<Value, Fault> {
    let queue = session.queue(&request.queue_url)?;
    let mut settings = queue.settings;
    apply(session, &mut settings, &request.attributes)?;
    session.execute(
        "UPDATE queues SET settings = ?2, modified_at = ?3 WHERE id = ?1",
        (queue.id, stored(&settings), session.now),
    )?;
    Ok(json!({}))
}

pub(super) fn url(session: &mut Session<'_>, request: QueueNamed) -> Result<Value, Fault> {
    let queue = session.queue(&request.queue_name)?;
    Ok(json!({ "QueueUrl": queue.url() }))
}

pub(super) fn list(session: &mut Session<'_>, request: ListQueues) -> Result<Value, Fault> {
    let mut queues = session.queues()?;
    queues.retain(|queue| queue.name.starts_with(&request.queue_name_prefix));
    let urls: Vec<String> = queues.iter().map(Queue::url).collect();
    Ok(json!({ "QueueUrls": urls }))
}

/// The queues whose dead letters arrive in this one.
pub(super) fn sources(session: &mut Session<'_>, request: OfQueue) -> Result<Value, Fault> {
    let target = session.queue(&request.queue_url)?;
    let urls: Vec<String> = feeding(session, &target)?.iter().map(Queue::url).collect();
    Ok(json!({ "queueUrls": urls }))
}

pub(super) fn purge(session: &mut Session<'_>, request: OfQueue) -> Result<Value, Fault> {
    let queue = session.queue(&request.queue_url)?;
    session.execute("DELETE FROM messages WHERE queue_id = ?1", [queue.id])?;
    Ok(json!({}))
}

pub(super) fn attributes(session: &mut Session<'_>, request: GetQueueAttributes) -> Result<Value, Fault> {
    let queue = session.queue(&request.queue_url)?;
    session.execute("DELETE FROM messages WHERE queue_id = ?1 AND expires_at <= ?2", (queue.id, session.now))?;
    let wanted = |name: &str| {
        let names = &request.attribute_names;
        names.iter().any(|wanted| wanted == "All" || wanted == name)
    };
    let mut attributes = BTreeMap::new();
    let described = described(&queue).into_iter();
    for (name, value) in described.chain(counted(session, &queue)?) {
        if wanted(name) {
            attributes.insert(name, value);
        }
    }
    Ok(json!({ "Attributes": attributes }))
}

/// The queues that name `target` as their dead-letter queue.
pub(super) fn feeding(session: &Session<'_>, target: &Queue) -> Result<Vec<Queue>, Fault> {
    let mut queues = session.queues()?;
    queues.retain(|queue| {
        let redrive = queue.settings.redrive.as_ref();
        redrive.is_some_and(|redrive| redrive.target == target.name)
    });
    Ok(queues)
}

impl Settings {
    fn aws_defaults() -> Self {
        Self {
            visibility_ms: 30 * SECOND_MS,
            delay_ms: 0,
            retention_ms: 345_600 * SECOND_MS,
            wait_ms: 0,
            max_bytes: MAX_BYTES,
            redrive: None,
        }
    }
}

fn stored(settings: &Settings) -> String {
    json!(settings).to_string()
}

fn check_name(name: &str) -> Result<(), Fault> {
    let legal = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
    if name.is_empty() || name.len() > 80 || !name.chars().all(legal) {
        return Err(Fault::new(
            Refusal::InvalidParameterValue,
            "Can only include alphanumeric characters, hyphens, or underscores. 1 to 80 in length",
        ));
    }
    Ok(())
}

fn apply(session: &Session<'_>, settings: &mut Settings, attributes: &BTreeMap<String, String>) -> Result<(), Fault> {
    for (name, value) in attributes {
        match name.as_str() {
            "VisibilityTimeout" => settings.visibility_ms = number(name, value, 0, 43_200)? * SECOND_MS,
            "DelaySeconds" => settings.delay_ms = number(name, value, 0, 900)? * SECOND_MS,
            "MessageRetentionPeriod" => {
                settings.retention_ms = number(name, value, 60, 1_209_600)? * SECOND_MS;
            }
            "ReceiveMessageWaitTimeSeconds" => settings.wait_ms = number(name, value, 0, 20)? * SECOND_MS,
            "MaximumMessageSize" => settings.max_bytes = number(name, value, 1_024, MAX_BYTES)?,
            "RedrivePolicy" => settings.redrive = redrive(session, value)?,
            // Who may do what has no meaning inside one process.
            "Policy" | "RedriveAllowPolicy" | "SqsManagedSseEnabled" => {}
            other => {
                return Err(Fault::new(Refusal::InvalidAttributeName, format!("Unknown Attribute {other}.")));
            }
        }
    }
    Ok(())
}

fn number<T: std::str::FromStr + PartialOrd + Copy>(name: &str, value: &str, least: T, most: T) -> Result<T, Fault> {
    let number = value.parse::<T>().ok();
    number
        .filter(|n| (least..=most).contains(n))
        .ok_or_else(|| Fault::new(Refusal::InvalidAttributeValue, format!("Invalid value for the parameter {name}.")))
}

fn redrive(session: &Session<'_>, policy: &str) -> Result<Option<Redrive>, Fault> {
    if policy.is_empty() {
        return Ok(None);
    }
    let invalid = |reason: &str| Fault::invalid("RedrivePolicy", policy, reason);
    let parsed: Value = serde_json::from_str(policy).map_err(|_| invalid("Redrive policy is not a valid JSON map"))?;
    let target = parsed["deadLetterTargetArn"]
        .as_str()
        .ok_or_else(|| invalid("Redrive policy does not contain deadLetterTargetArn"))?;
    // AWS takes the count as a number and as a string.
    let count = &parsed["maxReceiveCount"];
    let max_receive_count = count
        .as_i64()
        .or_else(|| count.as_str()?.parse().ok())
        .filter(|count| (1..=1_000).contains(count))
        .ok_or_else(|| invalid("maxReceiveCount must be between 1 and 1000"))?;
    let target = name_of(target);
    if session.queue_named(target)?.is_none() {
        return Err(invalid("Dead letter target does not exist"));
    }
    Ok(Some(Redrive { target: target.to_owned(), max_receive_count }))
}

fn described(queue: &Queue) -> Vec<(&'static str, String)> {
    let settings = &queue.settings;
    let seconds = |ms: i64| (ms / SECOND_MS).to_string();
    let mut attributes = vec![
        ("QueueArn", queue.arn()),
        ("VisibilityTimeout", seconds(settings.visibility_ms)),
        ("DelaySeconds", seconds(settings.delay_ms)),
        ("MessageRetentionPeriod", seconds(settings.retention_ms)),
        ("ReceiveMessageWaitTimeSeconds", seconds(settings.wait_ms)),
        ("MaximumMessageSize", settings.max_bytes.to_string()),
        ("CreatedTimestamp", seconds(queue.created_at)),
        ("LastModifiedTimestamp", seconds(queue.modified_at)),
    ];
    if let Some(redrive) = &settings.redrive {
        let policy = json!({
            "deadLetterTargetArn": arn_of(&redrive.target),
            "maxReceiveCount": redrive.max_receive_count,
        });
        attributes.push(("RedrivePolicy", policy.to_string()));
    }
    attributes
}

fn counted(session: &Session<'_>, queue: &Queue) -> Result<[(&'static str, String); 3], Fault> {
    let mut statement = session.tx.prepare_cached(
        "SELECT COUNT(*) FILTER (WHERE visible_at <= ?2), \
                COUNT(*) FILTER (WHERE visible_at > ?2 AND receipt IS NOT NULL), \
                COUNT(*) FILTER (WHERE visible_at > ?2 AND receipt IS NULL) \
         FROM messages WHERE queue_id = ?1",
    )?;
    let (visible, in_flight, delayed): (i64, i64, i64) =
        statement.query_row((queue.id, session.now), |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))?;
    Ok([
        ("ApproximateNumberOfMessages", visible.to_string()),
        ("ApproximateNumberOfMessagesNotVisible", in_flight.to_string()),
        ("ApproximateNumberOfMessagesDelayed", delayed.to_string()),
    ])
}
