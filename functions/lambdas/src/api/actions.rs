//! Start, pause, resume and cancel: `campaigns::lifecycle` decides, one conditional write does it.
//!
//! The epoch rises with every change, so jobs that were cut before are dropped. Of five clicks at once one writes; the
//! others read again and find it done. One case needs the record and not only its status: a campaign that was paused
//! before its time goes back to waiting for it when it is resumed.

use std::sync::Arc;

use anyhow::anyhow;
use axum::Json;
use axum::extract::{Path, State};
use campaigns::creation;
use campaigns::lifecycle::{Action, Transition, status_name};
use wire::{AttestConsent, Campaign, CampaignEvent, CampaignId, CampaignStatus, StartCampaign};

use super::answers;
use super::approvals;
use super::caller::Caller;
use super::campaigns::{find, whole};
use super::consent_check;
use super::extract::BodyIfAny;
use super::launch_check::{self, Looked};
use super::price_check::{self, Estimated};
use super::problem::{ApiError, Kind, Refusal};
use crate::App;
use crate::media::Held;
use crate::moves::{begin, go_on, stop};
use crate::sender::number;
use crate::storage::attestation::AttestationRecord;
use crate::storage::audit::AuditLine;
use crate::storage::campaigns::{self as store, CampaignRecord};
use crate::storage::portfolios;
use crate::storage::queues::{self, Nudge};
use crate::storage::table::Written;

/// Times that a change is decided anew because the dispatcher moved the cursor or somebody else clicked. The dispatcher
/// writes once per batch of jobs, so an action that lost so often met a fault, not a race.
pub(super) const MOST_RACES: u32 = 20;

/// A start this near, in milliseconds, does not wait for the schedule, which comes once a minute.
const NEAR_START_MS: i64 = 60_000;

/// `POST /v3/campaigns/{id}/start`
#[utoipa::path(
    post,
    path = "/v3/campaigns/{id}/start",
    tag = "Campaigns",
    operation_id = "startCampaign",
    summary = "Starts a draft or a scheduled campaign now.",
    params(("id" = String, Path, description = "The campaign's id.")),
    request_body = Option<wire::StartCampaign>,
    responses(
        (status = 200, description = "As it stands now; the same when it was so before.", body = wire::Campaign),
        answers::Changes, answers::ReadsPath, answers::NotFound, answers::Conflict, answers::TooLarge, answers::Packed, answers::Invalid, answers::Upstream, answers::Gone,
    ),
)]
pub async fn start(
    app: State<Arc<App>>,
    caller: Caller,
    id: Path<CampaignId>,
    BodyIfAny(request): BodyIfAny<StartCampaign>,
) -> Result<Json<Campaign>, ApiError> {
    let said = Said::of(&request)?;
    act(&app, &caller, &id, Action::Start, said).await
}

/// What comes with an action.
#[derive(Clone, Copy, Default)]
struct Said<'a> {
    attest: Option<&'a AttestConsent>,
    /// The price that somebody agrees to.
    confirmed_price: Option<&'a str>,
}

impl<'a> Said<'a> {
    fn of(request: &'a StartCampaign) -> Result<Said<'a>, Refusal> {
        let attest = request.consent_attestation.as_ref();
        let faults = creation::attestation_faults(attest);
        let said = Said { attest, confirmed_price: request.confirmed_price.as_deref() };
        if faults.is_empty() { Ok(said) } else { Err(Refusal::fields(faults)) }
    }
}

/// `POST /v3/campaigns/{id}/pause`
#[utoipa::path(
    post,
    path = "/v3/campaigns/{id}/pause",
    tag = "Campaigns",
    operation_id = "pauseCampaign",
    summary = "Pauses a campaign: within a second nothing more leaves.",
    params(("id" = String, Path, description = "The campaign's id.")),
    responses(
        (status = 200, description = "As it stands now; the same when it was so before.", body = wire::Campaign),
        answers::Changes, answers::ReadsPath, answers::NotFound, answers::Conflict,
    ),
)]
pub async fn pause(app: State<Arc<App>>, caller: Caller, id: Path<CampaignId>) -> Result<Json<Campaign>, ApiError> {
    act(&app, &caller, &id, Action::Pause, Said::default()).await
}

