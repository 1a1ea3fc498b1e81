//! Which people of a campaign are shown, and what happened to each. The choice lives in the URL, so that it can be
//! shared and gone back to.

use chrono::{DateTime, Utc};
use wire::{Billing, Message, MessageState};

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
    /// Only people whose message has this code of WhatsApp.
    pub code: Option<u32>,
    /// The cursor of the page; nothing for the first.
    pub after: Option<String>,
}

impl PeopleQuery {
    /// As the URL has it; a state that does not exist and a code that is no number mean no filter.
    pub fn parse(state_word: Option<&str>, code: Option<&str>, after: Option<&str>) -> Self {
        Self {
            state: state_word.and_then(state::from_key),
            code: code.and_then(|code| code.parse().ok()),
            after: after.filter(|cursor| !cursor.is_empty()).map(str::to_owned),
        }
    }

    /// The same list, at another place.
    pub fn at(&self, after: Option<String>) -> Self {
        Self { state: self.state, code: self.code, after }
    }

    /// The people who failed with one code.
    pub fn failed_with(code: u32) -> Self {
        Self { state: Some(MessageState::Failed), code: Some(code), after: None }
    }

    /// The first page of the same with another state, by its name; of all states with none.
    pub fn in_state(&self, word: &str) -> Self {
        Self { state: state::from_key(word), code: self.code, after: None }
    }

    /// The first page of the same, whatever their codes.
    pub fn of_all_codes(&self) -> Self {
        Self { state: self.state, code: None, after: None }
    }

