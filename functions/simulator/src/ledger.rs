//! What was sent and what is still to be told, behind one lock: the records, what each number sent in the last second, how
//! often a recipient was refused, and what waits for its time. A send enters by [`Ledger::admit`].

mod forgetting;

use std::cmp::Reverse;
use std::collections::{BinaryHeap, HashMap, VecDeque};

use anyhow::{anyhow, ensure};
use serde_json::Value;

use crate::arrival::{Answer, Arrival, Cause, Named, Outcome, Pricing, Record, Wamid};
use crate::behaviour::{Behaviour, Reply, Step, behaviour_of};
use crate::catalogue::Catalogue;
use crate::charges::Charges;
use crate::clock::MICROS_PER_SECOND;
use crate::config::{Config, Number};
use crate::control::outcomes::{self, Planned, When};
use crate::errors::ErrorCode;
use crate::fate::{Fate, fate};
use crate::log::{Acknowledged, Deed, Entry, Line, Log, StatusKey};
use crate::manners::{Enforcement, Switch};
use crate::notices::{Notice, Notices};
use crate::pairs::Pairs;
use crate::people::People;
use crate::plan::{plan, wamid, with_play};
use crate::templates::Template;
use crate::terms::{Draft, Terms, Verdict};
use crate::united_states;
use crate::wa_ids::{forms, other_form};
use crate::windows::Windows;

/// Notices that are due within this time keep the ledger from being idle.
const SOON_MICROS: i64 = 60 * MICROS_PER_SECOND;

/// The state; every method is quick and none waits.
#[derive(Debug, Default)]
pub(crate) struct Ledger {
    records: Vec<Record>,
    /// How many sends came before those that are kept.
    forgotten: u64,
    last_second: HashMap<Box<str>, VecDeque<i64>>,
    refusals_in_a_row: HashMap<Box<str>, u32>,
    people: People,
    pairs: Pairs,
    windows: Windows,
    charges: Charges,
    waiting: BinaryHeap<Reverse<(i64, StatusKey)>>,
    pending: usize,
    notices: Notices,
    log: Option<Log>,
    shorten_above: u64,
}

impl Ledger {
    /// An empty ledger, or the one that the log describes; the log's templates go into the catalogue.
    pub(crate) fn open(config: &Config, catalogue: &mut Catalogue) -> anyhow::Result<Self> {
        let mut ledger = Self::default();
        if let Some(path) = &config.log_path {
            let log = Log::open(path, |line| ledger.replay(line, catalogue))?;
            ledger.log = Some(log);
            ledger.stay_within(forgetting::LOG_LIMIT_BYTES);
            ledger.queue_unacknowledged();
        }
        Ok(ledger)
    }

    /// Accepts the draft or refuses it, by the number's rate, the recipient's behaviour, chance and Meta's limits.
    pub(crate) fn admit(&mut self, terms: Terms<'_>, draft: Draft, now_micros: i64) -> anyhow::Result<Verdict> {
        let sequence = self.next_sequence();
        let behaviour = *behaviour_of(&draft.to);
        let mut fate = fate(terms.manners, behaviour, draft.pricing(), (terms.config.seed, sequence));
        let planned = outcomes::of(terms.outcomes, &draft.to);
        if let Some(Planned { code, when: When::Refused, .. }) = planned {
            return self.refuse(terms.number, draft, *code, Cause::Behaviour, now_micros);
        }
        if let Some((code, cause)) = self.refusal(terms, &fate, &draft, now_micros) {
            return self.refuse(terms.number, draft, code, cause, now_micros);
        }
        self.bend(&mut fate, terms, &draft, now_micros);
        let Fate { behaviour, named, failure, .. } = fate;
        let failure = planned.map(|planned| planned.code).or(failure).map(|code| [Step::Failed(code)]);
        let steps = failure.as_ref().map_or(behaviour.steps, <[Step; 1]>::as_slice);
        let wamid = wamid(terms.config.seed, sequence, now_micros, &draft.to);
        let answer = Answer::from(behaviour.reply);
        if terms.manners.pair_limit == Enforcement::Enforced {
            self.pairs.wrote(&terms.number.phone_number_id, &draft.to, now_micros);
        }
        let voice = draft.voice;
        let mut record = Record::blank(sequence, terms.number, draft, now_micros);
        record.wamid = Some(wamid.clone());
        record.answer = answer;
        record.named.clone_from(&named);
        let is_open = self.windows.is_open(&record.phone_number_id, &record.to, now_micros);
        let charge = self.charges.of(&record.phone_number_id, &record.to, record.pricing, is_open, now_micros);
        record.charge = Some(charge);
        record.plan = plan(terms.config, terms.manners, &behaviour, steps, sequence, now_micros);
        if voice == Switch::On {
            record.plan = with_play(record.plan);
        }
        self.write(record)?;
        self.queue(sequence);
        Ok(Verdict::Accepted { wamid, answer, named })
    }

