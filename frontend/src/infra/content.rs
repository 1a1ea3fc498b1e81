//! The endpoints of what campaigns say, one function each: files, and whom a campaign leaves out.

use wire::{AssetUpload, Campaign, CampaignId, CreateAsset, EditCampaign};

use super::http::{ApiError, encoded, patch, post};

/// Announces a file.
pub async fn announce(file: &CreateAsset) -> Result<AssetUpload, ApiError> {
    post("/v3/assets", file).await
}

/// Lets people out of a campaign who cannot be filled in.
pub async fn leave_out_unfilled(id: &CampaignId) -> Result<Campaign, ApiError> {
    let edit = EditCampaign { skip_unfilled: Some(true), ..EditCampaign::default() };
    patch(&format!("/v3/campaigns/{}", encoded(id.as_str())), &edit).await
}
