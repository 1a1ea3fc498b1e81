//! What WhatsApp takes only so often, or for a while not at all, of an account's templates: told before it is asked, as
//! far as it was done here. What was done in WhatsApp Manager, WhatsApp itself refuses.

use wire::Template;

use super::problem::{ApiError, Kind, Refusal};
use crate::App;
use crate::storage::channels::ChannelRecord;
use crate::storage::template_deeds::{self, Deed};

/// New templates of an account in an hour; changes of an approved template in 30 days, and hours between two of them
/// (Meta, templates, November 2025).
const MADE_AN_HOUR: usize = 100;
const CHANGES_A_MONTH: usize = 10;
const BETWEEN_CHANGES_HOURS: i64 = 24;

const MINUTE_MS: i64 = 60_000;
const HOUR_MS: i64 = 60 * MINUTE_MS;
const DAY_MS: i64 = 24 * HOUR_MS;

/// Refuses a new template that the account cannot be given now.
pub(super) async fn of_new(app: &App, channel: &ChannelRecord, name: &str, language: &str) -> Result<(), ApiError> {
    let deleted = Deed::Deleted { name, language };
    if let Some(at) = lately(app, channel, deleted).await?.last() {
        let days = left(app, at + deleted.counts_for_ms(), DAY_MS);
        let message = format!(
            "WhatsApp keeps the name of a deleted template for 30 days: choose another name (days left: {days})"
        );
        return Err(Refusal::field("name", message).into());
    }
    let made = lately(app, channel, Deed::Made).await?;
    match made.len().checked_sub(MADE_AN_HOUR).and_then(|place| made.get(place)) {
        None => Ok(()),
        Some(at) => {
            let minutes = left(app, at + Deed::Made.counts_for_ms(), MINUTE_MS);
            let detail =
                format!("WhatsApp takes {MADE_AN_HOUR} new templates an hour from an account: wait {minutes} min");
            Err(Refusal::new(Kind::Conflict, detail).into())
        }
    }
}

/// Refuses a change of an approved template that WhatsApp does not take now.
pub(super) async fn of_change(app: &App, channel: &ChannelRecord, standing: &Template) -> Result<(), ApiError> {
    let changed = Deed::Changed(&standing.id);
    let changes = lately(app, channel, changed).await?;
    let now = app.clock.now_millis();
    let next_at = changes.last().map_or(now, |at| at + BETWEEN_CHANGES_HOURS * HOUR_MS);
    if next_at > now {
        let hours = left(app, next_at, HOUR_MS);
        let detail = format!(
            "WhatsApp takes one change of an approved template in {BETWEEN_CHANGES_HOURS} hours: wait {hours} h"
        );
        return Err(Refusal::new(Kind::Conflict, detail).into());
    }
    match changes.len().checked_sub(CHANGES_A_MONTH).and_then(|place| changes.get(place)) {
        None => Ok(()),
        Some(at) => {
            let days = left(app, at + changed.counts_for_ms(), DAY_MS);
            let detail = format!(
                "WhatsApp takes {CHANGES_A_MONTH} changes of an approved template in 30 days (days left: {days})"
            );
            Err(Refusal::new(Kind::Conflict, detail).into())
        }
    }
}

/// Notes what WhatsApp did. What cannot be noted, WhatsApp counts all the same.
pub(super) async fn note(app: &App, channel: &ChannelRecord, deed: Deed<'_>) {
    if let Err(error) = template_deeds::note(app, channel.workspace_id, &channel.waba_id, deed).await {
        let error = format!("{error:#}");
        tracing::warn!(channel = %channel.id, error, "what was done with a template could not be noted");
    }
}

async fn lately(app: &App, channel: &ChannelRecord, deed: Deed<'_>) -> anyhow::Result<Vec<i64>> {
    template_deeds::lately(app, channel.workspace_id, &channel.waba_id, deed).await
}

/// Units of time until then, begun ones whole; at least one.
fn left(app: &App, until: i64, unit_ms: i64) -> i64 {
    ((until - app.clock.now_millis() + unit_ms - 1) / unit_ms).max(1)
}
