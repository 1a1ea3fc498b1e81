//! DynamoDB, S3 and SQS: the only place that knows keys and expressions.

pub mod access;
pub mod audiences;
pub mod audit;
pub mod campaigns;
pub mod channels;
pub mod contacts;
pub mod dead_letters;
pub mod exports;
pub mod files;
pub mod lists;
pub mod messages;
pub mod numbers;
pub mod portfolios;
pub mod progress;
pub mod queues;
pub mod suppressions;
pub mod table;
pub mod totals;
pub mod upkeep;
