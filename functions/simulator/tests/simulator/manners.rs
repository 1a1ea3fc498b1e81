//! Profiles, manners and storms, set at the start or while it runs.

use std::collections::BTreeSet;

use axum::http::StatusCode;
use serde_json::{Value, json};
use simulator::{Config, Enforcement, Manners, Outcome, Profile, Switch, Timestamps};

use crate::harness::{Stage, offer, tick};

fn with(manners: Manners) -> Stage {
    Stage::new(Config { manners, answer_delay_ms: 0, ..Config::default() })
}

#[tokio::test(start_paused = true)]
async fn one_person_gets_45_messages_at_once_and_then_one_in_six_seconds() {
    let stage = with(Manners { pair_limit: Enforcement::Enforced, ..Manners::default() });
    for _ in 0..45 {
        assert_eq!(stage.offer("+12125550100").await, "200/accepted");
    }
    assert_eq!(stage.offer("+12125550100").await, "400/131056");
    assert_eq!(stage.offer("+12125550101").await, "200/accepted");
    tick(6).await;
    assert_eq!(stage.offer("+12125550100").await, "200/accepted");
    assert_eq!(stage.offer("+12125550100").await, "400/131056");
}

#[tokio::test(start_paused = true)]
async fn people_with_a_username_have_no_number_in_webhooks() {
    let stage = with(Manners { username_share: 1.0, ..Manners::default() });
    let (_, answer) = stage.send(offer("+12125550100")).await;
    assert_eq!(answer["contacts"][0]["wa_id"], "12125550100");
    stage.simulator.idle().await;
    let statuses = stage.receiver.statuses();
    assert!(statuses.iter().all(|status| status["recipient_id"].is_null() && status["recipient_user_id"].is_string()));
    assert!(statuses.iter().all(|status| status["biz_opaque_callback_data"] == "about +12125550100"));
}

#[tokio::test(start_paused = true)]
async fn timestamps_can_be_milliseconds_and_a_conversation_can_be_there() {
    let stage = with(Manners { timestamps: Timestamps::Milliseconds, conversation: Switch::On, ..Manners::default() });
    stage.offer("+12125550100").await;
    stage.simulator.idle().await;
    let statuses = stage.receiver.statuses();
    assert!(statuses.iter().all(|status| status["timestamp"].as_str().unwrap().len() == 13));
    let (sent, delivered, read) = (&statuses[0], &statuses[1], &statuses[2]);
    assert_eq!(sent["conversation"]["origin"]["type"], "marketing");
    assert!(sent["conversation"]["expiration_timestamp"].is_string());
    assert_eq!(sent["conversation"]["id"], delivered["conversation"]["id"]);
    assert!(delivered["conversation"]["expiration_timestamp"].is_null() && read["conversation"].is_null());
}

#[tokio::test(start_paused = true)]
async fn people_can_stand_beside_their_statuses_but_not_beside_a_failure() {
    let stage = with(Manners { status_contacts: Switch::On, ..Manners::default() });
    stage.offer("+12125550100").await;
    stage.offer("+12125550181").await;
    stage.simulator.idle().await;
    let values = stage.receiver.values("messages");
    let people: BTreeSet<String> = values.iter().map(|value| value["contacts"].to_string()).collect();
    let user_id =
        &stage.receiver.statuses().into_iter().find(|one| one["status"] == "sent").unwrap()["recipient_user_id"];
    let person = json!([{ "wa_id": "12125550100", "user_id": user_id }]).to_string();
    assert_eq!(people, ["null".to_owned(), person].into());
}

#[tokio::test(start_paused = true)]
async fn marketing_to_the_united_states_can_be_paused() {
    let stage = with(Manners { us_marketing_pause: Enforcement::Enforced, ..Manners::default() });
    stage.offer("+12125550100").await;
    stage.offer("+14165550100").await;
    stage.say("+12125550100", "Hi").await;
    stage.simulator.idle().await;
    assert_eq!(stage.receiver.told().matches("failed:131049").count(), 1);
    assert_eq!(stage.receiver.told().matches("read").count(), 2);
}

