//! The dispatcher's function: wires and runs.

use lambda_runtime::{LambdaEvent, service_fn};
use lambdas::{App, dispatcher, logging};

#[tokio::main]
async fn main() -> Result<(), lambda_runtime::Error> {
    logging::init();
    let app = App::from_env().await?;
    let handle = |event: LambdaEvent<dispatcher::Event>| dispatcher::handle(&app, event.payload);
    lambda_runtime::run(service_fn(handle)).await
}
