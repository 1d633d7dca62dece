//! Resources and a resource template.

use rmcp::{
    ErrorData,
    model::{ReadResourceResult, Resource, ResourceTemplate},
};
use serde_json::json;

use super::{PNG, result, typed};

const TEXT: &str = "test://static-text";
const BINARY: &str = "test://static-binary";
const WATCHED: &str = "test://watched-resource";
const EXAMPLE: &str = "test://example-resource";

pub(super) fn all() -> Vec<Resource> {
    let resource =
        |uri, name, mime_type| typed(json!({ "uri": uri, "name": name, "mimeType": mime_type }));
    vec![
        resource(TEXT, "static-text", "text/plain"),
        resource(BINARY, "static-binary", "image/png"),
        resource(WATCHED, "watched-resource", "text/plain"),
        resource(EXAMPLE, "example-resource", "text/plain"),
    ]
}

pub(super) fn templates() -> Vec<ResourceTemplate> {
    vec![typed(json!({
        "uriTemplate": "test://template/{id}/data",
        "name": "template",
        "mimeType": "application/json",
    }))]
}

pub(super) fn read(uri: &str) -> Result<ReadResourceResult, ErrorData> {
    let text = |mime_type, text: &str| json!({ "uri": uri, "mimeType": mime_type, "text": text });
    let contents = match uri {
        TEXT => text(
            "text/plain",
            "This is the content of the static text resource.",
        ),
        BINARY => json!({ "uri": uri, "mimeType": "image/png", "blob": PNG }),
        WATCHED | EXAMPLE => text("text/plain", "This resource never changes."),
        _ => {
            let id = uri
                .strip_prefix("test://template/")
                .and_then(|rest| rest.strip_suffix("/data"))
                .filter(|id| !id.is_empty() && !id.contains('/'));
            let Some(id) = id else {
                let data = json!({ "uri": uri });
                return Err(ErrorData::resource_not_found(
                    "resource not found",
                    Some(data),
                ));
            };
            let data = json!({
                "id": id,
                "templateTest": true,
                "data": format!("Data for ID: {id}"),
            });
            text("application/json", &data.to_string())
        }
    };
    Ok(result(json!({ "contents": [contents] })))
}
