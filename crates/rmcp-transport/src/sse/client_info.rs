//! What is known about a client that had a session before and will not initialize again.

use http::HeaderMap;
use rmcp::model::{ClientCapabilities, Implementation, InitializeRequestParams, ProtocolVersion};

const PROTOCOL_VERSION: &str = "mcp-protocol-version";

/// Derives it from the protocol version header: SDKs send it on every request after their first
/// `initialize`, and on none before.
pub(crate) fn from_headers(headers: &HeaderMap) -> Option<InitializeRequestParams> {
    let named = headers.get(PROTOCOL_VERSION)?.to_str().ok()?;
    let known = ProtocolVersion::KNOWN_VERSIONS.iter();
    let version = known
        .filter(|version| version.has_initialize())
        .find(|version| version.as_str() == named)?;
    Some(unknown(version.clone()))
}

/// Returns the parameters of a client of which only the version is known.
pub(crate) fn unknown(version: ProtocolVersion) -> InitializeRequestParams {
    let client = Implementation::new("unknown", "unknown");
    let info = InitializeRequestParams::new(ClientCapabilities::default(), client);
    info.with_protocol_version(version)
}
