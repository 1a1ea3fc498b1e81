//! Settings, prices and campaigns as somebody saw them: of two changes of the same state one is made, the other told so.

use aws_sdk_dynamodb::types::AttributeValue;
use axum::body::{Body, to_bytes};
use axum::http::{Request, StatusCode, header};
use campanile_tests::campaign::{draft, token};
use campanile_tests::contacts;
use campanile_tests::stepped::Stepped;
use local::whatsapp::WORKSPACE;
use serde_json::{Value, json};
use tower::ServiceExt;

const SETTINGS: &str = "/v3/settings";
const PRICES: &str = "/v3/rate-card";

/// What the API answered.
struct Answer {
    status: StatusCode,
    /// Its `ETag`; empty where it has none.
    tag: String,
    body: Value,
}

/// Who looks and changes.
struct Somebody {
    stepped: Stepped,
    token: String,
}

impl Somebody {
    async fn begin() -> anyhow::Result<Somebody> {
        let stepped = Stepped::open().await?;
        let token = token(&stepped.app).await?;
        Ok(Somebody { stepped, token })
    }

    async fn look(&self, path: &str) -> anyhow::Result<Answer> {
        let answer = self.ask("GET", path, "", &Value::Null).await?;
        assert_eq!((answer.status, answer.tag.is_empty()), (StatusCode::OK, false), "{path}");
        Ok(answer)
    }

    /// Asks something of what had this tag; where that is empty, of whatever stands.
    async fn ask(&self, method: &str, path: &str, seen: &str, body: &Value) -> anyhow::Result<Answer> {
        let mut request = Request::builder().method(method).uri(path);
        if !seen.is_empty() {
            request = request.header(header::IF_MATCH, seen);
        }
        let request = request.header(header::AUTHORIZATION, format!("Bearer {}", self.token));
        let request = request.header(header::CONTENT_TYPE, "application/json").body(Body::from(body.to_string()))?;
        let response = lambdas::api::router(self.stepped.app.clone()).oneshot(request).await?;
        let status = response.status();
        let tag = response.headers().get(header::ETAG).map(|tag| tag.to_str()).transpose()?.unwrap_or_default();
        let tag = tag.to_owned();
        let bytes = to_bytes(response.into_body(), 1 << 20).await?;
        Ok(Answer { status, tag, body: serde_json::from_slice(&bytes)? })
    }

    /// Two changes at once of the same state: one is made and stands, also where it is asked for again; the other is
    /// refused until it is asked for by who has seen the first one.
    async fn one_wins(&self, path: &str, changes: [(&str, Value); 2]) -> anyhow::Result<()> {
        let seen = self.look(path).await?;
        let [(how, what), (other_how, other_what)] = &changes;
        let (one, other) =
            tokio::join!(self.ask(how, path, &seen.tag, what), self.ask(other_how, path, &seen.tag, other_what));
        let (one, other) = (one?, other?);
        let is_first = one.status == StatusCode::OK;
        let (won, lost) = if is_first { (one, other) } else { (other, one) };
        let told = (won.status, lost.status, &lost.body["code"]);
        assert_eq!(told, (StatusCode::OK, StatusCode::PRECONDITION_FAILED, &json!("preconditionFailed")));
        let now = self.look(path).await?;
        assert_eq!((&now.tag, &now.body), (&won.tag, &won.body));
        assert_ne!(now.tag, seen.tag);

        let [(how, what), (other_how, other_what)] = changes;
        let (made, refused) =
            if is_first { ((how, what), (other_how, other_what)) } else { ((other_how, other_what), (how, what)) };
        let again = self.ask(made.0, path, &seen.tag, &made.1).await?;
        assert_eq!((again.status, again.tag), (StatusCode::OK, now.tag.clone()), "what is asked twice is done once");
        let late = self.ask(refused.0, path, &seen.tag, &refused.1).await?;
        assert_eq!(late.status, StatusCode::PRECONDITION_FAILED);
        let over = self.ask(refused.0, path, &now.tag, &refused.1).await?;
        assert_eq!(over.status, StatusCode::OK, "{}", over.body);
        assert_eq!(self.look(path).await?.body, over.body);
        Ok(())
    }

