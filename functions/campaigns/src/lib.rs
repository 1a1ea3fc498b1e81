//! The rules of a campaign, in the order in which a campaign meets them. Pure: no AWS, no HTTP, no clock and no
//! dice: times and seeds are arguments. The same code runs in the functions and in the browser.
//!
//! `file` → `phone` → `contact` → `list` → `consent` → `audience` → `template` → `content` (with `media`, `preview`) →
//! `creation` → `editing` → `rates` → `plan` (by `zone`, `hours`, `quiet`, `timing`, `limit`) → `lifecycle` → `job` → `send_error` →
//! `retry` → `price` → `message` → `progress` → `reply` (by `tracking`) → `event` → `totals` → `breakdown` → `breaker` → `health`

pub mod audience;
pub mod breakdown;
pub mod breaker;
pub mod consent;
pub mod contact;
pub mod content;
pub mod creation;
pub mod editing;
pub mod event;
pub mod file;
pub mod health;
pub mod hours;
pub mod job;
pub mod lifecycle;
pub mod limit;
pub mod links;
pub mod list;
pub mod media;
pub mod message;
pub mod phone;
pub mod plan;
pub mod preview;
pub mod price;
pub mod progress;
pub mod quiet;
pub mod rates;
pub mod reply;
pub mod retry;
pub mod send_error;
pub mod skips;
pub mod template;
pub mod timing;
pub mod totals;
pub mod tracking;
pub mod zone;
