//! The contract: every operation of the description is asked rightly once, and answers what it says there: a documented
//! status, the documented kind of content, and a body that fits the documented schema and holds nothing else.

mod campaign;
mod workspace;

use std::collections::BTreeSet;
use std::sync::Arc;

use anyhow::{Context, anyhow, ensure};
use axum::Router;
use axum::body::{Body, to_bytes};
use axum::http::header::{self, HeaderName};
use axum::http::{HeaderMap, Request, StatusCode};
use campanile_tests::campaign::token;
use campanile_tests::people::answer;
use campanile_tests::receiver::reaching_here;
use campanile_tests::schema::Schemas;
use campanile_tests::stepped::Stepped;
use lambdas::oidc::Oidc;
use lambdas::storage::{assets, files};
use lambdas::{App, dispatcher, importer};
use local::issuer::{self, ISSUER_PATH, Issuer};
use local::whatsapp::{SIMULATOR_APP, WORKSPACE};
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tower::ServiceExt;

use self::campaign::{decided, drafted, sent, summed_up};
use self::workspace::{hooks, settings, team};

const PNG: &[u8] = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\0\x01\0\0\0\x01\x08\x06\0\0\0";
const PHONE: &str = "+5511987654321";

/// The most bytes of an answer: the description itself is the longest.
const LONGEST: usize = 1 << 23;

/// Whoever asks for one operation after the other, and holds each to its description.
struct Walk {
    stepped: Stepped,
    token: String,
    document: Value,
    asked: BTreeSet<String>,
}

impl Walk {
    /// A Campanile that reaches this machine and has an identity provider.
    async fn begin() -> anyhow::Result<Walk> {
        let mut stepped = Stepped::open().await?;
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let config = issuer::config(&format!("http://{}", listener.local_addr()?));
        let oidc = Some(Arc::new(Oidc::new(config.clone())?));
        stepped.app = Arc::new(App { oidc, ..(*reaching_here(&stepped.app)?).clone() });
        let provider = Arc::new(Issuer::new(config)?).router(stepped.app.clone());
        tokio::spawn(async move { axum::serve(listener, Router::new().nest(ISSUER_PATH, provider)).await });
        let token = token(&stepped.app).await?;
        let (_, document) = answer(&stepped, &token, "GET", "/v3/openapi.json", Value::Null).await?;
        Ok(Walk { stepped, token, document, asked: BTreeSet::new() })
    }

    /// Asks with the token: the body of the answer. The path is that of the description, perhaps with a query; `ids` are
    /// what stands for its braces, in order.
    async fn ask(&mut self, method: &str, path: &str, ids: &[&str], body: Value) -> anyhow::Result<Value> {
        let bearer = (header::AUTHORIZATION, format!("Bearer {}", self.token));
        Ok(self.ask_as(&[bearer], method, path, ids, body).await?.1)
    }

    /// The same with these headers instead of the token's: the answer's headers, too.
    async fn ask_as(
        &mut self,
        who: &[(HeaderName, String)],
        method: &str,
        path: &str,
        ids: &[&str],
        body: Value,
    ) -> anyhow::Result<(HeaderMap, Value)> {
        let mut request = Request::builder().method(method).uri(filled(path, ids)?);
        for (name, value) in who {
            request = request.header(name.clone(), value.as_str());
        }
        let request = request.header(header::CONTENT_TYPE, "application/json").body(Body::from(body.to_string()))?;
        let response = lambdas::api::router(self.stepped.app.clone()).oneshot(request).await?;
        let (status, headers) = (response.status(), response.headers().clone());
        let bytes = to_bytes(response.into_body(), LONGEST).await?;
        let template = path.split('?').next().unwrap_or_default();
        let name = format!("{} {template}", method.to_lowercase());
        let operation = &self.document["paths"][template][method.to_lowercase().as_str()];
        let body = kept_to(&self.document, operation, status, &headers, &bytes).with_context(|| name.clone())?;
        self.asked.insert(name);
        Ok((headers, body))
    }

    fn app(&self) -> Arc<App> {
        self.stepped.app.clone()
    }

    async fn tick(&self) -> anyhow::Result<()> {
        dispatcher::handle(&self.stepped.app, dispatcher::Event::Tick(json!({}))).await
    }

    /// Runs what lies in the errand queue.
    async fn run_errands(&self) -> anyhow::Result<()> {
        loop {
            let event = self.stepped.take_now(&self.stepped.cloud.queues.errand).await?;
            if event.records.is_empty() {
                return Ok(());
            }
            importer::errands::handle(&self.stepped.app, event).await?;
        }
    }
}

