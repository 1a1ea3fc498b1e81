//! `Idempotency-Key` on any POST: the answer to a request that was done is kept for a day and given again.
//!
//! The key is taken before the work and the answer written after it. Who comes with the same key meanwhile is told to
//! wait; a request that died on the way holds the key for a minute, then the next one does the work again, which every
//! handler stands; whoever was only slow gives back and keeps nothing that is another's by then. An answer with a link
//! that ends is kept for as long as the link lives. Where the answer shows a secret once, only that it was done is kept:
//! who asks again is told so.
//! Creating and cloning campaigns promise more, and look after their keys themselves (`idempotency`).

use std::sync::Arc;

use anyhow::Context;
use axum::body::Body;
use axum::extract::{MatchedPath, Request, State};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use http::header::{CONTENT_TYPE, LOCATION};
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use http_body_util::{BodyExt, LengthLimitError, Limited};
use serde::{Deserialize, Serialize};

use super::MAX_BODY_BYTES;
use super::caller::Caller;
use super::idempotency::{REMEMBERED_SECONDS, hash, key_of};
use super::problem::{ApiError, Kind, Refusal};
use crate::App;
use crate::storage::files::UPLOAD_MINUTES;
use crate::storage::mentions::answer_key;
use crate::storage::table::{self, Written, number, text};

/// On an answer that was given before.
const REPLAYED: HeaderName = HeaderName::from_static("idempotent-replayed");

/// How long a request may hold a key without an answer, in seconds: twice what the gateway waits for us.
const HELD_SECONDS: i64 = 60;

/// How long an answer with a link to put a file to is kept, in seconds: no longer than the link lives.
const UPLOAD_SECONDS: i64 = UPLOAD_MINUTES.cast_signed() * 60;

/// When somebody who met a request that is still under way asks again, in seconds.
const ASK_AGAIN_SECONDS: u32 = 2;

/// Largest answer that is kept, in bytes: an item holds 400 KB.
const LARGEST_ANSWER: usize = 300_000;

/// The routes that look after keys themselves.
const EXCEPT: [&str; 2] = ["/v3/campaigns", "/v3/campaigns/{id}/clone"];

/// The routes whose answers hold a link to put a file to, which ends.
const LINKED: [&str; 2] = ["/v3/uploads", "/v3/assets"];

/// The routes whose answers show a secret once, each with what whoever lost the answer does.
const SHOWN_ONCE: [(&str, &str); 4] = [
    (
        "/v3/tokens",
        "a token was made under this key before and is shown only once: if its answer was lost, revoke it and make \
         another under a new key",
    ),
    (
        "/v3/members/{id}/sign-in-link",
        "a link was made under this key before and is shown only once: if its answer was lost, make another under a \
         new key",
    ),
    (
        "/v3/webhooks",
        "a webhook was made under this key before and its secret is shown only once: if the answer was lost, rotate \
         its secret under a new key",
    ),
    (
        "/v3/webhooks/{id}/rotate-secret",
        "the secret was rotated under this key before and is shown only once: if the answer was lost, rotate it again \
         under a new key",
    ),
];

/// A request under its key.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Held {
    request_hash: String,
    began_at: i64,
    /// Which of the requests under the key holds it; nothing where it was taken by an earlier release.
    #[serde(default)]
    taken_by: String,
    /// Seconds since 1970; also the table's time to live, which may delete up to days later.
    expires_at: i64,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    answer: Option<Answer>,
}

/// The answer to it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Answer {
    status: u16,
    body: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    content_type: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    location: Option<String>,
}

/// What a standing key means for a request.
#[derive(Debug, PartialEq, Eq)]
enum Standing {
    /// Nobody held it, or whoever did is gone: it is taken now, do the work.
    Free(Held),
    /// Give this again.
    Done(Answer),
    /// Somebody is at it.
    UnderWay,
    /// It was used for something else.
    Another,
}

/// Whether POSTs to this path are looked after here.
pub(super) fn is_kept(path: &str) -> bool {
    !EXCEPT.contains(&path)
}

/// What whoever asks again for what this path shows once is told; nothing for a path whose answers are given again.
fn shown_once(path: &str) -> Option<&'static str> {
    SHOWN_ONCE.iter().find(|(known, _)| *known == path).map(|(_, how)| *how)
}

