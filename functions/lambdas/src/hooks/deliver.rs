//! One event to one webhook: signed, posted, and noted what came of it. A try that fails is made again later, in the queue
//! where that is minutes away, by the dispatcher where it is hours.
//!
//! An event that died with its exporter between the post and the note comes again with the same id: at least once.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::{AtomicBool, Ordering};

use bytes::Bytes;
use campaigns::event::{FAILING_FOR_MS, wait_ms_after};
use futures::{StreamExt, TryStreamExt, stream};
use wire::{DeliveryStatus, WebhookEventKind};

use super::outbox::LOOK_AFTER_MS;
use super::sign;
use crate::App;
use crate::fetch::Answered;
use crate::notices;
use crate::storage::deliveries::{self, DELIVERY_SHARD, DeliveryRecord};
use crate::storage::hooks::{self, HookRecord, HooksRecord};
use crate::storage::queues::{self, DeliveryErrand, LONGEST_DELAY_SECONDS};
use crate::storage::suppressions::{self, Barred};
use crate::storage::table::Written;

/// Events posted to one webhook at once.
const PARALLEL_POSTS: usize = 8;

/// A try that comes earlier than this before its time waits, in milliseconds: queues count in seconds.
const EARLY_MS: i64 = 1_000;

/// The answer of a receiver that wants nothing more.
const GONE: u16 = 410;

/// Delivers the events of an errand. What is done already is left alone.
pub(crate) async fn handle(app: &App, errand: DeliveryErrand) -> anyhow::Result<()> {
    let known = hooks::known(app, errand.workspace_id).await?;
    // Deleted: nobody waits for it.
    let Some(hook) = known.find(&errand.hook_id) else { return Ok(()) };
    let mut asks = Vec::with_capacity(errand.events.len() + errand.again.len());
    for (id, fresh) in places(&errand) {
        asks.push(standing(app, &errand, id, fresh));
    }
    let found: Vec<Option<DeliveryRecord>> = stream::iter(asks).buffered(PARALLEL_POSTS).try_collect().await?;
    let events = without_erased(app, &errand, found.into_iter().flatten().collect()).await?;
    let mut posts = Vec::with_capacity(events.len());
    for event in events {
        posts.push(attempt(app, hook, event));
    }
    let came: Vec<Came> = stream::iter(posts).buffer_unordered(PARALLEL_POSTS).try_collect().await?;
    note_health(app, hook, errand.workspace_id, &came).await
}

fn places(errand: &DeliveryErrand) -> Vec<(wire::DeliveryId, Option<DeliveryRecord>)> {
    let fresh = errand.events.iter().map(|event| (event.id.clone(), Some(event.clone())));
    fresh.chain(errand.again.iter().map(|id| (id.clone(), None))).collect()
}

/// The event if it is to be tried now: it was never noted, or waits and its time has come.
async fn standing(
    app: &App,
    errand: &DeliveryErrand,
    id: wire::DeliveryId,
    fresh: Option<DeliveryRecord>,
) -> anyhow::Result<Option<DeliveryRecord>> {
    let found = deliveries::get(app, errand.workspace_id, &errand.hook_id, &id).await?;
    let Some(found) = found else { return Ok(fresh) };
    let until = app.clock.now_millis() + EARLY_MS;
    Ok(Some(found)
        .filter(|found| fresh.is_none() && found.status == DeliveryStatus::Waiting)
        .filter(|found| found.next_at.is_none_or(|at| at <= until)))
}

/// The events without what is about somebody who was erased meanwhile.
async fn without_erased(
    app: &App,
    errand: &DeliveryErrand,
    events: Vec<DeliveryRecord>,
) -> anyhow::Result<Vec<DeliveryRecord>> {
    let people: BTreeSet<String> = events.iter().filter_map(|event| event.person.clone()).collect();
    let barred: BTreeMap<String, Barred> = suppressions::among(app, errand.workspace_id, None, &people).await?;
    let is_erased =
        |event: &DeliveryRecord| event.person.as_ref().and_then(|person| barred.get(person)) == Some(&Barred::Erased);
    let (erased, events): (Vec<DeliveryRecord>, Vec<DeliveryRecord>) = events.into_iter().partition(is_erased);
    for event in erased {
        put(app, &forgotten(event)).await?;
    }
    Ok(events)
}

