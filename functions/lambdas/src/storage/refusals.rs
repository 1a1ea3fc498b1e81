//! What a person said no to when he leaves the contact book. A campaign asks the book alone for consents, so his no
//! goes onto the suppression list before he is taken out.

use wire::{ConsentAct, ConsentStanding, Consents, SuppressionReason, WorkspaceId};

use super::person_keys;
use super::suppressions::{self, Entry, Person};
use crate::App;

/// Puts a person on the suppression list for what he said no to: marketing alone, or everything where he wants not even
/// what he ordered. Does nothing where he said no to nothing, or was erased.
pub async fn keep(app: &App, workspace: WorkspaceId, canonical_phone: &str, said: &Consents) -> anyhow::Result<()> {
    if refused(said.marketing).is_none() && refused(said.utility).is_none() {
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
    let (entry, next) = match (refused(said.utility), refused(said.marketing)) {
        (Some(all), _) => (all.clone(), Person { workspace: Some(all), ..standing.clone() }),
        (None, Some(offers)) if standing.marketing.is_none() => {
            (offers.clone(), Person { marketing: Some(offers), ..standing.clone() })
        }
        (None, Some(_) | None) => return standing.clone(),
    };
    Person { phone: Some(canonical_phone.to_owned()), spoke_at: standing.spoke_at.max(Some(entry.since)), ..next }
}

fn refused(said: Option<ConsentStanding>) -> Option<Entry> {
    let no = said.filter(|said| said.act == ConsentAct::OptOut)?;
    let since = no.at.timestamp_millis();
    Some(Entry { reason: SuppressionReason::Recorded, code: None, added_by: None, since })
}

#[cfg(test)]
mod tests {
    use campaigns::consent::Extent;

    use super::*;
    use crate::clock::time_of_millis;
    use crate::storage::suppressions::Barred;

    fn said(act: ConsentAct) -> Option<ConsentStanding> {
        Some(ConsentStanding { act, at: time_of_millis(5_000) })
    }

    fn after(standing: &Person, marketing: Option<ConsentStanding>, utility: Option<ConsentStanding>) -> Person {
        with_refusals(standing, "5511987654321", &Consents { marketing, utility })
    }

    fn barred(person: &Person) -> (Option<Barred>, Option<Barred>) {
        (person.barred(None, Extent::Marketing), person.barred(None, Extent::All))
    }

    #[test]
    fn a_no_to_marketing_bars_marketing_and_one_to_everything_else_bars_all() {
        let nobody = Person::default();
        let (yes, no) = (said(ConsentAct::OptIn), said(ConsentAct::OptOut));
        let bars = Some(Barred::Suppressed);
        let offers = after(&nobody, no, yes);
        assert_eq!((barred(&offers), offers.spoke_at), ((bars, None), Some(5_000)));
        assert_eq!(offers.phone.as_deref(), Some("5511987654321"));
        assert_eq!(barred(&after(&nobody, None, no)), (bars, bars));
        assert_eq!(barred(&after(&offers, no, no)), (bars, bars), "the list had a no to marketing already");
        for neither in [None, yes, said(ConsentAct::Lifted)] {
            assert_eq!(after(&nobody, neither, neither), nobody);
        }
    }

    #[test]
    fn what_the_list_says_already_stands_and_who_was_erased_has_no_number_again() {
        let no = said(ConsentAct::OptOut);
        let entry = Entry { reason: SuppressionReason::Manual, code: None, added_by: None, since: 1 };
        for standing in [
            Person { workspace: Some(entry.clone()), ..Person::default() },
            Person { marketing: Some(entry), ..Person::default() },
            Person { erased_at: Some(1), ..Person::default() },
        ] {
            assert_eq!(after(&standing, no, None), standing);
        }
    }
}
