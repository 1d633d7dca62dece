//! A stand-in for the Aareguru API on a port of its own, which remembers what
//! it was asked and answers as a test tells it to.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use aareguru::{Client, Config};
use axum::Router;
use axum::extract::State;
use axum::http::{StatusCode, Uri, header};
use axum::response::{IntoResponse, Response};
use tokio::net::TcpListener;
use tokio::sync::watch;

pub(crate) const CITIES: &str = include_str!("../../recordings/cities.json");
pub(crate) const CURRENT_BERN: &str = include_str!("../../recordings/current-bern.json");

/// How the server answers from now on.
#[derive(Clone)]
pub(crate) enum Reply {
    /// As the API: `/v2018/current` with Bern's data, whatever city is asked.
    Recordings,
    /// The same, but only after [`Server::release`].
    Held,
    /// With this status and body.
    Body(u16, Vec<u8>),
    /// With this as `Content-Encoding`, and a body that is not encoded.
    Encoding(&'static str),
    /// Not at all.
    Never,
}

pub(crate) struct Server {
    base_url: String,
    shared: Arc<Shared>,
}

struct Shared {
    reply: Mutex<Reply>,
    asked: watch::Sender<Vec<String>>,
    released: watch::Sender<bool>,
}

impl Server {
    pub(crate) async fn start(reply: Reply) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let base_url = format!("http://{}", listener.local_addr().unwrap());
        let shared = Arc::new(Shared {
            reply: Mutex::new(reply),
            asked: watch::Sender::new(Vec::new()),
            released: watch::Sender::new(false),
        });
        let router = Router::new()
            .fallback(answer)
            .with_state(Arc::clone(&shared));
        tokio::spawn(async move { axum::serve(listener, router).await });
        Self { base_url, shared }
    }

    pub(crate) fn config(&self) -> Config {
        Config {
            base_url: self.base_url.clone(),
            app_name: "aareguru-it".to_owned(),
            app_version: "0".to_owned(),
            cache_ttl: Duration::from_secs(600),
            ..Config::default()
        }
    }

    pub(crate) fn client(&self) -> Client {
        Client::new(&self.config()).unwrap()
    }

    /// A client that keeps no answer.
    pub(crate) fn forgetful_client(&self) -> Client {
        Client::new(&Config {
            cache_ttl: Duration::ZERO,
            ..self.config()
        })
        .unwrap()
    }

    pub(crate) fn reply(&self, reply: Reply) {
        *self.shared.reply.lock().unwrap() = reply;
    }

    /// Lets the requests pass that are held.
    pub(crate) fn release(&self) {
        self.shared.released.send_replace(true);
    }

    /// The path and query of each request so far.
    pub(crate) fn asked(&self) -> Vec<String> {
        self.shared.asked.borrow().clone()
    }

    /// Waits for the first request.
    pub(crate) async fn first_request(&self) {
        let mut asked = self.shared.asked.subscribe();
        asked.wait_for(|asked| !asked.is_empty()).await.unwrap();
    }
}

async fn answer(State(shared): State<Arc<Shared>>, uri: Uri) -> Response {
    shared
        .asked
        .send_modify(|asked| asked.push(uri.to_string()));
    let reply = shared.reply.lock().unwrap().clone();
    match reply {
        Reply::Recordings => recording(&uri),
        Reply::Held => {
            shared
                .released
                .subscribe()
                .wait_for(|released| *released)
                .await
                .unwrap();
            recording(&uri)
        }
        Reply::Body(status, body) => (StatusCode::from_u16(status).unwrap(), body).into_response(),
        Reply::Encoding(encoding) => {
            ([(header::CONTENT_ENCODING, encoding)], CURRENT_BERN).into_response()
        }
        Reply::Never => std::future::pending().await,
    }
}

fn recording(uri: &Uri) -> Response {
    let body = if uri.path().ends_with("/cities") {
        CITIES
    } else {
        CURRENT_BERN
    };
    ([(header::CONTENT_TYPE, "application/json")], body).into_response()
}
