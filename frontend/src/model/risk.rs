//! How risky a pace is for its number: by what the number may send, what WhatsApp thinks of it, and how many people it may
//! still write to. A hint of ours: Meta gives no figures.

use campaigns::plan::Pace;
use wire::Channel;

use super::status::Tone;
use crate::t;

/// Messages a minute up to which a pace is slow: complaints are noticed before many more people got one.
const SLOW_A_MINUTE: u64 = 20;

/// Per cent of what a number may send from which it is much for one that people complain about.
const MUCH_PERCENT: u64 = 50;

/// Per cent from which it is nearly all.
const NEARLY_ALL_PERCENT: u64 = 90;

/// Minutes within which a pace uses up what is left of the limit too soon.
const SOON_MINUTES: u64 = 10;

/// How much may go wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Level {
    /// Little.
    Low,
    /// Something.
    Medium,
    /// The number may be restricted.
    High,
}

impl Level {
    /// In two words.
    pub fn label(self) -> &'static str {
        match self {
            Level::Low => t::risk_low(),
            Level::Medium => t::risk_medium(),
            Level::High => t::risk_high(),
        }
    }

    /// How it feels.
    pub fn tone(self) -> Tone {
        match self {
            Level::Low => Tone::Good,
            Level::Medium => Tone::Held,
            Level::High => Tone::Bad,
        }
    }
}

/// Why.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Because {
    /// Nothing speaks against it.
    Nothing,
    /// It is nearly all that the number may send, whose quality is not known to be high.
    Speed,
    /// What is left of the limit goes within minutes.
    Limit {
        /// People who may still be written to within 24 hours.
        left: u64,
    },
    /// WhatsApp says yellow.
    QualityIsMedium,
    /// WhatsApp says red.
    QualityIsLow,
}

/// What a pace may do to its number.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Risk {
    /// How much.
    pub level: Level,
    /// Why.
    pub because: Because,
    /// Messages a minute at this pace.
    pub a_minute: u64,
}

impl Risk {
    /// Why, for a marketer. `written`: a number as the reader writes it.
    pub fn sentence(self, written: impl Fn(u64) -> String) -> String {
        let rate = written(self.a_minute);
        match self.because {
            Because::Nothing => t::risk_of_nothing(&rate),
            Because::Speed => t::risk_of_speed(&rate),
            Because::Limit { left } => t::risk_of_the_limit(&rate, &written(left)),
            Because::QualityIsMedium => t::risk_of_quality_medium(&rate),
            Because::QualityIsLow => t::risk_of_quality_low(&rate),
        }
    }
}

/// The worst that speaks against a pace. `quality`: Meta's word, where it said one. `people`: how many are to be written to,
/// where that is known.
pub fn risk(pace: Pace, channel: &Channel, quality: Option<&str>, people: Option<u64>) -> Risk {
    let a_minute = a_minute(pace, channel.messages_per_second);
    let percent = a_minute * 100 / (u64::from(channel.messages_per_second.max(1)) * 60);
    let all = [of_speed(quality, percent), of_limit(channel, a_minute, people), of_quality(quality, a_minute, percent)];
    let worst = all.into_iter().flatten().max_by_key(|(level, _)| *level);
    let (level, because) = worst.unwrap_or((Level::Low, Because::Nothing));
    Risk { level, because, a_minute }
}

/// Messages a minute over many chunks, at least one.
fn a_minute(pace: Pace, messages_per_second: u32) -> u64 {
    let usual_micros = (pace.min_gap_ms + pace.max_gap_ms) * 1_000 / 2;
    let fastest_micros = 1_000_000 / u64::from(messages_per_second.max(1));
    let chunk = u64::from(pace.chunk_size.max(1));
    let chunk_micros = chunk * usual_micros.max(fastest_micros) + pace.between_chunks_ms * 1_000;
    (60_000_000 * chunk / chunk_micros.max(1)).max(1)
}

fn of_speed(quality: Option<&str>, percent: u64) -> Option<(Level, Because)> {
    (percent >= NEARLY_ALL_PERCENT && quality != Some("GREEN")).then_some((Level::Medium, Because::Speed))
}

/// A limit that is used up already is waited for, and one that is enough for everybody is not used up.
fn of_limit(channel: &Channel, a_minute: u64, people: Option<u64>) -> Option<(Level, Because)> {
    let left = u64::from(channel.messaging_limit?.saturating_sub(channel.people_today.unwrap_or_default()));
    if left == 0 || people.is_some_and(|people| people <= left) {
        return None;
    }
    let because = Because::Limit { left };
    match left / a_minute {
        0 => Some((Level::High, because)),
        minutes if minutes < SOON_MINUTES => Some((Level::Medium, because)),
        _ => None,
    }
}

