//! Limits of one operation, checked before it is executed.
//!
//! A short query can have a huge answer: fragments multiply, lists multiply, aliases repeat. The
//! text is checked before it is parsed, what the document expands to before the library walks it
//! (which takes time in proportion to that), and the size of the answer by the schema.

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

/// The limits that the operator sets.
#[derive(Debug, Clone, Copy)]
pub(super) struct OperationLimits {
    /// About how many values a response may have.
    pub(super) max_complexity: usize,
    pub(super) timeout: Duration,
    pub(super) allows_introspection: bool,
}

/// The kind of the operation that is to be executed; `None` if the request
/// does not say which one it means.
pub(super) type OperationKind = Option<OperationType>;

impl OperationLimits {
    /// Parses the document.
    ///
    /// # Errors
    ///
    /// It exceeds a limit, or is not GraphQL.
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
    /// Limits the complexity, and gives the errors of the library their code.
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
            let what = format!("the answer could have about {} values", result.complexity);
            let advice = "ask for fewer places, fields or points at once";
            return Err(vec![limit_exceeded(&what, self.max_complexity, advice)]);
        }
        Ok(result)
    }
}
