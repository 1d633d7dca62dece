//! A fake of the Aareguru API: returns recorded responses with an adjustable time of measurement,
//! and fails periodically if requested.

use std::{
    net::SocketAddr,
    sync::{
        Arc,
        atomic::{AtomicI64, AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

use anyhow::Context;
use axum::{
    Json, Router,
    extract::{Query, State},
    http::StatusCode,
    response::{IntoResponse, Response},
    routing::get,
};
use jiff::Timestamp;
use serde::Deserialize;
use serde_json::Value;
use tokio::net::TcpListener;

const CURRENT_BERN: &str = include_str!("../../crates/aareguru/recordings/current-bern.json");
const CITIES: &str = include_str!("../../crates/aareguru/recordings/cities.json");

/// The second of each minute from which requests fail.
const FAULT_FROM_SECOND: u64 = 40;

#[derive(Debug)]
pub(crate) struct FakeUpstream {
    pub(crate) address: SocketAddr,
    started_at: Instant,
    has_faults: bool,
    /// In Unix seconds.
    measured_at: AtomicI64,
    requests: AtomicU64,
    failures: AtomicU64,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Fault {
    Error,
    Busy,
    NoResponse,
    InvalidBody,
}

impl FakeUpstream {
    /// Starts the server, which runs until the runtime is dropped.
    pub(crate) async fn start(has_faults: bool) -> anyhow::Result<Arc<Self>> {
        let listener = TcpListener::bind("127.0.0.1:0").await;
        let listener = listener.context("listening as the upstream")?;
        let upstream = Arc::new(Self {
            address: listener.local_addr()?,
            started_at: Instant::now(),
            has_faults,
            measured_at: AtomicI64::new(0),
            requests: AtomicU64::new(0),
            failures: AtomicU64::new(0),
        });
        upstream.measure(Duration::from_secs(15 * 60));
        let router = Router::new()
            .route("/v2018/current", get(current))
            .route("/v2018/cities", get(cities))
            .with_state(upstream.clone());
        tokio::spawn(async move { axum::serve(listener, router).await });
        Ok(upstream)
    }

    pub(crate) fn measure(&self, age: Duration) {
        let at = (Timestamp::now() - age).as_second();
        self.measured_at.store(at, Ordering::Relaxed);
    }

    /// Returns the number of requests, and of those that failed.
    pub(crate) fn counts(&self) -> (u64, u64) {
        let count = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
        (count(&self.requests), count(&self.failures))
    }

    /// Returns a recorded response modified by `update`, or a fault.
    async fn answer(&self, recorded: &str, update: impl FnOnce(&mut Value, i64)) -> Response {
        self.requests.fetch_add(1, Ordering::Relaxed);
        if let Some(fault) = Fault::at(self.started_at.elapsed()).filter(|_| self.has_faults) {
            self.failures.fetch_add(1, Ordering::Relaxed);
            return fault.answer().await;
        }
        let mut response = serde_json::from_str(recorded).expect("the recording is JSON");
        update(&mut response, self.measured_at.load(Ordering::Relaxed));
        Json(response).into_response()
    }
}

impl Fault {
    /// Returns the fault at this time. The kind changes every minute.
    fn at(since: Duration) -> Option<Self> {
        let (minute, second) = (since.as_secs() / 60, since.as_secs() % 60);
        (second >= FAULT_FROM_SECOND).then_some(match minute % 4 {
            0 => Self::Error,
            1 => Self::NoResponse,
            2 => Self::InvalidBody,
            _ => Self::Busy,
        })
    }

    async fn answer(self) -> Response {
        match self {
            Self::Error => StatusCode::INTERNAL_SERVER_ERROR.into_response(),
            Self::Busy => (StatusCode::TOO_MANY_REQUESTS, [("retry-after", "5")]).into_response(),
            Self::InvalidBody => "<html>maintenance</html>".into_response(),
            Self::NoResponse => std::future::pending().await,
        }
    }
}

#[derive(Deserialize)]
struct Place {
    city: String,
}

async fn current(
    State(upstream): State<Arc<FakeUpstream>>,
    Query(Place { city }): Query<Place>,
) -> Response {
    if city != "bern" {
        return (StatusCode::NOT_FOUND, "only Bern is recorded").into_response();
    }
    let update = |response: &mut Value, at: i64| response["aare"]["timestamp"] = at.into();
    upstream.answer(CURRENT_BERN, update).await
}

async fn cities(State(upstream): State<Arc<FakeUpstream>>) -> Response {
    let update = |response: &mut Value, at: i64| {
        for city in response.as_array_mut().into_iter().flatten() {
            city["time"] = at.into();
        }
    };
    upstream.answer(CITIES, update).await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_minute_ends_with_a_different_fault() {
        let at = |seconds| Fault::at(Duration::from_secs(seconds));
        assert_eq!((at(0), at(39), at(60)), (None, None, None));
        let faults = [at(40), at(119), at(160), at(239), at(280)];
        let wanted = [
            Fault::Error,
            Fault::NoResponse,
            Fault::InvalidBody,
            Fault::Busy,
            Fault::Error,
        ];
        assert_eq!(faults, wanted.map(Some));
    }
}
