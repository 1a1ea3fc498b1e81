//! Access tokens that channels bring along: tried, kept apart, used, replaced and never shown.

use std::io::Write;
use std::sync::{Arc, Mutex, PoisonError};

use campanile_tests::campaign::{act, call, draft_on, refused, with_credentials};
use campanile_tests::contacts;
use campanile_tests::stepped::Stepped;
use lambdas::{App, dispatcher, sender};
use local::tables::{CONTACTS_TABLE, CONTROL_TABLE, MESSAGES_TABLE};
use local::whatsapp::SIMULATOR_APP;
use serde_json::{Value, json};
use tracing_subscriber::fmt::MakeWriter;
use wire::Channel;

/// What was logged.
#[derive(Clone, Default)]
struct Logged(Arc<Mutex<Vec<u8>>>);

impl Write for Logged {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).write(bytes)
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

impl<'a> MakeWriter<'a> for Logged {
    type Writer = Logged;

    fn make_writer(&'a self) -> Logged {
        self.clone()
    }
}

impl Logged {
    fn text(&self) -> String {
        String::from_utf8_lossy(&self.0.lock().unwrap_or_else(PoisonError::into_inner)).into_owned()
    }
}

/// Everything that stands in tables.
async fn tables(app: &App) -> anyhow::Result<String> {
    let mut all = String::new();
    for table in [CONTROL_TABLE, MESSAGES_TABLE, CONTACTS_TABLE] {
        all += &format!("{:?}", app.dynamodb.scan().table_name(table).send().await?.items);
    }
    Ok(all)
}

/// A deployment whose app's own token has expired and that has no number yet; and what asks for its number.
async fn without_numbers(stepped: &Stepped) -> anyhow::Result<(Arc<App>, Value)> {
    let standing = stepped.channel().await?;
    lambdas::storage::channels::delete(&stepped.app, &standing).await?;
    let app = with_credentials(&stepped.app, |apps| apps[0].access_token = "expired".to_owned());
    let asked =
        json!({ "appId": SIMULATOR_APP, "wabaId": standing.waba_id, "phoneNumberId": standing.phone_number_id });
    Ok((app, asked))
}

fn with_token(asked: &Value, token: &str) -> Value {
    let mut asked = asked.clone();
    asked["accessToken"] = json!(token);
    asked
}

#[tokio::test]
async fn a_token_that_a_number_brings_along_sends_and_is_nowhere_to_be_seen() -> anyhow::Result<()> {
    // With one subscriber alone, whoever comes first to a line decides whether it is logged: other tests have none.
    let _another = tracing::Dispatch::new(tracing_subscriber::registry());
    let logged = Logged::default();
    let subscriber =
        tracing_subscriber::fmt().with_max_level(tracing::Level::DEBUG).with_writer(logged.clone()).finish();
    let _logging = tracing::subscriber::set_default(subscriber);
    let stepped = Stepped::open().await?;
    let good = stepped.secrets.simulator_token.clone();
    let (app, asked) = without_numbers(&stepped).await?;
    let problem = refused(&app, "POST", "/v3/channels", asked.clone()).await?;
    assert!(
        problem["detail"].as_str().is_some_and(|why| why.contains("does not accept the access token")),
        "{problem}"
    );

    let added: Channel = call(&app, "POST", "/v3/channels", with_token(&asked, &good)).await?;
    assert!(added.own_token);
    let again: Channel = call(&app, "POST", "/v3/channels", with_token(&asked, &good)).await?;
    assert_eq!(again.id, added.id);
    let other = refused(&app, "POST", "/v3/channels", with_token(&asked, "another")).await?;
    assert_eq!((other["status"].as_u64(), other["errors"][0]["field"].as_str()), (Some(409), Some("accessToken")));
    assert_eq!(stepped.secret_names().await?.len(), 1);

    let made = draft_on(&app, &added.id, &contacts::csv(3), json!({})).await?;
    act(&app, &made.id, "start").await?;
    dispatcher::handle(&app, dispatcher::Event::Tick(json!({ "source": "schedule" }))).await?;
    sender::handle(&app, stepped.take(&app.config.send_queue_url).await?).await?;
    // A machine that is too busy for its slots sends some of them later.
    assert!(!stepped.simulator.arrivals().is_empty());

    let channels = call::<Value>(&app, "GET", "/v3/channels", Value::Null).await?.to_string();
    assert!(!format!("{channels}{added:?}{other}{}", tables(&app).await?).contains(&good));
    let text = logged.text();
    assert!(text.contains("a number was added"), "nothing was logged");
    let lines: Vec<&str> = text.lines().filter(|line| line.contains(&good)).collect();
    assert!(lines.is_empty(), "{lines:?}");

    call::<Value>(&app, "POST", &format!("/v3/campaigns/{}/cancel", made.id), Value::Null).await?;
    call::<Value>(&app, "DELETE", &format!("/v3/channels/{}", added.id), Value::Null).await.err();
    assert_eq!(stepped.secret_names().await?, Vec::<String>::new());
    Ok(())
}

#[tokio::test]
async fn a_wrong_token_is_told_at_once_and_changes_nothing() -> anyhow::Result<()> {
    let stepped = Stepped::open().await?;
    let good = stepped.secrets.simulator_token.clone();
    let (app, asked) = without_numbers(&stepped).await?;
    for (wrong, says) in [("", "1 to"), ("two words", "without blanks"), ("expired", "does not accept")] {
        let problem = refused(&app, "POST", "/v3/channels", with_token(&asked, wrong)).await?;
        let error = &problem["errors"][0];
        assert_eq!(error["field"], "accessToken", "{problem}");
        assert!(error["message"].as_str().is_some_and(|message| message.contains(says)), "{problem}");
    }
    assert_eq!(stepped.secret_names().await?, Vec::<String>::new());

    let added: Channel = call(&app, "POST", "/v3/channels", with_token(&asked, &good)).await?;
    let (path, kept) = (format!("/v3/channels/{}", added.id), stepped.secret_names().await?);
    let problem = refused(&app, "PATCH", &path, json!({ "accessToken": "expired", "name": "New" })).await?;
    assert_eq!(problem["errors"][0]["field"], "accessToken");
    let health: Value = call(&app, "GET", &format!("{path}/health"), Value::Null).await?;
    assert_eq!((health["canSend"].as_str(), stepped.secret_names().await?), (Some("AVAILABLE"), kept.clone()));

    let edited: Channel = call(&app, "PATCH", &path, json!({ "accessToken": good })).await?;
    let replaced = stepped.secret_names().await?;
    assert!(edited.own_token && replaced.len() == 1 && replaced != kept, "{kept:?} {replaced:?}");
    let edited: Channel = call(&app, "PATCH", &path, json!({ "accessToken": "" })).await?;
    assert_eq!((edited.own_token, edited.name.as_str()), (false, added.name.as_str()));
    assert_eq!(stepped.secret_names().await?, Vec::<String>::new());
    refused(&app, "GET", &format!("{path}/health"), Value::Null).await?;
    Ok(())
}