    /// Makes an item of the workspace one that was written without a version.
    async fn forget_version(&self, item: &str) -> anyhow::Result<()> {
        let app = &self.stepped.app;
        let update = app.dynamodb.update_item().table_name(&app.config.control_table);
        let update = update.key("pk", AttributeValue::S(format!("workspace#{WORKSPACE}")));
        let update = update.key("sk", AttributeValue::S(item.to_owned())).update_expression("REMOVE version");
        update.send().await?;
        Ok(())
    }
}

fn card(name: &str, price: &str) -> Value {
    let rates = json!([{ "validFrom": "2020-01-01", "marketing": price }]);
    json!({ "name": name, "currency": "BRL", "markets": [{ "name": "Brazil", "countries": ["BR"], "rates": rates }] })
}

#[tokio::test]
async fn of_two_changes_of_the_same_settings_one_is_made_and_nothing_is_lost() -> anyhow::Result<()> {
    let somebody = Somebody::begin().await?;
    let changes = |days: u32| {
        let retention = json!({ "retention": { "filesDays": days } });
        [("PATCH", retention), ("PATCH", json!({ "frequencyCap": { "messages": days, "days": 30 } }))]
    };
    somebody.one_wins(SETTINGS, changes(40)).await?;
    let both = somebody.look(SETTINGS).await?.body;
    assert_eq!((&both["retention"]["filesDays"], &both["frequencyCap"]["messages"]), (&json!(40), &json!(40)));
    somebody.forget_version("settings").await?;
    somebody.one_wins(SETTINGS, changes(41)).await?;

    let seen = somebody.look(SETTINGS).await?;
    for (tag, country) in [("", "BR"), ("*", "PT")] {
        let changed = somebody.ask("PATCH", SETTINGS, tag, &json!({ "defaultCountry": country })).await?;
        assert_eq!((changed.status, &changed.body["defaultCountry"]), (StatusCode::OK, &json!(country)));
    }
    let wrong = somebody.ask("PATCH", SETTINGS, &seen.tag, &json!({ "defaultCountry": "Brazil" })).await?;
    assert_eq!(wrong.status, StatusCode::UNPROCESSABLE_ENTITY, "what is wrong of itself is said first");
    Ok(())
}

#[tokio::test]
async fn of_two_edits_of_the_same_campaign_one_is_made_and_nothing_is_lost() -> anyhow::Result<()> {
    let somebody = Somebody::begin().await?;
    let campaign = draft(&somebody.stepped.app, &contacts::csv(1), json!({})).await?;
    let path = format!("/v3/campaigns/{}", campaign.id);
    let changes = [("PATCH", json!({ "name": "Ours" })), ("PATCH", json!({ "secondsBetweenChunks": 60 }))];
    somebody.one_wins(&path, changes).await?;
    let both = somebody.look(&path).await?.body;
    assert_eq!((&both["name"], &both["secondsBetweenChunks"]), (&json!("Ours"), &json!(60)));
    Ok(())
}

#[tokio::test]
async fn of_two_changes_of_the_same_prices_one_is_made_and_a_card_that_went_is_not_mistaken() -> anyhow::Result<()> {
    let somebody = Somebody::begin().await?;
    let shipped = somebody.look(PRICES).await?;
    somebody.one_wins(PRICES, [("PUT", card("Ours", "0.10")), ("PUT", card("Theirs", "0.20"))]).await?;
    somebody.one_wins(PRICES, [("PUT", card("New", "0.30")), ("DELETE", Value::Null)]).await?;
    somebody.ask("PUT", PRICES, "", &card("Ours", "0.10")).await?;
    somebody.forget_version("rateCard").await?;
    somebody.one_wins(PRICES, [("PUT", card("Theirs", "0.20")), ("PUT", card("New", "0.30"))]).await?;

    let own = somebody.look(PRICES).await?;
    let gone = somebody.ask("DELETE", PRICES, &own.tag, &Value::Null).await?;
    assert_eq!((gone.status, gone.body), (StatusCode::OK, shipped.body));
    let next = somebody.ask("PUT", PRICES, &gone.tag, &card("Ours", "0.10")).await?;
    let version = |body: &Value| body["version"].as_u64();
    assert!(next.status == StatusCode::OK && version(&next.body) > version(&own.body), "{}", next.body);
    let stale = somebody.ask("DELETE", PRICES, &own.tag, &Value::Null).await?;
    assert_eq!(stale.status, StatusCode::PRECONDITION_FAILED);
    assert_eq!(somebody.look(PRICES).await?.body, next.body);
    Ok(())
}
