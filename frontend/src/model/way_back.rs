//! Where somebody goes on who had to sign in again.

use super::campaigns_query::BASE;

/// The page that shows how to sign in.
pub const SIGN_IN: &str = "/sign-in";

/// Whether an address, a path with its query, is a page of the dashboard that can be gone on with.
pub fn is_worth_it(address: &str) -> bool {
    let path = address.split('?').next().unwrap_or_default();
    address.starts_with('/') && !address.starts_with("//") && !address.contains('\\') && path != SIGN_IN
}

/// The page to go on with: the one that was left, else the campaigns.
pub fn way_back(left: Option<String>) -> String {
    left.filter(|address| is_worth_it(address)).unwrap_or_else(|| BASE.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn back(left: &str) -> String {
        way_back(Some(left.to_owned()))
    }

    #[test]
    fn the_page_that_was_left_comes_back_with_what_was_looked_for() {
        assert_eq!(back("/contacts?search=marta&label=vip"), "/contacts?search=marta&label=vip");
        assert_eq!(way_back(None), "/campaigns");
    }

    #[test]
    fn no_other_site_and_no_sign_in_is_gone_on_with() {
        for left in ["", "//other.example", "/\\other.example", "https://other.example", "/sign-in?code=1"] {
            assert_eq!(back(left), "/campaigns", "{left}");
        }
    }
}
