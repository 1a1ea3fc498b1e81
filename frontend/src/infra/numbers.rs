//! The endpoints that add, change and look after the numbers that send, one function each.

use wire::{Channel, ChannelHealth, ChannelId, CreateChannel, EditChannel};

use super::http::{ApiError, delete, encoded, get, patch, post};

/// Asks WhatsApp how a number is.
pub async fn health(id: &ChannelId) -> Result<ChannelHealth, ApiError> {
    get(&format!("{}/health", one(id))).await
}

/// Adds a number.
pub async fn create(asked: &CreateChannel) -> Result<Channel, ApiError> {
    post("/v3/channels", asked).await
}

/// Changes what is named.
pub async fn edit(id: &ChannelId, asked: &EditChannel) -> Result<Channel, ApiError> {
    patch(&one(id), asked).await
}

/// Takes a number away; one that is gone already is away.
pub async fn remove(id: &ChannelId) -> Result<(), ApiError> {
    match delete(&one(id)).await {
        Err(error) if error.status() == Some(404) => Ok(()),
        other => other,
    }
}

fn one(id: &ChannelId) -> String {
    format!("/v3/channels/{}", encoded(id.as_str()))
}
