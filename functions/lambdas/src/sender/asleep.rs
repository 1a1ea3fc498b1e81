//! Recipients who sleep when their message is due: each gets an item that waits, and the dispatcher cuts their jobs when
//! it is day. They cost neither a permit nor the time of the others.

use campaigns::job::{Job, JobRecipient};
use campaigns::message::MessageRecord;
use futures::stream;
use futures::{StreamExt, TryStreamExt};

use super::attempt::claim_of;
use super::hours::{ALWAYS_NIGHT, Night, night};
use super::leave_out;
use crate::App;
use crate::storage::campaigns::CampaignRecord;
use crate::storage::messages;

/// Items written at once.
const PARALLEL_WRITES: usize = 16;

/// What the item of a sleeping recipient says while it waits.
const QUIET_HOURS: &str = "Waits for the end of the quiet hours where this person lives";

/// Takes the recipients out of the job for whom it is night when their message would leave, and lets them wait.
pub(super) async fn put_aside(app: &App, campaign: &CampaignRecord, job: &mut Job) -> anyhow::Result<()> {
    if campaign.timing.quiet.is_none() {
        return Ok(());
    }
    let now = app.clock.now_micros();
    let mut asleep = Vec::new();
    let mut awake = Vec::new();
    for recipient in std::mem::take(&mut job.recipients) {
        match night(campaign, &recipient.phone, recipient.due_at_micros.max(now)) {
            Night::Awake => awake.push(recipient),
            night @ (Night::Until(_) | Night::Always) => asleep.push((recipient, night)),
        }
    }
    job.recipients = awake;
    let job = &*job;
    let writes: Vec<_> = asleep.into_iter().map(|(recipient, night)| wait(app, job, recipient, night)).collect();
    stream::iter(writes).buffer_unordered(PARALLEL_WRITES).try_collect().await
}

/// Lets one recipient wait until the night is over, or skips one for whom it never is. Nothing when somebody else has
/// the recipient by now.
pub(super) async fn wait(app: &App, job: &Job, recipient: JobRecipient, night: Night) -> anyhow::Result<()> {
    let until = match night {
        Night::Awake => return Ok(()),
        Night::Always => return leave_out(app, job, &recipient, ALWAYS_NIGHT).await,
        Night::Until(moment) => moment / 1_000,
    };
    if !recipient.waits {
        let claim = claim_of(job, &recipient, String::new(), app.clock.now_millis());
        return messages::create(app, &MessageRecord::put_off(claim, until, QUIET_HOURS)).await.map(|_| ());
    }
    let Some(waiting) = messages::get(app, &job.campaign_id, recipient.index).await? else { return Ok(()) };
    let longer = |standing: &MessageRecord| {
        standing.put_off_again(until, QUIET_HOURS).filter(|_| standing.attempt == recipient.attempt)
    };
    messages::change(app, waiting, longer).await.map(|_| ())
}
