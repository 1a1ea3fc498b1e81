//! What is no view: requests, uploads, files, clocks, and the one place where an API error is decided on.

pub mod api;
pub mod assets;
pub mod book;
pub mod clock;
pub mod consent;
pub mod contacts_file;
pub mod content;
pub mod countries;
pub mod errors;
pub mod format;
pub mod http;
pub mod kept;
pub mod language;
pub mod leading;
pub mod load;
pub mod numbers;
pub mod pictures;
pub mod poll;
pub mod screen;
pub mod shell;
pub mod team;
pub mod telling;
pub mod template_languages;
pub mod unsaved;
pub mod upload;
pub mod written_file;
