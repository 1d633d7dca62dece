//! What a browser is shown that comes to a page without a key: what this is, how
//! clients connect, and a field for a key, which a browser cannot send by
//! itself. Nothing of the river.
//!
//! The refusal stays what it is, a 401 with its challenge; only its text is
//! another one, and only for who reads HTML.

use aareguru::Place;
use axum::{
    extract::{MatchedPath, Request},
    http::{HeaderValue, Method, StatusCode, header},
    response::Response,
};

use super::{Page, Reader, console, template::Html};
use crate::guard::Check;

const PAGE: &str = include_str!("../../../web/locked.html");
pub(super) const SCRIPT: &str = include_str!("../../../web/locked.js");
pub(super) const COPY: &str = include_str!("../../../web/copy.js");

/// Puts the page into refusals; in front of the check for the key.
#[derive(Debug, Clone)]
pub(in crate::http) struct Locked(Page);

impl Page {
    pub(in crate::http) fn locked(&self) -> Locked {
        Locked(self.clone())
    }
}

/// Who asked for which page.
#[derive(Debug)]
pub(in crate::http) struct Visitor {
    reader: Reader,
    /// Under the base path, without a slash before it.
    path: String,
}

impl Check for Locked {
    type Passed = Option<Box<Visitor>>;

    fn check(&self, request: &mut Request) -> Result<Self::Passed, Box<Response>> {
        let headers = request.headers();
        if request.method() != Method::GET || !super::reads_html(headers) {
            return Ok(None);
        }
        let base_path = &self.0.0.base_path;
        let route = request.extensions().get::<MatchedPath>();
        let route = route.and_then(|route| route.as_str().strip_prefix(base_path.as_str()));
        let Some(path) = route.map(|route| route.trim_start_matches('/')) else {
            return Ok(None);
        };
        let is_page = ["", "console", "graphql"].contains(&path)
            || Place::all().iter().any(|place| place.id() == path);
        Ok(is_page.then(|| {
            let mut reader = Reader::of(&self.0, request.uri().query(), headers, true);
            // It is not kept, so nobody can have it.
            reader.etag = None;
            let path = path.to_owned();
            Box::new(Visitor { reader, path })
        }))
    }

    fn answered(visitor: Self::Passed, refusal: Response) -> Response {
        match visitor {
            Some(visitor) if refusal.status() == StatusCode::UNAUTHORIZED => {
                visitor.told_instead_of(refusal)
            }
            _ => refusal,
        }
    }
}

impl Visitor {
    fn told_instead_of(&self, mut refusal: Response) -> Response {
        let reader = &self.reader;
        let texts = reader.texts;
        let base = format!("{}{}", reader.address.http(), reader.base_path);
        let lead = Html::format("locked.lead", texts, &[("mcp", console::mcp(texts))]);
        let values = [
            ("lead", lead.into()),
            (
                "words",
                texts.of_scripts(&[SCRIPT, COPY]).to_string().into(),
            ),
            ("key_needed", console::key_needed(texts).into()),
            ("setups", console::setups(&base, true, texts).into()),
        ];
        let main = Html::fill(PAGE, texts, &values);
        let title = texts.get("locked.title");
        let mut told = reader.answer(reader.page((&self.path, title), "locked.js", main));
        *told.status_mut() = StatusCode::UNAUTHORIZED;
        // The same address has the page itself for who has a key.
        let headers = told.headers_mut();
        headers.remove(header::ETAG);
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
        for name in [header::WWW_AUTHENTICATE, header::RETRY_AFTER] {
            if let Some(value) = refusal.headers_mut().remove(&name) {
                headers.insert(name, value);
            }
        }
        told
    }
}
