//! Liveness and readiness.
//!
//! Liveness depends on nothing but the process. Readiness depends on the parts that the instance
//! needs; the binary registers a check for each of them.

use std::{fmt, sync::Arc};

use axum::{
    Extension, Json,
    extract::State,
    http::{StatusCode, header},
    response::IntoResponse,
};
use serde::Serialize;
use tokio_util::sync::CancellationToken;

use crate::serve::Overload;

/// A function that checks one part of the server. It must not wait.
pub type HealthCheck = Box<dyn Fn() -> HealthPart + Send + Sync>;

/// The program that the health endpoints report on.
#[derive(Debug, Clone, Copy, Serialize)]
pub struct Program {
    /// Its name.
    #[serde(rename = "service")]
    pub name: &'static str,
    /// Its version.
    pub version: &'static str,
}

/// The body of `GET /health`.
#[derive(Debug, Serialize)]
pub struct Liveness {
    status: &'static str,
    #[serde(flatten)]
    program: Program,
}

/// Determines whether the instance is ready for traffic. Clones share the checks.
#[derive(Clone)]
pub struct Readiness(Arc<Checks>);

struct Checks {
    program: Program,
    stopping: CancellationToken,
    parts: Vec<HealthCheck>,
}

/// The body of `GET /health/ready`.
#[derive(Debug, Serialize)]
pub struct ReadinessReport {
    status: &'static str,
    #[serde(flatten)]
    program: Program,
    /// The parts that readiness depends on.
    pub parts: Vec<HealthPart>,
}

/// The state of one part of the server.
#[derive(Debug, Serialize)]
pub struct HealthPart {
    /// The name of the part.
    pub name: &'static str,
    /// Its status.
    pub status: HealthStatus,
    /// A description of the status for operators.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub detail: Option<String>,
}

/// The status of a part, in ascending order of severity.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum HealthStatus {
    /// The part works.
    Ok,
    /// The server answers requests, with restrictions.
    Degraded,
    /// Requests should be sent to another instance.
    NotReady,
}

impl Readiness {
    /// Creates the readiness of `program`. The instance is not ready after `stopping` is cancelled,
    /// or while one of the `parts` is not ready.
    pub fn new(program: Program, stopping: CancellationToken, parts: Vec<HealthCheck>) -> Self {
        Self(Arc::new(Checks {
            program,
            stopping,
            parts,
        }))
    }

    /// Checks all parts. `overload` is the limit that the connection of the request exceeds.
    pub fn report(&self, overload: Option<Overload>) -> ReadinessReport {
        let mut parts = vec![lifecycle(&self.0.stopping), connections(overload)];
        parts.extend(self.0.parts.iter().map(|check| check()));
        let ready = parts
            .iter()
            .all(|part| part.status != HealthStatus::NotReady);
        ReadinessReport {
            status: if ready { "ready" } else { "not_ready" },
            program: self.0.program,
            parts,
        }
    }
}

impl fmt::Debug for Readiness {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Readiness").finish_non_exhaustive()
    }
}

fn lifecycle(stopping: &CancellationToken) -> HealthPart {
    let name = "lifecycle";
    if stopping.is_cancelled() {
        HealthPart::new(name, HealthStatus::NotReady, "the server is stopping")
    } else {
        HealthPart::ok(name)
    }
}

/// Reports the limit that the connection of this request exceeds. Requests on other connections do
/// not see that it is reached.
fn connections(overload: Option<Overload>) -> HealthPart {
    let name = "connections";
    match overload {
        Some(Overload::Connections) => HealthPart::new(
            name,
            HealthStatus::NotReady,
            "the server has reached its limit on connections",
        ),
        Some(Overload::ConnectionsOfClient) => HealthPart::new(
            name,
            HealthStatus::Degraded,
            "this client has reached its limit on connections",
        ),
        None => HealthPart::ok(name),
    }
}

impl ReadinessReport {
    /// Returns the status of the part with the most severe one.
    pub fn worst(&self) -> HealthStatus {
        let statuses = self.parts.iter().map(|part| part.status);
        statuses.max().unwrap_or(HealthStatus::Ok)
    }
}

impl HealthStatus {
    /// Returns the value in the report.
    pub fn label(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Degraded => "degraded",
            Self::NotReady => "not_ready",
        }
    }
}

impl HealthPart {
    /// Creates the state of a part that works.
    pub fn ok(name: &'static str) -> Self {
        Self {
            name,
            status: HealthStatus::Ok,
            detail: None,
        }
    }

    /// Creates the state of a part, with the reason for it.
    pub fn new(name: &'static str, status: HealthStatus, detail: impl fmt::Display) -> Self {
        Self {
            name,
            status,
            detail: Some(detail.to_string()),
        }
    }
}

/// Responds to `GET /health`.
pub async fn live(State(program): State<Program>) -> Json<Liveness> {
    Json(Liveness {
        status: "healthy",
        program,
    })
}

/// Responds to `GET /health/ready`.
pub async fn ready(
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
