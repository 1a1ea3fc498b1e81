//! Notices, and what each reader has read of them.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use serde::Deserialize;
use wire::{MemberId, Notice, NoticeId, NoticeList, NoticesRead, ReadNotices};

use super::answers;
use super::caller::Caller;
use super::extract::{Body, Params, page_limit};
use super::problem::{ApiError, Refusal};
use crate::App;
use crate::clock::time_of_millis;
use crate::storage::notices::{self as store, NoticeRecord};
use crate::storage::table::Written;

/// Notices on a page when nothing is asked for.
const DEFAULT_PAGE: u32 = 50;

/// Most notices on a page.
const LARGEST_PAGE: u32 = 200;

/// Length of an id, which is also the place of a page.
const ID_LENGTH: usize = 26;

/// A page that is asked for.
#[derive(Debug, Deserialize)]
pub struct PageAsked {
    limit: Option<u32>,
    after: Option<String>,
}

/// `GET /v3/notices?after=&limit=`
#[utoipa::path(
    get,
    path = "/v3/notices",
    tag = "Notices",
    operation_id = "listNotices",
    summary = "Lists what people should know: what paused, ended or changed in the last 90 days.",
    params(("after" = Option<String>, Query, description = "`next` of the page before."), ("limit" = Option<u32>, Query, minimum = 1, maximum = 200, description = "Notices on the page.")),
    responses(
        (status = 200, description = "One page, newest first.", body = wire::NoticeList),
        answers::Reads, answers::ReadsQuery,
    ),
)]
pub async fn list(
    State(app): State<Arc<App>>,
    caller: Caller,
    Params(asked): Params<PageAsked>,
) -> Result<Json<NoticeList>, ApiError> {
    let limit = i32::try_from(page_limit(asked.limit, DEFAULT_PAGE, LARGEST_PAGE)?).unwrap_or(i32::MAX);
    if asked.after.as_ref().is_some_and(|after| !is_id(after)) {
        return Err(Refusal::field("after", "give what the page before said in `next`").into());
    }
    let mark = store::mark(&app, caller.workspace_id, &reader(&caller)).await?;
    let (found, next) = store::list(&app, caller.workspace_id, limit, asked.after.as_deref()).await?;
    let member = caller.member_id.as_ref();
    let unread = store::count_after(&app, caller.workspace_id, mark.as_ref(), member).await?;
    let items = found.into_iter().map(|record| view(record, mark.as_ref(), member)).collect();
    Ok(Json(NoticeList { items, unread, next }))
}

/// `POST /v3/notices/read`
#[utoipa::path(
    post,
    path = "/v3/notices/read",
    tag = "Notices",
    operation_id = "readNotices",
    summary = "Notes that whoever asks has read a notice and all before it.",
    request_body = wire::ReadNotices,
    responses(
        (status = 200, description = "What is left to read.", body = wire::NoticesRead),
        answers::Changes, answers::ReadsBody, answers::NotFound,
    ),
)]
pub async fn read(
    State(app): State<Arc<App>>,
    caller: Caller,
    Body(request): Body<ReadNotices>,
) -> Result<Json<NoticesRead>, ApiError> {
    let (workspace, reader) = (caller.workspace_id, reader(&caller));
    if !is_id(request.up_to.as_str()) || store::get(&app, workspace, &request.up_to).await?.is_none() {
        return Err(Refusal::not_found("notice").into());
    }
    match store::set_mark(&app, workspace, &reader, &request.up_to).await? {
        // A later one was read already.
        Written::Done | Written::ConditionFailed => {}
    }
    let mark = store::mark(&app, workspace, &reader).await?;
    let unread = store::count_after(&app, workspace, mark.as_ref(), caller.member_id.as_ref()).await?;
    Ok(Json(NoticesRead { unread }))
}

fn is_id(text: &str) -> bool {
    text.len() == ID_LENGTH && text.bytes().all(|byte| byte.is_ascii_alphanumeric())
}

/// Who reads: each member for themselves, tokens by their name.
fn reader(caller: &Caller) -> String {
    match &caller.member_id {
        Some(member) => format!("member#{member}"),
        None => format!("token#{}", caller.name),
    }
}

fn view(record: NoticeRecord, mark: Option<&NoticeId>, member: Option<&MemberId>) -> Notice {
    let is_own = member.is_some() && record.done_by.as_ref() == member;
    Notice {
        is_read: is_own || mark.is_some_and(|mark| record.id <= *mark),
        id: record.id,
        kind: record.kind,
        at: time_of_millis(record.at),
        text: record.text,
        campaign_id: record.campaign_id,
        channel_id: record.channel_id,
        webhook_id: record.webhook_id,
    }
}
