//! What is known of a number beside its permits, in the same item: how fast it may be used, until when it rests, whether
//! it answers, and whether a person must see to it. Every permit reads it; only trouble writes it.
//!
//! *Slow*: half the rate after a refusal for throughput, at most one cut a second, then a hundredth more every second.
//! *Rest*: nothing leaves until a time. *Unknowns*: five in a row and the number rests; then one message probes. *Blocked*:
//! nothing leaves until somebody starts or resumes a campaign.

use anyhow::Context;
use aws_sdk_dynamodb::operation::update_item::builders::UpdateItemFluentBuilder;
use aws_sdk_dynamodb::types::ReturnValue;
use campaigns::job::JobRecipient;
use campaigns::retry::rest_wait;
use campaigns::send_error::{self, Reaction};
use wire::{ChannelId, WaitReason, WorkspaceId};

use super::permit;
use crate::App;
use crate::storage::channels::{ChannelRecord, state_key};
use crate::storage::table::{Item, Written, number, text, written};
use crate::storage::wabas;

/// The whole rate, in per mille.
const WHOLE: i64 = 1_000;

/// The least share of its rate that a throttled number keeps, in per mille: it must notice when it may again.
const LEAST_SHARE: i64 = 50;

/// What a slowed number gains every second, in per mille of its rate.
const RECOVERY_PER_SECOND: i64 = 10;

/// At most one cut in this time: the refusals of one moment have one cause.
const BETWEEN_CUTS_MICROS: i64 = 1_000_000;

/// Unknown outcomes in a row that open the breaker.
pub(super) const MOST_UNKNOWNS: i64 = 5;

/// How long the breaker stays open before one message probes.
pub(super) const OPEN_MICROS: i64 = 30_000_000;

/// Jobs that waited for the end of a rest are there within this time.
const COMES_BACK_MICROS: i64 = 30_000_000;

/// A rest that is asked for within this time after the last one is one more in a row.
const SOON_AGAIN_MICROS: i64 = 600_000_000;

/// A number that gives no answer to anything for `SLOW_ANSWER` rests for this long, or until it answers.
const SUSPECT_MICROS: i64 = 15_000_000;

/// What the item of a number says.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Number {
    /// When it is free for the next permit.
    pub free_at: i64,
    /// Its share of the rate at `slowed_at`, in per mille; nothing when it was never slowed.
    share: Option<i64>,
    slowed_at: i64,
    /// Nothing leaves before.
    pub rest_until: i64,
    /// Rests in a row.
    rests: i64,
    /// Unknown outcomes in a row, as far as they were noted.
    pub unknowns: i64,
    /// The code for which it is blocked.
    blocked_by: Option<u32>,
    /// Until when; nothing: until somebody has seen to it.
    blocked_until: Option<i64>,
}

impl Number {
    /// The number of this item; as new when there is none.
    pub(super) fn of(item: Option<&Item>) -> Number {
        let read = |name: &str| item.and_then(|item| item.get(name)?.as_n().ok()?.parse::<i64>().ok());
        Number {
            free_at: read("freeAt").unwrap_or_default(),
            share: read("share"),
            slowed_at: read("slowedAt").unwrap_or_default(),
            rest_until: read("restUntil").unwrap_or_default(),
            rests: read("rests").unwrap_or_default(),
            unknowns: read("unknowns").unwrap_or_default(),
            blocked_by: read("blockedBy").and_then(|code| u32::try_from(code).ok()),
            blocked_until: read("blockedUntil"),
        }
    }

    /// Its share of the rate now, in per mille.
    fn share_at(&self, now: i64) -> i64 {
        let Some(share) = self.share else { return WHOLE };
        let seconds = (now - self.slowed_at).max(0) / 1_000_000;
        share.saturating_add(seconds.saturating_mul(RECOVERY_PER_SECOND)).clamp(LEAST_SHARE, WHOLE)
    }

    /// The same number without unknown outcomes and without a rest.
    pub(super) fn trusted(self) -> Number {
        Number { unknowns: 0, rest_until: 0, ..self }
    }

    /// Whether it is taken for longer than a permit for these recipients would reach: then nothing else need be asked.
    pub(super) fn is_taken(&self, channel: &ChannelRecord, recipients: &[JobRecipient], now: i64) -> bool {
        let farthest = now.saturating_add(permit::reach_micros(self.interval_micros(channel, now)));
        self.free_at > farthest && recipients.iter().all(|recipient| recipient.due_at_micros <= self.free_at)
    }

    /// Until when it rests, if that is beyond what a permit for these recipients would reach: then nothing else need be
    /// asked.
    pub(super) fn rests(self, channel: &ChannelRecord, recipients: &[JobRecipient], now: i64) -> Option<i64> {
        let farthest = now.saturating_add(permit::reach_micros(self.interval_micros(channel, now)));
        let covers = recipients.iter().all(|recipient| recipient.due_at_micros <= self.rest_until);
        Some(self.rest_until).filter(|until| *until > farthest && covers && self.blocked_at(now).is_none())
    }

