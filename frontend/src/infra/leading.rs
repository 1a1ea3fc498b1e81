//! Going on to another page once an answer came: who went elsewhere meanwhile stays there.

use leptos::prelude::*;
use leptos_router::NavigateOptions;
use leptos_router::hooks::use_navigate;

/// Leads to an address, as long as the component that asked for this is there.
pub fn leading() -> impl Fn(&str) + Clone {
    let (navigate, here) = (use_navigate(), StoredValue::new(()));
    move |address: &str| {
        if here.try_get_value().is_some() {
            navigate(address, NavigateOptions::default());
        }
    }
}
