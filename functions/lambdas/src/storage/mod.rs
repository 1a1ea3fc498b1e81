//! DynamoDB, S3 and SQS: the only place that knows keys and expressions.

pub mod access;
pub mod attestation;
pub mod audiences;
pub mod audit;
pub mod campaigns;
pub mod channels;
pub mod consents;
pub mod contacts;
pub mod dead_letters;
pub mod exports;
pub mod files;
pub mod known;
pub mod lists;
pub mod messages;
pub mod numbers;
pub mod people;
pub mod person_keys;
pub mod portfolios;
pub mod progress;
pub mod queues;
pub mod settings;
pub mod suppressions;
pub mod table;
pub mod totals;
pub mod upkeep;
pub mod user_ids;
