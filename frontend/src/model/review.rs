//! What the wizard's last step says beside the plan: a cap that the price exceeds, a limit that spreads it over days, and
//! how many people have a recorded consent.

use campaigns::rates::parse_amount;
use wire::{AudienceConsents, CampaignEstimate, Channel, PriceEstimate};

use super::form::amount;
use super::intake::Recipients;
use crate::t;

/// Whether a campaign is estimated to cost more than its cap, so that it will pause. False where either is no amount.
pub fn exceeds(price: &PriceEstimate, cap: &str) -> bool {
    let cap = amount(cap).and_then(|cap| parse_amount(&cap).ok());
    cap.is_some_and(|cap| parse_amount(&price.total).is_ok_and(|total| total > cap))
}

/// How many of the people would be skipped for their closed windows. `written`: a number as the reader writes it.
pub fn closed(estimate: &CampaignEstimate, written: impl Fn(u64) -> String) -> String {
    t::skipped_for_closed_windows(&written(estimate.window_closed), &written(estimate.looked_at))
}

/// How far the count of recorded consents got.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Counted {
    /// The people are no audience yet.
    NotYet,
    /// They become one, or are being counted.
    UnderWay,
    /// They were counted.
    Known(AudienceConsents),
    /// They could not be.
    Unknown,
}

impl Counted {
    /// For a marketer. `written`: a number as the reader writes it.
    pub fn words(self, written: impl Fn(u64) -> String) -> String {
        let consents = match self {
            Counted::NotYet => return t::consents_counted_on_tick().to_owned(),
            Counted::UnderWay => return t::consents_being_counted().to_owned(),
            Counted::Unknown => return t::consents_not_counted().to_owned(),
            Counted::Known(consents) => consents,
        };
        let (agreed, without) = (written(consents.agreed), written(consents.looked_at.saturating_sub(consents.agreed)));
        match consents.looked_at >= consents.recipients {
            true => t::consents_on_record(&agreed, &without),
            false => t::consents_of_those_looked_at(&written(consents.looked_at), &agreed, &without),
        }
    }
}

/// What somebody says who answers for the people, with their number where it is known exactly. `written`: a number as
/// the reader writes it.
pub fn agreed_words(people: Option<Recipients>, written: impl Fn(u64) -> String) -> String {
    match people {
        Some(Recipients::Exact(count)) if count > 0 => t::n_people_agreed(count, &written(count)),
        Some(Recipients::Exact(_) | Recipients::About(_)) | None => t::these_people_agreed().to_owned(),
    }
}

/// The limit of a number, and what it makes of a campaign.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limited {
    /// People whom the number may write to in 24 hours.
    pub limit: u64,
    /// Those whom it wrote to within the last 24 hours.
    pub used: u64,
    /// Days that the people take by it; 1: it holds nobody up.
    pub days: u64,
}

/// What the limit of a number makes of so many people; nothing where it has none.
pub fn limited(channel: &Channel, people: u64) -> Option<Limited> {
    let limit = u64::from(channel.messaging_limit?);
    let used = u64::from(channel.people_today.unwrap_or_default());
    let later = people.saturating_sub(limit.saturating_sub(used));
    Some(Limited { limit, used, days: 1 + later.div_ceil(limit.max(1)) })
}

impl Limited {
    /// Whether somebody waits for another day.
    pub fn holds_up(self) -> bool {
        self.days > 1
    }

    /// For a marketer. `written`: a number as the reader writes it.
    pub fn sentence(self, written: impl Fn(u64) -> String) -> String {
        let (limit, used) = (written(self.limit), written(self.used));
        match self.holds_up() {
            true => t::limit_takes_days(&limit, &used, &written(self.days)),
            false => t::limit_is_enough(&limit, &used),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn channel(limit: Option<u32>, used: Option<u32>) -> Channel {
        serde_json::from_value(serde_json::json!({
            "id": "main", "name": "Main", "displayPhoneNumber": "1", "phoneNumberId": "1", "wabaId": "1",
            "messagesPerSecond": 80, "simulated": false, "messagingLimit": limit, "peopleToday": used,
        }))
        .unwrap()
    }

    fn days(limit: u32, used: u32, people: u64) -> u64 {
        limited(&channel(Some(limit), Some(used)), people).unwrap().days
    }

    #[test]
    fn a_price_above_the_cap_is_noticed_and_what_is_no_amount_is_not() {
        let price = PriceEstimate { total: "12.50".into(), ..PriceEstimate::default() };
        assert!(exceeds(&price, "12.49") && exceeds(&price, " 3 "));
        assert!(exceeds(&PriceEstimate { total: "12.51".into(), ..PriceEstimate::default() }, "12,50"));
        assert!(!exceeds(&price, "12,50"));
        assert!(!exceeds(&price, "12.5") && !exceeds(&price, "") && !exceeds(&price, "a lot"));
    }

    #[test]
    fn closed_windows_are_told_of_those_who_were_looked_at() {
        let estimate =
            CampaignEstimate { recipients: 90_000, looked_at: 20_000, window_closed: 7, ..CampaignEstimate::default() };
        let told = closed(&estimate, |count| count.to_string());
        assert!(told.contains("7 of 20000"), "{told}");
    }

    #[test]
    fn recorded_consents_are_told_of_all_or_of_those_who_were_looked_at() {
        let told = |recipients, looked_at, agreed| {
            Counted::Known(AudienceConsents { recipients, looked_at, agreed }).words(|count| count.to_string())
        };
        assert_eq!(told(10, 10, 3), "Recorded consents to marketing: 3. People without one: 7.");
        let sample = told(90_000, 20_000, 5_000);
        assert!(sample.starts_with("Of 20000 people") && sample.contains("without one 15000"), "{sample}");
        assert!(Counted::NotYet.words(|count| count.to_string()).contains("Tick the box"));
    }

    #[test]
    fn whoever_answers_for_people_sees_how_many_they_are_where_that_is_known() {
        let said = |people| agreed_words(people, |count| count.to_string());
        assert!(said(Some(Recipients::Exact(1_204))).starts_with("These 1204 people agreed"));
        assert!(said(Some(Recipients::Exact(1))).starts_with("1 person agreed"));
        for unknown in [None, Some(Recipients::About(90)), Some(Recipients::Exact(0))] {
            assert_eq!(said(unknown), t::these_people_agreed());
        }
    }

    #[test]
    fn whoever_does_not_fit_into_the_limit_takes_another_day() {
        assert_eq!((days(250, 50, 200), days(250, 50, 201), days(250, 50, 450), days(250, 50, 451)), (1, 2, 2, 3));
        assert_eq!(days(250, 300, 10), 2);
        assert_eq!(limited(&channel(None, None), 10), None);
    }

    #[test]
    fn the_sentence_tells_the_days_only_where_somebody_waits() {
        let told = |people| limited(&channel(Some(250), Some(50)), people).unwrap().sentence(|count| count.to_string());
        assert!(told(1_000).contains("250 people") && told(1_000).contains("about 5 days"), "{}", told(1_000));
        assert!(told(10).contains("holds nobody up"), "{}", told(10));
    }
}
