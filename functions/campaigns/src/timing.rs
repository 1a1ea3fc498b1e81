//! When a campaign may send, beside its pace: the hours, the recipients' nights, and over how many days.

use serde::{Deserialize, Serialize};
use wire::{CreateCampaign, FieldError};

use crate::hours::BusinessHours;
use crate::plan::{MOST_DAYS, Plan};
use crate::quiet::QuietHours;
use crate::zone::Zone;

/// What was asked for; nothing of it means at any time.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Timing {
    /// The hours in which messages may leave.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub hours: Option<BusinessHours>,
    /// The hours of the recipients' clocks in which nobody is written to.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub quiet: Option<QuietHours>,
    /// Over how many days the audience is spread.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub duration_days: Option<u32>,
    /// The campaign's own time zone, where one was given.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub time_zone: Option<Zone>,
}

impl Timing {
    /// Reads what was asked for; on failure every field that is wrong.
    pub fn parse(request: &CreateCampaign) -> Result<Timing, Vec<FieldError>> {
        let mut faults = Vec::new();
        let timing = Timing {
            hours: request.business_hours.as_ref().and_then(|asked| kept(BusinessHours::parse(asked), &mut faults)),
            quiet: request.quiet_hours.as_ref().and_then(|asked| kept(QuietHours::parse(asked), &mut faults)),
            duration_days: request.duration_days.and_then(|days| kept(duration(days), &mut faults)),
            time_zone: request.time_zone.as_deref().and_then(|name| kept(zone(name), &mut faults)),
        };
        if faults.is_empty() { Ok(timing) } else { Err(faults) }
    }

    /// Whether a campaign may send at any time.
    pub fn is_any_time(&self) -> bool {
        *self == Timing::default()
    }

    /// The campaign's zone: the one that was given, or that of its hours, or UTC.
    pub fn zone(&self) -> Zone {
        self.time_zone.or(self.hours.map(|hours| hours.zone())).unwrap_or(Zone::UTC)
    }

    /// When the last of them has it who live by these clocks (as `quiet::clocks_of` names them), where the plan's last
    /// message is due at `micros`: who sleeps then gets it in the morning. Who always sleeps is skipped and takes no time.
    pub fn awake_micros<'a>(&self, clocks: impl Iterator<Item = &'a str>, micros: i64) -> i64 {
        let Some(quiet) = self.quiet else { return micros };
        let by = |clocks| quiet.next_moment_by(clocks, self.zone(), self.hours.as_ref(), micros);
        clocks.filter_map(by).fold(micros, i64::max)
    }

    /// The plan within the hours and over the days. Quiet hours are each recipient's own and no part of it.
    pub fn of_plan(&self, plan: Plan) -> Plan {
        plan.within(self.hours).over_days(self.duration_days, self.zone())
    }
}

fn kept<T>(read: Result<T, Vec<FieldError>>, faults: &mut Vec<FieldError>) -> Option<T> {
    read.map_err(|found| faults.extend(found)).ok()
}

fn duration(days: u32) -> Result<u32, Vec<FieldError>> {
    let message = || format!("must be 1 to {MOST_DAYS} days");
    if (1..=MOST_DAYS).contains(&days) { Ok(days) } else { Err(vec![fault("durationDays", message())]) }
}

fn zone(name: &str) -> Result<Zone, Vec<FieldError>> {
    Zone::parse(name).map_err(|unknown| vec![fault("timeZone", unknown.to_string())])
}

fn fault(field: &str, message: String) -> FieldError {
    FieldError { field: field.to_owned(), message }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn office() -> wire::BusinessHours {
        wire::BusinessHours {
            days: vec!["mon".into()],
            from: "09:00".into(),
            to: "18:00".into(),
            time_zone: "America/Sao_Paulo".into(),
        }
    }

    #[test]
    fn nothing_asked_for_is_any_time_and_leaves_no_trace() {
        let timing = Timing::parse(&CreateCampaign::default()).unwrap();
        assert!(timing.is_any_time());
        assert_eq!((timing.zone(), serde_json::to_string(&timing).unwrap()), (Zone::UTC, "{}".to_owned()));
    }

    #[test]
    fn the_zone_is_the_given_one_or_that_of_the_hours() {
        let request = CreateCampaign { business_hours: Some(office()), ..CreateCampaign::default() };
        assert_eq!(Timing::parse(&request).unwrap().zone().name(), "America/Sao_Paulo");
        let given = CreateCampaign { time_zone: Some("Europe/Lisbon".into()), ..request };
        assert_eq!(Timing::parse(&given).unwrap().zone().name(), "Europe/Lisbon");
    }

    #[test]
    fn everything_comes_back_from_storage() {
        let request = CreateCampaign {
            business_hours: Some(office()),
            quiet_hours: Some(wire::QuietHours { from: "21:00".into(), to: "08:00".into() }),
            duration_days: Some(3),
            time_zone: Some("Europe/Lisbon".into()),
            ..CreateCampaign::default()
        };
        let timing = Timing::parse(&request).unwrap();
        assert_eq!(serde_json::from_str::<Timing>(&serde_json::to_string(&timing).unwrap()).unwrap(), timing);
    }

    #[test]
    fn every_wrong_field_is_named() {
        let request = CreateCampaign {
            business_hours: Some(wire::BusinessHours { to: "08:00".into(), ..office() }),
            quiet_hours: Some(wire::QuietHours::default()),
            duration_days: Some(0),
            time_zone: Some("Lisbon".into()),
            ..CreateCampaign::default()
        };
        let fields: Vec<String> = Timing::parse(&request).unwrap_err().into_iter().map(|fault| fault.field).collect();
        assert_eq!(fields, ["businessHours.to", "quietHours.from", "quietHours.to", "durationDays", "timeZone"]);
    }
}
