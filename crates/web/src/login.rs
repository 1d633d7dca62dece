//! The page for browsers without a key: what the server is, how clients connect, and a field for a
//! key, which a browser cannot send by itself. It contains no data about the river.
//!
//! It replaces the body of the 401 response for clients that accept HTML; status and challenge stay
//! the same.

use axum::{
    extract::Request,
    http::{HeaderValue, Method, StatusCode, header},
    response::Response,
};
use maud::{Markup, html};

use edge::accept::accepts_html;

use crate::{
    client_setups::{COPY_SCRIPT, ClientSetup, client_setups, mcp_link},
    fragments::format_markup,
    pages::Pages,
    request::PageRequest,
};

const SCRIPT: &str = include_str!("../assets/locked.js");

impl Pages {
    /// Returns the login page instead of `refusal` if the refusal is a 401 for a browser.
    pub fn login(&self, request: &Request, mut refusal: Response) -> Response {
        let headers = request.headers();
        let is_unauthorized = refusal.status() == StatusCode::UNAUTHORIZED;
        if !is_unauthorized || request.method() != Method::GET || !accepts_html(headers) {
            return refusal;
        }
        let path = request.uri().path().strip_prefix(self.base_path.as_str());
        let path = path.unwrap_or_default().trim_start_matches('/');
        let mut page = PageRequest::new(&self.base_path, request.uri(), headers, true);
        // The page is not stored, so no client can have it.
        page.etag = None;
        let setups = self.client_setups(&page.base_url);
        let title = page.texts.get("locked.title");
        let mut response = page.respond(path, title, "locked.js", &main(&page, &setups));
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
}

fn main(request: &PageRequest, setups: &[ClientSetup]) -> Markup {
    let texts = request.texts;
    let script_texts = texts.used_by_scripts(&[SCRIPT, COPY_SCRIPT]).to_string();
    html! {
        div.intro {
            h1 { (texts.get("locked.title")) }
            p.lead { (format_markup(texts, "locked.lead", &[("mcp", mcp_link())])) }
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
        (client_setups(setups, true, texts))
    }
}
