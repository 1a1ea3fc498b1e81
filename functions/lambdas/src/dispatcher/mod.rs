//! The dispatcher: cuts what is due into jobs and puts them into the send queue, each with its delay.
//!
//! It is called every minute and by nudges. It may be killed anywhere: jobs go out before the cursor moves, so a job may
//! go out twice, never not at all, and the senders' claims make twice once. One writer per channel, by a lease.

mod cap;
mod claims;
mod completion;
mod cutting;
mod dead_letters;
mod deliveries;
mod health;
mod later;
mod portfolio;
mod repair;
mod resume;
mod retention;
mod sweep;

use aws_lambda_events::sqs::SqsEvent;
use campaigns::lifecycle::is_active;
use serde::Deserialize;
use wire::{CampaignEvent, CampaignId, CampaignStatus, WaitReason, WorkspaceId};

use self::cap::Allowed;
use self::cutting::AudienceGone;
pub(crate) use self::dead_letters::REASON as JOB_KEPT_FAILING;
pub(crate) use self::sweep::UNKNOWN_STANDS_MS;
use crate::App;
use crate::notices;
use crate::recount::chunks;
use crate::storage::audiences;
use crate::storage::audit::AuditLine;
use crate::storage::campaigns::{self as store, CampaignRecord};
use crate::storage::channels;
use crate::storage::pauses::pause_by_itself;
use crate::storage::queues::{self, Nudge};
use crate::storage::table::Written;
use crate::storage::totals::{self, Scope};
use crate::webhook::templates::{BeforeStart, before_start};

/// How far ahead jobs are cut: three ticks of the schedule, so that two may fail.
pub const HORIZON_MICROS: i64 = 180_000_000;

/// How long before its due time a sender gets a job: SQS counts delays in seconds and delivers late by some.
pub const LEAD_MICROS: i64 = 3_000_000;

/// Campaigns looked at in one tick; the rest is next, soonest first.
const CAMPAIGNS_A_TICK: i32 = 200;

/// How long a dispatcher may hold a channel, in milliseconds: its function's time limit.
const LEASE_MS: i64 = 60_000;

/// When to look again at a campaign that waits for something other than its plan, in milliseconds: the next tick.
pub(crate) const LOOK_AGAIN_MS: i64 = 60_000;

/// What calls the dispatcher.
#[derive(Debug, Clone, Deserialize)]
#[serde(untagged)]
pub enum Event {
    /// Nudges from the queue.
    Nudges(SqsEvent),
    /// The schedule, whatever it sends.
    Tick(serde_json::Value),
}

/// Handles a tick or nudges. A failing campaign does not hold the others up; the call fails after all were tried, so
/// that the failure is seen, and the next tick finds what is left.
pub async fn handle(app: &App, event: Event) -> anyhow::Result<()> {
    match event {
        Event::Nudges(event) => look_at_each(app, nudged(&event)).await,
        Event::Tick(_) => tick(app).await,
    }
}

/// What a tick does. The dead letters come first, a hundred at most, since repair asks for them; the other chores go
/// beside the campaigns, which wait for none of them, however much there is to take away or to tell.
async fn tick(app: &App) -> anyhow::Result<()> {
    let letters = dead_letters::drain(app).await;
    if let Err(error) = &letters {
        tracing::error!(error = format!("{error:#}"), "dead letters could not be taken");
    }
    let campaigns = async {
        let until = (app.clock.now_micros() + HORIZON_MICROS) / 1_000;
        look_at_each(app, store::due(app, until, CAMPAIGNS_A_TICK).await?).await
    };
    let (moved, done) = tokio::join!(campaigns, chores(app));
    letters.and(moved).and(done)
}

/// What is done once a tick and is no campaign's dispatch. One that fails does not hold the others up.
async fn chores(app: &App) -> anyhow::Result<()> {
    let retained = retention::step(app).await;
    let told = deliveries::send_due(app).await;
    if let Err(error) = &told {
        tracing::error!(error = format!("{error:#}"), "webhooks could not be told again");
    }
    let mailed = notices::send_due(app).await;
    if let Err(error) = &mailed {
        tracing::error!(error = format!("{error:#}"), "notices could not be mailed again");
    }
    retained.and(told).and(mailed)
}

