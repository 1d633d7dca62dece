//! Limits on one operation, checked before it is executed.
//!
//! A short query can have a huge response, because fragments, lists and aliases multiply fields.
//! `text.rs` checks the text before it is parsed. `document.rs` checks the expanded size before
//! async-graphql validates the document, which takes time in proportion to it. The complexity, an
//! estimate of the size of the response, is checked last.

mod document;
mod text;

pub(super) use text::MAX_BRACKET_DEPTH;

use std::{sync::Arc, time::Duration};

use async_graphql::{
    Request, ServerError, ValidationResult, async_trait,
    extensions::{Extension, ExtensionContext, ExtensionFactory, NextValidation},
    parser::types::OperationType,
};

use super::error::{ErrorCode, limit_exceeded, with_code};

/// The configurable limits.
#[derive(Debug, Clone, Copy)]
pub(super) struct OperationLimits {
    /// Maximum complexity: approximately the number of values in the response.
    pub(super) max_complexity: usize,
    pub(super) timeout: Duration,
    pub(super) allows_introspection: bool,
}

/// The kind of the operation to execute; `None` if the request does not identify one.
pub(super) type OperationKind = Option<OperationType>;

impl OperationLimits {
    /// Parses the document, and checks the limits that do not need the schema.
    ///
    /// # Errors
    ///
    /// The document exceeds a limit, or is not valid GraphQL.
    pub(super) fn admit(&self, request: &mut Request) -> Result<OperationKind, ServerError> {
        text::check(&request.query)?;
        let name = request.operation_name.clone();
        let document = request
            .parsed_query()
            .map_err(|error| with_code(error, ErrorCode::GraphqlParseFailed))?;
        document::check(document, self.allows_introspection)?;
        let mut operations = document.operations.iter();
        let operation = match name {
            Some(name) => operations.find(|(it, _)| it.is_some_and(|it| *it == name)),
            None => operations.next().filter(|_| operations.next().is_none()),
        };
        Ok(operation.map(|(_, operation)| operation.node.ty))
    }
}

impl ExtensionFactory for OperationLimits {
    fn create(&self) -> Arc<dyn Extension> {
        Arc::new(*self)
    }
}

#[async_trait::async_trait]
impl Extension for OperationLimits {
    /// Checks the complexity, and adds the code to validation errors.
    async fn validation(
        &self,
        ctx: &ExtensionContext<'_>,
        next: NextValidation<'_>,
    ) -> Result<ValidationResult, Vec<ServerError>> {
        let result = next.run(ctx).await.map_err(|errors| {
            let coded = errors.into_iter();
            let coded = coded.map(|error| with_code(error, ErrorCode::GraphqlValidationFailed));
            coded.collect::<Vec<_>>()
        })?;
        if result.complexity > self.max_complexity {
            let what = format!("the response could have about {} values", result.complexity);
            let advice = "request fewer places, fields or points";
            return Err(vec![limit_exceeded(&what, self.max_complexity, advice)]);
        }
        Ok(result)
    }
}
