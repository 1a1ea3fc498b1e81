//! A contacts file, or a list, on its way to an audience: what is known of it, and how far it got.

use reader::{Counts, Extent, Manner, Sheet};
use wire::{Audience, AudienceId};

use crate::t;

/// How many people there are, as far as is known.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Recipients {
    /// All were counted.
    Exact(u64),
    /// Guessed from the part of the file that was read.
    About(u64),
}

impl Recipients {
    /// The number.
    pub fn count(self) -> u64 {
        match self {
            Recipients::Exact(count) | Recipients::About(count) => count,
        }
    }

    /// The number as it was written, with the word that makes a guess of it.
    pub fn told(self, written: &str) -> String {
        match self {
            Recipients::Exact(_) => written.to_owned(),
            Recipients::About(_) => t::about(&written),
        }
    }
}

/// How many people a file holds: counted, or the rest taken to be like its beginning.
pub fn recipients(sheet: &Sheet) -> Recipients {
    let good = sheet.counts.good;
    match sheet.extent {
        Extent::All => Recipients::Exact(good),
        Extent::Part { percent: Some(percent) } => {
            let all = u128::from(good) * 100 / u128::from(percent.max(1));
            Recipients::About(two_digits(u64::try_from(all).unwrap_or(u64::MAX)))
        }
        Extent::Part { percent: None } | Extent::Unseen => Recipients::About(good),
    }
}

/// What the importer says of a file that the browser did not look into.
pub fn sheet_of(audience: &Audience) -> Sheet {
    Sheet {
        columns: audience.columns.clone(),
        phone_column: audience.phone_column.clone(),
        name_column: audience.name_column.clone(),
        manner: Box::new(Manner {
            sheets: audience.sheets.clone(),
            sheet: audience.sheet.clone(),
            ..Manner::default()
        }),
        counts: Counts { good: audience.recipients, bad: audience.rejected, duplicates: 0 },
        ..Sheet::default()
    }
}

/// A guess has two digits that mean something.
fn two_digits(count: u64) -> u64 {
    let unit = 10u64.pow(count.checked_ilog10().unwrap_or(0).saturating_sub(1));
    count / unit * unit
}

/// How far an audience got.
#[derive(Debug, Clone, PartialEq, Default)]
pub enum Intake {
    /// Nothing was asked for: the file lies on the marketer's machine, the list in the book.
    #[default]
    Local,
    /// The file is being uploaded.
    Uploading {
        /// 0 to 100.
        percent: u8,
    },
    /// The importer reads it.
    Importing {
        /// People so far.
        recipients: u64,
    },
    /// It is an audience.
    Ready(Box<Audience>),
    /// It cannot be used, and why.
    Failed(String),
}

impl Intake {
    /// Whether something happens this moment.
    pub fn is_busy(&self) -> bool {
        match self {
            Intake::Uploading { .. } | Intake::Importing { .. } => true,
            Intake::Local | Intake::Ready(_) | Intake::Failed(_) => false,
        }
    }

    /// The audience, once there is one.
    pub fn audience(&self) -> Option<&Audience> {
        match self {
            Intake::Ready(audience) => Some(audience),
            Intake::Local | Intake::Uploading { .. } | Intake::Importing { .. } | Intake::Failed(_) => None,
        }
    }

    /// Whom somebody can answer for.
    pub fn people(&self) -> People {
        match self {
            Intake::Local | Intake::Failed(_) => People::Nobody,
            Intake::Uploading { .. } | Intake::Importing { .. } => People::Coming,
            Intake::Ready(audience) => People::Those(audience.id.clone()),
        }
    }
}

/// Whom somebody can answer for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum People {
    /// Nobody yet, or nobody any more.
    Nobody,
    /// Those who are on their way.
    Coming,
    /// Those of this audience.
    Those(AudienceId),
}

impl People {
    /// Whether these are others than `before`, so that what was said of those does not hold for these.
    pub fn replace(&self, before: &People) -> bool {
        match (before, self) {
            (People::Nobody, _) | (People::Coming, People::Coming | People::Those(_)) => false,
            (People::Coming, People::Nobody) | (People::Those(_), People::Nobody | People::Coming) => true,
            (People::Those(before), People::Those(now)) => before != now,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(percent: Option<u8>, good: u64) -> Sheet {
        let counts = Counts { good, bad: 5, duplicates: 2 };
        Sheet { extent: Extent::Part { percent }, counts, ..Sheet::default() }
    }

    #[test]
    fn a_file_that_was_read_whole_is_counted() {
        assert_eq!(recipients(&Sheet { extent: Extent::All, ..read(None, 123) }), Recipients::Exact(123));
    }

    #[test]
    fn the_rest_of_a_file_is_taken_to_be_like_its_beginning() {
        assert_eq!(recipients(&read(Some(25), 10_870)), Recipients::About(43_000));
        assert_eq!(recipients(&read(Some(0), 50)), Recipients::About(5_000));
        assert_eq!(recipients(&read(None, 50)), Recipients::About(50));
    }

    #[test]
    fn what_the_importer_says_stands_in_for_a_look_into_the_file() {
        let audience: Audience = serde_json::from_value(serde_json::json!({
            "id": "a", "fileName": "a.xlsx", "status": "ready", "recipients": 9, "rejected": 1,
            "columns": ["phone", "name"], "phoneColumn": "phone", "createdAt": "2026-11-25T00:00:00Z",
            "sheets": ["May", "June"], "sheet": "June"
        }))
        .unwrap();
        let sheet = sheet_of(&audience);
        assert_eq!((sheet.manner.sheets.len(), sheet.manner.sheet.as_deref()), (2, Some("June")));
        assert_eq!((sheet.is_seen(), sheet.position("name")), (true, Some(1)));
        assert_eq!((sheet.phone_column.as_deref(), recipients(&sheet)), (Some("phone"), Recipients::Exact(9)));
        assert!(!Sheet::unseen().is_seen());
    }

    #[test]
    fn what_was_said_of_people_ends_with_them_and_lasts_while_they_come() {
        let those = |id: &str| People::Those(AudienceId(id.into()));
        let way = [Intake::Local.people(), Intake::Importing { recipients: 3 }.people(), those("a")];
        assert!(way.windows(2).all(|pair| !pair[1].replace(&pair[0])));
        assert!(!those("a").replace(&People::Nobody) && !those("a").replace(&those("a")));
        for now in [Intake::Failed("empty".into()).people(), People::Coming, those("b")] {
            assert!(now.replace(&those("a")), "{now:?}");
        }
        assert!(People::Nobody.replace(&Intake::Uploading { percent: 9 }.people()));
    }

    #[test]
    fn an_empty_file_has_nobody() {
        assert_eq!(recipients(&Sheet::default()), Recipients::Exact(0));
        assert_eq!(two_digits(7), 7);
    }
}
