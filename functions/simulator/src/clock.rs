//! The simulator's time: one wall-clock reading (or a given time) at the start, tokio's clock from then on, so that a paused test clock
//! drives rate limits, answers and webhooks alike.

use std::time::Duration;

use chrono::{DateTime, SecondsFormat, Utc};
use tokio::time::Instant;

/// Microseconds in one second.
pub(crate) const MICROS_PER_SECOND: i64 = 1_000_000;

/// Wall time in unix microseconds, moved by tokio's clock.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Clock {
    started: Instant,
    started_micros: i64,
}

impl Clock {
    /// Shows this time now, in unix microseconds; without one, what the wall clock says.
    pub(crate) fn start(at_micros: Option<i64>) -> Self {
        let started_micros = at_micros.unwrap_or_else(|| Utc::now().timestamp_micros());
        Self { started: Instant::now(), started_micros }
    }

    /// Now, in unix microseconds; never goes back.
    pub(crate) fn now_micros(&self) -> i64 {
        let elapsed = i64::try_from(self.started.elapsed().as_micros()).unwrap_or(i64::MAX);
        self.started_micros.saturating_add(elapsed)
    }

    /// How long after the start a time is, microseconds.
    pub(crate) fn since_start_micros(&self, micros: i64) -> i64 {
        micros.saturating_sub(self.started_micros)
    }

    /// The instant to sleep until; the past gives the start.
    pub(crate) fn instant_at(&self, micros: i64) -> Instant {
        let ahead = u64::try_from(micros.saturating_sub(self.started_micros)).unwrap_or(0);
        self.started + Duration::from_micros(ahead)
    }
}

/// RFC 3339 in UTC with microseconds, for example `2026-11-21T10:00:00.000250Z`.
pub(crate) fn rfc3339(micros: i64) -> String {
    DateTime::<Utc>::from_timestamp_micros(micros)
        .map_or_else(String::new, |at| at.to_rfc3339_opts(SecondsFormat::Micros, true))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn the_clock_moves_with_tokio_and_converts_back() {
        let clock = Clock::start(None);
        let before = clock.now_micros();
        tokio::time::advance(Duration::from_millis(1500)).await;
        assert_eq!(clock.now_micros() - before, 1_500_000);
        assert_eq!(clock.instant_at(clock.now_micros()), Instant::now());
    }

    #[test]
    fn times_are_written_with_six_decimals() {
        assert_eq!(rfc3339(1_750_030_073_000_250), "2025-06-15T23:27:53.000250Z");
    }
}
