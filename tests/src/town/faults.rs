//! What goes wrong in a town: a connector between the SDK and the services, and points at which everything dies.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use aws_smithy_runtime_api::client::http::{
    HttpClient, HttpConnector, HttpConnectorFuture, SharedHttpClient, SharedHttpConnector, http_client_fn,
};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_runtime_api::client::result::ConnectorError;
use aws_smithy_types::body::SdkBody;
use rand::rngs::ChaCha8Rng;
use rand::{Rng, SeedableRng};
use serde_json::Value;
use tokio::sync::Notify;

/// Where a sender may die.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Point {
    /// Before a claim is written.
    BeforeClaim,
    /// After it was, before anybody knows.
    AfterClaim,
    /// The request was handled on the other side, and no answer came back.
    RequestHandled,
    /// The answer came, and its outcome was not recorded.
    BeforeRecord,
    /// The outcome was recorded.
    AfterRecord,
}

/// All points, in the order in which a message passes them.
pub const POINTS: [Point; 5] =
    [Point::BeforeClaim, Point::AfterClaim, Point::RequestHandled, Point::BeforeRecord, Point::AfterRecord];

/// A part of the engine that is taken out, to see that the town notices.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Broken {
    /// Nothing: the engine as it is.
    Nothing,
    /// Claims are written whether or not somebody else has the recipient.
    Claim,
    /// A permit is always granted, for now.
    Permit,
}

/// How often what goes wrong, in per mille of requests.
#[derive(Debug, Clone, Copy, Default)]
pub struct Rates {
    /// Jobs that are sent twice.
    pub doubled_jobs: u32,
    /// Storage requests that are refused before they take effect.
    pub refused: u32,
    /// Storage requests that take effect and whose answer is lost.
    pub lost_answers: u32,
}

/// The faults of a town.
pub struct Faults {
    state: Mutex<Running>,
    crash: Notify,
    broken: Broken,
}

struct Running {
    chance: ChaCha8Rng,
    rates: Rates,
    deaths: Vec<(Point, u32)>,
}

impl Faults {
    /// `deaths`: at which point, after how many passes of it since the death before, everything dies; in this order.
    pub fn new(seed: u64, rates: Rates, deaths: Vec<(Point, u32)>, broken: Broken) -> Arc<Faults> {
        let chance = ChaCha8Rng::seed_from_u64(seed);
        let mut deaths = deaths;
        deaths.reverse();
        Arc::new(Faults { state: Mutex::new(Running { chance, rates, deaths }), crash: Notify::new(), broken })
    }

    /// Nothing ever goes wrong.
    pub fn none() -> Arc<Faults> {
        Faults::new(0, Rates::default(), Vec::new(), Broken::Nothing)
    }

    /// Waits for the next crash.
    pub async fn crashed(&self) {
        self.crash.notified().await;
    }

    /// From now on nothing goes wrong.
    pub fn end(&self) {
        let mut state = self.state();
        state.rates = Rates::default();
        state.deaths.clear();
    }

    /// Passes a point: dies there when it is time, and then never returns.
    pub async fn pass(&self, point: Point) {
        if self.dies_at(point) {
            self.crash.notify_one();
            std::future::pending::<()>().await;
        }
    }

    fn dies_at(&self, point: Point) -> bool {
        let mut state = self.state();
        match state.deaths.last_mut() {
            Some((next, passes)) if *next == point && *passes > 0 => {
                *passes -= 1;
                false
            }
            Some((next, _)) if *next == point => {
                state.deaths.pop();
                true
            }
            Some(_) | None => false,
        }
    }

    fn happens(&self, per_mille: impl Fn(&Rates) -> u32) -> bool {
        let mut state = self.state();
        let drawn = state.chance.next_u32() % 1_000;
        drawn < per_mille(&state.rates)
    }

    fn state(&self) -> MutexGuard<'_, Running> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The client with these faults in front of it.
    pub fn in_front_of(self: &Arc<Self>, inner: SharedHttpClient) -> SharedHttpClient {
        let faults = Arc::clone(self);
        http_client_fn(move |settings, components| {
            let inner = inner.http_connector(settings, components);
            SharedHttpConnector::new(Faulty { inner, faults: Arc::clone(&faults) })
        })
    }
}

struct Faulty {
    inner: SharedHttpConnector,
    faults: Arc<Faults>,
}

