//! The connector between the SDK and the services: what DynamoDB and SQS do when they do not do what they were asked.

use std::sync::Arc;

use aws_smithy_runtime_api::client::http::{
    HttpClient, HttpConnector, HttpConnectorFuture, SharedHttpClient, SharedHttpConnector, http_client_fn,
};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_runtime_api::client::result::ConnectorError;
use aws_smithy_types::body::SdkBody;
use serde_json::{Value, json};

use super::broken::{self, Broken};
use super::index::LateIndexes;
use super::{Fault, Faults, Point};

/// Most seconds that SQS delays a message.
const LONGEST_DELAY_SECONDS: i64 = 900;

/// The client with these faults in front of it.
pub(super) fn in_front_of(faults: &Arc<Faults>, inner: SharedHttpClient, broken: Broken) -> SharedHttpClient {
    let faults = Arc::clone(faults);
    let indexes = Arc::new(LateIndexes::default());
    http_client_fn(move |settings, components| {
        let inner = inner.http_connector(settings, components);
        SharedHttpConnector::new(Faulty { inner, faults: Arc::clone(&faults), indexes: Arc::clone(&indexes), broken })
    })
}

#[derive(Clone)]
struct Faulty {
    inner: SharedHttpConnector,
    faults: Arc<Faults>,
    indexes: Arc<LateIndexes>,
    broken: Broken,
}

impl std::fmt::Debug for Faulty {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Faulty")
    }
}

impl HttpConnector for Faulty {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let faulty = self.clone();
        HttpConnectorFuture::new(async move { faulty.answer(request).await })
    }
}

/// What a request is, as far as faults care.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Claim,
    Record,
    Permit,
    /// A write of a campaign's own item, alone or in a transaction.
    Campaign,
    /// A read of one item.
    Get,
    Index,
    Jobs,
    Receive,
    OtherQueue,
    OtherWrite,
    OtherRead,
}

impl Kind {
    fn of(request: &HttpRequest) -> Kind {
        let target = request.headers().get("x-amz-target").unwrap_or_default();
        let body = || std::str::from_utf8(request.body().bytes().unwrap_or_default()).unwrap_or_default();
        match target.rsplit('.').next().unwrap_or_default() {
            "PutItem" if body().contains("attribute_not_exists(#shard)") => Kind::Claim,
            "PutItem" if body().contains("claimId") => Kind::Record,
            "PutItem" if body().contains("cursorIndex") => Kind::Campaign,
            "TransactWriteItems" => Kind::Campaign,
            "UpdateItem" if body().contains("freeAt") => Kind::Permit,
            "UpdateItem" if body().contains(":claimed") => Kind::Claim,
            "UpdateItem" if body().contains(":wamid") => Kind::Record,
            "GetItem" => Kind::Get,
            "Query" if body().contains("IndexName") => Kind::Index,
            "SendMessageBatch" => Kind::Jobs,
            "ReceiveMessage" => Kind::Receive,
            _ if target.starts_with("AmazonSQS") => Kind::OtherQueue,
            "PutItem" | "UpdateItem" | "DeleteItem" | "BatchWriteItem" => Kind::OtherWrite,
            _ => Kind::OtherRead,
        }
    }

    fn is_of_queues(self) -> bool {
        match self {
            Kind::Jobs | Kind::Receive | Kind::OtherQueue => true,
            Kind::Claim
            | Kind::Record
            | Kind::Permit
            | Kind::Campaign
            | Kind::Get
            | Kind::Index
            | Kind::OtherWrite
            | Kind::OtherRead => false,
        }
    }

    /// Where its caller may die, before and after.
    fn points(self) -> Option<(Point, Point)> {
        match self {
            Kind::Claim => Some((Point::BeforeClaim, Point::AfterClaim)),
            Kind::Record => Some((Point::BeforeRecord, Point::AfterRecord)),
            Kind::Permit
            | Kind::Campaign
            | Kind::Get
            | Kind::Index
            | Kind::Jobs
            | Kind::Receive
            | Kind::OtherQueue
            | Kind::OtherWrite
            | Kind::OtherRead => None,
        }
    }
}

type Answer = Result<HttpResponse, ConnectorError>;

impl Faulty {
    async fn answer(&self, request: HttpRequest) -> Answer {
        let kind = Kind::of(&request);
        let request = match broken::instead(self.broken, kind, request) {
            broken::Instead::Ask(request) => *request,
            broken::Instead::Answer(body) => return answer(200, &body),
        };
        if kind == Kind::Receive {
            // A long poll is no single moment: what goes wrong with it goes wrong with its messages.
            return broken::seen_as(self.broken, kind, self.inner.call(request).await?);
        }
        if let Some((before, _)) = kind.points() {
            self.faults.pass(before).await;
        }
        if let Some(refusal) = self.refusal(kind, &request) {
            return refusal;
        }
        let answer = self.ask(kind, request).await?;
        if let Some((_, after)) = kind.points() {
            self.faults.pass(after).await;
        }
        if self.faults.happens(Fault::LostAnswers) {
            return server_error();
        }
        broken::seen_as(self.broken, kind, answer)
    }

