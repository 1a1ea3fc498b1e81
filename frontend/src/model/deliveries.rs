//! What became of the events of a webhook, newest first, in plain words.

use chrono::{DateTime, Utc};
use wire::{Delivery, DeliveryList, DeliveryStatus};

use crate::model::status::Tone;
use crate::t;

/// Deliveries on a page: they stand under each other, under their webhook.
pub const ON_A_PAGE: usize = 10;

/// As many as the API gives at once.
const AT_ONCE: usize = 200;

/// The deliveries that came so far.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Deliveries {
    /// Newest first.
    pub items: Vec<Delivery>,
    /// Where older ones begin; nothing when there are none.
    pub next: Option<String>,
}

impl Deliveries {
    /// How many a look asks for: all that are here, since an old one may have been sent again.
    pub fn look(&self) -> usize {
        self.items.len().clamp(ON_A_PAGE, AT_ONCE)
    }

    /// With the newest page. Older ones that are here stay, unless some between them and the page are missing.
    pub fn renewed(self, newest: DeliveryList) -> Self {
        let DeliveryList { mut items, next } = newest;
        let Some(last) = items.last().map(|last| last.id.clone()) else { return Self { items, next } };
        if self.items.first().is_none_or(|first| first.id < last) {
            return Self { items, next };
        }
        let older: Vec<Delivery> = self.items.into_iter().filter(|known| known.id < last).collect();
        let next = if older.is_empty() { next } else { self.next };
        items.extend(older);
        Self { items, next }
    }

    /// With the page after `after`; as it is when it goes on elsewhere by now.
    pub fn extended(mut self, after: &str, older: DeliveryList) -> Self {
        if self.next.as_deref() == Some(after) {
            self.items.extend(older.items);
            self.next = older.next;
        }
        self
    }

    /// With one of them as it is now.
    pub fn with(mut self, changed: &Delivery) -> Self {
        for known in self.items.iter_mut().filter(|known| known.id == changed.id) {
            known.clone_from(changed);
        }
        self
    }

    /// Whether one of them is to be tried at once: then there is soon more to see.
    pub fn is_moving(&self, now: DateTime<Utc>) -> bool {
        let is_due = |one: &Delivery| one.next_attempt_at.is_none_or(|at| at <= now);
        let moves = |one: &Delivery| match Standing::of(one) {
            Standing::OnItsWay => true,
            Standing::Waits => is_due(one),
            Standing::Arrived | Standing::GivenUp => false,
        };
        self.items.iter().any(moves)
    }

    /// Whether one of them was not tried yet.
    pub fn has_on_its_way(&self) -> bool {
        self.items.iter().any(|one| Standing::of(one) == Standing::OnItsWay)
    }

    /// Whether something could be sent again if only the webhook were on.
    pub fn waits_for_switch(&self, is_on: bool) -> bool {
        !is_on && self.items.iter().any(|one| may_go_again(one, true))
    }
}

/// How an event stands on its way to a webhook.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing {
    /// It was not tried yet, or all its tries begin anew.
    OnItsWay,
    /// It was not taken, and is tried again by itself.
    Waits,
    /// It was taken.
    Arrived,
    /// It was not taken, and is not tried again by itself.
    GivenUp,
}

impl Standing {
    /// How this one stands.
    pub fn of(delivery: &Delivery) -> Standing {
        match (delivery.status, delivery.attempts) {
            (DeliveryStatus::Waiting, 0) => Standing::OnItsWay,
            (DeliveryStatus::Waiting, _) => Standing::Waits,
            (DeliveryStatus::Delivered, _) => Standing::Arrived,
            (DeliveryStatus::Dead, _) => Standing::GivenUp,
        }
    }

