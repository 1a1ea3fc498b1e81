//! The permit: a number's throughput, shared by all campaigns and all senders, as one item and one conditional write.
//!
//! GCRA (the generic cell rate algorithm) with reservation: the item holds the time at which the number is free again;
//! a permit for n messages moves it by n intervals and owns the slots in between.

use aws_sdk_dynamodb::operation::update_item::builders::UpdateItemFluentBuilder;
use aws_sdk_dynamodb::types::{ReturnValue, ReturnValuesOnConditionCheckFailure};
use campaigns::job::JobRecipient;
use wire::WaitReason;

use super::number::{self, MOST_UNKNOWNS, Number, OPEN_MICROS};
use crate::App;
use crate::storage::channels::{ChannelRecord, state_key};
use crate::storage::table::{self, text};

/// A permit is granted only if its first slot is at most this far away, or this many intervals of a slow number: the
/// campaign's state is read again before the slot, so a pause finds nothing of it in flight.
const FARTHEST_SLOT_MICROS: i64 = 2_000_000;
const FARTHEST_SLOT_INTERVALS: i64 = 4;

/// A permit reaches over at most this much time: the slots of a sender that falls behind are lost to the number.
const LONGEST_PERMIT_MICROS: i64 = 250_000;

/// Tries of one permit: between reading that a number is free and taking it, others take it.
const MOST_RACES: u32 = 8;

/// What asking for a permit came to.
pub(super) enum Permit {
    /// The slots are ours.
    Granted(Granted),
    /// The number is taken for longer than a permit reaches.
    NotNow {
        /// When it is free, in microseconds since 1970.
        free_at_micros: i64,
        /// What it waits for.
        wait: WaitReason,
    },
    /// Nothing leaves the number before a time.
    Resting {
        /// In microseconds since 1970.
        until_micros: i64,
    },
    /// The number cannot send until a person has seen to it.
    Blocked {
        /// Meta's code.
        code: u32,
    },
}

/// Slots of a number, one interval apart.
#[derive(Debug, Clone, Copy)]
pub(super) struct Granted {
    /// The first, in microseconds since 1970.
    pub slot_micros: i64,
    /// Microseconds between two.
    pub interval_micros: i64,
    /// How many: fewer than asked for when the number was slowed meanwhile.
    pub messages: usize,
    /// The number as the permit found it.
    pub number: Number,
}

/// What is asked of a number.
#[derive(Debug, Clone, Copy)]
pub(super) struct Wish {
    /// Messages.
    pub messages: usize,
    /// Microseconds between two, as far as the caller knows.
    pub interval_micros: i64,
    /// When the first may leave, in microseconds since 1970.
    pub due_micros: i64,
}

/// Waits for a slot of one message outside any campaign; false when the number has none soon.
pub(crate) async fn slot_for_one(app: &App, channel: &ChannelRecord) -> anyhow::Result<bool> {
    let known = number::read(app, channel).await?;
    let now = app.clock.now_micros();
    let interval_micros = known.interval_micros(channel, now);
    match take(app, channel, Wish { messages: 1, interval_micros, due_micros: now }, known.free_at).await? {
        Permit::Granted(granted) => {
            app.clock.sleep_until(granted.slot_micros).await;
            Ok(true)
        }
        Permit::NotNow { .. } | Permit::Resting { .. } | Permit::Blocked { .. } => Ok(false),
    }
}

/// How many of the recipients can use slots that lie one interval apart: those whose due times do not
/// fall behind them, within the reach of one permit.
pub(super) fn contiguous(recipients: &[JobRecipient], interval: i64) -> usize {
    let Some(first) = recipients.first() else { return 0 };
    let mut slot = first.due_at_micros;
    let mut count = 0;
    for recipient in recipients {
        let falls_behind = recipient.due_at_micros > slot + super::flight::SLOT_TOLERANCE_MICROS / 2;
        let is_full = count > 0 && slot + interval - first.due_at_micros > LONGEST_PERMIT_MICROS;
        if falls_behind || is_full {
            break;
        }
        count += 1;
        slot += interval;
    }
    count
}

