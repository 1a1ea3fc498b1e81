//! The one time that matters about a campaign right now, and spans of time in words.

use chrono::{DateTime, Duration, Utc};
use wire::{Campaign, CampaignStatus};

use crate::t;

/// How long after its last message was due a campaign is about to finish: outcomes come within seconds.
const FINISHES_WITHIN: Duration = Duration::minutes(1);

/// What a campaign's row says about time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Moment {
    /// It starts by itself.
    Starts(DateTime<Utc>),
    /// The last message is due by the plan.
    Finishes(DateTime<Utc>),
    /// It was due, and some are still tried again or without an outcome.
    WasDue(DateTime<Utc>),
    /// The last outcome was counted.
    Finished(DateTime<Utc>),
    /// It stopped, for now or for good.
    Stopped(DateTime<Utc>),
    /// It was made and waits for a person.
    Created(DateTime<Utc>),
}

impl Moment {
    /// The moment of this campaign at `now`.
    pub fn of(campaign: &Campaign, now: DateTime<Utc>) -> Self {
        let changed = campaign.last_update_at;
        match campaign.status {
            CampaignStatus::Draft => Moment::Created(campaign.created_at),
            CampaignStatus::Scheduled => {
                campaign.scheduled_to.map_or(Moment::Created(campaign.created_at), Moment::Starts)
            }
            CampaignStatus::Processing => match campaign.finished_at_prediction {
                Some(at) if now - at > FINISHES_WITHIN => Moment::WasDue(at),
                Some(at) => Moment::Finishes(at),
                None => Moment::Created(campaign.created_at),
            },
            CampaignStatus::Paused | CampaignStatus::Cancelled | CampaignStatus::Failed => Moment::Stopped(changed),
            CampaignStatus::Completed => Moment::Finished(campaign.last_message_processed_at.unwrap_or(changed)),
        }
    }

    /// The word before the time.
    pub fn verb(self) -> &'static str {
        match self {
            Moment::Starts(_) => t::starts(),
            Moment::Finishes(_) => t::finishes_about(),
            Moment::WasDue(_) => t::last_message_by_the_plan(),
            Moment::Finished(_) => t::finished(),
            Moment::Stopped(_) => t::stopped(),
            Moment::Created(_) => t::created_on(),
        }
    }

    /// The time.
    pub fn at(self) -> DateTime<Utc> {
        match self {
            Moment::Starts(at)
            | Moment::Finishes(at)
            | Moment::WasDue(at)
            | Moment::Finished(at)
            | Moment::Stopped(at)
            | Moment::Created(at) => at,
        }
    }
}

/// What stands before the time of the last message, and that time where it is planned; nothing for a campaign that
/// stopped for good. A draft was planned as if it started when it was made, so its time moves on with `now`, except
/// where it keeps to hours: then none is told.
pub fn last_message(campaign: &Campaign, now: DateTime<Utc>) -> Option<(&'static str, Option<DateTime<Utc>>)> {
    let planned = campaign.finished_at_prediction;
    match campaign.status {
        CampaignStatus::Draft => {
            let keeps_hours = campaign.business_hours.is_some() || campaign.quiet_hours.is_some();
            let moved = planned.filter(|_| !keeps_hours).map(|at| at + (now - campaign.created_at));
            Some((t::last_message_if_started_now(), moved))
        }
        CampaignStatus::Scheduled | CampaignStatus::Processing | CampaignStatus::Paused | CampaignStatus::Completed => {
            Some((t::last_message_by_the_plan(), planned))
        }
        CampaignStatus::Cancelled | CampaignStatus::Failed => None,
    }
}

/// Places behind the point that a number of seconds has at most: of short waits each thousandth counts.
pub fn places_of_seconds(seconds: f64) -> u32 {
    match seconds {
        seconds if seconds < 1.0 => 3,
        seconds if seconds < 10.0 => 2,
        _ => 1,
    }
}

/// A span in the two largest units that say something: `2 d 4 h`, `3 h 20 min`, `12 min`, `40 s`.
pub fn span(seconds: u64) -> String {
    const UNITS: [(u64, &str); 4] = [(86_400, "d"), (3_600, "h"), (60, "min"), (1, "s")];
    let first = UNITS.iter().position(|(length, _)| seconds >= *length).unwrap_or(UNITS.len() - 1);
    let (length, unit) = UNITS[first];
    let whole = format!("{} {unit}", seconds / length);
    match UNITS.get(first + 1) {
        Some((smaller, smaller_unit)) if seconds / length < 10 && seconds % length >= *smaller => {
            format!("{whole} {} {smaller_unit}", seconds % length / smaller)
        }
        Some(_) | None => whole,
    }
}

