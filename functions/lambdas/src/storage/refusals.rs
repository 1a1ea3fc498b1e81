//! What a person said no to, between the contact book and the suppression list. When he leaves the book, his no goes onto
//! the list, since a campaign asks the book alone for consents; when he comes into it, the list's no goes with him, so that
//! the book never shows somebody as willing who gets nothing.

use wire::{ConsentAct, ConsentCategory, ConsentStanding, Consents, SuppressionReason, WorkspaceId};

use super::audit::ENGINE;
use super::consents::Line;
use super::person_keys;
use super::suppressions::{self, Entry, Person};
use crate::App;
use crate::clock::time_of_millis;

/// What the list says that a person said no to, himself or through somebody of the workspace: of somebody whom the business
/// blocked, or who was erased, nothing.
pub fn of_list(person: &Person) -> Consents {
    let all = no(person, person.workspace.as_ref());
    Consents { marketing: all.clone().or_else(|| no(person, person.marketing.as_ref())), utility: all }
}

fn no(person: &Person, entry: Option<&Entry>) -> Option<ConsentStanding> {
    let entry = entry.filter(|entry| person.erased_at.is_none() && is_a_no(entry))?;
    let at = time_of_millis(entry.since);
    Some(ConsentStanding { act: ConsentAct::OptOut, at, source: None, text_version: None })
}

fn is_a_no(entry: &Entry) -> bool {
    entry.reason != SuppressionReason::Code || !entry.is_firm()
}

/// Where a person stands who said this, and of whom the list says that: while he is on it, no yes counts.
pub fn over(said: &Consents, listed: &Consents) -> Consents {
    let over = |said: &Option<ConsentStanding>, listed: &Option<ConsentStanding>| match said {
        Some(no) if no.act == ConsentAct::OptOut => Some(no.clone()),
        Some(_) | None => listed.clone().or_else(|| said.clone()),
    };
    Consents { marketing: over(&said.marketing, &listed.marketing), utility: over(&said.utility, &listed.utility) }
}

/// The lines of a ledger for what was said by a user id alone and has become what `person` says: the same lines whenever
/// they are made.
pub fn lines_of(person: &Person, heard: &Person) -> Vec<Line> {
    let both = [ConsentCategory::Marketing, ConsentCategory::Utility];
    let said = [(&person.workspace, &heard.workspace, &both[..]), (&person.marketing, &heard.marketing, &both[..1])];
    let mut lines = Vec::new();
    for (entry, heard_entry, categories) in said {
        let carried = entry.as_ref().filter(|entry| heard_entry.as_ref() == Some(*entry) && is_a_no(entry));
        lines.extend(carried.into_iter().flat_map(move |entry| {
            categories.iter().map(move |category| Line {
                id: heard.spoke_in.clone().unwrap_or_else(|| "userId".to_owned()),
                category: *category,
                act: ConsentAct::OptOut,
                source: source_of(entry.reason).to_owned(),
                text_version: None,
                evidence: heard.spoke_in.clone(),
                recorded_by: entry.added_by.clone().unwrap_or_else(|| ENGINE.to_owned()),
                at: entry.since,
            })
        }));
    }
    lines
}

fn source_of(reason: SuppressionReason) -> &'static str {
    match reason {
        SuppressionReason::Word => "word",
        SuppressionReason::Button => "button",
        SuppressionReason::Preference => "preference",
        SuppressionReason::Code => "code",
        SuppressionReason::Manual => "manual",
        SuppressionReason::Recorded => "recorded",
    }
}

/// Puts a person on the suppression list for what he said no to: marketing alone, or everything where he wants not even
/// what he ordered. Does nothing where he said no to nothing, or was erased.
pub async fn keep(app: &App, workspace: WorkspaceId, canonical_phone: &str, said: &Consents) -> anyhow::Result<()> {
    if refused(said.marketing.as_ref()).is_none() && refused(said.utility.as_ref()).is_none() {
        return Ok(());
    }
    let name = person_keys::of(app, workspace).await?.of_phone(canonical_phone)?;
    suppressions::change(app, workspace, &name, |standing| with_refusals(standing, canonical_phone, said)).await?;
    Ok(())
}

/// The person with what he said no to; the same where the list says so already. A wish that he said before that, and
/// that comes late, lifts nothing.
fn with_refusals(standing: &Person, canonical_phone: &str, said: &Consents) -> Person {
    if standing.erased_at.is_some() || standing.workspace.is_some() {
        return standing.clone();
    }
    let (entry, next) = match (refused(said.utility.as_ref()), refused(said.marketing.as_ref())) {
        (Some(all), _) => (all.clone(), Person { workspace: Some(all), ..standing.clone() }),
        (None, Some(offers)) if standing.marketing.is_none() => {
            (offers.clone(), Person { marketing: Some(offers), ..standing.clone() })
        }
        (None, Some(_) | None) => return standing.clone(),
    };
    Person { phone: Some(canonical_phone.to_owned()), spoke_at: standing.spoke_at.max(Some(entry.since)), ..next }
}

