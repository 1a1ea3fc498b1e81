//! How the log, and what is remembered with it, stays bounded on a machine that runs for weeks: when it is long, the older
//! half of the sends goes. What still matters of that time stays: templates, wishes of people, and what is not told yet.

use anyhow::Context;

use super::Ledger;
use crate::arrival::Record;
use crate::clock::MICROS_PER_SECOND;
use crate::log::{Acknowledged, Entry, Line, Log};
use crate::notices::Notices;

/// Above this the log is shortened: some hundred thousand sends, which a start still reads in seconds.
pub(super) const LOG_LIMIT_BYTES: u64 = 64 * 1024 * 1024;

const DAY_MICROS: i64 = 24 * 3_600 * MICROS_PER_SECOND;
/// Sends that are younger than this, seen from the newest, stay: the portfolio's limit counts them (`people`).
const SENDS_KEPT_MICROS: i64 = DAY_MICROS;
/// Words of people that are younger than this stay: after an advertisement everything is free for so long (`charges`).
const WORDS_KEPT_MICROS: i64 = 4 * DAY_MICROS;

impl Ledger {
    /// The place of the send with this sequence among those that are kept.
    pub(super) fn place(&self, sequence: u64) -> Option<usize> {
        usize::try_from(sequence.checked_sub(self.forgotten + 1)?).ok()
    }

    /// Shortens the log where it is longer than this. Where little could go, it is looked at again half the limit later. A
    /// send is not refused because of it.
    pub(super) fn stay_within(&mut self, limit_bytes: u64) {
        if self.log_length() <= limit_bytes.max(self.shorten_above) {
            return;
        }
        if let Err(error) = self.shorten() {
            tracing::warn!(error = format!("{error:#}"), "the log could not be shortened");
        }
        self.shorten_above = self.log_length() + limit_bytes / 2;
    }

    fn log_length(&self) -> u64 {
        self.log.as_ref().map_or(0, Log::length)
    }

    fn shorten(&mut self) -> anyhow::Result<()> {
        let (Some(log), Some(newest)) = (&mut self.log, self.records.last()) else { return Ok(()) };
        let newest_micros = newest.at_micros;
        let sends_horizon = newest_micros.saturating_sub(SENDS_KEPT_MICROS);
        let half = self.records.iter().take(self.records.len() / 2);
        let over = half.take_while(|record| record.at_micros < sends_horizon && is_told(record)).count();
        if over == 0 {
            return Ok(());
        }
        let forgotten = self.forgotten + over as u64;
        let words_horizon = newest_micros.saturating_sub(WORDS_KEPT_MICROS);
        let notices = &self.notices;
        // The ids of notices go on, whichever of them are left.
        let notice = notices.next_id().checked_sub(1).filter(|id| *id > 0);
        let first = Acknowledged { at_micros: newest_micros, statuses: Vec::new(), notice };
        let mut is_after = false;
        log.rewrite(&Entry::Acknowledged(&first), |line| {
            if is_after {
                return Ok(true);
            }
            let line: Line = serde_json::from_slice(line).context("a line of the log")?;
            is_after = matches!(&line, Line::Arrival(record) if record.sequence > forgotten);
            Ok(is_after || still_matters(&line, notices, words_horizon))
        })?;
        self.records.drain(..over);
        self.forgotten = forgotten;
        Ok(())
    }
}

fn is_told(record: &Record) -> bool {
    record.plan.iter().all(|status| status.acknowledged_micros.is_some())
}