    /// In a word or some.
    pub fn label(self) -> &'static str {
        match self {
            Standing::OnItsWay => t::delivery_on_its_way(),
            Standing::Waits => t::delivery_tried_again(),
            Standing::Arrived => t::delivered(),
            Standing::GivenUp => t::delivery_given_up(),
        }
    }

    /// How it feels.
    pub fn tone(self) -> Tone {
        match self {
            Standing::OnItsWay => Tone::Live,
            Standing::Waits => Tone::Held,
            Standing::Arrived => Tone::Good,
            Standing::GivenUp => Tone::Bad,
        }
    }

    /// Whether its last try failed.
    fn is_failed(self) -> bool {
        match self {
            Standing::Waits | Standing::GivenUp => true,
            Standing::OnItsWay | Standing::Arrived => false,
        }
    }
}

/// Whether it can be sent again: it failed, what it says is still kept, and its webhook is on.
pub fn may_go_again(delivery: &Delivery, is_on: bool) -> bool {
    is_on && delivery.is_kept && Standing::of(delivery).is_failed()
}

/// How its last try was answered, or why it was not; nothing before the first.
pub fn reason(delivery: &Delivery) -> Option<String> {
    let standing = Standing::of(delivery);
    match (delivery.answer_status, delivery.answer.as_deref()) {
        _ if standing == Standing::OnItsWay => None,
        (Some(status), _) if standing.is_failed() => Some(refused(status)),
        (Some(status), _) => Some(t::webhook_answered(&status)),
        // A sentence of ours: nothing was asked.
        (None, Some(why)) if why.ends_with('.') => Some(t::said(why)),
        (None, Some(why)) => Some(t::webhook_did_not_answer(&unreached(why))),
        (None, None) => None,
    }
}

/// What a status says that is no 2xx.
fn refused(status: u16) -> String {
    match status {
        300..=399 => t::answered_elsewhere(&status),
        401 | 403 => t::answered_no_entry(&status),
        404 | 405 => t::answered_nothing_there(&status),
        410 => t::answered_gone(&status),
        429 => t::answered_too_much(&status),
        500..=599 => t::answered_fault(&status),
        _ => t::answered_refused(&status),
    }
}

/// Why no answer came. The network's own words are English and hardly plain: they are known by what all of them have.
fn unreached(why: &str) -> String {
    let lower = why.to_lowercase();
    let has = |word: &str| lower.contains(word);
    if has("refused") {
        t::nobody_listens_there().to_owned()
    } else if has("lookup") {
        t::its_name_is_not_known().to_owned()
    } else if has("elapsed") {
        t::no_answer_in_time().to_owned()
    } else if has("certificate") {
        t::its_certificate_is_not_trusted().to_owned()
    } else if has("closed") || has("reset") {
        t::the_connection_broke().to_owned()
    } else {
        t::said(why)
    }
}

/// The beginning of an answer that did not take it, as the receiver wrote it.
pub fn receivers_words(delivery: &Delivery) -> Option<String> {
    let is_answer = delivery.answer_status.is_some() && Standing::of(delivery).is_failed();
    let words = delivery.answer.as_deref().filter(|words| is_answer && !words.is_empty())?;
    Some(t::it_said(&words))
}

/// How often it was tried, when last and when next; nothing before the first try. `date` writes a time as the reader
/// does.
pub fn tries(delivery: &Delivery, date: impl Fn(DateTime<Utc>) -> String) -> Option<String> {
    let count = u64::from(delivery.attempts);
    if count == 0 {
        return None;
    }
    let last = delivery.attempted_at.map(|at| t::last_tried(&date(at)));
    let next = delivery.next_attempt_at.map(|at| t::next_tried(&date(at)));
    let parts = [Some(t::tries_counted(count, &count)), last, next];
    Some(parts.into_iter().flatten().collect::<Vec<_>>().join(" · "))
}

#[cfg(test)]
mod tests {
    use chrono::Duration;
    use wire::{DeliveryId, WebhookEventKind};

    use super::*;

    fn at(minute: i64) -> DateTime<Utc> {
        DateTime::UNIX_EPOCH + Duration::minutes(minute)
    }

    fn delivery(id: &str, status: DeliveryStatus, attempts: u32) -> Delivery {
        Delivery {
            id: DeliveryId(id.to_owned()),
            kind: WebhookEventKind::CampaignPaused,
            happened_at: at(0),
            status,
            attempts,
            attempted_at: None,
            answer_status: None,
            answer: None,
            next_attempt_at: None,
            is_kept: true,
        }
    }

