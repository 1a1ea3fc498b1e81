//! Business hours as they are typed, and the form that saves them under a name.

use campaigns::hours::WEEKDAYS;
use wire::{BusinessHours, CreateSavedHours, EditSavedHours, FieldError, SavedHours};

use crate::t;

/// What an input for times shows at the end of the day, which it does not know.
const MIDNIGHT: &str = "00:00";

/// The end of the day, as the API has it.
const END_OF_DAY: &str = "24:00";

/// Hours of the week by the clock of one place.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct HoursText {
    /// On which days of the week, Monday first.
    pub days: [bool; 7],
    /// When they open and close: `09:00`.
    pub opens: String,
    /// See `opens`; midnight is the end of the day.
    pub closes: String,
    /// By whose clock, an IANA name.
    pub time_zone: String,
}

impl HoursText {
    /// An office's hours, by this clock.
    pub fn usual(time_zone: String) -> Self {
        Self {
            days: [true, true, true, true, true, false, false],
            opens: "09:00".into(),
            closes: "18:00".into(),
            time_zone,
        }
    }

    /// The hours as they stand.
    pub fn of(hours: &BusinessHours) -> Self {
        Self {
            days: WEEKDAYS.map(|day| hours.days.iter().any(|asked| asked == day)),
            opens: hours.from.clone(),
            closes: if hours.to == END_OF_DAY { MIDNIGHT.into() } else { hours.to.clone() },
            time_zone: hours.time_zone.clone(),
        }
    }

    /// As the API has them.
    pub fn hours(&self) -> BusinessHours {
        let chosen = WEEKDAYS.iter().zip(self.days).filter(|(_, chosen)| *chosen);
        BusinessHours {
            days: chosen.map(|(day, _)| (*day).to_owned()).collect(),
            from: self.opens.clone(),
            to: if self.closes == MIDNIGHT { END_OF_DAY.into() } else { self.closes.clone() },
            time_zone: self.time_zone.trim().to_owned(),
        }
    }
}

/// Hours under a name, new ones or some that are changed.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct SavedHoursForm {
    /// What people call them.
    pub name: String,
    /// When they are.
    pub hours: HoursText,
    /// Those that are changed.
    pub changes: Option<SavedHours>,
}

/// What the form asks for.
#[derive(Debug, Clone, PartialEq)]
pub enum HoursRequest {
    /// New hours.
    Create(CreateSavedHours),
    /// Others in the place of these.
    Edit(SavedHours, EditSavedHours),
}

impl SavedHoursForm {
    /// New hours, by the reader's clock.
    pub fn new(time_zone: String) -> Self {
        Self { hours: HoursText::usual(time_zone), ..Self::default() }
    }

    /// These hours, to be changed.
    pub fn of(saved: SavedHours) -> Self {
        Self { name: saved.name.clone(), hours: HoursText::of(&saved.hours), changes: Some(saved) }
    }

    /// What is asked of the API, or every field that is wrong.
    pub fn request(&self) -> Result<HoursRequest, Vec<FieldError>> {
        let mut faults = Vec::new();
        if self.name.trim().is_empty() {
            faults.push(FieldError { field: "name".into(), message: t::give_the_hours_a_name().to_owned() });
        }
        let hours = self.hours.hours();
        if let Err(wrong) = campaigns::hours::BusinessHours::parse(&hours) {
            faults.extend(wrong.into_iter().map(|fault| FieldError {
                field: fault.field.strip_prefix("businessHours.").unwrap_or(&fault.field).to_owned(),
                ..fault
            }));
        }
        if !faults.is_empty() {
            return Err(faults);
        }
        let name = self.name.trim().to_owned();
        Ok(match self.changes.clone() {
            None => HoursRequest::Create(CreateSavedHours { name, hours }),
            Some(saved) => {
                let edit = EditSavedHours {
                    name: Some(name),
                    days: Some(hours.days),
                    from: Some(hours.from),
                    to: Some(hours.to),
                    time_zone: Some(hours.time_zone),
                    version: Some(saved.version),
                };
                HoursRequest::Edit(saved, edit)
            }
        })
    }
}

#[cfg(test)]
mod tests {
    use chrono::DateTime;
    use wire::HoursId;

    use super::*;

    fn late_shop() -> SavedHours {
        SavedHours {
            id: HoursId("01JD8ZQ0000000000000000000".into()),
            name: "Late shop".into(),
            hours: BusinessHours {
                days: vec!["sat".into(), "sun".into()],
                from: "14:00".into(),
                to: "24:00".into(),
                time_zone: "Europe/Lisbon".into(),
            },
            created_at: DateTime::UNIX_EPOCH,
            updated_at: DateTime::UNIX_EPOCH,
            version: 4,
        }
    }

    #[test]
    fn the_end_of_the_day_is_the_midnight_of_an_input() {
        let text = HoursText::of(&late_shop().hours);
        assert_eq!((text.closes.as_str(), text.days[4..].to_vec()), ("00:00", vec![false, true, true]));
        assert_eq!(text.hours(), late_shop().hours);
    }

    #[test]
    fn new_hours_need_a_name_and_a_day() {
        let mut form = SavedHoursForm::new("Nowhere".into());
        form.hours.days = [false; 7];
        let fields: Vec<String> = form.request().unwrap_err().into_iter().map(|fault| fault.field).collect();
        assert_eq!(fields, ["name", "days", "timeZone"]);
        let form = SavedHoursForm { name: " Office ".into(), ..SavedHoursForm::new("UTC".into()) };
        let HoursRequest::Create(asked) = form.request().unwrap() else { panic!("these are new") };
        assert_eq!((asked.name.as_str(), asked.hours.days.len()), ("Office", 5));
    }

    #[test]
    fn changed_hours_name_the_version_that_was_seen() {
        let mut form = SavedHoursForm::of(late_shop());
        form.hours.closes = "23:00".into();
        let HoursRequest::Edit(saved, edit) = form.request().unwrap() else { panic!("these stand already") };
        assert_eq!((saved.id, edit.version, edit.to.as_deref()), (late_shop().id, Some(4), Some("23:00")));
    }
}
