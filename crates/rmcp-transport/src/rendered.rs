//! Results of tools that are serialized once and sent many times.

use std::sync::{Arc, OnceLock};

use bytes::Bytes;
use rmcp::{
    RoleServer,
    model::{CallToolResult, ServerResult},
    service::RequestContext,
};

/// The result of a tool as JSON, for a handler that returns the same result to many callers.
/// Serializing a result takes longer than everything else that the transport does.
///
/// Cheap to clone.
///
/// ```
/// use rmcp::{
///     RoleServer,
///     model::{CallToolResult, ContentBlock},
///     service::RequestContext,
/// };
/// use rmcp_transport::RenderedResult;
///
/// struct ToolOutput {
///     result: CallToolResult,
///     rendered: RenderedResult,
/// }
///
/// impl ToolOutput {
///     fn new(text: &str) -> Result<Self, serde_json::Error> {
///         let result = CallToolResult::success(vec![ContentBlock::text(text)]);
///         let rendered = RenderedResult::new(result.clone())?;
///         Ok(Self { result, rendered })
///     }
///
///     /// What the handler returns.
///     fn answer(&self, context: &RequestContext<RoleServer>) -> CallToolResult {
///         if self.rendered.answers(context) {
///             return CallToolResult::success(Vec::new());
///         }
///         self.result.clone()
///     }
/// }
/// ```
#[derive(Debug, Clone)]
pub struct RenderedResult(Bytes);

impl RenderedResult {
    /// Serializes a result for clients of this transport.
    ///
    /// # Errors
    ///
    /// The result cannot be serialized.
    pub fn new(result: CallToolResult) -> Result<Self, serde_json::Error> {
        let mut result = ServerResult::CallToolResult(result);
        // As rmcp does for the revisions that define this transport.
        result.strip_result_type_for_legacy_peer();
        result.strip_non_object_output_for_legacy_peer();
        Ok(Self(serde_json::to_vec(&result)?.into()))
    }

    /// Makes this the answer to a request, in place of the result that the handler will return. An
    /// error that the handler returns is still sent.
    ///
    /// Returns false if the request arrived over another transport, which needs the result itself.
    pub fn answers(&self, context: &RequestContext<RoleServer>) -> bool {
        let slot = context.extensions.get::<RenderedSlot>();
        slot.is_some_and(|RenderedSlot(slot)| slot.set(self.clone()).is_ok())
    }

    /// Returns the result as JSON.
    pub fn json(&self) -> &[u8] {
        &self.0
    }
}

/// The slot for a handler's [`RenderedResult`], in the extensions of each request that a session
/// runs.
#[derive(Debug, Clone, Default)]
pub(crate) struct RenderedSlot(Arc<OnceLock<RenderedResult>>);

#[cfg(feature = "sse")]
impl RenderedSlot {
    pub(crate) fn in_extensions(extensions: &mut rmcp::model::Extensions) -> Self {
        let slot = Self::default();
        extensions.insert(slot.clone());
        slot
    }

    pub(crate) fn get(&self) -> Option<&RenderedResult> {
        self.0.get()
    }
}
