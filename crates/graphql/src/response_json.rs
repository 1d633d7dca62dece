//! GraphQL responses as JSON.

use async_graphql::{Response, ServerError};
use serde_json::json;

use super::error::is_rejected;

/// Serializes a response. A rejected operation has no `data`, not even null.
pub(super) fn to_json(response: &Response) -> String {
    if is_rejected(response) {
        return errors_to_json(&response.errors);
    }
    serde_json::to_string(response).expect("a response contains only JSON values")
}

pub(super) fn errors_to_json(errors: &[ServerError]) -> String {
    json!({ "errors": errors }).to_string()
}
