//! Why a session is not available.

use rmcp::transport::streamable_http_server::session::local::LocalSessionManagerError;

/// A session that is not there any more. It says no more, because rmcp logs it and a session id is
/// never logged.
#[derive(Debug, thiserror::Error)]
pub(super) enum SessionError {
    #[error("the session has ended")]
    Gone,
    #[error("no place was reserved for a session")]
    NoPlace,
}

impl From<LocalSessionManagerError> for SessionError {
    fn from(_: LocalSessionManagerError) -> Self {
        Self::Gone
    }
}
