//! What this browser keeps of a campaign that was being made: no recipient's data, for who typed it only, and nothing once
//! he signs out. And the page that a tab left because nobody was signed in any more.

use leptos::prelude::window;
use web_sys::Storage;

use crate::model::draft::Kept;
use crate::model::way_back::{is_worth_it, way_back};

/// The name in the browser's storage.
const KEY: &str = "campanile.new-campaign";

/// The name of the page that was left, in what the browser keeps for this tab alone.
const LEFT: &str = "campanile.left";

/// What was kept for this person; nothing where there is nothing, or what no form of today was.
pub fn read(whose: &str) -> Option<Kept> {
    let text = storage()?.get_item(KEY).ok()??;
    serde_json::from_str::<Kept>(&text).ok().filter(|kept| kept.is_of(whose) && kept.is_worth_it())
}

/// Keeps it. Where the browser forbids that, nothing is kept.
pub fn write(kept: &Kept) {
    if let (Some(storage), Ok(text)) = (storage(), serde_json::to_string(kept)) {
        storage.set_item(KEY, &text).unwrap_or_default();
    }
}

/// Keeps nothing any more.
pub fn forget() {
    if let Some(storage) = storage() {
        storage.remove_item(KEY).unwrap_or_default();
    }
}

/// Notes the page that this tab shows: who has to sign in first goes on there.
pub fn note_page() {
    let location = window().location();
    let address = format!("{}{}", location.pathname().unwrap_or_default(), location.search().unwrap_or_default());
    if let (true, Some(tab)) = (is_worth_it(&address), of_this_tab()) {
        tab.set_item(LEFT, &address).unwrap_or_default();
    }
}

/// The page to go on with, which is noted no longer.
pub fn take_page() -> String {
    let left = of_this_tab().and_then(|tab| tab.get_item(LEFT).ok().flatten());
    forget_page();
    way_back(left)
}

/// Notes no page any more.
pub fn forget_page() {
    if let Some(tab) = of_this_tab() {
        tab.remove_item(LEFT).unwrap_or_default();
    }
}

fn of_this_tab() -> Option<Storage> {
    window().session_storage().ok()?
}

fn storage() -> Option<Storage> {
    window().local_storage().ok()?
}
