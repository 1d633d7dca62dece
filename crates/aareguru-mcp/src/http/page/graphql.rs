//! The page at `/graphql`: an editor for queries that knows the schema, beside
//! the schema's own docs.
//!
//! What the schema says stays in English; around it the page speaks the
//! reader's language.

use axum::{http::request::Parts, response::Response};
use rmcp_sse::Principal;

use super::{Reader, template::Html};
use crate::base_path::BasePath;

const PAGE: &str = include_str!("../../../web/graphql.html");
pub(super) const SCRIPT: &str = include_str!("../../../web/graphql.js");
pub(super) const DOCS: &str = include_str!("../../../web/graphql_docs.js");

/// The answer to a browser that asks no query.
pub(crate) fn page(base_path: &BasePath, parts: &Parts) -> Response {
    let has_key = parts.extensions.get::<Principal>().is_some();
    let reader = Reader::new(base_path, parts.uri.query(), &parts.headers, has_key);
    let texts = reader.texts;
    let said = texts.of_scripts(&[SCRIPT, DOCS]).to_string();
    let main = Html::fill(PAGE, texts, &[("words", said.into())]);
    let title = format!("GraphQL: {}", texts.get("title"));
    reader.answer(reader.page(("graphql", &title), "graphql.js", main))
}