/// The path with ids in the place of its braces.
fn filled(path: &str, ids: &[&str]) -> anyhow::Result<String> {
    let (mut filled, mut rest, mut ids) = (String::new(), path, ids.iter());
    while let Some((before, after)) = rest.split_once('{') {
        let (name, after) = after.split_once('}').context("a brace stays open")?;
        filled.push_str(before);
        filled.push_str(ids.next().with_context(|| format!("{path} lacks its {name}"))?);
        rest = after;
    }
    ensure!(ids.next().is_none(), "{path} has no place for all the ids");
    Ok(filled + rest)
}

/// The body of an answer that is a success and as its operation describes it.
fn kept_to(
    document: &Value,
    operation: &Value,
    status: StatusCode,
    headers: &HeaderMap,
    bytes: &[u8],
) -> anyhow::Result<Value> {
    let said = String::from_utf8_lossy(bytes);
    ensure!(status.is_success() || status.is_redirection(), "it was refused: {status} {said}");
    let described = operation["responses"].get(status.as_str());
    let described = described.with_context(|| format!("it answered {status}, which is not described: {said}"))?;
    let Some(kinds) = described["content"].as_object() else {
        ensure!(bytes.is_empty(), "it answered a body that is not described: {said}");
        return Ok(Value::Null);
    };
    let kind = headers.get(header::CONTENT_TYPE).context("it does not say what it answers")?.to_str()?;
    let kind = kind.split(';').next().unwrap_or_default();
    let content = kinds.get(kind).with_context(|| format!("it answered {kind}, which is not described"))?;
    if kind != "application/json" {
        ensure!(!bytes.is_empty(), "it answered nothing");
        return Ok(Value::Null);
    }
    let body: Value = serde_json::from_slice(bytes)?;
    Schemas::of(document).check(&content["schema"], &body).map_err(|why| anyhow!("{why}: {said}"))?;
    Ok(body)
}

fn text(value: &Value, field: &str) -> anyhow::Result<String> {
    value[field].as_str().map(str::to_owned).with_context(|| format!("there is no {field} in {value}"))
}

fn id(value: &Value) -> anyhow::Result<String> {
    text(value, "id")
}

/// The number is taken away and added again: its id.
async fn numbers(walk: &mut Walk) -> anyhow::Result<String> {
    let standing = walk.stepped.channel().await?;
    walk.ask("DELETE", "/v3/channels/{id}", &[standing.id.as_str()], Value::Null).await?;
    let (account, number) = (&standing.waba_id, &standing.phone_number_id);
    let asked = json!({ "appId": SIMULATOR_APP, "wabaId": account, "phoneNumberId": number });
    let channel = id(&walk.ask("POST", "/v3/channels", &[], asked).await?)?;
    walk.ask("PATCH", "/v3/channels/{id}", &[&channel], json!({ "name": "Shop" })).await?;
    walk.ask("GET", "/v3/channels", &[], Value::Null).await?;
    walk.ask("GET", "/v3/channels/{id}/health", &[&channel], Value::Null).await?;
    walk.ask("GET", "/v3/channels/{id}/templates", &[&channel], Value::Null).await?;
    Ok(channel)
}

async fn templates(walk: &mut Walk, channel: &str) -> anyhow::Result<()> {
    let announced = json!({ "fileName": "picture.png", "sizeBytes": PNG.len() });
    let asset = text(&walk.ask("POST", "/v3/assets", &[], announced).await?, "assetId")?;
    files::put(&walk.app(), &assets::key(WORKSPACE, &asset), "application/octet-stream", PNG.to_vec()).await?;
    walk.ask("GET", "/v3/assets/{id}", &[&asset], Value::Null).await?;

    let mut asked = json!({
        "channelId": channel, "name": "winter_sale", "language": "pt_BR", "category": "MARKETING",
        "headerFormat": "IMAGE", "headerAssetId": asset,
        "body": "Oi {{1}}, hoje tudo tem {{2}} de desconto na loja.", "examples": { "1": "Ana", "2": "10%" },
        "footer": "Responda SAIR", "buttons": [{ "type": "QUICK_REPLY", "text": "Sair" }],
    });
    let template = id(&walk.ask("POST", "/v3/templates", &[], asked.clone()).await?)?;
    let query = format!("?channelId={channel}");
    walk.ask("GET", &format!("/v3/templates{query}"), &[], Value::Null).await?;
    walk.ask("GET", &format!("/v3/templates/{{id}}{query}"), &[&template], Value::Null).await?;

    // Its review would take seconds: a pause that is lifted ends it at once.
    let paused = json!({ "name": "winter_sale", "language": "pt_BR", "event": "PAUSED", "pacing": true });
    let request = Request::post("/simulator/templates").header(header::CONTENT_TYPE, "application/json");
    let request = request.body(Body::from(paused.to_string()))?;
    let told = walk.stepped.simulator.router().oneshot(request).await?;
    ensure!(told.status().is_success(), "the pause was answered {}", told.status());
    walk.ask("POST", &format!("/v3/templates/{{id}}/unpause{query}"), &[&template], json!({})).await?;
    asked["footer"] = json!("Responda PARAR");
    walk.ask("PUT", "/v3/templates/{id}", &[&template], asked).await?;
    walk.ask("DELETE", &format!("/v3/templates/{{id}}{query}"), &[&template], Value::Null).await?;
    Ok(())
}

