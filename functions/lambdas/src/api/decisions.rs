//! What only a person can decide: to try failed messages again, and what becomes of those whose outcome nobody knows.
//!
//! Here the decision is noted, in one write with its audit line; the dispatcher then walks over the recipients.

use std::sync::Arc;

use anyhow::anyhow;
use axum::Json;
use axum::extract::{Path, State};
use campaigns::lifecycle::status_name;
use campaigns::send_error;
use wire::{Campaign, CampaignEvent, CampaignId, CampaignStatus, DecideUnknowns, UnknownsDecision};

use super::actions::{MOST_RACES, nudge_if_near};
use super::answers;
use super::caller::Caller;
use super::campaigns::{find, messages_are_kept, whole};
use super::extract::Body;
use super::launch_check;
use super::price_check;
use super::problem::{ApiError, Kind, Refusal};
use crate::App;
use crate::dispatcher::{JOB_KEPT_FAILING, UNKNOWN_STANDS_MS};
use crate::storage::audiences;
use crate::storage::audit::AuditLine;
use crate::storage::campaigns::{self as store, CampaignRecord};
use crate::storage::table::Written;
use crate::storage::totals::{self, Scope, TotalsRecord};
use crate::storage::upkeep::{Sweep, SweepKind};
use crate::webhook::templates::News;

/// Seconds after which a sweep that is under way is worth asking for again.
const SWEEP_RETRY_SECONDS: u32 = 30;

/// `POST /v3/campaigns/{id}/retry`: another attempt for those who failed for a reason that may have passed.
#[utoipa::path(
    post,
    path = "/v3/campaigns/{id}/retry",
    tag = "Recipients",
    operation_id = "retryFailed",
    summary = "Gives those who failed for a passing reason another attempt.",
    params(("id" = String, Path, description = "The campaign's id.")),
    responses(
        (status = 200, description = "It is on its way.", body = wire::Campaign),
        answers::Changes, answers::ReadsPath, answers::NotFound, answers::Conflict, answers::Invalid, answers::Upstream, answers::Gone,
    ),
)]
pub async fn retry(
    State(app): State<Arc<App>>,
    caller: Caller,
    Path(id): Path<CampaignId>,
) -> Result<Json<Campaign>, ApiError> {
    decide(&app, &caller, &id, retried).await
}

/// `POST /v3/campaigns/{id}/unknowns`: those of unknown outcome are sent again, or stay as they are.
#[utoipa::path(
    post,
    path = "/v3/campaigns/{id}/unknowns",
    tag = "Recipients",
    operation_id = "decideUnknowns",
    summary = "Decides about those of whom nobody knows for a day whether they got it.",
    params(("id" = String, Path, description = "The campaign's id.")),
    request_body = wire::DecideUnknowns,
    responses(
        (status = 200, description = "It is decided.", body = wire::Campaign),
        answers::Changes, answers::ReadsBody, answers::NotFound, answers::Conflict, answers::Upstream, answers::Gone,
    ),
)]
pub async fn unknowns(
    State(app): State<Arc<App>>,
    caller: Caller,
    Path(id): Path<CampaignId>,
    Body(request): Body<DecideUnknowns>,
) -> Result<Json<Campaign>, ApiError> {
    match request.decision {
        UnknownsDecision::SendAgain => decide(&app, &caller, &id, sent_again).await,
        UnknownsDecision::Leave => decide(&app, &caller, &id, left).await,
    }
}

/// What a decision comes to.
enum Decided {
    /// The campaign becomes this, with this event and reason.
    Next(Box<CampaignRecord>, CampaignEvent, String),
    /// It was decided before.
    Already,
}

type Decide = fn(&CampaignRecord, &TotalsRecord, i64) -> Result<Decided, Refusal>;

async fn decide(app: &App, caller: &Caller, id: &CampaignId, decide: Decide) -> Result<Json<Campaign>, ApiError> {
    for _ in 0..MOST_RACES {
        let read = find(app, caller, id).await?;
        messages_are_kept(&read)?;
        let audience = audiences::get(app, read.workspace_id, &read.audience_id).await?;
        if audience.is_none_or(|audience| audience.deleted_at.is_some()) {
            let detail = "the contacts of this campaign are no longer kept, so nobody can be written to again";
            return Err(Refusal::new(Kind::Gone, detail).into());
        }
        let counted = totals::get(app, id, Scope::Campaign).await?;
        let Decided::Next(mut next, event, reason) = decide(&read, &counted, app.clock.now_millis())? else {
            return Ok(Json(whole(app, &read).await?));
        };
        let mut line = AuditLine::of(&caller.name, event).because(&reason);
        let mut news = News::default();
        if matches!(event, CampaignEvent::Retried | CampaignEvent::UnknownsSentAgain) {
            let looked = launch_check::some_again(app, &read).await?;
            if read.status == CampaignStatus::Processing && looked.news.happen(app, &read).await? {
                // It may stand paused by now: it is decided anew.
                looked.news.tell_people(app, &read).await;
                continue;
            }
            *next = looked.news.taken_in(&next);
            if looked.news.is_recategorised() {
                estimated_anew(app, &mut next).await?;
            }
            line = looked.in_words().into_iter().fold(line, |line, because| line.and(because));
            news = looked.news;
        }
        if store::transition(app, &read, &next, line).await? == Written::Done {
            tracing::info!(workspace = %caller.workspace_id, campaign = %id, ?event, reason, "a person decided");
            nudge_if_near(app, &next).await;
            news.tell_people(app, &next).await;
            return Ok(Json(whole(app, &next).await?));
        }
    }
    Err(anyhow!("campaign {id} kept changing under {MOST_RACES} tries to decide").into())
}

