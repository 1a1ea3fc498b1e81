//! The dashboard's built files, beside the API under one address: what its pages may load, and how long its files are kept.
//!
//! On AWS the api function serves them out of its own package and CloudFront keeps them; the local process serves
//! `frontend/dist`.

use std::path::Path;

use anyhow::Context;
use axum::Router;
use axum::body::Body;
use axum::middleware::{self, Next};
use axum::response::Response;
use http::{HeaderName, HeaderValue, Request, header};
use tower_http::services::{ServeDir, ServeFile};

/// On every answer, beside the policy of [`policy`].
const HEADERS: [(HeaderName, &str); 2] =
    [(header::X_CONTENT_TYPE_OPTIONS, "nosniff"), (header::REFERRER_POLICY, "no-referrer")];

/// Files whose names carry a hash never change; the page that names them is always asked for anew, and so is what is not here.
const HASHED: &str = "public, max-age=31536000, immutable";
const NAMED: &str = "no-cache";

/// The files of a folder; a path without a file is a page of the dashboard, but for one among the assets: a browser that asks
/// for a file of another build is not to take the page for it. `uploads_origin`: `https://host` where files
/// are put, when it is not the dashboard's own.
pub fn router(folder: &Path, uploads_origin: &str) -> anyhow::Result<Router> {
    let index = ServeFile::new(folder.join("index.html"));
    let served = |folder: &Path| ServeDir::new(folder).precompressed_br().precompressed_gzip();
    let policy = policy(uploads_origin)?;
    let dress = move |request: Request<Body>, next: Next| dress(policy.clone(), request, next);
    let files = Router::new().nest_service("/assets", served(&folder.join("assets")));
    Ok(files.fallback_service(served(folder).fallback(index)).layer(middleware::from_fn(dress)))
}

/// What a page may load. `wasm-unsafe-eval` compiles the dashboard.
fn policy(uploads_origin: &str) -> anyhow::Result<HeaderValue> {
    let connect = format!("'self' {uploads_origin}");
    let policy = format!(
        "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; style-src 'self'; img-src 'self' data:; \
         font-src 'self'; connect-src {}; form-action 'self'; base-uri 'self'; frame-ancestors 'none'",
        connect.trim_end()
    );
    HeaderValue::from_str(&policy).with_context(|| format!("{uploads_origin} is no origin"))
}

async fn dress(policy: HeaderValue, request: Request<Body>, next: Next) -> Response {
    let hashed = request.uri().path().contains('-') && !request.uri().path().ends_with(".html");
    let mut response = next.run(request).await;
    let is_missing = response.status().is_client_error();
    let headers = response.headers_mut();
    let is_page = headers.get(header::CONTENT_TYPE).is_some_and(|kind| kind.as_bytes().starts_with(b"text/html"));
    let kept = if hashed && !is_page && !is_missing { HASHED } else { NAMED };
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static(kept));
    headers.insert(header::CONTENT_SECURITY_POLICY, policy);
    headers.extend(HEADERS.map(|(name, value)| (name, HeaderValue::from_static(value))));
    response
}

#[cfg(test)]
mod tests {
    use tower::ServiceExt;

    use super::*;

    #[tokio::test]
    async fn pages_may_put_files_where_uploads_go_and_nowhere_else() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("index.html"), "<!doctype html>").unwrap();
        for (origin, expected) in
            [("", "connect-src 'self';"), ("https://b.example", "connect-src 'self' https://b.example;")]
        {
            let router = router(folder.path(), origin).unwrap();
            let answer = router.oneshot(Request::get("/campaigns/1-2").body(Body::empty()).unwrap()).await.unwrap();
            let said = answer.headers()[header::CONTENT_SECURITY_POLICY].to_str().unwrap().to_owned();
            assert!(said.contains(expected), "{said}");
            assert_eq!(answer.headers()[header::CACHE_CONTROL], "no-cache");
        }
        assert!(policy("https://a\nb").is_err());
    }

    #[tokio::test]
    async fn an_asset_is_kept_for_ever_and_one_of_another_build_is_not_found() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("index.html"), "<!doctype html>").unwrap();
        std::fs::create_dir(folder.path().join("assets")).unwrap();
        std::fs::write(folder.path().join("assets/split-1.wasm"), "").unwrap();
        for (path, status, kept) in [("/assets/split-1.wasm", 200, HASHED), ("/assets/split-2.wasm", 404, NAMED)] {
            let router = router(folder.path(), "").unwrap();
            let answer = router.oneshot(Request::get(path).body(Body::empty()).unwrap()).await.unwrap();
            assert_eq!(
                (answer.status().as_u16(), &answer.headers()[header::CACHE_CONTROL]),
                (status, &HeaderValue::from_static(kept))
            );
        }
    }
}
