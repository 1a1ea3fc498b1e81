//! What the suppression list says of the people of some rows while they are put into the contact book: who was erased is
//! left out, and who is on the list since he said no is shown so. Asked before the rows are written, and again after it: who
//! is erased meanwhile is taken out, and who says no meanwhile is shown so, though he was not in the book yet when he did.

use std::collections::{BTreeMap, BTreeSet};

use campaigns::audience::Recipient;
use campaigns::phone::canonical_digits;
use wire::{Consents, Contact, WorkspaceId};

use crate::App;
use crate::storage::consents::{self, MOST_LINES};
use crate::storage::contacts::{self, Changed};
use crate::storage::refusals;
use crate::storage::suppressions::{self, Person};
use crate::storage::user_ids;

/// The people of some rows of whom the list knows something, by canonical phone.
pub(super) struct Listed(BTreeMap<String, Person>);

impl Listed {
    /// Asks the list, 100 people a read.
    pub async fn among(app: &App, workspace: WorkspaceId, rows: &[Recipient]) -> anyhow::Result<Listed> {
        let phones: BTreeSet<String> = rows.iter().map(|row| canonical_digits(&row.phone)).collect();
        Ok(Listed(suppressions::people(app, workspace, &phones).await?))
    }

    /// Whether the person of this row was erased.
    pub fn was_erased(&self, row: &Recipient) -> bool {
        self.is_erased(&canonical_digits(&row.phone))
    }

    /// What the person of this row said no to.
    pub fn refused(&self, row: &Recipient) -> Consents {
        self.refused_by(&canonical_digits(&row.phone))
    }

    /// Brings what was written to what the list says since.
    pub async fn catch_up(&self, app: &App, workspace: WorkspaceId, rows: &[Recipient]) -> anyhow::Result<()> {
        let now = Listed::among(app, workspace, rows).await?;
        for phone in now.0.keys() {
            if now.is_erased(phone) {
                if !self.is_erased(phone) {
                    take_out(app, workspace, phone).await?;
                }
            } else if now.refused_by(phone) != self.refused_by(phone) {
                show(app, workspace, phone, &now.refused_by(phone)).await?;
            }
        }
        Ok(())
    }

    fn is_erased(&self, canonical_phone: &str) -> bool {
        self.0.get(canonical_phone).is_some_and(|person| person.erased_at.is_some())
    }

    fn refused_by(&self, canonical_phone: &str) -> Consents {
        self.0.get(canonical_phone).map(refusals::of_list).unwrap_or_default()
    }
}

async fn take_out(app: &App, workspace: WorkspaceId, phone: &str) -> anyhow::Result<()> {
    while consents::delete(app, workspace, phone).await? >= u64::from(MOST_LINES.unsigned_abs()) {}
    contacts::delete(app, workspace, phone).await?;
    let ids = user_ids::of_phone(app, workspace, phone).await?;
    user_ids::forget(app, workspace, phone, &ids).await?;
    tracing::info!(%workspace, "a person was erased while a file was written into the book, and taken out");
    Ok(())
}

async fn show(app: &App, workspace: WorkspaceId, phone: &str, refused: &Consents) -> anyhow::Result<()> {
    let change = |standing: &Contact| {
        let consents = refusals::over(&standing.consents, refused);
        Ok::<_, std::convert::Infallible>(Contact { consents, ..standing.clone() })
    };
    match contacts::change(app, workspace, phone, change).await? {
        Changed::Done(_) | Changed::Same(_) | Changed::Missing => Ok(()),
        Changed::Refused(never) => match never {},
    }
}
