//! What the pages derive before they draw: plain structs and functions with tests, no signal and no browser.

pub mod filling;
pub mod form;
pub mod funnel;
pub mod intake;
pub mod moment;
pub mod pace;
pub mod people;
pub mod progress;
pub mod rich_text;
pub mod state;
pub mod status;
