//! From a file to an audience, and from an audience to a campaign.

use std::path::Path;
use std::time::Duration;

use anyhow::{Context, bail};
use indicatif::{ProgressBar, ProgressStyle};
use serde_json::{Value, json};
use wire::{
    Audience, AudienceStatus, Campaign, Channel, ChannelList, CreateUpload, HoursId, SavedHours, SavedHoursList,
    TemplateContent, Upload,
};

use super::content::{content, media};
use super::start::{how_to_agree, start};
use super::{Client, ImportArgs, SendArgs, Target, Then, watch};

/// How often the import is looked at.
const LOOK_EVERY: Duration = Duration::from_millis(500);

/// A contacts file that was read.
pub(super) struct People {
    file_name: String,
    bytes: Vec<u8>,
}

impl People {
    /// Reads the file, once: it may be a pipe.
    pub(super) fn read(file: &Path) -> anyhow::Result<People> {
        let file_name = file_name(file)?;
        let bytes = std::fs::read(file).with_context(|| format!("reading {}", file.display()))?;
        Ok(People { file_name, bytes })
    }
}

/// Sees a file through the import.
pub(super) async fn import(client: &Client, args: &ImportArgs, people: People) -> anyhow::Result<Audience> {
    let People { file_name, bytes } = people;
    let upload: Upload = client.post("/v3/uploads", &announced(args, file_name, bytes.len() as u64)).await?;
    let spinner = spinner(&args.target, "Importing");
    client.put(&upload.upload_url, bytes).await?;
    let path = format!("/v3/audiences/{}", upload.audience_id);
    loop {
        let audience: Audience = watch::look(client, &path, watch::LOOK_EVERY).await?;
        match audience.status {
            AudienceStatus::Ready => {
                spinner.finish_and_clear();
                return Ok(audience);
            }
            AudienceStatus::Failed => {
                spinner.finish_and_clear();
                bail!("the import failed: {}", audience.problem.unwrap_or_else(|| "no reason was given".to_owned()));
            }
            AudienceStatus::AwaitingFile | AudienceStatus::Importing => tokio::time::sleep(LOOK_EVERY).await,
        }
    }
}

fn announced(args: &ImportArgs, file_name: String, size_bytes: u64) -> CreateUpload {
    CreateUpload {
        file_name,
        size_bytes,
        default_country: args.country.clone(),
        phone_column: args.phone_column.clone(),
        name_column: args.name_column.clone(),
        delimiter: args.delimiter.clone(),
        encoding: args.encoding.clone(),
        header_row: args.header_row,
        sheet: args.sheet.clone(),
        language: args.language(),
    }
}

fn spinner(target: &Target, what: &'static str) -> ProgressBar {
    if target.json {
        return ProgressBar::hidden();
    }
    let spinner = ProgressBar::new_spinner().with_message(what);
    spinner.enable_steady_tick(Duration::from_millis(120));
    if let Ok(style) = ProgressStyle::with_template("{spinner} {msg} {elapsed}") {
        spinner.set_style(style);
    }
    spinner
}

pub(super) fn file_name(path: &Path) -> anyhow::Result<String> {
    let name = path.file_name().and_then(|name| name.to_str());
    name.map(str::to_owned).with_context(|| format!("{} is no file", path.display()))
}

/// What a campaign has beside its people.
pub(super) struct Beside {
    channel: Channel,
    says: TemplateContent,
    hours: Option<HoursId>,
}

/// Finds it, but for the file of the header, before anybody is imported: a wrong flag costs no import.
pub(super) async fn beside(client: &Client, args: &SendArgs) -> anyhow::Result<Beside> {
    let channel = channel(client, args.channel.as_deref()).await?;
    let hours = business_hours(client, args.business_hours.as_deref()).await?;
    let says = content(client, args, &channel.id).await?;
    Ok(Beside { channel, says, hours })
}

impl Beside {
    /// The same with the file of the template's header, which is uploaded where it is one of this machine.
    pub(super) async fn with_media(mut self, client: &Client, given: Option<&str>) -> anyhow::Result<Beside> {
        if let Some(given) = given {
            self.says.header_media = Some(media(client, given).await?);
        }
        Ok(self)
    }
}

