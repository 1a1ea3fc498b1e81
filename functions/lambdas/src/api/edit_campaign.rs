//! `PATCH /v3/campaigns/{id}`: the edit is laid over what was asked for, parsed like a creation, and compared.
//!
//! Only what differs is an edit; each part may be changed for as long as `campaigns::editing` says. A change of the pace
//! while messages leave raises the epoch and sets the cursor back, as a resume does: jobs of the old pace are dropped.

use std::sync::Arc;

use anyhow::anyhow;
use axum::Json;
use axum::extract::{Path, State};
use campaigns::breaker::Limits;
use campaigns::creation::{self, NewCampaign};
use campaigns::editing::{self, Part, Progress};
use campaigns::links;
use campaigns::rates::amount;
use campaigns::tracking::TrackedChannels;
use http::HeaderMap;
use http::header::IF_MATCH;
use wire::{
    Campaign, CampaignEvent, CampaignId, CampaignStatus, ChangedField, Content, CreateCampaign, CreateVariant,
    EditCampaign, FreeContent, MediaSource, WaitReason,
};

use super::actions::{MOST_RACES, nudge_if_near};
use super::answers;
use super::approvals;
use super::business_hours;
use super::caller::Caller;
use super::campaign_links::{check_buttons, link_record};
use super::campaigns::{find, whole};
use super::consent_check;
use super::create_campaign::{clocks, fitting_wordings, parties, say, unfilled};
use super::extract::Body;
use super::launch_check;
use super::price_check;
use super::problem::{ApiError, Kind, Refusal};
use super::unchanged;
use super::webhooks;
use crate::App;
use crate::clock::time_of_millis;
use crate::media::Held;
use crate::sender::CLAIM_TIMEOUT_MS;
use crate::spending;
use crate::storage::assets::media_url;
use crate::storage::attestation::AttestationRecord;
use crate::storage::audit::AuditLine;
use crate::storage::campaigns::{self as store, CampaignRecord, Unfilled};
use crate::storage::messages;
use crate::storage::portfolios;
use crate::storage::table::Written;
use crate::storage::totals::{self, Scope};

