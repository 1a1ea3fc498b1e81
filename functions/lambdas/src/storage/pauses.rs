//! Campaigns that the engine pauses by itself: for a reason that a person must see to, or for a while.

use campaigns::phone::NO_COUNTRY;
use campaigns::send_error;
use wire::{CampaignEvent, CampaignId, CampaignStatus, WorkspaceId};

use super::audit::AuditLine;
use super::campaigns::{CampaignRecord, get, replace, transition};
use super::table::Written;
use crate::App;

/// Pauses of one campaign that end by themselves in a row, without anybody looking: a week of hourly ones.
const MOST_RESUMES_BY_ITSELF: u32 = 168;

/// Times that a change is decided anew because the dispatcher moved the cursor meanwhile.
const MOST_RACES: u32 = 20;

impl CampaignRecord {
    /// The campaign when the engine pauses it, for this reason.
    pub fn paused_by_itself(&self, reason: String, now: i64) -> CampaignRecord {
        let mut next = self.clone();
        next.status = CampaignStatus::Paused;
        next.status_reason = Some(reason);
        next.epoch += 1;
        next.updated_at = now;
        next.finished_at_prediction = None;
        next.upkeep.resumes_at = None;
        next.look_at(None);
        next
    }

    /// The same for what passes by itself after so many minutes; one that met it too often waits for a person.
    pub fn paused_for_a_while(&self, reason: String, minutes: u32, now: i64) -> CampaignRecord {
        if self.upkeep.resumed_by_itself >= MOST_RESUMES_BY_ITSELF {
            return self.paused_by_itself(reason, now);
        }
        let resumes_at = now + i64::from(minutes) * 60_000;
        let mut next = self.paused_by_itself(format!("{reason} It goes on by itself in {minutes} minutes."), now);
        next.upkeep.resumes_at = Some(resumes_at);
        next.look_at(Some(resumes_at));
        next
    }
}

/// Pauses a campaign by the engine's own decision, for this reason, if nobody changed it since it was read.
pub async fn pause_by_itself(app: &App, read: &CampaignRecord, reason: String) -> anyhow::Result<Written> {
    let next = read.paused_by_itself(reason.clone(), app.clock.now_millis());
    transition(app, read, &next, AuditLine::by_itself(CampaignEvent::Paused).because(reason)).await
}

/// Pauses a campaign whose messages WhatsApp refuses with this code, if nobody changed it since it was read.
pub async fn pause_by_code(app: &App, read: &CampaignRecord, code: u32) -> anyhow::Result<Written> {
    let reason = format!("Paused by itself: {} ({code}).", send_error::title(code));
    let now = app.clock.now_millis();
    let next = match send_error::passes_after_minutes(code) {
        Some(minutes) => read.paused_for_a_while(reason, minutes, now),
        None if send_error::is_of_file(code) => {
            let mut next =
                read.paused_by_itself(format!("{reason} When it is resumed, the file is uploaded again."), now);
            next.media.clear();
            next
        }
        None => read.paused_by_itself(reason, now),
    };
    let why = next.status_reason.clone().unwrap_or_default();
    transition(app, read, &next, AuditLine::by_itself(CampaignEvent::Paused).because(why)).await
}

/// Notes that WhatsApp does not let the account write to people of this country, two letters: the campaign skips those
/// who are left of them. A number that tells no country says nothing.
pub async fn close_country(app: &App, workspace: WorkspaceId, id: &CampaignId, country: &str) -> anyhow::Result<()> {
    if country == NO_COUNTRY {
        return Ok(());
    }
    for _ in 0..MOST_RACES {
        let Some(read) = get(app, workspace, id).await? else { return Ok(()) };
        let mut next = read.clone();
        if !next.upkeep.closed_countries.insert(country.to_owned()) {
            return Ok(());
        }
        if replace(app, &read, &next).await? == Written::Done {
            return Ok(());
        }
    }
    anyhow::bail!("campaign {id} kept changing under {MOST_RACES} tries to note a country")
}