/// Looks at these campaigns, one after the other.
async fn look_at_each(app: &App, campaigns: Vec<(WorkspaceId, CampaignId)>) -> anyhow::Result<()> {
    let mut failed = None;
    for (workspace, campaign) in campaigns {
        if let Err(error) = look_at(app, workspace, &campaign).await {
            tracing::error!(%workspace, %campaign, error = format!("{error:#}"), "a campaign could not be dispatched");
            failed = Some(error);
        }
    }
    failed.map_or(Ok(()), Err)
}

/// The campaigns that a batch of nudges names, each once. A body that is not a nudge is logged and dropped: it would
/// come back for ever.
fn nudged(event: &SqsEvent) -> Vec<(WorkspaceId, CampaignId)> {
    let mut campaigns = Vec::new();
    for message in &event.records {
        match serde_json::from_str::<Nudge>(message.body.as_deref().unwrap_or_default()) {
            Ok(nudge) => campaigns.push((nudge.workspace_id, nudge.campaign_id)),
            Err(error) => tracing::error!(%error, "a message in the nudge queue is not a nudge"),
        }
    }
    campaigns.sort();
    campaigns.dedup();
    campaigns
}

async fn look_at(app: &App, workspace: WorkspaceId, campaign: &CampaignId) -> anyhow::Result<()> {
    let Some(record) = store::get(app, workspace, campaign).await? else { return Ok(()) };
    let is_swept = has_broken_off(record.status) && !record.has_lapsed();
    let walks = record.upkeep.chunks.as_ref().is_some_and(|walk| walk.next_index.is_some());
    let may_reopen = record.status == CampaignStatus::Completed && (record.retry_rounds > 0 || walks);
    let may_be_through = record.status == CampaignStatus::Paused && record.is_cut();
    let goes_on = record.status == CampaignStatus::Paused && record.upkeep.resumes_at.is_some();
    if !is_active(record.status) && !is_swept && !may_reopen && !may_be_through && !goes_on {
        return Ok(());
    }
    let owner = app.new_id()?;
    let until = app.clock.now_millis() + LEASE_MS;
    match channels::take_lease(app, workspace, &record.channel_id, &owner, until).await? {
        Written::ConditionFailed => {
            let nudge = Nudge { workspace_id: workspace, campaign_id: campaign.clone() };
            queues::nudge(app, &nudge, 1).await
        }
        Written::Done => {
            let moved = match advance(app, workspace, campaign).await {
                Err(error) if error.is::<AudienceGone>() => fail(app, workspace, campaign).await,
                moved => moved,
            };
            channels::give_lease_back(app, workspace, &record.channel_id, &owner).await?;
            moved
        }
    }
}

/// Whether a campaign ended before all its people had an outcome.
fn has_broken_off(status: CampaignStatus) -> bool {
    matches!(status, CampaignStatus::Cancelled | CampaignStatus::Failed)
}

/// Ends a campaign whose people are not known any more, unless it has ended otherwise. While we believe that their files
/// are kept they may come back, as after a restore: then it pauses.
async fn fail(app: &App, workspace: WorkspaceId, campaign: &CampaignId) -> anyhow::Result<()> {
    let read = store::get(app, workspace, campaign).await?;
    let Some(record) = read.filter(|record| !store::has_ended(record.status)) else { return Ok(()) };
    let audience = audiences::get(app, workspace, &record.audience_id).await?;
    if audience.is_none_or(|audience| audience.deleted_at.is_some()) {
        return completion::fail(app, record, completion::AUDIENCE_IS_GONE).await;
    }
    if pause_by_itself(app, &record, completion::AUDIENCE_IS_AWAY.to_owned()).await? == Written::Done {
        tracing::error!(campaign = %record.id, "a campaign paused: the files of its people are not in the bucket");
    }
    Ok(())
}