/// How far `then` is from `now`: `in 12 min`, `3 h ago`, `now`.
pub fn distance(then: DateTime<Utc>, now: DateTime<Utc>) -> String {
    let seconds = (then - now).num_seconds();
    match seconds {
        -4..=4 => t::right_now().to_owned(),
        5.. => t::in_a_span(&span(seconds.unsigned_abs())),
        _ => t::ago(&span(seconds.unsigned_abs())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn campaign(status: CampaignStatus) -> Campaign {
        let (at, id) = ("2026-11-22T10:00:00Z", "01JD8ZQ0000000000000000009");
        serde_json::from_value(serde_json::json!({
            "id": id, "_id": id, "name": "Spring", "channelId": "main", "operatorId": "", "operatorName": "Ana",
            "channelType": "1", "leadType": "lead", "finishedAtPrediction": "2026-11-22T10:40:00Z",
            "leadsAssetUrl": "s3://x/y", "audienceId": "01JD8ZQ0000000000000000000", "message": "", "textRaw": "",
            "assetsUrls": [], "active": false, "shouldCreateConversation": false, "status": status, "chunksCount": 2,
            "leadsCount": 900, "secondsBetweenMessages": 1, "minSecondsBetweenMessages": 0.5,
            "maxSecondsBetweenMessages": 1.5, "secondsBetweenChunks": 30, "trackAllChannels": false,
            "trackMaxHours": 24, "chunkSize": 500, "retryRounds": 0, "progress": 0, "totals": {},
            "failures": [], "messagesProcessed": 0, "resultCounts": wire::ResultCounts::default(),
            "healthCheckData": wire::HealthCheckData::default(), "workspaceId": 1, "createdAt": at,
            "lastUpdateAt": at, "updatedAt": at,
        }))
        .unwrap()
    }

    #[test]
    fn a_draft_ends_as_long_after_now_as_it_was_planned_to_take() {
        let draft = campaign(CampaignStatus::Draft);
        let now = draft.created_at + Duration::days(3);
        let told = last_message(&draft, now);
        assert_eq!(told, Some(("Last message if started now", Some(now + Duration::minutes(40)))));
        let night = wire::QuietHours { from: "21:00".into(), to: "08:00".into() };
        let by_hours = Campaign { quiet_hours: Some(night), ..draft };
        assert_eq!(last_message(&by_hours, now), Some(("Last message if started now", None)));
    }

    #[test]
    fn what_stopped_for_good_has_no_last_message_by_the_plan() {
        let told = |status| last_message(&campaign(status), Utc::now());
        assert_eq!((told(CampaignStatus::Cancelled), told(CampaignStatus::Failed)), (None, None));
        let planned = campaign(CampaignStatus::Processing).finished_at_prediction;
        assert!(planned.is_some());
        assert_eq!(told(CampaignStatus::Processing), Some(("Last message by the plan", planned)));
    }

    #[test]
    fn what_goes_on_after_its_last_message_was_due_does_not_finish_in_the_past() {
        let sends = campaign(CampaignStatus::Processing);
        let due = sends.finished_at_prediction.unwrap();
        let at = |minutes| Moment::of(&sends, due + Duration::minutes(minutes));
        assert_eq!((at(-5), at(0), at(1)), (Moment::Finishes(due), Moment::Finishes(due), Moment::Finishes(due)));
        assert_eq!(at(2), Moment::WasDue(due));
        assert_eq!(at(1_200).verb(), "Last message by the plan");
    }

    #[test]
    fn the_wait_of_a_fast_number_is_not_nothing() {
        assert_eq!([0.0125, 0.25, 1.25, 12.34].map(places_of_seconds), [3, 3, 2, 1]);
    }

    #[test]
    fn a_span_keeps_two_units_while_the_first_is_small() {
        assert_eq!(span(0), "0 s");
        assert_eq!(span(40), "40 s");
        assert_eq!(span(95), "1 min 35 s");
        assert_eq!(span(720), "12 min");
        assert_eq!(span(12_000), "3 h 20 min");
        assert_eq!(span(3_600), "1 h");
        assert_eq!(span(187_300), "2 d 4 h");
        assert_eq!(span(10 * 86_400 + 3_600), "10 d");
    }

    #[test]
    fn the_distance_looks_both_ways() {
        let now = DateTime::parse_from_rfc3339("2026-11-22T10:00:00Z").unwrap().with_timezone(&Utc);
        assert_eq!(distance(now + chrono::Duration::minutes(12), now), "in 12 min");
        assert_eq!(distance(now - chrono::Duration::hours(30), now), "1 d 6 h ago");
        assert_eq!(distance(now + chrono::Duration::seconds(2), now), "now");
    }
}