/// Makes the campaign, and starts it unless it is to stay a draft.
pub(super) async fn create(
    client: &Client,
    args: &SendArgs,
    audience: &Audience,
    beside: &Beside,
) -> anyhow::Result<Campaign> {
    let asked = body(args, audience, beside)?;
    let made: anyhow::Result<Campaign> = client.post("/v3/campaigns", &asked).await;
    let campaign = made.map_err(|error| how_to_agree(error, "the same command with"))?;
    if args.then == Then::Draft || args.at.is_some() {
        return Ok(campaign);
    }
    start(client, &campaign.id, args.confirm_price.clone()).await
}

async fn channel(client: &Client, asked: Option<&str>) -> anyhow::Result<Channel> {
    let channels: ChannelList = client.get("/v3/channels").await?;
    chosen(&channels.items, asked).cloned()
}

/// The number with this id, or else with this name or these digits; when nothing is asked for, the only one there is.
fn chosen<'a>(channels: &'a [Channel], asked: Option<&str>) -> anyhow::Result<&'a Channel> {
    let ids = |channels: &[&Channel]| channels.iter().map(|one| one.id.as_str()).collect::<Vec<_>>().join(", ");
    let all: Vec<&Channel> = channels.iter().collect();
    let Some(asked) = asked else {
        return match all.as_slice() {
            &[one] => Ok(one),
            [] => bail!("there is no number that can send: add one first"),
            several => bail!("several numbers can send: give --channel one of {}", ids(several)),
        };
    };
    if let Some(one) = channels.iter().find(|channel| channel.id.as_str() == asked) {
        return Ok(one);
    }
    let meant: Vec<&Channel> = channels.iter().filter(|channel| is_meant(channel, asked)).collect();
    match meant.as_slice() {
        &[one] => Ok(one),
        [] => bail!("there is no number {asked}: give --channel one of {}", ids(&all)),
        several => bail!("several numbers are called {asked}: give --channel the id of one: {}", ids(several)),
    }
}

fn is_meant(channel: &Channel, asked: &str) -> bool {
    let digits = |text: &str| text.chars().filter(char::is_ascii_digit).collect::<String>();
    let is_number = !digits(asked).is_empty() && digits(asked) == digits(&channel.display_phone_number);
    channel.name == asked || is_number
}

async fn business_hours(client: &Client, asked: Option<&str>) -> anyhow::Result<Option<HoursId>> {
    let Some(asked) = asked else { return Ok(None) };
    let saved: SavedHoursList = client.get("/v3/business-hours").await?;
    meant(&saved.items, asked).map(Some)
}

/// The hours with this id, or else with this name.
fn meant(saved: &[SavedHours], asked: &str) -> anyhow::Result<HoursId> {
    if let Some(one) = saved.iter().find(|hours| hours.id.as_str() == asked) {
        return Ok(one.id.clone());
    }
    let named: Vec<&SavedHours> = saved.iter().filter(|hours| hours.name == asked).collect();
    match named.as_slice() {
        [one] => Ok(one.id.clone()),
        [] => {
            let names: Vec<&str> = saved.iter().map(|hours| hours.name.as_str()).collect();
            bail!("there are no business hours {asked}: give --business-hours one of {}", names.join(", "))
        }
        several => {
            let ids: Vec<&str> = several.iter().map(|hours| hours.id.as_str()).collect();
            bail!("several business hours are called {asked}: give --business-hours the id of one: {}", ids.join(", "))
        }
    }
}

