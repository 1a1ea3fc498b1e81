//! `GET /v3/campaigns/{id}/messages`: the people of a campaign, page by page in the audience's order.
//!
//! The audience says who they are, the messages table what became of each; who has no item there is untouched. A filter
//! walks forward over a bounded number of recipients and answers what it found and where to go on. Who they are is kept
//! only for a time; then there is no page any more, while the campaign and its totals stay.

use std::sync::Arc;

use aws_sdk_s3::error::SdkError;
use aws_sdk_s3::operation::get_object::GetObjectError;
use axum::Json;
use axum::extract::{Path, State};
use campaigns::audience::{Recipient, SEGMENT_ROWS, segment_of};
use campaigns::message::MessageRecord;
use campaigns::phone::canonical_digits;
use serde::Deserialize;
use wire::{CampaignId, Message, MessageList, MessageState, WorkspaceId};

use super::answers;
use super::caller::Caller;
use super::campaigns::{find, messages_are_kept};
use super::extract::{Params, page_limit};
use super::message_view;
use super::problem::{ApiError, Kind, Refusal};
use crate::App;
use crate::storage::campaigns::CampaignRecord;
use crate::storage::lapses::DAY_MS;
use crate::storage::suppressions::{self, Barred};
use crate::storage::{files, messages, settings};

/// Messages on a page when nothing is asked for.
const DEFAULT_PAGE: u32 = 50;

/// Most messages on a page: some hundred kilobytes of JSON.
const LARGEST_PAGE: u32 = 500;

/// Most recipients that one request with a filter looks at: twenty queries and two segments, some tens of milliseconds.
const LOOKED_AT: u64 = 2_000;

/// A page that is asked for.
#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
pub struct PageAsked {
    /// Only those in this state.
    #[param(inline)]
    state: Option<MessageState>,
    /// Only those that failed, or wait for another attempt, with this code of WhatsApp.
    code: Option<u32>,
    /// The `next` of the page before.
    after: Option<String>,
    /// How many; 50 when absent.
    #[param(minimum = 1, maximum = 500)]
    limit: Option<u32>,
}

/// `?state=&code=&after=&limit=`; `after` is the last index of the page before.
#[utoipa::path(
    get,
    path = "/v3/campaigns/{id}/messages",
    tag = "Recipients",
    operation_id = "listMessages",
    summary = "Lists the people of a campaign and what became of each.",
    params(("id" = String, Path, description = "The campaign's id."), PageAsked),
    responses(
        (status = 200, description = "One page, in the audience's order.", body = wire::MessageList),
        answers::Reads, answers::ReadsQuery, answers::NotFound, answers::Gone,
    ),
)]
pub async fn list(
    State(app): State<Arc<App>>,
    caller: Caller,
    Path(id): Path<CampaignId>,
    Params(asked): Params<PageAsked>,
) -> Result<Json<MessageList>, ApiError> {
    let limit = u64::from(page_limit(asked.limit, DEFAULT_PAGE, LARGEST_PAGE)?);
    let first = asked.after.as_deref().map_or(Ok(0), index_after)?;
    let record = find(&app, &caller, &id).await?;
    messages_are_kept(&record)?;
    let retention = settings::known(&app, caller.workspace_id).await?.retention;
    let look_at = match (asked.state, asked.code) {
        (None, None) => limit,
        _ => LOOKED_AT,
    };
    let end = first.saturating_add(look_at).min(record.recipients);
    let now = app.clock.now_millis();
    let replies_kept_ms = i64::from(retention.replies_days) * DAY_MS;
    let PageAsked { state, code, .. } = asked;
    let mut page = Page { state, code, limit, items: Vec::new(), next_index: first, now, replies_kept_ms };
    while page.next_index < end && !page.is_full() {
        let last = (end - 1).min(last_of_segment(page.next_index));
        let (rows, found) = read(&app, &record, page.next_index, last).await?;
        page.take(last, &rows, &found);
    }
    without_erased(&app, record.workspace_id, &mut page.items).await?;
    Ok(Json(page.list(record.recipients)))
}

/// The audience's files still name people who were erased since; nobody is shown them.
async fn without_erased(app: &App, workspace: WorkspaceId, items: &mut [Message]) -> anyhow::Result<()> {
    let phones = items.iter().map(|message| canonical_digits(&message.phone)).collect();
    let barred = suppressions::among(app, workspace, None, &phones).await?;
    for message in items {
        if barred.get(&canonical_digits(&message.phone)) == Some(&Barred::Erased) {
            message.phone.clear();
            message.name.clear();
            message.reply_text = None;
        }
    }
    Ok(())
}

fn index_after(after: &str) -> Result<u64, Refusal> {
    let index = after.parse::<u64>().ok().and_then(|index| index.checked_add(1));
    index.ok_or_else(|| Refusal::field("after", "give the `next` of the page before"))
}

fn last_of_segment(index: u64) -> u64 {
    (segment_of(index) + 1) * SEGMENT_ROWS - 1
}

