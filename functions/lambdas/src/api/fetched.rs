//! Contacts files that lie elsewhere, for campaigns that name them by address: the importer fetches each and makes an
//! audience of it, and the creation waits for that as long as a request can.

use std::time::Duration;

use anyhow::Context;
use campaigns::creation;
use wire::{AudienceId, AudienceStatus, CreateCampaign};

use super::caller::Caller;
use super::problem::{ApiError, Kind, Refusal};
use crate::App;
use crate::importer::last_try;
use crate::storage::audiences::{self, AudienceRecord};
use crate::storage::queues::{self, Errand};
use crate::storage::table::Written;
use crate::storage::{channels, fetches, settings};

/// How often, and between which waits, the audience is looked at: 15 s in all, of the half minute that a request has.
const LOOKS: u32 = 75;
const BETWEEN_LOOKS: Duration = Duration::from_millis(200);

/// Seconds after which a file that takes longer is worth asking for again.
const RETRY_SECONDS: u32 = 5;

/// Longest name of a file, in characters.
const LONGEST_NAME: usize = 255;

/// The same request with its contacts here, when they lie elsewhere.
pub(super) async fn here(app: &App, caller: &Caller, request: CreateCampaign) -> Result<CreateCampaign, ApiError> {
    let Some(address) = creation::file_elsewhere(&request).map(str::to_owned) else { return Ok(request) };
    check_the_rest(app, caller, &request).await?;
    let mut audience = begun(app, caller, &address).await?;
    for _ in 0..LOOKS {
        match audience.status {
            AudienceStatus::AwaitingFile | AudienceStatus::Importing => {}
            AudienceStatus::Ready => {
                fetches::end(app, caller.workspace_id, &address).await?;
                return Ok(CreateCampaign { audience_id: Some(audience.id), leads_asset_url: None, ..request });
            }
            AudienceStatus::Failed => {
                fetches::end(app, caller.workspace_id, &address).await?;
                return Err(Refusal::field("leadsAssetUrl", unusable(audience.problem)).into());
            }
        }
        tokio::time::sleep(BETWEEN_LOOKS).await;
        let id = audience.id;
        let standing = audiences::get(app, caller.workspace_id, &id).await?;
        let standing = standing.with_context(|| format!("audience {id} is gone while its file is fetched"))?;
        audience = last_try::heard(app, standing).await?;
    }
    let detail = "the contacts file is still being fetched and read: send the same request again";
    Err(Refusal::new(Kind::Conflict, detail).retry_after(RETRY_SECONDS).into())
}

/// Why the file cannot be used. Who named it by its address has nothing to upload: the same request fetches it anew.
fn unusable(problem: Option<String>) -> String {
    match problem {
        Some(problem) if problem == last_try::FILE_GIVEN_UP => {
            "the file could not be read: send the same request again".to_owned()
        }
        Some(problem) => problem,
        None => "the contacts file cannot be used".to_owned(),
    }
}

/// What else is wrong is told before anything is fetched.
async fn check_the_rest(app: &App, caller: &Caller, request: &CreateCampaign) -> Result<(), ApiError> {
    let audience_id = Some(AudienceId(String::new()));
    let as_if_here = CreateCampaign { audience_id, leads_asset_url: None, ..request.clone() };
    let asked = creation::parse(&as_if_here, app.clock.now()).map_err(Refusal::fields)?;
    match channels::get(app, caller.workspace_id, &asked.channel_id).await? {
        Some(_) => Ok(()),
        None => Err(Refusal::field("channelId", "this workspace has no such channel").into()),
    }
}

/// The audience that is being made of the file, asked for now or before.
async fn begun(app: &App, caller: &Caller, address: &str) -> anyhow::Result<AudienceRecord> {
    let workspace_id = caller.workspace_id;
    let audience = match standing(app, caller, address).await? {
        Some(standing) => standing,
        None => {
            let announced = announced(app, caller, address).await?;
            audiences::put(app, &announced).await?;
            match fetches::begin(app, workspace_id, address, &announced.id).await? {
                Written::Done => announced,
                Written::ConditionFailed => standing(app, caller, address).await?.unwrap_or(announced),
            }
        }
    };
    if audience.status == AudienceStatus::AwaitingFile {
        // Asked for again too: whoever noted it may have died before this. Of two errands the second finds it done.
        let (audience_id, address) = (audience.id.clone(), address.to_owned());
        queues::send_errand(app, &Errand::FetchFile { workspace_id, audience_id, address }).await?;
    }
    Ok(audience)
}

async fn standing(app: &App, caller: &Caller, address: &str) -> anyhow::Result<Option<AudienceRecord>> {
    match fetches::get(app, caller.workspace_id, address).await? {
        Some(id) => audiences::get(app, caller.workspace_id, &id).await,
        None => Ok(None),
    }
}

async fn announced(app: &App, caller: &Caller, address: &str) -> anyhow::Result<AudienceRecord> {
    let id = AudienceId(app.new_id()?);
    let default_country = settings::read(app, caller.workspace_id).await?.default_country;
    let announced = audiences::announced(id, caller.workspace_id, name(address), app.clock.now_millis());
    Ok(AudienceRecord { default_country, ..announced })
}

/// The file's name, for people: the last part of its address.
fn name(address: &str) -> String {
    let path = address.split(['?', '#']).next().unwrap_or_default();
    let last = path.rsplit('/').next().filter(|name| !name.is_empty()).unwrap_or("contacts");
    last.chars().take(LONGEST_NAME).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_named_an_address_is_not_told_to_upload() {
        let told = |problem: &str| unusable(Some(problem.to_owned()));
        assert_eq!(told(last_try::FILE_GIVEN_UP), "the file could not be read: send the same request again");
        assert_eq!(told("The file is empty."), "The file is empty.");
    }

    #[test]
    fn a_file_is_named_by_the_end_of_its_address() {
        assert_eq!(name("https://example.com/a/contacts.csv?key=1/2#x"), "contacts.csv");
        assert_eq!(name("https://example.com/"), "contacts");
        assert_eq!(name(&format!("https://example.com/{}", "x".repeat(300))).len(), LONGEST_NAME);
    }
}
