//! A request for a page: its language, the URLs for its links, and the layout around its content.

use std::{convert::Infallible, sync::Arc};

use aareguru::Place;
use answers::{i18n::Texts, language::Language};
use axum::{
    extract::FromRequestParts,
    http::{HeaderMap, HeaderName, Uri, header, request::Parts},
    response::Response,
};
use edge::BasePath;
use maud::{DOCTYPE, Markup, html};
use rmcp_transport::Principal;

use crate::{files, fragments::format_markup, language, pages::Pages};

/// A request for a page.
#[derive(Debug)]
pub struct PageRequest {
    pub(crate) texts: &'static Texts,
    pub(crate) base_path: String,
    /// The server's URL with the base path, as the client uses it.
    pub(crate) base_url: String,
    /// Appended to links: keeps the language if the client chose one.
    query: String,
    pub(crate) has_key: bool,
    /// The entity tags of `If-None-Match`.
    pub(crate) etag: Option<String>,
}

impl FromRequestParts<Arc<Pages>> for PageRequest {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, pages: &Arc<Pages>) -> Result<Self, Infallible> {
        Ok(Self::from_parts(&pages.base_path, parts))
    }
}

impl PageRequest {
    pub(crate) fn from_parts(base_path: &BasePath, parts: &Parts) -> Self {
        let has_key = parts.extensions.get::<Principal>().is_some();
        Self::new(base_path, &parts.uri, &parts.headers, has_key)
    }

    pub(crate) fn new(base_path: &BasePath, uri: &Uri, headers: &HeaderMap, has_key: bool) -> Self {
        let language = language::negotiate(uri.query(), headers);
        let is_chosen = uri.query().is_some_and(|query| query.contains("lang="));
        Self {
            texts: Texts::of(language),
            base_path: base_path.to_string(),
            base_url: format!("{}{base_path}", origin(headers)),
            query: if is_chosen {
                format!("?lang={}", language.code())
            } else {
                String::new()
            },
            has_key,
            etag: text(headers, &header::IF_NONE_MATCH).map(str::to_owned),
        }
    }

    pub(crate) fn href(&self, path: &str) -> String {
        format!("{}/{path}{}", self.base_path, self.query)
    }

    /// The place's name in the language of the page.
    pub(crate) fn name(&self, place: &Place) -> &'static str {
        self.texts
            .find(&format!("place.{}", place.id()))
            .unwrap_or_default()
    }

    /// Responds with the page at `path`, whose content is `main`.
    pub(crate) fn respond(&self, path: &str, title: &str, script: &str, main: &Markup) -> Response {
        let html = self.layout(path, title, script, main).into_string();
        files::page(&html, self.texts.language().code(), self.etag.as_deref())
    }

    fn layout(&self, path: &str, title: &str, script: &str, main: &Markup) -> Markup {
        let (texts, base_path) = (self.texts, &self.base_path);
        html! {
            (DOCTYPE)
            html lang=(texts.language().code()) {
                head {
                    meta charset="utf-8";
                    meta name="viewport" content="width=device-width, initial-scale=1";
                    meta name="color-scheme" content="light dark";
                    meta name="description" content=(texts.get("lead"));
                    title { (title) }
                    link rel="icon" href={ (base_path) "/icon.svg" } type="image/svg+xml";
                    link rel="stylesheet" href={ (base_path) "/style.css" };
                    @if script == "graphql.js" {
                        link rel="stylesheet" href={ (base_path) "/graphql.css" };
                    }
                    script type="module" src={ (base_path) "/" (script) } {}
                }
                body data-base=(base_path) {
                    a.skip href="#main" { (texts.get("skip")) }
                    header.top {
                        a.home href=(self.href("")) { "aare" }
                        nav aria-label=(texts.get("language")) {
                            @for language in Language::ALL {
                                @let code = language.code();
                                a href={ (base_path) "/" (path) "?lang=" (code) }
                                    hreflang=(code) lang=(code) title=(language.name())
                                    aria-current=[(language == texts.language()).then_some("true")]
                                    { (code) }
                            }
                        }
                    }
                    main #main { (main) }
                    footer {
                        @if script == "page.js" { (live_status(texts)) }
                        section.permission aria-labelledby="permission" {
                            h2 #permission { (texts.get("no_permission")) }
                            p { (texts.get("no_permission_text")) }
                        }
                        p { (credits(texts)) }
                        p { (texts.get("levels_credit")) }
                        p.version { "aareguru-mcp " (env!("CARGO_PKG_VERSION")) }
                    }
                }
            }
        }
    }
}

/// Scheme and host. `Host` was checked before. `X-Forwarded-Proto` is trusted from any client,
/// because the response shows it to that client only.
fn origin(headers: &HeaderMap) -> String {
    let scheme = text(headers, &HeaderName::from_static("x-forwarded-proto"));
    let is_secure = scheme.is_some_and(|scheme| scheme.trim().eq_ignore_ascii_case("https"));
    let host = text(headers, &header::HOST).unwrap_or("localhost");
    format!("http{}://{host}", if is_secure { "s" } else { "" })
}

fn text<'a>(headers: &'a HeaderMap, name: &HeaderName) -> Option<&'a str> {
    headers.get(name)?.to_str().ok()
}

/// Where `page.js` reports whether the page updates by itself, and the texts that it shows.
fn live_status(texts: &Texts) -> Markup {
    html! {
        p #live role="status" aria-live="polite"
            data-on=(texts.get("live.on"))
            data-off=(texts.get("live.off"))
            data-new=(texts.get("live.new")) {}
        noscript { p { (texts.get("live.never")) } }
    }
}

fn credits(texts: &Texts) -> Markup {
    let link = |url: &str, name: &str| html! { a href=(url) rel="noreferrer" { (name) } };
    let links = [
        ("aareguru", link("https://aare.guru", "Aare.guru")),
        (
            "bafu",
            link("https://www.hydrodaten.admin.ch", texts.get("bafu")),
        ),
        ("temperaare", link("https://temperaare.ch", "TemperAare")),
    ];
    format_markup(texts, "credits", &links)
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderValue;

    use super::*;

    #[test]
    fn the_scheme_is_https_only_where_a_proxy_says_so() {
        let with = |scheme: &'static str| {
            origin(&HeaderMap::from_iter([
                (header::HOST, HeaderValue::from_static("aare.example")),
                (
                    HeaderName::from_static("x-forwarded-proto"),
                    HeaderValue::from_static(scheme),
                ),
            ]))
        };
        assert_eq!(with("https"), "https://aare.example");
        for other in ["http", "", "javascript", "https://evil.example"] {
            assert_eq!(with(other), "http://aare.example");
        }
    }
}
