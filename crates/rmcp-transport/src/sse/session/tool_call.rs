//! Runs tool calls without rmcp's dispatch.
//!
//! Most requests are tool calls. rmcp's dispatch is one future for all methods: it moves kilobytes
//! per request and executes more code than fits in the instruction cache. This module does what the
//! dispatch does for `tools/call`, for the revisions that define this transport; a test compares
//! the two.

use rmcp::{
    ErrorData, RoleServer,
    model::{CallToolResponse, ClientCapabilities, ProtocolVersion, ServerResult},
    service::RequestContext,
};

/// Returns whether a request belongs to a session that began with `initialize`, and does not name a
/// revision.
pub(super) fn is_plain(context: &RequestContext<RoleServer>) -> bool {
    let version = context.protocol_version();
    version.is_none_or(|version| version.has_initialize())
        && context.meta.protocol_version().is_none()
}

/// Converts a tool's response for a client that supports tasks or not.
pub(super) fn result(
    response: CallToolResponse,
    supports_tasks: impl FnOnce() -> bool,
) -> Result<ServerResult, ErrorData> {
    match &response {
        CallToolResponse::InputRequired(_) => {
            let first = ProtocolVersion::V_2026_07_28;
            let text = format!(
                "InputRequiredResult requires negotiated protocol version {first} or newer"
            );
            return Err(ErrorData::invalid_request(text, None));
        }
        // A client without task support cannot parse a task.
        CallToolResponse::Task(_) if !supports_tasks() => {
            let needed = ClientCapabilities::builder().enable_tasks().build();
            return Err(ErrorData::missing_required_client_capability(needed));
        }
        _ => {}
    }
    let mut result = ServerResult::from(response);
    result.strip_result_type_for_legacy_peer();
    result.strip_non_object_output_for_legacy_peer();
    Ok(result)
}

#[cfg(test)]
mod tests;
