//! Rate cards and what messages cost by them: what is refused, which day's rates hold, no fraction lost.

use proptest::prelude::*;
use wire::Market;

use super::*;
use crate::breakdown::{Breakdown, Told};
use crate::price::Price;

fn day(text: &str) -> NaiveDate {
    text.parse().unwrap()
}

fn card() -> RateCard {
    let rates = |from: &str, marketing: &str, utility: &str| Rates {
        valid_from: day(from),
        marketing: Some(marketing.into()),
        utility: Some(utility.into()),
        ..Rates::default()
    };
    let market = |name: &str, countries: &[&str], rates: Vec<Rates>| Market {
        name: name.into(),
        countries: countries.iter().map(|code| (*code).to_owned()).collect(),
        rates,
    };
    RateCard {
        name: "Ours".into(),
        currency: "BRL".into(),
        markets: vec![
            market("Brazil", &["BR"], vec![rates("2026-10-01", "0.3217", "0.035"), rates("2026-01-01", "0.3", "0.03")]),
            market("North America", &["US", "CA"], vec![rates("2026-01-01", "0.125", "0.02")]),
        ],
    }
}

#[test]
fn the_shipped_card_is_a_card() {
    let shipped = shipped();
    assert!(shipped.name.contains("Indicative") && shipped.name.contains("1 October 2026"), "{}", shipped.name);
    let card = Card::parse(&shipped).unwrap();
    let on = day("2026-11-26");
    assert_eq!(card.rate("BR", PriceCategory::Marketing, on), Some(62_500));
    assert_eq!(card.rate("CA", PriceCategory::Utility, on), Some(3_400));
    assert_eq!(card.rate("BR", PriceCategory::AuthenticationInternational, on), Some(6_800));
    assert_eq!(card.rate("EG", PriceCategory::AuthenticationInternational, on), Some(65_000));
    assert_eq!(card.rate("PT", PriceCategory::Marketing, on), None);
    assert_eq!(card.rate("BR", PriceCategory::Marketing, day("2026-09-30")), Some(62_500));
}

#[test]
fn a_rate_holds_from_its_day_until_the_next_and_the_first_before_its_day_too() {
    let card = Card::parse(&card()).unwrap();
    let brazil = |on: &str| card.rate("BR", PriceCategory::Marketing, day(on));
    assert_eq!(brazil("2025-12-31"), Some(300_000));
    assert_eq!(card.dearest(PriceCategory::Marketing, day("2025-12-31")), Some(300_000));
    assert_eq!(brazil("2026-01-01"), Some(300_000));
    assert_eq!(brazil("2026-09-30"), Some(300_000));
    assert_eq!(brazil("2026-10-01"), Some(321_700));
    assert_eq!(card.dearest(PriceCategory::Marketing, day("2026-10-01")), Some(321_700));
    let both = [PriceCategory::Marketing, PriceCategory::Utility].into();
    assert_eq!(card.at_most("US", &both, day("2026-10-01")), 125_000);
    assert_eq!(card.at_most("PT", &both, day("2026-10-01")), 321_700);
}

#[test]
fn a_code_costs_at_most_what_an_international_one_does() {
    let card = Card::parse(&shipped()).unwrap();
    let (codes, on) = ([PriceCategory::Authentication].into(), day("2026-11-26"));
    assert_eq!(card.at_most("IN", &codes, on), 30_400);
    assert_eq!(card.at_most("BR", &codes, on), 6_800);
    assert_eq!(card.at_most("IN", &[PriceCategory::Utility].into(), on), 1_400);
    let mut counted = Breakdown::default();
    counted.apply(None, &told("IN", wire::MessageState::Sent, None));
    assert_eq!(spent(&card, &counted, &codes, on).in_flight_micros, 30_400);
}

#[test]
fn what_is_wrong_with_a_card_is_named() {
    let mut wrong = card();
    wrong.currency = "reais".into();
    wrong.markets[1].countries.push("BR".into());
    wrong.markets[1].countries.push("Brazil".into());
    wrong.markets[0].rates[0].marketing = Some("-1".into());
    wrong.markets[0].rates[1].valid_from = day("2026-10-01");
    let fields: Vec<String> = Card::parse(&wrong).unwrap_err().into_iter().map(|fault| fault.field).collect();
    let expected =
        ["currency", "markets.0.rates.0.marketing", "markets.0.rates", "markets.1.countries", "markets.1.countries"];
    assert_eq!(fields, expected);
    assert!(Card::parse(&RateCard::default()).is_err());
}

#[test]
fn everybody_is_priced_by_country_and_what_has_no_rate_is_told() {
    let card = Card::parse(&card()).unwrap();
    let audience =
        [("BR".to_owned(), 10), ("US".to_owned(), 100), ("PT".to_owned(), 3), (NO_COUNTRY.to_owned(), 2)].into();
    let (total, shown) = estimate(&card, &audience, &[PriceCategory::Marketing], day("2026-10-01"));
    assert_eq!((total, shown.total.as_str(), shown.recipients), (15_717_000, "15.717", 115));
    let lines: Vec<_> = shown.by_country.iter().map(|line| (line.country.as_str(), line.total.as_str())).collect();
    assert_eq!(lines, [("US", "12.50"), ("BR", "3.217")]);
    assert_eq!((shown.by_category[0].messages, shown.is_evenly_spread), (110, false));
    let missing: Vec<_> = shown.not_priced.iter().map(|line| (line.country.as_deref(), line.messages)).collect();
    assert_eq!(missing, [(Some("PT"), 3), (None, 2)]);
    let wordings = [PriceCategory::Marketing, PriceCategory::Utility];
    let (total, shown) = estimate(&card, &[("BR".to_owned(), 3)].into(), &wordings, day("2026-10-01"));
    assert_eq!((total, shown.is_evenly_spread), (2 * 321_700 + 35_000, true));
}