    /// The name and value of each part of the URL's query.
    pub fn parts(&self) -> Vec<(&'static str, String)> {
        let state = self.state.map(|state| ("state", state::key(state).to_owned()));
        let code = self.code.map(|code| ("code", code.to_string()));
        let after = self.after.clone().map(|after| ("after", after));
        state.into_iter().chain(code).chain(after).collect()
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

/// When each thing happened to a message, in the order of [`stamps`].
pub type Stamps = [Option<DateTime<Utc>>; 7];

/// When it was claimed, sent, delivered, read, tapped and answered, and when it failed.
pub fn stamps(message: &Message) -> Stamps {
    [
        message.claimed_at,
        message.sent_at,
        message.delivered_at,
        message.read_at,
        message.clicked_at,
        message.replied_at,
        message.failed_at,
    ]
}

/// When the latest thing happened to a message.
pub fn latest(message: &Message) -> Option<DateTime<Utc>> {
    stamps(message).into_iter().flatten().max()
}

/// A line of a person's history: what it is, and what it says.
pub type Line = (&'static str, String);

/// What happened to a message: its attempts, each step on its way and then each reaction with the earliest first, the
/// answer, and what it is billed as. `count` and `date` write numbers and times as the reader does.
pub fn history(message: &Message, count: impl Fn(u64) -> String, date: impl Fn(DateTime<Utc>) -> String) -> Vec<Line> {
    let attempts = (t::attempts(), count(message.attempt.into()));
    let steps = steps(message).into_iter().map(|(name, at)| (name, date(at)));
    let reply = message.reply_text.clone().map(|words| (t::the_reply(), words));
    let opens = (message.link_opens > 0).then(|| (t::link_opens(), count(message.link_opens.into())));
    let billed = message.billing.as_ref().map(|billing| (t::billed_as(), billed_as(billing)));
    std::iter::once(attempts).chain(steps).chain(reply).chain(opens).chain(billed).collect()
}

fn steps(message: &Message) -> Vec<(&'static str, DateTime<Utc>)> {
    // The stamps come from several clocks: what is sent may bear a later one than what is delivered.
    let on_its_way = [
        (t::step_claimed(), message.claimed_at.filter(|_| message.sent_at.is_none())),
        (t::sent(), message.sent_at),
        (t::delivered(), message.delivered_at),
    ];
    let mut then = [
        (t::read(), message.read_at),
        (t::step_clicked(), message.clicked_at),
        (t::step_replied(), message.replied_at),
        (t::failed(), message.failed_at),
    ];
    then.sort_by_key(|(_, at)| *at);
    on_its_way.into_iter().chain(then).filter_map(|(name, at)| Some((name, at?))).collect()
}

/// What a message is billed as; in Meta's word where that is new.
fn billed_as(billing: &Billing) -> String {
    let category = match billing.category.as_str() {
        "marketing" => t::marketing(),
        "utility" => t::utility(),
        "authentication" => t::authentication(),
        "authentication-international" | "authentication_international" => t::price_authentication_international(),
        "service" => t::price_service(),
        other => other,
    };
    if billing.kind == "regular" { t::billed_paid(&category) } else { t::billed_free(&category) }
}

#[cfg(test)]
mod tests {
    use chrono::Duration;

    use super::*;

    fn at(minute: i64) -> Option<DateTime<Utc>> {
        Some(DateTime::UNIX_EPOCH + Duration::minutes(minute))
    }

    fn message() -> Message {
        Message {
            index: 0,
            phone: "+5511999990000".into(),
            name: "Ana".into(),
            state: MessageState::Read,
            attempt: 2,
            code: None,
            reason: None,
            skip_reason: None,
            wamid: None,
            claimed_at: at(1),
            sent_at: at(2),
            delivered_at: at(3),
            read_at: at(9),
            failed_at: None,
            replied_at: at(8),
            reply_text: Some("Quero".into()),
            clicked_at: at(7),
            link_opens: 3,
            billing: None,
        }
    }

    fn told(message: &Message) -> Vec<(&'static str, String)> {
        history(message, |count| count.to_string(), |at| at.format("%M").to_string())
    }

    #[test]
    fn a_history_tells_each_thing_when_it_happened() {
        let billing = Billing { category: "marketing".into(), kind: "regular".into(), model: "PMP".into() };
        let all = told(&Message { billing: Some(billing), ..message() });
        let names: Vec<&str> = all.iter().map(|line| line.0).collect();
        let expected = [
            "Attempts",
            "Sent",
            "Delivered",
            "First tapped",
            "First answered",
            "Read",
            "What was answered",
            "Link opens",
            "Billed as",
        ];
        assert_eq!(names, expected);
        let texts: Vec<String> = told(&message()).into_iter().map(|line| line.1).collect();
        assert_eq!(texts, ["2", "02", "03", "07", "08", "09", "Quero", "3"]);
    }

    fn step_names(message: &Message) -> Vec<&'static str> {
        steps(message).into_iter().map(|step| step.0).collect()
    }

    #[test]
    fn a_history_keeps_the_order_of_things_where_the_stamps_do_not() {
        let (delivered_at, read_at, clicked_at, replied_at) = (at(1), at(1), at(1), at(1));
        let backwards = Message { delivered_at, read_at, clicked_at, replied_at, ..message() };
        assert_eq!(step_names(&backwards), ["Sent", "Delivered", "Read", "First tapped", "First answered"]);
    }

    #[test]
    fn only_what_was_not_sent_is_told_to_be_taken_in_hand() {
        let (sent_at, delivered_at, read_at, clicked_at, replied_at) = (None, None, None, None, None);
        let failed = Message { sent_at, delivered_at, read_at, clicked_at, replied_at, failed_at: at(1), ..message() };
        assert_eq!(step_names(&failed), ["Taken in hand", "Failed"]);
    }

    #[test]
    fn what_is_billed_is_said_in_words_and_what_is_new_in_metas() {
        let billing =
            |category: &str, kind: &str| Billing { category: category.into(), kind: kind.into(), model: "PMP".into() };
        assert_eq!(billed_as(&billing("utility", "free_customer_service")), "Utility, free of charge");
        assert_eq!(billed_as(&billing("marketing_lite", "regular")), "marketing_lite, paid");
    }

    #[test]
    fn an_answer_and_a_tap_are_changes() {
        let answered = Message { replied_at: at(20), ..message() };
        assert_eq!(latest(&answered), at(20));
        assert_eq!(latest(&Message { clicked_at: at(30), ..answered.clone() }), at(30));
        let late = Message { delivered_at: at(4), ..answered.clone() };
        assert_eq!(latest(&late), latest(&answered));
        assert_ne!(stamps(&late), stamps(&answered));
    }

    #[test]
    fn the_url_and_the_query_are_one() {
        let query = PeopleQuery::parse(Some("failed"), None, Some("50"));
        assert_eq!(query.parts(), [("state", "failed".to_owned()), ("after", "50".to_owned())]);
        assert_eq!(query.at(None).parts(), [("state", "failed".to_owned())]);
        let of_code = PeopleQuery { after: Some("7".into()), ..PeopleQuery::failed_with(131_026) };
        let [state, code, after] = ["failed", "131026", "7"];
        let parts = [("state", state.to_owned()), ("code", code.to_owned()), ("after", after.to_owned())];
        assert_eq!(of_code.parts(), parts);
        assert_eq!(PeopleQuery::parse(Some(state), Some(code), Some(after)), of_code);
    }

    #[test]
    fn a_code_goes_on_with_the_pages_and_states_until_it_is_taken_off() {
        let of_code = PeopleQuery { after: Some("7".into()), ..PeopleQuery::failed_with(131_026) };
        assert_eq!(of_code.at(Some("9".into())).code, Some(131_026));
        let waiting = PeopleQuery { state: Some(MessageState::Retry), code: Some(131_026), after: None };
        assert_eq!(of_code.in_state("retry"), waiting);
        assert_eq!(of_code.in_state(""), PeopleQuery { state: None, ..waiting });
        assert_eq!(of_code.of_all_codes().parts(), [("state", "failed".to_owned())]);
    }

    #[test]
    fn an_unknown_state_or_code_filters_nothing() {
        assert_eq!(PeopleQuery::parse(Some("lost"), Some("many"), Some("")), PeopleQuery::default());
    }
}
