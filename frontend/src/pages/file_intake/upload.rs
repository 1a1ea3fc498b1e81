//! From the file to its audience: announce, put, wait for the importer.

use gloo_timers::future::TimeoutFuture;
use leptos::prelude::*;
use wire::{Audience, AudienceId, AudienceStatus, CreateUpload, IntoContacts};

use super::FileIntake;
use crate::infra::http::ApiError;
use crate::infra::shell::Shell;
use crate::infra::{api, upload};
use crate::model::intake::{Intake, sheet_of};
use crate::t;

/// How often to look whether an audience is ready.
const PERIOD_MS: u32 = 500;

/// Looks before giving up on an importer: ten minutes, several times what a million rows take.
const LOOKS: u32 = 1_200;

impl FileIntake {
    /// The audience made from the file: the one that is there, or a new upload, followed until it is ready. What went
    /// wrong stands at the file.
    pub async fn audience(self, shell: Shell, into_contacts: IntoContacts) -> Result<Audience, ()> {
        let ready = self.intake.with_untracked(|intake| intake.audience().cloned());
        let answer = match ready {
            Some(audience) => Ok(audience),
            None => self.uploaded(shell, into_contacts).await,
        };
        match answer {
            Ok(audience) if audience.recipients > 0 => {
                if !untrack(|| self.is_seen()) {
                    self.show(sheet_of(&audience));
                }
                self.intake.set(Intake::Ready(Box::new(audience.clone())));
                Ok(audience)
            }
            Ok(_) => self.fails(t::nobody_in_this_file_can().to_owned()),
            Err(why) => self.fails(why),
        }
    }

    fn fails(self, why: String) -> Result<Audience, ()> {
        self.intake.set(Intake::Failed(why));
        Err(())
    }

    async fn uploaded(self, shell: Shell, into_contacts: IntoContacts) -> Result<Audience, String> {
        let file = self.file.get_untracked().ok_or(t::drop_a_contacts_file())?;
        self.intake.set(Intake::Uploading { percent: 0 });
        let reading = self.reading();
        let chosen = |text: String| Some(text).filter(|text| !text.is_empty());
        let announced = CreateUpload {
            file_name: file.name(),
            size_bytes: file.size() as u64,
            default_country: chosen(reading.country),
            phone_column: chosen(reading.phone_column),
            name_column: chosen(reading.name_column),
            delimiter: chosen(reading.delimiter),
            encoding: chosen(reading.encoding),
            header_row: reading.header_row,
            sheet: chosen(reading.sheet),
            language: Some(reading.language),
        };
        let failed = |error: ApiError| {
            self.errors.set(shell.settle(error));
            t::the_file_could_not_be().to_owned()
        };
        let target = api::create_upload(&announced, &into_contacts).await.map_err(failed)?;
        let progress = move |percent| self.intake.set(Intake::Uploading { percent });
        upload::put(&target.upload_url, &file, progress).await?;
        self.intake.set(Intake::Importing { recipients: 0 });
        let so_far = move |recipients| self.intake.set(Intake::Importing { recipients });
        followed(&target.audience_id, failed, so_far).await
    }
}

/// Waits until an audience is ready; `so_far` hears how many people it has. The error is for people.
pub async fn followed(
    id: &AudienceId,
    failed: impl Fn(ApiError) -> String,
    so_far: impl Fn(u64),
) -> Result<Audience, String> {
    for _ in 0..LOOKS {
        let audience = api::audience(id).await.map_err(&failed)?;
        match audience.status {
            AudienceStatus::Ready => return Ok(audience),
            AudienceStatus::Failed => return Err(audience.problem.unwrap_or_else(|| t::it_cannot_be_used().into())),
            AudienceStatus::AwaitingFile | AudienceStatus::Importing => so_far(audience.recipients),
        }
        TimeoutFuture::new(PERIOD_MS).await;
    }
    Err(t::reading_it_takes_too_long().into())
}
