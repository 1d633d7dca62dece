//! The result of a tool, written as JSON once and sent many times.

use std::sync::{Arc, OnceLock};

use bytes::Bytes;
use rmcp::{
    RoleServer,
    model::{CallToolResult, Extensions, ServerResult},
    service::RequestContext,
};

/// The result of a tool as JSON, for a handler that gives many callers the
/// same: writing a result costs more than all else that the transport does.
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
/// struct Told {
///     result: CallToolResult,
///     rendered: RenderedResult,
/// }
///
/// impl Told {
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
    /// Writes a result as it is sent to a client of this transport.
    ///
    /// # Errors
    ///
    /// The result cannot be written as JSON.
    pub fn new(result: CallToolResult) -> Result<Self, serde_json::Error> {
        let mut result = ServerResult::CallToolResult(result);
        // As rmcp does for clients of the revisions that this transport is for.
        result.strip_result_type_for_legacy_peer();
        result.strip_non_object_output_for_legacy_peer();
        Ok(Self(serde_json::to_vec(&result)?.into()))
    }

    /// Makes this the answer to a request, in place of the result that the
    /// handler will return; an error that it returns is sent all the same.
    ///
    /// Returns false if the request has come over another transport, which
    /// needs the result itself.
    pub fn answers(&self, context: &RequestContext<RoleServer>) -> bool {
        let slot = context.extensions.get::<Slot>();
        slot.is_some_and(|Slot(slot)| slot.set(self.clone()).is_ok())
    }

    pub(crate) fn json(&self) -> &[u8] {
        &self.0
    }
}

/// Where a handler leaves its [`RenderedResult`]: in the extensions of each
/// request that a session runs.
#[derive(Debug, Clone, Default)]
pub(crate) struct Slot(Arc<OnceLock<RenderedResult>>);

impl Slot {
    pub(crate) fn in_extensions(extensions: &mut Extensions) -> Self {
        let slot = Self::default();
        extensions.insert(slot.clone());
        slot
    }

    pub(crate) fn get(&self) -> Option<&RenderedResult> {
        self.0.get()
    }
}
