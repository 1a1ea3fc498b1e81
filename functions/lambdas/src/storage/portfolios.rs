//! Portfolios in the control table: whom their numbers wrote to in the last day, for those whose people are limited.
//!
//! One item holds the buckets of `campaigns::limit`; every count is one conditional write on the version that was read,
//! so two senders never take the same room. A number without a limit costs nothing.

use campaigns::limit::Usage;
use campaigns::plan::{Cursor, Foreseen};
use serde::{Deserialize, Serialize};

use super::channels::{self, ChannelRecord};
use super::table::{self, Written, number};
use crate::App;
use crate::storage::campaigns::CampaignRecord;

/// Tries of one count: between reading and writing others count; each time one of them succeeds.
const MOST_RACES: u32 = 30;

/// How long a count that lost so many races waits, in microseconds.
const RACED_WAIT_MICROS: i64 = 1_000_000;

#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct PortfolioRecord {
    usage: Usage,
    version: u64,
}

/// What came of counting people.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Counted {
    /// So many of them may be written to now; at least one.
    Done {
        /// As many as were asked for, or fewer.
        people: usize,
    },
    /// Nobody may before this instant, in microseconds since 1970.
    Full {
        /// When there is room.
        until: i64,
    },
}

/// The limit of a channel's portfolio with whom it counts already; nothing where there is no limit.
pub async fn foreseen(app: &App, channel: &ChannelRecord) -> anyhow::Result<Option<Foreseen>> {
    let Some(limit) = channel.messaging_limit else { return Ok(None) };
    let usage = read(app, channel).await?.map(|record| record.usage).unwrap_or_default();
    Ok(Some(Foreseen { limit, usage }))
}

/// People whom the numbers of a channel's portfolio wrote to within the last day; nothing where there is no limit.
pub async fn people_today(app: &App, channel: &ChannelRecord) -> anyhow::Result<Option<u32>> {
    let Some(Foreseen { limit, usage }) = foreseen(app, channel).await? else { return Ok(None) };
    Ok(Some(limit.saturating_sub(usage.room_at(limit, app.clock.now_micros()))))
}

/// Predicts the finish of a campaign that has one anew, with the limit of its channel's portfolio.
pub async fn predict(app: &App, campaign: &mut CampaignRecord) -> anyhow::Result<()> {
    if campaign.finished_at_prediction.is_none() {
        return Ok(());
    }
    let Some(channel) = channels::get(app, campaign.workspace_id, &campaign.channel_id).await? else { return Ok(()) };
    if let Some(foreseen) = foreseen(app, &channel).await? {
        let cursor = campaign.cursor();
        let due_at_micros = cursor.due_at_micros.max(app.clock.now_micros());
        campaign.predict(Cursor { due_at_micros, ..cursor }, Some(foreseen));
    }
    Ok(())
}

/// Counts people whose messages leave at `micros`, as many of `wanted` as there is room for.
pub async fn count(app: &App, channel: &ChannelRecord, wanted: usize, micros: i64) -> anyhow::Result<Counted> {
    let Some(limit) = channel.messaging_limit else { return Ok(Counted::Done { people: wanted }) };
    let wanted = u32::try_from(wanted).unwrap_or(u32::MAX);
    for _ in 0..MOST_RACES {
        let read = read(app, channel).await?;
        let read_version = read.as_ref().map(|record| record.version);
        let mut next = read.unwrap_or_default();
        let people = wanted.min(next.usage.room_at(limit, micros));
        if people == 0 {
            return Ok(Counted::Full { until: next.usage.next_room(limit, micros) });
        }
        next.usage.forget_before(micros);
        next.usage.count(micros, people);
        next.version += 1;
        match write(app, channel, read_version, &next).await? {
            Written::Done => return Ok(Counted::Done { people: people as usize }),
            Written::ConditionFailed => {}
        }
    }
    Ok(Counted::Full { until: micros + RACED_WAIT_MICROS })
}

/// The portfolio of a channel; a channel without one is alone in its own.
fn keys(channel: &ChannelRecord) -> (String, String) {
    let portfolio = match &channel.portfolio_id {
        Some(portfolio) => format!("portfolio#{}#{portfolio}", channel.workspace_id),
        None => format!("portfolio#{}#channel#{}", channel.workspace_id, channel.id),
    };
    (portfolio, "usage".to_owned())
}

async fn read(app: &App, channel: &ChannelRecord) -> anyhow::Result<Option<PortfolioRecord>> {
    let (pk, sk) = keys(channel);
    table::get(&app.dynamodb, &app.config.control_table, &pk, &sk).await
}

async fn write(
    app: &App,
    channel: &ChannelRecord,
    read_version: Option<u64>,
    next: &PortfolioRecord,
) -> anyhow::Result<Written> {
    let (pk, sk) = keys(channel);
    let item = table::to_item(next, &pk, &sk)?;
    let put = app.dynamodb.put_item().table_name(&app.config.control_table).set_item(Some(item));
    let put = match read_version {
        None => put.condition_expression("attribute_not_exists(pk)"),
        Some(version) => {
            put.condition_expression("version = :read").expression_attribute_values(":read", number(version))
        }
    };
    table::written(put.send().await, "counting a portfolio's people")
}
