//! Who claims which recipient, and the record that it begins with.

use wire::{CampaignId, ChannelId, MessageState, WorkspaceId};

use super::{MessageRecord, shard_key};
use crate::phone::country_of;

/// Who claims which recipient.
#[derive(Debug, Clone)]
pub struct Claim {
    /// The campaign.
    pub campaign_id: CampaignId,
    /// Whose campaign.
    pub workspace_id: WorkspaceId,
    /// The number that sends.
    pub channel_id: ChannelId,
    /// Place in the audience.
    pub index: u64,
    /// The chunk.
    pub chunk: u64,
    /// Digits of the canonical phone.
    pub canonical_phone: String,
    /// 1 for the first try.
    pub attempt: u32,
    /// Which wording; nothing where there is only one.
    pub variant: Option<u32>,
    /// Rounds of the campaign's retry schedule.
    pub rounds: u32,
    /// Names this claim; nobody else's is the same.
    pub claim_id: String,
    /// Milliseconds since 1970.
    pub at: i64,
}

impl From<Claim> for MessageRecord {
    /// The record of a recipient that is claimed for the first time: no fact but the claim.
    fn from(claim: Claim) -> MessageRecord {
        MessageRecord {
            shard: shard_key(&claim.campaign_id, claim.index),
            index: claim.index,
            person: format!("{}#{}", claim.workspace_id, claim.canonical_phone),
            country: country_of(&claim.canonical_phone).map(|country| country.as_str().to_owned()),
            workspace_id: claim.workspace_id,
            channel_id: claim.channel_id,
            chunk: claim.chunk,
            attempt: claim.attempt,
            variant: claim.variant,
            tries: 0,
            round: 0,
            rounds: claim.rounds,
            claim_id: claim.claim_id,
            state: MessageState::Claimed,
            claimed_at: claim.at,
            attempted_at: claim.at,
            waited_for: None,
            wamid: None,
            accepted_at: None,
            held_at: None,
            sent_at: None,
            delivered_at: None,
            read_at: None,
            failed_at: None,
            code: None,
            skipped_at: None,
            reason: None,
            unknown_at: None,
            price: None,
            replied_at: None,
            reply_id: None,
            reply_text: None,
            clicked_at: None,
            link_opens: 0,
            opted_out_at: None,
            retry_shard: None,
            not_before: None,
            changed_at: 0,
            version: 1,
        }
    }
}
