//! What webhooks told of a channel: its rate, its limit, whether WhatsApp flagged it, and notices for people. Each fact has
//! the time that WhatsApp gave it: an older one, or the same one again, changes nothing.

use serde::{Deserialize, Serialize};

use super::channels::{self, ChannelRecord};
use crate::App;

/// Notices that are kept: the newest.
const MOST_NOTICES: usize = 10;

/// Longest notice, in characters: a sentence with Meta's reason in it.
const LONGEST_NOTICE: usize = 300;

/// A fact and when it was told, in seconds since 1970.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Told<T> {
    /// The fact.
    pub is: T,
    /// When.
    pub at: i64,
}

/// How WhatsApp sees the quality of a number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Quality {
    /// It may send at its whole rate.
    Good,
    /// People block and report it: it sends at half its rate.
    Flagged,
}

/// How many people a portfolio may write to in 24 hours.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Limit {
    /// So many.
    People(u32),
    /// As many as it likes.
    Unlimited,
}

/// A sentence for people.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Notice {
    /// Seconds since 1970.
    pub at: i64,
    /// For a marketer.
    pub text: String,
}

/// All that was told.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Heard {
    /// The number's rate, in messages a second.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rate: Option<Told<u32>>,
    /// The portfolio's limit.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub limit: Option<Told<Limit>>,
    /// The number's quality.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub quality: Option<Told<Quality>>,
    /// The rate with which the channel was registered.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub registered_rate: Option<u32>,
    /// Newest first.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub notices: Vec<Notice>,
}

impl Heard {
    /// Whether nothing was told.
    pub fn is_nothing(&self) -> bool {
        *self == Heard::default()
    }

    /// Takes a fact, unless a later one is known.
    pub fn tell<T: PartialEq>(fact: &mut Option<Told<T>>, is: T, at: i64) {
        if fact.as_ref().is_none_or(|known| known.at < at) {
            *fact = Some(Told { is, at });
        }
    }

    /// Keeps a notice, once, if it is among the newest.
    pub fn note(&mut self, at: i64, text: &str) {
        let notice = Notice { at, text: text.chars().take(LONGEST_NOTICE).collect() };
        if !self.notices.contains(&notice) {
            self.notices.push(notice);
            self.notices.sort_by(|a, b| (b.at, &a.text).cmp(&(a.at, &b.text)));
            self.notices.truncate(MOST_NOTICES);
        }
    }
}

impl ChannelRecord {
    /// The channel with what was told of it.
    #[must_use]
    pub fn hearing(mut self, heard: Heard) -> ChannelRecord {
        let registered = self.heard.registered_rate.unwrap_or(self.messages_per_second);
        let says_rate = heard.rate.is_some() || heard.quality.is_some();
        let whole = heard.rate.map_or(registered, |rate| rate.is);
        self.messages_per_second = match heard.quality.map(|quality| quality.is) {
            Some(Quality::Flagged) => (whole / 2).max(1),
            Some(Quality::Good) | None => whole,
        };
        match heard.limit.map(|limit| limit.is) {
            Some(Limit::People(people)) => self.messaging_limit = Some(people),
            Some(Limit::Unlimited) => self.messaging_limit = None,
            None => {}
        }
        self.heard = Heard { registered_rate: says_rate.then_some(registered), ..heard };
        self
    }
}

/// Changes what was heard of a channel; nothing is written when it says nothing new, or when the channel is gone.
pub async fn change(app: &App, channel: &ChannelRecord, change: impl Fn(&mut Heard)) -> anyhow::Result<()> {
    let hear = |read: &ChannelRecord| {
        let mut heard = read.heard.clone();
        change(&mut heard);
        if heard == read.heard { read.clone() } else { read.clone().hearing(heard) }
    };
    channels::edit(app, channel.workspace_id, &channel.id, hear).await.map(|_| ())
}

#[cfg(test)]
mod tests {
    use wire::{ChannelId, WorkspaceId};

    use super::*;

    fn channel() -> ChannelRecord {
        ChannelRecord {
            id: ChannelId("n".into()),
            workspace_id: WorkspaceId(1),
            name: String::new(),
            phone_number_id: "1".into(),
            waba_id: "2".into(),
            app_id: "3".into(),
            display_phone_number: String::new(),
            portfolio_id: None,
            messaging_limit: Some(250),
            messages_per_second: 80,
            simulated: true,
            heard: Heard::default(),
            marketing_messages: false,
            api_version: None,
            token_name: None,
            by_user_id: false,
            version: 0,
        }
    }

    fn told(change: impl Fn(&mut Heard)) -> ChannelRecord {
        let mut heard = Heard::default();
        change(&mut heard);
        channel().hearing(heard)
    }

    #[test]
    fn an_upgrade_raises_the_rate_and_a_flag_halves_it_until_it_is_taken_away() {
        let flagged = told(|heard| Heard::tell(&mut heard.quality, Quality::Flagged, 5));
        assert_eq!((flagged.messages_per_second, flagged.heard.registered_rate), (40, Some(80)));
        let mut heard = flagged.heard.clone();
        Heard::tell(&mut heard.rate, 1_000, 6);
        let raised = flagged.hearing(heard);
        assert_eq!(raised.messages_per_second, 500);
        let mut heard = raised.heard.clone();
        Heard::tell(&mut heard.quality, Quality::Good, 4);
        assert_eq!(heard, raised.heard, "an older word changes nothing");
        Heard::tell(&mut heard.quality, Quality::Good, 7);
        assert_eq!(raised.hearing(heard).messages_per_second, 1_000);
    }

    #[test]
    fn a_limit_is_set_and_taken_away() {
        assert_eq!(told(|heard| Heard::tell(&mut heard.limit, Limit::People(2_000), 1)).messaging_limit, Some(2_000));
        assert_eq!(told(|heard| Heard::tell(&mut heard.limit, Limit::Unlimited, 1)).messaging_limit, None);
        assert_eq!(told(|heard| heard.note(1, "x")).messaging_limit, Some(250));
    }

    #[test]
    fn what_was_heard_outlives_a_new_registration() {
        let raised = told(|heard| Heard::tell(&mut heard.rate, 1_000, 6));
        let again = ChannelRecord { messages_per_second: 20, ..channel() }.hearing(raised.heard);
        assert_eq!((again.messages_per_second, again.heard.registered_rate), (1_000, Some(20)));
    }

    #[test]
    fn the_ten_newest_notices_are_kept_each_once() {
        let mut heard = Heard::default();
        for at in (0..30).chain(0..30) {
            heard.note(at, "WhatsApp said something");
        }
        let times: Vec<i64> = heard.notices.iter().map(|notice| notice.at).collect();
        assert_eq!(times, (20..30).rev().collect::<Vec<_>>());
        heard.note(99, &"é".repeat(1_000));
        assert_eq!(heard.notices[0].text.chars().count(), LONGEST_NOTICE);
    }
}
