//! A channel that people and webhooks change at once, that two workspaces want, and that an earlier version left behind.

use std::collections::BTreeSet;

use axum::body::Body;
use axum::http::Request;
use campanile_tests::campaign::{call, call_with, token};
use campanile_tests::stepped::Stepped;
use futures::future::join_all;
use lambdas::storage::access::{self, AccessRecord, Purpose};
use lambdas::storage::channels::{self, ChannelRecord};
use lambdas::storage::table::text;
use lambdas::storage::{heard, numbers, wabas};
use local::tables::CONTROL_TABLE;
use local::whatsapp::SIMULATOR_APP;
use serde_json::{Value, json};
use tower::ServiceExt;
use wire::{Channel, ChannelList, WorkspaceId};

/// A signed webhook of the account: something that is noted on its channels.
async fn alert(stepped: &Stepped, waba_id: &str, at: i64) -> anyhow::Result<u16> {
    let value = json!({ "decision": "APPROVED", "display_phone_number": "15550783881", "requested_verified_name": format!("Name {at}") });
    let change = json!({ "field": "phone_number_name_update", "value": value });
    let body =
        json!({ "object": "whatsapp_business_account", "entry": [{ "id": waba_id, "time": at, "changes": [change] }] });
    let body = body.to_string().into_bytes();
    let request = Request::post(stepped.webhook_path()).header("x-hub-signature-256", stepped.signature(&body)?);
    let answer = lambdas::webhook::router(stepped.app.clone()).oneshot(request.body(Body::from(body))?).await?;
    Ok(answer.status().as_u16())
}

#[tokio::test]
async fn what_webhooks_hear_and_what_people_change_at_once_is_all_kept() -> anyhow::Result<()> {
    let stepped = Stepped::open().await?;
    let channel = stepped.channel().await?;
    let path = format!("/v3/channels/{}", channel.id);
    let hear = (0..4).map(|at| {
        let (app, channel) = (&stepped.app, &channel);
        async move { heard::change(app, channel, |heard| heard.note(at, &format!("notice {at}"))).await }
    });
    let name = call::<Channel>(&stepped.app, "PATCH", &path, json!({ "name": "Shop" }));
    let offers = call::<Channel>(&stepped.app, "PATCH", &path, json!({ "marketingMessages": true }));
    let (heard, name, offers) = tokio::join!(join_all(hear), name, offers);
    heard.into_iter().collect::<anyhow::Result<Vec<()>>>()?;
    name?;
    offers?;
    let now = stepped.channel().await?;
    assert_eq!((now.name.as_str(), now.marketing_messages, now.heard.notices.len()), ("Shop", true, 4));
    let by_number = numbers::channel_now(&stepped.app, &channel.phone_number_id).await?;
    assert_eq!(by_number.as_deref(), Some(&now));
    Ok(())
}

#[tokio::test]
async fn a_channel_that_was_taken_away_stays_away_whatever_is_heard_of_it() -> anyhow::Result<()> {
    let stepped = Stepped::open().await?;
    let channel = stepped.channel().await?;
    channels::delete(&stepped.app, &channel).await?;
    heard::change(&stepped.app, &channel, |heard| heard.note(1, "late")).await?;
    channels::complete(&stepped.app, &ChannelRecord { version: 0, ..channel.clone() }).await?;
    assert_eq!(alert(&stepped, &channel.waba_id, 5).await?, 200);
    assert_eq!(channels::list(&stepped.app, channel.workspace_id).await?, []);
    assert!(numbers::channel_now(&stepped.app, &channel.phone_number_id).await?.is_none());
    Ok(())
}

