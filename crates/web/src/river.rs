//! The pages about the river: the overview, and one page for each place.

use std::sync::Arc;

use aareguru::Place;
use axum::{extract::State, response::Response};

use crate::{
    console, detail, not_found, overview,
    overview_data::{PlaceOverview, RiverOverview},
    pages::Pages,
    request::PageRequest,
};

/// Responds to `GET /` with the overview of the river, or the console if a different MCP handler is served.
pub async fn river(State(pages): State<Arc<Pages>>, request: PageRequest) -> Response {
    let Some(river) = &pages.river else {
        return console::respond(&pages, &request);
    };
    let river = RiverOverview::fetch(river).await;
    let main = overview::main(&request, &river);
    request.respond("", request.texts.get("title"), "page.js", &main)
}

/// Responds with the page of a place.
pub async fn place(
    State(pages): State<Arc<Pages>>,
    request: PageRequest,
    place: &'static Place,
) -> Response {
    let Some(river) = &pages.river else {
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