#[tokio::test(start_paused = true)]
async fn an_accepted_message_can_be_answered_with_an_error() {
    let stage = with(Manners { server_error_after_accept_share: 1.0, ..Manners::default() });
    assert_eq!(stage.offer("+12125550100").await, "500/131000");
    stage.simulator.idle().await;
    assert_eq!((stage.simulator.totals().accepted, stage.receiver.told().as_str()), (1, "sent delivered read"));
}

#[tokio::test(start_paused = true)]
async fn statuses_can_come_twice_and_can_be_lost() {
    let stage = with(Manners { duplicate_share: 1.0, ..Manners::default() });
    stage.offer("+12125550100").await;
    stage.simulator.idle().await;
    let mut told: Vec<String> = stage.receiver.statuses().iter().map(Value::to_string).collect();
    assert_eq!(told.len(), 6);
    told.sort_unstable();
    told.dedup();
    assert_eq!(told.len(), 3);
    let stage = with(Manners { drop_share: 1.0, ..Manners::default() });
    stage.offer("+12125550100").await;
    assert_eq!((stage.simulator.totals().accepted, stage.simulator.pending_statuses()), (1, 0));
}

#[tokio::test(start_paused = true)]
async fn a_profile_can_be_chosen_while_it_runs_and_left_again() {
    let stage = Stage::new(Config::default());
    let (status, shown) = stage.control("/simulator/profile", json!({ "profile": "storm" })).await;
    assert_eq!((status, &shown["manners"]["pairLimit"]), (StatusCode::OK, &json!("enforced")));
    assert_eq!(stage.get("/simulator/profile").await.1, shown);
    let (_, shown) = stage.control("/simulator/profile", json!({ "manners": { "refusalShare": 1.0 } })).await;
    assert_eq!(shown["manners"]["pairLimit"], "ignored");
    assert!(!stage.offer("+12125550100").await.starts_with("200"));
    stage.control("/simulator/profile", json!({ "profile": "calm" })).await;
    assert_eq!(stage.offer("+12125550100").await, "200/accepted");
    for wrong in [json!({}), json!({ "profile": "calm", "manners": {} }), json!({ "manners": { "dropShare": 2 } })] {
        assert_eq!(stage.control("/simulator/profile", wrong).await.0, StatusCode::BAD_REQUEST);
    }
}

#[tokio::test(start_paused = true)]
async fn the_same_seed_and_clock_give_the_same_storm() {
    let mut runs = Vec::new();
    for seed in [1, 1, 2] {
        let stage = Stage::new(Config {
            profile: Profile::Storm,
            answer_delay_ms: 0,
            starts_at_micros: Some(1_750_000_000_000_000),
            seed,
            ..Config::default()
        });
        for person in 0..60 {
            stage.offer(&format!("+121255500{person:02}")).await;
        }
        stage.simulator.idle().await;
        let outcomes: Vec<Outcome> = stage.simulator.arrivals().into_iter().map(|arrival| arrival.outcome).collect();
        runs.push((outcomes, stage.receiver.bodies()));
    }
    assert_eq!(runs[0], runs[1]);
    assert_ne!(runs[0], runs[2]);
    let kinds: BTreeSet<bool> = runs[0].0.iter().map(|outcome| *outcome == Outcome::Accepted).collect();
    assert_eq!(kinds.len(), 2, "some are refused and some are not");
}

#[tokio::test(start_paused = true)]
async fn storms_can_be_called_while_it_runs() {
    let stage = Stage::new(Config::default());
    tick(100).await;
    let storm = json!({ "afterMs": 0, "forMs": 5_000, "perMille": 1_000, "code": 131_057 });
    stage.control("/simulator/storms", json!({ "storms": [storm] })).await;
    assert_eq!(stage.offer("+12125550100").await, "500/131057");
    tick(5).await;
    assert_eq!(stage.offer("+12125550100").await, "200/accepted");
}
