//! The API as the command line asks it.

use std::fmt;
use std::io::Write;
use std::path::Path;
use std::time::Duration;

use anyhow::{Context, anyhow, bail};
use axum::http::header::{AUTHORIZATION, CONTENT_TYPE};
use axum::http::{Method, Request, StatusCode};
use bytes::Bytes;
use http_body_util::{BodyExt, Full};
use hyper_rustls::{HttpsConnector, HttpsConnectorBuilder};
use hyper_util::client::legacy;
use hyper_util::rt::TokioExecutor;
use serde::Serialize;
use serde::de::DeserializeOwned;
use wire::Problem;

use super::Target;
use super::proxy::Way;

/// Longest wait for an answer: the gateway gives up after half a minute.
const TIMEOUT: Duration = Duration::from_secs(40);

/// Longest wait for a file to be put or fetched: 200 MB over a slow line.
const FILE_TIMEOUT: Duration = Duration::from_secs(3_600);

/// What is said of an answer that is not as this version knows it.
pub(super) const UNREADABLE: &str = "the answer cannot be read: is this another version?";

/// A client of one Campanile.
pub struct Client {
    http: legacy::Client<HttpsConnector<Way>, Full<Bytes>>,
    url: String,
    token: String,
}

/// What the API refused, in its own words.
#[derive(Debug)]
pub(super) struct Refused(pub(super) Problem);

impl fmt::Display for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&in_words(&self.0))
    }
}

impl std::error::Error for Refused {}

impl Client {
    /// A client with the token that was given, or this machine's.
    pub fn of(target: &Target) -> anyhow::Result<Client> {
        // A variable that a pipeline leaves empty gives no token.
        let token = match target.token.as_deref().map(str::trim).filter(|token| !token.is_empty()) {
            Some(token) => token.to_owned(),
            None => of_this_machine(&target.data)?,
        };
        if !token.bytes().all(|byte| byte.is_ascii_graphic()) {
            bail!("the token has blanks or signs that no token has: was it copied whole, and alone?");
        }
        let tls = HttpsConnectorBuilder::new()
            .with_provider_and_webpki_roots(rustls::crypto::ring::default_provider())
            .context("TLS cannot be set up")?
            .https_or_http()
            .enable_http1()
            .wrap_connector(Way::of_environment());
        let http = legacy::Client::builder(TokioExecutor::new()).build(tls);
        Ok(Client { http, url: target.url.trim_end_matches('/').to_owned(), token })
    }

    /// GET, and the answer's body.
    pub async fn get<T: DeserializeOwned>(&self, path: &str) -> anyhow::Result<T> {
        self.ask(Method::GET, path, Bytes::new()).await
    }

    /// GET, and the answer's body as it came.
    pub async fn get_text(&self, path: &str) -> anyhow::Result<String> {
        let body = self.answer(Method::GET, path, Bytes::new()).await?;
        String::from_utf8(body.to_vec()).context("the answer is no text")
    }

    /// POST, and the answer's body.
    pub async fn post<T: DeserializeOwned>(&self, path: &str, body: &impl Serialize) -> anyhow::Result<T> {
        self.ask(Method::POST, path, serde_json::to_vec(body)?.into()).await
    }

    /// Puts a file where the API said.
    pub async fn put(&self, url: &str, bytes: Vec<u8>) -> anyhow::Result<()> {
        let request = Request::put(url).body(Full::from(bytes)).context("the upload has no address")?;
        let sent = tokio::time::timeout(FILE_TIMEOUT, self.http.request(request)).await;
        let status = sent.context("the upload takes too long")?.context("the file was not taken")?.status();
        if status != StatusCode::OK {
            bail!("the file was not taken: {status}");
        }
        Ok(())
    }

    /// Fetches a file by a link that the API gave, and writes it piece by piece; its size in bytes.
    pub async fn fetch(&self, url: &str, out: &mut (dyn Write + Send)) -> anyhow::Result<u64> {
        let request = Request::get(url).body(Full::from(Bytes::new())).context("the file has no address")?;
        let fetched = tokio::time::timeout(FILE_TIMEOUT, self.write_body(request, out)).await;
        fetched.context("the file takes too long")?
    }

