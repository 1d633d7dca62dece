//! How pages and the files they need are sent: never without a policy, and not
//! again to who has them.

use axum::{
    http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
    routing::{MethodRouter, get},
};
use sha2::{Digest, Sha256};

/// A page that was tricked into holding something else could do nothing with
/// it: no script and no style but our files, no connection but to us.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; \
                      connect-src 'self'; base-uri 'none'; form-action 'none'; \
                      frame-ancestors 'none'; require-trusted-types-for 'script'; \
                      trusted-types page";

const HTML: &str = "text/html; charset=utf-8";
const STYLE: &str = "text/css; charset=utf-8";
const SCRIPT: &str = "text/javascript; charset=utf-8";

/// The files of the pages, compiled in.
const FILES: &[(&str, &str, &str)] = &[
    ("/style.css", STYLE, include_str!("../../../web/style.css")),
    ("/page.js", SCRIPT, include_str!("../../../web/page.js")),
    ("/charts.js", SCRIPT, include_str!("../../../web/charts.js")),
    ("/console.js", SCRIPT, super::console::SCRIPT),
    ("/locked.js", SCRIPT, super::login::SCRIPT),
    ("/copy.js", SCRIPT, super::login::COPY),
    ("/ask.js", SCRIPT, include_str!("../../../web/ask.js")),
    #[cfg(feature = "graphql")]
    (
        "/graphql.css",
        STYLE,
        include_str!("../../../web/graphql.css"),
    ),
    #[cfg(feature = "graphql")]
    ("/graphql.js", SCRIPT, super::graphql::SCRIPT),
    #[cfg(feature = "graphql")]
    ("/graphql_docs.js", SCRIPT, super::graphql::DOCS),
    #[cfg(feature = "graphql")]
    (
        "/graphql_schema.js",
        SCRIPT,
        include_str!("../../../web/graphql_schema.js"),
    ),
    #[cfg(feature = "graphql")]
    (
        "/graphql_text.js",
        SCRIPT,
        include_str!("../../../web/graphql_text.js"),
    ),
    (
        "/icon.svg",
        "image/svg+xml",
        include_str!("../../mcp/icon.svg"),
    ),
];

/// The paths of the files, and what answers there.
pub(in crate::http) fn routes() -> impl Iterator<Item = (&'static str, MethodRouter)> {
    FILES.iter().map(|(path, of_type, text)| {
        let file = move |headers: HeaderMap| async move {
            let known = headers.get(header::IF_NONE_MATCH);
            let known = known.and_then(|known| known.to_str().ok());
            answer(of_type, text, "public, no-cache", known)
        };
        (*path, get(file))
    })
}

/// A page in a language. Only who has a key may have seen it.
pub(super) fn page(html: &str, language: &'static str, known: Option<&str>) -> Response {
    let mut answer = answer(HTML, html, "private, no-cache", known);
    let headers = answer.headers_mut();
    let mut set = |name: HeaderName, value| {
        headers.insert(name, HeaderValue::from_static(value));
    };
    set(header::CONTENT_SECURITY_POLICY, POLICY);
    set(header::REFERRER_POLICY, "no-referrer");
    set(header::CONTENT_LANGUAGE, language);
    set(header::VARY, "accept, accept-language, x-forwarded-proto");
    answer
}

/// To be asked for again each time, and sent again only if it has changed.
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
