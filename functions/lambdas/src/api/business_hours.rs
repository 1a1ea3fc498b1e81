//! Saved business hours: campaigns name them by their id when they are created, and hold a copy from then on.

use std::sync::Arc;

use axum::Json;
use axum::extract::{Path, State};
use axum::response::{IntoResponse, Response};
use campaigns::hours;
use http::StatusCode;
use wire::{
    BusinessHours, CreateCampaign, CreateSavedHours, EditCampaign, EditSavedHours, FieldError, HoursId, SavedHours,
    SavedHoursList,
};

use super::answers;
use super::caller::Caller;
use super::extract::Body;
use super::problem::{ApiError, Kind, Refusal};
use crate::App;
use crate::clock::time_of_millis;
use crate::storage::business_hours::{self as store, HoursRecord, MOST_HOURS};
use crate::storage::table::Written;

/// Longest name, in characters.
const LONGEST_NAME: usize = 120;

/// What the rule says before the names of fields, which stand by themselves here.
const IN_A_CAMPAIGN: &str = "businessHours.";

/// `GET /v3/business-hours`
#[utoipa::path(
    get,
    path = "/v3/business-hours",
    tag = "Business hours",
    operation_id = "listBusinessHours",
    summary = "Lists the saved business hours.",
    responses(
        (status = 200, description = "Oldest first.", body = wire::SavedHoursList),
        answers::Reads,
    ),
)]
pub async fn all(State(app): State<Arc<App>>, caller: Caller) -> Result<Json<SavedHoursList>, ApiError> {
    let records = store::all(&app, caller.workspace_id).await?;
    Ok(Json(SavedHoursList { items: records.into_iter().map(view).collect() }))
}

/// `POST /v3/business-hours`
#[utoipa::path(
    post,
    path = "/v3/business-hours",
    tag = "Business hours",
    operation_id = "createBusinessHours",
    summary = "Saves business hours, which campaigns name by their id.",
    request_body(content = wire::CreateSavedHours, example = json!({"name": "Shop", "days": ["mon", "tue", "wed", "thu", "fri"], "from": "09:00", "to": "18:00", "timeZone": "America/Sao_Paulo"})),
    responses(
        (status = 201, description = "Saved.", body = wire::SavedHours),
        answers::Changes, answers::ReadsBody, answers::Conflict,
    ),
)]
pub async fn create(
    State(app): State<Arc<App>>,
    caller: Caller,
    Body(request): Body<CreateSavedHours>,
) -> Result<Response, ApiError> {
    let (name, hours) = checked(&request.name, request.hours)?;
    if store::all(&app, caller.workspace_id).await?.len() >= MOST_HOURS {
        return Err(Refusal::new(Kind::Conflict, format!("a workspace has at most {MOST_HOURS} business hours")).into());
    }
    let now = app.clock.now_millis();
    let (id, workspace_id) = (HoursId(app.new_id()?), caller.workspace_id);
    let record = HoursRecord { id, workspace_id, name, hours, created_at: now, updated_at: now, version: 1 };
    match store::put(&app, &record).await? {
        // The id is new: what stands there is this, whose answer was lost on the way.
        Written::Done | Written::ConditionFailed => Ok((StatusCode::CREATED, Json(view(record))).into_response()),
    }
}

/// `GET /v3/business-hours/{id}`
#[utoipa::path(
    get,
    path = "/v3/business-hours/{id}",
    tag = "Business hours",
    operation_id = "showBusinessHours",
    summary = "Shows saved business hours.",
    params(("id" = String, Path, description = "The id of the business hours.")),
    responses(
        (status = 200, description = "The hours.", body = wire::SavedHours),
        answers::Reads, answers::ReadsPath, answers::NotFound,
    ),
)]
pub async fn show(
    State(app): State<Arc<App>>,
    caller: Caller,
    Path(id): Path<HoursId>,
) -> Result<Json<SavedHours>, ApiError> {
    Ok(Json(view(find(&app, &caller, &id).await?)))
}

/// `PATCH /v3/business-hours/{id}`. Campaigns hold copies, which stay as they are.
#[utoipa::path(
    patch,
    path = "/v3/business-hours/{id}",
    tag = "Business hours",
    operation_id = "editBusinessHours",
    summary = "Changes saved business hours; campaigns created with them keep theirs.",
    params(("id" = String, Path, description = "The id of the business hours.")),
    request_body = wire::EditSavedHours,
    responses(
        (status = 200, description = "As they stand now.", body = wire::SavedHours),
        answers::Changes, answers::ReadsBody, answers::NotFound, answers::Conflict,
    ),
)]
pub async fn edit(
    State(app): State<Arc<App>>,
    caller: Caller,
    Path(id): Path<HoursId>,
    Body(request): Body<EditSavedHours>,
) -> Result<Json<SavedHours>, ApiError> {
    let read = find(&app, &caller, &id).await?;
    let EditSavedHours { name, days, from, to, time_zone, version } = request;
    let before = read.hours.clone();
    let hours = BusinessHours {
        days: days.unwrap_or(before.days),
        from: from.unwrap_or(before.from),
        to: to.unwrap_or(before.to),
        time_zone: time_zone.unwrap_or(before.time_zone),
    };
    let (name, hours) = checked(name.as_deref().unwrap_or(&read.name), hours)?;
    let next =
        HoursRecord { name, hours, updated_at: app.clock.now_millis(), version: read.version + 1, ..read.clone() };
    let is_seen = version.is_none_or(|version| version == read.version);
    if !is_seen || !is_written(&app, &next).await? {
        return Err(Refusal::new(Kind::Conflict, "the business hours changed meanwhile: read them again").into());
    }
    Ok(Json(view(next)))
}

