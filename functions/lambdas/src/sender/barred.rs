//! Who gets nothing whatever was queued for him: asked right before the permits, so that an opt-out, an erasure or a
//! message of another campaign bites although the job was cut before.
//!
//! One batch read tells of opt-outs and erasures, one of what the book says that people agreed to: whoever said no gets
//! nothing, whatever anybody answers for, and where consent is required neither does who said nothing. The frequency cap
//! costs a read per person, and nothing where the workspace has not set it.

use std::collections::BTreeSet;

use campaigns::consent::{DECLINED, ERASED, Extent, NO_CONSENT, SUPPRESSED, capped, country_closed};
use campaigns::content::WINDOW_CLOSED;
use campaigns::job::{Job, JobContent, JobRecipient, RecipientContent};
use campaigns::message::shard_key;
use campaigns::phone::{self, country_code_of};
use wire::CampaignId;

use crate::App;
use crate::storage::campaigns::CampaignRecord;
use crate::storage::consents;
use crate::storage::people::{self, Place};
use crate::storage::settings::{self, Switch};
use crate::storage::suppressions::{self, Barred};
use crate::storage::windows;

/// Marks the recipients who get nothing, each with the reason.
pub(super) async fn mark(app: &App, campaign: &CampaignRecord, job: &mut Job) -> anyhow::Result<()> {
    let from = if campaign.is_marketing() { Extent::Marketing } else { Extent::All };
    let (workspace, channel) = (job.workspace_id, Some(&job.channel_id));
    let barred = suppressions::barred_from(app, workspace, channel, from, &phones(job)).await?;
    skip(job, |phone| {
        Some(match barred.get(phone)? {
            Barred::Suppressed => SUPPRESSED.to_owned(),
            Barred::Erased => ERASED.to_owned(),
        })
    });
    let closed = &campaign.upkeep.closed_countries;
    if !closed.is_empty() {
        skip(job, |phone| Some(country_code_of(phone)).filter(|of| closed.contains(*of)).map(country_closed));
    }
    let free = phones_of(job, |content| matches!(content, JobContent::Free(_)));
    if !free.is_empty() {
        let open = windows::open(app, job.workspace_id, &job.channel_id, &free).await?;
        fall_back(job, |phone| free.contains(phone) && !open.contains(phone));
    }
    let settings = settings::known(app, job.workspace_id).await?;
    if let Some(category) = campaign.consent_category() {
        let standings = consents::standings(app, workspace, category, &phones(job)).await?;
        skip(job, |phone| standings.declined(phone).then(|| DECLINED.to_owned()));
        let is_required = settings.require_consent == Switch::On && campaign.is_marketing();
        if is_required && campaign.attestation.is_none() {
            skip(job, |phone| (!standings.agreed(phone)).then(|| NO_CONSENT.to_owned()));
        }
    }
    if let Some(cap) = settings.frequency_cap {
        let people = sends(job).map(|recipient| (canonical(recipient), own(&job.campaign_id, recipient)));
        let enough = people::capped(app, job.workspace_id, cap, people.collect()).await?;
        skip(job, |phone| enough.contains(phone).then(|| capped(cap.messages, cap.days)));
    }
    Ok(())
}

fn canonical(recipient: &JobRecipient) -> String {
    phone::canonical_digits(&recipient.phone)
}

fn sends(job: &Job) -> impl Iterator<Item = &JobRecipient> {
    job.recipients.iter().filter(|recipient| matches!(recipient.content, RecipientContent::Send(_)))
}

/// The people of the job who would get a message.
fn phones(job: &Job) -> BTreeSet<String> {
    sends(job).map(canonical).collect()
}

/// The people of the job who would get such a message.
fn phones_of(job: &Job, is_such: fn(&JobContent) -> bool) -> BTreeSet<String> {
    sends(job).filter(|recipient| is_such(job.content_of(recipient))).map(canonical).collect()
}

/// The item of an attempt that waits: it is this very message.
fn own(campaign: &CampaignId, recipient: &JobRecipient) -> Option<Place> {
    recipient.waits.then(|| Place { shard: shard_key(campaign, recipient.index), index: recipient.index })
}

/// Who may get no free words gets what stands in for them, or nothing.
fn fall_back(job: &mut Job, is_closed: impl Fn(&str) -> bool) {
    for recipient in &mut job.recipients {
        let RecipientContent::Send(parameters) = &recipient.content else { continue };
        if is_closed(&canonical(recipient)) {
            let fallback = parameters.fallback.clone();
            recipient.falls_back = fallback.is_some();
            recipient.content = match fallback {
                Some(fallback) => RecipientContent::Send(*fallback),
                None => RecipientContent::Skip(WINDOW_CLOSED.to_owned()),
            };
        }
    }
}

/// Skips those for whom there is a reason; one that stands already stays.
fn skip(job: &mut Job, reason: impl Fn(&str) -> Option<String>) {
    for recipient in &mut job.recipients {
        let RecipientContent::Send(_) = recipient.content else { continue };
        if let Some(reason) = reason(&canonical(recipient)) {
            recipient.content = RecipientContent::Skip(reason);
        }
    }
}