    /// The refusal of a request that takes no effect.
    fn refusal(&self, kind: Kind, request: &HttpRequest) -> Option<Answer> {
        if self.faults.happens(Fault::Refused) {
            return Some(server_error());
        }
        if !kind.is_of_queues() && self.faults.happens(Fault::Throttled) {
            return Some(throttled());
        }
        if kind == Kind::Campaign && self.faults.happens(Fault::Conflicts) {
            return Some(conflict(request));
        }
        None
    }

    async fn ask(&self, kind: Kind, mut request: HttpRequest) -> Answer {
        match kind {
            Kind::Jobs => {
                self.shift(&mut request);
                for _ in 0..self.faults.repeats() {
                    if let Some(again) = request.try_clone() {
                        self.inner.call(again).await?;
                    }
                }
            }
            Kind::Index if self.faults.seconds(Fault::LateIndexes) > 0 => {
                if let Some(body) = self.indexes.late_answer(&request, self.lag_micros()) {
                    self.faults.note(Fault::LateIndexes);
                    return answer(200, &body);
                }
            }
            Kind::Claim | Kind::Record | Kind::Campaign | Kind::OtherWrite
                if self.faults.seconds(Fault::LateIndexes) > 0 =>
            {
                self.indexes.before_a_write(&self.inner, self.lag_micros()).await?;
            }
            Kind::Claim
            | Kind::Record
            | Kind::Permit
            | Kind::Campaign
            | Kind::Get
            | Kind::Index
            | Kind::Receive
            | Kind::OtherQueue
            | Kind::OtherWrite
            | Kind::OtherRead => {}
        }
        self.inner.call(request).await
    }

    fn lag_micros(&self) -> i64 {
        i64::from(self.faults.seconds(Fault::LateIndexes)) * 1_000_000
    }

    /// Makes each job of a batch come earlier or later than asked, so that some overtake others.
    fn shift(&self, request: &mut HttpRequest) {
        let most = i64::from(self.faults.seconds(Fault::ShiftedJobs));
        let body = request.body().bytes().and_then(|bytes| serde_json::from_slice::<Value>(bytes).ok());
        let Some(mut body) = body.filter(|_| most > 0) else { return };
        for entry in body["Entries"].as_array_mut().into_iter().flatten() {
            let shift = i64::from(self.faults.below(2 * most as u32 + 1)) - most;
            let asked = entry["DelaySeconds"].as_i64().unwrap_or_default();
            let delay = (asked + shift).clamp(0, LONGEST_DELAY_SECONDS);
            if delay != asked {
                self.faults.note(Fault::ShiftedJobs);
            }
            entry["DelaySeconds"] = delay.into();
        }
        *request.body_mut() = SdkBody::from(body.to_string());
    }
}

fn server_error() -> Answer {
    let kind = "com.amazonaws.dynamodb.v20120810#InternalServerError";
    answer(500, &json!({ "__type": kind, "message": "a fault of the test" }))
}

fn throttled() -> Answer {
    let kind = "com.amazonaws.dynamodb.v20120810#ProvisionedThroughputExceededException";
    answer(400, &json!({ "__type": kind, "message": "a fault of the test" }))
}

/// Somebody else's transaction holds an item of this request. The SDK does not try again by itself.
fn conflict(request: &HttpRequest) -> Answer {
    let target = request.headers().get("x-amz-target").unwrap_or_default();
    let body = match target.ends_with("TransactWriteItems") {
        true => json!({
            "__type": "com.amazonaws.dynamodb.v20120810#TransactionCanceledException",
            "Message": "Transaction cancelled, please refer cancellation reasons for specific reasons [TransactionConflict, None]",
            "CancellationReasons": [
                { "Code": "TransactionConflict", "Message": "Transaction is ongoing for the item" },
                { "Code": "None" },
            ],
        }),
        false => json!({
            "__type": "com.amazonaws.dynamodb.v20120810#TransactionConflictException",
            "message": "Transaction is ongoing for the item",
        }),
    };
    answer(400, &body)
}

/// An answer of the awsJson protocols.
pub(super) fn answer(status: u16, body: &Value) -> Answer {
    let status = status.try_into().map_err(|error| ConnectorError::other(Box::new(error), None))?;
    let mut response = HttpResponse::new(status, SdkBody::from(body.to_string()));
    response.headers_mut().insert("content-type", "application/x-amz-json-1.0");
    Ok(response)
}
