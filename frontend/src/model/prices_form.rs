//! The workspace's rate card as it is shown and typed: what each group of countries costs from a day on.

use campaigns::rates::{Card, parse_amount};
use chrono::NaiveDate;
use wire::{FieldError, Market, PriceCategory, RateCard, Rates, StandingRateCard};

use crate::t;

/// What has a price, in the order of the columns, by the API's names.
pub const COLUMNS: [(PriceCategory, &str); 5] = [
    (PriceCategory::Marketing, "marketing"),
    (PriceCategory::Utility, "utility"),
    (PriceCategory::Authentication, "authentication"),
    (PriceCategory::AuthenticationInternational, "authenticationInternational"),
    (PriceCategory::Service, "service"),
];

/// A group of countries with one price for each column.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PriceRow {
    /// Tells it from the others while the form lives.
    pub key: usize,
    /// What people call the group.
    pub name: String,
    /// Its countries, two letters each, with commas.
    pub countries: String,
    /// The prices of [`COLUMNS`]; empty: none.
    pub cells: [String; 5],
    /// As it stands in the card, and the prices that are shown of it; nothing of a new one.
    stands: Option<(Market, [String; 5])>,
}

/// What was typed.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct PricesForm {
    /// Whose prices these are and of when.
    pub name: String,
    /// Three letters.
    pub currency: String,
    /// The day from which what is changed holds, as an input for days has it.
    pub from: String,
    /// The groups, in the order of the card.
    pub rows: Vec<PriceRow>,
    /// The currency of the card that is changed.
    currency_before: String,
}

/// The rates of a market that hold on a day.
pub fn rates_on(market: &Market, day: NaiveDate) -> Option<&Rates> {
    market.rates.iter().filter(|rates| rates.valid_from <= day).max_by_key(|rates| rates.valid_from)
}

/// The first day after this one on which other rates hold.
pub fn next_change(market: &Market, day: NaiveDate) -> Option<NaiveDate> {
    market.rates.iter().map(|rates| rates.valid_from).filter(|from| *from > day).min()
}

/// The price of a column.
pub fn of_column(rates: &Rates, category: PriceCategory) -> Option<&String> {
    match category {
        PriceCategory::Marketing => rates.marketing.as_ref(),
        PriceCategory::Utility => rates.utility.as_ref(),
        PriceCategory::Authentication => rates.authentication.as_ref(),
        PriceCategory::AuthenticationInternational => rates.authentication_international.as_ref(),
        PriceCategory::Service => rates.service.as_ref(),
    }
}

/// An amount as people type it: a comma is a point.
fn amount(typed: &str) -> Option<String> {
    Some(typed.trim().replace(',', ".")).filter(|text| !text.is_empty())
}

fn codes(typed: &str) -> Vec<String> {
    let codes = typed.split([',', ';', ' ']).map(|code| code.trim().to_ascii_uppercase());
    codes.filter(|code| !code.is_empty()).collect()
}

impl PricesForm {
    /// The card as it stands on a day, for changes from that day on. A card that came with the product gets another name.
    pub fn of(standing: &StandingRateCard, today: NaiveDate) -> Self {
        let card = &standing.card;
        let row = |(key, market): (usize, &Market)| {
            let rates = rates_on(market, today);
            let cell = |(category, _): (PriceCategory, &str)| {
                rates.and_then(|rates| of_column(rates, category)).cloned().unwrap_or_default()
            };
            let cells = COLUMNS.map(cell);
            let stands = Some((market.clone(), cells.clone()));
            PriceRow { key, name: market.name.clone(), countries: market.countries.join(", "), cells, stands }
        };
        Self {
            name: if standing.is_shipped { t::our_own_prices().to_owned() } else { card.name.clone() },
            currency: card.currency.clone(),
            from: today.to_string(),
            rows: card.markets.iter().enumerate().map(row).collect(),
            currency_before: card.currency.clone(),
        }
    }

    /// Adds a group without a name.
    pub fn add(&mut self) {
        let key = self.rows.iter().map(|row| row.key + 1).max().unwrap_or_default();
        let cells = std::array::from_fn(|_| String::new());
        self.rows.push(PriceRow { key, name: String::new(), countries: String::new(), cells, stands: None });
    }

    /// Takes a group out: its countries have no price any more.
    pub fn remove(&mut self, key: usize) {
        self.rows.retain(|row| row.key != key);
    }

    /// Whether the prices are in another currency than before: what was typed is then all there is.
    pub fn is_other_currency(&self) -> bool {
        self.currency_code() != self.currency_before
    }

