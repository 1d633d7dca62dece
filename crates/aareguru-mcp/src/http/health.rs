//! Liveness and readiness.
//!
//! Liveness depends on nothing but the process. Readiness depends on the parts that the instance
//! needs; each is a line in [`Readiness::report`].

use std::fmt;

use aareguru::{Client, api::Api, api::BreakerState};
use axum::{
    Extension, Json,
    extract::State,
    http::{StatusCode, header},
    response::IntoResponse,
};
use serde::Serialize;
use tokio_util::sync::CancellationToken;

use crate::{app::App, cluster::Cluster, serve::Overload};

/// The body of `GET /health`.
#[derive(Debug, Serialize)]
pub(super) struct Health {
    status: &'static str,
    service: &'static str,
    version: &'static str,
}

pub(super) async fn live() -> Json<Health> {
    Json(Health {
        status: "healthy",
        service: env!("CARGO_PKG_NAME"),
        version: env!("CARGO_PKG_VERSION"),
    })
}

/// What readiness is made of.
#[derive(Debug, Clone)]
pub(super) struct Readiness {
    client: Option<Client>,
    cluster: Option<Cluster>,
    stopping: CancellationToken,
}

/// The body of `GET /health/ready`.
#[derive(Debug, Serialize)]
pub(super) struct Report {
    status: &'static str,
    service: &'static str,
    version: &'static str,
    pub(super) parts: Vec<Part>,
}

/// One thing that readiness depends on.
#[derive(Debug, Serialize)]
pub(super) struct Part {
    pub(super) name: &'static str,
    pub(super) status: Status,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) detail: Option<String>,
}

/// How one part is, from the best to the worst.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Status {
    /// As it should be.
    Ok,
    /// Answers are given, but not as good as they could be.
    Degraded,
    /// Requests should go elsewhere.
    NotReady,
}

impl Readiness {
    pub(super) fn new<S>(app: &App<S>) -> Self {
        Self {
            client: app.client.clone(),
            cluster: app.cluster.clone(),
            stopping: app.stopping.clone(),
        }
    }

    pub(super) fn report(&self, overload: Option<Overload>) -> Report {
        let mut parts = vec![self.lifecycle(), connections(overload)];
        if let Some(client) = &self.client {
            parts.push(upstream("aareguru_api", client, Api::Aareguru));
            parts.push(upstream("hydro_api", client, Api::Hydro));
            parts.push(clock(client));
        }
        parts.extend(self.cluster.as_ref().map(redis));
        let ready = parts.iter().all(|part| part.status != Status::NotReady);
        Report {
            status: if ready { "ready" } else { "not_ready" },
            service: env!("CARGO_PKG_NAME"),
            version: env!("CARGO_PKG_VERSION"),
            parts,
        }
    }

    fn lifecycle(&self) -> Part {
        let name = "lifecycle";
        if self.stopping.is_cancelled() {
            Part::new(name, Status::NotReady, "the server is stopping")
        } else {
            Part::ok(name)
        }
    }
}

/// A failing API does not make the server unready: it still serves cached answers, marked as such,
/// and other instances would do no better. Taking all of them out of service would turn an outage
/// of the API into an outage of the server.
fn upstream(name: &'static str, client: &Client, api: Api) -> Part {
    if let Some(day) = client.recorded_on() {
        return Part::new(name, Status::Ok, format_args!("recordings of {day}"));
    }
    match client.breaker_state(api) {
        BreakerState::Closed => Part::ok(name),
        BreakerState::HalfOpen => Part::new(
            name,
            Status::Degraded,
            "it failed, and is being tried again",
        ),
        BreakerState::Open { retry_after } => {
            let seconds = retry_after.as_secs_f64().ceil();
            let detail = format_args!(
                "it failed, and is not asked for another {seconds} s; earlier answers are given"
            );
            Part::new(name, Status::Degraded, detail)
        }
    }
}

/// A slow clock makes every reading unknown, which is an answer; and if it is the API whose clock
/// is wrong, another instance would fare no better.
fn clock(client: &Client) -> Part {
    let name = "clock";
    if client.is_clock_suspect() {
        Part::new(
            name,
            Status::Degraded,
            "the API dates every measurement in the future: check this machine's clock",
        )
    } else {
        Part::ok(name)
    }
}

/// A lost connection to Redis does not make the server unready: sessions continue, each on its own
/// instance, and all instances miss the same Redis. An instance that has never reached Redis is not
/// ready, because only its own settings may be wrong.
#[cfg(feature = "redis")]
fn redis(cluster: &Cluster) -> Part {
    use crate::cluster::redis::ConnectionState;

    let name = "redis";
    match cluster.redis.state() {
        ConnectionState::Connected(_) => Part::ok(name),
        ConnectionState::Never => Part::new(name, Status::NotReady, "it has not answered yet"),
        ConnectionState::Lost => Part::new(
            name,
            Status::Degraded,
            "it does not answer; sessions go on, each on its own instance",
        ),
    }
}

#[cfg(not(feature = "redis"))]
fn redis(cluster: &Cluster) -> Part {
    match *cluster {}
}

/// Only a connection that is itself one too many sees that there are too many.
fn connections(overload: Option<Overload>) -> Part {
    let name = "connections";
    match overload {
        Some(Overload::Connections) => {
            Part::new(name, Status::NotReady, "there are as many as there may be")
        }
        Some(Overload::ConnectionsOfClient) => Part::new(
            name,
            Status::Degraded,
            "you have as many as one client may have",
        ),
        None => Part::ok(name),
    }
}

impl Report {
    /// How the part is that is worst off.
    pub(super) fn worst(&self) -> Status {
        let statuses = self.parts.iter().map(|part| part.status);
        statuses.max().unwrap_or(Status::Ok)
    }
}

impl Status {
    /// As in the answer.
    pub(super) fn label(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Degraded => "degraded",
            Self::NotReady => "not_ready",
        }
    }
}

impl Part {
    fn ok(name: &'static str) -> Self {
        Self {
            name,
            status: Status::Ok,
            detail: None,
        }
    }

    fn new(name: &'static str, status: Status, detail: impl fmt::Display) -> Self {
        Self {
            name,
            status,
            detail: Some(detail.to_string()),
        }
    }
}

pub(super) async fn ready(
    State(readiness): State<Readiness>,
    overload: Option<Extension<Overload>>,
) -> impl IntoResponse {
    let report = readiness.report(overload.map(|Extension(overload)| overload));
    let status = if report.status == "ready" {
        StatusCode::OK
    } else {
        StatusCode::SERVICE_UNAVAILABLE
    };
    (status, [(header::CACHE_CONTROL, "no-store")], Json(report))
}
