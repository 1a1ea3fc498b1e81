//! An edit: what was asked for at the creation with some of it changed, and what may still be changed when.
//!
//! An edit is laid over the campaign's own request and parsed as a creation, so both have the same bounds and words.

use wire::{CampaignStatus, CreateCampaign, EditCampaign, PauseAbove};

use crate::lifecycle::status_name;

/// The request of a campaign as it stands (without its time), with the edit laid over it.
pub fn overlay(standing: CreateCampaign, edit: &EditCampaign) -> CreateCampaign {
    let both = edit.seconds_between_messages;
    let has_file = edit.audience_id.is_some() || edit.leads_asset_url.is_some();
    let (audience_id, leads_asset_url) = match has_file {
        true => (edit.audience_id.clone(), edit.leads_asset_url.clone()),
        false => (standing.audience_id.clone(), standing.leads_asset_url.clone()),
    };
    let standing = with_content(standing, edit);
    CreateCampaign {
        name: edit.name.clone().unwrap_or_else(|| standing.name.clone()),
        scheduled_to: edit.scheduled_to.clone(),
        seconds_between_messages: both,
        min_seconds_between_messages: edit
            .min_seconds_between_messages
            .or(standing.min_seconds_between_messages.filter(|_| both.is_none())),
        max_seconds_between_messages: edit
            .max_seconds_between_messages
            .or(standing.max_seconds_between_messages.filter(|_| both.is_none())),
        seconds_between_chunks: edit.seconds_between_chunks.or(standing.seconds_between_chunks),
        retry_rounds: edit.retry_rounds.or(standing.retry_rounds),
        track_max_hours: edit.track_max_hours.or(standing.track_max_hours),
        track_all_channels: edit.track_all_channels.or(standing.track_all_channels),
        replies: edit.replies.clone().unwrap_or_else(|| standing.replies.clone()),
        pause_above: pause_above(standing.pause_above.clone(), edit.pause_above.clone()),
        business_hours: edit.business_hours.clone().unwrap_or_else(|| standing.business_hours.clone()),
        business_hours_id: match edit.business_hours {
            // Other hours are a copy of none that were saved, unless they are said to be.
            Some(_) => edit.business_hours_id.clone(),
            None => standing.business_hours_id.clone(),
        },
        quiet_hours: edit.quiet_hours.clone().unwrap_or_else(|| standing.quiet_hours.clone()),
        duration_days: edit.duration_days.unwrap_or(standing.duration_days),
        time_zone: edit.time_zone.clone().unwrap_or_else(|| standing.time_zone.clone()),
        chunk_size: edit.chunk_size.or(standing.chunk_size),
        skip_unfilled: edit.skip_unfilled.or(standing.skip_unfilled),
        links: edit.links.clone().unwrap_or_else(|| standing.links.clone()),
        spend_cap: edit.spend_cap.clone().unwrap_or_else(|| standing.spend_cap.clone()),
        audience_id,
        leads_asset_url,
        ..standing
    }
}

/// What the campaign says: as edited, or as it stands.
fn with_content(standing: CreateCampaign, edit: &EditCampaign) -> CreateCampaign {
    let EditCampaign { template, message, assets_urls, variants, .. } = edit;
    if template.is_none() && message.is_none() && assets_urls.is_none() && variants.is_none() {
        return standing;
    }
    CreateCampaign {
        template: template.clone(),
        message: message.clone(),
        text_raw: None,
        assets_urls: assets_urls.clone().unwrap_or_default(),
        variants: variants.clone().unwrap_or_default(),
        ..standing
    }
}

/// Each share as edited, or as it stands.
fn pause_above(standing: Option<PauseAbove>, edit: Option<PauseAbove>) -> Option<PauseAbove> {
    let Some(edit) = edit else { return standing };
    let standing = standing.unwrap_or_default();
    Some(PauseAbove {
        undeliverable_percent: edit.undeliverable_percent.or(standing.undeliverable_percent),
        parameters_percent: edit.parameters_percent.or(standing.parameters_percent),
        unexplained_percent: edit.unexplained_percent.or(standing.unexplained_percent),
    })
}

/// What kind of thing an edit changes: each may be changed for as long as it says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Part {
    /// What only people read.
    Name,
    /// Which replies count.
    Tracking,
    /// When messages leave.
    Pace,
    /// When the campaign pauses by itself.
    Breaker,
    /// When the campaign starts.
    Time,
    /// What is sent, to whom, and how it is cut into chunks.
    Fixed,
}

impl Part {
    /// Whether its change lays the campaign's plan anew.
    pub fn moves(self) -> bool {
        match self {
            Part::Pace | Part::Time | Part::Fixed => true,
            Part::Name | Part::Tracking | Part::Breaker => false,
        }
    }
}

/// How far a campaign has come, as far as edits care.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Progress {
    /// Certainly no message has left.
    NothingLeft,
    /// It stopped a moment ago: whether a message left is not certain yet.
    Unsure,
    /// A message has left or may leave any moment.
    UnderWay,
}