    fn currency_code(&self) -> String {
        self.currency.trim().to_ascii_uppercase()
    }

    /// The whole card, or every field that is wrong: `name`, `currency`, `validFrom`, `markets`, and of a row
    /// `{key}.name`, `{key}.countries`, `{key}.rates` and `{key}.marketing` and so on.
    pub fn card(&self) -> Result<RateCard, Vec<FieldError>> {
        let Ok(from) = self.from.trim().parse::<NaiveDate>() else {
            return Err(vec![FieldError { field: "validFrom".into(), message: t::give_a_day().to_owned() }]);
        };
        let all: Vec<Vec<String>> = self.rows.iter().map(|row| codes(&row.countries)).collect();
        let market = |(place, row): (usize, &PriceRow)| {
            // Who is named in a new group leaves the one before.
            let is_taken = |code: &String| {
                row.stands.is_some()
                    && self.rows.iter().zip(&all).any(|(other, codes)| other.stands.is_none() && codes.contains(code))
            };
            Market {
                name: row.name.trim().to_owned(),
                countries: all[place].iter().filter(|code| !is_taken(code)).cloned().collect(),
                rates: row.rates(from, self.is_other_currency()),
            }
        };
        let markets: Vec<Market> = self.rows.iter().enumerate().map(market).collect();
        let mut faults = Vec::new();
        for (row, market) in self.rows.iter().zip(&markets) {
            let is_unpriced = row.cells.iter().all(|cell| cell.trim().is_empty());
            if row.stands.is_none() && is_unpriced {
                faults.push(row.fault("rates", t::give_at_least_one_price()));
            }
            let is_of_nobody = codes(&row.countries).is_empty();
            if is_of_nobody || (row.stands.is_none() && market.countries.is_empty()) {
                faults.push(row.fault("countries", t::give_countries_by_their_letters()));
            }
        }
        // A group that lost all of its countries to a new one has no use.
        let markets = markets.into_iter().zip(&self.rows).filter(|(market, _)| !market.countries.is_empty());
        let (markets, rows): (Vec<Market>, Vec<&PriceRow>) = markets.unzip();
        let card = RateCard { name: self.name.trim().to_owned(), currency: self.currency_code(), markets };
        if let Err(wrong) = Card::parse(&card) {
            faults.extend(wrong.into_iter().map(|fault| in_form(fault, &rows)));
        }
        if faults.is_empty() { Ok(card) } else { Err(faults) }
    }
}

impl PriceRow {
    fn fault(&self, field: &str, message: &str) -> FieldError {
        FieldError { field: format!("{}.{field}", self.key), message: message.to_owned() }
    }

    /// What it costs from this day on, and before unless that was in another currency.
    fn rates(&self, from: NaiveDate, is_other_currency: bool) -> Vec<Rates> {
        let [marketing, utility, authentication, authentication_international, service] =
            self.cells.each_ref().map(|cell| amount(cell));
        let typed =
            Rates { valid_from: from, marketing, utility, authentication, authentication_international, service };
        let before = self.stands.as_ref().filter(|_| !is_other_currency);
        let Some((market, shown)) = before else { return vec![typed] };
        if *shown == self.cells || rates_on(market, from).is_some_and(|standing| are_same(standing, &typed)) {
            return market.rates.clone();
        }
        let others = market.rates.iter().filter(|rates| rates.valid_from != from).cloned();
        let mut rates: Vec<Rates> = others.chain([typed]).collect();
        rates.sort_by_key(|rates| rates.valid_from);
        rates
    }
}

fn are_same(one: &Rates, other: &Rates) -> bool {
    let read = |rates: &Rates, category| of_column(rates, category).map(|text| parse_amount(text));
    COLUMNS.iter().all(|(category, _)| read(one, *category) == read(other, *category))
}

