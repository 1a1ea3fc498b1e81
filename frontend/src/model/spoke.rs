//! Whom of a list a campaign goes to, by the numbers that people wrote to.

use wire::Spoke;

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
        Spoke::Here => "Only contacts of this number",
        Spoke::OnlyElsewhere => "Only of other numbers",
        Spoke::Anywhere => "Both, and who never wrote",
    }
}

/// What it means.
pub fn meaning(spoke: Spoke) -> &'static str {
    match spoke {
        Spoke::Here => "They wrote to it before",
        Spoke::OnlyElsewhere => "They wrote to another of your numbers",
        Spoke::Anywhere => "Everybody of the list",
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