    fn dead(answer_status: Option<u16>, answer: &str) -> Delivery {
        Delivery { answer_status, answer: Some(answer.to_owned()), ..delivery("a", DeliveryStatus::Dead, 7) }
    }

    fn page(ids: &[&str], next: Option<&str>) -> DeliveryList {
        let items = ids.iter().map(|id| delivery(id, DeliveryStatus::Delivered, 1)).collect();
        DeliveryList { items, next: next.map(str::to_owned) }
    }

    fn ids(list: &Deliveries) -> Vec<&str> {
        list.items.iter().map(|one| one.id.as_str()).collect()
    }

    #[test]
    fn a_newer_page_takes_its_place_before_the_older_ones_that_are_here() {
        let list = Deliveries::default().renewed(page(&["5", "4"], Some("4"))).extended("4", page(&["3"], Some("3")));
        let list = list.renewed(page(&["6", "5"], Some("5")));
        assert_eq!((ids(&list), list.next.as_deref()), (vec!["6", "5", "4", "3"], Some("3")));
        let first = Deliveries::default().renewed(page(&["5", "4"], Some("4"))).renewed(page(&["5", "4"], None));
        assert_eq!((ids(&first), first.next.as_deref()), (vec!["5", "4"], None));
    }

    #[test]
    fn a_look_asks_for_all_that_are_here_so_that_an_old_one_sent_again_arrives() {
        let look = |count: usize| {
            let items = (0..count).map(|_| delivery("a", DeliveryStatus::Dead, 7)).collect();
            Deliveries { items, next: None }.look()
        };
        assert_eq!([0, 10, 11, 200, 260].map(look), [10, 10, 11, 200, 200]);
        let list = Deliveries::default().renewed(page(&["3", "2"], Some("2"))).extended("2", page(&["1"], None));
        let list = list.with(&delivery("1", DeliveryStatus::Waiting, 0));
        assert!(list.has_on_its_way());
        let list = list.renewed(page(&["3", "2", "1"], None));
        assert_eq!((ids(&list), list.has_on_its_way(), list.next.as_deref()), (vec!["3", "2", "1"], false, None));
    }

    #[test]
    fn no_delivery_between_two_is_left_out() {
        let list = Deliveries::default().renewed(page(&["2", "1"], None)).renewed(page(&["9", "8"], Some("8")));
        assert_eq!((ids(&list), list.next.as_deref()), (vec!["9", "8"], Some("8")));
        let late = list.clone().extended("1", page(&["0"], None));
        assert_eq!(late, list);
        assert_eq!(list.renewed(page(&[], None)), Deliveries::default());
    }

    #[test]
    fn one_that_is_sent_again_changes_where_it_stands_and_is_looked_after() {
        let list = Deliveries { items: vec![dead(Some(500), ""), delivery("b", DeliveryStatus::Dead, 1)], next: None };
        assert!(!list.is_moving(at(0)) && !list.has_on_its_way());
        let list = list.with(&delivery("b", DeliveryStatus::Waiting, 0));
        assert_eq!(list.items[0], dead(Some(500), ""));
        assert!(list.is_moving(at(0)) && list.has_on_its_way());
        let waiting = Delivery { next_attempt_at: Some(at(5)), ..delivery("b", DeliveryStatus::Waiting, 3) };
        let list = list.with(&waiting);
        assert!(!list.is_moving(at(4)) && list.is_moving(at(5)) && !list.has_on_its_way());
    }

