//! Phone numbers as people write them, and the promises of the parser on any text.

use proptest::prelude::*;

use super::*;

fn parse(text: &str, country: &str) -> Result<String, &'static str> {
    let country = Country::parse(country).ok();
    PhoneNumber::parse(text, country).map(|phone| phone.e164().to_owned()).map_err(|error| error.name())
}

#[track_caller]
fn reads(text: &str, country: &str, expected: &str) {
    assert_eq!(parse(text, country), Ok(expected.to_owned()), "{text} in {country}");
}

#[track_caller]
fn refuses(text: &str, country: &str, expected: &str) {
    assert_eq!(parse(text, country), Err(expected), "{text} in {country}");
}

#[test]
fn every_spelling_of_a_number_is_the_same_number() {
    for text in [
        "+5511998765432",
        "+55 (11) 99876-5432",
        "5511998765432",
        "005511998765432",
        "011 55 11 99876 5432",
        "0011 55 11 99876 5432",
        "'+5511998765432",
        "\u{2019}5511998765432",
        "+55\u{a0}11\u{a0}99876\u{2011}5432",
        "\u{202a}+55 11 99876\u{2013}5432\u{202c}",
        "\u{ff0b}\u{ff15}\u{ff15}\u{ff11}\u{ff11}\u{ff19}\u{ff19}\u{ff18}\u{ff17}\u{ff16}\u{ff15}\u{ff14}\u{ff13}\u{ff12}",
        "tel:+55-11-99876-5432",
        "WhatsApp:+5511998765432",
        "5511998765432.0",
        "5511998765432,00",
        "5.511998765432E+12",
        "5,511998765432e12",
        "5,511,998,765,432",
        "5,511,998,765,432.0",
        "5.511.998.765.432,00",
        "5\u{202f}511\u{202f}998\u{202f}765\u{202f}432,00",
        "+5511998765432.0",
        "+55 (0xx11) 99876-5432",
        "\u{61c}+5511998765432",
        "=\"5511998765432\"",
        "\"5511998765432\"",
        "+55 011 99876-5432",
        "+55 (0) 11 99876-5432",
        " +0055 11 99876.5432 ",
    ] {
        reads(text, "", "+5511998765432");
        reads(text, "BR", "+5511998765432");
    }
}

#[test]
fn national_forms_need_a_default_country() {
    for text in [
        "11998765432",
        "(11) 99876-5432",
        "011 99876 5432",
        "0xx11 99876-5432",
        "(0XX11) 99876-5432",
        "0 15 11 99876 5432",
        "(015 11) 99876-5432",
    ] {
        reads(text, "BR", "+5511998765432");
        assert!(parse(text, "").is_err(), "{text}");
    }
    refuses("11998765432", "", "noCountry");
    reads("07700 900123", "GB", "+447700900123");
    reads("7700900123", "GB", "+447700900123");
    refuses("07700 900123", "", "noCountry");
    reads("(212) 555-0123", "US", "+12125550123");
    reads("1-212-555-0123", "US", "+12125550123");
    reads("912 345 678", "PT", "+351912345678");
    reads("06 12 34 56 78", "FR", "+33612345678");
    reads("0151 12345678", "DE", "+4915112345678");
    reads("06 1234567", "IT", "+39061234567");
    reads("8 (912) 345-67-89", "RU", "+79123456789");
    reads("044 55 1234 5678", "MX", "+525512345678");
}

#[test]
fn international_digits_without_plus_are_read_beside_a_default_country() {
    reads("12125550123", "BR", "+12125550123");
    reads("447700900123", "US", "+447700900123");
    reads("4915112345678", "DE", "+4915112345678");
    reads("436641234567", "AT", "+436641234567");
    reads("468123456", "SE", "+468123456");
    reads("0015 55 11 99876 5432", "BR", "+5511998765432");
    reads("00 15 1 212 555 0123", "BR", "+12125550123");
    reads("0044 7700 900123", "BR", "+447700900123");
}

#[test]
fn numbers_set_aside_for_fiction_are_accepted() {
    reads("+1 212 555 0199", "", "+12125550199");
    reads("+44 7700 900999", "", "+447700900999");
    reads("+44 (0)7700 900999", "", "+447700900999");
}

