//! Classifies errors of the first connection: either the settings of this server or of Redis must be
//! changed, or a retry may succeed.

use redis::{ErrorKind, RedisError};

/// Describes an error that no retry can resolve, in words that follow the address of Redis.
pub(super) fn settings_problem(error: &RedisError) -> Option<&'static str> {
    let is_refused = |code| ["NOAUTH", "WRONGPASS", "NOPERM"].contains(&code);
    if error.code().is_some_and(is_refused) || error.kind() == ErrorKind::AuthenticationFailed {
        return Some("rejects the user or password");
    }
    if error.kind() == ErrorKind::InvalidClientConfig {
        return Some("cannot be used");
    }
    if error.kind() == ErrorKind::MasterNameNotFoundBySentinel {
        return Some("is unknown to the Sentinels: check the service name after the hosts");
    }
    // The redis crate preserves errors of rustls only as text.
    let text = error.to_string();
    let mentions = |words: &[&str]| words.iter().any(|word| text.contains(word));
    if mentions(&["invalid peer certificate"]) {
        // The certificate may be renewed before the next attempt.
        return if mentions(&["Expired", "NotValidYet", "expired", "not valid yet"]) {
            None
        } else if mentions(&["NotValidForName", "not valid for name"]) {
            Some("has a certificate for another host: use the host name of the certificate")
        } else {
            Some(
                "has a certificate of an untrusted CA: set REDIS_CA_FILE to the certificate of \
                 the CA",
            )
        };
    }
    if mentions(&["InvalidContentType"]) {
        return Some("does not use TLS: use redis:// instead of rediss://");
    }
    if mentions(&["CertificateRequired", "certificate required"]) {
        return Some("requires a client certificate: set REDIS_CERT_FILE and REDIS_KEY_FILE");
    }
    None
}

/// Returns a hint for an error that a wrong URL scheme may have caused.
pub(super) fn tls_hint(error: &RedisError, is_tls: bool) -> &'static str {
    if is_tls && error.is_timeout() {
        // A Redis without TLS waits for the rest of a command.
        " (if Redis does not use TLS, use redis://)"
    } else if !is_tls && error.is_connection_dropped() {
        " (if Redis uses TLS, use rediss://)"
    } else {
        ""
    }
}