/// Edits what may be edited; an edit that changes nothing was done before.
#[utoipa::path(
    patch,
    path = "/v3/campaigns/{id}",
    tag = "Campaigns",
    operation_id = "editCampaign",
    summary = "Changes what is named, each field for as long as it may be changed.",
    params(
        ("id" = String, Path, description = "The campaign's id."),
        ("If-Match" = Option<String>, Header, description = "The `ETag` of the campaign as it was looked at: where it is another one since, nothing is changed. Absent: the last change wins."),
    ),
    request_body = wire::EditCampaign,
    responses(
        (status = 200, description = "As it stands now.", body = wire::Campaign, headers(("ETag" = String, description = "Of this state, for `If-Match`."))),
        answers::Changes, answers::ReadsBody, answers::NotFound, answers::Conflict, answers::Changed, answers::Upstream, answers::Gone,
    ),
)]
pub async fn edit(
    State(app): State<Arc<App>>,
    caller: Caller,
    Path(id): Path<CampaignId>,
    headers: HeaderMap,
    Body(request): Body<EditCampaign>,
) -> Result<Json<Campaign>, ApiError> {
    let faults = creation::attestation_faults(request.consent_attestation.as_ref());
    if !faults.is_empty() {
        return Err(Refusal::fields(faults).into());
    }
    let request = business_hours::resolved_edit(&app, &caller, request).await?;
    for _ in 0..MOST_RACES {
        let read = find(&app, &caller, &id).await?;
        let limits = limits(&app, &id, &request).await?;
        let standing = CreateCampaign { pause_above: limits.map(Into::into), ..asked_for(&read) };
        let new = parsed(&app, &caller, &read, &editing::overlay(standing, &request)).await?;
        let progress = progress(&app, &read).await?;
        let is_other_message = is_other_message(&read, &new);
        let mut next = match is_other_message {
            false => read.clone(),
            true => match editing::refusal(Part::Fixed, read.status, progress) {
                None => with_other_message(&app, &caller, &read, &request, &new).await?,
                Some(detail) => return Err(Refusal::new(Kind::Conflict, detail).into()),
            },
        };
        set_plain_fields(&mut next, &request, &new);
        if request.spend_cap.is_some() {
            let has_cap = next.spend_cap_micros.is_some();
            next.spend_cap_currency = if has_cap { Some(spending::currency(&app, &read).await?) } else { None };
        }
        let said = request.consent_attestation.as_ref().filter(|_| next.attestation.is_none());
        let said = said.map(|said| AttestationRecord::of(said, &caller.name, app.clock.now_millis()));
        next.attestation = next.attestation.or_else(|| said.clone());
        let mut changes = changes(&read, &next);
        changes.extend(said.as_ref().map(attested));
        changes.extend(limits.and_then(|limits| change_of_limits(limits, new.limits)));
        if changes.is_empty() {
            return Ok(Json(whole(&app, &read).await?));
        }
        if headers.contains_key(IF_MATCH) {
            unchanged::check(&headers, &whole(&app, &read).await?)?;
        }
        if let Some(detail) = changes.iter().find_map(|(part, _)| editing::refusal(*part, read.status, progress)) {
            return Err(Refusal::new(Kind::Conflict, detail).into());
        }
        let moves = changes.iter().any(|(part, _)| part.moves());
        if moves {
            lay_anew(&mut next, app.clock.now_micros());
        }
        let is_other = changes.iter().any(|(part, changed)| is_approved_with(*part, &changed.field));
        if is_other && progress == Progress::NothingLeft && next.approval.take().is_some() {
            check_approved(&app, &next).await?;
        }
        if next.status == CampaignStatus::Scheduled {
            launch_check::offers(&app, &next)?;
        }
        if must_be_checked(&read, &next) {
            check_launch(&app, &mut next, &request).await?;
        } else if is_other_message && next.status == CampaignStatus::Paused {
            // It goes on by a resume, which asks nobody for a yes.
            check_agreed(&app, &mut next, &request).await?;
        }
        if moves {
            portfolios::predict(&app, &mut next).await?;
        }
        next.updated_at = app.clock.now_millis();
        let changed: Vec<ChangedField> = changes.into_iter().map(|(_, changed)| changed).collect();
        let fields: Vec<String> = changed.iter().map(|changed| changed.field.clone()).collect();
        let line = AuditLine { changed, ..AuditLine::of(&caller.name, event(&read, &next)) };
        let line = said.iter().fold(line, |line, said| line.because(said.in_words()));
        if store::transition(&app, &read, &next, line).await? == Written::Done {
            let (workspace, epoch) = (caller.workspace_id, next.epoch);
            tracing::info!(%workspace, campaign = %id, ?fields, epoch, "a campaign was edited");
            if limits.is_some() {
                // Who dies before this is asked again and finds the change still to be made.
                totals::set_limits(&app, &id, new.limits).await?;
            }
            if moves {
                nudge_if_near(&app, &next).await;
            }
            return Ok(Json(whole(&app, &next).await?));
        }
    }
    Err(anyhow!("campaign {id} kept changing under {MOST_RACES} tries to edit it").into())
}

/// What is asked for, as a creation would have it; an offer may be over, and a webhook gone, that was named before.
async fn parsed(
    app: &App,
    caller: &Caller,
    read: &CampaignRecord,
    asked: &CreateCampaign,
) -> Result<NewCampaign, ApiError> {
    let now = app.clock.now();
    let new = creation::parse_standing(asked, now).map_err(Refusal::fields)?;
    if words(read) != asked_words(&new) {
        let faults = creation::past_offers(asked, now);
        if !faults.is_empty() {
            return Err(Refusal::fields(faults).into());
        }
    }
    webhooks::check_named(app, caller, new.replies.as_ref().filter(|_| read.replies != new.replies)).await?;
    Ok(new)
}

