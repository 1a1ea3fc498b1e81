//! Files: `POST /{version}/{phone_number_id}/media` (multipart) gives an id, `GET /{version}/{media_id}` an address for
//! five minutes, `GET` of that address the bytes, `DELETE /{version}/{media_id}` an end.

use std::sync::Arc;

use axum::Json;
use axum::extract::multipart::MultipartError;
use axum::extract::rejection::NestedPathRejection;
use axum::extract::{Multipart, NestedPath, Path, Query, State};
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use http::{HeaderMap, StatusCode, header};
use serde::Deserialize;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use crate::Simulator;
use crate::clock::MICROS_PER_SECOND;
use crate::errors::GraphError;
use crate::graph::{check_token, enter};
use crate::world::World;

/// The longest file and the form around it.
pub(crate) const UPLOAD_LIMIT_BYTES: usize = 101 * 1024 * 1024;
/// Where the bytes of files are.
pub(crate) const ATTACHMENTS_PATH: &str = "/whatsapp_business/attachments";
/// How long an address lives.
const ADDRESS_LIFE_SECONDS: i64 = 5 * 60;

/// What the router was nested below, if it was.
pub(crate) type Below = Result<NestedPath, NestedPathRejection>;

/// The parts of an address of a file.
#[derive(Debug, Deserialize)]
pub(crate) struct Address {
    mid: String,
    ext: i64,
    hash: String,
}

/// `POST /{version}/{phone_number_id}/media`.
pub(crate) async fn upload(
    State(simulator): State<Arc<Simulator>>,
    Path((version, id)): Path<(String, String)>,
    headers: HeaderMap,
    form: Multipart,
) -> Result<Json<Value>, GraphError> {
    let world = &simulator.world;
    enter(world, &version, &headers)?;
    let number = world.number(&id).ok_or_else(|| GraphError::unknown_object(&id, "post"))?;
    let form = Form::read(form).await?;
    if form.messaging_product.as_deref() != Some("whatsapp") {
        return Err(GraphError::required("messaging_product"));
    }
    let file = form.file.ok_or_else(|| GraphError::required("file"))?;
    let mime = form.kind.or(form.file_type).ok_or_else(|| GraphError::required("type"))?;
    let now = world.clock.now_micros();
    let id = world.shelf().upload(&number.phone_number_id, &mime, file, now)?;
    Ok(Json(json!({ "id": id })))
}

/// The node of a file, if there is one with this id; `number` must have it, when given.
pub(crate) fn node(world: &World, id: &str, number: Option<&str>, here: &str) -> Option<Value> {
    let now = world.clock.now_micros();
    let shelf = world.shelf();
    let file = shelf.get(id, now).filter(|file| number.is_none_or(|number| number == file.phone_number_id))?;
    Some(json!({
        "messaging_product": "whatsapp",
        "url": address(world, id, now, here),
        "mime_type": file.mime_type,
        "sha256": file.sha256_hex(),
        "file_size": file.bytes.len(),
        "id": id,
    }))
}

/// `DELETE /{version}/{media_id}`.
pub(crate) async fn delete(
    State(simulator): State<Arc<Simulator>>,
    Path((version, id)): Path<(String, String)>,
    headers: HeaderMap,
) -> Result<Json<Value>, GraphError> {
    let world = &simulator.world;
    enter(world, &version, &headers)?;
    if !world.shelf().remove(&id, world.clock.now_micros()) {
        return Err(GraphError::unknown_object(&id, "delete"));
    }
    Ok(Json(json!({ "success": true })))
}

/// `GET` of a file's address: the bytes, for whoever has the token.
pub(crate) async fn download(
    State(simulator): State<Arc<Simulator>>,
    Query(address): Query<Address>,
    headers: HeaderMap,
) -> Response {
    let world = &simulator.world;
    if let Err(error) = check_token(world, &headers) {
        return error.into_response();
    }
    let now = world.clock.now_micros();
    let fresh = now / MICROS_PER_SECOND < address.ext && address.hash == hash(world, &address.mid, address.ext);
    let shelf = world.shelf();
    match shelf.get(&address.mid, now).filter(|_| fresh) {
        Some(file) => ([(header::CONTENT_TYPE, file.mime_type.clone())], file.bytes.clone()).into_response(),
        None => StatusCode::NOT_FOUND.into_response(),
    }
}

/// The address of a file's bytes, for the next five minutes.
pub(crate) fn address(world: &World, id: &str, now_micros: i64, here: &str) -> String {
    let ext = now_micros / MICROS_PER_SECOND + ADDRESS_LIFE_SECONDS;
    let hash = hash(world, id, ext);
    format!("{here}{ATTACHMENTS_PATH}?mid={id}&ext={ext}&hash={hash}")
}

/// Where the caller found this API: `http://localhost:3000/whatsapp`.
pub(crate) fn here(headers: &HeaderMap, below: &Below) -> String {
    let host = headers.get(header::HOST).and_then(|host| host.to_str().ok()).unwrap_or("localhost");
    format!("http://{host}{}", below.as_ref().map(NestedPath::as_str).unwrap_or_default())
}

fn hash(world: &World, id: &str, ext: i64) -> String {
    let digest = Sha256::new().chain_update(&world.config.app_secret).chain_update(id).chain_update(ext.to_be_bytes());
    hex::encode(&digest.finalize()[..12])
}

/// The fields of an upload.
#[derive(Default)]
struct Form {
    messaging_product: Option<String>,
    kind: Option<String>,
    file: Option<Bytes>,
    file_type: Option<String>,
}

impl Form {
    async fn read(mut multipart: Multipart) -> Result<Self, GraphError> {
        let mut form = Self::default();
        while let Some(field) = multipart.next_field().await.map_err(unreadable)? {
            match field.name().unwrap_or_default() {
                "messaging_product" => form.messaging_product = Some(field.text().await.map_err(unreadable)?),
                "type" => form.kind = Some(field.text().await.map_err(unreadable)?),
                "file" => {
                    form.file_type = field.content_type().map(str::to_owned);
                    form.file = Some(field.bytes().await.map_err(unreadable)?);
                }
                _ => {}
            }
        }
        Ok(form)
    }
}

fn unreadable(error: MultipartError) -> GraphError {
    GraphError::invalid(format!("The form cannot be read: {}", error.body_text()))
}
