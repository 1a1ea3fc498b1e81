//! A flight: the messages of one job on their way, each in its slot.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context;
use campaigns::job::{Job, JobRecipient, RecipientContent};
use campaigns::phone;
use tokio::task::JoinSet;
use wire::WaitReason;

use super::attempt::{Attempt, Landed};
use super::hours::{self, Hours, Night};
use super::pace::{FARTHEST_TURN_MICROS, Pace, Turn};
use super::permit::{self, Permit, Wish};
use super::settle::{Accepted, Pending, settle};
use super::signals::Signals;
use super::waits::{EXCESS_MICROS, Waits};
use super::{asleep, barred, is_free, leave_out, wanted_campaign};
use crate::App;
use crate::config::WhatsAppApp;
use crate::storage::campaigns::CampaignRecord;
use crate::storage::channels::ChannelRecord;
use crate::storage::messages;
use crate::storage::pauses;
use crate::storage::portfolios::{self, Counted};
use crate::storage::queues::{self, DelayedJob};
use crate::storage::table::Written;

/// A slot or an instant that is missed by more is given up: sent late, messages would crowd into the slots of others.
pub(super) const SLOT_TOLERANCE_MICROS: i64 = 20_000;

/// How long before a slot the campaign's state is read: the last look before messages leave.
pub(super) const CHECK_AHEAD_MICROS: i64 = 60_000;

/// How long one invocation takes new permits: a slot may then be 4 s away, an answer 15 s and its writing down a second
/// or two, within the function's 30 s.
const LONGEST_SENDING_MICROS: i64 = 8_000_000;

/// Messages of one job in flight at once: a second of a number at 80/s with answers after a second.
const IN_FLIGHT: usize = 100;

/// A job that finds its number taken comes again after a quarter of its lateness, between these two: jobs that wait long
/// ask seldom, so that a backlog costs little.
const SHORTEST_BOUNCE_MICROS: i64 = 1_000_000;
const LONGEST_BOUNCE_MICROS: i64 = 30_000_000;

/// Between two recipients' jobs that come when a number has rested.
const AFTER_REST_SPREAD_MICROS: i64 = 3_000;

/// A job that is this late is one of many that wait for the campaign's own pace: it looks before it asks its number.
const LATE_MICROS: i64 = 1_000_000;

/// Who gets nothing is asked again before messages of the same job that leave later than this.
const ASK_AGAIN_MICROS: i64 = 1_000_000;

/// Recipients of a job that waits for the hours to open keep what lay between them, up to this: a job is of one second.
pub(super) const LONGEST_SHIFT_MICROS: i64 = 1_000_000;

/// Times that a pause is tried anew because the dispatcher moved the cursor meanwhile.
const MOST_RACES: u32 = 20;

/// While answers are waited for, acceptances are looked through this often.
const SETTLE_EVERY: Duration = Duration::from_millis(500);

/// When WhatsApp cannot be reached, the rest of a job comes again after this.
const UNREACHABLE_WAIT_MICROS: i64 = 10_000_000;

#[derive(Clone, Copy)]
struct Slots {
    first: i64,
    interval: i64,
}

impl Slots {
    /// The slot of the last of so many messages.
    fn last(self, messages: usize) -> i64 {
        let others = i64::try_from(messages).unwrap_or(i64::MAX).saturating_sub(1);
        self.first.saturating_add(self.interval.saturating_mul(others))
    }

    /// The first slot from `slot` on that is not before `earliest`.
    fn not_before(self, slot: i64, earliest: i64) -> i64 {
        let interval = self.interval.max(1);
        let missed = (earliest.saturating_sub(slot).max(0) + interval - 1) / interval;
        slot.saturating_add(missed.saturating_mul(interval))
    }
}

/// The messages of one job that are under way.
pub(super) struct Flight<'a> {
    app: &'a Arc<App>,
    channel: Arc<ChannelRecord>,
    credentials: Arc<WhatsAppApp>,
    job: Arc<Job>,
    signals: Arc<Signals>,
    /// Whom WhatsApp is told by his id, by canonical phone.
    user_ids: BTreeMap<String, String>,
    /// Who gets nothing after all, by index, with the reason.
    barred: BTreeMap<u64, String>,
    /// When it was last asked who gets nothing, in microseconds since 1970.
    asked_at: i64,
    /// Why the next message leaves later than the pace asks for.
    waits: Waits,
    tasks: JoinSet<anyhow::Result<Landed>>,
    again: Vec<JobRecipient>,
    accepted: Pending,
    /// People counted at the portfolio whose messages have not left yet.
    counted: usize,
    stopped_by: Option<Stop>,
}