/// Whether the edit lets a campaign start by itself that was not looked at as it now stands.
fn must_be_checked(read: &CampaignRecord, next: &CampaignRecord) -> bool {
    let is_other = read.status != next.status
        || read.audience_id != next.audience_id
        || read.unfilled != next.unfilled
        || read.links != next.links
        || words(read) != words(next);
    next.status == CampaignStatus::Scheduled && is_other
}

/// Whether a yes to the campaign is a yes to this too: to all but its name, its time, which it gets after the yes, and
/// what only counts.
fn is_approved_with(part: Part, field: &str) -> bool {
    match part {
        Part::Pace | Part::Breaker => true,
        Part::Fixed => field != "consentAttestation",
        Part::Name | Part::Tracking => ["skipUnfilled", "replies"].contains(&field),
        Part::Time => false,
    }
}

/// Refuses an edit that takes back the yes of a campaign that has its time, where it needs one; a draft waits for
/// another.
async fn check_approved(app: &App, next: &CampaignRecord) -> Result<(), ApiError> {
    if next.status == CampaignStatus::Draft { Ok(()) } else { approvals::check(app, next).await }
}

/// Refuses a campaign whose price, size or people need a yes that it has not.
async fn check_agreed(app: &App, next: &mut CampaignRecord, request: &EditCampaign) -> Result<(), ApiError> {
    price_check::check(app, next, request.confirmed_price.as_deref()).await?.note(next);
    approvals::check(app, next).await?;
    consent_check::check(app, next).await
}

/// Looks at the campaign as at one that starts now.
async fn check_launch(app: &App, next: &mut CampaignRecord, request: &EditCampaign) -> Result<(), ApiError> {
    check_agreed(app, next, request).await?;
    if let Held::Anew(media) = launch_check::check(app, next).await? {
        next.media = media;
    }
    Ok(())
}

/// When the campaign pauses by itself, if the edit speaks of it.
async fn limits(app: &App, id: &CampaignId, request: &EditCampaign) -> anyhow::Result<Option<Limits>> {
    Ok(match request.pause_above {
        None => None,
        Some(_) => Some(totals::get(app, id, Scope::Campaign).await?.limits),
    })
}

/// Somebody answers for the people, who did not before.
fn attested(said: &AttestationRecord) -> (Part, ChangedField) {
    let changed = ChangedField { field: "consentAttestation".to_owned(), before: None, after: Some(said.in_words()) };
    (Part::Fixed, changed)
}

fn change_of_limits(before: Limits, after: Limits) -> Option<(Part, ChangedField)> {
    let shown =
        |of: Limits| Some(format!("{} {} {} %", of.recipient_percent, of.parameters_percent, of.unexplained_percent));
    let changed = ChangedField { field: "pauseAbove".to_owned(), before: shown(before), after: shown(after) };
    (before != after).then_some((Part::Breaker, changed))
}

/// What a campaign would be asked for with to come out as it stands, but for its time.
pub(super) fn asked_for(record: &CampaignRecord) -> CreateCampaign {
    let seconds = |milliseconds: u64| Some(milliseconds as f64 / 1_000.0);
    CreateCampaign {
        name: record.name.clone(),
        channel_id: record.channel_id.0.clone(),
        operator_name: Some(record.operator_name.clone()),
        audience_id: Some(record.audience_id.clone()),
        chunk_size: Some(u64::from(record.chunk_size)),
        seconds_between_chunks: seconds(record.between_chunks_ms),
        min_seconds_between_messages: seconds(record.min_gap_ms),
        max_seconds_between_messages: seconds(record.max_gap_ms),
        retry_rounds: Some(record.retry_rounds),
        track_max_hours: Some(record.tracking.max_hours),
        track_all_channels: Some(record.tracking.channels == TrackedChannels::All),
        replies: record.replies.clone(),
        business_hours: record.timing.hours.map(Into::into),
        business_hours_id: record.business_hours_id.as_ref().map(|id| id.0.clone()),
        quiet_hours: record.timing.quiet.map(Into::into),
        duration_days: record.timing.duration_days,
        time_zone: record.timing.time_zone.map(Into::into),
        links: record.links.as_ref().map(|links| links.links.clone()).unwrap_or_default(),
        skip_unfilled: Some(record.unfilled == Unfilled::Skip),
        spend_cap: record.spend_cap_micros.map(amount),
        ..said(record)
    }
}

