//! Which people of a campaign are shown. The choice lives in the URL, so that it can be shared and gone back to.

use wire::{Message, MessageState};

use super::state;
use crate::t;

/// People on one page.
pub const PAGE_SIZE: usize = 25;

/// A filtered list answers pages with fewer people than asked, even none; so many are asked for before showing what came.
pub const PAGES_FOLLOWED: usize = 8;

/// The filter and the place in the list.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct PeopleQuery {
    /// Only people in this state.
    pub state: Option<MessageState>,
    /// The cursor of the page; nothing for the first.
    pub after: Option<String>,
}

impl PeopleQuery {
    /// As the URL has it; a state that does not exist means no filter.
    pub fn parse(state_word: Option<&str>, after: Option<&str>) -> Self {
        Self {
            state: state_word.and_then(state::from_key),
            after: after.filter(|cursor| !cursor.is_empty()).map(str::to_owned),
        }
    }

    /// The same list, at another place.
    pub fn at(&self, after: Option<String>) -> Self {
        Self { state: self.state, after }
    }

    /// The name and value of each part of the URL's query.
    pub fn parts(&self) -> Vec<(&'static str, String)> {
        let state = self.state.map(|state| ("state", state::key(state).to_owned()));
        let after = self.after.clone().map(|after| ("after", after));
        state.into_iter().chain(after).collect()
    }
}

/// Why a message is where it is: the reason, with Meta's code if there is one.
pub fn reason(message: &Message) -> String {
    match (&message.reason, message.code) {
        (Some(reason), Some(code)) => format!("{} ({code})", t::said(reason)),
        (Some(reason), None) => t::said(reason),
        (None, Some(code)) => t::code_number(&code),
        (None, None) => String::new(),
    }
}

/// When the latest thing happened to a message.
pub fn latest(message: &Message) -> Option<chrono::DateTime<chrono::Utc>> {
    [message.claimed_at, message.sent_at, message.delivered_at, message.read_at, message.failed_at]
        .into_iter()
        .flatten()
        .max()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_url_and_the_query_are_one() {
        let query = PeopleQuery::parse(Some("failed"), Some("50"));
        assert_eq!(query.parts(), [("state", "failed".to_owned()), ("after", "50".to_owned())]);
        assert_eq!(query.at(None).parts(), [("state", "failed".to_owned())]);
    }

    #[test]
    fn an_unknown_state_filters_nothing() {
        assert_eq!(PeopleQuery::parse(Some("lost"), Some("")), PeopleQuery::default());
    }
}
