//! What the answers of one flight say of its number: whether it answers at all, and what refusals ask of it.
//!
//! An outage must cost tens of unknown outcomes and not thousands: when nothing at all has answered for `SLOW_ANSWER`,
//! the number rests until something does; five unknown outcomes in a row rest it longer, and then one message probes.

use std::sync::atomic::{AtomicBool, AtomicI64, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use campaigns::send_error::{Reaction, reaction};

use super::attempt::retry_after_ms;
use super::number::{self, MOST_UNKNOWNS, Number};
use crate::App;
use crate::cloud_api::SendAnswer;
use crate::storage::channels::ChannelRecord;

/// An answer that takes longer, with no other in between, casts doubt on the number.
const SLOW_ANSWER: Duration = Duration::from_secs(2);

/// Between two cuts that one flight asks for, in microseconds: the item allows one a second.
const BETWEEN_CUTS_MICROS: i64 = 1_000_000;

/// Shared by the messages of one flight.
pub(super) struct Signals {
    number: Mutex<Number>,
    answered_at: AtomicI64,
    cut_at: AtomicI64,
    unknown_run: AtomicI64,
    noted_run: AtomicI64,
    is_suspected: AtomicBool,
}

impl Signals {
    /// Nothing was sent yet; the number as it stood.
    pub(super) fn of(number: Number) -> Signals {
        Signals {
            number: Mutex::new(number),
            answered_at: AtomicI64::new(0),
            cut_at: AtomicI64::new(0),
            unknown_run: AtomicI64::new(0),
            noted_run: AtomicI64::new(0),
            is_suspected: AtomicBool::new(false),
        }
    }

    /// The number as a permit found it.
    pub(super) fn learn(&self, number: Number) {
        *self.number.lock().unwrap_or_else(PoisonError::into_inner) = number;
    }

    fn known(&self) -> Number {
        *self.number.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Microseconds between two messages, as far as is known and as this process can keep them.
    pub(super) fn interval_micros(&self, app: &App, channel: &ChannelRecord) -> i64 {
        app.load.stretched(self.known().interval_micros(channel, app.clock.now_micros()))
    }

    /// When the number is free, as far as is known.
    pub(super) fn free_at(&self) -> i64 {
        self.known().free_at
    }

    /// Waits for the answer to one message and tells the number what it means. What cannot be told is logged: the
    /// message's own outcome must be recorded all the same.
    pub(super) async fn watch(
        &self,
        app: &App,
        channel: &ChannelRecord,
        sending: impl Future<Output = anyhow::Result<SendAnswer>>,
    ) -> anyhow::Result<SendAnswer> {
        let sent_at = app.clock.now_micros();
        let mut sending = std::pin::pin!(sending);
        let answer = tokio::select! {
            biased;
            answer = &mut sending => answer?,
            () = tokio::time::sleep(SLOW_ANSWER) => {
                if self.answered_at.load(Ordering::Relaxed) < sent_at {
                    self.is_suspected.store(true, Ordering::Relaxed);
                    said(number::suspect(app, channel).await.map(|_| ()));
                }
                sending.await?
            }
        };
        said(self.note(app, channel, &answer).await);
        Ok(answer)
    }

    async fn note(&self, app: &App, channel: &ChannelRecord, answer: &SendAnswer) -> anyhow::Result<()> {
        match answer {
            SendAnswer::Indefinite(_) => self.note_unknown(app, channel).await,
            // It never left: nothing is said of the number.
            SendAnswer::NotSent(_) => Ok(()),
            SendAnswer::Accepted { .. } => self.note_answer(app, channel).await,
            SendAnswer::Refused { code, retry_after_seconds } => {
                self.note_answer(app, channel).await?;
                self.note_refusal(app, channel, *code, *retry_after_seconds).await
            }
        }
    }

    /// A clear answer: nothing unknown is in a row any more.
    async fn note_answer(&self, app: &App, channel: &ChannelRecord) -> anyhow::Result<()> {
        self.answered_at.store(app.clock.now_micros(), Ordering::Relaxed);
        self.unknown_run.store(0, Ordering::Relaxed);
        if self.is_suspected.swap(false, Ordering::Relaxed) {
            number::clear_suspicion(app, channel).await?;
        }
        if self.known().unknowns > 0 || self.noted_run.swap(0, Ordering::Relaxed) > 0 {
            number::trust(app, channel).await?;
            self.learn(self.known().trusted());
        }
        Ok(())
    }

    async fn note_unknown(&self, app: &App, channel: &ChannelRecord) -> anyhow::Result<()> {
        let run = self.unknown_run.fetch_add(1, Ordering::Relaxed) + 1;
        let is_probe = self.known().unknowns >= MOST_UNKNOWNS;
        if run < MOST_UNKNOWNS && !is_probe {
            return Ok(());
        }
        self.unknown_run.store(0, Ordering::Relaxed);
        self.noted_run.store(run, Ordering::Relaxed);
        number::note_unknowns(app, channel, run).await
    }

    async fn note_refusal(
        &self,
        app: &App,
        channel: &ChannelRecord,
        code: u32,
        retry_after_seconds: Option<u64>,
    ) -> anyhow::Result<()> {
        let now = app.clock.now_micros();
        let asked_ms = retry_after_ms(retry_after_seconds);
        match reaction(code) {
            Reaction::SlowNumber => {
                if now - self.cut_at.swap(now, Ordering::Relaxed) >= BETWEEN_CUTS_MICROS {
                    number::slow(app, channel, &self.known()).await?;
                }
                if asked_ms > 0 {
                    number::rest(app, channel, now + asked_ms * 1_000).await?;
                }
            }
            Reaction::RestNumber => number::rest_again(app, channel, &self.known(), code, asked_ms).await?,
            Reaction::PauseNumber => number::block(app, channel, code).await?,
            Reaction::Retry | Reaction::Defer | Reaction::Fail | Reaction::Suppress | Reaction::PauseCampaign => {}
        }
        Ok(())
    }

    /// Unknown outcomes at the end of the flight are in a row with the next flight's.
    pub(super) async fn end(&self, app: &App, channel: &ChannelRecord) -> anyhow::Result<()> {
        match self.unknown_run.swap(0, Ordering::Relaxed) {
            0 => Ok(()),
            run => number::note_unknowns(app, channel, run).await,
        }
    }
}

fn said(told: anyhow::Result<()>) {
    if let Err(error) = told {
        tracing::error!(error = format!("{error:#}"), "what an answer says of its number could not be noted");
    }
}
