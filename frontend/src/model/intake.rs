//! A contacts file on its way: what the browser saw in it, and how far the upload got.

use wire::Audience;

/// How a contacts file is to be read; what is empty is found out.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Reading {
    /// The column of phone numbers.
    pub phone_column: String,
    /// The column of names.
    pub name_column: String,
    /// The country of numbers written without one, two letters.
    pub country: String,
}

/// How much of a contacts file the browser looked into.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Extent {
    /// As much as there is to judge.
    #[default]
    Looked,
    /// Nothing: only the importer reads it.
    Unseen,
}

/// What the browser read from a contacts file, or the importer.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Sheet {
    /// Whether the rest tells anything.
    pub extent: Extent,
    /// Headers, in order.
    pub columns: Vec<String>,
    /// The column of phone numbers; nothing where none looks like it.
    pub phone_column: Option<String>,
    /// The column of names.
    pub name_column: Option<String>,
    /// The first rows.
    pub sample: Vec<Vec<String>>,
    /// Rows that were judged and can be sent to.
    pub good: u64,
    /// Rows that were judged and cannot.
    pub bad: u64,
    /// Rows of the whole file; of a text guessed by its size.
    pub rows_about: u64,
}

/// How many people a file holds, as far as is known.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Recipients {
    /// Counted by the importer.
    Exact(u64),
    /// Guessed from the beginning of the file.
    About(u64),
}

impl Recipients {
    /// The number.
    pub fn count(self) -> u64 {
        match self {
            Recipients::Exact(count) | Recipients::About(count) => count,
        }
    }

    /// What stands before the number.
    pub fn word(self) -> &'static str {
        match self {
            Recipients::Exact(_) => "",
            Recipients::About(_) => "about ",
        }
    }
}

impl Sheet {
    /// The share of good rows at the beginning, taken for the whole file.
    pub fn recipients(&self) -> Recipients {
        let judged = self.good + self.bad;
        if judged == 0 || judged >= self.rows_about {
            return Recipients::About(self.good);
        }
        let all = u128::from(self.rows_about) * u128::from(self.good) / u128::from(judged);
        Recipients::About(two_digits(u64::try_from(all).unwrap_or(u64::MAX)))
    }

    /// A file that the browser does not look into.
    pub fn unseen() -> Sheet {
        Sheet { extent: Extent::Unseen, ..Sheet::default() }
    }

    /// What the importer says of a file that the browser did not look into.
    pub fn of_audience(audience: &Audience) -> Sheet {
        Sheet {
            columns: audience.columns.clone(),
            phone_column: audience.phone_column.clone(),
            name_column: audience.name_column.clone(),
            good: audience.recipients,
            bad: audience.rejected,
            rows_about: audience.recipients + audience.rejected,
            ..Sheet::default()
        }
    }

    /// The place of a column.
    pub fn position(&self, column: &str) -> Option<usize> {
        self.columns.iter().position(|name| name == column)
    }
}

/// How many rows a file has, by the lines of its beginning; without the line of titles.
pub fn rows_about(beginning: &[u8], size_bytes: u64) -> u64 {
    let lines = beginning.iter().filter(|byte| **byte == b'\n').count() as u128;
    let unended = u128::from(beginning.last().is_some_and(|last| *last != b'\n' && *last != 0));
    let all = (lines + unended) * u128::from(size_bytes) / (beginning.len() as u128).max(1);
    u64::try_from(all).unwrap_or(u64::MAX).saturating_sub(1)
}

/// A guess has two digits that mean something.
fn two_digits(count: u64) -> u64 {
    let unit = 10u64.pow(count.checked_ilog10().unwrap_or(0).saturating_sub(1));
    count / unit * unit
}

/// How far a contacts file got.
#[derive(Debug, Clone, PartialEq, Default)]
pub enum Intake {
    /// It lies on the marketer's machine.
    #[default]
    Local,
    /// It is being uploaded.
    Uploading {
        /// 0 to 100.
        percent: u8,
    },
    /// The importer reads it.
    Importing,
    /// It is an audience.
    Ready(Box<Audience>),
    /// It cannot be used, and why.
    Failed(String),
}

impl Intake {
    /// Whether something happens this moment.
    pub fn is_busy(&self) -> bool {
        match self {
            Intake::Uploading { .. } | Intake::Importing => true,
            Intake::Local | Intake::Ready(_) | Intake::Failed(_) => false,
        }
    }

    /// The audience, once there is one.
    pub fn audience(&self) -> Option<&Audience> {
        match self {
            Intake::Ready(audience) => Some(audience),
            Intake::Local | Intake::Uploading { .. } | Intake::Importing | Intake::Failed(_) => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_whose_rows_were_all_judged_is_not_stretched() {
        let sheet = Sheet { good: 123, bad: 2, rows_about: 125, ..Sheet::default() };
        assert_eq!(sheet.recipients(), Recipients::About(123));
    }

    #[test]
    fn the_rest_of_a_file_is_taken_to_be_like_its_beginning() {
        let sheet = Sheet { good: 150, bad: 50, rows_about: 57_761, ..Sheet::default() };
        assert_eq!(sheet.recipients(), Recipients::About(43_000));
    }

    #[test]
    fn rows_are_guessed_by_the_lines_of_the_beginning() {
        assert_eq!(rows_about(b"phone\n1\n2\n3\n", 12), 3);
        assert_eq!(rows_about(b"phone\n1\n2\n3", 11), 3);
        assert_eq!(rows_about(b"phone\n1111\n", 220), 39);
        assert_eq!(rows_about(b"", 0), 0);
    }

    #[test]
    fn what_the_importer_says_stands_in_for_a_look_into_the_file() {
        let audience: Audience = serde_json::from_value(serde_json::json!({
            "id": "a", "fileName": "a.xlsx", "status": "ready", "recipients": 9, "rejected": 1,
            "columns": ["phone", "name"], "phoneColumn": "phone", "createdAt": "2026-11-25T00:00:00Z"
        }))
        .unwrap();
        let sheet = Sheet::of_audience(&audience);
        assert_eq!((sheet.extent, sheet.position("name")), (Extent::Looked, Some(1)));
        assert_eq!((sheet.phone_column.as_deref(), sheet.recipients()), (Some("phone"), Recipients::About(9)));
        assert_eq!(Sheet::unseen().extent, Extent::Unseen);
    }

    #[test]
    fn an_empty_file_has_nobody() {
        assert_eq!(Sheet::default().recipients(), Recipients::About(0));
        assert_eq!(two_digits(7), 7);
    }
}