/// `POST /v3/campaigns/{id}/resume`
#[utoipa::path(
    post,
    path = "/v3/campaigns/{id}/resume",
    tag = "Campaigns",
    operation_id = "resumeCampaign",
    summary = "Goes on with a paused campaign.",
    description = "What WhatsApp says of its templates by now holds, whatever was heard of them. Where one became a \
                   marketing template, and the workspace wants somebody to agree to the price, it goes on only with \
                   `confirmedPrice`.",
    params(("id" = String, Path, description = "The campaign's id.")),
    request_body = Option<wire::StartCampaign>,
    responses(
        (status = 200, description = "As it stands now; the same when it was so before.", body = wire::Campaign),
        answers::Changes, answers::ReadsPath, answers::NotFound, answers::Conflict, answers::TooLarge, answers::Packed, answers::Invalid, answers::Upstream, answers::Gone,
    ),
)]
pub async fn resume(
    app: State<Arc<App>>,
    caller: Caller,
    id: Path<CampaignId>,
    BodyIfAny(request): BodyIfAny<StartCampaign>,
) -> Result<Json<Campaign>, ApiError> {
    let said = Said::of(&request)?;
    act(&app, &caller, &id, Action::Resume, said).await
}

/// `POST /v3/campaigns/{id}/cancel`
#[utoipa::path(
    post,
    path = "/v3/campaigns/{id}/cancel",
    tag = "Campaigns",
    operation_id = "cancelCampaign",
    summary = "Stops a campaign for good.",
    params(("id" = String, Path, description = "The campaign's id.")),
    responses(
        (status = 200, description = "As it stands now; the same when it was so before.", body = wire::Campaign),
        answers::Changes, answers::ReadsPath, answers::NotFound, answers::Conflict,
    ),
)]
pub async fn cancel(app: State<Arc<App>>, caller: Caller, id: Path<CampaignId>) -> Result<Json<Campaign>, ApiError> {
    act(&app, &caller, &id, Action::Cancel, Said::default()).await
}

async fn act(
    app: &App,
    caller: &Caller,
    id: &CampaignId,
    action: Action,
    with: Said<'_>,
) -> Result<Json<Campaign>, ApiError> {
    for _ in 0..MOST_RACES {
        let read = find(app, caller, id).await?;
        let now_micros = app.clock.now_micros();
        let status = match transition(action, &read, now_micros / 1_000) {
            Transition::To(status) => status,
            Transition::Already => return Ok(Json(whole(app, &read).await?)),
            Transition::Refused => return Err(refused(action, read.status).into()),
        };
        let said = with.attest.map(|said| AttestationRecord::of(said, &caller.name, now_micros / 1_000));
        let attestation = said.clone().or_else(|| read.attestation.clone());
        let asked = CampaignRecord { attestation, ..read.clone() };
        let Ready { record, looked, estimated } = ready(app, asked, action, with.confirmed_price).await?;
        if matches!(action, Action::Start | Action::Resume) {
            // Whoever starts or resumes has seen to what blocked the number, or wants to try.
            number::unblock(app, caller.workspace_id, &read.channel_id).await?;
        }
        let mut next = after(action, status, &record, now_micros);
        if let Some(estimated) = estimated {
            estimated.note(&mut next);
        }
        let because = looked.in_words();
        if let Held::Anew(media) = looked.held {
            next.media = media;
        }
        portfolios::predict(app, &mut next).await?;
        let line = AuditLine::of(&caller.name, event(action, status)).by(caller.member_id.clone());
        let line = said.iter().fold(line, |line, said| line.because(said.in_words()));
        let line = because.into_iter().fold(line, |line, because| line.and(because));
        match store::transition(app, &read, &next, line).await? {
            Written::ConditionFailed => continue,
            Written::Done => {
                let (workspace, epoch) = (caller.workspace_id, next.epoch);
                let (from, to) = (status_name(read.status), status_name(status));
                tracing::info!(%workspace, campaign = %id, from, to, epoch, "a campaign was moved");
                nudge_if_near(app, &next).await;
                looked.news.tell_people(app, &next).await;
                return Ok(Json(whole(app, &next).await?));
            }
        }
    }
    Err(anyhow!("campaign {id} kept changing under {MOST_RACES} tries to {} it", action.name()).into())
}