/// The event without its person, who was erased: it goes nowhere.
pub(crate) fn forgotten(event: DeliveryRecord) -> DeliveryRecord {
    let event = DeliveryRecord { person: None, body: None, ..event };
    dead(DeliveryRecord { answer: Some("The person was erased.".to_owned()), answer_status: None, ..event })
}

fn dead(event: DeliveryRecord) -> DeliveryRecord {
    let version = event.version + 1;
    DeliveryRecord { status: DeliveryStatus::Dead, next_at: None, due_shard: None, due_at: None, version, ..event }
}

/// What came of one try, as far as the webhook's health is concerned.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Came {
    /// It was taken.
    Taken,
    /// It was not.
    Not,
    /// The receiver wants nothing more.
    Gone,
    /// It was not tried.
    Untried,
}

/// Tries an event once and notes what came of it.
async fn attempt(app: &App, hook: &HookRecord, event: DeliveryRecord) -> anyhow::Result<Came> {
    let (next, came) = tried(app, hook, event).await?;
    if put(app, &next).await? == Written::Done
        && let Some(at) = next.next_at
    {
        wait(app, &next, at).await?;
    }
    Ok(came)
}

/// Tries an event that stands nowhere yet, once and not again: how somebody tries a webhook out.
pub(crate) async fn try_out(app: &App, hook: &HookRecord, event: DeliveryRecord) -> anyhow::Result<DeliveryRecord> {
    let (next, _) = tried(app, hook, event).await?;
    put(app, &next).await?;
    Ok(next)
}

/// The event after its next try.
async fn tried(app: &App, hook: &HookRecord, event: DeliveryRecord) -> anyhow::Result<(DeliveryRecord, Came)> {
    let Some(body) = event.body.clone().filter(|_| hook.disabled_because.is_none()) else {
        let why = Some("The webhook is switched off.".to_owned());
        return Ok((dead(DeliveryRecord { answer: why, answer_status: None, ..event }), Came::Untried));
    };
    let headers = sign::headers(hook, event.id.as_str(), app.clock.now_millis() / 1_000, &body)?;
    let answered = app.fetcher.post(&hook.url, &headers, Bytes::from(body)).await;
    let came = match &answered {
        Ok(answer) if (200..300).contains(&answer.status) => Came::Taken,
        Ok(answer) if answer.status == GONE => Came::Gone,
        Ok(_) | Err(_) => Came::Not,
    };
    Ok((after(event, answered, came, app.clock.now_millis()), came))
}

fn after(event: DeliveryRecord, answered: Result<Answered, String>, came: Came, now: i64) -> DeliveryRecord {
    let (status, said) = match answered {
        Ok(Answered { status, said }) => (Some(status), Some(said).filter(|said| !said.is_empty())),
        Err(why) => (None, Some(why)),
    };
    let attempts = event.attempts + 1;
    let event = DeliveryRecord { attempts, attempted_at: Some(now), answer_status: status, answer: said, ..event };
    let wait_ms = wait_ms_after(attempts).filter(|_| event.kind != WebhookEventKind::WebhookTest);
    match (came, wait_ms) {
        (Came::Taken, _) => {
            let body = event.body.clone().filter(|_| event.person.is_none());
            DeliveryRecord { status: DeliveryStatus::Delivered, person: None, body, ..dead(event) }
        }
        (Came::Not, Some(wait_ms)) => DeliveryRecord {
            next_at: Some(now + wait_ms),
            due_shard: Some(DELIVERY_SHARD.to_owned()),
            // The queue brings it before the dispatcher looks; what waits for longer than it can hold is the dispatcher's.
            due_at: Some(if is_for_queue(wait_ms) { now + wait_ms + LOOK_AFTER_MS } else { now + wait_ms }),
            version: event.version + 1,
            ..event
        },
        (Came::Not, None) | (Came::Gone | Came::Untried, _) => dead(event),
    }
}

fn is_for_queue(wait_ms: i64) -> bool {
    wait_ms <= LONGEST_DELAY_SECONDS * 1_000
}

/// Somebody else may have tried it too, and noted it first: then that stands.
async fn put(app: &App, next: &DeliveryRecord) -> anyhow::Result<Written> {
    deliveries::put(app, next).await
}