fn of_quality(quality: Option<&str>, a_minute: u64, percent: u64) -> Option<(Level, Because)> {
    let is_slow = a_minute <= SLOW_A_MINUTE;
    match quality? {
        "RED" => Some((if is_slow { Level::Medium } else { Level::High }, Because::QualityIsLow)),
        "YELLOW" if is_slow => None,
        "YELLOW" if percent >= MUCH_PERCENT => Some((Level::High, Because::QualityIsMedium)),
        "YELLOW" => Some((Level::Medium, Because::QualityIsMedium)),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::super::pace::Preset;
    use super::*;

    fn channel(limit: Option<u32>, used: u32) -> Channel {
        serde_json::from_value(serde_json::json!({
            "id": "main", "name": "Main", "displayPhoneNumber": "1", "phoneNumberId": "1", "wabaId": "1",
            "messagesPerSecond": 80, "simulated": false, "messagingLimit": limit,
            "peopleToday": limit.map(|_| used),
        }))
        .unwrap()
    }

    fn of(preset: Preset, channel: &Channel, quality: Option<&str>) -> (Level, Because) {
        let told = risk(preset.text().pace().unwrap(), channel, quality, None);
        (told.level, told.because)
    }

    #[test]
    fn a_pace_is_told_in_messages_a_minute() {
        let told = |preset: Preset| risk(preset.text().pace().unwrap(), &channel(None, 0), None, None).a_minute;
        assert_eq!((told(Preset::Gentle), told(Preset::Steady), told(Preset::Fast)), (13, 56, 4_800));
        let rare = Pace { chunk_size: 1, between_chunks_ms: 600_000, min_gap_ms: 0, max_gap_ms: 0 };
        assert_eq!(risk(rare, &channel(None, 0), None, None).a_minute, 1);
    }

    #[test]
    fn nearly_all_that_a_number_may_send_is_low_only_where_its_quality_is_high() {
        let number = channel(None, 0);
        assert_eq!(of(Preset::Fast, &number, Some("GREEN")), (Level::Low, Because::Nothing));
        assert_eq!(of(Preset::Fast, &number, None), (Level::Medium, Because::Speed));
        assert_eq!(of(Preset::Steady, &number, None), (Level::Low, Because::Nothing));
    }

    #[test]
    fn a_number_that_people_complain_about_bears_only_a_slow_pace() {
        let number = channel(None, 0);
        assert_eq!(of(Preset::Gentle, &number, Some("YELLOW")), (Level::Low, Because::Nothing));
        assert_eq!(of(Preset::Steady, &number, Some("YELLOW")), (Level::Medium, Because::QualityIsMedium));
        assert_eq!(of(Preset::Fast, &number, Some("YELLOW")), (Level::High, Because::QualityIsMedium));
        assert_eq!(of(Preset::Gentle, &number, Some("RED")), (Level::Medium, Because::QualityIsLow));
        assert_eq!(of(Preset::Steady, &number, Some("RED")), (Level::High, Because::QualityIsLow));
    }

    #[test]
    fn a_limit_that_goes_within_minutes_is_a_risk_and_one_that_is_enough_is_none() {
        let small = channel(Some(250), 50);
        let limit = Because::Limit { left: 200 };
        assert_eq!(of(Preset::Steady, &small, Some("GREEN")), (Level::Medium, limit));
        assert_eq!(of(Preset::Fast, &small, Some("GREEN")), (Level::High, limit));
        assert_eq!(of(Preset::Gentle, &small, Some("GREEN")), (Level::Low, Because::Nothing));
        assert_eq!(of(Preset::Fast, &channel(Some(250), 250), Some("GREEN")), (Level::Low, Because::Nothing));
        let fast = Preset::Fast.text().pace().unwrap();
        let told = |people| risk(fast, &small, Some("GREEN"), Some(people)).level;
        assert_eq!((told(200), told(201)), (Level::Low, Level::High));
    }

    #[test]
    fn the_sentence_says_how_fast_and_what_is_left() {
        let told = risk(Preset::Fast.text().pace().unwrap(), &channel(Some(250), 50), None, None);
        let sentence = told.sentence(|number| number.to_string());
        assert!(sentence.contains("4800 messages a minute") && sentence.contains("200 people"), "{sentence}");
        assert_eq!((told.level.label(), told.level.tone()), ("High risk", Tone::Bad));
    }
}
