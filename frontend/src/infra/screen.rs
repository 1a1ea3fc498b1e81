//! How much room the browser has.

use leptos::prelude::window;

/// Where the style puts columns under each other, in pixels: 40 rem.
const NARROW_UP_TO: f64 = 640.0;

/// Whether the window is as narrow as a phone at this moment.
pub fn is_narrow() -> bool {
    let width = window().inner_width().ok().and_then(|width| width.as_f64());
    width.is_some_and(|width| width <= NARROW_UP_TO)
}
