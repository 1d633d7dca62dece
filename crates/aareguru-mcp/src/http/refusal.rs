//! A refusal as an answer: one sentence, and when to come again.

use axum::{
    http::header,
    response::{IntoResponse, Response},
};
use rmcp_sse::Refusal;

pub(super) fn response(refusal: Refusal) -> Response {
    let mut response = (refusal.status(), format!("{refusal}\n")).into_response();
    if let Some(seconds) = refusal.retry_after_secs() {
        let headers = response.headers_mut();
        headers.insert(header::RETRY_AFTER, seconds.into());
    }
    response
}
