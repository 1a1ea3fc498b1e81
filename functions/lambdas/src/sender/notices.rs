//! The confirmation of a person's wish: one free text, by the channel that was told, within the same permits as every
//! other message.
//!
//! What is to be sent stands with the wish, and one conditional write takes it in hand right before it leaves. So it
//! leaves at most once, however often the webhook and the errand come, and not at all when the person has asked for
//! something else since.
//!
//! A sender that dies with it in hand leaves it there, and the rule is that of every message: nobody knows whether it
//! left, so it is not sent again. Its errand comes back, finds it in hand for longer than a sender lives, and says
//! `unknown`, in the log and on the suppression list. The wish itself holds in any case.

use std::sync::Arc;

use anyhow::Context;
use campaigns::consent::{Extent, WINDOW_MS, confirmation, offers_confirmation};
use campaigns::send_error::{Reaction, reaction};

use super::CLAIM_TIMEOUT_MS;
use super::flight::SLOT_TOLERANCE_MICROS;
use super::number;
use super::permit::{self, Permit, Wish};
use super::signals::Signals;
use crate::App;
use crate::cloud_api::{OutgoingText, SendAnswer};
use crate::config::WhatsAppApp;
use crate::storage::channels::{self, ChannelRecord};
use crate::storage::queues::{self, NoticeErrand};
use crate::storage::settings::{self, Switch};
use crate::storage::suppressions::{self, Changed, Notice, NoticeState, Person};
use crate::storage::table::Written;

/// A confirmation for which the number has no slot comes again after this at least, in seconds.
pub(super) const SHORTEST_WAIT_SECONDS: i64 = 1;

/// One that could not leave, or that WhatsApp refused for now, comes again after this, in seconds.
pub(super) const REFUSED_WAIT_SECONDS: i64 = 30;

/// A blocked number is looked at again after this, in seconds: a person must see to it.
const BLOCKED_WAIT_SECONDS: i64 = 600;

/// Times that a confirmation is taken in hand while others change the person's item.
const MOST_RACES: u32 = 10;

/// Slots taken for one confirmation whose writes came too late for them.
const MOST_SLOTS: u32 = 5;

/// Sends what the errand asks for, if it is still wanted.
pub(super) async fn send(app: &Arc<App>, errand: &NoticeErrand) -> anyhow::Result<()> {
    let Some((person, notice)) = wanted(app, errand).await? else { return Ok(()) };
    let workspace = errand.workspace_id;
    if settings::known(app, workspace).await?.confirm_opt_outs == Switch::Off {
        return Ok(());
    }
    let channel = channels::get(app, workspace, &notice.channel_id).await?.context("the notice's channel is gone")?;
    if channel.heard.lacks_replies(app.clock.now_millis()) {
        // The wish holds without it. It may be let go within the notice's own hours.
        return queues::send_notice(app, errand, BLOCKED_WAIT_SECONDS).await;
    }
    let credentials = channel.credentials(app).await?;
    let credentials = credentials.with_context(|| format!("the app of channel {} is not configured", channel.id))?;
    let signals = Signals::of(number::read(app, &channel).await?);
    let slot = match slot(app, &channel, &signals).await? {
        Slot::At(slot) => slot,
        Slot::Later { seconds } => return queues::send_notice(app, errand, seconds).await,
    };
    if !is_ours(app, errand, person).await? {
        return Ok(());
    }
    let Some(slot) = met(app, &channel, &signals, slot).await? else {
        return give_back(app, errand, SHORTEST_WAIT_SECONDS).await;
    };
    app.clock.sleep_until(slot).await;
    let answer = signals.watch(app, &channel, post(app, &channel, &credentials, &notice)).await?;
    signals.end(app, &channel).await?;
    settle(app, errand, answer).await
}

/// Looks after a notice that is in hand already: by then its sender has ended, or nobody knows what became of it.
async fn look_after(app: &App, errand: &NoticeErrand, notice: &Notice) -> anyhow::Result<()> {
    let in_hand_ms = app.clock.now_millis() - notice.claimed_at.unwrap_or(notice.at);
    if in_hand_ms <= CLAIM_TIMEOUT_MS {
        return queues::send_notice(app, errand, CLAIM_TIMEOUT_MS / 1_000 + 1).await;
    }
    if let Changed::Done(_) = note(app, errand, NoticeState::Unknown).await? {
        tracing::warn!(workspace = %errand.workspace_id, "a sender ended with a confirmation in hand; its outcome is unknown");
    }
    Ok(())
}

/// The notice that the errand is about, while it has not left and may.
async fn wanted(app: &App, errand: &NoticeErrand) -> anyhow::Result<Option<(Person, Notice)>> {
    let Some(person) = suppressions::get(app, errand.workspace_id, &errand.person).await? else { return Ok(None) };
    if let Some(notice) = &person.notice
        && notice.id == errand.id
        && notice.state == NoticeState::Claimed
    {
        look_after(app, errand, notice).await?;
        return Ok(None);
    }
    let notice = person.notice.clone().filter(|notice| notice.id == errand.id && notice.state == NoticeState::Wanted);
    let notice = notice.filter(|notice| app.clock.now_millis() - notice.at < WINDOW_MS);
    Ok(notice.filter(|_| person.erased_at.is_none()).map(|notice| (person, notice)))
}

