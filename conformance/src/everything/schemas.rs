//! Tools that test their input schema: keywords of JSON Schema 2020-12, and a parameter that is also
//! sent as a header.

use rmcp::model::{CallToolResult, Tool};
use serde_json::json;

use super::{content, typed};

pub(super) fn tools() -> Vec<Tool> {
    let keywords = json!({
        "name": "json_schema_2020_12_tool",
        "description": "Tool with JSON Schema 2020-12 features",
        "inputSchema": {
            "$schema": "https://json-schema.org/draft/2020-12/schema",
            "type": "object",
            "$defs": {
                "address": {
                    "$anchor": "addressDef",
                    "type": "object",
                    "properties": {
                        "street": { "type": "string" },
                        "city": { "type": "string" },
                    },
                },
            },
            "properties": {
                "name": { "type": "string" },
                "address": { "$ref": "#/$defs/address" },
                "contactMethod": { "type": "string", "enum": ["phone", "email"] },
                "phone": { "type": "string" },
                "email": { "type": "string" },
            },
            "allOf": [{ "anyOf": [{ "required": ["phone"] }, { "required": ["email"] }] }],
            "if": {
                "properties": { "contactMethod": { "const": "phone" } },
                "required": ["contactMethod"],
            },
            "then": { "required": ["phone"] },
            "else": { "required": ["email"] },
            "additionalProperties": false,
        },
    });
    let header = json!({
        "name": "test_custom_header",
        "description": "A tool whose `region` is also sent as Mcp-Param-Region",
        "inputSchema": {
            "type": "object",
            "properties": { "region": { "type": "string", "x-mcp-header": "Region" } },
        },
    });
    [keywords, header].map(typed).to_vec()
}

pub(super) fn call(name: &str) -> Option<CallToolResult> {
    let known = matches!(name, "json_schema_2020_12_tool" | "test_custom_header");
    known.then(|| content::text_result(&format!("{name} is done")))
}
