//! The API's function: wires and runs.

use std::sync::Arc;

use lambdas::{App, api, logging};

#[tokio::main]
async fn main() -> Result<(), lambda_http::Error> {
    logging::init();
    let app = Arc::new(App::from_env().await?);
    lambda_http::run(api::router(app)).await
}
