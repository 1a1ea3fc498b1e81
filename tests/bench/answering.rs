//! How long the API takes: the list, one campaign and a new one, asked for by some clients at once, each as fast as it is
//! answered.

use std::time::Instant;

use anyhow::Context;
use campanile_tests::client::Client;
use futures::future::try_join_all;
use serde_json::{Value, json};
use wire::{Campaign, ChannelList, CreatedToken, Role};

use crate::meter::Depth;
use crate::ours::{self, Ours, Running};
use crate::people;

/// Campaigns that stand in the list before anything is measured.
const STANDING: usize = 500;

/// Requests of each kind by each number of clients.
const REQUESTS: usize = 1_200;

/// Tokens that share the requests: one alone may not ask that often.
const TOKENS: usize = 16;

/// Clients at once.
pub const CLIENTS: [usize; 3] = [1, 8, 64];

/// What is asked.
#[derive(Debug, Clone, Copy)]
pub enum Kind {
    /// The first page of the list.
    List,
    /// One campaign.
    Get,
    /// A new draft.
    Create,
}

impl Kind {
    /// All of them.
    pub const ALL: [Kind; 3] = [Kind::List, Kind::Get, Kind::Create];

    /// Its request line, for people.
    pub fn name(self) -> &'static str {
        match self {
            Kind::List => "GET /v3/campaigns?limit=50",
            Kind::Get => "GET /v3/campaigns/{id}",
            Kind::Create => "POST /v3/campaigns",
        }
    }
}

/// How one kind was answered to so many clients.
pub struct Answers {
    /// What was asked.
    pub kind: Kind,
    /// Clients at once.
    pub clients: usize,
    /// Milliseconds from the request to the answer's last byte: median, 99 of 100, at most.
    pub ms: [f64; 3],
    /// Answers a second, all clients together.
    pub a_second: f64,
}

/// Asks everything.
pub async fn run() -> anyhow::Result<Vec<Answers>> {
    let folder = tempfile::tempdir()?;
    let data = folder.path().join("data");
    let (port, nowhere) = (ours::port()?, "http://127.0.0.1:1".to_owned());
    let running = Running::start(&Ours { data, port, api_url: nowhere, rate: 80, depth: Depth::Calls }).await?;
    let client = running.client.clone();
    let audience = client.audience(people::csv(1_000)).await?;
    let channels: ChannelList = client.get("/v3/channels").await?;
    let channel = &channels.items.first().context("there is no channel")?.id;
    let draft = json!({ "name": "Bench", "channelId": channel, "audienceId": audience.id, "message": "Hello" });
    let mut clients = Vec::new();
    for place in 0..TOKENS {
        let asked = json!({ "name": format!("Bench {place}"), "role": Role::Owner });
        let created: CreatedToken = client.post("/v3/tokens", &asked).await?;
        clients.push(Client::new(&format!("http://127.0.0.1:{port}"), &created.token));
    }
    let mut standing: Option<Campaign> = None;
    for place in 0..STANDING {
        standing = Some(clients[place % TOKENS].post("/v3/campaigns", &draft).await?);
    }
    let path = format!("/v3/campaigns/{}", standing.context("no campaign stands")?.id);
    let mut all = Vec::new();
    for kind in Kind::ALL {
        for count in CLIENTS {
            let (start, each) = (Instant::now(), REQUESTS / count);
            let took = try_join_all((0..count).map(|place| {
                let clients = &clients;
                let (path, draft) = (&path, &draft);
                async move {
                    let mut took = Vec::with_capacity(each);
                    for round in 0..each {
                        let start = Instant::now();
                        ask(&clients[(place + round) % TOKENS], kind, path, draft).await?;
                        took.push(start.elapsed().as_secs_f64() * 1_000.0);
                    }
                    anyhow::Ok(took)
                }
            }))
            .await?;
            let a_second = (each * count) as f64 / start.elapsed().as_secs_f64();
            all.push(Answers { kind, clients: count, ms: places(took.concat()), a_second });
        }
    }
    running.stop().await?;
    Ok(all)
}

async fn ask(client: &Client, kind: Kind, path: &str, draft: &Value) -> anyhow::Result<Value> {
    match kind {
        Kind::List => client.get("/v3/campaigns?limit=50").await,
        Kind::Get => client.get(path).await,
        Kind::Create => client.post("/v3/campaigns", draft).await,
    }
}

fn places(mut ms: Vec<f64>) -> [f64; 3] {
    ms.sort_by(f64::total_cmp);
    let last = ms.len().saturating_sub(1);
    [500, 990, 1_000].map(|per_mille| ms.get((ms.len() * per_mille / 1_000).min(last)).copied().unwrap_or_default())
}
