//! Seconds on the wire: a JSON number, written as an integer when it is whole, so that clients of the v3 API
//! that read integers keep working, and as a decimal when a marketer asked for half a second.

use serde::Serializer;

/// For `#[serde(serialize_with = …)]` on an `f64` of seconds.
pub fn serialize<S: Serializer>(seconds: &f64, serializer: S) -> Result<S::Ok, S::Error> {
    if seconds.fract() == 0.0 && (0.0..=9_007_199_254_740_992.0).contains(seconds) {
        serializer.serialize_u64(*seconds as u64)
    } else {
        serializer.serialize_f64(*seconds)
    }
}