/// Moves a campaign on, under its channel's lease: reads it afresh, as it may have changed while the lease was taken. A
/// paused one whose recipients all got their outcome from what was in flight has nothing left to pause.
async fn advance(app: &App, workspace: WorkspaceId, campaign: &CampaignId) -> anyhow::Result<()> {
    let Some(read) = store::get(app, workspace, campaign).await? else { return Ok(()) };
    if has_broken_off(read.status) {
        return completion::sweep_ended(app, read).await;
    }
    if read.status == CampaignStatus::Completed {
        let counted = totals::get(app, campaign, Scope::Campaign).await?;
        let Some(read) = chunks::go_on(app, read, &counted, chunks::MOST_IN_A_LOOK).await? else { return Ok(()) };
        return if read.retry_rounds > 0 { completion::reopen(app, read, &counted).await } else { Ok(()) };
    }
    let read = match read.status {
        CampaignStatus::Paused => {
            let counted = totals::get(app, campaign, Scope::Campaign).await?;
            let Some(read) = chunks::go_on(app, read, &counted, chunks::MOST_IN_A_LOOK).await? else { return Ok(()) };
            if read.is_cut() && counted.totals.settled() == read.recipients {
                return completion::complete(app, read, &counted).await;
            }
            resume::when_due(app, read).await?
        }
        _ => Some(read),
    };
    let Some(read) = read else { return Ok(()) };
    let Some(record) = begin(app, read).await? else { return Ok(()) };
    let Some(record) = cutting::with_files(app, record).await? else { return Ok(()) };
    let Some(record) = repair::rewind(app, record).await? else { return Ok(()) };
    let counted = totals::get(app, campaign, Scope::Campaign).await?;
    let Some(record) = repair::find_lost(app, record, &counted).await? else { return Ok(()) };
    let Allowed::Below(affordable) = cap::look(app, &record, &counted).await? else { return Ok(()) };
    let Some(record) = sweep::go_on(app, record).await? else { return Ok(()) };
    let Some(record) = repair::send_overdue_retries(app, record, &counted).await? else { return Ok(()) };
    let Some(record) = later::send_due(app, record).await? else { return Ok(()) };
    let counted = totals::get(app, campaign, Scope::Campaign).await?;
    let first_due_at = record.cursor_due_at_micros / 1_000;
    let Some(record) = cutting::cut(app, record, &counted.totals, affordable).await? else { return Ok(()) };
    let Some(record) = health::look(app, record, &counted, first_due_at).await? else { return Ok(()) };
    let Some(record) = claims::settle(app, record, &counted.totals).await? else { return Ok(()) };
    let Some(record) = chunks::go_on(app, record, &counted, chunks::MOST_IN_A_LOOK).await? else { return Ok(()) };
    completion::complete(app, record, &counted).await
}

/// A scheduled campaign whose time has come, within a tick, begins: its jobs carry the exact delay. Nothing when there
/// is nothing to do now.
async fn begin(app: &App, read: CampaignRecord) -> anyhow::Result<Option<CampaignRecord>> {
    match read.status {
        CampaignStatus::Processing => Ok(Some(read)),
        CampaignStatus::Scheduled => {
            let now = app.clock.now_millis();
            let starts_at = read.scheduled_to.unwrap_or(now);
            if starts_at > now + LOOK_AGAIN_MS {
                return Ok(None);
            }
            let (mut next, news, is_unanswered) = match before_start(app, &read).await? {
                BeforeStart::Changed => return Ok(None),
                BeforeStart::Begins { record, news, is_unanswered } => (*record, news, is_unanswered),
            };
            next.status = CampaignStatus::Processing;
            next.epoch += 1;
            next.updated_at = now;
            next.upkeep.went_on_at = Some(now);
            next.lay_anchor(0, starts_at.max(now) * 1_000, WaitReason::Pace);
            let line = AuditLine::by_itself(CampaignEvent::Started).because(match is_unanswered {
                false => "its time has come",
                true => "its time has come, and WhatsApp did not say how its templates are: it goes by what was known",
            });
            let line = news.in_words().into_iter().fold(line, |line, because| line.and(because));
            let begun = transition(app, read, next, line).await?;
            if let Some(begun) = &begun {
                news.tell_people(app, begun).await;
            }
            Ok(begun)
        }
        CampaignStatus::Draft
        | CampaignStatus::Paused
        | CampaignStatus::Completed
        | CampaignStatus::Cancelled
        | CampaignStatus::Failed => Ok(None),
    }
}

/// Writes a change that is no transition; nothing when somebody else changed the campaign meanwhile: they nudge again.
pub(crate) async fn write(
    app: &App,
    read: CampaignRecord,
    next: CampaignRecord,
) -> anyhow::Result<Option<CampaignRecord>> {
    Ok(match store::replace(app, &read, &next).await? {
        Written::Done => Some(CampaignRecord { version: read.version + 1, ..next }),
        Written::ConditionFailed => None,
    })
}

/// Writes a transition with its audit line; nothing when somebody else changed the campaign meanwhile.
async fn transition(
    app: &App,
    read: CampaignRecord,
    next: CampaignRecord,
    line: AuditLine,
) -> anyhow::Result<Option<CampaignRecord>> {
    Ok(match store::transition(app, &read, &next, line).await? {
        Written::Done => Some(CampaignRecord { version: read.version + 1, ..next }),
        Written::ConditionFailed => None,
    })
}