fn body(args: &SendArgs, audience: &Audience, beside: &Beside) -> anyhow::Result<Value> {
    let name = match &args.name {
        Some(name) => name.clone(),
        None => file_name(&args.import.file)?,
    };
    let mut body = json!({
        "name": name,
        "channelId": beside.channel.id,
        "audienceId": audience.id,
        "chunkSize": args.chunk_size,
        "secondsBetweenChunks": args.seconds_between_chunks,
        "minSecondsBetweenMessages": args.min_seconds,
        "maxSecondsBetweenMessages": args.max_seconds.unwrap_or(args.min_seconds),
        "template": beside.says,
    });
    let given = [
        ("scheduledTo", args.at.as_ref().map(|at| json!(at))),
        ("businessHoursId", beside.hours.as_ref().map(|hours| json!(hours))),
        ("durationDays", args.days.map(|days| json!(days))),
        ("retryRounds", args.retry_rounds.map(|rounds| json!(rounds))),
        ("skipUnfilled", Some(json!(true)).filter(|_| args.skip_unfilled)),
        ("confirmedPrice", args.confirm_price.as_ref().map(|price| json!(price))),
        ("spendCap", args.spend_cap.as_ref().map(|cap| json!(cap))),
        ("consentAttestation", Some(json!({})).filter(|_| args.attest_consent)),
    ];
    for (field, value) in given {
        if let Some(value) = value {
            body[field] = value;
        }
    }
    Ok(body)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::tests::sent_with;

    #[test]
    fn a_number_is_meant_by_its_id_or_by_a_name_or_digits_that_no_others_have() {
        let channel = |id: &str, name: &str, phone: &str| -> Channel {
            let standing = json!({
                "id": id, "name": name, "displayPhoneNumber": phone, "phoneNumberId": "1", "wabaId": "2",
                "messagesPerSecond": 80, "simulated": true,
            });
            serde_json::from_value(standing).unwrap()
        };
        let channels = [channel("a", "Shop", "+1 555 0100"), channel("b", "Shop", "+1 555 0101")];
        let told = |channels: &[Channel], asked: Option<&str>| {
            chosen(channels, asked).map(|one| one.id.to_string()).map_err(|error| error.to_string())
        };
        assert_eq!((told(&channels, Some("b")), told(&channels, Some("+15550100"))), (Ok("b".into()), Ok("a".into())));
        let several = "several numbers are called Shop: give --channel the id of one: a, b";
        assert_eq!(told(&channels, Some("Shop")), Err(several.to_owned()));
        assert_eq!(told(&channels, Some("c")), Err("there is no number c: give --channel one of a, b".to_owned()));
        assert_eq!(told(&channels, None), Err("several numbers can send: give --channel one of a, b".to_owned()));
        assert_eq!(told(&channels[..1], None), Ok("a".to_owned()));
        assert_eq!(told(&[], None), Err("there is no number that can send: add one first".to_owned()));
    }

    #[test]
    fn hours_are_meant_by_their_id_or_by_a_name_that_no_others_have() {
        let hours = |id: &str, name: &str| -> SavedHours {
            let standing = json!({
                "id": id, "name": name, "days": ["mon"], "from": "09:00", "to": "18:00", "timeZone": "UTC",
                "createdAt": "2026-11-01T00:00:00Z", "updatedAt": "2026-11-01T00:00:00Z", "version": 1,
            });
            serde_json::from_value(standing).unwrap()
        };
        let saved = [hours("1", "Office"), hours("2", "Office"), hours("3", "Shop"), hours("4", "1")];
        let told = |asked: &str| meant(&saved, asked).map(|id| id.to_string()).map_err(|error| error.to_string());
        assert_eq!((told("2"), told("Shop"), told("1")), (Ok("2".into()), Ok("3".into()), Ok("1".into())));
        let several = "several business hours are called Office: give --business-hours the id of one: 1, 2";
        assert_eq!(told("Office"), Err(several.to_owned()));
        let none = "there are no business hours Night: give --business-hours one of Office, Office, Shop, 1";
        assert_eq!(told("Night"), Err(none.to_owned()));
    }

    #[test]
    fn what_is_said_of_a_file_is_announced_with_it() {
        let flags = ["--sheet", "People", "--delimiter", "pipe", "--encoding", "windows-1252", "--header-row", "0"];
        let columns = ["--phone-column", "tel", "--name-column", "who", "--country", "BR", "--language", "es"];
        let args = sent_with(&[flags, columns].concat()).import;
        let expected = json!({
            "fileName": "people.csv", "sizeBytes": 9, "defaultCountry": "BR", "phoneColumn": "tel", "nameColumn": "who",
            "delimiter": "pipe", "encoding": "windows-1252", "headerRow": 0, "sheet": "People", "language": "es",
        });
        assert_eq!(serde_json::to_value(announced(&args, "people.csv".into(), 9)).unwrap(), expected);
    }
}
