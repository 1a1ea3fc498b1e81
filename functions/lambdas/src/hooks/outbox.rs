//! Steps of campaigns, told by the transaction that takes them: the event stands with the step or not at all. It is given
//! to the queue right after; killed in between, the dispatcher finds it.

use campaigns::event::of_step;
use wire::{CampaignStatus, WebhookData};

use super::Happening;
use crate::App;
use crate::storage::audit::AuditLine;
use crate::storage::campaigns::CampaignRecord;
use crate::storage::deliveries::{DELIVERY_SHARD, DeliveryRecord};
use crate::storage::hooks;
use crate::storage::queues::{self, DeliveryErrand};

/// When the dispatcher looks after an event that was given to the queue, in milliseconds: the queue had it long before.
pub(crate) const LOOK_AFTER_MS: i64 = 60_000;

/// The events of a step, one for each webhook that wants it. `next` has the version that it is written with.
pub(crate) async fn of(
    app: &App,
    from: CampaignStatus,
    next: &CampaignRecord,
    line: &AuditLine,
) -> anyhow::Result<Vec<DeliveryRecord>> {
    let Some(kind) = of_step(from, next.status) else { return Ok(Vec::new()) };
    let known = hooks::known(app, next.workspace_id).await?;
    let now = app.clock.now_millis();
    let happening = Happening {
        kind,
        at: now,
        named: format!("{}#{}", next.id, next.version),
        person: None,
        data: WebhookData {
            campaign_id: Some(next.id.clone()),
            campaign_name: Some(next.name.clone()),
            status: Some(next.status),
            who: Some(line.who.clone()),
            reason: line.reason.clone(),
            channel_id: Some(next.channel_id.clone()),
            ..WebhookData::default()
        },
    };
    let wanting = known.hooks.iter().filter(|hook| hook.wants(kind));
    wanting.map(|hook| happening.to(next.workspace_id, &hook.id, now).map(|event| waiting(event, now))).collect()
}

/// The event as it waits for its first try.
pub(crate) fn waiting(event: DeliveryRecord, now: i64) -> DeliveryRecord {
    DeliveryRecord {
        next_at: Some(now),
        due_shard: Some(DELIVERY_SHARD.to_owned()),
        due_at: Some(now + LOOK_AFTER_MS),
        version: event.version + 1,
        ..event
    }
}

/// Gives events that stand to the queue. The step is done: what fails here is only later.
pub(crate) async fn send(app: &App, events: Vec<DeliveryRecord>) {
    for event in events {
        let (workspace_id, hook_id) = (event.workspace_id, event.hook_id);
        let errand = DeliveryErrand { workspace_id, hook_id, events: Vec::new(), again: vec![event.id] };
        if let Err(error) = queues::send_deliveries(app, &errand, 0).await {
            tracing::error!(%workspace_id, error = format!("{error:#}"), "an event goes a minute later");
        }
    }
}
