//! Posting events to addresses that customers name: no redirection is followed, and little is read of the answer.

use std::time::Duration;

use bytes::Bytes;
use http::header::CONTENT_TYPE;
use http::{Request, Response, Uri};
use http_body_util::{BodyExt, Full};
use hyper::body::Incoming;
use tokio::time::{Instant, timeout_at};

use super::{Fetcher, TOO_LONG, check, reason};

/// Longest wait for an answer, and for the beginning of what it says.
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
        self.post_within(TIMEOUT, address, headers, body).await
    }

    async fn post_within(
        &self,
        longest: Duration,
        address: &str,
        headers: &[(&str, String)],
        body: Bytes,
    ) -> Result<Answered, String> {
        let until = Instant::now() + longest;
        let response = timeout_at(until, self.ask(address, headers, body)).await.map_err(|_| TOO_LONG.to_owned())??;
        let status = response.status().as_u16();
        // It has answered by now: that its words do not end takes nothing of that back.
        let said = timeout_at(until, beginning(response.into_body())).await.unwrap_or_default();
        Ok(Answered { status, said })
    }

    async fn ask(&self, address: &str, headers: &[(&str, String)], body: Bytes) -> Result<Response<Incoming>, String> {
        self.may_ask(address)?;
        let mut request =
            Request::post(address).header("user-agent", "campanile").header(CONTENT_TYPE, "application/json");
        for (name, value) in headers {
            request = request.header(*name, value);
        }
        let request = request.body(Full::new(body)).map_err(|_| "it is no address".to_owned())?;
        self.http.request(request).await.map_err(|error| reason(&error))
    }
}

/// The first bytes of an answer as text. What breaks off, or is no text, has said nothing more.
async fn beginning(mut body: Incoming) -> String {
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

#[cfg(test)]
mod tests {
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    use tokio::net::TcpListener;

    use super::super::Reach;
    use super::*;

    #[tokio::test]
    async fn who_answered_and_does_not_end_has_answered() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = format!("http://{}/in", listener.local_addr().unwrap());
        let answering = tokio::spawn(async move {
            let (mut receiver, _) = listener.accept().await.unwrap();
            let mut asked = [0; 1_024];
            let read = receiver.read(&mut asked).await.unwrap();
            assert!(read > 0);
            receiver.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\nthank").await.unwrap();
            // Held open until the test ends.
            std::future::pending::<()>().await;
            drop(receiver);
        });
        let fetcher = Fetcher::new(Reach::Anywhere).unwrap();
        let answered = fetcher.post_within(Duration::from_millis(500), &address, &[], Bytes::from_static(b"{}")).await;
        assert_eq!(answered.map(|answered| answered.status), Ok(200));
        answering.abort();
    }
}
