//! Notices: the people of a workspace are told what they did not do themselves: that a campaign paused or ended, that a
//! number changed, that a webhook was switched off. In the dashboard, and by mail where the deployment has any.
//!
//! That of a campaign's step stands with the step. A mail may come twice; it never names anybody who gets messages.

use std::collections::BTreeSet;

use campaigns::event::of_step;
use sha2::{Digest, Sha256};
use ulid::Ulid;
use wire::{CampaignStatus, MemberId, NoticeId, NoticeKind, Role, WorkspaceId};

use crate::App;
use crate::mail::Letter;
use crate::storage::audit::{AuditLine, ENGINE};
use crate::storage::campaigns::CampaignRecord;
use crate::storage::channels::ChannelRecord;
use crate::storage::hooks::HookRecord;
use crate::storage::members::{self, MemberRecord};
use crate::storage::notices::{self as store, MAIL_SHARD, NoticeRecord};
use crate::storage::queues::{self, MailErrand};
use crate::storage::table::Written;

/// When the dispatcher looks whether a notice was mailed, in milliseconds.
const LOOK_AFTER_MS: i64 = 60_000;

/// The same again, after it gave it to the queue once more: the queue has brought it by then.
const LOOK_AGAIN_MS: i64 = 30 * 60 * 1_000;

/// How long a notice is mailed to those who could not be reached, in milliseconds: a day, with a try each half hour.
const TRIED_FOR_MS: i64 = 24 * 60 * 60 * 1_000;

/// Notices that one tick gives to the queue.
const MOST_IN_A_TICK: i32 = 50;

/// A notice of something that has this name among all of its kind and time.
fn notice(app: &App, workspace_id: WorkspaceId, kind: NoticeKind, at: i64, named: &str, text: String) -> NoticeRecord {
    let hash = Sha256::digest(format!("{kind:?}#{named}").as_bytes());
    let mut bytes = [0u8; 16];
    bytes.copy_from_slice(&hash[..16]);
    let id = Ulid::from_parts(u64::try_from(at).unwrap_or_default(), u128::from_le_bytes(bytes));
    let is_mailed = app.mail.is_on();
    NoticeRecord {
        id: NoticeId(id.to_string()),
        workspace_id,
        kind,
        at,
        text,
        campaign_id: None,
        author: None,
        done_by: None,
        channel_id: None,
        webhook_id: None,
        mailed: BTreeSet::new(),
        due_shard: is_mailed.then(|| MAIL_SHARD.to_owned()),
        due_at: is_mailed.then(|| app.clock.now_millis() + LOOK_AFTER_MS),
        expires_at: store::expires_at(at),
    }
}

/// The notice in a step of a campaign that pauses or ends. `next` has the version that it is written with.
pub(crate) fn of_campaign(
    app: &App,
    from: CampaignStatus,
    next: &CampaignRecord,
    line: &AuditLine,
) -> Option<NoticeRecord> {
    of_step(from, next.status)?;
    let (name, who) = (&next.name, &line.who);
    let reason = line.reason.as_deref().unwrap_or_default();
    let (kind, text) = match next.status {
        CampaignStatus::Paused if who == ENGINE => {
            (NoticeKind::CampaignPaused, format!("\"{name}\" paused by itself. {reason}"))
        }
        CampaignStatus::Paused => (NoticeKind::CampaignPaused, format!("\"{name}\" was paused by {who}. {reason}")),
        CampaignStatus::Completed => (NoticeKind::CampaignCompleted, format!("\"{name}\" is complete. {reason}")),
        CampaignStatus::Failed => (NoticeKind::CampaignFailed, format!("\"{name}\" failed. {reason}")),
        // A draft that is thrown away is no news.
        CampaignStatus::Cancelled if from == CampaignStatus::Draft => return None,
        CampaignStatus::Cancelled => {
            (NoticeKind::CampaignCancelled, format!("\"{name}\" was cancelled by {who}. {reason}"))
        }
        CampaignStatus::Draft | CampaignStatus::Scheduled | CampaignStatus::Processing => return None,
    };
    let named = format!("{}#{}", next.id, next.version);
    let made = notice(app, next.workspace_id, kind, app.clock.now_millis(), &named, text.trim_end().to_owned());
    Some(NoticeRecord {
        campaign_id: Some(next.id.clone()),
        author: next.created_by.clone().or_else(|| next.author.clone()),
        done_by: line.by.clone(),
        ..made
    })
}

/// Notes what WhatsApp said of a number at `at` (milliseconds).
pub(crate) async fn of_channel(app: &App, channel: &ChannelRecord, at: i64, text: &str) -> anyhow::Result<()> {
    let named = format!("{}#{text}", channel.id);
    let text = format!("{}: {text}", channel.name);
    let made = notice(app, channel.workspace_id, NoticeKind::ChannelChanged, at, &named, text);
    create(app, NoticeRecord { channel_id: Some(channel.id.clone()), ..made }).await
}

