//! One module for each screen: it fetches and composes. `file_intake` is a part that two of them have.

pub mod campaign;
pub mod campaigns;
pub mod channels;
pub mod contact;
pub mod contacts;
pub mod file_intake;
pub mod import_contacts;
pub mod list;
pub mod lists;
pub mod new_campaign;
pub mod new_template;
pub mod not_found;
pub mod notices;
pub mod reports;
pub mod settings;
pub mod sign_in;
pub mod suppressions;
pub mod team;
pub mod template;
pub mod templates;
