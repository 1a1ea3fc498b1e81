//! Who did something, in words.

use crate::t;

/// Who did what happened by itself, as the API says it.
const BY_ITSELF: &str = "campanile";

/// The token of a machine on which Campanile runs for one person: a file's name, which tells nobody anything.
const OWN_TOKEN: &str = "api-token";

/// What somebody is called whom the API names as `who`: a member or a token by name.
pub fn called(who: &str) -> String {
    match who {
        BY_ITSELF => t::happened_by_itself().to_owned(),
        OWN_TOKEN => t::an_api_token().to_owned(),
        name => name.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whoever_has_no_name_of_their_own_is_said_in_words() {
        assert_eq!(["campanile", "api-token", "Ana"].map(called), ["By itself", "API token", "Ana"]);
    }
}
