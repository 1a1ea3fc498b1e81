//! From a file to an audience, and from an audience to a campaign.

use std::path::Path;
use std::time::Duration;

use anyhow::{Context, bail};
use indicatif::{ProgressBar, ProgressStyle};
use serde_json::{Value, json};
use wire::{Audience, AudienceStatus, Campaign, Channel, ChannelList, CreateUpload, Upload};

use super::start::{how_to_agree, start};
use super::{Client, ImportArgs, SendArgs, Target, Then};

/// How often the import is looked at.
const LOOK_EVERY: Duration = Duration::from_millis(500);

/// Sees a file through the import.
pub(super) async fn import(client: &Client, args: &ImportArgs) -> anyhow::Result<Audience> {
    let name = file_name(&args.file)?;
    let bytes = std::fs::read(&args.file).with_context(|| format!("reading {}", args.file.display()))?;
    let announced = CreateUpload {
        file_name: name,
        size_bytes: bytes.len() as u64,
        default_country: args.country.clone(),
        language: args.language(),
        ..CreateUpload::default()
    };
    let upload: Upload = client.post("/v3/uploads", &announced).await?;
    let spinner = spinner(&args.target, "Importing");
    client.put(&upload.upload_url, bytes).await?;
    loop {
        let audience: Audience = client.get(&format!("/v3/audiences/{}", upload.audience_id)).await?;
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

fn file_name(path: &Path) -> anyhow::Result<String> {
    let name = path.file_name().and_then(|name| name.to_str());
    name.map(str::to_owned).with_context(|| format!("{} is no file", path.display()))
}

/// Makes the campaign, and starts it unless it is to stay a draft.
pub(super) async fn create(client: &Client, args: &SendArgs, audience: &Audience) -> anyhow::Result<Campaign> {
    let channel = channel(client, args.channel.as_deref()).await?;
    let made: anyhow::Result<Campaign> = client.post("/v3/campaigns", &body(args, audience, &channel)?).await;
    let campaign = made.map_err(|error| how_to_agree(error, "the same command with"))?;
    if args.then == Then::Draft || args.at.is_some() {
        return Ok(campaign);
    }
    start(client, &campaign.id, args.confirm_price.clone()).await
}

async fn channel(client: &Client, asked: Option<&str>) -> anyhow::Result<Channel> {
    let channels: ChannelList = client.get("/v3/channels").await?;
    let names: Vec<&str> = channels.items.iter().map(|channel| channel.id.as_str()).collect();
    let names = names.join(", ");
    match asked {
        Some(asked) => {
            let found = channels.items.iter().find(|channel| is_meant(channel, asked));
            found.cloned().with_context(|| format!("there is no number {asked}: give --channel one of {names}"))
        }
        None if channels.items.len() == 1 => channels.items.into_iter().next().context("there is no number"),
        None => bail!("several numbers can send: give --channel one of {names}"),
    }
}

fn is_meant(channel: &Channel, asked: &str) -> bool {
    let digits = |text: &str| text.chars().filter(char::is_ascii_digit).collect::<String>();
    let is_number = !digits(asked).is_empty() && digits(asked) == digits(&channel.display_phone_number);
    channel.id.as_str() == asked || channel.name == asked || is_number
}

fn body(args: &SendArgs, audience: &Audience, channel: &Channel) -> anyhow::Result<Value> {
    let (template, language) = args.template.split_once('/').unwrap_or((&args.template, "en"));
    let source = |text: &String| match text.strip_prefix('=') {
        Some(fixed) => json!({ "text": fixed }),
        None => json!({ "column": text }),
    };
    let name = match &args.name {
        Some(name) => name.clone(),
        None => file_name(&args.import.file)?,
    };
    let mut body = json!({
        "name": name,
        "channelId": channel.id,
        "audienceId": audience.id,
        "chunkSize": args.chunk_size,
        "secondsBetweenChunks": args.seconds_between_chunks,
        "minSecondsBetweenMessages": args.min_seconds,
        "maxSecondsBetweenMessages": args.max_seconds.max(args.min_seconds),
        "template": {
            "name": template,
            "language": language,
            "body": args.body.iter().map(source).collect::<Vec<_>>(),
        },
    });
    if let Some(at) = &args.at {
        body["scheduledTo"] = json!(at);
    }
    if let Some(price) = &args.confirm_price {
        body["confirmedPrice"] = json!(price);
    }
    if let Some(cap) = &args.spend_cap {
        body["spendCap"] = json!(cap);
    }
    if args.attest_consent {
        body["consentAttestation"] = json!({});
    }
    Ok(body)
}