/// How long the answers of this path are given again, in seconds.
fn kept_seconds(path: &str) -> i64 {
    if LINKED.contains(&path) { UPLOAD_SECONDS } else { REMEMBERED_SECONDS }
}

/// Does a keyed request once.
pub(super) async fn once(
    State(app): State<Arc<App>>,
    caller: Caller,
    request: Request,
    next: Next,
) -> Result<Response, ApiError> {
    let Some(key) = key_of(request.headers())?.map(hash) else { return Ok(next.run(request).await) };
    let (parts, body) = request.into_parts();
    let matched = parts.extensions.get::<MatchedPath>().map_or("", MatchedPath::as_str);
    let (told_once, kept_seconds) = (shown_once(matched), kept_seconds(matched));
    let bytes = match Limited::new(body, MAX_BODY_BYTES).collect().await {
        Ok(collected) => collected.to_bytes(),
        Err(error) if error.is::<LengthLimitError>() => {
            return Err(Refusal::new(Kind::TooLarge, format!("the body has more than {MAX_BODY_BYTES} bytes")).into());
        }
        Err(_) => return Err(Refusal::new(Kind::Malformed, "the body broke off").into()),
    };
    let asked = format!("{} {} {}", parts.method, parts.uri, hash(&bytes));
    let key = (format!("workspace#{}", caller.workspace_id), answer_key(&key));
    let held = match take(&app, &key, &hash(asked.as_bytes())).await? {
        Standing::Free(held) => held,
        Standing::Done(answer) => match told_once {
            Some(how) => return Err(Refusal::new(Kind::Conflict, how).into()),
            None => return answer.given_again(),
        },
        Standing::UnderWay => {
            let how = "the same request is under way: ask again in a moment";
            return Err(Refusal::new(Kind::Conflict, how).retry_after(ASK_AGAIN_SECONDS).into());
        }
        Standing::Another => {
            let how = "was used for another request: take a new key for this one";
            return Err(Refusal::field("Idempotency-Key", how).into());
        }
    };
    let response = next.run(Request::from_parts(parts, Body::from(bytes))).await;
    let held = Held { expires_at: held.began_at + kept_seconds, ..held };
    settle(&app, &key, held, told_once, response).await
}

/// Takes the key, or says what it stands for.
async fn take(app: &App, key: &(String, String), request_hash: &str) -> anyhow::Result<Standing> {
    let now = app.clock.now_millis() / 1_000;
    let held = Held {
        request_hash: request_hash.to_owned(),
        began_at: now,
        taken_by: app.new_id()?,
        expires_at: now + REMEMBERED_SECONDS,
        answer: None,
    };
    if put(app, key, &held, now).await? == Written::Done {
        return Ok(Standing::Free(held));
    }
    let standing: Option<Held> = table::get(&app.dynamodb, &app.config.control_table, &key.0, &key.1).await?;
    let standing = standing.context("an idempotency key was forgotten while it was used")?;
    Ok(standing.means(request_hash))
}

/// Writes over nothing, over what has expired, and over who began too long ago and has no answer.
async fn put(app: &App, (pk, sk): &(String, String), held: &Held, now: i64) -> anyhow::Result<Written> {
    let free = "attribute_not_exists(pk) OR expiresAt <= :now OR \
                (requestHash = :hash AND attribute_not_exists(answer) AND beganAt <= :late)";
    let result = app
        .dynamodb
        .put_item()
        .table_name(&app.config.control_table)
        .set_item(Some(table::to_item(held, pk, sk)?))
        .condition_expression(free)
        .expression_attribute_values(":now", number(now))
        .expression_attribute_values(":late", number(now - HELD_SECONDS))
        .expression_attribute_values(":hash", text(&held.request_hash))
        .send()
        .await;
    table::written(result, "taking an idempotency key")
}

impl Held {
    fn means(self, request_hash: &str) -> Standing {
        match self.answer {
            _ if self.request_hash != request_hash => Standing::Another,
            Some(answer) => Standing::Done(answer),
            None => Standing::UnderWay,
        }
    }
}

