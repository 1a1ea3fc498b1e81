//! Business-scoped user ids: how WhatsApp names people whose number a business does not see (facts of May 2026).

use sha2::{Digest, Sha256};

/// Most characters after the country.
const ID_LIMIT: usize = 128;

/// A business-scoped user id: the same for the same person and account.
pub(crate) fn user_id(waba_id: &str, digits: &str) -> String {
    let country = match digits.as_bytes() {
        [b'1', ..] => "US",
        [b'3', b'4', ..] => "ES",
        [b'4', b'4', ..] => "GB",
        [b'5', b'2', ..] => "MX",
        [b'5', b'5', ..] => "BR",
        _ => "ZZ",
    };
    let digest = Sha256::new().chain_update(waba_id).chain_update([0]).chain_update(digits).finalize();
    let number = digest.iter().take(8).fold(0_u64, |number, byte| number << 8 | u64::from(*byte));
    format!("{country}.{number:020}")
}

/// Whether this is such an id, of a portfolio (`BR.123`) or of linked ones (`BR.ENT.123`).
pub(crate) fn is_user_id(text: &str) -> bool {
    let Some((country, rest)) = text.split_once('.') else {
        return false;
    };
    let id = rest.strip_prefix("ENT.").unwrap_or(rest);
    country.len() == 2
        && country.bytes().all(|byte| byte.is_ascii_uppercase())
        && (1..=ID_LIMIT).contains(&id.len())
        && id.bytes().all(|byte| byte.is_ascii_alphanumeric())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_user_id_is_stable_and_has_metas_form() {
        let id = user_id("1", "5511912345678");
        assert_eq!(id, user_id("1", "5511912345678"));
        assert!(id.starts_with("BR.") && id.len() == 23 && is_user_id(&id));
        assert_ne!(id, user_id("2", "5511912345678"));
    }

    #[test]
    fn only_a_country_and_letters_and_digits_are_an_id() {
        assert!(is_user_id("US.13491208655302741918") && is_user_id("US.ENT.1349"));
        for other in ["5511912345678", "us.1", "USA.1", "US.", "US.1 2", "US.1.2"] {
            assert!(!is_user_id(other), "{other}");
        }
    }
}
