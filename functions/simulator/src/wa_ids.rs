//! The two forms of Brazilian and Mexican numbers: Meta may answer and report with the other one than was sent to.

/// The form with which WhatsApp knows the person, if it is another: Brazilian mobiles with an area code of 31 or more
/// lose their 9 (community reports; older accounts), Mexican ones gain a 1 after 52.
pub(crate) fn other_form(digits: &str) -> Option<String> {
    let plain = digits.bytes().all(|byte| byte.is_ascii_digit());
    match digits.get(..2) {
        Some("55") if plain && digits.len() == 13 && &digits[2..4] >= "31" && &digits[4..5] == "9" => {
            Some(format!("{}{}", &digits[..4], &digits[5..]))
        }
        Some("52") if plain && digits.len() == 12 => Some(format!("521{}", &digits[2..])),
        Some(_) | None => None,
    }
}

/// Every form of a number, the given one first.
pub(crate) fn forms(digits: &str) -> Vec<String> {
    let longer = match digits.as_bytes() {
        [b'5', b'5', _, _, b'6'..=b'9', rest @ ..] if rest.len() == 7 && digits.is_ascii() => {
            Some(format!("{}9{}", &digits[..4], &digits[4..]))
        }
        [b'5', b'2', b'1', rest @ ..] if rest.len() == 10 => digits.strip_prefix("521").map(|rest| format!("52{rest}")),
        _ => None,
    };
    std::iter::once(digits.to_owned()).chain(other_form(digits)).chain(longer).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_known_pairs_are_found_and_others_stay() {
        assert_eq!(other_form("5531912345678").as_deref(), Some("553112345678"));
        assert_eq!(other_form("525512345678").as_deref(), Some("5215512345678"));
        for same in ["5511912345678", "553131234567", "553112345678", "5215512345678", "12125550100", "", "BR.1"] {
            assert_eq!(other_form(same), None, "{same}");
        }
    }

    #[test]
    fn both_forms_of_a_mobile_are_found_from_either() {
        for (one, other) in [("5531991234567", "553191234567"), ("525512345678", "5215512345678")] {
            assert_eq!(forms(one), [one, other]);
            assert_eq!(forms(other), [other, one]);
        }
        assert_eq!(forms("553131234567"), ["553131234567"], "a landline");
        assert_eq!(forms("55é16éééé"), ["55é16éééé"], "no number at all");
    }
}
