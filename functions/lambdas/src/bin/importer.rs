//! The importer's function: wires and runs.

use lambda_runtime::{LambdaEvent, service_fn};
use lambdas::{App, importer, logging};

#[tokio::main]
async fn main() -> Result<(), lambda_runtime::Error> {
    logging::init();
    let app = App::from_env().await?;
    let handle = |event: LambdaEvent<importer::Event>| importer::receive(&app, event.payload);
    lambda_runtime::run(service_fn(handle)).await
}