#[test]
fn what_is_no_number_says_why() {
    refuses("", "BR", "empty");
    refuses("  \u{a0}'", "BR", "empty");
    refuses("n/a", "BR", "notANumber");
    refuses("-", "BR", "notANumber");
    refuses("+55 11 9987O-5432", "BR", "notANumber");
    refuses("ana@example.com", "BR", "notANumber");
    refuses("5.51199E+12", "BR", "digitsLost");
    refuses("5,51199E+12", "", "digitsLost");
    refuses("5E+12", "", "digitsLost");
    refuses("+1 555 0123", "US", "tooShort");
    refuses("12345", "", "tooShort");
    refuses("+55 11 99876 54321", "", "tooLong");
    refuses("5511998765432123456", "", "tooLong");
    refuses("+999 123 456 789", "", "unknownCountryCode");
    refuses("+0 11 99876 5432", "", "unknownCountryCode");
    refuses("+1 112 555 0123", "", "notPossible");
    refuses("+1 212 155 0123", "", "notPossible");
    refuses("+55 20 99876 5432", "", "notPossible");
    refuses("+55 11 89876 5432", "", "notPossible");
    refuses("+44 770 090 012", "", "notPossible");
    refuses("11998765432", "", "noCountry");
}

#[test]
fn two_numbers_in_one_cell_are_refused() {
    for text in [
        "+55 11 99876-5432 / +55 11 99876-5433",
        "11998765432;11998765433",
        "11998765432, 11998765433",
        "+12125550123 +447700900123",
        "11998765432 11998765433",
        "11 99876-5432 ou 11 3333-4444",
        "(11) 99876-5432 - (11) 3333-4444",
        "(11) 99876-5432 (11) 3333-4444",
        "11 3333-4444/45",
        "3333-4444/4445",
        "030 1234567/68",
        "+12125550123\n+12125550124",
    ] {
        refuses(text, "BR", "twoNumbers");
    }
}

#[test]
fn a_slash_behind_an_area_divides_nothing() {
    reads("0621/60-6262", "DE", "+49621606262");
    reads("+49 35601/12345", "", "+493560112345");
    reads("+1 212 555/0123", "", "+12125550123");
}

#[test]
fn a_digit_too_many_or_an_area_that_is_none_does_not_make_it_somebody_abroad() {
    refuses("11 99876-54321", "BR", "tooLong");
    refuses("(49) 99876-54321", "BR", "tooLong");
    refuses("(049) 99876-54321", "BR", "tooLong");
    refuses("(21) 3333-44445", "BR", "notPossible");
    refuses("(36) 99876-5432", "BR", "notPossible");
    refuses("(404) 555-01234", "US", "tooLong");
    refuses("+1 1 212 555 0123", "", "tooLong");
    reads("(55) 11 99876-5432", "BR", "+5511998765432");
    reads("(351) 912 345 678", "BR", "+351912345678");
    reads("56 9 1234 5678", "BR", "+56912345678");
}

#[test]
fn what_is_wrong_is_told_of_the_country_that_was_meant() {
    let refused = |text: &str, iso: &str| PhoneNumber::parse(text, Country::parse(iso).ok()).unwrap_err();
    let country = |iso: &str| Country::parse(iso).ok();
    assert_eq!(refused("11 99876-54321", "BR"), PhoneError::TooLong { country: country("BR"), digits: 12 });
    assert_eq!(refused("5511998765", "BR"), PhoneError::TooShort { country: country("BR"), digits: 8 });
    assert_eq!(refused("119876543", "BR"), PhoneError::TooShort { country: country("BR"), digits: 9 });
    assert_eq!(refused("351 9123 4567", "PT"), PhoneError::TooShort { country: country("PT"), digits: 8 });
    assert_eq!(refused("44 7700 9001234", "BR"), PhoneError::TooLong { country: country("GB"), digits: 11 });
}

#[test]
fn argentine_mobiles_dialled_with_15_get_their_9() {
    reads("011 15 2345-6789", "AR", "+5491123456789");
    reads("0351 15 234-5678", "AR", "+5493512345678");
    reads("02966 15 23-4567", "AR", "+5492966234567");
    reads("+54 11 15 2345 6789", "", "+5491123456789");
    reads("11 2345-6789", "AR", "+541123456789");
    refuses("15 2345-6789", "AR", "notPossible");
    refuses("+54 9 15 2345 6789", "", "notPossible");
}

#[test]
fn italian_mobiles_that_begin_like_the_country_code_are_mobiles() {
    reads("393 123 4567", "IT", "+393931234567");
    reads("392 123 456", "IT", "+39392123456");
    reads("39 393 123 4567", "IT", "+393931234567");
    reads("39 06 1234 5678", "IT", "+390612345678");
    reads("393931234567", "", "+393931234567");
    refuses("+39 312 3456", "", "notPossible");
}

