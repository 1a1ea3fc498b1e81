//! A campaign's people as a file: asked for, watched while it is written, then fetched. Until it is whole it has a
//! temporary name beside its own, so that half a file never stands under the name that was given; and only its owner
//! may read it, as it names people.

use std::ffi::OsString;
use std::fs::{File, OpenOptions};
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::{Duration, Instant};

use anyhow::{Context, bail};
use indicatif::{ProgressBar, ProgressStyle};
use serde_json::json;
use wire::{Campaign, CampaignExport, CampaignExportStatus, CreateCampaignExport, ExportContent, ExportFormat};

use super::print::{self, say};
use super::{Client, OneArgs, asked_wrongly, watch};

/// How often the file is looked at.
const LOOK_EVERY: Duration = Duration::from_millis(500);

/// Longest wait without another person in the file: twice the time that the exporter may run, since a run that broke
/// off is begun again.
const PATIENCE: Duration = Duration::from_secs(1_800);

/// Has everybody of a campaign written and fetches the file.
pub(super) async fn export(one: &OneArgs, output: &Path) -> anyhow::Result<ExitCode> {
    let is_standard_output = output.as_os_str() == "-";
    let Some(format) = format_of(output) else {
        return asked_wrongly("the output is a file that ends in .csv or .xlsx, or - for standard output");
    };
    if is_standard_output && one.target.json {
        return asked_wrongly("with --json give a file as --output: standard output says what was written");
    }
    let client = Client::of(&one.target)?;
    if is_standard_output {
        let export = written(&client, one, format).await?;
        return match client.fetch(link(&export)?, &mut std::io::stdout()).await {
            Err(error) if !is_left(&error) => Err(error),
            Ok(_) | Err(_) => Ok(ExitCode::SUCCESS),
        };
    }
    let mut partial = Partial::beside(output)?;
    let export = written(&client, one, format).await?;
    let size_bytes = client.fetch(link(&export)?, &mut partial.file).await?;
    partial.keep(output)?;
    let file = output.display().to_string();
    if one.target.json {
        let (campaign, id, people) = (&export.campaign_id, &export.id, export.people);
        print::json(&json!({
            "campaignId": campaign, "exportId": id, "format": format,
            "people": people, "sizeBytes": size_bytes, "file": file,
        }))?;
    } else {
        say(&format!("{} people in {file}", export.people));
    }
    Ok(ExitCode::SUCCESS)
}

/// Whether whoever reads the output has seen enough and closed it, as `head` does.
fn is_left(error: &anyhow::Error) -> bool {
    error.downcast_ref::<std::io::Error>().is_some_and(|error| error.kind() == ErrorKind::BrokenPipe)
}

/// By the file's ending; standard output is text.
fn format_of(output: &Path) -> Option<ExportFormat> {
    if output.as_os_str() == "-" {
        return Some(ExportFormat::Csv);
    }
    match output.extension()?.to_str()?.to_ascii_lowercase().as_str() {
        "csv" => Some(ExportFormat::Csv),
        "xlsx" => Some(ExportFormat::Xlsx),
        _ => None,
    }
}

/// Asks for the file and waits until it is whole, with a bar of the people in it.
async fn written(client: &Client, one: &OneArgs, format: ExportFormat) -> anyhow::Result<CampaignExport> {
    let campaign: Campaign = client.get(&format!("/v3/campaigns/{}", one.id())).await?;
    let bar = if one.target.json { ProgressBar::hidden() } else { bar(campaign.leads_count)? };
    let ready = ready(client, one, format, &bar).await;
    bar.finish_and_clear();
    ready
}

fn bar(recipients: u64) -> anyhow::Result<ProgressBar> {
    let style = ProgressStyle::with_template("Writing {bar:30} {pos}/{len} people · {elapsed}")?;
    Ok(ProgressBar::new(recipients).with_style(style))
}

async fn ready(
    client: &Client,
    one: &OneArgs,
    format: ExportFormat,
    bar: &ProgressBar,
) -> anyhow::Result<CampaignExport> {
    let path = format!("/v3/campaigns/{}/exports", one.id());
    let asked = CreateCampaignExport { format, content: ExportContent::People };
    let mut export: CampaignExport = client.post(&path, &asked).await?;
    let (mut people, mut moved_at) = (export.people, Instant::now());
    loop {
        bar.set_position(export.people);
        if export.people != people {
            (people, moved_at) = (export.people, Instant::now());
        }
        match export.status {
            CampaignExportStatus::Ready => return Ok(export),
            CampaignExportStatus::Failed => {
                bail!("there is no file: the contacts of campaign {} are no longer kept", one.id());
            }
            CampaignExportStatus::GivenUp => {
                bail!("the file could not be written, however often it was tried: ask for it again");
            }
            CampaignExportStatus::Writing => tokio::time::sleep(LOOK_EVERY).await,
        }
        if moved_at.elapsed() > PATIENCE {
            bail!("the file does not come on: {people} people for {} minutes", PATIENCE.as_secs() / 60);
        }
        export = watch::look(client, &format!("{path}/{}", export.id), watch::LOOK_EVERY).await?;
    }
}

