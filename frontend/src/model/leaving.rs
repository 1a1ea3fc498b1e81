//! When a page is not left at once: somebody typed what is saved nowhere, and a click or a step in the browser's
//! history leads to another page.

/// Where somebody goes who leaves a page.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Way {
    /// To the page with this address, by a link.
    To(String),
    /// To the page that lies one step back in the browser's history.
    Back,
    /// Out of the workspace.
    SignOut,
}

/// A click, as the browser tells it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Click {
    /// The button of the mouse, 0 for the left one and for a key.
    pub button: i16,
    /// Whether a key was held that opens another tab or keeps the file.
    pub with_key: bool,
}

/// The link that was clicked, as the page has it written.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Link {
    /// Where it leads.
    pub href: String,
    /// In which tab or window; empty for this one.
    pub target: String,
    /// What it is to the page.
    pub rel: String,
    /// Whether a file is kept in place of a page shown.
    pub is_download: bool,
    /// Whether it says itself that what is typed is given up.
    pub gives_up: bool,
}

impl Link {
    /// The address of another page of the dashboard that a click shows in this tab, where the page of this `path` stands.
    /// Nothing for what leads elsewhere or to a place of the same page.
    pub fn other_page(&self, click: Click, path: &str) -> Option<&str> {
        let is_plain = click.button == 0 && !click.with_key;
        let is_external = self.rel.split_whitespace().any(|word| word == "external");
        let is_held = !self.is_download && !self.gives_up && self.target.is_empty() && !is_external;
        let is_ours = self.href.starts_with('/') && !self.href.starts_with("//");
        let is_other = is_other_page(&self.href, path);
        (is_plain && is_held && is_ours && is_other).then_some(self.href.as_str())
    }
}

/// Whether two addresses show two pages, and not two places of the same.
pub fn is_other_page(one: &str, other: &str) -> bool {
    page(one) != page(other)
}

/// The address of a page, of the parts that the router knows: the search without its `?`, the place with its `#`.
pub fn address(path: &str, search: &str, place: &str) -> String {
    let mark = if search.is_empty() { "" } else { "?" };
    format!("{path}{mark}{search}{place}")
}

/// The path of an address, without what is looked for on the page.
fn page(address: &str) -> &str {
    address.split(['?', '#']).next().unwrap_or_default().trim_end_matches('/')
}

/// Whether something would be lost: it differs from what was there at first or is saved, and who typed it may save it.
pub fn is_loss<T: PartialEq>(may_save: bool, saved: &T, typed: &T) -> bool {
    may_save && saved != typed
}

#[cfg(test)]
mod tests {
    use super::*;

    const PLAIN: Click = Click { button: 0, with_key: false };

    fn to(href: &str) -> Link {
        Link { href: href.into(), ..Link::default() }
    }

    #[test]
    fn a_plain_click_on_a_link_to_another_page_is_held() {
        for href in ["/contacts", "/contacts?search=marta", "/contacts/new#name", "/"] {
            assert_eq!(to(href).other_page(PLAIN, "/lists/new"), Some(href), "{href}");
        }
        assert_eq!(to("/lists/new/more").other_page(PLAIN, "/lists/new"), Some("/lists/new/more"));
    }

    #[test]
    fn a_place_of_the_same_page_and_another_site_are_not() {
        let hrefs = ["#name", "?page=2", "/lists/new", "/lists/new/", "/lists/new?a=b#c", "//other.example/lists", ""];
        for href in hrefs.into_iter().chain(["https://other.example/lists", "mailto:ana@example.com"]) {
            assert_eq!(to(href).other_page(PLAIN, "/lists/new"), None, "{href}");
        }
    }

    #[test]
    fn what_opens_beside_the_page_or_is_kept_as_a_file_is_not() {
        for click in [Click { button: 1, ..PLAIN }, Click { button: 2, ..PLAIN }, Click { with_key: true, ..PLAIN }] {
            assert_eq!(to("/contacts").other_page(click, "/lists/new"), None, "{click:?}");
        }
        for link in [
            Link { target: "_blank".into(), ..to("/contacts") },
            Link { rel: "nofollow external".into(), ..to("/v3/docs") },
            Link { is_download: true, ..to("/samples/contacts.csv") },
        ] {
            assert_eq!(link.other_page(PLAIN, "/lists/new"), None, "{link:?}");
        }
    }

    #[test]
    fn an_address_is_put_together_of_what_the_router_knows() {
        assert_eq!(address("/contacts", "search=marta&label=vip", "#name"), "/contacts?search=marta&label=vip#name");
        assert_eq!(address("/lists/new", "", ""), "/lists/new");
        assert!(!is_other_page(&address("/reports", "days=7", "#money"), "/reports/"));
        assert!(is_other_page(&address("/lists", "", ""), "/lists/new"));
    }

    #[test]
    fn who_cancels_is_not_asked() {
        let cancel = Link { gives_up: true, ..to("/contacts") };
        assert_eq!(cancel.other_page(PLAIN, "/contacts/new"), None);
    }

    #[test]
    fn only_what_differs_and_could_be_saved_is_lost() {
        assert!(is_loss(true, &"Marta", &"Marta Reis"));
        assert!(!is_loss(true, &"Marta", &"Marta"));
        assert!(!is_loss(false, &"Marta", &"Marta Reis"));
    }
}