/// How far away the first slot of a permit may be.
pub(super) fn reach_micros(interval: i64) -> i64 {
    FARTHEST_SLOT_MICROS.max(interval.saturating_mul(FARTHEST_SLOT_INTERVALS))
}

/// Takes a permit for messages of a number, which is known to be free at `free_at` (microseconds; it may be long ago).
pub(super) async fn take(app: &App, channel: &ChannelRecord, wish: Wish, free_at: i64) -> anyhow::Result<Permit> {
    let Wish { interval_micros: interval, messages, due_micros } = wish;
    let reach = reach_micros(interval);
    let needed = interval.saturating_mul(i64::try_from(messages).unwrap_or(i64::MAX));
    let mut free_at = free_at;
    for _ in 0..MOST_RACES {
        let now = app.clock.now_micros();
        let span = Span { needed, earliest: due_micros.max(now + app.load.lead_micros()), farthest: now + reach };
        let asked = if free_at <= span.earliest {
            start(app, channel, span, now).await?
        } else {
            add(app, channel, span, now).await?
        };
        let number = match asked {
            Asked::Granted(number) => return Ok(granted(channel, wish, now, number)),
            Asked::Refused(number) => number,
        };
        free_at = number.free_at;
        if let Some(code) = number.blocked_at(now) {
            return Ok(Permit::Blocked { code });
        }
        if number.rest_until > now {
            return Ok(Permit::Resting { until_micros: number.rest_until });
        }
        if number.unknowns >= MOST_UNKNOWNS {
            return probe(app, channel, wish, now).await;
        }
        if number.free_at > span.farthest {
            return Ok(Permit::NotNow { free_at_micros: number.free_at - reach / 2, wait: number.wait_at(now) });
        }
    }
    Ok(Permit::NotNow { free_at_micros: app.clock.now_micros() + 1_000_000, wait: WaitReason::Rate })
}

/// The time that a permit takes and how far ahead it may begin.
#[derive(Clone, Copy)]
struct Span {
    needed: i64,
    /// When the first slot may be.
    earliest: i64,
    /// When it must be.
    farthest: i64,
}

enum Asked {
    Granted(Number),
    Refused(Number),
}

/// The time that was granted: where the number's interval is longer than the caller knew, for fewer messages.
fn granted(channel: &ChannelRecord, wish: Wish, now: i64, number: Number) -> Permit {
    let messages = wish.messages.max(1);
    let needed = wish.interval_micros.saturating_mul(i64::try_from(messages).unwrap_or(i64::MAX));
    let interval_micros = number.interval_micros(channel, now).max(wish.interval_micros);
    let fit = usize::try_from(needed / interval_micros.max(1)).unwrap_or(messages);
    let slot_micros = number.free_at - needed;
    Permit::Granted(Granted { slot_micros, interval_micros, messages: fit.clamp(1, messages), number })
}

const USABLE: &str = "(attribute_not_exists(restUntil) OR restUntil <= :now) \
                      AND (attribute_not_exists(blockedBy) OR blockedUntil <= :now) \
                      AND (attribute_not_exists(unknowns) OR unknowns < :most)";

/// The number is busy: the slots follow those that were granted before.
async fn add(app: &App, channel: &ChannelRecord, span: Span, now: i64) -> anyhow::Result<Asked> {
    let update = update(app, channel)
        .update_expression("SET freeAt = freeAt + :needed")
        .condition_expression(format!("freeAt BETWEEN :earliest AND :farthest AND {USABLE}"))
        .expression_attribute_values(":needed", table::number(span.needed))
        .expression_attribute_values(":earliest", table::number(span.earliest))
        .expression_attribute_values(":now", table::number(now))
        .expression_attribute_values(":most", table::number(MOST_UNKNOWNS))
        .expression_attribute_values(":farthest", table::number(span.farthest));
    finish(update.send().await)
}

/// The number is idle: the slots begin as early as they may.
async fn start(app: &App, channel: &ChannelRecord, span: Span, now: i64) -> anyhow::Result<Asked> {
    let update = update(app, channel)
        .update_expression("SET freeAt = :free")
        .condition_expression(format!("(attribute_not_exists(freeAt) OR freeAt <= :earliest) AND {USABLE}"))
        .expression_attribute_values(":free", table::number(span.earliest + span.needed))
        .expression_attribute_values(":earliest", table::number(span.earliest))
        .expression_attribute_values(":most", table::number(MOST_UNKNOWNS))
        .expression_attribute_values(":now", table::number(now));
    finish(update.send().await)
}

