//! The permit: a number's throughput, shared by all campaigns and all senders, as one item and one conditional write.
//!
//! GCRA (the generic cell rate algorithm) with reservation: the item holds the time at which the number is free again;
//! a permit for n messages moves it by n intervals and owns the slots in between.

use anyhow::Context;
use aws_sdk_dynamodb::operation::update_item::builders::UpdateItemFluentBuilder;
use aws_sdk_dynamodb::types::{ReturnValue, ReturnValuesOnConditionCheckFailure};
use campaigns::job::JobRecipient;

use crate::App;
use crate::storage::channels::{ChannelRecord, state_key};
use crate::storage::table::{Item, number, text};

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
    /// The slots are ours, one interval apart.
    Granted {
        /// The first, in microseconds since 1970.
        slot_micros: i64,
    },
    /// The number is taken for longer than a permit reaches.
    NotNow {
        /// When it is free, in microseconds since 1970.
        free_at_micros: i64,
    },
}

/// Microseconds between two slots of a number.
pub(super) fn interval_micros(channel: &ChannelRecord) -> i64 {
    i64::try_from(campaigns::plan::interval_micros(channel.messages_per_second)).unwrap_or(i64::MAX)
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

/// Takes a permit for `messages` messages of a number.
pub(super) async fn take(app: &App, channel: &ChannelRecord, messages: usize) -> anyhow::Result<Permit> {
    let reach = reach_micros(channel);
    let needed = interval_micros(channel) * i64::try_from(messages).unwrap_or(i64::MAX);
    for _ in 0..MOST_RACES {
        let now = app.clock.now_micros();
        match add(app, channel, needed, now).await? {
            Added::Granted { slot_micros } => return Ok(Permit::Granted { slot_micros }),
            Added::FreeAt(free_at) if free_at > now + reach => {
                return Ok(Permit::NotNow { free_at_micros: free_at - reach / 2 });
            }
            Added::FreeAt(_) => {}
        }
        match start(app, channel, needed, now).await? {
            Added::Granted { slot_micros } => return Ok(Permit::Granted { slot_micros }),
            Added::FreeAt(free_at) if free_at > now + reach => {
                return Ok(Permit::NotNow { free_at_micros: free_at - reach / 2 });
            }
            Added::FreeAt(_) => {}
        }
    }
    Ok(Permit::NotNow { free_at_micros: app.clock.now_micros() + 1_000_000 })
}

fn reach_micros(channel: &ChannelRecord) -> i64 {
    FARTHEST_SLOT_MICROS.max(interval_micros(channel).saturating_mul(FARTHEST_SLOT_INTERVALS))
}

enum Added {
    Granted { slot_micros: i64 },
    FreeAt(i64),
}

/// The number is busy: the slots follow those that were granted before.
async fn add(app: &App, channel: &ChannelRecord, needed: i64, now: i64) -> anyhow::Result<Added> {
    let update = update(app, channel)
        .update_expression("SET freeAt = freeAt + :needed")
        .condition_expression("freeAt BETWEEN :now AND :farthest")
        .expression_attribute_values(":needed", number(needed))
        .expression_attribute_values(":now", number(now))
        .expression_attribute_values(":farthest", number(now + reach_micros(channel)));
    finish(update.send().await, needed)
}

/// The number is idle: the slots begin now.
async fn start(app: &App, channel: &ChannelRecord, needed: i64, now: i64) -> anyhow::Result<Added> {
    let update = update(app, channel)
        .update_expression("SET freeAt = :free")
        .condition_expression("attribute_not_exists(freeAt) OR freeAt < :now")
        .expression_attribute_values(":free", number(now + needed))
        .expression_attribute_values(":now", number(now));
    finish(update.send().await, needed)
}

/// A write to the number's permit that answers with its time, whether it is done or refused.
fn update(app: &App, channel: &ChannelRecord) -> UpdateItemFluentBuilder {
    app.dynamodb
        .update_item()
        .table_name(&app.config.control_table)
        .key("pk", text(state_key(channel.workspace_id, &channel.id)))
        .key("sk", text("permit"))
        .return_values(ReturnValue::UpdatedNew)
        .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld)
}

type UpdateResult = Result<
    aws_sdk_dynamodb::operation::update_item::UpdateItemOutput,
    aws_sdk_dynamodb::error::SdkError<aws_sdk_dynamodb::operation::update_item::UpdateItemError>,
>;

fn finish(result: UpdateResult, needed: i64) -> anyhow::Result<Added> {
    match result {
        Ok(output) => {
            let free_at = free_at(output.attributes.as_ref()).context("a permit was written without its time")?;
            Ok(Added::Granted { slot_micros: free_at - needed })
        }
        Err(error) => {
            use aws_sdk_dynamodb::operation::update_item::UpdateItemError::ConditionalCheckFailedException;
            match error.as_service_error() {
                Some(ConditionalCheckFailedException(failed)) => {
                    Ok(Added::FreeAt(free_at(failed.item.as_ref()).unwrap_or(0)))
                }
                Some(_) | None => Err(anyhow::Error::new(error).context("asking for a permit")),
            }
        }
    }
}

fn free_at(item: Option<&Item>) -> Option<i64> {
    item?.get("freeAt")?.as_n().ok()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use campaigns::job::RecipientContent;
    use campaigns::template::Parameters;

    use super::*;

    fn due(times: &[i64]) -> Vec<JobRecipient> {
        let content = RecipientContent::Send(Parameters { header: vec![], body: vec![] });
        let recipient = |due_at_micros: &i64| JobRecipient {
            index: 0,
            attempt: 1,
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
