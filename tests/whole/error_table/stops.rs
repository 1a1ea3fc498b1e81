//! Codes that pause a campaign or stop a number or its account: who is stopped, and who goes on.

use std::collections::{BTreeMap, HashMap};

use anyhow::{Context, bail, ensure};
use aws_lambda_events::sqs::SqsEvent;
use aws_sdk_dynamodb::types::AttributeValue;
use campaigns::message::MessageRecord;
use campanile_tests::campaign::{count, dispatched, indexes, messages};
use campanile_tests::contacts;
use campanile_tests::stepped::Stepped;
use lambdas::storage::campaigns::CampaignRecord;
use lambdas::storage::channels::{self, ChannelRecord};
use lambdas::storage::totals::{self, Scope};
use serde_json::json;
use wire::{CampaignStatus, ChannelId, MessageState};

use super::Effect::{PausesCampaignFor, StopsAccount};
use super::{
    AFTERWARDS, AT_ONCE, BEYOND, Effect, MINUTE_MS, Reach, Suppressed, When, blocked, csv, listen, meet, number_key,
    requests, send, standing, suppressed, told, touches_nobody_else, tried, with_reach,
};

/// Codes of a message's own fault that pause its campaign when the first twenty all meet them.
const PAUSE_WHEN_REPEATED: [u32; 9] = [1, 100, 131_008, 131_009, 132_000, 132_012, 132_018, 135_000, 139_999];

/// Two numbers of one account; campaigns go out by the first.
struct Stage {
    stepped: Stepped,
    channels: [ChannelId; 2],
}

impl Stage {
    async fn set() -> anyhow::Result<Stage> {
        let stepped = Stepped::open().await?;
        let first = stepped.channel().await?;
        let second = ChannelRecord {
            id: ChannelId("z-second".to_owned()),
            phone_number_id: "106540352242923".to_owned(),
            display_phone_number: "+1 555-078-3882".to_owned(),
            ..first.clone()
        };
        channels::create(&stepped.app, &second).await?;
        Ok(Stage { stepped, channels: [first.id, second.id] })
    }

    /// The first of two people of a campaign meets the code; the second's job and another campaign's come after it.
    async fn judge(&self, code: u32, effect: Effect, when: When) -> anyhow::Result<()> {
        let stepped = &self.stepped;
        let phones: Vec<String> = contacts::phones().take(3).collect();
        meet(stepped, &[(phones[0].as_str(), code)], when).await?;
        let before = stepped.simulator.arrivals().len();
        let two = csv(phones[..2].iter().map(String::as_str));
        let (campaign, jobs) = dispatched(stepped, &two, json!({ "chunkSize": 1 })).await?;
        let third = csv(phones[2..].iter().map(String::as_str));
        let (other, of_other) = dispatched(stepped, &third, json!({})).await?;
        let mut jobs = one_by_one(&jobs)?;
        ensure!(jobs.len() == 2, "{code}: {} jobs for two chunks", jobs.len());
        tried(stepped, &campaign, jobs.remove(0), 1).await?;
        if when == When::Afterwards {
            told(stepped).await?;
        }
        send(stepped, jobs.remove(0)).await?;
        match effect.reach() {
            Reach::Campaign => tried(stepped, &other, of_other, 1).await.map(|_| ())?,
            Reach::Number => send(stepped, of_other).await?,
            Reach::Person | Reach::Rate => bail!("{code} stops neither a campaign nor a number"),
        }

        let record = stepped.record(&campaign).await?;
        judge_paused(&record, code, effect);
        let found = messages(stepped, &record).await?;
        assert_eq!(found.len(), 1, "{code}: the second person was claimed");
        judge_kept(&found[0], code, when);
        let arrivals = stepped.simulator.arrivals().split_off(before);
        let asked: Vec<usize> = phones.iter().map(|phone| requests(&arrivals, phone)).collect();
        let other = stepped.record(&other).await?;
        if effect.reach() == Reach::Campaign {
            assert_eq!((asked, other.status), (vec![1, 0, 1], CampaignStatus::Processing), "{code}");
        } else {
            assert_eq!((asked, other.status), (vec![1, 0, 0], CampaignStatus::Paused), "{code}");
            assert!(other.status_reason.is_some_and(|why| why.contains(&format!("({code})"))), "{code}");
        }
        self.judge_numbers(code, effect).await
    }

    /// Which of the numbers is stopped; nothing else is kept of them, and then nothing at all.
    async fn judge_numbers(&self, code: u32, effect: Effect) -> anyhow::Result<()> {
        let expected = [effect.reach() == Reach::Number, effect == StopsAccount];
        assert_eq!(blocked(&self.stepped).await?, expected, "{code}");
        for (channel, is_stopped) in self.channels.iter().zip(expected) {
            let blocked_by = is_stopped.then(|| ("blockedBy".to_owned(), AttributeValue::N(code.to_string())));
            let kept: HashMap<String, AttributeValue> = blocked_by.into_iter().collect();
            assert_eq!(standing(&self.stepped, channel).await?, kept, "{code}");
            forget(&self.stepped, channel).await?;
        }
        Ok(())
    }
}

