//! `GET /live`: an event whenever the river was measured anew, so that a page
//! that is open asks again, and does not before.
//!
//! All readers together are one subscriber more to the answer that tells of all
//! places. They are bounded as the sessions of a transport are.

use std::{convert::Infallible, time::Duration};

use axum::{
    extract::State,
    http::{Extensions, HeaderName, StatusCode, header},
    response::{
        IntoResponse, Response,
        sse::{Event, KeepAlive, Sse},
    },
};
use futures_util::{StreamExt, stream};
use rmcp_sse::Client;

use super::{Page, i18n::Texts, template::Html};
use crate::{
    http::refusal,
    mcp::subscriptions::{Feed, Subject},
};

const KEEP_ALIVE: Duration = Duration::from_secs(15);

/// No proxy may keep events back.
const UNBUFFERED: [(HeaderName, &str); 2] = [
    (HeaderName::from_static("x-accel-buffering"), "no"),
    (header::CACHE_CONTROL, "no-store"),
];

pub(super) async fn live(State(page): State<Page>, extensions: Extensions) -> Response {
    let Some(server) = &page.0.server else {
        return StatusCode::NOT_FOUND.into_response();
    };
    let place = match page.0.followers.take(Client::of(&extensions)) {
        Ok(place) => place,
        Err(full) => return refusal::response(full),
    };
    let subscriber = server.subscriptions().subscriber();
    let added = subscriber.add(Subject::Measurement, Some(Feed::Widget));
    added.expect("one subscription is not too many");
    let events = stream::unfold((subscriber, place), |(subscriber, place)| async move {
        subscriber.news().await;
        let event = Event::default().event("measurement").data("new");
        Some((Ok::<_, Infallible>(event), (subscriber, place)))
    });
    // Headers alone are held back by some browsers and proxies.
    let hello = stream::iter([Ok(Event::default().event("hello").data("aare"))]);
    let until = page.0.shutdown.clone().cancelled_owned();
    let events = hello.chain(events).take_until(until);
    let keep_alive = KeepAlive::new().interval(KEEP_ALIVE);
    (UNBUFFERED, Sse::new(events).keep_alive(keep_alive)).into_response()
}

/// Where the page tells whether it updates by itself. It has the texts for the
/// program that does it.
pub(super) fn status(texts: &Texts) -> Html {
    const STATUS: &str = r#"<p id="live" role="status" aria-live="polite" data-on="{{w.live.on}}" data-off="{{w.live.off}}" data-new="{{w.live.new}}"></p><noscript><p>{{w.live.never}}</p></noscript>"#;
    Html::fill(STATUS, texts, &[])
}
