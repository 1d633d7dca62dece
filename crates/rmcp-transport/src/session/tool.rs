//! Calls of tools, past rmcp's dispatch.
//!
//! Nearly all requests are calls of tools. rmcp's dispatch is one future for
//! all methods: kilobytes are moved for each request, and more code is run
//! through than the processor keeps at hand. What it does for the method is
//! done here, for clients of the revisions that this transport is for; a test
//! holds the two against each other.

use rmcp::{
    ErrorData, RoleServer,
    model::{CallToolResponse, ClientCapabilities, ProtocolVersion, ServerResult},
    service::RequestContext,
};

/// Whether a request is of the lifecycle that begins with `initialize`, and
/// names no revision of its own.
pub(super) fn is_plain(context: &RequestContext<RoleServer>) -> bool {
    let version = context.protocol_version();
    version.is_none_or(|version| version.has_initialize())
        && context.meta.protocol_version().is_none()
}

/// What a tool's response is to a client, which may know tasks or not.
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
        // A client that knows no tasks could not read one.
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
