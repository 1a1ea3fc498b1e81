//! The exporter's function: wires and runs.

use aws_lambda_events::sqs::SqsEvent;
use lambda_runtime::{LambdaEvent, service_fn};
use lambdas::{App, exporter, logging};

#[tokio::main]
async fn main() -> Result<(), lambda_runtime::Error> {
    logging::init();
    let app = App::from_env().await?;
    let handle = |event: LambdaEvent<SqsEvent>| exporter::handle(&app, event.payload);
    lambda_runtime::run(service_fn(handle)).await
}