fn judge_paused(record: &CampaignRecord, code: u32, effect: Effect) {
    assert_eq!(record.status, CampaignStatus::Paused, "{code}");
    let why = record.status_reason.as_deref().unwrap_or_default();
    assert!(why.starts_with("Paused by itself: ") && why.contains(&format!("({code})")), "{code}: {why}");
    let minutes = record.upkeep.resumes_at.map(|at| (at - record.updated_at) / MINUTE_MS);
    let expected = if let PausesCampaignFor(minutes) = effect { Some(minutes) } else { None };
    assert_eq!(minutes, expected, "{code}");
}

/// A message that was refused waits with its campaign and has used nothing up; one that failed afterwards has failed
/// until a person asks for another attempt.
fn judge_kept(message: &MessageRecord, code: u32, when: When) {
    let found = (message.state, message.code, message.not_before.is_some(), message.tries, message.round);
    let expected = match when {
        When::AtOnce => (MessageState::Retry, Some(code), true, 0, 0),
        When::Afterwards => (MessageState::Failed, Some(code), false, 0, 0),
    };
    assert_eq!(found, expected, "{code}");
}

async fn judge_stops(codes: Vec<(u32, Effect)>, when: When) -> anyhow::Result<()> {
    let stage = Stage::set().await?;
    if when == When::Afterwards {
        listen(&stage.stepped)?;
    }
    for (code, effect) in codes {
        stage.judge(code, effect, when).await.with_context(|| code.to_string())?;
    }
    assert_eq!(suppressed(&stage.stepped).await?, Suppressed::new());
    Ok(())
}

/// The jobs of an event, each by itself, by their first recipient.
fn one_by_one(jobs: &SqsEvent) -> anyhow::Result<Vec<SqsEvent>> {
    let mut all = Vec::new();
    for message in &jobs.records {
        let mut one = jobs.clone();
        one.records = vec![message.clone()];
        all.push((indexes(&one)?.first().copied(), one));
    }
    all.sort_by_key(|(first, _)| *first);
    Ok(all.into_iter().map(|(_, one)| one).collect())
}

/// Forgets it.
async fn forget(stepped: &Stepped, channel: &ChannelId) -> anyhow::Result<()> {
    let (pk, sk) = number_key(channel);
    let delete = stepped.app.dynamodb.delete_item().table_name(&stepped.app.config.control_table);
    delete.key("pk", pk).key("sk", sk).send().await?;
    Ok(())
}

#[tokio::test]
async fn what_all_messages_of_a_campaign_are_refused_for_pauses_it_and_no_other() -> anyhow::Result<()> {
    judge_stops(with_reach(&[AT_ONCE, BEYOND], Reach::Campaign), When::AtOnce).await
}

#[tokio::test]
async fn what_a_number_cannot_send_for_stops_all_its_campaigns_and_an_accounts_trouble_all_its_numbers()
-> anyhow::Result<()> {
    judge_stops(with_reach(&[AT_ONCE, BEYOND], Reach::Number), When::AtOnce).await
}

#[tokio::test]
async fn a_message_that_fails_afterwards_stops_what_a_refusal_would() -> anyhow::Result<()> {
    let campaigns = with_reach(&[AFTERWARDS], Reach::Campaign);
    judge_stops([campaigns, with_reach(&[AFTERWARDS], Reach::Number)].concat(), When::Afterwards).await
}

#[tokio::test]
async fn a_fault_of_the_message_itself_pauses_the_campaign_whose_first_twenty_meet_it() -> anyhow::Result<()> {
    const FIRST: usize = 20;
    let stepped = Stepped::open().await?;
    let mut campaigns = Vec::new();
    for code in PAUSE_WHEN_REPEATED {
        meet(&stepped, &[("", code)], When::AtOnce).await?;
        let (campaign, jobs) = dispatched(&stepped, &contacts::csv(FIRST), json!({})).await?;
        tried(&stepped, &campaign, jobs, FIRST).await?;
        campaigns.push((code, campaign));
    }
    count(&stepped).await?;
    for (code, campaign) in campaigns {
        let record = stepped.record(&campaign).await?;
        let why = record.status_reason.unwrap_or_default();
        assert_eq!(record.status, CampaignStatus::Paused, "{code}");
        assert!(why.contains(&format!("{FIRST} of the latest {FIRST} messages")), "{code}: {why}");
        let counted = totals::get(&stepped.app, &campaign, Scope::Campaign).await?.totals;
        assert_eq!(counted.failed_by_code, BTreeMap::from([(code, FIRST as u64)]));
    }
    touches_nobody_else(&stepped, &[]).await
}