#[test]
fn digits_that_may_be_a_national_number_are_nobodys_without_a_country() {
    // A mobile of Belo Horizonte, or of the Netherlands; one of Fortaleza, or of Vietnam; one of Taubaté, or of Ohio.
    for text in ["31987654321", "(31) 98765-4321", "84987654321", "12987654321"] {
        refuses(text, "", "noCountry");
    }
    // Washington, or Cairo; India, or Berlin.
    for text in ["2025550123", "4930123456", "3931234567"] {
        refuses(text, "", "noCountry");
    }
    for (text, expected) in [
        ("+31987654321", "+31987654321"),
        ("0031987654321", "+31987654321"),
        ("351912345678", "+351912345678"),
        ("34612345678", "+34612345678"),
        ("41791234567", "+41791234567"),
        ("48600700800", "+48600700800"),
        ("56912345678", "+56912345678"),
        ("12125550123", "+12125550123"),
        ("551133334444", "+551133334444"),
        ("5511987654321", "+5511987654321"),
        ("447700900123", "+447700900123"),
        ("011 44 7700 900123", "+447700900123"),
    ] {
        reads(text, "", expected);
    }
    reads("31987654321", "BR", "+5531987654321");
    reads("31612345678", "NL", "+31612345678");
}

#[test]
fn one_person_has_one_canonical_number() {
    for (left, right, canonical) in [
        ("+5531912345678", "553191234567", ""),
        ("+5531991234567", "553191234567", "5531991234567"),
        ("+5511987654321", "551187654321", "5511987654321"),
        ("+525512345678", "5215512345678", "525512345678"),
        ("+5491123456789", "541123456789", "5491123456789"),
    ] {
        let key = |text| PhoneNumber::parse(text, None).map(|phone| phone.canonical());
        if canonical.is_empty() {
            assert_ne!(key(left), key(right));
        } else {
            assert_eq!(key(left).as_deref(), Ok(canonical));
            assert_eq!(key(right).as_deref(), Ok(canonical));
        }
    }
}

#[test]
fn a_landline_stays_as_it_is() {
    let landline = PhoneNumber::parse("551133334444", None).unwrap();
    assert_eq!(landline.canonical(), "551133334444");
    assert_eq!(landline.variants(), ["551133334444"]);
    // Without its 9 this mobile would be a landline.
    let mobile = PhoneNumber::parse("5511933334444", None).unwrap();
    assert_eq!(mobile.variants(), ["5511933334444"]);
}

#[test]
fn variants_are_the_forms_that_whatsapp_reports() {
    let variants = |text| PhoneNumber::parse(text, None).unwrap().variants();
    assert_eq!(variants("+5531912345678"), ["5531912345678"], "12345678 never was a mobile");
    assert_eq!(variants("+5531998765432"), ["5531998765432", "553198765432"]);
    assert_eq!(variants("+5215512345678"), ["525512345678", "5215512345678"]);
    assert_eq!(variants("+541123456789"), ["5491123456789", "541123456789"]);
}

#[test]
fn the_country_is_told_by_code_and_leading_digits() {
    let country = |text| PhoneNumber::parse(text, None).unwrap().country().map(Country::as_str);
    assert_eq!(country("+12125550123"), Some("US"));
    assert_eq!(country("+14165550123"), Some("CA"));
    assert_eq!(country("+18095550123"), Some("DO"));
    assert_eq!(country("+77012345678"), Some("KZ"));
    assert_eq!(country("+79123456789"), Some("RU"));
    assert_eq!(country("+447700900123"), Some("GB"));
    assert_eq!(country("+351912345678"), Some("PT"));
}

#[test]
fn the_table_is_sorted_and_prefix_free() {
    assert!(plans::PLANS.is_sorted_by_key(|plan| plan.code));
    for plan in plans::PLANS {
        assert!(plan.min <= plan.max && plan.code.to_string().len() + plan.max <= MAX_DIGITS);
        assert!(plan.min + plan.code.to_string().len() >= FEWEST_DIGITS || plan.min >= 4);
        assert!(Country::parse(plan.iso).is_ok());
        let longer = |other: &&plans::Plan| {
            other.code != plan.code && other.code.to_string().starts_with(&plan.code.to_string())
        };
        assert!(plans::PLANS.iter().find(longer).is_none(), "{}", plan.code);
    }
    assert!(Country::parse(" br ").is_ok());
    assert_eq!(Country::parse("QQ"), Err(UnknownCountry));
}

#[test]
fn a_number_survives_json_and_a_wrong_one_does_not_enter() {
    let phone = PhoneNumber::parse("+447700900123", None).unwrap();
    let json = serde_json::to_string(&phone).unwrap();
    assert_eq!(json, "\"+447700900123\"");
    assert_eq!(serde_json::from_str::<PhoneNumber>(&json).unwrap(), phone);
    assert!(serde_json::from_str::<PhoneNumber>("\"123\"").is_err());
}