    /// When it is worth asking again: as long before it is free as half of what a permit reaches.
    pub(super) fn free_soon(&self, channel: &ChannelRecord, now: i64) -> i64 {
        self.free_at - permit::reach_micros(self.interval_micros(channel, now)) / 2
    }

    /// What a message waits for that it has no slot for.
    pub(super) fn wait_at(&self, now: i64) -> WaitReason {
        let is_held_back = self.share_at(now) < WHOLE || self.rest_until > now || self.unknowns >= MOST_UNKNOWNS;
        if is_held_back { WaitReason::Throttled } else { WaitReason::Rate }
    }

    /// The code for which it is blocked at `now`.
    pub(super) fn blocked_at(&self, now: i64) -> Option<u32> {
        self.blocked_by.filter(|_| self.blocked_until.is_none_or(|until| until > now))
    }

    /// It is blocked, it rests, or its rest is just over and what waited for that comes back. Whatever it answers: where jobs
    /// were lost, nobody would ask it again.
    fn holds_jobs(&self, now: i64) -> bool {
        self.blocked_at(now).is_some() || self.rest_until > now - COMES_BACK_MICROS
    }

    fn why_silent(&self, now: i64) -> Option<String> {
        if let Some(code) = self.blocked_at(now) {
            return Some(format!("the number cannot send: {} ({code})", send_error::title(code)));
        }
        let seconds = self.rest_until.checked_sub(now).filter(|left| *left > 0)? / 1_000_000 + 1;
        Some(match self.unknowns {
            MOST_UNKNOWNS.. => format!("WhatsApp gives no clear answers: one message asks again in {seconds} s"),
            _ => format!("the number rests for another {seconds} s, as WhatsApp asked"),
        })
    }

    /// Microseconds between two messages now.
    pub(super) fn interval_micros(&self, channel: &ChannelRecord, now: i64) -> i64 {
        let whole = i64::try_from(campaigns::plan::slot_micros(channel.messages_per_second)).unwrap_or(i64::MAX);
        whole.saturating_mul(WHOLE) / self.share_at(now)
    }
}

/// The number as it stands.
pub(super) async fn read(app: &App, channel: &ChannelRecord) -> anyhow::Result<Number> {
    read_of(app, channel.workspace_id, &channel.id).await
}

async fn read_of(app: &App, workspace: WorkspaceId, channel: &ChannelId) -> anyhow::Result<Number> {
    let request = app.dynamodb.get_item().table_name(&app.config.control_table);
    let request = request.key("pk", text(state_key(workspace, channel))).key("sk", text("permit"));
    let output = request.consistent_read(true).send().await.context("reading a number's state")?;
    Ok(Number::of(output.item.as_ref()))
}

/// Why a number sends nothing now, for a marketer; nothing when it could.
pub(crate) async fn why_silent(
    app: &App,
    workspace: WorkspaceId,
    channel: &ChannelId,
) -> anyhow::Result<Option<String>> {
    Ok(read_of(app, workspace, channel).await?.why_silent(app.clock.now_micros()))
}

/// Whether all its slots up to now and beyond are taken, or jobs wait until it sends again.
pub(crate) async fn is_taken_now(app: &App, workspace: WorkspaceId, channel: &ChannelId) -> anyhow::Result<bool> {
    let (number, now) = (read_of(app, workspace, channel).await?, app.clock.now_micros());
    Ok(number.free_at > now || number.holds_jobs(now))
}

/// Whether its jobs wait somewhere until it sends again.
pub(crate) async fn holds_jobs(app: &App, workspace: WorkspaceId, channel: &ChannelId) -> anyhow::Result<bool> {
    Ok(read_of(app, workspace, channel).await?.holds_jobs(app.clock.now_micros()))
}

/// Halves the number's rate, unless that was done within the last second.
pub(super) async fn slow(app: &App, channel: &ChannelRecord, known: &Number) -> anyhow::Result<Written> {
    let now = app.clock.now_micros();
    let share = (known.share_at(now) / 2).max(LEAST_SHARE);
    let update = update(app, channel.workspace_id, &channel.id)
        .update_expression("SET #share = :share, slowedAt = :now")
        .condition_expression("attribute_not_exists(slowedAt) OR slowedAt <= :earlier")
        .expression_attribute_names("#share", "share")
        .expression_attribute_values(":share", number(share))
        .expression_attribute_values(":now", number(now))
        .expression_attribute_values(":earlier", number(now - BETWEEN_CUTS_MICROS));
    written(update.send().await, "slowing a number down")
}

