//! Liveness: cheap, and dependent on nothing but this process.

use axum::Json;
use serde::Serialize;

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
