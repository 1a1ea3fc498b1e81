//! What a receiver does with a receipt handle: delete its message, or change
//! how long it stays hidden. A handle of an earlier receive does nothing.

use rusqlite::OptionalExtension;
use serde::Deserialize;
use serde_json::{Value, json};

use super::batch::{self, Batch, BatchEntry};
use super::fault::{Fault, Refusal};
use super::store::{Queue, Session};

const MAX_VISIBILITY_SECONDS: i64 = 43_200;

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct DeleteMessage {
    queue_url: String,
    #[serde(flatten)]
    receipt: Receipt,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Receipt {
    receipt_handle: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct ChangeVisibility {
    queue_url: String,
    #[serde(flatten)]
    change: Change,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Change {
    receipt_handle: String,
    #[serde(default)]
    visibility_timeout: i64,
}

pub(super) fn delete(session: &mut Session<'_>, request: DeleteMessage) -> Result<Value, Fault> {
    let queue = session.queue(&request.queue_url)?;
    delete_one(session, &queue, &request.receipt)
}

pub(super) fn delete_batch(session: &mut Session<'_>, request: Batch<BatchEntry<Receipt>>) -> Result<Value, Fault> {
    let queue = session.queue(request.queue_url())?;
    batch::each(request.checked()?, |receipt| delete_one(session, &queue, &receipt))
}

pub(super) fn change(session: &mut Session<'_>, request: ChangeVisibility) -> Result<Value, Fault> {
    let queue = session.queue(&request.queue_url)?;
    change_one(session, &queue, &request.change)
}

pub(super) fn change_batch(session: &mut Session<'_>, request: Batch<BatchEntry<Change>>) -> Result<Value, Fault> {
    let queue = session.queue(request.queue_url())?;
    batch::each(request.checked()?, |change| change_one(session, &queue, &change))
}

fn delete_one(session: &Session<'_>, queue: &Queue, receipt: &Receipt) -> Result<Value, Fault> {
    let (id, token) = parsed(&receipt.receipt_handle)?;
    session.execute("DELETE FROM messages WHERE id = ?1 AND queue_id = ?2 AND receipt = ?3", (id, queue.id, token))?;
    Ok(json!({}))
}

fn change_one(session: &mut Session<'_>, queue: &Queue, change: &Change) -> Result<Value, Fault> {
    let (id, token) = parsed(&change.receipt_handle)?;
    let seconds = change.visibility_timeout;
    if !(0..=MAX_VISIBILITY_SECONDS).contains(&seconds) {
        let reason = format!("Must be >= 0 and <= {MAX_VISIBILITY_SECONDS}");
        return Err(Fault::invalid("VisibilityTimeout", seconds, &reason));
    }
    let visible_at: Option<i64> = session
        .tx
        .prepare_cached("SELECT visible_at FROM messages WHERE id = ?1 AND queue_id = ?2 AND receipt = ?3")?
        .query_row((id, queue.id, token), |row| row.get(0))
        .optional()?;
    let Some(visible_at) = visible_at else {
        return Err(Fault::invalid(
            "ReceiptHandle",
            &change.receipt_handle,
            "Message does not exist or is not available for visibility timeout change",
        ));
    };
    if visible_at <= session.now {
        return Err(Fault::new(Refusal::MessageNotInflight, "The message referred to is not in flight."));
    }
    let visible_at = session.now + seconds * 1_000;
    session.execute("UPDATE messages SET visible_at = ?2 WHERE id = ?1", (id, visible_at))?;
    session.wake(&queue.name, visible_at);
    Ok(json!({}))
}

fn parsed(handle: &str) -> Result<(i64, &str), Fault> {
    handle.split_once('.').and_then(|(id, token)| Some((id.parse().ok()?, token))).ok_or_else(|| {
        Fault::new(
            Refusal::ReceiptHandleIsInvalid,
            format!("The input receipt handle \"{handle}\" is not a valid receipt handle."),
        )
    })
}
