//! Connections to WhatsApp: over the network, or to another side in the same process (tests under a paused clock have no
//! sockets: waiting for one would look like idleness, and time would run ahead).

use std::future::Future;
use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use http::Uri;
use hyper::rt::{Read, ReadBufCursor, Write};
use hyper_rustls::{HttpsConnector, MaybeHttpsStream};
use hyper_util::client::legacy::connect::{Connected, Connection, HttpConnector};
use hyper_util::rt::TokioIo;
use tokio::io::DuplexStream;
use tokio::net::TcpStream;
use tower::Service;

/// Makes a connection within the process.
pub type Dial = Arc<dyn Fn() -> DuplexStream + Send + Sync>;

type Failure = Box<dyn std::error::Error + Send + Sync>;

/// How connections are made.
#[derive(Clone)]
pub(super) enum Connector {
    Network(HttpsConnector<HttpConnector>),
    Dial(Dial),
}

/// A connection.
pub(super) enum Stream {
    Network(Box<MaybeHttpsStream<TokioIo<TcpStream>>>),
    InProcess(TokioIo<DuplexStream>),
}

impl Service<Uri> for Connector {
    type Response = Stream;
    type Error = Failure;
    type Future = Pin<Box<dyn Future<Output = Result<Stream, Failure>> + Send>>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), Failure>> {
        match self {
            Connector::Network(network) => network.poll_ready(context),
            Connector::Dial(_) => Poll::Ready(Ok(())),
        }
    }

    fn call(&mut self, uri: Uri) -> Self::Future {
        match self {
            Connector::Network(network) => {
                let connecting = network.call(uri);
                Box::pin(async move { connecting.await.map(|stream| Stream::Network(Box::new(stream))) })
            }
            Connector::Dial(dial) => {
                let stream = dial();
                Box::pin(std::future::ready(Ok(Stream::InProcess(TokioIo::new(stream)))))
            }
        }
    }
}

impl Connection for Stream {
    fn connected(&self) -> Connected {
        match self {
            Stream::Network(stream) => stream.connected(),
            Stream::InProcess(_) => Connected::new(),
        }
    }
}

impl Read for Stream {
    fn poll_read(self: Pin<&mut Self>, context: &mut Context<'_>, buffer: ReadBufCursor<'_>) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Stream::Network(stream) => Pin::new(stream).poll_read(context, buffer),
            Stream::InProcess(stream) => Pin::new(stream).poll_read(context, buffer),
        }
    }
}

impl Write for Stream {
    fn poll_write(self: Pin<&mut Self>, context: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        match self.get_mut() {
            Stream::Network(stream) => Pin::new(stream).poll_write(context, bytes),
            Stream::InProcess(stream) => Pin::new(stream).poll_write(context, bytes),
        }
    }

    fn poll_flush(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Stream::Network(stream) => Pin::new(stream).poll_flush(context),
            Stream::InProcess(stream) => Pin::new(stream).poll_flush(context),
        }
    }

    fn poll_shutdown(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Stream::Network(stream) => Pin::new(stream).poll_shutdown(context),
            Stream::InProcess(stream) => Pin::new(stream).poll_shutdown(context),
        }
    }
}
