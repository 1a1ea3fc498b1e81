//! What a campaign waits for, in words.

use wire::WaitReason;

use crate::t;

/// What it waits for.
pub fn words(reason: WaitReason) -> &'static str {
    match reason {
        WaitReason::Rate => t::wait_rate(),
        WaitReason::Pace => t::wait_pace(),
        WaitReason::Chunk => t::wait_chunk(),
        WaitReason::Window => t::wait_window(),
        WaitReason::Duration => t::wait_duration(),
        WaitReason::Limit => t::wait_limit(),
        WaitReason::QuietHours => t::wait_quiet(),
        WaitReason::Throttled => t::wait_throttled(),
        WaitReason::Pause => t::wait_pause(),
        WaitReason::Edit => t::wait_edit(),
        WaitReason::Retry => t::wait_retry(),
        WaitReason::Late => t::wait_late(),
    }
}