/// WhatsApp asked for a rest by this code: a minute, twice as long each time that it asks again soon, or as long as it says.
pub(super) async fn rest_again(
    app: &App,
    channel: &ChannelRecord,
    known: &Number,
    code: u32,
    asked_ms: i64,
) -> anyhow::Result<()> {
    let now = app.clock.now_micros();
    let in_a_row = if now - known.rest_until < SOON_AGAIN_MICROS { known.rests + 1 } else { 1 };
    let wait_ms = rest_wait(code, u32::try_from(in_a_row).unwrap_or(u32::MAX)).max(asked_ms);
    if rest(app, channel, now + wait_ms * 1_000).await? == Written::Done {
        let update = update(app, channel.workspace_id, &channel.id).update_expression("SET rests = :rests");
        update.expression_attribute_values(":rests", number(in_a_row)).send().await.context("counting rests")?;
    }
    Ok(())
}

/// Lets nothing leave before `until`, unless it rests for longer already.
pub(super) async fn rest(app: &App, channel: &ChannelRecord, until: i64) -> anyhow::Result<Written> {
    let update = update(app, channel.workspace_id, &channel.id)
        .update_expression("SET restUntil = :until REMOVE suspect")
        .condition_expression("attribute_not_exists(restUntil) OR restUntil < :until")
        .expression_attribute_values(":until", number(until));
    written(update.send().await, "resting a number")
}

/// Nothing has answered for a while: lets the number rest until something does.
pub(super) async fn suspect(app: &App, channel: &ChannelRecord) -> anyhow::Result<Written> {
    let until = app.clock.now_micros() + SUSPECT_MICROS;
    let update = update(app, channel.workspace_id, &channel.id)
        .update_expression("SET restUntil = :until, suspect = :yes")
        .condition_expression("attribute_not_exists(restUntil) OR restUntil < :until")
        .expression_attribute_values(":yes", number(1))
        .expression_attribute_values(":until", number(until));
    written(update.send().await, "suspecting a number")
}

/// Something answered: what was suspected goes on.
pub(super) async fn clear_suspicion(app: &App, channel: &ChannelRecord) -> anyhow::Result<Written> {
    let update = update(app, channel.workspace_id, &channel.id)
        .update_expression("REMOVE restUntil, suspect")
        .condition_expression("attribute_exists(suspect)");
    written(update.send().await, "clearing a number")
}

/// Notes `more` unknown outcomes in a row; from `MOST_UNKNOWNS` on the number rests, and then one message probes.
pub(super) async fn note_unknowns(app: &App, channel: &ChannelRecord, more: i64) -> anyhow::Result<()> {
    let update = update(app, channel.workspace_id, &channel.id)
        .update_expression("ADD unknowns :more")
        .expression_attribute_values(":more", number(more));
    let output = update.send().await.context("noting unknown outcomes of a number")?;
    if Number::of(output.attributes.as_ref()).unknowns >= MOST_UNKNOWNS {
        let channel_id = &channel.id;
        tracing::warn!(channel = %channel_id, "the number gives no clear answers: it rests, then one message probes");
        rest(app, channel, app.clock.now_micros() + OPEN_MICROS).await?;
    }
    Ok(())
}

/// A clear answer came: unknown outcomes are no longer in a row, and a probe has succeeded.
pub(super) async fn trust(app: &App, channel: &ChannelRecord) -> anyhow::Result<Written> {
    let update = update(app, channel.workspace_id, &channel.id)
        .update_expression("REMOVE unknowns, restUntil, suspect")
        .condition_expression("unknowns > :none")
        .expression_attribute_values(":none", number(0));
    written(update.send().await, "trusting a number again")
}

/// WhatsApp told by webhook that the number is to rest, or to slow down, for this code.
pub(crate) async fn rest_by_event(app: &App, channel: &ChannelRecord, code: u32) -> anyhow::Result<()> {
    let known = read(app, channel).await?;
    match send_error::reaction(code) {
        Reaction::SlowNumber => slow(app, channel, &known).await.map(|_| ()),
        Reaction::RestNumber => rest_again(app, channel, &known, code, 0).await,
        Reaction::Retry
        | Reaction::Defer
        | Reaction::Fail
        | Reaction::Suppress
        | Reaction::PauseCampaign
        | Reaction::PauseNumber => Ok(()),
    }
}

/// Lets nothing leave until somebody has seen to it: from this number, or from all of its account where the code is the
/// account's.
pub(crate) async fn block(app: &App, channel: &ChannelRecord, code: u32) -> anyhow::Result<()> {
    block_all(app, channel, code, i64::MAX).await
}

/// The same because WhatsApp failed a message afterwards that was attempted at `attempted_at` (milliseconds). A message
/// from before somebody saw to a number says nothing new of it.
pub(crate) async fn block_by_failure(
    app: &App,
    channel: &ChannelRecord,
    code: u32,
    attempted_at: i64,
) -> anyhow::Result<()> {
    block_all(app, channel, code, attempted_at).await
}

