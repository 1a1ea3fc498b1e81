//! From the form to a campaign: check, upload, wait for the audience, create, start.

use gloo_timers::future::TimeoutFuture;
use leptos::prelude::*;
use leptos_router::NavigateOptions;
use wire::{Audience, AudienceId, AudienceStatus, Campaign, CreateUpload, FieldError};

use super::wizard::Wizard;
use crate::infra::shell::Shell;
use crate::infra::{api, clock, upload};
use crate::model::form::Wish;
use crate::model::intake::{Intake, Sheet};
use campaigns::lifecycle::Action as Move;

/// How often to look whether an audience is ready.
const AUDIENCE_PERIOD_MS: u32 = 500;

/// Looks before giving up on an importer: ten minutes, several times what a million rows take.
const AUDIENCE_LOOKS: u32 = 1_200;

/// What the button is doing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stage {
    /// Nothing.
    Idle,
    /// Seeing to the audience.
    File,
    /// Making the campaign.
    Creating,
    /// Starting it.
    Starting,
}

impl Stage {
    /// In words.
    pub fn words(self) -> &'static str {
        match self {
            Stage::Idle => "",
            Stage::File => "Uploading and reading the file…",
            Stage::Creating => "Creating the campaign…",
            Stage::Starting => "Starting…",
        }
    }
}

/// Makes the campaign and goes to its page; what is wrong stands at the fields. Who leaves the page before the
/// campaign is made has made none.
pub async fn submit(
    wizard: Wizard,
    shell: Shell,
    stage: RwSignal<Stage>,
    wish: Wish,
    navigate: impl Fn(&str, NavigateOptions),
) {
    if let Ok(campaign) = made(wizard, shell, stage, wish).await {
        navigate(&format!("/campaigns/{}", campaign.id), NavigateOptions::default());
    }
    stage.set(Stage::Idle);
}

async fn made(wizard: Wizard, shell: Shell, stage: RwSignal<Stage>, wish: Wish) -> Result<Campaign, ()> {
    let form = untrack(|| wizard.form());
    let not_yet = AudienceId(String::new());
    let mut faults = file_faults(wizard);
    faults.extend(form.request(&not_yet, wish, clock::now()).err().unwrap_or_default());
    wizard.errors.set(faults.clone());
    if !faults.is_empty() {
        return Err(());
    }
    stage.set(Stage::File);
    let audience = audience(wizard, shell).await?;
    if wizard.is_gone() {
        return Err(());
    }
    stage.set(Stage::Creating);
    let request = form.request(&audience.id, wish, clock::now()).map_err(|faults| wizard.errors.set(faults))?;
    let campaign = api::create_campaign(&request).await.map_err(|error| wizard.errors.set(shell.settle(error)))?;
    if wish == Wish::Start {
        stage.set(Stage::Starting);
        if let Err(error) = api::act(&campaign.id, Move::Start).await {
            shell.report_on_next_page(error);
        }
    }
    Ok(campaign)
}

fn file_faults(wizard: Wizard) -> Vec<FieldError> {
    let fault = |field: &str, message: &str| vec![FieldError { field: field.to_owned(), message: message.to_owned() }];
    if wizard.file.with_untracked(Option::is_none) {
        fault("audienceId", "Drop a contacts file.")
    } else if untrack(|| wizard.has_seen_file()) && wizard.phone_column.with_untracked(String::is_empty) {
        fault("phoneColumn", "Choose the column with phone numbers.")
    } else {
        Vec::new()
    }
}

/// The audience made from the file: the one that is there, or a new upload, followed until it is ready.
pub async fn audience(wizard: Wizard, shell: Shell) -> Result<Audience, ()> {
    let ready = wizard.intake.with_untracked(|intake| intake.audience().cloned());
    let answer = match ready {
        Some(audience) => Ok(audience),
        None => uploaded(wizard, shell).await,
    };
    let answer = answer.and_then(|audience| match audience.recipients {
        0 => Err("Nobody in this file can be sent to. Check the column with phone numbers and the country.".to_owned()),
        _ => Ok(audience),
    });
    match answer {
        Ok(audience) => {
            if !untrack(|| wizard.has_seen_file()) {
                wizard.show(Sheet::of_audience(&audience));
            }
            wizard.intake.set(Intake::Ready(Box::new(audience.clone())));
            Ok(audience)
        }
        Err(why) => {
            wizard.intake.set(Intake::Failed(why));
            Err(())
        }
    }
}

async fn uploaded(wizard: Wizard, shell: Shell) -> Result<Audience, String> {
    let file = wizard.file.get_untracked().ok_or("Drop a contacts file.")?;
    wizard.intake.set(Intake::Uploading { percent: 0 });
    let reading = wizard.reading();
    let chosen = |text: String| Some(text).filter(|text| !text.is_empty());
    let announced = CreateUpload {
        file_name: file.name(),
        size_bytes: file.size() as u64,
        default_country: chosen(reading.country),
        phone_column: chosen(reading.phone_column),
        name_column: chosen(reading.name_column),
        ..CreateUpload::default()
    };
    let failed = |error| {
        wizard.errors.set(shell.settle(error));
        "The file could not be uploaded.".to_owned()
    };
    let target = api::create_upload(&announced).await.map_err(failed)?;
    upload::put(&target.upload_url, &file, move |percent| wizard.intake.set(Intake::Uploading { percent })).await?;
    wizard.intake.set(Intake::Importing);
    for _ in 0..AUDIENCE_LOOKS {
        let audience = api::audience(&target.audience_id).await.map_err(failed)?;
        match audience.status {
            AudienceStatus::Ready => return Ok(audience),
            AudienceStatus::Failed => {
                return Err(audience.problem.unwrap_or_else(|| "The file cannot be used.".into()));
            }
            AudienceStatus::AwaitingFile | AudienceStatus::Importing => TimeoutFuture::new(AUDIENCE_PERIOD_MS).await,
        }
    }
    Err("Reading the file takes too long. Please try again.".into())
}
