//! What a workspace's webhooks are told: which events are in a change of a campaign or of a message, and how long an
//! event that does not arrive is tried again.

use wire::{CampaignStatus, MessageState, WebhookEventKind};

use crate::message::MessageRecord;

/// Waits before the tries that follow the first, in milliseconds: ten and a half hours in all.
const WAITS_MS: [i64; 6] = [5_000, 60_000, 5 * 60_000, 30 * 60_000, 2 * 3_600_000, 8 * 3_600_000];

/// A webhook at which nothing arrived for so long is told nothing more, in milliseconds: three days, a weekend among them.
pub const FAILING_FOR_MS: i64 = 3 * 24 * 3_600_000;

/// The wait after so many tries that failed, in milliseconds; nothing when it is not tried again by itself.
pub fn wait_ms_after(attempts: u32) -> Option<i64> {
    WAITS_MS.get(usize::try_from(attempts).ok()?.checked_sub(1)?).copied()
}

/// The event in a step of a campaign.
pub fn of_step(from: CampaignStatus, to: CampaignStatus) -> Option<WebhookEventKind> {
    if from == to {
        return None;
    }
    match (from, to) {
        (_, CampaignStatus::Draft | CampaignStatus::Scheduled) => None,
        (CampaignStatus::Draft | CampaignStatus::Scheduled, CampaignStatus::Processing) => {
            Some(WebhookEventKind::CampaignStarted)
        }
        (_, CampaignStatus::Processing) => Some(WebhookEventKind::CampaignResumed),
        (_, CampaignStatus::Paused) => Some(WebhookEventKind::CampaignPaused),
        (_, CampaignStatus::Completed) => Some(WebhookEventKind::CampaignCompleted),
        (_, CampaignStatus::Cancelled) => Some(WebhookEventKind::CampaignCancelled),
        (_, CampaignStatus::Failed) => Some(WebhookEventKind::CampaignFailed),
    }
}

/// A fact that became known of a message, and its time in milliseconds since 1970.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Fact {
    /// Which.
    pub kind: WebhookEventKind,
    /// When it happened.
    pub at: i64,
}

/// The facts that a change of a message made known, in the order in which they happen. A time that is only corrected is no
/// new fact, and neither is a failure after which the message is tried again. A receipt may be known before the answer to
/// the request, which is then not written down: it too says that WhatsApp took the message.
pub fn of_message(before: Option<&MessageRecord>, after: &MessageRecord) -> Vec<Fact> {
    let is_same_try = |before: &&MessageRecord| before.tried() == after.tried();
    let known = before.filter(is_same_try).map(facts).unwrap_or_default();
    let news = KINDS.into_iter().zip(facts(after)).zip(known);
    news.filter_map(|((kind, at), known)| Some(Fact { kind, at: at.filter(|_| known.is_none())? })).collect()
}

/// The facts of a message, in the order in which they happen.
const KINDS: [WebhookEventKind; 4] = [
    WebhookEventKind::MessageAccepted,
    WebhookEventKind::MessageDelivered,
    WebhookEventKind::MessageRead,
    WebhookEventKind::MessageFailed,
];

/// When each of [`KINDS`] happened.
fn facts(record: &MessageRecord) -> [Option<i64>; 4] {
    let taken = record.accepted_at.or(record.held_at).or(record.sent_at).or(record.delivered_at).or(record.read_at);
    let failed_at = record.failed_at.filter(|_| record.state == MessageState::Failed);
    [taken, record.delivered_at, record.read_at, failed_at]
}

#[cfg(test)]
mod tests {
    use wire::{CampaignId, ChannelId, WorkspaceId};

    use super::*;
    use crate::message::{Claim, Outcome, Receipt, ReceiptStatus, Step};

    fn claimed() -> MessageRecord {
        MessageRecord::from(Claim {
            variant: None,
            campaign_id: CampaignId("c".into()),
            workspace_id: WorkspaceId(1),
            channel_id: ChannelId("n".into()),
            index: 7,
            chunk: 0,
            canonical_phone: "12025550100".into(),
            claim_id: "once".into(),
            rounds: 0,
            attempt: 1,
            at: 1_000,
        })
    }

    fn told(before: &MessageRecord, after: &MessageRecord) -> Vec<(&'static str, i64)> {
        of_message(Some(before), after).into_iter().map(|fact| (fact.kind.as_str(), fact.at)).collect()
    }

    #[test]
    fn each_fact_is_told_when_it_becomes_known() {
        let accepted = Outcome::Accepted { wamid: "w".into(), held: false };
        let taken = claimed().with_outcome(1, &accepted, 2_000).unwrap();
        assert_eq!(told(&claimed(), &taken), [("message.accepted", 2_000)]);
        assert_eq!(of_message(None, &claimed()), []);
        let early = MessageRecord { sent_at: Some(1_900), ..claimed() };
        assert_eq!(told(&claimed(), &early), [("message.accepted", 1_900)]);
        assert_eq!(told(&early, &MessageRecord { accepted_at: Some(2_000), ..early.clone() }), []);
        let receipt = |status, at| Receipt { attempt: 1, status, at, wamid: "w".into(), price: None };
        let read = taken.with_receipt(&receipt(ReceiptStatus::Read, 9_000)).unwrap();
        assert_eq!(told(&taken, &read), [("message.read", 9_000)]);
        let delivered = read.with_receipt(&receipt(ReceiptStatus::Delivered, 5_000)).unwrap();
        assert_eq!(told(&read, &delivered), [("message.delivered", 5_000)]);
        assert_eq!(told(&delivered, &MessageRecord { delivered_at: Some(4_000), ..delivered.clone() }), []);
        assert_eq!(told(&delivered, &delivered), []);
    }

    #[test]
    fn a_failure_is_told_unless_the_message_is_tried_again() {
        let failed = claimed().with_outcome(1, &Outcome::Failed { code: 131_026 }, 3_000).unwrap();
        assert_eq!(told(&claimed(), &failed), [("message.failed", 3_000)]);
        let again = Outcome::Retry { code: Some(131_049), not_before: 9_000, step: Step::Try };
        let waits = claimed().with_outcome(1, &again, 3_000).unwrap();
        assert_eq!(told(&claimed(), &waits), []);
    }

    #[test]
    fn steps_of_a_campaign_are_told_and_edits_are_not() {
        use CampaignStatus::{Cancelled, Completed, Draft, Paused, Processing, Scheduled};
        let named = |from, to| of_step(from, to).map(WebhookEventKind::as_str);
        assert_eq!(named(Draft, Scheduled), None);
        assert_eq!(named(Processing, Processing), None);
        assert_eq!(named(Scheduled, Processing), Some("campaign.started"));
        assert_eq!(named(Paused, Processing), Some("campaign.resumed"));
        assert_eq!(named(Processing, Paused), Some("campaign.paused"));
        assert_eq!(named(Paused, Completed), Some("campaign.completed"));
        assert_eq!(named(Paused, Cancelled), Some("campaign.cancelled"));
    }

    #[test]
    fn waits_grow_and_end() {
        let waits: Vec<i64> = (1..).map_while(wait_ms_after).collect();
        assert_eq!(waits, WAITS_MS);
        assert!(waits.is_sorted());
        assert_eq!(wait_ms_after(0), None);
    }
}
