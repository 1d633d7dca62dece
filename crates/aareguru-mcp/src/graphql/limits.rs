//! How much one request may ask for, checked before anything is executed.
//!
//! A query is short and its answer is not: fragments multiply, lists multiply,
//! aliases ask again and again. So the text is looked at before it is parsed,
//! and what it expands to is counted before the library walks it.

mod document;
mod text;

use std::time::Duration;

use async_graphql::{Request, ServerError, parser::types::OperationType};

use super::trouble::{self, Code};

/// The bounds of one request.
#[derive(Debug, Clone)]
pub(super) struct Limits {
    /// About how many values an answer may have.
    pub(super) max_complexity: usize,
    /// How long it may take.
    pub(super) timeout: Duration,
    /// Whether the schema is told.
    pub(super) tells_schema: bool,
}

/// The longest document, in bytes.
pub(super) const MAX_QUERY_BYTES: usize = 16 * 1024;
/// The most words and signs in a document.
pub(super) const MAX_TOKENS: usize = 2_500;
/// How deep brackets may be nested in a document.
pub(super) const MAX_BRACKETS: usize = 32;
/// How deep fields may be nested; the schema has no deeper ones.
pub(super) const MAX_DEPTH: usize = 10;
/// How deep they may be nested when the schema is asked for.
pub(super) const MAX_SCHEMA_DEPTH: usize = 20;
/// How often lists of fields may be nested when the schema is asked for: each
/// further one multiplies the answer.
pub(super) const MAX_SCHEMA_LISTS: usize = 3;
/// How many fields there may be, with those of fragments wherever they are
/// spread.
pub(super) const MAX_FIELDS: usize = 1_000;
/// How many fields there may be at the top, by whatever alias.
pub(super) const MAX_ROOT_FIELDS: usize = 30;
/// How many directives there may be, with those of fragments.
pub(super) const MAX_DIRECTIVES: usize = 30;

/// The kind of the operation that is to be executed; `None` if the request
/// does not say which one it means.
pub(super) type Kind = Option<OperationType>;

impl Limits {
    /// Parses the document, unless it is too much.
    ///
    /// # Errors
    ///
    /// It is too much, or not GraphQL.
    pub(super) fn admit(&self, request: &mut Request) -> Result<Kind, ServerError> {
        text::check(&request.query)?;
        let name = request.operation_name.clone();
        let document = match request.parsed_query() {
            Ok(document) => document,
            Err(error) => return Err(with_code(error, Code::ParseFailed)),
        };
        document::check(document, self.tells_schema)?;
        let mut operations = document.operations.iter();
        Ok(match (&name, operations.next(), operations.next()) {
            (Some(name), ..) => document
                .operations
                .iter()
                .find(|(it, _)| it.is_some_and(|it| it == name))
                .map(|(_, operation)| operation.node.ty),
            (None, Some((_, operation)), None) => Some(operation.node.ty),
            _ => None,
        })
    }
}

/// An error that says how much there may be.
pub(super) fn too_much(what: &str, limit: usize, way_out: &str) -> ServerError {
    let text = format!("{what}: {limit} at most; {way_out}");
    let error = trouble::error(Code::LimitExceeded, text);
    let mut extensions = error.extensions.unwrap_or_default();
    extensions.set("limit", limit);
    let mut error = ServerError::new(error.message, None);
    error.extensions = Some(extensions);
    error
}

/// An error of the library, which gives none a code.
pub(super) fn with_code(mut error: ServerError, code: Code) -> ServerError {
    let extensions = error.extensions.get_or_insert_default();
    if extensions.get("code").is_none() {
        extensions.set("code", code.as_str());
    }
    error
}
