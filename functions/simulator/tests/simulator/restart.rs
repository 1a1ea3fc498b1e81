//! Killed and started again: the log knows every arrival and what is still to be posted.

use std::collections::BTreeSet;
use std::fs::OpenOptions;
use std::io::Write;

use serde_json::json;
use simulator::{Config, Enforcement, ErrorCode, Manners};

use crate::harness::Stage;

#[tokio::test(start_paused = true)]
async fn a_new_start_knows_every_arrival_and_posts_what_was_not_acknowledged() {
    let folder = tempfile::tempdir().unwrap();
    let config = Config { log_path: Some(folder.path().join("simulator.log")), ..Config::default() };
    let first = Stage::new(config.clone());
    for last_four in ["0100", "0180"] {
        first.offer(&format!("+1212555{last_four}")).await;
    }
    first.simulator.idle().await;
    for last_four in ["0101", "0181", "0197", "0197"] {
        first.offer(&format!("+1212555{last_four}")).await;
    }
    first.simulator.stop();
    let (known, pending) = (first.simulator.arrivals(), first.simulator.pending_statuses());
    let already = first.receiver.statuses().len();
    assert_eq!((pending, already), (4, 3));

    let second = Stage::new(config);
    assert_eq!(second.simulator.arrivals(), known);
    assert_eq!(second.simulator.pending_statuses(), pending);
    second.simulator.idle().await;
    let told: BTreeSet<String> = second.receiver.told().split(' ').map(str::to_owned).collect();
    assert_eq!(told, ["sent", "delivered", "read", "failed:131026"].map(str::to_owned).into());
    assert_eq!(second.receiver.statuses().len(), pending);
    assert_eq!(second.offer("+12125550197").await, "200/accepted", "two refusals stand in the log");
    let wamids: BTreeSet<_> = second.simulator.arrivals().into_iter().filter_map(|one| one.wamid).collect();
    assert_eq!(wamids.len(), 4);
}

#[tokio::test(start_paused = true)]
async fn what_people_wrote_and_wished_is_known_after_a_start_and_told_if_it_was_not() {
    let folder = tempfile::tempdir().unwrap();
    let manners = Manners { service_windows: Enforcement::Enforced, ..Manners::default() };
    let config = Config { log_path: Some(folder.path().join("simulator.log")), manners, ..Config::default() };
    let first = Stage::without_callback(config.clone());
    first.control("/simulator/inbound", json!({ "from": "12125550100", "text": "STOP" })).await;
    first.control("/simulator/preferences", json!({ "from": "12125550100", "value": "stop" })).await;
    first.simulator.stop();

    let second = Stage::new(config.clone());
    second.simulator.idle().await;
    let told = (second.receiver.messages().len(), second.receiver.values("user_preferences").len());
    assert_eq!(told, (1, 1));
    second.say("+12125550100", "We heard you").await;
    second.offer("+12125550100").await;
    second.simulator.idle().await;
    assert_eq!(second.receiver.told().matches("failed:131050").count(), 1);
    assert_eq!(second.receiver.told().matches("delivered").count(), 1);
    second.simulator.stop();

    let third = Stage::new(config);
    third.simulator.idle().await;
    assert!(third.receiver.bodies().is_empty(), "everything was told");
}

#[tokio::test(start_paused = true)]
async fn a_torn_last_line_is_forgotten_and_overwritten() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("simulator.log");
    let config = Config { log_path: Some(path.clone()), ..Config::default() };
    let first = Stage::new(config.clone());
    first.offer("+12125550180").await;
    first.simulator.stop();
    OpenOptions::new().append(true).open(&path).unwrap().write_all(b"{\"arrival\":{\"sequ").unwrap();

    let second = Stage::new(config.clone());
    assert_eq!(second.simulator.arrivals().len(), 1);
    second.offer("+12125550184").await;
    second.simulator.stop();

    let third = Stage::new(config);
    let codes: Vec<ErrorCode> = third.simulator.totals().refused.into_keys().collect();
    assert_eq!(codes, [ErrorCode::PARAMETER_MISSING, ErrorCode::UNDELIVERABLE]);
}

#[tokio::test(start_paused = true)]
async fn a_log_that_is_not_ours_is_refused_by_line() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("simulator.log");
    std::fs::write(&path, "{\"other\":1}\n").unwrap();
    let started = simulator::Simulator::start(Config { log_path: Some(path), ..Config::default() });
    assert!(started.unwrap_err().to_string().contains("line 1"));
}
