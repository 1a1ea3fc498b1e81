//! How an import ends that fails again and again: after its last try, or when no run of it was heard of for long, the
//! audience is failed and says what to do. Whoever tries it once more all the same begins again and may still make it
//! ready.

use wire::AudienceStatus;

use crate::App;
use crate::storage::audiences::{self, AudienceRecord};
use crate::storage::table::Written;

/// Runs over a file at most: an event of S3 calls the importer, then twice more (`MaximumRetryAttempts` in
/// infra/template.yaml). Locally its queue gives two more, which begin again.
const MOST_RUNS_OF_FILE: u32 = 3;

/// Runs over a list at most: `maxReceiveCount` of the queue of errands, there and here.
const MOST_RUNS_OF_LIST: u32 = 5;

/// A run ends within the importer's 15 minutes, and the next begins within as long: the errands' visibility. Beyond
/// both, the last one died without a word, of memory or of time.
const LONGEST_SILENCE_MS: i64 = 30 * 60 * 1_000;

/// What an audience says while its import failed and whatever asked for it comes again.
const TRIED_AGAIN: &str = "The contacts could not be read just now; it is tried again";

/// What it says after the last try.
pub(crate) const FILE_GIVEN_UP: &str =
    "The contacts could not be read, however often it was tried. Upload the file again.";

/// The same of a list.
const LIST_GIVEN_UP: &str = "The people could not be collected, however often it was tried. Choose the list again.";

/// What stands there once a run has failed: that it is tried again, or that this was the last try.
pub(super) fn after_failure(record: &AudienceRecord) -> AudienceRecord {
    let most = if record.list.is_some() { MOST_RUNS_OF_LIST } else { MOST_RUNS_OF_FILE };
    match record.tries < most {
        true => AudienceRecord { problem: Some(TRIED_AGAIN.to_owned()), ..record.clone() },
        false => given_up(record),
    }
}

/// The audience as it stands: given up where its import died without a word.
pub(crate) async fn heard(app: &App, record: AudienceRecord) -> anyhow::Result<AudienceRecord> {
    let Some(failed) = unheard(&record, app.clock.now_millis()) else { return Ok(record) };
    let (workspace, id) = (record.workspace_id, &record.id);
    match audiences::give_up(app, &failed).await? {
        Written::Done => {
            tracing::error!(%workspace, audience = %id, "an import died and was given up");
            Ok(failed)
        }
        Written::ConditionFailed => Ok(audiences::get(app, workspace, id).await?.unwrap_or(record)),
    }
}

/// What is to stand there at this time, in milliseconds since 1970, if no run of its import lives any more.
fn unheard(record: &AudienceRecord, now_millis: i64) -> Option<AudienceRecord> {
    let heard_at = record.run_began_at.unwrap_or(record.created_at);
    let is_silent = record.deleted_at.is_none() && now_millis - heard_at > LONGEST_SILENCE_MS;
    match record.status {
        AudienceStatus::Importing if is_silent => Some(given_up(record)),
        AudienceStatus::Importing | AudienceStatus::AwaitingFile | AudienceStatus::Ready | AudienceStatus::Failed => {
            None
        }
    }
}

fn given_up(record: &AudienceRecord) -> AudienceRecord {
    let what_to_do = if record.list.is_some() { LIST_GIVEN_UP } else { FILE_GIVEN_UP };
    AudienceRecord { status: AudienceStatus::Failed, problem: Some(what_to_do.to_owned()), ..record.clone() }
}

#[cfg(test)]
mod tests {
    use wire::{AudienceId, ListFilter, ListId, WorkspaceId};

    use super::*;
    use crate::storage::audiences::ListSource;

    const CREATED: i64 = 1_795_424_400_000;

    fn importing(tries: u32) -> AudienceRecord {
        let announced = audiences::announced(AudienceId("a".into()), WorkspaceId(1), "a.csv".into(), CREATED);
        AudienceRecord { status: AudienceStatus::Importing, tries, run_began_at: Some(CREATED + 60_000), ..announced }
    }

    fn of_list(record: AudienceRecord) -> AudienceRecord {
        let filter = ListFilter::default();
        let list = ListSource {
            list_id: ListId("l".into()),
            filter,
            opt_in_confirmed: false,
            confirmed_by: None,
            confirmed_at: None,
        };
        AudienceRecord { list: Some(list), ..record }
    }

    #[test]
    fn the_last_try_of_a_file_is_the_third_and_of_a_list_the_fifth() {
        let status = |record: &AudienceRecord| after_failure(record).status;
        assert_eq!(status(&importing(2)), AudienceStatus::Importing);
        assert_eq!(status(&importing(3)), AudienceStatus::Failed);
        assert_eq!(status(&of_list(importing(4))), AudienceStatus::Importing);
        assert_eq!(status(&of_list(importing(5))), AudienceStatus::Failed);
        assert_eq!(after_failure(&importing(2)).problem.as_deref(), Some(TRIED_AGAIN));
        assert_eq!(after_failure(&importing(3)).problem.as_deref(), Some(FILE_GIVEN_UP));
        assert_eq!(after_failure(&of_list(importing(5))).problem.as_deref(), Some(LIST_GIVEN_UP));
    }

    #[test]
    fn an_import_is_given_up_half_an_hour_after_its_last_run_began() {
        let record = importing(1);
        let last = CREATED + 60_000 + LONGEST_SILENCE_MS;
        assert_eq!(unheard(&record, last), None);
        assert_eq!(unheard(&record, last + 1).map(|record| record.status), Some(AudienceStatus::Failed));
        let never_begun = AudienceRecord { run_began_at: None, ..record.clone() };
        assert!(unheard(&never_begun, CREATED + LONGEST_SILENCE_MS + 1).is_some());
        let deleted = AudienceRecord { deleted_at: Some(last), ..record.clone() };
        assert_eq!(unheard(&deleted, last + 1), None);
        for status in [AudienceStatus::AwaitingFile, AudienceStatus::Ready, AudienceStatus::Failed] {
            assert_eq!(unheard(&AudienceRecord { status, ..record.clone() }, last + 1), None);
        }
    }
}