async fn block_all(app: &App, channel: &ChannelRecord, code: u32, known_at: i64) -> anyhow::Result<()> {
    block_one(app, channel, code, known_at).await?;
    if !send_error::is_of_account(code) {
        return Ok(());
    }
    for other in wabas::channels_of(app, &channel.app_id, &channel.waba_id).await? {
        if other.id != channel.id || other.workspace_id != channel.workspace_id {
            block_one(app, &other, code, known_at).await?;
        }
    }
    Ok(())
}

async fn block_one(app: &App, channel: &ChannelRecord, code: u32, known_at: i64) -> anyhow::Result<Written> {
    let update = update(app, channel.workspace_id, &channel.id)
        .update_expression("SET blockedBy = :code REMOVE blockedUntil")
        .condition_expression("attribute_not_exists(unblockedAt) OR unblockedAt < :at")
        .expression_attribute_values(":code", number(code))
        .expression_attribute_values(":at", number(known_at));
    written(update.send().await, "blocking a number")
}

/// The same because of what WhatsApp said of the account at `at`, until then if it says so (both in seconds since 1970).
/// What it said before, or says again after somebody has seen to it, changes nothing.
pub(crate) async fn block_by_event(
    app: &App,
    channel: &ChannelRecord,
    code: u32,
    at: i64,
    until: Option<i64>,
) -> anyhow::Result<Written> {
    let update = update(app, channel.workspace_id, &channel.id)
        .update_expression(match until {
            Some(_) => "SET blockedBy = :code, blockedAt = :at, blockedUntil = :until",
            None => "SET blockedBy = :code, blockedAt = :at REMOVE blockedUntil",
        })
        .condition_expression("attribute_not_exists(blockedAt) OR blockedAt < :at")
        .expression_attribute_values(":code", number(code))
        .expression_attribute_values(":at", number(at));
    let update = match until {
        Some(until) => update.expression_attribute_values(":until", number(until.saturating_mul(1_000_000))),
        None => update,
    };
    written(update.send().await, "blocking a number by an event")
}

/// Why a number is blocked, for a marketer; nothing when it is not.
pub(crate) async fn why_blocked(
    app: &App,
    workspace: WorkspaceId,
    channel: &ChannelId,
) -> anyhow::Result<Option<String>> {
    Ok(read_of(app, workspace, channel).await?.blocked_at(app.clock.now_micros()).map(send_error::title))
}

/// Somebody has seen to it, or wants to try: the number may be used again. What WhatsApp says of messages from before is no
/// news then. A number that is not blocked rests on, where it does.
pub(crate) async fn unblock(app: &App, workspace: WorkspaceId, channel: &ChannelId) -> anyhow::Result<Written> {
    let update = update(app, workspace, channel)
        .update_expression("SET unblockedAt = :now REMOVE blockedBy, blockedUntil, unknowns, restUntil, suspect")
        .condition_expression("attribute_exists(blockedBy)")
        .expression_attribute_values(":now", number(app.clock.now_millis()));
    written(update.send().await, "unblocking a number")
}

fn update(app: &App, workspace: WorkspaceId, channel: &ChannelId) -> UpdateItemFluentBuilder {
    app.dynamodb
        .update_item()
        .table_name(&app.config.control_table)
        .key("pk", text(state_key(workspace, channel)))
        .key("sk", text("permit"))
        .return_values(ReturnValue::UpdatedNew)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn slowed(share: i64) -> Number {
        Number { share: Some(share), slowed_at: 0, ..Number::default() }
    }

    #[test]
    fn a_number_that_was_never_slowed_has_its_whole_rate() {
        assert_eq!(Number::default().share_at(5), WHOLE);
        assert_eq!(Number::of(None), Number::default());
    }

    #[test]
    fn a_block_with_an_end_is_over_then() {
        let blocked = |until| Number { blocked_by: Some(368), blocked_until: until, ..Number::default() };
        assert_eq!((blocked(None).blocked_at(i64::MAX), blocked(Some(9)).blocked_at(8)), (Some(368), Some(368)));
        assert_eq!((blocked(Some(9)).blocked_at(9), Number::default().blocked_at(0)), (None, None));
        assert_eq!(blocked(Some(9)).why_silent(9), None);
    }

    #[test]
    fn a_slowed_number_gains_a_hundredth_a_second_up_to_the_whole() {
        assert_eq!(slowed(500).share_at(999_999), 500);
        assert_eq!(slowed(500).share_at(10_000_000), 600);
        assert_eq!(slowed(500).share_at(50_000_000), WHOLE);
        assert_eq!(slowed(500).share_at(i64::MAX), WHOLE);
        assert_eq!(slowed(0).share_at(0), LEAST_SHARE);
    }
}
