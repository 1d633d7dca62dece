//! The page for browsers without a key: what the server is, how clients connect, and a field for a
//! key, which a browser cannot send by itself. It contains no data about the river.
//!
//! It replaces the body of the 401 response for clients that accept HTML; status and challenge
//! stay the same.

use std::sync::Arc;

use aareguru::Place;
use axum::{
    extract::{MatchedPath, Request},
    http::{HeaderValue, Method, StatusCode, header},
    response::Response,
};
use maud::{Markup, html};

use super::{
    Page, console,
    request::{PageRequest, accepts_html},
};
use crate::guard::Check;

pub(super) const SCRIPT: &str = include_str!("../../../web/locked.js");
pub(super) const COPY: &str = include_str!("../../../web/copy.js");

/// Puts the page into 401 responses; runs before the check for the key.
#[derive(Debug, Clone)]
pub(in crate::http) struct Locked(Arc<Page>);

impl Page {
    pub(in crate::http) fn locked(self: &Arc<Self>) -> Locked {
        Locked(self.clone())
    }
}

/// A request for a page that may need a key.
#[derive(Debug)]
pub(in crate::http) struct Visitor {
    request: PageRequest,
    /// Under the base path, without a slash before it.
    path: String,
}

impl Check for Locked {
    type Passed = Option<Box<Visitor>>;

    fn check(&self, request: &mut Request) -> Result<Self::Passed, Box<Response>> {
        let headers = request.headers();
        if request.method() != Method::GET || !accepts_html(headers) {
            return Ok(None);
        }
        let base_path = &self.0.base_path;
        let route = request.extensions().get::<MatchedPath>();
        let route = route.and_then(|route| route.as_str().strip_prefix(base_path.as_str()));
        let Some(path) = route.map(|route| route.trim_start_matches('/')) else {
            return Ok(None);
        };
        let is_page = ["", "console", "graphql"].contains(&path)
            || Place::all().iter().any(|place| place.id() == path);
        Ok(is_page.then(|| {
            let mut page = PageRequest::new(base_path, request.uri(), headers, true);
            // The page is not stored, so no client can have it.
            page.etag = None;
            let path = path.to_owned();
            Box::new(Visitor {
                request: page,
                path,
            })
        }))
    }

    fn answered(visitor: Self::Passed, refusal: Response) -> Response {
        match visitor {
            Some(visitor) if refusal.status() == StatusCode::UNAUTHORIZED => {
                respond(&visitor.request, &visitor.path, refusal)
            }
            _ => refusal,
        }
    }
}

fn respond(request: &PageRequest, path: &str, mut refusal: Response) -> Response {
    let title = request.texts.get("locked.title");
    let mut response = request.respond(path, title, "locked.js", &main(request));
    *response.status_mut() = StatusCode::UNAUTHORIZED;
    // With a key, the same URL is the page itself.
    let headers = response.headers_mut();
    headers.remove(header::ETAG);
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    for name in [header::WWW_AUTHENTICATE, header::RETRY_AFTER] {
        if let Some(value) = refusal.headers_mut().remove(&name) {
            headers.insert(name, value);
        }
    }
    response
}

fn main(request: &PageRequest) -> Markup {
    let texts = request.texts;
    let script_texts = texts.of_scripts(&[SCRIPT, COPY]).to_string();
    html! {
        div.intro {
            h1 { (texts.get("locked.title")) }
            p.lead { (texts.format_markup("locked.lead", &[("mcp", console::mcp_link())])) }
        }
        noscript { p.notice { (texts.get("locked.no_script")) } }
        section #lock aria-label=(texts.get("locked.key")) hidden {
            form #unlock data-words=(script_texts) {
                div.row {
                    div.field {
                        label for="key" { (texts.get("locked.key")) }
                        input #key type="password" autocomplete="off" spellcheck="false" required
                            aria-describedby="key-hint unlock-state";
                        span #key-hint.hint { (texts.get("locked.key_hint")) }
                    }
                    button #open type="submit" { (texts.get("locked.open")) }
                }
                p #unlock-state role="status" {}
            }
        }
        (console::client_setups(&request.base_url, true, texts))
    }
}
