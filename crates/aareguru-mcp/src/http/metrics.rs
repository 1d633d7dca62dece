//! `GET /metrics`: the numbers of this process, for Prometheus.

use axum::{
    http::header,
    response::{IntoResponse, Response},
};

use crate::telemetry::prometheus::{CONTENT_TYPE, Prometheus};

pub(super) async fn scrape() -> Response {
    let text = Prometheus::installed().render();
    ([(header::CONTENT_TYPE, CONTENT_TYPE)], text).into_response()
}
