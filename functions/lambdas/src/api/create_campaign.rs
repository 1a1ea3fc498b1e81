//! `POST /v3/campaigns`: what was asked for becomes a campaign that nothing it needs is missing from.
//!
//! `campaigns::creation` reads the request; here it is found out whether its channel, audience and template exist and
//! fit together. The totals are written before the campaign, so that who sees the campaign sees them too. A request
//! with an `Idempotency-Key` may come twice (`idempotency`): both find the same campaign.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use anyhow::Context;
use axum::Json;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use campaigns::breaker::Limits;
use campaigns::content::{self, Wording};
use campaigns::creation::{self, NewCampaign, NewWording};
use campaigns::lifecycle::status_name;
use campaigns::links;
use campaigns::plan::{Cursor, PLAN_VERSION};
use campaigns::quiet::clocks_of_country;
use http::header::LOCATION;
use http::{HeaderMap, StatusCode};
use wire::{
    AudienceStatus, CampaignEvent, CampaignId, CampaignStatus, Content, CreateCampaign, FieldError, FreeContent,
    Template, TemplateContent, WaitReason, WorkspaceId,
};

use super::actions::nudge_if_near;
use super::answers;
use super::approvals;
use super::business_hours;
use super::caller::Caller;
use super::campaign_links::{check_buttons, link_record};
use super::campaigns::whole;
use super::channels::templates_of;
use super::consent_check;
use super::content_media;
use super::extract::Body;
use super::fetched;
use super::idempotency::{self, Keyed};
use super::launch_check;
use super::once;
use super::price_check;
use super::problem::{ApiError, Kind, Refusal};
use super::webhooks;
use crate::App;
use crate::importer::last_try;
use crate::media::Held;
use crate::spending;
use crate::storage::attestation::AttestationRecord;
use crate::storage::audiences::{self, AudienceRecord};
use crate::storage::audit::AuditLine;
use crate::storage::campaigns::{self as store, CampaignRecord, Unfilled, WordingRecord};
use crate::storage::channels::{self, ChannelRecord};
use crate::storage::portfolios;
use crate::storage::table::Written;
use crate::storage::totals::{self, Scope, TotalsRecord};
use crate::storage::upkeep::Upkeep;

/// Seconds after which an audience that is being imported is worth asking for again.
const IMPORT_RETRY_SECONDS: u32 = 2;

/// Creates a draft, or a scheduled campaign when a time was given.
#[utoipa::path(
    post,
    path = "/v3/campaigns",
    tag = "Campaigns",
    operation_id = "createCampaign",
    summary = "Creates a draft, or a scheduled campaign when a time is given.",
    description = super::openapi::FIELDS,
    params(("Idempotency-Key" = Option<String>, Header, description = "Makes it safe to ask again: for a day the same key and request find the same campaign.", min_length = 1, max_length = 255, pattern = "^[!-~]+$")),
    request_body = wire::CreateCampaign,
    responses(
        (status = 201, description = "Created.", body = wire::Campaign, headers(("Location" = String, description = "Where it is."))),
        answers::Changes, answers::ReadsBody, answers::Conflict, answers::Upstream, answers::Gone,
    ),
)]
pub async fn create(
    State(app): State<Arc<App>>,
    caller: Caller,
    headers: HeaderMap,
    Body(request): Body<CreateCampaign>,
) -> Result<Response, ApiError> {
    let keyed = Keyed::of(&headers, &request)?;
    let operator = request.operator_name.as_deref().map(str::trim);
    let operator = operator.filter(|name| !name.is_empty() && *name != caller.name);
    let line = AuditLine::of(&caller.name, CampaignEvent::Created);
    // What a client writes is no proof of who asks.
    let line = operator.iter().fold(line, |line, name| line.because(format!("made for {name}")));
    let asked = Asked::ByAClient(Box::new(request));
    create_or_find(&app, &caller, keyed.as_ref(), asked, line).await
}

/// What is to be created.
pub(super) enum Asked {
    /// As a client asks for it: it may name saved business hours, and a contacts file that lies elsewhere.
    ByAClient(Box<CreateCampaign>),
    /// As a campaign stands that is here already, with the currency of its cap where that is known.
    AsItStands(Box<CreateCampaign>, Option<String>),
}