async fn book(walk: &mut Walk) -> anyhow::Result<()> {
    let digits = PHONE.trim_start_matches('+');
    let person = json!({
        "phone": PHONE, "name": "Ana", "labels": ["vip"], "portfolio": "North", "city": "Recife",
        "fields": { "size": "M" },
    });
    walk.ask("POST", "/v3/contacts", &[], person).await?;
    walk.ask("GET", "/v3/contacts?limit=10", &[], Value::Null).await?;
    walk.ask("GET", "/v3/contacts/values", &[], Value::Null).await?;
    walk.ask("POST", "/v3/contacts/labels", &[], json!({ "add": ["new"], "filter": {} })).await?;
    walk.ask("GET", "/v3/contacts/{phone}", &[digits], Value::Null).await?;
    walk.ask("PATCH", "/v3/contacts/{phone}", &[digits], json!({ "city": "Porto" })).await?;
    let agreed = json!({ "category": "marketing", "source": "form" });
    walk.ask("POST", "/v3/contacts/{phone}/consents", &[digits], agreed).await?;
    walk.ask("GET", "/v3/contacts/{phone}/consents", &[digits], Value::Null).await?;
    let export = id(&walk.ask("POST", "/v3/contacts/export", &[], json!({})).await?)?;
    walk.run_errands().await?;
    let ready = walk.ask("GET", "/v3/contacts/export/{id}", &[&export], Value::Null).await?;
    assert_eq!((&ready["status"], &ready["contacts"]), (&json!("ready"), &json!(1)));

    let filter = json!({
        "labels": { "any": ["vip"] }, "cities": ["Porto"],
        "fields": [{ "name": "size", "test": "equals", "value": "M" }],
    });
    let list = id(&walk.ask("POST", "/v3/lists", &[], json!({ "name": "VIP", "filter": filter })).await?)?;
    walk.ask("GET", "/v3/lists", &[], Value::Null).await?;
    let counted = walk.ask("POST", "/v3/lists/count", &[], json!({ "filter": filter })).await?;
    assert_eq!(counted["contacts"], 1);
    walk.ask("GET", "/v3/lists/{id}", &[&list], Value::Null).await?;
    walk.ask("PATCH", "/v3/lists/{id}", &[&list], json!({ "name": "Best" })).await?;
    let confirmed = json!({ "optInConfirmed": true });
    let made = walk.ask("POST", "/v3/lists/{id}/audience", &[&list], confirmed).await?;
    walk.run_errands().await?;
    let audience = text(&made, "audienceId")?;
    let audience = walk.ask("GET", "/v3/audiences/{id}", &[&audience], Value::Null).await?;
    assert_eq!((&audience["status"], &audience["recipients"]), (&json!("ready"), &json!(1)));
    walk.ask("DELETE", "/v3/lists/{id}", &[&list], Value::Null).await?;
    Ok(())
}