#[tokio::test]
async fn of_two_workspaces_that_add_one_number_at_once_one_has_it() -> anyhow::Result<()> {
    for round in 0..5 {
        let stepped = Stepped::open().await?;
        let channel = stepped.channel().await?;
        channels::delete(&stepped.app, &channel).await?;
        let other = AccessRecord::owner(WorkspaceId(2), "Other");
        let tokens = [token(&stepped.app).await?, access::grant(&stepped.app, Purpose::Token, &other).await?];
        let asked = json!({
            "appId": SIMULATOR_APP, "wabaId": channel.waba_id, "phoneNumberId": channel.phone_number_id,
            "accessToken": stepped.secrets.simulator_token,
        });
        let (first, second) = (tokens[round % 2].as_str(), tokens[(round + 1) % 2].as_str());
        let (one, two) = tokio::join!(
            call_with::<Channel>(first, &stepped.app, "POST", "/v3/channels", asked.clone()),
            call_with::<Channel>(second, &stepped.app, "POST", "/v3/channels", asked.clone()),
        );
        let told: Vec<String> = [one, two].into_iter().filter_map(Result::err).map(|error| error.to_string()).collect();
        assert!(told.len() == 1 && told[0].contains("409") && told[0].contains("in use elsewhere"), "{told:?}");
        let mut all = channels::list(&stepped.app, WorkspaceId(1)).await?;
        all.extend(channels::list(&stepped.app, WorkspaceId(2)).await?);
        let by_number = numbers::channel_now(&stepped.app, &channel.phone_number_id).await?;
        assert_eq!(all.iter().collect::<Vec<_>>(), by_number.iter().map(|one| &**one).collect::<Vec<_>>());
        // Of the loser's token nothing is left.
        assert_eq!(stepped.secret_names().await?.len(), 1);
    }
    Ok(())
}

/// The channel as earlier versions wrote it: without a version, and without the item beside its account.
async fn of_before(stepped: &Stepped) -> anyhow::Result<ChannelRecord> {
    let channel = stepped.channel().await?;
    let dynamodb = &stepped.app.dynamodb;
    let scanned = dynamodb.scan().table_name(CONTROL_TABLE).send().await?.items.unwrap_or_default();
    for mut item in scanned {
        let key = |name: &str| item.get(name).and_then(|value| value.as_s().ok()).cloned().unwrap_or_default();
        let (pk, sk) = (key("pk"), key("sk"));
        if pk.starts_with("waba#") {
            let delete = dynamodb.delete_item().table_name(CONTROL_TABLE).key("pk", text(pk)).key("sk", text(sk));
            delete.send().await?;
        } else if pk.starts_with("number#") || sk.starts_with("channel#") {
            item.remove("version");
            dynamodb.put_item().table_name(CONTROL_TABLE).set_item(Some(item)).send().await?;
        }
    }
    assert_eq!(wabas::channels_of(&stepped.app, SIMULATOR_APP, &channel.waba_id).await?, []);
    Ok(channel)
}

#[tokio::test]
async fn a_channel_of_before_hears_its_account_once_it_was_looked_at_or_a_webhook_named_it() -> anyhow::Result<()> {
    let mut noted = BTreeSet::new();
    for way in ["list", "health", "webhook"] {
        let stepped = Stepped::open().await?;
        let channel = of_before(&stepped).await?;
        match way {
            "webhook" => assert!(numbers::channel_of(&stepped.app, &channel.phone_number_id).await?.is_some()),
            "health" => {
                let path = format!("/v3/channels/{}/health", channel.id);
                call::<Value>(&stepped.app, "GET", &path, Value::Null).await?;
            }
            _ => {
                assert_eq!(call::<ChannelList>(&stepped.app, "GET", "/v3/channels", Value::Null).await?.items.len(), 1)
            }
        }
        assert_eq!(alert(&stepped, &channel.waba_id, 1_763_730_000).await?, 200);
        let now = stepped.channel().await?;
        assert_eq!((now.heard.notices.len(), now.version), (1, 2), "{way}");
        noted.insert(now.heard.notices[0].text.clone());
    }
    assert_eq!(noted.len(), 1);
    Ok(())
}