/// A fault of the card at the row of the form that it is in.
fn in_form(fault: FieldError, rows: &[&PriceRow]) -> FieldError {
    let parts: Vec<&str> = fault.field.split('.').collect();
    let of_row = |place: &str| place.parse::<usize>().ok().and_then(|place| rows.get(place));
    match parts.as_slice() {
        ["markets", place, rest @ ..] => match (of_row(place), rest.last()) {
            (Some(row), Some(field)) => {
                let is_amount = COLUMNS.iter().any(|(_, name)| name == field);
                let message = if is_amount { t::write_an_amount().to_owned() } else { fault.message };
                FieldError { field: format!("{}.{field}", row.key), message }
            }
            _ => fault,
        },
        _ => fault,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(text: &str) -> NaiveDate {
        text.parse().unwrap()
    }

    fn rates(from: &str, marketing: &str) -> Rates {
        Rates { valid_from: day(from), marketing: Some(marketing.into()), ..Rates::default() }
    }

    fn standing(is_shipped: bool) -> StandingRateCard {
        let market = |name: &str, countries: &[&str], rates: Vec<Rates>| Market {
            name: name.into(),
            countries: countries.iter().map(|code| (*code).to_owned()).collect(),
            rates,
        };
        let markets = vec![
            market("Brazil", &["BR"], vec![rates("2026-01-01", "0.05"), rates("2026-10-01", "0.0625")]),
            market("North America", &["US", "CA"], vec![rates("2026-10-01", "0.025"), rates("2027-01-01", "0.03")]),
        ];
        let card = RateCard { name: "List".into(), currency: "USD".into(), markets };
        StandingRateCard { card, is_shipped, version: 3 }
    }

    fn form() -> PricesForm {
        PricesForm::of(&standing(false), day("2026-11-27"))
    }

    fn fields(form: &PricesForm) -> Vec<String> {
        form.card().unwrap_err().into_iter().map(|fault| fault.field).collect()
    }

    #[test]
    fn what_holds_today_is_shown_and_nothing_typed_changes_nothing() {
        let form = form();
        assert_eq!((form.rows[0].cells[0].as_str(), form.rows[1].countries.as_str()), ("0.0625", "US, CA"));
        assert_eq!(form.card().unwrap(), standing(false).card);
        assert_eq!(next_change(&standing(false).card.markets[1], day("2026-11-27")), Some(day("2027-01-01")));
        assert_eq!(next_change(&standing(false).card.markets[0], day("2026-11-27")), None);
        assert_ne!(PricesForm::of(&standing(true), day("2026-11-27")).name, "List");
    }

    #[test]
    fn a_changed_price_holds_from_its_day_and_the_days_around_stay() {
        let mut form = form();
        form.from = "2026-12-01".into();
        form.rows[1].cells[0] = " 0,0275 ".into();
        let card = form.card().unwrap();
        assert_eq!(card.markets[0], standing(false).card.markets[0]);
        let days: Vec<(String, Option<String>)> =
            card.markets[1].rates.iter().map(|rates| (rates.valid_from.to_string(), rates.marketing.clone())).collect();
        let told = |day: &str, price: &str| (day.to_owned(), Some(price.to_owned()));
        let asked = [told("2026-10-01", "0.025"), told("2026-12-01", "0.0275"), told("2027-01-01", "0.03")];
        assert_eq!(days, asked);
        // What was not touched stays, planned changes too.
        let untouched = PricesForm { from: "2027-06-01".into(), ..self::form() };
        assert_eq!(untouched.card().unwrap(), standing(false).card);
        form.from = "2026-10-01".into();
        assert_eq!(form.card().unwrap().markets[1].rates.len(), 2, "the same day is put in its place");
    }

    #[test]
    fn another_currency_leaves_no_old_amount() {
        let mut form = form();
        form.currency = "brl".into();
        let card = form.card().unwrap();
        assert_eq!(card.currency, "BRL");
        assert!(card.markets.iter().all(|market| market.rates.len() == 1));
    }

    #[test]
    fn a_new_group_takes_its_countries_from_the_others() {
        let mut form = form();
        form.add();
        assert_eq!(fields(&form)[..2], ["2.rates", "2.countries"]);
        form.rows[2].name = "Canada and Portugal".into();
        form.rows[2].countries = "ca, PT".into();
        form.rows[2].cells[1] = "0.01".into();
        let card = form.card().unwrap();
        assert_eq!((card.markets[1].countries.as_slice(), card.markets.len()), (["US".to_owned()].as_slice(), 3));
        form.rows[2].countries = "br".into();
        let card = form.card().unwrap();
        assert_eq!(
            card.markets.iter().map(|market| market.name.as_str()).collect::<Vec<_>>()[1],
            "Canada and Portugal"
        );
        form.remove(2);
        assert_eq!(form.card().unwrap(), standing(false).card);
    }

    #[test]
    fn what_is_wrong_stands_at_its_row() {
        let mut form = form();
        form.rows[1].cells[3] = "cheap".into();
        form.rows[0].countries = "ZZ".into();
        form.name = " ".into();
        let mut wrong = fields(&form);
        wrong.sort();
        assert_eq!(wrong, ["0.countries", "1.authenticationInternational", "name"]);
        form.rows[0].countries = " ".into();
        assert!(fields(&form).contains(&"0.countries".to_owned()));
        form.from = "soon".into();
        assert_eq!(fields(&form), ["validFrom"]);
    }
}