/// Creates what was asked for, or finds what the same request created before under its key.
pub(super) async fn create_or_find(
    app: &App,
    caller: &Caller,
    keyed: Option<&Keyed>,
    asked: Asked,
    line: AuditLine,
) -> Result<Response, ApiError> {
    if let Some(keyed) = keyed
        && let Some(id) = idempotency::promised(app, caller.workspace_id, keyed).await?
        && let Some(record) = store::get(app, caller.workspace_id, &id).await?
    {
        return Ok(once::replayed(created(app, &record).await?));
    }
    let (request, asked, audience_field, cap_currency) = match asked {
        Asked::AsItStands(request, cap_currency) => {
            let asked = creation::parse_standing(&request, app.clock.now());
            (*request, asked, "audienceId", cap_currency)
        }
        Asked::ByAClient(request) => {
            let field = audience_field(&request);
            let request = business_hours::resolved(app, caller, *request).await?;
            let request = fetched::here(app, caller, request).await?;
            let asked = creation::parse(&request, app.clock.now());
            (request, asked, field, None)
        }
    };
    let asked = asked.map_err(Refusal::fields)?;
    webhooks::check_named(app, caller, asked.replies.as_ref()).await?;
    let (channel, audience) = parties(app, caller, &asked, audience_field).await?;
    let links = link_record(app, caller.workspace_id, &asked.links).await?;
    let columns = links::with_columns(&audience.columns, &asked.links);
    let wordings = fitting_wordings(app, &channel, &asked.wordings, &columns).await?;
    check_buttons(&wordings, links.as_ref())?;
    let mut record = record(app, CampaignId(app.new_id()?), &asked, &channel, audience, wordings)?;
    record.links = links;
    record.author = caller.person().cloned();
    record.created_by.clone_from(&caller.member_id);
    record.created_by_token.clone_from(&caller.token_id);
    if record.spend_cap_micros.is_some() {
        let currency = match cap_currency {
            Some(currency) => currency,
            None => spending::currency(app, &record).await?,
        };
        record.spend_cap_currency = Some(currency);
    }
    portfolios::predict(app, &mut record).await?;
    let said = request.consent_attestation.as_ref();
    record.attestation = said.map(|said| AttestationRecord::of(said, &caller.name, app.clock.now_millis()));
    if record.status == CampaignStatus::Scheduled {
        let confirmed = request.confirmed_price.as_deref();
        price_check::check(app, &record, confirmed).await?.note(&mut record);
        approvals::check(app, &record).await?;
        consent_check::check(app, &record).await?;
        if let Held::Anew(media) = launch_check::check(app, &record).await? {
            record.media = media;
        }
    }
    if let Some(keyed) = keyed {
        // Only once all is right: a request that was refused may be mended and asked for again under its key.
        record.id = idempotency::promise(app, caller.workspace_id, keyed, record.id.clone()).await?;
    }
    let line = match &record.attestation {
        Some(attestation) => line.and(attestation.in_words()),
        None => line,
    };
    let record = write(app, record, asked.limits, line).await?;
    let (workspace, status, recipients) = (record.workspace_id, status_name(record.status), record.recipients);
    tracing::info!(%workspace, campaign = %record.id, status, recipients, "a campaign was created");
    nudge_if_near(app, &record).await;
    created(app, &record).await
}

/// The answer for a campaign that was created, by this request or by the same one before.
async fn created(app: &App, record: &CampaignRecord) -> Result<Response, ApiError> {
    let location = format!("/v3/campaigns/{}", record.id);
    Ok((StatusCode::CREATED, [(LOCATION, location)], Json(whole(app, record).await?)).into_response())
}