/// The part of a request that says what a campaign says.
fn said(record: &CampaignRecord) -> CreateCampaign {
    let first = variant(record.first_variant.as_deref(), &record.content);
    if record.variants.is_empty() {
        let CreateVariant { template, message, assets_urls, .. } = first;
        return CreateCampaign { template, message, assets_urls, ..CreateCampaign::default() };
    }
    let others = record.variants.iter().map(|other| variant(Some(&other.name), &other.content));
    CreateCampaign { variants: std::iter::once(first).chain(others).collect(), ..CreateCampaign::default() }
}

/// The wordings of a campaign, without what was found out about them.
fn words(record: &CampaignRecord) -> Vec<(Option<String>, Content)> {
    let others = record.variants.iter().map(|other| (Some(other.name.clone()), bare(&other.content)));
    std::iter::once((record.first_variant.clone(), bare(&record.content))).chain(others).collect()
}

fn asked_words(new: &NewCampaign) -> Vec<(Option<String>, Content)> {
    new.wordings.iter().map(|wording| (wording.name.clone(), bare(&wording.content))).collect()
}

fn bare(content: &Content) -> Content {
    match content {
        // `assetsUrls` names the file alone.
        Content::Free(free) => {
            let media = free.media.clone().map(|media| MediaSource { filename: None, ..media });
            Content::Free(FreeContent { media, media_kind: None, ..free.clone() })
        }
        Content::Template(template) => Content::Template(template.clone()),
    }
}

fn variant(name: Option<&str>, content: &Content) -> CreateVariant {
    let name = name.map(str::to_owned);
    match content {
        Content::Template(template) => {
            CreateVariant { name, template: Some((**template).clone()), ..CreateVariant::default() }
        }
        Content::Free(free) => {
            let message = Some(free.text.clone()).filter(|text| !text.is_empty());
            let assets_urls = free.media.iter().filter_map(media_url).collect();
            CreateVariant { name, message, assets_urls, template: free.fallback.as_deref().cloned() }
        }
    }
}

fn is_other_message(read: &CampaignRecord, new: &NewCampaign) -> bool {
    let links = read.links.as_ref().map_or(&[][..], |links| &links.links);
    new.audience_id != read.audience_id || words(read) != asked_words(new) || links != new.links
}

/// The record with another content or other contacts, which exist and fit together.
async fn with_other_message(
    app: &App,
    caller: &Caller,
    read: &CampaignRecord,
    request: &EditCampaign,
    new: &NewCampaign,
) -> Result<CampaignRecord, ApiError> {
    let field = if request.leads_asset_url.is_some() { "leadsAssetUrl" } else { "audienceId" };
    let (channel, audience) = parties(app, caller, new, field).await?;
    let links = match &read.links {
        // The same links keep their key: addresses that were tried go on leading there.
        Some(standing) if standing.links == new.links => Some(standing.clone()),
        Some(_) | None => link_record(app, caller.workspace_id, &new.links).await?,
    };
    let columns = links::with_columns(&audience.columns, &new.links);
    let wordings = fitting_wordings(app, &channel, &new.wordings, &columns).await?;
    check_buttons(&wordings, links.as_ref())?;
    // Who answered for its people did not answer for others.
    let attestation = read.attestation.clone().filter(|_| audience.id == read.audience_id);
    let mut next = CampaignRecord {
        attestation,
        // A token that nobody is known to have made says nothing of who changed it.
        author: caller.person().cloned().or_else(|| read.author.clone()),
        approval: None,
        links,
        clocks: clocks(&audience),
        audience_id: audience.id,
        recipients: audience.recipients,
        columns: audience.columns,
        ..read.clone()
    };
    say(&mut next, wordings)?;
    Ok(next)
}

