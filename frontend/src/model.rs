//! What the pages derive before they draw: plain structs and functions with tests, no signal and no browser.

pub mod attachment;
pub mod bulk;
pub mod contact_form;
pub mod contacts_query;
pub mod filling;
pub mod form;
pub mod funnel;
pub mod intake;
pub mod list_form;
pub mod list_words;
pub mod moment;
pub mod money;
pub mod pace;
pub mod people;
pub mod progress;
pub mod spoke;
pub mod spot;
pub mod state;
pub mod status;
pub mod template_form;
pub mod templates_query;
pub mod trial;
pub mod unfilled;
pub mod wording;