/// Notes what the campaign costs by now. Another attempt asks nobody for a yes: whoever resumes the campaign is asked.
async fn estimated_anew(app: &App, next: &mut CampaignRecord) -> anyhow::Result<()> {
    let is_old = next.upkeep.price_is_old;
    price_check::look(app, next).await?.note(next);
    next.upkeep.price_is_old = is_old;
    Ok(())
}

fn retried(read: &CampaignRecord, counted: &TotalsRecord, now: i64) -> Result<Decided, Refusal> {
    if may_sweep(read, SweepKind::Failed)? == Sweeping::UnderWay {
        return Ok(Decided::Already);
    }
    let by_code = counted.totals.failed_by_code.iter();
    let failed: u64 =
        by_code.filter(|(code, _)| send_error::is_retryable_by_hand(**code)).map(|(_, count)| count).sum();
    let count = failed + counted.breakdown.skipped.get(JOB_KEPT_FAILING).copied().unwrap_or_default();
    if count == 0 {
        let detail = "nobody failed for a reason that may have passed: those who failed would fail again";
        return Err(Refusal::new(Kind::Conflict, detail));
    }
    let next = swept(read, SweepKind::Failed, now);
    Ok(Decided::Next(Box::new(next), CampaignEvent::Retried, format!("{count} failed messages are tried again")))
}

fn sent_again(read: &CampaignRecord, counted: &TotalsRecord, now: i64) -> Result<Decided, Refusal> {
    if may_sweep(read, SweepKind::Unknown)? == Sweeping::UnderWay {
        return Ok(Decided::Already);
    }
    let count = standing_unknowns(read, counted, now)?;
    let next = swept(read, SweepKind::Unknown, now);
    let reason = format!("{count} messages of unknown outcome are sent again");
    Ok(Decided::Next(Box::new(next), CampaignEvent::UnknownsSentAgain, reason))
}

fn left(read: &CampaignRecord, counted: &TotalsRecord, now: i64) -> Result<Decided, Refusal> {
    let count = match standing_unknowns(read, counted, now) {
        Ok(count) => count,
        Err(_) if read.upkeep.unknowns_left_until.is_some() => return Ok(Decided::Already),
        Err(refusal) => return Err(refusal),
    };
    let mut next = CampaignRecord { updated_at: now, ..read.clone() };
    next.upkeep.unknowns_left_until = Some(now - UNKNOWN_STANDS_MS);
    let reason = format!("{count} messages of unknown outcome stay so");
    Ok(Decided::Next(Box::new(next), CampaignEvent::UnknownsLeft, reason))
}

/// Messages that wait for this decision.
fn standing_unknowns(read: &CampaignRecord, counted: &TotalsRecord, now: i64) -> Result<u64, Refusal> {
    match counted.standing_unknowns(now - UNKNOWN_STANDS_MS, read.upkeep.unknowns_left_until) {
        Some(standing) => Ok(standing.count),
        None => {
            let detail = "no message has had an unknown outcome for a day without a receipt: nothing is to be decided";
            Err(Refusal::new(Kind::Conflict, detail))
        }
    }
}

#[derive(PartialEq, Eq)]
enum Sweeping {
    /// It can begin.
    No,
    /// It was asked for before and is not through.
    UnderWay,
}

/// Whether recipients of this campaign can be given another attempt.
fn may_sweep(read: &CampaignRecord, kind: SweepKind) -> Result<Sweeping, Refusal> {
    match (read.status, read.upkeep.sweep) {
        (CampaignStatus::Completed | CampaignStatus::Processing, None) => Ok(Sweeping::No),
        (CampaignStatus::Completed | CampaignStatus::Processing, Some(sweep)) if sweep.kind == kind => {
            Ok(Sweeping::UnderWay)
        }
        (CampaignStatus::Completed | CampaignStatus::Processing, Some(_)) => {
            let detail = "another decision is being carried out: ask again in a moment";
            Err(Refusal::new(Kind::Conflict, detail).retry_after(SWEEP_RETRY_SECONDS))
        }
        (CampaignStatus::Paused, _) => {
            Err(Refusal::new(Kind::Conflict, "the campaign is paused: resume it first, then ask again"))
        }
        (CampaignStatus::Draft | CampaignStatus::Scheduled | CampaignStatus::Cancelled | CampaignStatus::Failed, _) => {
            let detail = format!("the campaign is {}: there is nothing to try again", status_name(read.status));
            Err(Refusal::new(Kind::Conflict, detail))
        }
    }
}

/// The campaign as it sends to some of its recipients again.
fn swept(read: &CampaignRecord, kind: SweepKind, now: i64) -> CampaignRecord {
    let mut next =
        CampaignRecord { status: CampaignStatus::Processing, status_reason: None, updated_at: now, ..read.clone() };
    next.upkeep.sweep = Some(Sweep { kind, at: now, next_index: 0 });
    next.upkeep.under_way_since = Some(now);
    next.upkeep.settled_below = 0;
    next.upkeep.claims_place = 0;
    next.look_at(Some(now));
    next
}
