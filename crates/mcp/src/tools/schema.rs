//! Builds the definitions of tools, with schemas that strict clients accept.

use std::sync::Arc;

use rmcp::{
    handler::server::common::{schema_for_empty_input, schema_for_input, schema_for_output},
    model::{JsonObject, Tool, ToolAnnotations},
};
use schemars::{
    JsonSchema, Schema,
    transform::{RestrictFormats, Transform, transform_subschemas},
};
use serde_json::Value;

/// Returns the definition of a read-only tool without arguments.
pub(super) fn tool<Output: JsonSchema + 'static>(
    name: &'static str,
    title: &str,
    description: &'static str,
) -> Tool {
    let annotations = ToolAnnotations::with_title(title)
        .read_only(true)
        .idempotent(true)
        .open_world(true);
    Tool::new(name, description, schema_for_empty_input())
        .with_title(title)
        .with_raw_output_schema(restrict_for_strict_clients(schema_for_output::<Output>()))
        .with_annotations(annotations)
}

/// Returns the definition of a read-only tool with arguments.
pub(super) fn tool_with<Arguments: JsonSchema + 'static, Output: JsonSchema + 'static>(
    name: &'static str,
    title: &str,
    description: &'static str,
) -> Tool {
    let mut tool = tool::<Output>(name, title, description);
    let input = schema_for_input::<Arguments>();
    tool.input_schema =
        restrict_for_strict_clients(input.expect("the type of the arguments is a struct"));
    tool
}

/// Removes formats of Rust numbers, such as `uint`, and lists of types.
fn restrict_for_strict_clients(schema: Arc<JsonObject>) -> Arc<JsonObject> {
    let mut schema = Schema::from(Arc::unwrap_or_clone(schema));
    split_types(&mut schema);
    RestrictFormats::default().transform(&mut schema);
    Arc::new(std::mem::take(schema.ensure_object()))
}

/// Replaces lists of types by `anyOf` with one type each.
fn split_types(schema: &mut Schema) {
    transform_subschemas(&mut split_types, schema);
    let Some(object) = schema.as_object_mut() else {
        return;
    };
    let Some(Value::Array(types)) = object.get("type").cloned() else {
        return;
    };
    // The description belongs to all choices; everything else describes the value.
    let description = object.remove_entry("description");
    let value = std::mem::take(object);
    let choices = types.into_iter().map(|of_type| {
        let mut choice = match of_type == "null" {
            true => JsonObject::new(),
            false => value.clone(),
        };
        choice.insert("type".to_owned(), of_type);
        Value::Object(choice)
    });
    object.extend(description);
    object.insert("anyOf".to_owned(), choices.collect());
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn property_named_format_is_kept() {
        let strict = |schema: Value| {
            let schema = schema.as_object().cloned().unwrap();
            Value::Object((*restrict_for_strict_clients(Arc::new(schema))).clone())
        };
        let dialect = "https://json-schema.org/draft/2020-12/schema";
        let schema = json!({"$schema": dialect, "properties": {
            "format": {"type": "string", "format": "uint32"},
            "day": {"type": "string", "format": "date"},
        }});
        let without = json!({"$schema": dialect, "properties": {
            "format": {"type": "string"},
            "day": {"type": "string", "format": "date"},
        }});
        assert_eq!(strict(schema), without);
    }

    #[test]
    fn nullable_type_becomes_any_of() {
        let mut schema = schemars::json_schema!({"properties": {
            "n": {"type": ["integer", "null"], "format": "int64", "description": "A number."},
            "s": {"type": "string"},
        }});
        split_types(&mut schema);
        assert_eq!(
            schema,
            json!({"properties": {
                "n": {"description": "A number.",
                      "anyOf": [{"type": "integer", "format": "int64"}, {"type": "null"}]},
                "s": {"type": "string"},
            }})
        );
    }
}
