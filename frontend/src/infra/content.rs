//! The endpoints of what campaigns say, one function each: files, templates, previews and tries.

use wire::{
    Asset, AssetUpload, BubbleMedia, Campaign, CampaignId, CreateAsset, CreateTemplate, EditCampaign, HeaderFormat,
    MediaKind, Preview, Template, TemplateCreated, Tried, TryCampaign,
};

use super::http::{ApiError, delete, encoded, get, patch, post, put};
use super::pictures;

/// Announces a file.
pub async fn announce(file: &CreateAsset) -> Result<AssetUpload, ApiError> {
    post("/v3/assets", file).await
}

/// A file that has arrived.
async fn asset(id: &str) -> Result<Asset, ApiError> {
    get(&format!("/v3/assets/{}", encoded(id))).await
}

/// Has a template made.
pub async fn create_template(template: &CreateTemplate) -> Result<TemplateCreated, ApiError> {
    post("/v3/templates", template).await
}

/// A template of a channel's account as a change of it begins.
pub async fn template(channel: &str, id: &str) -> Result<CreateTemplate, ApiError> {
    get(&format!("/v3/templates/{}?channelId={}", encoded(id), encoded(channel))).await
}

/// Has a template changed.
pub async fn change_template(id: &str, template: &CreateTemplate) -> Result<Template, ApiError> {
    put(&format!("/v3/templates/{}", encoded(id)), template).await
}

/// Has a template sent again that WhatsApp paused while it was new.
pub async fn unpause_template(channel: &str, id: &str) -> Result<Template, ApiError> {
    let path = format!("/v3/templates/{}/unpause?channelId={}", encoded(id), encoded(channel));
    post(&path, &serde_json::json!({})).await
}

/// Has a template of a channel's account deleted.
pub async fn delete_template(channel: &str, id: &str) -> Result<(), ApiError> {
    delete(&format!("/v3/templates/{}?channelId={}", encoded(id), encoded(channel))).await
}

/// What one recipient sees, its pictures fetched as far as they come.
pub async fn preview(id: &CampaignId, index: u64) -> Result<Preview, ApiError> {
    let mut preview: Preview = get(&format!("/v3/campaigns/{}/preview?index={index}", encoded(id.as_str()))).await?;
    if let Some(bubble) = &mut preview.bubble {
        let of_cards = bubble.cards.iter_mut().filter_map(|card| card.media.as_mut());
        for media in bubble.media.iter_mut().chain(of_cards) {
            fetch_picture(media).await;
        }
    }
    Ok(preview)
}

/// A picture that does not come is shown as a placeholder: it is no reason to show no message.
async fn fetch_picture(media: &mut BubbleMedia) {
    let is_picture =
        media.format == Some(HeaderFormat::Image) || matches!(media.kind, Some(MediaKind::Image | MediaKind::Sticker));
    media.link = None;
    if let Some(id) = media.asset_id.as_deref().filter(|_| is_picture)
        && let Ok(asset) = asset(id).await
    {
        media.link = pictures::fetched(&asset.view_url).await;
    }
}

/// Sends the message to one's own numbers.
pub async fn try_campaign(id: &CampaignId, asked: &TryCampaign) -> Result<Tried, ApiError> {
    post(&format!("/v3/campaigns/{}/try", encoded(id.as_str())), asked).await
}

/// Lets people out of a campaign who cannot be filled in.
pub async fn leave_out_unfilled(id: &CampaignId) -> Result<Campaign, ApiError> {
    let edit = EditCampaign { skip_unfilled: Some(true), ..EditCampaign::default() };
    patch(&format!("/v3/campaigns/{}", encoded(id.as_str())), &edit).await
}
