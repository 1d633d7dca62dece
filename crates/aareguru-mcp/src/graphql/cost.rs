//! How much an operation would cost, by the schema, and codes for what the
//! library finds wrong with it.

use std::sync::Arc;

use async_graphql::{
    ServerError, ServerResult, ValidationResult, Variables, async_trait,
    extensions::{Extension, ExtensionContext, ExtensionFactory, NextParseQuery, NextValidation},
    parser::types::ExecutableDocument,
};

use super::{
    limits::{too_much, with_code},
    trouble::Code,
};

/// Refuses an operation of which the answer could have more values than this.
#[derive(Debug, Clone, Copy)]
pub(super) struct Cost {
    pub(super) max_complexity: usize,
}

impl ExtensionFactory for Cost {
    fn create(&self) -> Arc<dyn Extension> {
        Arc::new(*self)
    }
}

#[async_trait::async_trait]
impl Extension for Cost {
    async fn parse_query(
        &self,
        ctx: &ExtensionContext<'_>,
        query: &str,
        variables: &Variables,
        next: NextParseQuery<'_>,
    ) -> ServerResult<ExecutableDocument> {
        let parsed = next.run(ctx, query, variables).await;
        parsed.map_err(|error| with_code(error, Code::LimitExceeded))
    }

    async fn validation(
        &self,
        ctx: &ExtensionContext<'_>,
        next: NextValidation<'_>,
    ) -> Result<ValidationResult, Vec<ServerError>> {
        let found = next.run(ctx).await.map_err(|errors| {
            let coded = errors.into_iter();
            let coded = coded.map(|error| with_code(error, Code::ValidationFailed));
            coded.collect::<Vec<_>>()
        })?;
        if found.complexity > self.max_complexity {
            let what = format!("the answer could have about {} values", found.complexity);
            let way_out = "ask for fewer places, fields or points at once";
            return Err(vec![too_much(&what, self.max_complexity, way_out)]);
        }
        Ok(found)
    }
}
