//! What can be read of the account: numbers, the account itself, and its templates page by page.

use std::sync::Arc;

use axum::Json;
use axum::body::{Body, to_bytes};
use axum::extract::{Path, Query, State};
use http::{HeaderMap, Uri};
use serde::Deserialize;
use serde_json::{Map, Value, json};

use crate::accounts;
use crate::errors::{ErrorCode, GraphError};
use crate::graph::enter;
use crate::health::{account_node, number_node};
use crate::management;
use crate::media::{self, Below, here};
use crate::uploads;
use crate::{REQUEST_LIMIT_BYTES, Simulator};

/// What Graph gives without a `limit`.
const PAGE_DEFAULT: usize = 25;
/// The longest page.
const PAGE_MAX: usize = 1_000;

/// The query of a read.
#[derive(Debug, Default, Deserialize)]
pub(crate) struct ReadQuery {
    fields: Option<String>,
    limit: Option<usize>,
    after: Option<String>,
    name: Option<String>,
    status: Option<String>,
    language: Option<String>,
    category: Option<String>,
    quality_score: Option<String>,
    name_or_content: Option<String>,
    phone_number_id: Option<String>,
}

type Answer = Result<Json<Value>, GraphError>;

/// `GET /{version}/{id}`: a number, the account, a template, a file, or an upload under way.
pub(crate) async fn node(
    State(simulator): State<Arc<Simulator>>,
    Path((version, id)): Path<(String, String)>,
    Query(query): Query<ReadQuery>,
    headers: HeaderMap,
    below: Below,
) -> Answer {
    let world = &simulator.world;
    enter(world, &version, &headers)?;
    let template = || world.catalogue().with_id(&id).map(|template| template.node(world.clock.now_micros()));
    let account = || (world.config.waba_id == id).then(|| account_node(world));
    let node = world
        .number(&id)
        .map(|number| number_node(world, number))
        .or_else(account)
        .or_else(template)
        .or_else(|| media::node(world, &id, query.phone_number_id.as_deref(), &here(&headers, &below)))
        .or_else(|| uploads::node(world, &id));
    let node = node.ok_or_else(|| GraphError::unknown_object(&id, "get"))?;
    Ok(Json(only(node, query.fields.as_deref())))
}

/// `POST /{version}/{id}`: an edit of a template, a switch of the account, or bytes for an upload.
pub(crate) async fn change(
    State(simulator): State<Arc<Simulator>>,
    Path((version, id)): Path<(String, String)>,
    headers: HeaderMap,
    body: Body,
) -> Answer {
    let world = &simulator.world;
    enter(world, &version, &headers)?;
    if id.starts_with(uploads::PREFIX) {
        return uploads::take(world, &id, &headers, body).await;
    }
    let body = to_bytes(body, REQUEST_LIMIT_BYTES).await.map_err(|_| GraphError::invalid("The request is too long"))?;
    if id == world.config.waba_id {
        return accounts::switch(world, &body);
    }
    management::edit(world, &id, &body)
}

/// `GET /{version}/{waba_id}/phone_numbers`.
pub(crate) async fn phone_numbers(
    State(simulator): State<Arc<Simulator>>,
    Path((version, id)): Path<(String, String)>,
    Query(query): Query<ReadQuery>,
    headers: HeaderMap,
    below: Below,
    uri: Uri,
) -> Answer {
    let world = &simulator.world;
    enter(world, &version, &headers)?;
    world.check_account(&id, "get")?;
    let nodes = world.config.numbers.iter().map(|number| number_node(world, number)).collect();
    page(nodes, &query, &here(&headers, &below), &uri, Cursors::of(&version))
}

/// `GET /{version}/{waba_id}/message_templates`.
pub(crate) async fn message_templates(
    State(simulator): State<Arc<Simulator>>,
    Path((version, id)): Path<(String, String)>,
    Query(query): Query<ReadQuery>,
    headers: HeaderMap,
    below: Below,
    uri: Uri,
) -> Answer {
    let world = &simulator.world;
    enter(world, &version, &headers)?;
    world.check_account(&id, "get")?;
    let wanted = |node: &Value, key: &str, filter: &Option<String>| {
        filter.as_ref().is_none_or(|filter| node[key].as_str() == Some(filter))
    };
    let holds = |node: &Value| {
        let holds = |words: &String| {
            let text = |value: &Value| value.as_str().is_some_and(|text| text.contains(words));
            text(&node["name"])
                || node["components"].as_array().is_some_and(|all| all.iter().any(|one| text(&one["text"])))
        };
        query.name_or_content.as_ref().is_none_or(holds)
    };
    let now = world.clock.now_micros();
    let templates = world.catalogue().all().to_vec();
    let nodes = templates.iter().map(|template| template.node(now)).filter(|node| {
        wanted(node, "name", &query.name)
            && wanted(node, "status", &query.status)
            && wanted(node, "language", &query.language)
            && wanted(node, "category", &query.category)
            && wanted(&node["quality_score"], "score", &query.quality_score)
            && holds(node)
    });
    page(nodes.collect(), &query, &here(&headers, &below), &uri, Cursors::of(&version))
}