fn told(country: &str, state: wire::MessageState, price: Option<&str>) -> Told {
    Told {
        country: country.into(),
        state,
        reason: None,
        price: price.map(|category| Price::of(category, "", "PMP", None).unwrap()),
        attempted_at: 1,
        waited_for: None,
        delivered_at: Some(2),
        read_at: None,
        failed_at: None,
        replied_at: None,
        link_opens: 0,
        opted_out_at: None,
    }
}

#[test]
fn what_is_billed_is_told_from_what_may_be() {
    use wire::MessageState::{Claimed, Delivered, Failed, Sent, Skipped, Unknown};
    let card = Card::parse(&card()).unwrap();
    let own = [PriceCategory::Marketing].into();
    let mut counted = Breakdown::default();
    for (country, state, price) in [
        ("BR", Delivered, Some("marketing_lite")),
        ("BR", Delivered, Some("utility")),
        ("BR", Delivered, None),
        ("BR", Sent, Some("marketing")),
        ("US", Claimed, None),
        ("US", Unknown, None),
        ("US", Failed, None),
        ("US", Skipped, None),
        ("PT", Delivered, Some("marketing")),
    ] {
        counted.apply(None, &told(country, state, price));
    }
    let free = Told { price: Price::of("utility", "free_entry_point", "PMP", None), ..told("US", Delivered, None) };
    counted.apply(None, &free);
    let spent = spent(&card, &counted, &own, day("2026-10-01"));
    assert_eq!(spent.billed_micros, 321_700 + 35_000);
    assert_eq!(spent.in_flight_micros, 2 * 321_700 + 2 * 125_000 + 321_700);
    assert_eq!((spent.not_priced, spent.by_country.get("BR")), (1, Some(&356_700)));
    assert_eq!(spent.committed_micros(), spent.billed_micros + spent.in_flight_micros);
}

#[test]
fn what_whatsapp_moved_to_another_category_may_be_charged_as_that() {
    use wire::MessageState::{Delivered, Sent};
    let card = Card::parse(&card()).unwrap();
    let own: BTreeSet<PriceCategory> = [PriceCategory::Utility].into();
    let mut counted = Breakdown::default();
    for _ in 0..3 {
        counted.apply(None, &told("BR", Sent, None));
    }
    let free = Price::of("service", "free_customer_service", "PMP", None);
    counted.apply(None, &Told { price: free, ..told("BR", Delivered, None) });
    let in_flight = |counted: &Breakdown| {
        let own = categories(&own, counted);
        spent(&card, counted, &own, day("2026-10-01")).in_flight_micros
    };
    assert_eq!((categories(&own, &counted), in_flight(&counted)), (own.clone(), 3 * 35_000));
    counted.apply(None, &told("BR", Delivered, Some("marketing")));
    assert_eq!(categories(&own, &counted), [PriceCategory::Marketing, PriceCategory::Utility].into());
    assert_eq!(in_flight(&counted), 3 * 321_700);
}

#[test]
fn no_rate_is_too_large_to_be_summed_up() {
    let mut dear = card();
    dear.markets[0].rates[0].marketing = Some("999999999".to_owned());
    let card = Card::parse(&dear).unwrap();
    let mut counted = Breakdown::default();
    let priced = [("marketing/regular".to_owned(), 1_500_000), ("marketing_lite/regular".to_owned(), 1_500_000)];
    counted.countries.entry("BR".to_owned()).or_default().priced = priced.into();
    let own = [PriceCategory::Marketing].into();
    let spent = spent(&card, &counted, &own, day("2026-10-01"));
    assert_eq!((spent.billed_micros, spent.by_country["BR"]), (u64::MAX, u64::MAX));
}

#[test]
fn amounts_are_written_as_money_is() {
    let shown = [0, 1, 10_000, 62_500, 1_000_000, 12_345_678_900].map(amount);
    assert_eq!(shown, ["0.00", "0.000001", "0.01", "0.0625", "1.00", "12345.6789"]);
    for wrong in ["", ".", "1.", ".5", "1,5", "-1", "1e3", "1.0000001", "1234567890", "+1"] {
        assert_eq!(parse_amount(wrong), Err(NoAmount), "{wrong}");
    }
}

proptest! {
    #[test]
    fn an_amount_comes_back_as_it_was_written(micros in 0_u64..1_000_000_000_000_000) {
        prop_assert_eq!(parse_amount(&amount(micros)), Ok(micros));
    }

    #[test]
    fn nobody_is_lost_between_wordings(recipients in 0_u64..10_000, kinds in prop::collection::vec(0_usize..3, 1..10)) {
        let all = [PriceCategory::Marketing, PriceCategory::Utility, PriceCategory::Service];
        let wordings: Vec<PriceCategory> = kinds.iter().map(|kind| all[*kind]).collect();
        prop_assert_eq!(spread(recipients, &wordings).iter().map(|(_, messages)| messages).sum::<u64>(), recipients);
    }
}
