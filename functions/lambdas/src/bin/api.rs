//! The API's function, which also serves the dashboard: wires and runs.

use std::sync::Arc;

use lambdas::config::DashboardConfig;
use lambdas::{App, api, dashboard, logging};

#[tokio::main]
async fn main() -> Result<(), lambda_http::Error> {
    logging::init();
    let app = Arc::new(App::from_env().await?);
    let mut router = api::router(app);
    if let Some(config) = DashboardConfig::from_env()? {
        router = router.merge(dashboard::router(&config.folder, &config.uploads_origin)?);
    }
    lambda_http::run(router).await
}
