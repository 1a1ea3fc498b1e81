//! How often one token or session may ask, so that no client starves the others.
//!
//! Each process counts by itself, which costs nothing. On AWS one client's requests spread over many instances, each of
//! which sees few of them: so an instance tells the others what it counted, a write for many requests, and learns what they
//! all did in the same ten seconds. The gateway's own limits (`infra/template.yaml`) bound all clients together.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use anyhow::Context;
use aws_sdk_dynamodb::types::ReturnValue;
use http::HeaderMap;
use sha2::{Digest, Sha256};

use super::caller::{SESSION_COOKIE, bearer, cookie};
use crate::App;
use crate::storage::table::{number, text};

/// Requests a second of one token or session: many busy dashboards.
const PER_SECOND: i64 = 100;

/// Requests that may come at once.
const BURST: i64 = 1_000;

/// Tokens remembered at most; a stranger's guesses never come here, since only who is known is counted.
const MOST_TOKENS: usize = 10_000;

/// Requests of one caller that a process counts before it tells the others.
const TOLD_EVERY: u32 = 50;

/// Seconds in which the requests at all processes are counted together.
const WINDOW_SECONDS: i64 = 10;

/// Requests of one caller in such a window, at all processes: what one process would let through.
const PER_WINDOW: i64 = BURST + WINDOW_SECONDS * PER_SECOND;

/// Seconds that a window's count is kept after it.
const COUNT_KEPT_SECONDS: i64 = 3_600;

const MICROS: i64 = 1_000_000;

/// The first bytes of the hash of a caller's secret.
type Key = [u8; 8];

/// What this process knows of each caller.
#[derive(Debug, Default)]
pub struct Throttle(Mutex<HashMap<Key, Share>>);

/// One caller here. Times in microseconds since 1970.
#[derive(Debug, Clone, Copy, Default)]
struct Share {
    /// When his next request is due (a generic cell rate).
    due: i64,
    /// The window that `untold` is of, in windows since 1970.
    window: i64,
    /// Requests that the others were not told of.
    untold: u32,
    /// Until when all processes together had enough of him.
    closed_until: i64,
}

/// A request's place here.
#[derive(Debug, PartialEq, Eq)]
enum Place {
    Taken,
    /// Taken, and the others are to be told of so many.
    Tell(u32),
}

/// Takes one request's place; else the seconds to wait. That the others cannot be told holds nobody up.
pub(super) async fn take(app: &App, headers: &HeaderMap) -> Result<(), u32> {
    let Some(secret) = bearer(headers).or_else(|| cookie(headers, SESSION_COOKIE)) else { return Ok(()) };
    let hash = Sha256::digest(secret.as_bytes());
    let mut key = Key::default();
    key.copy_from_slice(&hash[..8]);
    let now = app.clock.now_micros();
    let Place::Tell(requests) = app.throttle.take(key, now)? else { return Ok(()) };
    match count(app, key, window_of(now), requests).await {
        Ok(all) if all > PER_WINDOW => Err(app.throttle.close(key, now)),
        Ok(_) => Ok(()),
        Err(error) => {
            tracing::warn!(error = format!("{error:#}"), "requests could not be counted together");
            Ok(())
        }
    }
}

/// Adds requests to what all processes counted of the caller in this window; how many they are now.
async fn count(app: &App, key: Key, window: i64, requests: u32) -> anyhow::Result<i64> {
    let update = app.dynamodb.update_item().table_name(&app.config.control_table);
    let update = update
        .key("pk", text(format!("asked#{}", hex::encode(key))))
        .key("sk", text(window.to_string()))
        .update_expression("ADD requests :more SET expiresAt = :end")
        .expression_attribute_values(":more", number(requests))
        .expression_attribute_values(":end", number((window + 1) * WINDOW_SECONDS + COUNT_KEPT_SECONDS))
        .return_values(ReturnValue::UpdatedNew);
    let output = update.send().await.context("counting a caller's requests")?;
    let all = output.attributes.as_ref().and_then(|item| item.get("requests")?.as_n().ok()?.parse().ok());
    all.context("the count of a caller's requests is no number")
}

fn window_of(now: i64) -> i64 {
    now / (WINDOW_SECONDS * MICROS)
}

fn seconds(micros: i64) -> u32 {
    u32::try_from((micros + MICROS - 1) / MICROS).unwrap_or(1)
}

impl Throttle {
    fn take(&self, key: Key, now: i64) -> Result<Place, u32> {
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if known.len() >= MOST_TOKENS {
            known.retain(|_, share| share.due.max(share.closed_until) > now);
        }
        let mut share = known.get(&key).copied().unwrap_or_default();
        if share.closed_until > now {
            return Err(seconds(share.closed_until - now));
        }
        let step = MICROS / PER_SECOND;
        let at = share.due.max(now);
        let early = at + step - now - BURST * step;
        if early > 0 {
            return Err(seconds(early));
        }
        share.due = at + step;
        if share.window != window_of(now) {
            (share.window, share.untold) = (window_of(now), 0);
        }
        share.untold += 1;
        let place = match share.untold >= TOLD_EVERY {
            true => Place::Tell(std::mem::take(&mut share.untold)),
            false => Place::Taken,
        };
        known.insert(key, share);
        Ok(place)
    }

    /// Lets nothing of the caller through before the next window; the seconds until then.
    fn close(&self, key: Key, now: i64) -> u32 {
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let end = (window_of(now) + 1) * WINDOW_SECONDS * MICROS;
        known.entry(key).or_default().closed_until = end;
        seconds(end - now)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_others_are_told_is_every_request_of_the_window_once() {
        let throttle = Throttle::default();
        let told = |count: usize, now| {
            let places = (0..count).map(|_| throttle.take([1; 8], now));
            places.filter(|place| *place == Ok(Place::Tell(TOLD_EVERY))).count()
        };
        assert_eq!(told(120, 0), 2);
        assert_eq!(told(29, 0), 0);
        assert_eq!(told(1, 0), 1);
        assert_eq!(told(49, WINDOW_SECONDS * MICROS), 0, "what was left of the window before is forgotten");
        assert_eq!(throttle.close([1; 8], WINDOW_SECONDS * MICROS + 1), 10);
        assert_eq!(throttle.take([1; 8], 2 * WINDOW_SECONDS * MICROS - 1), Err(1));
        assert!(throttle.take([1; 8], 2 * WINDOW_SECONDS * MICROS).is_ok());
    }

    #[test]
    fn a_burst_passes_then_the_rate_and_nobody_pays_for_others() {
        let throttle = Throttle::default();
        let taken = (0..2_000).filter(|_| throttle.take([1; 8], 0).is_ok()).count();
        assert_eq!(taken as i64, BURST);
        assert_eq!(throttle.take([1; 8], 0), Err(1));
        assert_eq!(throttle.take([2; 8], 0), Ok(Place::Taken));
        let later = (0..2_000).filter(|_| throttle.take([1; 8], MICROS).is_ok()).count();
        assert_eq!(later as i64, PER_SECOND);
        assert_eq!((0..2_000).filter(|_| throttle.take([1; 8], 100 * MICROS).is_ok()).count() as i64, BURST);
    }
}
