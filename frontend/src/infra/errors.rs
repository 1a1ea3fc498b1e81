//! What an API error does: 401 leads to the sign-in, field errors go to the form, the rest to the banner.

use wire::FieldError;

use super::http::ApiError;
use crate::t;

/// What the dashboard does about an error.
#[derive(Debug, Clone, PartialEq)]
pub enum Reaction {
    /// Nobody is signed in: show how to.
    SignIn,
    /// Mark these fields of the form.
    MarkFields(Vec<FieldError>),
    /// Say this on top of the page.
    Say(Notice),
}

/// A line on top of the page.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Notice {
    /// Of which kind.
    pub kind: NoticeKind,
    /// In words.
    pub text: String,
}

/// Which kind of line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NoticeKind {
    /// The server cannot be reached; goes by itself when it can.
    Connection,
    /// Nobody is signed in any more while something is typed; goes once somebody is.
    SignedOut,
    /// Something was refused or went wrong; stays until it is read.
    Failure,
}

impl NoticeKind {
    /// Whether it is no longer true once the server gave what it was asked for.
    pub fn passes(self) -> bool {
        match self {
            NoticeKind::Connection | NoticeKind::SignedOut => true,
            NoticeKind::Failure => false,
        }
    }
}

/// What is said in place of the sign-in where a form would go with its page.
pub fn signed_out() -> Notice {
    Notice { kind: NoticeKind::SignedOut, text: t::you_are_signed_out().to_owned() }
}

/// The one decision about API errors.
pub fn reaction(error: ApiError) -> Reaction {
    match error {
        ApiError::Refused(problem) if problem.status == 401 => Reaction::SignIn,
        ApiError::Refused(problem) if !problem.errors.is_empty() => Reaction::MarkFields(problem.errors),
        ApiError::Refused(problem) => {
            let told = if problem.detail.is_empty() { problem.title } else { problem.detail };
            let trace = problem.request_id.filter(|_| problem.status >= 500);
            let trace = trace.map(|id| format!(" ({})", t::request_named(&id))).unwrap_or_default();
            failure(format!("{told}{trace}"))
        }
        ApiError::Unreachable => {
            Reaction::Say(Notice { kind: NoticeKind::Connection, text: t::the_server_does_not_answer().into() })
        }
        ApiError::Unreadable { status: 401 } => Reaction::SignIn,
        ApiError::Unreadable { status } => failure(t::answer_not_ours(&status)),
    }
}

fn failure(text: String) -> Reaction {
    Reaction::Say(Notice { kind: NoticeKind::Failure, text })
}

#[cfg(test)]
mod tests {
    use super::*;
    use wire::Problem;

    fn problem(status: u16) -> Problem {
        Problem {
            kind: "conflict".into(),
            code: "conflict".into(),
            title: "Not possible now".into(),
            status,
            detail: "The campaign is completed.".into(),
            request_id: Some("r-1".into()),
            errors: vec![],
        }
    }

    fn words(reaction: Reaction) -> String {
        match reaction {
            Reaction::Say(notice) => notice.text,
            other => panic!("{other:?} says nothing"),
        }
    }

    #[test]
    fn nobody_signed_in_leads_to_the_sign_in() {
        assert_eq!(reaction(ApiError::Refused(problem(401))), Reaction::SignIn);
    }

    #[test]
    fn only_what_the_servers_answer_disproves_passes() {
        assert!(signed_out().kind.passes() && NoticeKind::Connection.passes());
        assert!(!NoticeKind::Failure.passes());
    }

    #[test]
    fn field_errors_go_to_the_form() {
        let field = FieldError { field: "name".into(), message: "too long".into() };
        let refused = Problem { errors: vec![field.clone()], ..problem(422) };
        assert_eq!(reaction(ApiError::Refused(refused)), Reaction::MarkFields(vec![field]));
    }

    #[test]
    fn the_rest_is_said_and_a_fault_of_ours_names_its_request() {
        assert_eq!(words(reaction(ApiError::Refused(problem(409)))), "The campaign is completed.");
        assert_eq!(words(reaction(ApiError::Refused(problem(500)))), "The campaign is completed. (request r-1)");
        assert!(words(reaction(ApiError::Unreadable { status: 502 })).contains("502"));
    }
}
