//! Once over real sockets, both ways, with real time: the send, the webhook, and the repetition while nobody listens.

use std::time::Duration;

use simulator::{Config, Delay};
use tokio::net::TcpListener;

use crate::harness::Stage;

#[tokio::test]
async fn statuses_reach_a_receiver_over_http_even_if_it_comes_late() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    drop(listener);
    let stage = Stage::without_callback(Config {
        sent_delay: Delay::NONE,
        delivered_delay: Delay::NONE,
        read_delay: Delay::NONE,
        callback_url: Some(format!("http://{address}/webhooks/1")),
        ..Config::default()
    });
    stage.offer("+12125550100").await;
    assert_eq!(stage.simulator.pending_statuses(), 3);

    let listener = TcpListener::bind(address).await.unwrap();
    let receiver = stage.receiver.router();
    tokio::spawn(async move { axum::serve(listener, receiver).await });
    stage.simulator.verify_callback().await.unwrap();
    tokio::time::timeout(Duration::from_secs(30), stage.simulator.idle()).await.unwrap();
    assert_eq!(stage.receiver.told(), "sent delivered read");
}
