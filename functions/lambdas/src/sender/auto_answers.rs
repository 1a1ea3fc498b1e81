//! The automatic answer to somebody who answered a campaign: one free text, by the number that was written to, within the
//! same permits as every other message, at most once per person and campaign.
//!
//! It is taken in hand by one conditional write right before it leaves, after a last look at the suppression list. As with
//! confirmations (`notices`), one whose sender died is not sent again: nobody knows whether it left.

use anyhow::Context;
use campaigns::consent::{Extent, WINDOW_MS};
use campaigns::send_error::{Reaction, reaction};
use wire::CampaignId;

use super::CLAIM_TIMEOUT_MS;
use super::notices::{REFUSED_WAIT_SECONDS, SHORTEST_WAIT_SECONDS, Slot, met, slot};
use super::number;
use super::signals::Signals;
use crate::App;
use crate::cloud_api::{OutgoingText, SendAnswer};
use crate::storage::auto_answers::{self, AnswerRecord};
use crate::storage::queues::{self, AnswerErrand};
use crate::storage::suppressions::{self, NoticeState};
use crate::storage::table::Written;
use crate::storage::{campaigns as campaign_store, channels};

/// Sends what the errand asks for, if it is still wanted.
pub(super) async fn send(app: &App, errand: &AnswerErrand) -> anyhow::Result<()> {
    let Some(wanted) = wanted(app, errand).await? else { return Ok(()) };
    let Some(text) = text(app, errand).await? else { return Ok(()) };
    let channel = channels::get(app, errand.workspace_id, &errand.channel_id).await?;
    let channel = channel.context("the channel of an automatic answer is gone")?;
    if channel.heard.lacks_replies(app.clock.now_millis()) {
        tracing::warn!(campaign = %errand.campaign_id, "WhatsApp lets the account answer nobody; an automatic answer is left out");
        return put(app, errand, &wanted.moved(NoticeState::Refused, None)).await.map(|_| ());
    }
    let credentials = channel.credentials(app).await?;
    let credentials = credentials.with_context(|| format!("the app of channel {} is not configured", channel.id))?;
    let signals = Signals::of(number::read(app, &channel).await?);
    let slot = match slot(app, &channel, &signals).await? {
        Slot::At(slot) => slot,
        Slot::Later { seconds } => return queues::send_answer(app, errand, seconds).await,
    };
    let claimed = wanted.moved(NoticeState::Claimed, Some(app.clock.now_millis()));
    if is_barred(app, errand).await? {
        return put(app, errand, &wanted.moved(NoticeState::Refused, None)).await.map(|_| ());
    }
    if put(app, errand, &claimed).await? == Written::ConditionFailed {
        return Ok(());
    }
    let Some(slot) = met(app, &channel, &signals, slot).await? else {
        return give_back(app, errand, &claimed, SHORTEST_WAIT_SECONDS).await;
    };
    app.clock.sleep_until(slot).await;
    let message = OutgoingText { phone_number_id: &channel.phone_number_id, to: &errand.to, body: &text };
    let post = async { Ok(app.cloud_api.send_text(&credentials, &message).await) };
    let answer = signals.watch(app, &channel, post).await?;
    signals.end(app, &channel).await?;
    settle(app, errand, &claimed, answer).await
}

/// The answer while it has not left and may.
async fn wanted(app: &App, errand: &AnswerErrand) -> anyhow::Result<Option<AnswerRecord>> {
    let found = auto_answers::get(app, errand.workspace_id, &errand.person, &errand.campaign_id).await?;
    let Some(found) = found.filter(|found| found.reply_id == errand.reply_id) else { return Ok(None) };
    let now = app.clock.now_millis();
    match found.state {
        NoticeState::Wanted => Ok(Some(found).filter(|found| now - found.at < WINDOW_MS)),
        NoticeState::Claimed => look_after(app, errand, &found, now).await.map(|()| None),
        NoticeState::Unknown | NoticeState::Accepted | NoticeState::Refused => Ok(None),
    }
}

/// Looks after an answer that is in hand already: by then its sender has ended, or nobody knows what became of it.
async fn look_after(app: &App, errand: &AnswerErrand, found: &AnswerRecord, now: i64) -> anyhow::Result<()> {
    if now - found.claimed_at.unwrap_or(found.at) <= CLAIM_TIMEOUT_MS {
        return queues::send_answer(app, errand, CLAIM_TIMEOUT_MS / 1_000 + 1).await;
    }
    if put(app, errand, &found.moved(NoticeState::Unknown, found.claimed_at)).await? == Written::Done {
        tracing::warn!(campaign = %errand.campaign_id, "a sender ended with an automatic answer in hand; its outcome is unknown");
    }
    Ok(())
}

/// What the campaign answers now.
async fn text(app: &App, errand: &AnswerErrand) -> anyhow::Result<Option<String>> {
    let campaign = campaign_store::get(app, errand.workspace_id, &errand.campaign_id).await?;
    let campaign = campaign.filter(|campaign| campaign.deleted_at.is_none());
    Ok(campaign.and_then(|campaign| campaign.replies?.answer))
}

async fn is_barred(app: &App, errand: &AnswerErrand) -> anyhow::Result<bool> {
    let person = suppressions::get(app, errand.workspace_id, &errand.person).await?;
    Ok(person.is_some_and(|person| person.barred(Some(&errand.channel_id), Extent::All).is_some()))
}

/// What WhatsApp's answer means: only what certainly did not leave is tried again.
async fn settle(app: &App, errand: &AnswerErrand, claimed: &AnswerRecord, answer: SendAnswer) -> anyhow::Result<()> {
    let campaign: &CampaignId = &errand.campaign_id;
    let state = match answer {
        SendAnswer::Accepted { .. } => NoticeState::Accepted,
        SendAnswer::NotSent(cause) => {
            tracing::warn!(%campaign, cause, "WhatsApp could not be reached; an automatic answer waits");
            return give_back(app, errand, claimed, REFUSED_WAIT_SECONDS).await;
        }
        SendAnswer::Indefinite(cause) => {
            tracing::warn!(%campaign, cause, "nobody knows whether an automatic answer was sent; it is not sent again");
            NoticeState::Unknown
        }
        SendAnswer::Refused { code, .. } => match reaction(code) {
            Reaction::Retry | Reaction::SlowNumber | Reaction::RestNumber | Reaction::PauseNumber => {
                return give_back(app, errand, claimed, REFUSED_WAIT_SECONDS).await;
            }
            Reaction::Defer | Reaction::Fail | Reaction::Suppress | Reaction::PauseCampaign => {
                tracing::warn!(%campaign, code, "WhatsApp refused an automatic answer");
                NoticeState::Refused
            }
        },
    };
    put(app, errand, &claimed.moved(state, claimed.claimed_at)).await.map(|_| ())
}

/// The answer has not left: it is wanted again, later.
async fn give_back(app: &App, errand: &AnswerErrand, claimed: &AnswerRecord, seconds: i64) -> anyhow::Result<()> {
    put(app, errand, &claimed.moved(NoticeState::Wanted, None)).await?;
    queues::send_answer(app, errand, seconds).await
}

async fn put(app: &App, errand: &AnswerErrand, next: &AnswerRecord) -> anyhow::Result<Written> {
    auto_answers::put(app, errand.workspace_id, &errand.person, &errand.campaign_id, next).await
}