fn link(export: &CampaignExport) -> anyhow::Result<&str> {
    export.url.as_deref().context("the file has no address")
}

/// A file under a temporary name, which goes when it is not kept.
struct Partial {
    path: PathBuf,
    file: File,
}

impl Partial {
    /// In the folder of `output`, so that it only needs its name in the end.
    fn beside(output: &Path) -> anyhow::Result<Partial> {
        let name = output.file_name().with_context(|| format!("{} is no file", output.display()))?;
        let mut hidden = OsString::from(".");
        hidden.push(name);
        hidden.push(format!(".{}.part", std::process::id()));
        let path = output.with_file_name(hidden);
        let file = for_its_owner(&path).with_context(|| format!("writing {}", output.display()))?;
        Ok(Partial { path, file })
    }

    fn keep(self, output: &Path) -> anyhow::Result<()> {
        let kept = self.file.sync_all().and_then(|()| std::fs::rename(&self.path, output));
        kept.with_context(|| format!("writing {}", output.display()))
    }
}

/// A new file that nobody else may read, not even while it is written. What stood there goes: it is what a process with
/// this number left when it was killed, and may have another mode.
fn for_its_owner(path: &Path) -> std::io::Result<File> {
    match std::fs::remove_file(path) {
        Ok(()) => {}
        Err(error) if error.kind() == ErrorKind::NotFound => {}
        Err(error) => return Err(error),
    }
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path)
}

impl Drop for Partial {
    fn drop(&mut self) {
        match std::fs::remove_file(&self.path) {
            Ok(()) => {}
            Err(error) if error.kind() == ErrorKind::NotFound => {}
            Err(error) => tracing::warn!(%error, path = %self.path.display(), "a temporary file stays"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_files_ending_says_of_which_kind_it_is() {
        let format = |output: &str| format_of(Path::new(output));
        assert_eq!((format("a.csv"), format("b/A.XLSX")), (Some(ExportFormat::Csv), Some(ExportFormat::Xlsx)));
        assert_eq!((format("-"), format("a.pdf"), format("csv")), (Some(ExportFormat::Csv), None, None));
    }

    #[test]
    fn a_reader_who_leaves_is_no_fault_and_a_line_that_breaks_is() {
        let broken = || std::io::Error::from(ErrorKind::BrokenPipe);
        let written: std::io::Result<()> = Err(broken());
        assert!(is_left(&written.context("the file cannot be written").unwrap_err()));
        assert!(!is_left(&anyhow::anyhow!("the file broke off")));
        let full: std::io::Result<()> = Err(std::io::Error::from(ErrorKind::StorageFull));
        assert!(!is_left(&full.context("the file cannot be written").unwrap_err()));
    }

    #[test]
    fn what_is_not_kept_leaves_nothing_and_what_stood_there_stands() {
        let folder = tempfile::tempdir().unwrap();
        let output = folder.path().join("people.csv");
        std::fs::write(&output, "before").unwrap();
        drop(Partial::beside(&output).unwrap());
        assert_eq!(std::fs::read(&output).unwrap(), b"before");
        Partial::beside(&output).unwrap().keep(&output).unwrap();
        assert_eq!(std::fs::read(&output).unwrap(), b"");
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1);
    }

    #[cfg(unix)]
    #[test]
    fn only_its_owner_may_read_the_file_whatever_stood_there_before() {
        use std::os::unix::fs::PermissionsExt;

        let mode = |path: &Path| std::fs::metadata(path).unwrap().permissions().mode() & 0o777;
        let folder = tempfile::tempdir().unwrap();
        let output = folder.path().join("people.xlsx");
        let open_to_all = |path: &Path| {
            std::fs::write(path, "before").unwrap();
            std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o644)).unwrap();
        };
        open_to_all(&output);
        let left_by_a_kill = Partial::beside(&output).unwrap().path.clone();
        open_to_all(&left_by_a_kill);
        let partial = Partial::beside(&output).unwrap();
        assert_eq!((mode(&partial.path), partial.path == left_by_a_kill), (0o600, true));
        partial.keep(&output).unwrap();
        assert_eq!((mode(&output), std::fs::read(&output).unwrap().len()), (0o600, 0));
    }

    #[test]
    fn a_download_that_breaks_off_leaves_no_file_under_either_name() {
        let folder = tempfile::tempdir().unwrap();
        let output = folder.path().join("people.csv");
        let mut partial = Partial::beside(&output).unwrap();
        std::io::Write::write_all(&mut partial.file, b"half a f").unwrap();
        assert!(!output.exists() && partial.path.exists());
        drop(partial);
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0);
    }
}