/// The wordings with the templates that they name, as WhatsApp has them now, if they fit them and the audience's columns.
pub(super) async fn fitting_wordings(
    app: &App,
    channel: &ChannelRecord,
    asked: &[NewWording],
    columns: &[String],
) -> Result<Vec<WordingRecord>, ApiError> {
    let names_one = asked.iter().any(|wording| wording.content.template().is_some());
    let templates = if names_one { templates_of(app, channel).await? } else { Vec::new() };
    let (mut fitting, mut faults) = (Vec::with_capacity(asked.len()), Vec::new());
    for (place, wording) in asked.iter().enumerate() {
        let at = if asked.len() > 1 { format!("variants.{place}.") } else { String::new() };
        match fitting_wording(app, channel.workspace_id, wording, &templates, columns).await? {
            Ok(wording) => fitting.push(wording),
            Err(wrong) => {
                let named = |fault: FieldError| FieldError { field: format!("{at}{}", fault.field), ..fault };
                faults.extend(wrong.into_iter().map(named));
            }
        }
    }
    if faults.is_empty() { Ok(fitting) } else { Err(Refusal::fields(faults).into()) }
}

/// One wording with its template and its files, or what is wrong with it.
async fn fitting_wording(
    app: &App,
    workspace: WorkspaceId,
    asked: &NewWording,
    templates: &[Template],
    columns: &[String],
) -> Result<Result<WordingRecord, Vec<FieldError>>, ApiError> {
    let template = match asked.content.template().map(|content| choose(templates, content)).transpose() {
        Ok(template) => template.cloned(),
        Err(fault) => return Ok(Err(vec![fault])),
    };
    let content = match content_media::settle(app, workspace, asked.content.clone(), template.as_ref()).await? {
        Ok(content) => content,
        Err(faults) => return Ok(Err(faults)),
    };
    let faults = match (&content, &template) {
        (Content::Free(content), template) => {
            content::check(Wording::Free { content, template: template.as_ref() }, columns)
        }
        (Content::Template(content), Some(template)) => {
            content::check(Wording::Template { template, content }, columns)
        }
        (Content::Template(_), None) => Vec::new(),
    };
    let name = asked.name.clone().unwrap_or_default();
    Ok(if faults.is_empty() { Ok(WordingRecord { name, content, template }) } else { Err(faults) })
}

/// Has a campaign say this.
pub(super) fn say(record: &mut CampaignRecord, wordings: Vec<WordingRecord>) -> anyhow::Result<()> {
    let mut wordings = wordings.into_iter();
    let first = wordings.next().context("a campaign without a wording")?;
    record.variants = wordings.collect();
    record.first_variant = Some(first.name).filter(|_| !record.variants.is_empty());
    record.content = first.content;
    record.template = first.template;
    Ok(())
}

/// The channel and the audience that were asked for, or what is wrong with them.
pub(super) async fn parties(
    app: &App,
    caller: &Caller,
    asked: &NewCampaign,
    audience_field: &str,
) -> Result<(ChannelRecord, AudienceRecord), ApiError> {
    let channel = channels::get(app, caller.workspace_id, &asked.channel_id).await?;
    let audience = match audiences::get(app, caller.workspace_id, &asked.audience_id).await? {
        Some(audience) => Some(last_try::heard(app, audience).await?),
        None => None,
    };
    let channel = channel.ok_or_else(|| fault("channelId", "this workspace has no such channel"));
    let audience = audience
        .ok_or_else(|| fault(audience_field, "this workspace has no such contacts file"))
        .and_then(|audience| usable(audience, audience_field));
    match (channel, audience) {
        (Ok(channel), Ok(Usable::Now(audience))) => Ok((channel, *audience)),
        (Ok(_), Ok(Usable::Later(detail))) => {
            Err(Refusal::new(Kind::Conflict, detail).retry_after(IMPORT_RETRY_SECONDS).into())
        }
        (channel, audience) => Err(Refusal::fields(channel.err().into_iter().chain(audience.err()).collect()).into()),
    }
}

