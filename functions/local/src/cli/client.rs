//! The API as the command line asks it.

use std::path::Path;
use std::time::Duration;

use anyhow::{Context, bail};
use axum::http::header::{AUTHORIZATION, CONTENT_TYPE};
use axum::http::{Method, Request, StatusCode};
use bytes::Bytes;
use http_body_util::{BodyExt, Full};
use hyper_rustls::{HttpsConnector, HttpsConnectorBuilder};
use hyper_util::client::legacy;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use serde::Serialize;
use serde::de::DeserializeOwned;
use wire::Problem;

use super::Target;

/// Longest wait for an answer: the gateway gives up after half a minute.
const TIMEOUT: Duration = Duration::from_secs(40);

/// Longest wait for a file to be put: 200 MB over a slow line.
const UPLOAD_TIMEOUT: Duration = Duration::from_secs(3_600);

/// A client of one Campanile.
pub struct Client {
    http: legacy::Client<HttpsConnector<HttpConnector>, Full<Bytes>>,
    url: String,
    token: String,
}

impl Client {
    /// A client with the token that was given, or this machine's.
    pub fn of(target: &Target) -> anyhow::Result<Client> {
        let token = match &target.token {
            Some(token) => token.trim().to_owned(),
            None => of_this_machine(&target.data)?,
        };
        let tls = HttpsConnectorBuilder::new()
            .with_provider_and_webpki_roots(rustls::crypto::ring::default_provider())
            .context("TLS cannot be set up")?
            .https_or_http()
            .enable_http1()
            .build();
        let http = legacy::Client::builder(TokioExecutor::new()).build(tls);
        Ok(Client { http, url: target.url.trim_end_matches('/').to_owned(), token })
    }

    /// GET, and the answer's body.
    pub async fn get<T: DeserializeOwned>(&self, path: &str) -> anyhow::Result<T> {
        self.ask(Method::GET, path, Bytes::new()).await
    }

    /// POST, and the answer's body.
    pub async fn post<T: DeserializeOwned>(&self, path: &str, body: &impl Serialize) -> anyhow::Result<T> {
        self.ask(Method::POST, path, serde_json::to_vec(body)?.into()).await
    }

    /// Puts a file where the API said.
    pub async fn put(&self, url: &str, bytes: Vec<u8>) -> anyhow::Result<()> {
        let request = Request::put(url).body(Full::from(bytes)).context("the upload has no address")?;
        let sent = tokio::time::timeout(UPLOAD_TIMEOUT, self.http.request(request)).await;
        let status = sent.context("the upload takes too long")?.context("the file was not taken")?.status();
        if status != StatusCode::OK {
            bail!("the file was not taken: {status}");
        }
        Ok(())
    }

    async fn ask<T: DeserializeOwned>(&self, method: Method, path: &str, body: Bytes) -> anyhow::Result<T> {
        let request = Request::builder().method(method).uri(format!("{}{path}", self.url));
        let request = request.header(AUTHORIZATION, format!("Bearer {}", self.token));
        let request = request.header(CONTENT_TYPE, "application/json").body(Full::from(body));
        let request = request.with_context(|| format!("{} is no address", self.url))?;
        let answered = async {
            let response = self.http.request(request).await.with_context(|| format!("{} does not answer", self.url))?;
            let status = response.status();
            let body = response.into_body().collect().await.context("the answer broke off")?.to_bytes();
            anyhow::Ok((status, body))
        };
        let answered = tokio::time::timeout(TIMEOUT, answered).await;
        let (status, body) = answered.with_context(|| format!("{} takes too long", self.url))??;
        read(status, &body)
    }
}

/// What a success says; a refusal in the API's words.
fn read<T: DeserializeOwned>(status: StatusCode, body: &[u8]) -> anyhow::Result<T> {
    if status.is_success() {
        return serde_json::from_slice(body).context("the answer cannot be read: is this another version?");
    }
    match serde_json::from_slice::<Problem>(body) {
        Ok(problem) => bail!("{}", in_words(&problem)),
        Err(_) => bail!("the answer is {status} and not the API's"),
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
    fn a_refusal_names_every_wrong_field() {
        let error = |field: &str| FieldError { field: field.into(), message: "is wrong".into() };
        let problem = |errors: Vec<FieldError>| Problem {
            kind: "invalid".into(),
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
