//! A meter between the SDK and the embedded services. It counts calls, or asks DynamoDB what each of them consumes and
//! says where it went; of the send queue it also knows for how long each job was in a sender's hand.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;

use aws_sdk_dynamodb::config::http::{HttpRequest, HttpResponse};
use aws_smithy_runtime_api::client::http::{
    HttpClient, HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpClient, SharedHttpConnector,
    http_client_fn,
};
use aws_smithy_runtime_api::client::result::ConnectorError;
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_types::body::SdkBody;
use lambdas::App;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::place::{is_write, place};

/// How closely the meter looks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Depth {
    /// Calls only: costs next to nothing.
    Calls,
    /// What every call consumes, by place: reads and writes every body once more.
    Units,
}

/// What was counted, by kind and place: `kind: place`.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct Counts(BTreeMap<String, f64>);

impl Counts {
    /// All of one kind.
    pub fn sum(&self, kind: &str) -> f64 {
        self.of(kind).iter().map(|(_, count)| count).sum()
    }

    /// One kind by place, the most first.
    pub fn of(&self, kind: &str) -> Vec<(&str, f64)> {
        let mut places: Vec<(&str, f64)> = self
            .0
            .iter()
            .filter_map(|(name, count)| Some((name.strip_prefix(kind)?.strip_prefix(": ")?, *count)))
            .collect();
        places.sort_by(|a, b| b.1.total_cmp(&a.1));
        places
    }

    /// DynamoDB's write units.
    pub fn write_units(&self) -> f64 {
        self.sum("write units")
    }

    /// DynamoDB's read units.
    pub fn read_units(&self) -> f64 {
        self.sum("read units")
    }
}

/// Counts, and the jobs that are in a sender's hand.
#[derive(Debug, Default)]
pub struct Meter {
    counts: Mutex<Counts>,
    in_hand: Mutex<HashMap<String, Instant>>,
}

impl Meter {
    /// Forgets everything.
    pub fn reset(&self) {
        self.counts.lock().unwrap_or_else(PoisonError::into_inner).0.clear();
    }

    /// What was counted.
    pub fn counts(&self) -> Counts {
        self.counts.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn add(&self, kind: &str, place: &str, count: f64) {
        let mut counts = self.counts.lock().unwrap_or_else(PoisonError::into_inner);
        *counts.0.entry(format!("{kind}: {place}")).or_default() += count;
    }

    fn taken(&self, received: &Value) {
        let mut in_hand = self.in_hand.lock().unwrap_or_else(PoisonError::into_inner);
        for message in received["Messages"].as_array().into_iter().flatten() {
            in_hand.extend(message["ReceiptHandle"].as_str().map(|handle| (handle.to_owned(), Instant::now())));
        }
    }

    fn done(&self, deleted: &Value) {
        for entry in deleted["Entries"].as_array().into_iter().flatten() {
            let handle = entry["ReceiptHandle"].as_str().unwrap_or_default();
            let taken = self.in_hand.lock().unwrap_or_else(PoisonError::into_inner).remove(handle);
            if let Some(taken) = taken {
                self.add("sender ms", "all", taken.elapsed().as_secs_f64() * 1_000.0);
                self.add("sender jobs", "all", 1.0);
            }
        }
    }
}

/// The app with the meter in front of its DynamoDB and SQS.
pub fn in_front_of(app: App, meter: &Arc<Meter>, depth: Depth) -> App {
    let metered = |inner: Option<SharedHttpClient>| {
        let inner = inner.unwrap_or_else(|| http_client_fn(|_, _| SharedHttpConnector::new(Refusing)));
        let meter = Arc::clone(meter);
        http_client_fn(move |settings, components| connector(&inner, &meter, depth, settings, components))
    };
    let dynamodb = app.dynamodb.config().to_builder().http_client(metered(app.dynamodb.config().http_client())).build();
    let sqs = app.sqs.config().to_builder().http_client(metered(app.sqs.config().http_client())).build();
    App { dynamodb: aws_sdk_dynamodb::Client::from_conf(dynamodb), sqs: aws_sdk_sqs::Client::from_conf(sqs), ..app }
}

#[derive(Debug)]
struct Refusing;

impl HttpConnector for Refusing {
    fn call(&self, _: HttpRequest) -> HttpConnectorFuture {
        HttpConnectorFuture::ready(Err(ConnectorError::other(
            "the client to be metered has no HTTP client".into(),
            None,
        )))
    }
}

fn connector(
    inner: &SharedHttpClient,
    meter: &Arc<Meter>,
    depth: Depth,
    settings: &HttpConnectorSettings,
    components: &RuntimeComponents,
) -> SharedHttpConnector {
    let inner = inner.http_connector(settings, components);
    SharedHttpConnector::new(Metered { inner, meter: Arc::clone(meter), depth })
}

#[derive(Debug)]
struct Metered {
    inner: SharedHttpConnector,
    meter: Arc<Meter>,
    depth: Depth,
}

impl HttpConnector for Metered {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let target = request.headers().get("x-amz-target").unwrap_or_default().to_owned();
        let operation = target.rsplit('.').next().unwrap_or_default().to_owned();
        match (target.starts_with("AmazonSQS"), self.depth) {
            (true, Depth::Calls) => {
                self.meter.add("SQS requests", &operation, 1.0);
                self.inner.call(request)
            }
            (true, Depth::Units) => self.of_queue(request, operation),
            (false, Depth::Calls) => {
                let kind = if is_write(&operation) { "write calls" } else { "read calls" };
                self.meter.add(kind, &operation, 1.0);
                self.inner.call(request)
            }
            (false, Depth::Units) => self.of_table(request, operation),
        }
    }
}

