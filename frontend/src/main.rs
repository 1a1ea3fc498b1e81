//! The dashboard: the truth about campaigns while they happen, in a browser.
//!
//! `model` derives, `components` draw, `pages` fetch and compose, `infra` is all that is no view; `app` puts them together, `chunks` says which
//! pages come later; `t` has the words.

mod app;
mod chunks;
mod components;
mod infra;
mod model;
mod pages;
mod t;

/// Nothing is drawn before the reader's language is there.
fn main() {
    wasm_bindgen_futures::spawn_local(async {
        infra::language::speak().await;
        leptos::mount::mount_to_body(app::App);
    });
}
