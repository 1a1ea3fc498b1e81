//! What was done with a campaign, newest first, in plain words.

use chrono::{DateTime, Utc};
use wire::{AuditLine, AuditList, CampaignEvent, ChangedField};

use super::actor;
use crate::t;

/// The lines that came so far.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct History {
    /// Newest first.
    pub lines: Vec<AuditLine>,
    /// Where older ones begin; nothing when there are none.
    pub next: Option<String>,
}

impl History {
    /// With the newest page. Older lines that are here stay, unless some between them and the page are missing.
    pub fn renewed(self, newest: AuditList) -> Self {
        let AuditList { items, next } = newest;
        let new = self.lines.first().and_then(|first| items.iter().position(|line| line == first));
        match new {
            Some(new) => Self { lines: items.into_iter().take(new).chain(self.lines).collect(), next: self.next },
            None => Self { lines: items, next },
        }
    }

    /// With the page after `after`; as it is when it goes on elsewhere by now.
    pub fn extended(mut self, after: &str, older: AuditList) -> Self {
        if self.next.as_deref() == Some(after) {
            self.lines.extend(older.items);
            self.next = older.next;
        }
        self
    }
}

/// What was done.
pub fn words(what: CampaignEvent) -> &'static str {
    match what {
        CampaignEvent::Created => t::created(),
        CampaignEvent::Cloned => t::happened_cloned(),
        CampaignEvent::Approved => t::happened_approved(),
        CampaignEvent::Scheduled => t::happened_scheduled(),
        CampaignEvent::Unscheduled => t::happened_unscheduled(),
        CampaignEvent::Started => t::happened_started(),
        CampaignEvent::Paused => t::paused(),
        CampaignEvent::Resumed => t::happened_resumed(),
        CampaignEvent::Cancelled => t::cancelled(),
        CampaignEvent::Failed => t::happened_failed(),
        CampaignEvent::Edited => t::happened_edited(),
        CampaignEvent::Deleted => t::happened_deleted(),
        CampaignEvent::Retried => t::happened_retried(),
        CampaignEvent::Completed => t::happened_completed(),
        CampaignEvent::Reopened => t::happened_reopened(),
        CampaignEvent::UnknownsSentAgain => t::happened_unknowns_sent_again(),
        CampaignEvent::UnknownsLeft => t::happened_unknowns_left(),
        CampaignEvent::Stalled => t::happened_stalled(),
        CampaignEvent::Recovered => t::happened_recovered(),
        CampaignEvent::GaveUp => t::happened_gave_up(),
        CampaignEvent::DeadLettersRedriven => t::happened_dead_letters_redriven(),
        CampaignEvent::TemplateChanged => t::happened_template_changed(),
    }
}

/// Who did it.
pub fn who(line: &AuditLine) -> String {
    actor::called(&line.who)
}

/// Why, where that was said: one reason, or several that are each a sentence of its own.
pub fn reason(line: &AuditLine) -> Option<String> {
    let reason = line.reason.as_deref()?;
    let parts: Vec<(&str, String)> = reason.split("; ").map(|part| (part, t::said(part))).collect();
    if parts.iter().all(|(english, here)| english != here) {
        let here: Vec<String> = parts.into_iter().map(|(_, here)| here).collect();
        return Some(here.join("; "));
    }
    Some(t::said(reason))
}

/// The fields that changed; `date` writes a time as the reader does.
pub fn changes(line: &AuditLine, date: impl Fn(DateTime<Utc>) -> String) -> Vec<String> {
    let mut told: Vec<String> = line.changed.iter().map(|change| told(change, &date)).collect();
    // Hours and the name under which they are saved change together, and are called the same.
    told.dedup();
    told
}

fn told(change: &ChangedField, date: &impl Fn(DateTime<Utc>) -> String) -> String {
    let name = name(&change.field);
    let shown = |text: &Option<String>| text.as_deref().and_then(|text| value(&change.field, text, date));
    let none = t::set_to_nothing();
    match (shown(&change.before), shown(&change.after)) {
        (Some(before), after) => format!("{name}: {before} → {}", after.as_deref().unwrap_or(none)),
        (None, Some(after)) => format!("{name}: {after}"),
        (None, None) => name.to_owned(),
    }
}

