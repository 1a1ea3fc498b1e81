//! A meter between the SDK and the embedded services: asks DynamoDB what every request consumed, and counts requests.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use aws_sdk_dynamodb::config::http::{HttpRequest, HttpResponse};
use aws_smithy_runtime_api::client::http::{
    HttpClient, HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpClient, SharedHttpConnector,
    http_client_fn,
};
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_types::body::SdkBody;
use lambdas::App;
use serde_json::Value;

/// What was counted, by name.
#[derive(Debug, Default)]
pub struct Meter {
    counts: Mutex<BTreeMap<String, f64>>,
}

impl Meter {
    /// Forgets everything.
    pub fn reset(&self) {
        self.counts.lock().unwrap_or_else(PoisonError::into_inner).clear();
    }

    /// All counts, by name.
    pub fn report(&self) -> Vec<(String, f64)> {
        let counts = self.counts.lock().unwrap_or_else(PoisonError::into_inner);
        counts.iter().map(|(name, count)| (name.clone(), *count)).collect()
    }

    fn add(&self, name: String, count: f64) {
        *self.counts.lock().unwrap_or_else(PoisonError::into_inner).entry(name).or_default() += count;
    }
}

/// The app with the meter in front of its DynamoDB and SQS.
pub fn in_front_of(app: App, meter: &Arc<Meter>) -> App {
    let metered = |inner: Option<SharedHttpClient>| {
        let inner = inner.unwrap_or_else(|| http_client_fn(|_, _| unreachable_connector()));
        let meter = Arc::clone(meter);
        http_client_fn(move |settings, components| connector(&inner, &meter, settings, components))
    };
    let dynamodb = app.dynamodb.config().to_builder().http_client(metered(app.dynamodb.config().http_client())).build();
    let sqs = app.sqs.config().to_builder().http_client(metered(app.sqs.config().http_client())).build();
    App { dynamodb: aws_sdk_dynamodb::Client::from_conf(dynamodb), sqs: aws_sdk_sqs::Client::from_conf(sqs), ..app }
}

fn unreachable_connector() -> SharedHttpConnector {
    SharedHttpConnector::new(Refusing)
}

#[derive(Debug)]
struct Refusing;

impl HttpConnector for Refusing {
    fn call(&self, _: HttpRequest) -> HttpConnectorFuture {
        HttpConnectorFuture::ready(Err(aws_smithy_runtime_api::client::result::ConnectorError::other(
            "the client to be metered has no HTTP client".into(),
            None,
        )))
    }
}

fn connector(
    inner: &SharedHttpClient,
    meter: &Arc<Meter>,
    settings: &HttpConnectorSettings,
    components: &RuntimeComponents,
) -> SharedHttpConnector {
    SharedHttpConnector::new(Metered { inner: inner.http_connector(settings, components), meter: Arc::clone(meter) })
}

#[derive(Debug)]
struct Metered {
    inner: SharedHttpConnector,
    meter: Arc<Meter>,
}

impl HttpConnector for Metered {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let target = request.headers().get("x-amz-target").unwrap_or_default().to_owned();
        let operation = target.rsplit('.').next().unwrap_or_default().to_owned();
        if target.starts_with("AmazonSQS") {
            self.meter.add(format!("SQS requests: {operation}"), 1.0);
            self.meter.add("SQS requests in all".to_owned(), 1.0);
            return self.inner.call(request);
        }
        let (meter, answered) = (Arc::clone(&self.meter), self.inner.call(asking(request)));
        HttpConnectorFuture::new(async move {
            let response = answered.await?;
            count(&meter, &operation, &response);
            Ok(response)
        })
    }
}

/// The request, asking what it consumes.
fn asking(mut request: HttpRequest) -> HttpRequest {
    let body = request.body().bytes().and_then(|bytes| serde_json::from_slice::<Value>(bytes).ok());
    if let Some(mut body) = body {
        body["ReturnConsumedCapacity"] = "TOTAL".into();
        *request.body_mut() = SdkBody::from(body.to_string());
    }
    request
}

fn count(meter: &Meter, operation: &str, response: &HttpResponse) {
    let body =
        response.body().bytes().and_then(|bytes| serde_json::from_slice::<Value>(bytes).ok()).unwrap_or_default();
    let consumed = match &body["ConsumedCapacity"] {
        Value::Array(tables) => tables.iter().filter_map(|table| table["CapacityUnits"].as_f64()).sum(),
        one => one["CapacityUnits"].as_f64().unwrap_or_default(),
    };
    let is_write =
        matches!(operation, "PutItem" | "UpdateItem" | "DeleteItem" | "BatchWriteItem" | "TransactWriteItems");
    let kind = if is_write { "write" } else { "read" };
    meter.add(format!("DynamoDB {kind} units: {operation}"), consumed);
    meter.add(format!("DynamoDB {kind} units in all"), consumed);
    if !response.status().is_success() {
        meter.add(format!("DynamoDB refused conditions: {operation}"), 1.0);
    }
}