/// Whether the hours stand as they should, by this request: a try whose answer was lost may have written them.
async fn is_written(app: &App, next: &HoursRecord) -> anyhow::Result<bool> {
    match store::put(app, next).await? {
        Written::Done => Ok(true),
        Written::ConditionFailed => Ok(store::get(app, next.workspace_id, &next.id).await?.as_ref() == Some(next)),
    }
}

/// `DELETE /v3/business-hours/{id}`. Campaigns hold copies, so none misses them.
#[utoipa::path(
    delete,
    path = "/v3/business-hours/{id}",
    tag = "Business hours",
    operation_id = "deleteBusinessHours",
    summary = "Deletes saved business hours; campaigns created with them keep theirs.",
    params(("id" = String, Path, description = "The id of the business hours.")),
    responses(
        (status = 204, description = "They are gone."),
        answers::Changes, answers::ReadsPath, answers::NotFound,
    ),
)]
pub async fn delete(
    State(app): State<Arc<App>>,
    caller: Caller,
    Path(id): Path<HoursId>,
) -> Result<StatusCode, ApiError> {
    match store::delete(&app, caller.workspace_id, &id).await? {
        true => Ok(StatusCode::NO_CONTENT),
        false => Err(not_found().into()),
    }
}

/// The same request with the business hours that its id names.
pub(super) async fn resolved(app: &App, caller: &Caller, request: CreateCampaign) -> Result<CreateCampaign, ApiError> {
    let is_given = request.business_hours.is_some();
    Ok(match named(app, caller, request.business_hours_id.as_deref(), is_given).await? {
        None => CreateCampaign { business_hours_id: None, ..request },
        Some((id, hours)) => CreateCampaign { business_hours_id: Some(id), business_hours: Some(hours), ..request },
    })
}

/// The same edit with the business hours that its id names; an id that is empty names none, and takes them away where no
/// others are given.
pub(super) async fn resolved_edit(app: &App, caller: &Caller, edit: EditCampaign) -> Result<EditCampaign, ApiError> {
    let is_given = edit.business_hours.is_some();
    Ok(match named(app, caller, edit.business_hours_id.as_deref(), is_given).await? {
        None => {
            let none = edit.business_hours_id.as_ref().map(|_| None);
            EditCampaign { business_hours_id: None, business_hours: edit.business_hours.or(none), ..edit }
        }
        Some((id, hours)) => EditCampaign { business_hours_id: Some(id), business_hours: Some(Some(hours)), ..edit },
    })
}

/// The saved business hours of this id, where one is named.
async fn named(
    app: &App,
    caller: &Caller,
    id: Option<&str>,
    others_are_given: bool,
) -> Result<Option<(String, BusinessHours)>, ApiError> {
    let Some(id) = id.map(str::trim).filter(|id| !id.is_empty()) else { return Ok(None) };
    if others_are_given {
        return Err(Refusal::field("businessHoursId", "give either businessHoursId or businessHours").into());
    }
    let found = store::get(app, caller.workspace_id, &HoursId(id.to_owned())).await?;
    let missing = || Refusal::field("businessHoursId", "this workspace has no such business hours");
    Ok(Some((id.to_owned(), found.ok_or_else(missing)?.hours)))
}

async fn find(app: &App, caller: &Caller, id: &HoursId) -> Result<HoursRecord, ApiError> {
    let found = store::get(app, caller.workspace_id, id).await?;
    Ok(found.ok_or_else(not_found)?)
}

fn not_found() -> Refusal {
    Refusal::not_found("business hours")
}

/// The name and the hours, as campaigns would take them, or every field that is wrong.
fn checked(name: &str, hours: BusinessHours) -> Result<(String, BusinessHours), Refusal> {
    let mut faults = Vec::new();
    let name = name.trim();
    if !(1..=LONGEST_NAME).contains(&name.chars().count()) {
        let message = format!("give a name of 1 to {LONGEST_NAME} characters");
        faults.push(FieldError { field: "name".to_owned(), message });
    }
    match hours::BusinessHours::parse(&hours) {
        Ok(parsed) if faults.is_empty() => return Ok((name.to_owned(), parsed.into())),
        Ok(_) => {}
        Err(wrong) => faults.extend(wrong.into_iter().map(|fault| {
            let field = fault.field.strip_prefix(IN_A_CAMPAIGN).unwrap_or(&fault.field).to_owned();
            FieldError { field, ..fault }
        })),
    }
    Err(Refusal::fields(faults))
}

fn view(record: HoursRecord) -> SavedHours {
    SavedHours {
        id: record.id,
        name: record.name,
        hours: record.hours,
        created_at: time_of_millis(record.created_at),
        updated_at: time_of_millis(record.updated_at),
        version: record.version,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_wrong_field_is_named_as_it_stands_here() {
        let refused = checked(" ", BusinessHours { days: vec!["mon".into()], ..BusinessHours::default() }).unwrap_err();
        let told = format!("{refused:?}");
        for field in ["\"name\"", "\"from\"", "\"to\"", "\"timeZone\""] {
            assert!(told.contains(field), "{field} in {told}");
        }
    }

    #[test]
    fn hours_are_kept_as_campaigns_take_them() {
        let asked = BusinessHours {
            days: vec!["tue".into(), "mon".into()],
            from: "09:00".into(),
            to: "18:00".into(),
            time_zone: "America/Sao_Paulo".into(),
        };
        let (name, hours) = checked(" Shop ", asked).unwrap();
        assert_eq!((name.as_str(), hours.days), ("Shop", vec!["mon".to_owned(), "tue".to_owned()]));
    }
}
