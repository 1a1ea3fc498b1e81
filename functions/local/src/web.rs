//! The one open port: the API, the webhook, presigned files, the simulator and the dashboard's files.

use std::net::{IpAddr, SocketAddr};
use std::path::Path;
use std::sync::Arc;

use axum::Router;
use axum::http::header::HOST;
use axum::http::uri::Authority;
use axum::http::{Request, StatusCode};
use axum::middleware::{self, Next};
use axum::response::{IntoResponse, Response};
use lambdas::App;
use simulator::Simulator;

use crate::cloud::{Cloud, FILES_BUCKET};
use crate::embedded::s3::{OnPut, PutEvent};
use crate::options::RealNumber;
use crate::whatsapp::SIMULATOR_PATH;

/// Below the simulator's own path: what it was sent, phone numbers included, for whoever asks.
const CONTROL_PATH: &str = "/simulator/";

/// Whether the simulator's control routes are served. They ask for no token.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ControlRoutes {
    /// To whoever reaches the port by a name of this machine's own.
    Served,
    /// To nobody: 404.
    Hidden,
}

impl ControlRoutes {
    /// Served where only this machine reaches the port and everything is simulated. With a real number the port is
    /// usually behind a tunnel that takes its webhooks, so loopback proves nothing then.
    pub fn of(listen: SocketAddr, real: Option<&RealNumber>) -> ControlRoutes {
        match (listen.ip().to_canonical().is_loopback(), real) {
            (true, None) => ControlRoutes::Served,
            (false, _) | (true, Some(_)) => ControlRoutes::Hidden,
        }
    }
}

