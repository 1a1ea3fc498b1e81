//! What becomes of messages, out of their stream: only where a webhook of the workspace wants it is more read of a change
//! than whose it is.

use std::collections::BTreeMap;

use anyhow::Context;
use aws_lambda_events::dynamodb::EventRecord;
use campaigns::event::of_message;
use campaigns::message::{MessageRecord, campaign_of};
use serde_dynamo::{AttributeValue, Item};
use wire::{WebhookData, WebhookEventKind, WorkspaceId};

use super::Happening;
use crate::App;
use crate::storage::hooks;

/// What the stream tells.
const KINDS: [WebhookEventKind; 4] = [
    WebhookEventKind::MessageAccepted,
    WebhookEventKind::MessageDelivered,
    WebhookEventKind::MessageRead,
    WebhookEventKind::MessageFailed,
];

/// The happenings in a batch of the stream that somebody wants, by workspace.
pub(crate) async fn wanted(
    app: &App,
    records: &[EventRecord],
) -> anyhow::Result<BTreeMap<WorkspaceId, Vec<Happening>>> {
    let mut by_workspace: BTreeMap<WorkspaceId, Vec<&EventRecord>> = BTreeMap::new();
    for record in records.iter().filter(|record| record.event_name != "REMOVE") {
        if let Some(workspace) = workspace_of(&record.change.new_image) {
            by_workspace.entry(workspace).or_default().push(record);
        }
    }
    let mut wanted = BTreeMap::new();
    for (workspace, records) in by_workspace {
        if hooks::known(app, workspace).await?.want_any(&KINDS) {
            let happenings: Vec<Vec<Happening>> = records.into_iter().map(happenings).collect::<anyhow::Result<_>>()?;
            wanted.insert(workspace, happenings.concat());
        }
    }
    Ok(wanted)
}

fn workspace_of(image: &Item) -> Option<WorkspaceId> {
    match image.inner().get("workspaceId")? {
        AttributeValue::N(number) => Some(WorkspaceId(number.parse().ok()?)),
        _ => None,
    }
}

fn happenings(record: &EventRecord) -> anyhow::Result<Vec<Happening>> {
    let message = |image: &Item| serde_dynamo::from_item::<_, MessageRecord>(image.clone());
    let after = message(&record.change.new_image).context("a stream record's new image")?;
    let before = match record.change.old_image.inner().is_empty() {
        true => None,
        false => Some(message(&record.change.old_image).context("a stream record's old image")?),
    };
    let facts = of_message(before.as_ref(), &after);
    Ok(facts.into_iter().map(|fact| happening(&after, fact.kind, fact.at)).collect())
}

fn happening(message: &MessageRecord, kind: WebhookEventKind, at: i64) -> Happening {
    let phone = message.canonical_phone();
    // Under the name of somebody who was erased lies a hash.
    let person = Some(phone.to_owned()).filter(|phone| phone.bytes().all(|byte| byte.is_ascii_digit()));
    let is_failed = kind == WebhookEventKind::MessageFailed;
    Happening {
        kind,
        at,
        named: format!("{}#{}#{}", message.shard, message.index, message.tried()),
        data: WebhookData {
            campaign_id: campaign_of(&message.shard),
            index: Some(message.index),
            phone: person.as_ref().map(|phone| format!("+{phone}")),
            message_id: message.wamid.clone(),
            attempt: Some(message.tried()),
            code: message.code.filter(|_| is_failed),
            reason: message.code.filter(|_| is_failed).map(campaigns::send_error::title),
            channel_id: Some(message.channel_id.clone()),
            ..WebhookData::default()
        },
        person,
    }
}
