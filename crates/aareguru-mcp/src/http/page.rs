//! The web pages: the river at a glance, each of its places, and a console for developers.
//!
//! The server renders them complete with all numbers. A small script draws the charts and reloads
//! the content when a measurement arrives. The pages load nothing from other servers.

mod console;
mod detail;
mod files;
mod fragments;
#[cfg(feature = "graphql")]
mod graphql;
mod language;
mod live;
mod login;
mod not_found;
mod overview;
mod overview_data;
mod request;
mod series;

use rmcp_transport::SessionLimiter;
use std::sync::Arc;

use aareguru::{Place, River};
use axum::{extract::State, response::Response};
use edge::{BasePath, health::Readiness};
use tokio_util::sync::CancellationToken;

pub(super) use self::{console::console, files::routes as files, live::live, not_found::not_found};
#[cfg(feature = "graphql")]
pub(crate) use self::{graphql::page as graphql_page, request::accepts_html};
use self::{
    overview_data::{PlaceOverview, RiverOverview},
    request::PageRequest,
};
use crate::{app::App, health_checks};

/// What the pages are rendered from.
#[derive(Debug)]
pub(super) struct Page {
    readiness: Readiness,
    base_path: BasePath,
    /// `None` if another MCP handler is served.
    river: Option<River>,
    /// Limits the open pages that are notified of measurements.
    followers: Arc<SessionLimiter>,
    shutdown: CancellationToken,
}

impl Page {
    pub(super) fn new<S>(app: &App<S>) -> Arc<Self> {
        Arc::new(Self {
            readiness: health_checks::readiness(app),
            base_path: app.base_path.clone(),
            river: app.river.clone(),
            followers: SessionLimiter::new(
                app.bounds.max_sessions,
                app.bounds.max_sessions_per_client,
            ),
            shutdown: app.shutdown.clone(),
        })
    }
}

/// The overview of the river, or the console if a different MCP handler is served.
pub(super) async fn river(State(page): State<Arc<Page>>, request: PageRequest) -> Response {
    let Some(river) = &page.river else {
        return console::respond(&page, &request);
    };
    let river = RiverOverview::fetch(river).await;
    let main = overview::main(&request, &river);
    request.respond("", request.texts.get("title"), "page.js", &main)
}

/// The page of a place.
pub(super) async fn place(
    State(page): State<Arc<Page>>,
    request: PageRequest,
    place: &'static Place,
) -> Response {
    let Some(river) = &page.river else {
        return not_found::as_text();
    };
    let at = PlaceOverview::fetch(river, place).await;
    let forecast = river.forecast(place).await.ok();
    let now = river.now();
    let at = at.unwrap_or_else(|| PlaceOverview::unknown(place, now));
    let main = detail::main(&request, &at, forecast.as_ref(), now);
    let title = format!("{}: {}", request.name(place), request.texts.get("title"));
    request.respond(place.id(), &title, "page.js", &main)
}

#[cfg(test)]
mod texts_tests;
