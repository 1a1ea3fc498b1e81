//! One module for each screen: it fetches and composes.

pub mod campaign;
pub mod campaigns;
pub mod new_campaign;
pub mod not_found;
pub mod sign_in;
