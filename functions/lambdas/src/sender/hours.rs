//! The campaign's hours and the recipient's night, at the moment of sending: jobs come late, and again.

use campaigns::job::JobRecipient;
use campaigns::phone::PhoneNumber;

use crate::storage::campaigns::CampaignRecord;

/// Messages leave at the latest this long before the hours close, in microseconds: what leaves then arrives within them.
const CLOSING_MICROS: i64 = 200_000;

/// Whether messages may leave by the campaign's hours.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Hours {
    /// They may, until this instant, in microseconds since 1970.
    Open { until: i64 },
    /// Not before this instant.
    Closed { opens_at: i64 },
}

/// The hours for messages that leave from `first` to `last`, in microseconds since 1970.
pub(super) fn of(campaign: &CampaignRecord, first: i64, last: i64) -> Hours {
    let Some(hours) = campaign.timing.hours else { return Hours::Open { until: i64::MAX } };
    let open = hours.open_at(first);
    let until = open.until.saturating_sub(CLOSING_MICROS);
    if open.from > first {
        Hours::Closed { opens_at: open.from }
    } else if last > until {
        Hours::Closed { opens_at: hours.open_at(open.until).from }
    } else {
        Hours::Open { until }
    }
}

/// The same recipients with the first due at `at` and the others as far behind it as they were, at most `longest`
/// microseconds: what is late already must not grow later.
pub(super) fn shifted(recipients: &[JobRecipient], at: i64, longest: i64) -> Vec<JobRecipient> {
    let first = recipients.first().map_or(at, |first| first.due_at_micros);
    let due = |recipient: &JobRecipient| at + (recipient.due_at_micros - first).clamp(0, longest);
    recipients.iter().map(|recipient| JobRecipient { due_at_micros: due(recipient), ..recipient.clone() }).collect()
}

/// Whether it is night where a recipient lives.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Night {
    /// No.
    Awake,
    /// Until this instant, the hours looked at too, in microseconds since 1970.
    Until(i64),
    /// Whenever the campaign may send.
    Always,
}

/// Why a recipient is skipped who sleeps whenever the campaign may send.
pub(crate) const ALWAYS_NIGHT: &str = "The campaign's business hours lie within this person's quiet hours";

/// The night of a recipient at an instant.
pub(crate) fn night(campaign: &CampaignRecord, phone: &str, micros: i64) -> Night {
    let Some(quiet) = campaign.timing.quiet else { return Night::Awake };
    let Ok(phone) = PhoneNumber::parse(phone, None) else { return Night::Awake };
    let timing = &campaign.timing;
    match quiet.next_moment(&phone, timing.zone(), timing.hours.as_ref(), micros) {
        Some(moment) if moment > micros => Night::Until(moment),
        Some(_) => Night::Awake,
        None => Night::Always,
    }
}
