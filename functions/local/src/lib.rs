//! Campanile on one machine: the embedded AWS services, every handler, the dashboard and the simulator in one process.
//!
//! The handlers are those of `lambdas`, called with the events that Lambda would pass; this crate is what AWS is
//! around them: queues with redrive, the schedule, the stream, the uploads' event, one HTTP port.

pub mod cli;
pub mod cloud;
pub mod embedded;
pub mod events;
pub mod folder;
pub mod handlers;
pub mod issuer;
pub mod options;
pub mod pollers;
pub mod process;
pub mod queues;
pub mod recount;
pub mod schedule;
pub mod stage;
pub mod stream;
pub mod tables;
pub mod web;
pub mod whatsapp;

/// For every program that embeds the services: their calls allocate much and on many threads.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

pub use options::Options;
pub use process::Process;
