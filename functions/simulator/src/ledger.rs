//! Everything the simulator knows, behind one lock: the records, what each number sent in the last second, how often a
//! recipient was refused, and the statuses that wait for their time. A send enters by [`Ledger::admit`].

use std::cmp::Reverse;
use std::collections::{BinaryHeap, HashMap, VecDeque};

use anyhow::ensure;

use crate::arrival::{Answer, Arrival, Cause, Outcome, Pricing, Record, Wamid};
use crate::behaviour::{Behaviour, Reply, behaviour_of};
use crate::clock::MICROS_PER_SECOND;
use crate::config::{Config, Number};
use crate::errors::ErrorCode;
use crate::log::{Acknowledged, Line, Log, StatusKey};
use crate::people::People;
use crate::plan::{plan, wamid};

/// A send whose request is understood.
#[derive(Debug, Clone, Default)]
pub(crate) struct Draft {
    pub(crate) to: String,
    pub(crate) text: String,
    pub(crate) template_name: Option<String>,
    pub(crate) callback_data: Option<String>,
    pub(crate) pricing: Option<Pricing>,
}

/// What the caller of a send is to be told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Verdict {
    Accepted { wamid: Wamid, answer: Answer },
    Refused(ErrorCode),
}

/// The state; every method is quick and none waits.
#[derive(Debug, Default)]
pub(crate) struct Ledger {
    records: Vec<Record>,
    last_second: HashMap<Box<str>, VecDeque<i64>>,
    refusals_in_a_row: HashMap<Box<str>, u32>,
    people: People,
    waiting: BinaryHeap<Reverse<(i64, StatusKey)>>,
    pending: usize,
    log: Option<Log>,
}

impl Ledger {
    /// An empty ledger, or the one that the log describes.
    pub(crate) fn open(config: &Config) -> anyhow::Result<Self> {
        let mut ledger = Self::default();
        if let Some(path) = &config.log_path {
            let log = Log::open(path, |line| ledger.replay(line))?;
            ledger.log = Some(log);
            ledger.queue_unacknowledged();
        }
        Ok(ledger)
    }

