//! The functions of Campanile and what they share: DynamoDB, S3 and SQS through the AWS SDK, the Cloud API client,
//! and one handler per function. A message's way through them is the order of the modules.
//!
//! The same handlers run on AWS Lambda (`src/bin`), in the local process and in the tests: each takes an [`App`] and
//! the event that Lambda would pass, and may be invoked twice, late, or killed at any line.

pub mod api;
pub mod app;
pub mod clock;
pub mod cloud_api;
pub mod config;
pub mod dashboard;
pub mod dispatcher;
pub mod exporter;
pub mod fetch;
pub mod hooks;
pub mod importer;
pub mod links;
mod load;
pub mod logging;
pub mod mail;
mod media;
mod moves;
mod notices;
pub mod oidc;
pub mod recount;
pub mod sender;
mod spending;
pub mod storage;
pub mod tally;
pub mod webhook;
mod workbook;

pub use app::App;
pub use load::Load;