    async fn write_body(&self, request: Request<Full<Bytes>>, out: &mut (dyn Write + Send)) -> anyhow::Result<u64> {
        let mut response = self.http.request(request).await.context("the file does not come")?;
        if response.status() != StatusCode::OK {
            bail!("the file was not given: {}", response.status());
        }
        let mut size_bytes = 0;
        while let Some(frame) = response.body_mut().frame().await {
            let frame = frame.context("the file broke off")?;
            if let Some(data) = frame.data_ref() {
                out.write_all(data).context("the file cannot be written")?;
                size_bytes += data.len() as u64;
            }
        }
        out.flush().context("the file cannot be written")?;
        Ok(size_bytes)
    }

    async fn ask<T: DeserializeOwned>(&self, method: Method, path: &str, body: Bytes) -> anyhow::Result<T> {
        let body = self.answer(method, path, body).await?;
        serde_json::from_slice(&body).context(UNREADABLE)
    }

    /// The body of a success; what was refused is an error.
    async fn answer(&self, method: Method, path: &str, body: Bytes) -> anyhow::Result<Bytes> {
        let request = Request::builder().method(method).uri(format!("{}{path}", self.url));
        let request = request.header(AUTHORIZATION, format!("Bearer {}", self.token));
        let request = request.header(CONTENT_TYPE, "application/json").body(Full::from(body));
        let how = || format!("{} is no address: write it like https://campanile.example.com", self.url);
        let request = request.with_context(how)?;
        let answered = async {
            let response = self.http.request(request).await.with_context(|| format!("{} does not answer", self.url))?;
            let status = response.status();
            let body = response.into_body().collect().await.context("the answer broke off")?.to_bytes();
            anyhow::Ok((status, body))
        };
        let answered = tokio::time::timeout(TIMEOUT, answered).await;
        let (status, body) = answered.with_context(|| format!("{} takes too long", self.url))??;
        if status.is_success() { Ok(body) } else { Err(refusal(status, &body)) }
    }
}

fn refusal(status: StatusCode, body: &[u8]) -> anyhow::Error {
    match serde_json::from_slice(body) {
        Ok(problem) => Refused(problem).into(),
        Err(_) => anyhow!("the answer is {status} and not the API's"),
    }
}

fn in_words(problem: &Problem) -> String {
    let fields: String = problem.errors.iter().map(|error| format!("\n  {}: {}", error.field, error.message)).collect();
    match problem.errors.len() {
        0 | 1 => problem.detail.clone(),
        _ => format!("{}{fields}", problem.title),
    }
}

fn of_this_machine(data: &Path) -> anyhow::Result<String> {
    let path = data.join("api-token");
    let token = std::fs::read_to_string(&path);
    let how = || format!("there is no token in {}: give --token or CAMPANILE_TOKEN, or --data", path.display());
    Ok(token.with_context(how)?.trim().to_owned())
}

#[cfg(test)]
mod tests {
    use wire::FieldError;

    use super::*;

    #[test]
    fn a_token_that_cannot_be_one_is_told_before_anything_is_asked() {
        let folder = tempfile::tempdir().unwrap();
        let of = |token: &str| {
            let (url, data) = ("http://127.0.0.1:9".to_owned(), folder.path().to_owned());
            Client::of(&Target { url, token: Some(token.to_owned()), data, json: false })
        };
        assert_eq!(of(" abc\n").unwrap().token, "abc");
        let told = |token: &str| of(token).err().map(|error| error.to_string()).unwrap_or_default();
        assert!(told(" ").contains("--token"), "{}", told(" "));
        assert!(told("abc def").contains("copied whole"), "{}", told("abc def"));
    }

    #[test]
    fn a_refusal_names_every_wrong_field() {
        let error = |field: &str| FieldError { field: field.into(), message: "is wrong".into() };
        let problem = |errors: Vec<FieldError>| Problem {
            kind: "invalid".into(),
            code: "invalid".into(),
            title: "Some fields are not valid.".into(),
            status: 422,
            detail: "name: is wrong".into(),
            request_id: None,
            errors,
        };
        assert_eq!(in_words(&problem(vec![error("name")])), "name: is wrong");
        let several = in_words(&problem(vec![error("name"), error("pace")]));
        assert!(several.contains("\n  name: is wrong\n  pace: is wrong"));
    }
}
