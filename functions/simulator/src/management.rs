//! Templates made by the account's own people: `POST` and `DELETE /{version}/{waba_id}/message_templates`, `POST
//! /{version}/{template_id}` and `…/unpause`. What is accepted is reviewed after `reviewDelayMs`; the webhook says how it
//! went. A name with `reject` in it is rejected.

use std::sync::Arc;

use axum::Json;
use axum::extract::{Path, Query, State};
use bytes::Bytes;
use http::HeaderMap;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use crate::Simulator;
use crate::clock::MICROS_PER_SECOND;
use crate::entries;
use crate::errors::{ErrorCode, GraphError};
use crate::graph::{enter, recorded};
use crate::parts;
use crate::passwords;
use crate::rules;
use crate::templates::{Becoming, Category, Listing, ParameterFormat, Quality, Template, TemplateStatus};
use crate::world::World;

const DAY_MICROS: i64 = 24 * 3_600 * MICROS_PER_SECOND;
/// Creations of one account in an hour.
const CREATIONS_PER_HOUR: usize = 100;
/// Templates of an unverified account; each language counts.
const TEMPLATES_LIMIT: usize = 250;
/// How long the name of a deleted template stays taken.
const NAME_BLOCKED_MICROS: i64 = 30 * DAY_MICROS;
/// Edits of an approved template in 30 days; one a day.
const EDITS_PER_MONTH: usize = 10;

type Answer = Result<Json<Value>, GraphError>;

#[derive(Debug, Deserialize)]
struct Create {
    name: String,
    category: Category,
    language: String,
    #[serde(default)]
    parameter_format: ParameterFormat,
    message_send_ttl_seconds: Option<i64>,
    components: Vec<Value>,
}

#[derive(Debug, Deserialize)]
struct Edit {
    category: Option<Category>,
    parameter_format: Option<ParameterFormat>,
    message_send_ttl_seconds: Option<i64>,
    components: Option<Vec<Value>>,
}

/// Which template to delete.
#[derive(Debug, Deserialize)]
pub(crate) struct DeleteQuery {
    name: Option<String>,
    hsm_id: Option<String>,
}

/// `POST /{version}/{waba_id}/message_templates`.
pub(crate) async fn create(
    State(simulator): State<Arc<Simulator>>,
    Path((version, id)): Path<(String, String)>,
    headers: HeaderMap,
    body: Bytes,
) -> Answer {
    let world = &simulator.world;
    enter(world, &version, &headers)?;
    world.check_account(&id, "post")?;
    let asked: Create = read(&body)?;
    rules::check_name(&asked.name)?;
    if asked.language.is_empty() {
        return Err(GraphError::required("language"));
    }
    let now = world.clock.now_micros();
    check_room(world, &asked, now)?;
    let listing = Listing {
        id: world.catalogue().new_id(),
        components: components(asked.components, asked.category, &asked.language)?,
        name: asked.name,
        language: asked.language,
        category: asked.category,
        parameter_format: asked.parameter_format,
        status: TemplateStatus::Pending,
        quality: Quality::Unknown,
        message_send_ttl_seconds: asked.message_send_ttl_seconds,
        created_micros: Some(now),
        ..Listing::default()
    };
    check(&listing)?;
    let answer = json!({ "id": listing.id, "status": listing.status, "category": listing.category });
    recorded(review(world, listing, None, now))?;
    Ok(Json(answer))
}

