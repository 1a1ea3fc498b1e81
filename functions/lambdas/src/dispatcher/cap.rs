//! The spend cap: no more people get jobs than it pays for, and when it pays for nobody more the campaign pauses.
//!
//! What left, what is in a sender's hand and what has a job and was not counted yet is taken to be billed at the dearest
//! it can cost, so late totals only make a campaign slower. What fails gives its money back.

use campaigns::rates::amount;

use crate::App;
use crate::spending;
use crate::storage::campaigns::CampaignRecord;
use crate::storage::pauses::pause_by_itself;
use crate::storage::table::Written;
use crate::storage::totals::TotalsRecord;

/// What the cap allows.
pub(super) enum Allowed {
    /// Jobs for recipients below this index.
    Below(u64),
    /// Nothing: the campaign was paused, or somebody else changed it.
    Nothing,
}

/// Looks what the cap allows, and pauses a campaign that has work left and no money for it.
pub(super) async fn look(app: &App, record: &CampaignRecord, counted: &TotalsRecord) -> anyhow::Result<Allowed> {
    let Some(purse) = spending::capped_purse(app, record, counted).await? else { return Ok(Allowed::Below(u64::MAX)) };
    let has_more = !record.is_cut();
    let waits = counted.totals.retry > 0;
    if (has_more && purse.is_empty()) || (waits && purse.is_overdrawn()) {
        match pause_by_itself(app, record, purse.reason()).await? {
            Written::Done => {
                let cap = amount(record.spend_cap_micros.unwrap_or_default());
                tracing::warn!(campaign = %record.id, cap, "a campaign paused: its spend cap is reached");
            }
            Written::ConditionFailed => {}
        }
        return Ok(Allowed::Nothing);
    }
    let room = purse.room(not_counted(record, counted));
    Ok(Allowed::Below(room.map_or(u64::MAX, |room| record.cursor_index.saturating_add(room))))
}

/// Recipients below the cursor who may have a job and are in no total yet. After the cursor went back, those above it
/// count for nothing here: rather too many than too few.
fn not_counted(record: &CampaignRecord, counted: &TotalsRecord) -> u64 {
    if record.cursor_index >= record.cut_below {
        return record.cursor_index.saturating_sub(counted.totals.touched());
    }
    record.cursor_index.saturating_sub(record.touched_below)
}
