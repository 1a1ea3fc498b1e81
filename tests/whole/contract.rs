//! The contract: every operation of the description is asked rightly once, and answers what it says there: a documented
//! status, the documented kind of content, and a body that fits the documented schema and holds nothing else.

use std::collections::BTreeSet;
use std::sync::Arc;

use anyhow::{Context, anyhow, ensure};
use axum::Router;
use axum::body::{Body, to_bytes};
use axum::http::header::{self, HeaderName};
use axum::http::{HeaderMap, Request, StatusCode};
use campanile_tests::campaign::{count, later, token};
use campanile_tests::contacts;
use campanile_tests::people::{answer, now, tell};
use campanile_tests::receiver::{Receiver, reaching_here};
use campanile_tests::schema::Schemas;
use campanile_tests::stepped::Stepped;
use lambdas::oidc::Oidc;
use lambdas::storage::access::{self, AccessRecord, Purpose};
use lambdas::storage::{assets, files};
use lambdas::{App, dispatcher, exporter, importer, sender};
use local::cloud::FILES_BUCKET;
use local::embedded::s3::PutEvent;
use local::events::s3_event;
use local::issuer::{self, ISSUER_PATH, Issuer};
use local::whatsapp::{SIMULATOR_APP, WORKSPACE};
use reqwest::redirect::Policy;
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tower::ServiceExt;
use wire::AudienceId;

const PNG: &[u8] = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\0\x01\0\0\0\x01\x08\x06\0\0\0";
const PHONE: &str = "+5511987654321";
const DAY: i64 = 24 * 60 * 60;

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

fn location(headers: &HeaderMap) -> anyhow::Result<String> {
    Ok(headers.get(header::LOCATION).context("it leads nowhere")?.to_str()?.to_owned())
}

