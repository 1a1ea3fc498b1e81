//! That a person answered, beside the state of a message: the first reply with its words, and the first tap on a button.
//! Merging keeps the earliest of each, so that replies too may come late, twice and in any order.

use crate::consent::Asked;
use crate::message::MessageRecord;

/// Longest text of a reply that is kept, in bytes: the item stays under 1 KB, which is what a write costs by.
const LONGEST_TEXT_BYTES: usize = 280;

/// How a person answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ReplyKind {
    /// Wrote, spoke, or sent something.
    Written,
    /// Tapped a button of the message.
    Tapped,
}

/// One inbound message that answers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reply {
    /// Meta's id of it.
    pub id: String,
    /// Milliseconds since 1970, as WhatsApp dates it.
    pub at: i64,
    /// How.
    pub kind: ReplyKind,
    /// Its words, or the button's; nothing where there are none.
    pub text: Option<String>,
    /// What it asks for about further messages; nothing where it is about something else.
    pub asked: Option<Asked>,
}

impl MessageRecord {
    /// The record after a reply; nothing when it says nothing new.
    pub fn with_reply(&self, reply: &Reply) -> Option<MessageRecord> {
        let mut next = self.clone();
        let known = self.replied_at.map(|at| (at, self.reply_id.as_deref().unwrap_or_default()));
        if known.is_none_or(|known| (reply.at, reply.id.as_str()) < known) {
            next.replied_at = Some(reply.at);
            next.reply_id = Some(reply.id.clone());
            next.reply_text = reply.text.as_deref().map(shortened).filter(|text| !text.is_empty());
        }
        if reply.kind == ReplyKind::Tapped {
            next.clicked_at = Some(self.clicked_at.map_or(reply.at, |known| known.min(reply.at)));
        }
        if reply.asked == Some(Asked::Stop) {
            next.opted_out_at = Some(self.opted_out_at.map_or(reply.at, |known| known.min(reply.at)));
        }
        next.finish(self)
    }

    /// The words of the reply, while they can be read: less than `kept_ms` after it.
    pub fn readable_reply(&self, now: i64, kept_ms: i64) -> Option<&str> {
        let at = self.replied_at?;
        self.reply_text.as_deref().filter(|_| now - at < kept_ms)
    }

    /// The record without the words of the reply; nothing when it has none.
    pub fn without_reply_text(&self) -> Option<MessageRecord> {
        self.reply_text.as_ref()?;
        Some(MessageRecord { reply_text: None, version: self.version + 1, ..self.clone() })
    }
}

/// As many whole characters as are kept.
fn shortened(text: &str) -> String {
    let mut kept = String::new();
    for letter in text.trim().chars() {
        if kept.len() + letter.len_utf8() > LONGEST_TEXT_BYTES {
            break;
        }
        kept.push(letter);
    }
    kept
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use wire::{CampaignId, ChannelId, MessageState, WorkspaceId};

    use super::*;

    const KEPT_MS: i64 = 30 * 24 * 60 * 60 * 1_000;
    use crate::message::Claim;

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

    fn reply(id: &str, at: i64, kind: ReplyKind) -> Reply {
        Reply { id: id.into(), at, kind, text: Some(format!("text of {id}")), asked: None }
    }

    #[test]
    fn the_first_reply_stands_with_its_words_and_the_state_stays() {
        let later = claimed().with_reply(&reply("b", 9_000, ReplyKind::Written)).unwrap();
        let both = later.with_reply(&reply("a", 5_000, ReplyKind::Tapped)).unwrap();
        assert_eq!((both.replied_at, both.reply_text.as_deref()), (Some(5_000), Some("text of a")));
        assert_eq!((both.clicked_at, both.state), (Some(5_000), MessageState::Claimed));
        assert_eq!(both.with_reply(&reply("b", 9_000, ReplyKind::Written)), None);
        assert_eq!(both.with_reply(&reply("a", 5_000, ReplyKind::Tapped)), None);
    }

    #[test]
    fn words_are_short_and_can_be_read_for_thirty_days() {
        let long = Reply { text: Some("ação ".repeat(200)), ..reply("a", 1_000, ReplyKind::Written) };
        let record = claimed().with_reply(&long).unwrap();
        assert!(record.reply_text.as_ref().unwrap().len() <= LONGEST_TEXT_BYTES);
        assert!(record.readable_reply(1_000 + KEPT_MS - 1, KEPT_MS).is_some());
        assert_eq!(record.readable_reply(1_000 + KEPT_MS, KEPT_MS), None);
        let picture = Reply { text: None, ..long };
        assert_eq!(claimed().with_reply(&picture).unwrap().readable_reply(1_000, KEPT_MS), None);
    }

    #[test]
    fn an_opt_out_is_what_was_asked_for_and_not_what_the_words_look_like() {
        let menu = Reply { text: Some("SAIR".into()), ..reply("a", 5_000, ReplyKind::Tapped) };
        assert_eq!(claimed().with_reply(&menu).unwrap().opted_out_at, None);
        let asked = |asked, at| Reply { asked: Some(asked), ..reply("b", at, ReplyKind::Tapped) };
        let stopped = claimed().with_reply(&asked(Asked::Stop, 7_000)).unwrap();
        assert_eq!(stopped.opted_out_at, Some(7_000));
        assert_eq!(stopped.with_reply(&asked(Asked::Stop, 6_000)).unwrap().opted_out_at, Some(6_000));
        assert_eq!(claimed().with_reply(&asked(Asked::Resume, 7_000)).unwrap().opted_out_at, None);
    }

    #[test]
    fn an_erasure_takes_the_words_and_leaves_that_somebody_answered() {
        let record = claimed().with_reply(&reply("a", 5_000, ReplyKind::Written)).unwrap();
        let erased = record.erased("ab", 6_000).unwrap();
        assert_eq!((erased.replied_at, erased.reply_text, erased.reply_id), (Some(5_000), None, None));
    }

    proptest! {
        #[test]
        fn any_order_of_replies_and_any_repetition_give_the_same_record(
            (replies, shuffled) in proptest::collection::vec((0..4usize, 1..5i64, any::<bool>()), 0..8)
                .prop_flat_map(|r| (Just(r.clone()), Just([r.clone(), r].concat()).prop_shuffle())),
        ) {
            let fold = |of: &[(usize, i64, bool)]| of.iter().fold(claimed(), |record, (id, at, tapped)| {
                let kind = if *tapped { ReplyKind::Tapped } else { ReplyKind::Written };
                record.with_reply(&reply(["a", "b", "c", "d"][*id], *at, kind)).unwrap_or(record)
            });
            let (once, again) = (fold(&replies), fold(&shuffled));
            prop_assert_eq!(MessageRecord { version: 0, ..once }, MessageRecord { version: 0, ..again });
        }
    }
}