/// Why this part cannot be changed now; nothing when it can.
pub fn refusal(part: Part, status: CampaignStatus, progress: Progress) -> Option<String> {
    use CampaignStatus::{Cancelled, Completed, Draft, Failed, Paused, Processing, Scheduled};
    let name = status_name(status);
    match (part, status, progress) {
        (Part::Name | Part::Tracking, _, _)
        | (Part::Pace | Part::Breaker, Draft | Scheduled | Processing | Paused, _)
        | (Part::Time, Draft | Scheduled, _)
        | (Part::Fixed, Draft | Scheduled | Paused, Progress::NothingLeft) => None,
        (Part::Pace | Part::Breaker | Part::Fixed, Completed | Cancelled | Failed, _) => {
            Some(format!("the campaign is {name}: only its name can still be changed; make a copy for another try"))
        }
        (Part::Time, Processing | Paused | Completed | Cancelled | Failed, _) => {
            Some(format!("the campaign is {name}: its time can be changed only while it is a draft or scheduled"))
        }
        (Part::Fixed, Paused, Progress::Unsure) => {
            Some("the campaign was paused a moment ago and a message may be in flight: try again in a minute".into())
        }
        (Part::Fixed, Draft | Scheduled | Processing | Paused, Progress::Unsure | Progress::UnderWay)
        | (Part::Fixed, Processing, Progress::NothingLeft) => {
            Some("messages are under way: content, contacts and chunks are fixed; make a copy to change them".into())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lifecycle::STATUSES;

    fn allowed(part: Part, progress: Progress) -> Vec<CampaignStatus> {
        STATUSES.into_iter().filter(|status| refusal(part, *status, progress).is_none()).collect()
    }

    #[test]
    fn each_part_can_be_changed_for_its_own_time() {
        use CampaignStatus::{Draft, Paused, Processing, Scheduled};
        assert_eq!(allowed(Part::Name, Progress::UnderWay), STATUSES);
        assert_eq!(allowed(Part::Tracking, Progress::UnderWay), STATUSES);
        assert_eq!(allowed(Part::Pace, Progress::UnderWay), [Draft, Scheduled, Processing, Paused]);
        assert_eq!(allowed(Part::Breaker, Progress::UnderWay), [Draft, Scheduled, Processing, Paused]);
        assert_eq!(allowed(Part::Time, Progress::UnderWay), [Draft, Scheduled]);
        assert_eq!(allowed(Part::Fixed, Progress::NothingLeft), [Draft, Scheduled, Paused]);
        assert_eq!(allowed(Part::Fixed, Progress::Unsure), []);
        assert_eq!(allowed(Part::Fixed, Progress::UnderWay), []);
    }

    #[test]
    fn what_is_absent_stays_and_one_number_sets_both_gaps() {
        let standing = CreateCampaign {
            name: "Natal".into(),
            min_seconds_between_messages: Some(1.0),
            max_seconds_between_messages: Some(2.0),
            seconds_between_chunks: Some(60.0),
            ..CreateCampaign::default()
        };
        assert_eq!(overlay(standing.clone(), &EditCampaign::default()), standing);
        let edit = EditCampaign { seconds_between_messages: Some(5.0), ..EditCampaign::default() };
        let edited = overlay(standing.clone(), &edit);
        assert_eq!((edited.min_seconds_between_messages, edited.max_seconds_between_messages), (None, None));
        assert_eq!(edited.seconds_between_messages, Some(5.0));
        assert_eq!((edited.name.as_str(), edited.seconds_between_chunks), ("Natal", Some(60.0)));
    }

    #[test]
    fn null_takes_hours_away_and_absence_leaves_them() {
        let hours = wire::QuietHours { from: "21:00".into(), to: "08:00".into() };
        let standing = CreateCampaign { quiet_hours: Some(hours.clone()), ..CreateCampaign::default() };
        let edited = |json: &str| overlay(standing.clone(), &serde_json::from_str(json).unwrap()).quiet_hours;
        assert_eq!(edited("{}"), Some(hours));
        assert_eq!(edited(r#"{"quietHours": null}"#), None);
        assert_eq!(edited(r#"{"quietHours": {"from": "22:00", "to": "07:00"}}"#).unwrap().from, "22:00");
    }

    #[test]
    fn another_file_takes_the_place_of_the_first_however_it_is_named() {
        let standing = CreateCampaign {
            audience_id: Some(wire::AudienceId("01JD8ZQ0000000000000000000".into())),
            ..CreateCampaign::default()
        };
        let edit = EditCampaign { leads_asset_url: Some("s3://x/y.csv".into()), ..EditCampaign::default() };
        let edited = overlay(standing, &edit);
        assert_eq!((edited.audience_id, edited.leads_asset_url.as_deref()), (None, Some("s3://x/y.csv")));
    }
}