    #[test]
    fn only_what_failed_and_is_kept_goes_again_and_only_where_the_webhook_is_on() {
        let of = |status, attempts| may_go_again(&delivery("a", status, attempts), true);
        assert!(of(DeliveryStatus::Dead, 7) && of(DeliveryStatus::Waiting, 1));
        assert!(!of(DeliveryStatus::Delivered, 1) && !of(DeliveryStatus::Waiting, 0));
        let lost = Delivery { is_kept: false, ..dead(None, "The person was erased.") };
        assert!(!may_go_again(&lost, true) && !may_go_again(&dead(Some(500), ""), false));
        let list = |one: Delivery| Deliveries { items: vec![one], next: None };
        assert!(list(dead(Some(500), "")).waits_for_switch(false) && !list(lost).waits_for_switch(false));
        assert!(!list(dead(Some(500), "")).waits_for_switch(true));
    }

    #[test]
    fn each_standing_has_its_word_and_colour() {
        let of = |status, attempts| Standing::of(&delivery("a", status, attempts));
        let all = [
            (of(DeliveryStatus::Waiting, 0), "On its way", Tone::Live),
            (of(DeliveryStatus::Waiting, 2), "Will be tried again", Tone::Held),
            (of(DeliveryStatus::Delivered, 1), "Delivered", Tone::Good),
            (of(DeliveryStatus::Dead, 7), "Given up", Tone::Bad),
        ];
        for (standing, label, tone) in all {
            assert_eq!((standing.label(), standing.tone()), (label, tone));
        }
    }

    #[test]
    fn an_answer_that_took_nothing_is_told_by_its_status_with_what_the_receiver_wrote() {
        let failed = dead(Some(500), "<h1>Oops</h1>");
        assert_eq!(reason(&failed).as_deref(), Some("It answered 500: something went wrong there."));
        assert_eq!(receivers_words(&failed).as_deref(), Some("It said: <h1>Oops</h1>"));
        let told = [302, 400, 401, 404, 410, 429, 503].map(|status| reason(&dead(Some(status), "")).unwrap());
        let words: Vec<&str> = told.iter().filter_map(|text| Some(text.split_once(": ")?.1)).collect();
        assert_eq!(words.len(), 7);
        assert!(words.iter().enumerate().all(|(at, one)| !words[..at].contains(one)), "{words:?}");
        assert_eq!(receivers_words(&dead(Some(500), "")), None);
    }

    #[test]
    fn what_arrived_says_its_status_and_what_is_sent_again_says_nothing_of_the_round_before() {
        let taken = Delivery { status: DeliveryStatus::Delivered, ..dead(Some(204), "thanks") };
        assert_eq!(reason(&taken).as_deref(), Some("It answered with 204."));
        assert_eq!(receivers_words(&taken), None);
        let anew = Delivery { status: DeliveryStatus::Waiting, attempts: 0, ..dead(Some(500), "no") };
        assert_eq!((reason(&anew), receivers_words(&anew), tries(&anew, |_| String::new())), (None, None, None));
    }

    #[test]
    fn a_receiver_that_was_not_reached_is_told_in_plain_words() {
        let why = |answer: &str| reason(&dead(None, answer)).unwrap();
        let closed = why("Connection refused (os error 111)");
        assert_eq!(closed, "It did not take it: nobody listens at the address");
        assert!(why("failed to lookup address information: Name or service not known").contains("name"));
        assert!(why("deadline has elapsed").contains("in time"));
        assert!(why("invalid peer certificate: Expired").contains("certificate"));
        assert!(why("connection closed before message completed").contains("broke"));
        let private = "its server is not on the public network";
        assert_eq!(why(private), format!("It did not take it: {private}"));
        assert_eq!(why("The person was erased."), "The person was erased.");
    }

    #[test]
    fn tries_are_counted_with_the_last_and_the_next() {
        let date = |at: DateTime<Utc>| format!("minute {}", at.timestamp() / 60);
        let once = Delivery { attempted_at: Some(at(1)), ..delivery("a", DeliveryStatus::Delivered, 1) };
        assert_eq!(tries(&once, date).as_deref(), Some("1 try · last: minute 1"));
        let waits = Delivery { next_attempt_at: Some(at(6)), status: DeliveryStatus::Waiting, attempts: 3, ..once };
        assert_eq!(tries(&waits, date).as_deref(), Some("3 tries · last: minute 1 · next: minute 6"));
    }
}