/// `POST /{version}/{template_id}`: an edit goes through review again.
pub(crate) fn edit(world: &World, id: &str, body: &[u8]) -> Answer {
    let now = world.clock.now_micros();
    let template = world.catalogue().with_id(id).ok_or_else(|| GraphError::unknown_object(id, "post"))?;
    let asked: Edit = read(body)?;
    let status = template.status_at(now);
    let editable = [TemplateStatus::Approved, TemplateStatus::Rejected, TemplateStatus::Paused];
    if !editable.contains(&status) {
        return Err(GraphError::invalid("Only approved, rejected and paused templates can be edited"));
    }
    let mut listing = template.listing.clone();
    if status == TemplateStatus::Approved {
        if asked.category.is_some_and(|category| category != listing.category) {
            return Err(GraphError::invalid("The category of an approved template cannot be edited"));
        }
        note_edit(&mut listing, now)?;
    }
    listing.category = asked.category.unwrap_or(listing.category);
    listing.parameter_format = asked.parameter_format.unwrap_or(listing.parameter_format);
    listing.message_send_ttl_seconds = asked.message_send_ttl_seconds.or(listing.message_send_ttl_seconds);
    if let Some(asked) = asked.components {
        listing.components = components(asked, listing.category, &listing.language)?;
    }
    check(&listing)?;
    let told = entries::template_components(&listing);
    recorded(review(world, listing, Some(("message_template_components_update", told)), now))?;
    Ok(Json(json!({ "success": true })))
}

/// `DELETE /{version}/{waba_id}/message_templates?name=…&hsm_id=…`: every language of the name, or the one with the id.
pub(crate) async fn delete(
    State(simulator): State<Arc<Simulator>>,
    Path((version, id)): Path<(String, String)>,
    Query(query): Query<DeleteQuery>,
    headers: HeaderMap,
) -> Answer {
    let world = &simulator.world;
    enter(world, &version, &headers)?;
    world.check_account(&id, "delete")?;
    let name = query.name.ok_or_else(|| GraphError::required("name"))?;
    let is_meant = |template: &&Arc<Template>| {
        let listing = &template.listing;
        listing.name == name && query.hsm_id.as_ref().is_none_or(|id| *id == listing.id)
    };
    let meant: Vec<Arc<Template>> = world.catalogue().all().iter().filter(is_meant).map(Arc::clone).collect();
    if meant.is_empty() {
        let message = "The template you are trying to delete does not exist.";
        return Err(GraphError::for_author(2_593_002, "Message Template Not Found", message));
    }
    let now = world.clock.now_micros();
    for template in meant {
        let mut listing = template.listing.clone();
        listing.status = TemplateStatus::Deleted;
        listing.becomes = None;
        listing.deleted_micros = Some(now);
        let value = entries::template_status(&listing, "PENDING_DELETION", None, Value::Null);
        recorded(world.announce(listing, vec![(now, "message_template_status_update", value)]))?;
    }
    Ok(Json(json!({ "success": true })))
}

/// `POST /{version}/{template_id}/unpause`.
pub(crate) async fn unpause(
    State(simulator): State<Arc<Simulator>>,
    Path((version, id)): Path<(String, String)>,
    headers: HeaderMap,
) -> Answer {
    let world = &simulator.world;
    enter(world, &version, &headers)?;
    let template = world.catalogue().with_id(&id).ok_or_else(|| GraphError::unknown_object(&id, "post"))?;
    let now = world.clock.now_micros();
    if template.status_at(now) != TemplateStatus::Paused {
        return Ok(Json(json!({ "success": false, "reason": "The template is not paused." })));
    }
    let mut listing = template.listing.clone();
    listing.status = TemplateStatus::Approved;
    listing.becomes = None;
    let rest = json!({ "other_info": { "title": "UNPAUSE", "description": "Unpaused by the account." } });
    let value = entries::template_status(&listing, "APPROVED", Some("NONE"), rest);
    recorded(world.announce(listing, vec![(now, "message_template_status_update", value)]))?;
    Ok(Json(json!({ "success": true })))
}

