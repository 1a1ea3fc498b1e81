//! The simulator from outside: sends through its router, webhooks into a receiver. Time is tokio's and paused.

#![allow(clippy::unwrap_used, reason = "in a test, a panic is the report")]

mod account;
mod behaviours;
mod harness;
mod inbound;
mod manners;
mod marketing;
mod media;
mod nodes;
mod outcomes;
mod restart;
mod sends;
mod socket;
mod template_events;
mod templates;
mod webhooks;