/// After a rest for unknown outcomes: one message, and the number rests on until it is answered.
async fn probe(app: &App, channel: &ChannelRecord, wish: Wish, now: i64) -> anyhow::Result<Permit> {
    let wish = Wish { messages: 1, ..wish };
    let earliest = now + app.load.lead_micros();
    let update = update(app, channel)
        .update_expression("SET freeAt = :free, restUntil = :rest")
        .condition_expression(
            "freeAt <= :earliest AND unknowns >= :most AND (attribute_not_exists(blockedBy) OR blockedUntil <= :now) \
             AND (attribute_not_exists(restUntil) OR restUntil <= :now)",
        )
        .expression_attribute_values(":free", table::number(earliest + wish.interval_micros))
        .expression_attribute_values(":earliest", table::number(earliest))
        .expression_attribute_values(":rest", table::number(now + OPEN_MICROS))
        .expression_attribute_values(":most", table::number(MOST_UNKNOWNS))
        .expression_attribute_values(":now", table::number(now));
    Ok(match finish(update.send().await)? {
        Asked::Granted(number) => granted(channel, wish, now, number),
        Asked::Refused(number) => {
            let free_at = number.rest_until.max(number.free_at);
            Permit::Resting { until_micros: free_at.max(now + 1_000_000) }
        }
    })
}

/// A write to the number's permit that answers with its time, whether it is done or refused.
fn update(app: &App, channel: &ChannelRecord) -> UpdateItemFluentBuilder {
    app.dynamodb
        .update_item()
        .table_name(&app.config.control_table)
        .key("pk", text(state_key(channel.workspace_id, &channel.id)))
        .key("sk", text("permit"))
        .return_values(ReturnValue::AllNew)
        .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld)
}

type UpdateResult = Result<
    aws_sdk_dynamodb::operation::update_item::UpdateItemOutput,
    aws_sdk_dynamodb::error::SdkError<aws_sdk_dynamodb::operation::update_item::UpdateItemError>,
>;

fn finish(result: UpdateResult) -> anyhow::Result<Asked> {
    match result {
        Ok(output) => Ok(Asked::Granted(Number::of(output.attributes.as_ref()))),
        Err(error) => {
            use aws_sdk_dynamodb::operation::update_item::UpdateItemError::ConditionalCheckFailedException;
            match error.as_service_error() {
                Some(ConditionalCheckFailedException(failed)) => Ok(Asked::Refused(Number::of(failed.item.as_ref()))),
                Some(_) | None => Err(anyhow::Error::new(error).context("asking for a permit")),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use campaigns::job::RecipientContent;
    use campaigns::template::Parameters;

    use super::*;

    fn due(times: &[i64]) -> Vec<JobRecipient> {
        let content = RecipientContent::Send(Parameters::default());
        let recipient = |due_at_micros: &i64| JobRecipient {
            variant: None,
            falls_back: false,
            index: 0,
            attempt: 1,
            waits: false,
            due_at_micros: *due_at_micros,
            phone: "+12025550100".into(),
            content: content.clone(),
        };
        times.iter().map(recipient).collect()
    }

    #[test]
    fn messages_at_the_numbers_own_rate_share_a_permit() {
        assert_eq!(contiguous(&due(&[0, 12_900, 25_800]), 12_887), 3);
        assert_eq!(contiguous(&due(&[0, 0, 0]), 12_887), 3);
        assert_eq!(contiguous(&due(&[0; 100]), 12_887), 19);
        assert_eq!(contiguous(&due(&[0; 3]), 2_000_000), 1);
    }

    #[test]
    fn messages_that_wait_longer_take_their_own() {
        assert_eq!(contiguous(&due(&[0, 500_000, 512_000]), 12_887), 1);
        assert_eq!(contiguous(&due(&[]), 12_887), 0);
    }
}
