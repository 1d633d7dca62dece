//! Responses with pages and their files: always with a content security policy, and without a body
//! if the client has the same version.

use answers::assets;
use axum::{
    http::{HeaderMap, StatusCode, header},
    response::{IntoResponse, Response},
    routing::{MethodRouter, get},
};
use sha2::{Digest, Sha256};

/// Restricts injected content: scripts and styles only from our files, connections only to us.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; \
                      connect-src 'self'; base-uri 'none'; form-action 'none'; \
                      frame-ancestors 'none'; require-trusted-types-for 'script'; \
                      trusted-types page";

const HTML: &str = "text/html; charset=utf-8";
const STYLE: &str = "text/css; charset=utf-8";
const SCRIPT: &str = "text/javascript; charset=utf-8";

/// A file of `assets`, as its path, its type and its content.
macro_rules! file {
    ($name:literal, $type:expr) => {
        (
            concat!("/", $name),
            $type,
            include_str!(concat!("../assets/", $name)),
        )
    };
}

/// The files of the pages, compiled in.
const FILES: &[(&str, &str, &str)] = &[
    file!("page.js", SCRIPT),
    file!("console.js", SCRIPT),
    file!("locked.js", SCRIPT),
    file!("copy.js", SCRIPT),
    file!("ask.js", SCRIPT),
    #[cfg(feature = "graphql")]
    file!("graphql.css", STYLE),
    #[cfg(feature = "graphql")]
    file!("graphql.js", SCRIPT),
    #[cfg(feature = "graphql")]
    file!("graphql_docs.js", SCRIPT),
    #[cfg(feature = "graphql")]
    file!("graphql_schema.js", SCRIPT),
    #[cfg(feature = "graphql")]
    file!("graphql_text.js", SCRIPT),
    ("/style.css", STYLE, assets::STYLE),
    ("/charts.js", SCRIPT, assets::CHARTS),
    ("/icon.svg", "image/svg+xml", assets::ICON),
];

/// Returns the files of the pages: their paths and handlers.
pub fn files() -> impl Iterator<Item = (&'static str, MethodRouter)> {
    FILES.iter().map(|(path, of_type, text)| {
        let file = move |headers: HeaderMap| async move {
            let known = headers.get(header::IF_NONE_MATCH);
            let known = known.and_then(|known| known.to_str().ok());
            answer(of_type, text, "public, no-cache", known)
        };
        (*path, get(file))
    })
}

/// A page in a language. Shared caches must not store it: it may need a key.
pub(crate) fn page(html: &str, language: &'static str, known: Option<&str>) -> Response {
    let headers = [
        (header::CONTENT_SECURITY_POLICY, POLICY),
        (header::REFERRER_POLICY, "no-referrer"),
        (header::CONTENT_LANGUAGE, language),
        (header::VARY, "accept, accept-language, x-forwarded-proto"),
    ];
    (headers, answer(HTML, html, "private, no-cache", known)).into_response()
}

/// A response that clients must revalidate; without a body if they have this version.
fn answer(
    of_type: &'static str,
    text: &str,
    caching: &'static str,
    known: Option<&str>,
) -> Response {
    let etag = etag(text);
    let is_known = known.is_some_and(|known| {
        let mut tags = known.split(',');
        tags.any(|tag| tag.trim().trim_start_matches("W/") == etag)
    });
    let headers = [
        (header::ETAG, etag),
        (header::CACHE_CONTROL, caching.to_owned()),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff".to_owned()),
    ];
    if is_known {
        return (StatusCode::NOT_MODIFIED, headers).into_response();
    }
    let of_type = [(header::CONTENT_TYPE, of_type)];
    (headers, of_type, text.to_owned()).into_response()
}

fn etag(text: &str) -> String {
    let hash = Sha256::digest(text.as_bytes());
    let hex: String = hash[..12]
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect();
    format!("\"{hex}\"")
}
