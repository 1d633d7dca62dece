//! Tools that return one kind of content each.

use rmcp::model::{CallToolResult, Tool};
use serde_json::{Value, json};

use super::{PNG, result, typed};

/// Two samples of silence.
const WAV: &str = "UklGRiYAAABXQVZFZm10IBAAAAABAAEAQB8AAEAfAAABAAgAZGF0YQIAAACAgA==";

const NAMES: [&str; 6] = [
    "test_simple_text",
    "test_image_content",
    "test_audio_content",
    "test_embedded_resource",
    "test_multiple_content_types",
    "test_error_handling",
];

pub(super) fn tools() -> Vec<Tool> {
    NAMES.map(without_arguments).to_vec()
}

pub(super) fn without_arguments(name: &str) -> Tool {
    typed(json!({
        "name": name,
        "description": format!("The conformance suite's `{name}`"),
        "inputSchema": { "type": "object", "properties": {} },
    }))
}

pub(super) fn call(name: &str) -> Option<CallToolResult> {
    let content = match name {
        "test_simple_text" => json!([text("This is a simple text response for testing.")]),
        "test_image_content" => json!([image()]),
        "test_audio_content" => json!([
            { "type": "audio", "data": WAV, "mimeType": "audio/wav" },
        ]),
        "test_embedded_resource" => json!([resource(
            "test://embedded-resource",
            "text/plain",
            "This is an embedded resource content."
        ),]),
        "test_multiple_content_types" => json!([
            text("Multiple content types test:"),
            image(),
            resource(
                "test://mixed-content-resource",
                "application/json",
                r#"{"test":"data","value":123}"#,
            ),
        ]),
        "test_error_handling" => {
            json!([text("This tool intentionally returns an error for testing"),])
        }
        _ => return None,
    };
    let is_error = name == "test_error_handling";
    Some(result(json!({ "content": content, "isError": is_error })))
}

pub(super) fn text(text: &str) -> Value {
    json!({ "type": "text", "text": text })
}

pub(super) fn image() -> Value {
    json!({ "type": "image", "data": PNG, "mimeType": "image/png" })
}

pub(super) fn resource(uri: &str, mime_type: &str, text: &str) -> Value {
    json!({
        "type": "resource",
        "resource": { "uri": uri, "mimeType": mime_type, "text": text },
    })
}

pub(super) fn text_result(answer: &str) -> CallToolResult {
    result(json!({ "content": [text(answer)] }))
}
