//! A substitute for the Aareguru API: its recorded responses, with a time of measurement that can
//! be set, and with faults if requested.

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
    Router,
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

/// Every minute begins well and ends with a fault.
const MINUTE: Duration = Duration::from_secs(60);
const FAULT_FROM: Duration = Duration::from_secs(40);

#[derive(Debug, Clone)]
pub(crate) struct Upstream {
    pub(crate) address: SocketAddr,
    shared: Arc<Shared>,
}

#[derive(Debug)]
struct Shared {
    begun: Instant,
    has_faults: bool,
    /// In Unix seconds.
    measured_at: AtomicI64,
    asked: AtomicU64,
    failed: AtomicU64,
}

/// A way in which an upstream fails.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Fault {
    Error,
    Busy,
    Silence,
    Nonsense,
}

impl Upstream {
    /// Listens, until the runtime ends.
    pub(crate) async fn start(has_faults: bool) -> anyhow::Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0").await;
        let listener = listener.context("listening as the upstream")?;
        let address = listener.local_addr()?;
        let shared = Arc::new(Shared {
            begun: Instant::now(),
            has_faults,
            measured_at: AtomicI64::new(0),
            asked: AtomicU64::new(0),
            failed: AtomicU64::new(0),
        });
        let router = Router::new()
            .route("/v2018/current", get(current))
            .route("/v2018/cities", get(cities))
            .with_state(shared.clone());
        tokio::spawn(async move { axum::serve(listener, router).await });
        let upstream = Self { address, shared };
        upstream.measure(Duration::from_secs(15 * 60));
        Ok(upstream)
    }

    /// Sets the age of the newest measurement.
    pub(crate) fn measure(&self, age: Duration) {
        let age = i64::try_from(age.as_secs()).unwrap_or(i64::MAX);
        let at = Timestamp::now().as_second().saturating_sub(age);
        self.shared.measured_at.store(at, Ordering::Relaxed);
    }

    /// The number of requests, and how many of them ended with a fault.
    pub(crate) fn counts(&self) -> (u64, u64) {
        let count = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
        (count(&self.shared.asked), count(&self.shared.failed))
    }
}

impl Fault {
    /// The fault at this time; each minute has a different one.
    fn at(since: Duration) -> Option<Self> {
        let minute = since.as_secs() / MINUTE.as_secs();
        let into = Duration::from_secs(since.as_secs() % MINUTE.as_secs());
        (into >= FAULT_FROM).then_some(match minute % 4 {
            0 => Self::Error,
            1 => Self::Silence,
            2 => Self::Nonsense,
            _ => Self::Busy,
        })
    }

    async fn answer(self) -> Response {
        match self {
            Self::Error => StatusCode::INTERNAL_SERVER_ERROR.into_response(),
            Self::Busy => (StatusCode::TOO_MANY_REQUESTS, [("retry-after", "5")]).into_response(),
            Self::Nonsense => "<html>maintenance</html>".into_response(),
            Self::Silence => std::future::pending().await,
        }
    }
}

#[derive(Deserialize)]
struct Place {
    city: String,
}

async fn current(
    State(shared): State<Arc<Shared>>,
    Query(Place { city }): Query<Place>,
) -> Response {
    if city != "bern" {
        return (StatusCode::NOT_FOUND, "only Bern was recorded").into_response();
    }
    let at = shared.measured_at.load(Ordering::Relaxed);
    answer(&shared, CURRENT_BERN, |recorded| {
        recorded["aare"]["timestamp"] = at.into();
    })
    .await
}

async fn cities(State(shared): State<Arc<Shared>>) -> Response {
    let at = shared.measured_at.load(Ordering::Relaxed);
    answer(&shared, CITIES, |recorded| {
        for city in recorded.as_array_mut().into_iter().flatten() {
            city["time"] = at.into();
        }
    })
    .await
}

async fn answer(shared: &Shared, recorded: &str, renew: impl FnOnce(&mut Value)) -> Response {
    shared.asked.fetch_add(1, Ordering::Relaxed);
    let fault = Fault::at(shared.begun.elapsed()).filter(|_| shared.has_faults);
    if let Some(fault) = fault {
        shared.failed.fetch_add(1, Ordering::Relaxed);
        return fault.answer().await;
    }
    let Ok(mut recorded) = serde_json::from_str(recorded) else {
        return StatusCode::INTERNAL_SERVER_ERROR.into_response();
    };
    renew(&mut recorded);
    ([("content-type", "application/json")], recorded.to_string()).into_response()
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
            Fault::Silence,
            Fault::Nonsense,
            Fault::Busy,
            Fault::Error,
        ];
        assert_eq!(faults, wanted.map(Some));
    }
}