/// The segment of `first` and the records of `first..=last`, which lie in it.
async fn read(
    app: &App,
    record: &CampaignRecord,
    first: u64,
    last: u64,
) -> Result<(Vec<Recipient>, Vec<MessageRecord>), ApiError> {
    let rows = files::segment(app, record.workspace_id, &record.audience_id, segment_of(first));
    let found = messages::range(app, &record.id, first, last);
    futures::future::try_join(rows, found).await.map_err(told)
}

/// Whether a file of contacts is missing: it was deleted after its time, and stays so.
pub(super) fn is_gone(error: &anyhow::Error) -> bool {
    let cause = error.downcast_ref::<SdkError<GetObjectError>>().and_then(SdkError::as_service_error);
    cause.is_some_and(GetObjectError::is_no_such_key)
}

/// What is said where a campaign's contacts cannot be read.
pub(super) fn told(error: anyhow::Error) -> ApiError {
    if is_gone(&error) {
        return Refusal::new(Kind::Gone, "the contacts of this campaign are no longer kept; its totals are").into();
    }
    error.into()
}

/// A page that is being filled.
struct Page {
    state: Option<MessageState>,
    code: Option<u32>,
    limit: u64,
    items: Vec<Message>,
    /// The first recipient that was not looked at.
    next_index: u64,
    /// Milliseconds since 1970.
    now: i64,
    /// How long the words of a reply are shown.
    replies_kept_ms: i64,
}

impl Page {
    fn is_full(&self) -> bool {
        self.items.len() as u64 >= self.limit
    }

    /// Looks at the recipients from `next_index` to `last`, until the page is full. `rows` is their whole segment,
    /// `found` the records among them, rising.
    fn take(&mut self, last: u64, rows: &[Recipient], found: &[MessageRecord]) {
        let mut found = found.iter().peekable();
        while self.next_index <= last && !self.is_full() {
            let index = self.next_index;
            self.next_index += 1;
            let record = found.next_if(|record| record.index == index);
            let place = usize::try_from(index % SEGMENT_ROWS).unwrap_or(usize::MAX);
            let Some(row) = rows.get(place) else { continue };
            let message = message_view::message(index, row, record, (self.now, self.replies_kept_ms));
            let has_code = self.code.is_none() || self.code == message.code;
            if self.state.is_none_or(|wanted| wanted == message.state) && has_code {
                self.items.push(message);
            }
        }
    }

    fn list(self, recipients: u64) -> MessageList {
        let next = (self.next_index < recipients && self.next_index > 0).then(|| (self.next_index - 1).to_string());
        MessageList { items: self.items, next }
    }
}

#[cfg(test)]
mod tests {
    use aws_sdk_s3::config::http::HttpResponse;
    use aws_sdk_s3::primitives::SdkBody;
    use aws_sdk_s3::types::error::NoSuchKey;
    use axum::response::IntoResponse;
    use http::StatusCode;

    use super::*;

    fn rows(count: usize) -> Vec<Recipient> {
        let row = |n| Recipient { row: 0, phone: format!("+55119999{n:05}"), name: String::new(), fields: vec![] };
        (0..count).map(row).collect()
    }

    fn page(state: Option<MessageState>, limit: u64, next_index: u64) -> Page {
        Page { state, code: None, limit, items: Vec::new(), next_index, now: 0, replies_kept_ms: 0 }
    }

    #[test]
    fn a_page_goes_on_after_its_last_recipient() {
        let mut first = page(None, 2, 0);
        first.take(1, &rows(3), &[]);
        let list = first.list(3);
        assert_eq!((list.items.len(), list.next.as_deref()), (2, Some("1")));
        let mut second = page(None, 2, index_after("1").unwrap());
        second.take(2, &rows(3), &[]);
        let list = second.list(3);
        assert_eq!((list.items.len(), list.next), (1, None));
    }

    #[test]
    fn a_filter_that_finds_nobody_still_says_where_to_go_on() {
        let mut page = page(Some(MessageState::Failed), 10, 0);
        page.take(1_999, &rows(2_000), &[]);
        let list = page.list(5_000);
        assert_eq!((list.items.len(), list.next.as_deref()), (0, Some("1999")));
    }

    #[test]
    fn a_full_page_stops_where_it_is() {
        let mut page = page(Some(MessageState::Untouched), 3, 0);
        page.take(1_999, &rows(2_000), &[]);
        assert_eq!((page.items.len(), page.next_index), (3, 3));
    }

    #[test]
    fn contacts_that_are_no_longer_kept_are_gone_and_no_fault_of_ours() {
        let failed = |cause: GetObjectError| {
            let response = HttpResponse::new(404.try_into().unwrap(), SdkBody::empty());
            told(anyhow::Error::new(SdkError::service_error(cause, response)).context("reading the file"))
        };
        let missing = failed(GetObjectError::NoSuchKey(NoSuchKey::builder().build()));
        assert_eq!(missing.into_response().status(), StatusCode::GONE);
        let other = failed(GetObjectError::unhandled("the disk is full"));
        assert_eq!(other.into_response().status(), StatusCode::INTERNAL_SERVER_ERROR);
    }

    #[test]
    fn what_is_no_index_is_refused() {
        for after in ["x", "-1", "18446744073709551615"] {
            assert!(index_after(after).is_err(), "{after}");
        }
    }
}
