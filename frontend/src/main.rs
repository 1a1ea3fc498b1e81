//! The dashboard: the truth about campaigns while they happen, in a browser.
//!
//! `model` derives, `components` draw, `pages` fetch and compose, `infra` is all that is no view; `app` puts them together.

mod app;
mod components;
mod infra;
mod model;
mod pages;

fn main() {
    leptos::mount::mount_to_body(app::App);
}