/// What needs no look-up. Where the campaign then stands is decided later.
fn set_plain_fields(next: &mut CampaignRecord, request: &EditCampaign, new: &NewCampaign) {
    next.name.clone_from(&new.name);
    if request.scheduled_to.is_some() {
        next.scheduled_to = new.scheduled_to.map(|at| at.timestamp_millis());
    }
    let pace = new.pace(next.recipients);
    next.chunk_size = pace.chunk_size;
    next.between_chunks_ms = pace.between_chunks_ms;
    next.min_gap_ms = pace.min_gap_ms;
    next.max_gap_ms = pace.max_gap_ms;
    next.retry_rounds = new.retry_rounds;
    next.unfilled = unfilled(new.skip_unfilled);
    next.timing = new.timing;
    next.business_hours_id.clone_from(&new.business_hours_id);
    next.tracking = new.tracking;
    next.replies.clone_from(&new.replies);
    next.spend_cap_micros = new.spend_cap_micros;
}

/// What differs, by its name on the wire; long things without their words.
fn changes(read: &CampaignRecord, next: &CampaignRecord) -> Vec<(Part, ChangedField)> {
    let before = shown(read);
    let differs = |((part, field, before), (_, _, after)): (Shown, Shown)| {
        (before != after).then(|| (part, ChangedField { field: field.to_owned(), before, after }))
    };
    let mut changes: Vec<_> = before.into_iter().zip(shown(next)).filter_map(differs).collect();
    if words(read) != words(next) {
        let template = ChangedField { field: "template".to_owned(), before: None, after: None };
        changes.push((Part::Fixed, template));
    }
    if read.links != next.links {
        changes.push((Part::Fixed, ChangedField { field: "links".to_owned(), before: None, after: None }));
    }
    changes
}

