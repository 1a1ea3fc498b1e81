//! One recipient as the API answers it: the row of the audience and what became of it.

use campaigns::audience::Recipient;
use campaigns::message::MessageRecord;
use campaigns::price::Price;
use campaigns::{send_error, skips};
use wire::{Billing, Message, MessageState};

use crate::clock::time_of_millis;

/// A recipient with its record; without one it was not tried yet. Of a reply the words are shown at this time for so long
/// after it, both in milliseconds.
pub fn message(
    index: u64,
    row: &Recipient,
    record: Option<&MessageRecord>,
    (now, replies_kept_ms): (i64, i64),
) -> Message {
    let at = |time: fn(&MessageRecord) -> Option<i64>| record.and_then(time).map(time_of_millis);
    let (code, reason) = record.map(why).unwrap_or_default();
    let is_skipped = record.is_some_and(|record| record.state == MessageState::Skipped);
    let skip_reason = reason.as_deref().filter(|_| is_skipped).and_then(skips::name).map(str::to_owned);
    Message {
        index,
        phone: row.phone.clone(),
        name: row.name.clone(),
        state: record.map_or(MessageState::Untouched, |record| record.state),
        attempt: record.map_or(0, attempts),
        code,
        reason,
        skip_reason,
        wamid: record.and_then(|record| record.wamid.clone()),
        claimed_at: at(|record| Some(record.claimed_at)),
        sent_at: at(|record| record.sent_at),
        delivered_at: at(|record| record.delivered_at),
        read_at: at(|record| record.read_at),
        failed_at: at(|record| record.failed_at),
        replied_at: at(|record| record.replied_at),
        reply_text: record.and_then(|record| record.readable_reply(now, replies_kept_ms)).map(str::to_owned),
        clicked_at: at(|record| record.clicked_at),
        link_opens: record.map_or(0, |record| record.link_opens),
        billing: record.and_then(|record| record.price.clone()).map(billing),
    }
}

fn billing(price: Price) -> Billing {
    Billing { category: price.category, kind: price.kind, model: price.model }
}

/// Attempts so far: while one waits, the record already counts it.
fn attempts(record: &MessageRecord) -> u32 {
    match record.state {
        MessageState::Retry => record.attempt.saturating_sub(1),
        MessageState::Skipped | MessageState::Untouched => 0,
        MessageState::Claimed
        | MessageState::Unknown
        | MessageState::Accepted
        | MessageState::Held
        | MessageState::Sent
        | MessageState::Failed
        | MessageState::Delivered
        | MessageState::Read => record.attempt,
    }
}

/// Meta's code and the reason in words, where the state has one: a message that arrived does not show an old failure.
fn why(record: &MessageRecord) -> (Option<u32>, Option<String>) {
    match record.state {
        MessageState::Failed | MessageState::Retry => {
            let reason = record.code.map(send_error::title).or_else(|| record.reason.clone());
            (record.code, reason)
        }
        MessageState::Skipped => (None, record.reason.clone()),
        MessageState::Untouched
        | MessageState::Claimed
        | MessageState::Unknown
        | MessageState::Accepted
        | MessageState::Held
        | MessageState::Sent
        | MessageState::Delivered
        | MessageState::Read => (None, None),
    }
}

#[cfg(test)]
mod tests {
    use campaigns::content::WINDOW_CLOSED;
    use campaigns::message::Claim;
    use wire::{CampaignId, ChannelId, WorkspaceId};

    use super::*;

    const KEPT_MS: i64 = 30 * 24 * 60 * 60 * 1_000;

    fn row() -> Recipient {
        Recipient { row: 0, phone: "+5511999990000".into(), name: "Ana".into(), fields: vec![] }
    }

    fn record(state: MessageState) -> MessageRecord {
        let claim = Claim {
            variant: None,
            rounds: 0,
            campaign_id: CampaignId("c".into()),
            workspace_id: WorkspaceId(1),
            channel_id: ChannelId("n".into()),
            index: 7,
            chunk: 0,
            canonical_phone: "5511999990000".into(),
            claim_id: String::new(),
            attempt: 2,
            at: 1_000,
        };
        MessageRecord { state, ..MessageRecord::from(claim) }
    }

    #[test]
    fn a_recipient_without_a_record_is_untouched() {
        let shown = message(7, &row(), None, (0, KEPT_MS));
        assert_eq!((shown.index, shown.state, shown.attempt, shown.claimed_at), (7, MessageState::Untouched, 0, None));
    }

    #[test]
    fn a_failure_says_why_in_words() {
        let failed = MessageRecord { code: Some(131_026), failed_at: Some(9_000), ..record(MessageState::Failed) };
        let shown = message(7, &row(), Some(&failed), (0, KEPT_MS));
        assert_eq!((shown.code, shown.reason), (Some(131_026), Some(send_error::title(131_026))));
        assert_eq!(shown.failed_at, Some(time_of_millis(9_000)));
    }

    #[test]
    fn a_failure_that_was_wrong_is_not_told() {
        let arrived =
            MessageRecord { code: Some(131_026), delivered_at: Some(9_000), ..record(MessageState::Delivered) };
        let shown = message(7, &row(), Some(&arrived), (0, KEPT_MS));
        assert_eq!((shown.code, shown.reason), (None, None));
    }

    #[test]
    fn an_answer_is_shown_with_its_words_until_they_are_old() {
        let answered =
            MessageRecord { reply_text: Some("Quero".into()), replied_at: Some(9_000), ..record(MessageState::Read) };
        let shown = message(7, &row(), Some(&answered), (10_000, KEPT_MS));
        assert_eq!((shown.replied_at, shown.reply_text.as_deref()), (Some(time_of_millis(9_000)), Some("Quero")));
        let old = message(7, &row(), Some(&answered), (9_000 + KEPT_MS, KEPT_MS));
        assert_eq!((old.replied_at, old.reply_text), (Some(time_of_millis(9_000)), None));
    }

    #[test]
    fn a_waiting_attempt_was_not_made_yet() {
        let waiting = MessageRecord { code: Some(131_056), ..record(MessageState::Retry) };
        assert_eq!(message(7, &row(), Some(&waiting), (0, KEPT_MS)).attempt, 1);
    }

    #[test]
    fn a_skipped_recipient_says_its_reason() {
        let skipped = MessageRecord { reason: Some("\"first name\" is empty".into()), ..record(MessageState::Skipped) };
        let shown = message(7, &row(), Some(&skipped), (0, KEPT_MS));
        assert_eq!((shown.attempt, shown.reason.as_deref()), (0, Some("\"first name\" is empty")));
        let late = MessageRecord { reason: Some(WINDOW_CLOSED.into()), ..record(MessageState::Skipped) };
        assert_eq!(message(0, &row(), Some(&late), (0, 1)).skip_reason.as_deref(), Some("windowClosed"));
    }
}
