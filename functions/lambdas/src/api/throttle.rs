//! How often one token or session may ask, within one process of ours.
//!
//! A function's instance serves one request at a time, so on AWS this bounds a client that hammers one instance; the
//! gateway's own limits (`infra/template.yaml`) bound all of them together. It keeps one client from starving the others
//! at no write.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use http::HeaderMap;
use sha2::{Digest, Sha256};

use super::caller::{SESSION_COOKIE, bearer, cookie};
use crate::App;

/// Requests a second of one token or session: many busy dashboards.
const PER_SECOND: i64 = 100;

/// Requests that may come at once.
const BURST: i64 = 1_000;

/// Tokens remembered at most; a stranger's guesses never come here, since only who is known is counted.
const MOST_TOKENS: usize = 10_000;

const MICROS: i64 = 1_000_000;

/// When each caller's next request is due, by the hash of its secret (a generic cell rate).
#[derive(Debug, Default)]
pub struct Throttle(Mutex<HashMap<[u8; 8], i64>>);

/// Takes one request's place; else the seconds to wait.
pub(super) fn take(app: &App, headers: &HeaderMap) -> Result<(), u32> {
    let Some(secret) = bearer(headers).or_else(|| cookie(headers, SESSION_COOKIE)) else { return Ok(()) };
    let hash = Sha256::digest(secret.as_bytes());
    let mut key = [0u8; 8];
    key.copy_from_slice(&hash[..8]);
    app.throttle.take(key, app.clock.now_micros())
}

impl Throttle {
    fn take(&self, key: [u8; 8], now: i64) -> Result<(), u32> {
        let mut due = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if due.len() >= MOST_TOKENS {
            due.retain(|_, at| *at > now);
        }
        let step = MICROS / PER_SECOND;
        let at = due.get(&key).copied().unwrap_or(now).max(now);
        let early = at + step - now - BURST * step;
        if early > 0 {
            return Err(u32::try_from((early + MICROS - 1) / MICROS).unwrap_or(1));
        }
        due.insert(key, at + step);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_burst_passes_then_the_rate_and_nobody_pays_for_others() {
        let throttle = Throttle::default();
        let taken = (0..2_000).filter(|_| throttle.take([1; 8], 0).is_ok()).count();
        assert_eq!(taken as i64, BURST);
        assert_eq!(throttle.take([1; 8], 0), Err(1));
        assert_eq!(throttle.take([2; 8], 0), Ok(()));
        let later = (0..2_000).filter(|_| throttle.take([1; 8], MICROS).is_ok()).count();
        assert_eq!(later as i64, PER_SECOND);
        assert_eq!((0..2_000).filter(|_| throttle.take([1; 8], 100 * MICROS).is_ok()).count() as i64, BURST);
    }
}
