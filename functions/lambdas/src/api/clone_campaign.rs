//! `POST /v3/campaigns/{id}/clone`: a new draft for the same people with the same content and pace.
//!
//! It is created as if asked for anew, so nothing that it needs is missing from it. With an `Idempotency-Key` it may be
//! asked for again.

use std::sync::Arc;

use axum::extract::{Path, State};
use axum::response::Response;
use campaigns::creation::LONGEST_NAME;
use http::HeaderMap;
use wire::{CampaignEvent, CampaignId, CreateCampaign};

use super::answers;
use super::caller::Caller;
use super::campaigns::find;
use super::create_campaign::{Asked, create_or_find};
use super::edit_campaign::asked_for;
use super::idempotency::Keyed;
use super::problem::ApiError;
use crate::App;
use crate::storage::audit::AuditLine;
use crate::storage::totals::{self, Scope};

/// What the copy's name ends with.
const SUFFIX: &str = " (copy)";

/// Makes the copy.
#[utoipa::path(
    post,
    path = "/v3/campaigns/{id}/clone",
    tag = "Campaigns",
    operation_id = "cloneCampaign",
    summary = "Makes a draft for the same people with the same content and pace.",
    params(("id" = String, Path, description = "The campaign's id."), ("Idempotency-Key" = Option<String>, Header, description = "Makes it safe to ask again: for a day the same key and request find the same campaign.", min_length = 1, max_length = 255, pattern = "^[!-~]+$")),
    responses(
        (status = 201, description = "The copy.", body = wire::Campaign, headers(("Location" = String, description = "Where it is."))),
        answers::Changes, answers::ReadsPath, answers::NotFound, answers::Conflict, answers::Invalid, answers::Upstream,
    ),
)]
pub async fn clone(
    State(app): State<Arc<App>>,
    caller: Caller,
    Path(id): Path<CampaignId>,
    headers: HeaderMap,
) -> Result<Response, ApiError> {
    let keyed = Keyed::of(&headers, &("clone", &id))?;
    let original = find(&app, &caller, &id).await?;
    let limits = totals::get(&app, &id, Scope::Campaign).await?.limits;
    let request =
        CreateCampaign { name: copy_of(&original.name), pause_above: Some(limits.into()), ..asked_for(&original) };
    let line = AuditLine::of(&caller.name, CampaignEvent::Cloned).because(format!("a copy of {id}"));
    // Its cap stays what it is: in another currency by now, the copy does not start before it is set anew.
    let asked = Asked::AsItStands(Box::new(request), original.spend_cap_currency);
    create_or_find(&app, &caller, keyed.as_ref(), asked, line).await
}

fn copy_of(name: &str) -> String {
    let kept: String = name.chars().take(LONGEST_NAME - SUFFIX.chars().count()).collect();
    format!("{kept}{SUFFIX}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_copys_name_is_never_too_long() {
        assert_eq!(copy_of("Natal"), "Natal (copy)");
        assert_eq!(copy_of(&"é".repeat(LONGEST_NAME)).chars().count(), LONGEST_NAME);
    }
}
