//! The time that handlers are given.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use chrono::{DateTime, Utc};
use tokio::time::Instant;

/// Where the time comes from.
#[derive(Debug, Clone, Copy)]
pub enum Clock {
    /// The machine's clock.
    System,
    /// A clock that starts at a given time and runs with tokio's, so that a paused runtime decides how fast.
    Runtime {
        /// Microseconds since 1970 at `since`.
        start_micros: i64,
        /// The runtime's instant of the start.
        since: Instant,
    },
}

impl Clock {
    /// A clock that shows `start` now and goes on with tokio's time.
    pub fn starting_at(start: DateTime<Utc>) -> Clock {
        Clock::Runtime { start_micros: start.timestamp_micros(), since: Instant::now() }
    }

    /// Microseconds since 1970.
    pub fn now_micros(&self) -> i64 {
        match self {
            Clock::System => {
                let since_1970 = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
                i64::try_from(since_1970.as_micros()).unwrap_or(i64::MAX)
            }
            Clock::Runtime { start_micros, since } => {
                start_micros + i64::try_from(since.elapsed().as_micros()).unwrap_or(i64::MAX)
            }
        }
    }

    /// Milliseconds since 1970.
    pub fn now_millis(&self) -> i64 {
        self.now_micros() / 1_000
    }

    /// The time, UTC.
    pub fn now(&self) -> DateTime<Utc> {
        DateTime::from_timestamp_micros(self.now_micros()).unwrap_or_default()
    }

    /// Waits until this time has come; at once when it has.
    pub async fn sleep_until(&self, micros: i64) {
        let wait = micros - self.now_micros();
        if let Ok(wait) = u64::try_from(wait)
            && wait > 0
        {
            tokio::time::sleep(Duration::from_micros(wait)).await;
        }
    }
}

/// Milliseconds since 1970 as a time, UTC; 1970 itself where they name none.
pub fn time_of_millis(millis: i64) -> DateTime<Utc> {
    DateTime::from_timestamp_millis(millis).unwrap_or_default()
}
