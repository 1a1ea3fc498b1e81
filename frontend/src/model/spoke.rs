//! Whom of a list a campaign goes to, by the numbers that people wrote to.

use wire::Spoke;

use crate::t;

/// In the order in which they are offered: from those who know the number to everybody.
pub const ALL: [Spoke; 3] = [Spoke::Here, Spoke::OnlyElsewhere, Spoke::Anywhere];

/// Its name in forms.
pub fn key(spoke: Spoke) -> &'static str {
    match spoke {
        Spoke::Here => "here",
        Spoke::OnlyElsewhere => "onlyElsewhere",
        Spoke::Anywhere => "anywhere",
    }
}

/// The choice with this name; nothing for any other word.
pub fn from_key(word: &str) -> Option<Spoke> {
    ALL.into_iter().find(|spoke| key(*spoke) == word)
}

/// What a marketer calls it.
pub fn label(spoke: Spoke) -> &'static str {
    match spoke {
        Spoke::Here => t::only_contacts_of_this_number(),
        Spoke::OnlyElsewhere => t::only_of_other_numbers(),
        Spoke::Anywhere => t::both_and_who_never_wrote(),
    }
}

/// What it means.
pub fn meaning(spoke: Spoke) -> &'static str {
    match spoke {
        Spoke::Here => t::they_wrote_to_it_before(),
        Spoke::OnlyElsewhere => t::they_wrote_to_another_of(),
        Spoke::Anywhere => t::everybody_of_the_list(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_names_are_those_of_the_api() {
        for spoke in ALL {
            assert_eq!(serde_json::to_value(spoke).unwrap(), key(spoke));
            assert_eq!(from_key(key(spoke)), Some(spoke));
        }
        assert_eq!(from_key(""), None);
    }
}