/// Whether a cursor of a list that has changed since is refused, as from version 24 on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Cursors {
    OfTheirList,
    OfAnyList,
}

impl Cursors {
    fn of(version: &str) -> Self {
        let major = version.trim_start_matches('v').split('.').next().and_then(|major| major.parse::<u32>().ok());
        if major.is_some_and(|major| major >= 24) { Self::OfTheirList } else { Self::OfAnyList }
    }
}

/// Keeps `id` and the named fields; without `fields`, everything.
fn only(node: Value, fields: Option<&str>) -> Value {
    match (node, fields) {
        (Value::Object(node), Some(fields)) => {
            let names = field_names(fields);
            let wanted = node.into_iter().filter(|(key, _)| key == "id" || names.contains(&key.as_str()));
            Value::Object(wanted.collect::<Map<_, _>>())
        }
        (node, _) => node,
    }
}

/// The names at the top level of `a,b{c,d},e.limit(2)`.
fn field_names(fields: &str) -> Vec<&str> {
    let mut depth = 0_i32;
    let pieces = fields.split(|character| {
        match character {
            '{' | '(' => depth += 1,
            '}' | ')' => depth -= 1,
            _ => {}
        }
        character == ',' && depth == 0
    });
    pieces.filter_map(|piece| piece.split(['{', '(', '.']).next()).map(str::trim).collect()
}

/// One page of nodes; `next` only if there is more.
fn page(nodes: Vec<Value>, query: &ReadQuery, here: &str, uri: &Uri, cursors: Cursors) -> Answer {
    let total = nodes.len();
    let start = match query.after.as_deref().filter(|after| !after.is_empty()) {
        Some(after) => match position(after) {
            Some((start, of)) if of == total || cursors == Cursors::OfAnyList => start,
            Some(_) | None => return Err(GraphError::of(ErrorCode::BAD_CURSOR)),
        },
        None => 0,
    };
    let limit = query.limit.unwrap_or(PAGE_DEFAULT).clamp(1, PAGE_MAX);
    let data: Vec<Value> =
        nodes.into_iter().skip(start).take(limit).map(|node| only(node, query.fields.as_deref())).collect();
    let end = start.saturating_add(data.len());
    if data.is_empty() {
        return Ok(Json(json!({ "data": data })));
    }
    let mut paging = json!({ "cursors": { "before": cursor(start, total), "after": cursor(end, total) } });
    if end < total {
        paging["next"] = json!(next_address(here, uri, &cursor(end, total)));
    }
    Ok(Json(json!({ "data": data, "paging": paging })))
}

/// An opaque cursor: a position that does not look like one, and the length of the list that it is of.
fn cursor(position: usize, total: usize) -> String {
    format!("QVFI{}ZD", hex::encode(format!("{position}/{total}")))
}

fn position(cursor: &str) -> Option<(usize, usize)> {
    let hidden = cursor.strip_prefix("QVFI")?.strip_suffix("ZD")?;
    let plain = String::from_utf8(hex::decode(hidden).ok()?).ok()?;
    let (position, total) = plain.split_once('/')?;
    Some((position.parse().ok()?, total.parse().ok()?))
}

/// This request's address with another cursor.
fn next_address(here: &str, uri: &Uri, after: &str) -> String {
    let kept = uri.query().unwrap_or_default().split('&');
    let mut query: Vec<&str> = kept.filter(|pair| !pair.is_empty() && !pair.starts_with("after=")).collect();
    let after = format!("after={after}");
    query.push(&after);
    format!("{here}{}?{}", uri.path(), query.join("&"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nested_fields_are_read_by_their_outer_name() {
        assert_eq!(field_names("id,throughput{level,x},status"), ["id", "throughput", "status"]);
        assert_eq!(field_names("a.limit(2,3), b"), ["a", "b"]);
    }

    #[test]
    fn a_cursor_comes_back_and_a_foreign_one_does_not() {
        assert_eq!(position(&cursor(25, 60)), Some((25, 60)));
        assert_eq!((Cursors::of("v24.0"), Cursors::of("v23.0")), (Cursors::OfTheirList, Cursors::OfAnyList));
        assert_eq!(position("MjQZD"), None);
    }
}
