//! What a campaign is estimated to cost, where the workspace wants somebody to agree to it first.

use std::collections::BTreeMap;

use campaigns::rates::{self, Card};
use chrono::NaiveDate;
use wire::{CampaignStatus, PriceCategory, PriceEstimate, Problem, StandingRateCard};

use crate::t;

/// The stable name of the refusal.
const NOT_CONFIRMED: &str = "priceNotConfirmed";

/// What stands around the price in the refusal.
const BEFORE: &str = "the campaign is estimated to cost ";
const AFTER: &str = ": agree with";

/// A price that is to be agreed to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PriceAsked {
    /// What is sent back: the amount.
    pub total: String,
    /// For people: the amount with its currency, and what it does not hold.
    pub words: String,
}

impl PriceAsked {
    /// What a refusal asks to agree to; nothing if it is about something else.
    pub fn of(problem: &Problem) -> Option<PriceAsked> {
        let total = problem.errors.first().filter(|_| problem.kind == NOT_CONFIRMED)?.message.clone();
        let words = problem.detail.strip_prefix(BEFORE).and_then(|rest| rest.split(AFTER).next());
        Some(PriceAsked { words: words.map_or_else(|| total.clone(), str::to_owned), total })
    }
}

/// What agreeing to the price does to the campaign.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Agreeing {
    /// It starts.
    Starts,
    /// It gets its time.
    Schedules,
    /// It goes on after a pause.
    Resumes,
}

impl Agreeing {
    /// What it does to a campaign in this status that was to start or go on.
    pub fn of(status: CampaignStatus) -> Self {
        match status {
            CampaignStatus::Paused => Agreeing::Resumes,
            CampaignStatus::Draft
            | CampaignStatus::Scheduled
            | CampaignStatus::Processing
            | CampaignStatus::Completed
            | CampaignStatus::Cancelled
            | CampaignStatus::Failed => Agreeing::Starts,
        }
    }

    /// What is asked. `price`: for people.
    pub fn question(self, price: &str) -> String {
        match self {
            Agreeing::Starts => t::it_is_estimated_to_cost(&price),
            Agreeing::Schedules => t::it_is_scheduled_when_you_agree(&price),
            Agreeing::Resumes => t::it_goes_on_when_you_agree(&price),
        }
    }

    /// The label of the button.
    pub fn yes(self) -> &'static str {
        match self {
            Agreeing::Starts => t::agree_and_start(),
            Agreeing::Schedules => t::agree_and_schedule(),
            Agreeing::Resumes => t::agree_and_resume(),
        }
    }
}

/// What messages of these wordings to people of these countries would cost on a day; nothing while nobody is known, or by
/// a card that cannot be read.
pub fn price_on(
    standing: &StandingRateCard,
    people: &BTreeMap<String, u64>,
    wordings: &[PriceCategory],
    day: NaiveDate,
) -> Option<PriceEstimate> {
    let card = Card::parse(&standing.card).ok().filter(|_| !people.is_empty() && !wordings.is_empty())?;
    let (_, estimate) = rates::estimate(&card, people, wordings, day);
    Some(PriceEstimate { is_shipped_card: standing.is_shipped, ..estimate })
}

/// A part of the people as if all were like it.
pub fn scaled(part: &BTreeMap<String, u64>, to: u64) -> BTreeMap<String, u64> {
    let whole: u64 = part.values().sum();
    let all = |people: u64| u128::from(people) * u128::from(to) / u128::from(whole.max(1));
    part.iter().map(|(country, people)| (country.clone(), u64::try_from(all(*people)).unwrap_or(u64::MAX))).collect()
}

#[cfg(test)]
mod tests {
    use wire::{CategoryPrice, FieldError};

    use super::*;

    fn problem(kind: &str) -> Problem {
        Problem {
            kind: kind.into(),
            code: kind.into(),
            title: "Somebody must agree to the price first.".into(),
            status: 409,
            detail: "the campaign is estimated to cost USD 12.30: agree with confirmedPrice of at least that".into(),
            request_id: None,
            errors: vec![FieldError { field: "confirmedPrice".into(), message: "12.30".into() }],
        }
    }

    #[test]
    fn a_refusal_for_its_price_says_what_to_agree_to() {
        let asked = PriceAsked::of(&problem(NOT_CONFIRMED)).unwrap();
        assert_eq!((asked.total.as_str(), asked.words.as_str()), ("12.30", "USD 12.30"));
        assert_eq!(PriceAsked::of(&problem("conflict")), None);
    }

    #[test]
    fn who_agrees_is_told_what_that_does() {
        let resumes = Agreeing::of(CampaignStatus::Paused);
        assert_eq!(resumes.yes(), "Agree and resume");
        assert!(resumes.question("USD 12.30").ends_with("cost USD 12.30. It goes on when you agree."));
        let starts = [CampaignStatus::Draft, CampaignStatus::Scheduled].map(|status| Agreeing::of(status).yes());
        assert_eq!(starts, ["Agree and start"; 2]);
        assert!(Agreeing::Schedules.question("USD 1.00").ends_with("It is scheduled when you agree."));
    }

    fn people(all: &[(&str, u64)]) -> BTreeMap<String, u64> {
        all.iter().map(|(country, people)| ((*country).to_owned(), *people)).collect()
    }

    #[test]
    fn the_price_is_told_before_anything_is_uploaded() {
        let standing = StandingRateCard { card: rates::shipped(), is_shipped: true, version: 0 };
        let day = NaiveDate::from_ymd_opt(2026, 11, 27).unwrap();
        let told = |people, wordings: &[PriceCategory]| price_on(&standing, &people, wordings, day);
        let card = Card::parse(&standing.card).unwrap();
        let rate = card.rate("BR", PriceCategory::Marketing, day).unwrap();
        let price = told(people(&[("BR", 1_000), ("ZZ", 3)]), &[PriceCategory::Marketing]).unwrap();
        assert_eq!(price.total, rates::amount(rate * 1_000));
        assert!(price.is_shipped_card);
        assert_eq!(price.not_priced.iter().map(|line| line.messages).sum::<u64>(), 3);
        assert!(matches!(price.by_category.as_slice(), [CategoryPrice { messages: 1_000, .. }]));
        assert_eq!(told(people(&[]), &[PriceCategory::Marketing]), None);
        assert_eq!(told(people(&[("BR", 1)]), &[]), None);
    }

    #[test]
    fn a_part_of_a_file_stands_for_all_of_it() {
        assert_eq!(scaled(&people(&[("BR", 3), ("PT", 1)]), 4_000), people(&[("BR", 3_000), ("PT", 1_000)]));
        assert_eq!(scaled(&people(&[]), 4_000), people(&[]));
    }
}
