//! HTTP/1.1 requests from one source address.

use std::{net::Ipv4Addr, sync::Arc};

use futures_util::future::{BoxFuture, FutureExt};
use http::{HeaderMap, HeaderValue, Method, Request, Response, Uri, header};
use http_body_util::BodyExt;
use hyper::{
    body::Incoming,
    client::conn::http1::{self, SendRequest},
};
use hyper_util::rt::TokioIo;
use tokio::{
    net::{TcpSocket, TcpStream},
    sync::Mutex,
};
use tokio_util::task::AbortOnDropHandle;

use super::Failure;
use crate::load_target::LoadTarget;

/// The smallest receive buffer that Linux permits; it doubles the value.
const SMALL_BUFFER_BYTES: u32 = 2048;

/// The response to a request that has been sent.
pub(super) type ResponseFuture = BoxFuture<'static, hyper::Result<Response<Incoming>>>;

///
/// Clones share one connection for POST requests, which is opened on first use.
#[derive(Debug, Clone)]
pub(crate) struct HttpClient {
    pub(super) target: Arc<LoadTarget>,
    source: Ipv4Addr,
    has_small_buffer: bool,
    shared: Arc<Mutex<Option<HttpConnection>>>,
}

/// A connection that closes when this value is dropped.
#[derive(Debug)]
pub(super) struct HttpConnection {
    sender: SendRequest<String>,
    _driver: AbortOnDropHandle<()>,
}

impl HttpClient {
    /// Creates the `index`-th client, with a separate connection for POST requests.
    pub(crate) fn new(target: &LoadTarget, index: usize) -> Self {
        Self {
            target: Arc::new(target.clone()),
            source: source(index),
            has_small_buffer: false,
            shared: Arc::default(),
        }
    }

    /// Creates the `index`-th client, which shares this one's connection for POST requests.
    pub(crate) fn sharing(&self, index: usize) -> Self {
        Self {
            source: source(index),
            ..self.clone()
        }
    }

    /// Limits the receive buffer of new connections, so that the server notices a slow reader
    /// early.
    pub(crate) fn with_small_buffer(mut self) -> Self {
        self.has_small_buffer = true;
        self
    }

    /// Returns the headers of a request with a message; `accept` are the formats of the response.
    pub(super) fn headers(&self, accept: &'static str) -> HeaderMap {
        let mut headers = self.target.headers.clone();
        let json = HeaderValue::from_static("application/json");
        headers.insert(header::CONTENT_TYPE, json);
        headers.insert(header::ACCEPT, HeaderValue::from_static(accept));
        headers
    }

    pub(super) async fn connect(&self) -> Result<TcpStream, Failure> {
        let connect = async {
            let socket = TcpSocket::new_v4()?;
            if self.has_small_buffer {
                socket.set_recv_buffer_size(SMALL_BUFFER_BYTES)?;
            }
            socket.set_nodelay(true)?;
            socket.bind((self.source, 0).into())?;
            socket.connect(self.target.address.into()).await
        };
        connect.await.map_err(Failure::Connect)
    }

    async fn open(&self) -> Result<HttpConnection, Failure> {
        let io = TokioIo::new(self.connect().await?);
        let (sender, connection) = http1::handshake(io).await?;
        // Errors are reported by the request that is being sent.
        let driver = tokio::spawn(async { drop(connection.await) });
        Ok(HttpConnection {
            sender,
            _driver: AbortOnDropHandle::new(driver),
        })
    }

    /// Sends a GET request on a new connection, which must outlive the body.
    pub(super) async fn get(
        &self,
        uri: &Uri,
        headers: HeaderMap,
    ) -> Result<(HttpConnection, Response<Incoming>), Failure> {
        let mut connection = self.open().await?;
        let request = request(Method::GET, uri, headers, String::new());
        let response = connection.sender.send_request(request).await?;
        Ok((connection, response))
    }

    pub(crate) async fn get_text(&self, path: &'static str) -> Result<String, Failure> {
        let headers = self.target.headers.clone();
        let (_connection, response) = self.get(&Uri::from_static(path), headers).await?;
        text(success(response, path).await?).await
    }

    /// Sends a request on the shared connection, after the previous response has been read.
    pub(super) async fn send(
        &self,
        method: Method,
        uri: &Uri,
        headers: HeaderMap,
        body: String,
    ) -> Result<ResponseFuture, Failure> {
        let mut shared = self.shared.lock().await;
        let is_open = match &mut *shared {
            Some(connection) => connection.sender.ready().await.is_ok(),
            None => false,
        };
        if !is_open {
            *shared = Some(self.open().await?);
        }
        let connection = shared.as_mut().ok_or(Failure::Closed)?;
        let request = request(method, uri, headers, body);
        Ok(connection.sender.send_request(request).boxed())
    }

    pub(super) async fn disconnect(&self) {
        *self.shared.lock().await = None;
    }
}

/// Returns the source address of the `index`-th client. One address has too few ports for all
/// clients, and servers with limits per client count it as one.
fn source(index: usize) -> Ipv4Addr {
    let host = u8::try_from(index % 250).expect("a remainder of 250 fits");
    Ipv4Addr::new(127, 0, 1, host + 1)
}

fn request(method: Method, uri: &Uri, headers: HeaderMap, body: String) -> Request<String> {
    let mut request = Request::new(body);
    *request.method_mut() = method;
    *request.uri_mut() = uri.clone();
    *request.headers_mut() = headers;
    request
}

/// Returns the response if its status is a success.
pub(super) async fn success(
    response: Response<Incoming>,
    request: &'static str,
) -> Result<Response<Incoming>, Failure> {
    let status = response.status();
    if status.is_success() {
        return Ok(response);
    }
    Err(Failure::Status {
        status: status.as_u16(),
        request,
        text: text(response).await.unwrap_or_default(),
    })
}

pub(super) async fn text(response: Response<Incoming>) -> Result<String, Failure> {
    let body = response.into_body().collect().await?.to_bytes();
    Ok(String::from_utf8_lossy(&body).into_owned())
}
