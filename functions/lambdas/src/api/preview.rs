//! What a recipient will see, and trying it on one's own phone.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use axum::Json;
use axum::extract::{Path, State};
use campaigns::audience::Recipient;
use campaigns::consent::{ERASED, Extent, SUPPRESSED};
use campaigns::content::{Wording, of_job};
use campaigns::job::JobContent;
use campaigns::phone::{PhoneNumber, canonical_digits};
use campaigns::template::Parameters;
use campaigns::{preview, send_error};
use futures::future::join_all;
use serde::Deserialize;
use wire::{CampaignId, FieldError, Preview, Tried, TriedNumber, TryCampaign};

use super::answers;
use super::caller::Caller;
use super::campaigns::find;
use super::extract::{Body, Params};
use super::launch_check::{channel_of, hold};
use super::messages::told;
use super::problem::{ApiError, Kind, Refusal};
use crate::App;
use crate::cloud_api::{OutgoingMessage, SendAnswer, Way};
use crate::config::WhatsAppApp;
use crate::media::Held;
use crate::sender::slot_for_one;
use crate::storage::campaigns::{self as campaign_store, CampaignRecord};
use crate::storage::channels::ChannelRecord;
use crate::storage::files;
use crate::storage::portfolios::{self, Counted};
use crate::storage::suppressions::{self, Barred};

/// Numbers that a message is tried on at most.
const MOST_NUMBERS: usize = 5;

/// Which recipient.
#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
pub struct Which {
    /// Whose: the place in the audience, from 0.
    #[serde(default)]
    index: u64,
}

/// `GET /v3/campaigns/{id}/preview?index=`
#[utoipa::path(
    get,
    path = "/v3/campaigns/{id}/preview",
    tag = "Campaigns",
    operation_id = "previewCampaign",
    summary = "Shows what one recipient sees.",
    params(("id" = String, Path, description = "The campaign's id."), Which),
    responses(
        (status = 200, description = "As the phone draws it.", body = wire::Preview),
        answers::Reads, answers::ReadsQuery, answers::NotFound, answers::Gone,
    ),
)]
pub async fn show(
    State(app): State<Arc<App>>,
    caller: Caller,
    Path(id): Path<CampaignId>,
    Params(which): Params<Which>,
) -> Result<Json<Preview>, ApiError> {
    let record = find(&app, &caller, &id).await?;
    let row = row(&app, &record, which.index).await?;
    let wording = wording(&record, which.index);
    let (bubble, problem) = match (wording, record.filled_for_trial(which.index, &row)) {
        (Some(wording), Ok(values)) => (Some(preview::bubble(wording, &values)), None),
        (Some(_), Err(problem)) => (None, Some(problem.to_string())),
        (None, _) => (None, Some("the campaign says nothing".to_owned())),
    };
    let variant = record.variant_of(which.index).and_then(|variant| match variant {
        0 => record.first_variant.clone(),
        other => Some(record.variants.get(usize::try_from(other).ok()?.checked_sub(1)?)?.name.clone()),
    });
    Ok(Json(Preview { index: which.index, phone: row.phone, variant, bubble, problem }))
}

fn wording(record: &CampaignRecord, index: u64) -> Option<Wording<'_>> {
    let variant = record.variant_of(index).and_then(|variant| usize::try_from(variant).ok()).unwrap_or_default();
    record.wordings().get(variant).copied()
}

async fn row(app: &App, record: &CampaignRecord, index: u64) -> Result<Recipient, ApiError> {
    let segment = campaigns::audience::segment_of(index);
    let none = || Refusal::field("index", format!("the campaign has {} people, counted from 0", record.recipients));
    if index >= record.recipients {
        return Err(none().into());
    }
    let mut rows = files::segment(app, record.workspace_id, &record.audience_id, segment).await.map_err(told)?;
    let place = usize::try_from(index % campaigns::audience::SEGMENT_ROWS).unwrap_or_default();
    if place < rows.len() { Ok(rows.swap_remove(place)) } else { Err(none().into()) }
}

