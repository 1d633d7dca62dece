//! Infers the `initialize` parameters of a client that had a session before and does not initialize
//! again.

use http::HeaderMap;
use rmcp::model::{ClientCapabilities, Implementation, InitializeRequestParams, ProtocolVersion};

const PROTOCOL_VERSION: &str = "mcp-protocol-version";

/// Derives the parameters from the protocol version header. SDKs send it on every request after
/// their first `initialize`, and on none before.
pub(crate) fn from_headers(headers: &HeaderMap) -> Option<InitializeRequestParams> {
    let requested = headers.get(PROTOCOL_VERSION)?.to_str().ok()?;
    let known = ProtocolVersion::KNOWN_VERSIONS.iter();
    let version = known
        .filter(|version| version.has_initialize())
        .find(|version| version.as_str() == requested)?;
    Some(unknown(version.clone()))
}

/// Returns the parameters of an unknown client with this version.
pub(crate) fn unknown(version: ProtocolVersion) -> InitializeRequestParams {
    let client = Implementation::new("unknown", "unknown");
    let info = InitializeRequestParams::new(ClientCapabilities::default(), client);
    info.with_protocol_version(version)
}
