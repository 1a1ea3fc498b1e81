//! Claims without an outcome: their sender died in between, so nobody knows whether the message left. They are found
//! while the campaign goes on, a bounded number of recipients at each look.

use campaigns::message::{MessageRecord, Outcome};
use campaigns::totals::Totals;
use wire::MessageState;

use super::write;
use crate::App;
use crate::sender::CLAIM_TIMEOUT_MS;
use crate::storage::campaigns::CampaignRecord;
use crate::storage::messages;
use crate::storage::table::Written;

/// Recipients looked at: fifty queries; a minute of a number at 80 a second.
const LOOKED_AT: u64 = 5_000;

/// Looks at the next of the recipients that had a job, above those who all have an outcome. Nothing when somebody else
/// changed the campaign.
pub(super) async fn settle(
    app: &App,
    record: CampaignRecord,
    counted: &Totals,
) -> anyhow::Result<Option<CampaignRecord>> {
    let end = record.cursor_index.max(record.cut_below).min(record.recipients);
    let settled_below = record.upkeep.settled_below;
    if counted.claimed == 0 || settled_below >= end {
        return Ok(Some(record));
    }
    let place = record.upkeep.claims_place;
    let first = if (settled_below..end).contains(&place) { place } else { settled_below };
    let after = first.saturating_add(LOOKED_AT).min(end);
    let mut settled = first;
    for message in messages::range(app, &record.id, first, after - 1).await? {
        let (index, is_settled) = (message.index, is_settled(message.state));
        let is_settled = is_settled || give_up_if_stale(app, message).await?;
        if is_settled && index == settled {
            settled += 1;
        }
    }
    let mut next = record.clone();
    next.upkeep.claims_place = after;
    if first == settled_below {
        next.upkeep.settled_below = settled;
    }
    if next.upkeep == record.upkeep {
        return Ok(Some(record));
    }
    write(app, record, next).await
}

fn is_settled(state: MessageState) -> bool {
    match state {
        MessageState::Untouched | MessageState::Claimed | MessageState::Retry => false,
        MessageState::Skipped
        | MessageState::Unknown
        | MessageState::Accepted
        | MessageState::Held
        | MessageState::Sent
        | MessageState::Failed
        | MessageState::Delivered
        | MessageState::Read => true,
    }
}

/// Makes a claim without an outcome past its sender's time unknown; whether it was one.
pub(super) async fn give_up_if_stale(app: &App, message: MessageRecord) -> anyhow::Result<bool> {
    let now = app.clock.now_millis();
    if message.state != MessageState::Claimed || now - message.attempted_at <= CLAIM_TIMEOUT_MS {
        return Ok(false);
    }
    let index = message.index;
    let written = messages::change(app, message, |standing| {
        let claimed = standing.state == MessageState::Claimed;
        claimed.then(|| standing.with_outcome(standing.attempt, &Outcome::Unknown, now)).flatten()
    });
    let is_given_up = written.await? == Written::Done;
    if is_given_up {
        tracing::warn!(index, "a claim without an outcome is now unknown");
    }
    Ok(is_given_up)
}
