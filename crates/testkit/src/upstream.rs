//! A mock of both APIs on a free port, which records requests and returns the configured responses.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use aareguru::{Client, Config};
use axum::Router;
use axum::extract::State;
use axum::http::{StatusCode, Uri, header};
use axum::response::{IntoResponse, Response};
use tokio::net::TcpListener;
use tokio::sync::watch;

pub const CITIES: &str = include_str!("../../aareguru/recordings/cities.json");
pub const CURRENT_BERN: &str = include_str!("../../aareguru/recordings/current-bern.json");
pub const TODAY_INTERLAKEN: &str = include_str!("../../aareguru/recordings/today-interlaken.json");
pub const WIDGET: &str = include_str!("../../aareguru/recordings/widget-2024-08-19.abridged.json");
pub const HYDRO_BERN: &str =
    include_str!("../../aareguru/recordings/hydro-daterange-2135-rows.json");
/// Of the Limmat, which no request of ours is about.
pub const HYDRO_LIMMAT: &str =
    include_str!("../../aareguru/recordings/hydro-latest-2243-sample.json");

/// How the server responds from now on.
#[derive(Clone)]
pub enum Reply {
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
    /// Like the inner reply, but only after [`Server::release`].
    Held(Box<Self>),
}

pub struct Server {
    base_url: String,
    shared: Arc<Shared>,
}

struct Shared {
    next: Mutex<VecDeque<Reply>>,
    reply: Mutex<Reply>,
    requests: watch::Sender<Vec<String>>,
    released: watch::Sender<bool>,
}

impl Reply {
    pub fn held(self) -> Self {
        Self::Held(Box::new(self))
    }

    /// See [`Reply::At`].
    pub fn at(replies: impl IntoIterator<Item = (&'static str, Self)>) -> Self {
        Self::At(replies.into_iter().collect())
    }

    pub fn status(status: u16) -> Self {
        Self::Body(status, Vec::new())
    }

    pub fn text(body: &str) -> Self {
        Self::Body(200, body.as_bytes().to_vec())
    }
}

impl Server {
    pub async fn start(reply: Reply) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let base_url = format!("http://{}", listener.local_addr().unwrap());
        let shared = Arc::new(Shared {
            next: Mutex::default(),
            reply: Mutex::new(reply),
            requests: watch::Sender::new(Vec::new()),
            released: watch::Sender::new(false),
        });
        let router = Router::new()
            .fallback(answer)
            .with_state(Arc::clone(&shared));
        tokio::spawn(async move { axum::serve(listener, router).await });
        Self { base_url, shared }
    }

    /// Returns the configuration of a client that tries once. Its timeouts are too long to expire
    /// during a test.
    pub fn config(&self) -> Config {
        const HOUR: Duration = Duration::from_secs(60 * 60);
        Config {
            base_url: self.base_url.clone(),
            hydro_base_url: format!("{}/hydro", self.base_url),
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

    pub fn reply(&self, reply: Reply) {
        *self.shared.reply.lock().unwrap() = reply;
    }

    /// Queues replies for the next requests, before the configured one applies again.
    pub fn reply_next(&self, replies: impl IntoIterator<Item = Reply>) {
        self.shared.next.lock().unwrap().extend(replies);
    }

    /// Releases the held requests.
    pub fn release(&self) {
        self.shared.released.send_replace(true);
    }

    /// Returns the path and query of each request so far.
    pub fn requests(&self) -> Vec<String> {
        self.shared.requests.borrow().clone()
    }

    pub fn request_count(&self) -> usize {
        self.shared.requests.borrow().len()
    }

    /// Waits for the first request.
    pub async fn first_request(&self) {
        let mut requests = self.shared.requests.subscribe();
        requests
            .wait_for(|requests| !requests.is_empty())
            .await
            .unwrap();
    }
}

async fn answer(State(shared): State<Arc<Shared>>, uri: Uri) -> Response {
    shared
        .requests
        .send_modify(|requests| requests.push(uri.to_string()));
    let next = shared.next.lock().unwrap().pop_front();
    let mut reply = next.unwrap_or_else(|| shared.reply.lock().unwrap().clone());
    if let Reply::At(replies) = &reply {
        let endpoint = endpoint(&uri);
        let configured = replies.iter().find(|(name, _)| *name == endpoint);
        reply = configured.map_or(Reply::Recordings, |(_, reply)| reply.clone());
    }
    if let Reply::Held(held) = reply {
        let mut released = shared.released.subscribe();
        released.wait_for(|released| *released).await.unwrap();
        reply = *held;
    }
    match reply {
        Reply::Recordings => recording(&uri),
        Reply::Body(status, body) => (StatusCode::from_u16(status).unwrap(), body).into_response(),
        Reply::Busy(seconds) => (
            StatusCode::TOO_MANY_REQUESTS,
            [(header::RETRY_AFTER, seconds)],
        )
            .into_response(),
        Reply::Encoding(encoding) => {
            ([(header::CONTENT_ENCODING, encoding)], CURRENT_BERN).into_response()
        }
        Reply::Never | Reply::Held(_) | Reply::At(_) => std::future::pending().await,
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
