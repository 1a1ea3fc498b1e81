//! The sender's function: wires and runs.

use std::sync::Arc;

use aws_lambda_events::sqs::SqsEvent;
use lambda_runtime::{LambdaEvent, service_fn};
use lambdas::{App, logging, sender};

#[tokio::main]
async fn main() -> Result<(), lambda_runtime::Error> {
    logging::init();
    let app = Arc::new(App::from_env().await?);
    let handle = |event: LambdaEvent<SqsEvent>| sender::handle(&app, event.payload);
    lambda_runtime::run(service_fn(handle)).await
}
