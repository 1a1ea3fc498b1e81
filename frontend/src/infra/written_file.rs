//! A file that the API writes while the page waits: how far it is, and the way to it.

use gloo_timers::future::TimeoutFuture;
use leptos::prelude::*;
use wire::ExportId;

use super::http::ApiError;
use super::shell::Shell;

/// How often to look whether the file is written.
const PERIOD_MS: u32 = 1_000;

/// Looks before giving up: a quarter of an hour, which the writer has at most.
const LOOKS: u32 = 900;

/// How far the file is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Stage {
    /// Nobody asked for it.
    Idle,
    /// So many people are in it.
    Writing(u64),
    /// It can be downloaded.
    Ready {
        /// Its id.
        id: ExportId,
        /// Where it lies for some minutes.
        url: String,
        /// How many people are in it; nothing in a report.
        people: Option<u64>,
    },
    /// It was there, and had its time.
    Deleted,
    /// What it was to be written from is kept no longer.
    Gone,
    /// It was not written, or not in time.
    Failed,
}

/// Looks once a second until the file is no longer being written, and shows meanwhile how far it is: what it came to.
/// Who left the page waits no longer.
pub async fn until_written(
    first: Stage,
    stage: RwSignal<Stage>,
    look: impl AsyncFn() -> Result<Stage, ApiError>,
) -> Result<Stage, ApiError> {
    let mut found = first;
    for _ in 0..LOOKS {
        if !matches!(found, Stage::Writing(_)) {
            return Ok(found);
        }
        if stage.try_set(found).is_some() {
            break;
        }
        TimeoutFuture::new(PERIOD_MS).await;
        found = look().await?;
    }
    Ok(Stage::Failed)
}

/// Shows what a file that was asked for came to, and leads to it.
pub fn show(came_to: Result<Stage, ApiError>, stage: RwSignal<Stage>, shell: Shell) {
    let came_to = came_to.unwrap_or_else(|error| {
        shell.report(error);
        Stage::Failed
    });
    lead_to(&came_to);
    drop(stage.try_set(came_to));
}

/// Leads to a file that was ready before, by what was found of it now; where it is there no longer, shows that.
pub fn lead_again(found: Result<Stage, ApiError>, stage: RwSignal<Stage>, shell: Shell) {
    match found {
        Ok(found) => lead_to(&found),
        Err(ApiError::Refused(problem)) if problem.status == 404 => drop(stage.try_set(Stage::Deleted)),
        Err(error) => shell.report(error),
    }
}

fn lead_to(found: &Stage) {
    if let Stage::Ready { url, .. } = found {
        // The file is an attachment: the page stays. Where the browser forbids it the link is there.
        window().location().assign(url).unwrap_or_default();
    }
}