/// Notes that a webhook was switched off.
pub(crate) async fn of_hook(app: &App, workspace: WorkspaceId, hook: &HookRecord, why: &str) -> anyhow::Result<()> {
    let text = format!("The webhook {} was switched off. {why}", hook.called());
    let now = app.clock.now_millis();
    let made = notice(app, workspace, NoticeKind::WebhookDisabled, now, hook.id.as_str(), text);
    create(app, NoticeRecord { webhook_id: Some(hook.id.clone()), ..made }).await
}

async fn create(app: &App, record: NoticeRecord) -> anyhow::Result<()> {
    match store::create(app, &record).await? {
        Written::Done => send(app, Some(record)).await,
        // Known, and mailed or found by the dispatcher.
        Written::ConditionFailed => {}
    }
    Ok(())
}

/// Gives a notice that stands to the queue, to be mailed. What fails here is only later.
pub(crate) async fn send(app: &App, record: Option<NoticeRecord>) {
    let Some(record) = record.filter(|record| record.due_shard.is_some()) else { return };
    let errand = MailErrand { workspace_id: record.workspace_id, notice_id: record.id };
    if let Err(error) = queues::send_mail(app, &errand).await {
        let workspace = record.workspace_id;
        tracing::error!(%workspace, error = format!("{error:#}"), "a notice is mailed a minute later");
    }
}

/// Gives notices to the queue whose mail was lost on its way.
pub(crate) async fn send_due(app: &App) -> anyhow::Result<()> {
    let now = app.clock.now_millis();
    for (workspace_id, notice_id) in store::due(app, now, MOST_IN_A_TICK).await? {
        let Some(read) = store::get(app, workspace_id, &notice_id).await? else { continue };
        if read.due_shard.is_none() {
            continue;
        }
        queues::send_mail(app, &MailErrand { workspace_id, notice_id: notice_id.clone() }).await?;
        match store::look_again(app, workspace_id, &notice_id, now + LOOK_AGAIN_MS).await? {
            // It was mailed meanwhile.
            Written::Done | Written::ConditionFailed => {}
        }
    }
    Ok(())
}

/// Mails a notice to the owners and to the campaign's author, but to nobody what they did, and notes that it was.
/// Whoever cannot be reached keeps it from nobody else: they alone are tried again, when the dispatcher looks.
pub(crate) async fn mail(app: &App, errand: &MailErrand) -> anyhow::Result<()> {
    let found = store::get(app, errand.workspace_id, &errand.notice_id).await?;
    let Some(mut notice) = found.filter(|notice| notice.due_shard.is_some()) else { return Ok(()) };
    let roll = members::roll(app, errand.workspace_id).await?;
    let mut is_to_all = true;
    for member in to_tell(&notice, &roll.members) {
        let letter = Letter {
            id: notice.id.as_str(),
            to: &member.email,
            subject: subject(notice.kind),
            text: &notice.text,
            at: notice.at,
        };
        let sent = app.mail.send(&letter).await;
        match sent {
            Ok(()) => {
                notice.mailed.insert(member.id.clone());
            }
            Err(error) => {
                is_to_all = false;
                let (workspace, member, error) = (errand.workspace_id, &member.id, format!("{error:#}"));
                tracing::warn!(%workspace, %member, notice = %notice.id, error, "a notice could not be mailed");
            }
        }
    }
    let now = app.clock.now_millis();
    let next = match is_to_all || now - notice.at >= TRIED_FOR_MS {
        true => NoticeRecord { due_shard: None, due_at: None, ..notice },
        false => NoticeRecord { due_at: Some(now + LOOK_AGAIN_MS), ..notice },
    };
    match store::put(app, &next).await? {
        // Another run mailed it too.
        Written::Done | Written::ConditionFailed => Ok(()),
    }
}

/// Whom a notice is mailed to who did not get it yet.
fn to_tell<'a>(notice: &NoticeRecord, members: &'a [MemberRecord]) -> Vec<&'a MemberRecord> {
    let is_told = |member: &&MemberRecord| {
        let is_of = |known: &Option<MemberId>| known.as_ref() == Some(&member.id);
        (member.role == Role::Owner || is_of(&notice.author)) && !is_of(&notice.done_by)
    };
    let is_left = |member: &&MemberRecord| !notice.mailed.contains(&member.id) && !member.email.ends_with(".invalid");
    members.iter().filter(is_told).filter(is_left).collect()
}

fn subject(kind: NoticeKind) -> &'static str {
    match kind {
        NoticeKind::CampaignPaused => "Campanile: a campaign is paused",
        NoticeKind::CampaignCompleted => "Campanile: a campaign is complete",
        NoticeKind::CampaignFailed => "Campanile: a campaign failed",
        NoticeKind::CampaignCancelled => "Campanile: a campaign was cancelled",
        NoticeKind::ChannelChanged => "Campanile: news of a number",
        NoticeKind::WebhookDisabled => "Campanile: a webhook was switched off",
    }
}
