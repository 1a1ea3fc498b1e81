//! What webhooks told of a channel: its rate, its limit, whether WhatsApp flagged it, and notices for people. Each fact has
//! the time that WhatsApp gave it: an older one, or the same one again, changes nothing.

use serde::{Deserialize, Serialize};
use serde_json::Value;

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

impl Limit {
    /// `2000`, `"2000"`, `"TIER_2K"`, `"TIER_UNLIMITED"`; what is not set is no limit to go by.
    pub fn of_meta(value: &Value) -> Option<Limit> {
        let people = |number: u64| u32::try_from(number).ok().filter(|people| *people > 0).map(Limit::People);
        if let Some(number) = value.as_u64() {
            return people(number);
        }
        let text = value.as_str()?;
        let tier = text.strip_prefix("TIER_").unwrap_or(text);
        match (tier, tier.strip_suffix('K')) {
            ("UNLIMITED", _) => Some(Limit::Unlimited),
            (_, Some(thousands)) => people(thousands.parse::<u64>().ok()?.checked_mul(1_000)?),
            (number, None) => people(number.parse().ok()?),
        }
    }
}

/// What WhatsApp said of a number when it was asked.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Asked {
    /// Messages a second; nothing where it does not say.
    pub rate: Option<u32>,
    /// The portfolio's limit; nothing where it does not say, which is no limit to go by either.
    pub limit: Option<Limit>,
    /// The number's quality.
    pub quality: Option<Quality>,
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
    /// Until when the account sends no utility templates, in seconds since 1970.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub no_utility_until: Option<Told<i64>>,
    /// Until when the account answers nobody with free words, in seconds since 1970.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub no_replies_until: Option<Told<i64>>,
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

    /// Whether the account may send no utility templates at `now` (milliseconds).
    pub fn lacks_utility(&self, now: i64) -> bool {
        self.no_utility_until.is_some_and(|told| told.is > now / 1_000)
    }

    /// Whether the account may answer nobody with free words at `now` (milliseconds).
    pub fn lacks_replies(&self, now: i64) -> bool {
        self.no_replies_until.is_some_and(|told| told.is > now / 1_000)
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

/// Messages a second of an ordinary number (Meta, throughput, September 2026).
pub const STANDARD_RATE: u32 = 80;

impl ChannelRecord {
    /// What is news in what WhatsApp answered, for the channel as it stands.
    ///
    /// A rate above the ordinary one raises only a number that has the ordinary one, and a lower one lowers every number:
    /// whoever registered a number with less wants less. A limit is lowered by what WhatsApp says, and raised only where
    /// it was WhatsApp that said the one that stands, for the same reason.
    pub fn learnt(&self, asked: &Asked, at: i64) -> Heard {
        let mut heard = self.heard.clone();
        let registered = heard.registered_rate.unwrap_or(self.messages_per_second);
        let whole = heard.rate.map_or(registered, |rate| rate.is);
        if let Some(rate) = asked.rate.filter(|rate| *rate < whole || (whole == STANDARD_RATE && *rate > whole)) {
            Heard::tell(&mut heard.rate, rate, at);
        }
        let people = |limit: Limit| match limit {
            Limit::People(people) => people,
            Limit::Unlimited => u32::MAX,
        };
        let standing = self.messaging_limit.unwrap_or(u32::MAX);
        let is_news = |limit: Limit| people(limit) < standing || (people(limit) > standing && heard.limit.is_some());
        if let Some(limit) = asked.limit.filter(|limit| is_news(*limit)) {
            Heard::tell(&mut heard.limit, limit, at);
        }
        let quality = heard.quality.map_or(Quality::Good, |told| told.is);
        if let Some(news) = asked.quality.filter(|news| *news != quality) {
            Heard::tell(&mut heard.quality, news, at);
        }
        heard
    }
}

/// Takes what WhatsApp answered about a channel at `at` (seconds since 1970) into its record, where it differs.
pub async fn learn(app: &App, channel: &ChannelRecord, asked: &Asked, at: i64) -> anyhow::Result<()> {
    let hear = |read: &ChannelRecord| {
        let heard = read.learnt(asked, at);
        if heard == read.heard { read.clone() } else { read.clone().hearing(heard) }
    };
    channels::edit(app, channel.workspace_id, &channel.id, hear).await.map(|_| ())
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
    fn what_whatsapp_answers_is_taken_in_where_it_differs_and_never_beyond_what_was_asked_for() {
        let of = |channel: &ChannelRecord, rate, limit, quality| {
            let asked = Asked { rate, limit, quality };
            let next = channel.clone().hearing(channel.learnt(&asked, 9));
            (next.messages_per_second, next.messaging_limit)
        };
        let standing = channel();
        assert_eq!(of(&standing, Some(80), Some(Limit::People(250)), Some(Quality::Good)), (80, Some(250)));
        assert!(standing.learnt(&Asked { rate: Some(80), limit: None, quality: Some(Quality::Good) }, 9).is_nothing());
        assert_eq!(of(&standing, Some(1_000), None, None), (1_000, Some(250)));
        assert_eq!(of(&standing, Some(20), None, Some(Quality::Flagged)), (10, Some(250)));
        let slow = ChannelRecord { messages_per_second: 5, ..channel() };
        assert_eq!(of(&slow, Some(1_000), None, None), (5, Some(250)), "less was asked for");
        assert_eq!(
            of(&standing, None, Some(Limit::People(2_000)), None),
            (80, Some(250)),
            "a person set the lower one"
        );
        let unlimited = ChannelRecord { messaging_limit: None, ..channel() };
        assert_eq!(of(&unlimited, None, Some(Limit::People(2_000)), None), (80, Some(2_000)));
        let heard = told(|heard| Heard::tell(&mut heard.limit, Limit::People(250), 1));
        assert_eq!(of(&heard, None, Some(Limit::People(2_000)), None), (80, Some(2_000)), "WhatsApp set the lower one");
        assert_eq!(of(&heard, None, None, None), (80, Some(250)), "what is absent says nothing");
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
