//! Which numbers belong to the United States: Meta delivers no marketing to them (since April 2025, and still so in 2026).

/// Area codes of +1 in Canada, and of the countries and territories that Meta counts by themselves.
#[rustfmt::skip]
const ELSEWHERE: [&str; 84] = [
    // Canada
    "204", "226", "236", "249", "250", "257", "263", "289", "306", "343", "354", "365", "367", "368", "382", "387", "403", "416",
    "418", "428", "431", "437", "438", "450", "460", "468", "474", "506", "514", "519", "537", "548", "568", "579", "581", "584",
    "587", "604", "613", "622", "639", "647", "672", "683", "705", "709", "742", "753", "778", "780", "782", "807", "819", "825",
    "867", "873", "879", "902", "905", "942",
    // The Caribbean, Bermuda
    "242", "246", "264", "268", "284", "345", "441", "473", "649", "658", "664", "721", "758", "767", "784", "787", "809", "829",
    "849", "868", "869", "876", "939", "340",
];

/// Whether this number, in digits, has an area code of the United States.
pub(crate) fn has(digits: &str) -> bool {
    let area = digits.strip_prefix('1').filter(|rest| rest.len() == 10).and_then(|rest| rest.get(..3));
    area.is_some_and(|area| !ELSEWHERE.contains(&area))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn canada_and_the_caribbean_are_elsewhere() {
        assert!(has("12125550100") && has("14155550100"));
        for other in ["14165550100", "18765550100", "5511912345678", "1212555010", "US.1"] {
            assert!(!has(other), "{other}");
        }
    }
}