/// Somebody who asks for nothing more, and then for the end of all that is kept.
async fn rights(walk: &mut Walk) -> anyhow::Result<()> {
    let digits = PHONE.trim_start_matches('+');
    walk.ask("POST", "/v3/suppressions", &[], json!({ "phone": PHONE })).await?;
    walk.ask("GET", "/v3/suppressions", &[], Value::Null).await?;
    walk.ask("GET", &format!("/v3/people/export?phone={digits}"), &[], Value::Null).await?;
    walk.ask("DELETE", "/v3/suppressions/{phone}", &[digits], Value::Null).await?;
    let erased = id(&walk.ask("POST", "/v3/people/erase", &[], json!({ "phone": PHONE })).await?)?;
    walk.run_errands().await?;
    walk.ask("GET", "/v3/people/erasures/{id}", &[&erased], Value::Null).await?;
    let back = json!({ "phone": PHONE, "source": "shop", "statement": "Signed the form again", "name": "Ana" });
    walk.ask("POST", "/v3/people/restore", &[], back).await?;
    walk.ask("DELETE", "/v3/contacts/{phone}", &[digits], Value::Null).await?;
    Ok(())
}

#[tokio::test]
async fn every_operation_answers_as_it_is_described() -> anyhow::Result<()> {
    let mut walk = Walk::begin().await?;
    walk.ask_as(&[], "GET", "/v3/openapi.json", &[], Value::Null).await?;
    walk.ask_as(&[], "GET", "/v3/docs", &[], Value::Null).await?;
    let channel = numbers(&mut walk).await?;
    templates(&mut walk, &channel).await?;
    book(&mut walk).await?;
    rights(&mut walk).await?;
    let owner = team(&mut walk).await?;
    settings(&mut walk).await?;
    hooks(&mut walk).await?;
    let campaign = drafted(&mut walk, &channel, &owner).await?;
    sent(&mut walk, &campaign).await?;
    decided(&mut walk, &campaign).await?;
    summed_up(&mut walk, &campaign).await?;

    let mut described = BTreeSet::new();
    for (path, item) in walk.document["paths"].as_object().into_iter().flatten() {
        described.extend(item.as_object().into_iter().flatten().map(|(method, _)| format!("{method} {path}")));
    }
    let never: Vec<&String> = described.difference(&walk.asked).collect();
    assert!(never.is_empty() && walk.asked.len() > 100, "these were never asked: {never:?}");
    Ok(())
}

#[test]
fn a_body_is_held_to_its_schema_and_to_nothing_less() {
    let person = json!({
        "type": "object", "required": ["name"],
        "properties": {
            "name": { "type": "string" }, "age": { "type": ["integer", "null"] },
            "kind": { "type": "string", "enum": ["a", "b"] },
            "friends": { "type": "array", "items": { "$ref": "#/components/schemas/Person" } },
            "sizes": { "type": "object", "additionalProperties": { "type": "number" } },
            "best": { "oneOf": [{ "type": "null" }, { "$ref": "#/components/schemas/Person" }] }, "any": {},
        },
    });
    let extended = json!({ "allOf": [
        { "$ref": "#/components/schemas/Person" },
        { "type": "object", "required": ["id"], "properties": { "id": { "type": "integer" } } },
    ] });
    let document = json!({ "components": { "schemas": { "Person": person } } });
    let schemas = Schemas::of(&document);
    for good in [
        json!({ "id": 1, "name": "Ana", "age": null, "kind": "a", "friends": [{ "name": "Bia" }] }),
        json!({ "id": 1, "name": "Ana", "sizes": { "x": 0.5 } }),
        json!({ "id": 1, "name": "Ana", "best": null, "any": { "x": [1] } }),
        json!({ "id": 1, "name": "Ana", "best": { "name": "Bia" } }),
    ] {
        assert_eq!(schemas.check(&extended, &good), Ok(()), "{good}");
    }
    for (wrong, why) in [
        (json!({ "name": "Ana" }), "/id is missing"),
        (json!({ "id": 1, "name": "Ana", "age": 0.5 }), "/age is 0.5 and no integer or null"),
        (json!({ "id": 1, "name": "Ana", "kind": "c" }), "/kind is \"c\""),
        (json!({ "id": 1, "name": "Ana", "friends": [{ "name": 1 }] }), "/friends/0/name"),
        (json!({ "id": 1, "name": "Ana", "sizes": { "x": "L" } }), "/sizes/x"),
        (json!({ "id": 1, "name": "Ana", "best": { "nick": "B" } }), "/best fits none of oneOf"),
        (json!({ "id": 1, "name": "Ana", "secret": true }), "/secret is not described"),
        (json!({ "id": 1, "name": "Ana", "best": { "name": "B", "secret": 1 } }), "/best/secret is not described"),
    ] {
        let told = schemas.check(&extended, &wrong).unwrap_err();
        assert!(told.contains(why), "{wrong}: {told}");
    }
}