/// Keeps the answer of work that was done, or only that it was where that is told once; gives the key back when it was
/// not, so that another try does it.
async fn settle(
    app: &App,
    key: &(String, String),
    held: Held,
    told_once: Option<&str>,
    response: Response,
) -> Result<Response, ApiError> {
    if !response.status().is_success() {
        release(app, key, &held).await?;
        return Ok(response);
    }
    let (parts, body) = response.into_parts();
    let bytes = body.collect().await.context("an answer broke off")?.to_bytes();
    let answer = match told_once {
        Some(_) => Some(Answer::done(parts.status)),
        None => Answer::of(parts.status, &parts.headers, &bytes),
    };
    match answer {
        Some(answer) => keep(app, key, &Held { answer: Some(answer), ..held }).await?,
        None => release(app, key, &held).await?,
    }
    Ok(Response::from_parts(parts, Body::from(bytes)))
}

/// Keeps the answer, unless another request took the key over and has its own there already.
async fn keep(app: &App, (pk, sk): &(String, String), held: &Held) -> anyhow::Result<()> {
    let put = app.dynamodb.put_item().table_name(&app.config.control_table);
    let put = put
        .set_item(Some(table::to_item(held, pk, sk)?))
        .condition_expression("takenBy = :mine OR attribute_not_exists(answer)")
        .expression_attribute_values(":mine", text(&held.taken_by));
    match table::written(put.send().await, "keeping the answer to a keyed request")? {
        Written::Done | Written::ConditionFailed => Ok(()),
    }
}

/// Gives the key back, unless another request took it over.
async fn release(app: &App, (pk, sk): &(String, String), held: &Held) -> anyhow::Result<()> {
    let delete = app.dynamodb.delete_item().table_name(&app.config.control_table);
    let delete = delete
        .key("pk", text(pk))
        .key("sk", text(sk))
        .condition_expression("takenBy = :mine")
        .expression_attribute_values(":mine", text(&held.taken_by));
    match table::written(delete.send().await, "giving an idempotency key back")? {
        Written::Done | Written::ConditionFailed => Ok(()),
    }
}

impl Answer {
    fn of(status: StatusCode, headers: &HeaderMap, bytes: &[u8]) -> Option<Answer> {
        let header = |name| headers.get(name).and_then(|value: &HeaderValue| Some(value.to_str().ok()?.to_owned()));
        let body = std::str::from_utf8(bytes).ok().filter(|body| body.len() <= LARGEST_ANSWER)?.to_owned();
        Some(Answer { status: status.as_u16(), body, content_type: header(CONTENT_TYPE), location: header(LOCATION) })
    }

    /// Nothing of an answer but its status.
    fn done(status: StatusCode) -> Answer {
        Answer { status: status.as_u16(), body: String::new(), content_type: None, location: None }
    }

    fn given_again(self) -> Result<Response, ApiError> {
        let status = StatusCode::from_u16(self.status).context("a kept answer has no status")?;
        let mut response = (status, self.body).into_response();
        response.headers_mut().remove(CONTENT_TYPE);
        for (name, value) in [(CONTENT_TYPE, self.content_type), (LOCATION, self.location)] {
            if let Some(value) = value {
                response.headers_mut().insert(name, HeaderValue::from_str(&value).context("a kept header is broken")?);
            }
        }
        Ok(replayed(response))
    }
}

/// The same answer, which says that it was given before.
pub(super) fn replayed(mut response: Response) -> Response {
    response.headers_mut().insert(REPLAYED, HeaderValue::from_static("true"));
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    fn held(answer: Option<Answer>) -> Held {
        Held { request_hash: "a".into(), began_at: 0, taken_by: "one".into(), expires_at: 100, answer }
    }

    #[test]
    fn a_key_stands_for_one_request_and_its_answer() {
        let answer = Answer { status: 201, body: "{}".into(), content_type: None, location: None };
        assert_eq!(held(Some(answer.clone())).means("a"), Standing::Done(answer.clone()));
        assert_eq!(held(Some(answer)).means("b"), Standing::Another);
        assert_eq!(held(None).means("a"), Standing::UnderWay);
    }

    #[test]
    fn what_shows_a_secret_is_not_kept() {
        assert!(is_kept("/v3/lists") && shown_once("/v3/lists").is_none());
        assert!(is_kept("/v3/tokens") && shown_once("/v3/tokens").is_some());
        assert!(!is_kept("/v3/campaigns"));
        assert_eq!(["/v3/uploads", "/v3/assets", "/v3/lists"].map(kept_seconds), [3_600, 3_600, 24 * 3_600]);
        assert!(Answer::of(StatusCode::OK, &HeaderMap::new(), &vec![b'a'; LARGEST_ANSWER + 1]).is_none());
    }
}
