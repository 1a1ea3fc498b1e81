//! What this browser keeps of a campaign that was being made: no recipient's data, for who typed it only, and nothing once
//! he signs out.

use leptos::prelude::window;
use web_sys::Storage;

use crate::model::draft::Kept;

/// The name in the browser's storage.
const KEY: &str = "campanile.new-campaign";

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

fn storage() -> Option<Storage> {
    window().local_storage().ok()?
}
