//! When people of the book were last written to: by their messages, which the index of the messages table has by person.
//!
//! It is asked for where it is shown or filtered by, and never written down: a sender that noted it on each contact would
//! pay a write unit a message more, for strangers too, whom it would first have to look for. A question costs half a read
//! unit, and one more for the message. It is known for as long as messages are kept.

use std::collections::BTreeMap;

use campaigns::contact::canonical;
use campaigns::list::Sought;
use campaigns::message::MessageRecord;
use futures::{StreamExt, TryStreamExt, stream};
use wire::{Contact, WorkspaceId};

use super::people::{self, Place};
use crate::App;
use crate::clock::time_of_millis;

/// People asked for side by side.
const PARALLEL_ASKS: usize = 64;

/// Messages of a person that are looked through where the newest was none: those that were left out or refused.
const MOST_LOOKED_AT: i32 = 100;

/// Of these contacts those who are sought, each with when he was last written to, if that is to be known.
pub async fn found(
    app: &App,
    workspace: WorkspaceId,
    sought: &Sought,
    contacts: Vec<Contact>,
    shows: bool,
) -> anyhow::Result<Vec<Contact>> {
    let mut found: Vec<Contact> = contacts.into_iter().filter(|contact| sought.may_find(contact)).collect();
    if shows || sought.asks_last_contact() {
        tell(app, workspace, &mut found).await?;
    }
    found.retain(|contact| sought.finds(contact));
    Ok(found)
}

/// Puts onto each of these contacts when he was last written to.
pub async fn tell(app: &App, workspace: WorkspaceId, contacts: &mut [Contact]) -> anyhow::Result<()> {
    let mut asks = Vec::with_capacity(contacts.len());
    for contact in contacts.iter() {
        let phone = canonical(contact);
        asks.push(async move {
            let places = people::places(app, workspace, &phone, 0, 1).await?;
            anyhow::Ok(places.into_iter().next().map(|place| (place, phone)))
        });
    }
    let newest: Vec<Option<(Place, String)>> = stream::iter(asks).buffer_unordered(PARALLEL_ASKS).try_collect().await?;
    let newest: BTreeMap<Place, String> = newest.into_iter().flatten().collect();
    let places: Vec<Place> = newest.keys().cloned().collect();
    let mut last = BTreeMap::new();
    for message in people::at(app, &places).await? {
        let place = Place { shard: message.shard.clone(), index: message.index };
        let Some(phone) = newest.get(&place) else { continue };
        let at = match written_at(&message) {
            Some(at) => Some(at),
            None => before(app, workspace, phone).await?,
        };
        last.extend(at.map(|at| (phone.clone(), at)));
    }
    for contact in contacts {
        let at = last.get(&canonical(contact)).map(|at| time_of_millis(*at));
        contact.last_contact_at = contact.last_contact_at.max(at);
    }
    Ok(())
}

/// The same of somebody whose newest message never left.
async fn before(app: &App, workspace: WorkspaceId, phone: &str) -> anyhow::Result<Option<i64>> {
    let places = people::places(app, workspace, phone, 0, MOST_LOOKED_AT).await?;
    Ok(people::at(app, &places).await?.iter().filter_map(written_at).max())
}

/// When the message was sent, as far as WhatsApp took it or may have.
fn written_at(message: &MessageRecord) -> Option<i64> {
    let at = message.sent_at.or(message.accepted_at).unwrap_or(message.attempted_at);
    people::counts(message).then_some(at)
}
