//! What makes another attempt wait or ends its wait, beside what WhatsApp says.

use wire::MessageState;

use super::{Claim, MessageRecord, campaign_of, waiting_for_later};
use crate::consent::ERASED;
use crate::retry;
use crate::send_error::{Reaction, reaction};

impl MessageRecord {
    /// The record of a recipient whose first attempt must wait until `not_before`, for this reason.
    pub fn put_off(claim: Claim, not_before: i64, reason: &str) -> MessageRecord {
        let now = claim.at;
        let campaign = claim.campaign_id.clone();
        let mut record = MessageRecord::from(claim);
        record.wait_until(not_before, now);
        record.retry_shard = Some(waiting_for_later(&campaign));
        record.reason = Some(reason.to_owned());
        record.state = record.derive_state();
        record
    }

    /// The record when the attempt that it waits for must wait until `not_before`, for this reason; nothing when it waits
    /// for none.
    pub fn put_off_again(&self, not_before: i64, reason: &str) -> Option<MessageRecord> {
        if !self.is_waiting() {
            return None;
        }
        let mut next = self.clone();
        next.not_before = Some(not_before);
        next.retry_shard = campaign_of(&self.shard).map(|campaign| waiting_for_later(&campaign));
        next.reason = Some(reason.to_owned());
        next.finish(self)
    }

    /// The record when a person asks for another attempt at `at`; nothing when it has one, arrived, or is under way. Who
    /// got enough marketing waits until WhatsApp would take more, whoever asks.
    pub fn asked_again(&self, at: i64) -> Option<MessageRecord> {
        if !matches!(self.state, MessageState::Failed | MessageState::Unknown | MessageState::Skipped) {
            return None;
        }
        let rested_at = self.failed_at.unwrap_or(self.attempted_at) + retry::LEAST_REST_MS;
        let rests = self.code.is_some_and(|code| reaction(code) == Reaction::Defer);
        let at = if rests { at.max(rested_at) } else { at };
        let mut next = self.clone();
        next.attempt += 1;
        next.tries = 0;
        next.failed_at = None;
        next.skipped_at = None;
        next.reason = None;
        next.code = None;
        next.wait_until(at, at);
        next.retry_shard = campaign_of(&self.shard).map(|campaign| waiting_for_later(&campaign));
        next.finish(self)
    }

    /// The record when the attempt that it waits for is not made, for this reason; nothing when it does not wait. What
    /// had failed before has failed for good.
    pub fn left_out(&self, at: i64, reason: &str) -> Option<MessageRecord> {
        if self.state != MessageState::Retry {
            return None;
        }
        let mut next = self.clone();
        next.retry_shard = None;
        next.not_before = None;
        next.skipped_at = Some(at);
        next.reason = Some(reason.to_owned());
        next.finish(self)
    }

    /// The record without its person, who was erased: under a name that tells nobody who it was. An attempt that waits is
    /// not made. Nothing when it is so already.
    pub fn erased(&self, name: &str, at: i64) -> Option<MessageRecord> {
        let person = format!("{}#{name}", self.workspace_id);
        if self.person == person {
            return None;
        }
        let mut next = self.left_out(at, ERASED).unwrap_or_else(|| self.clone());
        next.person = person;
        next.reply_id = None;
        next.reply_text = None;
        next.version = self.version + 1;
        Some(next)
    }
}