/// Everything under one address.
pub fn router(
    app: &Arc<App>,
    cloud: &Cloud,
    simulator: &Arc<Simulator>,
    control: ControlRoutes,
    web: &Path,
) -> anyhow::Result<Router> {
    Ok(Router::new()
        .merge(lambdas::api::router(Arc::clone(app)))
        .merge(lambdas::webhook::router(Arc::clone(app)))
        .route_service(&format!("/{FILES_BUCKET}/{{*key}}"), cloud.s3.service(announce(app, cloud)))
        .nest(SIMULATOR_PATH, guarded(simulator.router(), control))
        .merge(lambdas::dashboard::router(web, "")?))
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

fn guarded(simulator: Router, control: ControlRoutes) -> Router {
    match control {
        ControlRoutes::Served => simulator.layer(middleware::from_fn(guard_control)),
        ControlRoutes::Hidden => simulator.layer(middleware::from_fn(hide_control)),
    }
}

/// A page of another site may have its own name lead to this machine: its browser would then let it read what asks for
/// no token, and says by which name it came.
async fn guard_control(request: Request<axum::body::Body>, next: Next) -> Response {
    let came_by = request.headers().get(HOST);
    let is_foreign = came_by.is_some_and(|host| !host.to_str().is_ok_and(is_this_machine));
    if is_foreign && request.uri().path().starts_with(CONTROL_PATH) {
        return StatusCode::NOT_FOUND.into_response();
    }
    next.run(request).await
}

/// Whether `host` or `host:port` names this machine as only it does itself.
fn is_this_machine(host: &str) -> bool {
    let Ok(authority) = host.parse::<Authority>() else { return false };
    let name = authority.host().trim_start_matches('[').trim_end_matches(']');
    name.eq_ignore_ascii_case("localhost") || name.parse::<IpAddr>().is_ok_and(|ip| ip.to_canonical().is_loopback())
}

async fn hide_control(request: Request<axum::body::Body>, next: Next) -> Response {
    if request.uri().path().starts_with(CONTROL_PATH) {
        return StatusCode::NOT_FOUND.into_response();
    }
    next.run(request).await
}

#[cfg(test)]
mod tests {
    use axum::body::Body;
    use axum::http::{HeaderName, header};
    use lambdas::clock::Clock;
    use tower::ServiceExt;

    use super::*;

    fn real_number() -> RealNumber {
        RealNumber {
            access_token: String::new(),
            phone_number_id: String::new(),
            waba_id: String::new(),
            app_secret: String::new(),
            verify_token: String::new(),
            messages_per_second: 80,
            messaging_limit: None,
            api_url: String::new(),
        }
    }

    /// The answer to a GET, with a page and an asset in the dashboard's folder.
    async fn get(path: &str, control: ControlRoutes) -> Response {
        get_by("127.0.0.1:8080", path, control).await
    }

    /// The same for a browser that came by this name.
    async fn get_by(host: &str, path: &str, control: ControlRoutes) -> Response {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("index.html"), "<!doctype html>").unwrap();
        std::fs::write(folder.path().join("app-1f.js"), "").unwrap();
        let cloud = Cloud::in_memory(folder.path()).await.unwrap();
        let app = Arc::new(cloud.app("http://127.0.0.1", Vec::new(), Clock::System).unwrap());
        let simulator = Simulator::start(simulator::Config::default()).unwrap();
        let router = router(&app, &cloud, &simulator, control, folder.path()).unwrap();
        router.oneshot(Request::get(path).header(HOST, host).body(Body::empty()).unwrap()).await.unwrap()
    }

    #[test]
    fn what_the_simulator_was_sent_is_shown_on_loopback_and_beside_no_real_number() {
        let of = |listen: &str, real: Option<&RealNumber>| ControlRoutes::of(listen.parse().unwrap(), real);
        for listen in ["127.0.0.1:8080", "[::1]:8080", "[::ffff:127.0.0.1]:8080"] {
            assert_eq!(of(listen, None), ControlRoutes::Served, "{listen}");
            assert_eq!(of(listen, Some(&real_number())), ControlRoutes::Hidden, "{listen}");
        }
        for listen in ["0.0.0.0:8080", "192.168.1.2:8080", "[::]:8080"] {
            assert_eq!(of(listen, None), ControlRoutes::Hidden, "{listen}");
        }
    }

    #[tokio::test]
    async fn hidden_control_routes_are_not_found_and_the_simulated_api_still_answers() {
        for path in ["/whatsapp/simulator/arrivals", "/whatsapp/simulator/totals"] {
            assert_eq!(get(path, ControlRoutes::Served).await.status(), StatusCode::OK, "{path}");
            assert_eq!(get(path, ControlRoutes::Hidden).await.status(), StatusCode::NOT_FOUND, "{path}");
        }
        let api = get("/whatsapp/v25.0/106540352242922", ControlRoutes::Hidden).await;
        assert_eq!(api.status(), StatusCode::UNAUTHORIZED);
    }

    #[tokio::test]
    async fn a_foreign_name_that_leads_here_opens_no_control_route() {
        let path = "/whatsapp/simulator/arrivals";
        for own in ["localhost:8080", "127.0.0.1:8080", "[::1]:8080", "LOCALHOST", "[::ffff:127.0.0.1]:1"] {
            assert_eq!(get_by(own, path, ControlRoutes::Served).await.status(), StatusCode::OK, "{own}");
        }
        for foreign in ["evil.example:8080", "127.0.0.1.evil.example", "localhost.evil.example", "192.168.1.2:8080"] {
            assert_eq!(get_by(foreign, path, ControlRoutes::Served).await.status(), StatusCode::NOT_FOUND, "{foreign}");
        }
    }

    #[tokio::test]
    async fn every_page_says_what_it_may_load_and_only_hashed_files_are_kept() {
        for (path, cached) in [("/", "no-cache"), ("/campaigns/1-2", "no-cache"), ("/app-1f.js", "public")] {
            let response = get(path, ControlRoutes::Served).await;
            assert_eq!(response.status(), StatusCode::OK, "{path}");
            let value = |name: HeaderName| response.headers()[name].to_str().unwrap().to_owned();
            assert!(value(header::CACHE_CONTROL).starts_with(cached), "{path}");
            assert!(value(header::CONTENT_SECURITY_POLICY).contains("frame-ancestors 'none'"), "{path}");
            assert_eq!(value(header::X_CONTENT_TYPE_OPTIONS), "nosniff");
            assert_eq!(value(header::REFERRER_POLICY), "no-referrer");
        }
    }
}