/// A campaign that was looked at before it moves.
struct Ready {
    /// With its templates as WhatsApp has them by now.
    record: CampaignRecord,
    looked: Looked,
    /// Where it was estimated anew.
    estimated: Option<Estimated>,
}

/// Looks at a campaign as the action asks for. Of what was read: whoever changes it meanwhile makes the write lose, and
/// it is looked at anew.
async fn ready(
    app: &App,
    read: CampaignRecord,
    action: Action,
    confirmed_price: Option<&str>,
) -> Result<Ready, ApiError> {
    match action {
        Action::Start => {
            let estimated = price_check::check(app, &read, confirmed_price).await?;
            approvals::check(app, &read).await?;
            consent_check::check(app, &read).await?;
            let looked = launch_check::start(app, &read).await?;
            let record = looked.news.taken_in(&read);
            // Cheaper than what was agreed to: what became dearer is refused.
            let is_other = looked.news.is_recategorised();
            let estimated = if is_other { price_check::look(app, &record).await? } else { estimated };
            Ok(Ready { record, looked, estimated: Some(estimated) })
        }
        Action::Resume => {
            let looked = launch_check::again(app, &read).await?;
            let record = looked.news.taken_in(&read);
            launch_check::money(app, &record).await?;
            let estimated = if record.upkeep.price_is_old {
                Some(price_check::check(app, &record, confirmed_price).await?)
            } else if looked.news.is_recategorised() {
                Some(price_check::look(app, &record).await?)
            } else {
                None
            };
            Ok(Ready { record, looked, estimated })
        }
        Action::Pause | Action::Cancel => Ok(Ready { record: read, looked: Looked::at_nothing(), estimated: None }),
    }
}

/// Where the action leads from this record. A resume leads back to the wait for a time that has not come; asked once
/// more there, it was done already.
fn transition(action: Action, read: &CampaignRecord, now: i64) -> Transition {
    match (action, action.from(read.status)) {
        (Action::Resume, Transition::To(_)) if still_waits(read, now) => Transition::To(CampaignStatus::Scheduled),
        (Action::Resume, Transition::Refused) if read.status == CampaignStatus::Scheduled => Transition::Already,
        // It would go on by itself: a person's pause lasts until a person ends it.
        (Action::Pause, Transition::Already) if read.upkeep.resumes_at.is_some() => {
            Transition::To(CampaignStatus::Paused)
        }
        (_, decided) => decided,
    }
}

/// Whether no job was ever cut and the time to start lies ahead.
fn still_waits(read: &CampaignRecord, now: i64) -> bool {
    read.last_chunk.is_none() && read.scheduled_to.is_some_and(|at| at > now)
}

/// The record after the action, which leads to `status`.
fn after(action: Action, status: CampaignStatus, read: &CampaignRecord, now_micros: i64) -> CampaignRecord {
    let now = now_micros / 1_000;
    let mut next =
        CampaignRecord { status, status_reason: None, epoch: read.epoch + 1, updated_at: now, ..read.clone() };
    // What stood still before stands for other reasons from now on.
    next.upkeep.stalled_since = None;
    next.upkeep.under_way_since = None;
    // Whoever acts has seen why it stood still: what the engine made of it begins anew.
    next.upkeep.resumes_at = None;
    next.upkeep.resumed_by_itself = 0;
    next.upkeep.closed_countries.clear();
    match action {
        Action::Start => begin(&mut next, now_micros),
        Action::Resume => go_on(&mut next, now_micros),
        Action::Pause => {
            next.finished_at_prediction = None;
            next.look_at(None);
        }
        Action::Cancel => stop(&mut next, now),
    }
    next
}

