//! Each command from its flags to its exit code.

use std::io::Write;
use std::path::Path;
use std::process::ExitCode;

use anyhow::Context;
use serde_json::{Value, json};
use simulator::Simulator;
use tokio::net::TcpListener;
use wire::{Campaign, CampaignId, CampaignList, CampaignStatus};

use super::print::{self, say};
use super::{Client, Command, OneArgs, SendArgs, Then, complete, send, watch};
use crate::Options;
use crate::recount::recount;

/// Recipients on a page of the export: the API's largest.
const EXPORT_PAGE: u32 = 500;

/// Does what was asked for.
pub async fn run(command: Command) -> anyhow::Result<ExitCode> {
    match command {
        Command::Send(args) => send_all(&args).await,
        Command::Import(args) => {
            let audience = send::import(&Client::of(&args.target)?, &args).await?;
            if args.target.json {
                print::json(&audience)?
            } else {
                say(&print::audience(&audience))
            }
            Ok(ExitCode::SUCCESS)
        }
        Command::Campaigns { limit, target } => {
            let list: CampaignList = Client::of(&target)?.get(&format!("/v3/campaigns?limit={limit}")).await?;
            for campaign in &list.items {
                if target.json { print::json(campaign)? } else { say(&print::line(campaign)) }
            }
            Ok(ExitCode::SUCCESS)
        }
        Command::Watch(one) => {
            let campaign = watch::watch(&Client::of(&one.target)?, &one.target, &one.id()).await?;
            told(&one, &campaign)?;
            Ok(code(&campaign))
        }
        Command::Start(one) => act(&one, "start").await,
        Command::Pause(one) => act(&one, "pause").await,
        Command::Resume(one) => act(&one, "resume").await,
        Command::Cancel(one) => act(&one, "cancel").await,
        Command::Report(one) => {
            let campaign: Campaign = Client::of(&one.target)?.get(&format!("/v3/campaigns/{}", one.id())).await?;
            told(&one, &campaign)?;
            Ok(ExitCode::SUCCESS)
        }
        Command::Export { one, output } => export(&one, &output).await,
        Command::Recount { campaign, data } => {
            let recounted = recount(&Options::at(data), &CampaignId(campaign)).await?;
            say(&recounted.to_string());
            Ok(if recounted.agree() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
        }
        Command::Simulate { listen, simulator } => simulate(listen, simulator.as_deref()).await,
        Command::Completions { shell } => {
            complete(shell, &mut std::io::stdout());
            Ok(ExitCode::SUCCESS)
        }
    }
}

async fn send_all(args: &SendArgs) -> anyhow::Result<ExitCode> {
    let target = &args.import.target;
    let client = Client::of(target)?;
    let audience = send::import(&client, &args.import).await?;
    if !target.json {
        say(&print::audience(&audience));
    }
    let campaign = send::create(&client, args, &audience).await?;
    if !target.json {
        say(&format!("Campaign {}: {}", campaign.id, campaign.name));
    }
    if args.then != Then::Watch {
        if target.json {
            print::json(&campaign)?;
        }
        return Ok(ExitCode::SUCCESS);
    }
    let ended = watch::watch(&client, target, &campaign.id).await?;
    if !target.json {
        say(&print::report(&ended));
    }
    Ok(code(&ended))
}

async fn act(one: &OneArgs, action: &str) -> anyhow::Result<ExitCode> {
    let path = format!("/v3/campaigns/{}/{action}", one.id());
    let campaign: Campaign = Client::of(&one.target)?.post(&path, &json!({})).await?;
    if one.target.json {
        print::json(&campaign)?
    } else {
        say(&print::line(&campaign))
    }
    Ok(ExitCode::SUCCESS)
}

fn told(one: &OneArgs, campaign: &Campaign) -> anyhow::Result<()> {
    if !one.target.json {
        say(&print::report(campaign));
        return Ok(());
    }
    print::json(campaign)
}

/// For pipelines: a campaign that stands still did not do what was asked for.
fn code(campaign: &Campaign) -> ExitCode {
    match campaign.status {
        CampaignStatus::Completed => ExitCode::SUCCESS,
        CampaignStatus::Draft
        | CampaignStatus::Scheduled
        | CampaignStatus::Processing
        | CampaignStatus::Paused
        | CampaignStatus::Cancelled
        | CampaignStatus::Failed => ExitCode::FAILURE,
    }
}

/// Everybody, a page after the other, so that a million people need no memory.
async fn export(one: &OneArgs, output: &Path) -> anyhow::Result<ExitCode> {
    let client = Client::of(&one.target)?;
    let out: Box<dyn Write + Send> = match output.to_str() {
        Some("-") => Box::new(std::io::stdout()),
        _ => Box::new(std::fs::File::create(output).with_context(|| format!("writing {}", output.display()))?),
    };
    let mut table = csv::Writer::from_writer(out);
    table.write_record([
        "index",
        "phone",
        "state",
        "code",
        "reason",
        "acceptedAt",
        "deliveredAt",
        "readAt",
        "repliedAt",
    ])?;
    let mut after = String::new();
    loop {
        let path = format!("/v3/campaigns/{}/messages?limit={EXPORT_PAGE}{after}", one.id());
        let page: Value = client.get(&path).await?;
        for message in page["items"].as_array().into_iter().flatten() {
            let cell = |name: &str| match &message[name] {
                Value::String(text) => text.clone(),
                Value::Null => String::new(),
                other => other.to_string(),
            };
            let columns =
                ["index", "phone", "state", "code", "reason", "acceptedAt", "deliveredAt", "readAt", "repliedAt"];
            table.write_record(columns.map(|column| safe(&cell(column))))?;
        }
        match page["next"].as_str() {
            Some(next) => after = format!("&after={next}"),
            None => break,
        }
    }
    table.flush()?;
    Ok(ExitCode::SUCCESS)
}

/// A cell that no spreadsheet takes for a formula; a phone number stays what it is.
fn safe(cell: &str) -> String {
    let is_phone = cell.strip_prefix('+').is_some_and(|rest| rest.chars().all(|char| char.is_ascii_digit()));
    match cell.chars().next() {
        Some('=' | '+' | '-' | '@' | '\t' | '\r') if !is_phone => format!("'{cell}"),
        _ => cell.to_owned(),
    }
}

async fn simulate(listen: std::net::SocketAddr, file: Option<&Path>) -> anyhow::Result<ExitCode> {
    let config = match file {
        Some(path) => {
            let text = std::fs::read_to_string(path).with_context(|| format!("reading {}", path.display()))?;
            serde_json::from_str(&text).with_context(|| format!("{} does not say how to behave", path.display()))?
        }
        None => simulator::Config::default(),
    };
    let simulator = Simulator::start(config)?;
    let listener = TcpListener::bind(listen).await.with_context(|| format!("listening on {listen}"))?;
    say(&format!("The simulated Cloud API listens on http://{}. Stop with Ctrl-C.", listener.local_addr()?));
    tokio::select! {
        served = axum::serve(listener, simulator.router()) => served.context("serving")?,
        stopped = tokio::signal::ctrl_c() => stopped.context("waiting for Ctrl-C")?,
    }
    Ok(ExitCode::SUCCESS)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_cell_is_a_formula_and_phones_stay_phones() {
        assert_eq!(safe("+5511987654321"), "+5511987654321");
        assert_eq!(safe("=1+1"), "'=1+1");
        assert_eq!(safe("+1+1"), "'+1+1");
        assert_eq!(safe("read"), "read");
    }
}
