//! Jobs of a campaign that failed again and again: seen, and sent to the senders once more.

use std::sync::Arc;

use axum::Json;
use axum::extract::{Path, State};
use campaigns::job::Job;
use campaigns::lifecycle::status_name;
use serde::Deserialize;
use wire::{CampaignEvent, CampaignId, CampaignStatus, DeadLetter, DeadLetterList, Redriven};

use super::actions::MOST_RACES;
use super::answers;
use super::caller::Caller;
use super::campaigns::find;
use super::extract::{Params, page_limit};
use super::problem::{ApiError, Kind, Refusal};
use crate::App;
use crate::clock::time_of_millis;
use crate::storage::audit::AuditLine;
use crate::storage::campaigns::{self as store, CampaignRecord};
use crate::storage::dead_letters::{self, DeadLetterRecord};
use crate::storage::queues::{self, DelayedJob};
use crate::storage::table::Written;
use crate::storage::totals::{self, Scope};

/// Letters on a page when nothing is asked for.
const DEFAULT_PAGE: u32 = 20;

/// Most letters on a page.
const LARGEST_PAGE: u32 = 100;

/// Letters sent to the senders by one request: a page, some megabytes at most.
const MOST_REDRIVEN: i32 = 20;

/// Longest id of a letter, in characters: SQS's are UUIDs.
const LONGEST_ID: usize = 100;

/// A page that is asked for.
#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
pub struct PageAsked {
    /// How many; 20 when absent.
    #[param(minimum = 1, maximum = 100)]
    limit: Option<u32>,
    /// The `next` of the page before.
    after: Option<String>,
}

/// `GET /v3/campaigns/{id}/dead-letters?after=&limit=`
#[utoipa::path(
    get,
    path = "/v3/campaigns/{id}/dead-letters",
    tag = "Recipients",
    operation_id = "listDeadLetters",
    summary = "Lists jobs of a campaign that failed again and again.",
    params(("id" = String, Path, description = "The campaign's id."), PageAsked),
    responses(
        (status = 200, description = "One page.", body = wire::DeadLetterList),
        answers::Reads, answers::ReadsQuery, answers::NotFound,
    ),
)]
pub async fn list(
    State(app): State<Arc<App>>,
    caller: Caller,
    Path(id): Path<CampaignId>,
    Params(asked): Params<PageAsked>,
) -> Result<Json<DeadLetterList>, ApiError> {
    let limit = i32::try_from(page_limit(asked.limit, DEFAULT_PAGE, LARGEST_PAGE)?).unwrap_or(i32::MAX);
    if asked.after.as_ref().is_some_and(|after| after.is_empty() || after.len() > LONGEST_ID) {
        return Err(Refusal::field("after", "give the `next` of the page before").into());
    }
    let record = find(&app, &caller, &id).await?;
    let (letters, next) = dead_letters::list(&app, &record.id, limit, asked.after.as_deref()).await?;
    Ok(Json(DeadLetterList { items: letters.into_iter().map(view).collect(), next }))
}

fn view(letter: DeadLetterRecord) -> DeadLetter {
    let indexes = letter.recipients.iter().map(|recipient| recipient.index).collect();
    let received_at = time_of_millis(letter.received_at);
    DeadLetter { id: letter.id, received_at, chunk: letter.chunk, indexes }
}

/// `POST /v3/campaigns/{id}/dead-letters/redrive`: back to the senders, as jobs of the campaign's present epoch. Killed
/// before a letter is forgotten, its job goes out twice, and the claims decide.
#[utoipa::path(
    post,
    path = "/v3/campaigns/{id}/dead-letters/redrive",
    tag = "Recipients",
    operation_id = "redriveDeadLetters",
    summary = "Sends failed jobs to the senders once more.",
    params(("id" = String, Path, description = "The campaign's id.")),
    responses(
        (status = 200, description = "How many.", body = wire::Redriven),
        answers::Changes, answers::ReadsPath, answers::NotFound, answers::Conflict,
    ),
)]
pub async fn redrive(
    State(app): State<Arc<App>>,
    caller: Caller,
    Path(id): Path<CampaignId>,
) -> Result<Json<Redriven>, ApiError> {
    let record = find(&app, &caller, &id).await?;
    if record.status != CampaignStatus::Processing {
        let name = status_name(record.status);
        let detail = format!("the campaign is {name}: its jobs can go back to the senders only while it sends");
        return Err(Refusal::new(Kind::Conflict, detail).into());
    }
    let (letters, _) = dead_letters::list(&app, &id, MOST_REDRIVEN, None).await?;
    let now = app.clock.now_micros();
    let mut jobs = Vec::new();
    for letter in &letters {
        let Ok(job) = serde_json::from_str::<Job>(&letter.body) else { continue };
        jobs.push(DelayedJob::new(&Job { epoch: record.epoch, ..job }, now, now)?);
    }
    queues::send_jobs(&app, jobs).await?;
    let mut redriven = 0;
    for letter in &letters {
        if dead_letters::forget(&app, &id, &letter.id).await? == Written::Done {
            redriven += 1;
        }
    }
    if redriven > 0 {
        note(&app, &caller, &id, redriven).await?;
    }
    let left = totals::get(&app, &id, Scope::Campaign).await?.dead_letters;
    Ok(Json(Redriven { redriven, left }))
}

async fn note(app: &App, caller: &Caller, id: &CampaignId, redriven: u64) -> Result<(), ApiError> {
    let reason = format!("{redriven} jobs went back to the senders");
    for _ in 0..MOST_RACES {
        let read = find(app, caller, id).await?;
        let next = CampaignRecord { updated_at: app.clock.now_millis(), ..read.clone() };
        let line = AuditLine::of(&caller.name, CampaignEvent::DeadLettersRedriven).because(&reason);
        if store::transition(app, &read, &next, line).await? == Written::Done {
            break;
        }
    }
    tracing::info!(workspace = %caller.workspace_id, campaign = %id, redriven, "dead jobs were sent again");
    Ok(())
}
