//! What the dashboard says, in every language: reads `frontend/locales/*.json`, refuses what is missing or does not fit,
//! and makes of it a Rust function for each text and a table for each language.
//!
//! The dashboard's build script writes the functions, with the English table beside them; `xtask` writes the other tables
//! as files that a browser fetches when their language is spoken.

mod book;
mod check;
mod code;

pub use book::{Book, Entry, Locales, Other, Phrases};
pub use check::check;
pub use code::{functions, table};

/// The language that the code is written in; every other one is held against it.
pub const ENGLISH: &str = "en";

/// The other languages, by their tags (BCP 47).
pub const OTHERS: [&str; 2] = ["pt-BR", "es"];
