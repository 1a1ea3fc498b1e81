//! Webhooks out: whoever sees something happen tells it here; whoever wants it gets it through a queue of its own, from
//! the exporter, so that no slow receiver holds anything else up.
//!
//! An event has the same id whoever tells it again, and arrives at least once. What comes of WhatsApp's webhooks and of
//! the messages' stream is told again with them; a step of a campaign is told by the same transaction that takes it.
//! A workspace without webhooks costs one read in ten seconds.

pub mod deliver;
pub(crate) mod outbox;
pub mod sign;
pub(crate) mod stream;

use anyhow::Context;
use sha2::{Digest, Sha256};
use ulid::Ulid;
use wire::{DeliveryId, DeliveryStatus, WebhookData, WebhookEvent, WebhookEventKind, WebhookId, WorkspaceId};

use crate::App;
use crate::clock::time_of_millis;
use crate::storage::deliveries::{self, DeliveryRecord};
use crate::storage::hooks::{self, HookRecord};
use crate::storage::queues::{self, DeliveryErrand};

/// Events of one errand: with a slow receiver they take a few minutes of the exporter's fifteen.
const ERRAND_EVENTS: usize = 50;

/// Something that happened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Happening {
    /// What.
    pub kind: WebhookEventKind,
    /// When, in milliseconds since 1970.
    pub at: i64,
    /// Names it among all of its kind and time: the same whoever tells it again.
    pub named: String,
    /// Digits of the canonical phone of the person in its data.
    pub person: Option<String>,
    /// What it is about.
    pub data: WebhookData,
}

impl Happening {
    /// The event on its way to a webhook.
    pub(crate) fn to(
        &self,
        workspace_id: WorkspaceId,
        hook_id: &WebhookId,
        now: i64,
    ) -> anyhow::Result<DeliveryRecord> {
        let event = WebhookEvent { kind: self.kind, timestamp: time_of_millis(self.at), data: self.data.clone() };
        Ok(DeliveryRecord {
            id: self.id(),
            workspace_id,
            hook_id: hook_id.clone(),
            kind: self.kind,
            happened_at: self.at,
            person: self.person.clone(),
            body: Some(serde_json::to_string(&event).context("an event does not fit into JSON")?),
            status: DeliveryStatus::Waiting,
            attempts: 0,
            attempted_at: None,
            answer_status: None,
            answer: None,
            next_at: None,
            due_shard: None,
            due_at: None,
            expires_at: deliveries::expires_at(now),
            version: 0,
        })
    }

    /// Sorted by time like every id, and made of the event.
    fn id(&self) -> DeliveryId {
        let hash = Sha256::digest(format!("{}#{}", self.kind.as_str(), self.named).as_bytes());
        let mut bytes = [0u8; 16];
        bytes.copy_from_slice(&hash[..16]);
        let millis = u64::try_from(self.at).unwrap_or_default();
        DeliveryId(Ulid::from_parts(millis, u128::from_le_bytes(bytes)).to_string())
    }
}

/// Tells the workspace's webhooks that want it. An error means: some may not know, tell it again.
pub(crate) async fn tell(app: &App, workspace: WorkspaceId, happenings: &[Happening]) -> anyhow::Result<()> {
    if happenings.is_empty() {
        return Ok(());
    }
    let known = hooks::known(app, workspace).await?;
    for hook in &known.hooks {
        let wanted: Vec<&Happening> = happenings.iter().filter(|happening| hook.wants(happening.kind)).collect();
        give(app, workspace, &hook.id, &wanted).await?;
    }
    Ok(())
}

/// Tells one webhook what it has not asked for, unless it is switched off. What it wants besides comes by [`tell`]:
/// given to the queue twice, two runs of the exporter might post it at the same time.
pub(crate) async fn tell_one(
    app: &App,
    workspace: WorkspaceId,
    hook: &WebhookId,
    happening: &Happening,
) -> anyhow::Result<()> {
    let known = hooks::known(app, workspace).await?;
    let is_left = |hook: &&HookRecord| hook.disabled_because.is_none() && !hook.wants(happening.kind);
    match known.find(hook).filter(is_left) {
        Some(_) => give(app, workspace, hook, &[happening]).await,
        None => Ok(()),
    }
}

async fn give(app: &App, workspace: WorkspaceId, hook: &WebhookId, wanted: &[&Happening]) -> anyhow::Result<()> {
    let now = app.clock.now_millis();
    for some in wanted.chunks(ERRAND_EVENTS) {
        let events = some.iter().map(|happening| happening.to(workspace, hook, now));
        let events = events.collect::<anyhow::Result<Vec<DeliveryRecord>>>()?;
        let errand = DeliveryErrand { workspace_id: workspace, hook_id: hook.clone(), events, again: Vec::new() };
        queues::send_deliveries(app, &errand, 0).await?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn happening(named: &str, at: i64) -> Happening {
        let (kind, data) = (WebhookEventKind::ReplyReceived, WebhookData::default());
        Happening { kind, at, named: named.to_owned(), person: None, data }
    }

    #[test]
    fn an_event_has_the_same_id_whoever_tells_it_and_ids_are_sorted_by_time() {
        assert_eq!(happening("a", 1_000).id(), happening("a", 1_000).id());
        assert_ne!(happening("a", 1_000).id(), happening("b", 1_000).id());
        let read = Happening { kind: WebhookEventKind::MessageRead, ..happening("a", 1_000) };
        assert_ne!(happening("a", 1_000).id(), read.id());
        assert!(happening("z", 1_000).id() < happening("a", 2_000).id());
    }

    #[test]
    fn a_body_says_what_happened_when_and_to_what() {
        let data = WebhookData { phone: Some("+12025550100".into()), ..WebhookData::default() };
        let told = Happening { data, ..happening("a", 1_764_000_000_123) };
        let record = told.to(WorkspaceId(1), &WebhookId("h".into()), 0).unwrap();
        assert_eq!(
            record.body.as_deref(),
            Some(r#"{"type":"reply.received","timestamp":"2025-11-24T16:00:00.123Z","data":{"phone":"+12025550100"}}"#)
        );
    }
}
