//! The river as GraphQL, at `/graphql`.
//!
//! The schema only translates, as the tools do: what the numbers mean is the business of
//! `aareguru`. One file a family of types; `service.rs` executes, `limits.rs` bounds an operation,
//! and `http.rs`, `event_stream.rs` and `websocket.rs` are the transports. `docs/GRAPHQL.md` is for
//! its users.

#[macro_use]
mod object;
mod comparison;
mod conditions;
mod danger;
mod error;
mod event_stream;
mod forecast;
#[cfg(test)]
mod fuzz;
mod history;
mod http;
mod limits;
mod media;
mod metrics;
mod order;
mod place;
mod query;
mod reading;
mod scalars;
mod service;
mod sources;
mod subscription;
mod websocket;

pub(crate) use http::{get, post, schema as schema_text};
pub use service::GraphQl;

use std::time::Duration;

use aareguru::River;
use async_graphql::{EmptyMutation, SDLExportOptions, ValidationMode};
use rmcp_transport::SseServerConfig;

use crate::settings::Settings;
use limits::Limits;
use query::Query;
use subscription::Subscription;

type Schema = async_graphql::Schema<Query, EmptyMutation, Subscription>;

impl GraphQl {
    /// Over `river`, with its pollers. The limits of
    /// streams and sockets are those of `config`, counted separately.
    pub fn new(river: River, settings: &Settings, config: SseServerConfig) -> Self {
        let limits = Limits {
            max_complexity: settings.graphql_max_complexity,
            timeout: Duration::from_secs(settings.graphql_timeout_seconds),
            allows_introspection: settings.graphql_introspection,
        };
        let schema = schema(river, limits);
        Self::with_schema(schema, limits, config, settings.base_path())
    }
}

fn schema(river: River, limits: Limits) -> Schema {
    let mut schema = Schema::build(Query, EmptyMutation, Subscription)
        .validation_mode(ValidationMode::Strict)
        .limit_recursive_depth(limits::MAX_BRACKETS)
        .extension(limits)
        .data(river);
    if !limits.allows_introspection {
        // Suggestions in errors would reveal the schema.
        schema = schema.disable_introspection().disable_suggestions();
    }
    schema.finish()
}

fn sdl(schema: &Schema) -> String {
    let options = SDLExportOptions::new()
        .use_space_ident()
        .include_specified_by()
        .prefer_single_line_descriptions();
    schema.sdl_with_options(options)
}

#[cfg(test)]
mod tests {
    use aareguru::Client;

    use super::*;
    use crate::settings::documents_tests::is_up_to_date;

    pub(super) fn of_recordings() -> (Schema, Limits) {
        let river = River::new(Client::recorded());
        let limits = Limits {
            max_complexity: 25_000,
            timeout: Duration::from_secs(30),
            allows_introspection: true,
        };
        let schema = schema(river, limits);
        (schema, limits)
    }

    #[test]
    fn the_schema_is_up_to_date() {
        is_up_to_date("docs/schema.graphql", &sdl(&of_recordings().0));
    }

    #[tokio::test]
    async fn everything_in_the_schema_is_described() {
        let query = "{ __schema { types { name description
            fields { name description args { name description } }
            enumValues { name description } } } }";
        let answer = of_recordings()
            .0
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
            // Every schema has these.
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
