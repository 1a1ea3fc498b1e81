//! The webhook's function: wires and runs.

use std::sync::Arc;

use lambdas::{App, logging, webhook};

#[tokio::main]
async fn main() -> Result<(), lambda_http::Error> {
    logging::init();
    let app = Arc::new(App::from_env().await?);
    lambda_http::run(webhook::router(app)).await
}
