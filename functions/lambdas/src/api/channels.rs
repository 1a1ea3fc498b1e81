//! The numbers that send, and the templates that WhatsApp approved for them.

use std::sync::Arc;

use anyhow::Context;
use axum::Json;
use axum::extract::{Path, State};
use wire::{ChangedField, Channel, ChannelId, ChannelList, ChannelNotice, Template, TemplateList};

use super::answers;
use super::caller::Caller;
use super::problem::{ApiError, Kind, Refusal};
use super::settings::{Shown, differing, untold};
use crate::App;
use crate::clock::time_of_millis;
use crate::sender::number;
use crate::storage::channels::{self, ChannelRecord, Edited};
use crate::storage::heard::Notice;
use crate::storage::portfolios;

/// `GET /v3/channels`
#[utoipa::path(
    get,
    path = "/v3/channels",
    tag = "Channels",
    operation_id = "listChannels",
    summary = "Lists the numbers that send, with what WhatsApp said of them lately.",
    responses(
        (status = 200, description = "All of the workspace.", body = wire::ChannelList),
        answers::Reads,
    ),
)]
pub async fn list(State(app): State<Arc<App>>, caller: Caller) -> Result<Json<ChannelList>, ApiError> {
    let records = channels::list(&app, caller.workspace_id).await?;
    let mut items = Vec::with_capacity(records.len());
    for record in records {
        channels::complete(&app, &record).await?;
        items.push(shown(&app, record).await?);
    }
    Ok(Json(ChannelList { items }))
}

/// `GET /v3/channels/{id}/templates`: as WhatsApp has them now.
#[utoipa::path(
    get,
    path = "/v3/channels/{id}/templates",
    tag = "Channels",
    operation_id = "listChannelTemplates",
    summary = "Lists the templates of a number's account, as WhatsApp has them now.",
    params(("id" = String, Path, description = "The channel's id.")),
    responses(
        (status = 200, description = "Approved or not.", body = wire::TemplateList),
        answers::Reads, answers::ReadsPath, answers::NotFound, answers::Upstream,
    ),
)]
pub async fn templates(
    State(app): State<Arc<App>>,
    caller: Caller,
    Path(id): Path<ChannelId>,
) -> Result<Json<TemplateList>, ApiError> {
    let channel = channels::get(&app, caller.workspace_id, &id).await?;
    let channel = channel.ok_or_else(|| Refusal::not_found("channel"))?;
    Ok(Json(TemplateList { items: templates_of(&app, &channel).await? }))
}

/// All templates of the channel's account. What WhatsApp does wrong is told to the caller: only they can fix a token.
pub(super) async fn templates_of(app: &App, channel: &ChannelRecord) -> Result<Vec<Template>, ApiError> {
    let whatsapp = channel.credentials(app).await?;
    let whatsapp = whatsapp.with_context(|| {
        format!("channel {} belongs to the WhatsApp app {}, which is not configured", channel.id, channel.app_id)
    })?;
    app.cloud_api.templates(&whatsapp, &channel.waba_id).await.map_err(|error| {
        tracing::warn!(channel = %channel.id, error = format!("{error:#}"), "WhatsApp gave no templates");
        Refusal::new(Kind::Upstream, error.to_string()).into()
    })
}

/// A channel as it is shown, with what is known of it this moment.
pub(super) async fn shown(app: &App, record: ChannelRecord) -> anyhow::Result<Channel> {
    let blocked_because = number::why_blocked(app, record.workspace_id, &record.id).await?;
    let people_today = portfolios::people_today(app, &record).await?;
    Ok(view(record, blocked_because, people_today))
}

/// What an edit changed, for the audit; of a token only that it is another one.
pub(super) fn changes(edited: &Edited) -> Vec<ChangedField> {
    let Edited { before, after } = edited;
    let mut changes = differing(audited(before), audited(after));
    if before.token_name != after.token_name {
        changes.push(untold("accessToken"));
    }
    changes
}

fn audited(record: &ChannelRecord) -> [Shown; 4] {
    [
        ("name", Some(record.name.clone())),
        ("marketingMessages", Some(record.marketing_messages.to_string())),
        ("apiVersion", record.api_version.clone()),
        ("byUserId", Some(record.by_user_id.to_string())),
    ]
}

fn view(record: ChannelRecord, blocked_because: Option<String>, people_today: Option<u32>) -> Channel {
    let notice = |notice: Notice| ChannelNotice { at: time_of_millis(notice.at * 1_000), text: notice.text };
    Channel {
        id: record.id,
        name: record.name,
        display_phone_number: record.display_phone_number,
        phone_number_id: record.phone_number_id,
        waba_id: record.waba_id,
        messages_per_second: record.messages_per_second,
        messaging_limit: record.messaging_limit,
        people_today,
        blocked_because,
        notices: record.heard.notices.into_iter().map(notice).collect(),
        simulated: record.simulated,
        marketing_messages: record.marketing_messages,
        api_version: record.api_version,
        own_token: record.token_name.is_some(),
        by_user_id: record.by_user_id,
    }
}
