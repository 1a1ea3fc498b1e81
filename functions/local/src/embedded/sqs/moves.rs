//! Moving dead letters back to work: all at once, as new messages.

use serde::Deserialize;
use serde_json::{Value, json};

use super::fault::{Fault, Refusal};
use super::queues::feeding;
use super::store::{Queue, Session, name_of, random_id};

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct StartMessageMoveTask {
    source_arn: String,
    destination_arn: Option<String>,
}

/// Moves every visible message of a dead-letter queue to the destination, or
/// each back to the queue it came from. AWS does it over minutes; the answer
/// is the same.
pub(super) fn start(session: &mut Session<'_>, request: StartMessageMoveTask) -> Result<Value, Fault> {
    let source = existing(session, &request.source_arn)?;
    if feeding(session, &source)?.is_empty() {
        return Err(Fault::new(
            Refusal::InvalidParameterValue,
            "Source queue must be configured as a Dead Letter Queue.",
        ));
    }
    let destination = match &request.destination_arn {
        Some(arn) => Some(existing(session, arn)?),
        None => None,
    };
    for (id, came_from) in waiting(session, &source)? {
        let target = match (&destination, came_from) {
            (Some(queue), _) => Some((queue.id, queue.settings.retention_ms, queue.name.clone())),
            (None, Some(name)) => {
                session.queue_named(&name)?.map(|queue| (queue.id, queue.settings.retention_ms, queue.name))
            }
            (None, None) => None,
        };
        // A message that never came from another queue has nowhere to go back to.
        let Some((queue_id, retention_ms, name)) = target else {
            continue;
        };
        session.execute(
            "UPDATE messages SET queue_id = ?2, message_id = ?3, sent_at = ?4, visible_at = ?4, \
             expires_at = ?5, receive_count = 0, first_received_at = NULL, receipt = NULL, \
             source = NULL WHERE id = ?1",
            (id, queue_id, random_id()?, session.now, session.now + retention_ms),
        )?;
        session.wake(&name, session.now);
    }
    Ok(json!({ "TaskHandle": random_id()? }))
}

fn existing(session: &Session<'_>, arn: &str) -> Result<Queue, Fault> {
    session.queue_named(name_of(arn))?.ok_or_else(|| {
        Fault::new(
            Refusal::ResourceNotFound,
            "The resource that you specified for the SourceArn parameter doesn't exist.",
        )
    })
}

fn waiting(session: &Session<'_>, queue: &Queue) -> Result<Vec<(i64, Option<String>)>, Fault> {
    let mut statement = session.tx.prepare_cached(
        "SELECT id, source FROM messages \
         WHERE queue_id = ?1 AND visible_at <= ?2 AND expires_at > ?2 ORDER BY visible_at, id",
    )?;
    let rows = statement.query_map((queue.id, session.now), |row| Ok((row.get(0)?, row.get(1)?)))?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}