/// Asks the dispatcher to look now, if it has something to do now or soon. Without the nudge the schedule finds the
/// campaign within a minute.
pub(super) async fn nudge_if_near(app: &App, record: &CampaignRecord) {
    if record.due_at.is_none_or(|at| at > app.clock.now_millis() + NEAR_START_MS) {
        return;
    }
    let nudge = Nudge { workspace_id: record.workspace_id, campaign_id: record.id.clone() };
    if let Err(error) = queues::nudge(app, &nudge, 0).await {
        let error = format!("{error:#}");
        tracing::warn!(campaign = %record.id, error, "the nudge failed; the schedule will find it");
    }
}

fn event(action: Action, to: CampaignStatus) -> CampaignEvent {
    match action {
        Action::Start => CampaignEvent::Started,
        Action::Resume if to == CampaignStatus::Scheduled => CampaignEvent::Scheduled,
        Action::Resume => CampaignEvent::Resumed,
        Action::Pause => CampaignEvent::Paused,
        Action::Cancel => CampaignEvent::Cancelled,
    }
}

fn refused(action: Action, status: CampaignStatus) -> Refusal {
    let can = |other: &Action| matches!(other.from(status), Transition::To(_));
    let possible = [Action::Start, Action::Pause, Action::Resume, Action::Cancel].into_iter().filter(can);
    let possible: Vec<&str> = possible.map(participle).collect();
    let instead = match possible.as_slice() {
        [] => "it has ended".to_owned(),
        some => format!("it can be {}", some.join(" or ")),
    };
    let detail = format!("the campaign is {} and cannot be {}: {instead}", status_name(status), participle(action));
    Refusal::new(Kind::Conflict, detail)
}

fn participle(action: Action) -> &'static str {
    match action {
        Action::Start => "started",
        Action::Pause => "paused",
        Action::Resume => "resumed",
        Action::Cancel => "cancelled",
    }
}

#[cfg(test)]
mod tests {
    use campaigns::timing::Timing;
    use wire::WaitReason;

    use super::super::campaign_view::tests::record;
    use super::*;

    const NOW: i64 = 1_800_000_100_000_000;

    #[test]
    fn a_start_lays_the_plan_from_now_and_asks_for_a_look() {
        let draft = CampaignRecord {
            status: CampaignStatus::Draft,
            scheduled_to: None,
            original_scheduled_to: None,
            last_chunk: None,
            cursor_index: 0,
            ..record()
        };
        let started = after(Action::Start, CampaignStatus::Processing, &draft, NOW);
        assert_eq!((started.epoch, started.cursor_index, started.cursor_due_at_micros), (2, 0, NOW));
        assert_eq!(
            (started.due_at, started.scheduled_to, started.original_scheduled_to),
            (Some(NOW / 1_000), Some(NOW / 1_000), Some(NOW / 1_000))
        );
        assert!(started.finished_at_prediction > Some(NOW / 1_000) && !started.rewind);
    }

    #[test]
    fn a_pause_takes_the_campaign_out_of_the_dispatchers_sight() {
        let paused = after(Action::Pause, CampaignStatus::Paused, &record(), NOW);
        assert_eq!((paused.due_shard, paused.due_at, paused.finished_at_prediction), (None, None, None));
        assert_eq!((paused.epoch, paused.cursor_index), (2, record().cursor_index));
    }

    #[test]
    fn a_resume_goes_on_from_now_and_looks_back_for_what_was_dropped() {
        let paused = after(Action::Pause, CampaignStatus::Paused, &record(), NOW);
        let resumed = after(Action::Resume, CampaignStatus::Processing, &paused, NOW + 1_000_000);
        assert!(resumed.rewind);
        assert_eq!((resumed.epoch, resumed.cursor_index, resumed.cursor_due_at_micros), (3, 4, NOW + 1_000_000));
        assert_eq!(resumed.scheduled_to, record().scheduled_to);
    }

