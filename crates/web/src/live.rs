//! `GET /live`: an event for each new measurement, so that open pages reload their content.
//!
//! Together, the pages are one more subscriber to the response for all places. Their number is
//! limited like the sessions of a transport.

use std::{convert::Infallible, sync::Arc, time::Duration};

use aareguru::Feed;
use axum::{
    extract::State,
    http::{Extensions, HeaderName, StatusCode, header},
    response::{
        IntoResponse, Response,
        sse::{Event, KeepAlive, Sse},
    },
};
use edge::refusal;
use futures_util::{StreamExt, stream};
use rmcp_transport::ClientKey;

use crate::pages::Pages;

const KEEP_ALIVE: Duration = Duration::from_secs(15);

/// No proxy may keep events back.
const UNBUFFERED: [(HeaderName, &str); 2] = [
    (HeaderName::from_static("x-accel-buffering"), "no"),
    (header::CACHE_CONTROL, "no-store"),
];

/// Responds to `GET /live`.
pub async fn live(State(pages): State<Arc<Pages>>, extensions: Extensions) -> Response {
    let Some(river) = &pages.river else {
        return StatusCode::NOT_FOUND.into_response();
    };
    let permit = match pages.live_pages.try_acquire(ClientKey::of(&extensions)) {
        Ok(permit) => permit,
        Err(exceeded) => return refusal::of_transport(exceeded.into()),
    };
    let watch = river.watch(Feed::Widget);
    let events = stream::unfold((watch, permit), |(mut watch, permit)| async move {
        watch.changed().await;
        let event = Event::default().event("measurement").data("new");
        Some((Ok::<_, Infallible>(event), (watch, permit)))
    });
    // Headers alone are held back by some browsers and proxies.
    let hello = stream::iter([Ok(Event::default().event("hello").data("aare"))]);
    let until = pages.shutdown.clone().cancelled_owned();
    let events = hello.chain(events).take_until(until);
    let keep_alive = KeepAlive::new().interval(KEEP_ALIVE);
    (UNBUFFERED, Sse::new(events).keep_alive(keep_alive)).into_response()
}
