//! The schemas of the tools, in a form that strict clients take.

use std::sync::Arc;

use rmcp::{
    handler::server::tool::schema_for_output,
    model::{JsonObject, Tool},
};
use schemars::JsonSchema;
use serde_json::Value;

/// The schema of an answer. A value that may be null is told as a choice of
/// two schemas: some clients do not understand a list of types.
pub(super) fn output<T: JsonSchema + 'static>() -> Arc<JsonObject> {
    let mut schema = (*schema_for_output::<T>()).clone();
    schema.values_mut().for_each(without_lists_of_types);
    Arc::new(schema)
}

/// The formats that JSON Schema defines and that stand in our schemas. Those of
/// Rust's numbers, such as `uint`, are ours alone: strict clients refuse them.
const FORMATS: [&str; 2] = ["date", "date-time"];

/// The same tool with schemas that name no format of our own.
pub(super) fn with_known_formats(mut tool: Tool) -> Tool {
    let input = Arc::make_mut(&mut tool.input_schema);
    input.values_mut().for_each(without_own_formats);
    if let Some(output) = &mut tool.output_schema {
        let output = Arc::make_mut(output);
        output.values_mut().for_each(without_own_formats);
    }
    tool
}

fn without_own_formats(schema: &mut Value) {
    match schema {
        Value::Array(items) => items.iter_mut().for_each(without_own_formats),
        Value::Object(object) => {
            let format = object.get("format").and_then(Value::as_str);
            if format.is_some_and(|format| !FORMATS.contains(&format)) {
                object.remove("format");
            }
            object.values_mut().for_each(without_own_formats);
        }
        _ => {}
    }
}

fn without_lists_of_types(schema: &mut Value) {
    match schema {
        Value::Array(items) => items.iter_mut().for_each(without_lists_of_types),
        Value::Object(object) => {
            object.values_mut().for_each(without_lists_of_types);
            if let Some(Value::Array(types)) = object.get("type").cloned() {
                // The description is of both; all else speaks of the value.
                let description = object.remove_entry("description");
                let value = std::mem::take(object);
                let choices = types.into_iter().map(|of_type| {
                    let mut choice = if of_type == "null" {
                        JsonObject::new()
                    } else {
                        value.clone()
                    };
                    choice.insert("type".to_owned(), of_type);
                    Value::Object(choice)
                });
                object.extend(description);
                object.insert("anyOf".to_owned(), choices.collect());
            }
        }
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    /// All values of `format`, wherever they stand.
    fn formats(schema: &Value, found: &mut Vec<String>) {
        match schema {
            Value::Array(items) => items.iter().for_each(|item| formats(item, found)),
            Value::Object(object) => {
                let format = object.get("format").and_then(Value::as_str);
                found.extend(format.map(str::to_owned));
                object.values().for_each(|value| formats(value, found));
            }
            _ => {}
        }
    }

    #[test]
    fn no_tool_names_a_format_that_json_schema_does_not_define() {
        for tool in super::super::all() {
            let mut found = Vec::new();
            formats(&serde_json::to_value(tool).unwrap(), &mut found);
            found.retain(|format| !FORMATS.contains(&format.as_str()));
            assert_eq!(found, [""; 0], "{}", tool.name);
        }
    }

    #[test]
    fn a_property_may_be_called_format() {
        let mut schema = json!({
            "format": {"type": "string", "format": "uint32"},
            "day": {"type": "string", "format": "date"},
        });
        without_own_formats(&mut schema);
        let without = json!({
            "format": {"type": "string"},
            "day": {"type": "string", "format": "date"},
        });
        assert_eq!(schema, without);
    }

    #[test]
    fn what_may_be_null_is_a_choice() {
        let mut schema = json!({"properties": {
            "n": {"type": ["integer", "null"], "format": "int64", "description": "A number."},
            "s": {"type": "string"},
        }});
        without_lists_of_types(&mut schema);
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
