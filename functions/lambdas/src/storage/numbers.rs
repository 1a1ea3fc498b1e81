//! Numbers as webhooks name them, and the channel of each. A function that takes in thousands of webhooks asks once in
//! ten seconds: a channel changes when somebody registers it.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use super::channels::{self, ChannelRecord};
use super::table;
use crate::App;

/// What is known holds for this long, in milliseconds.
const KNOWN_MS: i64 = 10_000;

/// Numbers remembered at most: more than one deployment has.
const MOST_NUMBERS: usize = 1_000;

/// Longest id of a number, in characters: Meta's have some fifteen digits.
const LONGEST_NUMBER_ID: usize = 64;

/// The sort key beside `number#<id>`.
pub(super) const SORT: &str = "channel";

/// The partition of a number.
pub(super) fn partition(phone_number_id: &str) -> String {
    format!("number#{phone_number_id}")
}

/// Channels that were asked for lately, by the number's id at Meta.
#[derive(Debug, Default)]
pub struct Numbers(Mutex<HashMap<String, Known>>);

#[derive(Debug, Clone)]
struct Known {
    channel: Arc<ChannelRecord>,
    since_ms: i64,
}

impl Numbers {
    fn known(&self, phone_number_id: &str, now_ms: i64) -> Option<Arc<ChannelRecord>> {
        let numbers = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let known = numbers.get(phone_number_id)?;
        ((0..KNOWN_MS).contains(&(now_ms - known.since_ms))).then(|| Arc::clone(&known.channel))
    }

    /// Forgets a number: its channel changed here.
    pub(super) fn forget(&self, phone_number_id: &str) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).remove(phone_number_id);
    }

    fn learn(&self, phone_number_id: &str, channel: &Arc<ChannelRecord>, now_ms: i64) {
        let mut numbers = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if numbers.len() >= MOST_NUMBERS {
            numbers.clear();
        }
        numbers.insert(phone_number_id.to_owned(), Known { channel: Arc::clone(channel), since_ms: now_ms });
    }
}

/// The channel of a number, whatever its workspace; a change may take ten seconds to be seen. A number that has none is
/// asked for every time.
pub async fn channel_of(app: &App, phone_number_id: &str) -> anyhow::Result<Option<Arc<ChannelRecord>>> {
    let now = app.clock.now_millis();
    if let Some(known) = app.numbers.known(phone_number_id, now) {
        return Ok(Some(known));
    }
    channel_now(app, phone_number_id).await
}

/// The channel of a number as it stands: for what comes seldom and must not be taken for another's.
pub async fn channel_now(app: &App, phone_number_id: &str) -> anyhow::Result<Option<Arc<ChannelRecord>>> {
    if !(1..=LONGEST_NUMBER_ID).contains(&phone_number_id.len()) {
        return Ok(None);
    }
    let read = table::get(&app.dynamodb, &app.config.control_table, &partition(phone_number_id), SORT).await?;
    let Some(channel): Option<Arc<ChannelRecord>> = read.map(Arc::new) else { return Ok(None) };
    channels::complete(app, &channel).await?;
    app.numbers.learn(phone_number_id, &channel, app.clock.now_millis());
    Ok(Some(channel))
}

#[cfg(test)]
mod tests {
    use wire::{ChannelId, WorkspaceId};

    use super::*;

    fn channel() -> Arc<ChannelRecord> {
        Arc::new(ChannelRecord {
            id: ChannelId("whatsapp-1".to_owned()),
            workspace_id: WorkspaceId(1),
            name: String::new(),
            phone_number_id: "1".to_owned(),
            waba_id: "2".to_owned(),
            app_id: "3".to_owned(),
            display_phone_number: String::new(),
            portfolio_id: None,
            messaging_limit: None,
            messages_per_second: 80,
            simulated: true,
            marketing_messages: false,
            api_version: None,
            token_name: None,
            by_user_id: false,
            version: 0,
            heard: Default::default(),
        })
    }

    #[test]
    fn what_is_known_of_a_number_holds_for_ten_seconds() {
        let numbers = Numbers::default();
        assert_eq!(numbers.known("1", 0), None);
        numbers.learn("1", &channel(), 5_000);
        assert_eq!(numbers.known("1", 14_999), Some(channel()));
        assert_eq!(numbers.known("1", 15_000), None);
        assert_eq!(numbers.known("1", 4_999), None);
        assert_eq!(numbers.known("2", 5_000), None);
    }

    #[test]
    fn it_never_remembers_without_a_bound() {
        let numbers = Numbers::default();
        for number in 0..=MOST_NUMBERS {
            numbers.learn(&number.to_string(), &channel(), 0);
        }
        assert_eq!(numbers.0.lock().unwrap().len(), 1);
    }
}