/// What a browser sends that got these headers.
fn browser(headers: &HeaderMap) -> [(HeaderName, String); 2] {
    let cookies = headers.get_all(header::SET_COOKIE).iter().filter_map(|cookie| cookie.to_str().ok());
    let pairs: Vec<&str> = cookies.filter_map(|cookie| cookie.split(';').next()).collect();
    [(header::COOKIE, pairs.join("; ")), (HeaderName::from_static("x-requested-with"), "campanile".to_owned())]
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

/// The owner signs in, lets somebody in who signs in with the provider, and lets her out: the owner's browser.
async fn team(walk: &mut Walk) -> anyhow::Result<[(HeaderName, String); 2]> {
    let code = access::grant(&walk.app(), Purpose::SignIn, &AccessRecord::owner(WORKSPACE, "Test")).await?;
    let signed_in = walk.ask_as(&[], "POST", "/v3/sign-in", &[], json!({ "code": code })).await?;
    let owner = browser(&signed_in.0);
    walk.ask_as(&owner, "GET", "/v3/session", &[], Value::Null).await?;

    let asked = json!({ "email": "bia@example.com", "name": "Bia", "role": "manager" });
    let member = id(&walk.ask("POST", "/v3/members", &[], asked).await?)?;
    walk.ask("GET", "/v3/members", &[], Value::Null).await?;
    walk.ask("PATCH", "/v3/members/{id}", &[&member], json!({ "role": "operator" })).await?;
    let link = walk.ask("POST", "/v3/members/{id}/sign-in-link", &[&member], json!({})).await?;
    let entered = through_the_provider(walk, &text(&link, "code")?).await?;
    let (renewed, _) = walk.ask_as(&entered, "POST", "/v3/session/refresh", &[], Value::Null).await?;
    walk.ask_as(&browser(&renewed), "DELETE", "/v3/session", &[], Value::Null).await?;
    walk.ask("DELETE", "/v3/members/{id}", &[&member], Value::Null).await?;

    let asked = json!({ "name": "CRM", "role": "operator", "scopes": ["campaigns:write"], "days": 30 });
    let token = id(&walk.ask("POST", "/v3/tokens", &[], asked).await?)?;
    walk.ask("GET", "/v3/tokens", &[], Value::Null).await?;
    walk.ask("DELETE", "/v3/tokens/{id}", &[&token], Value::Null).await?;
    Ok(owner)
}

async fn through_the_provider(walk: &mut Walk, code: &str) -> anyhow::Result<[(HeaderName, String); 2]> {
    walk.ask_as(&[], "GET", "/v3/sign-in/ways", &[], Value::Null).await?;
    let (begun, _) = walk.ask_as(&[], "GET", "/v3/session/begin", &[], Value::Null).await?;
    let authorize = location(&begun)?;
    let (page, query) = authorize.split_once('?').context("the provider is asked something")?;
    let http = reqwest::Client::builder().redirect(Policy::none()).build()?;
    let shown = http.post(page).header("content-type", "application/x-www-form-urlencoded");
    let back = location(shown.body(format!("{query}&sign_in_code={code}")).send().await?.headers())?;
    let (_, query) = back.split_once('?').context("the provider answers something")?;
    let callback = format!("/v3/session/callback?{query}");
    let (entered, _) = walk.ask_as(&browser(&begun), "GET", &callback, &[], Value::Null).await?;
    assert_eq!(location(&entered)?, "/campaigns");
    Ok(browser(&entered))
}

async fn settings(walk: &mut Walk) -> anyhow::Result<()> {
    let edit = json!({ "defaultCountry": "BR", "frequencyCap": { "messages": 50, "days": 1 } });
    walk.ask("PATCH", "/v3/settings", &[], edit).await?;
    walk.ask("GET", "/v3/settings", &[], Value::Null).await?;
    walk.ask("GET", "/v3/settings/audit", &[], Value::Null).await?;

    let hours = json!({ "name": "Office", "days": ["mon"], "from": "09:00", "to": "18:00", "timeZone": "UTC" });
    let hours = id(&walk.ask("POST", "/v3/business-hours", &[], hours).await?)?;
    walk.ask("GET", "/v3/business-hours", &[], Value::Null).await?;
    walk.ask("GET", "/v3/business-hours/{id}", &[&hours], Value::Null).await?;
    walk.ask("PATCH", "/v3/business-hours/{id}", &[&hours], json!({ "to": "17:00" })).await?;
    walk.ask("DELETE", "/v3/business-hours/{id}", &[&hours], Value::Null).await?;

    let rates = json!([{ "validFrom": "2020-01-01", "marketing": "0.05" }]);
    let market = json!({ "name": "North America", "countries": ["US", "CA"], "rates": rates });
    let card = json!({ "name": "Our contract", "currency": "BRL", "markets": [market] });
    walk.ask("DELETE", "/v3/rate-card", &[], Value::Null).await?;
    walk.ask("PUT", "/v3/rate-card", &[], card).await?;
    walk.ask("GET", "/v3/rate-card", &[], Value::Null).await?;
    Ok(())
}

async fn hooks(walk: &mut Walk) -> anyhow::Result<()> {
    let receiver = Receiver::start().await?;
    let asked = json!({ "url": receiver.url, "events": ["campaign.paused"], "description": "CRM" });
    let hook = id(&walk.ask("POST", "/v3/webhooks", &[], asked).await?)?;
    walk.ask("GET", "/v3/webhooks", &[], Value::Null).await?;
    walk.ask("GET", "/v3/webhooks/{id}", &[&hook], Value::Null).await?;
    walk.ask("PATCH", "/v3/webhooks/{id}", &[&hook], json!({ "description": "The CRM" })).await?;
    walk.ask("POST", "/v3/webhooks/{id}/rotate-secret", &[&hook], json!({})).await?;
    let tried = walk.ask("POST", "/v3/webhooks/{id}/test", &[&hook], json!({})).await?;
    assert_eq!((&tried["status"], receiver.told().len()), (&json!("delivered"), 1));
    walk.ask("GET", "/v3/webhooks/{id}/deliveries", &[&hook], Value::Null).await?;
    let again = "/v3/webhooks/{id}/deliveries/{delivery}/redeliver";
    walk.ask("POST", again, &[&hook, &id(&tried)?], json!({})).await?;
    walk.ask("DELETE", "/v3/webhooks/{id}", &[&hook], Value::Null).await?;
    Ok(())
}

/// Three whom WhatsApp takes, one of whom nobody knows anything, and a row that is nobody: the audience of their file.
async fn uploaded(walk: &mut Walk) -> anyhow::Result<String> {
    let file = format!("{}Bia,{}\nNobody,12\n", contacts::csv(3), contacts::phone_ending("0186"));
    let announced = json!({ "fileName": "contacts.csv", "sizeBytes": file.len() });
    let audience = text(&walk.ask("POST", "/v3/uploads", &[], announced).await?, "audienceId")?;
    let key = files::upload_key(WORKSPACE, &AudienceId(audience.clone()));
    let size = file.len() as u64;
    files::put(&walk.app(), &key, "text/csv", file.into_bytes()).await?;
    importer::handle(&walk.app(), s3_event(&PutEvent { bucket: FILES_BUCKET.to_owned(), key, size })?).await?;
    walk.ask("GET", "/v3/audiences/{id}/rejects", &[&audience], Value::Null).await?;
    walk.ask("GET", "/v3/audiences/{id}/consents", &[&audience], Value::Null).await?;
    Ok(audience)
}

/// A draft that somebody looks at, changes, tries and approves.
async fn drafted(walk: &mut Walk, channel: &str, owner: &[(HeaderName, String)]) -> anyhow::Result<String> {
    let audience = uploaded(walk).await?;
    let body = json!([{ "text": "{{name}}: {{link:shop}}" }]);
    let asked = json!({
        "name": "Weekly", "channelId": channel, "audienceId": audience, "spendCap": "100",
        "template": { "name": "weekly_offer", "language": "en", "body": body },
        "links": [{ "name": "shop", "url": "https://shop.example/offer" }],
    });
    let campaign = id(&walk.ask("POST", "/v3/campaigns", &[], asked).await?)?;
    walk.ask("PATCH", "/v3/campaigns/{id}", &[&campaign], json!({ "name": "Weekly offer" })).await?;
    walk.ask("GET", "/v3/campaigns/{id}/estimate", &[&campaign], Value::Null).await?;
    walk.ask("GET", "/v3/campaigns/{id}/preview", &[&campaign], Value::Null).await?;
    walk.ask("POST", "/v3/campaigns/{id}/try", &[&campaign], json!({ "to": ["+5511987650001"] })).await?;
    walk.ask_as(owner, "POST", "/v3/campaigns/{id}/approve", &[&campaign], json!({})).await?;
    let copy = id(&walk.ask("POST", "/v3/campaigns/{id}/clone", &[&campaign], json!({})).await?)?;
    walk.ask("DELETE", "/v3/campaigns/{id}", &[&copy], Value::Null).await?;
    Ok(campaign)
}

/// It starts, its jobs die, it is paused and goes on, and the dead jobs are sent after all.
async fn sent(walk: &mut Walk, campaign: &str) -> anyhow::Result<()> {
    let app = walk.app();
    walk.ask("POST", "/v3/campaigns/{id}/start", &[campaign], json!({})).await?;
    let nudges = walk.stepped.take(&app.config.nudge_queue_url).await?;
    dispatcher::handle(&app, dispatcher::Event::Nudges(nudges)).await?;
    for job in walk.stepped.take(&app.config.send_queue_url).await?.records {
        let dead = app.sqs.send_message().queue_url(&app.config.send_dead_queue_url);
        dead.message_body(job.body.unwrap_or_default()).send().await?;
    }
    walk.tick().await?;
    let dead = walk.ask("GET", "/v3/campaigns/{id}/dead-letters", &[campaign], Value::Null).await?;
    assert!(dead["items"].as_array().is_some_and(|letters| !letters.is_empty()), "{dead}");

    walk.ask("POST", "/v3/campaigns/{id}/pause", &[campaign], json!({})).await?;
    let notices = walk.ask("GET", "/v3/notices", &[], Value::Null).await?;
    let up_to = id(&notices["items"][0])?;
    walk.ask("POST", "/v3/notices/read", &[], json!({ "upTo": up_to })).await?;
    walk.ask("POST", "/v3/campaigns/{id}/resume", &[campaign], json!({})).await?;
    walk.ask("POST", "/v3/campaigns/{id}/dead-letters/redrive", &[campaign], json!({})).await?;
    loop {
        let jobs = walk.stepped.take_now(&app.config.send_queue_url).await?;
        if jobs.records.is_empty() {
            break;
        }
        sender::handle(&app, jobs).await?;
    }
    count(&walk.stepped).await
}

/// Somebody opens his link, somebody's message fails after all and is tried again, and what nobody knows stays unknown.
async fn decided(walk: &mut Walk, campaign: &str) -> anyhow::Result<()> {
    let arrivals = walk.stepped.simulator.arrivals();
    let links = arrivals.iter().rev().filter_map(|one| one.text.split("/r/").nth(1));
    let link = links.filter_map(|rest| rest.split(|c: char| !c.is_ascii_alphanumeric() && c != '-' && c != '_').next());
    let link = link.map(str::to_owned).next().context("nobody got a link")?;
    walk.ask_as(&[], "GET", "/r/{token}", &[&link], Value::Null).await?;

    let status = json!({
        "id": "wamid.test", "status": "failed", "timestamp": now().to_string(), "recipient_id": "12005550100",
        "biz_opaque_callback_data": format!("c={campaign};i=0;a=1"), "errors": [{ "code": 130_429, "title": "no" }],
    });
    tell(&walk.stepped, "messages", json!({ "statuses": [status] })).await?;
    count(&walk.stepped).await?;
    walk.ask("POST", "/v3/campaigns/{id}/retry", &[campaign], json!({})).await?;
    let today = walk.app();
    walk.stepped.app = later(&today, DAY + 3_700);
    // A token of its own: of what was asked tomorrow, today's limit knows nothing.
    let bearer = (header::AUTHORIZATION, format!("Bearer {}", token(&today).await?));
    let leave = json!({ "decision": "leave" });
    walk.ask_as(&[bearer], "POST", "/v3/campaigns/{id}/unknowns", &[campaign], leave).await?;
    walk.stepped.app = today;
    Ok(())
}

/// What came of it, in every form, and its end.
async fn summed_up(walk: &mut Walk, campaign: &str) -> anyhow::Result<()> {
    walk.ask("POST", "/v3/campaigns/{id}/recount", &[campaign], json!({})).await?;
    for part in ["", "/messages", "/report", "/audit"] {
        walk.ask("GET", &format!("/v3/campaigns/{{id}}{part}"), &[campaign], Value::Null).await?;
    }
    walk.ask("GET", "/v3/campaigns", &[], Value::Null).await?;
    walk.ask("GET", "/v3/reports", &[], Value::Null).await?;
    for kind in ["csv", "xlsx"] {
        walk.ask("GET", &format!("/v3/reports/export?format={kind}"), &[], Value::Null).await?;
    }
    let export = walk.ask("POST", "/v3/campaigns/{id}/exports", &[campaign], json!({ "format": "csv" })).await?;
    exporter::handle(&walk.app(), walk.stepped.take(&walk.stepped.cloud.queues.export).await?).await?;
    let written = "/v3/campaigns/{id}/exports/{export}";
    let ready = walk.ask("GET", written, &[campaign, &id(&export)?], Value::Null).await?;
    assert_eq!((&ready["status"], &ready["people"]), (&json!("ready"), &json!(4)));
    walk.ask("POST", "/v3/campaigns/{id}/cancel", &[campaign], json!({})).await?;
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
