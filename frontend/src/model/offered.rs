//! Why there is no template to choose from.

/// What is missing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Lack {
    /// The number that sends: templates are its account's.
    Number,
    /// They are on their way.
    Time,
    /// They did not come.
    Answer,
    /// The account has none yet.
    Templates,
}

/// Why no template of a number can be chosen; nothing where one can. `told_of`: the number whose templates have come, or
/// will not come as `failed` says; both are empty for none.
pub fn lack(number: &str, told_of: &str, failed: bool, templates: usize) -> Option<Lack> {
    match number {
        "" => Some(Lack::Number),
        number if number != told_of => Some(Lack::Time),
        _ if failed => Some(Lack::Answer),
        _ => (templates == 0).then_some(Lack::Templates),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_empty_choice_says_what_it_lacks() {
        assert_eq!(lack("", "", false, 0), Some(Lack::Number));
        assert_eq!(lack("main", "", false, 0), Some(Lack::Time));
        assert_eq!(lack("main", "other", false, 3), Some(Lack::Time));
        assert_eq!(lack("main", "main", true, 0), Some(Lack::Answer));
        assert_eq!(lack("main", "main", false, 0), Some(Lack::Templates));
        assert_eq!(lack("main", "main", false, 2), None);
    }
}