    fn refusal(&mut self, terms: Terms<'_>, fate: &Fate, draft: &Draft, now: i64) -> Option<(ErrorCode, Cause)> {
        let (number, to) = (terms.number.phone_number_id.as_str(), draft.to.as_str());
        if let Some(code) = fate.refusal {
            return Some((code, Cause::Storm));
        }
        if !self.has_room(number, terms.rate_per_second, now) {
            return Some((ErrorCode::RATE_LIMIT_HIT, Cause::Rate));
        }
        if let Some(code) = self.refusal_by(&fate.behaviour, to) {
            return Some((code, Cause::Behaviour));
        }
        if terms.manners.pair_limit == Enforcement::Enforced && !self.pairs.has_room(number, to, now) {
            return Some((ErrorCode::PAIR_RATE_LIMIT, Cause::Pair));
        }
        if !self.people.has_room(terms.messaging_limit, to, now) && !self.windows.is_open(number, to, now) {
            return Some((ErrorCode::SPAM_RATE_LIMIT, Cause::Limit));
        }
        None
    }

    /// What the recipient's own deeds and the form of the number change about an accepted message.
    fn bend(&self, fate: &mut Fate, terms: Terms<'_>, draft: &Draft, now_micros: i64) {
        let (number, to) = (terms.number.phone_number_id.as_str(), draft.to.as_str());
        let marketing = matches!(draft.pricing(), Pricing::Marketing | Pricing::MarketingLite);
        if marketing && terms.manners.us_marketing_pause == Enforcement::Enforced && united_states::has(to) {
            fate.behaviour.steps = &[Step::Failed(ErrorCode::ECOSYSTEM)];
        }
        if marketing && self.windows.has_stopped(number, to) {
            fate.behaviour.steps = &[Step::Failed(ErrorCode::STOPPED_MARKETING)];
        }
        let enforced = terms.manners.service_windows == Enforcement::Enforced;
        if enforced && draft.template_name.is_none() && !self.windows.is_open(number, to, now_micros) {
            fate.behaviour.steps = &[Step::Failed(ErrorCode::WINDOW_CLOSED)];
        }
        if terms.manners.rewrite_wa_ids == Switch::On && fate.named.is_none() {
            fate.named = other_form(to).map(|other| Named::ByWaId(other.into()));
        }
    }

    /// Records a refusal.
    pub(crate) fn refuse(
        &mut self,
        number: &Number,
        draft: Draft,
        code: ErrorCode,
        cause: Cause,
        now_micros: i64,
    ) -> anyhow::Result<Verdict> {
        let mut record = Record::blank(self.next_sequence(), number, draft, now_micros);
        record.outcome = Outcome::Refused { code, cause };
        record.answer = Answer::Refused;
        self.write(record)?;
        Ok(Verdict::Refused(code))
    }

    /// Takes up to `max` statuses whose time has come.
    pub(crate) fn take_due(&mut self, now_micros: i64, max: usize) -> Vec<StatusKey> {
        let mut taken = Vec::new();
        while taken.len() < max {
            match self.waiting.peek() {
                Some(Reverse((due, key))) if *due <= now_micros => taken.push(*key),
                Some(_) | None => break,
            }
            self.waiting.pop();
        }
        taken
    }

    /// When the next status or notice is due, unix microseconds.
    pub(crate) fn next_due_micros(&mut self) -> Option<i64> {
        let status = self.waiting.peek().map(|Reverse((due, _))| *due);
        [status, self.notices.next_due_micros()].into_iter().flatten().min()
    }

    /// Marks what one webhook carried as delivered.
    pub(crate) fn acknowledge(&mut self, acknowledged: &Acknowledged) -> anyhow::Result<()> {
        self.mark(acknowledged);
        self.append(&Entry::Acknowledged(acknowledged))
    }

