//! Posting events to addresses that customers name: no redirection is followed, and little is read of the answer.

use std::time::Duration;

use bytes::Bytes;
use http::header::CONTENT_TYPE;
use http::{Request, Uri};
use http_body_util::{BodyExt, Full};

use super::{Fetcher, TOO_LONG, check, reason};

/// Longest wait for an answer, its beginning included.
const TIMEOUT: Duration = Duration::from_secs(10);

/// Bytes that are read of an answer: what fits on a line, for people.
const MOST_READ: usize = 300;

/// How an address answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answered {
    /// The answer's status.
    pub status: u16,
    /// Its beginning, as far as it is text.
    pub said: String,
}

impl Fetcher {
    /// Whether this may be asked at all, as far as the address itself tells; else why not, in words.
    pub fn may_ask(&self, address: &str) -> Result<(), String> {
        let uri: Uri = address.parse().map_err(|_| "it is no address".to_owned())?;
        check(&uri, self.reach)
    }

    /// Posts JSON with these headers; else why there was no answer, in words.
    pub async fn post(&self, address: &str, headers: &[(&str, String)], body: Bytes) -> Result<Answered, String> {
        let answered = tokio::time::timeout(TIMEOUT, self.ask(address, headers, body)).await;
        answered.map_err(|_| TOO_LONG.to_owned())?
    }

    async fn ask(&self, address: &str, headers: &[(&str, String)], body: Bytes) -> Result<Answered, String> {
        self.may_ask(address)?;
        let mut request =
            Request::post(address).header("user-agent", "campanile").header(CONTENT_TYPE, "application/json");
        for (name, value) in headers {
            request = request.header(*name, value);
        }
        let request = request.body(Full::new(body)).map_err(|_| "it is no address".to_owned())?;
        let response = self.http.request(request).await.map_err(|error| reason(&error))?;
        let status = response.status().as_u16();
        Ok(Answered { status, said: beginning(response.into_body()).await })
    }
}

/// The first bytes of an answer as text. What breaks off, or is no text, has said nothing more.
async fn beginning(mut body: hyper::body::Incoming) -> String {
    let mut read = Vec::new();
    while read.len() < MOST_READ
        && let Some(Ok(frame)) = body.frame().await
    {
        read.extend(frame.into_data().unwrap_or_default());
    }
    read.truncate(MOST_READ);
    let text = String::from_utf8_lossy(&read);
    text.chars().map(|letter| if letter.is_control() { ' ' } else { letter }).collect::<String>().trim().to_owned()
}
