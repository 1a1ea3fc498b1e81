//! Uploads in pieces, for the examples of templates: `POST /{version}/{app_id}/uploads` opens one, `POST
//! /{version}/upload:…` takes bytes from `file_offset` on, `GET /{version}/upload:…` says how many there are. When all
//! are there the answer is the handle.

use std::sync::Arc;

use axum::Json;
use axum::body::{Body, to_bytes};
use axum::extract::{Path, Query, State};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use http::HeaderMap;
use serde::Deserialize;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use crate::Simulator;
use crate::errors::GraphError;
use crate::graph::enter;
use crate::media::UPLOAD_LIMIT_BYTES;
use crate::world::World;

/// What an upload's id begins with.
pub(crate) const PREFIX: &str = "upload:";
/// The types that can be examples.
const TYPES: [&str; 5] = ["application/pdf", "image/jpeg", "image/jpg", "image/png", "video/mp4"];

/// What is going to be uploaded.
#[derive(Debug, Deserialize)]
pub(crate) struct Announced {
    file_length: Option<usize>,
    file_type: Option<String>,
}

/// `POST /{version}/{app_id}/uploads?file_name=…&file_length=…&file_type=…`.
pub(crate) async fn open(
    State(simulator): State<Arc<Simulator>>,
    Path((version, id)): Path<(String, String)>,
    Query(announced): Query<Announced>,
    headers: HeaderMap,
) -> Result<Json<Value>, GraphError> {
    let world = &simulator.world;
    enter(world, &version, &headers)?;
    if id != world.config.app_id {
        return Err(GraphError::unknown_object(&id, "post"));
    }
    let length = announced.file_length.filter(|length| (1..UPLOAD_LIMIT_BYTES).contains(length));
    let length = length.ok_or_else(|| GraphError::required("file_length"))?;
    if !announced.file_type.is_some_and(|kind| TYPES.contains(&kind.as_str())) {
        return Err(GraphError::invalid("file_type must be application/pdf, image/jpeg, image/png or video/mp4"));
    }
    let session = world.shelf().open_session(length, world.clock.now_micros())?;
    Ok(Json(json!({ "id": format!("{PREFIX}{session}?sig=ARZ{}", signature(world, &session)) })))
}

/// `POST /{version}/upload:…`.
pub(crate) async fn take(world: &World, id: &str, headers: &HeaderMap, body: Body) -> Result<Json<Value>, GraphError> {
    let bytes = to_bytes(body, UPLOAD_LIMIT_BYTES).await.map_err(|_| GraphError::invalid("The file is too long"))?;
    let offset = headers.get("file_offset").and_then(|offset| offset.to_str().ok()?.parse::<usize>().ok());
    let mut shelf = world.shelf();
    let session = session_id(id).and_then(|id| shelf.session(id));
    let session = session.ok_or_else(|| GraphError::unknown_object(id, "post"))?;
    if offset != Some(session.received.len()) {
        return Err(GraphError::invalid(format!("file_offset must be {}", session.received.len())));
    }
    if session.received.len() + bytes.len() > session.length {
        return Err(GraphError::invalid(format!("The file is longer than its file_length, {}", session.length)));
    }
    session.received.extend_from_slice(&bytes);
    if session.received.len() < session.length {
        return Ok(Json(json!({ "id": id, "file_offset": session.received.len() })));
    }
    let handle = format!("4::{}", STANDARD.encode(Sha256::digest(&session.received)));
    if let Some(id) = session_id(id) {
        shelf.close_session(id);
    }
    Ok(Json(json!({ "h": handle })))
}

/// The node of an upload under way.
pub(crate) fn node(world: &World, id: &str) -> Option<Value> {
    let received = world.shelf().session(session_id(id)?)?.received.len();
    Some(json!({ "id": id, "file_offset": received }))
}

fn session_id(id: &str) -> Option<&str> {
    id.strip_prefix(PREFIX)?.split('?').next()
}

fn signature(world: &World, session: &str) -> String {
    hex::encode(&Sha256::new().chain_update(&world.config.app_secret).chain_update(session).finalize()[..8])
}