/// A slot of the number for one message, or when to ask again.
pub(super) enum Slot {
    At(i64),
    Later { seconds: i64 },
}

/// A slot of the number, or when to ask again.
pub(super) async fn slot(app: &App, channel: &ChannelRecord, signals: &Signals) -> anyhow::Result<Slot> {
    let now = app.clock.now_micros();
    let wish = Wish { messages: 1, interval_micros: signals.interval_micros(app, channel), due_micros: now };
    Ok(match permit::take(app, channel, wish, signals.free_at()).await? {
        Permit::Granted(granted) => {
            signals.learn(granted.number);
            Slot::At(granted.slot_micros)
        }
        Permit::NotNow { free_at_micros, .. } => {
            Slot::Later { seconds: ((free_at_micros - now) / 1_000_000).max(SHORTEST_WAIT_SECONDS) }
        }
        Permit::Resting { until_micros } => {
            Slot::Later { seconds: queues::whole_seconds(until_micros - now).max(SHORTEST_WAIT_SECONDS) }
        }
        Permit::Blocked { .. } => Slot::Later { seconds: BLOCKED_WAIT_SECONDS },
    })
}

/// The slot, or another one where the claim took too long for it: sent late, it would crowd into the slots of others.
pub(super) async fn met(
    app: &App,
    channel: &ChannelRecord,
    signals: &Signals,
    first: i64,
) -> anyhow::Result<Option<i64>> {
    let mut at = first;
    for _ in 0..MOST_SLOTS {
        if app.clock.now_micros() <= at + SLOT_TOLERANCE_MICROS {
            return Ok(Some(at));
        }
        match slot(app, channel, signals).await? {
            Slot::At(next) => at = next,
            Slot::Later { .. } => return Ok(None),
        }
    }
    Ok(None)
}

/// Takes the notice in hand, over the version that was read; again when something else of the person changed. False when
/// another errand has it, or the person asked for something else.
async fn is_ours(app: &App, errand: &NoticeErrand, read: Person) -> anyhow::Result<bool> {
    let mut read = read;
    for _ in 0..MOST_RACES {
        let notice = read.notice.clone().map(|notice| Notice {
            state: NoticeState::Claimed,
            claimed_at: Some(app.clock.now_millis()),
            ..notice
        });
        let next = Person { notice, version: read.version + 1, ..read };
        if suppressions::replace(app, errand.workspace_id, &errand.person, &next).await? == Written::Done {
            return Ok(true);
        }
        match wanted(app, errand).await? {
            Some((standing, _)) => read = standing,
            None => return Ok(false),
        }
    }
    anyhow::bail!("the wish of a person kept changing under {MOST_RACES} tries to confirm it")
}

async fn post(
    app: &App,
    channel: &ChannelRecord,
    credentials: &WhatsAppApp,
    notice: &Notice,
) -> anyhow::Result<SendAnswer> {
    let text = OutgoingText {
        phone_number_id: &channel.phone_number_id,
        to: &notice.to,
        body: match notice.extent {
            Extent::All => confirmation(notice.asked, notice.language),
            Extent::Marketing => offers_confirmation(notice.asked, notice.language),
        },
    };
    Ok(app.cloud_api.send_text(credentials, &text).await)
}

/// What the answer means: only what certainly did not leave is tried again.
async fn settle(app: &App, errand: &NoticeErrand, answer: SendAnswer) -> anyhow::Result<()> {
    match answer {
        SendAnswer::Accepted { .. } => note(app, errand, NoticeState::Accepted).await.map(|_| ()),
        SendAnswer::NotSent(cause) => {
            tracing::warn!(cause, "WhatsApp could not be reached; a confirmation waits");
            give_back(app, errand, REFUSED_WAIT_SECONDS).await
        }
        SendAnswer::Indefinite(cause) => {
            tracing::warn!(cause, "nobody knows whether a confirmation was sent; it is not sent again");
            note(app, errand, NoticeState::Unknown).await.map(|_| ())
        }
        SendAnswer::Refused { code, .. } => match reaction(code) {
            Reaction::Retry | Reaction::SlowNumber | Reaction::RestNumber | Reaction::PauseNumber => {
                give_back(app, errand, REFUSED_WAIT_SECONDS).await
            }
            Reaction::Defer | Reaction::Fail | Reaction::Suppress | Reaction::PauseCampaign => {
                tracing::warn!(code, "WhatsApp refused a confirmation");
                note(app, errand, NoticeState::Refused).await.map(|_| ())
            }
        },
    }
}

/// The notice has not left: it is wanted again, later.
async fn give_back(app: &App, errand: &NoticeErrand, seconds: i64) -> anyhow::Result<()> {
    note(app, errand, NoticeState::Wanted).await?;
    queues::send_notice(app, errand, seconds).await
}

/// Notes how far the notice got that is in hand.
async fn note(app: &App, errand: &NoticeErrand, state: NoticeState) -> anyhow::Result<Changed> {
    suppressions::change(app, errand.workspace_id, &errand.person, |standing| {
        let in_hand = |notice: &Notice| notice.id == errand.id && notice.state == NoticeState::Claimed;
        match &standing.notice {
            Some(notice) if in_hand(notice) => {
                Person { notice: Some(Notice { state, ..notice.clone() }), ..standing.clone() }
            }
            Some(_) | None => standing.clone(),
        }
    })
    .await
}
