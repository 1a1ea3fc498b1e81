//! What the engine notes of a campaign beside its plan: sweeps under way, decisions, what stands still, what was lost.

use std::collections::{BTreeMap, BTreeSet};

use campaigns::breakdown::Breakdown;
use campaigns::totals::Totals;
use serde::{Deserialize, Serialize};

/// A part of the campaign's record. Times are milliseconds since 1970.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Upkeep {
    /// When it last began or went on: what WhatsApp says of messages that were attempted before is no news.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub went_on_at: Option<i64>,
    /// When a paused campaign goes on by itself.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub resumes_at: Option<i64>,
    /// How often it went on by itself since a person moved it.
    #[serde(skip_serializing_if = "is_zero")]
    pub resumed_by_itself: u32,
    /// Countries, two letters, to whose people WhatsApp does not let the account write.
    #[serde(skip_serializing_if = "BTreeSet::is_empty")]
    pub closed_countries: BTreeSet<String>,
    /// When the last of the waiting attempts is due that were given jobs, in microseconds since 1970.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub laid_until: Option<i64>,
    /// How far jobs were cut when the lowest recipient without an item was first seen to be it.
    #[serde(skip_serializing_if = "is_nothing")]
    pub cut_when_seen: u64,
    /// Recipients that are being given another attempt because a person asked for it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sweep: Option<Sweep>,
    /// Messages that became unknown before this time stay so, as a person decided.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub unknowns_left_until: Option<i64>,
    /// When the first of the recipients became due that were given jobs while nothing else was under way.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub under_way_since: Option<i64>,
    /// Since when it is known that the campaign stands still.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub stalled_since: Option<i64>,
    /// The place at which jobs were lost the last time.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub loss: Option<Loss>,
    /// Every recipient below this one has an outcome: never looked at again for claims without one.
    pub settled_below: u64,
    /// Where the look for claims without an outcome goes on.
    pub claims_place: u64,
    /// The recount that is under way.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub recount: Option<Box<Recounting>>,
    /// The walk over its chunks after its totals were corrected.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub chunks: Option<Box<ChunkWalk>>,
    /// The latest that WhatsApp said of any of its templates: of before they were told apart.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub drift: Option<Drift>,
    /// The latest that WhatsApp said of each of its templates, by what names that one in `webhook::templates`.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub drifts: BTreeMap<String, Drift>,
    /// Whether a template of it became dearer since somebody agreed to its price: whoever lets it go on is asked anew.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub price_is_old: bool,
    /// What of it has had its time.
    #[serde(skip_serializing_if = "Lapse::is_nothing")]
    pub lapse: Lapse,
}

impl Upkeep {
    /// The latest that WhatsApp said of the template that is named so.
    pub fn drift_of(&self, template: &str) -> Option<&Drift> {
        self.drifts.get(template).or(self.drift.as_ref())
    }

    /// What stopped it and was not made good since, one for each template.
    pub fn stopped(&self) -> impl Iterator<Item = &Drift> {
        self.drifts.values().chain(&self.drift).filter(|drift| drift.state == DriftState::Stopped)
    }

    /// Notes what WhatsApp said of a template; from then on its templates are told apart.
    pub fn note_drift(&mut self, template: String, drift: Drift) {
        self.drift = None;
        self.drifts.insert(template, drift);
    }

    /// Whoever lets it go on has seen what became of its templates: nothing stops it any more.
    pub fn forgive_drifts(&mut self) {
        self.drifts.values_mut().chain(&mut self.drift).for_each(|drift| drift.state = DriftState::Usable);
    }
}

fn is_zero(count: &u32) -> bool {
    *count == 0
}

fn is_nothing(count: &u64) -> bool {
    *count == 0
}

/// How far what was kept only for a time is gone.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Lapse {
    /// Of every recipient below this one no words of a reply are kept.
    pub replies_below: u64,
    /// Since when messages are kept no longer: nothing can be tried again, counted again or shown.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub messages_since: Option<i64>,
    /// Of every recipient below this one there is no message any more.
    pub messages_below: u64,
}

impl Lapse {
    fn is_nothing(&self) -> bool {
        *self == Lapse::default()
    }
}

/// A count of the messages themselves that is under way, some of them at each look. It holds for one epoch, and only
/// until another outcome is counted: until then whoever was seen with an outcome has one still, or the totals tell.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Recounting {
    /// The campaign's epoch in which it began.
    pub epoch: u64,
    /// When an outcome was last counted before it began.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last_outcome_at: Option<i64>,
    /// Where it goes on.
    pub next_index: u64,
    /// The lowest recipient below that who has no item.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub lowest_missing: Option<u64>,
    /// The messages below that.
    pub totals: Totals,
    /// What may take the place of totals that are wrong, as long as nothing is folded into them.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub correction: Option<Correction>,
    /// When all were counted, while it is waited whether what was counted is folded too.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub counted_at: Option<i64>,
}

