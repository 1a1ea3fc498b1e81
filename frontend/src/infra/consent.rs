//! The endpoints of the suppression list and of what the settings change, one function each.

use wire::{
    ChannelId, CreateSuppressions, EditSettings, HoursId, RateCard, SavedHours, Settings, SettingsAudit,
    StandingRateCard, SuppressionList, SuppressionsAdded,
};

use super::http::{
    ApiError, delete, delete_as_seen, encoded, get, get_with_tag, patch, patch_as_seen, post, put_as_seen,
};
use crate::model::hours::HoursRequest;

/// People on one page of the list.
const PAGE_SIZE: usize = 25;

/// Changes of the settings that are shown.
const CHANGES_SHOWN: usize = 10;

/// One page of the list, or the one person with this number.
pub async fn suppressions(phone: &str, after: Option<&str>) -> Result<SuppressionList, ApiError> {
    let part = |name: &str, value: &str| format!("&{name}={}", encoded(value));
    let phone = if phone.is_empty() { String::new() } else { part("phone", phone) };
    let after = after.map(|after| part("after", after)).unwrap_or_default();
    get(&format!("/v3/suppressions?limit={PAGE_SIZE}{phone}{after}")).await
}

/// Puts people on the list.
pub async fn suppress(asked: &CreateSuppressions) -> Result<SuppressionsAdded, ApiError> {
    post("/v3/suppressions", asked).await
}

/// Takes a person off the list, of one channel or of all; who is not on it is off it.
pub async fn lift(who: &str, channel: Option<&ChannelId>) -> Result<(), ApiError> {
    let channel = channel.map(|id| format!("?channelId={}", encoded(id.as_str()))).unwrap_or_default();
    match delete(&format!("/v3/suppressions/{}{channel}", encoded(who))).await {
        Err(error) if error.status() == Some(404) => Ok(()),
        other => other,
    }
}

/// The settings, and the tag that a change of them names.
pub async fn standing_settings() -> Result<(Settings, String), ApiError> {
    get_with_tag("/v3/settings").await
}

/// Changes the settings that had this tag, for those that stand then and their tag.
pub async fn edit_settings(edit: &EditSettings, seen: &str) -> Result<(Settings, String), ApiError> {
    patch_as_seen("/v3/settings", seen, edit).await
}

/// The latest changes of the settings.
pub async fn settings_audit() -> Result<SettingsAudit, ApiError> {
    get(&format!("/v3/settings/audit?limit={CHANGES_SHOWN}")).await
}

/// Saves business hours, new ones or some that stand.
pub async fn save_hours(request: &HoursRequest) -> Result<SavedHours, ApiError> {
    match request {
        HoursRequest::Create(asked) => post("/v3/business-hours", asked).await,
        HoursRequest::Edit(saved, edit) => patch(&hours(&saved.id), edit).await,
    }
}

/// Deletes business hours; those that are gone are gone.
pub async fn delete_hours(id: &HoursId) -> Result<(), ApiError> {
    match delete(&hours(id)).await {
        Err(error) if error.status() == Some(404) => Ok(()),
        other => other,
    }
}

fn hours(id: &HoursId) -> String {
    format!("/v3/business-hours/{}", encoded(id.as_str()))
}

/// What messages cost, and the tag that a change of it names.
pub async fn standing_rate_card() -> Result<(StandingRateCard, String), ApiError> {
    get_with_tag("/v3/rate-card").await
}

/// Puts the workspace's own prices in the place of those that had this tag, for those that stand then and their tag.
pub async fn replace_rate_card(card: &RateCard, seen: &str) -> Result<(StandingRateCard, String), ApiError> {
    put_as_seen("/v3/rate-card", seen, card).await
}

/// Takes the workspace's own prices away that had this tag.
pub async fn reset_rate_card(seen: &str) -> Result<(), ApiError> {
    delete_as_seen("/v3/rate-card", seen).await
}
