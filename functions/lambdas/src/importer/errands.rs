//! Errands: work on the contact book that takes longer than a request. A queue keeps each until it is done.

use aws_lambda_events::sqs::SqsEvent;

use super::{export, fetch, into_contacts, list, redact};
use crate::App;
use crate::storage::queues::Errand;

/// Does every errand of the event. One that cannot be read is logged and dropped: it would come back for ever.
pub async fn handle(app: &App, event: SqsEvent) -> anyhow::Result<()> {
    for message in &event.records {
        match serde_json::from_str(message.body.as_deref().unwrap_or_default()) {
            Ok(errand) => run(app, errand).await?,
            Err(error) => tracing::error!(%error, "an errand cannot be read"),
        }
    }
    Ok(())
}

async fn run(app: &App, errand: Errand) -> anyhow::Result<()> {
    match errand {
        Errand::ListAudience { workspace_id, audience_id } => {
            list::make_audience(app, workspace_id, &audience_id).await
        }
        Errand::IntoContacts { workspace_id, audience_id } => into_contacts::put(app, workspace_id, &audience_id).await,
        Errand::RedactRejects { workspace_id, erasure_id } => redact::redact(app, workspace_id, &erasure_id).await,
        Errand::FetchFile { workspace_id, audience_id, address } => {
            fetch::make_audience(app, workspace_id, &audience_id, &address).await
        }
        Errand::Export { workspace_id, export_id } => export::write(app, workspace_id, &export_id).await,
    }
}