impl std::fmt::Debug for Faulty {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Faulty")
    }
}

impl HttpConnector for Faulty {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let (inner, faults) = (self.inner.clone(), Arc::clone(&self.faults));
        HttpConnectorFuture::new(call(inner, faults, request))
    }
}

/// What a request is, as far as faults care.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Claim,
    Record,
    Permit,
    Jobs,
    Receive,
    Other,
}

async fn call(
    inner: SharedHttpConnector,
    faults: Arc<Faults>,
    request: HttpRequest,
) -> Result<HttpResponse, ConnectorError> {
    let kind = kind_of(&request);
    if kind == Kind::Receive {
        return inner.call(request).await;
    }
    let request = match (faults.broken, kind) {
        (Broken::Claim, Kind::Claim) => without_condition(request),
        (Broken::Permit, Kind::Permit) => return granted(&request),
        (Broken::Nothing | Broken::Claim | Broken::Permit, _) => request,
    };
    match kind {
        Kind::Claim => faults.pass(Point::BeforeClaim).await,
        Kind::Record => faults.pass(Point::BeforeRecord).await,
        Kind::Permit | Kind::Jobs | Kind::Receive | Kind::Other => {}
    }
    if faults.happens(|rates| rates.refused) {
        return refused();
    }
    if kind == Kind::Jobs
        && faults.happens(|rates| rates.doubled_jobs)
        && let Some(twice) = request.try_clone()
    {
        inner.call(twice).await?;
    }
    let answer = inner.call(request).await?;
    match kind {
        Kind::Claim => faults.pass(Point::AfterClaim).await,
        Kind::Record => faults.pass(Point::AfterRecord).await,
        Kind::Permit | Kind::Jobs | Kind::Receive | Kind::Other => {}
    }
    if faults.happens(|rates| rates.lost_answers) { refused() } else { Ok(answer) }
}

fn kind_of(request: &HttpRequest) -> Kind {
    let target = request.headers().get("x-amz-target").unwrap_or_default();
    let body = || std::str::from_utf8(request.body().bytes().unwrap_or_default()).unwrap_or_default();
    match target.rsplit('.').next().unwrap_or_default() {
        "PutItem" if body().contains("attribute_not_exists(#shard)") => Kind::Claim,
        "PutItem" if body().contains("claimId") => Kind::Record,
        "UpdateItem" if body().contains("freeAt") => Kind::Permit,
        "SendMessageBatch" => Kind::Jobs,
        "ReceiveMessage" => Kind::Receive,
        _ => Kind::Other,
    }
}

fn without_condition(mut request: HttpRequest) -> HttpRequest {
    let body = request.body().bytes().and_then(|bytes| serde_json::from_slice::<Value>(bytes).ok());
    if let Some(Value::Object(mut body)) = body {
        for field in ["ConditionExpression", "ExpressionAttributeNames", "ReturnValuesOnConditionCheckFailure"] {
            body.remove(field);
        }
        *request.body_mut() = SdkBody::from(Value::Object(body).to_string());
    }
    request
}

/// A permit from the time that the request names on, whatever the number's item says.
fn granted(request: &HttpRequest) -> Result<HttpResponse, ConnectorError> {
    let body: Value = serde_json::from_slice(request.body().bytes().unwrap_or_default()).unwrap_or_default();
    let values = &body["ExpressionAttributeValues"];
    let number = |name: &str| values[name]["N"].as_str().and_then(|text| text.parse::<i64>().ok()).unwrap_or_default();
    let free_at = number(":now") + number(":needed");
    answer(200, &serde_json::json!({ "Attributes": { "freeAt": { "N": free_at.to_string() } } }))
}

fn refused() -> Result<HttpResponse, ConnectorError> {
    let kind = "com.amazonaws.dynamodb.v20120810#InternalServerError";
    answer(500, &serde_json::json!({ "__type": kind, "message": "a fault of the test" }))
}

fn answer(status: u16, body: &Value) -> Result<HttpResponse, ConnectorError> {
    let status = status.try_into().map_err(|error| ConnectorError::other(Box::new(error), None))?;
    let mut response = HttpResponse::new(status, SdkBody::from(body.to_string()));
    response.headers_mut().insert("content-type", "application/x-amz-json-1.0");
    Ok(response)
}