    /// A campaign that was paused before its time.
    fn never_began(scheduled_to: i64) -> CampaignRecord {
        let scheduled = CampaignRecord {
            status: CampaignStatus::Scheduled,
            last_chunk: None,
            cursor_index: 0,
            scheduled_to: Some(scheduled_to),
            ..record()
        };
        after(Action::Pause, CampaignStatus::Paused, &scheduled, NOW)
    }

    #[test]
    fn a_campaign_that_never_began_starts_when_it_is_resumed_after_its_time() {
        let never = never_began(NOW / 1_000 - 1);
        let target = Transition::To(CampaignStatus::Processing);
        assert_eq!(transition(Action::Resume, &never, NOW / 1_000), target);
        let resumed = after(Action::Resume, CampaignStatus::Processing, &never, NOW);
        assert_eq!((resumed.cursor_index, resumed.scheduled_to), (0, Some(NOW / 1_000)));
        assert_eq!(resumed.original_scheduled_to, record().original_scheduled_to);
        assert_eq!((resumed.due_at, resumed.rewind), (Some(NOW / 1_000), false));
    }

    #[test]
    fn a_campaign_that_never_began_waits_for_its_time_when_it_is_resumed_before() {
        let at = NOW / 1_000 + 3_600_000;
        let never = never_began(at);
        let target = Transition::To(CampaignStatus::Scheduled);
        assert_eq!(transition(Action::Resume, &never, NOW / 1_000), target);
        let resumed = after(Action::Resume, CampaignStatus::Scheduled, &never, NOW);
        assert_eq!(
            (resumed.status, resumed.scheduled_to, resumed.due_at),
            (CampaignStatus::Scheduled, Some(at), Some(at))
        );
        assert_eq!((resumed.epoch, resumed.cursor_due_at_micros, resumed.rewind), (3, at * 1_000, false));
        assert!(resumed.finished_at_prediction > Some(at));
        assert_eq!(transition(Action::Resume, &resumed, NOW / 1_000), Transition::Already);
    }

    /// A campaign over two days, stopped after its first part; the second waits for midnight.
    fn between_parts() -> CampaignRecord {
        let timing = Timing { duration_days: Some(2), ..Timing::default() };
        let midnight = (NOW / 86_400_000_000 + 1) * 86_400_000_000;
        let running = CampaignRecord { timing, cursor_index: 5, cursor_due_at_micros: midnight, ..record() };
        after(Action::Pause, CampaignStatus::Paused, &running, NOW)
    }

    #[test]
    fn a_resume_leaves_the_next_days_part_to_the_next_day() {
        let paused = between_parts();
        let resumed = after(Action::Resume, CampaignStatus::Processing, &paused, NOW + 1_000_000);
        assert_eq!(resumed.cursor_due_at_micros, paused.cursor_due_at_micros);
        assert_eq!(resumed.cursor_wait, Some(WaitReason::Duration));
        let long_after = paused.cursor_due_at_micros + 7_000_000;
        let late = after(Action::Resume, CampaignStatus::Processing, &paused, long_after);
        assert_eq!(late.cursor_due_at_micros, long_after);
    }

    #[test]
    fn a_campaign_that_began_goes_on_whatever_time_it_was_given() {
        let paused = CampaignRecord { status: CampaignStatus::Paused, scheduled_to: Some(NOW), ..record() };
        let target = Transition::To(CampaignStatus::Processing);
        assert_eq!(transition(Action::Resume, &paused, NOW / 1_000), target);
    }

    #[test]
    fn a_refusal_says_the_status_and_what_is_possible() {
        let told = |action, status| format!("{:?}", refused(action, status));
        assert!(
            told(Action::Start, CampaignStatus::Paused)
                .contains("is paused and cannot be started: it can be resumed or cancelled")
        );
        assert!(
            told(Action::Resume, CampaignStatus::Completed)
                .contains("is completed and cannot be resumed: it has ended")
        );
    }
}
