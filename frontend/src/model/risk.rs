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

/// What WhatsApp thinks of a number, once it was asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Rating {
    /// Green.
    High,
    /// Yellow.
    Medium,
    /// Red.
    Low,
    /// It gave none, or did not answer.
    Unknown,
}

impl Rating {
    /// From Meta's word, where it said one.
    pub fn of(quality: Option<&str>) -> Self {
        match quality {
            Some("GREEN") => Rating::High,
            Some("YELLOW") => Rating::Medium,
            Some("RED") => Rating::Low,
            Some(_) | None => Rating::Unknown,
        }
    }
}

/// How much may go wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Level {
    /// Nobody knows: nothing speaks against the pace, but WhatsApp's rating is missing.
    Unknown,
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
            Level::Unknown => t::risk_unknown(),
            Level::Low => t::risk_low(),
            Level::Medium => t::risk_medium(),
            Level::High => t::risk_high(),
        }
    }

    /// How it feels.
    pub fn tone(self) -> Tone {
        match self {
            Level::Unknown => Tone::Quiet,
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
    /// WhatsApp's rating is not known.
    QualityIsUnknown,
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
            Because::QualityIsUnknown => t::risk_of_unknown_quality(&rate),
            Because::Speed => t::risk_of_speed(&rate),
            Because::Limit { left } => t::risk_of_the_limit(&rate, &written(left)),
            Because::QualityIsMedium => t::risk_of_quality_medium(&rate),
            Because::QualityIsLow => t::risk_of_quality_low(&rate),
        }
    }
}

/// The worst that speaks against a pace. `people`: how many are to be written to, where that is known.
pub fn risk(pace: Pace, channel: &Channel, rating: Rating, people: Option<u64>) -> Risk {
    let a_minute = a_minute(pace, channel.messages_per_second);
    let percent = a_minute * 100 / (u64::from(channel.messages_per_second.max(1)) * 60);
    let all = [of_speed(rating, percent), of_limit(channel, a_minute, people), of_rating(rating, a_minute, percent)];
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

fn of_speed(rating: Rating, percent: u64) -> Option<(Level, Because)> {
    (percent >= NEARLY_ALL_PERCENT && rating != Rating::High).then_some((Level::Medium, Because::Speed))
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

fn of_rating(rating: Rating, a_minute: u64, percent: u64) -> Option<(Level, Because)> {
    let is_slow = a_minute <= SLOW_A_MINUTE;
    match rating {
        Rating::High => None,
        Rating::Medium if is_slow => None,
        Rating::Medium if percent >= MUCH_PERCENT => Some((Level::High, Because::QualityIsMedium)),
        Rating::Medium => Some((Level::Medium, Because::QualityIsMedium)),
        Rating::Low => Some((if is_slow { Level::Medium } else { Level::High }, Because::QualityIsLow)),
        Rating::Unknown => Some((Level::Unknown, Because::QualityIsUnknown)),
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
        let told = risk(preset.text().pace().unwrap(), channel, Rating::of(quality), None);
        (told.level, told.because)
    }

    #[test]
    fn a_pace_is_told_in_messages_a_minute() {
        let told =
            |preset: Preset| risk(preset.text().pace().unwrap(), &channel(None, 0), Rating::Unknown, None).a_minute;
        assert_eq!((told(Preset::Gentle), told(Preset::Steady), told(Preset::Fast)), (13, 56, 4_800));
        let rare = Pace { chunk_size: 1, between_chunks_ms: 600_000, min_gap_ms: 0, max_gap_ms: 0 };
        assert_eq!(risk(rare, &channel(None, 0), Rating::Unknown, None).a_minute, 1);
    }

    #[test]
    fn nearly_all_that_a_number_may_send_is_low_only_where_its_quality_is_high() {
        let number = channel(None, 0);
        assert_eq!(of(Preset::Fast, &number, Some("GREEN")), (Level::Low, Because::Nothing));
        assert_eq!(of(Preset::Fast, &number, None), (Level::Medium, Because::Speed));
        assert_eq!(of(Preset::Steady, &number, Some("GREEN")), (Level::Low, Because::Nothing));
    }

    #[test]
    fn a_number_whose_rating_is_not_known_is_never_said_to_be_safe() {
        let number = channel(None, 0);
        for quality in [None, Some("UNKNOWN")] {
            assert_eq!(of(Preset::Gentle, &number, quality), (Level::Unknown, Because::QualityIsUnknown));
            assert_eq!(of(Preset::Fast, &number, quality), (Level::Medium, Because::Speed));
        }
        let limit = Because::Limit { left: 200 };
        assert_eq!(of(Preset::Fast, &channel(Some(250), 50), None), (Level::High, limit));
        let told = risk(Preset::Steady.text().pace().unwrap(), &number, Rating::Unknown, None);
        let sentence = told.sentence(|number| number.to_string());
        assert!(sentence.ends_with("WhatsApp's rating of this number is not known."), "{sentence}");
        assert_eq!((told.level.label(), told.level.tone()), ("Risk not known", Tone::Quiet));
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
        let told = |people| risk(fast, &small, Rating::High, Some(people)).level;
        assert_eq!((told(200), told(201)), (Level::Low, Level::High));
    }

    #[test]
    fn the_sentence_says_how_fast_and_what_is_left() {
        let told = risk(Preset::Fast.text().pace().unwrap(), &channel(Some(250), 50), Rating::Unknown, None);
        let sentence = told.sentence(|number| number.to_string());
        assert!(sentence.contains("about 4800 a minute") && sentence.contains("people: 200"), "{sentence}");
        assert_eq!((told.level.label(), told.level.tone()), ("High risk", Tone::Bad));
    }
}
