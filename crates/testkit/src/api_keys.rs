//! API keys of the clients in the tests.

use crate::with_header;

/// A key in the format of `hash-key --generate`.
pub const ALICE: &str = "aare_8a3fbd52c1f94be7a41de2c05f7718aa33d1f6c09b52e4d7";
/// The key of another client.
pub const BOB: &str = "aare_07be61f3a2d94c58b16f20e9cc5a84d3917ab26e5f30d8c4";

/// The message that opens a session.
pub const INITIALIZE: &str = r#"{"jsonrpc":"2.0","id":0,"method":"initialize","params":{"protocolVersion":"2025-06-18","capabilities":{},"clientInfo":{"name":"raw","version":"0"}}}"#;

/// Returns the request with a key.
pub fn with_key(request: &str, key: &str) -> String {
    with_header(request, &format!("X-API-Key: {key}"))
}