    /// Lets a webhook that reports no status wait for its time.
    pub(crate) fn notify(&mut self, due_micros: i64, about: Option<&str>, entry: Value) -> anyhow::Result<()> {
        let notice = Notice { id: self.notices.next_id(), due_micros, about: about.map(str::to_owned), entry };
        self.append(&Entry::Notice(&notice))?;
        self.notices.keep(notice);
        Ok(())
    }

    /// Forgets the notices about this that are due after this time.
    pub(crate) fn withdraw(&mut self, about: &str, after_micros: i64) -> anyhow::Result<()> {
        self.append(&Entry::Withdrawn(about, after_micros))?;
        self.notices.withdraw(about, after_micros);
        Ok(())
    }

    /// Notes what a person did by themselves.
    pub(crate) fn did(&mut self, deed: &Deed) -> anyhow::Result<()> {
        self.append(&Entry::Deed(deed))?;
        self.keep_deed(deed);
        Ok(())
    }

    /// Notes a template that was created here or changed.
    pub(crate) fn template(&mut self, template: &Template) -> anyhow::Result<()> {
        self.append(&Entry::Template(&template.listing))
    }

    /// The id of the next notice.
    pub(crate) fn next_notice_id(&self) -> u64 {
        self.notices.next_id()
    }

    /// The last message of this number that this person got.
    pub(crate) fn last_wamid(&self, number: &str, to: &str) -> Option<&str> {
        let theirs = |record: &&Record| *record.phone_number_id == *number && *record.to == *to;
        self.records.iter().rev().filter(theirs).find_map(|record| record.wamid.as_ref()).map(Wamid::as_str)
    }

    /// The notices not acknowledged yet.
    pub(crate) fn notices(&mut self) -> &mut Notices {
        &mut self.notices
    }

    /// Whether nothing is left to be told: no status, due or not, and no notice of the next minute. The end of a pause may
    /// be hours away.
    pub(crate) fn is_idle(&self, now_micros: i64) -> bool {
        self.pending == 0 && !self.notices.any_due_by(now_micros.saturating_add(SOON_MICROS))
    }

    /// Statuses not yet acknowledged, due or not.
    pub(crate) fn pending(&self) -> usize {
        self.pending
    }

    /// The record with this sequence.
    pub(crate) fn record(&self, sequence: u64) -> Option<&Record> {
        self.records.get(self.place(sequence)?)
    }

    /// Sends that were accepted.
    pub(crate) fn accepted(&self) -> u64 {
        self.records.iter().filter(|record| matches!(record.outcome, Outcome::Accepted)).count() as u64
    }

    /// Every record, in order.
    pub(crate) fn records(&self) -> &[Record] {
        &self.records
    }

    /// Up to `limit` arrivals after this sequence.
    pub(crate) fn arrivals_after(&self, sequence: u64, limit: usize) -> Vec<Arrival> {
        let skip = usize::try_from(sequence.saturating_sub(self.forgotten)).unwrap_or(usize::MAX);
        self.records.iter().skip(skip).take(limit).map(Record::shown).collect()
    }

    /// The sequence of the next record.
    pub(crate) fn next_sequence(&self) -> u64 {
        self.forgotten + self.records.len() as u64 + 1
    }

    /// Strictly: the messages accepted in the second that ends now, this one included, stay within the rate.
    fn has_room(&mut self, number: &str, rate_per_second: u32, now_micros: i64) -> bool {
        let Some(times) = self.last_second.get_mut(number) else {
            return true;
        };
        while times.front().is_some_and(|time| *time <= now_micros - MICROS_PER_SECOND) {
            times.pop_front();
        }
        times.len() < rate_per_second as usize
    }

    fn refusal_by(&self, behaviour: &Behaviour, to: &str) -> Option<ErrorCode> {
        match behaviour.reply {
            Reply::Refuse(code) => Some(code),
            Reply::RefuseFirst { times, code } => {
                let refused = self.refusals_in_a_row.get(to).copied().unwrap_or(0);
                (refused < times).then_some(code)
            }
            Reply::Accept | Reply::Hold | Reply::AcceptThenError | Reply::AcceptThenSilence => None,
        }
    }