    /// Accepts the draft or refuses it, by the number's rate, the recipient's behaviour and the portfolio's people.
    pub(crate) fn admit(
        &mut self,
        config: &Config,
        number: &Number,
        draft: Draft,
        now_micros: i64,
    ) -> anyhow::Result<Verdict> {
        let behaviour = behaviour_of(&draft.to);
        if !self.has_room(number, now_micros) {
            return self.refuse(number, draft, ErrorCode::RATE_LIMIT_HIT, Cause::Rate, now_micros);
        }
        if let Some(code) = self.refusal_by(behaviour, &draft.to) {
            return self.refuse(number, draft, code, Cause::Behaviour, now_micros);
        }
        if !self.people.has_room(config.messaging_limit, &draft.to, now_micros) {
            return self.refuse(number, draft, ErrorCode::SPAM_RATE_LIMIT, Cause::Limit, now_micros);
        }
        let sequence = self.next_sequence();
        let wamid = wamid(config.seed, sequence, now_micros, &draft.to);
        let answer = Answer::from(behaviour.reply);
        let mut record = blank(sequence, number, draft, now_micros);
        record.wamid = Some(wamid.clone());
        record.answer = answer;
        record.plan = plan(config, behaviour, sequence, now_micros);
        self.write(record)?;
        self.queue(sequence);
        Ok(Verdict::Accepted { wamid, answer })
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
        let mut record = blank(self.next_sequence(), number, draft, now_micros);
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

    /// When the next waiting status is due, unix microseconds.
    pub(crate) fn next_due_micros(&self) -> Option<i64> {
        self.waiting.peek().map(|Reverse((due, _))| *due)
    }

    /// Marks statuses as delivered to the webhook.
    pub(crate) fn acknowledge(&mut self, statuses: Vec<StatusKey>, now_micros: i64) -> anyhow::Result<()> {
        let acknowledged = Acknowledged { at_micros: now_micros, statuses };
        self.mark(&acknowledged);
        self.log.as_mut().map_or(Ok(()), |log| log.acknowledged(&acknowledged))
    }

    /// Statuses not yet acknowledged, due or not.
    pub(crate) fn pending(&self) -> usize {
        self.pending
    }

    /// The record with this sequence.
    pub(crate) fn record(&self, sequence: u64) -> Option<&Record> {
        self.records.get(usize::try_from(sequence.checked_sub(1)?).ok()?)
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
        let skip = usize::try_from(sequence).unwrap_or(usize::MAX);
        self.records.iter().skip(skip).take(limit).map(Record::shown).collect()
    }

    /// The sequence of the next record.
    pub(crate) fn next_sequence(&self) -> u64 {
        self.records.len() as u64 + 1
    }

    /// Strictly: the messages accepted in the second that ends now, this one included, stay within the rate.
    fn has_room(&mut self, number: &Number, now_micros: i64) -> bool {
        let Some(times) = self.last_second.get_mut(number.phone_number_id.as_str()) else {
            return true;
        };
        while times.front().is_some_and(|time| *time <= now_micros - MICROS_PER_SECOND) {
            times.pop_front();
        }
        times.len() < number.rate_per_second as usize
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
        if let Some(log) = &mut self.log {
            log.arrival(&record)?;
        }
        self.keep(record);
        Ok(())
    }

    fn keep(&mut self, record: Record) {
        match record.outcome {
            Outcome::Accepted => {
                self.last_second.entry(record.phone_number_id.clone()).or_default().push_back(record.at_micros);
                self.refusals_in_a_row.remove(&record.to);
                self.people.wrote(&record.to, record.at_micros);
                self.pending += record.plan.len();
            }
            Outcome::Refused { cause: Cause::Behaviour, .. } => {
                if matches!(behaviour_of(&record.to).reply, Reply::RefuseFirst { .. }) {
                    *self.refusals_in_a_row.entry(record.to.clone()).or_default() += 1;
                }
            }
            Outcome::Refused { cause: Cause::Request | Cause::Rate | Cause::Limit | Cause::Storm, .. } => {}
        }
        self.records.push(record);
    }

    fn queue(&mut self, sequence: u64) {
        let index = usize::try_from(sequence - 1).unwrap_or(usize::MAX);
        let Some(record) = self.records.get(index) else {
            return;
        };
        let waiting = (0_u8..)
            .zip(&record.plan)
            .filter(|(_, status)| status.acknowledged_micros.is_none())
            .map(|(place, status)| Reverse((status.due_micros, StatusKey(sequence, place))));
        self.waiting.extend(waiting);
    }

    fn mark(&mut self, acknowledged: &Acknowledged) {
        for StatusKey(sequence, place) in &acknowledged.statuses {
            let index = usize::try_from(sequence.saturating_sub(1)).unwrap_or(usize::MAX);
            let planned = self.records.get_mut(index).and_then(|record| record.plan.get_mut(usize::from(*place)));
            if let Some(status) = planned
                && status.acknowledged_micros.is_none()
            {
                status.acknowledged_micros = Some(acknowledged.at_micros);
                self.pending -= 1;
            }
        }
    }

    fn replay(&mut self, line: Line) -> anyhow::Result<()> {
        match line {
            Line::Arrival(record) => {
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
        }
        Ok(())
    }

    fn queue_unacknowledged(&mut self) {
        for sequence in 1..self.next_sequence() {
            self.queue(sequence);
        }
    }
}

fn blank(sequence: u64, number: &Number, draft: Draft, at_micros: i64) -> Record {
    Record {
        sequence,
        at_micros,
        phone_number_id: number.phone_number_id.as_str().into(),
        to: draft.to.into(),
        wamid: None,
        outcome: Outcome::Accepted,
        answer: Answer::Accepted,
        text: draft.text.into(),
        template_name: draft.template_name.map(Into::into),
        callback_data: draft.callback_data.map(Into::into),
        pricing: draft.pricing.unwrap_or(Pricing::Service),
        plan: Box::default(),
    }
}
