//! The response for unknown paths: browsers that may have mistyped a place get the list of places.

use std::sync::Arc;

use aareguru::Place;
use axum::{
    extract::State,
    http::{HeaderMap, StatusCode, Uri},
    response::{IntoResponse, Response},
};
use edge::accept::accepts_html;
use maud::{Markup, html};

use crate::{fragments::format_markup, pages::Pages, request::PageRequest};

/// Responds to a request for an unknown path.
pub async fn not_found(
    State(pages): State<Arc<Pages>>,
    uri: Uri,
    headers: HeaderMap,
    request: PageRequest,
) -> Response {
    let path = uri.path().strip_prefix(pages.base_path.as_str());
    let name = path.and_then(|path| path.strip_prefix('/'));
    let name = name.filter(|name| !name.is_empty() && !name.contains('/'));
    let Some(name) = name.filter(|_| accepts_html(&headers)) else {
        return as_text();
    };
    let name = percent_encoding::percent_decode_str(name).decode_utf8_lossy();
    let main = main(&request, &name);
    let title = request.texts.get("unknown_place");
    let page = request.respond("", title, "page.js", &main);
    (StatusCode::NOT_FOUND, page).into_response()
}

pub(crate) fn as_text() -> Response {
    let text = "Not Found. MCP clients connect to /mcp, or to /sse.\n";
    (StatusCode::NOT_FOUND, text).into_response()
}

fn main(request: &PageRequest, name: &str) -> Markup {
    let texts = request.texts;
    let link =
        |place: &Place| html! { a href=(request.href(place.id())) { (request.name(place)) } };
    let nearest = Place::find(name).map_or_else(|unknown| unknown.nearest, Some);
    // A name may be as long as a URL.
    let shown: String = name.chars().take(60).collect();
    html! {
        div.intro {
            h1 { (texts.get("unknown_place")) }
            p.lead {
                (texts.format("unknown_place_text", &[("name", shown)]))
                " "
                @if let Some(place) = nearest {
                    (format_markup(texts, "did_you_mean", &[("place", link(place))]))
                }
            }
        }
        nav aria-label=(texts.get("places")) {
            ul.list { @for place in Place::all() { li { (link(place)) } } }
        }
    }
}
