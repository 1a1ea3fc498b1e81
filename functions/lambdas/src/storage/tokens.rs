//! Access tokens that channels brought along. Each is a secret of its own in Secrets Manager, under a name that is used
//! once and stands with the channel: what was read under it once holds, and a channel with another token has another name.

use anyhow::Context;
use aws_sdk_secretsmanager::operation::delete_secret::DeleteSecretError;
use wire::{AccessToken, ChannelId, WorkspaceId};

use crate::App;

/// Keeps a token; answers the name that stands for it.
pub async fn keep(
    app: &App,
    workspace: WorkspaceId,
    channel: &ChannelId,
    token: &AccessToken,
) -> anyhow::Result<String> {
    let name = format!("{}{workspace}/{channel}/{}", app.config.token_prefix, app.new_id()?);
    let create = app.secrets.create_secret().name(&name).secret_string(token.reveal());
    create.send().await.with_context(|| format!("keeping the token of channel {channel}"))?;
    Ok(name)
}

/// The token of this name.
pub async fn read(app: &App, name: &str) -> anyhow::Result<AccessToken> {
    if let Some(token) = app.known.token(name) {
        return Ok(token);
    }
    let output = app.secrets.get_secret_value().secret_id(name).send().await;
    let secret = output.with_context(|| format!("reading the token {name}"))?.secret_string;
    let token = AccessToken::new(secret.with_context(|| format!("the token {name} has no text"))?);
    app.known.learn_token(name, &token);
    Ok(token)
}

/// Takes a token away for good; one that is gone already is gone.
pub async fn forget(app: &App, name: &str) -> anyhow::Result<()> {
    app.known.forget_token(name);
    let delete = app.secrets.delete_secret().secret_id(name).force_delete_without_recovery(true).send().await;
    match delete {
        Ok(_) => Ok(()),
        Err(error) if error.as_service_error().is_some_and(DeleteSecretError::is_resource_not_found_exception) => {
            Ok(())
        }
        Err(error) => Err(error).with_context(|| format!("deleting the token {name}")),
    }
}
