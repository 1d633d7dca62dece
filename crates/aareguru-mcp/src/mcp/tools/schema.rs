//! The schemas of the tools, in a form that strict clients take.

use std::sync::Arc;

use rmcp::{handler::server::tool::schema_for_output, model::JsonObject};
use schemars::JsonSchema;
use serde_json::Value;

/// The schema of an answer. A value that may be null is told as a choice of
/// two schemas: some clients do not understand a list of types.
pub(super) fn output<T: JsonSchema + 'static>() -> Arc<JsonObject> {
    let mut schema = (*schema_for_output::<T>()).clone();
    schema.values_mut().for_each(without_lists_of_types);
    Arc::new(schema)
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