/// Gives an event back to the queue for its next try, where that is near.
async fn wait(app: &App, event: &DeliveryRecord, at: i64) -> anyhow::Result<()> {
    let wait_ms = at - app.clock.now_millis();
    if !is_for_queue(wait_ms) {
        return Ok(());
    }
    let (workspace_id, hook_id) = (event.workspace_id, event.hook_id.clone());
    let errand = DeliveryErrand { workspace_id, hook_id, events: Vec::new(), again: vec![event.id.clone()] };
    queues::send_deliveries(app, &errand, (wait_ms + 999) / 1_000).await
}

/// Notes whether the webhook takes what it is told; one that wants no more, or takes nothing for days, is switched off.
async fn note_health(app: &App, hook: &HookRecord, workspace: wire::WorkspaceId, came: &[Came]) -> anyhow::Result<()> {
    let has = |what: Came| came.contains(&what);
    let is_news =
        has(Came::Gone) || (has(Came::Taken) && hook.failing_since.is_some()) || (has(Came::Not) && !has(Came::Taken));
    if !is_news {
        return Ok(());
    }
    let now = app.clock.now_millis();
    // Of errands that come to it at once one switches it off and tells of it; what a person does is no news of ours.
    let is_off_by_this = AtomicBool::new(false);
    let judge = |record: &mut HooksRecord| {
        is_off_by_this.store(false, Ordering::Relaxed);
        let Some(standing) = record.find_mut(&hook.id).filter(|standing| standing.disabled_because.is_none()) else {
            return Ok::<(), ()>(());
        };
        match has(Came::Taken) {
            true => standing.failing_since = None,
            false => standing.failing_since = standing.failing_since.or(Some(now)),
        }
        if has(Came::Gone) {
            standing.disabled_because = Some("The receiver answered 410: it wants nothing more.".to_owned());
        } else if standing.failing_since.is_some_and(|since| now - since >= FAILING_FOR_MS) {
            let days = FAILING_FOR_MS / 86_400_000;
            standing.disabled_because = Some(format!("Nothing arrived for {days} days."));
        }
        is_off_by_this.store(standing.disabled_because.is_some(), Ordering::Relaxed);
        Ok(())
    };
    let changed = hooks::change(app, workspace, judge).await?;
    if let hooks::Changed::To(now_standing) = changed
        && let Some(why) = now_standing.find(&hook.id).and_then(|standing| standing.disabled_because.as_ref())
        && is_off_by_this.into_inner()
    {
        tracing::warn!(%workspace, webhook = %hook.id, why, "a webhook was switched off");
        notices::of_hook(app, workspace, hook, why).await?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use wire::{WebhookData, WebhookId, WorkspaceId};

    use super::*;
    use crate::hooks::Happening;

    fn event() -> DeliveryRecord {
        let happening = Happening {
            kind: WebhookEventKind::ReplyReceived,
            at: 1_000,
            named: "a".into(),
            person: Some("12025550100".into()),
            data: WebhookData::default(),
        };
        happening.to(WorkspaceId(1), &WebhookId("h".into()), 0).unwrap()
    }

    fn answered(status: u16) -> Result<Answered, String> {
        Ok(Answered { status, said: "no".into() })
    }

    #[test]
    fn who_was_told_is_forgotten_and_what_is_about_nobody_is_kept() {
        let taken = after(event(), answered(204), Came::Taken, 5_000);
        assert_eq!((taken.status, taken.person, taken.body), (DeliveryStatus::Delivered, None, None));
        let of_nobody = DeliveryRecord { person: None, ..event() };
        assert!(after(of_nobody, answered(200), Came::Taken, 5_000).body.is_some());
    }

    #[test]
    fn tries_wait_longer_each_time_and_end() {
        let (mut event, mut waits) = (event(), Vec::new());
        while event.status == DeliveryStatus::Waiting {
            event = after(event, answered(500), Came::Not, 0);
            waits.extend(event.next_at);
            let looked_at = event.due_at.unwrap_or_default() - event.next_at.unwrap_or_default();
            assert!(event.next_at.is_none_or(|wait| (looked_at > 0) == is_for_queue(wait)));
        }
        assert_eq!(waits, [5_000, 60_000, 300_000, 1_800_000, 7_200_000, 28_800_000]);
        assert_eq!((event.attempts, event.due_shard.is_none(), event.body.is_some()), (7, true, true));
        assert_eq!(after(event, answered(410), Came::Gone, 0).status, DeliveryStatus::Dead);
    }
}