/// Why no more messages of the job leave now.
#[derive(Debug, Clone, Copy)]
enum Stop {
    Unreachable,
    Blocked { code: u32 },
}

impl<'a> Flight<'a> {
    /// Nothing is under way yet.
    pub(super) fn new(
        app: &'a Arc<App>,
        channel: ChannelRecord,
        credentials: WhatsAppApp,
        job: Job,
        signals: Signals,
        user_ids: BTreeMap<String, String>,
    ) -> Flight<'a> {
        Flight {
            app,
            waits: Waits::default(),
            channel: Arc::new(channel),
            credentials: Arc::new(credentials),
            job: Arc::new(job),
            signals: Arc::new(signals),
            barred: BTreeMap::new(),
            asked_at: app.clock.now_micros(),
            user_ids,
            tasks: JoinSet::new(),
            again: Vec::new(),
            accepted: Pending::default(),
            counted: 0,
            stopped_by: None,
        }
    }

    /// Sends the recipients, rising by due time, each at its instant, within the permits of the number and the pace of
    /// the campaign. What is under way always lands, whatever else fails.
    pub(super) async fn send(mut self, recipients: &[JobRecipient], campaign: CampaignRecord) -> anyhow::Result<()> {
        self.waits = Waits::of_job(&self.job, &campaign);
        let sent = self.send_all(recipients, campaign).await;
        let (app, channel, signals) = (self.app, Arc::clone(&self.channel), Arc::clone(&self.signals));
        let landed = self.land().await;
        let noted = signals.end(app, &channel).await;
        sent.and(landed).and(noted)
    }

    /// `campaign`: as it was read last.
    async fn send_all(&mut self, recipients: &[JobRecipient], mut campaign: CampaignRecord) -> anyhow::Result<()> {
        let until = self.now() + LONGEST_SENDING_MICROS;
        let mut rest = recipients;
        // The campaign's own pace lets nothing leave before.
        let mut turn_at = i64::MIN;
        while let Some(first) = rest.first()
            && first.due_at_micros.max(turn_at).max(self.now()) < until
        {
            let due_micros = first.due_at_micros.max(turn_at);
            self.app.clock.sleep_until(due_micros - self.app.load.lead_micros()).await;
            let interval_micros = self.signals.interval_micros(self.app, &self.channel);
            let mut messages = permit::contiguous(rest, interval_micros);
            if let Some(pace) = Pace::of(&campaign) {
                // What its own pace holds back takes no slots of the number, which others could use.
                messages = pace.together(&rest[..messages], interval_micros);
                if self.now() > due_micros + LATE_MICROS {
                    match pace.look(self.app, first.index, self.now()).await? {
                        Turn::NotBefore(next) if next > self.now() + FARTHEST_TURN_MICROS => {
                            return self.put_back(rest, after_bounce(rest, next, self.now())).await;
                        }
                        Turn::NotBefore(next) => {
                            turn_at = next;
                            continue;
                        }
                        Turn::Now(_) => {}
                    }
                }
                if campaign.min_gap_ms > 0 && !self.is_free(first).await? {
                    // Its job came twice: a turn of the campaign that nobody leaves in is lost to it.
                    rest = &rest[1..];
                    continue;
                }
            }
            let wish = Wish { messages, interval_micros, due_micros };
            let granted = match permit::take(self.app, &self.channel, wish, self.signals.free_at()).await? {
                Permit::NotNow { free_at_micros, wait } => {
                    self.waits.hold(wait);
                    return self.put_back(rest, after_bounce(rest, free_at_micros, self.now())).await;
                }
                Permit::Resting { until_micros } => {
                    self.waits.hold(WaitReason::Throttled);
                    return self.put_back_after(rest, after_rest(rest, until_micros)).await;
                }
                Permit::Blocked { code } => {
                    self.stopped_by = Some(Stop::Blocked { code });
                    return Ok(());
                }
                Permit::Granted(granted) => granted,
            };
            self.signals.learn(granted.number);
            if granted.slot_micros > due_micros.max(self.now()) + EXCESS_MICROS {
                self.waits.hold(granted.number.wait_at(self.now()));
            }
            let (slot, interval, wanted) = (granted.slot_micros, granted.interval_micros, granted.messages);
            let ahead = self.app.load.lead_micros().max(CHECK_AHEAD_MICROS);
            self.app.clock.sleep_until(slot - ahead).await;
            let Some(read) = wanted_campaign(self.app, &self.job).await? else { return Ok(()) };
            campaign = read;
            self.ask_who_is_barred(&campaign, &rest[..wanted]).await?;
            let wanted = Pace::of(&campaign).map_or(wanted, |pace| pace.together(&rest[..wanted], interval));
            let mut slots = Slots { first: slot, interval };
            let until = match hours::of(&campaign, slot, slots.last(wanted)) {
                Hours::Open { until } => until,
                Hours::Closed { opens_at } => {
                    self.waits.hold(WaitReason::Window);
                    let rest = hours::shifted(rest, opens_at, LONGEST_SHIFT_MICROS);
                    return self.put_back(&rest, opens_at).await;
                }
            };
            let mut turn = self.turn(&campaign, &rest[..wanted], slots).await?;
            if let Turn::NotBefore(next) = turn
                && next <= slot + SLOT_TOLERANCE_MICROS
            {
                slots.first = slots.first.max(next);
                turn = self.turn(&campaign, &rest[..wanted], slots).await?;
            }
            match turn {
                Turn::NotBefore(next) if next > self.now() + FARTHEST_TURN_MICROS => {
                    return self.put_back(rest, next).await;
                }
                Turn::NotBefore(next) => turn_at = next,
                Turn::Now(before) => {
                    let allowed = match self.count(wanted, slots.first).await? {
                        Counted::Done { people } => people,
                        Counted::Full { until } => {
                            self.waits.hold(WaitReason::Limit);
                            let rest = hours::shifted(rest, campaign.opening(until), LONGEST_SHIFT_MICROS);
                            return self.put_back(&rest, until).await;
                        }
                    };
                    self.waits.follow(before);
                    let sent = self.send_in_slots(&campaign, &rest[..allowed], slots, until).await?;
                    self.counted = self.counted.saturating_sub(sent);
                    rest = &rest[sent..];
                }
            }
            match self.stopped_by {
                None => {}
                Some(Stop::Unreachable) => {
                    self.waits.hold(WaitReason::Throttled);
                    return self.put_back(rest, self.now() + UNREACHABLE_WAIT_MICROS).await;
                }
                Some(Stop::Blocked { .. }) => return Ok(()),
            }
        }
        self.put_back(rest, self.now()).await
    }

    /// Whether nobody else has the recipient by now.
    async fn is_free(&self, recipient: &JobRecipient) -> anyhow::Result<bool> {
        let record = messages::get(self.app, &self.job.campaign_id, recipient.index).await?;
        Ok(is_free(record.as_ref(), recipient))
    }

    /// Asks once more who gets nothing, where it was asked a while ago: an opt-out bites before the next message.
    async fn ask_who_is_barred(&mut self, campaign: &CampaignRecord, next: &[JobRecipient]) -> anyhow::Result<()> {
        if self.now() - self.asked_at < ASK_AGAIN_MICROS {
            return Ok(());
        }
        self.asked_at = self.now();
        let mut job = Job { recipients: next.to_vec(), ..(*self.job).clone() };
        barred::mark(self.app, campaign, &mut job).await?;
        for recipient in job.recipients {
            if let RecipientContent::Skip(reason) = recipient.content {
                self.barred.insert(recipient.index, reason);
            }
        }
        Ok(())
    }

    /// Counts so many people at the number's portfolio, or as many as it has room for; who was counted and has not left
    /// yet is not counted again.
    async fn count(&mut self, wanted: usize, slot: i64) -> anyhow::Result<Counted> {
        if self.channel.messaging_limit.is_none() {
            return Ok(Counted::Done { people: wanted });
        }
        let missing = wanted.saturating_sub(self.counted);
        if missing > 0 {
            match portfolios::count(self.app, &self.channel, missing, slot).await? {
                Counted::Done { people } => self.counted += people,
                Counted::Full { until } if self.counted == 0 => return Ok(Counted::Full { until }),
                Counted::Full { .. } => {}
            }
        }
        Ok(Counted::Done { people: wanted.min(self.counted) })
    }

    /// Whether the campaign's own pace lets these messages leave at their slots.
    async fn turn(&self, campaign: &CampaignRecord, recipients: &[JobRecipient], slots: Slots) -> anyhow::Result<Turn> {
        let (Some(pace), Some(last)) = (Pace::of(campaign), recipients.last()) else { return Ok(Turn::Now(None)) };
        let indexes = (recipients[0].index, last.index);
        pace.take(self.app, (slots.first, slots.last(recipients.len())), indexes).await
    }

    /// Starts the messages whose slots can be met; returns how many. A missed slot is nobody's, and those for whom none
    /// is left need a new permit.
    async fn send_in_slots(
        &mut self,
        campaign: &CampaignRecord,
        recipients: &[JobRecipient],
        slots: Slots,
        until: i64,
    ) -> anyhow::Result<usize> {
        let pace = Pace::of(campaign).map(Arc::new);
        let (mut slot, last) = (slots.first, slots.last(recipients.len()));
        for (sent, recipient) in recipients.iter().enumerate() {
            let planned = slot.max(recipient.due_at_micros);
            self.app.clock.sleep_until(planned - self.app.load.claim_ahead_micros()).await;
            self.land_ready()?;
            let now = self.now();
            if now > planned + SLOT_TOLERANCE_MICROS {
                // Not one that the claim would miss again.
                slot = slots.not_before(slot, now);
            }
            let at = slot.max(recipient.due_at_micros);
            self.app.load.note_slot(at == planned, self.now());
            if self.stopped_by.is_some() || slot > last || at > until {
                return Ok(sent);
            }
            if let Some(reason) = self.barred.get(&recipient.index) {
                leave_out(self.app, &self.job, recipient, reason).await?;
                slot += slots.interval;
                continue;
            }
            match hours::night(campaign, &recipient.phone, at) {
                Night::Awake => {}
                night @ (Night::Until(_) | Night::Always) => {
                    asleep::wait(self.app, &self.job, recipient.clone(), night).await?;
                    slot += slots.interval;
                    continue;
                }
            }
            if self.tasks.len() >= IN_FLIGHT {
                self.land_one().await?;
            }
            let attempt = Attempt {
                app: Arc::clone(self.app),
                channel: Arc::clone(&self.channel),
                credentials: Arc::clone(&self.credentials),
                job: Arc::clone(&self.job),
                signals: Arc::clone(&self.signals),
                user_id: self.user_ids.get(&phone::canonical_digits(&recipient.phone)).cloned(),
                recipient: recipient.clone(),
                pace: pace.clone(),
                slot: at,
                until,
                would_wait_for: self.waits.standing(recipient),
                before: self.waits.before(),
                waited_for: self.waits.of(recipient, at),
            };
            self.tasks.spawn(attempt.make());
            slot += slots.interval;
        }
        Ok(recipients.len())
    }

    /// Puts recipients back into the queue, for a sender to have them at this time.
    async fn put_back(&self, rest: &[JobRecipient], at_micros: i64) -> anyhow::Result<()> {
        if rest.is_empty() {
            return Ok(());
        }
        queues::send_jobs(self.app, vec![DelayedJob::new(&self.left(rest), at_micros, self.now())?]).await
    }

    /// Puts recipients back into the queue, for no sender to have them before this time.
    async fn put_back_after(&self, rest: &[JobRecipient], at_micros: i64) -> anyhow::Result<()> {
        queues::send_jobs(self.app, vec![DelayedJob::not_before(&self.left(rest), at_micros, self.now())?]).await
    }

    /// A job of the recipients that are left.
    fn left(&self, rest: &[JobRecipient]) -> Job {
        Job { recipients: rest.to_vec(), wait: self.waits.left(), ..(*self.job).clone() }
    }

    /// Takes note of the attempts that have landed, without waiting.
    fn land_ready(&mut self) -> anyhow::Result<()> {
        while let Some(landed) = self.tasks.try_join_next() {
            self.note(landed.context("a message's task ended early")??);
        }
        let due = self.accepted.due(self.now());
        self.settle(due.unwrap_or_default());
        Ok(())
    }

    /// Has these acceptances written down, beside what is under way.
    fn settle(&mut self, batch: Vec<Accepted>) {
        if batch.is_empty() {
            return;
        }
        let (app, job) = (Arc::clone(self.app), Arc::clone(&self.job));
        self.tasks.spawn(async move { settle(&app, &job.campaign_id, batch).await.map(|()| Landed::Done) });
    }

    /// Waits for one; false when nothing is under way.
    async fn land_one(&mut self) -> anyhow::Result<bool> {
        let Some(landed) = self.tasks.join_next().await else { return Ok(false) };
        self.note(landed.context("a message's task ended early")??);
        Ok(true)
    }

    fn note(&mut self, landed: Landed) {
        match landed {
            Landed::Done => {}
            Landed::Accepted(accepted) => self.accepted.push(accepted),
            Landed::Again(next) => self.again.push(next),
            Landed::Unreachable(next) => {
                self.again.push(next);
                self.stopped_by.get_or_insert(Stop::Unreachable);
            }
            Landed::Blocked { code } => self.stopped_by = Some(Stop::Blocked { code }),
        }
    }

    /// Waits for all messages, queues the next attempts of those that were refused for now, and pauses the campaign when
    /// nothing can be sent.
    async fn land(mut self) -> anyhow::Result<()> {
        let mut failed = None;
        loop {
            if self.tasks.is_empty() {
                let rest = self.accepted.rest();
                self.settle(rest);
            }
            // One answer that takes long holds up none of the others.
            match tokio::time::timeout(SETTLE_EVERY, self.land_one()).await {
                Ok(Ok(true)) => {}
                Ok(Ok(false)) => break,
                Ok(Err(error)) => failed = Some(error),
                Err(_) => {}
            }
            let due = self.accepted.due(self.now());
            self.settle(due.unwrap_or_default());
        }
        let now = self.now();
        let mut jobs = Vec::new();
        for recipient in std::mem::take(&mut self.again) {
            let visible_at = recipient.due_at_micros;
            let job = Job { recipients: vec![recipient], wait: None, ..(*self.job).clone() };
            jobs.push(DelayedJob::new(&job, visible_at, now)?);
        }
        queues::send_jobs(self.app, jobs).await?;
        if let Some(Stop::Blocked { code }) = self.stopped_by {
            self.pause(code).await?;
        }
        failed.map_or(Ok(()), Err)
    }

    /// Pauses the campaign with the reason, if it still sends.
    async fn pause(&self, code: u32) -> anyhow::Result<()> {
        for _ in 0..MOST_RACES {
            let Some(read) = wanted_campaign(self.app, &self.job).await? else { return Ok(()) };
            if pauses::pause_by_code(self.app, &read, code).await? == Written::Done {
                tracing::warn!(campaign = %read.id, code, "a campaign paused: WhatsApp refuses all its messages");
                return Ok(());
            }
        }
        anyhow::bail!("campaign {} kept changing under {MOST_RACES} tries to pause it", self.job.campaign_id)
    }

    fn now(&self) -> i64 {
        self.app.clock.now_micros()
    }
}

/// When recipients come again whose number is taken until `free_at`: later the longer they have waited, and not all at
/// once. In microseconds since 1970.
pub(super) fn after_bounce(rest: &[JobRecipient], free_at: i64, now: i64) -> i64 {
    let lateness = rest.first().map_or(0, |first| now - first.due_at_micros);
    let spread = i64::try_from(rest.first().map_or(0, |first| first.index % 1_000)).unwrap_or_default() * 1_000;
    let wait = (lateness / 4).clamp(SHORTEST_BOUNCE_MICROS, LONGEST_BOUNCE_MICROS) + spread;
    free_at.max(now + wait)
}

/// When recipients come again whose number rests until a time: soon after it, and not all at once. In microseconds since
/// 1970.
pub(super) fn after_rest(rest: &[JobRecipient], until: i64) -> i64 {
    let spread = rest.first().map_or(0, |first| first.index % 1_000);
    until.saturating_add(i64::try_from(spread).unwrap_or_default() * AFTER_REST_SPREAD_MICROS)
}
