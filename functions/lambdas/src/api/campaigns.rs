//! Campaigns as they are watched: one with its chunks, or a page of them.

use std::sync::Arc;

use axum::Json;
use axum::extract::{Path, State};
use serde::Deserialize;
use wire::{Campaign, CampaignId, CampaignList, CampaignStatus, ChannelId};

use super::answers;
use super::caller::Caller;
use super::campaign_view::{self, Chunks};
use super::extract::{Params, page_limit};
use super::problem::{ApiError, Kind, Refusal};
use crate::App;
use crate::sender::number;
use crate::spending;
use crate::storage::campaign_lists::{self, Listed};
use crate::storage::campaigns::{self as store, CampaignRecord};
use crate::storage::rate_cards;
use crate::storage::totals::{self, Scope};

/// Campaigns on a page when nothing is asked for.
const DEFAULT_PAGE: u32 = 20;

/// Most campaigns on a page: their totals are read in one batch, which DynamoDB bounds at 100.
const LARGEST_PAGE: u32 = 100;

/// Characters of a search.
const LONGEST_SEARCH: usize = 120;

/// Letters and digits of a campaign's id (ULID).
const ID_LENGTH: usize = 26;

/// A page that is asked for.
#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(rename_all = "camelCase")]
pub struct PageAsked {
    /// Only those in this state.
    #[param(inline)]
    status: Option<CampaignStatus>,
    /// Only those of this channel.
    channel_id: Option<String>,
    /// Only those whose name holds this, in whatever case.
    #[param(max_length = 120)]
    search: Option<String>,
    /// The order; the newest first when absent.
    #[param(inline)]
    sort: Option<Sort>,
    /// How many; 20 when absent.
    #[param(minimum = 1, maximum = 100)]
    limit: Option<u32>,
    /// The `next` of the page before.
    after: Option<String>,
}

/// Orders of a list.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
pub enum Sort {
    /// The newest first.
    Newest,
    /// The oldest first.
    Oldest,
}

/// `GET /v3/campaigns?status=&channelId=&search=&sort=&limit=&after=`
#[utoipa::path(
    get,
    path = "/v3/campaigns",
    tag = "Campaigns",
    operation_id = "listCampaigns",
    summary = "Lists campaigns, all or some of them, without their chunks.",
    params(PageAsked),
    responses(
        (status = 200, description = "One page. With a filter it may hold fewer than were asked for, even none, and have a `next` all the same.", body = wire::CampaignList),
        answers::Reads, answers::ReadsQuery,
    ),
)]
pub async fn list(
    State(app): State<Arc<App>>,
    caller: Caller,
    Params(asked): Params<PageAsked>,
) -> Result<Json<CampaignList>, ApiError> {
    let limit = page_limit(asked.limit, DEFAULT_PAGE, LARGEST_PAGE)?;
    let after = asked.after.map(page_start).transpose()?;
    let search = asked.search.map(|search| search.trim().to_owned()).filter(|search| !search.is_empty());
    if search.as_ref().is_some_and(|search| search.chars().count() > LONGEST_SEARCH) {
        return Err(Refusal::field("search", format!("use at most {LONGEST_SEARCH} characters")).into());
    }
    let listed = Listed {
        status: asked.status,
        channel_id: asked.channel_id.map(ChannelId),
        search,
        is_rising: asked.sort == Some(Sort::Oldest),
    };
    let limit = usize::try_from(limit).unwrap_or_default();
    let (records, next) = campaign_lists::list(&app, caller.workspace_id, &listed, limit, after.as_ref()).await?;
    let ids: Vec<CampaignId> = records.iter().map(|record| record.id.clone()).collect();
    let counted = totals::get_many(&app, &ids).await?;
    let (bucket, now) = (&app.config.files_bucket, app.clock.now_millis());
    let card = rate_cards::parsed(&rate_cards::read(&app, caller.workspace_id).await?)?;
    let shown = |(record, counted)| {
        let spending = Some(spending::money(&app, &card, record, counted).spending);
        Campaign { spending, ..campaign_view::campaign(record, counted, Chunks::NotRead, bucket, now) }
    };
    let items = records.iter().zip(&counted).map(shown).collect();
    Ok(Json(CampaignList { items, next: next.map(|id| id.0) }))
}

/// `GET /v3/campaigns/{id}`
#[utoipa::path(
    get,
    path = "/v3/campaigns/{id}",
    tag = "Campaigns",
    operation_id = "showCampaign",
    summary = "Shows a campaign with all that came of it so far.",
    params(("id" = String, Path, description = "The campaign's id.")),
    responses(
        (status = 200, description = "As it is now.", body = wire::Campaign),
        answers::Reads, answers::ReadsPath, answers::NotFound,
    ),
)]
pub async fn show(
    State(app): State<Arc<App>>,
    caller: Caller,
    Path(id): Path<CampaignId>,
) -> Result<Json<Campaign>, ApiError> {
    let record = find(&app, &caller, &id).await?;
    Ok(Json(whole(&app, &record).await?))
}

/// The caller's campaign with this id; a deleted one is not found.
pub(super) async fn find(app: &App, caller: &Caller, id: &CampaignId) -> Result<CampaignRecord, ApiError> {
    let found = store::get(app, caller.workspace_id, id).await?.filter(|record| record.deleted_at.is_none());
    Ok(found.ok_or_else(|| Refusal::not_found("campaign"))?)
}

/// Refuses what needs the messages of a campaign once they had their time.
pub(super) fn messages_are_kept(record: &CampaignRecord) -> Result<(), Refusal> {
    let detail = "the messages of this campaign are no longer kept; its totals are";
    if record.has_lapsed() { Err(Refusal::new(Kind::Gone, detail)) } else { Ok(()) }
}

/// A campaign with its totals and those of its chunks, as they are now.
pub(super) async fn whole(app: &App, record: &CampaignRecord) -> anyhow::Result<Campaign> {
    let counted = totals::get(app, &record.id, Scope::Campaign);
    let chunks = totals::chunks(app, &record.id);
    let card = rate_cards::read(app, record.workspace_id);
    let (counted, chunks, card) = futures::future::try_join3(counted, chunks, card).await?;
    let now = app.clock.now_millis();
    let bucket = &app.config.files_bucket;
    let mut campaign = campaign_view::campaign(record, &counted, Chunks::Latest(&chunks), bucket, now);
    campaign.spending = Some(spending::money(app, &rate_cards::parsed(&card)?, record, &counted).spending);
    if let Some(alert) = campaign.alerts.first_mut()
        && let Some(why) = number::why_silent(app, record.workspace_id, &record.channel_id).await?
    {
        alert.detail = format!("{} Most likely {why}.", alert.detail);
    }
    Ok(campaign)
}

fn page_start(after: String) -> Result<CampaignId, Refusal> {
    let is_id = after.len() == ID_LENGTH && after.bytes().all(|byte| byte.is_ascii_alphanumeric());
    is_id.then_some(CampaignId(after)).ok_or_else(|| Refusal::field("after", "give the `next` of the page before"))
}
