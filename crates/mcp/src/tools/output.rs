//! The result of a tool call: text, structured content, or an error that the model reads.

use std::sync::{Arc, OnceLock};

use aareguru::{HistoryError, UnknownPlace};
use answers::translations::Translations;
use rmcp::{
    RoleServer,
    model::{CallToolResult, ContentBlock, ProtocolVersion},
    service::RequestContext,
};
use rmcp_transport::RenderedResult;
use serde::Serialize;
use serde_json::Value;

use crate::{apps, log_notifier::UpstreamFailure};

/// Output is shared, because the response cache may return it to several callers.
pub(super) type ToolResult = Result<Arc<ToolOutput>, ToolError>;

/// The output of a tool.
#[derive(Debug, Clone)]
pub(crate) struct ToolOutput {
    /// For people and models.
    text: String,
    /// For programs.
    structured: Value,
    /// For apps.
    translations: Translations,
    /// The serialized result of output that is sent more than once, by [`is_legacy_client`].
    rendered: [OnceLock<Option<RenderedResult>>; 2],
}

/// Why a tool has no output, in words for the model.
#[derive(Debug, thiserror::Error)]
pub(super) enum ToolError {
    #[error("invalid arguments: {0}")]
    Arguments(#[from] serde_json::Error),
    #[error("{0}")]
    Place(#[from] UnknownPlace),
    #[error("no data: {}", .0.with_causes())]
    River(#[from] aareguru::Error),
    #[error("{0}")]
    History(#[from] HistoryError),
}

impl ToolOutput {
    pub(super) fn new(
        text: String,
        structured: &impl Serialize,
        translations: Translations,
    ) -> ToolResult {
        Ok(Arc::new(Self {
            text,
            structured: serde_json::to_value(structured)?,
            translations,
            rendered: Default::default(),
        }))
    }

    /// Converts the output into the result of a call. Shared output is serialized only once.
    pub(super) fn into_call_result(
        self: Arc<Self>,
        context: &RequestContext<RoleServer>,
    ) -> CallToolResult {
        let is_legacy = is_legacy_client(context);
        match Arc::try_unwrap(self) {
            Ok(output) => output.into_result(is_legacy),
            // The transport sends the serialized result in place of this empty one.
            Err(output) if output.send_rendered(is_legacy, context) => {
                CallToolResult::success(Vec::new())
            }
            Err(output) => Self::clone(&output).into_result(is_legacy),
        }
    }

    /// Returns how the upstream API failed, if the output is an older one from the cache.
    pub(super) fn upstream_failure(&self) -> Option<UpstreamFailure> {
        let failure = self.structured.get("upstream_trouble")?;
        let reason = failure.get("because")?.as_str()?;
        Some(UpstreamFailure::Stale(reason.to_owned()))
    }

    /// Legacy clients get the structured content as a second text.
    fn into_result(self, is_legacy: bool) -> CallToolResult {
        let mut content = vec![ContentBlock::text(self.text)];
        if is_legacy {
            content.push(ContentBlock::text(self.structured.to_string()));
        }
        let mut result = CallToolResult::success(content);
        result.structured_content = Some(self.structured);
        result.meta = apps::translations_meta(&self.translations);
        result
    }

    /// Hands the serialized result to the transport. Returns whether the transport accepts it.
    fn send_rendered(&self, is_legacy: bool, context: &RequestContext<RoleServer>) -> bool {
        let rendered = self.rendered[usize::from(is_legacy)]
            .get_or_init(|| RenderedResult::new(self.clone().into_result(is_legacy)).ok());
        rendered
            .as_ref()
            .is_some_and(|rendered| rendered.answers(context))
    }
}

impl ToolError {
    /// Returns how the upstream API failed, if that is the reason.
    pub(super) fn upstream_failure(&self) -> Option<UpstreamFailure> {
        matches!(self, Self::River(_)).then(|| UpstreamFailure::NoData(self.to_string()))
    }
}

/// Returns whether the client's protocol version is older than structured content.
fn is_legacy_client(context: &RequestContext<RoleServer>) -> bool {
    let version = context.protocol_version();
    version.is_some_and(|version| version < ProtocolVersion::V_2025_06_18)
}
