//! Health: notes since when a campaign has something under way, and tells once when it stands still and when it moves
//! again. Who asks for the campaign computes the same, since it may be the dispatcher that is dead.

use campaigns::health::{STALLED_AFTER_MS, trouble};
use wire::CampaignEvent;

use super::{transition, write};
use crate::App;
use crate::sender::number;
use crate::storage::audit::AuditLine;
use crate::storage::campaigns::CampaignRecord;
use crate::storage::messages;
use crate::storage::totals::TotalsRecord;

/// Looks after the cut; `first_due_at` (milliseconds) is when the first of what was cut is due. Nothing when somebody
/// else changed the campaign.
pub(super) async fn look(
    app: &App,
    record: CampaignRecord,
    counted: &TotalsRecord,
    first_due_at: i64,
) -> anyhow::Result<Option<CampaignRecord>> {
    let now = app.clock.now_millis();
    let mut next = record.clone();
    let due_at = due_at(app, &record, counted, first_due_at).await?;
    next.upkeep.under_way_since = due_at.map(|at| record.upkeep.under_way_since.unwrap_or(at.max(now)));
    let found = trouble(&next.standing(counted, now), now);
    next.upkeep.stalled_since = found.map(|trouble| trouble.since);
    match (record.upkeep.stalled_since, found) {
        (None, Some(trouble)) => {
            let minutes = (now - trouble.since) / 60_000;
            let silent = number::why_silent(app, record.workspace_id, &record.channel_id).await?;
            let reason = match silent {
                Some(why) => format!("nothing has moved for {minutes} minutes: {why}"),
                None => format!("nothing has moved for {minutes} minutes"),
            };
            tracing::error!(campaign = %record.id, kind = ?trouble.kind, minutes, "a campaign stands still");
            let line = AuditLine::by_itself(CampaignEvent::Stalled).because(reason);
            transition(app, record, next, line).await
        }
        (Some(since), None) => {
            let minutes = (now - since) / 60_000;
            tracing::warn!(campaign = %record.id, minutes, "a campaign that stood still moves again");
            let line = AuditLine::by_itself(CampaignEvent::Recovered);
            transition(app, record, next, line).await
        }
        (None, None) | (Some(_), Some(_)) if next.upkeep == record.upkeep => Ok(Some(record)),
        (None, None) | (Some(_), Some(_)) => write(app, record, next).await,
    }
}

/// When the first of what is under way is or was due; nothing when nothing is, or what waits is not due for long.
async fn due_at(
    app: &App,
    record: &CampaignRecord,
    counted: &TotalsRecord,
    first_due_at: i64,
) -> anyhow::Result<Option<i64>> {
    if record.in_hand(counted) > 0 {
        return Ok(Some(first_due_at));
    }
    if counted.totals.retry == 0 {
        return Ok(None);
    }
    let soon = app.clock.now_millis() + STALLED_AFTER_MS;
    let mut earliest = None;
    for partition in [record.id.to_string(), format!("{}#later", record.id)] {
        let waiting = messages::earliest_waiting(app, &partition).await?;
        earliest = [earliest, waiting].into_iter().flatten().min();
    }
    Ok(earliest.filter(|at| *at <= soon))
}
