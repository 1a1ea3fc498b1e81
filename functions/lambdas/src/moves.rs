//! What a campaign's record says after it begins, goes on or stops, whoever decided it: a person or the engine.

use wire::WaitReason;

use crate::storage::campaigns::CampaignRecord;

/// From the first recipient, now.
pub(crate) fn begin(next: &mut CampaignRecord, now_micros: i64) {
    let now = now_micros / 1_000;
    next.scheduled_to = Some(now);
    next.original_scheduled_to = next.original_scheduled_to.or(Some(now));
    next.rewind = false;
    next.upkeep.went_on_at = Some(now);
    next.upkeep.laid_until = None;
    next.lay_anchor(0, now_micros, WaitReason::Pace);
    next.look_at(Some(now));
}

/// From where it was paused; one that waited for its time goes on waiting for it.
pub(crate) fn go_on(next: &mut CampaignRecord, now_micros: i64) {
    let now = now_micros / 1_000;
    next.upkeep.under_way_since = Some(now);
    next.upkeep.forgive_drifts();
    match (next.last_chunk, next.scheduled_to) {
        (None, Some(at)) if at > now => {
            next.rewind = false;
            next.lay_anchor(0, at * 1_000, WaitReason::Pace);
            next.look_at(Some(at));
        }
        (None, _) => begin(next, now_micros),
        (Some(_), _) => {
            // Jobs of the old epoch are dropped: the dispatcher goes back to the first recipient that none reached.
            next.rewind = true;
            next.upkeep.went_on_at = Some(now);
            next.upkeep.laid_until = None;
            next.lay_anchor(next.cursor_index, now_micros, WaitReason::Pause);
            next.look_at(Some(now));
        }
    }
}

/// Nothing leaves any more. What waits for another attempt, or is in a sender's hand, is settled by the dispatcher.
pub(crate) fn stop(next: &mut CampaignRecord, now: i64) {
    next.finished_at_prediction = None;
    next.upkeep.sweep = None;
    next.look_at(next.last_chunk.map(|_| now));
}
