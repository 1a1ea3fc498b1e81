//! `POST /simulator/templates`: Meta does something to a template. The webhook follows at once, and sends behave so.
//!
//! Body: `name`, `language` (default: every language of the name), and `event`:
//! `PAUSED` (3 hours the first time, 6 the second, then disabled; with `"pacing": true` until `/unpause`), `UNPAUSED`,
//! `DISABLED`, `REJECTED` (`reason`), `APPROVED`, `FLAGGED`, `QUALITY` (`quality`: GREEN, YELLOW, RED, UNKNOWN),
//! `CATEGORY` (`category`; with `"ahead": true` only announced for a day later). Answer: `{"templates": [id…]}`.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use serde::Deserialize;
use serde_json::{Value, json};

use super::Refusal;
use crate::Simulator;
use crate::clock::MICROS_PER_SECOND;
use crate::entries;
use crate::templates::{Becoming, Category, Listing, Quality, Template, TemplateStatus};
use crate::world::World;

const HOUR_MICROS: i64 = 3_600 * MICROS_PER_SECOND;
/// A change of category is announced this long ahead.
const AHEAD_MICROS: i64 = 24 * HOUR_MICROS;
const STATUS: &str = "message_template_status_update";

/// What happens to which template.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub(crate) struct TemplateEvent {
    name: String,
    language: Option<String>,
    event: Event,
    reason: Option<String>,
    quality: Option<Quality>,
    category: Option<Category>,
    #[serde(default)]
    pacing: bool,
    #[serde(default)]
    ahead: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
enum Event {
    Paused,
    Unpaused,
    Disabled,
    Rejected,
    Approved,
    Flagged,
    Quality,
    Category,
}

/// A webhook that a change brings: the field, the value, and when.
struct Told {
    field: &'static str,
    value: Value,
    at_micros: i64,
}

/// Changes the templates and lets the webhooks follow.
pub(crate) async fn template_event(
    State(simulator): State<Arc<Simulator>>,
    Json(event): Json<TemplateEvent>,
) -> Result<Json<Value>, Refusal> {
    let world = &simulator.world;
    let now = world.clock.now_micros();
    let is_meant = |template: &&Arc<Template>| {
        let listing = &template.listing;
        listing.name == event.name && event.language.as_ref().is_none_or(|language| *language == listing.language)
    };
    let meant: Vec<Arc<Template>> = world.catalogue().all().iter().filter(is_meant).map(Arc::clone).collect();
    if meant.is_empty() {
        return Err(Refusal::of("no template has this name and language"));
    }
    let mut ids = Vec::new();
    for template in meant {
        ids.push(template.listing.id.clone());
        change(world, &template, &event, now)?;
    }
    Ok(Json(json!({ "templates": ids })))
}

fn change(world: &World, template: &Template, event: &TemplateEvent, now: i64) -> Result<(), Refusal> {
    let mut listing = template.listing.clone();
    listing.status = template.status_at(now);
    let told = match event.event {
        Event::Paused => pause(&mut listing, event.pacing, now),
        Event::Unpaused => vec![unpause(&mut listing, now)],
        Event::Disabled => vec![disable(&mut listing, now)],
        Event::Rejected => {
            settle(&mut listing, TemplateStatus::Rejected);
            let reason = event.reason.as_deref().unwrap_or("PROMOTIONAL");
            listing.rejected_reason = Some(reason.to_owned());
            vec![rejected(&listing, reason, now)]
        }
        Event::Approved => {
            settle(&mut listing, TemplateStatus::Approved);
            vec![status(&listing, "APPROVED", Value::Null, now)]
        }
        Event::Flagged => vec![status(&listing, "FLAGGED", Value::Null, now)],
        Event::Quality => {
            let new = event.quality.ok_or_else(|| Refusal::of("quality is needed"))?;
            let previous = std::mem::replace(&mut listing.quality, new);
            let value = entries::template_quality(&listing, previous, new);
            vec![Told { field: "message_template_quality_update", value, at_micros: now }]
        }
        Event::Category => {
            let new = event.category.ok_or_else(|| Refusal::of("category is needed"))?;
            vec![recategorise(&mut listing, new, event.ahead, now)]
        }
    };
    let told = told.into_iter().map(|Told { field, value, at_micros }| (at_micros, field, value)).collect();
    world.announce(listing, told).map_err(Refusal::from)
}

fn settle(listing: &mut Listing, status: TemplateStatus) {
    listing.status = status;
    listing.becomes = None;
}

/// Low quality pauses for 3 hours, then for 6, then for good; pacing until somebody lifts it.
fn pause(listing: &mut Listing, pacing: bool, now: i64) -> Vec<Told> {
    if pacing {
        settle(listing, TemplateStatus::Paused);
        return vec![status(listing, "PAUSED", other_info("RATE_LIMITING_PAUSE"), now)];
    }
    let (hours, title) = match listing.pauses {
        0 => (3, "FIRST_PAUSE"),
        1 => (6, "SECOND_PAUSE"),
        _ => return vec![disable(listing, now)],
    };
    let ends = now + hours * HOUR_MICROS;
    listing.pauses += 1;
    listing.quality = Quality::Red;
    listing.status = TemplateStatus::Paused;
    listing.becomes = Some(Becoming { at_micros: ends, status: TemplateStatus::Approved });
    vec![status(listing, "PAUSED", other_info(title), now), status(listing, "APPROVED", other_info("UNPAUSE"), ends)]
}

fn unpause(listing: &mut Listing, now: i64) -> Told {
    settle(listing, TemplateStatus::Approved);
    status(listing, "APPROVED", other_info("UNPAUSE"), now)
}

fn disable(listing: &mut Listing, now: i64) -> Told {
    settle(listing, TemplateStatus::Disabled);
    let mut rest = other_info("DISABLED");
    rest["disable_info"] = json!({ "disable_date": (now / MICROS_PER_SECOND).to_string() });
    status(listing, "DISABLED", rest, now)
}

fn recategorise(listing: &mut Listing, new: Category, ahead: bool, now: i64) -> Told {
    let value = if ahead {
        listing.correct_category = Some(new);
        entries::category_ahead(listing, new, now + AHEAD_MICROS)
    } else {
        let previous = std::mem::replace(&mut listing.category, new);
        (listing.previous_category, listing.correct_category) = (Some(previous), None);
        entries::category_done(listing, previous)
    };
    Told { field: "template_category_update", value, at_micros: now }
}

fn rejected(listing: &Listing, reason: &str, at_micros: i64) -> Told {
    let value = entries::template_status(listing, "REJECTED", Some(reason), entries::rejection(reason));
    Told { field: STATUS, value, at_micros }
}

fn status(listing: &Listing, event: &str, rest: Value, at_micros: i64) -> Told {
    Told { field: STATUS, value: entries::template_status(listing, event, Some("NONE"), rest), at_micros }
}

fn other_info(title: &str) -> Value {
    json!({ "other_info": { "title": title, "description": "Simulated." } })
}
