//! What a campaign has asked for when somebody answers it: a label, an automatic answer, somebody else who is told. Each
//! may come twice and is done once.

use std::collections::BTreeSet;

use campaigns::consent::{Extent, WINDOW_MS};
use campaigns::contact::{Relabelled, relabelled};
use campaigns::message::{MessageRecord, campaign_of};
use wire::{CampaignId, ReplyRules};

use super::replies::Reply;
use crate::App;
use crate::hooks::{self, Happening};
use crate::storage::auto_answers::{self, AnswerRecord};
use crate::storage::channels::ChannelRecord;
use crate::storage::queues::{self, AnswerErrand};
use crate::storage::suppressions::{self, NoticeState};
use crate::storage::table::Written;
use crate::storage::{campaigns as campaign_store, contacts, person_keys};

/// Follows the rules of the campaign whose message was answered by the person with this canonical phone. `happening` is
/// what webhooks are told of the reply.
pub(super) async fn follow(
    app: &App,
    channel: &ChannelRecord,
    phone: &str,
    reply: &Reply,
    message: &MessageRecord,
    happening: Option<&Happening>,
) -> anyhow::Result<()> {
    let Some(campaign) = campaign_of(&message.shard) else { return Ok(()) };
    let Some(record) = campaign_store::get(app, message.workspace_id, &campaign).await? else { return Ok(()) };
    let Some(rules) = record.replies.filter(|_| record.deleted_at.is_none()) else { return Ok(()) };
    if let Some(label) = &rules.label {
        put_label(app, channel, phone, label).await?;
    }
    if let (Some(hook), Some(happening)) = (&rules.webhook_id, happening) {
        hooks::tell_one(app, channel.workspace_id, hook, happening).await?;
    }
    answer(app, channel, phone, reply, &campaign, &rules).await
}

/// Puts the label on the contact, if the book has the person and room on him.
async fn put_label(app: &App, channel: &ChannelRecord, phone: &str, label: &str) -> anyhow::Result<()> {
    let add = BTreeSet::from([label.to_owned()]);
    let labelled = |standing: &wire::Contact| match relabelled(standing, &add, &BTreeSet::new()) {
        Relabelled::Changed(next) => Ok::<wire::Contact, ()>(*next),
        Relabelled::Same | Relabelled::Full => Ok(standing.clone()),
    };
    contacts::change(app, channel.workspace_id, phone, labelled).await.map(|_| ())
}

/// Asks a sender for the automatic answer, once per person and campaign; whoever wants no messages gets none, and whoever
/// says whether he does is answered by a confirmation.
async fn answer(
    app: &App,
    channel: &ChannelRecord,
    phone: &str,
    reply: &Reply,
    campaign: &CampaignId,
    rules: &ReplyRules,
) -> anyhow::Result<()> {
    let is_late = app.clock.now_millis() - reply.at >= WINDOW_MS;
    if rules.answer.is_none() || reply.asked.is_some() || is_late || reply.id.is_empty() {
        return Ok(());
    }
    let workspace_id = channel.workspace_id;
    let person = person_keys::of(app, workspace_id).await?.of_phone(phone)?;
    let standing = suppressions::get(app, workspace_id, &person).await?;
    if standing.is_some_and(|standing| standing.barred(Some(&channel.id), Extent::All).is_some()) {
        return Ok(());
    }
    let wanted = AnswerRecord::wanted(&reply.id, reply.at);
    let is_ours = match auto_answers::put(app, workspace_id, &person, campaign, &wanted).await? {
        Written::Done => true,
        // This webhook again, which may have died before the errand.
        Written::ConditionFailed => auto_answers::get(app, workspace_id, &person, campaign)
            .await?
            .is_some_and(|found| found.reply_id == reply.id && found.state == NoticeState::Wanted),
    };
    if !is_ours {
        return Ok(());
    }
    let to = format!("+{}", if reply.phone.is_empty() { phone } else { reply.phone.trim_start_matches('+') });
    let errand = AnswerErrand {
        workspace_id,
        campaign_id: campaign.clone(),
        channel_id: channel.id.clone(),
        person,
        reply_id: reply.id.clone(),
        to,
    };
    queues::send_answer(app, &errand, 0).await
}