impl Metered {
    fn of_queue(&self, request: HttpRequest, operation: String) -> HttpConnectorFuture {
        self.meter.add("SQS requests", &operation, 1.0);
        let asked = read(request.body());
        let is_send_queue = asked["QueueUrl"].as_str().is_some_and(|url| url.ends_with("send"));
        if operation == "DeleteMessageBatch" {
            self.meter.done(&asked);
        }
        let (meter, answered) = (Arc::clone(&self.meter), self.inner.call(request));
        HttpConnectorFuture::new(async move {
            let response = answered.await?;
            if operation == "ReceiveMessage" && is_send_queue {
                meter.taken(&read(response.body()));
            }
            Ok(response)
        })
    }

    fn of_table(&self, mut request: HttpRequest, operation: String) -> HttpConnectorFuture {
        let mut asked = read(request.body());
        let place = place(&operation, &asked);
        asked["ReturnConsumedCapacity"] = "INDEXES".into();
        *request.body_mut() = SdkBody::from(asked.to_string());
        let (meter, answered) = (Arc::clone(&self.meter), self.inner.call(request));
        HttpConnectorFuture::new(async move {
            let response = answered.await?;
            count(&meter, &operation, &place, &response);
            Ok(response)
        })
    }
}

fn read(body: &SdkBody) -> Value {
    body.bytes().and_then(|bytes| serde_json::from_slice(bytes).ok()).unwrap_or_default()
}

/// A write that its condition refuses is billed like one that is done; it answers no number, and items are under 1 KB.
const REFUSED_UNITS: f64 = 1.0;

fn count(meter: &Meter, operation: &str, place: &str, response: &HttpResponse) {
    let kind = if is_write(operation) { "write units" } else { "read units" };
    if !response.status().is_success() {
        return meter.add(kind, &format!("{place}, refused"), REFUSED_UNITS);
    }
    let body = read(response.body());
    let consumed = match &body["ConsumedCapacity"] {
        Value::Array(tables) => tables.iter().collect(),
        one => vec![one],
    };
    for table in consumed {
        let mut units = table["CapacityUnits"].as_f64().unwrap_or_default();
        for (index, of_index) in table["GlobalSecondaryIndexes"].as_object().into_iter().flatten() {
            let of_index = of_index["CapacityUnits"].as_f64().unwrap_or_default();
            units -= of_index;
            meter.add(kind, &format!("index {index}"), of_index);
        }
        meter.add(kind, place, units);
    }
}