/// Lets the review begin, and its webhook follow at its end; `told` comes with an approval.
fn review(world: &World, mut listing: Listing, told: Option<(&'static str, Value)>, now: i64) -> anyhow::Result<()> {
    let delay = i64::try_from(world.config.review_delay_ms.saturating_mul(1_000)).unwrap_or(i64::MAX);
    let ends = now.saturating_add(delay);
    let rejected = listing.name.contains("reject");
    let verdict = if rejected { TemplateStatus::Rejected } else { TemplateStatus::Approved };
    listing.status = TemplateStatus::Pending;
    listing.becomes = Some(Becoming { at_micros: ends, status: verdict });
    listing.rejected_reason = rejected.then(|| "INVALID_FORMAT".to_owned());
    let value = match rejected {
        true => {
            let rest = entries::rejection("INVALID_FORMAT");
            entries::template_status(&listing, "REJECTED", Some("INVALID_FORMAT"), rest)
        }
        false => entries::template_status(&listing, "APPROVED", Some("NONE"), Value::Null),
    };
    let mut announced = vec![(ends, "message_template_status_update", value)];
    announced.extend(told.filter(|_| !rejected).map(|(field, value)| (ends, field, value)));
    world.announce(listing, announced)
}

/// As Meta lists them: in upper case, and a one-time password in Meta's words.
fn components(mut given: Vec<Value>, category: Category, language: &str) -> Result<Vec<Value>, GraphError> {
    given.iter_mut().for_each(in_upper_case);
    match category {
        Category::Authentication => passwords::listed(given, language),
        Category::Marketing | Category::Utility => Ok(given),
    }
}

fn in_upper_case(component: &mut Value) {
    for key in ["type", "format"] {
        if let Some(word) = component.get(key).and_then(Value::as_str).map(str::to_ascii_uppercase) {
            component[key] = json!(word);
        }
    }
    for key in ["buttons", "cards", "components"] {
        let inner = component.get_mut(key).and_then(Value::as_array_mut);
        inner.into_iter().flatten().for_each(in_upper_case);
    }
}

fn check(listing: &Listing) -> Result<(), GraphError> {
    if let Some(seconds) = listing.message_send_ttl_seconds {
        rules::check_life(listing.category, seconds)?;
    }
    let parts = parts::read(&listing.components)?;
    match listing.category {
        // Meta wrote the texts itself.
        Category::Authentication if parts.buttons.is_empty() => Err(GraphError::invalid("buttons: OTP is missing")),
        Category::Authentication => Ok(()),
        category => rules::check(&parts, &listing.components, listing.parameter_format, category),
    }
}

fn check_room(world: &World, asked: &Create, now: i64) -> Result<(), GraphError> {
    let catalogue = world.catalogue();
    if catalogue.created_after(now - 3_600 * MICROS_PER_SECOND) >= CREATIONS_PER_HOUR {
        return Err(GraphError::of(ErrorCode::ACCOUNT_RATE_LIMIT));
    }
    if catalogue.named(&asked.name, &asked.language).is_some() {
        let message = format!("There is already {} content for this template.", asked.language);
        return Err(GraphError::for_author(2_388_024, "Content in This Language Already Exists", message));
    }
    if catalogue.deleted_after(&asked.name, now - NAME_BLOCKED_MICROS) {
        let message = "The name of a deleted template can be used again after 30 days.";
        return Err(GraphError::for_author(2_388_023, "Message Template Is Being Deleted", message));
    }
    if catalogue.all().len() >= TEMPLATES_LIMIT {
        let message = format!("The account has {TEMPLATES_LIMIT} templates, the most that are possible.");
        return Err(GraphError::for_author(2_388_019, "Message Template Limit Exceeded", message));
    }
    Ok(())
}

/// One edit in 24 hours and ten in 30 days.
fn note_edit(listing: &mut Listing, now: i64) -> Result<(), GraphError> {
    listing.edits_micros.retain(|at| *at > now - 30 * DAY_MICROS);
    let today = listing.edits_micros.first().is_some_and(|last| *last > now - DAY_MICROS);
    if today || listing.edits_micros.len() >= EDITS_PER_MONTH {
        return Err(GraphError::invalid("An approved template can be edited once in 24 hours and 10 times in 30 days"));
    }
    listing.edits_micros.insert(0, now);
    Ok(())
}

fn read<T: DeserializeOwned>(body: &[u8]) -> Result<T, GraphError> {
    serde_json::from_slice(body).map_err(|error| GraphError::invalid(format!("The request cannot be read: {error}")))
}
