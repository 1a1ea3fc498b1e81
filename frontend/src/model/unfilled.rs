//! People who cannot be filled in, as a refused start tells them.

use wire::Problem;

/// What stands before the place in the names of their fields.
const FIELD: &str = "recipients.";

/// Why a start was refused: these people.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unfilled {
    /// How many, in words.
    pub detail: String,
    /// The first of them, each with his row and the reason.
    pub rows: Vec<String>,
}

impl Unfilled {
    /// What a refusal tells of them; nothing if it is about something else.
    pub fn of(problem: &Problem) -> Option<Unfilled> {
        let rows: Vec<String> = problem
            .errors
            .iter()
            .filter(|error| error.field.starts_with(FIELD))
            .map(|error| error.message.clone())
            .collect();
        // What follows the colon is for programs.
        let detail = problem.detail.split(':').next().unwrap_or_default().to_owned();
        (!rows.is_empty()).then_some(Unfilled { detail, rows })
    }
}

#[cfg(test)]
mod tests {
    use wire::FieldError;

    use super::*;

    fn problem(field: &str) -> Problem {
        Problem {
            kind: "invalid".into(),
            code: "invalid".into(),
            title: "Not valid".into(),
            status: 422,
            detail: "2 of 40 people cannot get this message: correct them, or set skipUnfilled".into(),
            request_id: None,
            errors: vec![FieldError { field: field.into(), message: "row 18: \"city\" is empty".into() }],
        }
    }

    #[test]
    fn a_refusal_about_people_tells_their_rows() {
        let unfilled = Unfilled::of(&problem("recipients.17")).unwrap();
        assert_eq!(unfilled.detail, "2 of 40 people cannot get this message");
        assert_eq!(unfilled.rows, ["row 18: \"city\" is empty"]);
        assert_eq!(Unfilled::of(&problem("template.body.0")), None);
    }
}