/// What of the messages is counted beside their totals where those may be wrong: a few kilobytes.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Correction {
    /// The version of the totals when the count began: another one was folded since, and counts some of it twice.
    pub version: u64,
    /// Every message counted was last written by then, in milliseconds since 1970, and what is written later is not in
    /// it: what the stream tells of earlier changes is.
    pub through: i64,
    /// What the messages counted so far are made of.
    pub breakdown: Breakdown,
    /// The counts of each wording, where there are several.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub variants: BTreeMap<u32, Totals>,
    /// Those of unknown outcome by the hour in which they became so.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub unknown_by_hour: BTreeMap<u32, u64>,
}

/// A walk over the chunks of a campaign whose totals were corrected, some of them at each look.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct ChunkWalk {
    /// The correction that it follows: up to when that knew the messages, in milliseconds since 1970.
    pub after: i64,
    /// The recipient with whom it goes on; nothing when it is through.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next_index: Option<u64>,
    /// What was counted of his chunk before him.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub part: Option<ChunkPart>,
    /// Until when it rests, in milliseconds since 1970.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rests_until: Option<i64>,
}

/// The messages of a part of one chunk, counted.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct ChunkPart {
    /// The version of the chunk's totals when the count began.
    pub version: u64,
    /// Every message counted was last written by then, in milliseconds since 1970.
    pub through: i64,
    /// The counts.
    pub totals: Totals,
}

/// What WhatsApp said of a template: what it says again, or said before, changes nothing.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Drift {
    /// When, in seconds since 1970, as WhatsApp dates it.
    pub at: i64,
    /// What came of it.
    pub state: DriftState,
    /// What was said at that time, one bit for each thing: WhatsApp dates by the second, and says several in one.
    #[serde(default)]
    pub said: u64,
    /// The latest of it, for people.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub words: String,
}

/// What came of a change of a template.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum DriftState {
    /// Nothing: it can be sent.
    Usable,
    /// The campaign was paused for it.
    Stopped,
}

/// A walk over the whole audience, page by page.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Sweep {
    /// Whom it is about.
    pub kind: SweepKind,
    /// When it was asked for; attempts that were begun later are none of its business.
    pub at: i64,
    /// Where it goes on.
    pub next_index: u64,
}

/// Whom a sweep gives another attempt.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum SweepKind {
    /// Those that failed with a code that may be tried again.
    Failed,
    /// Those whose outcome is unknown for a day.
    Unknown,
}

/// Recipients that lost their jobs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Loss {
    /// The lowest of them.
    pub index: u64,
    /// How often in a row it was this one.
    pub times: u32,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_record_of_before_has_no_recount_under_way() {
        let read: Upkeep = serde_json::from_str(r#"{"settledBelow":4,"claimsPlace":7}"#).unwrap();
        assert_eq!((read.settled_below, read.claims_place, read.recount), (4, 7, None));
        let shown = serde_json::to_value(Upkeep::default()).unwrap();
        assert!(shown.get("recount").is_none(), "{shown}");
    }

    #[test]
    fn what_was_said_before_templates_were_told_apart_is_of_each_until_more_is_said() {
        let mut read: Upkeep = serde_json::from_str(r#"{"drift":{"at":9,"state":"stopped","said":1}}"#).unwrap();
        assert_eq!(read.drift_of("promo#pt_br").map(|drift| drift.at), Some(9));
        assert_eq!(read.stopped().count(), 1);
        let drift = |at, state| Drift { at, state, said: 1, words: "Gone.".to_owned() };
        read.note_drift("promo#pt_br".to_owned(), drift(10, DriftState::Usable));
        assert_eq!((read.drift_of("news#en"), read.stopped().count()), (None, 0));
        read.note_drift("news#en".to_owned(), drift(4, DriftState::Stopped));
        assert_eq!(read.drift_of("promo#pt_br").map(|drift| drift.at), Some(10));
        assert_eq!(read.stopped().map(|drift| drift.at).collect::<Vec<_>>(), [4]);
        read.forgive_drifts();
        assert_eq!((read.stopped().count(), read.drift_of("news#en").map(|drift| drift.at)), (0, Some(4)));
    }

    #[test]
    fn a_recount_is_read_as_it_was_written() {
        let mut correction = Correction { version: 9, ..Correction::default() };
        correction.breakdown.timeline.points.insert(3, [1, 2, 3, 4]);
        let totals = Totals { failed: 2, failed_by_code: [(131_026, 2)].into(), ..Totals::default() };
        let recount = Recounting { next_index: 50, totals, correction: Some(correction), ..Recounting::default() };
        let part = Some(ChunkPart { version: 3, through: 4, totals: recount.totals.clone() });
        let walk = ChunkWalk { after: 5, next_index: Some(70), part, rests_until: Some(6) };
        let (recount, chunks) = (Some(Box::new(recount)), Some(Box::new(walk)));
        let upkeep = Upkeep { recount, chunks, ..Upkeep::default() };
        let item: super::super::table::Item = serde_dynamo::to_item(&upkeep).unwrap();
        assert_eq!(serde_dynamo::from_item::<_, Upkeep>(item).unwrap(), upkeep);
    }
}