#[test]
fn numbers_are_read_as_forms_links_and_chats_export_them() {
    for text in [
        "p:+5511987654321",
        "P:5511987654321",
        "https://wa.me/5511987654321",
        "wa.me/+5511987654321",
        "https://api.whatsapp.com/send?phone=5511987654321",
        "https://wa.me/5511987654321?text=Oi%20Ana",
        "http://www.wa.me/5511987654321/",
        "https://api.whatsapp.com/send/?phone=5511987654321&text&type=phone_number",
        "https://web.whatsapp.com/send?phone=%2B5511987654321",
        "whatsapp://send?phone=5511987654321",
        "5511987654321@c.us",
        "5511987654321@s.whatsapp.net",
    ] {
        let phone = PhoneNumber::parse(text, None);
        assert_eq!(phone.map(|phone| phone.e164().to_owned()), Ok("+5511987654321".to_owned()), "{text}");
    }
    for text in ["ana@c.us", "120363041234567890@g.us", "130987654321098@lid", "https://wa.me/message/ABC123"] {
        assert_eq!(PhoneNumber::parse(text, None), Err(PhoneError::NotANumber), "{text}");
    }
}

#[test]
fn a_text_names_every_number_in_it() {
    let named = |text: &str| {
        let numbers = PhoneNumber::all_in(text, Country::parse("BR").ok());
        numbers.iter().map(|phone| phone.e164().to_owned()).collect::<Vec<_>>()
    };
    let (mobile, landline) = ("+5511987654321", "+551133334444");
    for both in ["+55 11 98765-4321 / 11 3333-4444", "11987654321 1133334444", "+5511987654321+551133334444"] {
        assert_eq!(named(both), [mobile, landline], "{both}");
    }
    for one in ["11 98765-4321", "Ana (11) 98765-4321", "fone: 11987654321, falar com Bia"] {
        assert_eq!(named(one), [mobile], "{one}");
    }
    assert!(named("Rua das Flores, 12").is_empty());
}

/// Any number that a plan allows, so that the properties see every country.
fn numbers() -> impl Strategy<Value = PhoneNumber> {
    let country = proptest::sample::select(Country::all().collect::<Vec<_>>());
    (country, "[1-9][0-9]{3,14}").prop_filter_map("not possible", |(country, digits)| {
        let plan = country.plan();
        let national = digits.get(..plan.max.min(digits.len()))?;
        PhoneNumber::parse(&format!("+{}{national}", plan.code), None).ok()
    })
}

fn any_country() -> impl Strategy<Value = Option<Country>> {
    proptest::option::of(proptest::sample::select(Country::all().collect::<Vec<_>>()))
}

/// Prefixes dropped at most: `00`, a Brazilian carrier, a trunk 0 and what a country writes before mobiles.
const MOST_DROPPED: usize = 6;

proptest! {
    #[test]
    fn parsing_the_e164_form_gives_the_same_number(phone in numbers(), country in any_country()) {
        prop_assert_eq!(PhoneNumber::parse(phone.e164(), country), Ok(phone.clone()));
        prop_assert_eq!(phone.key().to_string(), phone.canonical());
    }

    #[test]
    fn canonical_is_the_same_for_all_variants(phone in numbers()) {
        let variants = phone.variants();
        prop_assert!(variants.contains(&phone.digits().to_owned()));
        for variant in variants {
            let other = PhoneNumber::parse(&format!("+{variant}"), None);
            prop_assert_eq!(other.map(|other| other.canonical()), Ok(phone.canonical()));
        }
    }

    #[test]
    fn no_text_makes_the_parser_panic(text in any::<String>(), country in any_country()) {
        if let Ok(phone) = PhoneNumber::parse(&text, country) {
            prop_assert!(phone.e164().len() <= MAX_DIGITS + 1);
        }
    }

    #[test]
    fn no_digit_is_ever_lost(text in "[+']?[0-9]{1,3}[0-9 ().\\-]{0,24}", country in any_country()) {
        let text = text.trim_end();
        let digits: String = text.chars().filter(char::is_ascii_digit).collect();
        if let Ok(phone) = PhoneNumber::parse(text, country) {
            let decimals = if text.ends_with(".00") { 2 } else { usize::from(text.ends_with(".0")) };
            let kept = &digits[..digits.len() - decimals];
            prop_assert!(phone.digits().len() + MOST_DROPPED + decimals >= digits.len());
            let whole = phone.digits().ends_with(&digits[digits.len().saturating_sub(6)..]);
            let repaired = phone.digits().ends_with(&kept[kept.len().saturating_sub(6)..]);
            prop_assert!(whole || repaired, "{} became {}", text, phone);
        }
    }
}
