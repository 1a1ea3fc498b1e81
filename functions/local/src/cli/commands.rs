//! Each command from its flags to its exit code.

use std::path::Path;
use std::process::ExitCode;

use anyhow::Context;
use serde_json::json;
use simulator::Simulator;
use tokio::net::TcpListener;
use wire::{Campaign, CampaignId, CampaignStatus};

use super::client::UNREADABLE;
use super::list::{Newest, newest};
use super::print::{self, say};
use super::send::People;
use super::{
    Client, Command, OneArgs, SendArgs, Target, Then, asked_wrongly, complete, export, report, send, start, watch,
};
use crate::Options;
use crate::recount::recount;

/// Does what was asked for.
pub async fn run(command: Command) -> anyhow::Result<ExitCode> {
    match command {
        Command::Send(args) => send_all(&args).await,
        Command::Import(args) => {
            let client = Client::of(&args.target)?;
            let audience = send::import(&client, &args, People::read(&args.file)?).await?;
            if args.target.json {
                print::json(&audience)?
            } else {
                say(&print::audience(&audience))
            }
            Ok(ExitCode::SUCCESS)
        }
        Command::Campaigns { limit, target } => list(&target, limit).await,
        Command::Watch(one) => {
            let campaign = watch::watch(&Client::of(&one.target)?, &one.target, &one.id()).await?;
            // For programs the last change was a line already.
            if !one.target.json {
                say(&print::standing(&campaign));
            }
            Ok(code(&campaign))
        }
        Command::Start { one, confirm_price } => {
            let campaign = start::start(&Client::of(&one.target)?, &one.id(), confirm_price).await?;
            told(&one, &campaign)
        }
        Command::Pause(one) => act(&one, "pause").await,
        Command::Resume(one) => act(&one, "resume").await,
        Command::Cancel(one) => act(&one, "cancel").await,
        Command::Report(one) => summed_up(&one).await,
        Command::Export { one, output } => export::export(&one, &output).await,
        Command::Recount { campaign, data } => {
            let recounted = recount(&Options::at(data), &CampaignId(campaign)).await?;
            say(&recounted.to_string());
            Ok(if recounted.agree() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
        }
        Command::Simulate { listen, simulator } => simulate(listen, simulator.as_deref()).await,
        Command::Completions { shell } => {
            let mut script = Vec::new();
            complete(shell, &mut script);
            say(String::from_utf8(script).context("the completions are no text")?.trim_end());
            Ok(ExitCode::SUCCESS)
        }
    }
}

async fn send_all(args: &SendArgs) -> anyhow::Result<ExitCode> {
    if let Some(contradiction) = args.contradiction() {
        return asked_wrongly(contradiction);
    }
    let target = &args.import.target;
    let client = Client::of(target)?;
    let beside = send::beside(&client, args).await?;
    // What is uploaded stays there, so the contacts are read before the header's file leaves this machine.
    let people = People::read(&args.import.file)?;
    let beside = beside.with_media(&client, args.media.as_deref()).await?;
    let audience = send::import(&client, &args.import, people).await?;
    if !target.json {
        say(&print::audience(&audience));
    }
    let campaign = send::create(&client, args, &audience, &beside).await?;
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
        say(&print::standing(&ended));
    }
    Ok(code(&ended))
}

async fn list(target: &Target, limit: u16) -> anyhow::Result<ExitCode> {
    let listed: Newest<Campaign> = newest(&Client::of(target)?, usize::from(limit)).await?;
    for campaign in &listed.items {
        if target.json { print::json(campaign)? } else { say(&print::line(campaign)) }
    }
    if listed.has_more {
        print::remark(&format!("There are more campaigns than the newest {limit}: --limit shows more."));
    }
    Ok(ExitCode::SUCCESS)
}

async fn act(one: &OneArgs, action: &str) -> anyhow::Result<ExitCode> {
    let path = format!("/v3/campaigns/{}/{action}", one.id());
    let campaign: Campaign = Client::of(&one.target)?.post(&path, &json!({})).await?;
    told(one, &campaign)
}

fn told(one: &OneArgs, campaign: &Campaign) -> anyhow::Result<ExitCode> {
    if one.target.json {
        print::json(campaign)?
    } else {
        say(&print::line(campaign))
    }
    Ok(ExitCode::SUCCESS)
}

/// For programs the API's answer as it came.
async fn summed_up(one: &OneArgs) -> anyhow::Result<ExitCode> {
    let answer = Client::of(&one.target)?.get_text(&format!("/v3/campaigns/{}/report", one.id())).await?;
    if one.target.json {
        say(&answer);
    } else {
        say(&report::lines(&serde_json::from_str(&answer).context(UNREADABLE)?));
    }
    Ok(ExitCode::SUCCESS)
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

async fn simulate(listen: std::net::SocketAddr, file: Option<&Path>) -> anyhow::Result<ExitCode> {
    let config = match file {
        Some(path) => {
            let text = std::fs::read_to_string(path).with_context(|| format!("reading {}", path.display()))?;
            serde_json::from_str(&text).with_context(|| format!("{} does not say how to behave", path.display()))?
        }
        None => simulator::Config::default(),
    };
    let how = how_to_send(&config);
    let simulator = Simulator::start(config)?;
    let listener = TcpListener::bind(listen).await.with_context(|| format!("listening on {listen}"))?;
    say(&format!("The simulated Cloud API listens on http://{}. Stop with Ctrl-C.", listener.local_addr()?));
    say(&how);
    tokio::select! {
        served = axum::serve(listener, simulator.router()) => served.context("serving")?,
        stopped = tokio::signal::ctrl_c() => stopped.context("waiting for Ctrl-C")?,
    }
    Ok(ExitCode::SUCCESS)
}

/// Its numbers, and the token where that is everybody's: one of a file's own is the file's to tell.
fn how_to_send(config: &simulator::Config) -> String {
    let numbers: Vec<&str> = config.numbers.iter().map(|number| number.phone_number_id.as_str()).collect();
    let is_everybodys = config.access_token == simulator::Config::default().access_token;
    let token = if is_everybodys { config.access_token.as_str() } else { "of its file" };
    format!("Numbers: {}. Access token: {token}", numbers.join(", "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_simulator_names_its_numbers_and_no_token_of_a_files_own() {
        let told = how_to_send(&simulator::Config::default());
        assert_eq!(told, "Numbers: 106540352242922. Access token: simulator-access-token");
        let own = simulator::Config { access_token: "mine".to_owned(), ..simulator::Config::default() };
        assert_eq!(how_to_send(&own), "Numbers: 106540352242922. Access token: of its file");
    }
}