/// A part of a campaign, its name on the wire, and what it is.
type Shown = (Part, &'static str, Option<String>);

fn shown(record: &CampaignRecord) -> [Shown; 18] {
    let seconds = |milliseconds: u64| Some((milliseconds as f64 / 1_000.0).to_string());
    let timing = record.timing;
    let zone: Option<String> = timing.time_zone.map(Into::into);
    let all_channels = record.tracking.channels == TrackedChannels::All;
    let hours = timing.hours.map(wire::BusinessHours::from);
    let hours = hours.map(|of| format!("{} {}-{} {}", of.days.join(" "), of.from, of.to, of.time_zone));
    let quiet = timing.quiet.map(wire::QuietHours::from).map(|of| format!("{}-{}", of.from, of.to));
    [
        (Part::Name, "name", Some(record.name.clone())),
        (Part::Time, "scheduledTo", record.scheduled_to.map(|millis| time_of_millis(millis).to_rfc3339())),
        (Part::Pace, "minSecondsBetweenMessages", seconds(record.min_gap_ms)),
        (Part::Pace, "maxSecondsBetweenMessages", seconds(record.max_gap_ms)),
        (Part::Pace, "secondsBetweenChunks", seconds(record.between_chunks_ms)),
        (Part::Pace, "retryRounds", Some(record.retry_rounds.to_string())),
        (Part::Pace, "businessHours", hours),
        (Part::Pace, "businessHoursId", record.business_hours_id.as_ref().map(|id| id.0.clone())),
        (Part::Pace, "quietHours", quiet),
        (Part::Pace, "durationDays", timing.duration_days.map(|days| days.to_string())),
        (Part::Pace, "timeZone", zone),
        (Part::Name, "skipUnfilled", Some((record.unfilled == Unfilled::Skip).to_string())),
        (Part::Breaker, "spendCap", cap_in_words(record)),
        (Part::Tracking, "trackMaxHours", Some(record.tracking.max_hours.to_string())),
        (Part::Tracking, "trackAllChannels", Some(all_channels.to_string())),
        (Part::Tracking, "replies", record.replies.as_ref().map(creation::rules_in_words)),
        (Part::Fixed, "chunkSize", Some(record.chunk_size.to_string())),
        (Part::Fixed, "audienceId", Some(record.audience_id.0.clone())),
    ]
}

fn cap_in_words(record: &CampaignRecord) -> Option<String> {
    let cap = amount(record.spend_cap_micros?);
    Some(record.spend_cap_currency.as_ref().map_or_else(|| cap.clone(), |currency| format!("{currency} {cap}")))
}

/// How far the campaign has come. A job may have left before its cursor was moved, so a campaign that was sending is
/// asked for its first messages, once whatever was in flight has landed.
async fn progress(app: &App, read: &CampaignRecord) -> anyhow::Result<Progress> {
    let now = app.clock.now_millis();
    match read.status {
        CampaignStatus::Draft | CampaignStatus::Scheduled => Ok(Progress::NothingLeft),
        CampaignStatus::Paused if read.last_chunk.is_none() => {
            if read.scheduled_to.is_none_or(|at| at > now) {
                return Ok(Progress::NothingLeft);
            }
            if now - read.updated_at < CLAIM_TIMEOUT_MS {
                return Ok(Progress::Unsure);
            }
            let first = messages::range(app, &read.id, 0, campaigns::message::SHARD_INDEXES - 1).await?;
            Ok(if first.is_empty() { Progress::NothingLeft } else { Progress::UnderWay })
        }
        CampaignStatus::Processing
        | CampaignStatus::Paused
        | CampaignStatus::Completed
        | CampaignStatus::Cancelled
        | CampaignStatus::Failed => Ok(Progress::UnderWay),
    }
}

/// Lays the plan of an edited campaign: jobs of before are dropped, and those who had one are cut again.
fn lay_anew(next: &mut CampaignRecord, now_micros: i64) {
    match (next.status, next.scheduled_to) {
        (CampaignStatus::Draft | CampaignStatus::Scheduled, Some(at)) => {
            next.epoch += 1;
            next.status = CampaignStatus::Scheduled;
            next.original_scheduled_to = next.original_scheduled_to.or(Some(at));
            next.lay_anchor(0, at * 1_000, WaitReason::Pace);
            next.look_at(Some(at));
        }
        (CampaignStatus::Scheduled, None) => {
            next.epoch += 1;
            next.status = CampaignStatus::Draft;
            next.finished_at_prediction = None;
            next.look_at(None);
        }
        (CampaignStatus::Processing, _) => {
            next.epoch += 1;
            next.rewind = next.last_chunk.is_some();
            next.upkeep.under_way_since = Some(now_micros / 1_000);
            let starts_at = if next.last_chunk.is_none() { next.cursor_due_at_micros } else { now_micros };
            next.lay_anchor(next.cursor_index, starts_at.max(now_micros), WaitReason::Edit);
            next.look_at(Some(now_micros / 1_000));
        }
        (CampaignStatus::Draft, None)
        | (
            CampaignStatus::Paused | CampaignStatus::Completed | CampaignStatus::Cancelled | CampaignStatus::Failed,
            _,
        ) => {}
    }
}

fn event(read: &CampaignRecord, next: &CampaignRecord) -> CampaignEvent {
    match (read.scheduled_to == next.scheduled_to, next.scheduled_to) {
        (true, _) => CampaignEvent::Edited,
        (false, Some(_)) => CampaignEvent::Scheduled,
        (false, None) => CampaignEvent::Unscheduled,
    }
}