/// `POST /v3/campaigns/{id}/try`: each number takes a permit like any other message, and leaves no trace in the campaign.
#[utoipa::path(
    post,
    path = "/v3/campaigns/{id}/try",
    tag = "Campaigns",
    operation_id = "tryCampaign",
    summary = "Sends the message to numbers of your own; the campaign is not touched.",
    params(("id" = String, Path, description = "The campaign's id.")),
    request_body(content = wire::TryCampaign, example = json!({"to": ["+5511987654321"], "index": 0})),
    responses(
        (status = 200, description = "What became of each.", body = wire::Tried),
        answers::Changes, answers::ReadsBody, answers::NotFound, answers::Conflict, answers::Gone, answers::Upstream,
    ),
)]
pub async fn send(
    State(app): State<Arc<App>>,
    caller: Caller,
    Path(id): Path<CampaignId>,
    Body(request): Body<TryCampaign>,
) -> Result<Json<Tried>, ApiError> {
    let numbers = numbers(&request).map_err(Refusal::fields)?;
    let mut record = find(&app, &caller, &id).await?;
    let row = row(&app, &record, request.index).await?;
    let values =
        record.filled_for_trial(request.index, &row).map_err(|problem| Refusal::field("index", problem.to_string()))?;
    let channel = channel_of(&app, record.workspace_id, &record.channel_id).await?;
    let credentials = channel.credentials(&app).await?;
    let Some(credentials) = credentials else {
        return Err(Refusal::new(Kind::Conflict, "the number's app is not configured").into());
    };
    if let Held::Anew(media) = hold(&app, &channel, &record).await? {
        record.media = media;
    }
    let Some(wording) = wording(&record, request.index) else {
        return Err(Refusal::new(Kind::Conflict, "the campaign says nothing").into());
    };
    let content = of_job(wording, &record.known_media());
    let people: BTreeSet<String> = numbers.iter().map(|to| canonical_digits(to)).collect();
    // As the sender asks: who wants no more messages gets none for a trial either.
    let from = if record.is_marketing() { Extent::Marketing } else { Extent::All };
    let barred = suppressions::barred_from(&app, record.workspace_id, Some(&channel.id), from, &people).await?;
    let trial = Trial { app: &app, channel: &channel, credentials: &credentials, content: &content, barred };
    let tries = numbers.iter().map(|to| trial.send(to, &values));
    let items = join_all(tries).await.into_iter().collect::<anyhow::Result<Vec<TriedNumber>>>()?;
    let accepted = items.iter().filter(|item| item.accepted).count();
    if items.iter().any(|item| item.code.is_some_and(send_error::is_of_file)) {
        forget_files(&app, &caller, &id).await?;
    }
    tracing::info!(campaign = %id, accepted, of = items.len(), "a message was tried");
    Ok(Json(Tried { items }))
}

/// WhatsApp has the campaign's files no more, or not as they should be: the next try or start uploads them again. A
/// campaign that somebody else moves meanwhile meets the same.
async fn forget_files(app: &App, caller: &Caller, id: &CampaignId) -> Result<(), ApiError> {
    let read = find(app, caller, id).await?;
    if !read.media.is_empty() {
        let next = CampaignRecord { media: BTreeMap::new(), ..read.clone() };
        campaign_store::replace(app, &read, &next).await?;
    }
    Ok(())
}

/// The numbers, each once, in E.164.
fn numbers(request: &TryCampaign) -> Result<Vec<String>, Vec<FieldError>> {
    let fault = |field: String, message: String| FieldError { field, message };
    if !(1..=MOST_NUMBERS).contains(&request.to.len()) {
        return Err(vec![fault("to".to_owned(), format!("give 1 to {MOST_NUMBERS} numbers of your own"))]);
    }
    let (mut numbers, mut faults) = (Vec::new(), Vec::new());
    for (place, to) in request.to.iter().enumerate() {
        match PhoneNumber::parse(to, None) {
            Ok(number) if numbers.iter().any(|known| known == number.e164()) => {}
            Ok(number) => numbers.push(number.e164().to_owned()),
            Err(problem) => faults.push(fault(format!("to.{place}"), problem.to_string())),
        }
    }
    if faults.is_empty() { Ok(numbers) } else { Err(faults) }
}

struct Trial<'a> {
    app: &'a App,
    channel: &'a ChannelRecord,
    credentials: &'a WhatsAppApp,
    content: &'a JobContent,
    /// Who gets nothing from this number, by canonical digits.
    barred: BTreeMap<String, Barred>,
}

impl Trial<'_> {
    async fn send(&self, to: &str, parameters: &Parameters) -> anyhow::Result<TriedNumber> {
        let untaken = TriedNumber { to: to.to_owned(), accepted: false, wamid: None, code: None, reason: None };
        let none = |reason: String| TriedNumber { reason: Some(reason), ..untaken.clone() };
        match self.barred.get(&canonical_digits(to)) {
            Some(Barred::Suppressed) => return Ok(none(SUPPRESSED.to_owned())),
            Some(Barred::Erased) => return Ok(none(ERASED.to_owned())),
            None => {}
        }
        let now = self.app.clock.now_micros();
        if let Counted::Full { .. } = portfolios::count(self.app, self.channel, 1, now).await? {
            return Ok(none(
                "the number may write to no more people today: its portfolio has reached its limit".to_owned(),
            ));
        }
        if !slot_for_one(self.app, self.channel).await? {
            return Ok(none("the number is busy or rests: try again in a moment".to_owned()));
        }
        let message = OutgoingMessage {
            user_id: None,
            phone_number_id: &self.channel.phone_number_id,
            to,
            callback_data: "try",
            content: self.content,
            parameters,
            way: Way::of(self.content, self.channel.marketing_messages),
        };
        Ok(match self.app.cloud_api.send(self.credentials, &message).await {
            SendAnswer::Accepted { wamid, .. } => {
                TriedNumber { to: to.to_owned(), accepted: true, wamid: Some(wamid), code: None, reason: None }
            }
            SendAnswer::Refused { code, .. } => TriedNumber { code: Some(code), ..none(send_error::title(code)) },
            SendAnswer::NotSent(_) => none("WhatsApp cannot be reached now".to_owned()),
            SendAnswer::Indefinite(_) => none("WhatsApp gave no clear answer: look at the phone".to_owned()),
        })
    }
}
