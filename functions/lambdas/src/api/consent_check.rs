//! Before a marketing campaign starts, where the workspace requires consent: each of its people has given it, or the
//! campaign's creator answers for all of them. Senders ask again, person by person.

use super::estimate::estimate;
use super::problem::{ApiError, Kind, Refusal};
use crate::App;
use crate::storage::campaigns::CampaignRecord;
use crate::storage::settings::{self, Switch};

/// Refuses a campaign that has people without consent, with how many they are.
pub(super) async fn check(app: &App, record: &CampaignRecord) -> Result<(), ApiError> {
    if record.attestation.is_some() || !record.is_marketing() {
        return Ok(());
    }
    if settings::read(app, record.workspace_id).await?.require_consent == Switch::Off {
        return Ok(());
    }
    let estimate = estimate(app, record).await?;
    if estimate.without_consent == 0 {
        return Ok(());
    }
    let of = match estimate.looked_at == estimate.recipients {
        true => format!("{} people", estimate.recipients),
        false => format!("{} people of {} that were looked at", estimate.looked_at, estimate.recipients),
    };
    let detail = format!(
        "{} of {of} have not agreed to marketing messages, as the contact book says: record their consents, choose \
         others, or answer for all of them with `consentAttestation`",
        estimate.without_consent
    );
    Err(Refusal::new(Kind::ConsentMissing, detail).into())
}