fn refused(said: Option<&ConsentStanding>) -> Option<Entry> {
    let no = said.filter(|said| said.act == ConsentAct::OptOut)?;
    let since = no.at.timestamp_millis();
    Some(Entry { reason: SuppressionReason::Recorded, code: None, added_by: None, since })
}

#[cfg(test)]
mod tests {
    use campaigns::consent::Extent;

    use super::*;
    use crate::storage::suppressions::Barred;

    fn said(act: ConsentAct, at: i64) -> ConsentStanding {
        ConsentStanding { act, at: time_of_millis(at), source: None, text_version: None }
    }

    /// Both said at one time.
    fn consents(marketing: Option<ConsentAct>, utility: Option<ConsentAct>) -> Consents {
        let [marketing, utility] = [marketing, utility].map(|act| act.map(|act| said(act, 5_000)));
        Consents { marketing, utility }
    }

    fn after(standing: &Person, marketing: Option<ConsentAct>, utility: Option<ConsentAct>) -> Person {
        with_refusals(standing, "5511987654321", &consents(marketing, utility))
    }

    fn barred(person: &Person) -> (Option<Barred>, Option<Barred>) {
        (person.barred(None, Extent::Marketing), person.barred(None, Extent::All))
    }

    #[test]
    fn a_no_to_marketing_bars_marketing_and_one_to_everything_else_bars_all() {
        let nobody = Person::default();
        let (yes, no) = (Some(ConsentAct::OptIn), Some(ConsentAct::OptOut));
        let bars = Some(Barred::Suppressed);
        let offers = after(&nobody, no, yes);
        assert_eq!((barred(&offers), offers.spoke_at), ((bars, None), Some(5_000)));
        assert_eq!(offers.phone.as_deref(), Some("5511987654321"));
        assert_eq!(barred(&after(&nobody, None, no)), (bars, bars));
        assert_eq!(barred(&after(&offers, no, no)), (bars, bars), "the list had a no to marketing already");
        for neither in [None, yes, Some(ConsentAct::Lifted)] {
            assert_eq!(after(&nobody, neither, neither), nobody);
        }
    }

    #[test]
    fn what_the_list_says_already_stands_and_who_was_erased_has_no_number_again() {
        let no = Some(ConsentAct::OptOut);
        let entry = Entry { reason: SuppressionReason::Manual, code: None, added_by: None, since: 1 };
        for standing in [
            Person { workspace: Some(entry.clone()), ..Person::default() },
            Person { marketing: Some(entry), ..Person::default() },
            Person { erased_at: Some(1), ..Person::default() },
        ] {
            assert_eq!(after(&standing, no, None), standing);
        }
    }

    fn entry(reason: SuppressionReason, code: Option<u32>) -> Option<Entry> {
        Some(Entry { reason, code, added_by: None, since: 5_000 })
    }

    #[test]
    fn while_the_list_has_a_person_no_yes_counts_and_a_block_is_no_word_of_his() {
        let (yes, no) = (Some(ConsentAct::OptIn), Some(ConsentAct::OptOut));
        let offers = of_list(&Person { marketing: entry(SuppressionReason::Recorded, None), ..Person::default() });
        assert_eq!(offers, consents(no, None));
        let all = of_list(&Person { workspace: entry(SuppressionReason::Word, None), ..Person::default() });
        assert_eq!(all, consents(no, no));
        let later = Consents { marketing: Some(said(ConsentAct::OptIn, 9_000)), ..consents(None, yes) };
        assert_eq!(over(&later, &offers), consents(no, yes));
        let blocked = Person { workspace: entry(SuppressionReason::Code, Some(130_403)), ..Person::default() };
        assert_eq!(of_list(&blocked), Consents::default());
        let erased =
            Person { erased_at: Some(1), workspace: entry(SuppressionReason::Word, None), ..Person::default() };
        assert_eq!(of_list(&erased), Consents::default());
    }

    #[test]
    fn only_what_was_carried_over_becomes_lines() {
        let heard = Person {
            workspace: entry(SuppressionReason::Word, None),
            spoke_in: Some("wamid.1".into()),
            ..Person::default()
        };
        let lines = lines_of(&heard, &heard);
        let categories: Vec<ConsentCategory> = lines.iter().map(|line| line.category).collect();
        assert_eq!(categories, [ConsentCategory::Marketing, ConsentCategory::Utility]);
        assert!(lines.iter().all(|line| (line.source.as_str(), line.at) == ("word", 5_000)), "{lines:?}");
        assert_eq!(lines_of(&Person::default(), &heard), [], "he has asked for messages since");
    }
}
