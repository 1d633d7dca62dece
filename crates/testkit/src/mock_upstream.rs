//! A mock of both APIs on a free port, which records requests and returns the configured responses.

use std::collections::VecDeque;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use aareguru::{Client, Config};
use axum::Router;
use axum::extract::State;
use axum::http::{StatusCode, Uri, header};
use axum::response::{IntoResponse, Response};
use tokio::net::TcpListener;
use tokio::sync::watch;

use crate::recordings::{CITIES, CURRENT_BERN, HYDRO_BERN, HYDRO_LIMMAT, TODAY_INTERLAKEN, WIDGET};

/// How the mock responds to a request.
#[derive(Debug, Clone)]
pub enum MockResponse {
    /// With the recordings, whatever place is requested.
    Recordings,
    /// With this status and body.
    Body(u16, Vec<u8>),
    /// With status 429 and this `Retry-After` in seconds.
    Busy(u64),
    /// With this as `Content-Encoding`, and a body that is not encoded.
    Encoding(&'static str),
    /// Never.
    Never,
    /// By endpoint, which is the last part of the path; with the recordings for any other endpoint.
    At(Arc<[(&'static str, Self)]>),
    /// Like the inner response, but only after [`MockUpstream::release`].
    Held(Box<Self>),
}

/// A running mock. It ends with the runtime of the test.
#[derive(Debug)]
pub struct MockUpstream {
    address: SocketAddr,
    state: Arc<MockState>,
}

#[derive(Debug)]
struct MockState {
    next: Mutex<VecDeque<MockResponse>>,
    reply: Mutex<MockResponse>,
    requests: watch::Sender<Vec<String>>,
    released: watch::Sender<bool>,
}

impl MockResponse {
    /// See [`MockResponse::Held`].
    pub fn held(self) -> Self {
        Self::Held(Box::new(self))
    }

    /// See [`MockResponse::At`].
    pub fn at(replies: impl IntoIterator<Item = (&'static str, Self)>) -> Self {
        Self::At(replies.into_iter().collect())
    }

    /// Returns an empty response with this status.
    pub fn status(status: u16) -> Self {
        Self::Body(status, Vec::new())
    }

    /// Returns a response with status 200 and this body.
    pub fn text(body: &str) -> Self {
        Self::Body(200, body.as_bytes().to_vec())
    }
}

impl MockUpstream {
    /// Starts a mock that sends this response to every request.
    pub async fn start(reply: MockResponse) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let state = Arc::new(MockState {
            next: Mutex::default(),
            reply: Mutex::new(reply),
            requests: watch::Sender::new(Vec::new()),
            released: watch::Sender::new(false),
        });
        let router = Router::new()
            .fallback(answer)
            .with_state(Arc::clone(&state));
        tokio::spawn(async move { axum::serve(listener, router).await });
        Self { address, state }
    }

    /// Returns the address that it listens on.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Returns the configuration of a client that tries once. Its timeouts are too long to expire
    /// during a test.
    pub fn config(&self) -> Config {
        const HOUR: Duration = Duration::from_secs(60 * 60);
        let base_url = format!("http://{}", self.address);
        Config {
            hydro_base_url: format!("{base_url}/hydro"),
            base_url,
            app_name: "aareguru-it".to_owned(),
            app_version: "0".to_owned(),
            timeout: HOUR,
            connect_timeout: HOUR,
            total_timeout: 3 * HOUR,
            retries: 0,
            cache_ttl: HOUR,
            ..Config::default()
        }
    }

    /// Returns a client with [`config`](Self::config).
    pub fn client(&self) -> Client {
        Client::new(&self.config()).unwrap()
    }

    /// Returns a client without a cache, which keeps responses only as stale ones.
    pub fn uncached_client(&self) -> Client {
        Client::new(&Config {
            cache_ttl: Duration::ZERO,
            ..self.config()
        })
        .unwrap()
    }

    /// Returns a client without a cache, stale responses and breaker.
    pub fn stateless_client(&self) -> Client {
        Client::new(&Config {
            cache_ttl: Duration::ZERO,
            stale_for: Duration::ZERO,
            breaker_failures: u32::MAX,
            ..self.config()
        })
        .unwrap()
    }

    /// Sets the response to the following requests.
    pub fn reply(&self, reply: MockResponse) {
        *self.state.reply.lock().unwrap() = reply;
    }

    /// Queues replies for the next requests, before the configured one applies again.
    pub fn reply_next(&self, replies: impl IntoIterator<Item = MockResponse>) {
        self.state.next.lock().unwrap().extend(replies);
    }

    /// Releases the held requests.
    pub fn release(&self) {
        self.state.released.send_replace(true);
    }

    /// Returns the path and query of each request so far.
    pub fn requests(&self) -> Vec<String> {
        self.state.requests.borrow().clone()
    }

    /// Returns the number of requests so far.
    pub fn request_count(&self) -> usize {
        self.state.requests.borrow().len()
    }

    /// Waits for the first request.
    pub async fn first_request(&self) {
        let mut requests = self.state.requests.subscribe();
        requests
            .wait_for(|requests| !requests.is_empty())
            .await
            .unwrap();
    }
}

async fn answer(State(state): State<Arc<MockState>>, uri: Uri) -> Response {
    state
        .requests
        .send_modify(|requests| requests.push(uri.to_string()));
    let next = state.next.lock().unwrap().pop_front();
    let mut reply = next.unwrap_or_else(|| state.reply.lock().unwrap().clone());
    if let MockResponse::At(replies) = &reply {
        let endpoint = endpoint(&uri);
        let configured = replies.iter().find(|(name, _)| *name == endpoint);
        reply = configured.map_or(MockResponse::Recordings, |(_, reply)| reply.clone());
    }
    if let MockResponse::Held(held) = reply {
        let mut released = state.released.subscribe();
        released.wait_for(|released| *released).await.unwrap();
        reply = *held;
    }
    match reply {
        MockResponse::Recordings => recording(&uri),
        MockResponse::Body(status, body) => {
            (StatusCode::from_u16(status).unwrap(), body).into_response()
        }
        MockResponse::Busy(seconds) => (
            StatusCode::TOO_MANY_REQUESTS,
            [(header::RETRY_AFTER, seconds)],
        )
            .into_response(),
        MockResponse::Encoding(encoding) => {
            ([(header::CONTENT_ENCODING, encoding)], CURRENT_BERN).into_response()
        }
        MockResponse::Never | MockResponse::Held(_) | MockResponse::At(_) => {
            std::future::pending().await
        }
    }
}

fn endpoint(uri: &Uri) -> &str {
    uri.path().rsplit('/').next().unwrap_or_default()
}

fn recording(uri: &Uri) -> Response {
    let body = match endpoint(uri) {
        "cities" => CITIES,
        "current" => CURRENT_BERN,
        "today" => TODAY_INTERLAKEN,
        "widget" => WIDGET,
        "latest" => HYDRO_LIMMAT,
        "daterange" => HYDRO_BERN,
        _ => return StatusCode::NOT_FOUND.into_response(),
    };
    ([(header::CONTENT_TYPE, "application/json")], body).into_response()
}
