//! The dashboard's built files, beside the API under one address: what its pages may load, and how long its files are kept.
//!
//! On AWS the api function serves them out of its own package and CloudFront keeps them; the local process serves
//! `frontend/dist`.

use std::io::Read;
use std::path::Path;

use anyhow::Context;
use axum::Router;
use axum::body::Body;
use axum::middleware::{self, Next};
use axum::response::{IntoResponse, Response};
use flate2::read::GzDecoder;
use http::{HeaderName, HeaderValue, Request, StatusCode, header};
use tower_http::services::{ServeDir, ServeFile};

/// On every answer, beside the policy of [`policy`].
const HEADERS: [(HeaderName, &str); 3] = [
    (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    (header::REFERRER_POLICY, "no-referrer"),
    (header::VARY, "accept-encoding"),
];

/// Files whose names carry a hash never change; the page that names them is always asked for anew, and so is what is not here.
const HASHED: &str = "public, max-age=31536000, immutable";
const NAMED: &str = "no-cache";

/// Most packed bytes of a file that is unpacked for somebody: a function answers with 6 MB at most.
const MOST_PACKED_BYTES: usize = 6_000_000;

/// The files of a folder; a path without a file is a page of the dashboard, but for one among the assets: a browser that asks
/// for a file of another build is not to take the page for it. `uploads_origin`: `https://host` where files
/// are put, when it is not the dashboard's own.
pub fn router(folder: &Path, uploads_origin: &str) -> anyhow::Result<Router> {
    let index = ServeFile::new(folder.join("index.html"));
    let served = |folder: &Path| ServeDir::new(folder).precompressed_br().precompressed_gzip();
    let policy = policy(uploads_origin)?;
    let dress = move |request: Request<Body>, next: Next| dress(policy.clone(), request, next);
    let files = Router::new().nest_service("/assets", served(&folder.join("assets")));
    let files = files.layer(middleware::from_fn(unpack));
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

/// A package has the assets only packed (functions/lambdas/Makefile): who does not take them so gets them unpacked.
async fn unpack(request: Request<Body>, next: Next) -> Response {
    let again = Request::builder().method(request.method().clone()).uri(request.uri().clone());
    let again = again.header(header::ACCEPT_ENCODING, "gzip").body(Body::empty());
    let answer = next.clone().run(request).await;
    match again {
        Ok(again) if answer.status() == StatusCode::NOT_FOUND => unpacked(answer, next.run(again).await).await,
        Ok(_) | Err(_) => answer,
    }
}

async fn unpacked(missing: Response, packed: Response) -> Response {
    if packed.headers().get(header::CONTENT_ENCODING).is_none_or(|encoding| encoding != "gzip") {
        return missing;
    }
    let (mut head, body) = packed.into_parts();
    match whole(body).await {
        Ok(bytes) => {
            head.headers.remove(header::CONTENT_ENCODING);
            head.headers.remove(header::CONTENT_LENGTH);
            Response::from_parts(head, Body::from(bytes))
        }
        Err(error) => {
            tracing::error!(error = format!("{error:#}"), "a file of the dashboard cannot be unpacked");
            StatusCode::INTERNAL_SERVER_ERROR.into_response()
        }
    }
}

/// What is packed with gzip in a body; nothing in one without any bytes, which answers HEAD.
async fn whole(body: Body) -> anyhow::Result<Vec<u8>> {
    let packed = axum::body::to_bytes(body, MOST_PACKED_BYTES).await.context("reading it")?;
    let mut bytes = Vec::new();
    if !packed.is_empty() {
        GzDecoder::new(&packed[..]).read_to_end(&mut bytes).context("unpacking it")?;
    }
    Ok(bytes)
}

/// Files have no date here: SAM packs all of them with the same one (1980), so a browser or CloudFront that asked
/// whether the page of the last build is still good would be told that it is.
async fn dress(policy: HeaderValue, mut request: Request<Body>, next: Next) -> Response {
    request.headers_mut().remove(header::IF_MODIFIED_SINCE);
    request.headers_mut().remove(header::IF_UNMODIFIED_SINCE);
    let hashed = request.uri().path().contains('-') && !request.uri().path().ends_with(".html");
    let mut response = next.run(request).await;
    let is_missing = response.status().is_client_error();
    let headers = response.headers_mut();
    let is_page = headers.get(header::CONTENT_TYPE).is_some_and(|kind| kind.as_bytes().starts_with(b"text/html"));
    let kept = if hashed && !is_page && !is_missing { HASHED } else { NAMED };
    headers.remove(header::LAST_MODIFIED);
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

    #[tokio::test]
    async fn a_new_build_is_seen_though_its_files_are_of_the_same_date() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("index.html"), "<!doctype html>").unwrap();
        for name in [header::IF_MODIFIED_SINCE, header::IF_UNMODIFIED_SINCE] {
            for date in ["Tue, 01 Jan 1980 00:00:00 GMT", "Fri, 01 Jan 2100 00:00:00 GMT"] {
                let router = router(folder.path(), "").unwrap();
                let asked = Request::get("/campaigns").header(&name, date).body(Body::empty()).unwrap();
                let answer = router.oneshot(asked).await.unwrap();
                assert_eq!(answer.status(), StatusCode::OK, "{name}: {date}");
                assert!(!answer.headers().contains_key(header::LAST_MODIFIED));
            }
        }
    }

    #[tokio::test]
    async fn an_asset_that_is_only_there_packed_comes_so_or_unpacked_as_the_browser_takes_it() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("index.html"), "<!doctype html>").unwrap();
        std::fs::create_dir(folder.path().join("assets")).unwrap();
        let file = std::fs::File::create(folder.path().join("assets/style-1.css.gz")).unwrap();
        let mut packed = flate2::write::GzEncoder::new(file, flate2::Compression::best());
        std::io::Write::write_all(&mut packed, b"body { margin: 0 }").unwrap();
        packed.finish().unwrap();
        for (method, takes, encoding) in
            [("GET", "gzip, br", Some("gzip")), ("GET", "identity", None), ("GET", "br", None), ("HEAD", "br", None)]
        {
            let router = router(folder.path(), "").unwrap();
            let asked = Request::builder().method(method).uri("/assets/style-1.css").header("accept-encoding", takes);
            let answer = router.oneshot(asked.body(Body::empty()).unwrap()).await.unwrap();
            let value = |name: HeaderName| answer.headers().get(name).map(|value| value.to_str().unwrap().to_owned());
            assert_eq!(answer.status(), StatusCode::OK, "{takes}");
            assert_eq!(value(header::CONTENT_ENCODING).as_deref(), encoding, "{takes}");
            assert_eq!(value(header::CONTENT_TYPE).as_deref(), Some("text/css"));
            assert_eq!(value(header::CACHE_CONTROL).as_deref(), Some(HASHED));
            let body = axum::body::to_bytes(answer.into_body(), 1_000).await.unwrap();
            let is_there = match (method, encoding) {
                ("HEAD", _) => body.is_empty(),
                (_, None) => body == "body { margin: 0 }",
                (_, Some(_)) => body.starts_with(&[0x1f, 0x8b]),
            };
            assert!(is_there, "{method} {takes}: {body:?}");
        }
    }
}