/// What a field is called on the page; as the API has it where it has no name there.
fn name(field: &str) -> &str {
    match field {
        "name" => t::name(),
        "scheduledTo" => t::the_start(),
        "minSecondsBetweenMessages" => t::shortest_wait_between_messages(),
        "maxSecondsBetweenMessages" => t::longest_wait_between_messages(),
        "secondsBetweenChunks" => t::wait_between_chunks(),
        "retryRounds" => t::try_failures_again(),
        "businessHours" | "businessHoursId" => t::business_hours(),
        "quietHours" => t::nobody_at_night(),
        "durationDays" => t::spread_over_days(),
        "timeZone" => t::time_zone(),
        "skipUnfilled" => t::changed_unfilled(),
        "spendCap" => t::spend_cap(),
        "pauseAbove" => t::changed_pause_above(),
        "trackMaxHours" => t::changed_track_hours(),
        "trackAllChannels" => t::changed_track_channels(),
        "replies" => t::changed_replies(),
        "chunkSize" => t::people_in_a_chunk(),
        "audienceId" => t::contacts_file(),
        "template" => t::message(),
        "links" => t::tracked_links(),
        "consentAttestation" => t::consent(),
        other => other,
    }
}

/// What a field was or is, where that is plain as it stands.
fn value(field: &str, text: &str, date: &impl Fn(DateTime<Utc>) -> String) -> Option<String> {
    match field {
        "name" | "retryRounds" | "durationDays" | "timeZone" | "quietHours" | "spendCap" | "trackMaxHours"
        | "chunkSize" => Some(text.to_owned()),
        "minSecondsBetweenMessages" | "maxSecondsBetweenMessages" | "secondsBetweenChunks" => Some(format!("{text} s")),
        "scheduledTo" => DateTime::parse_from_rfc3339(text).ok().map(|at| date(at.with_timezone(&Utc))),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use chrono::Duration;
    use wire::CampaignStatus;

    use super::*;

    fn line(minute: i64, what: CampaignEvent) -> AuditLine {
        AuditLine {
            at: DateTime::UNIX_EPOCH + Duration::minutes(minute),
            who: "Ana".into(),
            what,
            from: None,
            to: CampaignStatus::Processing,
            reason: None,
            changed: Vec::new(),
        }
    }

    fn page(minutes: &[i64], next: Option<&str>) -> AuditList {
        let items = minutes.iter().map(|minute| line(*minute, CampaignEvent::Edited)).collect();
        AuditList { items, next: next.map(str::to_owned) }
    }

    fn minutes(history: &History) -> Vec<i64> {
        history.lines.iter().map(|line| line.at.timestamp() / 60).collect()
    }

    #[test]
    fn what_is_new_comes_before_the_older_lines_that_are_here() {
        let history = History::default().renewed(page(&[5, 4], Some("4"))).extended("4", page(&[3, 2], Some("2")));
        let history = history.renewed(page(&[6, 5], Some("5")));
        assert_eq!((minutes(&history), history.next.as_deref()), (vec![6, 5, 4, 3, 2], Some("2")));
        let unchanged = history.clone().renewed(page(&[6, 5], Some("5")));
        assert_eq!(unchanged, history);
    }

    #[test]
    fn no_line_between_two_is_left_out() {
        let history = History::default().renewed(page(&[2, 1], None)).renewed(page(&[9, 8], Some("8")));
        assert_eq!((minutes(&history), history.next.as_deref()), (vec![9, 8], Some("8")));
        let late = history.extended("1", page(&[0], None));
        assert_eq!((minutes(&late), late.next.as_deref()), (vec![9, 8], Some("8")));
    }

    #[test]
    fn who_and_why_are_said_in_words() {
        let by_itself = AuditLine {
            who: "campanile".into(),
            reason: Some("its time has come; nobody knows".into()),
            ..line(0, CampaignEvent::Started)
        };
        assert_eq!((who(&by_itself).as_str(), who(&line(0, CampaignEvent::Started)).as_str()), ("By itself", "Ana"));
        assert_eq!(reason(&by_itself).as_deref(), Some("its time has come; nobody knows"));
        assert_eq!(reason(&line(0, CampaignEvent::Started)), None);
    }

    #[test]
    fn changes_are_told_by_the_names_of_the_page() {
        let change = |field: &str, before: Option<&str>, after: Option<&str>| ChangedField {
            field: field.into(),
            before: before.map(str::to_owned),
            after: after.map(str::to_owned),
        };
        let edited = AuditLine {
            changed: vec![
                change("name", Some("May"), Some("June")),
                change("scheduledTo", Some("1970-01-02T00:00:00+00:00"), None),
                change("minSecondsBetweenMessages", None, Some("2.5")),
                change("businessHours", Some("mon 09:00-18:00 UTC"), None),
                change("businessHoursId", Some("01H"), None),
                change("somethingNew", Some("1"), Some("2")),
            ],
            ..line(0, CampaignEvent::Edited)
        };
        let told = changes(&edited, |at| at.format("%d/%m").to_string());
        let expected = [
            "Name: May → June",
            "Start: 02/01 → none",
            "Shortest wait between messages: 2.5 s",
            "Business hours",
            "somethingNew",
        ];
        assert_eq!(told, expected);
    }
}
