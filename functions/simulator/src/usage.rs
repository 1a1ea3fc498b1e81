//! `X-Business-Use-Case-Usage`: how much of an account's hourly calls is used, on every answer about the account, and when
//! its calls are taken again, on refusals for too many (Meta, Graph API rate limits).

use std::sync::Arc;

use axum::extract::{Request, State};
use axum::middleware::Next;
use axum::response::Response;
use http::{HeaderValue, header};
use serde_json::json;

use crate::Simulator;
use crate::clock::MICROS_PER_SECOND;
use crate::errors::ErrorCode;
use crate::world::World;

const HEADER: &str = "x-business-use-case-usage";
/// Calls an hour of an account with a registered number.
const CALLS_PER_HOUR: u64 = 5_000;
const HOUR_MICROS: i64 = 3_600 * MICROS_PER_SECOND;
/// Too many calls of an app, and of an account.
const TOO_MANY: [ErrorCode; 2] = [ErrorCode(4), ErrorCode::ACCOUNT_RATE_LIMIT];

/// The calls of this hour.
#[derive(Debug, Default)]
pub(crate) struct Usage {
    hour: i64,
    calls: u64,
}

impl Usage {
    /// Counts a call; says the share of the hour's calls that is used, in percent.
    fn count(&mut self, now_micros: i64) -> u64 {
        let hour = now_micros.div_euclid(HOUR_MICROS);
        if hour != self.hour {
            *self = Self { hour, calls: 0 };
        }
        self.calls += 1;
        (self.calls * 100).div_ceil(CALLS_PER_HOUR).min(100)
    }
}

/// Adds the header where it belongs: sends count for a number's throughput and not here.
pub(crate) async fn tell(State(simulator): State<Arc<Simulator>>, request: Request, next: Next) -> Response {
    let path = request.uri().path();
    let is_send = path.ends_with("/messages") || path.ends_with("/marketing_messages");
    let is_counted = path.starts_with("/v") && !is_send;
    let mut response = next.run(request).await;
    let world = &simulator.world;
    let used = is_counted.then(|| world.usage().count(world.clock.now_micros()));
    let is_refused = response.extensions().get::<ErrorCode>().is_some_and(|code| TOO_MANY.contains(code));
    if let Some(value) = value(world, used, is_refused.then(|| minutes(&response))) {
        response.headers_mut().insert(HEADER, value);
    }
    response
}

/// Until calls are taken again: as `Retry-After` has it, and a minute at least.
fn minutes(response: &Response) -> u64 {
    let seconds =
        response.headers().get(header::RETRY_AFTER).and_then(|value| value.to_str().ok()?.parse::<u64>().ok());
    seconds.unwrap_or(0).div_ceil(60).max(1)
}

fn value(world: &World, used: Option<u64>, minutes: Option<u64>) -> Option<HeaderValue> {
    let call_count = if minutes.is_some() { 100 } else { used? };
    let case = json!({
        "type": "whatsapp",
        "call_count": call_count,
        "total_cputime": 1,
        "total_time": 1,
        "estimated_time_to_regain_access": minutes.unwrap_or(0),
    });
    HeaderValue::from_str(&json!({ world.config.waba_id.as_str(): [case] }).to_string()).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_hours_calls_are_counted_from_its_beginning() {
        let mut usage = Usage::default();
        assert_eq!((usage.count(0), usage.count(1)), (1, 1));
        for _ in 2..5_000 {
            usage.count(2);
        }
        assert_eq!((usage.count(3), usage.count(HOUR_MICROS)), (100, 1));
    }
}
