//! `Idempotency-Key`: who does not know whether a request arrived sends it again, and one campaign comes of both.
//!
//! A key promises an id once all is right, before the campaign is written. Whoever comes with the same key and the same
//! request, later or at the same moment, is given that id, and of many creations of one id only one is written; whoever
//! comes later is told so as elsewhere (`once`). A request that died half-way holds nobody up: the next finishes it. One
//! that was refused leaves the key free.

use anyhow::Context;
use http::HeaderMap;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use wire::{CampaignId, WorkspaceId};

use super::problem::{ApiError, Kind, Refusal};
use crate::App;
use crate::storage::table::{self, Written, number};

/// The header (IETF draft httpapi-idempotency-key-header-06, 2025-02).
const HEADER: &str = "idempotency-key";

/// Longest key, in characters: several times a UUID.
const LONGEST_KEY: usize = 255;

/// How long a key is remembered, in seconds: a day, longer than anybody goes on trying.
pub(super) const REMEMBERED_SECONDS: i64 = 24 * 3_600;

/// A request under its key. Both as hashes: what the caller wrote is kept nowhere.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Keyed {
    key_hash: String,
    request_hash: String,
}

/// What a key stands for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Promise {
    request_hash: String,
    campaign_id: CampaignId,
    /// Seconds since 1970; also the table's time to live, which may delete up to days later.
    expires_at: i64,
}

impl Keyed {
    /// The request under the key of its headers; nothing when they have none.
    pub(super) fn of(headers: &HeaderMap, request: &impl Serialize) -> Result<Option<Keyed>, ApiError> {
        let Some(key) = key_of(headers)? else { return Ok(None) };
        let request = serde_json::to_vec(request).context("a request does not fit into JSON")?;
        Ok(Some(Keyed { key_hash: hash(key), request_hash: hash(&request) }))
    }

    fn keys(&self, workspace: WorkspaceId) -> (String, String) {
        (format!("workspace#{workspace}"), format!("idempotency#{}", self.key_hash))
    }
}

/// The key of a request's headers; nothing when they have none.
pub(super) fn key_of(headers: &HeaderMap) -> Result<Option<&[u8]>, Refusal> {
    let mut keys = headers.get_all(HEADER).iter();
    let Some(key) = keys.next() else { return Ok(None) };
    let key = key.as_bytes();
    let is_key = (1..=LONGEST_KEY).contains(&key.len()) && key.iter().all(u8::is_ascii_graphic);
    if !is_key || keys.next().is_some() {
        let how = format!("Idempotency-Key: give one, of 1 to {LONGEST_KEY} visible ASCII characters");
        return Err(Refusal::new(Kind::Malformed, how));
    }
    Ok(Some(key))
}

pub(super) fn hash(bytes: &[u8]) -> String {
    hex::encode(Sha256::digest(bytes))
}

/// The campaign that the key stands for; nothing when it is new or forgotten. Refuses another request under the key.
pub(super) async fn promised(app: &App, workspace: WorkspaceId, keyed: &Keyed) -> Result<Option<CampaignId>, ApiError> {
    let (pk, sk) = keyed.keys(workspace);
    let found: Option<Promise> = table::get(&app.dynamodb, &app.config.control_table, &pk, &sk).await?;
    let now = app.clock.now_millis() / 1_000;
    Ok(found.and_then(|promise| kept(promise, keyed, now)).transpose()?)
}

/// Lets the key stand for `new` unless it stands for a campaign already; returns the one that it stands for.
pub(super) async fn promise(
    app: &App,
    workspace: WorkspaceId,
    keyed: &Keyed,
    new: CampaignId,
) -> Result<CampaignId, ApiError> {
    let now = app.clock.now_millis() / 1_000;
    let (pk, sk) = keyed.keys(workspace);
    let promise = Promise {
        request_hash: keyed.request_hash.clone(),
        campaign_id: new.clone(),
        expires_at: now + REMEMBERED_SECONDS,
    };
    let result = app
        .dynamodb
        .put_item()
        .table_name(&app.config.control_table)
        .set_item(Some(table::to_item(&promise, &pk, &sk)?))
        .condition_expression("attribute_not_exists(pk) OR expiresAt <= :now")
        .expression_attribute_values(":now", number(now))
        .send()
        .await;
    match table::written(result, "noting an idempotency key")? {
        Written::Done => Ok(new),
        Written::ConditionFailed => {
            let standing = promised(app, workspace, keyed).await?;
            Ok(standing.context("an idempotency key was forgotten while it was used")?)
        }
    }
}

/// What a promise means for a request at `now` (seconds): nothing once it has expired.
fn kept(promise: Promise, keyed: &Keyed, now: i64) -> Option<Result<CampaignId, Refusal>> {
    if promise.expires_at <= now {
        return None;
    }
    let is_same = promise.request_hash == keyed.request_hash;
    let other = || Refusal::field("Idempotency-Key", "was used for another request: take a new key for this one");
    Some(is_same.then_some(promise.campaign_id).ok_or_else(other))
}

#[cfg(test)]
mod tests {
    use axum::response::IntoResponse;
    use http::{HeaderValue, StatusCode};
    use wire::CreateCampaign;

    use super::*;

    fn headers(keys: &[&'static str]) -> HeaderMap {
        keys.iter().map(|key| (http::HeaderName::from_static(HEADER), HeaderValue::from_static(key))).collect()
    }

    fn request(name: &str) -> CreateCampaign {
        CreateCampaign { name: name.into(), ..CreateCampaign::default() }
    }

    fn keyed(key: &'static str, name: &str) -> Keyed {
        Keyed::of(&headers(&[key]), &request(name)).unwrap().unwrap()
    }

    #[test]
    fn a_request_without_a_key_is_new_each_time() {
        assert_eq!(Keyed::of(&HeaderMap::new(), &request("a")).unwrap(), None);
    }

    #[test]
    fn what_is_no_key_is_refused() {
        let long: &'static str = Box::leak("k".repeat(LONGEST_KEY + 1).into_boxed_str());
        for wrong in [&[""][..], &["a b"], &["a\tb"], &[long], &["a", "b"]] {
            let refused = Keyed::of(&headers(wrong), &request("a")).unwrap_err();
            assert_eq!(refused.into_response().status(), StatusCode::BAD_REQUEST, "{wrong:?}");
        }
        assert!(Keyed::of(&headers(&[&long[1..]]), &request("a")).is_ok());
    }

    #[test]
    fn a_key_stands_for_one_request_until_it_is_forgotten() {
        let (mine, other) = (keyed("k", "a"), keyed("k", "b"));
        assert_eq!((&mine.key_hash, keyed("k", "a")), (&other.key_hash, mine.clone()));
        let id = CampaignId("01JD8ZQ0000000000000000001".into());
        let promise = Promise { request_hash: mine.request_hash.clone(), campaign_id: id.clone(), expires_at: 100 };
        assert_eq!(kept(promise.clone(), &mine, 99), Some(Ok(id)));
        let refused = kept(promise.clone(), &other, 99).unwrap().unwrap_err();
        assert_eq!(refused.into_response().status(), StatusCode::UNPROCESSABLE_ENTITY);
        assert_eq!(kept(promise.clone(), &other, 100), None);
        assert_eq!(kept(promise, &mine, 100), None);
    }
}
