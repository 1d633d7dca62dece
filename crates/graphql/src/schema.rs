//! The GraphQL schema, and its text in the schema definition language.

use aareguru::River;
use async_graphql::{EmptyMutation, SDLExportOptions, ValidationMode};

use crate::{
    limits::{self, OperationLimits},
    query::Query,
    subscription::Subscription,
};

pub(crate) type Schema = async_graphql::Schema<Query, EmptyMutation, Subscription>;

pub(crate) fn build_schema(river: River, limits: OperationLimits) -> Schema {
    let mut schema = Schema::build(Query, EmptyMutation, Subscription)
        .validation_mode(ValidationMode::Strict)
        .limit_recursive_depth(limits::MAX_BRACKET_DEPTH)
        .extension(limits)
        .data(river);
    if !limits.allows_introspection {
        // Suggestions in errors reveal the schema too.
        schema = schema.disable_introspection().disable_suggestions();
    }
    schema.finish()
}

/// Returns the schema in the schema definition language.
pub(crate) fn sdl(schema: &Schema) -> String {
    let options = SDLExportOptions::new()
        .use_space_ident()
        .include_specified_by()
        .prefer_single_line_descriptions();
    schema.sdl_with_options(options)
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use aareguru::Client;

    use super::*;

    #[tokio::test]
    async fn schema_types_fields_and_arguments_have_descriptions() {
        let query = "{ __schema { types { name description
            fields { name description args { name description } }
            enumValues { name description } } } }";
        let limits = OperationLimits {
            max_complexity: 25_000,
            timeout: Duration::from_secs(30),
            allows_introspection: true,
        };
        let answer = build_schema(River::new(Client::recorded()), limits)
            .execute(query)
            .await
            .data
            .into_json()
            .unwrap();
        let mut seen = 0;
        let mut described = |what: &str, value: &serde_json::Value| {
            seen += 1;
            let text = value["description"].as_str().unwrap_or_default();
            assert!(
                text.len() > 3,
                "{what}.{} has no description",
                value["name"]
            );
        };
        for of_schema in answer["__schema"]["types"].as_array().unwrap() {
            let name = of_schema["name"].as_str().unwrap();
            // Types that every schema has.
            let is_built_in = ["Boolean", "Float", "ID", "Int", "String"].contains(&name);
            if name.starts_with("__") || is_built_in {
                continue;
            }
            described("type", of_schema);
            for list in ["fields", "enumValues"] {
                for field in of_schema[list].as_array().into_iter().flatten() {
                    described(name, field);
                    for argument in field["args"].as_array().into_iter().flatten() {
                        described(name, argument);
                    }
                }
            }
        }
        assert!(seen > 200, "{seen}");
    }
}
