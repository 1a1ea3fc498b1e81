//! The one open port: the API, the webhook, presigned files, the simulator and the dashboard's files.

use std::path::Path;
use std::sync::Arc;

use axum::Router;
use axum::http::{HeaderValue, Request, header};
use axum::middleware::{self, Next};
use axum::response::Response;
use lambdas::App;
use simulator::Simulator;
use tower_http::services::{ServeDir, ServeFile};

use crate::cloud::{Cloud, FILES_BUCKET};
use crate::embedded::s3::{OnPut, PutEvent};
use crate::whatsapp::SIMULATOR_PATH;

/// Everything under one address.
pub fn router(app: &Arc<App>, cloud: &Cloud, simulator: &Arc<Simulator>, web: &Path) -> Router {
    let index = web.join("index.html");
    let dashboard = ServeDir::new(web).precompressed_br().precompressed_gzip().fallback(ServeFile::new(index));
    Router::new()
        .merge(lambdas::api::router(Arc::clone(app)))
        .merge(lambdas::webhook::router(Arc::clone(app)))
        .route_service(&format!("/{FILES_BUCKET}/{{*key}}"), cloud.s3.service(announce(app, cloud)))
        .nest(SIMULATOR_PATH, simulator.router())
        .fallback_service(Router::new().fallback_service(dashboard).layer(middleware::from_fn(cache)))
}

/// S3's event for a finished upload, kept in a queue before the upload is answered: a crash does not lose it.
fn announce(app: &Arc<App>, cloud: &Cloud) -> OnPut {
    let (app, queue) = (Arc::clone(app), cloud.queues.upload.clone());
    Arc::new(move |put: PutEvent| {
        let (app, queue) = (Arc::clone(&app), queue.clone());
        Box::pin(async move {
            let body = serde_json::json!({ "bucket": put.bucket, "key": put.key, "size": put.size });
            app.sqs.send_message().queue_url(queue).message_body(body.to_string()).send().await?;
            Ok(())
        })
    })
}

/// Files whose names carry a hash never change; the page that names them is always asked for anew.
async fn cache(request: Request<axum::body::Body>, next: Next) -> Response {
    let hashed = request.uri().path().contains('-') && !request.uri().path().ends_with(".html");
    let mut response = next.run(request).await;
    let is_page =
        response.headers().get(header::CONTENT_TYPE).is_some_and(|kind| kind.as_bytes().starts_with(b"text/html"));
    let value = if hashed && !is_page { "public, max-age=31536000, immutable" } else { "no-cache" };
    response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static(value));
    response
}
