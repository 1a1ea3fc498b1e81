//! Numbers as requests write them: in an address the digits of E.164, in a body or a query as people do.

use campaigns::phone::{Country, PhoneError, PhoneNumber};
use wire::WorkspaceId;

use super::problem::Refusal;
use crate::App;
use crate::storage::settings;

/// A number of so many digits that begins with no 0 has its country code: hardly any national one is as long.
const DIGITS_WITH_COUNTRY: usize = 12;

/// Longest search, in characters: a name.
const LONGEST_SEARCH: usize = 200;

/// The canonical digits of a number as it stands in a path, with or without its `+`.
pub(super) fn canonical(phone: &str) -> Result<String, Refusal> {
    let phone = phone.trim();
    let international =
        if phone.starts_with(|c: char| c.is_ascii_digit()) { format!("+{phone}") } else { phone.to_owned() };
    match PhoneNumber::parse(&international, None) {
        Ok(phone) => Ok(phone.canonical()),
        Err(unusable) => Err(Refusal::field("phone", unusable.to_string())),
    }
}

/// The country of numbers that a request writes without one, as the workspace's settings say.
pub(super) async fn home(app: &App, workspace: WorkspaceId) -> anyhow::Result<Option<Country>> {
    let settings = settings::read(app, workspace).await?;
    Ok(settings.default_country.as_deref().and_then(|code| Country::parse(code).ok()))
}

/// A number in a body or a query. After `+` or 00, or with as many digits as only a number with its country code has, it
/// is read as such; any other as one of `home`. Where that is not known it is refused if it may be somebody's national
/// number.
pub(super) fn read(text: &str, home: Option<Country>) -> Result<PhoneNumber, PhoneError> {
    let mut digits = text.chars().filter(char::is_ascii_digit);
    let has_country = digits.next().is_some_and(|first| first != '0') && digits.count() + 1 >= DIGITS_WITH_COUNTRY;
    PhoneNumber::parse(text, home.filter(|_| !has_country))
}

/// The same where a stranger must not be meant: bare digits that are a number of `home` and, with their own country code,
/// another person's elsewhere are refused. An area code in brackets, or after a 0, says that it is national.
pub(super) fn read_surely(text: &str, home: Option<Country>) -> Result<PhoneNumber, PhoneError> {
    let phone = read(text, home)?;
    let is_bare = text.trim_start().starts_with(|first: char| ('1'..='9').contains(&first));
    match PhoneNumber::parse(&format!("+{}", text.trim_start()), None) {
        Ok(abroad) if is_bare && abroad.canonical() != phone.canonical() => Err(PhoneError::NoCountry),
        Ok(_) | Err(_) => Ok(phone),
    }
}

/// The canonical digits of a number in the field `phone`.
pub(super) fn canonical_of(text: &str, home: Option<Country>) -> Result<String, Refusal> {
    match read_surely(text, home) {
        Ok(phone) => Ok(phone.canonical()),
        Err(unusable) => Err(Refusal::field("phone", unusable.to_string())),
    }
}

/// A number of a query: a `+` that was not escaped came as a blank.
pub(super) fn of_query(text: &str) -> String {
    let number = text.strip_prefix(' ').filter(|rest| rest.starts_with(|c: char| c.is_ascii_digit()));
    number.map_or_else(|| text.to_owned(), |digits| format!("+{digits}"))
}

/// What is told of a number among several that may be a national one, of nobody knows which country.
pub(super) fn without_country(who: &str) -> String {
    format!(
        "{who} has no country code: write it like +55 11 99876 5432, or choose the country of such numbers in the \
         settings"
    )
}

/// A search that is to be kept, a whole number of `home` in it with its country code.
pub(super) fn checked_search(search: String, home: Option<Country>) -> Result<String, Refusal> {
    let is_short = search.chars().count() <= LONGEST_SEARCH;
    let search = is_short.then_some(search);
    let search = search.ok_or_else(|| Refusal::field("search", format!("at most {LONGEST_SEARCH} characters")))?;
    Ok(in_full(search, home))
}