/// Whether an audience can be sent to.
enum Usable {
    Now(Box<AudienceRecord>),
    Later(&'static str),
}

fn usable(audience: AudienceRecord, field: &str) -> Result<Usable, FieldError> {
    if audience.deleted_at.is_some() {
        return Err(fault(field, "these contacts are no longer kept: upload the file again"));
    }
    match audience.status {
        AudienceStatus::AwaitingFile => Ok(Usable::Later("the contacts file has not arrived yet: upload it first")),
        AudienceStatus::Importing => Ok(Usable::Later("the contacts file is still being read: try again in a moment")),
        AudienceStatus::Failed => {
            let problem = audience.problem.as_deref().unwrap_or("it could not be read");
            Err(fault(field, format!("the contacts file cannot be used: {problem}")))
        }
        AudienceStatus::Ready if audience.recipients == 0 => {
            Err(fault(field, "the contacts file has nobody to send to: see its rejected rows"))
        }
        AudienceStatus::Ready => Ok(Usable::Now(Box::new(audience))),
    }
}

/// The field by which the request named its audience.
fn audience_field(request: &CreateCampaign) -> &'static str {
    match request.audience_id {
        Some(_) => "audienceId",
        None => "leadsAssetUrl",
    }
}

/// The template with this name and language.
fn choose<'a>(templates: &'a [Template], content: &TemplateContent) -> Result<&'a Template, FieldError> {
    let named: Vec<&Template> = templates.iter().filter(|template| template.name == content.name).collect();
    if named.is_empty() {
        return Err(fault("template.name", format!("the channel has no template \"{}\"", content.name)));
    }
    named.iter().copied().find(|template| template.language == content.language).ok_or_else(|| {
        let languages: Vec<&str> = named.iter().map(|template| template.language.as_str()).collect();
        let message =
            format!("\"{}\" exists in {}, not in \"{}\"", content.name, languages.join(", "), content.language);
        fault("template.language", message)
    })
}

fn fault(field: &str, message: impl Into<String>) -> FieldError {
    FieldError { field: field.to_owned(), message: message.into() }
}

fn record(
    app: &App,
    id: CampaignId,
    asked: &NewCampaign,
    channel: &ChannelRecord,
    audience: AudienceRecord,
    wordings: Vec<WordingRecord>,
) -> anyhow::Result<CampaignRecord> {
    let now = app.clock.now_millis();
    let pace = asked.pace(audience.recipients);
    let scheduled_to = asked.scheduled_to.map(|at| at.timestamp_millis());
    let clocks = clocks(&audience);
    let mut record = CampaignRecord {
        id,
        workspace_id: channel.workspace_id,
        name: asked.name.clone(),
        operator_name: asked.operator_name.clone(),
        created_by: None,
        created_by_token: None,
        channel_id: channel.id.clone(),
        audience_id: audience.id,
        recipients: audience.recipients,
        clocks,
        columns: audience.columns,
        content: Content::Free(FreeContent::default()),
        template: None,
        first_variant: None,
        variants: Vec::new(),
        author: None,
        approval: None,
        links: None,
        unfilled: unfilled(asked.skip_unfilled),
        media: BTreeMap::new(),
        chunk_size: pace.chunk_size,
        between_chunks_ms: pace.between_chunks_ms,
        min_gap_ms: pace.min_gap_ms,
        max_gap_ms: pace.max_gap_ms,
        retry_rounds: asked.retry_rounds,
        timing: asked.timing,
        business_hours_id: asked.business_hours_id.clone(),
        tracking: asked.tracking,
        replies: asked.replies.clone(),
        attestation: None,
        spend_cap_micros: asked.spend_cap_micros,
        spend_cap_currency: None,
        estimated_micros: None,
        estimated_currency: None,
        messages_per_second: channel.messages_per_second,
        seed: u64::from_le_bytes(app.chance.bytes()?),
        plan_version: PLAN_VERSION,
        status: CampaignStatus::Draft,
        status_reason: None,
        epoch: 0,
        cursor_index: 0,
        cursor_due_at_micros: 0,
        cursor_wait: None,
        rewind: false,
        anchor_index: 0,
        cut_below: 0,
        touched_below: 0,
        touched_below_since: 0,
        anchor_at_micros: 0,
        scheduled_to,
        original_scheduled_to: scheduled_to,
        finished_at_prediction: None,
        created_at: now,
        updated_at: now,
        dispatches: 0,
        last_dispatch_at: None,
        last_chunk: None,
        due_shard: None,
        due_at: None,
        version: 1,
        deleted_at: None,
        expires_at: None,
        upkeep: Upkeep::default(),
    };
    say(&mut record, wordings)?;
    match scheduled_to {
        Some(at) => {
            record.status = CampaignStatus::Scheduled;
            record.lay_anchor(0, at * 1_000, WaitReason::Pace);
            record.look_at(Some(at));
        }
        None => record.predict(Cursor { index: 0, due_at_micros: now * 1_000 }, None),
    }
    Ok(record)
}

