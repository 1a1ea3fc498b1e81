//! Whoever signed in, as a browser does, for tests of what each may do.

use std::sync::Arc;

use anyhow::{Context, ensure};
use axum::body::Body;
use axum::http::{Method, Request, StatusCode, header};
use axum::response::Response;
use lambdas::App;
use lambdas::storage::access::{self, AccessRecord, Purpose};
use local::whatsapp::WORKSPACE;
use serde_json::{Value, json};
use tower::ServiceExt;
use wire::Session;

/// A browser: it keeps cookies and sends each where its path says.
#[derive(Default, Clone)]
pub(crate) struct Browser {
    /// Its session, as the cookie has it.
    pub(crate) session: String,
    /// What renews it.
    pub(crate) refresh: String,
}

impl Browser {
    pub(crate) async fn ask(
        &mut self,
        app: &Arc<App>,
        method: Method,
        path: &str,
        body: Value,
    ) -> anyhow::Result<Response> {
        let mut cookies = format!("campanile_session={}", self.session);
        if path.starts_with("/v3/session") {
            cookies.push_str(&format!("; campanile_refresh={}", self.refresh));
        }
        let request = Request::builder().method(method).uri(path);
        let request = request.header(header::COOKIE, cookies).header("x-requested-with", "campanile");
        let request = request.header(header::CONTENT_TYPE, "application/json").body(Body::from(body.to_string()))?;
        let response = lambdas::api::router(Arc::clone(app)).oneshot(request).await?;
        for cookie in response.headers().get_all(header::SET_COOKIE) {
            let cookie = cookie.to_str()?;
            let (name, rest) = cookie.split_once('=').context("a cookie has a name")?;
            let value = rest.split(';').next().unwrap_or_default().to_owned();
            ensure!(cookie.contains("HttpOnly") && cookie.contains("SameSite=Strict"), "{cookie}");
            match name {
                "campanile_session" => self.session = value,
                "campanile_refresh" => {
                    ensure!(cookie.contains("Path=/v3/session;"), "{cookie}");
                    self.refresh = value;
                }
                other => anyhow::bail!("an unknown cookie {other}"),
            }
        }
        Ok(response)
    }

    pub(crate) async fn status(&mut self, app: &Arc<App>, method: Method, path: &str) -> anyhow::Result<StatusCode> {
        Ok(self.ask(app, method, path, json!({})).await?.status())
    }

    pub(crate) async fn signed_in(app: &Arc<App>, code: &str) -> anyhow::Result<Browser> {
        let mut browser = Browser::default();
        let answer = browser.ask(app, Method::POST, "/v3/sign-in", json!({ "code": code })).await?;
        ensure!(answer.status() == StatusCode::OK, "the sign-in was answered {}", answer.status());
        Ok(browser)
    }

    pub(crate) async fn session(&mut self, app: &Arc<App>) -> anyhow::Result<Session> {
        let answer = self.ask(app, Method::GET, "/v3/session", json!({})).await?;
        ensure!(answer.status() == StatusCode::OK, "the session was answered {}", answer.status());
        Ok(serde_json::from_slice(&axum::body::to_bytes(answer.into_body(), 1 << 16).await?)?)
    }
}

/// The code of a link that signs the first owner in.
pub(crate) async fn owner_code(app: &App) -> anyhow::Result<String> {
    access::grant(app, Purpose::SignIn, &AccessRecord::owner(WORKSPACE, "Test")).await
}