    /// The log first: what is not in it did not happen.
    fn write(&mut self, record: Record) -> anyhow::Result<()> {
        self.append(&Entry::Arrival(&record))?;
        self.keep(record);
        self.stay_within(forgetting::LOG_LIMIT_BYTES);
        Ok(())
    }

    fn append(&mut self, entry: &Entry<'_>) -> anyhow::Result<()> {
        self.log.as_mut().map_or(Ok(()), |log| log.append(entry))
    }

    fn keep_deed(&mut self, deed: &Deed) {
        if deed.by_ad == Switch::On {
            let number = deed.phone_number_id.as_str();
            forms(&deed.from).iter().for_each(|from| self.charges.came_by_ad(number, from, deed.at_micros));
        }
        match deed.preference {
            None => forms(&deed.from)
                .iter()
                .for_each(|from| self.windows.heard(&deed.phone_number_id, from, deed.at_micros)),
            Some(preference) => {
                forms(&deed.from).iter().for_each(|from| self.windows.prefers(&deed.phone_number_id, from, preference))
            }
        }
    }

    fn keep(&mut self, record: Record) {
        match record.outcome {
            Outcome::Accepted => {
                self.last_second.entry(record.phone_number_id.clone()).or_default().push_back(record.at_micros);
                self.refusals_in_a_row.remove(&record.to);
                self.charges.sent(&record);
                if !self.windows.is_open(&record.phone_number_id, &record.to, record.at_micros) {
                    self.people.wrote(&record.to, record.at_micros);
                }
                self.pending += record.plan.len();
            }
            Outcome::Refused { cause: Cause::Behaviour, .. } => {
                if matches!(behaviour_of(&record.to).reply, Reply::RefuseFirst { .. }) {
                    *self.refusals_in_a_row.entry(record.to.clone()).or_default() += 1;
                }
            }
            Outcome::Refused {
                cause: Cause::Request | Cause::Rate | Cause::Limit | Cause::Storm | Cause::Pair | Cause::Account,
                ..
            } => {}
        }
        self.records.push(record);
    }

    fn queue(&mut self, sequence: u64) {
        let Some(place) = self.place(sequence) else { return };
        let Some(record) = self.records.get(place) else { return };
        let waiting = (0_u8..)
            .zip(&record.plan)
            .filter(|(_, status)| status.acknowledged_micros.is_none())
            .map(|(place, status)| Reverse((status.due_micros, StatusKey(sequence, place))));
        self.waiting.extend(waiting);
    }

    fn mark(&mut self, acknowledged: &Acknowledged) {
        if let Some(id) = acknowledged.notice {
            self.notices.acknowledge(id);
        }
        for StatusKey(sequence, place) in &acknowledged.statuses {
            let Some(index) = self.place(*sequence) else { continue };
            let planned = self.records.get_mut(index).and_then(|record| record.plan.get_mut(usize::from(*place)));
            if let Some(status) = planned
                && status.acknowledged_micros.is_none()
            {
                status.acknowledged_micros = Some(acknowledged.at_micros);
                self.pending -= 1;
            }
        }
    }

    fn replay(&mut self, line: Line, catalogue: &mut Catalogue) -> anyhow::Result<()> {
        match line {
            Line::Arrival(record) => {
                if self.records.is_empty() {
                    self.forgotten = record.sequence.saturating_sub(1);
                }
                ensure!(record.sequence == self.next_sequence(), "sequence {} is out of turn", record.sequence);
                // Only the last second matters, and the past must not fill the memory.
                let horizon = record.at_micros - MICROS_PER_SECOND;
                if let Some(times) = self.last_second.get_mut(&record.phone_number_id) {
                    while times.front().is_some_and(|time| *time <= horizon) {
                        times.pop_front();
                    }
                }
                self.keep(record);
            }
            Line::Acknowledged(acknowledged) => self.mark(&acknowledged),
            Line::Template(listing) => {
                let template = Template::read(*listing).map_err(|error| anyhow!("a template: {error}"))?;
                catalogue.put(template);
            }
            Line::Deed(deed) => self.keep_deed(&deed),
            Line::Notice(notice) => self.notices.keep(notice),
            Line::Withdrawn(about, after_micros) => self.notices.withdraw(&about, after_micros),
        }
        Ok(())
    }

    fn queue_unacknowledged(&mut self) {
        for sequence in self.forgotten + 1..self.next_sequence() {
            self.queue(sequence);
        }
    }
}