/// The clocks that an audience's people live by; those of their countries where nobody noted them.
pub(super) fn clocks(audience: &AudienceRecord) -> Vec<String> {
    let of_countries = || audience.countries.iter().flat_map(|all| all.keys().flat_map(|iso| clocks_of_country(iso)));
    match &audience.clocks {
        Some(clocks) => clocks.iter().cloned().collect(),
        None => of_countries().map(str::to_owned).collect::<BTreeSet<String>>().into_iter().collect(),
    }
}

/// What is done with recipients who cannot be filled in.
pub(super) fn unfilled(skip: bool) -> Unfilled {
    if skip { Unfilled::Skip } else { Unfilled::Refuse }
}

/// Writes the campaign and returns it as it stands. The id is new, so one that stands there already is this one: written
/// by a try whose answer was lost, or by the same request under the same key.
async fn write(app: &App, record: CampaignRecord, limits: Limits, line: AuditLine) -> anyhow::Result<CampaignRecord> {
    let none_yet = TotalsRecord {
        audience: record.recipients,
        workspace_id: Some(record.workspace_id),
        limits,
        version: 1,
        ..TotalsRecord::default()
    };
    match totals::replace(app, &record.id, Scope::Campaign, 0, &none_yet).await? {
        Written::Done | Written::ConditionFailed => {}
    }
    match store::create(app, &record, line).await? {
        Written::Done => Ok(record),
        Written::ConditionFailed => {
            let standing = store::get(app, record.workspace_id, &record.id).await?;
            standing.with_context(|| format!("campaign {} stands there and is not found", record.id))
        }
    }
}

#[cfg(test)]
mod tests {
    use wire::AudienceId;

    use super::*;

    fn audience(status: AudienceStatus, recipients: u64) -> AudienceRecord {
        let id = AudienceId("01JD8ZQ0000000000000000000".into());
        AudienceRecord {
            status,
            recipients,
            problem: Some("The file is empty.".into()),
            ..audiences::announced(id, WorkspaceId(1), "contacts.csv".into(), 0)
        }
    }

    fn template(name: &str, language: &str) -> Template {
        Template {
            id: "1".into(),
            name: name.into(),
            language: language.into(),
            category: "MARKETING".into(),
            status: "APPROVED".into(),
            body: "Hi".into(),
            ..Template::default()
        }
    }

    fn content(name: &str, language: &str) -> TemplateContent {
        TemplateContent { name: name.into(), language: language.into(), ..TemplateContent::default() }
    }

    #[test]
    fn an_audience_is_used_only_when_it_is_ready_and_has_somebody() {
        assert!(matches!(usable(audience(AudienceStatus::Ready, 1), "audienceId"), Ok(Usable::Now(_))));
        assert!(usable(audience(AudienceStatus::Ready, 0), "audienceId").is_err());
        for status in [AudienceStatus::AwaitingFile, AudienceStatus::Importing] {
            assert!(matches!(usable(audience(status, 0), "audienceId"), Ok(Usable::Later(_))), "{status:?}");
        }
        let failed = usable(audience(AudienceStatus::Failed, 0), "audienceId").err().unwrap();
        assert!(failed.message.ends_with("The file is empty."), "{}", failed.message);
    }

    #[test]
    fn a_template_is_found_by_name_and_language() {
        let templates = [template("promo", "en"), template("promo", "pt_BR")];
        assert_eq!(choose(&templates, &content("promo", "pt_BR")).unwrap().language, "pt_BR");
        assert_eq!(choose(&templates, &content("other", "en")).unwrap_err().field, "template.name");
        let fault = choose(&templates, &content("promo", "es")).unwrap_err();
        assert_eq!(
            (fault.field.as_str(), fault.message.as_str()),
            ("template.language", "\"promo\" exists in en, pt_BR, not in \"es\"")
        );
    }
}