/// Whether a line stays that stands before the first send that does.
fn still_matters(line: &Line, notices: &Notices, words_horizon_micros: i64) -> bool {
    match line {
        Line::Template(_) => true,
        Line::Deed(deed) => deed.preference.is_some() || deed.at_micros > words_horizon_micros,
        Line::Notice(notice) => notices.get(notice.id).is_some(),
        // They speak of sends that go and of notices that are closed.
        Line::Arrival(_) | Line::Acknowledged(_) | Line::Withdrawn(..) => false,
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use serde_json::json;

    use super::*;
    use crate::arrival::{Planned, Status};
    use crate::catalogue::Catalogue;
    use crate::config::{Config, Number};
    use crate::log::{Deed, StatusKey};
    use crate::manners::Switch;
    use crate::terms::Draft;
    use crate::windows::Preference;

    const PERSON: &str = "12125550100";

    fn opened(path: &Path) -> Ledger {
        let config = Config { log_path: Some(path.to_owned()), ..Config::default() };
        Ledger::open(&config, &mut Catalogue::built_in().unwrap()).unwrap()
    }

    /// Sends one message, whose only status is not told yet.
    fn send(ledger: &mut Ledger, at_micros: i64) -> u64 {
        let sequence = ledger.next_sequence();
        let draft = Draft { to: PERSON.to_owned(), ..Draft::default() };
        let mut record = Record::blank(sequence, &Number::default(), draft, at_micros);
        record.plan = Box::new([Planned {
            status: Status::Sent,
            code: None,
            happened_micros: at_micros,
            due_micros: at_micros,
            acknowledged_micros: None,
            played: Switch::Off,
        }]);
        ledger.write(record).unwrap();
        sequence
    }

    fn tell(ledger: &mut Ledger, sequence: u64, at_micros: i64) {
        let acknowledged = Acknowledged { at_micros, statuses: vec![StatusKey(sequence, 0)], notice: None };
        ledger.acknowledge(&acknowledged).unwrap();
    }

    /// One message a day.
    fn days(ledger: &mut Ledger, days: std::ops::Range<i64>) {
        for day in days {
            let sequence = send(ledger, day * DAY_MICROS);
            tell(ledger, sequence, day * DAY_MICROS);
        }
    }

    fn sequences(ledger: &Ledger) -> Vec<u64> {
        ledger.arrivals_after(0, usize::MAX).into_iter().map(|arrival| arrival.sequence).collect()
    }

    #[test]
    fn the_older_half_of_a_long_log_goes_and_a_start_goes_on_where_it_ended() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("simulator.log");
        let mut ledger = opened(&path);
        let number = Number::default().phone_number_id;
        let from = PERSON.to_owned();
        let preference = Some(Preference::Stop);
        let deed = Deed { phone_number_id: number.clone(), from, at_micros: 0, preference, by_ad: Switch::Off };
        ledger.did(&deed).unwrap();
        for due_micros in [0, i64::MAX, 0] {
            ledger.notify(due_micros, None, json!({})).unwrap();
        }
        for id in [1, 3] {
            ledger.acknowledge(&Acknowledged { at_micros: 0, statuses: Vec::new(), notice: Some(id) }).unwrap();
        }
        days(&mut ledger, 0..10);
        let before = ledger.log_length();
        ledger.stay_within(1);
        assert!(ledger.log_length() < before);
        assert_eq!((sequences(&ledger), ledger.pending()), ((6..=10).collect::<Vec<u64>>(), 0));
        let eleventh = send(&mut ledger, 10 * DAY_MICROS);
        assert_eq!(eleventh, 11);

        let mut again = opened(&path);
        assert_eq!(sequences(&again), (6..=11).collect::<Vec<u64>>());
        assert_eq!((again.next_sequence(), again.pending()), (12, 1));
        assert_eq!(again.log_length(), std::fs::metadata(&path).unwrap().len());
        assert_eq!(again.record(6).map(|record| record.at_micros), Some(5 * DAY_MICROS));
        assert!(again.record(5).is_none() && again.record(0).is_none());
        assert_eq!(again.take_due(i64::MAX, 10), [StatusKey(11, 0)]);
        assert!(again.windows.has_stopped(&number, PERSON));
        assert_eq!(again.next_notice_id(), 4);
        let open = [1, 2, 3].map(|id| again.notices().get(id).is_some());
        assert_eq!(open, [false, true, false], "only the one that was not told");

        tell(&mut again, 11, 10 * DAY_MICROS);
        again.stay_within(1);
        assert_eq!(sequences(&opened(&path)), [9, 10, 11], "a shortened log is shortened like any other");
    }

    #[test]
    fn what_is_not_told_and_what_was_sent_within_a_day_stays() {
        let folder = tempfile::tempdir().unwrap();
        let mut ledger = opened(&folder.path().join("untold.log"));
        let first = send(&mut ledger, 0);
        days(&mut ledger, 1..4);
        ledger.stay_within(1);
        assert_eq!(sequences(&ledger), [1, 2, 3, 4]);
        tell(&mut ledger, first, 4 * DAY_MICROS);
        ledger.shorten_above = 0;
        ledger.stay_within(1);
        assert_eq!(sequences(&ledger), [3, 4]);

        let mut ledger = opened(&folder.path().join("young.log"));
        for hour in 0..24 {
            let at_micros = hour * (DAY_MICROS / 24);
            let sequence = send(&mut ledger, at_micros);
            tell(&mut ledger, sequence, at_micros);
        }
        ledger.stay_within(1);
        assert_eq!(sequences(&ledger), (1..=24).collect::<Vec<u64>>());
    }

    #[test]
    fn a_log_within_its_limit_keeps_every_line() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("simulator.log");
        let mut ledger = opened(&path);
        days(&mut ledger, 0..10);
        let before = std::fs::read(&path).unwrap();
        ledger.stay_within(LOG_LIMIT_BYTES);
        assert_eq!((std::fs::read(&path).unwrap(), sequences(&ledger).len()), (before, 10));
    }
}