/// A search for a whole number of `home`, with its country code; any other as it is. What begins with that code already
/// may be the beginning of a longer number.
pub(super) fn in_full(search: String, home: Option<Country>) -> String {
    let digits: String = search.chars().filter(char::is_ascii_digit).collect();
    let is_number = search.chars().all(|c| c.is_ascii_digit() || "+-(). ".contains(c));
    let is_national = is_number && PhoneNumber::parse(&search, None).is_err();
    let home = home.filter(|home| is_national && !digits.starts_with(&home.calling_code().to_string()));
    match home.map(|home| PhoneNumber::parse(&search, Some(home))) {
        Some(Ok(phone)) => phone.e164().to_owned(),
        Some(Err(_)) | None => search,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read_in(text: &str, home: Option<&str>) -> Result<String, PhoneError> {
        let home = home.map(|code| Country::parse(code).unwrap());
        read(text, home).map(|phone| phone.e164().to_owned())
    }

    #[test]
    fn a_number_in_a_path_is_read_in_every_spelling() {
        for spelling in ["+5531987654321", "5531987654321", "553187654321", "+55 31 8765-4321"] {
            assert_eq!(canonical(spelling), Ok("5531987654321".to_owned()), "{spelling}");
        }
        assert!(canonical("nobody").is_err());
    }

    #[test]
    fn a_national_number_is_of_the_workspaces_country_or_refused() {
        for text in ["31987654321", "31 98765-4321", "(31) 98765 4321", "031 98765-4321"] {
            assert_eq!(read_in(text, Some("BR")).as_deref(), Ok("+5531987654321"), "{text}");
            assert_eq!(read_in(text, None), Err(PhoneError::NoCountry), "{text}");
        }
    }

    #[test]
    fn digits_that_are_somebody_elses_abroad_are_not_taken_for_sure() {
        let surely =
            |text: &str, home: &str| read_surely(text, Country::parse(home).ok()).map(|of| of.e164().to_owned());
        // Of Belo Horizonte, or of the Netherlands; of Alabama, or of Singapore; of Washington, or of Cairo.
        let of_two = [("31 98765-4321", "BR"), ("31987654321", "BR"), ("6598765432", "US"), ("2025550199", "US")];
        for (text, home) in of_two {
            assert_eq!(surely(text, home), Err(PhoneError::NoCountry), "{text} in {home}");
        }
        for text in ["(31) 98765-4321", "031 98765-4321", "5531987654321", "+55 31 98765-4321"] {
            assert_eq!(surely(text, "BR").as_deref(), Ok("+5531987654321"), "{text}");
        }
        for text in ["(202) 555-0199", "+1 202 555-0199"] {
            assert_eq!(surely(text, "US").as_deref(), Ok("+12025550199"), "{text}");
        }
        assert_eq!(surely("4155550199", "US").as_deref(), Ok("+14155550199"));
        assert_eq!(surely("12025550199", "US").as_deref(), Ok("+12025550199"));
    }

    #[test]
    fn a_number_with_its_country_code_is_the_same_everywhere() {
        for home in [None, Some("BR"), Some("DE"), Some("US")] {
            for text in ["+5531987654321", "5531987654321", "005531987654321", "+55 31 98765-4321"] {
                assert_eq!(read_in(text, home).as_deref(), Ok("+5531987654321"), "{text} in {home:?}");
            }
            assert_eq!(read_in("+31987654321", home).as_deref(), Ok("+31987654321"), "{home:?}");
        }
        assert_eq!(read_in("12025550199", None).as_deref(), Ok("+12025550199"));
        assert_eq!(read_in("12025550199", Some("BR")).as_deref(), Ok("+12025550199"));
    }

    #[test]
    fn a_plus_that_was_not_escaped_is_still_one() {
        assert_eq!(of_query(" 31987654321"), "+31987654321");
        for text in ["+31987654321", "31987654321", " Ana", ""] {
            assert_eq!(of_query(text), text);
        }
    }

    #[test]
    fn a_search_for_a_whole_national_number_finds_it_and_beginnings_stay() {
        let brazil = Country::parse("BR").ok();
        assert_eq!(in_full("31 98765-4321".to_owned(), brazil), "+5531987654321");
        for text in ["31 9876", "5531987654", "+5531987654321", "Ana 31987654321", "12025550199", ""] {
            assert_eq!(in_full(text.to_owned(), brazil), text);
        }
        assert_eq!(in_full("31 98765-4321".to_owned(), None), "31 98765-4321");
        assert!(checked_search("x".repeat(LONGEST_SEARCH + 1), brazil).is_err());
    }
}
