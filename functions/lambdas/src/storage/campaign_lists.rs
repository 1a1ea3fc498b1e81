//! Campaigns of a workspace, page by page.

use std::ops::RangeInclusive;

use anyhow::Context;
use aws_sdk_dynamodb::operation::query::QueryOutput;
use ulid::Ulid;
use wire::{CampaignId, CampaignStatus, ChannelId, WorkspaceId};

use super::campaigns::{CampaignRecord, ids_of, keys};
use super::lapses::DAY_MS;
use super::table::{self, Item, number, text};
use crate::App;

/// Reads of one page: more are needed only where many campaigns in a row were deleted, or are none that is asked for.
const MOST_READS: u32 = 5;

/// Campaigns read at once where only some are asked for.
const READ_AT_ONCE: usize = 200;

/// The last millisecond that an id can name: it has 48 bits for its time.
const LAST_MILLIS: i64 = (1 << 48) - 1;

/// Which campaigns are listed, and in which order.
#[derive(Debug, Clone, Default)]
pub struct Listed {
    /// Only those in this state.
    pub status: Option<CampaignStatus>,
    /// Only those of this channel.
    pub channel_id: Option<ChannelId>,
    /// Only those whose name holds this, in whatever case.
    pub search: Option<String>,
    /// The oldest first, and not the newest.
    pub is_rising: bool,
}

impl Listed {
    fn is_all(&self) -> bool {
        self.status.is_none() && self.channel_id.is_none() && self.search.is_none()
    }

    fn takes(&self, record: &CampaignRecord) -> bool {
        let is_named = |search: &String| record.name.to_lowercase().contains(&search.to_lowercase());
        self.status.is_none_or(|status| status == record.status)
            && self.channel_id.as_ref().is_none_or(|channel| *channel == record.channel_id)
            && self.search.as_ref().is_none_or(is_named)
    }
}

/// One page, without deleted ones; `after` is where the page before ended. A page may hold fewer than `limit`, even none,
/// and still not be the last.
pub async fn list(
    app: &App,
    workspace: WorkspaceId,
    listed: &Listed,
    limit: usize,
    after: Option<&CampaignId>,
) -> anyhow::Result<(Vec<CampaignRecord>, Option<CampaignId>)> {
    let mut records: Vec<CampaignRecord> = Vec::new();
    let mut after = after.cloned();
    for _ in 0..MOST_READS {
        let at_once = if listed.is_all() { limit - records.len() } else { READ_AT_ONCE };
        let (read, end) = page(app, workspace, listed.is_rising, at_once, after.as_ref()).await?;
        after = end;
        let mut taken = read.into_iter().filter(|record| listed.takes(record));
        while let Some(record) = taken.next() {
            records.push(record);
            if records.len() == limit {
                // What was read beyond is the next page's.
                let is_more = taken.next().is_some() || after.is_some();
                let last = records.last().map(|record| record.id.clone());
                return Ok((records, last.filter(|_| is_more)));
            }
        }
        if after.is_none() {
            break;
        }
    }
    Ok((records, after))
}

async fn page(
    app: &App,
    workspace: WorkspaceId,
    is_rising: bool,
    limit: usize,
    after: Option<&CampaignId>,
) -> anyhow::Result<(Vec<CampaignRecord>, Option<CampaignId>)> {
    let start = after.map(|id| place(workspace, id));
    let output = app
        .dynamodb
        .query()
        .table_name(&app.config.control_table)
        .key_condition_expression("pk = :pk AND begins_with(sk, :sk)")
        .filter_expression("attribute_not_exists(deletedAt)")
        .expression_attribute_values(":pk", text(format!("workspace#{workspace}")))
        .expression_attribute_values(":sk", text("campaign#"))
        .scan_index_forward(is_rising)
        .limit(i32::try_from(limit).unwrap_or(i32::MAX))
        .set_exclusive_start_key(start)
        .send()
        .await
        .context("listing campaigns")?;
    records_of(output)
}

/// One page of the campaigns that began to send within these times (milliseconds since 1970, those of their start),
/// newest first, deleted ones among them; `after` is where the page before ended. It begins with those that were created a
/// day after the last of these times, not with the newest of all. A page is what DynamoDB reads at once, a megabyte: some
/// hundreds of campaigns, of which it may hold all or none and still not be the last.
pub async fn begun(
    app: &App,
    workspace: WorkspaceId,
    times: &RangeInclusive<i64>,
    after: Option<&CampaignId>,
) -> anyhow::Result<(Vec<CampaignRecord>, Option<CampaignId>)> {
    // A start may lie a moment before the creation, and clocks differ a little: a day is more than both.
    let (pk, newest) = keys(workspace, &first_of(times.end().saturating_add(DAY_MS)));
    let output = app
        .dynamodb
        .query()
        .table_name(&app.config.control_table)
        .key_condition_expression("pk = :pk AND sk BETWEEN :oldest AND :newest")
        .filter_expression("attribute_exists(lastChunk) AND scheduledTo BETWEEN :first AND :last")
        .expression_attribute_values(":pk", text(pk))
        .expression_attribute_values(":oldest", text("campaign#"))
        .expression_attribute_values(":newest", text(newest))
        .expression_attribute_values(":first", number(times.start()))
        .expression_attribute_values(":last", number(times.end()))
        .scan_index_forward(false)
        .set_exclusive_start_key(after.map(|id| place(workspace, id)))
        .send()
        .await
        .context("listing the campaigns of a period")?;
    records_of(output)
}

/// The least id of those that are made at this time (milliseconds since 1970).
fn first_of(millis: i64) -> CampaignId {
    let millis = u64::try_from(millis.clamp(0, LAST_MILLIS)).unwrap_or_default();
    CampaignId(Ulid::from_parts(millis, 0).to_string())
}

fn place(workspace: WorkspaceId, id: &CampaignId) -> Item {
    let (pk, sk) = keys(workspace, id);
    Item::from([("pk".to_owned(), text(pk)), ("sk".to_owned(), text(sk))])
}

/// The campaigns of a page, and where it ended unless it is the last.
fn records_of(output: QueryOutput) -> anyhow::Result<(Vec<CampaignRecord>, Option<CampaignId>)> {
    let end = output.last_evaluated_key.as_ref().and_then(ids_of).map(|(_, id)| id);
    let records = output.items.unwrap_or_default().into_iter().map(table::from_item);
    Ok((records.collect::<anyhow::Result<_>>()?, end))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_of_a_time_lie_above_those_of_before_whatever_the_time() {
        let ids = [i64::MIN, 0, 1, 1_795_000_000_000, 1_795_000_000_001, LAST_MILLIS].map(first_of);
        assert_eq!(ids[0], ids[1]);
        assert!(ids[1..].is_sorted() && ids[3] < ids[4] && ids.iter().all(|id| id.as_str().len() == 26), "{ids:?}");
        assert_eq!(first_of(i64::MAX), ids[5]);
    }
}
